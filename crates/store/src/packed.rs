//! Looks as bytes: about five for a look that succeeded, a word more for one that did not.
//!
//! A number is written in groups of seven bits, the lowest first, the top bit saying that more
//! follow (LEB128).

use jiff::Timestamp;

use crate::observations::Answer;

/// Longest word for a reason.
const REASON_MAX: usize = 255;
/// Milliseconds in an hour.
pub(crate) const HOUR_MS: i64 = 3_600_000;

/// One look as it is kept: to the millisecond.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenLook {
    /// When it began.
    pub at: Timestamp,
    /// What it heard.
    pub answer: Answer,
    /// The word for why it did not succeed.
    pub reason: Option<String>,
    /// How long it took, in milliseconds.
    pub took_ms: u32,
}

/// A look in a batch: of which check, by number, at which pace in seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BatchLook {
    pub number: i64,
    pub pace: i64,
    pub look: SeenLook,
}

pub(crate) fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

pub(crate) fn take(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

fn put_look(bytes: &mut Vec<u8>, since_ms: u64, look: &SeenLook) {
    put(bytes, since_ms);
    let reason = look.reason.as_deref().unwrap_or_default().as_bytes();
    let reason = &reason[..reason.len().min(REASON_MAX)];
    // The lowest two bits say what was heard, the others how long the word is.
    put(bytes, (look.answer.number() as u64 & 3) | (reason.len() as u64) << 2);
    bytes.extend_from_slice(reason);
    put(bytes, u64::from(look.took_ms));
}

fn take_look(bytes: &mut &[u8], base_ms: i64) -> Option<SeenLook> {
    let at_ms = base_ms.checked_add_unsigned(take(bytes)?)?;
    let head = take(bytes)?;
    let reason = bytes.split_off(..usize::try_from(head >> 2).ok()?)?;
    let reason = String::from_utf8_lossy(reason).into_owned();
    Some(SeenLook {
        at: Timestamp::from_millisecond(at_ms).ok()?,
        answer: Answer::from_number((head & 3) as i64),
        reason: (!reason.is_empty()).then_some(reason),
        took_ms: u32::try_from(take(bytes)?).ok()?,
    })
}

/// The looks of one hour, the earliest first.
pub(crate) fn pack_hour(hour: i64, looks: &[SeenLook]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(looks.len() * 5);
    let mut before = hour * HOUR_MS;
    for look in looks {
        let at = look.at.as_millisecond();
        put_look(&mut bytes, at.saturating_sub(before).unsigned_abs(), look);
        before = at;
    }
    bytes
}

/// What [`pack_hour`] packed. Bytes that make no sense end it.
pub(crate) fn unpack_hour(hour: i64, mut bytes: &[u8]) -> Vec<SeenLook> {
    let mut looks = Vec::new();
    let mut before = hour * HOUR_MS;
    while let Some(look) = take_look(&mut bytes, before) {
        before = look.at.as_millisecond();
        looks.push(look);
    }
    looks
}

/// Looks as they came in; none is earlier than `base_ms`.
pub(crate) fn pack_batch(base_ms: i64, looks: &[BatchLook]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(looks.len() * 8);
    for BatchLook { number, pace, look } in looks {
        put(&mut bytes, number.unsigned_abs());
        put(&mut bytes, pace.unsigned_abs());
        put_look(&mut bytes, look.at.as_millisecond().saturating_sub(base_ms).unsigned_abs(), look);
    }
    bytes
}

/// What [`pack_batch`] packed. Bytes that make no sense end it.
pub(crate) fn unpack_batch(base_ms: i64, mut bytes: &[u8]) -> Vec<BatchLook> {
    let mut looks = Vec::new();
    while let Some(look) = take_batch_look(&mut bytes, base_ms) {
        looks.push(look);
    }
    looks
}

fn take_batch_look(bytes: &mut &[u8], base_ms: i64) -> Option<BatchLook> {
    let number = i64::try_from(take(bytes)?).ok()?;
    let pace = i64::try_from(take(bytes)?).ok()?;
    Some(BatchLook { number, pace, look: take_look(bytes, base_ms)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(at: &str, answer: Answer, reason: Option<&str>, took_ms: u32) -> SeenLook {
        let at = at.parse().expect("an instant");
        SeenLook { at, answer, reason: reason.map(str::to_owned), took_ms }
    }

    #[test]
    fn looks_come_back_as_they_were() {
        let looks = vec![
            look("2026-11-22T05:00:00Z", Answer::Good, None, 0),
            look("2026-11-22T05:00:10.123Z", Answer::Good, None, 42),
            look("2026-11-22T05:00:20Z", Answer::Silent, Some("timed-out"), 10_000),
            look("2026-11-22T05:59:59.999Z", Answer::Unseen, Some("own-trouble"), 300_000),
            look("2026-11-22T05:59:59.999Z", Answer::Refused, Some("status"), u32::MAX),
        ];
        let hour = looks[0].at.as_millisecond() / HOUR_MS;
        let packed = pack_hour(hour, &looks);
        assert_eq!(unpack_hour(hour, &packed), looks);
        assert_eq!(unpack_hour(hour, &packed[..packed.len() - 1]), looks[..4]);
        assert!(pack_hour(hour, &looks[1..2]).len() <= 5, "a look that succeeded is small");
        let batch: Vec<_> = (1..)
            .zip(&looks)
            .map(|(number, look)| BatchLook { number, pace: 86_400, look: look.clone() })
            .collect();
        let base = hour * HOUR_MS - 7;
        assert_eq!(unpack_batch(base, &pack_batch(base, &batch)), batch);
    }
}
