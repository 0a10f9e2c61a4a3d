//! Checks API users' passwords: throttled, off the network threads, and remembered for a while,
//! since programs sign in for every message.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use argon2::password_hash::{PasswordVerifier, phc::PasswordHash};
use aws_lc_rs::{constant_time, digest};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Semaphore;

/// Wrong tries of one user, or from one address, before they have to wait.
const WRONG_MAX: u32 = 5;
/// For how long wrong tries are remembered.
const WRONG_WINDOW: SignedDuration = SignedDuration::from_mins(15);
/// For how long a right password is remembered.
const RIGHT_WINDOW: SignedDuration = SignedDuration::from_mins(10);
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
        let keys = [format!("user {user}"), format!("address {from}")];
        if self.memory().is_throttled(&keys, now) {
            return Verdict::Throttled;
        }
        let digest = self.digest(hash.as_deref().unwrap_or_default(), &password);
        if hash.is_some() && self.memory().knows(&user, &digest, now) {
            return Verdict::Right;
        }
        let Ok(_permit) = self.workers.acquire().await else { return Verdict::Unavailable };
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| NOBODY.to_owned());
        let verified = tokio::task::spawn_blocking(move || verify(&hash, &password)).await;
        let mut memory = self.memory();
        match verified {
            Ok(true) if known => {
                memory.remember_right(user, digest, now);
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

    fn remember_right(&mut self, user: String, digest: [u8; 32], now: Timestamp) {
        make_room(&mut self.right);
        self.right.insert(user, (now, digest));
    }

    fn knows(&self, user: &str, digest: &[u8; 32], now: Timestamp) -> bool {
        self.right.get(user).is_some_and(|(since, known)| {
            now.duration_since(*since) < RIGHT_WINDOW
                && constant_time::verify_slices_are_equal(known, digest).is_ok()
        })
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

    #[tokio::test]
    async fn five_wrong_tries_and_then_patience() {
        let passwords = Passwords::new([1; 32]);
        let hash = argon2::Argon2::default().hash_password(b"right").expect("hashed").to_string();
        let here = IpAddr::from([192, 0, 2, 1]);
        let check = async |password: &str, from: IpAddr, minute: i64| {
            let now = Timestamp::from_second(minute * 60).expect("in range");
            passwords
                .check("Api@example.jp", Some(hash.clone()), password.to_owned(), from, now)
                .await
        };
        assert_eq!(check("right", here, 0).await, Verdict::Right);
        for _ in 0..5 {
            assert_eq!(check("wrong", here, 0).await, Verdict::Wrong);
        }
        assert_eq!(check("right", here, 1).await, Verdict::Throttled);
        let elsewhere = IpAddr::from([192, 0, 2, 2]);
        assert_eq!(check("right", elsewhere, 1).await, Verdict::Throttled, "the user is throttled");
        assert_eq!(check("right", here, 15).await, Verdict::Right);
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
