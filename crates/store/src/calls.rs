//! Calls of our own people: like the outbox of notices, one row for each way to reach somebody. A row is
//! written in one transaction with the entry of the timeline that says so.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::any::AnyRow;
use sqlx::{Any, Transaction};

use crate::outbox::{Delivered, STATES, SendingState, Turnout};
use crate::{Result, Store, column, instant, sql};

const LABEL: &str = "incident-call";
const RECIPIENT: &str = "incident-call-recipient";
const ANSWER: &str = "incident-call-answer";

/// A call that is to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCall {
    /// The entry of the timeline that it belongs to.
    pub entry: i64,
    /// Which courier carries it.
    pub courier: String,
    /// To whom; empty where the courier knows.
    pub recipient: String,
    /// One line.
    pub subject: String,
    /// Plain text.
    pub text: String,
}

/// Which call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CallKey {
    /// Of which incident.
    pub incident: i64,
    /// The entry of its timeline.
    pub entry: i64,
    /// Among the ways to reach somebody, from 1.
    pub place: i64,
}

/// A call in the records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallRecord {
    /// Which one.
    pub key: CallKey,
    /// Which courier carries it.
    pub courier: String,
    /// To whom; empty where the courier knows.
    pub recipient: String,
    /// One line.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// Where it stands.
    pub state: SendingState,
    /// How often it was tried.
    pub attempts: i64,
    /// An attempt ended without our knowing what came of it, and another one was made.
    pub maybe_twice: bool,
    /// The last answer and when it came.
    pub answer: Option<(Timestamp, String)>,
}

/// What is sealed of a call.
#[derive(Serialize, Deserialize)]
struct Body {
    subject: String,
    text: String,
}

/// How many wait and how many were given up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Queued or on their way.
    pub waiting: u64,
    /// Given up.
    pub failed: u64,
}

const COLUMNS: &str = "incident, entry, place, courier, recipient, sealed, state, attempts, twice, \
                       answered_at, answer";

impl Store {
    pub(crate) async fn insert_calls(
        &self,
        transaction: &mut Transaction<'static, Any>,
        incident: i64,
        calls: &[NewCall],
    ) -> Result<()> {
        const DOING: &str = "record a call";
        for (place, call) in (1_i64..).zip(calls) {
            let (subject, text) = (call.subject.clone(), call.text.clone());
            sqlx::query(
                "INSERT INTO incident_call (incident, entry, place, courier, recipient, sealed, \
                 state, attempts, due_at, twice, answered_at) \
                 VALUES ($1, $2, $3, $4, $5, $6, 1, 0, 0, 0, 0)",
            )
            .bind(incident)
            .bind(call.entry)
            .bind(place)
            .bind(call.courier.as_str())
            .bind(self.seal(RECIPIENT, call.recipient.as_bytes(), DOING)?)
            .bind(self.seal_json(LABEL, &Body { subject, text }, DOING)?)
            .execute(&mut **transaction)
            .await
            .map_err(sql(DOING))?;
        }
        Ok(())
    }

