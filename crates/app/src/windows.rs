//! Planned windows: what they would break before anybody is told, and how each stands.

use std::collections::BTreeSet;

use calendar::{HolidayTable, Span};
use desk::Ground;
use evidence::Event;
use jiff::{SignedDuration, Timestamp};
use store::{NoticeRecord, PlanRecord, Planned, SendingState};
use terms::{About, Contract, Excluded, Name, Promise};

use crate::promised::{RouteAhead, Standing, notice_promise, routes_ahead, standing};
use crate::{AppError, Office, Refusal};

/// Longest title, in letters.
pub const TITLE_MAX: usize = 200;
/// Longest window.
pub const LENGTH_MAX: SignedDuration = SignedDuration::from_hours(31 * 24);
/// How far back windows are listed.
pub const LISTED_BACK: SignedDuration = SignedDuration::from_hours(62 * 24);
/// How far ahead recurring windows are listed.
pub const RECURRING_AHEAD: SignedDuration = SignedDuration::from_hours(100 * 24);

/// A window to plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// When.
    pub span: Span,
    /// What is done; may be empty.
    pub title: String,
    /// Names of the contracts that it concerns.
    pub contracts: Vec<String>,
}

/// What the lead time in force says of a window that is not announced yet, for one contract.
#[derive(Clone, Debug, PartialEq)]
pub struct Lead<'o> {
    /// The contract.
    pub contract: &'o Contract,
    /// The promise to tell of maintenance.
    pub promise: Option<&'o Promise>,
    /// A window that is told in time does not count as a stop.
    pub excludes: bool,
    /// The ways to be in time.
    pub routes: Vec<RouteAhead<'o>>,
    /// Channels that we serve for this contract, or why we serve none.
    pub channels: Result<Vec<Name>, Refusal>,
    /// How it stands if everybody is told now.
    pub verdict: Verdict,
}

/// How a window would stand if everybody were told now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// In time, and up to that second.
    InTime(Timestamp),
    /// Too late since that second.
    TooLate(Timestamp),
    /// We serve no channel that counts; one would be in time up to that second.
    NoChannel(Timestamp),
    /// The contract promises nothing about it.
    NoPromise,
}

/// A window, and how it stands with each contract.
#[derive(Clone, Debug, PartialEq)]
pub struct WindowView<'o> {
    /// Its name in notices, boards and statements.
    pub id: String,
    /// The record.
    pub record: PlanRecord,
    /// When.
    pub span: Span,
    /// For each contract that is still configured.
    pub contracts: Vec<ContractWindow<'o>>,
}

/// How a window stands with one contract.
#[derive(Clone, Debug, PartialEq)]
pub struct ContractWindow<'o> {
    /// The contract.
    pub contract: &'o Contract,
    /// How the duty to tell of it stands.
    pub standing: Standing,
    /// What was drafted and sent.
    pub notices: Vec<NoticeRecord>,
}

/// A recurring window as it falls.
#[derive(Clone, Debug, PartialEq)]
pub struct Recurring<'o> {
    /// The contract.
    pub contract: &'o Contract,
    /// The promise.
    pub promise: &'o Promise,
    /// When.
    pub span: Span,
    /// It may still move with a holiday.
    pub provisional: bool,
}

/// The name of a planned window in notices and statements.
#[must_use]
pub fn id(number: i64) -> String {
    format!("plan-{number}")
}

/// The number of a planned window by its name.
///
/// # Errors
/// Refused when it is no such name.
pub fn number(id: &str) -> Result<i64, Refusal> {
    let digits = id.strip_prefix("plan-").unwrap_or(id);
    digits.parse().map_err(|_| Refusal::NoWindow { id: id.to_owned() })
}

/// What the lead times in force say of a window, for each contract; nothing is recorded.
///
/// # Errors
/// Refused when a contract is not known or the window makes no sense.
pub fn check<'o>(
    office: &'o Office,
    plan: &Plan,
    now: Timestamp,
) -> Result<Vec<Lead<'o>>, AppError> {
    sound(plan, now)?;
    let mut leads = Vec::new();
    for name in distinct(&plan.contracts) {
        leads.push(lead(office, &office.contract(name)?.contract, plan.span, now));
    }
    Ok(leads)
}

