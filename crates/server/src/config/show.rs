//! A [`Config`] as a text that [`super::read()`] reads back, every key written out.

use std::fmt::{Display, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use app::Source;
use app::incidents::EmergencyContact;
use app::telling::ON_INCIDENT;
use desk::Mark;
use mail::roster::{Delivery, HostPort};

use super::couriers::{STYLES, TLS};
use super::read::{RECEIVED, RULES};
use super::show_answering::show_answering;
use super::show_check::show_check;
use super::show_status::show_status;
use super::units::{show_size, show_span};
use super::{
    ADDED, ComposedServer, Config, ContractConfig, CourierConfig, CourierKind, ReachConfig,
    SecretRef, TlsFiles,
};

/// The effective configuration. A key that has no value appears as a comment.
pub fn show(config: &Config) -> String {
    let mut page = Page::default();
    page.text("data", absolute(&config.data).display());
    page.text("key_file", absolute(&config.key_path()).display());
    page.text("hostname", &config.hostname);
    page.text("node", &config.node);
    match config.time_zone.iana_name() {
        Some(name) => page.text("time_zone", name),
        None => page.unset("time_zone", "the system's"),
    }
    show_office(&mut page, config);
    show_relay(&mut page, config);
    for server in &config.relay.compositions {
        show_composition(&mut page, server);
    }
    page.head("[notices]");
    match &config.contact {
        Some(contact) => page.text("contact", contact),
        None => page.unset("contact", "nobody is named"),
    }
    page.head("[documents]");
    for (key, file) in
        [("font", &config.documents.font), ("bold_font", &config.documents.bold_font)]
    {
        match file {
            Some(file) => page.text(key, file.display()),
            None => page.unset(key, "BIZ UDPGothic of the data folder or the system"),
        }
    }
    for courier in &config.couriers {
        show_courier(&mut page, courier);
    }
    page.head("[watch]");
    page.plain("allow_private", config.watch.allow_private);
    page.plain("customer_checks", config.watch.customer_checks);
    let own = config.watch.own_addresses.iter();
    page.list("own_addresses", own.map(|range| format!("{}/{}", range.prefix, range.bits)));
    for check in &config.checks {
        show_check(&mut page, check);
    }
    for contract in &config.contracts {
        show_contract(&mut page, contract, config);
    }
    for status in &config.status {
        show_status(&mut page, status);
    }
    show_duty(&mut page, config);
    show_answering(&mut page, config);
    page.0
}

fn show_duty(page: &mut Page, config: &Config) {
    let duty = &config.duty;
    if duty.people.is_empty() {
        return;
    }
    page.head("[rota]");
    page.plain("first", duty.rota.first);
    page.text("hand_over", duty.rota.hand_over.strftime("%H:%M"));
    let span = |span| show_span(Duration::try_from(span).unwrap_or_default());
    page.text("patience", span(duty.patience));
    let mark = |mark: &Mark| match mark {
        Mark::Passed(percent) => format!("{percent}%"),
        Mark::Left(left) => span(*left),
    };
    page.list("warn_at", duty.marks.iter().map(mark));
    for person in &duty.people {
        page.head("[[oncall]]");
        page.text("name", &person.name);
        page.text("mail", &person.mail);
        page.list("over", &person.over);
    }
}

fn show_office(page: &mut Page, config: &Config) {
    let office = &config.office;
    page.head("[console]");
    page.text("listen", office.console);
    page.tls("tls_certificate", "tls_key", office.console_tls.as_ref(), "no TLS");
    match &office.console_url {
        Some(url) => page.text("url", url),
        None => page.unset("url", "calls have no link"),
    }
    page.list("trusted_proxies", &office.trusted_proxies);
    page.head("[metrics]");
    match config.metrics.listen {
        Some(address) => page.text("listen", address),
        None => page.unset("listen", "beside the console"),
    }
    page.list("from", &config.metrics.from);
    page.head("[store]");
    match &office.store_url {
        Some(url) => page.text("url", without_password(url)),
        None => page.unset("url", "SQLite in the data folder"),
    }
    page.head("[link]");
    match config.link.listen {
        Some(address) => page.text("listen", address),
        None => page.unset("listen", "no agent or node dials in"),
    }
    let made = "self-signed, kept in the data folder";
    page.tls("tls_certificate", "tls_key", config.link.tls.as_ref(), made);
}

/// The part between `:` and `@` of a URL stays out of terminals and bug reports.
fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    match rest.split_once('@') {
        Some((user, host)) if user.contains(':') => {
            let name = user.split(':').next().unwrap_or_default();
            format!("{scheme}://{name}:…@{host}")
        }
        _ => url.to_owned(),
    }
}

