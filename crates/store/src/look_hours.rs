//! Looks by check and hour: folded from the batches, with what they came to, read back and forgotten.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::looks::hour_of;
use crate::observations::Answer;
use crate::packed::{HOUR_MS, SeenLook, pack_hour, unpack_hour};
use crate::{Result, Store, column, sql};

/// Rows of one transaction of a fold, so that it holds nobody up for long.
const FOLDED_AT_ONCE: usize = 256;

/// What the looks of one check in one hour came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LookFigure {
    /// The beginning of the hour.
    pub from: Timestamp,
    /// All looks.
    pub looks: i64,
    /// Those that were refused or met silence.
    pub failures: i64,
    /// Those of which nothing is known.
    pub unseen: i64,
    /// Half of the answers took no longer, in milliseconds.
    pub p50_ms: i64,
    /// 95 of 100 answers took no longer.
    pub p95_ms: i64,
    /// No answer took longer.
    pub max_ms: i64,
}

impl LookFigure {
    /// What these looks came to. Times are of looks that were answered, rightly or not.
    #[must_use]
    pub fn of(from: Timestamp, looks: &[SeenLook]) -> LookFigure {
        let count = |wanted: &[Answer]| {
            looks.iter().filter(|look| wanted.contains(&look.answer)).count() as i64
        };
        let answered = |look: &&SeenLook| matches!(look.answer, Answer::Good | Answer::Refused);
        let mut took: Vec<i64> =
            looks.iter().filter(answered).map(|look| i64::from(look.took_ms)).collect();
        took.sort_unstable();
        // The nearest rank.
        let rank = |percent: usize| {
            let place = (took.len() * percent).div_ceil(100).saturating_sub(1);
            took.get(place).copied().unwrap_or(0)
        };
        LookFigure {
            from,
            looks: looks.len() as i64,
            failures: count(&[Answer::Refused, Answer::Silent]),
            unseen: count(&[Answer::Unseen]),
            p50_ms: rank(50),
            p95_ms: rank(95),
            max_ms: took.last().copied().unwrap_or(0),
        }
    }
}

impl Store {
    /// Folds the batches of looks that ended before an instant into rows by check and hour; how many
    /// batches. What is folded twice is kept once.
    ///
    /// # Errors
    /// When the records fail; then the batches are still there.
    pub async fn fold_looks(&self, before: Timestamp) -> Result<u64> {
        const DOING: &str = "fold looks into hours";
        let mut hours: BTreeMap<(i64, i64), Vec<SeenLook>> = BTreeMap::new();
        let mut folded = Vec::new();
        for batch in self.batches(Timestamp::MIN, before).await? {
            let looks = batch.looks();
            if looks.iter().any(|look| look.look.at >= before) {
                continue;
            }
            folded.push(batch.batch);
            for look in looks {
                let key = (look.number, hour_of(look.look.at));
                hours.entry(key).or_default().push(look.look);
            }
        }
        let mut waiting = hours.into_iter().peekable();
        while waiting.peek().is_some() {
            let mut transaction = self.begin(DOING).await?;
            for ((number, hour), looks) in waiting.by_ref().take(FOLDED_AT_ONCE) {
                fold_hour(&mut transaction, number, hour, looks).await?;
            }
            transaction.commit().await.map_err(sql(DOING))?;
        }
        let count = folded.len() as u64;
        let mut transaction = self.begin(DOING).await?;
        for batch in folded {
            sqlx::query("DELETE FROM look_batch WHERE batch = $1")
                .bind(batch)
                .execute(&mut *transaction)
                .await
                .map_err(sql(DOING))?;
        }
        transaction.commit().await.map_err(sql(DOING))?;
        Ok(count)
    }

