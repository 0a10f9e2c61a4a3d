//! Whose certificates are taken: those under the authorities of the system, or under those of a file.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

/// Certificates that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// The file cannot be read or holds no certificate.
    #[error("cannot read certificates from {path}: write a PEM file of authorities")]
    File {
        /// Which one.
        path: PathBuf,
        /// What went wrong.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// TLS cannot be set up.
    #[error("TLS cannot be set up")]
    Tls(#[from] rustls::Error),
}

/// Trusts the authorities of a file; without one, those of the system, or the usual ones where it
/// has none.
///
/// # Errors
/// When the file cannot be used.
pub fn trusting(ca: Option<&Path>) -> Result<Arc<ClientConfig>, TrustError> {
    let mut roots = RootCertStore::empty();
    match ca {
        Some(path) => {
            let failed = |source: Box<dyn std::error::Error + Send + Sync>| TrustError::File {
                path: path.to_owned(),
                source,
            };
            let certificates =
                CertificateDer::pem_file_iter(path).map_err(|error| failed(Box::new(error)))?;
            for certificate in certificates {
                let certificate = certificate.map_err(|error| failed(Box::new(error)))?;
                roots.add(certificate).map_err(|error| failed(Box::new(error)))?;
            }
            if roots.is_empty() {
                return Err(failed("it holds none".into()));
            }
        }
        None => {
            // What the system has and we cannot read is left out.
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            if roots.is_empty() {
                roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
            }
        }
    }
    let config = ::trust::builder()?.with_root_certificates(roots).with_no_client_auth();
    Ok(Arc::new(config))
}
