//! The name of one accepted message on one relay.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Names a message from the moment the spool takes custody of it.
///
/// The number is the instant of acceptance in microseconds since 1970-01-01 UTC, stepped by one
/// where two messages would share it, so that ids of one relay are unique and sort by age. In
/// text it is 11 characters of Crockford's base32 (no I, L, O, U), lower case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SpoolId(u64);

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const TEXT_LEN: usize = 11;

/// The text is not a spool id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a message id of ours: 11 characters of 0-9 and a-z without i, l, o, u")]
pub struct SpoolIdError(String);

impl SpoolId {
    /// From microseconds since 1970-01-01 UTC; at most 2^55 (the year 3111).
    #[must_use]
    pub const fn from_micros(micros: u64) -> SpoolId {
        SpoolId(micros & ((1 << 55) - 1))
    }

    /// Microseconds since 1970-01-01 UTC.
    #[must_use]
    pub const fn micros(self) -> u64 {
        self.0
    }

    /// When the message was accepted.
    #[must_use]
    pub fn accepted_at(self) -> jiff::Timestamp {
        jiff::Timestamp::from_microsecond(self.0 as i64).unwrap_or(jiff::Timestamp::MAX)
    }
}

impl fmt::Display for SpoolId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [b'0'; TEXT_LEN];
        let mut rest = self.0;
        for place in text.iter_mut().rev() {
            *place = ALPHABET[(rest & 31) as usize];
            rest >>= 5;
        }
        f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

impl FromStr for SpoolId {
    type Err = SpoolIdError;

    fn from_str(text: &str) -> Result<SpoolId, SpoolIdError> {
        let wrong = || SpoolIdError(text.chars().take(40).collect());
        if text.len() != TEXT_LEN {
            return Err(wrong());
        }
        let mut number = 0u64;
        for byte in text.bytes() {
            let digit =
                ALPHABET.iter().position(|c| *c == byte.to_ascii_lowercase()).ok_or_else(wrong)?;
            number = (number << 5) | digit as u64;
        }
        Ok(SpoolId(number))
    }
}

impl TryFrom<String> for SpoolId {
    type Error = SpoolIdError;

    fn try_from(text: String) -> Result<SpoolId, SpoolIdError> {
        text.parse()
    }
}

impl From<SpoolId> for String {
    fn from(id: SpoolId) -> String {
        id.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_number_agree() {
        for micros in [0, 1, 31, 32, 1_763_769_600_000_000, (1 << 55) - 1] {
            let id = SpoolId::from_micros(micros);
            assert_eq!(id.to_string().parse(), Ok(id));
        }
        let early = SpoolId::from_micros(1_763_769_600_000_000).to_string();
        let late = SpoolId::from_micros(1_763_769_600_000_001).to_string();
        assert!(early < late, "{early} sorts before {late}");
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "0", "01jd8k2m9xu", "01jd8k2m9x!", "01jd8k2m9x00"] {
            assert!(text.parse::<SpoolId>().is_err(), "{text}");
        }
    }
}
