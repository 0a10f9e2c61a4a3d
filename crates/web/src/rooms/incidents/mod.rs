//! Incidents: the list, and one with what is to be done, its clocks and its timeline. Whoever may look
//! at the console may write.

mod forms;
mod runbook;
mod view;

use std::sync::Arc;

use app::incidents::{self, Deed, Incident, OpenByHand};
use app::{AppError, Office, Refusal};
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use self::view::{IncidentView, RowView};
use super::{Answer, done, show, show_refused};
use crate::frame::Frame;
use crate::guard::{Asked, Signed};
use crate::{Console, Shared, civil};

/// Incidents of one page.
const PAGE: i64 = 50;

pub fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route("/incidents", get(list).post(open))
        .route("/incidents/{id}", get(one))
        .route("/incidents/{id}/deeds", post(write))
        .route("/incidents/{id}/merge", post(merge))
        .route("/incidents/{id}/split", post(split))
}

#[derive(Template)]
#[template(path = "incidents.html")]
struct IncidentsPage {
    f: Frame,
    open: Vec<RowView>,
    past: Vec<RowView>,
    /// The number before which the older ones are.
    older: Option<i64>,
    /// Where an incident can be: value of the form, and words.
    contracts: Vec<(String, String)>,
    typed: String,
    typed_place: String,
    refused: Option<String>,
}

#[derive(Default, Deserialize)]
struct Wanted {
    before: Option<i64>,
}

async fn list(State(console): Shared, f: Frame, Asked(asked): Asked<Wanted>) -> Answer {
    show(&incidents_page(&console.office, f, &asked, None).await?)
}

async fn incidents_page(
    office: &Office,
    f: Frame,
    asked: &Wanted,
    refused: Option<(String, Open)>,
) -> Result<IncidentsPage, AppError> {
    let row = |incident: &Incident| {
        let outlook = incidents::outlook(office, incident, f.now).ok();
        RowView::new(&f, incident, outlook.as_ref())
    };
    let open = incidents::open_ones(office, f.now).await?;
    let open: Vec<RowView> = open.iter().map(row).collect();
    let before = asked.before.unwrap_or(i64::MAX);
    let newest = incidents::newest(office, before, PAGE, f.now).await?;
    let older = newest.last().filter(|_| newest.len() as i64 == PAGE).map(|last| last.record.id);
    let past = newest.iter().filter(|incident| !incident.story.is_open()).map(row).collect();
    let contracts = places(office, &f);
    let (refused, open_form) = refused.unzip();
    let Open { place, title } = open_form.unwrap_or_default();
    Ok(IncidentsPage { f, open, past, older, contracts, typed: title, typed_place: place, refused })
}

/// Every contract, and every function of it: `CONTRACT/FUNCTION`.
fn places(office: &Office, f: &Frame) -> Vec<(String, String)> {
    let lang = f.lang.into();
    let mut places = Vec::new();
    for watched in office.contracts() {
        let contract = &watched.contract;
        let title = contract.title.in_lang(lang);
        let none = f.t("incident-function-none");
        places.push((format!("{}/", contract.name), format!("{title}: {none}")));
        let services = contract.terms_at(f.now).services.iter();
        for function in services.flat_map(|service| &service.functions) {
            let value = format!("{}/{}", contract.name, function.name);
            places.push((value, format!("{title}: {}", function.title.in_lang(lang))));
        }
    }
    places
}

#[derive(Default, Deserialize)]
struct Open {
    place: String,
    title: String,
}

async fn open(State(console): Shared, f: Frame, Signed(form): Signed<Open>) -> Answer {
    let (contract, function) = form.place.split_once('/').unwrap_or((&form.place, ""));
    let functions = if function.is_empty() { Vec::new() } else { vec![function.to_owned()] };
    let what = OpenByHand {
        contract: contract.to_owned(),
        service: None,
        functions,
        title: form.title.clone(),
    };
    let by = login(&f);
    match incidents::open(&console.office, &what, &by, None, f.now).await {
        Ok(id) => Ok(done(&format!("/incidents/{id}"), "incident-opened", 1)),
        Err(AppError::Refused(why)) => {
            let refused = Some((f.refusal(&why), form));
            let wanted = Wanted::default();
            show_refused(&incidents_page(&console.office, f, &wanted, refused).await?)
        }
        Err(error) => Err(error.into()),
    }
}

#[derive(Template)]
#[template(path = "incident.html")]
struct IncidentPage {
    f: Frame,
    view: IncidentView,
    refused: Option<String>,
}

