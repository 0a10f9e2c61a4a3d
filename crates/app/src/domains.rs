//! Sending domains: their signing keys and the records to publish.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use mail::Address;
use mail::roster::{Algorithm, ApiUser, Roster, SigningDomain, SigningKey};
use store::{DomainRecord, KEY_LABEL, KeyRecord, Kind, NewKey};

use crate::{AppError, Office, Refusal, blocking, roster_file};

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

/// Sending domains at most; the relay holds the keys of all of them in memory.
pub const DOMAINS_MAX: usize = 1_000;

/// Makes an RSA-2048 and an Ed25519 key for the domain and publishes the roster.
///
/// # Errors
/// Refused when it is not a domain name or already here.
pub async fn add(office: &Office, name: &str, now: Timestamp) -> Result<Domain, AppError> {
    add_with(office, name, &[Algorithm::RsaSha256, Algorithm::Ed25519Sha256], now).await
}

/// As [`add`], with one key for each of the algorithms.
///
/// # Errors
/// As [`add`].
pub async fn add_with(
    office: &Office,
    name: &str,
    algorithms: &[Algorithm],
    now: Timestamp,
) -> Result<Domain, AppError> {
    let name = checked_name(name)?;
    if office.store.domains().await?.len() >= DOMAINS_MAX {
        return AppError::refused(Refusal::DomainsFull { most: DOMAINS_MAX });
    }
    let month = now.to_zoned(TimeZone::UTC).date();
    let stem = format!("y{:04}{:02}", month.year(), month.month());
    let algorithms = algorithms.to_vec();
    // Making an RSA key is a good part of a second of work.
    let keys = blocking(move || {
        let key = |algorithm: Algorithm| {
            let letter = match algorithm {
                Algorithm::RsaSha256 => 'r',
                Algorithm::Ed25519Sha256 => 'e',
            };
            let pair = dkim::generate(algorithm).map_err(AppError::records)?;
            let selector = format!("{stem}{letter}");
            Ok(NewKey { selector, algorithm, private: pair.private.to_vec() })
        };
        algorithms.into_iter().map(key).collect::<Result<Vec<NewKey>, AppError>>()
    })
    .await?;
    if !office.store.add_domain(&name, &keys, now).await? {
        return AppError::refused(Refusal::DomainTaken { name });
    }
    publish_roster(office).await?;
    let keys = keys.into_iter().map(|key| (key.selector, key.algorithm)).collect();
    Ok(Domain { name, created: now, keys })
}

/// Removes a domain with its keys and publishes the roster.
///
/// # Errors
/// Refused when it is not here.
pub async fn remove(office: &Office, name: &str) -> Result<(), AppError> {
    let name = name.trim().to_lowercase();
    if !office.store.remove_domain(&name).await? {
        return AppError::refused(Refusal::NoDomain { name });
    }
    publish_roster(office).await
}

/// Every domain by name.
///
/// # Errors
/// When the records fail.
pub async fn list(office: &Office) -> Result<Vec<Domain>, AppError> {
    let domains = office.store.domains().await?;
    Ok(domains
        .into_iter()
        .map(|domain| Domain {
            name: domain.name,
            created: domain.created,
            keys: domain.keys.into_iter().map(|key| (key.selector, key.algorithm)).collect(),
        })
        .collect())
}

/// The SPF, DKIM and DMARC records of one domain. `sender_addresses` are the relay's own.
///
/// # Errors
/// Refused when the domain is not here.
pub async fn records(
    office: &Office,
    name: &str,
    sender_addresses: &[std::net::IpAddr],
) -> Result<Vec<DnsRecord>, AppError> {
    let name = name.trim().to_lowercase();
    let domains = office.store.domains().await?;
    let Some(domain) = domains.into_iter().find(|domain| domain.name == name) else {
        return AppError::refused(Refusal::NoDomain { name });
    };
    let record = |purpose, name: String, value: String| DnsRecord {
        purpose,
        zone_line: mail::dns::zone_line(&name, &value),
        name,
        kind: "TXT",
        value,
    };
    let mut records = vec![record("SPF", name.clone(), mail::dns::spf(sender_addresses))];
    for key in &domain.keys {
        let at = mail::dns::dkim_name(&key.selector, &name);
        records.push(record("DKIM", at, key_record(office, key)?));
    }
    records.push(record("DMARC", mail::dns::dmarc_name(&name), mail::dns::dmarc(&name)));
    Ok(records)
}

/// Writes users and signing keys to the relay's `roster.json` (whole, renamed into place).
///
/// # Errors
/// When the records or the file fail.
pub async fn publish_roster(office: &Office) -> Result<(), AppError> {
    let _one_at_a_time = office.publishing.lock().await;
    let roster = roster(office).await?;
    let path = office.relay.roster();
    blocking(move || roster_file::write(&path, &roster)).await
}

/// The public keys of every domain as DNS would tell them, by name.
pub(crate) async fn published_keys(office: &Office) -> Result<HashMap<String, String>, AppError> {
    let mut records = HashMap::new();
    for DomainRecord { name, keys, .. } in office.store.domains().await? {
        for key in keys {
            let at = mail::dns::dkim_name(&key.selector, &name);
            records.insert(at, key_record(office, &key)?);
        }
    }
    Ok(records)
}

/// The DKIM record of a key that only we hold.
fn key_record(office: &Office, key: &KeyRecord) -> Result<String, AppError> {
    let private = office.vault.open(KEY_LABEL, &key.sealed).map_err(AppError::records)?;
    let public = dkim::public_of(key.algorithm, &private).map_err(AppError::records)?;
    Ok(dkim::record(key.algorithm, &public))
}

async fn roster(office: &Office) -> Result<Roster, AppError> {
    let users = office.store.accounts().await?;
    let users = users
        .into_iter()
        .filter(|account| account.kind == Kind::ApiUser)
        .map(|account| ApiUser {
            name: account.name,
            password_hash: account.password_hash,
            compositions: Vec::new(),
        })
        .collect();
    let domains = office.store.domains().await?;
    let domains = domains
        .into_iter()
        .map(|domain| SigningDomain {
            domain: domain.name,
            keys: domain
                .keys
                .into_iter()
                .map(|key| SigningKey {
                    selector: key.selector,
                    algorithm: key.algorithm,
                    sealed_key: STANDARD.encode(key.sealed),
                })
                .collect(),
        })
        .collect();
    Ok(Roster { users, domains })
}

/// Lower case, and fit to stand behind an `@` and in DNS.
fn checked_name(name: &str) -> Result<String, AppError> {
    let name = name.trim().trim_end_matches('.').to_lowercase();
    if !name.is_ascii() {
        return AppError::refused(Refusal::DomainNotAscii { name });
    }
    let is_domain = name.contains('.')
        && !name.starts_with('[')
        && name.parse::<std::net::IpAddr>().is_err()
        && Address::parse(&format!("postmaster@{name}")).is_ok();
    if !is_domain {
        return AppError::refused(Refusal::NotADomain { name });
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let cases = [
            ("Example.JP.", Some("example.jp")),
            ("xn--r8jz45g.jp", Some("xn--r8jz45g.jp")),
            ("例え.jp", None),
            ("localhost", None),
            ("[192.0.2.1]", None),
            ("192.0.2.1", None),
            ("-x.jp", None),
            ("a@example.jp", None),
            ("", None),
        ];
        for (name, expected) in cases {
            assert_eq!(checked_name(name).ok().as_deref(), expected, "{name}");
        }
    }
}
