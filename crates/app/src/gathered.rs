//! The evidence of a contract: what logs told, and what our own probes saw of its functions.

use std::collections::BTreeSet;

use calendar::Span;
use evidence::{Blind, Event, Evidence, Functions, Gatherer, Measurement, Outage, Run, RunState};
use jiff::{SignedDuration, Timestamp};
use store::{Answer, Observation};
use terms::{Name, UpWhen};

use crate::contracts::{Measured, WatchedContract};
use crate::logs::ALWAYS;
use crate::{AppError, Office, Refusal};

/// How far around a span is looked: an outage that reaches into it is judged by its whole length.
const MARGIN: SignedDuration = SignedDuration::from_hours(31 * 24);

/// An instant without its fraction of a second: what people are told to have been known then.
pub(crate) fn whole_second(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

/// Everything that is known of a contract in a span, as it was known at `as_of`.
pub(crate) async fn evidence_of(
    office: &Office,
    watched: &WatchedContract,
    span: Span,
    as_of: Timestamp,
) -> Result<Evidence, AppError> {
    let from = span.from().checked_sub(MARGIN).unwrap_or(Timestamp::MIN);
    let until = span.until().checked_add(MARGIN).unwrap_or(Timestamp::MAX);
    let name = watched.contract.name.as_str();
    let told = office.store.contract_events(name, from, until, ALWAYS).await?;
    let days = office.store.measured_days(name, from, until).await?;
    let seen = match watched.measured.is_empty() {
        true => Vec::new(),
        false => office.store.observations(from, until).await?,
    };
    let mut gatherer = Gatherer::new(Some(as_of));
    let mut spoken_of = SpokenOf::default();
    let lines =
        told.iter().flat_map(|text| text.lines()).chain(days.iter().flat_map(|d| d.lines()));
    for line in lines {
        // Read before it was recorded, so it reads again.
        if let Some(event) = evidence::read_line(line.as_bytes(), 1).map_err(AppError::records)? {
            spoken_of.note(&event);
            add(&mut gatherer, event, name)?;
        }
    }
    let whole = Span::new(from, until).map_err(AppError::records)?;
    for function in unknown(watched, &spoken_of) {
        let function = Functions::One(function.to_string());
        add(&mut gatherer, Event::Blind(Blind { function, span: whole }), name)?;
    }
    for measured in &watched.measured {
        let up_when = watched.up_when(&measured.function);
        let key = measured.source.key();
        let runs = seen.iter().filter(|run| run.probe == key);
        for event in runs.flat_map(|run| events(measured, up_when, run)) {
            add(&mut gatherer, event, name)?;
        }
    }
    Ok(gatherer.finish())
}

/// Functions that logs speak of.
#[derive(Default)]
struct SpokenOf {
    all: bool,
    some: BTreeSet<String>,
}

impl SpokenOf {
    fn note(&mut self, event: &Event) {
        match event {
            Event::Measurement(Measurement { function, .. }) | Event::Run(Run { function, .. }) => {
                self.some.insert(function.clone());
            }
            Event::Outage(Outage { function: Functions::One(function), .. }) => {
                self.some.insert(function.clone());
            }
            Event::Outage(Outage { function: Functions::All, .. }) => self.all = true,
            _ => {}
        }
    }
}

/// A log without measurements of a function tells its outages, and it was up at all other times. Where
/// we measure a service ourselves that cannot be said of a function that we leave out and no log
/// speaks of: nobody knows.
fn unknown<'w>(watched: &'w WatchedContract, spoken_of: &SpokenOf) -> BTreeSet<&'w Name> {
    if watched.measured.is_empty() || spoken_of.all {
        return BTreeSet::new();
    }
    let is_measured =
        |name: &Name| watched.measured.iter().any(|measured| measured.function == *name);
    let versions = watched.contract.versions.iter();
    let services = versions.flat_map(|version| &version.terms.services);
    let functions = services.flat_map(|service| &service.functions).map(|function| &function.name);
    functions.filter(|name| !is_measured(name) && !spoken_of.some.contains(name.as_str())).collect()
}

