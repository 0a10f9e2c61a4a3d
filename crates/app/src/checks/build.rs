//! From the settings of a check, as people write them, to what a watcher looks at.

use std::time::Duration;

use watch::{
    Database, Dns, Heartbeat, Http, HttpExpect, Kind, Login, Mailbox, Ping, Plugin, Secret, Smtp,
    SmtpSend, Target, Tcp, Tls, Trust, Wrap,
};

use super::settings::{Hidden, SPEECHES, Settings, SettingsError, TLS_VERSIONS, WRAPS, Way};

type Built<T> = Result<T, SettingsError>;

/// Where and how these settings look.
pub(super) fn kind(it: &Settings) -> Built<(Target, Kind)> {
    let kind = match it.kind {
        Way::Http => return http(it),
        Way::Ping => ping(it),
        Way::Tcp => Kind::Tcp(Tcp { send: bytes(&it.send), expect: bytes(&it.expect) }),
        Way::Tls => tls(it)?,
        Way::Smtp => Kind::Smtp(smtp(it)?),
        Way::SmtpSend => Kind::SmtpSend(SmtpSend {
            smtp: smtp(it)?,
            from: needed(&it.from, "from")?,
            to: needed(&it.to, "to")?,
            subject: usual(&it.subject, "check"),
        }),
        Way::Pop3 => Kind::Pop3(mailbox(it)?),
        Way::Imap => Kind::Imap(mailbox(it)?),
        Way::Ftp => Kind::Ftp(mailbox(it)?),
        Way::Dns => Kind::Dns(Dns {
            name: needed(&it.ask, "ask")?,
            record: usual(&it.record, "A"),
            values: it.values.clone(),
            authoritative: it.authoritative,
            tcp: it.over_tcp,
        }),
        Way::Postgres => Kind::Postgres(database(it)?),
        Way::Mysql => Kind::Mysql(database(it)?),
        Way::Heartbeat => {
            let within = Duration::from_secs(it.within);
            return Ok((Target::host("heartbeat"), Kind::Heartbeat(Heartbeat { within })));
        }
        Way::Plugin => {
            let host = usual(&it.host, "localhost");
            return Ok((Target::host(host), plugin(it)));
        }
    };
    Ok((Target { host: needed(&it.host, "host")?, port: it.port }, kind))
}

fn needed(text: &str, key: &'static str) -> Built<String> {
    if text.is_empty() { Err(SettingsError::Missing { key }) } else { Ok(text.to_owned()) }
}

fn usual(text: &str, default: &str) -> String {
    if text.is_empty() { default.to_owned() } else { text.to_owned() }
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    // People write the end of a line as two characters.
    some(text).map(|text| text.replace("\\r", "\r").replace("\\n", "\n").into_bytes())
}

fn word<T: Copy>(
    words: &[(&str, T)],
    text: &str,
    key: &'static str,
    expected: &'static str,
) -> Built<T> {
    let found = words.iter().find(|(word, _)| *word == text);
    found.map(|(_, meaning)| *meaning).ok_or_else(|| SettingsError::Unknown {
        key,
        value: text.to_owned(),
        expected,
    })
}

fn trust(it: &Settings) -> Trust {
    if it.any_certificate { Trust::Anybody } else { Trust::Roots }
}

fn wrap(it: &Settings) -> Built<Wrap> {
    word(&WRAPS, &usual(&it.tls, "none"), "tls", "none, starttls or direct")
}

fn secret(hidden: &Hidden) -> Secret {
    Secret(hidden.0.clone())
}

fn login(it: &Settings) -> Built<Option<Login>> {
    if it.user.is_empty() {
        return Ok(None);
    }
    needed(&it.password.0, "password")?;
    Ok(Some(Login { user: it.user.clone(), password: secret(&it.password) }))
}

fn ping(it: &Settings) -> Kind {
    let count = it.count.unwrap_or(Ping::default().count);
    Kind::Ping(Ping { count, lost_max: it.lost.unwrap_or(count.saturating_sub(1)) })
}

