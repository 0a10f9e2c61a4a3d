//! Puts the parts together from the configuration: the vault, the office, the relay.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use app::{Office, RelayFolder};
use vault::Vault;

use crate::clock;
use crate::config::Config;
use crate::tls;

/// Opens the vault; makes the data folder (mode 700) and the key file at the first start.
///
/// # Errors
/// When they cannot be made or read.
pub fn open_vault(config: &Config) -> anyhow::Result<Arc<Vault>> {
    make_private(&config.data)?;
    make_private(&config.relay_folder())?;
    let vault = Vault::open_or_create(&config.key_path()).context("cannot open the vault")?;
    Ok(Arc::new(vault))
}

fn make_private(folder: &Path) -> anyhow::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))
}

/// Opens the office with its records.
///
/// # Errors
/// When the vault or the records cannot be opened.
pub async fn open_office(config: &Config) -> anyhow::Result<Office> {
    office_on(config, open_vault(config)?).await
}

/// Opens the office on a vault that is open already.
///
/// # Errors
/// When the records cannot be opened.
pub async fn office_on(config: &Config, vault: Arc<Vault>) -> anyhow::Result<Office> {
    let composition = |server: &crate::config::ComposedServer| server.composition.clone();
    Ok(Office {
        vault,
        relay: RelayFolder(config.relay_folder()),
        compositions: config.relay.compositions.iter().map(composition).collect(),
    })
}

/// Everything the relay needs, on listeners that are bound already.
///
/// # Errors
/// When the certificate cannot be read or made.
pub fn relay_settings(
    config: &Config,
    listeners: Vec<relay::Listener>,
) -> anyhow::Result<relay::Settings> {
    let it = &config.relay;
    let files = match &it.tls {
        Some(files) => files.clone(),
        None => tls::self_signed(&config.tls_folder(), &config.hostname)?,
    };
    Ok(relay::Settings {
        folder: config.relay_folder(),
        node: config.node.clone(),
        hostname: config.hostname.clone(),
        helo: it.helo.clone(),
        compositions: it.compositions.iter().map(|server| server.composition.clone()).collect(),
        listeners,
        tls: Some(tls::server_config(&files)?),
        resolvers: it.resolvers.clone(),
        source_addresses: it.source_addresses.clone(),
        spool_limit: it.spool_limit,
        smtp_port: it.mx_port,
        clock: clock::now,
    })
}