fn add(gatherer: &mut Gatherer, event: Event, contract: &str) -> Result<(), AppError> {
    gatherer.add(event).map_err(|too_much| {
        let contract = contract.to_owned();
        AppError::Refused(Refusal::TooMuchEvidence { contract, why: too_much.to_string() })
    })
}

/// A run of ours as a log would tell it. We know how many measurements it had and that none was
/// late by more than a pace, not when each was: they are put on an even pace from the first one,
/// and the last one where it was. They have no site, as those of most logs, so that both together say
/// what is known: another site would be blind whenever it did not look.
fn events(measured: &Measured, up_when: UpWhen, run: &Observation) -> Vec<Event> {
    let function = measured.function.to_string();
    let Some(ok) = is_up(run.answer, up_when) else {
        let until = run.last.checked_add(run.pace).unwrap_or(Timestamp::MAX);
        let blind = Span::new(run.first, until);
        let function = || Functions::One(function.clone());
        return blind
            .into_iter()
            .map(|span| Event::Blind(Blind { function: function(), span }))
            .collect();
    };
    let paces = run.last.duration_since(run.first).as_secs() / run.pace.as_secs().max(1);
    let state = if ok { RunState::Up } else { RunState::Down };
    let even = Event::Run(Run {
        function: function.clone(),
        site: None,
        from: run.first,
        every: run.pace,
        states: vec![(paces.unsigned_abs() + 1, state)],
    });
    let last = Measurement { function, site: None, at: run.last, ok, every: run.pace };
    let is_even = run.pace.checked_mul(i32::try_from(paces).unwrap_or(i32::MAX))
        == Some(run.last.duration_since(run.first));
    if is_even { vec![even] } else { vec![even, Event::Measurement(last)] }
}

/// `None` when nobody knows.
fn is_up(answer: Answer, up_when: UpWhen) -> Option<bool> {
    match (answer, up_when) {
        (Answer::Unseen, _) => None,
        (_, UpWhen::Answered) => Some(answer != Answer::Silent),
        (_, UpWhen::Succeeded) => Some(answer == Answer::Good),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Source;
    use crate::probes::Probe;

    fn at(time: &str) -> Timestamp {
        format!("2026-11-22T{time}Z").parse().expect("an instant")
    }

    fn run(first: &str, last: &str, answer: Answer) -> Observation {
        let (first, last) = (at(first), at(last));
        let pace = SignedDuration::from_mins(1);
        Observation { probe: "smtp".into(), first, last, pace, answer, total: 4 }
    }

    #[test]
    fn a_refusal_is_an_answer_and_no_success() {
        let measured = Measured {
            function: "smtp".parse().expect("a name"),
            source: Source::Probe(Probe::Smtp),
        };
        let refused = run("00:00:00", "00:03:00", Answer::Refused);
        let down = |up_when| {
            let mut gatherer = Gatherer::new(None);
            for event in events(&measured, up_when, &refused) {
                gatherer.add(event).expect("room");
            }
            let evidence = gatherer.finish();
            let seen = &evidence.measured["smtp"][""];
            (seen.known.total().as_secs(), seen.down.len())
        };
        assert_eq!(down(UpWhen::Answered), (240, 0));
        assert_eq!(down(UpWhen::Succeeded), (240, 1));
    }

    #[test]
    fn the_last_measurement_stays_where_it_was() {
        let measured = Measured {
            function: "smtp".parse().expect("a name"),
            source: Source::Probe(Probe::Smtp),
        };
        let mut gatherer = Gatherer::new(None);
        let good = run("00:00:00", "00:03:20", Answer::Good);
        for event in events(&measured, UpWhen::Answered, &good) {
            gatherer.add(event).expect("room");
        }
        let evidence = gatherer.finish();
        assert_eq!(evidence.measured["smtp"][""].known.total().as_secs(), 260);
    }
}
