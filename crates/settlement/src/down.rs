//! When a service was down, surely and possibly, from what is known of its functions.

use std::collections::BTreeMap;

use calendar::{Span, Spans};
use evidence::{Evidence, Functions};
use jiff::{SignedDuration, Timestamp};
use terms::{Combine, Function};

use crate::sites::{FunctionState, measured};

/// The state of a service over all time: down surely, and down if every unknown instant was down.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ServiceState {
    pub surely: Spans,
    pub possibly: Spans,
}

impl ServiceState {
    /// Both together.
    pub(crate) fn union(&self, other: &ServiceState) -> ServiceState {
        let surely = self.surely.union(&other.surely);
        ServiceState { possibly: self.possibly.union(&other.possibly), surely }
    }
}

/// How far the evidence is looked at: an outage without an end is counted to `horizon.until()`, and
/// what was not measured is unknown only inside it and before `unknown_until`.
pub fn function_state(
    evidence: &Evidence,
    function: &Function,
    horizon: Span,
    unknown_until: Timestamp,
) -> FunctionState {
    let name = function.name.as_str();
    let until = unknown_until.min(horizon.until()).max(horizon.from());
    let looked_at = Span::new(horizon.from(), until).unwrap_or(horizon);
    let mut state = measured(evidence, function, looked_at).unwrap_or_default();
    let told = evidence.outages.iter().filter(|outage| is_about(&outage.function, name));
    let told: Spans =
        told.filter_map(|outage| told_span(outage.from, outage.until, horizon)).collect();
    let blind = evidence.blind.iter().filter(|blind| blind.site.is_none());
    let blind = blind.filter(|blind| is_about(&blind.function, name));
    let blind: Spans = blind.map(|blind| blind.span).collect();
    state.down = state.down.union(&told);
    // Down that was seen is down, even where somebody else was blind.
    state.unknown = state.unknown.union(&blind.clip(horizon)).minus(&state.down);
    state
}

fn is_about(functions: &Functions, name: &str) -> bool {
    match functions {
        Functions::All => true,
        Functions::One(one) => one == name,
    }
}

fn told_span(from: Timestamp, until: Option<Timestamp>, horizon: Span) -> Option<Span> {
    Span::new(from, until.unwrap_or_else(|| horizon.until().max(from))).ok()
}

/// The state of the service from that of its functions.
pub(crate) fn combine(states: &[FunctionState], rule: Combine) -> ServiceState {
    let needed = match rule {
        Combine::Any => 1,
        Combine::All => states.len(),
        Combine::AtLeast(n) => usize::from(n),
    };
    if states.is_empty() {
        return ServiceState::default();
    }
    let down: Vec<Spans> = states.iter().map(|state| state.down.clone()).collect();
    let maybe: Vec<Spans> = states.iter().map(|state| state.down.union(&state.unknown)).collect();
    let (surely, possibly) = at_least(needed, &down, &maybe);
    ServiceState { surely, possibly }
}

fn at_least(needed: usize, down: &[Spans], maybe: &[Spans]) -> (Spans, Spans) {
    let count = |sets: &[Spans]| Spans::at_least(needed, &sets.iter().collect::<Vec<_>>());
    (count(down), count(maybe))
}

/// The true length of an outage lies between these, when measurements found it: the bounds of the one
/// run of failed measurements that it is. `None` when it was told, or put together from several.
pub(crate) fn sampled_bounds(
    evidence: &Evidence,
    functions: &[&Function],
    outage: Span,
) -> Option<(SignedDuration, SignedDuration)> {
    let sites =
        functions.iter().filter_map(|function| evidence.measured.get(function.name.as_str()));
    let mut seen = sites.flat_map(BTreeMap::values).flat_map(|site| {
        let from = site.down.partition_point(|seen| seen.span.until() <= outage.from());
        site.down[from..].iter().take_while(|seen| seen.span.from() < outage.until())
    });
    let first = seen.next()?;
    let alone = seen.next().is_none() && first.span == outage;
    alone.then_some((first.at_least, first.at_most))
}
