//! Incidents with their timelines: entries are added and never changed.

use jiff::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{Any, Transaction};

use crate::{NewCall, Result, Store, StoreError, column, instant, sql};

/// Most entries of one incident.
pub const ENTRIES_MAX: i64 = 10_000;
/// Most open incidents of one contract.
pub const OPEN_INCIDENTS_MAX: i64 = 1_000;
/// Open incidents of one contract from which on alarms open no more of their own: what is down, and
/// people, always find room.
pub const ALARM_INCIDENTS_MAX: i64 = 800;
/// From which on alarms open none at all.
const REST_INCIDENTS_MAX: i64 = 900;
/// Most incidents of one page.
pub const INCIDENTS_PAGE_MAX: i64 = 200;
/// The sealing label of entries.
const LABEL: &str = "incident-entry";

/// An incident as lists know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncidentRecord {
    /// Its number, from 1.
    pub id: i64,
    /// Under which contract.
    pub contract: String,
    /// Of which service.
    pub service: String,
    /// What opened it, such as `check`.
    pub source: String,
    /// When it was opened.
    pub opened: Timestamp,
    /// How many entries it has.
    pub entries: i64,
}

/// An incident that is to be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewIncident {
    /// Under which contract.
    pub contract: String,
    /// Of which service.
    pub service: String,
    /// What opened it, such as `check`.
    pub source: &'static str,
    /// The outage that opened it: it opens no second one. `None`: a person opened it.
    pub origin: Option<String>,
    /// When it was opened.
    pub opened: Timestamp,
    /// Which part of the room for open incidents it may take.
    pub room: Room,
}

/// A part of the room for the open incidents of a contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// All of it, [`OPEN_INCIDENTS_MAX`]: for what is down, and for people.
    All,
    /// [`ALARM_INCIDENTS_MAX`]: for an alarm.
    Alarms,
    /// Somewhat more: for the incident that takes in the alarms for which there is no other room.
    Rest,
}

impl Room {
    /// Open incidents of a contract from which on there is no room.
    const fn most(self) -> i64 {
        match self {
            Room::All => OPEN_INCIDENTS_MAX,
            Room::Alarms => ALARM_INCIDENTS_MAX,
            Room::Rest => REST_INCIDENTS_MAX,
        }
    }
}

/// One line of a timeline as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryRecord {
    /// From 1, without gaps.
    pub number: i64,
    /// When it happened.
    pub at: Timestamp,
    /// When it was written down.
    pub noted: Timestamp,
    /// What kind of entry, such as `outage-began`.
    pub kind: String,
    /// The rest of it, as `app` wrote it; sealed in the records.
    pub body: String,
}

/// What lists show of an incident's timeline.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Milestones {
    /// When we came to know of it.
    pub recognised: Option<Timestamp>,
    /// When it was repaired.
    pub recovered: Option<Timestamp>,
    /// When it was closed, or went on in another one.
    pub closed: Option<Timestamp>,
}

/// Entries for one timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addition {
    /// Of which incident.
    pub incident: i64,
    /// How many entries were there when this was decided; the first new one has the next number.
    pub after: i64,
    /// In order, numbered on from there.
    pub entries: Vec<EntryRecord>,
    /// What the timeline comes to with them.
    pub milestones: Milestones,
    /// Whom of ours these entries call.
    pub calls: Vec<NewCall>,
}

/// What became of entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    /// They are in the records.
    Done,
    /// Somebody else added some meanwhile: nothing was added. Look again and decide anew.
    Moved,
}

impl Store {
    /// Opens an incident with its first entries. `None` when its origin has opened one already.
    ///
    /// # Errors
    /// [`StoreError::IncidentsFull`] when too many are open; when the records fail.
    pub async fn open_incident(
        &self,
        new: &NewIncident,
        entries: &[EntryRecord],
        milestones: Milestones,
    ) -> Result<Option<i64>> {
        const DOING: &str = "open an incident";
        let mut transaction = self.begin(DOING).await?;
        let id = self.insert_incident(&mut transaction, new).await?;
        if let Some(incident) = id {
            let entries = entries.to_vec();
            let addition = Addition { incident, after: 0, entries, milestones, calls: Vec::new() };
            self.insert_entries(&mut transaction, &addition).await?;
        }
        transaction.commit().await.map_err(sql(DOING))?;
        Ok(id)
    }

