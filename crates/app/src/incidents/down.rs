//! Which functions of a contract are down now, as far as the evidence tells.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use calendar::Span;
use desk::{Ground, Source, windows};
use evidence::{Evidence, Functions, Observed};
use jiff::{SignedDuration, Timestamp};
use terms::{Function, Name, SitesQuorum};

use crate::contracts::WatchedContract;
use crate::gathered::{glanced, whole_second};
use crate::sightings::Sightings;
use crate::{AppError, Office};

/// How far back measurements are read: an outage that is older is known already.
const BACK: SignedDuration = SignedDuration::from_hours(48);

/// How late, beyond two paces, the newest measurement of a site may be before it is blind.
const LATE_MAX: SignedDuration = SignedDuration::from_secs(60);

/// A function that is down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Down {
    /// Since when.
    pub from: Timestamp,
    /// When it was recognised, as a log tells.
    pub seen: Option<Timestamp>,
    /// Who saw it.
    pub source: Source,
}

/// What is seen of the functions of a contract now.
#[derive(Debug)]
pub struct Seen {
    /// Functions that are down.
    pub down: BTreeMap<Name, Down>,
    /// Functions that may be down: sites that were not heard lately could make up the number.
    unsure: BTreeSet<Name>,
    /// When functions came up again.
    up: BTreeMap<Name, Vec<Timestamp>>,
    /// A maintenance window goes on.
    pub in_window: bool,
}

impl Seen {
    /// Whether a function is down.
    pub fn is_down(&self, function: &Name) -> bool {
        self.down.contains_key(function)
    }

    /// When a function that was down since then came up again; `None` when it did not, or nobody looks.
    pub fn up_after(&self, function: &Name, since: Timestamp) -> Option<Timestamp> {
        if self.is_down(function) || self.unsure.contains(function) {
            return None;
        }
        let ups = self.up.get(function)?;
        ups.iter().copied().filter(|at| *at > since).max()
    }
}

/// Looks at the evidence of a contract. What `sightings` has is not read again.
///
/// # Errors
/// When the records fail.
pub async fn seen(
    office: &Office,
    watched: &Arc<WatchedContract>,
    now: Timestamp,
    sightings: &mut Sightings,
) -> Result<Seen, AppError> {
    let now = whole_second(now);
    let from = now.checked_sub(BACK).unwrap_or(Timestamp::MIN);
    let span = Span::new(from, now).map_err(AppError::records)?;
    let look = move |watched: &WatchedContract, evidence: &Evidence| look(watched, evidence, now);
    glanced(office, watched, span, now, sightings, look).await
}

