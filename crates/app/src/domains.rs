//! Sending domains: their signing keys and the records to publish.

use jiff::Timestamp;
use mail::roster::Algorithm;

use crate::{AppError, Office};

/// A sending domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Domain {
    /// Lower case.
    pub name: String,
    /// Since when.
    pub created: Timestamp,
    /// Selector and algorithm of each key.
    pub keys: Vec<(String, Algorithm)>,
}

/// One DNS record to publish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DnsRecord {
    /// What it is for: `SPF`, `DKIM` or `DMARC`.
    pub purpose: &'static str,
    /// Fully qualified, without the last dot.
    pub name: String,
    /// Always `TXT` so far.
    pub kind: &'static str,
    /// The value, in one piece.
    pub value: String,
    /// As a line of a zone file: quoted strings of at most 255 bytes (RFC 1035 section 3.3.14).
    pub zone_line: String,
}

/// Makes an RSA-2048 and an Ed25519 key for the domain and publishes the roster.
///
/// # Errors
/// Refused when it is not a domain name or already here.
pub async fn add(_office: &Office, _name: &str, _now: Timestamp) -> Result<Domain, AppError> {
    todo!()
}

/// Removes a domain with its keys and publishes the roster.
///
/// # Errors
/// Refused when it is not here.
pub async fn remove(_office: &Office, _name: &str) -> Result<(), AppError> {
    todo!()
}

/// Every domain by name.
///
/// # Errors
/// When the records fail.
pub async fn list(_office: &Office) -> Result<Vec<Domain>, AppError> {
    todo!()
}

/// The SPF, DKIM and DMARC records of one domain. `sender_addresses` are the relay's own.
///
/// # Errors
/// Refused when the domain is not here.
pub async fn records(
    _office: &Office,
    _name: &str,
    _sender_addresses: &[std::net::IpAddr],
) -> Result<Vec<DnsRecord>, AppError> {
    todo!()
}

/// Writes users and signing keys to the relay's `roster.json` (whole, renamed into place).
///
/// # Errors
/// When the records or the file fail.
pub async fn publish_roster(_office: &Office) -> Result<(), AppError> {
    todo!()
}
