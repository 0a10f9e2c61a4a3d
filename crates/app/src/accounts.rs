//! People who sign in to the console, and programs that sign in over SMTP.

use std::net::IpAddr;

use jiff::Timestamp;

use crate::{AppError, Office};

/// A person's signed-in session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The secret that the browser's cookie holds; 43 characters.
    pub token: String,
    /// Who signed in.
    pub login: String,
    /// Must come back with every form; derived from the token.
    pub csrf: String,
    /// Signed out by itself then.
    pub expires: Timestamp,
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
}

/// Who signs in where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountKind {
    /// A person, at the console.
    Administrator,
    /// A program, over SMTP.
    ApiUser,
}

/// Checks a person's password and opens a session of 12 hours. At most 5 wrong tries in 15
/// minutes for one login or one address, then `Throttled`.
///
/// # Errors
/// When the records fail.
pub async fn sign_in(
    _office: &Office,
    _login: &str,
    _password: &str,
    _from: IpAddr,
    _now: Timestamp,
) -> Result<SignIn, AppError> {
    todo!()
}

/// The session of a cookie, if it is still good.
///
/// # Errors
/// When the records fail.
pub async fn session(
    _office: &Office,
    _token: &str,
    _now: Timestamp,
) -> Result<Option<Session>, AppError> {
    todo!()
}

/// Ends a session.
///
/// # Errors
/// When the records fail.
pub async fn sign_out(_office: &Office, _token: &str) -> Result<(), AppError> {
    todo!()
}

/// Adds an account, publishes the roster if it is an API user.
///
/// # Errors
/// Refused when the name is taken, malformed, or the password shorter than 12 characters
/// (8 with letters and digits for API users).
pub async fn add(
    _office: &Office,
    _kind: AccountKind,
    _name: &str,
    _password: &str,
    _now: Timestamp,
) -> Result<(), AppError> {
    todo!()
}

/// Sets a new password, ends the account's sessions.
///
/// # Errors
/// Refused when there is no such account or the password is too weak.
pub async fn set_password(
    _office: &Office,
    _kind: AccountKind,
    _name: &str,
    _password: &str,
    _now: Timestamp,
) -> Result<(), AppError> {
    todo!()
}

/// Removes an account with its sessions.
///
/// # Errors
/// Refused when there is none, or it is the last administrator.
pub async fn remove(_office: &Office, _kind: AccountKind, _name: &str) -> Result<(), AppError> {
    todo!()
}

/// Everyone, by kind and name.
///
/// # Errors
/// When the records fail.
pub async fn list(_office: &Office) -> Result<Vec<Account>, AppError> {
    todo!()
}
