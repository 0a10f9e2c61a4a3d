//! Sending domains and their signing keys, sealed by the vault under `dkim-key`.

use jiff::Timestamp;
use mail::roster::Algorithm;

use crate::{Result, Store, column, instant, sql};

/// A sending domain with its keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainRecord {
    /// Lower case.
    pub name: String,
    /// Since when.
    pub created: Timestamp,
    /// By selector.
    pub keys: Vec<KeyRecord>,
}

/// A signing key as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRecord {
    /// The name below `_domainkey`.
    pub selector: String,
    /// How it signs.
    pub algorithm: Algorithm,
    /// PKCS#8, sealed by the vault under [`KEY_LABEL`].
    pub sealed: Vec<u8>,
}

/// A key to be kept.
pub struct NewKey {
    /// The name below `_domainkey`.
    pub selector: String,
    /// How it signs.
    pub algorithm: Algorithm,
    /// PKCS#8 in clear.
    pub private: Vec<u8>,
}

/// The vault's label of signing keys.
pub const KEY_LABEL: &str = "dkim-key";

impl Store {
    /// Adds a domain with its keys; `false` when it is here already.
    ///
    /// # Errors
    /// When the records fail; then nothing has changed.
    pub async fn add_domain(&self, name: &str, keys: &[NewKey], now: Timestamp) -> Result<bool> {
        const DOING: &str = "add a sending domain";
        let mut transaction = self.begin(DOING).await?;
        let done = sqlx::query(
            "INSERT INTO domain (name, created_at) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING",
        )
        .bind(name)
        .bind(now.as_microsecond())
        .execute(&mut *transaction)
        .await
        .map_err(sql(DOING))?;
        if done.rows_affected() == 0 {
            return Ok(false);
        }
        for key in keys {
            sqlx::query(
                "INSERT INTO domain_key (domain, selector, algorithm, sealed_key) \
                 VALUES ($1, $2, $3, $4)",
            )
            .bind(name)
            .bind(key.selector.as_str())
            .bind(number(key.algorithm))
            .bind(self.seal(KEY_LABEL, &key.private, DOING)?)
            .execute(&mut *transaction)
            .await
            .map_err(sql(DOING))?;
        }
        transaction.commit().await.map_err(sql(DOING))?;
        Ok(true)
    }

    /// Removes a domain with its keys; `false` when it is not here.
    ///
    /// # Errors
    /// When the records fail; then nothing has changed.
    pub async fn remove_domain(&self, name: &str) -> Result<bool> {
        const DOING: &str = "remove a sending domain";
        let mut transaction = self.begin(DOING).await?;
        sqlx::query("DELETE FROM domain_key WHERE domain = $1")
            .bind(name)
            .execute(&mut *transaction)
            .await
            .map_err(sql(DOING))?;
        let done = sqlx::query("DELETE FROM domain WHERE name = $1")
            .bind(name)
            .execute(&mut *transaction)
            .await
            .map_err(sql(DOING))?;
        transaction.commit().await.map_err(sql(DOING))?;
        Ok(done.rows_affected() == 1)
    }

    /// Every domain with its keys, by name and selector.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn domains(&self) -> Result<Vec<DomainRecord>> {
        const DOING: &str = "list the sending domains";
        let rows = sqlx::query(
            "SELECT domain.name AS name, domain.created_at AS created_at, \
             domain_key.selector AS selector, domain_key.algorithm AS algorithm, \
             domain_key.sealed_key AS sealed_key \
             FROM domain LEFT JOIN domain_key ON domain_key.domain = domain.name",
        )
        .fetch_all(&self.readers)
        .await
        .map_err(sql(DOING))?;
        let mut domains = std::collections::BTreeMap::new();
        for row in &rows {
            let name: String = column(row, "name", DOING)?;
            let created = instant(column(row, "created_at", DOING)?);
            let domain = domains.entry(name.clone()).or_insert_with(|| DomainRecord {
                name,
                created,
                keys: Vec::new(),
            });
            if let Some(selector) = column::<Option<String>>(row, "selector", DOING)? {
                domain.keys.push(KeyRecord {
                    selector,
                    algorithm: algorithm(column(row, "algorithm", DOING)?),
                    sealed: column(row, "sealed_key", DOING)?,
                });
            }
        }
        Ok(domains
            .into_values()
            .map(|mut domain: DomainRecord| {
                domain.keys.sort_by(|a, b| a.selector.cmp(&b.selector));
                domain
            })
            .collect())
    }
}

const fn number(algorithm: Algorithm) -> i64 {
    match algorithm {
        Algorithm::RsaSha256 => 0,
        Algorithm::Ed25519Sha256 => 1,
    }
}

const fn algorithm(number: i64) -> Algorithm {
    if number == 0 { Algorithm::RsaSha256 } else { Algorithm::Ed25519Sha256 }
}