fn show_relay(page: &mut Page, config: &Config) {
    let relay = &config.relay;
    page.head("[spool]");
    page.text("limit", show_size(relay.spool_limit));
    page.head("[dns]");
    match &relay.resolvers {
        Some(resolvers) => page.list("resolvers", resolvers),
        None => page.unset("resolvers", "the system's"),
    }
    page.head("[outbound]");
    page.text("helo", &relay.helo);
    page.list("source_addresses", &relay.source_addresses);
    page.plain("mx_port", relay.mx_port);
    page.head("[sandbox]");
    page.plain("messages", relay.sandbox.messages);
    page.text("size", show_size(relay.sandbox.bytes));
    page.head("[tls]");
    page.tls("certificate", "key", relay.tls.as_ref(), "self-signed, kept in the data folder");
}

fn show_composition(page: &mut Page, server: &ComposedServer) {
    let it = &server.composition;
    page.head("[[composition]]");
    page.text("name", &it.name);
    page.text(
        "delivery",
        match &it.delivery {
            Delivery::Sandbox => "sandbox".to_owned(),
            Delivery::Mx => "mx".to_owned(),
            Delivery::Via(via) => host_port(via),
        },
    );
    page.list("listen", &server.listen);
    page.list("listen_tls", &server.listen_tls);
    page.text("received", word(&RECEIVED, it.received));
    match &it.default_signing_domain {
        Some(domain) => page.text("signing_domain", domain),
        None => page.unset("signing_domain", "only the From domain signs"),
    }
    page.head("[composition.admission]");
    page.text("rule", word(&RULES, it.admission.rule));
    if it.admission.addresses.is_empty() {
        page.unset("addresses", "none");
    } else {
        page.list("addresses", &it.admission.addresses);
    }
    show_limits(page, server);
    for route in &it.routes {
        page.head("[[composition.route]]");
        page.text("domain", &route.domain);
        page.text("via", host_port(&route.via));
    }
}

fn show_limits(page: &mut Page, server: &ComposedServer) {
    let it = &server.composition;
    page.head("[composition.limits]");
    page.plain("sessions", it.limits.sessions);
    page.text("interval", show_span(it.limits.interval));
    page.text("message_size", show_size(it.limits.message_bytes.into()));
    page.plain("recipients", it.limits.recipients);
    page.plain("commands", it.limits.commands);
    page.text("command_timeout", show_span(it.limits.command_timeout));
    page.text("data_timeout", show_span(it.limits.data_timeout));
    page.head("[composition.retry]");
    page.list("waits", it.retry.waits.iter().map(|wait| show_span(*wait)));
    page.text("expires_after", show_span(it.retry.expires_after));
    page.head("[composition.outbound]");
    page.plain("connections", it.outbound.connections);
    page.plain("messages_per_connection", it.outbound.messages_per_connection);
    page.plain("recipients", it.outbound.recipients);
    page.text("connect_timeout", show_span(it.outbound.connect_timeout));
    page.text("reply_timeout", show_span(it.outbound.reply_timeout));
    page.text("idle", show_span(it.outbound.idle));
    page.text("rest", show_span(it.outbound.rest));
    page.text("rest_max", show_span(it.outbound.rest_max));
}

/// What is shown reads back from any folder.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

fn show_contract(page: &mut Page, contract: &ContractConfig, config: &Config) {
    page.head("[[contract]]");
    let file = absolute(&contract.file);
    page.text("file", file.display());
    match contract.start {
        Some(start) => page.plain("start", start),
        None => page.unset("start", "the file's"),
    }
    let contact = |contact: &EmergencyContact| format!("{}: {}", contact.name, contact.reach);
    page.list("emergency_contacts", contract.contacts.iter().map(contact));
    page.list("notify", &contract.audience.mail);
    page.list("notify_over", &contract.audience.couriers);
    page.plain("about_relay", contract.audience.about_relay);
    page.text("notify_incident", word(&ON_INCIDENT, contract.audience.on_incident));
    page.head("[contract.measure]");
    for measured in &contract.watched.measured {
        let word = match &measured.source {
            Source::Probe(probe) => probe.word().to_owned(),
            Source::Check(name) if is_configured(config, name) => name.clone(),
            Source::Check(name) => format!("{ADDED}{name}"),
        };
        page.text(measured.function.as_str(), word);
    }
}

