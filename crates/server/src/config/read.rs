//! From the text of `yakusoku.toml` to a [`Config`], or to every finding at once.

use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use mail::roster::{
    Admission, AdmissionRule, Delivery, InboundLimits, OutboundLimits, ReceivedStyle,
    RetrySchedule, Route,
};
use sections::{Choice, Findings, Number, Section};

use super::answering::{read_alarms, read_runbooks};
use super::checks::{read_checks, read_watch};
use super::contracts::read_contracts;
use super::couriers::read_couriers;
use super::duty::read_duty;
use super::status::read_status;
use super::value::{
    ADDRESS, DELIVERY, HOST_NAME, HOST_PORT, IP_ADDRESS, LENGTH, PATH, PLACE_URL, ROUTE_DOMAIN,
    SHORT_NAME, SIZE, STORE_URL, TEXT, TIME_ZONE,
};
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
    let table = sections::parse(text, &findings);
    let config =
        table.as_ref().map(|t| whole(Section::top(t.get_ref(), &findings), folder, machine));
    let list = findings.into_sorted();
    config.filter(|_| list.is_empty()).ok_or(list)
}

fn whole(top: Section<'_>, folder: &Path, machine: Machine) -> Config {
    let mut config = Config::empty(machine);
    set(&mut config.data, top.value("data", &PATH).map(|data| folder.join(data)));
    config.key_file = top.value("key_file", &PATH).map(|file| folder.join(file));
    set(&mut config.hostname, top.value("hostname", &HOST_NAME));
    set(&mut config.node, top.value("node", &SHORT_NAME));
    set(&mut config.time_zone, top.value("time_zone", &TIME_ZONE));
    config.relay.helo.clone_from(&config.hostname);
    read_relay(&top, &mut config);
    read_office(&top, &mut config);
    if config.relay.compositions.is_empty() && !top.has("composition") {
        top.object("composition", "add at least one [[composition]]");
    }
    check_listeners(&top, &config);
    config.couriers = read_couriers(&top, &config.relay.compositions);
    config.duty = read_duty(&top, &config.time_zone, &config.couriers);
    let notices = top.section("notices");
    config.contact = notices.value("contact", &TEXT);
    notices.finish();
    let documents = top.section("documents");
    config.documents.font = documents.value("font", &PATH);
    config.documents.bold_font = documents.value("bold_font", &PATH);
    if config.documents.bold_font.is_some() && config.documents.font.is_none() {
        documents.object("bold_font", "`font` is missing beside it");
    }
    documents.finish();
    config.watch = read_watch(&top);
    config.checks = read_checks(&top, folder);
    config.contracts = read_contracts(&top, folder, &config.couriers, &config.checks);
    config.status = read_status(&top, folder, &config.contracts);
    config.runbooks = read_runbooks(&top, &config.contracts, &config.checks);
    config.alarms = read_alarms(&top, &config.contracts, &config.checks);
    top.finish();
    config
}

fn read_relay(top: &Section<'_>, config: &mut Config) {
    let relay = &mut config.relay;
    let spool = top.section("spool");
    set(&mut relay.spool_limit, spool.value("limit", &SIZE));
    spool.finish();

    let dns = top.section("dns");
    relay.resolvers = dns.list("resolvers", &ADDRESS);
    if relay.resolvers.as_ref().is_some_and(Vec::is_empty) {
        dns.object("resolvers", "name at least one, or leave `resolvers` out to ask the system's");
    }
    dns.finish();

    let outbound = top.section("outbound");
    set(&mut relay.helo, outbound.value("helo", &HOST_NAME));
    set(&mut relay.source_addresses, outbound.list("source_addresses", &IP_ADDRESS));
    set(&mut relay.mx_port, outbound.value("mx_port", &Number(1..=65_535)).map(|port| port as u16));
    outbound.finish();

    let sandbox = top.section("sandbox");
    set(
        &mut relay.sandbox.messages,
        sandbox.value("messages", &Number(1..=1_000_000)).map(|n| n as u32),
    );
    set(&mut relay.sandbox.bytes, sandbox.value("size", &SIZE));
    sandbox.finish();

    let tls = top.section("tls");
    relay.tls = read_tls(&tls, "certificate", "key");
    tls.finish();

    relay.compositions = top.sections("composition").into_iter().map(read_composition).collect();
}

