//! The newest run of each check, as rows and the batches beyond them tell, and what was read of looks.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use crate::looks::{Batch, Look, forget_runs, probe_of, sighting};
use crate::observations::{Observation, observation};
use crate::packed::BatchLook;
use crate::runs::{Changes, Runs};
use crate::{Result, Store, column, instant, sql};

impl Store {
    /// The newest run of each check, as far as batches tell; in a program that records, as far as it knows.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn newest_runs(&self) -> Result<Vec<Observation>> {
        if self.memory().runs.is_loaded {
            return Ok(self.memory().runs.all());
        }
        let (mut runs, changes, _) = self.replay(Timestamp::MAX).await?;
        runs.keep(changes);
        Ok(runs.all())
    }

    /// Since when each check, by probe, has heard right or not right, over times that nobody looked.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn turned(&self) -> Result<HashMap<String, Timestamp>> {
        const DOING: &str = "read when checks turned";
        let rows = sqlx::query(
            "SELECT run.probe AS probe, MIN(run.first_at) AS first_at FROM observation AS run JOIN \
             (SELECT probe, MAX(CASE WHEN answer = 2 THEN first_at END) AS good, \
                     MAX(CASE WHEN answer IN (0, 1) THEN first_at END) AS bad \
              FROM observation WHERE probe LIKE 'check/%' GROUP BY probe) AS turn \
             ON turn.probe = run.probe \
             WHERE run.answer <> 3 AND run.first_at > CASE WHEN turn.good IS NULL OR turn.bad IS NULL \
             THEN -1 WHEN good > bad THEN bad ELSE good END GROUP BY run.probe",
        )
        .fetch_all(&self.readers)
        .await
        .map_err(sql(DOING))?;
        let at = |row| Ok(instant(column(row, "first_at", DOING)?));
        rows.iter().map(|row| Ok((column(row, "probe", DOING)?, at(row)?))).collect()
    }

    async fn newest_rows(&self) -> Result<Vec<Observation>> {
        let rows = sqlx::query(
            "SELECT run.probe, run.first_at, last_at, pace, answer, total FROM observation AS run \
             JOIN (SELECT probe, MAX(first_at) AS first_at FROM observation \
                   WHERE probe LIKE 'check/%' GROUP BY probe) AS newest \
             ON newest.probe = run.probe AND newest.first_at = run.first_at",
        )
        .fetch_all(&self.readers)
        .await
        .map_err(sql("read the newest runs of checks"))?;
        rows.iter().map(observation).collect()
    }

    /// The newest run of each check as its row says, what the batches tell beyond it and up to the horizon,
    /// and the numbers.
    async fn replay(&self, horizon: Timestamp) -> Result<(Runs, Changes, HashMap<String, i64>)> {
        let mut runs = Runs::default();
        runs.is_loaded = true;
        for run in self.newest_rows().await? {
            runs.load(run);
        }
        let numbers = self.check_numbers().await?;
        let names: HashMap<i64, &str> =
            numbers.iter().map(|(name, number)| (*number, name.as_str())).collect();
        let mut changes = Changes::default();
        for batch in self.batches(Timestamp::MIN, Timestamp::MAX).await? {
            for BatchLook { number, pace, look } in batch.looks() {
                let Some(check) = names.get(&number).map(|name| (*name).to_owned()) else {
                    continue;
                };
                if look.at > horizon {
                    continue;
                }
                let pace = SignedDuration::from_secs(pace);
                runs.note(&mut changes, &sighting(&Look { check, pace, seen: look }), horizon);
            }
        }
        Ok((runs, changes, numbers.into_iter().collect()))
    }

    /// Takes what is in the records into memory, and writes what batches tell beyond the runs.
    pub(crate) async fn load_runs(&self, horizon: Timestamp) -> Result<()> {
        const DOING: &str = "read the newest runs of checks";
        if self.memory().runs.is_loaded {
            return Ok(());
        }
        let (mut runs, changes, numbers) = self.replay(horizon).await?;
        let mut transaction = self.begin(DOING).await?;
        forget_runs(&mut transaction, &changes.forget).await?;
        self.write_runs(&mut transaction, &changes.write).await?;
        transaction.commit().await.map_err(sql(DOING))?;
        runs.keep(changes);
        let mut memory = self.memory();
        memory.checks = numbers;
        memory.runs = runs;
        Ok(())
    }

    async fn check_numbers(&self) -> Result<Vec<(String, i64)>> {
        const DOING: &str = "read the numbers of checks";
        let rows = sqlx::query("SELECT number, name FROM check_number")
            .fetch_all(&self.readers)
            .await
            .map_err(sql(DOING))?;
        rows.iter()
            .map(|row| Ok((column(row, "name", DOING)?, column(row, "number", DOING)?)))
            .collect()
    }

    pub(crate) async fn batches(&self, from: Timestamp, until: Timestamp) -> Result<Vec<Batch>> {
        const DOING: &str = "read looks";
        let rows = sqlx::query(
            "SELECT batch, first_at, packed FROM look_batch \
             WHERE last_at >= $1 AND first_at < $2 ORDER BY batch",
        )
        .bind(from.as_millisecond())
        .bind(until.as_millisecond())
        .fetch_all(&self.readers)
        .await
        .map_err(sql(DOING))?;
        let batch = |row| {
            Ok(Batch {
                batch: column(row, "batch", DOING)?,
                first_ms: column(row, "first_at", DOING)?,
                packed: column(row, "packed", DOING)?,
            })
        };
        rows.iter().map(batch).collect()
    }

    /// The runs of one check that touch `[from, until)`, the earliest first.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn runs_of(
        &self,
        check: &str,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<Observation>> {
        let rows = sqlx::query(
            "SELECT probe, first_at, last_at, pace, answer, total FROM observation \
             WHERE probe = $1 AND first_at < $2 AND last_at >= $3 ORDER BY first_at",
        )
        .bind(probe_of(check))
        .bind(until.as_microsecond())
        .bind(from.as_microsecond())
        .fetch_all(&self.readers)
        .await
        .map_err(sql("read what a check saw"))?;
        let mut runs = rows.iter().map(observation).collect::<Result<Vec<_>>>()?;
        self.memory().runs.freshen(&mut runs);
        Ok(runs)
    }
}
