//! What our own probes saw, as runs of equal measurements: one row an hour or a year, as long as
//! nothing changes.

use jiff::{SignedDuration, Timestamp};
use sqlx::any::AnyRow;

use crate::{Result, Store, column, instant, sql};

/// What a probe or a check heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Answer {
    /// Nothing in time: no connection, or silence on it.
    Silent,
    /// An answer, but not the one that was asked for, such as 4xx or 503.
    Refused,
    /// The answer that was asked for.
    Good,
    /// It could not look, so nothing is known.
    Unseen,
}

/// One measurement of one probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// Which probe.
    pub probe: String,
    /// When it looked.
    pub at: Timestamp,
    /// How often it looks; whole seconds.
    pub pace: SignedDuration,
    /// What it heard.
    pub answer: Answer,
}

/// A run of equal measurements, none more than two paces after the one before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// Which probe.
    pub probe: String,
    /// The first measurement.
    pub first: Timestamp,
    /// The last one.
    pub last: Timestamp,
    /// How often it looked; whole seconds.
    pub pace: SignedDuration,
    /// What each of them heard.
    pub answer: Answer,
    /// How many there were.
    pub total: i64,
}

/// What telling a measurement changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// It begins a run.
    Begins,
    /// It makes the newest run longer.
    Extends,
    /// The probe has told of that instant, or of a later one: nothing was changed.
    Past,
}

impl Answer {
    pub(crate) const fn number(self) -> i64 {
        match self {
            Answer::Silent => 0,
            Answer::Refused => 1,
            Answer::Good => 2,
            Answer::Unseen => 3,
        }
    }

    pub(crate) const fn from_number(number: i64) -> Answer {
        match number {
            0 => Answer::Silent,
            1 => Answer::Refused,
            2 => Answer::Good,
            _ => Answer::Unseen,
        }
    }
}

impl Store {
    /// Records a measurement: it extends the newest run of its probe when that heard the same at
    /// the same pace no more than two paces ago, else it begins one. Telling it twice changes
    /// nothing.
    ///
    /// # Errors
    /// When the records fail; then nothing has changed.
    pub async fn observe(&self, sighting: &Sighting) -> Result<Told> {
        const DOING: &str = "record a measurement";
        let mut transaction = self.begin(DOING).await?;
        let newest = sqlx::query(
            "SELECT probe, first_at, last_at, pace, answer, total FROM observation \
             WHERE probe = $1 ORDER BY first_at DESC LIMIT 1",
        )
        .bind(sighting.probe.as_str())
        .fetch_optional(&mut *transaction)
        .await
        .map_err(sql(DOING))?;
        let newest = newest.as_ref().map(observation).transpose()?;
        if newest.as_ref().is_some_and(|run| sighting.at <= run.last) {
            return Ok(Told::Past);
        }
        let continued = newest.filter(|run| continues(run, sighting));
        let told = if continued.is_some() { Told::Extends } else { Told::Begins };
        let at = sighting.at.as_microsecond();
        let query = match continued {
            Some(run) => sqlx::query(
                "UPDATE observation SET last_at = $1, total = total + 1 \
                 WHERE probe = $2 AND first_at = $3",
            )
            .bind(at)
            .bind(sighting.probe.as_str())
            .bind(run.first.as_microsecond()),
            None => sqlx::query(
                "INSERT INTO observation (last_at, probe, first_at, pace, answer, total) \
                 VALUES ($1, $2, $3, $4, $5, 1)",
            )
            .bind(at)
            .bind(sighting.probe.as_str())
            .bind(at)
            .bind(sighting.pace.as_secs())
            .bind(sighting.answer.number()),
        };
        query.execute(&mut *transaction).await.map_err(sql(DOING))?;
        transaction.commit().await.map_err(sql(DOING))?;
        Ok(told)
    }

    /// The runs of all probes that touch `[from, until)`, by their first measurement, and the first
    /// run of each probe: it tells that something is measured at all.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn observations(
        &self,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<Observation>> {
        let rows = sqlx::query(
            "SELECT probe, first_at, last_at, pace, answer, total FROM observation \
             WHERE last_at >= $2 AND first_at < $1 \
             UNION SELECT run.probe, run.first_at, last_at, pace, answer, total \
             FROM observation AS run JOIN \
             (SELECT probe, MIN(first_at) AS first_at FROM observation GROUP BY probe) AS first \
             ON run.probe = first.probe AND run.first_at = first.first_at \
             ORDER BY first_at, probe",
        )
        .bind(until.as_microsecond())
        .bind(from.as_microsecond())
        .fetch_all(&self.readers)
        .await
        .map_err(sql("read measurements"))?;
        let mut runs = rows.iter().map(observation).collect::<Result<Vec<_>>>()?;
        self.memory().runs.freshen(&mut runs);
        Ok(runs)
    }

    /// The newest measurement of any probe.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn last_observed(&self) -> Result<Option<Timestamp>> {
        const DOING: &str = "find the newest measurement";
        let row = sqlx::query("SELECT MAX(last_at) AS last_at FROM observation")
            .fetch_one(&self.readers)
            .await
            .map_err(sql(DOING))?;
        Ok(column::<Option<i64>>(&row, "last_at", DOING)?.map(instant))
    }

    /// Forgets the runs that ended before an instant; how many.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn drop_observations_before(&self, first: Timestamp) -> Result<u64> {
        let done = sqlx::query("DELETE FROM observation WHERE last_at < $1")
            .bind(first.as_microsecond())
            .execute(&self.writer)
            .await
            .map_err(sql("forget old measurements"))?;
        Ok(done.rows_affected())
    }
}

/// Whether a measurement makes a run longer.
pub(crate) fn continues(run: &Observation, sighting: &Sighting) -> bool {
    run.answer == sighting.answer
        && run.pace == sighting.pace
        && sighting.at.duration_since(run.last) <= run.pace * 2
}

pub(crate) fn observation(row: &AnyRow) -> Result<Observation> {
    const DOING: &str = "read a measurement";
    Ok(Observation {
        probe: column(row, "probe", DOING)?,
        first: instant(column(row, "first_at", DOING)?),
        last: instant(column(row, "last_at", DOING)?),
        pace: SignedDuration::from_secs(column(row, "pace", DOING)?),
        answer: Answer::from_number(column(row, "answer", DOING)?),
        total: column(row, "total", DOING)?,
    })
}
