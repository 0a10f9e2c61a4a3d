//! What one value of `yakusoku.toml` may be, and the sentence that says so when it is not.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use app::incidents::{AlarmPlace, EmergencyContact};
use desk::Mark;
use jiff::SignedDuration;
use jiff::civil::Time;
use jiff::tz::TimeZone;
use mail::roster::{Delivery, HostPort};
use sections::Word;

use super::units;

/// A size in bytes.
pub const SIZE: Word<u64> = Word { expected: "a size such as \"2 MB\"", parse: units::parse_size };
/// A length of time.
pub const LENGTH: Word<Duration> =
    Word { expected: "a length of time such as \"5m\" (ms, s, m, h, d)", parse: units::parse_span };
/// An address and a port of ours or of a resolver.
pub const ADDRESS: Word<SocketAddr> = Word {
    expected: "an address with a port, such as \"127.0.0.1:2525\"",
    parse: |text| text.parse().ok(),
};
/// An address without a port.
pub const IP_ADDRESS: Word<IpAddr> = Word {
    expected: "a single IP address, such as \"192.0.2.1\"",
    parse: |text| text.parse().ok(),
};
/// A text that is not empty and has no controls but tabs and ends of lines.
pub const LINES: Word<String> = Word {
    expected: "a text in quotes",
    parse: |text| {
        let plain = |c: char| !c.is_control() || matches!(c, '\n' | '\r' | '\t');
        (!text.is_empty() && text.chars().all(plain)).then(|| text.to_owned())
    },
};
/// What a check looks at.
pub const HOST: Word<String> = Word {
    expected: "a host name or an IP address, such as \"www.example.jp\"",
    parse: |text| match text.parse::<IpAddr>() {
        Ok(_) => Some(text.to_owned()),
        Err(_) => parse_host_name(text),
    },
};
/// A file or folder.
pub const PATH: Word<PathBuf> =
    Word { expected: "a path", parse: |text| (!text.is_empty()).then(|| text.into()) };
/// A server by name or address.
pub const HOST_PORT: Word<HostPort> = Word {
    expected: "a server with its port, such as \"smtp.example.jp:25\"",
    parse: parse_host_port,
};
/// Where mail goes.
pub const DELIVERY: Word<Delivery> = Word {
    expected: "\"sandbox\", \"mx\", or a server with its port such as \"smtp.example.jp:25\"",
    parse: |text| match text {
        "sandbox" => Some(Delivery::Sandbox),
        "mx" => Some(Delivery::Mx),
        other => parse_host_port(other).map(Delivery::Via),
    },
};
/// Where times on screens are.
pub const TIME_ZONE: Word<TimeZone> =
    Word { expected: "a time zone such as \"Asia/Tokyo\"", parse: |text| TimeZone::get(text).ok() };
/// A host or domain name, or an IPv4 address, which has the same letters.
pub const HOST_NAME: Word<String> =
    Word { expected: "a host or domain name such as \"mail.example.jp\"", parse: parse_host_name };
/// The domain of a route: a name, or `*.` and a name.
pub const ROUTE_DOMAIN: Word<String> = Word {
    expected: "a domain such as \"example.jp\" or \"*.example.jp\"",
    parse: |text| {
        parse_host_name(text.strip_prefix("*.").unwrap_or(text))?;
        Some(text.to_ascii_lowercase())
    },
};
/// The short name of a composition or a node: it becomes part of ids and of file names.
pub const SHORT_NAME: Word<String> = Word {
    expected: "a name of 1 to 32 lower-case letters, digits and hyphens",
    parse: parse_short_name,
};
/// A mail address.
pub const MAIL_ADDRESS: Word<String> = Word {
    expected: "a mail address such as \"ops@example.jp\"",
    parse: |text| mail::Address::parse(text).ok().map(|address| address.as_str().to_owned()),
};
/// A channel of notices.
pub const CHANNEL: Word<terms::Name> = Word {
    expected: "a channel as contracts call it, such as \"email\" or \"top-page\"",
    parse: |text| text.parse().ok(),
};
/// A line of text.
pub const TEXT: Word<String> = Word {
    expected: "a line of text",
    parse: |text| (!text.is_empty() && !text.contains(char::is_control)).then(|| text.to_owned()),
};
/// An address that pages stand under, without the slash at its end.
pub const PLACE_URL: Word<String> = Word {
    expected: "an address such as \"https://office.example.jp\", without `?`, `#` and blanks",
    parse: |text| {
        let text = text.trim_end_matches('/');
        let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
        let strange = |c: char| c.is_control() || c.is_whitespace() || "?#\"<>".contains(c);
        (!host.is_empty() && !host.starts_with('/') && !text.contains(strange))
            .then(|| text.to_owned())
    },
};

