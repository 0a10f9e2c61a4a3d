//! Which functions of a contract are down now, as far as the evidence tells.

use std::collections::BTreeMap;
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
        if self.is_down(function) {
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
    let (mut down, mut up) = (BTreeMap::new(), BTreeMap::new());
    let services = &watched.contract.terms_at(now).services;
    for function in services.iter().flat_map(|service| &service.functions) {
        let (open, ended) = state(evidence, watched, function);
        if let Some(open) = open {
            down.insert(function.name.clone(), open);
        }
        up.insert(function.name.clone(), ended);
    }
    Seen { down, up, in_window: in_window(watched, evidence, now) }
}

/// Since when a function is down, if it is, and when it came up again.
fn state(
    evidence: &Evidence,
    watched: &WatchedContract,
    function: &Function,
) -> (Option<Down>, Vec<Timestamp>) {
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
    if let Some(sites) = evidence.measured.get(name) {
        let ours = watched.measured.iter().any(|measured| measured.function == function.name);
        let source = if ours { Source::Check } else { Source::Log };
        let needed = match function.sites {
            SitesQuorum::Any => 1,
            SitesQuorum::All => sites.len(),
            SitesQuorum::AtLeast(n) => usize::from(n),
        };
        let mut since: Vec<Timestamp> = sites.values().filter_map(open_since).collect();
        since.sort();
        // It is down from when the last of as many sites as it takes saw it.
        let measured = needed.checked_sub(1).and_then(|last| since.get(last));
        let measured = measured.map(|from| Down { from: *from, seen: None, source });
        open = [open, measured].into_iter().flatten().min_by_key(|down| down.from);
        ended
            .extend(sites.values().flat_map(|site| site.down.iter().map(|seen| seen.span.until())));
    }
    (open, ended)
}

/// Since when a site sees it down: its newest measurement did.
fn open_since(site: &Observed) -> Option<Timestamp> {
    let last = site.down.last()?;
    let known = site.known.iter().next_back()?.until();
    (last.span.until() >= known).then(|| last.span.from())
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
