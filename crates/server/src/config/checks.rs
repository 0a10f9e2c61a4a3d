//! `[[check]]` and `[watch]`: what is looked at, with secrets by reference.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;
use std::net::IpAddr;
use std::path::Path;

use anyhow::Context;
use app::checks::customers::CUSTOMER_CHECKS;
use app::checks::{
    CHECKS_MAX, CheckError, ConfiguredCheck, Hidden, NAME_MAX, SITES_MAX, SPEECHES, Settings,
    SettingsError, TLS_VERSIONS, WAYS, WRAPS, Way, is_name,
};
use app::incidents::AlarmPlace;
use sections::{Choice, Findings, Number, Section, Truth, Word};

use watch::Range;

use super::value::{ALARM_PLACE, HOST, LENGTH, LINES, SIZE};

/// Largest file with a secret, in bytes.
const SECRET_MAX: u64 = 64 * 1024;

/// A check of the configuration.
#[derive(Clone, Debug)]
pub struct CheckConfig {
    /// As the office knows it.
    pub check: ConfiguredCheck,
    /// Where its secrets are, by key: `password`, `secret_headers.NAME`, `environment.NAME`.
    pub secrets: BTreeMap<String, String>,
    /// Where it opens incidents, when no contract measures by it.
    pub opens: Option<AlarmPlace>,
}

/// How the office looks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchConfig {
    /// Checks that administrators add in the console may look into private networks.
    pub allow_private: bool,
    /// Checks that each customer may add.
    pub customer_checks: usize,
    /// Addresses and ranges that are the office's own beside those of this machine: no check of a
    /// customer looks there.
    pub own_addresses: Vec<Range>,
}

impl Default for WatchConfig {
    fn default() -> WatchConfig {
        WatchConfig {
            allow_private: false,
            customer_checks: CUSTOMER_CHECKS,
            own_addresses: Vec::new(),
        }
    }
}

/// Most checks that a customer may be given.
const CUSTOMER_CHECKS_MAX: u64 = 1_000;

const RANGE: Word<Range> = Word {
    expected: "an address or a range such as \"203.0.113.0/24\"",
    parse: |text| {
        let (prefix, bits) = text.split_once('/').map_or((text, None), |(a, b)| (a, Some(b)));
        let prefix: IpAddr = prefix.parse().ok()?;
        let all = if prefix.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Some(all), |bits| bits.parse().ok()).filter(|bits| *bits <= all)?;
        Some(Range { prefix, bits })
    },
};

/// What the office looks at, and how.
pub fn read_watch(top: &Section<'_>) -> WatchConfig {
    let section = top.section("watch");
    let allow_private = section.value("allow_private", &Truth).unwrap_or_default();
    let customer_checks = section.value("customer_checks", &Number(0..=CUSTOMER_CHECKS_MAX));
    let own_addresses = section.list("own_addresses", &RANGE).unwrap_or_default();
    section.finish();
    let customer_checks =
        customer_checks.map_or(CUSTOMER_CHECKS, |most| usize::try_from(most).unwrap_or(0));
    WatchConfig { allow_private, customer_checks, own_addresses }
}

const CHECK_NAME: Word<String> = Word {
    expected: "a name of 1 to 64 lower-case letters, digits, hyphens and dots",
    parse: |text| is_name(text).then(|| text.to_owned()),
};

/// Every `[[check]]`. Secret files are looked for from `folder` on.
pub fn read_checks(top: &Section<'_>, folder: &Path) -> Vec<CheckConfig> {
    let mut names = BTreeSet::new();
    let mut checks = Vec::new();
    for section in top.sections_up_to("check", CHECKS_MAX) {
        let name = section.need("name", &CHECK_NAME);
        if let Some(name) = &name {
            section.label(name);
        }
        let opens = section.value("opens_incident", &ALARM_PLACE);
        let (secrets, is_sound) = (BTreeMap::new(), true);
        let mut reader = Reader { section: &section, folder, secrets, is_sound };
        let settings = reader.settings();
        let Reader { secrets, is_sound, .. } = reader;
        if let (Some(name), Some(settings)) = (name, settings) {
            // A secret that is wrong was told already.
            if let Err(why) = settings.check(&name)
                && is_sound
            {
                section.object(key_of(&why), &why.to_string());
            }
            if names.insert(name.clone()) {
                let check = ConfiguredCheck { name, settings };
                checks.push(CheckConfig { check, secrets, opens });
            } else {
                section.object("name", &format!("{name:?} is the name of a check above"));
            }
        }
        section.finish();
    }
    checks
}

/// The key that a mistake is about.
fn key_of(why: &SettingsError) -> &'static str {
    match why {
        SettingsError::Missing { key } | SettingsError::Unknown { key, .. } => key,
        SettingsError::Check(CheckError::Every) => "every",
        SettingsError::Check(CheckError::Timeout) => "timeout",
        SettingsError::Check(CheckError::Command) => "command",
        SettingsError::Check(CheckError::Within) => "within",
        SettingsError::Check(_) => "kind",
    }
}

