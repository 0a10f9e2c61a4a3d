//! The UTC days that divide the delivery log, the tables of each, and the keys inside one.
//!
//! A delivery's key packs the microseconds since its day began (37 bits), the recipient's place
//! (16) and the node's number (10) into one integer, so that newest first is the order of the
//! primary key and every index entry stays small.

use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use mail::SpoolId;

use crate::engine::{Engine, days};
use crate::{Result, Store, sql};

/// A UTC day, counted from 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub i64);

const DAY_MICROS: i64 = 86_400_000_000;
const RECIPIENT_BITS: u32 = 16;
const NODE_BITS: u32 = 10;

/// Nodes that fit into a key.
pub(crate) const NODES: i64 = 1 << NODE_BITS;

impl Day {
    /// The day of an instant.
    #[must_use]
    pub fn of(at: Timestamp) -> Day {
        Day(at.as_microsecond().div_euclid(DAY_MICROS))
    }

    /// The day on which a message was accepted.
    #[must_use]
    pub fn of_message(message: SpoolId) -> Day {
        Day::of(message.accepted_at())
    }

    /// The first second of the day since 1970-01-01 UTC.
    #[must_use]
    pub const fn first_second(self) -> i64 {
        self.0 * 86_400
    }

    fn begins(self) -> i64 {
        self.0 * DAY_MICROS
    }
}

/// As it stands in table names: `20261122`.
impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date: Date = crate::instant(self.begins()).to_zoned(TimeZone::UTC).date();
        write!(f, "{:04}{:02}{:02}", date.year(), date.month(), date.day())
    }
}

/// The key of one recipient of a message within its day.
pub(crate) fn key(message: SpoolId, recipient: u16, node: i64) -> i64 {
    let within = message.accepted_at().as_microsecond().rem_euclid(DAY_MICROS);
    (within << (RECIPIENT_BITS + NODE_BITS)) | (i64::from(recipient) << NODE_BITS) | node
}

/// What [`key`] packed: message, recipient, node.
pub(crate) fn parts(day: Day, key: i64) -> (SpoolId, u16, i64) {
    let micros = day.begins() + (key >> (RECIPIENT_BITS + NODE_BITS));
    let recipient = (key >> NODE_BITS) & ((1 << RECIPIENT_BITS) - 1);
    (SpoolId::from_micros(micros as u64), recipient as u16, key & (NODES - 1))
}

/// The smallest key at or after an instant of the day; instants outside are clamped to it.
pub(crate) fn key_at(day: Day, at: Timestamp) -> i64 {
    let within = at.as_microsecond().saturating_sub(day.begins()).clamp(0, DAY_MICROS);
    within << (RECIPIENT_BITS + NODE_BITS)
}

/// The keys of every recipient of a message on every node.
pub(crate) fn keys_of_message(message: SpoolId) -> std::ops::Range<i64> {
    let first = key(message, 0, 0);
    first..first + (1 << (RECIPIENT_BITS + NODE_BITS))
}

/// The keys of one recipient of a message on every node.
pub(crate) fn keys_of_recipient(message: SpoolId, recipient: u16) -> std::ops::Range<i64> {
    let first = key(message, recipient, 0);
    first..first + NODES
}

/// The tables of a day. Rows that are not simply `succeeded` have an index of their own, so that
/// the few failures of a day are found without reading it all.
fn tables(engine: Engine, day: Day) -> String {
    // SQLite's indexes end with the key by themselves, and only `INTEGER PRIMARY KEY` is its
    // row number.
    let (key, bytes, tail) = match engine {
        Engine::Sqlite => ("INTEGER", "BLOB", ""),
        Engine::Postgres => ("BIGINT", "BYTEA", ", delivery_key"),
    };
    let mut ddl = format!(
        "CREATE TABLE IF NOT EXISTS delivery_{day} (
           delivery_key {key} PRIMARY KEY,
           step BIGINT NOT NULL, status BIGINT NOT NULL, status_at BIGINT NOT NULL, code BIGINT,
           composition TEXT, to_domain TEXT, from_domain TEXT,
           to_index BIGINT, from_index BIGINT, sender_index BIGINT,
           message_id_index BIGINT, api_data_index BIGINT,
           sealed {bytes});
         CREATE TABLE IF NOT EXISTS attempt_{day} (
           delivery_key BIGINT NOT NULL, step BIGINT NOT NULL,
           tried_at BIGINT NOT NULL, outcome BIGINT NOT NULL, code BIGINT,
           sealed {bytes} NOT NULL,
           PRIMARY KEY (delivery_key, step));"
    );
    for column in
        ["to_index", "from_index", "message_id_index", "to_domain", "from_domain", "composition"]
    {
        ddl += &format!(
            "CREATE INDEX IF NOT EXISTS delivery_{day}_{column}
             ON delivery_{day} ({column}{tail});"
        );
    }
    for column in ["sender_index", "api_data_index"] {
        ddl += &format!(
            "CREATE INDEX IF NOT EXISTS delivery_{day}_{column}
             ON delivery_{day} ({column}{tail}) WHERE {column} IS NOT NULL;"
        );
    }
    ddl += &format!(
        "CREATE INDEX IF NOT EXISTS delivery_{day}_status
         ON delivery_{day} (status{tail}) WHERE status <> 2;"
    );
    ddl
}