/// The address of the office's records.
pub const STORE_URL: Word<String> = Word {
    expected: "\"sqlite:PATH\" or \"postgres://USER@HOST/NAME\"",
    parse: |text| {
        let known = ["sqlite:", "postgres://", "postgresql://"];
        known.iter().any(|start| text.starts_with(start)).then(|| text.to_owned())
    },
};
/// Somebody to reach in an emergency.
pub const CONTACT: Word<EmergencyContact> = Word {
    expected: "a name and how to reach it, such as \"Tanaka: +81-3-1234-5678\"",
    parse: |text| {
        let (name, reach) = text.split_once(": ")?;
        let (name, reach) = (name.trim().to_owned(), reach.trim().to_owned());
        let sound = !name.is_empty() && !reach.is_empty() && text.chars().count() <= CONTACT_MAX;
        sound.then_some(EmergencyContact { name, reach })
    },
};
/// Where an incident is opened.
pub const ALARM_PLACE: Word<AlarmPlace> = Word {
    expected: "a contract, or a service of one, such as \"skyarch\" or \"skyarch/servers\"",
    parse: |text| {
        let (contract, service) = match text.split_once('/') {
            Some((contract, service)) => (contract, Some(service.parse().ok()?)),
            None => (text, None),
        };
        let contract = contract.parse::<terms::Name>().ok()?.to_string();
        Some(AlarmPlace { contract, service })
    },
};
/// When people are warned of a clock.
pub const MARK: Word<Mark> = Word {
    expected: "a share of the time such as \"50%\", or what is left such as \"10m\"",
    parse: |text| match text.strip_suffix('%') {
        Some(share) => share.parse().ok().filter(|it| (1..=99).contains(it)).map(Mark::Passed),
        None => {
            let left = units::parse_span(text).filter(|left| !left.is_zero())?;
            SignedDuration::try_from(left).ok().map(Mark::Left)
        }
    },
};
/// Longest name of a person, in characters; a contact has the way to reach it beside.
pub const CONTACT_MAX: usize = 200;
/// The name of a person.
pub const PERSON: Word<String> = Word {
    expected: "a name of 1 to 200 characters",
    parse: |text| {
        let count = text.trim().chars().count();
        (1..=CONTACT_MAX).contains(&count).then(|| text.trim().to_owned())
    },
};
/// A time of day.
pub const TIME_OF_DAY: Word<Time> = Word {
    expected: "a time of day such as \"10:00\"",
    parse: |text| (text.len() == 5).then(|| text.parse().ok())?,
};

fn parse_host_port(text: &str) -> Option<HostPort> {
    let (host, port) = text.rsplit_once(':')?;
    let port = port.parse().ok().filter(|port| *port > 0)?;
    let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
    let host = match bare {
        Some(inner) => inner.parse::<Ipv6Addr>().ok()?.to_string(),
        None if host.contains(':') => return None,
        None => parse_host_name(host)?,
    };
    Some(HostPort { host, port })
}

fn parse_host_name(text: &str) -> Option<String> {
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
    };
    let good = text.len() <= mail::address::DOMAIN_MAX && text.split('.').all(label);
    good.then(|| text.to_ascii_lowercase())
}

fn parse_short_name(text: &str) -> Option<String> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let good = (1..=32).contains(&text.len())
        && text.chars().all(allowed)
        && !text.starts_with('-')
        && !text.ends_with('-');
    good.then(|| text.to_owned())
}
