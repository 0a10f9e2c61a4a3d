//! Readings by station and hour: folded from the batches, with what they came to, read back and
//! forgotten.

use std::collections::BTreeMap;

use jiff::Timestamp;
use sqlx::{Any, Transaction};

use crate::looks::hour_of;
use crate::packed::{HOUR_MS, put, take};
use crate::readings::{SeenReading, in_order, pack_readings, unpack_readings};
use crate::{Result, Store, column, sql};

/// Rows of one transaction of a fold, so that it holds nobody up for long.
const FOLDED_AT_ONCE: usize = 256;

/// What the values of one series came to in an hour, or in any other time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figure {
    /// How many values.
    pub samples: u64,
    /// The lowest one.
    pub lowest: i64,
    /// Their mean, rounded towards zero.
    pub mean: i64,
    /// The highest one.
    pub highest: i64,
}

impl Figure {
    /// Of one value.
    #[must_use]
    pub const fn of(value: i64) -> Figure {
        Figure { samples: 1, lowest: value, mean: value, highest: value }
    }

    /// Both together; the mean weighs each by its samples.
    #[must_use]
    pub fn with(self, other: Figure) -> Figure {
        let samples = self.samples + other.samples;
        let sum = |figure: Figure| i128::from(figure.mean) * i128::from(figure.samples);
        let mean = (sum(self) + sum(other)) / i128::from(samples.max(1));
        Figure {
            samples,
            lowest: self.lowest.min(other.lowest),
            mean: i64::try_from(mean).unwrap_or(self.mean),
            highest: self.highest.max(other.highest),
        }
    }
}

/// What the readings of an hour came to, by the number of the series.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HourFigures {
    /// The beginning of the hour.
    pub from: Timestamp,
    /// By the number of the series.
    pub series: BTreeMap<i64, Figure>,
}

/// What readings come to. The mean is divided once, from the sum of all.
#[must_use]
pub fn figures_of(readings: &[SeenReading]) -> BTreeMap<i64, Figure> {
    let mut sums: BTreeMap<i64, (Figure, i128)> = BTreeMap::new();
    for (number, value) in readings.iter().flat_map(|reading| &reading.values) {
        let (figure, sum) = sums
            .entry(*number)
            .or_insert((Figure { samples: 0, lowest: *value, mean: 0, highest: *value }, 0));
        figure.samples += 1;
        figure.lowest = figure.lowest.min(*value);
        figure.highest = figure.highest.max(*value);
        *sum += i128::from(*value);
    }
    let divided = |(number, (figure, sum)): (i64, (Figure, i128))| {
        let mean = i64::try_from(sum / i128::from(figure.samples.max(1))).unwrap_or(0);
        (number, Figure { mean, ..figure })
    };
    sums.into_iter().map(divided).collect()
}

fn pack_figures(figures: &BTreeMap<i64, Figure>) -> Vec<u8> {
    let mut bytes = Vec::new();
    // The lowest value is shifted so that both signs are short; the others are above it.
    for (number, figure) in figures {
        put(&mut bytes, number.unsigned_abs());
        put(&mut bytes, figure.samples);
        put(&mut bytes, ((figure.lowest << 1) ^ (figure.lowest >> 63)) as u64);
        put(&mut bytes, figure.mean.wrapping_sub(figure.lowest) as u64);
        put(&mut bytes, figure.highest.wrapping_sub(figure.lowest) as u64);
    }
    bytes
}

fn unpack_figures(mut bytes: &[u8]) -> BTreeMap<i64, Figure> {
    let mut figures = BTreeMap::new();
    while let Some((number, figure)) = take_figure(&mut bytes) {
        figures.insert(number, figure);
    }
    figures
}

fn take_figure(bytes: &mut &[u8]) -> Option<(i64, Figure)> {
    let number = i64::try_from(take(bytes)?).ok()?;
    let samples = take(bytes)?;
    let packed = take(bytes)?;
    let lowest = ((packed >> 1) as i64) ^ -((packed & 1) as i64);
    let mean = lowest.wrapping_add(take(bytes)? as i64);
    let highest = lowest.wrapping_add(take(bytes)? as i64);
    Some((number, Figure { samples, lowest, mean, highest }))
}

