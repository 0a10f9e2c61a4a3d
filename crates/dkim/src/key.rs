//! Keys and the DNS records that publish them.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mail::roster::Algorithm;

use crate::DkimError;

/// A new key.
pub struct KeyPair {
    /// PKCS#8 DER. Secret: seal it before it is written anywhere.
    pub private: Vec<u8>,
    /// What goes into `p=` before base64.
    pub public: Vec<u8>,
}

/// The `k=` value (RFC 6376 section 3.6.1, RFC 8463 section 4).
pub(crate) fn key_type(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::RsaSha256 => "rsa",
        Algorithm::Ed25519Sha256 => "ed25519",
    }
}

/// Makes a key: RSA of 2048 bits, or Ed25519.
///
/// # Errors
/// [`DkimError::Generate`] when the system gives no randomness.
pub fn generate(algorithm: Algorithm) -> Result<KeyPair, DkimError> {
    let private = generate_private(algorithm).ok_or(DkimError::Generate(key_type(algorithm)))?;
    let public = public_of(algorithm, &private)?;
    Ok(KeyPair { private, public })
}

fn generate_private(algorithm: Algorithm) -> Option<Vec<u8>> {
    let der: Pkcs8V1Der<'_> = match algorithm {
        Algorithm::RsaSha256 => RsaKeyPair::generate(KeySize::Rsa2048).ok()?.as_der().ok()?,
        Algorithm::Ed25519Sha256 => Ed25519KeyPair::generate().ok()?.as_der().ok()?,
    };
    Some(der.as_ref().to_vec())
}

/// The public half of a PKCS#8 private key: a SubjectPublicKeyInfo for RSA (RFC 6376
/// section 3.6.1), the bare 32 bytes for Ed25519 (RFC 8463 section 4.2).
///
/// # Errors
/// [`DkimError::Key`] when the bytes are no key of that algorithm.
pub fn public_of(algorithm: Algorithm, private_pkcs8: &[u8]) -> Result<Vec<u8>, DkimError> {
    let refused = || DkimError::Key(key_type(algorithm));
    match algorithm {
        Algorithm::RsaSha256 => {
            let pair = RsaKeyPair::from_pkcs8(private_pkcs8).map_err(|_| refused())?;
            let der: PublicKeyX509Der<'_> = pair.public_key().as_der().map_err(|_| refused())?;
            Ok(der.as_ref().to_vec())
        }
        Algorithm::Ed25519Sha256 => {
            let pair = Ed25519KeyPair::from_pkcs8(private_pkcs8).map_err(|_| refused())?;
            Ok(pair.public_key().as_ref().to_vec())
        }
    }
}

/// The text of the TXT record at `SELECTOR._domainkey.DOMAIN`.
///
/// An RSA record is longer than the 255 bytes that one character-string of a TXT record holds;
/// whoever prints a zone file splits it.
#[must_use]
pub fn record(algorithm: Algorithm, public: &[u8]) -> String {
    format!("v=DKIM1; k={}; p={}", key_type(algorithm), STANDARD.encode(public))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_half_has_the_form_that_the_record_wants() {
        let rsa = generate(Algorithm::RsaSha256).expect("a key");
        // A SubjectPublicKeyInfo of a 2048-bit RSA key is always 294 bytes.
        assert_eq!(rsa.public.len(), 294);
        assert!(
            record(Algorithm::RsaSha256, &rsa.public).starts_with("v=DKIM1; k=rsa; p=MIIBIjANB")
        );

        let ed = generate(Algorithm::Ed25519Sha256).expect("a key");
        assert_eq!(ed.public.len(), 32);
        assert_eq!(
            record(Algorithm::Ed25519Sha256, &[0; 32]),
            "v=DKIM1; k=ed25519; p=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
        );
    }

    #[test]
    fn a_key_of_the_other_kind_is_refused() {
        let ed = generate(Algorithm::Ed25519Sha256).expect("a key");
        let error = public_of(Algorithm::RsaSha256, &ed.private).expect_err("refused");
        assert_eq!(
            error.to_string(),
            "not a PKCS#8 private key for rsa; make a new one for this domain"
        );
    }
}
