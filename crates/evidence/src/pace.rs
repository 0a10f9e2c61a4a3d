//! The two small notations of a log: the pace of a check (`60s`) and the states of a run
//! (`1400u 10d 30-`).

use jiff::SignedDuration;

use crate::event::RunState;
use crate::fields::{Wrong, shown};

/// Shortest pace of a check.
pub const PACE_MIN: SignedDuration = SignedDuration::from_secs(1);
/// Longest pace of a check.
pub const PACE_MAX: SignedDuration = SignedDuration::from_hours(24);

/// Units of a pace, each in milliseconds.
const UNITS: [(&str, i64); 6] =
    [("ms", 1), ("s", 1_000), ("min", 60_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

/// A pace: a whole number and a unit.
pub(crate) fn read(text: &str) -> Result<SignedDuration, Wrong> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let unit = UNITS.iter().find(|(name, _)| *name == unit.trim_start());
    let (Some((_, unit)), true) = (unit, digits > 0) else {
        return Err(format!(
            "`every` (\"{}\") is not a length: write a whole number and ms, s, min, h or d, such \
             as \"60s\"",
            shown(text)
        ));
    };
    let millis = number.parse().ok().and_then(|number: i64| number.checked_mul(*unit));
    within(millis.map(SignedDuration::from_millis), text)
}

/// A pace that was written as a number of seconds.
pub(crate) fn whole(seconds: i64) -> Result<SignedDuration, Wrong> {
    within(Some(SignedDuration::from_secs(seconds)), &seconds.to_string())
}

fn within(pace: Option<SignedDuration>, text: &str) -> Result<SignedDuration, Wrong> {
    match pace.filter(|pace| (PACE_MIN..=PACE_MAX).contains(pace)) {
        Some(pace) => Ok(pace),
        None => Err(format!("`every` ({}) must be from 1s to 1d", shown(text))),
    }
}

/// A pace in its shortest exact form of seconds or, where it has fractions, milliseconds.
pub(crate) fn write(pace: SignedDuration) -> String {
    match pace.subsec_millis() {
        0 => format!("{}s", pace.as_secs()),
        _ => format!("{}ms", pace.as_millis()),
    }
}

/// The states of a run: counts, each with `u`, `d` or `-`, with blanks between them.
pub(crate) fn read_states(text: &str) -> Result<Vec<(u64, RunState)>, Wrong> {
    let parts: Result<Vec<_>, Wrong> = text.split_ascii_whitespace().map(part).collect();
    match parts? {
        none if none.is_empty() => Err("`states` is empty: write counts, such as \"10u\"".into()),
        parts => Ok(parts),
    }
}

fn part(text: &str) -> Result<(u64, RunState), Wrong> {
    let wrong = || {
        let text = shown(text);
        format!(
            "`states` has \"{text}\": write a count from 1 on and u (up), d (down) or - (missed)"
        )
    };
    let state = match text.bytes().last() {
        Some(b'u') => RunState::Up,
        Some(b'd') => RunState::Down,
        Some(b'-') => RunState::Missed,
        _ => return Err(wrong()),
    };
    let digits = &text[..text.len() - 1];
    let count = digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok()).flatten();
    count.filter(|count| *count > 0).map(|count| (count, state)).ok_or_else(wrong)
}

/// The inverse of [`read_states`].
pub(crate) fn write_states(states: &[(u64, RunState)]) -> String {
    let parts = states.iter().map(|(count, state)| {
        let letter = match state {
            RunState::Up => 'u',
            RunState::Down => 'd',
            RunState::Missed => '-',
        };
        format!("{count}{letter}")
    });
    parts.collect::<Vec<_>>().join(" ")
}
