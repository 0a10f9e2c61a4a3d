//! Takes one key and no other: a station knows its office by the hash in its token, so names,
//! authorities and dates of the certificate do not matter.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, SignatureScheme};

use crate::Anybody;

/// SHA-256 of a SubjectPublicKeyInfo (RFC 7469, section 2.4): it stays when a certificate is renewed
/// with the same key.
pub type Pin = [u8; 32];

/// The pin of a certificate.
///
/// # Errors
/// When it is no X.509 certificate.
pub fn pin_of(certificate: &CertificateDer<'_>) -> Result<Pin, Error> {
    let parsed = ParsedCertificate::try_from(certificate)?;
    let mut pin = Pin::default();
    pin.copy_from_slice(digest(&SHA256, parsed.subject_public_key_info().as_ref()).as_ref());
    Ok(pin)
}

/// A client that talks to whoever holds the key of `pin`, and to nobody else.
///
/// # Errors
/// When TLS cannot be set up.
pub fn pinned(pin: Pin) -> Result<Arc<ClientConfig>, Error> {
    let verifier = Arc::new(Pinned { pin, holder: Anybody::new() });
    let builder = crate::builder()?.dangerous().with_custom_certificate_verifier(verifier);
    Ok(Arc::new(builder.with_no_client_auth()))
}

/// Compares the key, and checks that the peer holds it.
#[derive(Debug)]
struct Pinned {
    pin: Pin,
    holder: Anybody,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match pin_of(end_entity)? == self.pin {
            true => Ok(ServerCertVerified::assertion()),
            false => Err(CertificateError::ApplicationVerificationFailure.into()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.holder.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.holder.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.holder.supported_verify_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate(key: &rcgen::KeyPair, name: &str) -> CertificateDer<'static> {
        let params = rcgen::CertificateParams::new(vec![name.to_owned()]).expect("a name");
        params.self_signed(key).expect("a certificate").into()
    }

    #[test]
    fn one_key_is_taken_whatever_the_certificate_says() {
        let ours = rcgen::KeyPair::generate().expect("a key");
        let other = rcgen::KeyPair::generate().expect("a key");
        let pin = pin_of(&certificate(&ours, "office.example.jp")).expect("a pin");
        let verifier = Pinned { pin, holder: Anybody::new() };
        let taken = |certificate: CertificateDer<'_>| {
            let name = ServerName::try_from("192.0.2.1").expect("a name");
            let now = UnixTime::since_unix_epoch(std::time::Duration::from_secs(1));
            verifier.verify_server_cert(&certificate, &[], &name, &[], now).is_ok()
        };
        assert!(taken(certificate(&ours, "office.example.jp")));
        assert!(taken(certificate(&ours, "renewed.example.jp")));
        assert!(!taken(certificate(&other, "office.example.jp")));
        assert!(!taken(CertificateDer::from(b"not a certificate".to_vec())));
    }
}
