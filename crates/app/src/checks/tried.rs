//! Customers try what they type before it is a check. Each try is a look at a place of their choice, so
//! that nobody has more of them than a person types.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// Tries of one login in a minute.
pub const TRIES_MAX: u32 = 10;
const MINUTE: SignedDuration = SignedDuration::from_secs(60);

/// Tries by login, since the first of a minute. It holds a line for each customer at the most.
#[derive(Default)]
pub(super) struct Tried(Mutex<HashMap<String, (Timestamp, u32)>>);

impl Tried {
    /// Counts a try; whether it may be made.
    pub(super) fn may_try(&self, login: &str, now: Timestamp) -> bool {
        // Each change is one insert, so a panic elsewhere leaves it whole.
        let mut tried = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (began, count) = tried.entry(login.to_owned()).or_insert((now, 0));
        // A clock that was set back begins a new minute too.
        if !(SignedDuration::ZERO..MINUTE).contains(&now.duration_since(*began)) {
            (*began, *count) = (now, 0);
        }
        *count = count.saturating_add(1);
        *count <= TRIES_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_tries_a_minute() {
        let tried = Tried::default();
        let at = |second: i64| Timestamp::from_second(1_000 + second).expect("an instant");
        for n in 0..20 {
            assert_eq!(tried.may_try("shop", at(n)), n < 10, "{n}");
        }
        assert!(tried.may_try("other", at(20)));
        assert!(!tried.may_try("shop", at(59)));
        assert!(tried.may_try("shop", at(60)));
        assert!(tried.may_try("shop", at(0)), "the clock was set back");
    }
}
