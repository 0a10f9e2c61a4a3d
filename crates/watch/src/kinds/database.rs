//! A query to a database, the same for each kind: the first value, and the size when it is asked for.

use crate::answer::{Fault, Figure, Reason, Stage, Unit};
use crate::check::Database;
use crate::kinds::{mysql, postgres};
use crate::reach::Look;

/// Bytes of one message of a database that are read.
pub(crate) const MESSAGE_MAX: usize = 1 << 20;
/// Messages of one answer that are read: a query for a check has few rows.
pub(crate) const MESSAGES_MAX: usize = 10_000;

/// A session that is signed in.
pub(crate) trait Session {
    /// What asks for the size of the database in bytes.
    const SIZE: &'static str;

    /// The first value of the first row, if there is one that is not null.
    async fn query(&mut self, query: &str) -> Result<Option<String>, Fault>;

    /// Says goodbye.
    async fn close(self);
}

/// Asks what the check wants to know.
pub(crate) async fn look(
    wanted: &Database,
    mut session: impl Session,
    look: &mut Look,
) -> Result<(), Fault> {
    look.reached(Stage::SignedIn);
    let query = if wanted.query.is_empty() { "select 1" } else { &wanted.query };
    let value = session.query(query).await?;
    look.reached(Stage::Answered);
    if let Some(expect) = &wanted.expect
        && value.as_ref() != Some(expect)
    {
        let said = value.unwrap_or_else(|| "no value".to_owned());
        return Err(Fault::refused(Reason::Content).said(said));
    }
    if let Some(most) = wanted.size {
        measure(&mut session, most, look).await?;
    }
    session.close().await;
    Ok(())
}

async fn measure(session: &mut impl Session, most: u64, look: &mut Look) -> Result<(), Fault> {
    let size = session_size(session).await?;
    look.detail.figure(Figure::whole("size", i64::try_from(size).unwrap_or(i64::MAX), Unit::Bytes));
    if size > most {
        return Err(Fault::refused(Reason::AboveLimit).said(format!("{size} bytes")));
    }
    Ok(())
}

async fn session_size<S: Session>(session: &mut S) -> Result<u64, Fault> {
    let size = session.query(S::SIZE).await?;
    let size = size.as_deref().and_then(|size| size.parse().ok());
    size.ok_or(Fault::refused(Reason::Protocol).said("the size is no number"))
}

impl Session for postgres::Session {
    const SIZE: &'static str = "select pg_database_size(current_database())";

    async fn query(&mut self, query: &str) -> Result<Option<String>, Fault> {
        self.first_value(query).await
    }

    async fn close(self) {
        self.terminate().await;
    }
}

impl Session for mysql::Session {
    const SIZE: &'static str = "select cast(coalesce(sum(data_length + index_length), 0) as unsigned) \
         from information_schema.tables where table_schema = database()";

    async fn query(&mut self, query: &str) -> Result<Option<String>, Fault> {
        self.first_value(query).await
    }

    async fn close(self) {
        self.quit().await;
    }
}
