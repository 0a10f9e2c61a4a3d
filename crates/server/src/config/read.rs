//! From the text of `yakusoku.toml` to a [`Config`], or to every finding at once.

use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use mail::roster::{
    Admission, AdmissionRule, Delivery, HostPort, InboundLimits, OutboundLimits, ReceivedStyle,
    RetrySchedule, Route,
};
use toml::de::DeTable;

use super::contracts::read_contracts;
use super::section::{Findings, Section};
use super::value::{HostName, RouteDomain, Size, StoreUrl, Word};
use super::{ComposedServer, Config, Finding, Machine, TlsFiles, composition};

/// What the word for a rule means.
pub const RULES: [(&str, AdmissionRule); 4] = [
    ("address", AdmissionRule::Address),
    ("auth", AdmissionRule::Auth),
    ("either", AdmissionRule::Either),
    ("both", AdmissionRule::Both),
];
/// What the word for a style of Received means.
pub const RECEIVED: [(&str, ReceivedStyle); 3] =
    [("full", ReceivedStyle::Full), ("short", ReceivedStyle::Short), ("none", ReceivedStyle::None)];

/// Reads the whole file. Contracts are looked for from `folder` on.
///
/// # Errors
/// Every finding, by line. A text that is not TOML has one finding only.
pub fn read(text: &str, folder: &Path, machine: Machine) -> Result<Config, Vec<Finding>> {
    let findings = Findings::new(text);
    let config = match DeTable::parse(text) {
        Ok(table) => Some(whole(Section::top(table.get_ref(), &findings), folder, machine)),
        Err(error) => {
            let at = error.span().map_or(0, |span| span.start);
            let first = error.message().lines().next().unwrap_or_default();
            findings.add(at, format!("not valid TOML: {first}"));
            None
        }
    };
    let list = findings.into_sorted();
    config.filter(|_| list.is_empty()).ok_or(list)
}

fn whole(top: Section<'_>, folder: &Path, machine: Machine) -> Config {
    let mut config = Config::empty(machine);
    set(&mut config.data, top.read("data"));
    config.key_file = top.read("key_file");
    set(&mut config.hostname, top.read::<HostName>("hostname").map(|name| name.0));
    set(&mut config.node, top.read::<Word>("node").map(|word| word.0));
    set(&mut config.time_zone, top.read("time_zone"));
    config.relay.helo.clone_from(&config.hostname);
    read_relay(&top, &mut config);
    read_office(&top, &mut config);
    if config.relay.compositions.is_empty() && !top.has("composition") {
        top.object("composition", "add at least one [[composition]]");
    }
    check_listeners(&top, &config);
    config.contracts = read_contracts(&top, folder);
    top.finish();
    config
}

fn read_relay(top: &Section<'_>, config: &mut Config) {
    let relay = &mut config.relay;
    let spool = top.section("spool");
    set(&mut relay.spool_limit, spool.read::<Size>("limit").map(|size| size.0));
    spool.finish();

    let dns = top.section("dns");
    relay.resolvers = dns.read_list("resolvers");
    if relay.resolvers.as_ref().is_some_and(Vec::is_empty) {
        dns.object("resolvers", "name at least one, or leave `resolvers` out to ask the system's");
    }
    dns.finish();

    let outbound = top.section("outbound");
    set(&mut relay.helo, outbound.read::<HostName>("helo").map(|name| name.0));
    set(&mut relay.source_addresses, outbound.read_list("source_addresses"));
    set(&mut relay.mx_port, outbound.number("mx_port", 1..=65_535).map(|port| port as u16));
    outbound.finish();

    let sandbox = top.section("sandbox");
    set(&mut relay.sandbox.messages, sandbox.number("messages", 1..=1_000_000));
    set(&mut relay.sandbox.bytes, sandbox.read::<Size>("size").map(|size| size.0));
    sandbox.finish();

    let tls = top.section("tls");
    relay.tls = read_tls(&tls, "certificate", "key");
    tls.finish();

    relay.compositions = top.sections("composition").into_iter().map(read_composition).collect();
}

