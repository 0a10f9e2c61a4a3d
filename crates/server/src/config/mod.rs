//! The configuration as a value: one struct for each role, every default in this file.
//!
//! `read` turns the text of `yakusoku.toml` into a [`Config`] or findings with their lines;
//! `show` writes a [`Config`] back as such a text. `docs/CONFIGURATION.md` is the manual.

mod answering;
mod checks;
mod contracts;
mod couriers;
mod duty;
mod read;
mod show;
mod show_answering;
mod show_check;
mod show_status;
mod status;
mod units;
mod value;

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};

use anyhow::Context;
use app::incidents::{AlarmRules, Duty};
use desk::Runbook;
use jiff::tz::TimeZone;
use mail::roster::{
    Admission, AdmissionRule, Composition, Delivery, InboundLimits, OutboundLimits, ReceivedStyle,
    RetrySchedule,
};

pub use checks::{ADDED, CheckConfig, WatchConfig, load_checks};
pub use contracts::{ContractConfig, by_names};
pub use couriers::{CourierConfig, CourierKind, MailConfig, ReachConfig, SecretRef};
pub use duty::DutyConfig;
pub use read::read;
pub use sections::Finding;
pub use show::show;
pub use status::{StatusConfig, load_words};
pub use value::{HOST_NAME, HOST_PORT, LENGTH};

/// Everything that can be configured.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where all that we keep lies; made when it is not there.
    pub data: PathBuf,
    /// The file of the key that seals addresses and private keys; `None` is in the data folder.
    pub key_file: Option<PathBuf>,
    /// The name of this server, as SMTP greets with it.
    pub hostname: String,
    /// The name of this machine among several; part of every fact.
    pub node: String,
    /// For times on screens and in tables.
    pub time_zone: TimeZone,
    /// Pages for machines.
    pub metrics: MetricsConfig,
    /// Mail in and out.
    pub relay: RelayConfig,
    /// Console and records.
    pub office: OfficeConfig,
    /// Where stations dial in.
    pub link: LinkConfig,
    /// How the office looks.
    pub watch: WatchConfig,
    /// What it looks at.
    pub checks: Vec<CheckConfig>,
    /// What is promised, and what of it we measure ourselves.
    pub contracts: Vec<ContractConfig>,
    /// What visitors see.
    pub status: Vec<StatusConfig>,
    /// Our people who take turns on call, and when they are called.
    pub duty: DutyConfig,
    /// What is done about incidents by itself.
    pub runbooks: Vec<Runbook>,
    /// What opens incidents beside the functions of contracts.
    pub alarms: AlarmRules,
    /// Who carries what we tell customers.
    pub couriers: Vec<CourierConfig>,
    /// Whom customers ask; stands at the end of notices.
    pub contact: Option<String>,
    /// What documents are set in.
    pub documents: DocumentsConfig,
}

/// What documents are set in.
#[derive(Clone, Debug, Default)]
pub struct DocumentsConfig {
    /// A TrueType font with Japanese letters; `None`: BIZ UDPGothic of the data folder or the system.
    pub font: Option<PathBuf>,
    /// The same for headings; `None`: as for texts.
    pub bold_font: Option<PathBuf>,
}

/// What the role `relay` needs.
#[derive(Clone, Debug)]
pub struct RelayConfig {
    /// Bytes of mail in custody before 452.
    pub spool_limit: u64,
    /// `None` asks the resolvers of the system.
    pub resolvers: Option<Vec<SocketAddr>>,
    /// What we call ourselves in EHLO.
    pub helo: String,
    /// Our own addresses for connections out; empty lets the system choose.
    pub source_addresses: Vec<IpAddr>,
    /// `None` makes a self-signed certificate and keeps it.
    pub tls: Option<TlsFiles>,
    /// The port of MX hosts, 25 but for tests.
    pub mx_port: u16,
    /// How much the sandbox mailbox keeps.
    pub sandbox: SandboxLimits,
    /// At least one.
    pub compositions: Vec<ComposedServer>,
}

