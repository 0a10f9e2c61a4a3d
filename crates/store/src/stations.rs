//! Stations: who may dial the office, when each was last heard, and up to which batch it was heard.

use std::collections::BTreeMap;

use jiff::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{Any, Transaction};

use crate::readings::unpack_readings;
use crate::{Result, SeenReading, Store, StoreError, column, instant, sql};

/// Most stations of an office, those that were revoked included.
pub const STATIONS_MAX: i64 = 2_000;

/// What a station is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StationKind {
    /// Reads its own machine, collects its logs, does what it is ordered to.
    Agent,
    /// Looks at others.
    Node,
}

/// Every kind with its word.
pub const STATION_KINDS: [(&str, StationKind); 2] =
    [("agent", StationKind::Agent), ("node", StationKind::Node)];

impl StationKind {
    /// Its word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            StationKind::Agent => "agent",
            StationKind::Node => "node",
        }
    }
}

/// A kind of body of which a station counts batches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Readings and states.
    Readings,
    /// Slots of logs.
    Logs,
    /// Results of orders.
    Results,
    /// Looks of checks.
    Looks,
}

impl Stream {
    const fn word(self) -> &'static str {
        match self {
            Stream::Readings => "readings",
            Stream::Logs => "logs",
            Stream::Results => "results",
            Stream::Looks => "looks",
        }
    }
}

/// What became of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The highest batch of that station and stream that is in the records.
    pub taken: u64,
    /// Whether this batch was new; one that came before was not recorded again.
    pub is_new: bool,
    /// How much of it was beyond a limit of the records and is not in them.
    pub dropped: u64,
}

/// A station that is to be added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewStation {
    /// Its name, one of a kind.
    pub name: String,
    /// What it is for.
    pub kind: StationKind,
    /// Where it stands.
    pub site: Option<String>,
    /// The contracts under which its machine is kept.
    pub contracts: Vec<String>,
    /// The id in its token.
    pub token_id: [u8; 16],
    /// SHA-256 of the secret in its token.
    pub digest: [u8; 32],
}

/// What became of adding a station.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StationAdded {
    /// It is in the records.
    Done,
    /// One of that name is there and not revoked.
    NameTaken,
    /// A revoked one of that name is of another kind.
    OtherKind,
}

/// A station as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StationRecord {
    /// Its number in the records.
    pub number: i64,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub kind: StationKind,
    /// Where it stands.
    pub site: Option<String>,
    /// The contracts under which its machine is kept.
    pub contracts: Vec<String>,
    /// SHA-256 of the secret in its token.
    pub digest: Vec<u8>,
    /// When its token was made.
    pub created: Timestamp,
    /// Since when its token is good for nothing.
    pub revoked: Option<Timestamp>,
    /// When it was last heard.
    pub seen: Option<Timestamp>,
    /// The newest value of each of its series, by their numbers; the oldest first.
    pub latest: Vec<SeenReading>,
}

const COLUMNS: &str =
    "number, name, kind, site, contracts, digest, created_at, revoked_at, seen_at, latest";

