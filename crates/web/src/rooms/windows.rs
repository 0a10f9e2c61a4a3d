//! Windows: planned with the lead times in sight, announced when a person confirms the drafts, and how
//! each stands with each contract.

use std::collections::BTreeMap;
use std::sync::Arc;

use app::windows::{self, ContractWindow, Lead, Plan, Recurring, Verdict, WindowView};
use app::{AppError, notices};
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{get, post};
use calendar::Span;
use jiff::tz::TimeZone;
use terms::{Contract, wording};

use super::notices::{NoticeRow, notice_row, standing};
use super::{Answer, done, encoded, show, show_refused};
use crate::frame::Frame;
use crate::guard::{Asked, NoFields, Signed};
use crate::marks::Chip;
use crate::{Console, Shared, civil};

pub fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route("/windows", get(list).post(plan))
        .route("/windows/{id}", get(detail))
        .route("/windows/{id}/announce", post(announce))
        .route("/windows/{id}/send", post(send))
        .route("/windows/{id}/cancel", get(ask_to_cancel).post(cancel))
}

/// What was typed: `from`, `until`, `title`, and `contract:NAME` for each contract that is ticked.
type Fields = BTreeMap<String, String>;

/// Newest notices that are listed below the windows.
const NOTICES_LISTED: usize = 20;

#[derive(Template)]
#[template(path = "windows.html")]
struct WindowsPage {
    f: Frame,
    typed: Fields,
    /// Name, title, whether it is ticked.
    contracts: Vec<(String, String, bool)>,
    /// The lead times, once a window was typed.
    leads: Vec<LeadView>,
    /// Contracts that share something with those that are ticked.
    also: Vec<String>,
    refused: Option<String>,
    windows: Vec<WindowRow>,
    recurring: Vec<RecurringRow>,
    notices: Vec<NoticeRow>,
}

impl WindowsPage {
    fn typed(&self, field: &str) -> &str {
        self.typed.get(field).map_or("", String::as_str)
    }
}

/// What the lead time of a contract says.
struct LeadView {
    contract: String,
    clause: String,
    demands: String,
    chip: Chip,
    lines: Vec<String>,
}

/// A window in a list.
pub struct WindowRow {
    pub id: String,
    pub when: String,
    pub title: String,
    pub cancelled: bool,
    /// Contract, state, detail.
    pub contracts: Vec<(String, Chip, String)>,
}

/// A recurring window in a list.
pub struct RecurringRow {
    pub when: String,
    pub contract: String,
    pub promise: String,
    pub provisional: bool,
}

async fn list(State(console): Shared, f: Frame, Asked(typed): Asked<Fields>) -> Answer {
    page(&console, f, typed, None).await
}

async fn page(console: &Console, f: Frame, typed: Fields, refused: Option<String>) -> Answer {
    let office = &console.office;
    let is_refused = refused.is_some();
    let (mut refused, mut leads, mut also) = (refused, Vec::new(), Vec::new());
    if typed.contains_key("from") && !is_refused {
        match checked(console, &f, &typed) {
            Ok((found, others)) => (leads, also) = (found, others),
            Err(why) => refused = Some(why),
        }
    }
    let contracts = office.contracts().into_iter().map(|watched| {
        let (name, title) = (watched.contract.name.to_string(), title(&f, &watched.contract));
        let ticked = typed.contains_key(&format!("contract:{name}"));
        (name, title, ticked)
    });
    let contracts = contracts.collect();
    let mut windows: Vec<WindowRow> =
        windows::list(office, f.now).await?.iter().map(|view| window_row(&f, view)).collect();
    // What is to come first.
    windows.reverse();
    let recurring = windows::recurring(office, f.now);
    let recurring = recurring.iter().map(|it| recurring_row(&f, it)).collect();
    let notices = notices::list(office, f.now).await?;
    let notices = notices.iter().take(NOTICES_LISTED).map(|view| notice_row(&f, view)).collect();
    let view =
        WindowsPage { f, typed, contracts, leads, also, refused, windows, recurring, notices };
    if view.refused.is_some() { show_refused(&view) } else { show(&view) }
}

/// The lead times of what was typed, and contracts that may be concerned too.
fn checked(
    console: &Console,
    f: &Frame,
    typed: &Fields,
) -> Result<(Vec<LeadView>, Vec<String>), String> {
    let plan = typed_plan(f, typed)?;
    let said = |error| match error {
        AppError::Refused(why) => f.refusal(&why),
        _ => f.t("failure-lost-advice"),
    };
    let leads = windows::check(&console.office, &plan, f.now).map_err(said)?;
    let also = windows::also_concerned(&console.office, &plan.contracts).map_err(said)?;
    let leads = leads.iter().map(|lead| lead_view(f, lead)).collect();
    Ok((leads, also.into_iter().map(|contract| title(f, contract)).collect()))
}

