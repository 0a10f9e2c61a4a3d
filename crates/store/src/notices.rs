//! What is told to customers: drafts, and what a person confirmed. A confirmed notice is never
//! changed; its rows in the outbox tell what became of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::engine::Engine;
use crate::outbox::SendingRecord;
use crate::{Result, Store, StoreError, column, instant, sql};

/// Most notices that are kept, drafts too.
pub const NOTICES_MAX: i64 = 1_000_000;
const LABEL: &str = "notice";
const RECIPIENT: &str = "notice-recipient";

/// What a notice of an incident says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// That it is there.
    Began,
    /// That it is over.
    Recovered,
}

const PHASES: [(&str, Phase); 2] = [("began", Phase::Began), ("recovered", Phase::Recovered)];

/// A notice as it is drafted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Name of the contract.
    pub contract: String,
    /// What it is about, as a contract writes it: `maintenance`.
    pub about: String,
    /// The planned window, when it is about one.
    pub plan: Option<i64>,
    /// The incident, when it is about one, and whether it says that it began or that it recovered.
    pub incident: Option<(i64, Phase)>,
    /// The instant that its time is reckoned from.
    pub event: Timestamp,
    /// The channel, as the contract calls it: `email`.
    pub channel: String,
    /// One line.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// Who drafted it.
    pub by: String,
    /// Courier and recipient (empty where the courier knows), in order; at least one.
    pub to: Vec<(String, String)>,
}

/// A notice in the records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeRecord {
    /// From 1.
    pub number: i64,
    /// What it says; `to` is empty, [`NoticeRecord::sendings`] has it.
    pub draft: Draft,
    /// When it was drafted.
    pub drafted: Timestamp,
    /// When and by whom it was confirmed.
    pub confirmed: Option<(Timestamp, String)>,
    /// One for each recipient.
    pub sendings: Vec<SendingRecord>,
}

/// What is sealed of a notice.
#[derive(Serialize, Deserialize)]
struct Body {
    subject: String,
    text: String,
    by: String,
}

impl Store {
    /// Records drafts, all or none; their numbers. A draft about a planned window of a contract that
    /// was told over the channel already, or is about to be, is left out, and so is one about the same
    /// phase of an incident.
    ///
    /// # Errors
    /// [`StoreError::Full`] beyond [`NOTICES_MAX`]; when the records fail.
    pub async fn add_drafts(&self, drafts: &[Draft], now: Timestamp) -> Result<Vec<i64>> {
        const DOING: &str = "record a notice";
        let mut transaction = self.begin(DOING).await?;
        if self.engine == Engine::Postgres {
            sqlx::query("LOCK TABLE notice IN SHARE ROW EXCLUSIVE MODE")
                .execute(&mut *transaction)
                .await
                .map_err(sql(DOING))?;
        }
        let mut numbers = Vec::new();
        for draft in drafts {
            numbers.extend(self.add_draft(&mut transaction, draft, now).await?);
        }
        transaction.commit().await.map_err(sql(DOING))?;
        Ok(numbers)
    }

