//! Heartbeats: the other side calls an address that only it knows.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::Timestamp;

use super::Way;
use crate::{AppError, Office};

/// The word in the address that the other side of a heartbeat check calls. It follows from the name and
/// the key of this installation, so it is kept nowhere.
#[must_use]
pub fn beat_word(office: &Office, check: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(office.vault.blind("beat", check))
}

/// The other side has called; whether there is such a check and the word is its own.
///
/// # Errors
/// When the records fail.
pub async fn beat(
    office: &Office,
    check: &str,
    word: &str,
    now: Timestamp,
) -> Result<bool, AppError> {
    // Compared as hashes, so that the time it takes tells nothing about the word.
    let same = |text: &str| office.vault.blind("beat-word", text);
    // The vault ignores letter case, which the word does not.
    let is_its_own =
        same(word) == same(&beat_word(office, check)) && word == beat_word(office, check);
    if !is_its_own {
        return Ok(false);
    }
    let found = super::find(office, check, now).await?;
    if found.is_none_or(|watched| watched.settings.kind != Way::Heartbeat) {
        return Ok(false);
    }
    office.watching.beats.beat(check).map_err(AppError::records)?;
    Ok(true)
}
