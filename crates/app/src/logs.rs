//! Importing logs: what others measured, and what people told and decided.

use std::collections::{BTreeMap, BTreeSet};

use evidence::{Event, LogError, Measurement, Run};
use jiff::{SignedDuration, Timestamp};
use store::{ContractEvent, Import, MeasuredDay};

pub use store::Imported;

use crate::measured::{self, Look};
use crate::{AppError, Office, Refusal};

/// Most measurements of one log; each takes about 50 bytes of memory while it is read.
pub const MEASUREMENTS_MAX: usize = 5_000_000;
/// Most other events of one log; as many as are kept of a contract.
pub const EVENTS_MAX: usize = store::EVENTS_MAX as usize;
/// Wrong lines that are told; the rest of the log is not read.
pub const ERRORS_MAX: usize = 100;

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
            Some(Event::Measurement(one)) if self.measurements <= MEASUREMENTS_MAX => {
                self.measurements += 1;
                let site = one.site.unwrap_or_default();
                let day = (MeasuredDay::of(one.at), one.function, site);
                self.days.entry(day).or_default().insert((one.at, one.every, one.ok));
            }
            Some(Event::Measurement(_)) | None => {}
            Some(event) if self.events.len() <= EVENTS_MAX => self.events.push(kept(&event)),
            Some(_) => {}
        }
        Ok(())
    }

    fn into_import(self) -> Import {
        let day = |((day, function, site), looks): ((i64, String, String), BTreeSet<Look>)| {
            let lines = measured::lines(&function, &site, &looks);
            MeasuredDay { day, function, site, lines }
        };
        Import { events: self.events, days: self.days.into_iter().map(day).collect() }
    }
}

/// An event as it is kept.
fn kept(event: &Event) -> ContractEvent {
    let (kind, from, until) = match event {
        Event::Outage(outage) => (OUTAGE, outage.from, outage.until),
        Event::Measurement(Measurement { at, .. }) => ("measurement", *at, Some(*at)),
        Event::Run(run) => ("run", run.from, Some(end(run))),
        Event::Blind(blind) => ("blind", blind.span.from(), Some(blind.span.until())),
        Event::Window(window) => (WINDOW, window.span.from(), Some(window.span.until())),
        Event::Notice(notice) => (NOTICE, notice.sent, Some(notice.sent)),
        Event::Exclusion(it) => ("exclusion", it.span.from(), Some(it.span.until())),
    };
    ContractEvent { kind, from, until, line: evidence::write_event(event) }
}

/// Looked at whenever they were: notices are sent long before the windows that they are about, and
/// one outage in a log tells that it tells the outages of a function.
pub(crate) const ALWAYS: [&str; 3] = [NOTICE, OUTAGE, WINDOW];
const OUTAGE: &str = "outage";
const NOTICE: &str = "notice";
const WINDOW: &str = "window";

/// When the last measurement of a run stops telling something.
fn end(run: &Run) -> Timestamp {
    let count = run.states.iter().fold(0_u64, |sum, (count, _)| sum.saturating_add(*count));
    let seconds = i64::try_from(count).unwrap_or(i64::MAX).saturating_mul(run.every.as_secs());
    let length = SignedDuration::from_secs(seconds);
    run.from.checked_add(length).unwrap_or(Timestamp::MAX)
}

/// Adds what is new in a log to the evidence of a contract: all of it, or nothing.
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
    if log.measurements > MEASUREMENTS_MAX {
        return AppError::refused(Refusal::LogTooLong { most: MEASUREMENTS_MAX });
    }
    if log.events.len() > EVENTS_MAX {
        return AppError::refused(Refusal::LogTooLong { most: EVENTS_MAX });
    }
    let import = log.into_import();
    Ok(office.store.import(name.as_str(), &import, &measured::join, now).await?)
}
