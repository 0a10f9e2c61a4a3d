//! What an empty house needs before the first mail: somebody who may sign in, a program that may
//! send, a domain to send from.

use jiff::Timestamp;

use crate::accounts::{self, AccountKind};
use crate::{AppError, Office, domains, password};

/// What was made, with passwords that nobody can look up later.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct FirstRun {
    /// Login and password.
    pub administrator: Option<(String, String)>,
    /// Name and password.
    pub api_user: Option<(String, String)>,
    /// The sending domain.
    pub domain: Option<String>,
}

const LOGIN: &str = "admin";
const API_USER: &str = "api@sandbox.example";
const DOMAIN: &str = "sandbox.example";

/// Makes an administrator, an API user and a sending domain where there are none of the kind.
/// Does nothing once there is an administrator, who is made last and cannot be removed; so what
/// an operator took away does not come back, and a crash half-way is made good by the next start.
///
/// # Errors
/// When the records or the roster fail.
pub async fn ensure(office: &Office, now: Timestamp) -> Result<FirstRun, AppError> {
    let mut made = FirstRun::default();
    let accounts = accounts::list(office).await?;
    let is_any = |kind| accounts.iter().any(|account| account.kind == kind);
    if is_any(AccountKind::Administrator) {
        return Ok(made);
    }
    if domains::list(office).await?.is_empty() {
        made.domain = Some(domains::add(office, DOMAIN, now).await?.name);
    }
    if !is_any(AccountKind::ApiUser) {
        made.api_user = Some(add(office, AccountKind::ApiUser, API_USER, now).await?);
    }
    made.administrator = Some(add(office, AccountKind::Administrator, LOGIN, now).await?);
    Ok(made)
}

async fn add(
    office: &Office,
    kind: AccountKind,
    name: &str,
    now: Timestamp,
) -> Result<(String, String), AppError> {
    let password = password::make()?;
    accounts::add(office, kind, name, &password, now).await?;
    Ok((name.to_owned(), password))
}