impl Store {
    /// Makes the tables of those days that have none yet.
    pub(crate) async fn make_days(&self, wanted: &BTreeSet<Day>) -> Result<()> {
        const DOING: &str = "make the tables of a day";
        let missing: Vec<Day> = wanted.difference(&self.memory().days).copied().collect();
        for day in missing {
            let mut transaction = self.begin(DOING).await?;
            sqlx::raw_sql(sqlx::AssertSqlSafe(tables(self.engine, day)))
                .execute(&mut *transaction)
                .await
                .map_err(sql(DOING))?;
            sqlx::query("INSERT INTO day (day) VALUES ($1) ON CONFLICT (day) DO NOTHING")
                .bind(day.0)
                .execute(&mut *transaction)
                .await
                .map_err(sql(DOING))?;
            transaction.commit().await.map_err(sql(DOING))?;
            let mut memory = self.memory();
            memory.days.insert(day);
            memory.statements.forget_before(Day(day.0 - 2));
        }
        Ok(())
    }

    /// Every day that has deliveries, the newest first.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn days(&self) -> Result<Vec<Day>> {
        Ok(days(&self.readers).await?.into_iter().rev().collect())
    }

    /// Drops the tables of every day before `first`, and the counts of those days; how many days.
    ///
    /// # Errors
    /// When the records fail; the days dropped so far stay dropped.
    pub async fn drop_days_before(&self, first: Day) -> Result<usize> {
        const DOING: &str = "drop an old day of the delivery log";
        let old: Vec<Day> =
            days(&self.readers).await?.into_iter().take_while(|d| *d < first).collect();
        for day in &old {
            self.memory().days.remove(day);
            let mut transaction = self.begin(DOING).await?;
            sqlx::raw_sql(sqlx::AssertSqlSafe(format!(
                "DROP TABLE IF EXISTS attempt_{day}; DROP TABLE IF EXISTS delivery_{day};"
            )))
            .execute(&mut *transaction)
            .await
            .map_err(sql(DOING))?;
            sqlx::query("DELETE FROM day WHERE day = $1")
                .bind(day.0)
                .execute(&mut *transaction)
                .await
                .map_err(sql(DOING))?;
            transaction.commit().await.map_err(sql(DOING))?;
        }
        self.drop_slots_before(first).await?;
        Ok(old.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_holds_message_recipient_and_node_in_the_order_of_time() {
        let message = SpoolId::from_micros(1_763_769_600_123_456);
        let day = Day::of_message(message);
        assert_eq!(day.to_string(), "20251122");
        let cases = [(message, 0, 0), (message, 999, 3), (message, u16::MAX, NODES - 1)];
        for (message, recipient, node) in cases {
            assert_eq!(parts(day, key(message, recipient, node)), (message, recipient, node));
        }
        let later = SpoolId::from_micros(1_763_769_600_123_457);
        assert!(key(message, u16::MAX, NODES - 1) < key(later, 0, 0));
        assert!(keys_of_message(message).contains(&key(message, u16::MAX, NODES - 1)));
        assert!(!keys_of_message(message).contains(&key(later, 0, 0)));
    }

    #[test]
    fn the_last_microsecond_of_a_day_fits() {
        let last = SpoolId::from_micros((Day(20_000).0 * DAY_MICROS + DAY_MICROS - 1) as u64);
        assert_eq!(Day::of_message(last), Day(20_000));
        assert!(key(last, u16::MAX, NODES - 1) > 0);
    }
}
