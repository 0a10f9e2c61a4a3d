//! Opening: which engine, its connections and settings, and the tables brought up to date.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{AnyPool, ConnectOptions, Executor, SqlSafeStr};
use vault::Vault;

use crate::day::Day;
use crate::{Memory, Result, Store, StoreError, column, sql};

/// Which database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

/// Connections that only read. SQLite's are few because each has a page cache of its own.
const SQLITE_READERS: u32 = 2;
const POSTGRES_READERS: u32 = 4;
/// How long a statement waits for a connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(15);

// Every commit syncs the log of SQLite (`synchronous = FULL`), so that what is acknowledged survives a
// power cut. A sync is paid for a batch, not for a row of it. A checkpoint is no substitute: where a
// reader holds an older snapshot it may sync nothing. The log is folded into the file every 4,000 pages
// (16 MB), with two syncs more.
// Page caches: 8 MB for the writer, 1 MB for each reader.
const SQLITE_WRITER: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
    PRAGMA busy_timeout = 10000; PRAGMA cache_size = -8192; PRAGMA wal_autocheckpoint = 4000; \
    PRAGMA journal_size_limit = 67108864";
const SQLITE_READER: &str =
    "PRAGMA busy_timeout = 10000; PRAGMA cache_size = -1024; PRAGMA query_only = 1";

impl Engine {
    /// Takes the right to write at once: a SQLite transaction that began by reading cannot wait
    /// for it.
    pub(crate) const fn begin(self) -> &'static str {
        match self {
            Engine::Sqlite => "BEGIN IMMEDIATE",
            Engine::Postgres => "BEGIN",
        }
    }

    fn migrations(self) -> Migrator {
        let texts = match self {
            Engine::Sqlite => SQLITE_TABLES,
            Engine::Postgres => POSTGRES_TABLES,
        };
        let migration = |(number, name, text): &(i64, &'static str, &'static str)| {
            let (name, text) = ((*name).into(), (*text).into_sql_str());
            Migration::new(*number, name, MigrationType::Simple, text, false)
        };
        Migrator::with_migrations(texts.iter().map(migration).collect())
    }
}

/// Number, name and text of each change of the tables, by number.
type Tables = &'static [(i64, &'static str, &'static str)];

const SQLITE_TABLES: Tables = &[
    (1, "records", include_str!("../migrations/sqlite/0001_records.sql")),
    (2, "evidence", include_str!("../migrations/sqlite/0002_evidence.sql")),
    (3, "evidence at size", include_str!("../migrations/sqlite/0003_evidence_at_size.sql")),
    (4, "notices", include_str!("../migrations/sqlite/0004_notices.sql")),
    (5, "incidents", include_str!("../migrations/sqlite/0005_incidents.sql")),
    (6, "looks", include_str!("../migrations/sqlite/0006_looks.sql")),
    (7, "stations", include_str!("../migrations/sqlite/0007_stations.sql")),
    (8, "answering", include_str!("../migrations/sqlite/0008_answering.sql")),
    (9, "customers", include_str!("../migrations/sqlite/0009_customers.sql")),
    (10, "check sites", include_str!("../migrations/sqlite/0010_check_sites.sql")),
];
const POSTGRES_TABLES: Tables = &[
    (1, "records", include_str!("../migrations/postgres/0001_records.sql")),
    (2, "evidence", include_str!("../migrations/postgres/0002_evidence.sql")),
    (3, "evidence at size", include_str!("../migrations/postgres/0003_evidence_at_size.sql")),
    (4, "notices", include_str!("../migrations/postgres/0004_notices.sql")),
    (5, "incidents", include_str!("../migrations/postgres/0005_incidents.sql")),
    (6, "looks", include_str!("../migrations/postgres/0006_looks.sql")),
    (7, "stations", include_str!("../migrations/postgres/0007_stations.sql")),
    (8, "answering", include_str!("../migrations/postgres/0008_answering.sql")),
    (9, "customers", include_str!("../migrations/postgres/0009_customers.sql")),
    (10, "check sites", include_str!("../migrations/postgres/0010_check_sites.sql")),
];

