//! Starts the roles in order, says that they run, and stops them without losing mail.
//!
//! Listeners first, so that a taken port is told before anything is made; then records, relay,
//! console, timers; the ready file last. Stopping goes the other way round.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use vault::Vault;

use crate::callers::Callers;
use crate::commands::wait_for;
use crate::config::Config;
use crate::exit::Status;
use crate::logs::{self, LogFormat};
use crate::notify::{self, State};
use crate::ops::{self, Ops, RunningRelay};
use crate::sockets::{Addresses, Sockets};
use crate::welcome::{self, Welcome};
use crate::{
    clock, couriers, door, probes, ready, signals, status_files, timers, tls, watching, wiring,
};

/// Which roles run in this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Roles {
    /// Relay and office.
    All,
    /// Mail in and out.
    Relay,
    /// Console, records, timers.
    Office,
}

impl Roles {
    /// Whether mail goes in and out here.
    pub const fn relay(self) -> bool {
        matches!(self, Roles::All | Roles::Relay)
    }

    /// Whether console, records and timers are here.
    pub const fn office(self) -> bool {
        matches!(self, Roles::All | Roles::Office)
    }
}

/// How to start, beside the configuration.
pub struct Start {
    /// Which roles.
    pub roles: Roles,
    /// There is no configuration file: make what a first look needs.
    pub newcomer: bool,
    /// A domain to make a key for.
    pub sign: Option<String>,
    /// Where to write that everything listens.
    pub ready_file: Option<PathBuf>,
    /// How to write the log.
    pub log_format: Option<LogFormat>,
}

/// Longest that deliveries may take to finish when we are told to stop.
const DRAIN_MAX: Duration = Duration::from_secs(30);
/// Longest that the pages being answered may take.
const PAGES_MAX: Duration = Duration::from_secs(5);

/// Connections at once of one address to the listener of stations; several machines behind one address
/// hold two or three each.
const LINK_EACH_MAX: usize = 64;
/// Connections at once of one address to the console or the metrics; our proxies may have more.
const CONSOLE_EACH_MAX: usize = 256;

/// Runs until SIGTERM or SIGINT.
///
/// # Errors
/// When a part cannot start, or one that must run ends by itself.
pub fn run(config: Config, start: Start) -> anyhow::Result<Status> {
    logs::start(start.log_format);
    wait_for(async {
        let running = begin(&config, &start).await?;
        running.wait().await?;
        Ok(Status::Done)
    })
}

/// Everything that runs, in order to stop it.
struct Running {
    relay: Option<RunningRelay>,
    /// Told when it ends, so that pages which listen do not hold up the stop.
    office: Option<Arc<app::Office>>,
    /// Console, metrics and timers; each ends when `stop` says so.
    tasks: JoinSet<anyhow::Result<()>>,
    stop: watch::Sender<bool>,
    stop_probes: watch::Sender<bool>,
    /// Held until the end.
    _office_lock: Option<std::fs::File>,
}

async fn begin(config: &Config, start: &Start) -> anyhow::Result<Running> {
    let sockets = Sockets::open(config, start.roles).await?;
    let addresses = sockets.addresses(config)?;
    let vault = wiring::open_vault(config)?;
    let office_lock = start.roles.office().then(|| wiring::lock_office(config)).transpose()?;
    let office = match start.roles.office() {
        true => {
            let mut office = wiring::office_on(config, Arc::clone(&vault)).await?;
            watching::prepare(config, &mut office)?;
            Some(Arc::new(office))
        }
        false => None,
    };
    let welcome = match &office {
        Some(office) => welcome::prepare(office, start).await?,
        None => Welcome::default(),
    };
    let (stop, stopped) = watch::channel(false);
    let (stop_probes, probes_stopped) = watch::channel(false);
    let mut running = Running {
        relay: None,
        office: office.clone(),
        tasks: JoinSet::new(),
        stop,
        stop_probes,
        _office_lock: office_lock,
    };
    let Sockets { smtp, console, metrics, link } = sockets;
    if start.roles.relay() {
        running.relay = Some(start_relay(config, smtp, vault).await?);
    }
    let ops = Arc::new(Ops {
        relay: running.relay.clone(),
        office: office.clone(),
        metrics_from: config.metrics.from.clone(),
    });
    if let Some(office) = office {
        timers::start(&mut running.tasks, &office, &stopped);
        status_files::start(&mut running.tasks, config, &office, &stopped);
        let couriers = couriers::Round::of(config)?;
        couriers.start(&mut running.tasks, &office, &stopped);
        let watches = probes::of(config, &addresses, &office)?;
        probes::start(&mut running.tasks, watches, &office, &probes_stopped);
        watching::start(&mut running.tasks, config, &office, &probes_stopped).await?;
        if let Some(link) = link {
            running.hear_stations(config, link, &office, &stopped)?;
        }
        if let Some(console) = console {
            let pages = welcome::console(config, &addresses, office);
            let pages = pages.merge(ops::router(Arc::clone(&ops)));
            let pages = web::behind_proxies(pages, &config.office.trusted_proxies);
            let tls = config.office.console_tls.as_ref().map(tls::server_config).transpose()?;
            let callers = Callers::new(CONSOLE_EACH_MAX, &config.office.trusted_proxies);
            running.serve((console, tls, callers), pages, &stopped);
        }
    }
    if let Some(metrics) = metrics {
        let callers = Callers::new(CONSOLE_EACH_MAX, &[]);
        running.serve((metrics, None, callers), ops::router(ops), &stopped);
    }
    announce(config, start, &addresses, &welcome)?;
    tracing::info!(roles = ?start.roles, data = %config.data.display(), "yakusoku is up");
    notify::tell(State::Ready);
    Ok(running)
}

