//! How units, processes and arrays of disks of a station are, and when that changed.

use jiff::Timestamp;
use link::{StateWord, StationState};
use sqlx::any::AnyRow;
use sqlx::{Any, Transaction};

use crate::readings::may_be_taken;
use crate::{Result, Store, column, instant, sql};

/// Things of one station whose state is kept; further ones are not.
pub const STATES_KEPT_MAX: i64 = 5_000;
/// Changes of one thing in a day (UTC) that are kept.
pub const DAY_CHANGES_MAX: i64 = 300;
/// Changes of one station that one page reads.
pub const CHANGES_LISTED_MAX: i64 = 200;

/// How something is, and since when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateRecord {
    /// Such as `unit.nginx.service` or `raid.md0`.
    pub name: String,
    /// How it is.
    pub state: StateWord,
    /// In the words of the system.
    pub detail: String,
    /// Since when.
    pub since: Timestamp,
    /// When it was last seen.
    pub seen: Timestamp,
}

/// Something became what it was not before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateChange {
    /// What.
    pub name: String,
    /// When that was seen.
    pub at: Timestamp,
    /// How it is since then.
    pub state: StateWord,
    /// In the words of the system.
    pub detail: String,
}

const fn number(state: StateWord) -> i64 {
    match state {
        StateWord::Bad => 0,
        StateWord::Unknown => 1,
        StateWord::Good => 2,
    }
}

const fn word(number: i64) -> StateWord {
    match number {
        0 => StateWord::Bad,
        2 => StateWord::Good,
        _ => StateWord::Unknown,
    }
}

impl Store {
    /// Notes states that a station brought, in their order; how many are not in the records, as for
    /// readings because of when they were, or beyond a limit. What is older than what is known changes
    /// nothing.
    pub(crate) async fn write_states(
        &self,
        transaction: &mut Transaction<'static, Any>,
        station: i64,
        states: &[StationState],
        now: Timestamp,
    ) -> Result<u64> {
        let (first, last) = may_be_taken(now);
        let mut dropped = 0;
        for state in states {
            let is_kept = (first..=last).contains(&state.at)
                && write_state(transaction, station, state, last).await?;
            dropped += u64::from(!is_kept);
        }
        Ok(dropped)
    }

    /// Forgets what was last seen before an instant; how many.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn drop_states_before(&self, first: Timestamp) -> Result<u64> {
        let text = "DELETE FROM station_state WHERE seen_at < $1 \
                    AND station IN (SELECT number FROM station)";
        let done = sqlx::query(text)
            .bind(first.as_microsecond())
            .execute(&self.writer)
            .await
            .map_err(sql("forget old states of stations"))?;
        Ok(done.rows_affected())
    }

    /// How everything of a station is, by name.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn station_states(&self, station: i64) -> Result<Vec<StateRecord>> {
        let rows = sqlx::query(
            "SELECT name, state, detail, since_at, seen_at FROM station_state \
             WHERE station = $1 ORDER BY name",
        )
        .bind(station)
        .fetch_all(&self.readers)
        .await
        .map_err(sql("read the states of a station"))?;
        rows.iter().map(record).collect()
    }

    /// How many things of each station are bad, by the station's number.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn bad_states(&self) -> Result<Vec<(i64, StateRecord)>> {
        const DOING: &str = "read what is bad on stations";
        let rows = sqlx::query(
            "SELECT station, name, state, detail, since_at, seen_at FROM station_state \
             WHERE state = 0 ORDER BY station, name",
        )
        .fetch_all(&self.readers)
        .await
        .map_err(sql(DOING))?;
        rows.iter().map(|row| Ok((column(row, "station", DOING)?, record(row)?))).collect()
    }

    /// What changed on a station from an instant on, the newest first, at most
    /// [`CHANGES_LISTED_MAX`].
    ///
    /// # Errors
    /// When the records fail.
    pub async fn station_changes(&self, station: i64, from: Timestamp) -> Result<Vec<StateChange>> {
        const DOING: &str = "read what changed on a station";
        let rows = sqlx::query(
            "SELECT name, changed_at, state, detail FROM station_change \
             WHERE station = $1 AND changed_at >= $2 ORDER BY changed_at DESC, name LIMIT $3",
        )
        .bind(station)
        .bind(from.as_microsecond())
        .bind(CHANGES_LISTED_MAX)
        .fetch_all(&self.readers)
        .await
        .map_err(sql(DOING))?;
        let change = |row| {
            Ok(StateChange {
                name: column(row, "name", DOING)?,
                at: instant(column(row, "changed_at", DOING)?),
                state: word(column(row, "state", DOING)?),
                detail: column(row, "detail", DOING)?,
            })
        };
        rows.iter().map(change).collect()
    }

    /// Forgets changes before an instant; how many.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn drop_changes_before(&self, first: Timestamp) -> Result<u64> {
        let text = "DELETE FROM station_change WHERE changed_at < $1 \
                    AND station IN (SELECT number FROM station)";
        let done = sqlx::query(text)
            .bind(first.as_microsecond())
            .execute(&self.writer)
            .await
            .map_err(sql("forget old changes of stations"))?;
        Ok(done.rows_affected())
    }
}

