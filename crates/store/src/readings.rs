//! Readings of stations as they come in, packed: about three bytes for a value.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use sqlx::{Any, Transaction};

use crate::crossings::CrossingRecord;
use crate::packed::{put, take};
use crate::stations::{Accepted, Stream};
use crate::{Result, Store, column, sql};

/// Series of one station; the values of further ones are not kept.
pub const SERIES_MAX: i64 = 5_000;
/// How long single readings are kept; older ones that come late are not taken.
pub const READINGS_DAYS: i64 = 40;
/// How far ahead of the office's clock a reading may be; one that is further is not taken.
pub const READING_AHEAD_MAX: SignedDuration = SignedDuration::from_mins(5);

/// How much older than a station's newest value that of another series may be and still be its newest:
/// sizes of databases are asked for once in a while.
const LATEST_HOURS: i64 = 26;

/// One reading by the numbers of its series.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenReading {
    /// When; to the millisecond.
    pub at: Timestamp,
    /// Number of the series and value, by number.
    pub values: Vec<(i64, i64)>,
}

/// What a station brought at once, with what was decided about it.
#[derive(Clone, Copy, Debug)]
pub struct BroughtReadings<'b> {
    /// As it came.
    pub readings: &'b link::Readings,
    /// Crossings that these readings begin, make longer or end.
    pub crossings: &'b [CrossingRecord],
}

/// Small numbers for small values of either sign.
fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

fn unzigzag(packed: u64) -> i64 {
    ((packed >> 1) as i64) ^ -((packed & 1) as i64)
}

/// Readings in the order of time, none before `base_ms`. Each value is told by how much it differs from
/// the one before it in its series.
pub(crate) fn pack_readings(base_ms: i64, readings: &[SeenReading]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut before_ms = base_ms;
    let mut known: BTreeMap<i64, i64> = BTreeMap::new();
    for reading in readings {
        let at = reading.at.as_millisecond();
        put(&mut bytes, at.saturating_sub(before_ms).unsigned_abs());
        before_ms = at;
        put(&mut bytes, reading.values.len() as u64);
        let mut number_before = 0;
        for (number, value) in &reading.values {
            put(&mut bytes, (number - number_before).unsigned_abs());
            number_before = *number;
            let before = known.insert(*number, *value).unwrap_or(0);
            put(&mut bytes, zigzag(value.wrapping_sub(before)));
        }
    }
    bytes
}

/// What [`pack_readings`] packed. Bytes that make no sense end it.
pub(crate) fn unpack_readings(base_ms: i64, mut bytes: &[u8]) -> Vec<SeenReading> {
    let mut readings = Vec::new();
    let mut before_ms = base_ms;
    let mut known: BTreeMap<i64, i64> = BTreeMap::new();
    while let Some(reading) = take_reading(&mut bytes, before_ms, &mut known) {
        before_ms = reading.at.as_millisecond();
        readings.push(reading);
    }
    readings
}

fn take_reading(
    bytes: &mut &[u8],
    before_ms: i64,
    known: &mut BTreeMap<i64, i64>,
) -> Option<SeenReading> {
    let at = Timestamp::from_millisecond(before_ms.checked_add_unsigned(take(bytes)?)?).ok()?;
    let count = take(bytes)?;
    let mut values = Vec::new();
    let mut number = 0_i64;
    for _ in 0..count {
        number = number.checked_add_unsigned(take(bytes)?)?;
        let value = known.entry(number).or_insert(0);
        *value = value.wrapping_add(unzigzag(take(bytes)?));
        values.push((number, *value));
    }
    Some(SeenReading { at, values })
}

/// By time, each instant once; of two values of one series at one instant the later one holds.
pub(crate) fn in_order(readings: Vec<SeenReading>) -> Vec<SeenReading> {
    let mut by_time: BTreeMap<i64, BTreeMap<i64, i64>> = BTreeMap::new();
    for reading in readings {
        by_time.entry(reading.at.as_millisecond()).or_default().extend(reading.values);
    }
    let whole = |(ms, values): (i64, BTreeMap<i64, i64>)| {
        let at = Timestamp::from_millisecond(ms).ok()?;
        Some(SeenReading { at, values: values.into_iter().collect() })
    };
    by_time.into_iter().filter_map(whole).collect()
}

