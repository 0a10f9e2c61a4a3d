//! Adding and changing a check: choose a kind, fill its form, see the first result at once.

use std::sync::Arc;

use app::checks::{self, CheckRefusal, Latest, Origin, Reason, Settings, WAYS, Way, customers};
use app::{AppError, Refusal, Source, kept};
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;
use serde::Deserialize;

use super::check_fields::{ALL, Field, Fields, fields_of, settings_of, typed_of};
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

#[derive(Template)]
#[template(path = "check_kinds.html")]
struct KindsPage {
    f: Frame,
    of: String,
}

impl KindsPage {
    fn groups(&self) -> Vec<(String, Vec<Way>)> {
        let f = &self.f;
        let mut groups = vec![
            (f.t("check-group-web"), vec![Way::Http, Way::Tls]),
            (f.t("check-group-mail"), vec![Way::Smtp, Way::SmtpSend, Way::Pop3, Way::Imap]),
            (f.t("check-group-network"), vec![Way::Ping, Way::Tcp, Way::Dns, Way::Ftp]),
            (f.t("check-group-database"), vec![Way::Postgres, Way::Mysql]),
            (f.t("check-group-calls"), vec![Way::Heartbeat]),
        ];
        if f.is_customer() {
            // Mail to others is sent by the provider alone.
            groups.iter_mut().for_each(|(_, ways)| ways.retain(|way| *way != Way::SmtpSend));
        }
        groups
    }
}

#[derive(Template)]
#[template(path = "check_form.html")]
struct FormPage {
    f: Frame,
    way: Way,
    name: String,
    is_edit: bool,
    /// For which of his contracts a customer may add it.
    contracts: Vec<String>,
    /// What stands in the fields, by key.
    typed: Fields,
    /// `CONTRACT/FUNCTION` that it is to measure, or nothing.
    of: String,
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
        let all = fields_of(self.way).iter().chain(&ALL).copied();
        // Nodes look for the provider alone.
        all.filter(|field| !self.f.is_customer() || field.key != "sites").collect()
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
        let is_forbidden =
            self.first.as_ref().is_some_and(|first| first.reason == Some(Reason::Forbidden));
        // A customer cannot change where he may look.
        is_forbidden && !self.f.is_customer()
    }
}

/// Which kind of check.
#[derive(Deserialize)]
pub struct Wanted {
    #[serde(default)]
    kind: String,
    #[serde(default, rename = "for")]
    of: String,
}

fn way(word: &str) -> Option<Way> {
    let found = WAYS.iter().find(|(known, _)| *known == word).map(|(_, way)| *way);
    found.filter(|way| *way != Way::Plugin)
}

/// The kinds, or the form of one.
pub async fn choose(f: Frame, Asked(wanted): Asked<Wanted>) -> Answer {
    let of = wanted.of;
    let Some(way) = way(&wanted.kind) else { return show(&KindsPage { f, of }) };
    let typed = typed_of(&Settings { kind: way, ..Settings::default() });
    let (refused, first, name) = (None, None, String::new());
    let contracts = f.own_contracts().to_vec();
    show(&FormPage { f, way, name, is_edit: false, contracts, typed, of, refused, first })
}

/// Looks once, and adds the check when that is asked for.
pub async fn add(State(console): Shared, f: Frame, Signed(fields): Signed<Fields>) -> Answer {
    let way = fields.get("kind").and_then(|word| way(word)).ok_or(Failure::Unreadable)?;
    let name = fields.get("name").map(|name| name.trim().to_owned()).unwrap_or_default();
    let page = FormPage {
        contracts: f.own_contracts().to_vec(),
        f,
        way,
        name: name.clone(),
        is_edit: false,
        typed: fields.clone(),
        of: fields.get("for").cloned().unwrap_or_default(),
        refused: None,
        first: None,
    };
    let settings = match settings_of(&fields, &Settings { kind: way, ..Settings::default() }) {
        Ok(settings) => settings,
        Err(label) => return refuse(page, |f| f.with("check-unknown", &f.t(label))),
    };
    let now = page.f.now;
    let label = if name.is_empty() { way.word() } else { &name };
    let first = match look(&console, &page.f, label, &settings).await {
        Ok(first) => Some(first),
        Err(AppError::Refused(Refusal::Check(CheckRefusal::NobodyLooks))) => None,
        Err(AppError::Refused(why)) => return refuse(page, |f| f.refusal(&why)),
        Err(error) => return Err(error.into()),
    };
    if fields.get("deed").is_none_or(|deed| deed != "store") {
        return show(&FormPage { first, ..page });
    }
    let added = match page.f.is_customer() {
        false => checks::add(&console.office, &name, &settings, now).await.map(|()| name),
        true => {
            let contract = fields.get("contract").map_or("", String::as_str);
            let (office, own) = (&console.office, page.f.own_contracts());
            customers::add_for(office, own, contract, &name, &settings, now).await
        }
    };
    match added {
        Ok(name) => {
            if let Some(first) = first {
                checks::show_first(&console.office, &name, first);
            }
            let is_bound = bind(&console, &page.of, &name).await?;
            let word = if is_bound { "check-bound" } else { "check-added" };
            Ok(done(&format!("/checks/{}", encoded(&name)), word, 1))
        }
        Err(AppError::Refused(why)) => refuse(FormPage { first, ..page }, |f| f.refusal(&why)),
        Err(error) => Err(error.into()),
    }
}

