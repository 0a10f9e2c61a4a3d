//! People who sign in to the console, and programs that sign in over SMTP.

use std::net::IpAddr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use mail::Address;
use store::{AccountRecord, Kind, TryGate};

use crate::changes::Change;
use crate::{AppError, Office, Refusal, domains, password};

/// A person's signed-in session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The secret that the browser's cookie holds; 43 characters.
    pub token: String,
    /// Who signed in.
    pub login: String,
    /// What they may see.
    pub sight: Sight,
    /// Must come back with every form; derived from the token.
    pub csrf: String,
    /// Signed out by itself then.
    pub expires: Timestamp,
}

/// What a person who is signed in may see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sight {
    /// Everything: an administrator.
    All,
    /// A customer: these contracts, by name, and what is told to him of them.
    Contracts(Vec<String>),
}

impl Session {
    /// Whether all of these contracts may be seen.
    #[must_use]
    pub fn sees_all(&self, contracts: &[String]) -> bool {
        match &self.sight {
            Sight::All => true,
            Sight::Contracts(own) => contracts.iter().all(|name| own.contains(name)),
        }
    }
}

/// How a sign-in ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignIn {
    /// Welcome.
    Session(Session),
    /// Login or password is wrong; never said which.
    Wrong,
    /// Too many tries from this address or for this login.
    Throttled {
        /// When to come back.
        until: Timestamp,
    },
}

/// A row of the list of accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// A login, or an API user's name in the form of an address.
    pub name: String,
    /// Which of the two.
    pub kind: AccountKind,
    /// Since when.
    pub created: Timestamp,
    /// Names of a customer's contracts; empty for the others.
    pub contracts: Vec<String>,
}

/// Who signs in where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountKind {
    /// A person, at the console.
    Administrator,
    /// A program, over SMTP.
    ApiUser,
    /// A customer's person, at the console, who sees his contracts alone.
    Customer,
}

/// How long a session lasts.
const SESSION: SignedDuration = SignedDuration::from_hours(12);
/// Wrong tries, for one login or one address.
const GATE: TryGate = TryGate { tries: 5, window: SignedDuration::from_mins(15) };
/// Accounts of both kinds together.
pub const ACCOUNTS_MAX: usize = 1_000;
/// Longest login, in bytes.
const LOGIN_MAX: usize = 64;
/// Bytes of chance in a session's token.
const TOKEN_BYTES: usize = 32;
/// Characters of such a token in base64.
const TOKEN_LEN: usize = 43;

/// Checks a person's password and opens a session of 12 hours. At most 5 wrong tries in 15
/// minutes for one login or one address, then `Throttled`.
///
/// # Errors
/// When the records fail.
pub async fn sign_in(
    office: &Office,
    login: &str,
    password: &str,
    from: IpAddr,
    now: Timestamp,
) -> Result<SignIn, AppError> {
    let login = login.trim();
    let (login_subject, from_subject) = (format!("login {login}"), subject(from));
    let subjects = [login_subject.as_str(), from_subject.as_str()];
    if let Some(until) = office.store.count_try(&subjects, GATE, now).await? {
        return Ok(SignIn::Throttled { until });
    }
    // No login is both.
    let account = match office.store.account(Kind::Administrator, login).await? {
        Some(account) => Some(account),
        None => office.store.account(Kind::Customer, login).await?,
    };
    let hash = account.as_ref().map(|account| account.password_hash.clone());
    let is_right = password::verify(office, password, hash).await?;
    let Some(account) = account.filter(|_| is_right) else { return Ok(SignIn::Wrong) };
    office.store.forgive_tries(&login_subject, &[&from_subject], now).await?;
    let random: [u8; TOKEN_BYTES] = vault::random().map_err(AppError::records)?;
    let token = URL_SAFE_NO_PAD.encode(random);
    let expires = now.saturating_add(SESSION).unwrap_or(Timestamp::MAX);
    office.store.open_session(&token, (account.kind, &account.name), now, expires).await?;
    let sight = sight(account.kind, account.contracts);
    let csrf = csrf(office, &token);
    Ok(SignIn::Session(Session { csrf, token, login: account.name, sight, expires }))
}