impl Store {
    /// Takes a batch of readings: all of it is in the records when this returns, or nothing. Readings far
    /// ahead of `now` or older than [`READINGS_DAYS`], and series beyond [`SERIES_MAX`], are dropped and
    /// counted.
    ///
    /// # Errors
    /// When the records fail; then nothing has changed.
    pub async fn take_readings(
        &self,
        station: i64,
        brought: BroughtReadings<'_>,
        now: Timestamp,
    ) -> Result<Accepted> {
        const DOING: &str = "take readings";
        let BroughtReadings { readings, crossings } = brought;
        let mut transaction = self.begin(DOING).await?;
        let stream = Stream::Readings;
        if let Err(known) =
            self.count_batch(&mut transaction, station, stream, readings.batch).await?
        {
            return Ok(known);
        }
        let (seen, mut dropped) = self.numbered(&mut transaction, station, readings, now).await?;
        let seen = in_order(seen);
        if let (Some(first), Some(last)) = (seen.first(), seen.last()) {
            add_batch(&mut transaction, station, first, last, &seen).await?;
        }
        dropped += self.write_states(&mut transaction, station, &readings.states, now).await?;
        self.write_crossings(&mut transaction, station, crossings).await?;
        transaction.commit().await.map_err(sql(DOING))?;
        Ok(Accepted { taken: readings.batch, is_new: true, dropped })
    }

    /// Readings by the numbers of their series, new series numbered; how many values were dropped.
    async fn numbered(
        &self,
        transaction: &mut Transaction<'static, Any>,
        station: i64,
        readings: &link::Readings,
        now: Timestamp,
    ) -> Result<(Vec<SeenReading>, u64)> {
        const DOING: &str = "number the series of a station";
        let (first, last) = may_be_taken(now);
        let mut numbers = series_in(transaction, station).await?;
        let mut next = numbers.values().max().copied().unwrap_or(0) + 1;
        let (mut seen, mut dropped) = (Vec::new(), 0);
        for reading in &readings.readings {
            if !(first..=last).contains(&reading.at) {
                dropped += reading.values.len() as u64;
                continue;
            }
            let mut values = BTreeMap::new();
            for (name, value) in &reading.values {
                let known = numbers.get(name).copied();
                if known.is_none() && next > SERIES_MAX {
                    dropped += 1;
                    continue;
                }
                let number = known.unwrap_or(next);
                if known.is_none() {
                    let text = "INSERT INTO reading_series (station, number, name) \
                                VALUES ($1, $2, $3)";
                    sqlx::query(text)
                        .bind(station)
                        .bind(next)
                        .bind(name.as_str())
                        .execute(&mut **transaction)
                        .await
                        .map_err(sql(DOING))?;
                    numbers.insert(name.clone(), next);
                    next += 1;
                }
                values.insert(number, *value);
            }
            seen.push(SeenReading { at: reading.at, values: values.into_iter().collect() });
        }
        Ok((seen, dropped))
    }

    /// The names of a station's series by their numbers.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn series(&self, station: i64) -> Result<BTreeMap<i64, String>> {
        const DOING: &str = "read the series of a station";
        let rows = sqlx::query("SELECT number, name FROM reading_series WHERE station = $1")
            .bind(station)
            .fetch_all(&self.readers)
            .await
            .map_err(sql(DOING))?;
        rows.iter()
            .map(|row| Ok((column(row, "number", DOING)?, column(row, "name", DOING)?)))
            .collect()
    }
}

/// From which instant to which readings are taken.
#[must_use]
pub fn may_be_taken(now: Timestamp) -> (Timestamp, Timestamp) {
    let first = now.checked_sub(SignedDuration::from_hours(READINGS_DAYS * 24));
    let last = now.checked_add(READING_AHEAD_MAX);
    (first.unwrap_or(Timestamp::MIN), last.unwrap_or(Timestamp::MAX))
}

async fn series_in(
    transaction: &mut Transaction<'static, Any>,
    station: i64,
) -> Result<BTreeMap<String, i64>> {
    const DOING: &str = "read the series of a station";
    let rows = sqlx::query("SELECT number, name FROM reading_series WHERE station = $1")
        .bind(station)
        .fetch_all(&mut **transaction)
        .await
        .map_err(sql(DOING))?;
    rows.iter()
        .map(|row| Ok((column(row, "name", DOING)?, column(row, "number", DOING)?)))
        .collect()
}

async fn add_batch(
    transaction: &mut Transaction<'static, Any>,
    station: i64,
    first: &SeenReading,
    last: &SeenReading,
    seen: &[SeenReading],
) -> Result<()> {
    const DOING: &str = "record readings";
    let base = first.at.as_millisecond();
    sqlx::query(
        "INSERT INTO reading_batch (batch, station, first_at, last_at, packed) \
         SELECT COALESCE(MAX(batch), 0) + 1, $1, $2, $3, $4 FROM reading_batch",
    )
    .bind(station)
    .bind(base)
    .bind(last.at.as_millisecond())
    .bind(pack_readings(base, seen))
    .execute(&mut **transaction)
    .await
    .map_err(sql(DOING))?;
    write_latest(transaction, station, seen).await
}