struct Reader<'s, 't> {
    section: &'s Section<'t>,
    folder: &'s Path,
    secrets: BTreeMap<String, String>,
    is_sound: bool,
}

impl Reader<'_, '_> {
    /// `None` when the kind is not known.
    fn settings(&mut self) -> Option<Settings> {
        let kind = self.section.need_variant("kind", &WAYS, |way, _| way)?;
        let mut it = Settings { kind, ..Settings::default() };
        if let Some(every) = self.section.value("every", &LENGTH) {
            it.every = every.as_secs();
            if every.subsec_nanos() > 0 {
                self.section.object("every", "`every` is in whole seconds");
            }
        }
        let pace = it.every.saturating_mul(1_000);
        match self.milliseconds("timeout") {
            Some(ms) => {
                if ms > pace {
                    let every = it.every;
                    let why = format!("`timeout` is longer than `every` ({every}s): shorten it");
                    self.section.object("timeout", &why);
                }
                it.timeout = ms;
            }
            None if pace > 0 => it.timeout = it.timeout.min(pace),
            None => {}
        }
        it.slow_after = self.milliseconds("slow_after");
        it.sites = self.section.list("sites", &LINES).unwrap_or_default();
        let quorum = self.section.value("quorum", &Number(1..=SITES_MAX as u64));
        it.quorum = quorum.and_then(|count| u8::try_from(count).ok());
        self.place(&mut it);
        match kind {
            Way::Http => self.http(&mut it),
            Way::Ping => {
                it.count = self.small("count", 20);
                it.lost = self.small("lost", 19);
            }
            Way::Tcp => {
                it.send = self.text("send");
                it.expect = self.text("expect");
            }
            Way::Tls => self.tls(&mut it),
            Way::Smtp => self.conversation(&mut it),
            Way::SmtpSend => {
                self.conversation(&mut it);
                it.from = self.text("from");
                it.to = self.text("to");
                it.subject = self.text("subject");
            }
            Way::Pop3 | Way::Imap | Way::Ftp => self.login(&mut it),
            Way::Dns => self.dns(&mut it),
            Way::Postgres | Way::Mysql => self.database(&mut it),
            Way::Heartbeat => {
                it.within = self.section.need("within", &LENGTH).map_or(60, |it| it.as_secs());
            }
            Way::Plugin => {
                it.command = self.section.need_list("command", &LINES).unwrap_or_default();
                it.environment = self.secret_table("environment");
                it.warning_is_up = self.truth("warning_is_up");
            }
        }
        Some(it)
    }

    /// Where it looks.
    fn place(&self, it: &mut Settings) {
        match it.kind {
            Way::Http | Way::Heartbeat => {}
            Way::Plugin => it.host = self.section.value("host", &HOST).unwrap_or_default(),
            Way::Ping => it.host = self.section.need("host", &HOST).unwrap_or_default(),
            _ => {
                it.host = self.section.need("host", &HOST).unwrap_or_default();
                let port = self.section.value("port", &Number(1..=65_535));
                it.port = port.and_then(|port| u16::try_from(port).ok());
            }
        }
    }

    fn http(&mut self, it: &mut Settings) {
        it.url = self.section.need("url", &LINES).unwrap_or_default();
        it.any_certificate = self.truth("any_certificate");
        it.method = self.text("method");
        it.headers = self.table("headers");
        it.secret_headers = self.secret_table("secret_headers");
        it.body = self.text("body");
        it.statuses = self.text("statuses");
        it.expect_headers = self.table("expect_headers");
        it.expect_body = self.text("expect_body");
        it.expect_not = self.text("expect_not");
        it.expect_json = self.table("expect_json");
        it.redirects = self.small("redirects", 10).unwrap_or_default();
    }

    fn tls(&self, it: &mut Settings) {
        it.certificate_name = self.text("certificate_name");
        it.after = self.word("after", &SPEECHES);
        it.any_certificate = self.truth("any_certificate");
        let days = self.section.value("days_left", &Number(0..=3_650));
        it.days_left = days.and_then(|days| u32::try_from(days).ok()).unwrap_or_default();
        it.lowest_tls = self.word("lowest_tls", &TLS_VERSIONS);
    }

    fn conversation(&mut self, it: &mut Settings) {
        it.helo = self.text("helo");
        self.login(it);
    }

    fn login(&mut self, it: &mut Settings) {
        it.tls = self.word("tls", &WRAPS);
        it.any_certificate = self.truth("any_certificate");
        it.user = self.text("user");
        it.password = self.secret("password");
    }

    fn dns(&self, it: &mut Settings) {
        it.ask = self.section.need("ask", &LINES).unwrap_or_default();
        it.record = self.text("record");
        it.values = self.section.list("values", &LINES).unwrap_or_default();
        it.authoritative = self.truth("authoritative");
        it.over_tcp = self.truth("over_tcp");
    }

