//! Checks that administrators add in the console.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use ::watch::Reach;
use jiff::Timestamp;
use store::WatchedCheck;

use super::record::seen;
use super::{CheckRefusal, Latest, OFFICE, Settings, Way, sites};
use crate::changes::Change;
use crate::{AppError, Office, Refusal};

/// Most checks of an office: more than one watcher looks at in time.
pub const CHECKS_MAX: usize = 10_000;
/// Longest that a person waits for a first look.
const FIRST_LOOK_MAX: Duration = Duration::from_secs(20);
/// Letters of a name.
pub const NAME_MAX: usize = 64;

/// Whether a name is one: lower-case letters, digits, hyphens and dots, as configuration and
/// addresses of pages have them.
#[must_use]
pub fn is_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.');
    (1..=NAME_MAX).contains(&name.len())
        && name.chars().all(allowed)
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
}

pub(super) fn settings_of(record: &WatchedCheck) -> Result<Settings, AppError> {
    serde_json::from_str(&record.settings).map_err(AppError::records)
}

/// Looks once with these settings, from the console: only where its checks may look.
///
/// # Errors
/// Refused when the settings make no sense, or this program does not look.
pub async fn first_look(
    office: &Office,
    name: &str,
    settings: &Settings,
    now: Timestamp,
) -> Result<Latest, AppError> {
    first_look_with(office.watching.reach.as_ref(), name, settings, now).await
}

/// As [`first_look`], reaching targets this way.
pub(super) async fn first_look_with(
    reach: Option<&Arc<Reach>>,
    name: &str,
    settings: &Settings,
    now: Timestamp,
) -> Result<Latest, AppError> {
    let mut check = allowed(name, settings)?;
    check.timeout = check.timeout.min(FIRST_LOOK_MAX);
    let Some(reach) = reach else {
        return AppError::refused(CheckRefusal::NobodyLooks.into());
    };
    Ok(seen(now, &watch::look(&check, reach).await))
}

/// Adds a check.
///
/// # Errors
/// Refused when the name or the settings make no sense, the name is taken, or there are
/// [`CHECKS_MAX`] checks.
pub async fn add(
    office: &Office,
    name: &str,
    settings: &Settings,
    now: Timestamp,
) -> Result<(), AppError> {
    add_with(office, name, settings, None, now).await
}

/// As [`add`], for a contract when a customer makes it.
pub(super) async fn add_with(
    office: &Office,
    name: &str,
    settings: &Settings,
    contract: Option<&str>,
    now: Timestamp,
) -> Result<(), AppError> {
    if !is_name(name) {
        return AppError::refused(CheckRefusal::Name { longest: NAME_MAX }.into());
    }
    allowed(name, settings)?;
    let taken = || Refusal::from(CheckRefusal::Taken { name: name.to_owned() });
    if office.watching.configured.iter().any(|check| check.name == name) {
        return AppError::refused(taken());
    }
    let count = office.watching.configured.len() + office.store.watched_checks().await?.len();
    if count >= CHECKS_MAX {
        return AppError::refused(CheckRefusal::Full { most: CHECKS_MAX }.into());
    }
    if !office.store.add_check(name, &json(settings)?, contract, now).await? {
        return AppError::refused(taken());
    }
    refresh(office, now).await
}

/// Shows the look with which a check was added as its last one, until its watcher has looked.
pub fn show_first(office: &Office, name: &str, first: Latest) {
    office.watching.latest().entry(name.to_owned()).or_insert(first);
}

/// Gives a check other settings.
///
/// # Errors
/// Refused when they make no sense or the console has no such check.
pub async fn change(
    office: &Office,
    name: &str,
    settings: &Settings,
    now: Timestamp,
) -> Result<(), AppError> {
    allowed(name, settings)?;
    let done = office.store.change_check(name, &json(settings)?, now).await?;
    known(office, name, done, now).await
}

