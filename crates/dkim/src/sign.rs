//! Signing. The signature goes in front of the message; the message itself is never touched.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{Ed25519KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use mail::roster::Algorithm;
use mail_auth::common::crypto::HashAlgorithm;
use mail_auth::dkim::Canonicalization;

use crate::view::View;
use crate::{DkimError, key};

/// Fields that are signed once more than they occur, so that none can be added (RFC 6376
/// section 8.15). `From` must be signed in any case (section 5.4).
const OVERSIGNED: [&str; 4] = ["From", "To", "Subject", "Date"];

/// Fields that are signed as often as they occur: those of RFC 6376 section 5.4.1 that relays
/// leave alone, and the pair that RFC 8058 section 4 wants signed.
const SIGNED: [&str; 10] = [
    "Cc",
    "Message-ID",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
    "Reply-To",
    "In-Reply-To",
    "References",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
];

/// Most instances of one field that are named in `h=`, counted from the bottom (RFC 6376
/// section 5.4.2). A hostile header with a thousand of them must not make a signature of 40 KB.
const INSTANCES_MAX: usize = 20;

/// Signs for one domain with each of its keys, relaxed/relaxed.
///
/// Prepared once per domain and shared by all deliveries. For a message of 10 KB nearly all time
/// goes into the RSA operation; `examples/share.rs` measures it.
pub struct Signer {
    domain: String,
    keys: Vec<SelectedKey>,
    random: SystemRandom,
}

struct SelectedKey {
    selector: String,
    pair: Pair,
}

