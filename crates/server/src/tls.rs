//! Certificates: read from the files of the configuration, or made once and kept.

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::config::TlsFiles;

/// TLS 1.2 and 1.3 with that certificate; rustls knows no older ones.
///
/// # Errors
/// When a file cannot be read, or certificate and key do not belong together.
pub fn server_config(files: &TlsFiles) -> anyhow::Result<Arc<ServerConfig>> {
    let TlsFiles { certificate, key } = files;
    let unreadable = || format!("cannot read certificates from {}", certificate.display());
    let chain = CertificateDer::pem_file_iter(certificate)
        .with_context(unreadable)?
        .collect::<Result<Vec<_>, _>>()
        .with_context(unreadable)?;
    let private = PrivateKeyDer::from_pem_file(key)
        .with_context(|| format!("cannot read a private key from {}", key.display()))?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .with_context(|| {
            format!("{} and {} do not go together", certificate.display(), key.display())
        })?;
    Ok(Arc::new(config))
}

/// The self-signed certificate of that name in a folder, made when it is not there yet.
///
/// # Errors
/// When it cannot be made or written.
pub fn self_signed(folder: &Path, name: &str, hostname: &str) -> anyhow::Result<TlsFiles> {
    let file = |end: &str| folder.join(format!("{name}.{end}"));
    let files = TlsFiles { certificate: file("pem"), key: file("key") };
    if files.certificate.exists() && files.key.exists() {
        return Ok(files);
    }
    let names = vec![hostname.to_owned(), "localhost".to_owned(), "127.0.0.1".to_owned()];
    let made = rcgen::generate_simple_self_signed(names).context("cannot make a certificate")?;
    let unwritable = || format!("cannot write into {}", folder.display());
    fs::create_dir_all(folder).with_context(unwritable)?;
    write(&files.key, &made.signing_key.serialize_pem(), 0o600).with_context(unwritable)?;
    write(&files.certificate, &made.cert.pem(), 0o644).with_context(unwritable)?;
    Ok(files)
}

/// What stations know the holder of a certificate by.
///
/// # Errors
/// When the file cannot be read.
pub fn pin(files: &TlsFiles) -> anyhow::Result<trust::Pin> {
    let path = &files.certificate;
    let unreadable = || format!("cannot read certificates from {}", path.display());
    let ours = CertificateDer::from_pem_file(path).with_context(unreadable)?;
    trust::pin_of(&ours).with_context(unreadable)
}

fn write(path: &Path, text: &str, mode: u32) -> std::io::Result<()> {
    let mut options = fs::OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(mode).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
