//! What one value of `yakusoku.toml` may be, and the sentence that says so when it is not.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use jiff::tz::TimeZone;
use mail::roster::{Delivery, HostPort};
use toml::de::DeValue;

use super::units;

/// A value that can be read from the file. Strings only are read here: lists and numbers with
/// their ranges are the section's work.
pub trait FromText: Sized {
    /// Completes the sentence "expected …".
    const EXPECTED: &'static str;

    /// `None` when the text is something else.
    fn from_text(text: &str) -> Option<Self>;
}

/// A size in bytes.
pub struct Size(pub u64);

impl FromText for Size {
    const EXPECTED: &'static str = "a size such as \"2 MB\"";

    fn from_text(text: &str) -> Option<Size> {
        units::parse_size(text).map(Size)
    }
}

impl FromText for Duration {
    const EXPECTED: &'static str = "a length of time such as \"5m\" (ms, s, m, h, d)";

    fn from_text(text: &str) -> Option<Duration> {
        units::parse_span(text)
    }
}

impl FromText for SocketAddr {
    const EXPECTED: &'static str = "an address with a port, such as \"127.0.0.1:2525\"";

    fn from_text(text: &str) -> Option<SocketAddr> {
        text.parse().ok()
    }
}

impl FromText for IpAddr {
    const EXPECTED: &'static str = "a single IP address, such as \"192.0.2.1\"";

    fn from_text(text: &str) -> Option<IpAddr> {
        text.parse().ok()
    }
}

impl FromText for PathBuf {
    const EXPECTED: &'static str = "a path";

    fn from_text(text: &str) -> Option<PathBuf> {
        (!text.is_empty()).then(|| text.into())
    }
}

impl FromText for HostPort {
    const EXPECTED: &'static str = "a server with its port, such as \"smtp.example.jp:25\"";

    fn from_text(text: &str) -> Option<HostPort> {
        let (host, port) = text.rsplit_once(':')?;
        let port = port.parse().ok().filter(|port| *port > 0)?;
        let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
        let host = match bare {
            Some(inner) => inner.parse::<std::net::Ipv6Addr>().ok()?.to_string(),
            None if host.contains(':') => return None,
            None => HostName::from_text(host)?.0,
        };
        Some(HostPort { host, port })
    }
}

impl FromText for Delivery {
    const EXPECTED: &'static str =
        "\"sandbox\", \"mx\", or a server with its port such as \"smtp.example.jp:25\"";

    fn from_text(text: &str) -> Option<Delivery> {
        match text {
            "sandbox" => Some(Delivery::Sandbox),
            "mx" => Some(Delivery::Mx),
            other => HostPort::from_text(other).map(Delivery::Via),
        }
    }
}

impl FromText for TimeZone {
    const EXPECTED: &'static str = "a time zone such as \"Asia/Tokyo\"";

    fn from_text(text: &str) -> Option<TimeZone> {
        TimeZone::get(text).ok()
    }
}

/// A host or domain name, or an IPv4 address, which has the same letters.
pub struct HostName(pub String);

impl FromText for HostName {
    const EXPECTED: &'static str = "a host or domain name such as \"mail.example.jp\"";

    fn from_text(text: &str) -> Option<HostName> {
        let label = |label: &str| {
            !label.is_empty()
                && label.len() <= 63
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
        };
        let good = text.len() <= mail::address::DOMAIN_MAX && text.split('.').all(label);
        good.then(|| HostName(text.to_ascii_lowercase()))
    }
}

/// The domain of a route: a name, or `*.` and a name.
pub struct RouteDomain(pub String);

impl FromText for RouteDomain {
    const EXPECTED: &'static str = "a domain such as \"example.jp\" or \"*.example.jp\"";

    fn from_text(text: &str) -> Option<RouteDomain> {
        HostName::from_text(text.strip_prefix("*.").unwrap_or(text))?;
        Some(RouteDomain(text.to_ascii_lowercase()))
    }
}

/// The short name of a composition or a node: it becomes part of ids and of file names.
pub struct Word(pub String);

impl FromText for Word {
    const EXPECTED: &'static str = "a name of 1 to 32 lower-case letters, digits and hyphens";

    fn from_text(text: &str) -> Option<Word> {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let good = (1..=32).contains(&text.len())
            && text.chars().all(allowed)
            && !text.starts_with('-')
            && !text.ends_with('-');
        good.then(|| Word(text.to_owned()))
    }
}

/// The address of the office's records.
pub struct StoreUrl(pub String);

impl FromText for StoreUrl {
    const EXPECTED: &'static str = "\"sqlite:PATH\" or \"postgres://USER@HOST/NAME\"";

    fn from_text(text: &str) -> Option<StoreUrl> {
        let known = ["sqlite:", "postgres://", "postgresql://"];
        known.iter().any(|start| text.starts_with(start)).then(|| StoreUrl(text.to_owned()))
    }
}

/// A value as a finding quotes it.
pub fn quote(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => {
            let short: String = text.chars().take(60).collect();
            format!("{short:?}")
        }
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.as_str().to_owned(),
        DeValue::Boolean(truth) => truth.to_string(),
        DeValue::Datetime(_) => "a date".to_owned(),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a section".to_owned(),
    }
}
