//! Puts the parts together from the configuration: the vault, the office, the relay.

use std::fs::{DirBuilder, File, OpenOptions};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use app::checks::Watching;
use app::stations::Link;
use app::telling::{CourierFacts, Telling, Way};
use app::{Office, RelayFolder};
use store::Store;
use vault::{OrderKey, Vault};

use crate::clock;
use crate::config::{Config, ContractConfig, CourierConfig, CourierKind, TlsFiles, load_words};
use crate::tls;

/// Opens the vault; makes the data folder (mode 700) and the key file at the first start.
///
/// # Errors
/// When they cannot be made or read.
pub fn open_vault(config: &Config) -> anyhow::Result<Arc<Vault>> {
    let key = config.key_path();
    let sealed = [config.data.join("office.db"), config.relay_folder().join("journal")];
    if !key.exists()
        && let Some(sealed) = sealed.iter().find(|path| path.exists())
    {
        anyhow::bail!(
            "the key file {} is missing, and {} was sealed with it: put the key file back, or move \
             the data folder away to begin anew",
            key.display(),
            sealed.display()
        );
    }
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

/// Sees to it that one office at a time works on a data folder: two would collect one journal.
/// Held as long as the file lives.
///
/// # Errors
/// When another one runs, or the lock cannot be made.
pub fn lock_office(config: &Config) -> anyhow::Result<File> {
    let path = config.data.join("office.lock");
    let made = OpenOptions::new().write(true).create(true).truncate(false).open(&path);
    let file = made.with_context(|| format!("cannot make {}", path.display()))?;
    match rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file),
        Err(_) => anyhow::bail!("another office runs on {}: stop it first", config.data.display()),
    }
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
    let store = Store::open(&config.store_url(), Arc::clone(&vault)).await?;
    let folder = RelayFolder(config.relay_folder());
    let checks = config.checks.iter().map(|config| config.check.clone()).collect();
    let contracts = config.contracts.iter().map(|contract| contract.watched.clone()).collect();
    let office = Office::new(store, vault, folder, config.compositions()).under(contracts);
    let mut pages = config.status.clone();
    load_words(&mut pages)?;
    let office = office.showing(pages.into_iter().map(|it| it.page).collect());
    let office = office.on_duty(config.duty()).telling(telling(config));
    let office = office.answering(config.runbooks.clone(), config.alarms.clone());
    let office = office.watching(Watching::of(checks)).keeping(config.data.join("contracts"));
    app::kept::refresh(&office).await?;
    Ok(match link(config)? {
        Some(link) => office.known_by(link),
        None => office,
    })
}

/// By what stations know the office, where they may dial in.
fn link(config: &Config) -> anyhow::Result<Option<Link>> {
    if config.link.listen.is_none() {
        return Ok(None);
    }
    make_private(&config.link_folder())?;
    let key = OrderKey::open_or_create(&config.link_folder().join("orders.key"))?;
    Ok(Some(Link { key, pin: tls::pin(&link_tls(config)?)? }))
}

/// The certificate of the listener for stations; made when the configuration names none.
///
/// # Errors
/// When it cannot be made or written.
pub fn link_tls(config: &Config) -> anyhow::Result<TlsFiles> {
    match &config.link.tls {
        Some(files) => Ok(files.clone()),
        None => tls::self_signed(&config.link_folder(), "link", &config.hostname),
    }
}

/// Whom the office tells, and over what.
fn telling(config: &Config) -> Telling {
    let facts = |courier: &CourierConfig| CourierFacts {
        name: courier.name.clone(),
        channel: courier.channel.clone(),
        way: match &courier.kind {
            CourierKind::Mail(mail) if mail.own_relay => Way::OwnRelay,
            CourierKind::Mail(_) => Way::OtherMail,
            _ => Way::Elsewhere,
        },
    };
    let audience = |contract: &ContractConfig| {
        (contract.watched.contract.name.to_string(), contract.audience.clone())
    };
    Telling {
        couriers: config.couriers.iter().map(facts).collect(),
        audiences: config.contracts.iter().map(audience).collect(),
        contact: config.contact.clone(),
        console: config.office.console_url.clone(),
    }
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
        None => tls::self_signed(&config.tls_folder(), "mail", &config.hostname)?,
    };
    Ok(relay::Settings {
        folder: config.relay_folder(),
        node: config.node.clone(),
        hostname: config.hostname.clone(),
        helo: it.helo.clone(),
        compositions: config.compositions(),
        listeners,
        tls: Some(tls::server_config(&files)?),
        resolvers: it.resolvers.clone(),
        source_addresses: it.source_addresses.clone(),
        spool_limit: it.spool_limit,
        smtp_port: it.mx_port,
        mailbox_messages: it.sandbox.messages,
        mailbox_bytes: it.sandbox.bytes,
        clock: clock::now,
    })
}
