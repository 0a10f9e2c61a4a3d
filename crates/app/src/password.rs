//! Passwords: what is good enough, hashing with argon2id, and making new ones.
//!
//! A hash costs 19 MiB and tens of milliseconds on purpose, so at most [`AT_ONCE`] run together;
//! who waits longer than [`WAIT_MAX`] is sent away instead of queueing without end.

use std::sync::Arc;
use std::time::Duration;

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};

use crate::accounts::AccountKind;
use crate::{AppError, Office, Refusal, blocking};

/// Hashes at once.
pub(crate) const AT_ONCE: usize = 2;
/// Longest wait for the turn to hash.
const WAIT_MAX: Duration = Duration::from_secs(10);
/// Longest password, in bytes.
const LENGTH_MAX: usize = 1_024;
const ADMINISTRATOR_MIN: usize = 12;
const API_USER_MIN: usize = 8;

/// Letters and digits that cannot be taken for each other: no i, l, o, 0, 1.
const READABLE: &[u8; 31] = b"abcdefghjkmnpqrstuvwxyz23456789";
const GROUPS: usize = 4;
const GROUP: usize = 5;

/// Hash of no password, checked where there is no account, so that a wrong login takes as long
/// as a wrong password.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5bm9ib2R5bm9ib2R5$\
    AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Why a new password will not do; `None` when it will.
pub(crate) fn weakness(kind: AccountKind, password: &str) -> Option<Refusal> {
    let characters = password.chars().count();
    let least = match kind {
        AccountKind::Administrator | AccountKind::Customer => ADMINISTRATOR_MIN,
        AccountKind::ApiUser => API_USER_MIN,
    };
    let is_mixed =
        password.chars().any(char::is_alphabetic) && password.chars().any(|c| c.is_ascii_digit());
    let too_plain = kind == AccountKind::ApiUser && !is_mixed;
    if characters < least || too_plain {
        return Some(Refusal::WeakPassword { kind, least });
    }
    (password.len() > LENGTH_MAX).then_some(Refusal::LongPassword { most: LENGTH_MAX })
}

/// An argon2id hash in PHC string form, under a new salt.
pub(crate) async fn hash(office: &Office, password: &str) -> Result<String, AppError> {
    let password = password.to_owned();
    in_turn(office, move || {
        Argon2::default()
            .hash_password(password.as_bytes())
            .map(|hash| hash.to_string())
            .map_err(|e| AppError::records(std::io::Error::other(e.to_string())))
    })
    .await
}

/// Whether the password has that hash; without a hash it takes as long and is `false`.
pub(crate) async fn verify(
    office: &Office,
    password: &str,
    hash: Option<String>,
) -> Result<bool, AppError> {
    if password.len() > LENGTH_MAX {
        return Ok(false);
    }
    let password = password.to_owned();
    in_turn(office, move || {
        let known = hash.as_deref().unwrap_or(NOBODY);
        let fits = Argon2::default().verify_password(password.as_bytes(), known).is_ok();
        Ok(fits && hash.is_some())
    })
    .await
}

async fn in_turn<T, F>(office: &Office, work: F) -> Result<T, AppError>
where
    T: Send + 'static,
    F: FnOnce() -> Result<T, AppError> + Send + 'static,
{
    let waiting = Arc::clone(&office.hashing).acquire_owned();
    let Ok(Ok(turn)) = tokio::time::timeout(WAIT_MAX, waiting).await else {
        return AppError::refused(Refusal::Busy);
    };
    // The turn goes with the work: a caller who leaves does not let a third hash in.
    blocking(move || {
        let done = work();
        drop(turn);
        done
    })
    .await
}

/// A new password of 20 readable characters in groups of 5, about 99 bits of chance.
///
/// # Errors
/// When the system gives no randomness.
pub fn make() -> Result<String, AppError> {
    loop {
        let mut characters = Vec::with_capacity(GROUPS * GROUP);
        while characters.len() < GROUPS * GROUP {
            for byte in vault::random::<32>().map_err(AppError::records)? {
                // Only numbers below 31 x 8 are taken, so every character is equally likely.
                if byte < 248 && characters.len() < GROUPS * GROUP {
                    characters.push(char::from(READABLE[usize::from(byte) % READABLE.len()]));
                }
            }
        }
        let groups: Vec<String> =
            characters.chunks(GROUP).map(|group| group.iter().collect()).collect();
        let password = groups.join("-");
        if weakness(AccountKind::ApiUser, &password).is_none() {
            return Ok(password);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_that_will_do() {
        use AccountKind::{Administrator, ApiUser};
        let cases = [
            (Administrator, "short", false),
            (Administrator, "elevenchars", false),
            (Administrator, "twelve chars", true),
            (Administrator, "十二文字の長い合言葉です", true),
            (ApiUser, "abcdefgh", false),
            (ApiUser, "12345678", false),
            (ApiUser, "abc1234", false),
            (ApiUser, "abcd1234", true),
        ];
        for (kind, password, will_do) in cases {
            assert_eq!(weakness(kind, password).is_none(), will_do, "{password}");
        }
        assert!(weakness(Administrator, &"x".repeat(1_025)).is_some());
    }

    #[test]
    fn made_passwords_are_readable_and_never_the_same() {
        let (one, other) = (make().expect("made"), make().expect("made"));
        assert_ne!(one, other);
        assert_eq!(one.len(), 23);
        assert!(one.split('-').all(|group| group.len() == 5), "{one}");
        assert!(one.chars().all(|c| c == '-' || READABLE.contains(&(c as u8))), "{one}");
    }

    #[test]
    fn the_hash_of_nobody_can_be_checked() {
        assert!(argon2::PasswordHash::new(NOBODY).is_ok());
    }
}
