//! What logs told about a contract: outages, windows, notices, decisions. Each event is kept once,
//! however often its log is imported.
//!
//! A log is imported in short transactions, so that nobody else waits for a long one. One that is
//! broken off leaves what it had got to; importing the log again completes it, since what is there
//! is known.

use std::collections::BTreeSet;
use std::fmt::Write;

use jiff::Timestamp;
use sqlx::any::{AnyArguments, AnyRow};
use sqlx::{Any, Arguments, AssertSqlSafe, Encode, Type};

use crate::measured::{MEASURED_DAYS_MAX, MeasuredDay, Rewritten};
use crate::{Result, Store, StoreError, column, sql};

/// Events of one transaction; a few thousandths of a second.
const TRANSACTION_EVENTS: usize = 1_000;
/// Events of one statement.
const STATEMENT_EVENTS: usize = 200;
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

/// An event as it is kept; [`Store::open_event`] gives its line.
#[derive(Clone, Debug)]
pub struct SealedEvent(Vec<u8>);

/// All that one log says of a contract.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Import {
    /// In the order in which they are added.
    pub events: Vec<ContractEvent>,
    /// One for each day, function and site.
    pub days: Vec<MeasuredDay>,
}

/// How many events of a kind a contract may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KindLimit {
    /// As in [`ContractEvent::kind`].
    pub kind: &'static str,
    /// What messages call them.
    pub what: &'static str,
    /// The most.
    pub most: i64,
}

/// What became of a log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Events and measurements that are new.
    pub new: u64,
    /// Those that were in the records already.
    pub known: u64,
}

/// What became of a log that was taken back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Withdrawn {
    /// Events and measurements that were taken out of the records.
    pub gone: u64,
    /// Those that were not in the records.
    pub unknown: u64,
}

/// How the measurements of a day change: those of the log, and the lines that are here.
pub type Rewrite<'f> = &'f (dyn Fn(&MeasuredDay, &str) -> Rewritten + Sync);

impl Store {
    /// Whether there is room for what is new in a log.
    ///
    /// # Errors
    /// [`StoreError::Full`] when there is not; when the records fail.
    pub async fn room_for(
        &self,
        contract: &str,
        import: &Import,
        limits: &[KindLimit],
    ) -> Result<()> {
        const DOING: &str = "count the events";
        let rows = sqlx::query(
            "SELECT kind, COUNT(*) AS total FROM contract_event WHERE contract = $1 GROUP BY kind",
        )
        .bind(contract)
        .fetch_all(&self.readers)
        .await
        .map_err(sql(DOING))?;
        for limit in limits {
            let mut total = 0;
            for row in &rows {
                if column::<String>(row, "kind", DOING)? == limit.kind {
                    total = column::<i64>(row, "total", DOING)?;
                }
            }
            let come: Vec<&ContractEvent> =
                import.events.iter().filter(|event| event.kind == limit.kind).collect();
            if total.saturating_add(count(come.len())) > limit.most
                && total + self.unknown(contract, &come).await? > limit.most
            {
                let (what, most) = (limit.what, limit.most);
                return Err(StoreError::Full { contract: contract.to_owned(), what, most });
            }
        }
        self.room_for_days(contract, &import.days, MEASURED_DAYS_MAX).await
    }

    /// How many events are not in the records.
    async fn unknown(&self, contract: &str, events: &[&ContractEvent]) -> Result<i64> {
        let digests: BTreeSet<Vec<u8>> =
            events.iter().map(|event| self.digest(&event.line)).collect();
        let digests: Vec<Vec<u8>> = digests.into_iter().collect();
        let mut known = 0;
        for some in digests.chunks(STATEMENT_EVENTS) {
            known += self.known(contract, some).await?.len();
        }
        Ok(count(digests.len() - known))
    }