fn look(watched: &WatchedContract, evidence: &Evidence, now: Timestamp) -> Seen {
    let (mut down, mut up, mut unsure) = (BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
    let services = &watched.contract.terms_at(now).services;
    for function in services.iter().flat_map(|service| &service.functions) {
        let state = state(evidence, watched, function, now);
        if let Some(open) = state.open {
            down.insert(function.name.clone(), open);
        }
        if state.unsure {
            unsure.insert(function.name.clone());
        }
        up.insert(function.name.clone(), state.ended);
    }
    Seen { down, unsure, up, in_window: in_window(watched, evidence, now) }
}

/// How a function stands.
struct State {
    /// Since when it is down, if it is.
    open: Option<Down>,
    /// It may be down: nobody heard enough of its sites lately.
    unsure: bool,
    /// When it came up again.
    ended: Vec<Timestamp>,
}

fn state(
    evidence: &Evidence,
    watched: &WatchedContract,
    function: &Function,
    now: Timestamp,
) -> State {
    let name = function.name.as_str();
    let about = |functions: &Functions| match functions {
        Functions::All => true,
        Functions::One(one) => one == name,
    };
    let told = || evidence.outages.iter().filter(|outage| about(&outage.function));
    let open_told = told().filter(|outage| outage.until.is_none()).min_by_key(|it| it.from);
    let open_told = open_told.map(|it| Down { from: it.from, seen: it.seen, source: Source::Log });
    let mut ended: Vec<Timestamp> = told().filter_map(|outage| outage.until).collect();
    let mut open = open_told;
    let mut unsure = false;
    if evidence.measured.contains_key(name) {
        let ours = watched.measured.iter().any(|measured| measured.function == function.name);
        let source = if ours { Source::Check } else { Source::Log };
        let sites = sites_now(evidence, name, now);
        let needed = match function.sites {
            SitesQuorum::Any => 1,
            SitesQuorum::All => sites.len().max(1),
            SitesQuorum::AtLeast(n) => usize::from(n),
        };
        let mut since: Vec<Timestamp> = sites.iter().filter_map(|site| site.open_since()).collect();
        since.sort();
        // It is down from when the last of as many sites as it takes saw it.
        let measured = needed.checked_sub(1).and_then(|last| since.get(last));
        let measured = measured.map(|from| Down { from: *from, seen: None, source });
        let blind = sites.iter().filter(|site| matches!(site, SiteNow::Blind)).count();
        let missing = needed.saturating_sub(sites.len());
        unsure = measured.is_none() && since.len() + blind + missing >= needed;
        open = [open, measured].into_iter().flatten().min_by_key(|down| down.from);
        let combined = settlement::sites::measured(evidence, function, lately(now));
        ended.extend(combined.iter().flat_map(|state| state.down.iter().map(Span::until)));
    }
    State { open, unsure, ended }
}

/// A site of a function now.
enum SiteNow {
    Down {
        since: Timestamp,
    },
    Up,
    /// It was not heard lately.
    Blind,
}

impl SiteNow {
    fn open_since(&self) -> Option<Timestamp> {
        match self {
            SiteNow::Down { since } => Some(*since),
            SiteNow::Up | SiteNow::Blind => None,
        }
    }
}

/// The sites that look at a function now, each by its newest measurement. A site that brings old ones is
/// blind until it has caught up, so what is long over opens nothing.
fn sites_now(evidence: &Evidence, function: &str, now: Timestamp) -> Vec<SiteNow> {
    let Some(observed) = evidence.measured.get(function) else { return Vec::new() };
    let asked = evidence.sites.get(function);
    let looks = |site: &str| {
        asked.is_none_or(|asked| asked.get(site).is_some_and(|spans| spans.contains(now)))
    };
    let state = |site: &Observed| {
        let known = site.known.iter().next_back()?.until();
        let pace = site.paces.last().map_or(SignedDuration::ZERO, |(_, pace)| *pace);
        if is_late(known, pace, now) {
            return None;
        }
        let down = site.down.last().filter(|last| last.span.until() >= known);
        Some(down.map_or(SiteNow::Up, |last| SiteNow::Down { since: last.span.from() }))
    };
    let sites = observed.iter().filter(|(site, _)| looks(site));
    sites.map(|(_, site)| state(site).unwrap_or(SiteNow::Blind)).collect()
}

/// Whether a site that looks at such a pace, last at that instant, was not heard for too long.
pub(super) fn is_late(last: Timestamp, pace: SignedDuration, now: Timestamp) -> bool {
    now.duration_since(last) > pace.saturating_mul(2).saturating_add(LATE_MAX)
}

fn lately(now: Timestamp) -> Span {
    let from = now.checked_sub(BACK).unwrap_or(Timestamp::MIN);
    Span::new(from, now).unwrap_or_else(|_| unreachable!("it goes back"))
}

/// Whether planned maintenance goes on: people know of what is down then.
fn in_window(watched: &WatchedContract, evidence: &Evidence, now: Timestamp) -> bool {
    if evidence.windows.iter().any(|window| window.span.contains(now)) {
        return true;
    }
    let holidays = calendar::HolidayTable::japan();
    let contract = &watched.contract;
    let terms = contract.terms_at(now);
    let ground = Ground { terms, zone: &contract.zone, holidays: &holidays };
    let Ok(next) = now.checked_add(SignedDuration::from_secs(1)) else { return false };
    Span::new(now, next).is_ok_and(|span| !windows(&ground, span).is_empty())
}