fn read_office(top: &Section<'_>, config: &mut Config) {
    let office = &mut config.office;
    let console = top.section("console");
    set(&mut office.console, console.read("listen"));
    office.console_tls = read_tls(&console, "tls_certificate", "tls_key");
    set(&mut office.trusted_proxies, console.read_list("trusted_proxies"));
    console.finish();

    let metrics = top.section("metrics");
    config.metrics.listen = metrics.read("listen");
    set(&mut config.metrics.from, metrics.read_list("from"));
    metrics.finish();

    let store = top.section("store");
    office.store_url = store.read::<StoreUrl>("url").map(|url| url.0);
    store.finish();
}

/// A certificate without its key, or the other way round, serves nobody.
fn read_tls(
    section: &Section<'_>,
    certificate_key: &'static str,
    key_key: &'static str,
) -> Option<TlsFiles> {
    let certificate = read_file(section, certificate_key);
    let key = read_file(section, key_key);
    match (section.has(certificate_key), section.has(key_key)) {
        (true, false) => {
            section.object(certificate_key, &format!("`{key_key}` is missing beside it"));
        }
        (false, true) => {
            section.object(key_key, &format!("`{certificate_key}` is missing beside it"));
        }
        _ => {}
    }
    Some(TlsFiles { certificate: certificate?, key: key? })
}

fn read_file(section: &Section<'_>, key: &'static str) -> Option<PathBuf> {
    let path: PathBuf = section.read(key)?;
    if let Err(error) = std::fs::File::open(&path) {
        let why = match error.kind() {
            ErrorKind::NotFound => "there is no such file".to_owned(),
            ErrorKind::PermissionDenied => "we may not read it".to_owned(),
            other => other.to_string(),
        };
        section.object(key, &format!("cannot read {}: {why}", path.display()));
    }
    Some(path)
}

fn read_composition(section: Section<'_>) -> ComposedServer {
    let name = section.require::<Word>("name").map_or_else(String::new, |word| word.0);
    let delivery = section.require::<Delivery>("delivery").unwrap_or(Delivery::Sandbox);
    let mut composed = composition(name, delivery);
    composed.admission = read_admission(section.section("admission"), composed.admission);
    composed.limits = read_limits(section.section("limits"));
    composed.retry = read_retry(section.section("retry"));
    composed.outbound = read_outbound(section.section("outbound"));
    composed.routes = section.sections("route").into_iter().filter_map(read_route).collect();
    set(&mut composed.received, section.choice("received", &RECEIVED));
    composed.default_signing_domain = section.read::<HostName>("signing_domain").map(|name| name.0);
    let server = ComposedServer {
        composition: composed,
        listen: section.read_list("listen").unwrap_or_default(),
        listen_tls: section.read_list("listen_tls").unwrap_or_default(),
    };
    if !section.has("listen") && !section.has("listen_tls") {
        section.object("listen", "needs `listen` or `listen_tls`, or no mail can come in");
    }
    section.finish();
    server
}

fn read_admission(section: Section<'_>, default: Admission) -> Admission {
    let rule = section.choice("rule", &RULES).unwrap_or(default.rule);
    let addresses = section.read_list("addresses").unwrap_or(default.addresses);
    let rule_word = RULES.iter().find(|(_, r)| *r == rule).map_or("", |(word, _)| word);
    match rule {
        AdmissionRule::Auth if section.has("addresses") => {
            section.object(
                "addresses",
                "the rule `auth` does not look at addresses; use `either` or `both`",
            );
        }
        AdmissionRule::Address | AdmissionRule::Both if !section.has("addresses") => {
            section.object("rule", &format!("the rule `{rule_word}` needs `addresses`"));
        }
        _ => {}
    }
    section.finish();
    Admission { rule, addresses }
}

/// Largest `message_size`: with its envelope a message must fit a record of the spool (40 MiB).
const MESSAGE_BYTES_MAX: u32 = 32 * 1024 * 1024;