/// `false` when there is no room for it. What is known from after `last` was never true.
async fn write_state(
    transaction: &mut Transaction<'static, Any>,
    station: i64,
    seen: &StationState,
    last: Timestamp,
) -> Result<bool> {
    const DOING: &str = "note a state of a station";
    let at = seen.at.as_microsecond();
    let state = number(seen.state);
    let here = sqlx::query(
        "SELECT name, state, detail, since_at, seen_at FROM station_state \
         WHERE station = $1 AND name = $2",
    )
    .bind(station)
    .bind(seen.name.as_str())
    .fetch_optional(&mut **transaction)
    .await
    .map_err(sql(DOING))?;
    let known = here.as_ref().map(record).transpose()?;
    let is_change = match &known {
        Some(known) if seen.at < known.seen && known.seen <= last => return Ok(true),
        Some(known) => known.state != seen.state,
        None => true,
    };
    if known.is_none() {
        let row = sqlx::query("SELECT COUNT(*) AS total FROM station_state WHERE station = $1")
            .bind(station)
            .fetch_one(&mut **transaction)
            .await
            .map_err(sql(DOING))?;
        if column::<i64>(&row, "total", DOING)? >= STATES_KEPT_MAX {
            return Ok(false);
        }
    }
    let since = known.filter(|_| !is_change).map_or(at, |known| known.since.as_microsecond());
    sqlx::query(
        "INSERT INTO station_state (station, name, state, detail, since_at, seen_at) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (station, name) DO UPDATE SET \
         state = excluded.state, detail = excluded.detail, since_at = excluded.since_at, \
         seen_at = excluded.seen_at",
    )
    .bind(station)
    .bind(seen.name.as_str())
    .bind(state)
    .bind(seen.detail.as_str())
    .bind(since)
    .bind(at)
    .execute(&mut **transaction)
    .await
    .map_err(sql(DOING))?;
    if is_change {
        write_change(transaction, station, seen).await?;
    }
    Ok(true)
}

/// Notes that something changed, unless it did so too often that day.
async fn write_change(
    transaction: &mut Transaction<'static, Any>,
    station: i64,
    seen: &StationState,
) -> Result<()> {
    const DOING: &str = "note a change on a station";
    const DAY_MICROS: i64 = 86_400_000_000;
    let at = seen.at.as_microsecond();
    let day = at.div_euclid(DAY_MICROS) * DAY_MICROS;
    let text = "INSERT INTO station_change (station, name, changed_at, state, detail) \
                SELECT $1, $2, $3, $4, $5 WHERE (SELECT COUNT(*) FROM station_change \
                WHERE station = $1 AND name = $2 AND changed_at >= $6 AND changed_at < $7) < $8 \
                ON CONFLICT (station, name, changed_at) DO NOTHING";
    sqlx::query(text)
        .bind(station)
        .bind(seen.name.as_str())
        .bind(at)
        .bind(number(seen.state))
        .bind(seen.detail.as_str())
        .bind(day)
        .bind(day + DAY_MICROS)
        .bind(DAY_CHANGES_MAX)
        .execute(&mut **transaction)
        .await
        .map_err(sql(DOING))?;
    Ok(())
}

fn record(row: &AnyRow) -> Result<StateRecord> {
    const DOING: &str = "read a state of a station";
    Ok(StateRecord {
        name: column(row, "name", DOING)?,
        state: word(column(row, "state", DOING)?),
        detail: column(row, "detail", DOING)?,
        since: instant(column(row, "since_at", DOING)?),
        seen: instant(column(row, "seen_at", DOING)?),
    })
}
