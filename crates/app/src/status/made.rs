//! What was made last of each page: one computation serves all visitors.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use terms::{Name, Text};

use super::news::{self, Names};
use super::past::{self, Past};
use super::present::{self, Present};
use super::{
    Condition, FunctionStatus, INCIDENTS_MAX, PageContracts, Shown, Status, StatusPage, WINDOWS_MAX,
};
use crate::contracts::WatchedContract;
use crate::sightings::Sightings;
use crate::{AppError, Office};

/// How long a page serves again. The timer makes it anew before.
pub const KEPT: SignedDuration = SignedDuration::from_secs(30);
/// How long figures and days serve while no function changes.
const PAST_KEPT: SignedDuration = SignedDuration::from_mins(5);

/// What was made last.
#[derive(Default)]
pub(crate) struct Statuses {
    /// By page. Never held while something is made.
    newest: Mutex<HashMap<String, Arc<Status>>>,
    /// One page is made at a time.
    making: tokio::sync::Mutex<HashMap<String, KeptPast>>,
}

struct KeptPast {
    past: Past,
    present: Present,
    at: Timestamp,
    changes: u64,
}

impl Statuses {
    fn fresh(&self, page: &str, now: Timestamp) -> Option<Arc<Status>> {
        // A panic elsewhere cannot leave it half-changed: each change is one insert.
        let newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        let status = newest.get(page)?;
        (now.duration_since(status.at).abs() < KEPT).then(|| Arc::clone(status))
    }

    fn keep(&self, status: &Arc<Status>) {
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        newest.insert(status.page.name.clone(), Arc::clone(status));
    }
}

/// What a page says now; `None` when there is no such page. One that was made within [`KEPT`] serves
/// again.
///
/// # Errors
/// When the records fail.
pub async fn status(
    office: &Office,
    page: &str,
    now: Timestamp,
) -> Result<Option<Arc<Status>>, AppError> {
    if let Some(fresh) = office.statuses.fresh(page, now) {
        return Ok(Some(fresh));
    }
    let Some(page) = office.status_pages.iter().find(|known| known.name == page) else {
        return Ok(None);
    };
    let mut pasts = office.statuses.making.lock().await;
    // Somebody else may have made it while we waited.
    if let Some(fresh) = office.statuses.fresh(&page.name, now) {
        return Ok(Some(fresh));
    }
    Ok(Some(make_and_keep(office, page, &mut pasts, now).await?))
}

/// Makes every page anew, in the order of the configuration. For the timer.
///
/// # Errors
/// When the records fail.
pub async fn refresh(office: &Office, now: Timestamp) -> Result<Vec<Arc<Status>>, AppError> {
    let mut made = Vec::new();
    for page in &office.status_pages {
        let mut pasts = office.statuses.making.lock().await;
        made.push(make_and_keep(office, page, &mut pasts, now).await?);
    }
    Ok(made)
}

async fn make_and_keep(
    office: &Office,
    page: &Arc<StatusPage>,
    pasts: &mut HashMap<String, KeptPast>,
    now: Timestamp,
) -> Result<Arc<Status>, AppError> {
    let status = Arc::new(make(office, page, pasts, now).await?);
    office.statuses.keep(&status);
    Ok(status)
}

async fn make(
    office: &Office,
    page: &Arc<StatusPage>,
    pasts: &mut HashMap<String, KeptPast>,
    now: Timestamp,
) -> Result<Status, AppError> {
    let mut status = Status {
        page: Arc::clone(page),
        at: crate::gathered::whole_second(now),
        zone: jiff::tz::TimeZone::UTC,
        functions: Vec::new(),
        figures: Vec::new(),
        windows: Vec::new(),
        incidents: Vec::new(),
        changed: None,
        is_partial: false,
    };
    let names = page.contracts.names(office);
    let (shown, is_cut) = shown(office, page, &names, now);
    // One that is named and not there, or more than are shown.
    status.is_partial = is_cut
        || shown.len() < page.shown.len()
        || (page.contracts == PageContracts::Every && names.len() < office.contracts().len());
    let mut zone = None;
    let (mut near, mut far) = (Sightings::default(), Sightings::default());
    for name in &names {
        let Ok(watched) = office.shared_contract(name) else {
            status.is_partial = true;
            continue;
        };
        zone.get_or_insert_with(|| watched.contract.zone.clone());
        let present = match present::present(office, &watched, now, &mut near).await {
            Err(AppError::Refused(_)) => {
                status.is_partial = true;
                Present::new()
            }
            other => other?,
        };
        let past = match past_of(office, &watched, &present, pasts, now, &mut far).await {
            Err(AppError::Refused(_)) => {
                status.is_partial = true;
                Past::default()
            }
            other => other?,
        };
        let own: Vec<&Shown> = shown.iter().filter(|it| it.contract == *name).collect();
        add(&mut status, &watched, &own, &present, &past);
        let names: Names = own.iter().map(|it| (it.function.clone(), it.title.clone())).collect();
        let contract = &watched.contract;
        status.incidents.extend(news::incidents(office, contract, &names, now).await?);
        for window in news::coming(office, contract, now).await? {
            // One window may concern several contracts of the page.
            if !status.windows.iter().any(|known| known.id == window.id) {
                status.windows.push(window);
            }
        }
    }
    put_in_order(&mut status, &shown);
    status.zone = zone.unwrap_or(status.zone);
    Ok(status)
}