/// Other contracts of the office that share a service or a probe with these: they may be concerned.
///
/// # Errors
/// Refused when a contract is not known.
pub fn also_concerned<'o>(
    office: &'o Office,
    contracts: &[String],
) -> Result<Vec<&'o Contract>, AppError> {
    let mut shared = BTreeSet::new();
    let mut probes = BTreeSet::new();
    for name in contracts {
        let watched = office.contract(name)?;
        shared.extend(watched.contract.newest().services.iter().map(|service| &service.name));
        probes.extend(watched.measured.iter().map(|measured| measured.source.key()));
    }
    let others = office.contracts().into_iter().filter(|watched| {
        let is_named = contracts.iter().any(|name| watched.contract.name.as_str() == name);
        let services = &watched.contract.newest().services;
        let shares = services.iter().any(|service| shared.contains(&service.name))
            || watched.measured.iter().any(|measured| probes.contains(&measured.source.key()));
        shares && !is_named
    });
    Ok(others.map(|watched| &watched.contract).collect())
}

fn lead<'o>(office: &'o Office, contract: &'o Contract, span: Span, now: Timestamp) -> Lead<'o> {
    let (about, event) = (About::Maintenance, span.from());
    let channels = office.channels(contract.name.as_str());
    let channels = channels.map(|channels| channels.into_keys().collect::<Vec<_>>());
    let served = channels.as_deref().unwrap_or_default();
    let promise = notice_promise(contract, about, event).map(|(promise, _)| promise);
    let routes = routes_ahead(contract, about, event, served, now);
    let excludes = |name: &Name| {
        let exclusions = &contract.terms_at(event).exclusions;
        exclusions.iter().any(|exclusion| match &exclusion.excluded {
            Excluded::NoticedWindows { notice } => notice == name,
            _ => false,
        })
    };
    Lead {
        contract,
        promise,
        excludes: promise.is_some_and(|promise| excludes(&promise.name)),
        verdict: verdict(&routes),
        routes,
        channels,
    }
}

fn verdict(routes: &[RouteAhead<'_>]) -> Verdict {
    let latest = |served: bool| {
        let fitting = routes.iter().filter(|route| route.is_served == served);
        fitting.max_by_key(|route| route.end.last_second())
    };
    match (latest(true), latest(false)) {
        (Some(route), _) if route.is_open => Verdict::InTime(route.end.last_second()),
        (_, Some(route)) if route.is_open => Verdict::NoChannel(route.end.last_second()),
        (Some(route), _) | (None, Some(route)) => Verdict::TooLate(route.end.last_second()),
        (None, None) => Verdict::NoPromise,
    }
}

/// Records a window. Nobody is told by that.
///
/// # Errors
/// Refused as [`check`]; when the records fail.
pub async fn plan(office: &Office, plan: &Plan, by: &str, now: Timestamp) -> Result<i64, AppError> {
    check(office, plan, now)?;
    let planned = Planned {
        from: plan.span.from(),
        until: plan.span.until(),
        title: plan.title.trim().to_owned(),
        by: by.to_owned(),
        contracts: distinct(&plan.contracts).map(str::to_owned).collect(),
    };
    let number = office.store.add_plan(&planned, now).await?;
    office.notices_changed();
    Ok(number)
}

fn distinct(names: &[String]) -> impl Iterator<Item = &str> {
    names.iter().map(String::as_str).collect::<BTreeSet<_>>().into_iter()
}

fn sound(plan: &Plan, now: Timestamp) -> Result<(), Refusal> {
    if plan.contracts.is_empty() {
        return Err(Refusal::WindowOfNobody);
    }
    if plan.span.is_empty() || plan.span.duration() > LENGTH_MAX {
        return Err(Refusal::WindowLength { days: LENGTH_MAX.as_hours() / 24 });
    }
    if plan.span.until() <= now {
        return Err(Refusal::WindowOver);
    }
    if plan.title.chars().count() > TITLE_MAX || plan.title.contains(char::is_control) {
        return Err(Refusal::WindowTitle { most: TITLE_MAX });
    }
    Ok(())
}

/// Cancels a window that has not begun; its drafts are dropped. Whoever was told of it must be told.
///
/// # Errors
/// Refused when there is no such window, it was cancelled before, or has begun.
pub async fn cancel(
    office: &Office,
    number: i64,
    by: &str,
    now: Timestamp,
) -> Result<PlanRecord, AppError> {
    let gone = || Refusal::NoWindow { id: id(number) };
    let record = office.store.plan(number).await?.ok_or_else(gone)?;
    if record.cancelled.is_some() {
        return AppError::refused(gone());
    }
    if record.plan.from <= now {
        return AppError::refused(Refusal::WindowBegun { id: id(number) });
    }
    if !office.store.cancel_plan(number, by, now).await? {
        return AppError::refused(gone());
    }
    office.notices_changed();
    Ok(record)
}

/// Windows that end after `now` less [`LISTED_BACK`], by their beginning.
///
/// # Errors
/// When the records fail.
pub async fn list(office: &Office, now: Timestamp) -> Result<Vec<WindowView<'_>>, AppError> {
    let since = now.checked_sub(LISTED_BACK).unwrap_or(Timestamp::MIN);
    let mut views = Vec::new();
    for record in office.store.plans(since).await? {
        views.push(view(office, record, now).await?);
    }
    Ok(views)
}

