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

#[cfg(test)]
mod tests {
    use evidence::Gatherer;

    use super::*;

    fn at(time: &str) -> Timestamp {
        format!("2026-11-22T{time}+09:00").parse().expect("an instant")
    }

    fn watched() -> WatchedContract {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../contracts/cyber-solutions.toml");
        let text = std::fs::read_to_string(path).expect("a contract");
        let nothing = |_: &str| Err("not needed".to_owned());
        let contract = terms::read(path, &text, &nothing).expect("a sound contract").contract;
        WatchedContract { contract, measured: Vec::new() }
    }

    /// How `web` is at noon by this log, and since when.
    fn seen(log: &[&str]) -> (&'static str, Option<Timestamp>) {
        let now = at("12:00:00");
        let mut gatherer = Gatherer::new(Some(now));
        for line in log {
            let event = evidence::read_line(line.as_bytes(), 1).expect("a sound line");
            gatherer.add(event.expect("an event")).expect("room");
        }
        let span = Span::new(at("00:00:00"), now).expect("forwards");
        let present = look(&watched(), &gatherer.finish(), span);
        let (condition, since) = present[&"web".parse::<Name>().expect("a name")];
        (condition.word(), since)
    }

    #[test]
    fn how_a_function_is_now() {
        const RUN: &str = r#"{"kind":"run","function":"web","from":"2026-11-22T11:00:00+09:00","#;
        let run = |states: &str| format!("{RUN}\"every\":\"60s\",\"states\":\"{states}\"}}");
        let outage = |until: &str| {
            let from = r#"{"kind":"outage","function":"web","from":"2026-11-22T10:00:00+09:00""#;
            format!("{from}{until}}}")
        };
        let window = r#"{"kind":"window","id":"m","from":"2026-11-22T11:30:00+09:00","until":"2026-11-22T13:00:00+09:00"}"#;
        let over = r#"{"kind":"window","id":"m","from":"2026-11-22T10:30:00+09:00","until":"2026-11-22T11:00:00+09:00"}"#;
        let cases: [(Vec<String>, &str, Option<&str>); 9] = [
            // Measured up to now.
            (vec![run("60u")], "up", Some("11:00:00")),
            (vec![run("50u 10d")], "down", Some("11:50:00")),
            (vec![run("40u 10d 10u")], "up", Some("11:50:00")),
            // The newest measurement is not in the records yet; four minutes are patience enough.
            (vec![run("57u")], "up", Some("11:00:00")),
            (vec![run("40u")], "unknown", Some("11:40:00")),
            // Told by a log.
            (vec![outage("")], "down", Some("10:00:00")),
            (vec![outage(",\"until\":\"2026-11-22T10:30:00+09:00\"")], "up", Some("10:30:00")),
            // A window that runs is what people want to know.
            (vec![run("50u 10d"), window.to_owned()], "maintenance", Some("11:30:00")),
            (vec![run("60u"), over.to_owned()], "up", Some("11:00:00")),
        ];
        for (log, condition, since) in cases {
            let lines: Vec<&str> = log.iter().map(String::as_str).collect();
            assert_eq!(seen(&lines), (condition, since.map(at)), "{log:?}");
        }
    }
}