/// What the role `office` needs.
#[derive(Clone, Debug)]
pub struct OfficeConfig {
    /// Where the console listens.
    pub console: SocketAddr,
    /// `None` serves the console in clear.
    pub console_tls: Option<TlsFiles>,
    /// Where our own people open it, without a slash at its end.
    pub console_url: Option<String>,
    /// Proxies in front of the console whose X-Forwarded-For is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// `None` is SQLite in the data folder.
    pub store_url: Option<String>,
}

/// Where agents and nodes dial in.
#[derive(Clone, Debug, Default)]
pub struct LinkConfig {
    /// `None`: nobody dials in.
    pub listen: Option<SocketAddr>,
    /// `None` makes a self-signed certificate and keeps it.
    pub tls: Option<TlsFiles>,
}

/// Where `/metrics`, `/healthz` and `/readyz` are, for any role.
#[derive(Clone, Debug, Default)]
pub struct MetricsConfig {
    /// A listener of its own, opened by the relay; `None` leaves them beside the console.
    pub listen: Option<SocketAddr>,
    /// Single addresses that may read `/metrics` besides loopback.
    pub from: Vec<IpAddr>,
}

/// A composition and where it listens.
#[derive(Clone, Debug)]
pub struct ComposedServer {
    /// As the relay knows it.
    pub composition: Composition,
    /// In clear at first, with STARTTLS.
    pub listen: Vec<SocketAddr>,
    /// TLS from the first byte (RFC 8314).
    pub listen_tls: Vec<SocketAddr>,
}

/// A certificate chain and its key, both PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// Our certificate first.
    pub certificate: PathBuf,
    /// PKCS#8, PKCS#1 or SEC1.
    pub key: PathBuf,
}

/// How much the sandbox mailbox keeps; the oldest messages make room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SandboxLimits {
    /// Messages.
    pub messages: u32,
    /// Bytes of content.
    pub bytes: u64,
}

impl Default for SandboxLimits {
    fn default() -> SandboxLimits {
        SandboxLimits { messages: 10_000, bytes: 1024 * 1024 * 1024 }
    }
}

/// Data folder of a start without configuration.
pub const DATA: &str = "./yakusoku-data";
/// SMTP listener of a start without configuration.
pub const SMTP: SocketAddr = loopback(2525);
/// SMTP listener with TLS from the first byte of a start without configuration.
pub const SMTPS: SocketAddr = loopback(2465);
/// Console of every start that does not say otherwise.
pub const CONSOLE: SocketAddr = loopback(8080);
/// Mail in custody before 452 (seed 001, annex 1.3).
pub const SPOOL_LIMIT: u64 = 30 * 1024 * 1024 * 1024;

const fn loopback(port: u16) -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)
}

/// What the defaults take from the machine.
pub struct Machine {
    /// Its host name.
    pub hostname: String,
    /// Its time zone.
    pub time_zone: TimeZone,
}

impl Machine {
    /// Asks this machine.
    pub fn this() -> Machine {
        let hostname = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let hostname = (HOST_NAME.parse)(hostname.trim()).unwrap_or_else(|| "localhost".to_owned());
        Machine { hostname, time_zone: TimeZone::system() }
    }
}

impl Config {
    /// Where the font of documents is.
    pub fn font_place(&self) -> pdf::FontPlace {
        let named = self.documents.font.as_ref().map(|font| pdf::FontFiles {
            regular: font.clone(),
            bold: self.documents.bold_font.clone().unwrap_or_else(|| font.clone()),
        });
        pdf::FontPlace { named, folder: self.data.join("fonts") }
    }