enum Pair {
    Rsa(RsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl Signer {
    /// Checks and unpacks the keys: selector, algorithm, PKCS#8 private key. Every key signs
    /// every message, the first one on top.
    ///
    /// # Errors
    /// When there is no key, one does not parse, or a name cannot stand in a signature.
    pub fn new(domain: &str, keys: &[(String, Algorithm, Vec<u8>)]) -> Result<Signer, DkimError> {
        if !is_name(domain) {
            return Err(DkimError::Domain(domain.to_owned()));
        }
        if keys.is_empty() {
            return Err(DkimError::NoKey(domain.to_owned()));
        }
        let keys = keys
            .iter()
            .map(|(selector, algorithm, private)| SelectedKey::new(selector, *algorithm, private));
        Ok(Signer {
            domain: domain.to_ascii_lowercase(),
            keys: keys.collect::<Result<_, _>>()?,
            random: SystemRandom::new(),
        })
    }

    /// The `DKIM-Signature` fields to put in front of the message, each ending in CRLF, without
    /// a creation time.
    ///
    /// # Errors
    /// [`DkimError::NoHeader`] when there is nothing to sign.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, DkimError> {
        self.sign_with_time(message, None)
    }

    /// The same with `t=`, which RFC 6376 section 3.5 recommends.
    ///
    /// # Errors
    /// [`DkimError::NoHeader`] when there is nothing to sign.
    pub fn sign_at(&self, message: &[u8], now: Timestamp) -> Result<Vec<u8>, DkimError> {
        self.sign_with_time(message, Some(now))
    }

    fn sign_with_time(
        &self,
        message: &[u8],
        time: Option<Timestamp>,
    ) -> Result<Vec<u8>, DkimError> {
        let view = View::of(message);
        if view.fields.is_empty() {
            return Err(DkimError::NoHeader);
        }
        let (names, header) = canonical_header(&view);
        let body = Canonicalization::Relaxed.canonical_body(view.body, 0);
        let body_hash = HashAlgorithm::Sha256.hash(body);
        let mut out = Vec::with_capacity(1024 * self.keys.len());
        for key in &self.keys {
            let tags = self.tags(key, &names, body_hash.as_ref(), time);
            let mut signed = Vec::with_capacity(header.len() + NAME.len() + tags.len());
            signed.extend_from_slice(&header);
            // What relaxed canonicalization makes of the field that is written below; its value
            // of `b=` counts as empty, and no CRLF follows (RFC 6376 section 3.7).
            signed.extend_from_slice(b"dkim-signature:");
            signed.extend_from_slice(tags.replace(FOLD, " ").as_bytes());
            let signature = key
                .pair
                .sign(&signed, &self.random)
                .ok_or_else(|| DkimError::Sign(key.selector.clone()))?;
            out.extend_from_slice(NAME.as_bytes());
            out.extend_from_slice(tags.as_bytes());
            fold_base64(&STANDARD.encode(signature), &mut out);
            out.extend_from_slice(b"\r\n");
        }
        Ok(out)
    }

    /// The field's value up to and with `b=`.
    ///
    /// Folds stand only where no verifier stumbles: between tags, before a colon of `h=`, inside
    /// the value of `b=`. `bh=` is never folded (dkimpy takes a piece of it that starts with
    /// `b=` for the tag) and nothing follows `b=` (it keeps white space before a semicolon).
    fn tags(
        &self,
        key: &SelectedKey,
        names: &[&str],
        body_hash: &[u8],
        time: Option<Timestamp>,
    ) -> String {
        let (algorithm, selector, domain) = (key.pair.tag(), &key.selector, &self.domain);
        let mut tags = format!(
            "v=1; a={algorithm}; c=relaxed/relaxed;{FOLD}d={domain}; s={selector};{FOLD}h="
        );
        let mut width = 2;
        for (index, name) in names.iter().enumerate() {
            if width + name.len() + 1 > LINE {
                tags.push_str(FOLD);
                width = 0;
            }
            if index > 0 {
                tags.push(':');
            }
            tags.push_str(name);
            width += name.len() + 1;
        }
        tags.push(';');
        tags.push_str(FOLD);
        if let Some(time) = time {
            tags.push_str(&format!("t={}; ", time.as_second().max(0)));
        }
        tags.push_str("bh=");
        STANDARD.encode_string(body_hash, &mut tags);
        tags.push(';');
        tags.push_str(FOLD);
        tags.push_str("b=");
        tags
    }
}

/// How a field of ours begins.
const NAME: &str = "DKIM-Signature: ";

/// A fold (RFC 5322 section 2.2.3); relaxed canonicalization makes one space of it.
const FOLD: &str = "\r\n\t";

/// Characters of a line after its tab, well within the 78 of RFC 5322 section 2.1.1.
const LINE: usize = 70;

fn fold_base64(text: &str, out: &mut Vec<u8>) {
    for (index, line) in text.as_bytes().chunks(LINE).enumerate() {
        if index > 0 {
            out.extend_from_slice(FOLD.as_bytes());
        }
        out.extend_from_slice(line);
    }
}

/// The names for `h=` and the canonical header they stand for, in the same order. Instances of
/// one name are taken from the bottom up (RFC 6376 section 5.4.2).
fn canonical_header(view: &View<'_>) -> (Vec<&'static str>, Vec<u8>) {
    let mut names = Vec::with_capacity(24);
    let mut canonical = Vec::with_capacity(2048);
    for (listed, spare) in
        OVERSIGNED.iter().map(|name| (name, 1)).chain(SIGNED.iter().map(|name| (name, 0)))
    {
        let instances = view
            .fields
            .iter()
            .rev()
            .filter(|(name, _)| name.eq_ignore_ascii_case(listed.as_bytes()))
            .take(INSTANCES_MAX);
        let before = names.len();
        Canonicalization::Relaxed.canonicalize_headers(
            instances.copied().inspect(|_| names.push(*listed)),
            &mut canonical,
        );
        // A name without an instance left stands for a field that is not there.
        if names.len() - before < INSTANCES_MAX {
            names.extend((0..spare).map(|_| *listed));
        }
    }
    (names, canonical)
}

impl SelectedKey {
    fn new(selector: &str, algorithm: Algorithm, private: &[u8]) -> Result<SelectedKey, DkimError> {
        if !is_name(selector) {
            return Err(DkimError::Selector(selector.to_owned()));
        }
        let refused = |_| DkimError::Key(key::key_type(algorithm));
        let pair = match algorithm {
            Algorithm::RsaSha256 => Pair::Rsa(RsaKeyPair::from_pkcs8(private).map_err(refused)?),
            Algorithm::Ed25519Sha256 => {
                Pair::Ed25519(Ed25519KeyPair::from_pkcs8(private).map_err(refused)?)
            }
        };
        Ok(SelectedKey { selector: selector.to_ascii_lowercase(), pair })
    }
}

impl Pair {
    /// The value of `a=`.
    fn tag(&self) -> &'static str {
        match self {
            Pair::Rsa(_) => "rsa-sha256",
            Pair::Ed25519(_) => "ed25519-sha256",
        }
    }