    /// Adds what is new. `join` makes one text of the measurements of a day that come and the lines
    /// of those that are here. Whether there is [room](Store::room_for) is asked before.
    ///
    /// # Errors
    /// When the records fail; then a part of the log may have been added.
    pub async fn import(
        &self,
        contract: &str,
        import: &Import,
        join: Rewrite<'_>,
        now: Timestamp,
    ) -> Result<Imported> {
        let mut new = 0;
        for events in import.events.chunks(TRANSACTION_EVENTS) {
            new += self.add_events(contract, events, now).await?;
        }
        let known = import.events.len() as u64 - new;
        let (joined, there) = self.rewrite_days(contract, &import.days, join, now).await?;
        Ok(Imported { new: new + joined, known: known + there })
    }

    /// Takes what a log says out of the records. `without` gives the lines of a day that are left
    /// without those of the log.
    ///
    /// # Errors
    /// When the records fail; then a part of the log may have been taken out.
    pub async fn withdraw(
        &self,
        contract: &str,
        import: &Import,
        without: Rewrite<'_>,
        now: Timestamp,
    ) -> Result<Withdrawn> {
        const DOING: &str = "take a log back";
        let mut gone = 0;
        for events in import.events.chunks(TRANSACTION_EVENTS) {
            let mut transaction = self.begin(DOING).await?;
            for some in events.chunks(STATEMENT_EVENTS) {
                let digests = some.iter().map(|event| self.digest(&event.line)).collect::<Vec<_>>();
                let text = in_list("DELETE FROM contract_event", digests.len());
                let done = sqlx::query_with(AssertSqlSafe(text), keys(contract, digests)?)
                    .execute(&mut *transaction)
                    .await
                    .map_err(sql(DOING))?;
                gone += done.rows_affected();
            }
            transaction.commit().await.map_err(sql(DOING))?;
        }
        let unknown = import.events.len() as u64 - gone;
        let (taken, never) = self.rewrite_days(contract, &import.days, without, now).await?;
        Ok(Withdrawn { gone: gone + taken, unknown: unknown + never })
    }

    /// Adds events in one transaction; how many were new. All that takes time is done before it.
    async fn add_events(
        &self,
        contract: &str,
        events: &[ContractEvent],
        now: Timestamp,
    ) -> Result<u64> {
        const DOING: &str = "record events";
        let mut statements = Vec::new();
        for some in events.chunks(STATEMENT_EVENTS) {
            let digests: Vec<Vec<u8>> = some.iter().map(|event| self.digest(&event.line)).collect();
            let known = self.known(contract, &digests).await?;
            let new: Vec<_> = digests
                .into_iter()
                .zip(some)
                .filter(|(digest, _)| !known.contains(digest))
                .collect();
            if new.is_empty() {
                continue;
            }
            let mut values = Values::default();
            let text = insert(new.len());
            for (digest, event) in new {
                values.put(contract.to_owned())?;
                values.put(digest)?;
                values.put(event.kind.to_owned())?;
                values.put(event.from.as_microsecond())?;
                values.put(event.until.map_or(i64::MAX, Timestamp::as_microsecond))?;
                values.put(self.seal(LABEL, event.line.as_bytes(), DOING)?)?;
                values.put(now.as_microsecond())?;
            }
            statements.push((text, values.0));
        }
        if statements.is_empty() {
            return Ok(0);
        }
        let mut transaction = self.begin(DOING).await?;
        let mut new = 0;
        for (text, values) in statements {
            let query = sqlx::query_with(AssertSqlSafe(text), values);
            let done = query.execute(&mut *transaction).await.map_err(sql(DOING))?;
            new += done.rows_affected();
        }
        transaction.commit().await.map_err(sql(DOING))?;
        Ok(new)
    }

    /// Which of these digests are in the records.
    async fn known(&self, contract: &str, digests: &[Vec<u8>]) -> Result<BTreeSet<Vec<u8>>> {
        const DOING: &str = "look for events";
        let text = in_list("SELECT digest FROM contract_event", digests.len());
        let rows = sqlx::query_with(AssertSqlSafe(text), keys(contract, digests.to_vec())?)
            .fetch_all(&self.readers)
            .await
            .map_err(sql(DOING))?;
        rows.iter().map(|row| column(row, "digest", DOING)).collect()
    }

