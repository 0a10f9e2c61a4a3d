//! The story of one recipient: the row, its attempts, and who else got the message.

use std::collections::HashMap;

use mail::SpoolId;
use mail::fact::{Attempt, AttemptKind};
use sqlx::any::AnyRow;

use crate::conditions::{Conditions, Value};
use crate::day::{Day, keys_of_message, keys_of_recipient, parts};
use crate::log::{DeliveryRow, Place, Status, StoryRecord, open_attempt};
use crate::search::COLUMNS;
use crate::{Result, Store, column, instant};

/// Most other recipients that a story tells.
const SIBLINGS_MAX: i64 = 1_000;
/// Most attempts that a story tells.
const ATTEMPTS_MAX: i64 = 1_000;

const DOING: &str = "read the story of a delivery";

impl Store {
    /// The story of one recipient of one message.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn story(&self, message: SpoolId, recipient: u16) -> Result<Option<StoryRecord>> {
        let day = Day::of_message(message);
        if !self.days().await?.contains(&day) {
            return Ok(None);
        }
        let keys = keys_of_recipient(message, recipient);
        let mut conditions = Conditions::default();
        conditions.and(
            "d.delivery_key >= ? AND d.delivery_key < ? AND d.sealed IS NOT NULL",
            [Value::Number(keys.start), Value::Number(keys.end)],
        );
        let text = format!(
            "SELECT {COLUMNS}, a.sealed AS attempt FROM delivery_{day} AS d \
             LEFT JOIN attempt_{day} AS a ON a.delivery_key = d.delivery_key AND a.step = d.step \
             WHERE {} ORDER BY d.delivery_key LIMIT 1",
            conditions.text
        );
        let rows = self.fetch(text, &conditions).await?;
        let Some(first) = rows.first() else { return Ok(None) };
        let place = Place { day, key: column(first, "delivery_key", DOING)? };
        let nodes = self.node_names().await?;
        let row = self.row_of(place, first, &nodes)?;
        let attempts = self.attempts(place, &row).await?;
        let siblings = self.siblings(place, &nodes).await?;
        Ok(Some(StoryRecord { row, attempts, siblings }))
    }

    async fn attempts(&self, place: Place, row: &DeliveryRow) -> Result<Vec<Attempt>> {
        let mut conditions = Conditions::default();
        conditions.and("delivery_key = ?", [Value::Number(place.key)]);
        let text = format!(
            "SELECT step, tried_at, outcome, sealed FROM attempt_{} WHERE {} \
             ORDER BY step LIMIT {ATTEMPTS_MAX}",
            place.day, conditions.text
        );
        let rows = self.fetch(text, &conditions).await?;
        let attempt_of = |found: &AnyRow| {
            let outcome = match Status::from_number(column(found, "outcome", DOING)?) {
                Status::Tried(outcome) => outcome,
                Status::Queued => AttemptKind::Deferred,
            };
            let step: i64 = column(found, "step", DOING)?;
            let clear = Attempt {
                node: row.queued.node.clone(),
                message: row.queued.message,
                recipient: row.queued.recipient,
                step: step as u16,
                at: instant(column(found, "tried_at", DOING)?),
                outcome,
                sender_ip: None,
                remote_host: None,
                remote_address: None,
                reply: None,
                tls: None,
                next_attempt: None,
            };
            open_attempt(&self.vault, column(found, "sealed", DOING)?, clear)
        };
        rows.iter().map(attempt_of).collect()
    }

    async fn siblings(
        &self,
        place: Place,
        nodes: &HashMap<i64, String>,
    ) -> Result<Vec<(u16, String, Status)>> {
        let (message, _, node) = parts(place.day, place.key);
        let keys = keys_of_message(message);
        let mut conditions = Conditions::default();
        conditions.and(
            "d.delivery_key >= ? AND d.delivery_key < ? AND d.sealed IS NOT NULL",
            [Value::Number(keys.start), Value::Number(keys.end)],
        );
        let text = format!(
            "SELECT {COLUMNS} FROM delivery_{} AS d WHERE {} \
             ORDER BY d.delivery_key LIMIT {SIBLINGS_MAX}",
            place.day, conditions.text
        );
        let mut siblings = Vec::new();
        for row in self.fetch(text, &conditions).await? {
            let key = column(&row, "delivery_key", DOING)?;
            if key == place.key || parts(place.day, key).2 != node {
                continue;
            }
            let (queued, status) = self.queued_of(Place { key, ..place }, &row, nodes)?;
            siblings.push((queued.recipient, queued.to, status));
        }
        Ok(siblings)
    }
}