fn hex(id: &[u8]) -> String {
    id.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Store {
    /// Adds a station, or gives one that was revoked a new token.
    ///
    /// # Errors
    /// [`StoreError::Full`] beyond [`STATIONS_MAX`]; when the records fail.
    pub async fn add_station(&self, new: &NewStation, now: Timestamp) -> Result<StationAdded> {
        const DOING: &str = "add a station";
        let mut transaction = self.begin(DOING).await?;
        self.lock(&mut transaction, "station", DOING).await?;
        let here = sqlx::query("SELECT kind, revoked_at FROM station WHERE name = $1")
            .bind(new.name.as_str())
            .fetch_optional(&mut *transaction)
            .await
            .map_err(sql(DOING))?;
        let text = match &here {
            Some(row) if column::<Option<i64>>(row, "revoked_at", DOING)?.is_none() => {
                return Ok(StationAdded::NameTaken);
            }
            Some(row) if column::<String>(row, "kind", DOING)? != new.kind.word() => {
                return Ok(StationAdded::OtherKind);
            }
            Some(_) => {
                "UPDATE station SET kind = $2, site = $3, contracts = $4, token_id = $5, \
                 digest = $6, created_at = $7, revoked_at = NULL, seen_at = NULL WHERE name = $1"
            }
            None => {
                self.room_for_station(&mut transaction).await?;
                "INSERT INTO station (number, name, kind, site, contracts, token_id, digest, \
                 created_at, order_number) \
                 SELECT COALESCE(MAX(number), 0) + 1, $1, $2, $3, $4, $5, $6, $7, 0 FROM station"
            }
        };
        sqlx::query(text)
            .bind(new.name.as_str())
            .bind(new.kind.word())
            .bind(new.site.as_deref())
            .bind(new.contracts.join("\n"))
            .bind(hex(&new.token_id))
            .bind(new.digest.to_vec())
            .bind(now.as_microsecond())
            .execute(&mut *transaction)
            .await
            .map_err(sql(DOING))?;
        if here.is_some() {
            forget_streams(&mut transaction, &new.name).await?;
        }
        transaction.commit().await.map_err(sql(DOING))?;
        Ok(StationAdded::Done)
    }

    async fn room_for_station(&self, transaction: &mut Transaction<'static, Any>) -> Result<()> {
        const DOING: &str = "count the stations";
        let row = sqlx::query("SELECT COUNT(*) AS total FROM station")
            .fetch_one(&mut **transaction)
            .await
            .map_err(sql(DOING))?;
        match column::<i64>(&row, "total", DOING)? < STATIONS_MAX {
            true => Ok(()),
            false => Err(StoreError::Full {
                contract: "the office".to_owned(),
                what: "stations",
                most: STATIONS_MAX,
            }),
        }
    }

    /// In a transaction of PostgreSQL, lets nobody else number rows of a table at the same time.
    pub(crate) async fn lock(
        &self,
        transaction: &mut Transaction<'static, Any>,
        table: &'static str,
        doing: &'static str,
    ) -> Result<()> {
        if self.engine == crate::engine::Engine::Postgres {
            let text = format!("LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE");
            sqlx::query(sqlx::AssertSqlSafe(text))
                .execute(&mut **transaction)
                .await
                .map_err(sql(doing))?;
        }
        Ok(())
    }

    /// Every station, by name; those that were revoked too.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn stations(&self) -> Result<Vec<StationRecord>> {
        let text = format!("SELECT {COLUMNS} FROM station ORDER BY name");
        let rows = sqlx::query(sqlx::AssertSqlSafe(text))
            .fetch_all(&self.readers)
            .await
            .map_err(sql("list the stations"))?;
        rows.iter().map(station).collect()
    }

    /// The station of that name.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn station(&self, name: &str) -> Result<Option<StationRecord>> {
        let text = format!("SELECT {COLUMNS} FROM station WHERE name = $1");
        let row = sqlx::query(sqlx::AssertSqlSafe(text))
            .bind(name)
            .fetch_optional(&self.readers)
            .await
            .map_err(sql("read a station"))?;
        row.as_ref().map(station).transpose()
    }

    /// The station whose token has that id. Its token may have been revoked.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn station_by_token(&self, id: &[u8; 16]) -> Result<Option<StationRecord>> {
        let text = format!("SELECT {COLUMNS} FROM station WHERE token_id = $1");
        let row = sqlx::query(sqlx::AssertSqlSafe(text))
            .bind(hex(id))
            .fetch_optional(&self.readers)
            .await
            .map_err(sql("look a station's token up"))?;
        row.as_ref().map(station).transpose()
    }

    /// Takes a station's token back; `false` when there is no such station or it was revoked before.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn revoke_station(&self, name: &str, now: Timestamp) -> Result<bool> {
        let text = "UPDATE station SET revoked_at = $1 WHERE name = $2 AND revoked_at IS NULL";
        let done = sqlx::query(text)
            .bind(now.as_microsecond())
            .bind(name)
            .execute(&self.writer)
            .await
            .map_err(sql("revoke a station"))?;
        Ok(done.rows_affected() == 1)
    }

    /// Notes when stations were heard last, by their numbers.
    ///
    /// # Errors
    /// When the records fail; then nothing is noted.
    pub async fn saw_stations(&self, heard: &BTreeMap<i64, Timestamp>) -> Result<()> {
        const DOING: &str = "note that stations were heard";
        let mut transaction = self.begin(DOING).await?;
        for (station, at) in heard {
            sqlx::query("UPDATE station SET seen_at = $1 WHERE number = $2")
                .bind(at.as_microsecond())
                .bind(station)
                .execute(&mut *transaction)
                .await
                .map_err(sql(DOING))?;
        }
        transaction.commit().await.map_err(sql(DOING))
    }

    /// Counts a batch of a stream. `Err` of the inner result: it was taken before, up to there.
    pub(crate) async fn count_batch(
        &self,
        transaction: &mut Transaction<'static, Any>,
        station: i64,
        stream: Stream,
        batch: u64,
    ) -> Result<std::result::Result<(), Accepted>> {
        const DOING: &str = "count a station's batches";
        let batch = i64::try_from(batch).unwrap_or(i64::MAX);
        let row = sqlx::query(
            "INSERT INTO station_stream AS s (station, stream, taken) VALUES ($1, $2, $3) \
             ON CONFLICT (station, stream) DO UPDATE SET taken = excluded.taken \
             WHERE s.taken < excluded.taken RETURNING taken",
        )
        .bind(station)
        .bind(stream.word())
        .bind(batch)
        .fetch_optional(&mut **transaction)
        .await
        .map_err(sql(DOING))?;
        if row.is_some() {
            return Ok(Ok(()));
        }
        let row =
            sqlx::query("SELECT taken FROM station_stream WHERE station = $1 AND stream = $2")
                .bind(station)
                .bind(stream.word())
                .fetch_one(&mut **transaction)
                .await
                .map_err(sql(DOING))?;
        let taken = column::<i64>(&row, "taken", DOING)?.unsigned_abs();
        Ok(Err(Accepted { taken, is_new: false, dropped: 0 }))
    }
}