    /// The lines of a contract's events that touch `[from, until)`, and those of the kinds `always`
    /// whenever they were, by their beginning.
    ///
    /// # Errors
    /// When the records fail, or a line is damaged.
    pub async fn contract_events<const N: usize>(
        &self,
        contract: &str,
        from: Timestamp,
        until: Timestamp,
        always: [&str; N],
    ) -> Result<Vec<String>> {
        let sealed = self.sealed_events(contract, from, until, always).await?;
        sealed.iter().map(|event| self.open_event(event)).collect()
    }

    /// As [`contract_events`](Store::contract_events), for many events: they are still to be opened.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn sealed_events<const N: usize>(
        &self,
        contract: &str,
        from: Timestamp,
        until: Timestamp,
        always: [&str; N],
    ) -> Result<Vec<SealedEvent>> {
        const DOING: &str = "read the events of a contract";
        let kinds: Vec<String> = (0..N).map(|kind| format!("${}", kind + 4)).collect();
        let text = format!(
            "SELECT sealed FROM contract_event WHERE contract = $1 AND \
             ((until_at >= $2 AND from_at < $3) OR kind IN ({})) ORDER BY from_at",
            kinds.join(", ")
        );
        let mut query = sqlx::query(AssertSqlSafe(text))
            .bind(contract)
            .bind(from.as_microsecond())
            .bind(until.as_microsecond());
        for kind in always {
            query = query.bind(kind);
        }
        let rows = query.fetch_all(&self.readers).await.map_err(sql(DOING))?;
        let sealed = |row: &AnyRow| Ok(SealedEvent(column(row, "sealed", DOING)?));
        rows.iter().map(sealed).collect()
    }

    /// Whether any log was ever imported for that contract.
    ///
    /// # Errors
    /// When the records cannot be read.
    pub async fn is_told_of(&self, contract: &str) -> Result<bool> {
        const DOING: &str = "see whether a log was imported";
        let text = "SELECT 1 FROM contract_event WHERE contract = $1 \
                    UNION ALL SELECT 1 FROM measured_day WHERE contract = $1 LIMIT 1";
        let row = sqlx::query(text).bind(contract).fetch_optional(&self.readers).await;
        row.map(|row| row.is_some()).map_err(sql(DOING))
    }

    /// The line of an event. Takes a few microseconds and no connection, so that many can be opened
    /// away from the threads that serve sockets.
    ///
    /// # Errors
    /// When it is damaged.
    pub fn open_event(&self, event: &SealedEvent) -> Result<String> {
        self.open_text(LABEL, &event.0, "read an event of a contract")
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

/// The values of a statement that is made for a number of rows.
#[derive(Default)]
struct Values(AnyArguments);

impl Values {
    fn put<'q, T: Encode<'q, Any> + Type<Any>>(&mut self, value: T) -> Result<()> {
        self.0.add(value).map_err(sqlx::Error::Encode).map_err(sql("put an event into a statement"))
    }
}

/// The contract, then the digests.
fn keys(contract: &str, digests: Vec<Vec<u8>>) -> Result<AnyArguments> {
    let mut values = Values::default();
    values.put(contract.to_owned())?;
    for digest in digests {
        values.put(digest)?;
    }
    Ok(values.0)
}

/// `what` for so many digests of a contract.
fn in_list(what: &str, digests: usize) -> String {
    let places: Vec<String> = (0..digests).map(|place| format!("${}", place + 2)).collect();
    format!("{what} WHERE contract = $1 AND digest IN ({})", places.join(", "))
}

/// Adds so many events.
fn insert(events: usize) -> String {
    const COLUMNS: usize = 7;
    let row = |event: usize| {
        let places: Vec<String> =
            (1..=COLUMNS).map(|place| format!("${}", event * COLUMNS + place)).collect();
        format!("({})", places.join(", "))
    };
    let rows: Vec<String> = (0..events).map(row).collect();
    format!(
        "INSERT INTO contract_event (contract, digest, kind, from_at, until_at, sealed, imported_at) \
         VALUES {} ON CONFLICT (contract, digest) DO NOTHING",
        rows.join(", ")
    )
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
