//! Measurements of imported logs, a day of a function from a site in one row: a month of minutes
//! is read in thirty rows, and a log that is imported again adds nothing.

use jiff::Timestamp;
use sqlx::{Any, Transaction};

use crate::events::Imported;
use crate::{Result, Store, column, sql};

/// Most rows of one contract: a hundred functions for about 27 years.
pub const MEASURED_DAYS_MAX: i64 = 1_000_000;

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

/// The measurements of a day that were here and those that came, as one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Joined {
    /// All of them.
    pub lines: String,
    /// How many of those that came were new.
    pub new: u64,
    /// How many were here already.
    pub known: u64,
}

impl MeasuredDay {
    /// The day that an instant is in.
    #[must_use]
    pub fn of(at: Timestamp) -> i64 {
        at.as_microsecond().div_euclid(DAY_MICROS)
    }
}

impl Store {
    pub(crate) async fn join_day(
        &self,
        transaction: &mut Transaction<'static, Any>,
        contract: &str,
        day: &MeasuredDay,
        join: &(dyn Fn(&MeasuredDay, &str) -> Joined + Sync),
        now: Timestamp,
    ) -> Result<Imported> {
        const DOING: &str = "record the measurements of a day";
        let row = sqlx::query(
            "SELECT lines FROM measured_day \
             WHERE contract = $1 AND day = $2 AND function = $3 AND site = $4",
        )
        .bind(contract)
        .bind(day.day)
        .bind(day.function.as_str())
        .bind(day.site.as_str())
        .fetch_optional(&mut **transaction)
        .await
        .map_err(sql(DOING))?;
        let here: Option<String> =
            row.as_ref().map(|row| column(row, "lines", DOING)).transpose()?;
        let joined = join(day, here.as_deref().unwrap_or_default());
        if joined.new > 0 {
            sqlx::query(
                "INSERT INTO measured_day (contract, day, function, site, lines, imported_at) \
                 VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (contract, day, function, site) \
                 DO UPDATE SET lines = excluded.lines, imported_at = excluded.imported_at",
            )
            .bind(contract)
            .bind(day.day)
            .bind(day.function.as_str())
            .bind(day.site.as_str())
            .bind(joined.lines)
            .bind(now.as_microsecond())
            .execute(&mut **transaction)
            .await
            .map_err(sql(DOING))?;
        }
        Ok(Imported { new: joined.new, known: joined.known })
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
             ORDER BY one.day, one.function, one.site",
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
