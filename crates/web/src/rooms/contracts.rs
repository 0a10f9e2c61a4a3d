//! Adding a contract: one of one's own by a short form, or one of the templates with its meaning shown;
//! then what measures its functions.

use std::collections::BTreeMap;
use std::sync::Arc;

use app::checks;
use app::kept::{self, Bundle, FromTemplate, MONTHS, OwnContract, TEMPLATES, template};
use app::probes::PROBES;
use app::{AppError, Refusal, Source, WatchedContract};
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect};
use axum::routing::get;
use serde::Deserialize;
use terms::wording;
use terms::{Contract, Name};

use super::{Answer, done, encoded, show, show_refused};
use crate::failure::Failure;
use crate::frame::Frame;
use crate::guard::{Asked, Signed};
use crate::{Console, Shared};

pub fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route("/contracts-new", get(choose).post(add))
        .route("/contracts/{name}/measure", get(measured).post(measure))
}

/// What a form sends: its fields as texts.
type Fields = BTreeMap<String, String>;

#[derive(Template)]
#[template(path = "contract_new.html")]
struct NewPage {
    f: Frame,
    typed: Fields,
    templates: Vec<TemplateView>,
    refused: Option<String>,
}

/// A template in the list.
struct TemplateView {
    name: &'static str,
    title: String,
    parties: String,
    /// Its availability and what follows when it is missed, in a few words.
    numbers: Vec<String>,
}

#[derive(Template)]
#[template(path = "contract_template.html")]
struct TemplatePage {
    f: Frame,
    typed: Fields,
    title: String,
    /// Provider and customer as the template says.
    parties: (String, String),
    rows: Vec<wording::Row>,
    refused: Option<String>,
}

impl NewPage {
    fn value(&self, key: &str) -> &str {
        self.typed.get(key).map_or("", String::as_str)
    }

