//! Checks API users' passwords: throttled, off the network threads, and remembered for a while,
//! since programs sign in for every message.
//!
//! A password that was right is remembered together with where it came from. From there it stays
//! right, whatever strangers elsewhere try in the user's name.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use argon2::password_hash::{PasswordVerifier, phc::PasswordHash};
use aws_lc_rs::{constant_time, digest};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Semaphore;

use super::guest::network;

/// Wrong tries of one user, or from one address, before they have to wait.
const WRONG_MAX: u32 = 5;
/// For how long wrong tries are remembered.
const WRONG_WINDOW: SignedDuration = SignedDuration::from_mins(15);
/// For how long a right password is remembered after it was last used. Longer than a customer's
/// quiet night: a stranger who tries all night must not lock the customer out in the morning.
const RIGHT_WINDOW: SignedDuration = SignedDuration::from_hours(24);
/// Users and addresses remembered; the oldest make room.
const REMEMBERED_MAX: usize = 10_000;
/// Hashes worked on at once: each takes 19 MiB.
const HASHES_AT_ONCE: usize = 2;
/// What an unknown user's password is checked against, so that it takes as long as a known one's.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// What a check gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Right,
    Wrong,
    Throttled,
    Unavailable,
}

pub(crate) struct Passwords {
    memory: Mutex<Memory>,
    workers: Semaphore,
    /// Makes remembered digests useless outside this process.
    pepper: [u8; 32],
}

#[derive(Default)]
struct Memory {
    wrong: HashMap<String, (Timestamp, u32)>,
    /// By user and network.
    right: HashMap<String, (Timestamp, [u8; 32])>,
}

impl Passwords {
    pub fn new(pepper: [u8; 32]) -> Passwords {
        Passwords { memory: Mutex::default(), workers: Semaphore::new(HASHES_AT_ONCE), pepper }
    }

    /// Checks a password against a hash; no hash stands for an unknown user.
    pub async fn check(
        &self,
        user: &str,
        hash: Option<String>,
        password: String,
        from: IpAddr,
        now: Timestamp,
    ) -> Verdict {
        let user = user.to_lowercase();
        let from = network(from);
        let keys = [format!("address {from}"), format!("user {user}")];
        let known_as = format!("{user} {from}");
        let digest = self.digest(hash.as_deref().unwrap_or_default(), &password);
        {
            let mut memory = self.memory();
            // Who shares the address could guess without end if this came after the memory.
            if memory.is_throttled(&keys[..1], now) {
                return Verdict::Throttled;
            }
            if hash.is_some() && memory.knows(&known_as, &digest, now) {
                return Verdict::Right;
            }
            if memory.is_throttled(&keys[1..], now) {
                return Verdict::Throttled;
            }
        }
        let Ok(_permit) = self.workers.acquire().await else { return Verdict::Unavailable };
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| NOBODY.to_owned());
        let verified = tokio::task::spawn_blocking(move || verify(&hash, &password)).await;
        let mut memory = self.memory();
        match verified {
            Ok(true) if known => {
                memory.remember_right(known_as, digest, now);
                Verdict::Right
            }
            Ok(_) => {
                memory.remember_wrong(&keys, now);
                Verdict::Wrong
            }
            Err(_) => Verdict::Unavailable,
        }
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn digest(&self, hash: &str, password: &str) -> [u8; 32] {
        let mut context = digest::Context::new(&digest::SHA256);
        for part in [&self.pepper[..], hash.as_bytes(), &[0], password.as_bytes()] {
            context.update(part);
        }
        let mut bytes = [0; 32];
        bytes.copy_from_slice(context.finish().as_ref());
        bytes
    }
}

fn verify(hash: &str, password: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|hash| {
        argon2::Argon2::default().verify_password(password.as_bytes(), &hash).is_ok()
    })
}

impl Memory {
    fn is_throttled(&self, keys: &[String], now: Timestamp) -> bool {
        keys.iter().any(|key| {
            self.wrong.get(key).is_some_and(|(since, count)| {
                *count >= WRONG_MAX && now.duration_since(*since) < WRONG_WINDOW
            })
        })
    }