fn typed_plan(f: &Frame, typed: &Fields) -> Result<Plan, String> {
    let instant = |field: &str| {
        let text = typed.get(field).map_or("", String::as_str);
        civil::typed(text, &f.zone).map_err(|_| f.t("log-bad-time"))
    };
    let (from, until) = (instant("from")?, instant("until")?);
    let span = Span::new(from, until).map_err(|_| f.t("window-backwards"))?;
    let contracts = typed.keys().filter_map(|key| key.strip_prefix("contract:"));
    Ok(Plan {
        span,
        title: typed.get("title").cloned().unwrap_or_default(),
        contracts: contracts.map(str::to_owned).collect(),
    })
}

fn title(f: &Frame, contract: &Contract) -> String {
    let lang = f.lang.into();
    let customer = contract.parties.customer.in_lang(lang);
    format!("{} · {customer}", contract.title.in_lang(lang))
}

fn lead_view(f: &Frame, lead: &Lead<'_>) -> LeadView {
    let (lang, zone) = (f.lang.into(), &lead.contract.zone);
    let chip = |tone, key: &str| Chip { tone, word: f.t(key) };
    let until = |key: &str, at| f.with(key, &wording::instant(at, zone, lang));
    let (chip, line) = match lead.verdict {
        Verdict::InTime(at) => (chip("succeeded", "lead-in-time"), Some(until("lead-until", at))),
        Verdict::TooLate(at) => (chip("failed", "lead-too-late"), Some(until("lead-since", at))),
        Verdict::NoChannel(at) => {
            (chip("failed", "lead-no-channel"), Some(until("lead-channel-until", at)))
        }
        Verdict::NoPromise => (chip("unmeasured", "lead-no-promise"), None),
    };
    let counts = matches!(lead.verdict, Verdict::TooLate(_) | Verdict::NoChannel(_));
    let counts = (counts && lead.excludes).then(|| f.t("lead-counts"));
    let nobody = lead.channels.as_ref().err().map(|why| f.refusal(why));
    let terms = lead.contract.newest();
    LeadView {
        contract: title(f, lead.contract),
        clause: lead.promise.map_or_else(String::new, |promise| promise.clause.to_string()),
        demands: lead
            .promise
            .map_or_else(String::new, |promise| wording::promise_number(promise, terms, lang)),
        chip,
        lines: line.into_iter().chain(counts).chain(nobody).collect(),
    }
}

/// A window as it is shown.
pub fn window_row(f: &Frame, view: &WindowView<'_>) -> WindowRow {
    let contract = |of: &ContractWindow<'_>| {
        let (chip, detail) = standing(f, &of.standing, &of.contract.zone);
        (of.contract.title.in_lang(f.lang.into()).to_owned(), chip, detail)
    };
    WindowRow {
        id: view.id.clone(),
        when: when(f, view),
        title: view.record.plan.title.clone(),
        cancelled: view.record.cancelled.is_some(),
        contracts: view.contracts.iter().map(contract).collect(),
    }
}

/// When a window is, in the zone of its contracts, in which their deadlines stand beside it; in each of
/// them where there are several.
fn when(f: &Frame, view: &WindowView<'_>) -> String {
    let mut zones: Vec<&TimeZone> = Vec::new();
    for of in &view.contracts {
        if !zones.contains(&&of.contract.zone) {
            zones.push(&of.contract.zone);
        }
    }
    if zones.is_empty() {
        zones.push(&f.zone);
    }
    let each = zones.into_iter().map(|zone| in_zone(f, view.span, zone));
    each.collect::<Vec<_>>().join(" · ")
}

/// A span in a zone, which is named.
fn in_zone(f: &Frame, span: Span, zone: &TimeZone) -> String {
    let name = zone.iana_name().unwrap_or("UTC");
    format!("{} ({name})", wording::span(span, zone, f.lang.into()))
}

/// A recurring window as it is shown.
pub fn recurring_row(f: &Frame, it: &Recurring<'_>) -> RecurringRow {
    let lang = f.lang.into();
    RecurringRow {
        when: in_zone(f, it.span, &it.contract.zone),
        contract: it.contract.title.in_lang(lang).to_owned(),
        promise: it.promise.title.in_lang(lang).to_owned(),
        provisional: it.provisional,
    }
}

/// Who is signed in, for the records.
pub(super) fn by(f: &Frame) -> &str {
    f.person.as_ref().map_or("", |person| &person.login)
}

fn to(number: i64) -> String {
    format!("/windows/{}", encoded(&windows::id(number)))
}

