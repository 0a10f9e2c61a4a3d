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
    pub smtp_port: u16,
    pub clock: fn() -> Timestamp,
}

#[derive(Clone, Default)]
pub struct Figures {
    pub bytes: u64,
    pub bytes_limit: u64,
    pub bytes_on_disk: u64,
    pub messages: u64,
    pub syncs: u64,
    pub damaged: u64,
    pub refusing: Option<String>,
}

#[derive(Clone, Default)]
pub struct Metrics {
    pub custody: Custody,
    pub spool: Figures,
    pub journal_bytes: u64,
    pub sessions: u32,
    pub sessions_total: u64,
    pub sessions_refused: u64,
    pub messages_refused: u64,
    pub sign_ins_refused: u64,
    pub connections: u32,
    pub connections_total: u64,
    pub connections_failed: u64,
    pub deferrals: u64,
}

pub struct Relay(#[allow(dead_code)] Settings);

pub async fn start(settings: Settings, _vault: Arc<Vault>) -> anyhow::Result<Relay> {
    Ok(Relay(settings))
}

impl Relay {
    pub fn metrics(&self) -> Metrics {
        Metrics::default()
    }

    pub async fn stop(self, _deadline: Duration) {}
}
