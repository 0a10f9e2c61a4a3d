//! Inserts of many rows: their texts, and running them.
//!
//! Rows go in chunks of 64, then 8, then 1, so that each form has three texts which the driver
//! prepares once; 64 rows of the widest form bind 896 values, far from SQLite's limit of 32,766.

use std::collections::HashMap;
use std::fmt::Write;
use std::sync::Arc;

use sqlx::any::AnyArguments;
use sqlx::{Any, Arguments, Encode, Transaction, Type};

use crate::Store;
use crate::day::Day;

/// Rows of one statement, the biggest first.
pub(crate) const CHUNKS: [usize; 3] = [64, 8, 1];

/// A statement that takes rows or keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Form {
    /// A delivery with all that its `queued` told; completes one that came without.
    Delivery,
    /// The newest state of a delivery whose `queued` came earlier (or has not come).
    State,
    Attempt,
    SlotTotal,
    SlotDomain,
    /// A run of a check, begun or made longer.
    Run,
    /// Finds deliveries by key.
    Find,
    /// Finds attempts by the key of their delivery.
    FindAttempts,
}

const NEWER: &str = "excluded.step > d.step THEN excluded";

impl Form {
    const fn columns(self) -> usize {
        match self {
            Form::Delivery => 14,
            Form::State => 5,
            Form::Attempt => 6,
            Form::SlotTotal => 5,
            Form::SlotDomain => 9,
            Form::Run => 6,
            Form::Find | Form::FindAttempts => 1,
        }
    }

    /// What stands before and behind the values.
    fn frame(self, day: Day) -> (String, String) {
        match self {
            Form::Delivery => (
                format!(
                    "INSERT INTO delivery_{day} AS d (delivery_key, step, status, status_at, \
                     code, composition, to_domain, from_domain, to_index, from_index, \
                     sender_index, message_id_index, api_data_index, sealed) VALUES "
                ),
                fill_in(),
            ),
            Form::State => (
                format!(
                    "INSERT INTO delivery_{day} AS d (delivery_key, step, status, status_at, \
                     code) VALUES "
                ),
                " ON CONFLICT (delivery_key) DO UPDATE SET step = excluded.step, \
                 status = excluded.status, status_at = excluded.status_at, \
                 code = excluded.code WHERE d.step < excluded.step"
                    .to_owned(),
            ),
            Form::Attempt => (
                format!(
                    "INSERT INTO attempt_{day} (delivery_key, step, tried_at, outcome, code, \
                     sealed) VALUES "
                ),
                String::new(),
            ),
            Form::SlotTotal => (
                "INSERT INTO slot_total AS s (span, slot, composition, kind, total) VALUES "
                    .to_owned(),
                " ON CONFLICT (span, slot, composition, kind) \
                 DO UPDATE SET total = s.total + excluded.total"
                    .to_owned(),
            ),
            Form::SlotDomain => (
                "INSERT INTO slot_domain AS s (span, slot, composition, to_domain, queued, \
                 deferred, succeeded, failed, suppressed) VALUES "
                    .to_owned(),
                " ON CONFLICT (span, slot, composition, to_domain) DO UPDATE SET \
                 queued = s.queued + excluded.queued, \
                 deferred = s.deferred + excluded.deferred, \
                 succeeded = s.succeeded + excluded.succeeded, \
                 failed = s.failed + excluded.failed, \
                 suppressed = s.suppressed + excluded.suppressed"
                    .to_owned(),
            ),
            Form::Run => (
                "INSERT INTO observation AS o (probe, first_at, last_at, pace, answer, total) \
                 VALUES "
                    .to_owned(),
                " ON CONFLICT (probe, first_at) DO UPDATE SET last_at = excluded.last_at, \
                 total = excluded.total"
                    .to_owned(),
            ),
            Form::Find => (
                format!(
                    "SELECT delivery_key, composition, to_domain, \
                     CASE WHEN sealed IS NULL THEN 0 ELSE 1 END AS told \
                     FROM delivery_{day} WHERE delivery_key IN ("
                ),
                ")".to_owned(),
            ),
            Form::FindAttempts => (
                format!("SELECT delivery_key, step FROM attempt_{day} WHERE delivery_key IN ("),
                ")".to_owned(),
            ),
        }
    }

    fn text(self, day: Day, rows: usize) -> String {
        let (mut text, tail) = self.frame(day);
        let columns = self.columns();
        let is_insert = columns > 1;
        for row in 0..rows {
            text += if row > 0 { "," } else { "" };
            text += if is_insert { "(" } else { "" };
            for column in 0..columns {
                let comma = if column > 0 { "," } else { "" };
                // Writing to a string cannot fail.
                let _ = write!(text, "{comma}${}", row * columns + column + 1);
            }
            text += if is_insert { ")" } else { "" };
        }
        text + &tail
    }
}

/// Statement texts that were made once.
#[derive(Default)]
pub(crate) struct Statements(HashMap<(Form, Day, usize), Arc<str>>);

