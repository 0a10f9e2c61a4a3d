//! Adding and changing a check: choose a kind, fill its form, see the first result at once.

use std::collections::BTreeMap;
use std::sync::Arc;

use app::checks::{self, Hidden, Latest, Origin, Reason, Settings, WAYS, Way};
use app::{AppError, Refusal};
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;
use serde::Deserialize;

use super::{Answer, done, encoded, show, show_refused};
use crate::failure::Failure;
use crate::frame::Frame;
use crate::guard::{Asked, Signed};
use crate::{Console, Shared};

pub fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route("/checks-new", get(choose).post(add))
        .route("/checks/{name}/edit", get(edit).post(change))
}

/// What kind of input a field is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Input {
    Text,
    Number,
    Password,
    Tick,
    Choice(&'static [&'static str]),
}

/// One field of a form: a key of the settings.
#[derive(Clone, Copy)]
struct Field {
    key: &'static str,
    label: &'static str,
    input: Input,
    required: bool,
    example: &'static str,
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
const ALL: [Field; 3] = [
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
];

/// The fields of a kind, before those that all have.
fn fields_of(way: Way) -> &'static [Field] {
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
    fn label(&self, f: &Frame) -> String {
        f.t(self.label)
    }

    fn is_tick(&self) -> bool {
        self.input == Input::Tick
    }

    fn is_choice(&self) -> bool {
        matches!(self.input, Input::Choice(_))
    }

    fn is_number(&self) -> bool {
        self.input == Input::Number
    }

    fn is_password(&self) -> bool {
        self.input == Input::Password
    }

    fn words(&self) -> &'static [&'static str] {
        match self.input {
            Input::Choice(words) => words,
            _ => &[],
        }
    }
}

#[derive(Template)]
#[template(path = "check_kinds.html")]
struct KindsPage {
    f: Frame,
}

impl KindsPage {
    fn groups(&self) -> [(String, Vec<Way>); 5] {
        let f = &self.f;
        [
            (f.t("check-group-web"), vec![Way::Http, Way::Tls]),
            (f.t("check-group-mail"), vec![Way::Smtp, Way::SmtpSend, Way::Pop3, Way::Imap]),
            (f.t("check-group-network"), vec![Way::Ping, Way::Tcp, Way::Dns, Way::Ftp]),
            (f.t("check-group-database"), vec![Way::Postgres, Way::Mysql]),
            (f.t("check-group-calls"), vec![Way::Heartbeat]),
        ]
    }
}

#[derive(Template)]
#[template(path = "check_form.html")]
struct FormPage {
    f: Frame,
    way: Way,
    name: String,
    is_edit: bool,
    /// What stands in the fields, by key.
    typed: BTreeMap<String, String>,
    refused: Option<String>,
    first: Option<Latest>,
}

impl FormPage {
    fn title(&self) -> String {
        if self.is_edit {
            self.f.with("check-edit-title", &self.name)
        } else {
            self.f.with("check-new-title", &super::checks::way_text(&self.f, &self.way))
        }
    }

    fn action(&self) -> String {
        match self.is_edit {
            true => format!("/checks/{}/edit", encoded(&self.name)),
            false => "/checks-new".to_owned(),
        }
    }

    fn fields(&self) -> Vec<Field> {
        fields_of(self.way).iter().chain(&ALL).copied().collect()
    }

    fn value(&self, field: &Field) -> String {
        self.typed.get(field.key).cloned().unwrap_or_default()
    }

    fn word(&self, word: &str) -> String {
        match word {
            "none" => self.f.t("check-tls-none"),
            "starttls" => self.f.t("check-tls-starttls"),
            "direct" => self.f.t("check-tls-direct"),
            other => other.to_owned(),
        }
    }

    fn is_forbidden(&self) -> bool {
        self.first.as_ref().is_some_and(|first| first.reason == Some(Reason::Forbidden))
    }
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    kind: String,
}

fn way(word: &str) -> Option<Way> {
    let found = WAYS.iter().find(|(known, _)| *known == word).map(|(_, way)| *way);
    found.filter(|way| *way != Way::Plugin)
}

async fn choose(f: Frame, Asked(wanted): Asked<Wanted>) -> Answer {
    let Some(way) = way(&wanted.kind) else { return show(&KindsPage { f }) };
    let typed = typed_of(&Settings { kind: way, ..Settings::default() });
    let (refused, first, name) = (None, None, String::new());
    show(&FormPage { f, way, name, is_edit: false, typed, refused, first })
}

/// What a form sends: its fields as texts.
type Fields = BTreeMap<String, String>;