fn is_configured(config: &Config, check: &str) -> bool {
    config.checks.iter().any(|it| it.check.name == check)
}

fn show_courier(page: &mut Page, courier: &CourierConfig) {
    page.head("[[courier]]");
    page.text("name", &courier.name);
    match &courier.kind {
        CourierKind::Mail(mail) => {
            page.text("kind", "mail");
            page.text("server", host_port(&mail.server));
            page.text("from", &mail.from);
            page.text("tls", word(&TLS, mail.tls));
            page.path("ca", mail.ca.as_ref(), "the system's");
            match &mail.login {
                Some((user, password)) => {
                    page.text("user", user);
                    page.secret(["password_file", "password_env"], password);
                }
                None => page.unset("user", "nobody signs in"),
            }
            page.plain("own_relay", mail.own_relay);
        }
        CourierKind::Webhook { url, style, reach } => {
            page.text("kind", "webhook");
            page.secret(["url_file", "url_env"], url);
            page.text("style", word(&STYLES, *style));
            show_reach(page, reach);
        }
        CourierKind::PagerDuty { key, url, reach } => {
            page.text("kind", "pagerduty");
            page.secret(["key_file", "key_env"], key);
            page.text("url", url);
            show_reach(page, reach);
        }
        CourierKind::Command { program, arguments, timeout } => {
            page.text("kind", "command");
            page.text("program", program.display());
            page.list("arguments", arguments);
            page.text("timeout", show_span(*timeout));
        }
    }
    page.text("channel", &courier.channel);
}

fn show_reach(page: &mut Page, reach: &ReachConfig) {
    page.plain("private", reach.private);
    page.path("ca", reach.ca.as_ref(), "the system's");
}

fn word<T: PartialEq>(words: &[(&'static str, T)], meaning: T) -> &'static str {
    words.iter().find(|(_, m)| *m == meaning).map_or("", |(word, _)| word)
}

fn host_port(server: &HostPort) -> String {
    match server.host.parse() {
        Ok(ip) => SocketAddr::new(ip, server.port).to_string(),
        Err(_) => format!("{}:{}", server.host, server.port),
    }
}

/// Lines of TOML as they come.
#[derive(Default)]
pub(super) struct Page(String);

impl Page {
    fn line(&mut self, text: &str) {
        self.0.push_str(text);
        self.0.push('\n');
    }

    pub fn head(&mut self, title: &str) {
        self.line("");
        self.line(title);
    }

    pub fn plain(&mut self, key: &str, value: impl Display) {
        self.line(&format!("{key} = {value}"));
    }

    pub fn text(&mut self, key: &str, value: impl Display) {
        self.plain(key, quoted(value));
    }

    pub fn list<T: Display>(&mut self, key: &str, values: impl IntoIterator<Item = T>) {
        let all: Vec<String> = values.into_iter().map(quoted).collect();
        self.plain(key, format!("[{}]", all.join(", ")));
    }

    pub fn unset(&mut self, key: &str, meaning: &str) {
        self.line(&format!("# {key}: {meaning}"));
    }

    pub fn path(&mut self, key: &str, path: Option<&std::path::PathBuf>, unset: &str) {
        match path {
            Some(path) => self.text(key, path.display()),
            None => self.unset(key, unset),
        }
    }

    /// Where a secret is, never the secret.
    fn secret(&mut self, [file, env]: [&str; 2], secret: &SecretRef) {
        match secret {
            SecretRef::File(path) => self.text(file, path.display()),
            SecretRef::Env(variable) => self.text(env, variable),
        }
    }

    fn tls(&mut self, certificate: &str, key: &str, files: Option<&TlsFiles>, unset: &str) {
        match files {
            Some(files) => {
                self.text(certificate, files.certificate.display());
                self.text(key, files.key.display());
            }
            None => self.unset(&format!("{certificate}, {key}"), unset),
        }
    }
}

/// A key as TOML writes it: bare where it can be.
pub(super) fn key(name: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if !name.is_empty() && name.chars().all(bare) { name.to_owned() } else { quoted(name) }
}

/// A TOML basic string.
fn quoted(value: impl Display) -> String {
    let mut text = String::from("\"");
    for c in value.to_string().chars() {
        match c {
            '"' | '\\' => {
                text.push('\\');
                text.push(c);
            }
            c if c.is_control() => {
                // Writing into a String does not fail.
                let _ = write!(text, "\\u{:04X}", u32::from(c));
            }
            c => text.push(c),
        }
    }
    text.push('"');
    text
}