/// One window.
///
/// # Errors
/// Refused when there is none of that number; when the records fail.
pub async fn window(
    office: &Office,
    number: i64,
    now: Timestamp,
) -> Result<WindowView<'_>, AppError> {
    match office.store.plan(number).await? {
        Some(record) => view(office, record, now).await,
        None => AppError::refused(Refusal::NoWindow { id: id(number) }),
    }
}

async fn view(
    office: &Office,
    record: PlanRecord,
    now: Timestamp,
) -> Result<WindowView<'_>, AppError> {
    let span = Span::new(record.plan.from, record.plan.until).map_err(AppError::records)?;
    let notices = office.store.notices_of_plan(record.number).await?;
    let id = id(record.number);
    let mut contracts = Vec::new();
    for name in &record.plan.contracts {
        // One that left the configuration is told by nobody any more.
        let Ok(watched) = office.contract(name) else { continue };
        let contract = &watched.contract;
        let own = notices.iter().filter(|notice| notice.draft.contract == *name);
        let own: Vec<NoticeRecord> = own.cloned().collect();
        let by_hand = told_by_hand(office, name, &id).await?;
        let mut sent = sent(&own);
        sent.extend(by_hand.iter().map(|(channel, at)| (channel.as_str(), *at)));
        let standing = standing(contract, About::Maintenance, span.from(), &sent, now);
        contracts.push(ContractWindow { contract, standing, notices: own });
    }
    Ok(WindowView { id, record, span, contracts })
}

/// Whether customers may know of a window: they were told or are about to be, it has begun, or the
/// office tells nobody of that contract, so that planning it is telling of it.
pub(crate) fn is_told(
    office: &Office,
    contract: &str,
    record: &PlanRecord,
    notices: &[NoticeRecord],
    now: Timestamp,
) -> bool {
    record.plan.from <= now
        || notices.iter().any(|notice| notice.confirmed.is_some())
        || office.channels(contract).is_err()
}

/// Whether the customer of a contract may know of a window.
#[must_use]
pub fn is_announced(
    office: &Office,
    window: &WindowView<'_>,
    of: &ContractWindow<'_>,
    now: Timestamp,
) -> bool {
    is_told(office, of.contract.name.as_str(), &window.record, &of.notices, now)
}

/// Channel and instant of everything that was sent.
pub(crate) fn sent(notices: &[NoticeRecord]) -> Vec<(&str, Timestamp)> {
    let each = notices.iter().flat_map(|notice| {
        let channel = notice.draft.channel.as_str();
        let sent = notice.sendings.iter().filter(|it| it.state == SendingState::Sent);
        sent.filter_map(move |it| it.answer.as_ref().map(|(at, _)| (channel, *at)))
    });
    each.collect()
}

/// What logs and persons told the records of a window: channel and instant.
async fn told_by_hand(
    office: &Office,
    contract: &str,
    window: &str,
) -> Result<Vec<(String, Timestamp)>, AppError> {
    let (from, until) = (Timestamp::MAX, Timestamp::MIN);
    let lines = office.store.contract_events(contract, from, until, ["notice"; 3]).await?;
    let mut told = Vec::new();
    for line in lines {
        let event = evidence::read_line(line.as_bytes(), 1).map_err(AppError::records)?;
        if let Some(Event::Notice(notice)) = event
            && notice.of == window
        {
            told.push((notice.channel, notice.sent));
        }
    }
    Ok(told)
}

/// Recurring windows of every contract from now on, by their beginning.
#[must_use]
pub fn recurring(office: &Office, now: Timestamp) -> Vec<Recurring<'_>> {
    let Ok(until) = now.checked_add(RECURRING_AHEAD) else { return Vec::new() };
    let Ok(ahead) = Span::new(now, until) else { return Vec::new() };
    let holidays = HolidayTable::japan();
    let mut all = Vec::new();
    for watched in office.contracts() {
        let contract = &watched.contract;
        let terms = contract.terms_at(now);
        let ground = Ground { terms, zone: &contract.zone, holidays: &holidays };
        for window in desk::windows(&ground, ahead) {
            let Some(promise) = terms.promise(window.promise) else { continue };
            let (span, provisional) = (window.span, window.provisional);
            all.push(Recurring { contract, promise, span, provisional });
        }
    }
    all.sort_by_key(|recurring| recurring.span);
    all
}
