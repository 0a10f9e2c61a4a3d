//! Every listener, opened before anything else starts; a taken port names the flag to change.

use std::io::ErrorKind;
use std::net::SocketAddr;

use anyhow::Context;
use tokio::net::TcpListener;

use crate::config::Config;
use crate::up::Roles;

/// What the roles listen on.
pub struct Sockets {
    /// In the order of the configuration.
    pub smtp: Vec<relay::Listener>,
    /// Of the office.
    pub console: Option<TcpListener>,
    /// A listener of its own for the metrics.
    pub metrics: Option<TcpListener>,
    /// Where stations dial in.
    pub link: Option<TcpListener>,
}

/// Where it all really listens, port 0 resolved.
#[derive(Clone, Debug, Default)]
pub struct Addresses {
    /// Listeners with STARTTLS.
    pub smtp: Vec<SocketAddr>,
    /// Listeners with TLS from the first byte.
    pub smtps: Vec<SocketAddr>,
    /// As a URL.
    pub console: Option<String>,
    /// The console's listener.
    pub console_listener: Option<SocketAddr>,
    /// Where stations dial in.
    pub link: Option<SocketAddr>,
}

impl Sockets {
    /// Opens what the roles need.
    ///
    /// # Errors
    /// When a port is taken or may not be used.
    pub async fn open(config: &Config, roles: Roles) -> anyhow::Result<Sockets> {
        let mut sockets = Sockets { smtp: Vec::new(), console: None, metrics: None, link: None };
        if roles.relay() {
            for server in &config.relay.compositions {
                let composition = &server.composition.name;
                for address in &server.listen {
                    let bind = listen(*address, "--smtp, or `listen` in [[composition]]").await?;
                    sockets.smtp.push(smtp(composition, bind, false));
                }
                for address in &server.listen_tls {
                    let bind =
                        listen(*address, "--smtps, or `listen_tls` in [[composition]]").await?;
                    sockets.smtp.push(smtp(composition, bind, true));
                }
            }
        }
        if roles.office() {
            let remedy = "--console, or `listen` in [console]";
            sockets.console = Some(listen(config.office.console, remedy).await?);
            if let Some(address) = config.link.listen {
                sockets.link = Some(listen(address, "`listen` in [link]").await?);
            }
        }
        // Both roles may run from one file; the office alone has its pages beside the console.
        if let Some(address) = config.metrics.listen.filter(|_| roles.relay()) {
            sockets.metrics = Some(listen(address, "`listen` in [metrics]").await?);
        }
        Ok(sockets)
    }

    /// Where they listen.
    ///
    /// # Errors
    /// When the system does not tell.
    pub fn addresses(&self, config: &Config) -> anyhow::Result<Addresses> {
        let mut addresses = Addresses::default();
        for listener in &self.smtp {
            let address = address_of(&listener.bind)?;
            match listener.implicit_tls {
                true => addresses.smtps.push(address),
                false => addresses.smtp.push(address),
            }
        }
        if let Some(console) = &self.console {
            let scheme = if config.office.console_tls.is_some() { "https" } else { "http" };
            let address = address_of(console)?;
            addresses.console = Some(format!("{scheme}://{address}"));
            addresses.console_listener = Some(address);
        }
        addresses.link = self.link.as_ref().map(address_of).transpose()?;
        Ok(addresses)
    }
}

fn smtp(composition: &str, bind: TcpListener, implicit_tls: bool) -> relay::Listener {
    relay::Listener { composition: composition.to_owned(), bind, implicit_tls }
}

/// `remedy` names the flag or key that chooses another address.
async fn listen(address: SocketAddr, remedy: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| {
        let why = match error.kind() {
            ErrorKind::AddrInUse => format!("the port is taken; choose another with {remedy}"),
            ErrorKind::PermissionDenied => format!(
                "ports below 1024 need root or CAP_NET_BIND_SERVICE; choose another with {remedy}"
            ),
            ErrorKind::AddrNotAvailable => {
                format!("it is no address of this machine; choose another with {remedy}")
            }
            _ => format!("see {remedy}"),
        };
        anyhow::Error::new(error).context(format!("cannot listen on {address}: {why}"))
    })
}

/// The address that a listener really has.
///
/// # Errors
/// When the system does not tell.
pub fn address_of(listener: &TcpListener) -> anyhow::Result<SocketAddr> {
    listener.local_addr().context("the system does not tell where we listen")
}