/// Who has a new token counts its batches from the start: they would pass for ones that came before. A
/// node is told up to where its looks were taken, and goes on from there as long as there is room.
async fn forget_streams(transaction: &mut Transaction<'static, Any>, name: &str) -> Result<()> {
    let text = "DELETE FROM station_stream WHERE (stream <> 'looks' OR taken > $1) \
                AND station IN (SELECT number FROM station WHERE name = $2)";
    sqlx::query(text)
        .bind(i64::try_from(link::limits::BATCH_NUMBER_MAX / 2).unwrap_or(i64::MAX))
        .bind(name)
        .execute(&mut **transaction)
        .await
        .map_err(sql("begin to count a station's batches anew"))?;
    Ok(())
}

fn station(row: &AnyRow) -> Result<StationRecord> {
    const DOING: &str = "read a station";
    let kind: String = column(row, "kind", DOING)?;
    let contracts: String = column(row, "contracts", DOING)?;
    let latest: Option<Vec<u8>> = column(row, "latest", DOING)?;
    let latest = latest.map(|packed| unpack_readings(0, &packed)).unwrap_or_default();
    let time = |name| Ok(column::<Option<i64>>(row, name, DOING)?.map(instant));
    Ok(StationRecord {
        number: column(row, "number", DOING)?,
        name: column(row, "name", DOING)?,
        kind: if kind == "node" { StationKind::Node } else { StationKind::Agent },
        site: column(row, "site", DOING)?,
        contracts: contracts.lines().map(str::to_owned).collect(),
        digest: column(row, "digest", DOING)?,
        created: instant(column(row, "created_at", DOING)?),
        revoked: time("revoked_at")?,
        seen: time("seen_at")?,
        latest,
    })
}
