//! Spans in which a use of a station stood at or above a threshold of a contract.

use jiff::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{Any, Transaction};

use crate::{Result, Store, column, instant, sql};

/// Crossings of one station that one question reads: those that last first, then the newest.
pub const CROSSINGS_LISTED_MAX: i64 = 1_000;

/// A use stood at or above a threshold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrossingRecord {
    /// Under which contract.
    pub contract: String,
    /// Which promise of it names the threshold.
    pub promise: String,
    /// What is used: `disk /var`, `inode /`, `database-size shop`.
    pub used_of: String,
    /// The first reading at or above it.
    pub from: Timestamp,
    /// The last reading at or above it.
    pub last: Timestamp,
    /// The first reading below it again; `None` while it lasts.
    pub until: Option<Timestamp>,
    /// The threshold, in millionths of a percent.
    pub at_least: i64,
    /// The highest use, in per mille.
    pub worst: i64,
}

const COLUMNS: &str =
    "station, contract, promise, used_of, from_at, last_at, until_at, at_least, worst";

impl Store {
    pub(crate) async fn write_crossings(
        &self,
        transaction: &mut Transaction<'static, Any>,
        station: i64,
        crossings: &[CrossingRecord],
    ) -> Result<()> {
        for crossing in crossings {
            sqlx::query(
                "INSERT INTO threshold_crossing (station, contract, promise, used_of, from_at, \
                 last_at, until_at, at_least, worst) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
                 ON CONFLICT (station, contract, promise, used_of, from_at) DO UPDATE SET \
                 last_at = excluded.last_at, until_at = excluded.until_at, \
                 worst = excluded.worst",
            )
            .bind(station)
            .bind(crossing.contract.as_str())
            .bind(crossing.promise.as_str())
            .bind(crossing.used_of.as_str())
            .bind(crossing.from.as_microsecond())
            .bind(crossing.last.as_microsecond())
            .bind(crossing.until.map(Timestamp::as_microsecond))
            .bind(crossing.at_least)
            .bind(crossing.worst)
            .execute(&mut **transaction)
            .await
            .map_err(sql("record a threshold that was reached"))?;
        }
        Ok(())
    }

    /// The crossings of a station that last.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn open_crossings(&self, station: i64) -> Result<Vec<CrossingRecord>> {
        let text = format!(
            "SELECT {COLUMNS} FROM threshold_crossing WHERE station = $1 AND until_at IS NULL"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(text))
            .bind(station)
            .fetch_all(&self.readers)
            .await
            .map_err(sql("read the thresholds that are reached"))?;
        rows.iter().map(crossing).collect()
    }

    /// Crossings of all stations that last, or ended at or after an instant, with the station's
    /// number; the oldest first, at most [`CROSSINGS_LISTED_MAX`] of each station: what one has to tell
    /// hides nothing of another.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn crossings(&self, since: Timestamp) -> Result<Vec<(i64, CrossingRecord)>> {
        const DOING: &str = "read the thresholds that were reached";
        let text = format!(
            "SELECT {COLUMNS} FROM (SELECT {COLUMNS}, ROW_NUMBER() OVER (PARTITION BY station \
             ORDER BY CASE WHEN until_at IS NULL THEN 0 ELSE 1 END, from_at DESC) AS place \
             FROM threshold_crossing WHERE until_at >= $1 OR until_at IS NULL) AS placed \
             WHERE place <= $2 ORDER BY from_at, station, promise, used_of"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(text))
            .bind(since.as_microsecond())
            .bind(CROSSINGS_LISTED_MAX)
            .fetch_all(&self.readers)
            .await
            .map_err(sql(DOING))?;
        rows.iter().map(|row| Ok((column(row, "station", DOING)?, crossing(row)?))).collect()
    }

    /// Ends the crossings of a station that was revoked: nobody reads them further. How many.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn end_crossings(&self, station: i64, now: Timestamp) -> Result<u64> {
        let text = "UPDATE threshold_crossing SET until_at = $1 \
                    WHERE station = $2 AND until_at IS NULL";
        let done = sqlx::query(text)
            .bind(now.as_microsecond())
            .bind(station)
            .execute(&self.writer)
            .await
            .map_err(sql("end the crossings of a station"))?;
        Ok(done.rows_affected())
    }
}

fn crossing(row: &AnyRow) -> Result<CrossingRecord> {
    const DOING: &str = "read a threshold that was reached";
    let until: Option<i64> = column(row, "until_at", DOING)?;
    Ok(CrossingRecord {
        contract: column(row, "contract", DOING)?,
        promise: column(row, "promise", DOING)?,
        used_of: column(row, "used_of", DOING)?,
        from: instant(column(row, "from_at", DOING)?),
        last: instant(column(row, "last_at", DOING)?),
        until: until.map(instant),
        at_least: column(row, "at_least", DOING)?,
        worst: column(row, "worst", DOING)?,
    })
}