    /// Opens an incident that takes a part of another one over: `make` writes the entries of both,
    /// given the number of the new one. All of it happens or nothing.
    ///
    /// # Errors
    /// As [`open_incident`](Store::open_incident).
    pub async fn split_incident(
        &self,
        new: &NewIncident,
        make: &(dyn Fn(i64) -> (Addition, Addition) + Sync),
    ) -> Result<Option<i64>> {
        const DOING: &str = "split an incident";
        let mut transaction = self.begin(DOING).await?;
        let Some(id) = self.insert_incident(&mut transaction, new).await? else { return Ok(None) };
        let (old, new) = make(id);
        for addition in [&old, &new] {
            if self.insert_entries(&mut transaction, addition).await? == Added::Moved {
                return Ok(None);
            }
        }
        transaction.commit().await.map_err(sql(DOING))?;
        Ok(Some(id))
    }

    /// Adds entries to timelines: all of them or, when one of the timelines has moved on, none.
    ///
    /// # Errors
    /// [`StoreError::TimelineFull`] beyond [`ENTRIES_MAX`]; when the records fail.
    pub async fn add_entries(&self, additions: &[Addition]) -> Result<Added> {
        const DOING: &str = "write a timeline";
        let mut transaction = self.begin(DOING).await?;
        for addition in additions {
            if self.insert_entries(&mut transaction, addition).await? == Added::Moved {
                return Ok(Added::Moved);
            }
        }
        transaction.commit().await.map_err(sql(DOING))?;
        Ok(Added::Done)
    }