fn tls(it: &Settings) -> Built<Kind> {
    let after = match it.after.as_str() {
        "" => None,
        text => Some(word(&SPEECHES, text, "after", "smtp, pop3, imap, ftp or postgres")?),
    };
    let lowest = usual(&it.lowest_tls, "1.2");
    Ok(Kind::Tls(Tls {
        name: some(&it.certificate_name),
        after,
        trust: trust(it),
        days_left_min: it.days_left,
        lowest: word(&TLS_VERSIONS, &lowest, "lowest_tls", "1.0, 1.1, 1.2 or 1.3")?,
    }))
}

fn smtp(it: &Settings) -> Built<Smtp> {
    Ok(Smtp { helo: it.helo.clone(), wrap: wrap(it)?, trust: trust(it), login: login(it)? })
}

fn mailbox(it: &Settings) -> Built<Mailbox> {
    Ok(Mailbox { wrap: wrap(it)?, trust: trust(it), login: login(it)? })
}

fn database(it: &Settings) -> Built<Database> {
    Ok(Database {
        login: Login { user: needed(&it.user, "user")?, password: secret(&it.password) },
        database: needed(&it.database, "database")?,
        wrap: wrap(it)?,
        trust: trust(it),
        query: it.query.clone(),
        expect: some(&it.expect),
        size: it.size_max,
    })
}

fn plugin(it: &Settings) -> Kind {
    let variable = |(name, value): (&String, &Hidden)| (name.clone(), secret(value));
    Kind::Plugin(Plugin {
        command: it.command.clone(),
        environment: it.environment.iter().map(variable).collect(),
        warning_is_up: it.warning_is_up,
    })
}

const URL: &str = "an address such as https://www.example.jp/";

fn http(it: &Settings) -> Built<(Target, Kind)> {
    needed(&it.url, "url")?;
    let (tls, target, path) = url(&it.url).ok_or_else(|| SettingsError::Unknown {
        key: "url",
        value: it.url.clone(),
        expected: URL,
    })?;
    let plain = |(name, value): (&String, &String)| (name.clone(), value.clone());
    let hidden = |(name, value): (&String, &Hidden)| (name.clone(), secret(value));
    let usual_http = Http::default();
    let kind = Kind::Http(Http {
        tls,
        trust: trust(it),
        method: usual(&it.method, &usual_http.method),
        path,
        headers: it.headers.iter().map(plain).collect(),
        secret_headers: it.secret_headers.iter().map(hidden).collect(),
        body: some(&it.body).map(String::into_bytes),
        statuses: statuses(&it.statuses)?,
        expect: expectations(it),
        redirects_max: it.redirects,
        body_max: usual_http.body_max,
    });
    Ok((target, kind))
}

fn expectations(it: &Settings) -> Vec<HttpExpect> {
    let header = |(name, value): (&String, &String)| match value.strip_prefix('~') {
        Some(part) => HttpExpect::HeaderHas(name.clone(), part.to_owned()),
        None => HttpExpect::HeaderIs(name.clone(), value.clone()),
    };
    let json = |(path, value): (&String, &String)| HttpExpect::JsonIs(path.clone(), value.clone());
    let headers = it.expect_headers.iter().map(header);
    let body = some(&it.expect_body).map(HttpExpect::BodyHas);
    let not = some(&it.expect_not).map(HttpExpect::BodyHasNot);
    headers.chain(body).chain(not).chain(it.expect_json.iter().map(json)).collect()
}

/// Whether over TLS, where, and path with query of a page's address.
fn url(text: &str) -> Option<(bool, Target, String)> {
    let (tls, rest) = match text.split_once("://")? {
        ("https", rest) => (true, rest),
        ("http", rest) => (false, rest),
        _ => return None,
    };
    let rest = rest.split('#').next().unwrap_or_default();
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (place, path) = rest.split_at(end);
    if place.is_empty() || place.contains('@') || text.contains(char::is_whitespace) {
        return None;
    }
    let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    let (host, port) = match place.strip_prefix('[') {
        Some(inner) => {
            let (host, port) = inner.split_once(']')?;
            (host, port.strip_prefix(':').or(port.is_empty().then_some("")))
        }
        None => match place.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (place, Some("")),
        },
    };
    let port = match port? {
        "" => None,
        digits => Some(digits.parse().ok().filter(|port: &u16| *port > 0)?),
    };
    (!host.is_empty()).then(|| (tls, Target { host: host.to_owned(), port }, path))
}

