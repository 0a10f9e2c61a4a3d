//! Logs that agents collected: what each source said in each slot of time, with its lines of trouble.

use std::collections::BTreeMap;

use jiff::Timestamp;
use link::{LogSlot, Trouble};
use sqlx::any::AnyRow;
use sqlx::{Any, Transaction};

use crate::readings::may_be_taken;
use crate::stations::{Accepted, Stream};
use crate::{Result, Store, column, instant, sql};

/// How long collected slots are kept.
pub const SLOTS_DAYS: i64 = 40;
/// Slots that one question reads; the newest.
pub const SLOTS_LISTED_MAX: i64 = 5_000;
/// Sources of one station whose slots are kept; those of further ones are not.
pub const SOURCES_MAX: i64 = 100;
/// Slots of one source that begin in one day (UTC) and are kept: twice as many as there are minutes.
pub const DAY_SLOTS_MAX: i64 = 2_880;
/// The sealing label of lines.
const LABEL: &str = "log-trouble";

/// What one source said in one slot, without its lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotRecord {
    /// Its name in the agent's file.
    pub source: String,
    /// First instant.
    pub from: Timestamp,
    /// First instant after it.
    pub until: Timestamp,
    /// Lines read.
    pub lines: u64,
    /// Bytes read.
    pub bytes: u64,
    /// Lines that a pattern of trouble met.
    pub trouble: u64,
    /// In at least a part of it nobody read.
    pub gap: bool,
}

impl Store {
    /// Takes a batch of slots: all of it is in the records when this returns, or nothing. A slot that is
    /// told again takes the place of what was told of it. Slots that end far ahead of `now` or before
    /// [`SLOTS_DAYS`], and what is beyond [`SOURCES_MAX`] or [`DAY_SLOTS_MAX`], are dropped and counted.
    ///
    /// # Errors
    /// When the records fail; then nothing has changed.
    pub async fn take_slots(
        &self,
        station: i64,
        logs: &link::Logs,
        now: Timestamp,
    ) -> Result<Accepted> {
        const DOING: &str = "take collected logs";
        let mut transaction = self.begin(DOING).await?;
        if let Err(known) =
            self.count_batch(&mut transaction, station, Stream::Logs, logs.batch).await?
        {
            return Ok(known);
        }
        let (first, last) = may_be_taken(now);
        let mut dropped = 0;
        for slot in &logs.slots {
            let is_kept = (first..=last).contains(&slot.slot_until)
                && has_room(&mut transaction, station, slot).await?;
            match is_kept {
                true => self.write_slot(&mut transaction, station, slot).await?,
                false => dropped += 1,
            }
        }
        transaction.commit().await.map_err(sql(DOING))?;
        Ok(Accepted { taken: logs.batch, is_new: true, dropped })
    }

    async fn write_slot(
        &self,
        transaction: &mut Transaction<'static, Any>,
        station: i64,
        slot: &LogSlot,
    ) -> Result<()> {
        const DOING: &str = "record a slot of a log";
        let sealed = match slot.trouble.is_empty() {
            true => None,
            false => Some(self.seal_json(LABEL, &slot.trouble, DOING)?),
        };
        let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        sqlx::query(
            "INSERT INTO log_slot (station, source, slot_from, slot_until, line_total, \
             byte_total, trouble_total, gap, sealed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
             ON CONFLICT (station, source, slot_from) DO UPDATE SET \
             slot_until = excluded.slot_until, line_total = excluded.line_total, \
             byte_total = excluded.byte_total, trouble_total = excluded.trouble_total, \
             gap = excluded.gap, sealed = excluded.sealed",
        )
        .bind(station)
        .bind(slot.source.as_str())
        .bind(slot.slot_from.as_microsecond())
        .bind(slot.slot_until.as_microsecond())
        .bind(count(slot.lines))
        .bind(count(slot.bytes))
        .bind(count(slot.trouble_count))
        .bind(i64::from(slot.gap))
        .bind(sealed)
        .execute(&mut **transaction)
        .await
        .map_err(sql(DOING))?;
        Ok(())
    }