/// A batch as it is kept.
struct Batch {
    batch: i64,
    station: i64,
    readings: Vec<SeenReading>,
}

impl Store {
    /// Folds batches of readings that ended before an instant into rows by station and hour; how many
    /// batches. What is folded twice is kept once.
    ///
    /// # Errors
    /// When the records fail; then the batches are still there.
    pub async fn fold_readings(&self, before: Timestamp) -> Result<u64> {
        const DOING: &str = "fold readings into hours";
        let rows = sqlx::query(
            "SELECT batch, station, first_at, packed FROM reading_batch WHERE last_at < $1 \
             ORDER BY batch",
        )
        .bind(before.as_millisecond())
        .fetch_all(&self.readers)
        .await
        .map_err(sql(DOING))?;
        let mut hours: BTreeMap<(i64, i64), Vec<SeenReading>> = BTreeMap::new();
        let mut folded = Vec::new();
        for row in &rows {
            let batch = batch(row)?;
            folded.push(batch.batch);
            for reading in batch.readings {
                hours.entry((batch.station, hour_of(reading.at))).or_default().push(reading);
            }
        }
        let mut waiting = hours.into_iter().peekable();
        while waiting.peek().is_some() {
            let mut transaction = self.begin(DOING).await?;
            for ((station, hour), readings) in waiting.by_ref().take(FOLDED_AT_ONCE) {
                fold_hour(&mut transaction, station, hour, readings).await?;
            }
            transaction.commit().await.map_err(sql(DOING))?;
        }
        let mut transaction = self.begin(DOING).await?;
        for batch in &folded {
            sqlx::query("DELETE FROM reading_batch WHERE batch = $1")
                .bind(*batch)
                .execute(&mut *transaction)
                .await
                .map_err(sql(DOING))?;
        }
        transaction.commit().await.map_err(sql(DOING))?;
        Ok(folded.len() as u64)
    }

    /// The readings of a station in `[from, until)`, the earliest first.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn readings(
        &self,
        station: i64,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<SeenReading>> {
        const DOING: &str = "read the readings of a station";
        // Batches first: one that is folded in between is then in both, and kept once.
        let rows = sqlx::query(
            "SELECT batch, station, first_at, packed FROM reading_batch \
             WHERE station = $1 AND last_at >= $2 AND first_at < $3 ORDER BY batch",
        )
        .bind(station)
        .bind(from.as_millisecond())
        .bind(until.as_millisecond())
        .fetch_all(&self.readers)
        .await
        .map_err(sql(DOING))?;
        let batches = rows.iter().map(batch).collect::<Result<Vec<_>>>()?;
        let rows = sqlx::query(
            "SELECT hour, packed FROM reading_hour \
             WHERE station = $1 AND hour >= $2 AND hour <= $3 ORDER BY hour",
        )
        .bind(station)
        .bind(hour_of(from))
        .bind(hour_of(until))
        .fetch_all(&self.readers)
        .await
        .map_err(sql(DOING))?;
        let mut readings = Vec::new();
        for row in &rows {
            let packed: Vec<u8> = column(row, "packed", DOING)?;
            let hour: i64 = column(row, "hour", DOING)?;
            readings.extend(unpack_readings(hour * HOUR_MS, &packed));
        }
        readings.extend(batches.into_iter().flat_map(|batch| batch.readings));
        readings.retain(|reading| (from..until).contains(&reading.at));
        Ok(in_order(readings))
    }

    /// What the readings of a station came to in the hours that begin in `[from, until)` and are folded.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn reading_figures(
        &self,
        station: i64,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<HourFigures>> {
        const DOING: &str = "read the figures of a station";
        let rows = sqlx::query(
            "SELECT hour, packed FROM reading_figure \
             WHERE station = $1 AND hour >= $2 AND hour < $3 ORDER BY hour",
        )
        .bind(station)
        .bind(hour_of(from))
        .bind(hour_of(until))
        .fetch_all(&self.readers)
        .await
        .map_err(sql(DOING))?;
        let figures = |row| {
            let packed: Vec<u8> = column(row, "packed", DOING)?;
            let hour: i64 = column(row, "hour", DOING)?;
            let from = Timestamp::from_millisecond(hour.saturating_mul(HOUR_MS));
            let from = from.unwrap_or(Timestamp::MAX);
            Ok(HourFigures { from, series: unpack_figures(&packed) })
        };
        rows.iter().map(figures).collect()
    }

