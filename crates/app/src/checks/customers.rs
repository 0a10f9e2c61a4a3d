//! Checks that customers make for themselves. Each belongs to one of his contracts, its name begins
//! with that contract's, and it looks at the public Internet alone. What it sees counts for a contract
//! only when an administrator writes that into the configuration; from then on it is the
//! administrator's to change.

use jiff::Timestamp;

use super::added::{add_with, change, first_look_with, known};
use super::tried::TRIES_MAX;
use super::{CheckRefusal, Latest, OFFICE, Settings, Watched, Way, find, list};
use crate::{AppError, Office, Refusal};

/// Checks of a customer when the configuration says nothing.
pub const CUSTOMER_CHECKS: usize = 20;
/// The shortest pace of a customer's check, in seconds.
pub const CUSTOMER_EVERY_MIN: u64 = 60;

/// The name of a customer's check in the records: other customers' names stay free, and unknown.
#[must_use]
pub fn name_for(contract: &str, name: &str) -> String {
    format!("{contract}.{name}")
}

/// The checks that a customer of these contracts sees: those that tell of their functions, and his own.
///
/// # Errors
/// When the records fail.
pub async fn list_for(
    office: &Office,
    contracts: &[String],
    now: Timestamp,
) -> Result<Vec<Watched>, AppError> {
    let mut all = list(office, now).await?;
    all.retain_mut(|watched| is_seen(watched, contracts));
    Ok(all)
}

/// One of them; `None` when there is none of that name that he may see.
///
/// # Errors
/// When the records fail.
pub async fn find_for(
    office: &Office,
    contracts: &[String],
    name: &str,
    now: Timestamp,
) -> Result<Option<Watched>, AppError> {
    let found = find(office, name, now).await?;
    Ok(found.and_then(|mut watched| is_seen(&mut watched, contracts).then_some(watched)))
}

/// Whether it may be seen; what it tells of other contracts is left out of it.
fn is_seen(watched: &mut Watched, contracts: &[String]) -> bool {
    watched.tells.retain(|(contract, _)| contracts.contains(contract));
    is_own(watched, contracts) || !watched.tells.is_empty()
}

/// Whether a customer of these contracts made it.
#[must_use]
pub fn is_own(watched: &Watched, contracts: &[String]) -> bool {
    watched.contract.as_ref().is_some_and(|contract| contracts.contains(contract))
}

/// Adds a check of a customer; its name in the records.
///
/// # Errors
/// Refused when it is not one that customers may make, he has as many as he may, or the name is taken.
pub async fn add_for(
    office: &Office,
    contracts: &[String],
    contract: &str,
    name: &str,
    settings: &Settings,
    now: Timestamp,
) -> Result<String, AppError> {
    if !contracts.iter().any(|own| own == contract) {
        return AppError::refused(Refusal::NoContract { name: contract.to_owned() });
    }
    permitted(settings).map_err(Refusal::from)?;
    let full = name_for(contract, name);
    if !super::is_name(name) || !super::is_name(&full) {
        return AppError::refused(CheckRefusal::Name { longest: super::NAME_MAX }.into());
    }
    // A contract may name a check before it is there; it did not mean this one.
    if is_mapped(office, &full) {
        return AppError::refused(CheckRefusal::Taken { name: full }.into());
    }
    let records = office.store.watched_checks().await?;
    let own = |of: &Option<String>| of.as_ref().is_some_and(|of| contracts.contains(of));
    let most = office.watching.customer_checks;
    if records.iter().filter(|record| own(&record.contract)).count() >= most {
        return AppError::refused(CheckRefusal::CustomerFull { most }.into());
    }
    add_with(office, &full, settings, Some(contract), now).await?;
    Ok(full)
}

/// Gives a customer's check other settings.
///
/// # Errors
/// Refused when he has none of that name, an administrator uses it for a contract, or it is not one
/// that customers may make.
pub async fn change_for(
    office: &Office,
    contracts: &[String],
    name: &str,
    settings: &Settings,
    now: Timestamp,
) -> Result<(), AppError> {
    permitted(settings).map_err(Refusal::from)?;
    own(office, contracts, name).await?;
    change(office, name, settings, now).await
}

/// Lets a customer's check rest since an instant, or look again.
///
/// # Errors
/// Refused when he has none of that name, or an administrator uses it for a contract.
pub async fn pause_for(
    office: &Office,
    contracts: &[String],
    name: &str,
    since: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), AppError> {
    own(office, contracts, name).await?;
    let done = office.store.pause_check(name, since).await?;
    known(office, name, done, now).await
}

/// Removes a customer's check.
///
/// # Errors
/// Refused when he has none of that name, or an administrator uses it for a contract.
pub async fn remove_for(
    office: &Office,
    contracts: &[String],
    name: &str,
    now: Timestamp,
) -> Result<(), AppError> {
    own(office, contracts, name).await?;
    let done = office.store.remove_check(name).await?;
    known(office, name, done, now).await
}

/// Looks once with these settings, only where checks of customers may look, and not more often for one
/// login than [`TRIES_MAX`] times a minute.
///
/// # Errors
/// Refused when it is not one that customers may make, nobody looks for them here, or there were too many.
pub async fn first_look_for(
    office: &Office,
    login: &str,
    name: &str,
    settings: &Settings,
    now: Timestamp,
) -> Result<Latest, AppError> {
    permitted(settings).map_err(Refusal::from)?;
    let looks_elsewhere = settings.kind != Way::Heartbeat;
    if looks_elsewhere && !office.watching.tried.may_try(login, now) {
        return AppError::refused(CheckRefusal::Tries { most: TRIES_MAX }.into());
    }
    first_look_with(office.watching.customers_reach.as_ref(), name, settings, now).await
}

/// Whether customers may make such a check: none that sends mail to others or runs a command here.
fn permitted(settings: &Settings) -> Result<(), CheckRefusal> {
    if matches!(settings.kind, Way::SmtpSend | Way::Plugin) {
        return Err(CheckRefusal::ByConfiguration);
    }
    if settings.looked_at_from().any(|site| site != OFFICE) {
        return Err(CheckRefusal::ByConfiguration);
    }
    if settings.every < CUSTOMER_EVERY_MIN && settings.kind != Way::Heartbeat {
        return Err(CheckRefusal::Pace { least: CUSTOMER_EVERY_MIN });
    }
    Ok(())
}

/// Whether a check of that name counts for a contract.
fn is_mapped(office: &Office, name: &str) -> bool {
    let mut measured = office.contracts().into_iter().flat_map(|watched| &watched.measured);
    measured.any(|measured| measured.source.is_check(name))
}

/// That a customer of these contracts made the check and may still change it.
async fn own(office: &Office, contracts: &[String], name: &str) -> Result<(), AppError> {
    let records = office.store.watched_checks().await?;
    let is_it = |of: &Option<String>| of.as_ref().is_some_and(|of| contracts.contains(of));
    let found = records.iter().find(|it| it.name == name && is_it(&it.contract));
    if found.is_none() {
        return AppError::refused(CheckRefusal::Unknown { name: name.to_owned() }.into());
    }
    if is_mapped(office, name) {
        return AppError::refused(CheckRefusal::Mapped { name: name.to_owned() }.into());
    }
    Ok(())
}