    /// Takes the call that is due, and marks it as being made.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn take_call(&self, now: Timestamp) -> Result<Option<CallRecord>> {
        const DOING: &str = "take a call";
        let mut transaction = self.begin(DOING).await?;
        let text = format!(
            "SELECT {COLUMNS} FROM incident_call WHERE state = 1 AND due_at <= $1 \
             ORDER BY due_at, incident, entry, place LIMIT 1"
        );
        // The columns are written in this file.
        let row = sqlx::query(sqlx::AssertSqlSafe(text))
            .bind(now.as_microsecond())
            .fetch_optional(&mut *transaction)
            .await
            .map_err(sql(DOING))?;
        let Some(row) = row else { return Ok(None) };
        let mut call = self.call_of(&row)?;
        call.state = SendingState::Sending;
        call.attempts += 1;
        let done = sqlx::query(
            "UPDATE incident_call SET state = 2, attempts = $1 \
             WHERE incident = $2 AND entry = $3 AND place = $4 AND state = 1",
        )
        .bind(call.attempts)
        .bind(call.key.incident)
        .bind(call.key.entry)
        .bind(call.key.place)
        .execute(&mut *transaction)
        .await
        .map_err(sql(DOING))?;
        transaction.commit().await.map_err(sql(DOING))?;
        Ok((done.rows_affected() == 1).then_some(call))
    }

    /// Records what came of a call. On return one that was taken is never made again.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn deliver_call(&self, key: CallKey, delivered: &Delivered) -> Result<()> {
        const DOING: &str = "record what came of a call";
        let (state, due, twice) = match delivered.turnout {
            Turnout::Sent => (3, delivered.at, false),
            Turnout::Again { due, maybe_sent } => (1, due, maybe_sent),
            Turnout::Failed => (4, delivered.at, false),
        };
        sqlx::query(
            "UPDATE incident_call SET state = $1, due_at = $2, answered_at = $3, answer = $4, \
             twice = CASE WHEN $5 = 1 THEN 1 ELSE twice END \
             WHERE incident = $6 AND entry = $7 AND place = $8 AND state = 2",
        )
        .bind(state)
        .bind(due.as_microsecond())
        .bind(delivered.at.as_microsecond())
        .bind(self.seal(ANSWER, delivered.answer.as_bytes(), DOING)?)
        .bind(i64::from(twice))
        .bind(key.incident)
        .bind(key.entry)
        .bind(key.place)
        .execute(&self.writer)
        .await
        .map_err(sql(DOING))?;
        Ok(())
    }

    /// Puts back what was being made when the program died: it may be made twice, and says so. Called
    /// before anything is taken; how many there were.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn recover_calls(&self, now: Timestamp) -> Result<u64> {
        let done = sqlx::query(
            "UPDATE incident_call SET state = 1, twice = 1, due_at = $1 WHERE state = 2",
        )
        .bind(now.as_microsecond())
        .execute(&self.writer)
        .await
        .map_err(sql("look after calls that were being made"))?;
        Ok(done.rows_affected())
    }

    /// The calls of an incident, in the order of its timeline.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn calls_of(&self, incident: i64) -> Result<Vec<CallRecord>> {
        let text = format!(
            "SELECT {COLUMNS} FROM incident_call WHERE incident = $1 ORDER BY entry, place"
        );
        // The columns are written in this file.
        let rows = sqlx::query(sqlx::AssertSqlSafe(text))
            .bind(incident)
            .fetch_all(&self.readers)
            .await
            .map_err(sql("read the calls of an incident"))?;
        rows.iter().map(|row| self.call_of(row)).collect()
    }

    /// How many calls wait and how many were given up.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn calls_waiting(&self) -> Result<Waiting> {
        self.waiting_in("incident_call").await
    }

    /// How many sendings of notices wait and how many were given up.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn notices_waiting(&self) -> Result<Waiting> {
        self.waiting_in("sending").await
    }

    async fn waiting_in(&self, table: &'static str) -> Result<Waiting> {
        const DOING: &str = "count what waits in the outbox";
        let text = format!(
            "SELECT state, COUNT(*) AS total FROM {table} WHERE state IN (1, 2, 4) GROUP BY state"
        );
        // The names of the tables are written in this file.
        let rows = sqlx::query(sqlx::AssertSqlSafe(text))
            .fetch_all(&self.readers)
            .await
            .map_err(sql(DOING))?;
        let mut waiting = Waiting::default();
        for row in &rows {
            let total = column::<i64>(row, "total", DOING)?.unsigned_abs();
            match column::<i64>(row, "state", DOING)? {
                4 => waiting.failed += total,
                _ => waiting.waiting += total,
            }
        }
        Ok(waiting)
    }

    fn call_of(&self, row: &AnyRow) -> Result<CallRecord> {
        const DOING: &str = "read a call";
        let recipient: Vec<u8> = column(row, "recipient", DOING)?;
        let sealed: Vec<u8> = column(row, "sealed", DOING)?;
        let body: Body = self.open_json(LABEL, &sealed, DOING)?;
        let answer = match column::<i64>(row, "answered_at", DOING)? {
            0 => None,
            at => {
                let sealed: Vec<u8> = column(row, "answer", DOING)?;
                Some((instant(at), self.open_text(ANSWER, &sealed, DOING)?))
            }
        };
        let state = usize::try_from(column::<i64>(row, "state", DOING)?).unwrap_or(0);
        Ok(CallRecord {
            key: CallKey {
                incident: column(row, "incident", DOING)?,
                entry: column(row, "entry", DOING)?,
                place: column(row, "place", DOING)?,
            },
            courier: column(row, "courier", DOING)?,
            recipient: self.open_text(RECIPIENT, &recipient, DOING)?,
            subject: body.subject,
            text: body.text,
            state: STATES.get(state).copied().unwrap_or(SendingState::Failed),
            attempts: column(row, "attempts", DOING)?,
            maybe_twice: column::<i64>(row, "twice", DOING)? != 0,
            answer,
        })
    }
}
