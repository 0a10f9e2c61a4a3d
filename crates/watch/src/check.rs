//! A check: what to look at, how often, for how long, and what to expect. Plain values.

use std::fmt;
use std::time::Duration;

/// The shortest pace of a check.
pub const EVERY_MIN: Duration = Duration::from_secs(1);
/// The longest pace of a check.
pub const EVERY_MAX: Duration = Duration::from_secs(86_400);
/// The shortest timeout of a check.
pub const TIMEOUT_MIN: Duration = Duration::from_millis(100);
/// The longest timeout of a check.
pub const TIMEOUT_MAX: Duration = Duration::from_secs(300);
/// Bytes of a check's or function's name.
pub const NAME_MAX: usize = 200;

/// Something that is looked at again and again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Its name, one of a kind on a watcher.
    pub name: String,
    /// The function of which it tells.
    pub function: String,
    /// From one look to the next, [`EVERY_MIN`] to [`EVERY_MAX`].
    pub every: Duration,
    /// A look that takes longer is given up, [`TIMEOUT_MIN`] to [`TIMEOUT_MAX`].
    pub timeout: Duration,
    /// An answer that is right and took longer than this is refused as too slow.
    pub slow_after: Option<Duration>,
    /// Where.
    pub target: Target,
    /// How.
    pub kind: Kind,
}

/// Where a check looks.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Target {
    /// A name or an address; for a heartbeat or a plugin only what the limit per host goes by.
    pub host: String,
    /// The port; `None` is the usual one of the kind.
    pub port: Option<u16>,
}

impl Target {
    /// The usual port of the kind at `host`.
    pub fn host(host: impl Into<String>) -> Target {
        Target { host: host.into(), port: None }
    }

    /// A port of its own.
    pub fn port(host: impl Into<String>, port: u16) -> Target {
        Target { host: host.into(), port: Some(port) }
    }
}

/// How a check looks, with the settings of that way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// ICMP echo.
    Ping(Ping),
    /// A connection, perhaps with a word and an answer.
    Tcp(Tcp),
    /// A TLS handshake, the certificate and the versions.
    Tls(Tls),
    /// An HTTP request.
    Http(Http),
    /// Greeting, EHLO and perhaps TLS and a login of an SMTP server.
    Smtp(Smtp),
    /// A whole mail.
    SmtpSend(SmtpSend),
    /// A POP3 login.
    Pop3(Mailbox),
    /// An IMAP login.
    Imap(Mailbox),
    /// An FTP login.
    Ftp(Mailbox),
    /// A question to a name server.
    Dns(Dns),
    /// A query to PostgreSQL.
    Postgres(Database),
    /// A query to MySQL or MariaDB.
    Mysql(Database),
    /// The other side calls us.
    Heartbeat(Heartbeat),
    /// A command that speaks the Nagios plugin language.
    Plugin(Plugin),
}

/// A secret that the caller has looked up; it stays out of every text.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Name and password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// The name.
    pub user: String,
    /// The password.
    pub password: Secret,
}

/// When TLS begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Wrap {
    /// Never.
    #[default]
    Plain,
    /// After the protocol's own word for it (STARTTLS, STLS, AUTH TLS, SSLRequest).
    Upgrade,
    /// At once.
    Direct,
}

/// Whose certificates are accepted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Trust {
    /// Those that the reach's roots vouch for, for the right name.
    #[default]
    Roots,
    /// Any: for servers that signed their own.
    Anybody,
}

/// ICMP echo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ping {
    /// Requests of one look, 1 to 20, half a second apart or less.
    pub count: u8,
    /// How many of them may stay without a reply.
    pub lost_max: u8,
}

impl Default for Ping {
    fn default() -> Ping {
        Ping { count: 3, lost_max: 2 }
    }
}

/// A connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tcp {
    /// Said once the connection stands.
    pub send: Option<Vec<u8>>,
    /// Must come within the first [`crate::TCP_READ_MAX`] bytes.
    pub expect: Option<Vec<u8>>,
}

/// TLS versions, oldest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TlsVersion {
    /// 1.0 (RFC 2246).
    V1_0,
    /// 1.1 (RFC 4346).
    V1_1,
    /// 1.2 (RFC 5246).
    #[default]
    V1_2,
    /// 1.3 (RFC 8446).
    V1_3,
}

/// A protocol in which TLS begins after a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Speech {
    /// STARTTLS of RFC 3207.
    Smtp,
    /// STLS of RFC 2595.
    Pop3,
    /// STARTTLS of RFC 2595.
    Imap,
    /// AUTH TLS of RFC 4217.
    Ftp,
    /// SSLRequest.
    Postgres,
}

