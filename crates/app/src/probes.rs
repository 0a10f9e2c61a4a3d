//! What we see of our own functions, once a minute.

use std::time::Duration;

use evidence::sanity::{self, ClockTrouble};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use store::Sighting;

pub use store::Answer;

use crate::gathered::whole_second;
use crate::{AppError, Office};

/// How often every probe looks.
pub const PACE: SignedDuration = SignedDuration::from_secs(60);
/// How long measurements are kept: as long as the books of a company (companies act of Japan,
/// article 432).
pub const KEEP_YEARS: i32 = 10;

/// Something of ours that can be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Probe {
    /// The first SMTP listener: greeting, EHLO, QUIT.
    Smtp,
    /// The console's sign-in page.
    Console,
}

/// Every probe with the word that configurations and records know it by.
pub const PROBES: [(&str, Probe); 2] = [("smtp", Probe::Smtp), ("console", Probe::Console)];

impl Probe {
    /// Its word in configurations and records.
    #[must_use]
    pub fn word(self) -> &'static str {
        PROBES.iter().find(|(_, probe)| *probe == self).map_or("", |(word, _)| word)
    }
}

/// What the wall clock and a clock that only runs forward say, at two moments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockReading {
    /// The wall clock when the probe last looked, or when it started.
    pub before: Timestamp,
    /// The wall clock now.
    pub now: Timestamp,
    /// What the other clock says has passed between the two.
    pub elapsed: Duration,
}

/// What became of a measurement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// It is in the records.
    Kept,
    /// The clock cannot be trusted, so nobody knows when it was: that time is blind.
    Distrusted(ClockTrouble),
}

/// Records what a probe heard at an instant, to the second, unless the clock cannot be trusted.
///
/// # Errors
/// When the records fail; then that time is blind.
pub async fn record(
    office: &Office,
    probe: Probe,
    at: Timestamp,
    answer: Answer,
    clock: &ClockReading,
) -> Result<Recorded, AppError> {
    let newest = office.store.last_observed().await?;
    let elapsed = SignedDuration::try_from(clock.elapsed).unwrap_or(SignedDuration::MAX);
    if let Err(trouble) = sanity::clock_is_sane(newest, clock.before, clock.now, elapsed) {
        return Ok(Recorded::Distrusted(trouble));
    }
    let at = whole_second(at);
    let sighting = Sighting { probe: probe.word().to_owned(), at, pace: PACE, answer };
    office.store.observe(&sighting).await?;
    office.evidence_changed();
    Ok(Recorded::Kept)
}

/// Forgets what was measured more than [`KEEP_YEARS`] ago; how many runs of measurements.
///
/// # Errors
/// When the records fail.
pub async fn drop_expired(office: &Office, now: Timestamp) -> Result<u64, AppError> {
    let today = now.to_zoned(TimeZone::UTC);
    let Ok(first) = today.checked_sub(jiff::Span::new().years(KEEP_YEARS)) else { return Ok(0) };
    Ok(office.store.drop_observations_before(first.timestamp()).await?)
}
