//! Measurements of imported logs, by UTC day, function and site: a month of minutes is read in
//! thirty rows, and a log that is imported again adds nothing. A day with more lines than a row
//! should hold has several rows.

use jiff::Timestamp;
use sqlx::{Any, Transaction};

use crate::engine::Engine;
use crate::events::Rewrite;
use crate::{Result, Store, StoreError, column, sql};

/// Most rows of one contract: a hundred functions for about 27 years.
pub const MEASURED_DAYS_MAX: i64 = 1_000_000;
/// Most measurements of one function from one site on one day; at a pace of one second there are
/// 86,400.
pub const DAY_MEASUREMENTS_MAX: u64 = 200_000;
/// Days that are rewritten in one transaction: each is read, joined and written in it.
const TRANSACTION_DAYS: usize = 10;

const DAY_MICROS: i64 = 86_400_000_000;

/// Measurements of one UTC day of one function from one site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeasuredDay {
    /// Days since 1970-01-01.
    pub day: i64,
    /// What was looked at.
    pub function: String,
    /// From where; empty when the log names no site.
    pub site: String,
    /// Lines of a log, as `app` writes them.
    pub lines: String,
}

/// What becomes of the measurements of a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rewritten {
    /// All of them, in parts of a moderate size, each a row.
    pub parts: Vec<String>,
    /// How many there are.
    pub total: u64,
    /// How many of the log's made a difference.
    pub changed: u64,
    /// How many of the log's made none.
    pub same: u64,
}

impl MeasuredDay {
    /// The day that an instant is in.
    #[must_use]
    pub fn of(at: Timestamp) -> i64 {
        at.as_microsecond().div_euclid(DAY_MICROS)
    }
}

impl Store {
    /// Rewrites days, a few in each transaction; how many measurements changed something, and how
    /// many did not.
    pub(crate) async fn rewrite_days(
        &self,
        contract: &str,
        days: &[MeasuredDay],
        rewrite: Rewrite<'_>,
        now: Timestamp,
    ) -> Result<(u64, u64)> {
        const DOING: &str = "record measurements";
        let (mut changed, mut same) = (0, 0);
        for some in days.chunks(TRANSACTION_DAYS) {
            let mut transaction = self.begin(DOING).await?;
            if self.engine == Engine::Postgres {
                // Two imports at once would each join with what was there before the other.
                sqlx::query("LOCK TABLE measured_day IN SHARE ROW EXCLUSIVE MODE")
                    .execute(&mut *transaction)
                    .await
                    .map_err(sql(DOING))?;
            }
            for day in some {
                let here = lines_of(&mut transaction, contract, day).await?;
                let rewritten = rewrite(day, &here);
                if rewritten.total > DAY_MEASUREMENTS_MAX {
                    return Err(StoreError::Full {
                        contract: contract.to_owned(),
                        what: "measurements of one function on one day",
                        most: DAY_MEASUREMENTS_MAX as i64,
                    });
                }
                changed += rewritten.changed;
                same += rewritten.same;
                if rewritten.changed > 0 {
                    write(&mut transaction, contract, day, &rewritten.parts, now).await?;
                }
            }
            transaction.commit().await.map_err(sql(DOING))?;
        }
        Ok((changed, same))
    }

    /// Whether there is room for the days of a log that are not there yet.
    pub(crate) async fn room_for_days(
        &self,
        contract: &str,
        days: &[MeasuredDay],
        most: i64,
    ) -> Result<()> {
        const DOING: &str = "count the days of measurements";
        let row = sqlx::query("SELECT COUNT(*) AS total FROM measured_day WHERE contract = $1")
            .bind(contract)
            .fetch_one(&self.readers)
            .await
            .map_err(sql(DOING))?;
        let mut total: i64 = column(&row, "total", DOING)?;
        if total.saturating_add(days.len() as i64) <= most {
            return Ok(());
        }
        for day in days {
            let known = sqlx::query(
                "SELECT 1 FROM measured_day WHERE contract = $1 AND day = $2 AND function = $3 \
                 AND site = $4",
            )
            .bind(contract)
            .bind(day.day)
            .bind(day.function.as_str())
            .bind(day.site.as_str())
            .fetch_optional(&self.readers)
            .await
            .map_err(sql(DOING))?;
            total += i64::from(known.is_none());
        }
        let (contract, what) = (contract.to_owned(), "days of measurements");
        if total <= most { Ok(()) } else { Err(StoreError::Full { contract, what, most }) }
    }

    /// The lines of the measurements of a contract on the UTC days of `[from, until)`, by day, and
    /// those of the first day of each function and site: they tell that it is measured at all.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn measured_days(
        &self,
        contract: &str,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<String>> {
        const DOING: &str = "read the measurements of a contract";
        let rows = sqlx::query(
            "SELECT one.lines AS lines FROM measured_day AS one JOIN \
             (SELECT function, site, MIN(day) AS day FROM measured_day WHERE contract = $1 \
              GROUP BY function, site) AS first \
             ON first.function = one.function AND first.site = one.site \
             WHERE one.contract = $1 \
             AND ((one.day >= $2 AND one.day <= $3) OR one.day = first.day) \
             ORDER BY one.day, one.function, one.site, one.part",
        )
        .bind(contract)
        .bind(MeasuredDay::of(from))
        .bind(MeasuredDay::of(until))
        .fetch_all(&self.readers)
        .await
        .map_err(sql(DOING))?;
        rows.iter().map(|row| column(row, "lines", DOING)).collect()
    }
}

/// All lines of a day.
async fn lines_of(
    transaction: &mut Transaction<'static, Any>,
    contract: &str,
    day: &MeasuredDay,
) -> Result<String> {
    const DOING: &str = "read the measurements of a day";
    let rows = sqlx::query(
        "SELECT lines FROM measured_day \
         WHERE contract = $1 AND day = $2 AND function = $3 AND site = $4 ORDER BY part",
    )
    .bind(contract)
    .bind(day.day)
    .bind(day.function.as_str())
    .bind(day.site.as_str())
    .fetch_all(&mut **transaction)
    .await
    .map_err(sql(DOING))?;
    let mut lines = String::new();
    for row in &rows {
        lines.push_str(&column::<String>(row, "lines", DOING)?);
    }
    Ok(lines)
}

/// Puts the parts of a day in the place of those that are there.
async fn write(
    transaction: &mut Transaction<'static, Any>,
    contract: &str,
    day: &MeasuredDay,
    parts: &[String],
    now: Timestamp,
) -> Result<()> {
    const DOING: &str = "record the measurements of a day";
    sqlx::query(
        "DELETE FROM measured_day \
         WHERE contract = $1 AND day = $2 AND function = $3 AND site = $4",
    )
    .bind(contract)
    .bind(day.day)
    .bind(day.function.as_str())
    .bind(day.site.as_str())
    .execute(&mut **transaction)
    .await
    .map_err(sql(DOING))?;
    for (part, lines) in (0_i64..).zip(parts) {
        sqlx::query(
            "INSERT INTO measured_day (contract, day, function, site, part, lines, imported_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(contract)
        .bind(day.day)
        .bind(day.function.as_str())
        .bind(day.site.as_str())
        .bind(part)
        .bind(lines.as_str())
        .bind(now.as_microsecond())
        .execute(&mut **transaction)
        .await
        .map_err(sql(DOING))?;
    }
    Ok(())
}
