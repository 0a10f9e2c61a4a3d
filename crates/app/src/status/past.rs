//! What the last months came to: a bar for each day of each function, and the figures of this month.

use std::collections::BTreeMap;
use std::sync::Arc;

use calendar::{HolidayTable, Month, Span, Spans, day_span};
use evidence::Evidence;
use jiff::Timestamp;
use settlement::{FunctionState, Question, function_state, settle};
use terms::{Contract, Function, Name};

use super::{DAYS, Day, MonthFigure};
use crate::contracts::WatchedContract;
use crate::gathered::{judged, whole_second};
use crate::sightings::Sightings;
use crate::{AppError, Office};

/// What a contract's last months came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Past {
    /// Days and the last change of each function.
    pub functions: BTreeMap<Name, (Vec<Day>, Option<Timestamp>)>,
    /// This month of each service.
    pub figures: BTreeMap<Name, MonthFigure>,
}

/// Judges the last [`DAYS`] days of a contract, today among them.
///
/// # Errors
/// When the records fail, or the evidence is too much to be judged.
pub async fn past(
    office: &Office,
    watched: &Arc<WatchedContract>,
    now: Timestamp,
    seen: &mut Sightings,
) -> Result<Past, AppError> {
    let now = whole_second(now);
    let Some(span) = span(&watched.contract, now) else { return Ok(Past::default()) };
    let judge = move |watched: &WatchedContract, evidence: &Evidence| {
        read(&watched.contract, evidence, span, now)
    };
    judged(office, watched, span, now, seen, judge).await
}

/// The days that are shown, up to now.
fn span(contract: &Contract, now: Timestamp) -> Option<Span> {
    let today = now.to_zoned(contract.zone.clone()).date();
    let first = today.checked_sub(jiff::ToSpan::days(DAYS - 1)).ok()?;
    Span::new(day_span(first, &contract.zone).from(), now).ok()
}

fn read(contract: &Contract, evidence: &Evidence, span: Span, now: Timestamp) -> Past {
    let services = &contract.terms_at(now).services;
    let functions = services.iter().flat_map(|service| &service.functions);
    let functions = functions
        .map(|function| (function.name.clone(), history(contract, evidence, function, span)));
    let month = Month::of(now, &contract.zone);
    let holidays = HolidayTable::japan();
    let figure = |service: &terms::Service| {
        let (service_name, as_of) = (&service.name, Some(now));
        let holidays = &holidays;
        let question =
            Question { contract, service: service_name, month, as_of, fees: None, holidays };
        let statement = settle(&question, evidence);
        let figure = MonthFigure {
            title: service.title.clone(),
            month,
            net: statement.net,
            lower: statement.lower,
            target: statement.target(),
        };
        (service.name.clone(), figure)
    };
    let with_functions = services.iter().filter(|service| !service.functions.is_empty());
    Past { functions: functions.collect(), figures: with_functions.map(figure).collect() }
}

/// The days of a function, and when it last went down or came up.
fn history(
    contract: &Contract,
    evidence: &Evidence,
    function: &Function,
    span: Span,
) -> (Vec<Day>, Option<Timestamp>) {
    let known = evidence.measured.get(function.name.as_str()).into_iter().flat_map(|sites| {
        sites.values().filter_map(|site| Some(site.known.iter().next_back()?.until()))
    });
    // What the newest measurement does not speak of yet is not unknown; `present` tells of now.
    let judged_until = known.max().map_or(span.until(), |known| known.min(span.until()));
    let state = function_state(evidence, function, span, judged_until);
    let covered = covered(contract, span);
    let mut days = Vec::new();
    let mut date = span.from().to_zoned(contract.zone.clone()).date();
    while let Some(part) = day_span(date, &contract.zone).intersect(span) {
        if part.is_empty() {
            break;
        }
        days.push(day(date, part, &state, &covered));
        let Ok(next) = date.tomorrow() else { break };
        date = next;
    }
    let ends = state.down.clip(span);
    let changes = ends.iter().flat_map(|down| [down.from(), down.until()]);
    let changed = changes.filter(|at| *at > span.from() && *at < span.until()).max();
    (days, changed)
}

fn day(date: jiff::civil::Date, part: Span, state: &FunctionState, covered: &Spans) -> Day {
    let within = covered.clip(part);
    let time = |spans: &Spans| spans.clip(part).intersect(&within).total();
    Day { date, down: time(&state.down), unknown: time(&state.unknown), whole: within.total() }
}

/// The time under contract.
fn covered(contract: &Contract, span: Span) -> Spans {
    let from = day_span(contract.start, &contract.zone).from();
    let end = contract.end.map(|end| day_span(end, &contract.zone).until());
    let term = Span::new(from, end.unwrap_or(Timestamp::MAX).max(from));
    term.into_iter().collect::<Spans>().clip(span)
}