fn put_in_order(status: &mut Status, shown: &[Shown]) {
    let place = |it: &FunctionStatus| {
        shown.iter().position(|s| s.contract == it.contract && s.function == it.function)
    };
    status.functions.sort_by_key(place);
    status.windows.sort_by_key(|window| window.span);
    status.windows.truncate(WINDOWS_MAX);
    let is_over = |it: &super::ShownIncident| it.until.is_some();
    status.incidents.sort_by_key(|it| (is_over(it), std::cmp::Reverse((it.from, it.id))));
    status.incidents.truncate(INCIDENTS_MAX);
}

/// Adds what is shown of a contract.
fn add(
    status: &mut Status,
    watched: &WatchedContract,
    shown: &[&Shown],
    present: &Present,
    past: &Past,
) {
    for it in shown {
        let (condition, since) =
            present.get(&it.function).copied().unwrap_or((Condition::Unknown, None));
        let (days, changed) = past.functions.get(&it.function).cloned().unwrap_or_default();
        let since = since.or(changed.filter(|_| condition == Condition::Up));
        let is_news = matches!(condition, Condition::Up | Condition::Down);
        status.changed = status.changed.max(changed).max(since.filter(|_| is_news));
        status.functions.push(FunctionStatus {
            contract: it.contract.clone(),
            function: it.function.clone(),
            title: it.title.clone(),
            condition,
            since,
            days,
        });
    }
    let services = &watched.contract.terms_at(status.at).services;
    let is_shown = |name: &Name| shown.iter().any(|it| it.function == *name);
    let figures = services.iter().filter_map(|service| {
        let any = service.functions.iter().any(|function| is_shown(&function.name));
        past.figures.get(&service.name).filter(|_| any).cloned()
    });
    status.figures.extend(figures);
}

/// What a page shows: what it names of what is there, or everything that its contracts have now, and
/// whether that was too much.
fn shown(
    office: &Office,
    page: &StatusPage,
    contracts: &[String],
    now: Timestamp,
) -> (Vec<Shown>, bool) {
    if !page.shown.is_empty() {
        let is_there = |it: &&Shown| {
            let watched = office.contract(&it.contract);
            watched.is_ok_and(|watched| watched.functions().contains(&it.function))
        };
        return (page.shown.iter().filter(is_there).cloned().collect(), false);
    }
    let mut shown = Vec::new();
    let mut titles: BTreeMap<String, Text> = BTreeMap::new();
    for name in contracts {
        let Ok(watched) = office.contract(name) else { continue };
        titles.insert(name.clone(), watched.contract.title.clone());
        let services = &watched.contract.terms_at(now).services;
        for function in services.iter().flat_map(|service| &service.functions) {
            shown.push(Shown {
                contract: name.clone(),
                function: function.name.clone(),
                title: function.title.clone(),
            });
        }
    }
    let is_cut = shown.len() > super::FUNCTIONS_MAX;
    shown.truncate(super::FUNCTIONS_MAX);
    tell_apart(&mut shown, &titles);
    (shown, is_cut)
}

/// Puts the title of the contract before each function that is called as one of another contract is.
fn tell_apart(shown: &mut [Shown], titles: &BTreeMap<String, Text>) {
    let same = |it: &Shown, other: &Shown| {
        it.contract != other.contract
            && (it.title.ja == other.title.ja || it.title.en == other.title.en)
    };
    let doubled: Vec<bool> =
        shown.iter().map(|it| shown.iter().any(|other| same(it, other))).collect();
    for (it, is_doubled) in shown.iter_mut().zip(doubled) {
        if let (true, Some(of)) = (is_doubled, titles.get(&it.contract)) {
            it.title = Text {
                ja: format!("{}：{}", of.ja, it.title.ja),
                en: format!("{}: {}", of.en, it.title.en),
            };
        }
    }
}

/// The past of a contract, judged anew when a function changed, evidence came in, or it is old.
async fn past_of(
    office: &Office,
    watched: &Arc<WatchedContract>,
    present: &Present,
    pasts: &mut HashMap<String, KeptPast>,
    now: Timestamp,
    seen: &mut Sightings,
) -> Result<Past, AppError> {
    let (name, changes) = (watched.contract.name.to_string(), office.boards.changes());
    if let Some(kept) = pasts.get(&name)
        && kept.changes == changes
        && kept.present == *present
        && now.duration_since(kept.at).abs() < PAST_KEPT
    {
        return Ok(kept.past.clone());
    }
    let past = past::past(office, watched, now, seen).await?;
    let kept = KeptPast { past: past.clone(), present: present.clone(), at: now, changes };
    pasts.insert(name, kept);
    Ok(past)
}
