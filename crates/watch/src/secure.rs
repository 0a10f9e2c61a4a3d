//! TLS as a watcher uses it: whom it trusts, and what a broken handshake tells.
//!
//! Sessions are never resumed: a resumed one shows no certificate, and a changed one would go unseen.

use std::io;
use std::sync::Arc;

use rustls::client::Resumption;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{CertificateError, ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::answer::{Fault, Reason};
use crate::reach::literal;

/// Where the trusted roots come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Roots {
    /// The system's store.
    #[default]
    System,
    /// Mozilla's list as it was when this program was built.
    Mozilla,
    /// These certificates, in PEM, and no others.
    Pem(Vec<u8>),
}

/// Roots that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// None there.
    #[error("there is no certificate to trust: install ca-certificates, or name a PEM file")]
    Empty,
    /// One that is no PEM.
    #[error("a certificate to trust is not PEM")]
    Pem(#[source] rustls::pki_types::pem::Error),
    /// The TLS library refuses.
    #[error("preparing TLS")]
    Tls(#[from] rustls::Error),
}

/// Trusts what the roots vouch for.
pub(crate) fn by_roots(roots: &Roots) -> Result<Arc<ClientConfig>, TrustError> {
    let mut store = RootCertStore::empty();
    match roots {
        Roots::System => {
            // What the system's store has that is unreadable is left out, as everybody does.
            store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
        Roots::Mozilla => store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        Roots::Pem(pem) => {
            for certificate in CertificateDer::pem_slice_iter(pem) {
                store.add(certificate.map_err(TrustError::Pem)?)?;
            }
        }
    }
    if store.is_empty() {
        return Err(TrustError::Empty);
    }
    let mut config = trust::builder()?.with_root_certificates(store).with_no_client_auth();
    config.resumption = Resumption::disabled();
    Ok(Arc::new(config))
}

/// Trusts anybody, but still wants the handshake signed by whoever it is.
pub(crate) fn by_anybody() -> Result<Arc<ClientConfig>, TrustError> {
    let mut config = ClientConfig::clone(&*trust::anybody()?);
    config.resumption = Resumption::disabled();
    Ok(Arc::new(config))
}

/// TLS over a connection; `name` is a host name or an address.
pub(crate) async fn handshake<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    name: &str,
    config: Arc<ClientConfig>,
) -> Result<TlsStream<S>, Fault> {
    let name = match literal(name) {
        Some(address) => ServerName::IpAddress(address.into()),
        None => ServerName::try_from(name.trim_end_matches('.').to_owned())
            .map_err(|_| Fault::unseen(Reason::Settings))?,
    };
    TlsConnector::from(config).connect(name, stream).await.map_err(|error| fault(&error))
}

fn fault(error: &io::Error) -> Fault {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    let Some(inner) = inner else {
        return Fault::silent(match error.kind() {
            io::ErrorKind::TimedOut => Reason::TimedOut,
            _ => Reason::Closed,
        });
    };
    if let rustls::Error::InvalidCertificate(certificate) = inner {
        return Fault::refused(certificate_reason(certificate)).said(certificate.to_string());
    }
    Fault::silent(Reason::TlsBroken).said(inner.to_string())
}

fn certificate_reason(error: &CertificateError) -> Reason {
    use CertificateError as E;
    match error {
        E::Expired | E::ExpiredContext { .. } => Reason::CertificateExpired,
        E::NotValidYet | E::NotValidYetContext { .. } => Reason::CertificateNotYetValid,
        E::NotValidForName | E::NotValidForNameContext { .. } => Reason::CertificateName,
        E::UnknownIssuer => Reason::CertificateIssuer,
        // One that signed itself as an authority would; the library tells only in its words.
        E::Other(other) if format!("{other:?}").contains("CaUsedAsEndEntity") => {
            Reason::CertificateIssuer
        }
        _ => Reason::CertificateBad,
    }
}
