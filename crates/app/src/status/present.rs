//! How functions are now, by the evidence of the last two days.

use std::collections::BTreeMap;
use std::sync::Arc;

use calendar::{HolidayTable, Span};
use desk::Ground;
use evidence::Evidence;
use jiff::{SignedDuration, Timestamp};
use settlement::function_state;
use terms::{Function, Name};

use super::Condition;
use crate::board::{Term, term};
use crate::contracts::WatchedContract;
use crate::gathered::{glanced, whole_second};
use crate::sightings::Sightings;
use crate::{AppError, Office};

/// How far back is looked; what is older says since when, not whether.
const BACK: SignedDuration = SignedDuration::from_hours(48);
/// A measurement is in the records that long after it at the latest.
const RECORDED_WITHIN: SignedDuration = SignedDuration::from_mins(2);

/// How each function of a contract is, and since when if that was in the last two days.
pub type Present = BTreeMap<Name, (Condition, Option<Timestamp>)>;

/// Looks at a contract. Functions of one that does not run are unknown.
///
/// # Errors
/// When the records fail.
pub async fn present(
    office: &Office,
    watched: &Arc<WatchedContract>,
    now: Timestamp,
    seen: &mut Sightings,
) -> Result<Present, AppError> {
    let now = whole_second(now);
    if term(&watched.contract, now) != Term::Runs {
        return Ok(Present::new());
    }
    let from = now.checked_sub(BACK).unwrap_or(Timestamp::MIN);
    let span = Span::new(from, now).map_err(AppError::records)?;
    let look = move |watched: &WatchedContract, evidence: &Evidence| look(watched, evidence, span);
    glanced(office, watched, span, now, seen, look).await
}

fn look(watched: &WatchedContract, evidence: &Evidence, span: Span) -> Present {
    let services = &watched.contract.terms_at(span.until()).services;
    let window = window_since(watched, evidence, span.until());
    let functions = services.iter().flat_map(|service| &service.functions);
    let each = functions.map(|function| {
        let (condition, since) = condition(evidence, function, span);
        let now = match window {
            Some(began) => (Condition::Maintenance, Some(began)),
            None => (condition, since),
        };
        (function.name.clone(), now)
    });
    each.collect()
}

/// How a function is at the end of a span. A measurement speaks for the time until the next one is
/// due and recorded, so the newest one counts that long.
fn condition(
    evidence: &Evidence,
    function: &Function,
    span: Span,
) -> (Condition, Option<Timestamp>) {
    let newest = newest(evidence, function, span);
    let at = newest.unwrap_or(span.until());
    let state = function_state(evidence, function, span, at);
    let just = at.checked_sub(SignedDuration::from_nanos(1)).unwrap_or(at);
    // What began before is known to have begun before, not when.
    let since = |of: Option<Span>| of.map(Span::from).filter(|from| *from > span.from());
    if let Some(down) = state.down.iter().find(|down| down.contains(just)) {
        return (Condition::Down, since(Some(down)));
    }
    if newest.is_none() || state.unknown.contains(just) {
        return (Condition::Unknown, since(state.unknown.iter().find(|it| it.contains(just))));
    }
    let not_up = state.down.union(&state.unknown);
    let came_up = not_up.iter().next_back().map(Span::until);
    (Condition::Up, came_up.filter(|at| *at > span.from()))
}

/// The instant that the newest measurements speak of; now, when nobody measures it, and `None` when
/// there were measurements and the newest are too old.
fn newest(evidence: &Evidence, function: &Function, span: Span) -> Option<Timestamp> {
    let Some(sites) = evidence.measured.get(function.name.as_str()) else {
        return Some(span.until());
    };
    let each = sites.values().filter_map(|site| {
        let known = site.known.iter().next_back()?.until();
        let pace = site.slowest_in(span).unwrap_or_default();
        let patience = pace.saturating_mul(2).saturating_add(RECORDED_WITHIN);
        let speaks_until = known.checked_add(patience).unwrap_or(Timestamp::MAX);
        (speaks_until >= span.until()).then(|| known.min(span.until()))
    });
    each.min()
}

/// Since when planned or recurring maintenance goes on.
fn window_since(
    watched: &WatchedContract,
    evidence: &Evidence,
    now: Timestamp,
) -> Option<Timestamp> {
    let planned = evidence.windows.iter().map(|window| window.span);
    let holidays = HolidayTable::japan();
    let contract = &watched.contract;
    let ground =
        Ground { terms: contract.terms_at(now), zone: &contract.zone, holidays: &holidays };
    let next = now.checked_add(SignedDuration::from_secs(1)).ok()?;
    let recurring = Span::new(now, next).map(|span| desk::windows(&ground, span));
    let recurring = recurring.into_iter().flatten().map(|window| window.span);
    planned.chain(recurring).filter(|span| span.contains(now)).map(Span::from).min()
}