    /// One incident.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn incident(&self, id: i64) -> Result<Option<IncidentRecord>> {
        let row = sqlx::query(
            "SELECT id, contract, service, source, opened_at, entries FROM incident WHERE id = $1",
        )
        .bind(id)
        .fetch_optional(&self.readers)
        .await
        .map_err(sql("read an incident"))?;
        row.as_ref().map(incident).transpose()
    }

    /// All open incidents, the oldest first.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn open_incidents(&self) -> Result<Vec<IncidentRecord>> {
        let rows = sqlx::query(
            "SELECT id, contract, service, source, opened_at, entries FROM incident \
             WHERE closed_at IS NULL ORDER BY opened_at, id",
        )
        .fetch_all(&self.readers)
        .await
        .map_err(sql("list open incidents"))?;
        rows.iter().map(incident).collect()
    }

    /// How many incidents are open.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn count_open_incidents(&self) -> Result<u64> {
        const DOING: &str = "count open incidents";
        let row = sqlx::query("SELECT COUNT(*) AS open FROM incident WHERE closed_at IS NULL")
            .fetch_one(&self.readers)
            .await
            .map_err(sql(DOING))?;
        Ok(column::<i64>(&row, "open", DOING)?.unsigned_abs())
    }

    /// The newest incidents numbered below `before`, the newest first.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn incidents_before(&self, before: i64, most: i64) -> Result<Vec<IncidentRecord>> {
        let rows = sqlx::query(
            "SELECT id, contract, service, source, opened_at, entries FROM incident \
             WHERE id < $1 ORDER BY id DESC LIMIT $2",
        )
        .bind(before)
        .bind(most.clamp(1, INCIDENTS_PAGE_MAX))
        .fetch_all(&self.readers)
        .await
        .map_err(sql("list incidents"))?;
        rows.iter().map(incident).collect()
    }

    /// Incidents of a contract that were open at some time in `[from, until)`, the oldest first.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn incidents_of(
        &self,
        contract: &str,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<IncidentRecord>> {
        let rows = sqlx::query(
            "SELECT id, contract, service, source, opened_at, entries FROM incident \
             WHERE contract = $1 AND opened_at < $2 AND (closed_at IS NULL OR closed_at >= $3) \
             ORDER BY opened_at, id",
        )
        .bind(contract)
        .bind(until.as_microsecond())
        .bind(from.as_microsecond())
        .fetch_all(&self.readers)
        .await
        .map_err(sql("list the incidents of a contract"))?;
        rows.iter().map(incident).collect()
    }

    /// The timeline of an incident, in the order of writing.
    ///
    /// # Errors
    /// When the records fail, or an entry is damaged.
    pub async fn incident_entries(&self, id: i64) -> Result<Vec<EntryRecord>> {
        const DOING: &str = "read a timeline";
        let rows = sqlx::query(
            "SELECT number, happened_at, noted_at, kind, sealed FROM incident_entry \
             WHERE incident = $1 ORDER BY number",
        )
        .bind(id)
        .fetch_all(&self.readers)
        .await
        .map_err(sql(DOING))?;
        let entry = |row: &AnyRow| {
            Ok(EntryRecord {
                number: column(row, "number", DOING)?,
                at: instant(column(row, "happened_at", DOING)?),
                noted: instant(column(row, "noted_at", DOING)?),
                kind: column(row, "kind", DOING)?,
                body: self.open_text(LABEL, &column::<Vec<u8>>(row, "sealed", DOING)?, DOING)?,
            })
        };
        rows.iter().map(entry).collect()
    }

    async fn insert_incident(
        &self,
        transaction: &mut Transaction<'static, Any>,
        new: &NewIncident,
    ) -> Result<Option<i64>> {
        const DOING: &str = "open an incident";
        if self.engine == crate::engine::Engine::Postgres {
            // Two at once would take the same number.
            sqlx::query("LOCK TABLE incident IN SHARE ROW EXCLUSIVE MODE")
                .execute(&mut **transaction)
                .await
                .map_err(sql(DOING))?;
        }
        let row = sqlx::query(
            "SELECT COUNT(*) AS total FROM incident WHERE contract = $1 AND closed_at IS NULL",
        )
        .bind(new.contract.as_str())
        .fetch_one(&mut **transaction)
        .await
        .map_err(sql(DOING))?;
        let most = new.room.most();
        if column::<i64>(&row, "total", DOING)? >= most {
            return Err(StoreError::IncidentsFull { contract: new.contract.clone(), most });
        }
        let row = sqlx::query(
            "INSERT INTO incident (id, contract, service, source, origin, opened_at, entries) \
             VALUES ((SELECT COALESCE(MAX(id), 0) + 1 FROM incident), $1, $2, $3, $4, $5, 0) \
             ON CONFLICT (origin) DO NOTHING RETURNING id",
        )
        .bind(new.contract.as_str())
        .bind(new.service.as_str())
        .bind(new.source)
        .bind(new.origin.as_deref())
        .bind(new.opened.as_microsecond())
        .fetch_optional(&mut **transaction)
        .await
        .map_err(sql(DOING))?;
        row.map(|row| column(&row, "id", DOING)).transpose()
    }

    pub(crate) async fn insert_entries(
        &self,
        transaction: &mut Transaction<'static, Any>,
        addition: &Addition,
    ) -> Result<Added> {
        const DOING: &str = "write a timeline";
        let micros = |at: Option<Timestamp>| at.map(Timestamp::as_microsecond);
        let count = addition.after + addition.entries.len() as i64;
        if count > ENTRIES_MAX {
            let incident = addition.incident;
            return Err(StoreError::TimelineFull { incident, most: ENTRIES_MAX });
        }
        let done = sqlx::query(
            "UPDATE incident SET entries = $1, recognised_at = $2, recovered_at = $3, \
             closed_at = $4 WHERE id = $5 AND entries = $6",
        )
        .bind(count)
        .bind(micros(addition.milestones.recognised))
        .bind(micros(addition.milestones.recovered))
        .bind(micros(addition.milestones.closed))
        .bind(addition.incident)
        .bind(addition.after)
        .execute(&mut **transaction)
        .await
        .map_err(sql(DOING))?;
        if done.rows_affected() != 1 {
            return Ok(Added::Moved);
        }
        for entry in &addition.entries {
            sqlx::query(
                "INSERT INTO incident_entry \
                 (incident, number, happened_at, noted_at, kind, sealed) \
                 VALUES ($1, $2, $3, $4, $5, $6)",
            )
            .bind(addition.incident)
            .bind(entry.number)
            .bind(entry.at.as_microsecond())
            .bind(entry.noted.as_microsecond())
            .bind(entry.kind.as_str())
            .bind(self.seal(LABEL, entry.body.as_bytes(), DOING)?)
            .execute(&mut **transaction)
            .await
            .map_err(sql(DOING))?;
        }
        self.insert_calls(transaction, addition.incident, &addition.calls).await?;
        Ok(Added::Done)
    }
}

fn incident(row: &AnyRow) -> Result<IncidentRecord> {
    const DOING: &str = "read an incident";
    Ok(IncidentRecord {
        id: column(row, "id", DOING)?,
        contract: column(row, "contract", DOING)?,
        service: column(row, "service", DOING)?,
        source: column(row, "source", DOING)?,
        opened: instant(column(row, "opened_at", DOING)?),
        entries: column(row, "entries", DOING)?,
    })
}
