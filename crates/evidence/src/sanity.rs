//! Whether a clock can be believed before something is recorded by it.
//!
//! A machine that starts with its clock an hour off would record measurements in the wrong place
//! for ever. Two things betray such a clock: it is behind what was recorded already, or it was set
//! while time went on by another measure.

use jiff::{SignedDuration, Timestamp};

/// How much the wall clock and elapsed time may differ.
pub const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_secs(60);

/// Why a clock is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClockTrouble {
    /// It is behind a record.
    #[error(
        "the clock says {now}, but there is a record of {recorded}: set the clock, or wait until it \
         is past that instant"
    )]
    BehindRecord {
        /// The newest record.
        recorded: Timestamp,
        /// What the clock says.
        now: Timestamp,
    },
    /// It was set, forward or back.
    #[error(
        "the clock went from {before} to {now} while {elapsed:#} passed: it was set; look at the time \
         service of this machine"
    )]
    Set {
        /// What it said before.
        before: Timestamp,
        /// What it says.
        now: Timestamp,
        /// How much time passed between the two.
        elapsed: SignedDuration,
    },
}

/// Whether the wall clock agrees with the newest record and with a clock that is never set.
/// `elapsed` is what such a clock counted between `wall_before` and `wall_now`.
///
/// # Errors
/// When the wall clock is before the newest record, or differs by more than [`CLOCK_TOLERANCE`] from the
/// elapsed time.
pub fn clock_is_sane(
    last_recorded: Option<Timestamp>,
    wall_before: Timestamp,
    wall_now: Timestamp,
    elapsed: SignedDuration,
) -> Result<(), ClockTrouble> {
    if let Some(recorded) = last_recorded
        && wall_now < recorded
    {
        return Err(ClockTrouble::BehindRecord { recorded, now: wall_now });
    }
    let drift = wall_now.duration_since(wall_before).saturating_sub(elapsed);
    if drift > CLOCK_TOLERANCE || drift < -CLOCK_TOLERANCE {
        return Err(ClockTrouble::Set { before: wall_before, now: wall_now, elapsed });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_off_is_found_out() {
        // Newest record, wall clock before and now, seconds that passed; what is wrong.
        let cases = [
            ("", "10:00:00", "10:01:00", 60, ""),
            ("09:59:00", "10:00:00", "10:01:00", 60, ""),
            ("10:01:00", "10:00:00", "10:01:00", 60, ""),
            // Case G13: an hour behind at boot.
            ("11:00:00", "10:00:00", "10:01:00", 60, "there is a record of 2026-11-22T11:00:00Z"),
            ("", "10:00:00", "10:02:00", 60, ""),
            ("", "10:00:00", "10:02:01", 60, "from 2026-11-22T10:00:00Z to 2026-11-22T10:02:01Z"),
            ("", "10:00:00", "10:00:00", 60, ""),
            ("", "10:00:00", "09:59:59", 60, "it was set"),
            // Case A23: five minutes back.
            ("", "10:00:00", "09:56:00", 60, "while 1m passed"),
        ];
        let at = |text: &str| format!("2026-11-22T{text}Z").parse::<Timestamp>().ok();
        for (recorded, before, now, elapsed, expected) in cases {
            let (Some(wall_before), Some(wall_now)) = (at(before), at(now)) else {
                panic!("{before} and {now} are times");
            };
            let elapsed = SignedDuration::from_secs(elapsed);
            let result = clock_is_sane(at(recorded), wall_before, wall_now, elapsed);
            let text = result.err().map_or(String::new(), |trouble| trouble.to_string());
            assert_eq!(text.is_empty(), expected.is_empty(), "{recorded} {before} {now}: {text}");
            assert!(text.contains(expected), "{text}");
        }
    }
}
