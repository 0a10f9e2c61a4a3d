//! Checks that were added in the console, with their settings sealed.

use jiff::Timestamp;
use sqlx::any::AnyRow;

use crate::{Result, Store, column, instant, sql};

/// A check that was added in the console.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchedCheck {
    /// Its name, one of a kind.
    pub name: String,
    /// How it looks, in JSON; there may be passwords in it.
    pub settings: String,
    /// Since when it is there.
    pub created: Timestamp,
    /// When it was last changed.
    pub changed: Timestamp,
    /// Since when it rests; `None` while it looks.
    pub paused: Option<Timestamp>,
    /// The contract that it belongs to, when a customer made it.
    pub contract: Option<String>,
}

const LABEL: &str = "watched-check";

impl Store {
    /// Adds a check, with the contract that a customer made it for; `false` when the name is taken.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn add_check(
        &self,
        name: &str,
        settings: &str,
        contract: Option<&str>,
        now: Timestamp,
    ) -> Result<bool> {
        const DOING: &str = "add a check";
        let sealed = self.seal(LABEL, settings.as_bytes(), DOING)?;
        let done = sqlx::query(
            "INSERT INTO watched_check (name, sealed, created_at, changed_at, contract) \
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT (name) DO NOTHING",
        )
        .bind(name)
        .bind(sealed)
        .bind(now.as_microsecond())
        .bind(now.as_microsecond())
        .bind(contract.map(str::to_owned))
        .execute(&self.writer)
        .await
        .map_err(sql(DOING))?;
        Ok(done.rows_affected() == 1)
    }

    /// Gives a check other settings; `false` when there is no such one.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn change_check(&self, name: &str, settings: &str, now: Timestamp) -> Result<bool> {
        const DOING: &str = "change a check";
        let sealed = self.seal(LABEL, settings.as_bytes(), DOING)?;
        let done =
            sqlx::query("UPDATE watched_check SET sealed = $1, changed_at = $2 WHERE name = $3")
                .bind(sealed)
                .bind(now.as_microsecond())
                .bind(name)
                .execute(&self.writer)
                .await
                .map_err(sql(DOING))?;
        Ok(done.rows_affected() == 1)
    }

    /// Lets a check rest since an instant, or look again; `false` when there is no such one.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn pause_check(&self, name: &str, since: Option<Timestamp>) -> Result<bool> {
        let done = sqlx::query("UPDATE watched_check SET paused_at = $1 WHERE name = $2")
            .bind(since.map(Timestamp::as_microsecond))
            .bind(name)
            .execute(&self.writer)
            .await
            .map_err(sql("pause a check"))?;
        Ok(done.rows_affected() == 1)
    }

    /// Removes a check; what it saw stays for its time. `false` when there is no such one.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn remove_check(&self, name: &str) -> Result<bool> {
        let done = sqlx::query("DELETE FROM watched_check WHERE name = $1")
            .bind(name)
            .execute(&self.writer)
            .await
            .map_err(sql("remove a check"))?;
        Ok(done.rows_affected() == 1)
    }

    /// Every check that was added in the console, by name.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn watched_checks(&self) -> Result<Vec<WatchedCheck>> {
        let rows = sqlx::query(
            "SELECT name, sealed, created_at, changed_at, paused_at, contract FROM watched_check \
             ORDER BY name",
        )
        .fetch_all(&self.readers)
        .await
        .map_err(sql("list the checks"))?;
        rows.iter().map(|row| self.watched_check(row)).collect()
    }

    fn watched_check(&self, row: &AnyRow) -> Result<WatchedCheck> {
        const DOING: &str = "read a check";
        let sealed: Vec<u8> = column(row, "sealed", DOING)?;
        let paused: Option<i64> = column(row, "paused_at", DOING)?;
        Ok(WatchedCheck {
            name: column(row, "name", DOING)?,
            settings: self.open_text(LABEL, &sealed, DOING)?,
            created: instant(column(row, "created_at", DOING)?),
            changed: instant(column(row, "changed_at", DOING)?),
            paused: paused.map(instant),
            contract: column(row, "contract", DOING)?,
        })
    }
}
