//! The measurements of a day as lines of a log: what stands on an even pace is one line.

use std::collections::{BTreeMap, BTreeSet};

use evidence::{Event, Measurement, Run, RunState};
use jiff::{SignedDuration, Timestamp};
use store::{MeasuredDay, Rewritten};

/// Most changes of state on one line: a line of a log may have 64 KiB.
const LINE_CHANGES_MAX: usize = 4_000;
/// Most bytes of a part of a day; one line may exceed it.
const PART_BYTES_MAX: usize = 256 * 1024;

/// One measurement of a known function and site: when, at which pace, whether up.
pub(crate) type Look = (Timestamp, SignedDuration, bool);

/// What lines hold; lines that hold no measurements are left out.
pub(crate) fn looks(lines: &str) -> BTreeSet<Look> {
    let mut looks = BTreeSet::new();
    for line in lines.lines() {
        match evidence::read_line(line.as_bytes(), 1) {
            Ok(Some(Event::Measurement(one))) => {
                looks.insert((one.at, one.every, one.ok));
            }
            Ok(Some(Event::Run(run))) => looks.extend(each(&run)),
            _ => {}
        }
    }
    looks
}

/// The measurements of a run; what was missed is passed over.
pub(crate) fn each(run: &Run) -> impl Iterator<Item = Look> {
    let mut from = Some(run.from);
    run.states.iter().flat_map(move |(count, state)| {
        let first = from;
        from = first.and_then(|first| after(first, run.every, *count));
        let ok = match state {
            RunState::Up => Some(true),
            RunState::Down => Some(false),
            RunState::Missed => None,
        };
        let count = if ok.is_some() { *count } else { 0 };
        let instants = (0..count).map_while(move |number| after(first?, run.every, number));
        instants.map(move |at| (at, run.every, ok == Some(true)))
    })
}

/// So many paces after an instant; `None` beyond the end of time.
fn after(first: Timestamp, pace: SignedDuration, number: u64) -> Option<Timestamp> {
    let nanos = pace.as_nanos().checked_mul(i128::from(number))?;
    first.checked_add(SignedDuration::try_from_nanos_i128(nanos)?).ok()
}

/// The lines of measurements of a function from a site (`""` when the log names none), in parts of
/// a moderate size.
pub(crate) fn lines(function: &str, site: &str, looks: &BTreeSet<Look>) -> Vec<String> {
    let mut by_pace: BTreeMap<SignedDuration, Vec<(Timestamp, bool)>> = BTreeMap::new();
    for (at, pace, ok) in looks {
        by_pace.entry(*pace).or_default().push((*at, *ok));
    }
    let mut parts = vec![String::new()];
    let mut put = |line: &str| {
        if parts.last().is_some_and(|part| part.len() + line.len() > PART_BYTES_MAX) {
            parts.push(String::new());
        }
        if let Some(part) = parts.last_mut() {
            part.push_str(line);
            part.push('\n');
        }
    };
    for (pace, looks) in by_pace {
        let stretches = looks.chunk_by(|a, b| a.0.checked_add(pace).is_ok_and(|next| next == b.0));
        for stretch in stretches {
            let states: Vec<&[(Timestamp, bool)]> = stretch.chunk_by(|a, b| a.1 == b.1).collect();
            for states in states.chunks(LINE_CHANGES_MAX) {
                put(&evidence::write_event(&event(function, site, pace, states)));
            }
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}

/// Measurements at an even pace as one event; each state is a slice.
fn event(
    function: &str,
    site: &str,
    every: SignedDuration,
    states: &[&[(Timestamp, bool)]],
) -> Event {
    let function = function.to_owned();
    let site = (!site.is_empty()).then(|| site.to_owned());
    let (from, ok) = states[0][0];
    if let [[_]] = states {
        return Event::Measurement(Measurement { function, site, at: from, ok, every });
    }
    let state = |ok| if ok { RunState::Up } else { RunState::Down };
    let states = states.iter().map(|equal| (equal.len() as u64, state(equal[0].1))).collect();
    Event::Run(Run { function, site, from, every, states })
}

/// All measurements that are here or come, each once.
pub(crate) fn join(come: &MeasuredDay, here: &str) -> Rewritten {
    let mut all = looks(here);
    let before = all.len();
    let told = looks(&come.lines);
    let count = told.len();
    all.extend(told);
    let new = all.len() - before;
    rewritten(come, &all, new, count - new)
}

/// The measurements that are here and do not come.
pub(crate) fn without(come: &MeasuredDay, here: &str) -> Rewritten {
    let mut left = looks(here);
    let before = left.len();
    let told = looks(&come.lines);
    left.retain(|look| !told.contains(look));
    let gone = before - left.len();
    rewritten(come, &left, gone, told.len() - gone)
}

fn rewritten(day: &MeasuredDay, all: &BTreeSet<Look>, changed: usize, same: usize) -> Rewritten {
    Rewritten {
        parts: lines(&day.function, &day.site, all),
        total: all.len() as u64,
        changed: changed as u64,
        same: same as u64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(minute: i64, ok: bool) -> Look {
        let at: Timestamp = "2026-11-22T00:00:00Z".parse().expect("an instant");
        (at + SignedDuration::from_mins(minute), SignedDuration::from_mins(1), ok)
    }

    #[test]
    fn an_even_pace_is_one_line() {
        let known: BTreeSet<Look> = [0, 1, 2, 3, 7]
            .map(|minute| look(minute, minute != 2))
            .into_iter()
            .chain([look(7, false)])
            .collect();
        let lines = lines("smtp", "", &known).concat();
        assert_eq!(looks(&lines), known, "{lines}");
        assert_eq!(lines.lines().count(), 3, "a run, and two looks that disagree: {lines}");
    }

    #[test]
    fn what_is_told_again_is_known() {
        let looks = |minutes: std::ops::Range<i64>| minutes.map(|m| look(m, true)).collect();
        let here = lines("smtp", "tokyo", &looks(0..100)).concat();
        let (function, site) = ("smtp".to_owned(), "tokyo".to_owned());
        let lines_to_come = lines("smtp", "tokyo", &looks(90..110)).concat();
        let come = MeasuredDay { day: 20_000, function, site, lines: lines_to_come };
        let joined = join(&come, &here);
        assert_eq!((joined.changed, joined.same, joined.total), (10, 10, 110));
        assert_eq!(joined.parts, lines("smtp", "tokyo", &looks(0..110)));
        let left = without(&come, &here);
        assert_eq!((left.changed, left.same, left.total), (10, 10, 90));
        assert_eq!(left.parts, lines("smtp", "tokyo", &looks(0..90)));
    }

    /// Each second up, then down, then up: more than a line may say; and looks on no pace at all.
    #[test]
    fn a_restless_day_is_many_lines_and_parts() {
        let second = SignedDuration::from_secs(1);
        let (midnight, ..) = look(0, true);
        let even = (0..30_000).map(|n| (midnight + second * n, second, n % 2 == 0));
        let millisecond = SignedDuration::from_millis(1_003);
        let odd = (0..20_000).map(|n| (midnight + millisecond * n, second, true));
        for looks_of_day in [even.collect::<BTreeSet<Look>>(), odd.collect()] {
            let parts = lines("smtp", "", &looks_of_day);
            assert!(parts.iter().all(|part| part.len() <= PART_BYTES_MAX));
            let longest = parts.iter().flat_map(|part| part.lines()).map(str::len).max();
            assert!(longest.is_some_and(|longest| longest <= evidence::LINE_MAX), "{longest:?}");
            assert!(looks(&parts.concat()) == looks_of_day, "nothing is lost");
        }
    }
}