fn read_office(top: &Section<'_>, config: &mut Config) {
    let office = &mut config.office;
    let console = top.section("console");
    set(&mut office.console, console.value("listen", &ADDRESS));
    office.console_tls = read_tls(&console, "tls_certificate", "tls_key");
    office.console_url = console.value("url", &PLACE_URL);
    set(&mut office.trusted_proxies, console.list("trusted_proxies", &IP_ADDRESS));
    console.finish();

    let metrics = top.section("metrics");
    config.metrics.listen = metrics.value("listen", &ADDRESS);
    set(&mut config.metrics.from, metrics.list("from", &IP_ADDRESS));
    metrics.finish();

    let store = top.section("store");
    office.store_url = store.value("url", &STORE_URL);
    store.finish();

    let link = top.section("link");
    config.link.listen = link.value("listen", &ADDRESS);
    config.link.tls = read_tls(&link, "tls_certificate", "tls_key");
    if config.link.tls.is_some() && !link.has("listen") {
        link.object("tls_certificate", "`listen` is missing beside it");
    }
    link.finish();
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
    let path = section.value(key, &PATH)?;
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
    let name = section.need("name", &SHORT_NAME).unwrap_or_default();
    let delivery = section.need("delivery", &DELIVERY).unwrap_or(Delivery::Sandbox);
    let mut composed = composition(name, delivery);
    composed.admission = read_admission(section.section("admission"), composed.admission);
    composed.limits = read_limits(section.section("limits"));
    composed.retry = read_retry(section.section("retry"));
    composed.outbound = read_outbound(section.section("outbound"));
    composed.routes = section.sections("route").into_iter().filter_map(read_route).collect();
    set(&mut composed.received, section.value("received", &Choice(&RECEIVED)));
    composed.default_signing_domain = section.value("signing_domain", &HOST_NAME);
    let server = ComposedServer {
        composition: composed,
        listen: section.list("listen", &ADDRESS).unwrap_or_default(),
        listen_tls: section.list("listen_tls", &ADDRESS).unwrap_or_default(),
    };
    if !section.has("listen") && !section.has("listen_tls") {
        section.object("listen", "needs `listen` or `listen_tls`, or no mail can come in");
    }
    section.finish();
    server
}

fn read_admission(section: Section<'_>, default: Admission) -> Admission {
    let rule = section.value("rule", &Choice(&RULES)).unwrap_or(default.rule);
    let addresses = section.list("addresses", &IP_ADDRESS).unwrap_or(default.addresses);
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

/// Largest count, where nothing else limits it.
const COUNT_MAX: u64 = u32::MAX as u64;
/// Largest `message_size`: with its envelope a message must fit a record of the spool (40 MiB).
const MESSAGE_BYTES_MAX: u32 = 32 * 1024 * 1024;

fn read_limits(section: Section<'_>) -> InboundLimits {
    let default = InboundLimits::default();
    let message_bytes = section.value("message_size", &SIZE);
    let message_bytes = message_bytes.map(|bytes| {
        let fits = |bytes: &u32| (1024..=MESSAGE_BYTES_MAX).contains(bytes);
        u32::try_from(bytes).ok().filter(fits).unwrap_or_else(|| {
            section.object("message_size", "`message_size` may be from 1 KB to 32 MB");
            default.message_bytes
        })
    });
    let limits = InboundLimits {
        sessions: section
            .value("sessions", &Number(1..=100))
            .map_or(default.sessions, |n| n as u16),
        interval: section.value("interval", &LENGTH).unwrap_or(default.interval),
        message_bytes: message_bytes.unwrap_or(default.message_bytes),
        recipients: section
            .value("recipients", &Number(1..=10_000))
            .map_or(default.recipients, |n| n as u16),
        commands: section
            .value("commands", &Number(10..=COUNT_MAX))
            .map_or(default.commands, |n| n as u32),
        command_timeout: section
            .value("command_timeout", &LENGTH)
            .unwrap_or(default.command_timeout),
        data_timeout: section.value("data_timeout", &LENGTH).unwrap_or(default.data_timeout),
    };
    section.finish();
    limits
}

fn read_retry(section: Section<'_>) -> RetrySchedule {
    let default = RetrySchedule::default();
    let retry = RetrySchedule {
        waits: section.list("waits", &LENGTH).unwrap_or(default.waits),
        expires_after: section.value("expires_after", &LENGTH).unwrap_or(default.expires_after),
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
            .value("connections", &Number(1..=1_000))
            .map_or(default.connections, |n| n as u16),
        messages_per_connection: section
            .value("messages_per_connection", &Number(1..=COUNT_MAX))
            .map_or(default.messages_per_connection, |n| n as u32),
        recipients: section
            .value("recipients", &Number(1..=1_000))
            .map_or(default.recipients, |n| n as u16),
        connect_timeout: section
            .value("connect_timeout", &LENGTH)
            .unwrap_or(default.connect_timeout),
        reply_timeout: section.value("reply_timeout", &LENGTH).unwrap_or(default.reply_timeout),
        idle: section.value("idle", &LENGTH).unwrap_or(default.idle),
        rest: section.value("rest", &LENGTH).unwrap_or(default.rest),
        rest_max: section.value("rest_max", &LENGTH).unwrap_or(default.rest_max),
    };
    section.finish();
    limits
}

fn read_route(section: Section<'_>) -> Option<Route> {
    let domain = section.need("domain", &ROUTE_DOMAIN);
    let via = section.need("via", &HOST_PORT);
    section.finish();
    Some(Route { domain: domain?, via: via? })
}

/// No two may listen on one address, and no two compositions may have one name.
fn check_listeners(top: &Section<'_>, config: &Config) {
    let mut taken: BTreeMap<SocketAddr, &str> = BTreeMap::new();
    taken.insert(config.office.console, "the console");
    if let Some(address) = config.metrics.listen {
        taken.insert(address, "the metrics");
    }
    if let Some(address) = config.link.listen.filter(|address| address.port() != 0)
        && let Some(other) = taken.insert(address, "the link")
    {
        top.section("link").object("listen", &format!("{address} is taken by {other}"));
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
