//! The settings of a check as people write them: the same keys in the configuration, in the form of
//! the console and in the records.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use watch::CheckError;

use super::build;

/// How a check looks; its word stands under `kind`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// ICMP echo.
    Ping,
    /// A connection.
    Tcp,
    /// A TLS handshake.
    Tls,
    /// A page.
    #[default]
    Http,
    /// The greeting of a mail server, and perhaps a login.
    Smtp,
    /// A whole mail.
    SmtpSend,
    /// A POP3 login.
    Pop3,
    /// An IMAP login.
    Imap,
    /// An FTP login.
    Ftp,
    /// A question to a name server.
    Dns,
    /// A query to PostgreSQL.
    Postgres,
    /// A query to MySQL or MariaDB.
    Mysql,
    /// The other side calls us.
    Heartbeat,
    /// A command that speaks the Nagios plugin language.
    Plugin,
}

/// Every way with its word.
pub const WAYS: [(&str, Way); 14] = [
    ("http", Way::Http),
    ("ping", Way::Ping),
    ("tcp", Way::Tcp),
    ("tls", Way::Tls),
    ("smtp", Way::Smtp),
    ("smtp-send", Way::SmtpSend),
    ("pop3", Way::Pop3),
    ("imap", Way::Imap),
    ("ftp", Way::Ftp),
    ("dns", Way::Dns),
    ("postgres", Way::Postgres),
    ("mysql", Way::Mysql),
    ("heartbeat", Way::Heartbeat),
    ("plugin", Way::Plugin),
];

impl Way {
    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        WAYS.iter().find(|(_, way)| *way == self).map_or("", |(word, _)| word)
    }
}

/// Words for when TLS begins.
pub const WRAPS: [(&str, watch::Wrap); 3] = [
    ("none", watch::Wrap::Plain),
    ("starttls", watch::Wrap::Upgrade),
    ("direct", watch::Wrap::Direct),
];
/// Words for the protocols in which TLS begins after a word.
pub const SPEECHES: [(&str, watch::Speech); 5] = [
    ("smtp", watch::Speech::Smtp),
    ("pop3", watch::Speech::Pop3),
    ("imap", watch::Speech::Imap),
    ("ftp", watch::Speech::Ftp),
    ("postgres", watch::Speech::Postgres),
];
/// Words for versions of TLS.
pub const TLS_VERSIONS: [(&str, watch::TlsVersion); 4] = [
    ("1.0", watch::TlsVersion::V1_0),
    ("1.1", watch::TlsVersion::V1_1),
    ("1.2", watch::TlsVersion::V1_2),
    ("1.3", watch::TlsVersion::V1_3),
];

/// A text that stays out of every other text.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Hidden(pub String);

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hidden(..)")
    }
}

/// The usual pace, in seconds.
pub const EVERY_SECONDS: u64 = 60;
/// The usual patience, in milliseconds.
pub const TIMEOUT_MS: u64 = 10_000;

