//! The fields of the form of a check: which a kind has, and how they become settings and back.

use std::collections::BTreeMap;

use app::checks::{Hidden, Settings, Way};

use crate::frame::Frame;

/// What a form sends: its fields as texts.
pub(super) type Fields = BTreeMap<String, String>;

/// What kind of input a field is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Input {
    Text,
    Number,
    Password,
    Tick,
    Choice(&'static [&'static str]),
}

/// One field of a form: a key of the settings.
#[derive(Clone, Copy)]
pub(super) struct Field {
    pub(super) key: &'static str,
    label: &'static str,
    input: Input,
    pub(super) required: bool,
    pub(super) example: &'static str,
}

const fn field(key: &'static str, label: &'static str, input: Input) -> Field {
    Field { key, label, input, required: false, example: "" }
}

const fn needed(key: &'static str, label: &'static str, example: &'static str) -> Field {
    Field { key, label, input: Input::Text, required: true, example }
}

const fn like(key: &'static str, label: &'static str, example: &'static str) -> Field {
    Field { key, label, input: Input::Text, required: false, example }
}

const HOST: Field = needed("host", "check-host", "www.example.jp");
const PORT: Field = field("port", "check-port", Input::Number);
const TLS: Field = field("tls", "check-tls", Input::Choice(&["none", "starttls", "direct"]));
const USER: Field = field("user", "check-user", Input::Text);
const PASSWORD: Field = field("password", "password", Input::Password);
const ANY: Field = field("any_certificate", "check-any-certificate", Input::Tick);

const HTTP: &[Field] = &[
    needed("url", "check-url", "https://www.example.jp/"),
    like("expect_body", "check-expect-body", ""),
    like("statuses", "check-statuses", "200-299"),
    field("redirects", "check-redirects", Input::Number),
    ANY,
];
const CONNECT: &[Field] = &[
    HOST,
    PORT,
    field("send", "check-send", Input::Text),
    field("expect", "check-expect", Input::Text),
];
const HANDSHAKE: &[Field] = &[
    HOST,
    PORT,
    field("days_left", "check-days-left", Input::Number),
    field("lowest_tls", "check-lowest-tls", Input::Choice(&["1.2", "1.3", "1.1", "1.0"])),
    ANY,
];
const MAIL: &[Field] = &[HOST, PORT, TLS, USER, PASSWORD, ANY];
const SEND: &[Field] = &[
    HOST,
    PORT,
    needed("from", "check-from", "probe@example.jp"),
    needed("to", "check-to", "probe@example.jp"),
    TLS,
    USER,
    PASSWORD,
    ANY,
];
const NAMES: &[Field] = &[
    needed("host", "check-name-server", "ns1.example.jp"),
    needed("ask", "check-ask", "www.example.jp"),
    like("record", "check-record", "A"),
    like("values", "check-values", "192.0.2.1"),
    field("authoritative", "check-authoritative", Input::Tick),
];
const DATABASE: &[Field] = &[
    HOST,
    PORT,
    needed("database", "check-database", ""),
    needed("user", "check-user", ""),
    PASSWORD,
    TLS,
    like("query", "check-query", "select 1"),
    like("expect", "check-expect-value", ""),
    ANY,
];
pub(super) const ALL: [Field; 4] = [
    Field {
        key: "every",
        label: "check-every-seconds",
        input: Input::Number,
        required: true,
        example: "60",
    },
    Field {
        key: "timeout",
        label: "check-timeout",
        input: Input::Number,
        required: true,
        example: "10000",
    },
    field("slow_after", "check-slow-after", Input::Number),
    like("sites", "check-sites", "office"),
];

/// The fields of a kind, before those that all have.
pub(super) fn fields_of(way: Way) -> &'static [Field] {
    match way {
        Way::Http => HTTP,
        Way::Ping => &[HOST],
        Way::Tcp => CONNECT,
        Way::Tls => HANDSHAKE,
        Way::Smtp | Way::Pop3 | Way::Imap | Way::Ftp => MAIL,
        Way::SmtpSend => SEND,
        Way::Dns => NAMES,
        Way::Postgres | Way::Mysql => DATABASE,
        Way::Heartbeat => {
            const WITHIN: &[Field] = &[Field {
                key: "within",
                label: "check-within",
                input: Input::Number,
                required: true,
                example: "86400",
            }];
            WITHIN
        }
        Way::Plugin => &[],
    }
}

impl Field {
    pub(super) fn label(&self, f: &Frame) -> String {
        f.t(self.label)
    }

    pub(super) fn is_tick(&self) -> bool {
        self.input == Input::Tick
    }

    pub(super) fn is_choice(&self) -> bool {
        matches!(self.input, Input::Choice(_))
    }

    pub(super) fn is_number(&self) -> bool {
        self.input == Input::Number
    }

    pub(super) fn is_password(&self) -> bool {
        self.input == Input::Password
    }

    pub(super) fn words(&self) -> &'static [&'static str] {
        match self.input {
            Input::Choice(words) => words,
            _ => &[],
        }
    }
}