fn read_limits(section: Section<'_>) -> InboundLimits {
    let default = InboundLimits::default();
    let message_bytes = section.read::<Size>("message_size").map(|size| size.0);
    let message_bytes = message_bytes.map(|bytes| {
        let fits = |bytes: &u32| (1024..=MESSAGE_BYTES_MAX).contains(bytes);
        u32::try_from(bytes).ok().filter(fits).unwrap_or_else(|| {
            section.object("message_size", "`message_size` may be from 1 KB to 32 MB");
            default.message_bytes
        })
    });
    let limits = InboundLimits {
        sessions: section.number("sessions", 1..=100).map_or(default.sessions, |n| n as u16),
        interval: section.read("interval").unwrap_or(default.interval),
        message_bytes: message_bytes.unwrap_or(default.message_bytes),
        recipients: section
            .number("recipients", 1..=10_000)
            .map_or(default.recipients, |n| n as u16),
        commands: section.number("commands", 10..=u32::MAX).unwrap_or(default.commands),
        command_timeout: section.read("command_timeout").unwrap_or(default.command_timeout),
        data_timeout: section.read("data_timeout").unwrap_or(default.data_timeout),
    };
    section.finish();
    limits
}

fn read_retry(section: Section<'_>) -> RetrySchedule {
    let default = RetrySchedule::default();
    let retry = RetrySchedule {
        waits: section.read_list("waits").unwrap_or(default.waits),
        expires_after: section.read("expires_after").unwrap_or(default.expires_after),
    };
    if retry.waits.is_empty() || retry.waits.iter().any(std::time::Duration::is_zero) {
        section.object("waits", "`waits` needs at least one wait, each longer than 0");
    }
    section.finish();
    retry
}

fn read_outbound(section: Section<'_>) -> OutboundLimits {
    let default = OutboundLimits::default();
    let limits = OutboundLimits {
        connections: section
            .number("connections", 1..=1_000)
            .map_or(default.connections, |n| n as u16),
        messages_per_connection: section
            .number("messages_per_connection", 1..=u32::MAX)
            .unwrap_or(default.messages_per_connection),
        recipients: section
            .number("recipients", 1..=1_000)
            .map_or(default.recipients, |n| n as u16),
        connect_timeout: section.read("connect_timeout").unwrap_or(default.connect_timeout),
        reply_timeout: section.read("reply_timeout").unwrap_or(default.reply_timeout),
        idle: section.read("idle").unwrap_or(default.idle),
        rest: section.read("rest").unwrap_or(default.rest),
        rest_max: section.read("rest_max").unwrap_or(default.rest_max),
    };
    section.finish();
    limits
}

fn read_route(section: Section<'_>) -> Option<Route> {
    let domain = section.require::<RouteDomain>("domain");
    let via = section.require::<HostPort>("via");
    section.finish();
    Some(Route { domain: domain?.0, via: via? })
}

/// No two may listen on one address, and no two compositions may have one name.
fn check_listeners(top: &Section<'_>, config: &Config) {
    let mut taken: BTreeMap<SocketAddr, &str> = BTreeMap::new();
    taken.insert(config.office.console, "the console");
    if let Some(address) = config.metrics.listen {
        taken.insert(address, "the metrics");
    }
    let mut names: BTreeSet<&str> = BTreeSet::new();
    for (section, server) in top.sections("composition").iter().zip(&config.relay.compositions) {
        let name = server.composition.name.as_str();
        if !names.insert(name) {
            section.object("name", &format!("{name:?} is the name of a composition above"));
        }
        for (key, addresses) in [("listen", &server.listen), ("listen_tls", &server.listen_tls)] {
            // Port 0 asks the system for a free one, as often as wanted.
            for address in addresses.iter().filter(|address| address.port() != 0) {
                if let Some(other) = taken.insert(*address, name) {
                    section.object(key, &format!("{address} is taken by {other}"));
                }
            }
        }
    }
}

/// Replaces the default when the file has a value.
fn set<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}
