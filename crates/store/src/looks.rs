//! What checks saw: each look for forty days, what the looks of an hour came to for a year, and the
//! runs of equal answers for as long as contracts are kept.
//!
//! Looks come in batches, one row and one transaction each, and are folded into a row for each check
//! and hour some minutes later: ten thousand checks cost one row a second.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::{SignedDuration, Timestamp};
use sqlx::{Any, Transaction};

use crate::observations::{Answer, Observation, Sighting};
use crate::packed::{BatchLook, HOUR_MS, SeenLook, pack_batch, unpack_batch};
use crate::runs::Changes;
use crate::statement::Form;
use crate::{Day, Memory, Result, Store, StoreError, sql};

/// Names of checks that are numbered; the looks of a removed one go with their time.
pub const CHECK_NAMES_MAX: i64 = 200_000;
/// What the name of a check begins with where probes have their words.
pub const CHECK_PREFIX: &str = "check/";

/// How much older than the newest a look of our own may be when it is told.
const TOLD_WITHIN: SignedDuration = SignedDuration::from_mins(10);

/// One look of one check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// The name of the check.
    pub check: String,
    /// How often it looks; whole seconds.
    pub pace: SignedDuration,
    /// When, what, why and how long.
    pub seen: SeenLook,
}

/// A time in which a check did not look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unlooked {
    /// The name of the check.
    pub check: String,
    /// How often it looks; whole seconds.
    pub pace: SignedDuration,
    /// The first round without a look.
    pub from: Timestamp,
    /// The next look.
    pub until: Timestamp,
}

impl Store {
    /// Records looks and times without looks, in the order in which they were. Runs are to the whole
    /// second, so of two looks of one check in one second the first makes its run.
    ///
    /// # Errors
    /// When the records fail, or have more than [`CHECK_NAMES_MAX`] names; then nothing has changed.
    pub async fn record_looks(&self, looks: &[Look], unlooked: &[Unlooked]) -> Result<()> {
        const DOING: &str = "record what checks saw";
        let _turn = self.looks_turn.lock().await;
        let horizon = own_horizon(looks);
        self.load_runs(horizon).await?;
        let mut transaction = self.begin(DOING).await?;
        let news = self.write_looks(&mut transaction, looks, unlooked, horizon).await?;
        transaction.commit().await.map_err(sql(DOING))?;
        self.memory().keep_looks(news);
        Ok(())
    }

    /// Writes looks in a transaction, without taking them into memory yet. What is known from after
    /// `horizon` gives way to them.
    pub(crate) async fn write_looks(
        &self,
        transaction: &mut Transaction<'static, Any>,
        looks: &[Look],
        unlooked: &[Unlooked],
        horizon: Timestamp,
    ) -> Result<LookNews> {
        let names = looks.iter().map(|look| look.check.as_str());
        let numbers = self.number_checks(transaction, names).await?;
        let mut changes = Changes::default();
        {
            let memory = self.memory();
            for told in in_order_of_time(looks, unlooked) {
                match told {
                    Told::Blind(it) => memory.runs.begin(&mut changes, blind_run(it), horizon),
                    Told::Look(it) => drop(memory.runs.note(&mut changes, &sighting(it), horizon)),
                }
            }
        }
        if !looks.is_empty() {
            self.add_batch(transaction, looks, &numbers).await?;
        }
        forget_runs(transaction, &changes.forget).await?;
        self.write_runs(transaction, &changes.write).await?;
        Ok(LookNews { numbers, changes })
    }