/// Keeps the newest value of each series beside the station.
async fn write_latest(
    transaction: &mut Transaction<'static, Any>,
    station: i64,
    seen: &[SeenReading],
) -> Result<()> {
    const DOING: &str = "record the newest readings";
    let row = sqlx::query("SELECT latest FROM station WHERE number = $1")
        .bind(station)
        .fetch_one(&mut **transaction)
        .await
        .map_err(sql(DOING))?;
    let packed: Option<Vec<u8>> = column(&row, "latest", DOING)?;
    let known = packed.map(|packed| unpack_readings(0, &packed)).unwrap_or_default();
    let latest = newest_of_each(known.into_iter().chain(seen.iter().cloned()));
    sqlx::query("UPDATE station SET latest = $1 WHERE number = $2")
        .bind(pack_readings(0, &latest))
        .bind(station)
        .execute(&mut **transaction)
        .await
        .map_err(sql(DOING))?;
    Ok(())
}

/// The newest value of each series, as readings in the order of time. What is [`LATEST_HOURS`] older
/// than the newest of all is left out.
fn newest_of_each(readings: impl Iterator<Item = SeenReading>) -> Vec<SeenReading> {
    let mut newest: BTreeMap<i64, (Timestamp, i64)> = BTreeMap::new();
    for reading in readings {
        for (number, value) in reading.values {
            let here = newest.entry(number).or_insert((reading.at, value));
            if here.0 <= reading.at {
                *here = (reading.at, value);
            }
        }
    }
    let last = newest.values().map(|(at, _)| *at).max().unwrap_or(Timestamp::MIN);
    let first = last.checked_sub(SignedDuration::from_hours(LATEST_HOURS));
    let first = first.unwrap_or(Timestamp::MIN);
    let one = |(number, (at, value))| SeenReading { at, values: vec![(number, value)] };
    in_order(newest.into_iter().filter(|(_, (at, _))| *at >= first).map(one).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(at: &str, values: &[(i64, i64)]) -> SeenReading {
        SeenReading { at: at.parse().expect("an instant"), values: values.to_vec() }
    }

    #[test]
    fn readings_come_back_as_they_were() {
        let readings = vec![
            reading("2026-11-22T05:00:00Z", &[(1, 0), (2, 8_589_934_592), (7, -40)]),
            reading("2026-11-22T05:01:00.123Z", &[(1, 5), (2, 8_589_934_600), (300, i64::MAX)]),
            reading("2026-11-22T05:02:00Z", &[]),
            reading("2026-11-22T05:03:00Z", &[(300, i64::MIN)]),
        ];
        let base = readings[0].at.as_millisecond() - 9;
        let packed = pack_readings(base, &readings);
        assert_eq!(unpack_readings(base, &packed), readings);
        assert_eq!(unpack_readings(base, &packed[..packed.len() - 1]), readings[..3]);
    }

    #[test]
    fn a_quiet_machine_costs_little() {
        // Sixty series, read sixty times, values that hardly move.
        let values = |minute: i64| (1..=60).map(|n| (n, n * 1_000_000 + minute)).collect();
        let at = |minute: i64| Timestamp::from_second(minute * 60).expect("an instant");
        let hour: Vec<_> = (0..60).map(|n| SeenReading { at: at(n), values: values(n) }).collect();
        let bytes = pack_readings(0, &hour).len();
        assert!(bytes <= 60 * 60 * 2 + 60 * 60, "{bytes} bytes");
    }

    #[test]
    fn the_newest_value_of_each_series_is_kept() {
        let readings = vec![
            reading("2026-11-20T05:00:00Z", &[(9, 1)]),
            reading("2026-11-22T05:00:00Z", &[(1, 10), (2, 20)]),
            reading("2026-11-22T05:01:00Z", &[(1, 11)]),
            reading("2026-11-22T04:00:00Z", &[(1, 9), (3, 30)]),
        ];
        let expected = [
            reading("2026-11-22T04:00:00Z", &[(3, 30)]),
            reading("2026-11-22T05:00:00Z", &[(2, 20)]),
            reading("2026-11-22T05:01:00Z", &[(1, 11)]),
        ];
        assert_eq!(newest_of_each(readings.into_iter()), expected);
    }

    #[test]
    fn the_later_of_two_values_holds() {
        let twice = vec![
            reading("2026-11-22T05:01:00Z", &[(1, 5), (2, 6)]),
            reading("2026-11-22T05:00:00Z", &[(1, 4)]),
            reading("2026-11-22T05:01:00Z", &[(1, 7)]),
        ];
        let ordered = in_order(twice);
        assert_eq!(ordered[0], reading("2026-11-22T05:00:00Z", &[(1, 4)]));
        assert_eq!(ordered[1], reading("2026-11-22T05:01:00Z", &[(1, 7), (2, 6)]));
        assert_eq!(ordered.len(), 2);
    }
}
