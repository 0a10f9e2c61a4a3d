//! Taking facts into the records: a batch, the counts it makes and the place in the journal it
//! was read up to are one transaction, so a fact is recorded exactly once however often it is
//! told.
//!
//! New facts are inserted without looking first. Where the database finds one that it has, the
//! batch is rolled back, the known facts are taken out, and it is written again: that happens
//! only when a relay tells twice, after a crash of one side.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use mail::Fact;
use sqlx::{Any, Transaction};

use crate::day::{Day, NODES};
use crate::fold::{AttemptRow, Batch, Delivery, QueuedRow, fold};
use crate::slots::Tally;
use crate::statement::{Form, Values};
use crate::{Result, Store, StoreError, column, sql};

/// Relays that the records can tell apart.
pub const NODES_MAX: i64 = NODES;

const DOING: &str = "record facts in the delivery log";

/// How writing a batch ended.
enum Written {
    /// All of it is recorded.
    Whole,
    /// Nothing is, since some of it was recorded before.
    Known,
}

impl Store {
    /// How far a journal of facts has been recorded: the `place` of the last batch.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn journal_place(&self, journal: &str) -> Result<Option<String>> {
        const DOING: &str = "look up how far the journal is recorded";
        let row = sqlx::query("SELECT place FROM journal WHERE name = $1")
            .bind(journal)
            .fetch_optional(&self.readers)
            .await
            .map_err(sql(DOING))?;
        row.map(|row| column(&row, "place", DOING)).transpose()
    }

    /// Records facts and the place behind them in their journal, all or nothing. Facts that are
    /// recorded already are passed over. Give a few thousand at a time.
    ///
    /// # Errors
    /// When the records fail; then nothing has changed.
    pub async fn record(&self, journal: &str, place: &str, facts: Vec<Fact>) -> Result<()> {
        let nodes = self.number_nodes(&facts).await?;
        let vault = Arc::clone(&self.vault);
        // Sealing a batch takes milliseconds of pure work: not on a thread that serves sockets.
        let batch = tokio::task::spawn_blocking(move || fold(&vault, &nodes, &facts))
            .await
            .map_err(|_| StoreError::Stopped)??;
        self.make_days(&batch.keys().copied().collect()).await?;
        let written = match self.write(journal, place, &batch).await {
            Ok(Written::Whole) => return Ok(()),
            Ok(Written::Known) => Ok(()),
            Err(error) => Err(error),
        };
        // Another office may have dropped a day since; the next try asks anew.
        self.memory().days.clear();
        written?;
        let batch = self.without_known(batch).await?;
        match self.write(journal, place, &batch).await? {
            Written::Whole => Ok(()),
            Written::Known => Err(StoreError::Sql {
                doing: DOING,
                source: sqlx::Error::Protocol("another office records the same journal".into()),
            }),
        }
    }

    async fn write(&self, journal: &str, place: &str, batch: &Batch) -> Result<Written> {
        let mut transaction = self.begin(DOING).await?;
        let mut tally = Tally::default();
        for (day, deliveries) in batch {
            let deliveries: Vec<(i64, &Delivery)> =
                deliveries.iter().map(|(key, delivery)| (*key, delivery)).collect();
            if let Written::Known =
                self.write_day(&mut transaction, *day, &deliveries, &mut tally).await?
            {
                transaction.rollback().await.map_err(sql(DOING))?;
                return Ok(Written::Known);
            }
        }
        self.add_to_slots(&mut transaction, tally).await?;
        sqlx::query(
            "INSERT INTO journal (name, place) VALUES ($1, $2) \
             ON CONFLICT (name) DO UPDATE SET place = excluded.place",
        )
        .bind(journal)
        .bind(place)
        .execute(&mut *transaction)
        .await
        .map_err(sql(DOING))?;
        transaction.commit().await.map_err(sql(DOING))?;
        Ok(Written::Whole)
    }

    async fn write_day(
        &self,
        transaction: &mut Transaction<'static, Any>,
        day: Day,
        deliveries: &[(i64, &Delivery)],
        tally: &mut Tally,
    ) -> Result<Written> {
        let (begun, going_on): (Vec<_>, Vec<_>) =
            deliveries.iter().partition(|(_, delivery)| delivery.queued.is_some());
        let begun: Vec<(i64, &Delivery, &QueuedRow)> = begun
            .into_iter()
            .filter_map(|(key, delivery)| Some((key, delivery, delivery.queued.as_ref()?)))
            .collect();
        let touched = self
            .run_form(transaction, (Form::Delivery, day), &begun, bind_delivery)
            .await
            .map_err(sql(DOING))?;
        if touched < begun.len() as u64 {
            return Ok(Written::Known);
        }
        for (_, delivery, queued) in &begun {
            tally.count(&queued.composition, &queued.to_domain, queued.at, 0);
            for attempt in delivery.attempts.values() {
                tally.count(&queued.composition, &queued.to_domain, attempt.at, attempt.outcome);
            }
        }
        self.go_on(transaction, day, &going_on, tally).await?;
        let attempts: Vec<(i64, u16, &AttemptRow)> = deliveries
            .iter()
            .flat_map(|(key, delivery)| {
                delivery.attempts.iter().map(|(step, attempt)| (*key, *step, attempt))
            })
            .collect();
        match self.run_form(transaction, (Form::Attempt, day), &attempts, bind_attempt).await {
            Ok(_) => Ok(Written::Whole),
            Err(error) if is_known(&error) => Ok(Written::Known),
            Err(error) => Err(sql(DOING)(error)),
        }
    }

    /// Attempts of deliveries that began in an earlier batch.
    async fn go_on(
        &self,
        transaction: &mut Transaction<'static, Any>,
        day: Day,
        deliveries: &[(i64, &Delivery)],
        tally: &mut Tally,
    ) -> Result<()> {
        let keys: Vec<i64> = deliveries.iter().map(|(key, _)| *key).collect();
        let rows = self.find(transaction, (Form::Find, day), &keys).await.map_err(sql(DOING))?;
        let mut begun = HashMap::new();
        for row in &rows {
            let composition: Option<String> = column(row, "composition", DOING)?;
            let to_domain: Option<String> = column(row, "to_domain", DOING)?;
            let key: i64 = column(row, "delivery_key", DOING)?;
            begun.insert(key, (composition.unwrap_or_default(), to_domain.unwrap_or_default()));
        }
        for (key, delivery) in deliveries {
            let (composition, to_domain) =
                begun.get(key).map_or(("", ""), |(c, d)| (c.as_str(), d.as_str()));
            for attempt in delivery.attempts.values() {
                tally.count(composition, to_domain, attempt.at, attempt.outcome);
            }
        }
        self.run_form(transaction, (Form::State, day), deliveries, |values, (key, delivery)| {
            bind_state(values, *key, delivery);
        })
        .await
        .map_err(sql(DOING))?;
        Ok(())
    }

    /// Takes out of a batch what is recorded already.
    async fn without_known(&self, mut batch: Batch) -> Result<Batch> {
        self.make_days(&batch.keys().copied().collect()).await?;
        let mut transaction = self.begin(DOING).await?;
        for (day, deliveries) in &mut batch {
            let keys: Vec<i64> = deliveries.keys().copied().collect();
            let rows =
                self.find(&mut transaction, (Form::Find, *day), &keys).await.map_err(sql(DOING))?;
            for row in &rows {
                let told: i64 = column(row, "told", DOING)?;
                let key: i64 = column(row, "delivery_key", DOING)?;
                if let Some(delivery) = deliveries.get_mut(&key).filter(|_| told == 1) {
                    delivery.queued = None;
                }
            }
            let rows = self
                .find(&mut transaction, (Form::FindAttempts, *day), &keys)
                .await
                .map_err(sql(DOING))?;
            for row in &rows {
                let step: i64 = column(row, "step", DOING)?;
                let key: i64 = column(row, "delivery_key", DOING)?;
                if let Some(delivery) = deliveries.get_mut(&key) {
                    delivery.attempts.retain(|known, _| i64::from(*known) != step);
                }
            }
            deliveries.retain(|_, d| d.queued.is_some() || !d.attempts.is_empty());
        }
        transaction.rollback().await.map_err(sql(DOING))?;
        Ok(batch)
    }

    /// The number of every node that the facts name.
    async fn number_nodes(&self, facts: &[Fact]) -> Result<HashMap<String, i64>> {
        const DOING: &str = "number the nodes";
        let names: HashSet<&str> = facts
            .iter()
            .map(|fact| match fact {
                Fact::Queued(q) => q.node.as_str(),
                Fact::Attempt(a) => a.node.as_str(),
            })
            .collect();
        let unknown: BTreeSet<&str> = {
            let memory = self.memory();
            names.iter().copied().filter(|name| !memory.nodes.contains_key(*name)).collect()
        };
        for name in unknown {
            sqlx::query(
                "INSERT INTO node (id, name) \
                 VALUES ((SELECT COALESCE(MAX(id), -1) + 1 FROM node), $1) \
                 ON CONFLICT (name) DO NOTHING",
            )
            .bind(name)
            .execute(&self.writer)
            .await
            .map_err(sql(DOING))?;
            let row = sqlx::query("SELECT id FROM node WHERE name = $1")
                .bind(name)
                .fetch_one(&self.writer)
                .await
                .map_err(sql(DOING))?;
            let id: i64 = column(&row, "id", DOING)?;
            if id >= NODES_MAX {
                return Err(StoreError::TooManyNodes);
            }
            self.memory().nodes.insert(name.to_owned(), id);
        }
        let memory = self.memory();
        Ok(names
            .into_iter()
            .filter_map(|name| Some((name.to_owned(), *memory.nodes.get(name)?)))
            .collect())
    }
}