/// Looks once, where the checks of whoever asks may look.
async fn look(
    console: &Console,
    f: &Frame,
    label: &str,
    settings: &Settings,
) -> Result<Latest, AppError> {
    match f.is_customer() {
        true => {
            let login = f.person.as_ref().map_or("", |person| &person.login);
            customers::first_look_for(&console.office, login, label, settings, f.now).await
        }
        false => checks::first_look(&console.office, label, settings, f.now).await,
    }
}

/// Lets a new check measure the function that it was added for; whether it does. The check is there in
/// either case.
async fn bind(console: &Console, of: &str, check: &str) -> Result<bool, Failure> {
    let Some((contract, function)) = of.split_once('/') else { return Ok(false) };
    let source = Some(Source::Check(check.to_owned()));
    match kept::measure(&console.office, contract, function, source).await {
        Ok(()) => Ok(true),
        Err(AppError::Refused(_)) => Ok(false),
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
    edit_page(f, name, &settings)
}

/// The form of a check that is there.
pub fn edit_page(f: Frame, name: String, settings: &Settings) -> Answer {
    let (way, typed, contracts) = (settings.kind, typed_of(settings), Vec::new());
    let (of, refused, first) = (String::new(), None, None);
    show(&FormPage { f, way, name, is_edit: true, contracts, typed, of, refused, first })
}

async fn change(
    State(console): Shared,
    f: Frame,
    Path(name): Path<String>,
    Signed(fields): Signed<Fields>,
) -> Answer {
    let before = ours(&console, &f, &name).await?;
    change_it(&console, f, name, &before, fields).await
}

/// Looks once with other settings, or stores them when that is asked for.
pub async fn change_it(
    console: &Console,
    f: Frame,
    name: String,
    before: &Settings,
    fields: Fields,
) -> Answer {
    let (way, typed, now) = (before.kind, fields.clone(), f.now);
    let (is_edit, refused, first) = (true, None, None);
    let (contracts, of) = (Vec::new(), String::new());
    let name_of = name.clone();
    let page = FormPage { f, way, name: name_of, is_edit, contracts, typed, of, refused, first };
    let settings = match settings_of(&fields, before) {
        Ok(settings) => settings,
        Err(label) => return refuse(page, |f| f.with("check-unknown", &f.t(label))),
    };
    let stores = fields.get("deed").is_some_and(|deed| deed == "store");
    let deed = async {
        match stores {
            true if page.f.is_customer() => {
                let (office, own) = (&console.office, page.f.own_contracts());
                customers::change_for(office, own, &name, &settings, now).await.map(|()| None)
            }
            true => checks::change(&console.office, &name, &settings, now).await.map(|()| None),
            false => look(console, &page.f, &name, &settings).await.map(Some),
        }
    };
    match deed.await {
        Ok(None) => Ok(done(&format!("/checks/{}", encoded(&name)), "check-changed", 1)),
        Ok(first) => show(&FormPage { first, ..page }),
        Err(AppError::Refused(why)) => refuse(page, |f| f.refusal(&why)),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
pub mod samples {
    use super::*;
    use crate::tests::watched;

    pub fn pages(f: &Frame) -> Vec<(&'static str, String)> {
        let f = Frame { here: "/checks-new".to_owned(), ..f.clone() };
        let kinds = KindsPage { f: f.clone(), of: "acme/web".to_owned() };
        let form = |way: Way, refused: Option<&str>, first: Option<Latest>, is_edit: bool| {
            let mut settings = Settings { kind: way, ..Settings::default() };
            settings.url = "https://www.example.jp/<script>".to_owned();
            let (typed, name) = (typed_of(&settings), "top-page".to_owned());
            let (f, refused) = (f.clone(), refused.map(str::to_owned));
            let (contracts, of) = (Vec::new(), String::new());
            let page = FormPage { f, way, name, is_edit, contracts, typed, of, refused, first };
            page.render().expect("the template renders")
        };
        let latest = watched::checks().into_iter().find_map(|check| check.latest);
        vec![
            ("check-kinds", kinds.render().expect("the template renders")),
            ("check-form", form(Way::Http, None, latest, false)),
            ("check-form-mail", form(Way::SmtpSend, None, None, true)),
            ("check-form-refused", form(Way::Postgres, Some("x"), None, false)),
            ("check-form-tls", form(Way::Tls, None, None, false)),
        ]
    }
}