    fn database(&mut self, it: &mut Settings) {
        self.login(it);
        it.database = self.section.need("database", &LINES).unwrap_or_default();
        it.query = self.text("query");
        it.expect = self.text("expect");
        it.size_max = self.section.value("size_max", &SIZE);
    }

    fn text(&self, key: &'static str) -> String {
        self.section.value(key, &LINES).unwrap_or_default()
    }

    fn truth(&self, key: &'static str) -> bool {
        self.section.value(key, &Truth).unwrap_or_default()
    }

    fn small(&self, key: &'static str, most: u64) -> Option<u8> {
        self.section.value(key, &Number(0..=most)).and_then(|n| u8::try_from(n).ok())
    }

    fn milliseconds(&self, key: &'static str) -> Option<u64> {
        let length = self.section.value(key, &LENGTH)?;
        Some(u64::try_from(length.as_millis()).unwrap_or(u64::MAX))
    }

    /// One of those words, as it is written.
    fn word<T: Copy + PartialEq>(&self, key: &'static str, words: &[(&'static str, T)]) -> String {
        let meaning = self.section.value(key, &Choice(words));
        let found = words.iter().find(|(_, known)| Some(*known) == meaning);
        found.map(|(word, _)| (*word).to_owned()).unwrap_or_default()
    }

    fn table(&self, key: &'static str) -> BTreeMap<String, String> {
        let section = self.section.section(key);
        section.texts().iter().map(|it| (it.key.to_owned(), it.text.to_owned())).collect()
    }

    fn secret(&mut self, key: &'static str) -> Hidden {
        let Some(reference) = self.section.value(key, &LINES) else { return Hidden::default() };
        match look_up(&reference, self.folder) {
            Ok(text) => {
                self.secrets.insert(key.to_owned(), reference);
                Hidden(text)
            }
            Err(why) => {
                self.is_sound = false;
                self.section.object(key, &format!("`{key}` {why}"));
                Hidden::default()
            }
        }
    }

    fn secret_table(&mut self, key: &'static str) -> BTreeMap<String, Hidden> {
        let section = self.section.section(key);
        let mut found = BTreeMap::new();
        for it in section.texts() {
            match look_up(it.text, self.folder) {
                Ok(text) => {
                    self.secrets.insert(format!("{key}.{}", it.key), it.text.to_owned());
                    found.insert(it.key.to_owned(), Hidden(text));
                }
                Err(why) => section.object_at(it.text_at, &format!("`{}` {why}", it.key)),
            }
        }
        found
    }
}

/// What stands behind `file:PATH` or `env:NAME`, without the end of its line.
fn look_up(reference: &str, folder: &Path) -> Result<String, String> {
    let text = match reference.split_once(':') {
        Some(("env", name)) => std::env::var(name).map_err(|_| {
            format!("names the environment variable {name:?}, which is not set or no text")
        })?,
        Some(("file", path)) => {
            let path = folder.join(path);
            let mut text = String::new();
            let read =
                File::open(&path).and_then(|file| file.take(SECRET_MAX).read_to_string(&mut text));
            read.map_err(|why| format!("cannot be read from {}: {why}", path.display()))?;
            text
        }
        // What was written is not quoted: it may be the secret itself.
        _ => return Err("is no secret itself: write \"file:PATH\" or \"env:NAME\"".to_owned()),
    };
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() { Err("is empty where it is kept".to_owned()) } else { Ok(text.to_owned()) }
}

/// The checks of a file that holds nothing else.
///
/// # Errors
/// When it cannot be read, has no check, or is wrong, with every finding on a line.
pub fn load_checks(path: &Path) -> anyhow::Result<Vec<(String, Settings)>> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read the checks of {}", path.display()))?;
    let findings = Findings::new(&text);
    let table = sections::parse(&text, &findings);
    let folder = path.parent().unwrap_or(Path::new(""));
    let checks = table.as_ref().map(|table| {
        let top = Section::top(table.get_ref(), &findings);
        let checks = read_checks(&top, folder);
        if checks.is_empty() && !top.has("check") {
            top.object("check", "add at least one [[check]]");
        }
        top.finish();
        checks
    });
    let lines: Vec<String> = findings.into_sorted().iter().map(ToString::to_string).collect();
    if !lines.is_empty() {
        anyhow::bail!("{} is wrong:\n{}", path.display(), lines.join("\n"));
    }
    let named = |config: CheckConfig| (config.check.name, config.check.settings);
    Ok(checks.unwrap_or_default().into_iter().map(named).collect())
}

/// What stands before the name of a check of the console in `[contract.measure]`.
pub const ADDED: &str = "added:";

/// The name of a check of the console, as `[contract.measure]` names it.
pub fn added(word: &str) -> Option<&str> {
    word.strip_prefix(ADDED).filter(|name| name.len() <= NAME_MAX && is_name(name))
}