/// `200-299, 401` as closed ranges.
fn statuses(text: &str) -> Built<Vec<(u16, u16)>> {
    let one = |part: &str| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let number = |text: &str| text.trim().parse().ok().filter(|n| (100..=599).contains(n));
        Some((number(first)?, number(last)?)).filter(|(first, last)| first <= last)
    };
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    parts.map(one).collect::<Option<Vec<_>>>().ok_or_else(|| SettingsError::Unknown {
        key: "statuses",
        value: text.to_owned(),
        expected: "statuses such as 200-299, 401",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_pages() {
        let port = Target::port;
        for (text, expected) in [
            ("https://www.example.jp", Some((true, Target::host("www.example.jp"), "/"))),
            (
                "http://www.example.jp/a?b=c#d",
                Some((false, Target::host("www.example.jp"), "/a?b=c")),
            ),
            ("https://www.example.jp?b", Some((true, Target::host("www.example.jp"), "/?b"))),
            ("http://127.0.0.1:8080/", Some((false, port("127.0.0.1", 8080), "/"))),
            ("http://[::1]:8080/x", Some((false, port("::1", 8080), "/x"))),
            ("http://[::1]/x", Some((false, Target::host("::1"), "/x"))),
            ("ftp://example.jp/", None),
            ("https://user@example.jp/", None),
            ("https:///x", None),
            ("https://example.jp:0/", None),
            ("https://example.jp/a b", None),
            ("example.jp", None),
        ] {
            let expected = expected.map(|(tls, target, path)| (tls, target, path.to_owned()));
            assert_eq!(url(text), expected, "{text}");
        }
    }

    #[test]
    fn lists_of_statuses() {
        for (text, expected) in [
            ("", Some(vec![])),
            ("200", Some(vec![(200, 200)])),
            ("200-299, 401", Some(vec![(200, 299), (401, 401)])),
            ("299-200", None),
            ("ok", None),
            ("20", None),
        ] {
            assert_eq!(statuses(text).ok(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        let of = |kind| Settings { kind, host: "a.example".into(), ..Settings::default() };
        let missing = |key| Err(SettingsError::Missing { key });
        assert_eq!(of(Way::Http).check("x").map(drop), missing("url"));
        assert_eq!(of(Way::Dns).check("x").map(drop), missing("ask"));
        assert_eq!(of(Way::SmtpSend).check("x").map(drop), missing("from"));
        assert_eq!(of(Way::Mysql).check("x").map(drop), missing("user"));
        let signed = Settings { user: "a".into(), ..of(Way::Imap) };
        assert_eq!(signed.check("x").map(drop), missing("password"));
        let none = Settings { host: String::new(), ..of(Way::Tcp) };
        assert_eq!(none.check("x").map(drop), missing("host"));
        for way in [Way::Ping, Way::Tcp, Way::Tls, Way::Smtp, Way::Pop3, Way::Imap, Way::Ftp] {
            assert_eq!(of(way).check("x").map(drop), Ok(()), "{way:?}");
        }
    }

    #[test]
    fn settings_come_back_from_the_records() {
        let settings = Settings {
            url: "https://www.example.jp/".into(),
            password: Hidden("geheim".into()),
            slow_after: Some(3_000),
            ..Settings::default()
        };
        let json = serde_json::to_string(&settings).expect("JSON");
        assert_eq!(serde_json::from_str::<Settings>(&json).expect("settings"), settings);
        assert!(!format!("{settings:?}").contains("geheim"));
    }
}