    /// What a month is, and whether it is chosen.
    fn months(&self) -> [(&'static str, String, bool); 3] {
        MONTHS.map(|word| {
            let text = match word {
                "calendar-month" => self.f.t("contract-month-calendar"),
                "operating-time" => self.f.t("contract-month-operating"),
                _ => self.f.t("contract-month-fixed"),
            };
            (word, text, self.value("month") == word)
        })
    }
}

impl TemplatePage {
    fn value(&self, key: &str) -> &str {
        self.typed.get(key).map_or("", String::as_str)
    }
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    template: String,
}

async fn choose(f: Frame, Asked(wanted): Asked<Wanted>) -> Answer {
    let typed = blank(&f, &wanted.template);
    match template(&wanted.template) {
        Some(contract) => show(&template_page(f, &contract, typed, None)),
        None => show(&new_page(f, typed, None)),
    }
}

/// What stands in an empty form.
fn blank(f: &Frame, template: &str) -> Fields {
    let today = f.now.to_zoned(f.zone.clone()).date().to_string();
    let fields = [
        ("start", today.as_str()),
        ("function", "web"),
        ("target", "99.9"),
        ("month", MONTHS[0]),
        ("notice_days", "7"),
        ("template", template),
        ("name", template),
    ];
    fields.into_iter().map(|(key, text)| (key.to_owned(), text.to_owned())).collect()
}

fn new_page(f: Frame, typed: Fields, refused: Option<String>) -> NewPage {
    let lang = f.lang.into();
    let templates = TEMPLATES.iter().filter_map(|(name, _)| {
        let contract = template(name)?;
        let (provider, customer) = (&contract.parties.provider, &contract.parties.customer);
        Some(TemplateView {
            name,
            title: contract.title.in_lang(lang).to_owned(),
            parties: format!("{} → {}", provider.in_lang(lang), customer.in_lang(lang)),
            numbers: numbers(&contract, lang),
        })
    });
    let templates = templates.collect();
    NewPage { f, typed, templates, refused }
}

/// The first promises of a contract, the most telling ones first.
fn numbers(contract: &Contract, lang: terms::Lang) -> Vec<String> {
    const SHOWN: usize = 3;
    let rows = wording::overview(contract, contract.newest(), lang);
    let has_number = |row: &wording::Row| row.number.contains(|c: char| c.is_ascii_digit());
    let promised = rows.into_iter().filter(|row| !row.strength.is_empty() && has_number(row));
    promised.take(SHOWN).map(|row| format!("{}: {}", row.what, row.number)).collect()
}

fn template_page(
    f: Frame,
    contract: &Contract,
    typed: Fields,
    refused: Option<String>,
) -> TemplatePage {
    let lang = f.lang.into();
    let title = contract.title.in_lang(lang).to_owned();
    let rows = wording::overview(contract, contract.newest(), lang);
    let (provider, customer) = (&contract.parties.provider, &contract.parties.customer);
    let parties = (provider.in_lang(lang).to_owned(), customer.in_lang(lang).to_owned());
    TemplatePage { f, typed, title, parties, rows, refused }
}

async fn add(State(console): Shared, f: Frame, Signed(typed): Signed<Fields>) -> Answer {
    let asked = typed.get("template").cloned().unwrap_or_default();
    let base = template(&asked);
    if base.is_none() && !asked.is_empty() {
        return Err(Failure::Unreadable);
    }
    match kept::add(&console.office, bundle(&f, &typed)).await {
        Ok(name) => Ok(done(&measure_address(name.as_str()), "contract-added", 1)),
        Err(AppError::Refused(why)) => {
            let refused = Some(f.refusal(&why));
            match base {
                Some(base) => show_refused(&template_page(f, &base, typed, refused)),
                None => show_refused(&new_page(f, typed, refused)),
            }
        }
        Err(error) => Err(error.into()),
    }
}

/// The contract file that a form describes.
fn bundle(f: &Frame, typed: &Fields) -> Bundle {
    let text = |key: &str| typed.get(key).cloned().unwrap_or_default();
    if !text("template").is_empty() {
        let (template, name) = (text("template"), text("name"));
        let (provider, customer) = (text("provider"), text("customer"));
        return FromTemplate { template, name, provider, customer, start: text("start") }.bundle();
    }
    let own = OwnContract {
        name: text("name"),
        service: text("service"),
        function: text("function"),
        provider: text("provider"),
        customer: text("customer"),
        target: text("target"),
        month: text("month"),
        notice_days: text("notice_days"),
        start: text("start"),
        language: f.lang.tag().to_owned(),
        time_zone: f.zone_name().to_owned(),
    };
    own.bundle()
}

/// Where it is said what measures a contract.
fn measure_address(contract: &str) -> String {
    format!("/contracts/{}/measure", encoded(contract))
}

#[derive(Template)]
#[template(path = "contract_measure.html")]
struct MeasurePage {
    f: Frame,
    name: String,
    title: String,
    functions: Vec<FunctionView>,
    /// False: the configuration says what measures it.
    is_kept: bool,
    refused: Option<String>,
}

/// A function, and what may measure it.
struct FunctionView {
    name: String,
    title: String,
    /// Word, text, and whether it is the one.
    sources: Vec<(String, String, bool)>,
    is_measured: bool,
}

impl MeasurePage {
    fn address(&self) -> String {
        encoded(&self.name)
    }
}

fn nowhere(_: AppError) -> Failure {
    Failure::Nowhere
}

async fn measured(State(console): Shared, f: Frame, Path(name): Path<String>) -> Answer {
    show(&measure_page(&console, f, &name, None).await?)
}

async fn measure_page(
    console: &Console,
    f: Frame,
    name: &str,
    refused: Option<String>,
) -> Result<MeasurePage, Failure> {
    let watched = console.office.contract(name).map_err(nowhere)?;
    let checks = checks::list(&console.office, f.now).await?;
    let checks: Vec<String> = checks.into_iter().map(|check| check.name).collect();
    let is_kept = kept::is_kept(&console.office, name);
    let functions = function_views(&f, watched, &checks);
    let title = watched.contract.title.in_lang(f.lang.into()).to_owned();
    Ok(MeasurePage { f, name: name.to_owned(), title, functions, is_kept, refused })
}

fn function_views(f: &Frame, watched: &WatchedContract, checks: &[String]) -> Vec<FunctionView> {
    let probe = |word: &str| match word {
        "smtp" => f.t("measure-probe-smtp"),
        _ => f.t("measure-probe-console"),
    };
    let probes = PROBES.iter().map(|(word, _)| (format!("probe:{word}"), probe(word)));
    let checks = checks.iter().map(|name| (format!("check:{name}"), f.with("measure-check", name)));
    let nothing = std::iter::once((String::new(), f.t("measure-nothing")));
    let sources: Vec<(String, String)> = nothing.chain(probes).chain(checks).collect();
    let view = |name: &Name| {
        let by = watched.measured.iter().find(|measured| measured.function == *name);
        let word = by.map(|by| kept::source_word(&by.source)).unwrap_or_default();
        let all = sources.iter().map(|(known, text)| (known.clone(), text.clone(), *known == word));
        FunctionView {
            name: name.to_string(),
            title: function_title(f, &watched.contract, name),
            sources: all.collect(),
            is_measured: by.is_some(),
        }
    };
    watched.functions().iter().map(view).collect()
}

fn function_title(f: &Frame, contract: &Contract, name: &Name) -> String {
    let services = contract.versions.iter().rev().flat_map(|version| &version.terms.services);
    let mut functions = services.flat_map(|service| &service.functions);
    let found = functions.find(|function| function.name == *name);
    found.map_or_else(String::new, |function| function.title.in_lang(f.lang.into()).to_owned())
}

async fn measure(
    State(console): Shared,
    f: Frame,
    Path(name): Path<String>,
    Signed(typed): Signed<Fields>,
) -> Answer {
    for (key, word) in &typed {
        let Some(function) = key.strip_prefix("function:") else { continue };
        let source: Option<Source> = match word.as_str() {
            "" => None,
            word => Some(kept::source(word).ok_or(Failure::Unreadable)?),
        };
        match kept::measure(&console.office, &name, function, source).await {
            Ok(()) => {}
            Err(AppError::Refused(Refusal::NoContract { .. })) => return Err(Failure::Nowhere),
            Err(AppError::Refused(why)) => {
                let refused = Some(f.refusal(&why));
                return show_refused(&measure_page(&console, f, &name, refused).await?);
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Redirect::to("/?done=contract-measured&count=1").into_response())
}

#[cfg(test)]
pub mod samples {
    use super::*;
    use crate::tests::promises;

    pub fn pages(f: &Frame) -> Vec<(&'static str, String)> {
        let f = Frame { here: "/contracts-new".to_owned(), ..f.clone() };
        let new = new_page(f.clone(), blank(&f, ""), Some("no <b>".to_owned()));
        let contract = template("five-tiers").expect("a template");
        let typed = blank(&f, "five-tiers");
        let from = template_page(f.clone(), &contract, typed, None);
        let contract = promises::contracts().remove(0);
        let measured = kept::usual(&contract);
        let watched = WatchedContract { contract, measured };
        let checks = ["top-page".to_owned()];
        let measure = |is_kept| MeasurePage {
            f: f.clone(),
            name: "acme".to_owned(),
            title: "t".to_owned(),
            functions: function_views(&f, &watched, &checks),
            is_kept,
            refused: None,
        };
        vec![
            ("contract-new", new.render().expect("the template renders")),
            ("contract-template", from.render().expect("the template renders")),
            ("contract-measure", measure(true).render().expect("the template renders")),
            ("contract-measured", measure(false).render().expect("the template renders")),
        ]
    }
}
