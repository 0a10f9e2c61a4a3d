//! Stands in for the crate `relay` until it is merged: the same names, no mail.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use mail::queue::Custody;
use vault::Vault;

pub struct Listener {
    pub composition: String,
    pub bind: tokio::net::TcpListener,
    pub implicit_tls: bool,
}

pub struct Settings {
    pub folder: PathBuf,
    pub node: String,
    pub hostname: String,
    pub helo: String,
    pub compositions: Vec<mail::roster::Composition>,
    pub listeners: Vec<Listener>,
    pub tls: Option<Arc<rustls::ServerConfig>>,
    pub resolvers: Option<Vec<SocketAddr>>,
    pub source_addresses: Vec<IpAddr>,
    pub spool_limit: u64,
    pub mailbox_messages: u32,
    pub mailbox_bytes: u64,
    pub clock: fn() -> Timestamp,
}

#[derive(Clone, Default)]
pub struct Metrics {
    pub custody: Custody,
    pub bytes: u64,
    pub bytes_limit: u64,
    pub sessions: u32,
    pub connections: u32,
    pub refusing: Option<String>,
}

pub struct Relay(#[allow(dead_code)] Settings);

pub async fn start(settings: Settings, _vault: Arc<Vault>) -> anyhow::Result<Relay> {
    Ok(Relay(settings))
}

impl Relay {
    pub fn metrics(&self) -> Metrics {
        Metrics::default()
    }

    pub fn roster_changed(&self) {}

    pub async fn stop(&self, _deadline: Duration) {}
}