async fn one(State(console): Shared, f: Frame, Path(id): Path<i64>) -> Answer {
    show(&incident_page(&console.office, f, id, None).await?)
}

async fn incident_page(
    office: &Office,
    f: Frame,
    id: i64,
    refused: Option<String>,
) -> Result<IncidentPage, crate::failure::Failure> {
    let incident = match incidents::incident(office, id, f.now).await {
        Err(AppError::Refused(Refusal::NoIncident { .. })) => {
            return Err(crate::failure::Failure::Nowhere);
        }
        other => other?,
    };
    let outlook = incidents::outlook(office, &incident, f.now)?;
    let reports = incidents::report::issued(office, id).await?;
    let reports = reports.iter().map(|report| report.number.unsigned_abs()).collect();
    let on_call = office.duty.on_call(f.now);
    let mut view = IncidentView::new(&f, &incident, &outlook, on_call, reports);
    let runbook = incidents::runbook(office, &incident, f.now).await?;
    let teller = view::teller(&f, &outlook);
    view.runbook = runbook.map(|it| runbook::panel(&f, &it, &teller));
    view.calls = runbook::calls(&f, incidents::calling::of_incident(office, id).await?);
    Ok(IncidentPage { f, view, refused })
}

/// A deed as the form has it; which fields count depends on the deed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Written {
    deed: String,
    choice: String,
    text: String,
    ladder: String,
    level: String,
    minutes: String,
    condition: String,
    channel: String,
    reference: String,
    promise: String,
    priority: String,
    entry: String,
    at: String,
}

async fn write(
    State(console): Shared,
    f: Frame,
    Path(id): Path<i64>,
    Signed(form): Signed<Written>,
) -> Answer {
    let office = &console.office;
    let Some(deed) = deed(&form, f.now) else { return Err(crate::failure::Failure::Unreadable) };
    let at = match form.at.trim() {
        "" => None,
        typed => {
            let incident = incidents::incident(office, id, f.now).await?;
            let zone = &office.contract(&incident.record.contract)?.contract.zone;
            let at = civil::typed(typed, zone);
            Some(at.map_err(|_| crate::failure::Failure::Unreadable)?)
        }
    };
    finished(&console, incidents::add(office, id, &deed, &login(&f), at, f.now).await, f, id).await
}

/// What a form asks for; `None` when it is no form of ours.
fn deed(form: &Written, now: Timestamp) -> Option<Deed> {
    let minutes =
        || form.minutes.parse::<i64>().ok().filter(|minutes| (1..=525_600).contains(minutes));
    let length = || Some(SignedDuration::from_mins(minutes()?));
    let yes = form.choice == "yes";
    Some(match form.deed.as_str() {
        "note" => Deed::Note(form.text.clone()),
        "publish" => Deed::Publish(form.text.clone()),
        "recognise" => Deed::Recognise,
        "judge" => Deed::Judge(form.priority.parse().ok()?),
        "step" => Deed::Step {
            ladder: form.ladder.parse().ok()?,
            level: form.level.parse().ok()?,
            wait: length()?,
        },
        "step-failed" => {
            Deed::StepFailed { ladder: form.ladder.parse().ok()?, level: form.level.parse().ok()? }
        }
        "look" => Deed::Look { condition: form.condition.parse().ok()?, holds: yes },
        "contact" => Deed::Contact { reached: yes },
        "told" => {
            Deed::Tell { channel: form.channel.parse().ok()?, reference: form.reference.clone() }
        }
        "start" => Deed::StartClock(form.promise.parse().ok()?),
        "meet" => Deed::MeetClock(form.promise.parse().ok()?),
        "await" => Deed::AwaitCustomer,
        "answered" => Deed::CustomerAnswered,
        "mute" => Deed::Mute(now.checked_add(length()?).ok()?),
        "acknowledge" => Deed::Acknowledge,
        "do-step" => Deed::DoStep(form.level.parse().ok()?),
        "skip-step" => Deed::SkipStep(form.level.parse().ok()?),
        "stop-runbook" => Deed::StopRunbook,
        "resume-runbook" => Deed::ResumeRunbook,
        "recover" => Deed::Recover,
        "close" => Deed::Close,
        "take-back" => Deed::TakeBack(form.entry.parse().ok()?),
        _ => return None,
    })
}

#[derive(Deserialize)]
struct Into {
    into: String,
}