    fn remember_wrong(&mut self, keys: &[String], now: Timestamp) {
        make_room(&mut self.wrong);
        for key in keys {
            let entry = self.wrong.entry(key.clone()).or_insert((now, 0));
            if now.duration_since(entry.0) >= WRONG_WINDOW {
                *entry = (now, 0);
            }
            entry.1 += 1;
        }
    }

    fn remember_right(&mut self, known_as: String, digest: [u8; 32], now: Timestamp) {
        make_room(&mut self.right);
        self.right.insert(known_as, (now, digest));
    }

    fn knows(&mut self, known_as: &str, digest: &[u8; 32], now: Timestamp) -> bool {
        let Some((used, known)) = self.right.get_mut(known_as) else { return false };
        let right = now.duration_since(*used) < RIGHT_WINDOW
            && constant_time::verify_slices_are_equal(known, digest).is_ok();
        if right {
            *used = now;
        }
        right
    }
}

/// Forgets the older half when there is no room.
fn make_room<T>(entries: &mut HashMap<String, (Timestamp, T)>) {
    if entries.len() < REMEMBERED_MAX {
        return;
    }
    let mut ages: Vec<Timestamp> = entries.values().map(|(at, _)| *at).collect();
    ages.sort_unstable();
    let middle = ages[ages.len() / 2];
    entries.retain(|_, (at, _)| *at > middle);
}

#[cfg(test)]
mod tests {
    use super::*;
    use argon2::PasswordHasher;

    struct Example {
        passwords: Passwords,
        hash: String,
    }

    impl Example {
        fn new() -> Example {
            let hash = argon2::Argon2::default().hash_password(b"right").expect("hashed");
            Example { passwords: Passwords::new([1; 32]), hash: hash.to_string() }
        }

        async fn check(&self, password: &str, from: &str, minute: i64) -> Verdict {
            let now = Timestamp::from_second(minute * 60).expect("in range");
            let from = from.parse().expect("an address");
            let hash = Some(self.hash.clone());
            self.passwords.check("Api@example.jp", hash, password.to_owned(), from, now).await
        }

        async fn five_wrong(&self, from: &str, minute: i64) {
            for _ in 0..5 {
                assert_eq!(self.check("wrong", from, minute).await, Verdict::Wrong);
            }
        }
    }

    #[tokio::test]
    async fn five_wrong_tries_and_then_patience() {
        let it = Example::new();
        it.five_wrong("192.0.2.1", 0).await;
        assert_eq!(it.check("right", "192.0.2.1", 1).await, Verdict::Throttled);
        let elsewhere = it.check("right", "192.0.2.2", 1).await;
        assert_eq!(elsewhere, Verdict::Throttled, "the user is throttled");
        assert_eq!(it.check("right", "192.0.2.1", 15).await, Verdict::Right);
    }

    #[tokio::test]
    async fn a_stranger_does_not_lock_a_customer_out() {
        let it = Example::new();
        let (customer, stranger) = ("192.0.2.1", "198.51.100.1");
        assert_eq!(it.check("right", customer, 0).await, Verdict::Right);
        it.five_wrong(stranger, 600).await;
        assert_eq!(it.check("right", stranger, 601).await, Verdict::Throttled);
        assert_eq!(it.check("right", customer, 601).await, Verdict::Right);
        assert_eq!(it.check("other", customer, 601).await, Verdict::Throttled, "not remembered");
        // Used again and again, it stays remembered.
        it.five_wrong(stranger, 2_000).await;
        assert_eq!(it.check("right", customer, 2_001).await, Verdict::Right);
        // Who shares the customer's address may not guess there without end.
        let it = Example::new();
        assert_eq!(it.check("right", customer, 0).await, Verdict::Right);
        it.five_wrong(customer, 0).await;
        assert_eq!(it.check("right", customer, 1).await, Verdict::Throttled);
    }

    #[tokio::test]
    async fn an_unknown_user_is_wrong_and_takes_as_long() {
        let passwords = Passwords::new([1; 32]);
        let from = IpAddr::from([192, 0, 2, 1]);
        let verdict =
            passwords.check("who", None, String::new(), from, Timestamp::UNIX_EPOCH).await;
        assert_eq!(verdict, Verdict::Wrong);
        assert!(PasswordHash::new(NOBODY).is_ok());
    }
}