/// The settings that a form describes, over those that it began with; the label of the first field that
/// makes no sense. An empty password leaves the one that is there, as long as the login and the target are
/// the same: nobody may send it elsewhere without knowing it.
pub(super) fn settings_of(fields: &Fields, before: &Settings) -> Result<Settings, &'static str> {
    let mut it = before.clone();
    for field in fields_of(before.kind).iter().chain(&ALL) {
        let text = fields.get(field.key).map(|text| text.trim()).unwrap_or_default();
        put(&mut it, field.key, text).ok_or(field.label)?;
    }
    let is_elsewhere = it.host != before.host || it.port != before.port || it.user != before.user;
    let weaker = it.tls != before.tls || it.any_certificate != before.any_certificate;
    let types_password = fields.get("password").is_some_and(|text| !text.is_empty());
    if (is_elsewhere || weaker) && !types_password {
        it.password = Hidden::default();
    }
    Ok(it)
}

/// Puts a text under a key; `None` when it is no number where one belongs.
fn put(it: &mut Settings, key: &str, text: &str) -> Option<()> {
    let number = |text: &str| text.parse::<u64>().ok();
    match key {
        "port" if text.is_empty() => it.port = None,
        "port" => it.port = Some(text.parse().ok().filter(|port| *port > 0)?),
        "every" => it.every = number(text)?,
        "timeout" => it.timeout = number(text)?,
        "slow_after" if text.is_empty() => it.slow_after = None,
        "slow_after" => it.slow_after = Some(number(text)?),
        "redirects" if text.is_empty() => it.redirects = 0,
        "redirects" => it.redirects = text.parse().ok().filter(|count| *count <= 10)?,
        "days_left" if text.is_empty() => it.days_left = 0,
        "days_left" => it.days_left = text.parse().ok()?,
        "within" => it.within = number(text)?,
        "password" if text.is_empty() => {}
        "password" => it.password = Hidden(text.to_owned()),
        "any_certificate" => it.any_certificate = text == "true",
        "authoritative" => it.authoritative = text == "true",
        "values" => it.values = list(text),
        "sites" => it.sites = list(text),
        _ => text_of(it, key)?.replace_range(.., text),
    }
    Some(())
}

/// What stands between commas.
fn list(text: &str) -> Vec<String> {
    let values = text.split(',').map(str::trim).filter(|value| !value.is_empty());
    values.map(str::to_owned).collect()
}

fn text_of<'s>(it: &'s mut Settings, key: &str) -> Option<&'s mut String> {
    Some(match key {
        "url" => &mut it.url,
        "host" => &mut it.host,
        "tls" => &mut it.tls,
        "user" => &mut it.user,
        "send" => &mut it.send,
        "expect" => &mut it.expect,
        "lowest_tls" => &mut it.lowest_tls,
        "expect_body" => &mut it.expect_body,
        "statuses" => &mut it.statuses,
        "from" => &mut it.from,
        "to" => &mut it.to,
        "ask" => &mut it.ask,
        "record" => &mut it.record,
        "database" => &mut it.database,
        "query" => &mut it.query,
        _ => return None,
    })
}

/// What stands in the fields of a form for these settings. A password never does.
pub(super) fn typed_of(settings: &Settings) -> Fields {
    let mut it = settings.clone();
    let tick = |is_so: bool| if is_so { "true".to_owned() } else { String::new() };
    let count = |count: u64| if count == 0 { String::new() } else { count.to_string() };
    let mut fields = Fields::new();
    for field in fields_of(settings.kind).iter().chain(&ALL) {
        let text = match field.key {
            "password" => String::new(),
            "port" => settings.port.map(|port| port.to_string()).unwrap_or_default(),
            "every" => settings.every.to_string(),
            "timeout" => settings.timeout.to_string(),
            "slow_after" => settings.slow_after.map(|ms| ms.to_string()).unwrap_or_default(),
            "redirects" => count(settings.redirects.into()),
            "days_left" => count(settings.days_left.into()),
            "within" => count(settings.within),
            "any_certificate" => tick(settings.any_certificate),
            "authoritative" => tick(settings.authoritative),
            "values" => settings.values.join(", "),
            "sites" => settings.sites.join(", "),
            key => text_of(&mut it, key).map(|text| text.clone()).unwrap_or_default(),
        };
        fields.insert(field.key.to_owned(), text);
    }
    fields
}

#[cfg(test)]
mod tests {
    use app::checks::WAYS;

    use super::*;

    #[test]
    fn a_form_gives_back_what_it_shows() {
        for (_, way) in WAYS {
            let settings = Settings { kind: way, within: 60, ..Settings::default() };
            let typed = typed_of(&settings);
            let again = settings_of(&typed, &settings).expect("numbers");
            assert_eq!(typed_of(&again), typed, "{way:?}");
        }
    }

    #[test]
    fn a_password_does_not_go_to_another_server() {
        let before = Settings {
            kind: Way::Imap,
            host: "imap.example.jp".into(),
            user: "a".into(),
            password: Hidden("geheim".into()),
            ..Settings::default()
        };
        let mut typed = typed_of(&before);
        assert!(!typed.values().any(|text| text.contains("geheim")));
        let same = settings_of(&typed, &before).expect("numbers");
        assert_eq!(same.password, before.password);
        typed.insert("host".into(), "evil.example".into());
        let elsewhere = settings_of(&typed, &before).expect("numbers");
        assert_eq!(elsewhere.password, Hidden::default());
    }
}
