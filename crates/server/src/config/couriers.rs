//! `[[courier]]` and `[notices]`: who carries what we tell customers.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use courier::{Style, Tls};
use mail::roster::HostPort;
use sections::{Choice, Section, Truth, Word};
use terms::Name;

use super::ComposedServer;
use super::value::{CHANNEL, HOST_PORT, LENGTH, MAIL_ADDRESS, PATH, SHORT_NAME, TEXT};

/// Most couriers of one configuration.
pub const COURIERS_MAX: usize = 100;
/// Longest that a command may run.
const COMMAND_TIME_MAX: Duration = Duration::from_secs(100);
/// Where PagerDuty takes events.
pub const PAGERDUTY: &str = "https://events.pagerduty.com/v2/enqueue";

/// A courier of the configuration.
#[derive(Clone, Debug)]
pub struct CourierConfig {
    /// Its name in contracts and records.
    pub name: String,
    /// The channel that it serves, as contracts call it.
    pub channel: Name,
    /// How it goes.
    pub kind: CourierKind,
}

/// How a courier goes.
#[derive(Clone, Debug)]
pub enum CourierKind {
    /// Mail through a server that takes ours.
    Mail(MailConfig),
    /// An HTTP request.
    Webhook {
        /// Where to.
        url: SecretRef,
        /// In which form.
        style: Style,
        /// With whom.
        reach: ReachConfig,
    },
    /// An event for those on call.
    PagerDuty {
        /// The integration key.
        key: SecretRef,
        /// Where to.
        url: String,
        /// With whom.
        reach: ReachConfig,
    },
    /// A program.
    Command {
        /// An absolute path.
        program: PathBuf,
        /// As they are.
        arguments: Vec<String>,
        /// Then it is killed.
        timeout: Duration,
    },
}

/// A server that takes our mail.
#[derive(Clone, Debug)]
pub struct MailConfig {
    /// Where it is.
    pub server: HostPort,
    /// Sender.
    pub from: String,
    /// How the connection is protected.
    pub tls: Tls,
    /// Authorities to trust.
    pub ca: Option<PathBuf>,
    /// Name and password.
    pub login: Option<(String, SecretRef)>,
    /// It is our own relay.
    pub own_relay: bool,
}

/// With whom a courier may speak HTTP.
#[derive(Clone, Debug)]
pub struct ReachConfig {
    /// Private addresses too.
    pub private: bool,
    /// Authorities to trust.
    pub ca: Option<PathBuf>,
}

/// Where a secret is; the configuration does not hold it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretRef {
    /// The first line of a file.
    File(PathBuf),
    /// A variable of the environment.
    Env(String),
}

const KINDS: [(&str, &str); 4] =
    [("mail", "mail"), ("webhook", "webhook"), ("pagerduty", "pagerduty"), ("command", "command")];
/// What the word for a protection means.
pub const TLS: [(&str, Tls); 4] = [
    ("auto", Tls::Auto),
    ("off", Tls::Off),
    ("starttls", Tls::Starttls),
    ("implicit", Tls::Implicit),
];
/// What the word for a form means.
pub const STYLES: [(&str, Style); 2] = [("json", Style::Json), ("slack", Style::Slack)];

/// Every `[[courier]]`. One that makes no sense is a finding and is left out.
pub fn read_couriers(top: &Section<'_>, servers: &[ComposedServer]) -> Vec<CourierConfig> {
    let sections = top.sections("courier");
    if sections.len() > COURIERS_MAX {
        top.object("courier", &format!("there are more than {COURIERS_MAX} couriers"));
        return Vec::new();
    }
    let mut names = BTreeSet::new();
    let mut couriers = Vec::new();
    for section in sections {
        if let Some(courier) = read_courier(&section, servers) {
            if names.insert(courier.name.clone()) {
                couriers.push(courier);
            } else {
                let name = &courier.name;
                section.object("name", &format!("{name:?} is the name of a courier above"));
            }
        }
        section.finish();
    }
    couriers
}