    /// Forgets readings of hours before `readings`, and figures of hours before `figures`; how many
    /// rows.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn drop_readings_before(
        &self,
        readings: Timestamp,
        figures: Timestamp,
    ) -> Result<u64> {
        let mut dropped = 0;
        for (table, first) in [("reading_hour", readings), ("reading_figure", figures)] {
            // By station, so that the key is used and no table is read from end to end.
            let text = format!(
                "DELETE FROM {table} WHERE hour < $1 \
                 AND station IN (SELECT number FROM station)"
            );
            let done = sqlx::query(sqlx::AssertSqlSafe(text))
                .bind(hour_of(first))
                .execute(&self.writer)
                .await
                .map_err(sql("forget old readings"))?;
            dropped += done.rows_affected();
        }
        Ok(dropped)
    }
}

fn batch(row: &sqlx::any::AnyRow) -> Result<Batch> {
    const DOING: &str = "read readings";
    let packed: Vec<u8> = column(row, "packed", DOING)?;
    Ok(Batch {
        batch: column(row, "batch", DOING)?,
        station: column(row, "station", DOING)?,
        readings: unpack_readings(column(row, "first_at", DOING)?, &packed),
    })
}

async fn fold_hour(
    transaction: &mut Transaction<'static, Any>,
    station: i64,
    hour: i64,
    new: Vec<SeenReading>,
) -> Result<()> {
    const DOING: &str = "fold the readings of an hour";
    let here = sqlx::query("SELECT packed FROM reading_hour WHERE station = $1 AND hour = $2")
        .bind(station)
        .bind(hour)
        .fetch_optional(&mut **transaction)
        .await
        .map_err(sql(DOING))?;
    let mut readings = match here {
        Some(row) => unpack_readings(hour * HOUR_MS, &column::<Vec<u8>>(&row, "packed", DOING)?),
        None => Vec::new(),
    };
    readings.extend(new);
    let readings = in_order(readings);
    for (table, packed) in [
        ("reading_hour", pack_readings(hour * HOUR_MS, &readings)),
        ("reading_figure", pack_figures(&figures_of(&readings))),
    ] {
        let text = format!(
            "INSERT INTO {table} (station, hour, packed) VALUES ($1, $2, $3) \
             ON CONFLICT (station, hour) DO UPDATE SET packed = excluded.packed"
        );
        sqlx::query(sqlx::AssertSqlSafe(text))
            .bind(station)
            .bind(hour)
            .bind(packed)
            .execute(&mut **transaction)
            .await
            .map_err(sql(DOING))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_come_back_as_they_were() {
        let of = |lowest, mean, highest| Figure { samples: 60, lowest, mean, highest };
        let figures = BTreeMap::from([
            (1, of(0, 0, 0)),
            (2, of(-40, -3, 17)),
            (9, of(i64::MIN, 0, i64::MAX)),
            (400, of(8_000_000_000, 8_000_000_001, 9_000_000_000)),
        ]);
        assert_eq!(unpack_figures(&pack_figures(&figures)), figures);
    }

    #[test]
    fn an_hour_comes_to_its_lowest_mean_and_highest() {
        let at = Timestamp::UNIX_EPOCH;
        let reading = |values: &[(i64, i64)]| SeenReading { at, values: values.to_vec() };
        let figures = figures_of(&[reading(&[(1, 10), (2, -7)]), reading(&[(1, 5)])]);
        assert_eq!(figures[&1], Figure { samples: 2, lowest: 5, mean: 7, highest: 10 });
        assert_eq!(figures[&2], Figure::of(-7));
        let both = figures[&1].with(Figure { samples: 2, lowest: 1, mean: 3, highest: 8 });
        assert_eq!(both, Figure { samples: 4, lowest: 1, mean: 5, highest: 10 });
    }
}