/// Tells whoever waits that everything listens, and where.
fn announce(
    config: &Config,
    start: &Start,
    addresses: &Addresses,
    welcome: &Welcome,
) -> anyhow::Result<()> {
    if let Some(path) = &start.ready_file {
        ready::write(path, &welcome.ready(config, addresses))?;
    }
    if start.newcomer {
        out!("{}", welcome.text(config, addresses));
    } else if std::io::stdout().is_terminal() {
        out!("{}", Welcome::places(config, addresses));
    }
    Ok(())
}

async fn start_relay(
    config: &Config,
    listeners: Vec<relay::Listener>,
    vault: Arc<Vault>,
) -> anyhow::Result<RunningRelay> {
    let settings = wiring::relay_settings(config, listeners)?;
    let relay = relay::start(settings, vault).await?;
    let found = &relay.recovered;
    if found.damaged > 0 {
        tracing::error!(
            records = found.damaged,
            "the spool holds damaged records; look at the disk"
        );
    }
    tracing::info!(messages = found.messages, recipients = found.recipients, "mail was in custody");
    Ok(RunningRelay::new(relay))
}

impl Running {
    /// The listener for agents and nodes.
    fn hear_stations(
        &mut self,
        config: &Config,
        link: TcpListener,
        office: &Arc<app::Office>,
        stopped: &watch::Receiver<bool>,
    ) -> anyhow::Result<()> {
        let requests = web::StationDoor::new(Arc::clone(office), clock::now);
        let tls = tls::server_config(&wiring::link_tls(config)?)?;
        let callers = Callers::new(LINK_EACH_MAX, &[]);
        self.serve((link, Some(tls), callers), web::station_router(requests), stopped);
        Ok(())
    }

    fn serve(
        &mut self,
        (listener, tls, callers): (TcpListener, Option<Arc<ServerConfig>>, Callers),
        pages: axum::Router,
        stopped: &watch::Receiver<bool>,
    ) {
        let door = door::Door::new(listener, tls, callers);
        let stop = signals::told(stopped.clone());
        self.tasks.spawn(async move {
            door::serve(door, pages, stop).await;
            Ok(())
        });
    }

    /// Waits for a signal, then stops everything: no new mail, deliveries on their way finish,
    /// the spool is synced; then the pages and the timers.
    async fn wait(mut self) -> anyhow::Result<()> {
        let broken = tokio::select! {
            signal = signals::next() => {
                tracing::info!(signal = signal?, "stopping");
                None
            }
            Some(ended) = self.tasks.join_next() => Some(ended),
        };
        notify::tell(State::Stopping);
        // Before the listeners close, or the probes would see our own stop as an outage. Refused only
        // when there are none.
        let _ = self.stop_probes.send(true);
        if let Some(relay) = self.relay.as_ref().and_then(RunningRelay::take) {
            relay.stop(DRAIN_MAX).await;
        }
        if let Some(office) = &self.office {
            office.changes.close();
        }
        // Refused only when nobody listens any more.
        let _ = self.stop.send(true);
        let rest = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(PAGES_MAX, rest).await.is_err() {
            tracing::warn!("some pages were not answered to the end");
        }
        tracing::info!("stopped");
        match broken {
            Some(ended) => ended?,
            None => Ok(()),
        }
    }
}
