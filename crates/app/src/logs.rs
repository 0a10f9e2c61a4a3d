//! Importing logs: what others measured, and what people told and decided; and taking one back.

use std::collections::{BTreeMap, BTreeSet};

use evidence::{Event, LogError, Measurement, Run, RunState};
use jiff::{SignedDuration, Timestamp};
use store::{ContractEvent, DAY_MEASUREMENTS_MAX, Import, KindLimit, MeasuredDay};

pub use store::{Imported, Withdrawn};

use crate::measured::{self, Look};
use crate::{AppError, Office, Refusal};

/// Most measurements of one log, those of its runs too; each takes about 50 bytes of memory while it
/// is read.
pub const MEASUREMENTS_MAX: usize = 5_000_000;
/// Most other events of one log; how many of each kind a contract may have is in [`LIMITS`].
pub const EVENTS_MAX: usize = 1_000_000;
/// Wrong lines that are told; the rest of the log is not read.
pub const ERRORS_MAX: usize = 100;

const OUTAGE: &str = "outage";
const RUN: &str = "run";
const BLIND: &str = "blind";
const SITE: &str = "site";
const WINDOW: &str = "window";
const NOTICE: &str = "notice";
const EXCLUSION: &str = "exclusion";

/// Blind spans that a gatherer takes beside those of logs: functions that nobody watches.
const UNWATCHED_MAX: usize = 1_000;

/// As many of each kind as a settlement can look at, so that nothing is imported which makes a
/// contract unreadable.
pub const LIMITS: [KindLimit; 7] = [
    limit(OUTAGE, "outages", evidence::OUTAGES_MAX),
    limit(RUN, "functions and sites of which all is missed", evidence::SERIES_MAX / 2),
    limit(BLIND, "blind spans", evidence::BLIND_MAX - UNWATCHED_MAX),
    limit(SITE, "spans of sites", evidence::SITES_MAX / 2),
    limit(WINDOW, "windows", evidence::WINDOWS_MAX),
    limit(NOTICE, "notices", evidence::NOTICES_MAX),
    limit(EXCLUSION, "exclusions", evidence::DECISIONS_MAX),
];

const fn limit(kind: &'static str, what: &'static str, most: usize) -> KindLimit {
    KindLimit { kind, what, most: most as i64 }
}

/// Looked at whenever they were: notices are sent long before the windows that they are about, and
/// one outage in a log tells that it tells the outages of a function, as a run in which all is missed
/// tells that the function is measured, and a line of a site when it looks.
pub(crate) const ALWAYS: [&str; 5] = [NOTICE, OUTAGE, RUN, SITE, WINDOW];

/// A log while it is read, line by line.
#[derive(Debug, Default)]
pub struct Log {
    events: Vec<ContractEvent>,
    /// By UTC day, function and site (empty when the log names none).
    days: BTreeMap<(i64, String, String), BTreeSet<Look>>,
    /// Up to one more than is imported, so that a log which is too long is known.
    measurements: usize,
    lines: u64,
}

impl Log {
    /// Reads the next line.
    ///
    /// # Errors
    /// What is wrong with it. The log is then not to be imported; reading on finds more mistakes.
    pub fn line(&mut self, line: &[u8]) -> Result<(), LogError> {
        self.lines += 1;
        match evidence::read_line(line, self.lines)? {
            Some(Event::Measurement(one)) => {
                let site = one.site.unwrap_or_default();
                self.look(&one.function, &site, (one.at, one.every, one.ok));
            }
            Some(Event::Run(run)) if run.states.iter().any(|(_, s)| *s != RunState::Missed) => {
                let site = run.site.clone().unwrap_or_default();
                // One too many is enough to know it.
                let room = MEASUREMENTS_MAX + 1 - self.measurements;
                for look in measured::each(&run).take(room) {
                    self.look(&run.function, &site, look);
                }
            }
            Some(event) if self.events.len() <= EVENTS_MAX => self.events.extend(kept(&event)),
            Some(_) | None => {}
        }
        Ok(())
    }

