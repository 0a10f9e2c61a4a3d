//! What logs told about a contract: outages, windows, notices, decisions. Each event is kept once,
//! however often its log is imported.

use std::fmt::Write;

use jiff::Timestamp;
use sqlx::{Any, Transaction};

use crate::engine::Engine;
use crate::measured::{Joined, MEASURED_DAYS_MAX, MeasuredDay};
use crate::{Result, Store, StoreError, column, sql};

/// Most events of one contract, measurements apart.
pub const EVENTS_MAX: i64 = 1_000_000;
/// The sealing label and the name of the digest of events.
const LABEL: &str = "contract-event";

/// One event, as a line that `app` wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContractEvent {
    /// Such as `outage`.
    pub kind: &'static str,
    /// When it began or happened.
    pub from: Timestamp,
    /// When it ended; `None` while it lasts.
    pub until: Option<Timestamp>,
    /// The canonical line; equal lines are one event.
    pub line: String,
}

/// All that one log adds to a contract.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Import {
    /// In any order.
    pub events: Vec<ContractEvent>,
    /// One for each day, function and site.
    pub days: Vec<MeasuredDay>,
}

/// How much of an import was not known before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Events and measurements that are new.
    pub new: u64,
    /// Those that were in the records already.
    pub known: u64,
}

impl Store {
    /// Adds what is new, all of it or nothing. `join` makes one text of the measurements of a day
    /// that come and the lines of those that are here.
    ///
    /// # Errors
    /// [`StoreError::Full`] beyond the limits; when the records fail.
    pub async fn import(
        &self,
        contract: &str,
        import: &Import,
        join: &(dyn Fn(&MeasuredDay, &str) -> Joined + Sync),
        now: Timestamp,
    ) -> Result<Imported> {
        const DOING: &str = "import a log";
        let mut transaction = self.begin(DOING).await?;
        if self.engine == Engine::Postgres {
            // Two imports at once would each join with what was there before the other.
            sqlx::query("LOCK TABLE measured_day IN SHARE ROW EXCLUSIVE MODE")
                .execute(&mut *transaction)
                .await
                .map_err(sql(DOING))?;
        }
        let mut imported = Imported::default();
        for event in &import.events {
            if self.add_event(&mut transaction, contract, event, now).await? {
                imported.new += 1;
            } else {
                imported.known += 1;
            }
        }
        for day in &import.days {
            let joined = self.join_day(&mut transaction, contract, day, join, now).await?;
            imported.new += joined.new;
            imported.known += joined.known;
        }
        refuse_too_many(&mut transaction, contract).await?;
        transaction.commit().await.map_err(sql(DOING))?;
        Ok(imported)
    }

    async fn add_event(
        &self,
        transaction: &mut Transaction<'static, Any>,
        contract: &str,
        event: &ContractEvent,
        now: Timestamp,
    ) -> Result<bool> {
        const DOING: &str = "record an event";
        let done = sqlx::query(
            "INSERT INTO contract_event \
             (contract, digest, kind, from_at, until_at, sealed, imported_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (contract, digest) DO NOTHING",
        )
        .bind(contract)
        .bind(self.digest(&event.line))
        .bind(event.kind)
        .bind(event.from.as_microsecond())
        .bind(event.until.map_or(i64::MAX, Timestamp::as_microsecond))
        .bind(self.seal(LABEL, event.line.as_bytes(), DOING)?)
        .bind(now.as_microsecond())
        .execute(&mut **transaction)
        .await
        .map_err(sql(DOING))?;
        Ok(done.rows_affected() == 1)
    }

    /// The lines of a contract's events that touch `[from, until)`, and those of the kinds `always`
    /// whenever they were, by their beginning.
    ///
    /// # Errors
    /// When the records fail, or a line is damaged.
    pub async fn contract_events(
        &self,
        contract: &str,
        from: Timestamp,
        until: Timestamp,
        always: [&str; 3],
    ) -> Result<Vec<String>> {
        const DOING: &str = "read the events of a contract";
        let rows = sqlx::query(
            "SELECT sealed FROM contract_event WHERE contract = $1 \
             AND ((until_at >= $2 AND from_at < $3) OR kind IN ($4, $5, $6)) ORDER BY from_at",
        )
        .bind(contract)
        .bind(from.as_microsecond())
        .bind(until.as_microsecond())
        .bind(always[0])
        .bind(always[1])
        .bind(always[2])
        .fetch_all(&self.readers)
        .await
        .map_err(sql(DOING))?;
        let line = |row| self.open_text(LABEL, &column::<Vec<u8>>(row, "sealed", DOING)?, DOING);
        rows.iter().map(line).collect()
    }

    /// In hexadecimal first: a blind index ignores letter case, and lines that differ in nothing
    /// else are two events.
    fn digest(&self, line: &str) -> Vec<u8> {
        let mut text = String::with_capacity(line.len() * 2);
        for byte in line.bytes() {
            // Writing into a String cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        self.vault.blind(LABEL, &text).to_vec()
    }
}

/// Asked before an import is committed, so that one beyond the limits leaves nothing behind.
async fn refuse_too_many(
    transaction: &mut Transaction<'static, Any>,
    contract: &str,
) -> Result<()> {
    const DOING: &str = "count the events";
    let row = sqlx::query(
        "SELECT (SELECT COUNT(*) FROM contract_event WHERE contract = $1) AS events, \
         (SELECT COUNT(*) FROM measured_day WHERE contract = $1) AS days",
    )
    .bind(contract)
    .fetch_one(&mut **transaction)
    .await
    .map_err(sql(DOING))?;
    let limits =
        [("events", "events", EVENTS_MAX), ("days", "days of measurements", MEASURED_DAYS_MAX)];
    for (name, what, most) in limits {
        if column::<i64>(&row, name, DOING)? > most {
            return Err(StoreError::Full { contract: contract.to_owned(), what, most });
        }
    }
    Ok(())
}