async fn merge(
    State(console): Shared,
    f: Frame,
    Path(id): Path<i64>,
    Signed(form): Signed<Into>,
) -> Answer {
    let into = form.into.trim().parse().map_err(|_| crate::failure::Failure::Unreadable)?;
    let merged = incidents::merge(&console.office, id, into, &login(&f), f.now).await;
    let to = if merged.is_ok() { into } else { id };
    finished(&console, merged, f, to).await
}

#[derive(Deserialize)]
struct Part {
    function: String,
    title: String,
}

async fn split(
    State(console): Shared,
    f: Frame,
    Path(id): Path<i64>,
    Signed(form): Signed<Part>,
) -> Answer {
    let (office, functions) = (&console.office, [form.function]);
    let split = incidents::split(office, id, &functions, &form.title, &login(&f), f.now).await;
    let to = *split.as_ref().unwrap_or(&id);
    finished(&console, split.map(drop), f, to).await
}

/// Back to the incident, which says that it was written down or why not.
async fn finished(console: &Console, result: Result<(), AppError>, f: Frame, id: i64) -> Answer {
    match result {
        Ok(()) => Ok(done(&format!("/incidents/{id}"), "incident-written", 1)),
        Err(AppError::Refused(Refusal::NoIncident { .. })) => Err(crate::failure::Failure::Nowhere),
        Err(AppError::Refused(why)) => {
            let refused = Some(f.refusal(&why));
            show_refused(&incident_page(&console.office, f, id, refused).await?)
        }
        Err(error) => Err(error.into()),
    }
}

/// Who is signed in.
pub(super) fn login(f: &Frame) -> String {
    f.person.as_ref().map_or(String::new(), |person| person.login.clone())
}

#[cfg(test)]
pub mod samples {
    use super::view::teller;
    use super::*;
    use crate::tests::incidents as sample;

    pub fn pages(f: &Frame) -> Vec<(&'static str, String)> {
        let f = Frame { here: "/incidents".into(), keeps_contracts: true, ..f.clone() };
        let watched = sample::watched();
        let holidays = calendar::HolidayTable::japan();
        let contacts = sample::contacts();
        let place = ("skyarch/http".to_owned(), "http".to_owned());
        let list = |stories: &[Incident], contracts: Vec<(String, String)>| {
            let row = |incident: &Incident| {
                let outlook = incidents::under(&watched, &contacts, &holidays, incident, f.now);
                RowView::new(&f, incident, Some(&outlook))
            };
            let (open, past): (Vec<_>, Vec<_>) =
                stories.iter().partition(|incident| incident.story.is_open());
            let page = IncidentsPage {
                f: f.clone(),
                open: open.into_iter().map(row).collect(),
                past: past.into_iter().map(row).collect(),
                older: Some(1),
                contracts,
                typed: String::new(),
                typed_place: String::new(),
                refused: None,
            };
            page.render().expect("the template renders")
        };
        let one = |incident: &Incident, refused: Option<&str>| {
            let outlook = incidents::under(&watched, &contacts, &holidays, incident, f.now);
            let person = sample::person();
            let view = IncidentView::new(&f, incident, &outlook, Some(&person), vec![1]);
            let page = IncidentPage { f: f.clone(), view, refused: refused.map(str::to_owned) };
            page.render().expect("the template renders")
        };
        let with_runbook = |f: &Frame, incident: &Incident| {
            let outlook = incidents::under(&watched, &contacts, &holidays, incident, f.now);
            let mut view = IncidentView::new(f, incident, &outlook, None, Vec::new());
            let book = sample::runbook();
            let steps = sample::steps(&book, f.now);
            let known = incidents::RunbookView { runbook: &book, stopped: true, steps };
            view.runbook = Some(runbook::panel(f, &known, &teller(f, &outlook)));
            view.calls = runbook::calls(f, sample::calls(f.now));
            let page = IncidentPage { f: f.clone(), view, refused: None };
            page.render().expect("the template renders")
        };
        let stories = sample::stories(f.now);
        vec![
            ("incidents", list(&stories, vec![place.clone()])),
            ("incidents-quiet", list(&[], vec![place])),
            ("incidents-empty", list(&[], Vec::new())),
            ("incident-blocked", one(&stories[0], Some("no"))),
            ("incident-look", one(&stories[1], None)),
            ("incident-closed", one(&stories[2], None)),
            ("incident-runbook", with_runbook(&f, &stories[1])),
        ]
    }
}