    fn look(&mut self, function: &str, site: &str, look: Look) {
        if self.measurements <= MEASUREMENTS_MAX {
            self.measurements += 1;
            let day = (MeasuredDay::of(look.0), function.to_owned(), site.to_owned());
            self.days.entry(day).or_default().insert(look);
        }
    }

    /// The log as it is kept. What takes outages out comes before them: while a log is imported, a
    /// month does not look worse than it was.
    ///
    /// # Errors
    /// Refused when there is more in it than one log may have.
    fn into_import(self) -> Result<Import, AppError> {
        if self.measurements > MEASUREMENTS_MAX {
            return AppError::refused(Refusal::LogTooLong { most: MEASUREMENTS_MAX });
        }
        if self.events.len() > EVENTS_MAX {
            return AppError::refused(Refusal::LogTooLong { most: EVENTS_MAX });
        }
        let mut events = self.events;
        events.sort_by_key(|event| event.kind == OUTAGE);
        let mut days = Vec::with_capacity(self.days.len());
        for ((day, function, site), looks) in self.days {
            if looks.len() as u64 > DAY_MEASUREMENTS_MAX {
                let most = DAY_MEASUREMENTS_MAX;
                return AppError::refused(Refusal::DayTooLong { function, most });
            }
            let lines = measured::lines(&function, &site, &looks).concat();
            days.push(MeasuredDay { day, function, site, lines });
        }
        Ok(Import { events, days })
    }
}

/// An event as it is kept; measurements are kept by days.
fn kept(event: &Event) -> Option<ContractEvent> {
    let (kind, from, until) = match event {
        Event::Measurement(Measurement { .. }) => return None,
        Event::Outage(outage) => (OUTAGE, outage.from, outage.until),
        Event::Run(run) => (RUN, run.from, Some(end(run))),
        Event::Blind(blind) => (BLIND, blind.span.from(), Some(blind.span.until())),
        Event::Site(site) => (SITE, site.from, site.until),
        Event::Window(window) => (WINDOW, window.span.from(), Some(window.span.until())),
        Event::Notice(notice) => (NOTICE, notice.sent, Some(notice.sent)),
        Event::Exclusion(it) => (EXCLUSION, it.span.from(), Some(it.span.until())),
    };
    Some(ContractEvent { kind, from, until, line: evidence::write_event(event) })
}

/// When the last measurement of a run stops telling something.
fn end(run: &Run) -> Timestamp {
    let count = run.states.iter().fold(0_u64, |sum, (count, _)| sum.saturating_add(*count));
    let seconds = i64::try_from(count).unwrap_or(i64::MAX).saturating_mul(run.every.as_secs());
    let length = SignedDuration::from_secs(seconds);
    run.from.checked_add(length).unwrap_or(Timestamp::MAX)
}

/// Adds what is new in a log to the evidence of a contract. A log for which there is no room adds
/// nothing; one that is broken off half-way is completed by importing it again.
///
/// # Errors
/// Refused when no contract has that name, or there is more than is kept.
pub async fn import(
    office: &Office,
    contract: &str,
    log: Log,
    now: Timestamp,
) -> Result<Imported, AppError> {
    let name = office.contract(contract)?.contract.name.clone();
    let import = log.into_import()?;
    office.store.room_for(name.as_str(), &import, &LIMITS).await?;
    let imported = office.store.import(name.as_str(), &import, &measured::join, now).await;
    office.evidence_changed();
    Ok(imported?)
}

/// Takes what a log tells out of the evidence of a contract, whichever log brought it.
///
/// # Errors
/// Refused when no contract has that name.
pub async fn withdraw(
    office: &Office,
    contract: &str,
    log: Log,
    now: Timestamp,
) -> Result<Withdrawn, AppError> {
    let name = office.contract(contract)?.contract.name.clone();
    let import = log.into_import()?;
    let withdrawn = office.store.withdraw(name.as_str(), &import, &measured::without, now).await;
    office.evidence_changed();
    Ok(withdrawn?)
}