fn read_courier(section: &Section<'_>, servers: &[ComposedServer]) -> Option<CourierConfig> {
    let name = section.need("name", &SHORT_NAME);
    let word = section.need("kind", &Choice(&KINDS));
    let channel = section.value("channel", &CHANNEL);
    let (usual, kind) = match word? {
        "mail" => ("email", read_mail(section, servers).map(CourierKind::Mail)),
        "webhook" => ("webhook", read_webhook(section)),
        "pagerduty" => ("pagerduty", read_pagerduty(section)),
        _ => ("", read_command(section)),
    };
    if usual.is_empty() {
        section.demand("channel", &CHANNEL_NEEDED.replace("{}", "a command"));
    }
    let channel = channel.or_else(|| usual.parse().ok())?;
    Some(CourierConfig { name: name?, channel, kind: kind? })
}

const CHANNEL_NEEDED: &str = "the channel that {} serves, such as \"top-page\"";

fn read_mail(section: &Section<'_>, servers: &[ComposedServer]) -> Option<MailConfig> {
    let server = section.need("server", &HOST_PORT);
    let from = section.need("from", &MAIL_ADDRESS);
    let tls = section.value("tls", &Choice(&TLS)).unwrap_or(Tls::Auto);
    let ca = section.value("ca", &PATH);
    let user = section.value("user", &TEXT);
    let password = match user.is_some() {
        true => need_secret(section, ["password_file", "password_env"]),
        false => None,
    };
    let own_relay = section.value("own_relay", &Truth);
    let server = server?;
    let own_relay = own_relay.unwrap_or_else(|| is_ours(&server, servers));
    let login = user.zip(password);
    Some(MailConfig { from: from?, tls, ca, login, own_relay, server })
}

/// Whether a server is a listener of ours.
fn is_ours(server: &HostPort, servers: &[ComposedServer]) -> bool {
    let Ok(ip) = server.host.parse::<std::net::IpAddr>() else { return false };
    let mut listeners = servers.iter().flat_map(|it| it.listen.iter().chain(&it.listen_tls));
    listeners.any(|listener: &SocketAddr| {
        listener.port() == server.port && (listener.ip() == ip || listener.ip().is_unspecified())
    })
}

fn read_webhook(section: &Section<'_>) -> Option<CourierKind> {
    let url = need_secret(section, ["url_file", "url_env"]);
    let style = section.value("style", &Choice(&STYLES)).unwrap_or(Style::Json);
    let reach = read_reach(section);
    Some(CourierKind::Webhook { url: url?, style, reach })
}

fn read_pagerduty(section: &Section<'_>) -> Option<CourierKind> {
    let key = need_secret(section, ["key_file", "key_env"]);
    let url = section.value("url", &TEXT).unwrap_or_else(|| PAGERDUTY.to_owned());
    let reach = read_reach(section);
    Some(CourierKind::PagerDuty { key: key?, url, reach })
}

fn read_reach(section: &Section<'_>) -> ReachConfig {
    let private = section.value("private", &Truth).unwrap_or(false);
    ReachConfig { private, ca: section.value("ca", &PATH) }
}

fn read_command(section: &Section<'_>) -> Option<CourierKind> {
    let program = section.need("program", &PATH);
    if program.as_ref().is_some_and(|path| !path.is_absolute()) {
        section.object("program", "`program` is an absolute path: nothing is searched for");
    }
    let arguments = section.list("arguments", &TEXT).unwrap_or_default();
    let timeout = section.value("timeout", &LENGTH).unwrap_or(Duration::from_secs(30));
    if timeout.is_zero() || timeout > COMMAND_TIME_MAX {
        let most = COMMAND_TIME_MAX.as_secs();
        section.object("timeout", &format!("`timeout` may be from 1ms to {most}s"));
    }
    Some(CourierKind::Command { program: program?, arguments, timeout })
}

/// A secret in a file or in the environment, by exactly one of two keys.
fn need_secret(section: &Section<'_>, [file, env]: [&'static str; 2]) -> Option<SecretRef> {
    let path = section.value(file, &PATH).map(SecretRef::File);
    let variable = section.value(env, &VARIABLE).map(SecretRef::Env);
    match (section.has(file), section.has(env)) {
        (true, true) => section.object(env, &format!("`{file}` and `{env}`: keep one of them")),
        (false, false) => {
            section.object(file, &format!("add `{file}` or `{env}`: secrets are not written here"));
        }
        _ => {}
    }
    path.or(variable)
}

const VARIABLE: Word<String> = Word {
    expected: "the name of a variable such as \"YAKUSOKU_CHAT_URL\"",
    parse: |text| {
        let inner = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        (!text.is_empty() && text.chars().all(inner)).then(|| text.to_owned())
    },
};
