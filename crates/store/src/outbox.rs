//! The outbox: one row for each recipient of a confirmed notice, from queued to sent with proof or
//! failed. A row that was being sent when the program died is found at the next start and tried
//! again, and says that it may have been sent twice.

use jiff::Timestamp;

use crate::{Result, Store, column, instant, sql};

const LABEL: &str = "notice-answer";

/// Where a sending stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SendingState {
    /// Nobody confirmed it yet.
    Draft,
    /// It waits for its turn.
    Queued,
    /// It is on its way.
    Sending,
    /// The other side took it.
    Sent,
    /// It was given up.
    Failed,
}

pub(crate) const STATES: [SendingState; 5] = [
    SendingState::Draft,
    SendingState::Queued,
    SendingState::Sending,
    SendingState::Sent,
    SendingState::Failed,
];

/// One recipient's row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendingRecord {
    /// Among the recipients of its notice, from 1.
    pub place: i64,
    /// Which courier carries it.
    pub courier: String,
    /// To whom; empty where the courier knows.
    pub recipient: String,
    /// Where it stands.
    pub state: SendingState,
    /// How often it was tried.
    pub attempts: i64,
    /// When it is tried next, while it is queued.
    pub due: Timestamp,
    /// An attempt ended without our knowing what came of it, and another one was made.
    pub maybe_twice: bool,
    /// The last answer and when it came: the proof, once it is sent.
    pub answer: Option<(Timestamp, String)>,
}

/// What a courier takes along: a sending that is now [`SendingState::Sending`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parcel {
    /// Number of the notice.
    pub notice: i64,
    /// Place among its recipients.
    pub place: i64,
    /// Which attempt this is, from 1.
    pub attempt: i64,
}

/// What came of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turnout {
    /// The other side took it.
    Sent,
    /// Try again then; `maybe_sent` when it may have been taken all the same.
    Again {
        /// Not before.
        due: Timestamp,
        /// It may have been taken all the same.
        maybe_sent: bool,
    },
    /// It is given up.
    Failed,
}

/// An attempt and its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivered {
    /// What came of it.
    pub turnout: Turnout,
    /// What the other side said, or what went wrong.
    pub answer: String,
    /// When that was.
    pub at: Timestamp,
}

impl Store {
    /// Takes the sending that waited longest and is due, and marks it as being sent.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn take_parcel(&self, now: Timestamp) -> Result<Option<Parcel>> {
        const DOING: &str = "take a notice from the outbox";
        let mut transaction = self.begin(DOING).await?;
        let row = sqlx::query(
            "SELECT notice, place, attempts FROM sending WHERE state = 1 AND due_at <= $1 \
             ORDER BY due_at, notice, place LIMIT 1",
        )
        .bind(now.as_microsecond())
        .fetch_optional(&mut *transaction)
        .await
        .map_err(sql(DOING))?;
        let Some(row) = row else { return Ok(None) };
        let attempts: i64 = column(&row, "attempts", DOING)?;
        let parcel = Parcel {
            notice: column(&row, "notice", DOING)?,
            place: column(&row, "place", DOING)?,
            attempt: attempts + 1,
        };
        let done = sqlx::query(
            "UPDATE sending SET state = 2, attempts = $1 \
             WHERE notice = $2 AND place = $3 AND state = 1",
        )
        .bind(parcel.attempt)
        .bind(parcel.notice)
        .bind(parcel.place)
        .execute(&mut *transaction)
        .await
        .map_err(sql(DOING))?;
        transaction.commit().await.map_err(sql(DOING))?;
        Ok((done.rows_affected() == 1).then_some(parcel))
    }

    /// Records what came of an attempt. On return a sent one is never taken again.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn deliver_parcel(&self, parcel: &Parcel, delivered: &Delivered) -> Result<()> {
        const DOING: &str = "record what came of a notice";
        let (state, due, twice) = match delivered.turnout {
            Turnout::Sent => (3, delivered.at, false),
            Turnout::Again { due, maybe_sent } => (1, due, maybe_sent),
            Turnout::Failed => (4, delivered.at, false),
        };
        sqlx::query(
            "UPDATE sending SET state = $1, due_at = $2, answered_at = $3, answer = $4, \
             twice = CASE WHEN $5 = 1 THEN 1 ELSE twice END \
             WHERE notice = $6 AND place = $7 AND state = 2",
        )
        .bind(state)
        .bind(due.as_microsecond())
        .bind(delivered.at.as_microsecond())
        .bind(self.seal(LABEL, delivered.answer.as_bytes(), DOING)?)
        .bind(i64::from(twice))
        .bind(parcel.notice)
        .bind(parcel.place)
        .execute(&self.writer)
        .await
        .map_err(sql(DOING))?;
        Ok(())
    }

    /// Puts back what was being sent when the program died: it may be sent twice, and says so.
    /// Called before anything is taken; how many there were.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn recover_parcels(&self, now: Timestamp) -> Result<u64> {
        const DOING: &str = "look after notices that were being sent";
        let done =
            sqlx::query("UPDATE sending SET state = 1, twice = 1, due_at = $1 WHERE state = 2")
                .bind(now.as_microsecond())
                .execute(&self.writer)
                .await
                .map_err(sql(DOING))?;
        Ok(done.rows_affected())
    }

    /// Queues a failed sending again; `false` when it has not failed.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn requeue_parcel(&self, notice: i64, place: i64, now: Timestamp) -> Result<bool> {
        const DOING: &str = "queue a notice again";
        let done = sqlx::query(
            "UPDATE sending SET state = 1, attempts = 0, due_at = $1 \
             WHERE notice = $2 AND place = $3 AND state = 4",
        )
        .bind(now.as_microsecond())
        .bind(notice)
        .bind(place)
        .execute(&self.writer)
        .await
        .map_err(sql(DOING))?;
        Ok(done.rows_affected() == 1)
    }

    pub(crate) fn sending_of(&self, row: &sqlx::any::AnyRow) -> Result<SendingRecord> {
        const DOING: &str = "read a sending of a notice";
        let state: i64 = column(row, "state", DOING)?;
        let recipient: Vec<u8> = column(row, "recipient", DOING)?;
        let answer = match column::<i64>(row, "answered_at", DOING)? {
            0 => None,
            at => {
                let sealed: Vec<u8> = column(row, "answer", DOING)?;
                Some((instant(at), self.open_text(LABEL, &sealed, DOING)?))
            }
        };
        let place = usize::try_from(state).unwrap_or(0);
        Ok(SendingRecord {
            place: column(row, "place", DOING)?,
            courier: column(row, "courier", DOING)?,
            recipient: self.open_recipient(&recipient)?,
            state: STATES.get(place).copied().unwrap_or(SendingState::Failed),
            attempts: column(row, "attempts", DOING)?,
            due: instant(column(row, "due_at", DOING)?),
            maybe_twice: column::<i64>(row, "twice", DOING)? != 0,
            answer,
        })
    }
}
