//! Our own measurements: read once for all contracts, and told as a log would tell them.

use std::sync::Arc;

use calendar::Span;
use evidence::{Blind, Event, Functions, Measurement, Run, RunState};
use jiff::{SignedDuration, Timestamp};
use store::{Answer, CheckSite, Observation};
use terms::{Name, UpWhen};

use crate::{AppError, Office};

/// Our own measurements, read once for all contracts that are looked at together.
#[derive(Default)]
pub(crate) struct Sightings {
    runs: Option<(Span, Arc<Vec<Observation>>)>,
    sites: Option<Arc<Vec<CheckSite>>>,
}

impl Sightings {
    /// The runs of all probes in a span, and some more.
    pub(crate) async fn over(
        &mut self,
        office: &Office,
        span: Span,
    ) -> Result<Arc<Vec<Observation>>, AppError> {
        let mut wanted = span;
        if let Some((known, runs)) = &self.runs {
            if known.intersect(span) == Some(span) {
                return Ok(Arc::clone(runs));
            }
            let (from, until) = (known.from().min(span.from()), known.until().max(span.until()));
            wanted = Span::new(from, until).unwrap_or(span);
        }
        let runs = Arc::new(office.store.observations(wanted.from(), wanted.until()).await?);
        self.runs = Some((wanted, Arc::clone(&runs)));
        Ok(runs)
    }

    /// When each check was to be looked at from where, by check.
    pub(crate) async fn sites(&mut self, office: &Office) -> Result<Arc<Vec<CheckSite>>, AppError> {
        if let Some(sites) = &self.sites {
            return Ok(Arc::clone(sites));
        }
        let sites = Arc::new(office.store.check_sites().await?);
        self.sites = Some(Arc::clone(&sites));
        Ok(sites)
    }
}

/// A run of ours as a log would tell it. We know how many measurements it had and that none was
/// late by more than a pace, not when each was: they are put on an even pace from the first one,
/// and the last one where it was. What an answer is worth, the version says that is in force at its
/// instant; `revisions` are the instants at which versions begin, in order. What was unseen is a blind
/// span of the site.
pub(crate) fn events(
    run: &Observation,
    (function, site): (&Name, &str),
    revisions: &[Timestamp],
    up_when: impl Fn(Timestamp) -> UpWhen,
) -> Vec<Event> {
    let (function, site) = (function.to_string(), Some(site.to_owned()));
    if run.answer == Answer::Unseen {
        let until = run.last.checked_add(run.pace).unwrap_or(Timestamp::MAX);
        let blind = |span| Event::Blind(Blind { function: Functions::One(function), site, span });
        return Span::new(run.first, until).map(blind).into_iter().collect();
    }
    let is_up = |at| match up_when(at) {
        UpWhen::Answered => run.answer != Answer::Silent,
        UpWhen::Succeeded => run.answer == Answer::Good,
    };
    let pace = run.pace.as_secs().max(1);
    let length = run.last.duration_since(run.first);
    let count = length.as_secs() / pace + 1;
    let mut states: Vec<(u64, RunState)> = Vec::new();
    let mut begin = 0_i64;
    let ends = revisions.iter().map(|revision| before(run.first, pace, *revision));
    for end in ends.filter(|end| (1..count).contains(end)).chain([count]) {
        let after = SignedDuration::from_secs(begin.saturating_mul(pace));
        let at = run.first.saturating_add(after).unwrap_or(Timestamp::MAX);
        let state = if is_up(at) { RunState::Up } else { RunState::Down };
        let more = (end - begin).unsigned_abs();
        match states.last_mut() {
            Some((count, last)) if *last == state => *count += more,
            _ if more > 0 => states.push((more, state)),
            _ => {}
        }
        begin = end;
    }
    let (from, every) = (run.first, run.pace);
    let even =
        Event::Run(Run { function: function.clone(), site: site.clone(), from, every, states });
    if length == SignedDuration::from_secs((count - 1) * pace) {
        return vec![even];
    }
    let (at, ok) = (run.last, is_up(run.last));
    vec![even, Event::Measurement(Measurement { function, site, at, ok, every })]
}

/// How many measurements, one every so many seconds from `first` on, come before an instant.
fn before(first: Timestamp, pace: i64, at: Timestamp) -> i64 {
    let (nanos, pace) = (at.duration_since(first).as_nanos(), i128::from(pace) * 1_000_000_000);
    i64::try_from((nanos + pace - 1).div_euclid(pace)).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use evidence::Gatherer;

    use super::*;

    fn at(time: &str) -> Timestamp {
        format!("2026-11-22T{time}Z").parse().expect("an instant")
    }

    fn run(first: &str, last: &str, answer: Answer) -> Observation {
        let (first, last) = (at(first), at(last));
        let pace = SignedDuration::from_mins(1);
        Observation { probe: "smtp".into(), first, last, pace, answer, total: 4 }
    }

    /// Seconds known, and outages as `FROM..UNTIL` in minutes and seconds.
    fn seen(
        run: &Observation,
        revisions: &[Timestamp],
        up_when: impl Fn(Timestamp) -> UpWhen,
    ) -> (i64, Vec<String>) {
        let mut gatherer = Gatherer::new(None);
        for event in events(run, (&"smtp".parse().expect("a name"), "office"), revisions, up_when) {
            gatherer.add(event).expect("room");
        }
        let evidence = gatherer.finish();
        let seen = &evidence.measured["smtp"]["office"];
        let time = |at: Timestamp| at.to_string()[14..19].to_owned();
        let down = seen.down.iter().map(|it| (time(it.span.from()), time(it.span.until())));
        let down = down.map(|(from, until)| format!("{from}..{until}")).collect();
        (seen.known.total().as_secs(), down)
    }

    #[test]
    fn a_refusal_is_an_answer_and_no_success() {
        let refused = run("00:00:00", "00:03:00", Answer::Refused);
        let none = Vec::<String>::new();
        assert_eq!(seen(&refused, &[], |_| UpWhen::Answered), (240, none));
        assert_eq!(seen(&refused, &[], |_| UpWhen::Succeeded), (240, vec!["00:00..04:00".into()]));
    }

    /// A version that asks for more from an instant on.
    #[test]
    fn each_measurement_is_worth_what_its_version_says() {
        // (when the version begins, the outages)
        let cases: [(&str, &[&str]); 6] = [
            ("00:00:00", &["00:00..10:30"]),
            ("00:04:00", &["04:00..10:30"]),
            ("00:04:01", &["05:00..10:30"]),
            ("00:09:10", &["09:30..10:30"]),
            ("00:09:31", &[]),
            ("01:00:00", &[]),
        ];
        let refused = run("00:00:00", "00:09:30", Answer::Refused);
        for (begins, expected) in cases {
            let begins = at(begins);
            let up_when = |at| if at < begins { UpWhen::Answered } else { UpWhen::Succeeded };
            let (known, down) = seen(&refused, &[begins], up_when);
            assert_eq!((known, down), (630, expected.iter().map(ToString::to_string).collect()));
        }
    }

    #[test]
    fn the_last_measurement_stays_where_it_was() {
        let good = run("00:00:00", "00:03:20", Answer::Good);
        assert_eq!(seen(&good, &[], |_| UpWhen::Answered).0, 260);
    }
}
