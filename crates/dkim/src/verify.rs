//! Verifying, with the records given: no DNS is asked.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, LazyLock};
use std::time::Instant;

use mail_auth::common::crypto::{Algorithm as Tag, CryptoError};
use mail_auth::common::parse::TxtRecordParser as _;
use mail_auth::common::verify::DomainKey;
use mail_auth::dkim::{Canonicalization, DkimError as Refusal};
use mail_auth::hickory_resolver::config::{ResolverConfig, ResolverOpts};
use mail_auth::{
    AuthenticatedMessage, DkimOutput, DkimResult, DnsError, Error, MessageAuthenticator,
    Parameters, ResolverCache, Txt,
};

use crate::view;

/// What one signature of a message is worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Who vouches (`d=`); empty when the signature cannot be read.
    pub domain: String,
    /// Under which name its key is published (`s=`).
    pub selector: String,
    /// Such as `rsa-sha256`.
    pub algorithm: String,
    /// Whether it holds, or why not, in words for the console.
    pub result: Result<(), String>,
}

/// Judges every signature of a message, unreadable ones first, then from top to bottom.
///
/// `records` maps `SELECTOR._domainkey.DOMAIN` (letter case and a final dot do not matter) to
/// the text of the TXT record there; whatever is missing counts as not published. A message
/// without signatures gives an empty list.
pub async fn verify(message: &[u8], records: &HashMap<String, String>) -> Vec<Verdict> {
    let published = Published::new(records);
    let whole = judge(message, &published).await;
    // Relaxed bodies are judged without their empty tail; see the crate's bargain.
    let Some(cut) = view::cut(message) else {
        return whole.into_iter().map(|(_, verdict)| verdict).collect();
    };
    let cut = judge(cut, &published).await;
    whole
        .into_iter()
        .zip(cut)
        .map(|((body, whole), (_, cut))| match body {
            Canonicalization::Relaxed => cut,
            Canonicalization::Simple => whole,
        })
        .collect()
}

/// Each signature's body canonicalization and verdict.
async fn judge(message: &[u8], published: &Published) -> Vec<(Canonicalization, Verdict)> {
    let Some(parsed) = AuthenticatedMessage::parse(message) else { return Vec::new() };
    match &*AUTHENTICATOR {
        Ok(authenticator) => {
            let parameters = Parameters::new(&parsed).with_txt_cache(published);
            authenticator.verify_dkim(parameters).await.iter().map(verdict).collect()
        }
        Err(reason) => parsed
            .dkim_headers
            .iter()
            .map(|_| (Canonicalization::Relaxed, unreadable(reason)))
            .collect(),
    }
}

/// A verifier that knows no name server. It is never asked for one, as [`Published`] answers
/// everything.
static AUTHENTICATOR: LazyLock<Result<MessageAuthenticator, String>> = LazyLock::new(|| {
    let nowhere = ResolverConfig::from_parts(None, Vec::new(), Vec::new());
    MessageAuthenticator::new(nowhere, ResolverOpts::default())
        .map_err(|error| format!("the verifier does not start: {error}"))
});

fn verdict(output: &DkimOutput<'_>) -> (Canonicalization, Verdict) {
    let result = match output.result() {
        DkimResult::Pass => Ok(()),
        DkimResult::None => Err("not judged".to_owned()),
        DkimResult::Neutral(error)
        | DkimResult::Fail(error)
        | DkimResult::PermError(error)
        | DkimResult::TempError(error) => Err(reason(error)),
    };
    let Some(signature) = output.signature() else {
        let why = result.err().unwrap_or_default();
        return (Canonicalization::Relaxed, unreadable(&why));
    };
    let algorithm = match signature.a {
        Tag::RsaSha1 => "rsa-sha1",
        Tag::RsaSha256 => "rsa-sha256",
        Tag::Ed25519Sha256 => "ed25519-sha256",
    };
    let verdict = Verdict {
        domain: signature.d.clone(),
        selector: signature.s.clone(),
        algorithm: algorithm.to_owned(),
        result,
    };
    (signature.cb, verdict)
}

fn unreadable(reason: &str) -> Verdict {
    Verdict {
        domain: String::new(),
        selector: String::new(),
        algorithm: String::new(),
        result: Err(reason.to_owned()),
    }
}

fn reason(error: &Error) -> String {
    match error {
        Error::Dns(DnsError::RecordNotFound(_) | DnsError::Resolver(_)) => "no record published",
        Error::Dns(DnsError::InvalidRecordType) => "no usable record published",
        Error::Dkim(Refusal::FailedBodyHashMatch) => "the body was changed after signing",
        Error::Crypto(CryptoError::FailedVerification | CryptoError::Library(_)) => {
            "a signed header field was changed, or the record holds another key"
        }
        Error::Dkim(Refusal::SignatureExpired) => "the signature has expired",
        Error::Dkim(Refusal::RevokedPublicKey) => "the key was withdrawn",
        Error::Dkim(Refusal::SignatureLength) => "only a part of the body is signed (l=)",
        other => return other.to_string().to_lowercase(),
    }
    .to_owned()
}

/// Answers from the given records, in the library's own clothes.
struct Published(HashMap<Box<str>, Txt>);

impl Published {
    fn new(records: &HashMap<String, String>) -> Published {
        let key = |text: &str| match DomainKey::parse(text.as_bytes()) {
            Ok(key) => Txt::DomainKey(Arc::new(key)),
            Err(error) => Txt::Error(error),
        };
        let fqdn = |name: &str| format!("{}.", name.trim_end_matches('.').to_lowercase());
        Published(
            records.iter().map(|(name, text)| (fqdn(name).into_boxed_str(), key(text))).collect(),
        )
    }
}

impl ResolverCache<Box<str>, Txt> for Published {
    /// Always an answer: `None` would send the verifier to the network.
    fn get<Q>(&self, name: &Q) -> Option<Txt>
    where
        Box<str>: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let missing = || Txt::Error(Error::Dns(DnsError::Resolver("not given".to_owned())));
        Some(self.0.get(name).cloned().unwrap_or_else(missing))
    }

    fn remove<Q>(&self, _: &Q) -> Option<Txt>
    where
        Box<str>: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        None
    }

    fn insert(&self, _: Box<str>, _: Txt, _: Instant) {}
}