async fn plan(State(console): Shared, f: Frame, Signed(typed): Signed<Fields>) -> Answer {
    let plan = match typed_plan(&f, &typed) {
        Ok(plan) => plan,
        Err(why) => return page(&console, f, typed, Some(why)).await,
    };
    match windows::plan(&console.office, &plan, by(&f), f.now).await {
        Ok(number) => Ok(done(&to(number), "window-planned", 1)),
        Err(AppError::Refused(why)) => {
            let why = f.refusal(&why);
            page(&console, f, typed, Some(why)).await
        }
        Err(error) => Err(error.into()),
    }
}

#[derive(Template)]
#[template(path = "window.html")]
struct WindowPage {
    f: Frame,
    window: WindowRow,
    planned: (jiff::Timestamp, String),
    cancelled: Option<(jiff::Timestamp, String)>,
    can_cancel: bool,
    can_announce: bool,
    leads: Vec<LeadView>,
    /// Subject and text of each draft, with its recipients.
    drafts: Vec<DraftView>,
    notices: Vec<NoticeRow>,
}

struct DraftView {
    to: String,
    subject: String,
    text: String,
}

impl WindowPage {
    fn address(&self) -> String {
        encoded(&self.window.id)
    }
}

async fn detail(State(console): Shared, f: Frame, Path(id): Path<String>) -> Answer {
    let office = &console.office;
    let view =
        windows::window(office, windows::number(&id).map_err(AppError::from)?, f.now).await?;
    let (plan, is_cancelled) = (&view.record.plan, view.record.cancelled.is_some());
    let is_over = view.span.until() <= f.now;
    let names = view.contracts.iter().map(|of| of.contract.name.to_string());
    let asked = Plan { span: view.span, title: String::new(), contracts: names.collect() };
    let leads = match is_cancelled || is_over || asked.contracts.is_empty() {
        true => Vec::new(),
        false => windows::check(office, &asked, f.now)?,
    };
    let records = view.contracts.iter().flat_map(|of| &of.notices);
    let drafts = records.clone().filter(|record| record.confirmed.is_none());
    let drafts: Vec<DraftView> = drafts
        .map(|record| DraftView {
            to: super::notices::recipients(&f, record),
            subject: record.draft.subject.clone(),
            text: record.draft.text.clone(),
        })
        .collect();
    let mut notices = Vec::new();
    for record in records {
        let one = app::notices::notice(office, record.number, f.now).await?;
        notices.push(notice_row(&f, &one));
    }
    let has_room = view.contracts.iter().any(|of| of.notices.is_empty());
    show(&WindowPage {
        window: window_row(&f, &view),
        planned: (view.record.planned, plan.by.clone()),
        cancelled: view.record.cancelled.clone(),
        can_cancel: !is_cancelled && view.span.from() > f.now,
        can_announce: !is_cancelled && !is_over && has_room,
        leads: leads.iter().map(|lead| lead_view(&f, lead)).collect(),
        drafts,
        notices,
        f,
    })
}

async fn announce(
    State(console): Shared,
    f: Frame,
    Path(id): Path<String>,
    Signed(NoFields {}): Signed<NoFields>,
) -> Answer {
    let number = windows::number(&id).map_err(AppError::from)?;
    let drafts = notices::announce(&console.office, number, by(&f), f.now).await?;
    Ok(done(&to(number), "notices-drafted", drafts.len() as u64))
}

async fn send(
    State(console): Shared,
    f: Frame,
    Path(id): Path<String>,
    Signed(NoFields {}): Signed<NoFields>,
) -> Answer {
    let number = windows::number(&id).map_err(AppError::from)?;
    let view = windows::window(&console.office, number, f.now).await?;
    let records = view.contracts.iter().flat_map(|of| &of.notices);
    let drafts = records.filter(|record| record.confirmed.is_none());
    let drafts: Vec<i64> = drafts.map(|record| record.number).collect();
    notices::confirm(&console.office, &drafts, by(&f), f.now).await?;
    Ok(done(&to(number), "notices-confirmed", drafts.len() as u64))
}

#[derive(Template)]
#[template(path = "cancel_window.html")]
struct CancelPage {
    f: Frame,
    id: String,
}

async fn ask_to_cancel(f: Frame, Path(id): Path<String>) -> Answer {
    let id = windows::id(windows::number(&id).map_err(AppError::from)?);
    show(&CancelPage { f, id })
}

async fn cancel(
    State(console): Shared,
    f: Frame,
    Path(id): Path<String>,
    Signed(NoFields {}): Signed<NoFields>,
) -> Result<Response, crate::failure::Failure> {
    let number = windows::number(&id).map_err(AppError::from)?;
    windows::cancel(&console.office, number, by(&f), f.now).await?;
    let drafts = notices::tell_cancelled(&console.office, number, by(&f), f.now).await?;
    match drafts.first() {
        None => Ok(done("/windows", "window-cancelled", 1)),
        Some(_) => Ok(done("/notices", "window-cancelled-tell", drafts.len() as u64)),
    }
}

#[cfg(test)]
pub mod samples;