    /// A start without configuration: all of it on loopback, mail into the sandbox.
    pub fn newcomer(machine: Machine) -> Config {
        let mut config = Config::empty(machine);
        config.relay.compositions.push(ComposedServer {
            composition: Composition {
                admission: Admission {
                    rule: AdmissionRule::Either,
                    addresses: vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()],
                },
                ..composition("sandbox".to_owned(), Delivery::Sandbox)
            },
            listen: vec![SMTP],
            listen_tls: vec![SMTPS],
        });
        config
    }

    /// Every default, without a composition.
    fn empty(machine: Machine) -> Config {
        let zone = machine.time_zone.clone();
        Config {
            data: PathBuf::from(DATA),
            key_file: None,
            hostname: machine.hostname.clone(),
            node: "local".to_owned(),
            time_zone: machine.time_zone,
            metrics: MetricsConfig::default(),
            relay: RelayConfig {
                spool_limit: SPOOL_LIMIT,
                resolvers: None,
                helo: machine.hostname,
                source_addresses: Vec::new(),
                tls: None,
                mx_port: 25,
                sandbox: SandboxLimits::default(),
                compositions: Vec::new(),
            },
            office: OfficeConfig {
                console: CONSOLE,
                console_tls: None,
                console_url: None,
                trusted_proxies: Vec::new(),
                store_url: None,
            },
            link: LinkConfig::default(),
            watch: WatchConfig::default(),
            checks: Vec::new(),
            contracts: Vec::new(),
            status: Vec::new(),
            duty: DutyConfig::nobody(zone),
            runbooks: Vec::new(),
            alarms: AlarmRules::default(),
            couriers: Vec::new(),
            contact: None,
            documents: DocumentsConfig::default(),
        }
    }
}

impl Config {
    /// Where the key file is.
    pub fn key_path(&self) -> PathBuf {
        self.key_file.clone().unwrap_or_else(|| self.data.join("yakusoku.key"))
    }

    /// As relay and office know them.
    pub fn compositions(&self) -> Vec<Composition> {
        self.relay.compositions.iter().map(|server| server.composition.clone()).collect()
    }

    /// Who is to be called.
    pub fn duty(&self) -> Duty {
        let contacts = self.contracts.iter().map(|contract| {
            (contract.watched.contract.name.to_string(), contract.contacts.clone())
        });
        let it = self.duty.clone();
        Duty {
            people: it.people,
            rota: Some(it.rota),
            contacts: contacts.collect(),
            patience: it.patience,
            marks: it.marks,
        }
    }

    /// The relay's folder.
    pub fn relay_folder(&self) -> PathBuf {
        self.data.join("relay")
    }

    /// Where the self-signed certificate is kept.
    pub fn tls_folder(&self) -> PathBuf {
        self.data.join("tls")
    }

    /// Where the keys are kept by which stations know this office.
    pub fn link_folder(&self) -> PathBuf {
        self.data.join("link")
    }

    /// The records.
    pub fn store_url(&self) -> String {
        let sqlite = || format!("sqlite:{}", self.data.join("office.db").display());
        self.office.store_url.clone().unwrap_or_else(sqlite)
    }
}

/// A composition with every default: clients sign in, limits as the contracts have them.
fn composition(name: String, delivery: Delivery) -> Composition {
    Composition {
        name,
        delivery,
        admission: Admission { rule: AdmissionRule::Auth, addresses: Vec::new() },
        limits: InboundLimits::default(),
        routes: Vec::new(),
        received: ReceivedStyle::Full,
        retry: RetrySchedule::default(),
        outbound: OutboundLimits::default(),
        default_signing_domain: None,
    }
}

/// Reads and checks a file.
///
/// # Errors
/// When it cannot be read; what is wrong in it comes back as findings.
pub fn load(path: &Path) -> anyhow::Result<Result<Config, Vec<Finding>>> {
    let text = fs::read_to_string(path)
        .with_context(|| format!("cannot read the configuration {}", path.display()))?;
    let folder = path.parent().unwrap_or(Path::new(""));
    Ok(read(&text, folder, Machine::this()))
}