impl Store {
    /// Opens `sqlite:PATH` (made where there is none, readable by its owner only) or
    /// `postgres://…`, and brings the tables up to date.
    ///
    /// # Errors
    /// When the address is of no known kind, the database does not open, or its tables are from
    /// a newer program.
    pub async fn open(url: &str, vault: Arc<Vault>) -> Result<Store> {
        sqlx::any::install_default_drivers();
        let (engine, driver_url) = if let Some(path) = url.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            (Engine::Sqlite, sqlite_url(Path::new(path))?)
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            (Engine::Postgres, url.to_owned())
        } else {
            return Err(StoreError::Url(without_password(url)));
        };
        let shown = without_password(url);
        let opened = |source| StoreError::Open { url: shown.clone(), source };
        let options =
            AnyConnectOptions::from_str(&driver_url).map_err(opened)?.disable_statement_logging();
        let (writer, readers) = match engine {
            Engine::Sqlite => (pool(1, SQLITE_WRITER), pool(SQLITE_READERS, SQLITE_READER)),
            Engine::Postgres => (pool(1, ""), pool(POSTGRES_READERS, "")),
        };
        let writer = writer.connect_with(options.clone()).await.map_err(opened)?;
        engine
            .migrations()
            .run(&writer)
            .await
            .map_err(|source| StoreError::Migrate { url: shown.clone(), source })?;
        let readers = readers.connect_with(options).await.map_err(opened)?;
        let days = days(&readers).await?;
        let memory = Arc::new(Mutex::new(Memory { days, ..Memory::default() }));
        Ok(Store { vault, engine, writer, readers, memory, looks_turn: Arc::default() })
    }
}

/// The days that have tables.
pub(crate) async fn days(pool: &AnyPool) -> Result<BTreeSet<Day>> {
    const DOING: &str = "list the days of the delivery log";
    let rows = sqlx::query("SELECT day FROM day").fetch_all(pool).await.map_err(sql(DOING))?;
    rows.iter().map(|row| Ok(Day(column(row, "day", DOING)?))).collect()
}

fn pool(connections: u32, settings: &'static str) -> AnyPoolOptions {
    AnyPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        // Connections of SQLite cannot go stale; a lost one of PostgreSQL is found by its use.
        .test_before_acquire(false)
        .max_lifetime(None)
        .idle_timeout(Duration::from_secs(600))
        .after_connect(move |connection, _| {
            Box::pin(async move {
                if !settings.is_empty() {
                    connection.execute(sqlx::raw_sql(settings)).await?;
                }
                Ok(())
            })
        })
}

fn sqlite_url(path: &Path) -> Result<String> {
    let failed = |source| StoreError::File { path: path.to_owned(), source };
    let whole: PathBuf = std::path::absolute(path).map_err(failed)?;
    if let Some(folder) = whole.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    fs::OpenOptions::new().append(true).create(true).mode(0o600).open(&whole).map_err(failed)?;
    let mut url = String::from("sqlite://");
    for byte in whole.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => {
                url.push(char::from(*byte));
            }
            other => url.push_str(&format!("%{other:02X}")),
        }
    }
    Ok(url + "?mode=rwc")
}

/// The address as it may be shown: `user:password@` becomes `user@`.
fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let Some((who, place)) = rest.rsplit_once('@') else { return url.to_owned() };
    let user = who.split(':').next().unwrap_or_default();
    format!("{scheme}://{user}@{place}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_not_shown() {
        let cases = [
            ("postgres://yakusoku:se:cr@et@db/records", "postgres://yakusoku@db/records"),
            ("postgres://db/records", "postgres://db/records"),
            ("sqlite:yakusoku-data/records.db", "sqlite:yakusoku-data/records.db"),
            ("mysql://me:secret@db/x", "mysql://me@db/x"),
        ];
        for (url, shown) in cases {
            assert_eq!(without_password(url), shown);
        }
    }

    #[tokio::test]
    async fn every_commit_survives_a_power_cut() {
        let folder = tempfile::tempdir().expect("a folder");
        let vault = Arc::new(Vault::from_master(&[7; 32]).expect("a vault"));
        let url = format!("sqlite:{}", folder.path().join("office.db").display());
        let store = Store::open(&url, vault).await.expect("open records");
        for (setting, expected) in [("synchronous", 2_i64), ("wal_autocheckpoint", 4_000)] {
            let text = sqlx::AssertSqlSafe(format!("PRAGMA {setting}"));
            let row = sqlx::query(text).fetch_one(&store.writer).await.expect("a setting");
            let value: i64 = column(&row, setting, "read a setting").expect("a number");
            assert_eq!(value, expected, "{setting}");
        }
    }
}