    async fn add_draft(
        &self,
        transaction: &mut sqlx::Transaction<'static, sqlx::Any>,
        draft: &Draft,
        now: Timestamp,
    ) -> Result<Option<i64>> {
        const DOING: &str = "record a notice";
        let (incident, phase) = incident_of(draft);
        let row = sqlx::query(
            "SELECT (SELECT COALESCE(MAX(number), 0) + 1 FROM notice) AS next, \
             (SELECT COUNT(*) FROM notice \
              WHERE contract = $2 AND channel = $3 AND ((plan = $1 AND plan <> 0) \
              OR (incident = $4 AND incident <> 0 AND phase = $5 \
              AND (phase = 'began' OR event_at = $6)))) AS known",
        )
        .bind(draft.plan.unwrap_or(0))
        .bind(draft.contract.as_str())
        .bind(draft.channel.as_str())
        .bind(incident)
        .bind(phase)
        .bind(draft.event.as_microsecond())
        .fetch_one(&mut **transaction)
        .await
        .map_err(sql(DOING))?;
        let number: i64 = column(&row, "next", DOING)?;
        if column::<i64>(&row, "known", DOING)? > 0 {
            return Ok(None);
        }
        if number > NOTICES_MAX {
            let contract = draft.contract.clone();
            return Err(StoreError::Full { contract, what: "notices", most: NOTICES_MAX });
        }
        let (subject, text) = (draft.subject.clone(), draft.text.clone());
        let body = Body { subject, text, by: draft.by.clone() };
        sqlx::query(
            "INSERT INTO notice (number, contract, about, plan, event_at, channel, sealed, \
             drafted_at, confirmed_at, incident, phase) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, $10)",
        )
        .bind(number)
        .bind(draft.contract.as_str())
        .bind(draft.about.as_str())
        .bind(draft.plan.unwrap_or(0))
        .bind(draft.event.as_microsecond())
        .bind(draft.channel.as_str())
        .bind(self.seal_json(LABEL, &body, DOING)?)
        .bind(now.as_microsecond())
        .bind(incident)
        .bind(phase)
        .execute(&mut **transaction)
        .await
        .map_err(sql(DOING))?;
        for (place, (courier, recipient)) in (1_i64..).zip(&draft.to) {
            sqlx::query(
                "INSERT INTO sending (notice, place, courier, recipient, state, attempts, due_at, \
                 twice, answered_at) VALUES ($1, $2, $3, $4, 0, 0, $5, 0, 0)",
            )
            .bind(number)
            .bind(place)
            .bind(courier.as_str())
            .bind(self.seal(RECIPIENT, recipient.as_bytes(), DOING)?)
            .bind(now.as_microsecond())
            .execute(&mut **transaction)
            .await
            .map_err(sql(DOING))?;
        }
        Ok(Some(number))
    }

    /// Puts a draft into the outbox; `false` when there is no such draft.
    ///
    /// # Errors
    /// When the records fail; then nothing has changed.
    pub async fn confirm_notice(&self, number: i64, by: &str, now: Timestamp) -> Result<bool> {
        const DOING: &str = "confirm a notice";
        let mut transaction = self.begin(DOING).await?;
        let done = sqlx::query(
            "UPDATE notice SET confirmed_at = $1, confirmed_by = $2 \
             WHERE number = $3 AND confirmed_at = 0",
        )
        .bind(now.as_microsecond())
        .bind(self.seal(LABEL, by.as_bytes(), DOING)?)
        .bind(number)
        .execute(&mut *transaction)
        .await
        .map_err(sql(DOING))?;
        let is_new = done.rows_affected() == 1;
        if is_new {
            sqlx::query(
                "UPDATE sending SET state = 1, due_at = $1 WHERE notice = $2 AND state = 0",
            )
            .bind(now.as_microsecond())
            .bind(number)
            .execute(&mut *transaction)
            .await
            .map_err(sql(DOING))?;
        }
        transaction.commit().await.map_err(sql(DOING))?;
        Ok(is_new)
    }

    /// Drops a draft; `false` when there is no such draft.
    ///
    /// # Errors
    /// When the records fail; then nothing has changed.
    pub async fn drop_draft(&self, number: i64) -> Result<bool> {
        const DOING: &str = "drop a draft";
        let mut transaction = self.begin(DOING).await?;
        let done = sqlx::query("DELETE FROM notice WHERE number = $1 AND confirmed_at = 0")
            .bind(number)
            .execute(&mut *transaction)
            .await
            .map_err(sql(DOING))?;
        let was_there = done.rows_affected() == 1;
        if was_there {
            sqlx::query("DELETE FROM sending WHERE notice = $1")
                .bind(number)
                .execute(&mut *transaction)
                .await
                .map_err(sql(DOING))?;
        }
        transaction.commit().await.map_err(sql(DOING))?;
        Ok(was_there)
    }