    /// The slots of a station that begin in `[from, until)`, the newest first, at most
    /// [`SLOTS_LISTED_MAX`].
    ///
    /// # Errors
    /// When the records fail.
    pub async fn log_slots(
        &self,
        station: i64,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<SlotRecord>> {
        let rows = sqlx::query(
            "SELECT source, slot_from, slot_until, line_total, byte_total, trouble_total, gap \
             FROM log_slot WHERE station = $1 AND slot_from >= $2 AND slot_from < $3 \
             ORDER BY slot_from DESC, source LIMIT $4",
        )
        .bind(station)
        .bind(from.as_microsecond())
        .bind(until.as_microsecond())
        .bind(SLOTS_LISTED_MAX)
        .fetch_all(&self.readers)
        .await
        .map_err(sql("read the collected logs of a station"))?;
        rows.iter().map(slot).collect()
    }

    /// When the first slot of each source of a station begins: nobody collected before.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn log_began(&self, station: i64) -> Result<BTreeMap<String, Timestamp>> {
        const DOING: &str = "read when logs of a station began";
        let rows = sqlx::query(
            "SELECT source, MIN(slot_from) AS began FROM log_slot WHERE station = $1 \
             GROUP BY source",
        )
        .bind(station)
        .fetch_all(&self.readers)
        .await
        .map_err(sql(DOING))?;
        let one = |row| Ok((column(row, "source", DOING)?, instant(column(row, "began", DOING)?)));
        rows.iter().map(one).collect()
    }

    /// The lines of trouble that were kept of one slot.
    ///
    /// # Errors
    /// When the records fail, or the lines are damaged.
    pub async fn log_trouble(
        &self,
        station: i64,
        source: &str,
        slot_from: Timestamp,
    ) -> Result<Vec<Trouble>> {
        const DOING: &str = "read the trouble in a log";
        let row = sqlx::query(
            "SELECT sealed FROM log_slot \
             WHERE station = $1 AND source = $2 AND slot_from = $3 AND sealed IS NOT NULL",
        )
        .bind(station)
        .bind(source)
        .bind(slot_from.as_microsecond())
        .fetch_optional(&self.readers)
        .await
        .map_err(sql(DOING))?;
        let Some(row) = row else { return Ok(Vec::new()) };
        self.open_json(LABEL, &column::<Vec<u8>>(&row, "sealed", DOING)?, DOING)
    }

    /// Forgets slots before an instant; how many.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn drop_log_slots_before(&self, first: Timestamp) -> Result<u64> {
        let text = "DELETE FROM log_slot WHERE slot_from < $1 \
                    AND station IN (SELECT number FROM station)";
        let done = sqlx::query(text)
            .bind(first.as_microsecond())
            .execute(&self.writer)
            .await
            .map_err(sql("forget old slots of logs"))?;
        Ok(done.rows_affected())
    }
}

/// Whether there is room for a slot: its source is known or one of few, and there are not too many of
/// that day.
async fn has_room(
    transaction: &mut Transaction<'static, Any>,
    station: i64,
    slot: &LogSlot,
) -> Result<bool> {
    const DOING: &str = "count the slots of a log";
    const DAY_MICROS: i64 = 86_400_000_000;
    let day = slot.slot_from.as_microsecond().div_euclid(DAY_MICROS) * DAY_MICROS;
    let text = "SELECT COUNT(*) AS total FROM log_slot \
                WHERE station = $1 AND source = $2 AND slot_from >= $3 AND slot_from < $4";
    let row = sqlx::query(text)
        .bind(station)
        .bind(slot.source.as_str())
        .bind(day)
        .bind(day + DAY_MICROS)
        .fetch_one(&mut **transaction)
        .await
        .map_err(sql(DOING))?;
    let that_day: i64 = column(&row, "total", DOING)?;
    if that_day > 0 {
        return Ok(that_day < DAY_SLOTS_MAX);
    }
    // The first of its day, which is seldom.
    let text = "SELECT COUNT(DISTINCT source) AS total FROM log_slot \
                WHERE station = $1 AND source <> $2";
    let row = sqlx::query(text)
        .bind(station)
        .bind(slot.source.as_str())
        .fetch_one(&mut **transaction)
        .await
        .map_err(sql(DOING))?;
    Ok(column::<i64>(&row, "total", DOING)? < SOURCES_MAX)
}

fn slot(row: &AnyRow) -> Result<SlotRecord> {
    const DOING: &str = "read a slot of a log";
    let count = |name| Ok(column::<i64>(row, name, DOING)?.unsigned_abs());
    Ok(SlotRecord {
        source: column(row, "source", DOING)?,
        from: instant(column(row, "slot_from", DOING)?),
        until: instant(column(row, "slot_until", DOING)?),
        lines: count("line_total")?,
        bytes: count("byte_total")?,
        trouble: count("trouble_total")?,
        gap: column::<i64>(row, "gap", DOING)? != 0,
    })
}
