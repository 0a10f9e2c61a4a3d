//! Reports of incidents: drafts in versions, and what was issued, which stays as it was.

use jiff::Timestamp;
use sqlx::any::AnyRow;

use crate::{Added, Addition, Result, Store, StoreError, column, instant, sql};

/// Most versions of the draft of one incident.
pub const DRAFTS_MAX: i64 = 500;
/// The sealing label of drafts and reports.
const LABEL: &str = "incident-report";

/// One version of a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftRecord {
    /// From 1, without gaps.
    pub version: i64,
    /// When it was written.
    pub written: Timestamp,
    /// As `app` wrote it.
    pub body: String,
}

/// A report that was issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportRecord {
    /// From 1, in its incident.
    pub number: i64,
    /// When it was issued.
    pub issued: Timestamp,
    /// The report of the same incident whose place it takes.
    pub corrects: Option<i64>,
    /// The digest of its content.
    pub digest: String,
    /// As `app` wrote it.
    pub body: String,
}

impl Store {
    /// Keeps a version of a draft. `Moved` when that version is there already.
    ///
    /// # Errors
    /// [`StoreError::Full`] beyond [`DRAFTS_MAX`]; when the records fail.
    pub async fn keep_draft(&self, incident: i64, draft: &DraftRecord) -> Result<Added> {
        const DOING: &str = "keep the draft of a report";
        if draft.version > DRAFTS_MAX {
            let contract = format!("incident {incident}");
            return Err(StoreError::Full { contract, what: "drafts", most: DRAFTS_MAX });
        }
        let done = sqlx::query(
            "INSERT INTO incident_draft (incident, version, written_at, sealed) \
             VALUES ($1, $2, $3, $4) ON CONFLICT (incident, version) DO NOTHING",
        )
        .bind(incident)
        .bind(draft.version)
        .bind(draft.written.as_microsecond())
        .bind(self.seal(LABEL, draft.body.as_bytes(), DOING)?)
        .execute(&self.writer)
        .await
        .map_err(sql(DOING))?;
        Ok(if done.rows_affected() == 1 { Added::Done } else { Added::Moved })
    }

    /// The newest version of a draft.
    ///
    /// # Errors
    /// When the records fail, or the draft is damaged.
    pub async fn newest_draft(&self, incident: i64) -> Result<Option<DraftRecord>> {
        const DOING: &str = "read the draft of a report";
        let row = sqlx::query(
            "SELECT version, written_at, sealed FROM incident_draft WHERE incident = $1 \
             ORDER BY version DESC LIMIT 1",
        )
        .bind(incident)
        .fetch_optional(&self.readers)
        .await
        .map_err(sql(DOING))?;
        let draft = |row: &AnyRow| {
            Ok(DraftRecord {
                version: column(row, "version", DOING)?,
                written: instant(column(row, "written_at", DOING)?),
                body: self.open_text(LABEL, &column::<Vec<u8>>(row, "sealed", DOING)?, DOING)?,
            })
        };
        row.as_ref().map(draft).transpose()
    }

    /// Issues a report and writes so into the timeline: both or, when the timeline has moved on,
    /// neither.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn issue_report(&self, report: &ReportRecord, told: &Addition) -> Result<Added> {
        const DOING: &str = "issue a report";
        let mut transaction = self.begin(DOING).await?;
        if self.insert_entries(&mut transaction, told).await? == Added::Moved {
            return Ok(Added::Moved);
        }
        sqlx::query(
            "INSERT INTO incident_report (incident, number, issued_at, corrects, digest, sealed) \
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(told.incident)
        .bind(report.number)
        .bind(report.issued.as_microsecond())
        .bind(report.corrects)
        .bind(report.digest.as_str())
        .bind(self.seal(LABEL, report.body.as_bytes(), DOING)?)
        .execute(&mut *transaction)
        .await
        .map_err(sql(DOING))?;
        transaction.commit().await.map_err(sql(DOING))?;
        Ok(Added::Done)
    }

    /// The reports of an incident, oldest first.
    ///
    /// # Errors
    /// When the records fail, or one is damaged.
    pub async fn reports(&self, incident: i64) -> Result<Vec<ReportRecord>> {
        const DOING: &str = "read the reports of an incident";
        let rows = sqlx::query(
            "SELECT number, issued_at, corrects, digest, sealed FROM incident_report \
             WHERE incident = $1 ORDER BY number",
        )
        .bind(incident)
        .fetch_all(&self.readers)
        .await
        .map_err(sql(DOING))?;
        let report = |row: &AnyRow| {
            Ok(ReportRecord {
                number: column(row, "number", DOING)?,
                issued: instant(column(row, "issued_at", DOING)?),
                corrects: column(row, "corrects", DOING)?,
                digest: column(row, "digest", DOING)?,
                body: self.open_text(LABEL, &column::<Vec<u8>>(row, "sealed", DOING)?, DOING)?,
            })
        };
        rows.iter().map(report).collect()
    }
}