/// The settings of a check. Which keys a way has stands in `docs/CONFIGURATION.md`; the others are
/// empty, and what is empty has the usual value of its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// How it looks.
    pub kind: Way,
    /// From one look to the next, in seconds, 1 to 86,400.
    pub every: u64,
    /// A look that takes longer is given up, in milliseconds, 100 to 300,000.
    pub timeout: u64,
    /// A right answer that took longer is refused as too slow, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slow_after: Option<u64>,
    /// From where it is looked at: `office` and names of nodes; empty is the office alone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sites: Vec<String>,
    /// How many of its sites must see it fail before it counts as failing in incidents; `None` is one.
    /// What a contract measures goes by the function's own number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quorum: Option<u8>,
    /// The name or address to look at; an `http` check has its `url` instead.
    pub host: String,
    /// The port; `None` is the usual one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// Any certificate is taken.
    pub any_certificate: bool,
    /// When TLS begins, a word of [`WRAPS`]; empty is the first.
    pub tls: String,
    /// Signs in with this name.
    pub user: String,
    /// And this password.
    pub password: Hidden,
    /// Requests of a ping.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u8>,
    /// Requests that may stay without a reply.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lost: Option<u8>,
    /// Said once a connection stands.
    pub send: String,
    /// Must come: text of a connection, or the first value of a query.
    pub expect: String,
    /// The name that a certificate must have; empty is the host.
    pub certificate_name: String,
    /// The protocol before TLS, a word of [`SPEECHES`]; empty is none.
    pub after: String,
    /// Days that a certificate must have left.
    pub days_left: u32,
    /// The oldest version of TLS that may be accepted, a word of [`TLS_VERSIONS`]; empty is 1.2.
    pub lowest_tls: String,
    /// The address of a page.
    pub url: String,
    /// GET, HEAD, POST …; empty is GET.
    pub method: String,
    /// Header fields to send.
    pub headers: BTreeMap<String, String>,
    /// Header fields to send that nobody may read.
    pub secret_headers: BTreeMap<String, Hidden>,
    /// Content to send.
    pub body: String,
    /// Statuses that are right, such as `200-299, 401`; empty is 200-299.
    pub statuses: String,
    /// Header fields that must come, each with its value, or with a part of it behind `~`.
    pub expect_headers: BTreeMap<String, String>,
    /// Content that must come.
    pub expect_body: String,
    /// Content that must not come.
    pub expect_not: String,
    /// Values at paths of JSON content.
    pub expect_json: BTreeMap<String, String>,
    /// Redirects to follow.
    pub redirects: u8,
    /// What a mail check calls itself.
    pub helo: String,
    /// The sender of a mail.
    pub from: String,
    /// Its recipient.
    pub to: String,
    /// What its subject begins with.
    pub subject: String,
    /// The name to ask a name server for.
    pub ask: String,
    /// The type to ask for; empty is A.
    pub record: String,
    /// The values that must be there; empty takes any.
    pub values: Vec<String>,
    /// The server must be one of the zone's own.
    pub authoritative: bool,
    /// Asks over TCP.
    pub over_tcp: bool,
    /// The database.
    pub database: String,
    /// The query; empty is `select 1`.
    pub query: String,
    /// The largest size of the database, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size_max: Option<u64>,
    /// The longest time between two calls of the other side, in seconds.
    pub within: u64,
    /// A program and its arguments.
    pub command: Vec<String>,
    /// Its whole environment.
    pub environment: BTreeMap<String, Hidden>,
    /// A warning counts as success.
    pub warning_is_up: bool,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            kind: Way::default(),
            every: EVERY_SECONDS,
            timeout: TIMEOUT_MS,
            slow_after: None,
            sites: Vec::new(),
            quorum: None,
            host: String::new(),
            port: None,
            any_certificate: false,
            tls: String::new(),
            user: String::new(),
            password: Hidden::default(),
            count: None,
            lost: None,
            send: String::new(),
            expect: String::new(),
            certificate_name: String::new(),
            after: String::new(),
            days_left: 0,
            lowest_tls: String::new(),
            url: String::new(),
            method: String::new(),
            headers: BTreeMap::new(),
            secret_headers: BTreeMap::new(),
            body: String::new(),
            statuses: String::new(),
            expect_headers: BTreeMap::new(),
            expect_body: String::new(),
            expect_not: String::new(),
            expect_json: BTreeMap::new(),
            redirects: 0,
            helo: String::new(),
            from: String::new(),
            to: String::new(),
            subject: String::new(),
            ask: String::new(),
            record: String::new(),
            values: Vec::new(),
            authoritative: false,
            over_tcp: false,
            database: String::new(),
            query: String::new(),
            size_max: None,
            within: 0,
            command: Vec::new(),
            environment: BTreeMap::new(),
            warning_is_up: false,
        }
    }
}

/// What is wrong with the settings of a check.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// Something that this way of looking needs.
    #[error("`{key}` is missing")]
    Missing {
        /// Which key.
        key: &'static str,
    },
    /// A word or a form that is not known.
    #[error("`{key}` is {value:?}: expected {expected}")]
    Unknown {
        /// Which key.
        key: &'static str,
        /// As it was written.
        value: String,
        /// What it may be.
        expected: &'static str,
    },
    /// What a watcher would refuse.
    #[error(transparent)]
    Check(#[from] CheckError),
}

impl Settings {
    /// The check that they describe.
    ///
    /// # Errors
    /// The first thing that is wrong with them.
    pub fn check(&self, name: &str) -> Result<watch::Check, SettingsError> {
        self.check_sites()?;
        let (target, kind) = build::kind(self)?;
        let check = watch::Check {
            name: name.to_owned(),
            function: name.to_owned(),
            every: Duration::from_secs(self.every),
            timeout: Duration::from_millis(self.timeout),
            slow_after: self.slow_after.map(Duration::from_millis),
            target,
            kind,
        };
        check.validate()?;
        Ok(check)
    }

    /// Where it looks, as people say it.
    #[must_use]
    pub fn place(&self) -> String {
        match (self.kind, self.port) {
            (Way::Http, _) => self.url.clone(),
            (Way::Plugin, _) => self.command.first().cloned().unwrap_or_default(),
            (Way::Heartbeat, _) => String::new(),
            (Way::Dns, _) => format!("{} @{}", self.ask, self.host),
            (_, Some(port)) if self.host.contains(':') => format!("[{}]:{port}", self.host),
            (_, Some(port)) => format!("{}:{port}", self.host),
            (_, None) => self.host.clone(),
        }
    }
}