/// A TLS handshake.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tls {
    /// The name that the certificate must have; `None` is the target's host.
    pub name: Option<String>,
    /// What is spoken before TLS; `None` is nothing.
    pub after: Option<Speech>,
    /// Whose certificates are accepted.
    pub trust: Trust,
    /// Days that the certificate and those sent with it must have left.
    pub days_left_min: u32,
    /// The oldest version that may be accepted: every older one is tried and must be turned down.
    pub lowest: TlsVersion,
}

/// An HTTP request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Http {
    /// Over TLS.
    pub tls: bool,
    /// Whose certificates are accepted.
    pub trust: Trust,
    /// GET, HEAD, POST …
    pub method: String,
    /// Path and query, from `/`.
    pub path: String,
    /// Header fields to send.
    pub headers: Vec<(String, String)>,
    /// Header fields that are secrets; they do not follow a redirect to another origin.
    pub secret_headers: Vec<(String, Secret)>,
    /// Content to send.
    pub body: Option<Vec<u8>>,
    /// Statuses that are right, as closed ranges; empty is 200 to 299.
    pub statuses: Vec<(u16, u16)>,
    /// What the answer must show.
    pub expect: Vec<HttpExpect>,
    /// Redirects to follow, at most 10; with 0 a redirect is an answer like any other.
    pub redirects_max: u8,
    /// Bytes of content to read, at most [`crate::BODY_MAX`].
    pub body_max: usize,
}

impl Default for Http {
    fn default() -> Http {
        Http {
            tls: false,
            trust: Trust::Roots,
            method: "GET".to_owned(),
            path: "/".to_owned(),
            headers: Vec::new(),
            secret_headers: Vec::new(),
            body: None,
            statuses: Vec::new(),
            expect: Vec::new(),
            redirects_max: 0,
            body_max: crate::BODY_MAX,
        }
    }
}

/// What an HTTP answer must show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HttpExpect {
    /// A header field with exactly this value.
    HeaderIs(String, String),
    /// A header field with this in its value.
    HeaderHas(String, String),
    /// Content with this in it.
    BodyHas(String),
    /// Content without this in it.
    BodyHasNot(String),
    /// JSON content whose value at a path such as `a.b[0].c` is this, both as text.
    JsonIs(String, String),
}

/// A conversation with an SMTP server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Smtp {
    /// The name to say in EHLO; empty is `localhost`.
    pub helo: String,
    /// When TLS begins.
    pub wrap: Wrap,
    /// Whose certificates are accepted.
    pub trust: Trust,
    /// Sign in with this; with `Wrap::Plain` the password travels readably.
    pub login: Option<Login>,
}

/// A whole mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmtpSend {
    /// The conversation around it.
    pub smtp: Smtp,
    /// The envelope sender and the author.
    pub from: String,
    /// The recipient.
    pub to: String,
    /// What the subject begins with; the token follows.
    pub subject: String,
}

/// A login to a POP3, IMAP or FTP server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mailbox {
    /// When TLS begins.
    pub wrap: Wrap,
    /// Whose certificates are accepted.
    pub trust: Trust,
    /// Sign in with this; `None` is content with the greeting.
    pub login: Option<Login>,
}

/// A question to a name server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dns {
    /// The name asked for.
    pub name: String,
    /// The type: A, AAAA, MX, TXT …
    pub record: String,
    /// Values as in a zone file, that must all be there and no others; empty is content with any.
    pub values: Vec<String>,
    /// The server must be one of the zone's own.
    pub authoritative: bool,
    /// Ask over TCP.
    pub tcp: bool,
}

/// A query to a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Database {
    /// Name and password.
    pub login: Login,
    /// The database.
    pub database: String,
    /// TLS or not; `Direct` counts as `Upgrade`.
    pub wrap: Wrap,
    /// Whose certificates are accepted.
    pub trust: Trust,
    /// The query; empty is `select 1`.
    pub query: String,
    /// What its first value must be.
    pub expect: Option<String>,
    /// Also measure the database's size; above so many bytes it is refused.
    pub size: Option<u64>,
}

/// The other side calls us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heartbeat {
    /// The longest time between two calls.
    pub within: Duration,
}

/// A command that speaks the Nagios plugin language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plugin {
    /// The program, with its path, and its arguments; no shell reads them.
    pub command: Vec<String>,
    /// Its whole environment.
    pub environment: Vec<(String, Secret)>,
    /// Whether a warning counts as success.
    pub warning_is_up: bool,
}