/// Step, status, its time and code as the last attempt left them.
fn bind_state(values: &mut Values, key: i64, delivery: &Delivery) {
    values.put(key);
    match (delivery.attempts.last_key_value(), &delivery.queued) {
        (Some((step, last)), _) => {
            values.put(i64::from(*step)).put(last.outcome).put(last.at).put(last.code);
        }
        (None, queued) => {
            let at = queued.as_ref().map_or(0, |queued| queued.at);
            values.put(0i64).put(0i64).put(at).put(None::<i64>);
        }
    }
}

fn bind_delivery(values: &mut Values, (key, delivery, queued): &(i64, &Delivery, &QueuedRow)) {
    bind_state(values, *key, delivery);
    values
        .put(queued.composition.as_str())
        .put(queued.to_domain.as_str())
        .put(queued.from_domain.as_deref())
        .put(queued.to_index)
        .put(queued.from_index)
        .put(queued.sender_index)
        .put(queued.message_id_index)
        .put(queued.api_data_index)
        .put(queued.sealed.as_slice());
}

fn bind_attempt(values: &mut Values, (key, step, attempt): &(i64, u16, &AttemptRow)) {
    values
        .put(*key)
        .put(i64::from(*step))
        .put(attempt.at)
        .put(attempt.outcome)
        .put(attempt.code)
        .put(attempt.sealed.as_slice());
}

fn is_known(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|e| e.is_unique_violation())
}