/// The session of a cookie, if it is still good.
///
/// # Errors
/// When the records fail.
pub async fn session(
    office: &Office,
    token: &str,
    now: Timestamp,
) -> Result<Option<Session>, AppError> {
    if token.len() != TOKEN_LEN {
        return Ok(None);
    }
    let found = office.store.session(token, now).await?;
    Ok(found.map(|found| Session {
        token: token.to_owned(),
        login: found.login,
        sight: sight(found.kind, found.contracts),
        csrf: csrf(office, token),
        expires: found.expires,
    }))
}

/// Whoever is no administrator sees no more than what is named.
fn sight(kind: Kind, contracts: Vec<String>) -> Sight {
    match kind {
        Kind::Administrator => Sight::All,
        Kind::Customer | Kind::ApiUser => Sight::Contracts(contracts),
    }
}

/// Ends a session.
///
/// # Errors
/// When the records fail.
pub async fn sign_out(office: &Office, token: &str) -> Result<(), AppError> {
    office.store.close_session(token).await?;
    office.changes.tell(Change::Sessions);
    Ok(())
}

/// Adds an account, publishes the roster if it is an API user. A customer is added by
/// [`add_customer`]: without contracts he sees nothing.
///
/// # Errors
/// Refused when the name is taken, malformed, or the password shorter than 12 characters
/// (8 with letters and digits for API users).
pub async fn add(
    office: &Office,
    kind: AccountKind,
    name: &str,
    password: &str,
    now: Timestamp,
) -> Result<(), AppError> {
    add_with(office, kind, name, password, Vec::new(), now).await
}

/// Adds a customer who sees these contracts.
///
/// # Errors
/// Refused as [`add`] does, when no contract is named, or one that the office does not keep.
pub async fn add_customer(
    office: &Office,
    name: &str,
    password: &str,
    contracts: &[String],
    now: Timestamp,
) -> Result<(), AppError> {
    let contracts = known(office, contracts)?;
    add_with(office, AccountKind::Customer, name, password, contracts, now).await
}

/// Gives a customer these contracts and no others.
///
/// # Errors
/// Refused when there is no such customer, no contract is named, or one that the office does not keep.
pub async fn set_contracts(
    office: &Office,
    name: &str,
    contracts: &[String],
) -> Result<(), AppError> {
    let contracts = known(office, contracts)?;
    match office.store.set_contracts(name.trim(), &contracts).await? {
        true => Ok(()),
        false => AppError::refused(Refusal::NoAccount { name: name.trim().to_owned() }),
    }
}

/// Names of contracts that the office keeps; at least one.
fn known(office: &Office, contracts: &[String]) -> Result<Vec<String>, AppError> {
    if contracts.is_empty() {
        return AppError::refused(Refusal::CustomerOfNothing);
    }
    contracts.iter().map(|name| Ok(office.contract(name)?.contract.name.to_string())).collect()
}

async fn add_with(
    office: &Office,
    kind: AccountKind,
    name: &str,
    password: &str,
    contracts: Vec<String>,
    now: Timestamp,
) -> Result<(), AppError> {
    let name = checked_name(kind, name)?;
    if let Some(weakness) = password::weakness(kind, password) {
        return AppError::refused(weakness);
    }
    if office.store.accounts().await?.len() >= ACCOUNTS_MAX {
        return AppError::refused(Refusal::AccountsFull { most: ACCOUNTS_MAX });
    }
    // One login at the console is one person, whichever kind.
    let other = match kind {
        AccountKind::Administrator => Some(Kind::Customer),
        AccountKind::Customer => Some(Kind::Administrator),
        AccountKind::ApiUser => None,
    };
    if let Some(other) = other
        && office.store.account(other, &name).await?.is_some()
    {
        return AppError::refused(Refusal::AccountTaken { name });
    }
    let password_hash = password::hash(office, password).await?;
    let kind_of = record_kind(kind);
    let account = AccountRecord { kind: kind_of, name, password_hash, created: now, contracts };
    if !office.store.add_account(&account).await? {
        return AppError::refused(Refusal::AccountTaken { name: account.name });
    }
    publish_if_needed(office, kind).await
}

/// Sets a new password, ends the account's sessions.
///
/// # Errors
/// Refused when there is no such account or the password is too weak.
pub async fn set_password(
    office: &Office,
    kind: AccountKind,
    name: &str,
    password: &str,
    _now: Timestamp,
) -> Result<(), AppError> {
    if let Some(weakness) = password::weakness(kind, password) {
        return AppError::refused(weakness);
    }
    let hash = password::hash(office, password).await?;
    if !office.store.set_password_hash(record_kind(kind), name.trim(), &hash).await? {
        return AppError::refused(Refusal::NoAccount { name: name.trim().to_owned() });
    }
    office.changes.tell(Change::Sessions);
    publish_if_needed(office, kind).await
}