async fn add(State(console): Shared, f: Frame, Signed(fields): Signed<Fields>) -> Answer {
    let way = fields.get("kind").and_then(|word| way(word)).ok_or(Failure::Unreadable)?;
    let name = fields.get("name").map(|name| name.trim().to_owned()).unwrap_or_default();
    let page = FormPage {
        f,
        way,
        name: name.clone(),
        is_edit: false,
        typed: fields.clone(),
        refused: None,
        first: None,
    };
    let settings = match settings_of(&fields, &Settings { kind: way, ..Settings::default() }) {
        Ok(settings) => settings,
        Err(label) => return refuse(page, |f| f.with("check-unknown", &f.t(label))),
    };
    let now = page.f.now;
    let label = if name.is_empty() { way.word() } else { &name };
    let first = match checks::first_look(&console.office, label, &settings, now).await {
        Ok(first) => Some(first),
        Err(AppError::Refused(Refusal::NobodyLooks)) => None,
        Err(AppError::Refused(why)) => return refuse(page, |f| f.refusal(&why)),
        Err(error) => return Err(error.into()),
    };
    if fields.get("deed").is_none_or(|deed| deed != "store") {
        return show(&FormPage { first, ..page });
    }
    match checks::add(&console.office, &name, &settings, now).await {
        Ok(()) => {
            if let Some(first) = first {
                checks::show_first(&console.office, &name, first);
            }
            Ok(done(&format!("/checks/{}", encoded(&name)), "check-added", 1))
        }
        Err(AppError::Refused(why)) => refuse(FormPage { first, ..page }, |f| f.refusal(&why)),
        Err(error) => Err(error.into()),
    }
}

fn refuse(page: FormPage, why: impl FnOnce(&Frame) -> String) -> Answer {
    let refused = Some(why(&page.f));
    show_refused(&FormPage { refused, ..page })
}

/// A check of the console.
async fn ours(console: &Console, f: &Frame, name: &str) -> Result<Settings, Failure> {
    let found = checks::find(&console.office, name, f.now).await?;
    let added = found.filter(|watched| watched.origin == Origin::Added);
    added.map(|watched| watched.settings).ok_or(Failure::Nowhere)
}

async fn edit(State(console): Shared, f: Frame, Path(name): Path<String>) -> Answer {
    let settings = ours(&console, &f, &name).await?;
    let (way, typed) = (settings.kind, typed_of(&settings));
    show(&FormPage { f, way, name, is_edit: true, typed, refused: None, first: None })
}

async fn change(
    State(console): Shared,
    f: Frame,
    Path(name): Path<String>,
    Signed(fields): Signed<Fields>,
) -> Answer {
    let before = ours(&console, &f, &name).await?;
    let (way, typed, now) = (before.kind, fields.clone(), f.now);
    let (is_edit, refused, first) = (true, None, None);
    let page = FormPage { f, way, name: name.clone(), is_edit, typed, refused, first };
    let settings = match settings_of(&fields, &before) {
        Ok(settings) => settings,
        Err(label) => return refuse(page, |f| f.with("check-unknown", &f.t(label))),
    };
    let stores = fields.get("deed").is_some_and(|deed| deed == "store");
    let deed = async {
        match stores {
            true => checks::change(&console.office, &name, &settings, now).await.map(|()| None),
            false => checks::first_look(&console.office, &name, &settings, now).await.map(Some),
        }
    };
    match deed.await {
        Ok(None) => Ok(done(&format!("/checks/{}", encoded(&name)), "check-changed", 1)),
        Ok(first) => show(&FormPage { first, ..page }),
        Err(AppError::Refused(why)) => refuse(page, |f| f.refusal(&why)),
        Err(error) => Err(error.into()),
    }
}

/// The settings that a form describes, over those that it began with; the label of the first field that
/// makes no sense. An empty password leaves the one that is there, as long as the login and the target are
/// the same: nobody may send it elsewhere without knowing it.
fn settings_of(fields: &Fields, before: &Settings) -> Result<Settings, &'static str> {
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
        "values" => {
            let values = text.split(',').map(str::trim).filter(|value| !value.is_empty());
            it.values = values.map(str::to_owned).collect();
        }
        _ => text_of(it, key)?.replace_range(.., text),
    }
    Some(())
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
fn typed_of(settings: &Settings) -> Fields {
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
            key => text_of(&mut it, key).map(|text| text.clone()).unwrap_or_default(),
        };
        fields.insert(field.key.to_owned(), text);
    }
    fields
}

#[cfg(test)]
pub mod samples {
    use super::*;
    use crate::tests::sample;

    pub fn pages(f: &Frame) -> Vec<(&'static str, String)> {
        let f = Frame { here: "/checks-new".to_owned(), ..f.clone() };
        let kinds = KindsPage { f: f.clone() };
        let form = |way: Way, refused: Option<&str>, first: Option<Latest>, is_edit: bool| {
            let mut settings = Settings { kind: way, ..Settings::default() };
            settings.url = "https://www.example.jp/<script>".to_owned();
            let (typed, name) = (typed_of(&settings), "top-page".to_owned());
            let (f, refused) = (f.clone(), refused.map(str::to_owned));
            let page = FormPage { f, way, name, is_edit, typed, refused, first };
            page.render().expect("the template renders")
        };
        let latest = sample::checks().into_iter().find_map(|check| check.latest);
        vec![
            ("check-kinds", kinds.render().expect("the template renders")),
            ("check-form", form(Way::Http, None, latest, false)),
            ("check-form-mail", form(Way::SmtpSend, None, None, true)),
            ("check-form-refused", form(Way::Postgres, Some("x"), None, false)),
            ("check-form-tls", form(Way::Tls, None, None, false)),
        ]
    }
}

#[cfg(test)]
mod tests {
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