/// Lets a check rest: nothing is known of its target until it is resumed.
///
/// # Errors
/// Refused when the console has no such check.
pub async fn pause(office: &Office, name: &str, now: Timestamp) -> Result<(), AppError> {
    let done = office.store.pause_check(name, Some(now)).await?;
    known(office, name, done, now).await
}

/// Lets a check look again.
///
/// # Errors
/// Refused when the console has no such check.
pub async fn resume(office: &Office, name: &str, now: Timestamp) -> Result<(), AppError> {
    let done = office.store.pause_check(name, None).await?;
    known(office, name, done, now).await
}

/// Removes a check. What it saw stays in the records for its time.
///
/// # Errors
/// Refused when the console has no such check.
pub async fn remove(office: &Office, name: &str, now: Timestamp) -> Result<(), AppError> {
    let done = office.store.remove_check(name).await?;
    known(office, name, done, now).await
}

/// After a change: refused when there was no such check.
pub(super) async fn known(
    office: &Office,
    name: &str,
    done: bool,
    now: Timestamp,
) -> Result<(), AppError> {
    if !done {
        return AppError::refused(CheckRefusal::Unknown { name: name.to_owned() }.into());
    }
    refresh(office, now).await
}

/// Tells the watcher which checks of the console it has now, and notes from where each check is looked at.
///
/// # Errors
/// When the records fail.
pub async fn refresh(office: &Office, now: Timestamp) -> Result<(), AppError> {
    let (mut checks, mut of_customers) = (Vec::new(), Vec::new());
    let mut known = Vec::new();
    for record in office.store.watched_checks().await? {
        let mut settings = settings_of(&record)?;
        if record.contract.is_some() {
            // Customers look from here alone: what a node may reach is not theirs to use.
            settings.sites.clear();
        }
        if record.paused.is_none()
            && settings.is_looked_at_from(OFFICE)
            && let Ok(check) = settings.check(&record.name)
        {
            match record.contract {
                Some(_) => of_customers.push(check),
                None => checks.push(check),
            }
        }
        known.push((record.name, settings, record.paused.is_some()));
    }
    let watching = &office.watching;
    let configured = watching.configured.iter().map(|it| (it.name.as_str(), &it.settings));
    let added = known.iter().map(|(name, settings, _)| (name.as_str(), settings));
    sites::note(office, configured.chain(added), now).await?;
    watching.added.send_replace(checks);
    watching.of_customers.send_replace(of_customers);
    office.changes.tell(Change::Checks);
    let configured = watching.configured.iter().map(|it| it.name.as_str());
    let looking = known.iter().filter(|(.., is_paused)| !is_paused);
    let names: BTreeSet<&str> = configured.chain(looking.map(|(name, ..)| name.as_str())).collect();
    let is_known = |name: &str| names.contains(name.split('@').next().unwrap_or(name));
    watching.latest().retain(|name, _| is_known(name));
    watching.recorded().retain(|name, _| is_known(name));
    watching.beats.retain(is_known);
    Ok(())
}

/// The check, if it makes sense and the console may have it: a command of the console's would run with
/// the rights of this program.
fn allowed(name: &str, settings: &Settings) -> Result<watch::Check, AppError> {
    if settings.kind == Way::Plugin {
        return AppError::refused(CheckRefusal::ByConfiguration.into());
    }
    settings.check(name).map_err(|why| AppError::Refused(CheckRefusal::Settings { why }.into()))
}

fn json(settings: &Settings) -> Result<String, AppError> {
    serde_json::to_string(settings).map_err(AppError::records)
}

#[cfg(test)]
mod tests {
    use super::is_name;

    #[test]
    fn names_of_checks() {
        for (name, expected) in [
            ("top-page", true),
            ("www.example.jp", true),
            ("1", true),
            ("", false),
            ("-x", false),
            ("Top", false),
            ("a/b", false),
            ("監視", false),
        ] {
            assert_eq!(is_name(name), expected, "{name:?}");
        }
        assert!(is_name(&"a".repeat(64)) && !is_name(&"a".repeat(65)));
    }
}