    /// The notice of that number.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn notice(&self, number: i64) -> Result<Option<NoticeRecord>> {
        Ok(self.notices_where("WHERE notice.number = $1", number, "").await?.pop())
    }

    /// The notices about a planned window, by number.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn notices_of_plan(&self, number: i64) -> Result<Vec<NoticeRecord>> {
        self.notices_where("WHERE notice.plan = $1", number, "").await
    }

    /// The notices about an incident, by number.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn notices_of_incident(&self, incident: i64) -> Result<Vec<NoticeRecord>> {
        self.notices_where("WHERE notice.incident = $1", incident, "").await
    }

    /// The notices of a contract (`""`: of all) about something at or after `since`, by number.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn notices(&self, contract: &str, since: Timestamp) -> Result<Vec<NoticeRecord>> {
        let which = "WHERE notice.event_at >= $1 AND (notice.contract = $2 OR $2 = '')";
        self.notices_where(which, since.as_microsecond(), contract).await
    }

    async fn notices_where(
        &self,
        which: &str,
        value: i64,
        contract: &str,
    ) -> Result<Vec<NoticeRecord>> {
        const DOING: &str = "read the notices";
        let text = format!(
            "SELECT notice.number AS number, contract, about, plan, incident, phase, event_at, channel, sealed, \
             drafted_at, confirmed_at, confirmed_by, place, courier, recipient, state, attempts, \
             due_at, twice, answered_at, answer FROM notice \
             JOIN sending ON sending.notice = notice.number {which} \
             ORDER BY notice.number, place"
        );
        // Every condition is written in this file.
        let mut query = sqlx::query(sqlx::AssertSqlSafe(text)).bind(value);
        if which.contains("$2") {
            query = query.bind(contract);
        }
        let rows = query.fetch_all(&self.readers).await.map_err(sql(DOING))?;
        let mut notices: Vec<NoticeRecord> = Vec::new();
        for row in &rows {
            let number: i64 = column(row, "number", DOING)?;
            let sending = self.sending_of(row)?;
            match notices.last_mut().filter(|last| last.number == number) {
                Some(last) => last.sendings.push(sending),
                None => notices.push(self.notice_of(row, number, sending)?),
            }
        }
        Ok(notices)
    }

    fn notice_of(
        &self,
        row: &sqlx::any::AnyRow,
        number: i64,
        sending: SendingRecord,
    ) -> Result<NoticeRecord> {
        const DOING: &str = "read a notice";
        let sealed: Vec<u8> = column(row, "sealed", DOING)?;
        let body: Body = self.open_json(LABEL, &sealed, DOING)?;
        let confirmed = match column::<i64>(row, "confirmed_at", DOING)? {
            0 => None,
            at => {
                let by: Vec<u8> = column(row, "confirmed_by", DOING)?;
                Some((instant(at), self.open_text(LABEL, &by, DOING)?))
            }
        };
        let plan: i64 = column(row, "plan", DOING)?;
        let incident: i64 = column(row, "incident", DOING)?;
        let word: String = column(row, "phase", DOING)?;
        let known = PHASES.iter().find(|(known, _)| *known == word).filter(|_| incident != 0);
        Ok(NoticeRecord {
            number,
            draft: Draft {
                contract: column(row, "contract", DOING)?,
                about: column(row, "about", DOING)?,
                plan: (plan != 0).then_some(plan),
                incident: known.map(|(_, phase)| (incident, *phase)),
                event: instant(column(row, "event_at", DOING)?),
                channel: column(row, "channel", DOING)?,
                subject: body.subject,
                text: body.text,
                by: body.by,
                to: Vec::new(),
            },
            drafted: instant(column(row, "drafted_at", DOING)?),
            confirmed,
            sendings: vec![sending],
        })
    }

    /// A recipient as it was written.
    pub(crate) fn open_recipient(&self, sealed: &[u8]) -> Result<String> {
        self.open_text(RECIPIENT, sealed, "read a recipient of a notice")
    }
}

/// The incident that a draft is about, 0 for none, and the word of its phase.
fn incident_of(draft: &Draft) -> (i64, &'static str) {
    let Some((incident, phase)) = draft.incident else { return (0, "") };
    let word = PHASES.iter().find(|(_, known)| *known == phase);
    (incident, word.map_or("", |(word, _)| word))
}