/// Texts kept; when there are more, all are made anew.
const TEXTS_MAX: usize = 256;

impl Statements {
    fn get(&mut self, form: Form, day: Day, rows: usize) -> Arc<str> {
        if self.0.len() >= TEXTS_MAX {
            self.0.clear();
        }
        Arc::clone(self.0.entry((form, day, rows)).or_insert_with(|| form.text(day, rows).into()))
    }

    pub(crate) fn forget_before(&mut self, day: Day) {
        self.0.retain(|(_, d, _), _| *d >= day);
    }
}

/// The values of one row, put in the order of the form's columns.
pub(crate) struct Values(AnyArguments, Result<(), sqlx::Error>);

impl Values {
    pub(crate) fn put<'q, T>(&mut self, value: T) -> &mut Values
    where
        T: Encode<'q, Any> + Type<Any>,
    {
        if self.1.is_ok() {
            self.1 = self.0.add(value).map_err(sqlx::Error::Encode);
        }
        self
    }
}

impl Store {
    /// Runs a form over all rows; how many rows it touched.
    pub(crate) async fn run_form<R>(
        &self,
        transaction: &mut Transaction<'static, Any>,
        (form, day): (Form, Day),
        rows: &[R],
        bind: impl Fn(&mut Values, &R),
    ) -> Result<u64, sqlx::Error> {
        let mut touched = 0;
        for chunk in chunks(rows) {
            let text = self.memory().statements.get(form, day, chunk.len());
            let values = values(form, chunk, &bind)?;
            let query = sqlx::query_with(sqlx::AssertSqlSafe(text), values);
            touched += query.execute(&mut **transaction).await?.rows_affected();
        }
        Ok(touched)
    }

    /// Runs a finding form over keys.
    pub(crate) async fn find(
        &self,
        transaction: &mut Transaction<'static, Any>,
        (form, day): (Form, Day),
        keys: &[i64],
    ) -> Result<Vec<sqlx::any::AnyRow>, sqlx::Error> {
        let mut found = Vec::new();
        for chunk in chunks(keys) {
            let text = self.memory().statements.get(form, day, chunk.len());
            let values = values(form, chunk, &|values: &mut Values, key: &i64| {
                values.put(*key);
            })?;
            let query = sqlx::query_with(sqlx::AssertSqlSafe(text), values);
            found.extend(query.fetch_all(&mut **transaction).await?);
        }
        Ok(found)
    }
}

fn values<R>(
    form: Form,
    rows: &[R],
    bind: &impl Fn(&mut Values, &R),
) -> Result<AnyArguments, sqlx::Error> {
    let mut values = Values(AnyArguments::default(), Ok(()));
    values.0.reserve(rows.len() * form.columns(), 0);
    for row in rows {
        bind(&mut values, row);
    }
    values.1.map(|()| values.0)
}

fn chunks<R>(mut rows: &[R]) -> impl Iterator<Item = &[R]> {
    std::iter::from_fn(move || {
        let size = CHUNKS.into_iter().find(|size| *size <= rows.len())?;
        let (chunk, rest) = rows.split_at(size);
        rows = rest;
        Some(chunk)
    })
}

/// Completes a row whose attempts came before its `queued`; the newer status stays.
fn fill_in() -> String {
    format!(
        " ON CONFLICT (delivery_key) DO UPDATE SET \
         step = CASE WHEN {NEWER}.step ELSE d.step END, \
         status = CASE WHEN {NEWER}.status ELSE d.status END, \
         status_at = CASE WHEN {NEWER}.status_at ELSE d.status_at END, \
         code = CASE WHEN {NEWER}.code ELSE d.code END, \
         composition = excluded.composition, to_domain = excluded.to_domain, \
         from_domain = excluded.from_domain, to_index = excluded.to_index, \
         from_index = excluded.from_index, sender_index = excluded.sender_index, \
         message_id_index = excluded.message_id_index, \
         api_data_index = excluded.api_data_index, sealed = excluded.sealed \
         WHERE d.sealed IS NULL"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_go_in_three_sizes() {
        let sizes = |n: usize| chunks(&vec![0; n]).map(<[i32]>::len).collect::<Vec<_>>();
        assert_eq!(sizes(0), Vec::<usize>::new());
        assert_eq!(sizes(3), [1, 1, 1]);
        assert_eq!(sizes(138), [64, 64, 8, 1, 1]);
    }

    #[test]
    fn texts_number_their_values() {
        let day = Day(20_414);
        assert_eq!(
            Form::Attempt.text(day, 2),
            "INSERT INTO attempt_20251122 (delivery_key, step, tried_at, outcome, code, sealed) \
             VALUES ($1,$2,$3,$4,$5,$6),($7,$8,$9,$10,$11,$12)"
        );
        assert_eq!(
            Form::FindAttempts.text(day, 2),
            "SELECT delivery_key, step FROM attempt_20251122 WHERE delivery_key IN ($1,$2)"
        );
    }
}