    /// When the earliest look was that has not been folded into its hour; `None` when all have.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn unfolded_since(&self) -> Result<Option<Timestamp>> {
        const DOING: &str = "look for looks that were not folded";
        let row = sqlx::query("SELECT MIN(first_at) AS first_at FROM look_batch")
            .fetch_one(&self.readers)
            .await
            .map_err(sql(DOING))?;
        let first: Option<i64> = column(&row, "first_at", DOING)?;
        Ok(first.and_then(|at| Timestamp::from_millisecond(at).ok()))
    }

    /// The looks of one check in `[from, until)`, the earliest first.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn looks(
        &self,
        check: &str,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<SeenLook>> {
        const DOING: &str = "read the looks of a check";
        let row = sqlx::query("SELECT number FROM check_number WHERE name = $1")
            .bind(check)
            .fetch_optional(&self.readers)
            .await
            .map_err(sql(DOING))?;
        let Some(row) = row else { return Ok(Vec::new()) };
        let number: i64 = column(&row, "number", DOING)?;
        // Batches first: one that is folded in between is then in both, and kept once.
        let mut looks: Vec<SeenLook> = Vec::new();
        for batch in self.batches(from, until).await? {
            let ours = batch.looks().into_iter().filter(|look| look.number == number);
            looks.extend(ours.map(|look| look.look));
        }
        let rows = sqlx::query(
            "SELECT hour, packed FROM look_hour \
             WHERE check_number = $1 AND hour >= $2 AND hour <= $3 ORDER BY hour",
        )
        .bind(number)
        .bind(hour_of(from))
        .bind(hour_of(until))
        .fetch_all(&self.readers)
        .await
        .map_err(sql(DOING))?;
        for row in &rows {
            let packed: Vec<u8> = column(row, "packed", DOING)?;
            looks.extend(unpack_hour(column(row, "hour", DOING)?, &packed));
        }
        looks.retain(|look| look.at >= from && look.at < until);
        in_order(&mut looks);
        Ok(looks)
    }

    /// What the looks of one check came to, for each hour that begins in `[from, until)` and has
    /// been folded.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn look_figures(
        &self,
        check: &str,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<LookFigure>> {
        const DOING: &str = "read the figures of a check";
        let rows = sqlx::query(
            "SELECT hour, looks, failures, unseen, p50_ms, p95_ms, max_ms FROM look_figure \
             WHERE check_number = (SELECT number FROM check_number WHERE name = $1) \
             AND hour >= $2 AND hour < $3 ORDER BY hour",
        )
        .bind(check)
        .bind(hour_of(from))
        .bind(hour_of(until))
        .fetch_all(&self.readers)
        .await
        .map_err(sql(DOING))?;
        let figure = |row| {
            Ok(LookFigure {
                from: beginning(column(row, "hour", DOING)?),
                looks: column(row, "looks", DOING)?,
                failures: column(row, "failures", DOING)?,
                unseen: column(row, "unseen", DOING)?,
                p50_ms: column(row, "p50_ms", DOING)?,
                p95_ms: column(row, "p95_ms", DOING)?,
                max_ms: column(row, "max_ms", DOING)?,
            })
        };
        rows.iter().map(figure).collect()
    }

    /// Forgets looks of hours before `looks`, and figures of hours before `figures`; how many rows.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn drop_looks_before(&self, looks: Timestamp, figures: Timestamp) -> Result<u64> {
        let mut dropped = 0;
        for (table, first) in [("look_hour", looks), ("look_figure", figures)] {
            // By check, so that the key is used and no table is read from end to end.
            let text = format!(
                "DELETE FROM {table} WHERE hour < $1 \
                 AND check_number IN (SELECT number FROM check_number)"
            );
            let done = sqlx::query(sqlx::AssertSqlSafe(text))
                .bind(hour_of(first))
                .execute(&self.writer)
                .await
                .map_err(sql("forget old looks"))?;
            dropped += done.rows_affected();
        }
        Ok(dropped)
    }
}

async fn fold_hour(
    transaction: &mut sqlx::Transaction<'static, sqlx::Any>,
    number: i64,
    hour: i64,
    mut looks: Vec<SeenLook>,
) -> Result<()> {
    const DOING: &str = "fold the looks of an hour";
    let here = sqlx::query("SELECT packed FROM look_hour WHERE check_number = $1 AND hour = $2")
        .bind(number)
        .bind(hour)
        .fetch_optional(&mut **transaction)
        .await
        .map_err(sql(DOING))?;
    if let Some(row) = here {
        let packed: Vec<u8> = column(&row, "packed", DOING)?;
        looks.extend(unpack_hour(hour, &packed));
    }
    in_order(&mut looks);
    sqlx::query(
        "INSERT INTO look_hour (check_number, hour, packed) VALUES ($1, $2, $3) \
         ON CONFLICT (check_number, hour) DO UPDATE SET packed = excluded.packed",
    )
    .bind(number)
    .bind(hour)
    .bind(pack_hour(hour, &looks))
    .execute(&mut **transaction)
    .await
    .map_err(sql(DOING))?;
    let figure = LookFigure::of(beginning(hour), &looks);
    sqlx::query(
        "INSERT INTO look_figure \
         (check_number, hour, looks, failures, unseen, p50_ms, p95_ms, max_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (check_number, hour) DO UPDATE SET \
         looks = excluded.looks, failures = excluded.failures, unseen = excluded.unseen, \
         p50_ms = excluded.p50_ms, p95_ms = excluded.p95_ms, max_ms = excluded.max_ms",
    )
    .bind(number)
    .bind(hour)
    .bind(figure.looks)
    .bind(figure.failures)
    .bind(figure.unseen)
    .bind(figure.p50_ms)
    .bind(figure.p95_ms)
    .bind(figure.max_ms)
    .execute(&mut **transaction)
    .await
    .map_err(sql(DOING))?;
    Ok(())
}

/// By time, each once: a check has one look at one instant.
fn in_order(looks: &mut Vec<SeenLook>) {
    looks.sort_by_key(|look| look.at);
    looks.dedup_by_key(|look| look.at);
}

fn beginning(hour: i64) -> Timestamp {
    Timestamp::from_millisecond(hour.saturating_mul(HOUR_MS)).unwrap_or(Timestamp::MAX)
}