    /// Numbers the checks that have none, and tells their numbers.
    async fn number_checks<'n>(
        &self,
        transaction: &mut Transaction<'static, Any>,
        names: impl Iterator<Item = &'n str>,
    ) -> Result<HashMap<String, i64>> {
        const DOING: &str = "number a check";
        let (mut next, new) = {
            let memory = self.memory();
            let new: BTreeSet<&str> =
                names.filter(|name| !memory.checks.contains_key(*name)).collect();
            (memory.checks.values().max().copied().unwrap_or(0), new)
        };
        let mut numbers = HashMap::new();
        for name in new {
            next += 1;
            if next > CHECK_NAMES_MAX {
                return Err(StoreError::TooManyChecks);
            }
            sqlx::query("INSERT INTO check_number (number, name) VALUES ($1, $2)")
                .bind(next)
                .bind(name)
                .execute(&mut **transaction)
                .await
                .map_err(sql(DOING))?;
            numbers.insert(name.to_owned(), next);
        }
        Ok(numbers)
    }

    async fn add_batch(
        &self,
        transaction: &mut Transaction<'static, Any>,
        looks: &[Look],
        new: &HashMap<String, i64>,
    ) -> Result<()> {
        const DOING: &str = "record looks";
        let numbered: Vec<BatchLook> = {
            let memory = self.memory();
            let one = |look: &Look| {
                let known = memory.checks.get(&look.check);
                let number = *known.or_else(|| new.get(&look.check))?;
                Some(BatchLook { number, pace: look.pace.as_secs(), look: look.seen.clone() })
            };
            looks.iter().filter_map(one).collect()
        };
        let times = || numbered.iter().map(|look| look.look.at.as_millisecond());
        let (first, last) = (times().min().unwrap_or(0), times().max().unwrap_or(0));
        sqlx::query(
            "INSERT INTO look_batch (batch, first_at, last_at, packed) \
             SELECT COALESCE(MAX(batch), 0) + 1, $1, $2, $3 FROM look_batch",
        )
        .bind(first)
        .bind(last)
        .bind(pack_batch(first, &numbered))
        .execute(&mut **transaction)
        .await
        .map_err(sql(DOING))?;
        Ok(())
    }

    pub(crate) async fn write_runs(
        &self,
        transaction: &mut Transaction<'static, Any>,
        runs: &[Observation],
    ) -> Result<()> {
        // One statement may not touch a row twice: of several states of a run the last one holds.
        let mut newest: BTreeMap<(&str, Timestamp), &Observation> = BTreeMap::new();
        for run in runs {
            newest.insert((&run.probe, run.first), run);
        }
        let rows: Vec<&Observation> = newest.into_values().collect();
        self.run_form(transaction, (Form::Run, Day(0)), &rows, |values, run| {
            values
                .put(run.probe.clone())
                .put(run.first.as_microsecond())
                .put(run.last.as_microsecond())
                .put(run.pace.as_secs())
                .put(run.answer.number())
                .put(run.total);
        })
        .await
        .map_err(sql("record the runs of checks"))?;
        Ok(())
    }
}

/// Our own looks are told within minutes: what is known from long after them was told while our clock was
/// ahead.
fn own_horizon(looks: &[Look]) -> Timestamp {
    let newest = looks.iter().map(|look| look.seen.at).max();
    newest.and_then(|at| at.checked_add(TOLD_WITHIN).ok()).unwrap_or(Timestamp::MAX)
}

pub(crate) async fn forget_runs(
    transaction: &mut Transaction<'static, Any>,
    runs: &[(String, Timestamp)],
) -> Result<()> {
    for (probe, first) in runs {
        sqlx::query("DELETE FROM observation WHERE probe = $1 AND first_at = $2")
            .bind(probe.as_str())
            .bind(first.as_microsecond())
            .execute(&mut **transaction)
            .await
            .map_err(sql("forget what a wrong clock told"))?;
    }
    Ok(())
}

/// What memory takes once a transaction is through.
pub(crate) struct LookNews {
    numbers: HashMap<String, i64>,
    changes: Changes,
}

impl Memory {
    pub(crate) fn keep_looks(&mut self, news: LookNews) {
        self.checks.extend(news.numbers);
        self.runs.keep(news.changes);
    }
}

enum Told<'t> {
    Look(&'t Look),
    Blind(&'t Unlooked),
}

/// A station that comes back tells of minutes at once, so what it saw stands among what it did not see.
fn in_order_of_time<'t>(looks: &'t [Look], unlooked: &'t [Unlooked]) -> Vec<Told<'t>> {
    let blind = unlooked.iter().map(Told::Blind);
    let mut all: Vec<Told<'t>> = blind.chain(looks.iter().map(Told::Look)).collect();
    all.sort_by_key(|told| match told {
        Told::Look(look) => look.seen.at,
        Told::Blind(blind) => blind.from,
    });
    all
}

/// The word under which the runs of a check are kept.
#[must_use]
pub fn probe_of(check: &str) -> String {
    format!("{CHECK_PREFIX}{check}")
}

/// Looks as they came in.
pub(crate) struct Batch {
    pub batch: i64,
    pub first_ms: i64,
    pub packed: Vec<u8>,
}

impl Batch {
    pub fn looks(&self) -> Vec<BatchLook> {
        unpack_batch(self.first_ms, &self.packed)
    }
}

/// The hour that an instant is in, since 1970-01-01T00:00Z.
pub(crate) fn hour_of(at: Timestamp) -> i64 {
    at.as_millisecond().div_euclid(HOUR_MS)
}

fn whole_second(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_millisecond().div_euclid(1_000)).unwrap_or(at)
}

pub(crate) fn sighting(look: &Look) -> Sighting {
    Sighting {
        probe: probe_of(&look.check),
        at: whole_second(look.seen.at),
        pace: look.pace,
        answer: look.seen.answer,
    }
}

/// As a run of which the last round was a pace before the next look.
fn blind_run(blind: &Unlooked) -> Observation {
    let first = whole_second(blind.from);
    let last = blind.until.checked_sub(blind.pace).unwrap_or(blind.until);
    Observation {
        probe: probe_of(&blind.check),
        first,
        last: whole_second(last).max(first),
        pace: blind.pace,
        answer: Answer::Unseen,
        total: 0,
    }
}