    fn sign(&self, data: &[u8], random: &SystemRandom) -> Option<Vec<u8>> {
        match self {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, random, data, &mut signature).ok()?;
                Some(signature)
            }
            // Ed25519 signs the hash, not the header itself (RFC 8463 section 3).
            Pair::Ed25519(pair) => {
                let hash = HashAlgorithm::Sha256.hash(data);
                Some(pair.sign(hash.as_ref()).as_ref().to_vec())
            }
        }
    }
}

/// Dot-separated labels of letters, digits, hyphens and underscores (RFC 6376 section 3.1,
/// RFC 5321 section 4.1.2), 63 bytes each, 253 in all.
fn is_name(name: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    name.len() <= 253 && name.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    const _: fn() = || {
        fn shared<T: Send + Sync>() {}
        shared::<Signer>();
    };

    fn signer() -> Signer {
        let pair = key::generate(Algorithm::Ed25519Sha256).expect("a key");
        Signer::new("Example.JP", &[("S1".into(), Algorithm::Ed25519Sha256, pair.private)])
            .expect("a signer")
    }

    /// The signature field unfolded, up to `bh=`, after a look at its lines.
    fn tags(message: &str) -> String {
        let field = String::from_utf8(signer().sign(message.as_bytes()).expect("a signature"))
            .expect("ASCII");
        let lines: Vec<&str> =
            field.strip_suffix("\r\n").expect("a whole line").split(FOLD).collect();
        assert!(lines.iter().all(|line| line.len() < 78 && !line.ends_with(' ')), "{lines:?}");
        lines.concat().split("bh=").next().expect("a start").to_owned()
    }

    #[test]
    fn fields_are_signed_when_present_and_the_main_ones_once_more() {
        let start = "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;d=example.jp; s=s1;";
        assert_eq!(
            tags("From: a@example.jp\r\nCc: c@d.example\r\nX-Other: 1\r\n\r\nHi\r\n"),
            format!("{start}h=From:From:To:Subject:Date:Cc;")
        );
        assert_eq!(
            tags("from: a\r\nREPLY-TO: b\r\nReply-To: c\r\nDate : d\r\n\r\n"),
            format!("{start}h=From:From:To:Subject:Date:Date:Reply-To:Reply-To;")
        );
    }

    #[test]
    fn a_flood_of_one_field_does_not_swell_the_signature() {
        let message = format!("From: a\r\n{}\r\n", "References: <x@y>\r\n".repeat(5_000));
        assert_eq!(tags(&message).matches("References").count(), INSTANCES_MAX);
    }

    #[test]
    fn the_time_is_written_when_it_is_given() {
        let now = Timestamp::from_second(1_700_000_000).expect("a time");
        let field = signer().sign_at(b"From: a\r\n\r\n", now).expect("a signature");
        assert!(String::from_utf8(field).expect("ASCII").contains("t=1700000000;"));
    }

    #[test]
    fn what_cannot_be_signed_for_is_refused_with_advice() {
        let pair = key::generate(Algorithm::Ed25519Sha256).expect("a key");
        let keys = |selector: &str, private: &[u8]| {
            vec![(selector.to_owned(), Algorithm::Ed25519Sha256, private.to_vec())]
        };
        for (domain, keys, expected) in [
            ("例え.jp", keys("s", &pair.private), "no domain that mail can be signed for"),
            ("a b", keys("s", &pair.private), "no domain that mail can be signed for"),
            ("example.jp", keys("s;x", &pair.private), "is no selector"),
            ("example.jp", keys("s", b"junk"), "not a PKCS#8 private key for ed25519"),
            ("example.jp", vec![], "no key to sign with"),
        ] {
            let error = Signer::new(domain, &keys).err().expect("a signer").to_string();
            assert!(error.contains(expected), "{domain}: {error}");
        }
        assert!(matches!(signer().sign(b""), Err(DkimError::NoHeader)));
    }
}
