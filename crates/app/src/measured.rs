//! The measurements of a day as lines of a log: what stands on an even pace is one line.

use std::collections::{BTreeMap, BTreeSet};

use evidence::{Event, Measurement, Run, RunState};
use jiff::{SignedDuration, Timestamp};
use store::{Joined, MeasuredDay};

/// Most measurements of a function from a site on one day; at a pace of one second there are
/// 86,400.
const DAY_MAX: usize = 200_000;

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

/// The measurements of a run, up to [`DAY_MAX`].
fn each(run: &Run) -> Vec<Look> {
    let mut looks = Vec::new();
    let mut at = run.from;
    for (count, state) in &run.states {
        for _ in 0..*count {
            let ok = match state {
                RunState::Up => Some(true),
                RunState::Down => Some(false),
                RunState::Missed => None,
            };
            looks.extend(ok.map(|ok| (at, run.every, ok)));
            let Ok(next) = at.checked_add(run.every) else { return looks };
            at = next;
            if looks.len() >= DAY_MAX {
                return looks;
            }
        }
    }
    looks
}

/// The lines of measurements of a function from a site; `""` when the log names none.
pub(crate) fn lines(function: &str, site: &str, looks: &BTreeSet<Look>) -> String {
    let mut by_pace: BTreeMap<SignedDuration, Vec<(Timestamp, bool)>> = BTreeMap::new();
    for (at, pace, ok) in looks {
        by_pace.entry(*pace).or_default().push((*at, *ok));
    }
    let mut lines = String::new();
    for (pace, looks) in by_pace {
        let stretches = looks.chunk_by(|a, b| a.0.checked_add(pace).is_ok_and(|next| next == b.0));
        for stretch in stretches {
            lines.push_str(&evidence::write_event(&event(function, site, pace, stretch)));
            lines.push('\n');
        }
    }
    lines
}

/// Measurements at an even pace as one event.
fn event(function: &str, site: &str, every: SignedDuration, looks: &[(Timestamp, bool)]) -> Event {
    let function = function.to_owned();
    let site = (!site.is_empty()).then(|| site.to_owned());
    let (from, ok) = looks[0];
    if looks.len() == 1 {
        return Event::Measurement(Measurement { function, site, at: from, ok, every });
    }
    let state = |ok| if ok { RunState::Up } else { RunState::Down };
    let equal = looks.chunk_by(|a, b| a.1 == b.1);
    let states = equal.map(|chunk| (chunk.len() as u64, state(chunk[0].1))).collect();
    Event::Run(Run { function, site, from, every, states })
}

/// All measurements that are here or come, each once.
pub(crate) fn join(come: &MeasuredDay, here: &str) -> Joined {
    let mut all = looks(here);
    let before = all.len() as u64;
    let told = looks(&come.lines);
    let count = told.len() as u64;
    all.extend(told);
    let new = all.len() as u64 - before;
    Joined { lines: lines(&come.function, &come.site, &all), new, known: count - new }
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
        let lines = lines("smtp", "", &known);
        assert_eq!(looks(&lines), known, "{lines}");
        assert_eq!(lines.lines().count(), 3, "a run, and two looks that disagree: {lines}");
    }

    #[test]
    fn what_is_told_again_is_known() {
        let looks = |minutes: std::ops::Range<i64>| minutes.map(|m| look(m, true)).collect();
        let here = lines("smtp", "tokyo", &looks(0..100));
        let (function, site) = ("smtp".to_owned(), "tokyo".to_owned());
        let lines_to_come = lines("smtp", "tokyo", &looks(90..110));
        let come = MeasuredDay { day: 20_000, function, site, lines: lines_to_come };
        let joined = join(&come, &here);
        assert_eq!((joined.new, joined.known), (10, 10));
        assert_eq!(joined.lines, lines("smtp", "tokyo", &looks(0..110)));
    }
}
