//! Clients that show wrong tokens wait. Guessing one is hopeless; asking the records for each guess
//! must not keep others waiting.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// Wrong tokens of one address in a minute; after them it waits until the minute is over.
const WRONG_MAX: u32 = 30;
/// The minute.
const WINDOW: SignedDuration = SignedDuration::from_secs(60);
/// Addresses that are remembered.
const ADDRESSES_MAX: usize = 10_000;

/// Wrong tokens by address.
#[derive(Default)]
pub(super) struct WrongTokens(Mutex<HashMap<IpAddr, (Timestamp, u32)>>);

/// One host has a /64 of IPv6.
fn place(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() & !u128::from(u64::MAX)).into()),
        v4 => v4,
    }
}

fn is_over(began: Timestamp, now: Timestamp) -> bool {
    // A clock that was set back ends it too.
    !(SignedDuration::ZERO..WINDOW).contains(&now.duration_since(began))
}

impl WrongTokens {
    /// Whether an address has to wait.
    pub fn is_too_much(&self, address: IpAddr, now: Timestamp) -> bool {
        let wrong = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = wrong.get(&place(address));
        known.is_some_and(|(began, count)| *count >= WRONG_MAX && !is_over(*began, now))
    }

    /// Counts a wrong token; whether it is the one that makes the address wait.
    pub fn note(&self, address: IpAddr, now: Timestamp) -> bool {
        let mut wrong = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if wrong.len() >= ADDRESSES_MAX {
            wrong.retain(|_, (began, _)| !is_over(*began, now));
        }
        if wrong.len() >= ADDRESSES_MAX {
            return false;
        }
        let (began, count) = wrong.entry(place(address)).or_insert((now, 0));
        if is_over(*began, now) {
            (*began, *count) = (now, 0);
        }
        *count += 1;
        *count == WRONG_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_waits_for_the_rest_of_its_minute() {
        let wrong = WrongTokens::default();
        let at = |second: i64| Timestamp::from_second(1_000 + second).expect("an instant");
        let address = |text: &str| text.parse::<IpAddr>().expect("an address");
        let guesser = address("2001:db8::1");
        for n in 1..=WRONG_MAX {
            assert!(!wrong.is_too_much(guesser, at(0)));
            assert_eq!(wrong.note(guesser, at(0)), n == WRONG_MAX);
        }
        assert!(wrong.is_too_much(guesser, at(59)));
        assert!(wrong.is_too_much(address("2001:db8::2"), at(59)), "the same /64");
        assert!(!wrong.is_too_much(address("2001:db8:1::1"), at(59)));
        assert!(!wrong.is_too_much(guesser, at(60)));
        assert!(!wrong.note(guesser, at(61)));
        assert!(!wrong.is_too_much(guesser, at(61)));
    }
}