/// Removes an account with its sessions.
///
/// # Errors
/// Refused when there is none, or it is the last administrator.
pub async fn remove(office: &Office, kind: AccountKind, name: &str) -> Result<(), AppError> {
    let name = name.trim();
    let keep = match kind {
        AccountKind::Administrator => 1,
        AccountKind::ApiUser | AccountKind::Customer => 0,
    };
    if !office.store.remove_account(record_kind(kind), name, keep).await? {
        let is_last = office.store.account(record_kind(kind), name).await?.is_some();
        let name = name.to_owned();
        return AppError::refused(if is_last {
            Refusal::LastAdministrator { name }
        } else {
            Refusal::NoAccount { name }
        });
    }
    office.changes.tell(Change::Sessions);
    publish_if_needed(office, kind).await
}

/// Everyone, by kind and name.
///
/// # Errors
/// When the records fail.
pub async fn list(office: &Office) -> Result<Vec<Account>, AppError> {
    let accounts = office.store.accounts().await?;
    Ok(accounts
        .into_iter()
        .map(|account| Account {
            name: account.name,
            kind: match account.kind {
                Kind::Administrator => AccountKind::Administrator,
                Kind::ApiUser => AccountKind::ApiUser,
                Kind::Customer => AccountKind::Customer,
            },
            created: account.created,
            contracts: account.contracts,
        })
        .collect())
}

/// The value that a form must bring back: only the holder of the session can have read it.
fn csrf(office: &Office, token: &str) -> String {
    URL_SAFE_NO_PAD.encode(office.vault.blind("csrf", token))
}

/// Whom tries from an address are counted for. A network of IPv6 counts as one (its owner has
/// 2^64 addresses to try from).
fn subject(from: IpAddr) -> String {
    match from.to_canonical() {
        IpAddr::V4(ip) => format!("address {ip}"),
        IpAddr::V6(ip) => {
            let [a, b, c, d, ..] = ip.segments();
            format!("network {a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

fn checked_name(kind: AccountKind, name: &str) -> Result<String, AppError> {
    let name = name.trim();
    match kind {
        AccountKind::Administrator | AccountKind::Customer => {
            let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '@');
            if name.is_empty() || name.len() > LOGIN_MAX || !name.chars().all(fits) {
                return AppError::refused(Refusal::Login { longest: LOGIN_MAX });
            }
            Ok(name.to_owned())
        }
        AccountKind::ApiUser => match Address::parse(name) {
            Ok(address) => Ok(address.as_str().to_owned()),
            Err(why) => AppError::refused(Refusal::ApiUserName { why }),
        },
    }
}

const fn record_kind(kind: AccountKind) -> Kind {
    match kind {
        AccountKind::Administrator => Kind::Administrator,
        AccountKind::ApiUser => Kind::ApiUser,
        AccountKind::Customer => Kind::Customer,
    }
}

/// The relay knows API users from the roster only.
async fn publish_if_needed(office: &Office, kind: AccountKind) -> Result<(), AppError> {
    match kind {
        AccountKind::Administrator | AccountKind::Customer => Ok(()),
        AccountKind::ApiUser => domains::publish_roster(office).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_counted_alone_or_by_network() {
        let cases = [
            ("192.0.2.1", "address 192.0.2.1"),
            ("::ffff:192.0.2.1", "address 192.0.2.1"),
            ("2001:db8:1:2:3:4:5:6", "network 2001:db8:1:2::/64"),
            ("2001:db8:1:2::9", "network 2001:db8:1:2::/64"),
        ];
        for (ip, expected) in cases {
            assert_eq!(subject(ip.parse().expect("an address")), expected);
        }
    }

    #[test]
    fn names() {
        use AccountKind::{Administrator, ApiUser};
        let cases = [
            (Administrator, " hanako ", Some("hanako")),
            (Administrator, "hanako@example.jp", Some("hanako@example.jp")),
            (Administrator, "", None),
            (Administrator, "ha nako", None),
            (Administrator, "花子", None),
            (ApiUser, "api@Example.jp", Some("api@example.jp")),
            (ApiUser, "api", None),
        ];
        for (kind, name, expected) in cases {
            assert_eq!(checked_name(kind, name).ok().as_deref(), expected, "{name}");
        }
    }
}
