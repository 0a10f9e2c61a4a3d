//! Whose certificates `yakusoku send` takes: those under a given authority, or, being told
//! nothing, any, as mail servers do among each other (RFC 7435).

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

/// A client configuration that trusts what is in the file, or everybody.
pub fn config(ca: Option<&Path>) -> anyhow::Result<Arc<ClientConfig>> {
    let Some(ca) = ca else { return Ok(::trust::anybody()?) };
    let unreadable = || format!("cannot read certificates from {}", ca.display());
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(ca).with_context(unreadable)? {
        roots.add(certificate.with_context(unreadable)?).with_context(unreadable)?;
    }
    Ok(Arc::new(::trust::builder()?.with_root_certificates(roots).with_no_client_auth()))
}
