//! Sessions at the console, and the tries to get one.
//!
//! A session's token is not kept, only a keyed hash of it: a copy of the database signs nobody
//! in.

use jiff::{SignedDuration, Timestamp};

use crate::accounts::Kind;
use crate::{Result, Store, column, instant, sql};

/// How many wrong tries are let through in how much time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TryGate {
    /// Wrong tries in a window.
    pub tries: u16,
    /// Length of the window.
    pub window: SignedDuration,
}

/// Sessions of one account; the one that expires first makes room.
pub const SESSIONS_MAX: i64 = 50;

/// Whose session it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRecord {
    /// An administrator or a customer.
    pub kind: Kind,
    /// As the account has it.
    pub login: String,
    /// Names of a customer's contracts; empty for the others.
    pub contracts: Vec<String>,
    /// Signed out by itself then.
    pub expires: Timestamp,
}

impl Store {
    /// Opens a session for an administrator or a customer and forgets those that have expired, or are more
    /// than [`SESSIONS_MAX`].
    ///
    /// # Errors
    /// When the records fail.
    pub async fn open_session(
        &self,
        token: &str,
        (kind, login): (Kind, &str),
        now: Timestamp,
        expires: Timestamp,
    ) -> Result<()> {
        const DOING: &str = "open a session";
        let mut transaction = self.begin(DOING).await?;
        sqlx::query("DELETE FROM session WHERE expires_at <= $1")
            .bind(now.as_microsecond())
            .execute(&mut *transaction)
            .await
            .map_err(sql(DOING))?;
        sqlx::query(
            "INSERT INTO session (token_index, name_index, expires_at) VALUES ($1, $2, $3)",
        )
        .bind(self.token_index(token))
        .bind(self.name_index(kind, login))
        .bind(expires.as_microsecond())
        .execute(&mut *transaction)
        .await
        .map_err(sql(DOING))?;
        sqlx::query(
            "DELETE FROM session WHERE token_index IN (SELECT token_index FROM session \
             WHERE name_index = $1 ORDER BY expires_at DESC LIMIT 1000 OFFSET $2)",
        )
        .bind(self.name_index(kind, login))
        .bind(SESSIONS_MAX)
        .execute(&mut *transaction)
        .await
        .map_err(sql(DOING))?;
        transaction.commit().await.map_err(sql(DOING))
    }

    /// Whose session it is, if it is still good and the account is still there.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn session(&self, token: &str, now: Timestamp) -> Result<Option<SessionRecord>> {
        const DOING: &str = "look a session up";
        let row = sqlx::query(
            "SELECT account.kind AS kind, account.name AS name, session.name_index AS name_index, \
             session.expires_at AS expires_at FROM session \
             JOIN account ON account.name_index = session.name_index AND account.kind IN ($3, $4) \
             WHERE session.token_index = $1 AND session.expires_at > $2",
        )
        .bind(self.token_index(token))
        .bind(now.as_microsecond())
        .bind(Kind::Administrator.number())
        .bind(Kind::Customer.number())
        .fetch_optional(&self.readers)
        .await
        .map_err(sql(DOING))?;
        let Some(row) = row else { return Ok(None) };
        let name: Vec<u8> = column(&row, "name", DOING)?;
        let kind = Kind::from_number(column(&row, "kind", DOING)?);
        let contracts = match kind {
            Kind::Customer => self.contracts_of(column(&row, "name_index", DOING)?).await?,
            Kind::Administrator | Kind::ApiUser => Vec::new(),
        };
        Ok(Some(SessionRecord {
            kind,
            login: self.open_text("account", &name, DOING)?,
            contracts,
            expires: instant(column(&row, "expires_at", DOING)?),
        }))
    }

    /// Ends a session; nothing happens when there is none.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn close_session(&self, token: &str) -> Result<()> {
        sqlx::query("DELETE FROM session WHERE token_index = $1")
            .bind(self.token_index(token))
            .execute(&self.writer)
            .await
            .map_err(sql("end a session"))?;
        Ok(())
    }

    /// Counts a try of each of `subjects` (a login, an address) before the password is looked
    /// at, so that many at once cannot slip through. `Some` is when the gate opens again; then
    /// nothing was counted.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn count_try(
        &self,
        subjects: &[&str],
        gate: TryGate,
        now: Timestamp,
    ) -> Result<Option<Timestamp>> {
        const DOING: &str = "count a try to sign in";
        let begins = now.saturating_sub(gate.window).unwrap_or(Timestamp::MIN).as_microsecond();
        let mut transaction = self.begin(DOING).await?;
        sqlx::query("DELETE FROM sign_in_try WHERE tried_at <= $1")
            .bind(begins)
            .execute(&mut *transaction)
            .await
            .map_err(sql(DOING))?;
        let mut opens = None;
        for subject in subjects {
            let nth = sqlx::query(
                "SELECT tried_at FROM sign_in_try WHERE subject_index = $1 \
                 ORDER BY tried_at DESC LIMIT 1 OFFSET $2",
            )
            .bind(self.subject_index(subject))
            .bind(i64::from(gate.tries.max(1)) - 1)
            .fetch_optional(&mut *transaction)
            .await
            .map_err(sql(DOING))?;
            if let Some(row) = nth {
                let tried = instant(column(&row, "tried_at", DOING)?);
                opens = opens.max(tried.checked_add(gate.window).ok());
            }
        }
        if opens.is_none() {
            for subject in subjects {
                sqlx::query("INSERT INTO sign_in_try (subject_index, tried_at) VALUES ($1, $2)")
                    .bind(self.subject_index(subject))
                    .bind(now.as_microsecond())
                    .execute(&mut *transaction)
                    .await
                    .map_err(sql(DOING))?;
            }
        }
        transaction.commit().await.map_err(sql(DOING))?;
        Ok(opens)
    }

    /// The try of that instant was right: takes it back for every subject, and forgets the
    /// wrong ones of the `first` subject (the login).
    ///
    /// # Errors
    /// When the records fail.
    pub async fn forgive_tries(&self, first: &str, others: &[&str], at: Timestamp) -> Result<()> {
        const DOING: &str = "forget the tries of a login";
        let mut transaction = self.begin(DOING).await?;
        sqlx::query("DELETE FROM sign_in_try WHERE subject_index = $1")
            .bind(self.subject_index(first))
            .execute(&mut *transaction)
            .await
            .map_err(sql(DOING))?;
        for subject in others {
            sqlx::query("DELETE FROM sign_in_try WHERE subject_index = $1 AND tried_at = $2")
                .bind(self.subject_index(subject))
                .bind(at.as_microsecond())
                .execute(&mut *transaction)
                .await
                .map_err(sql(DOING))?;
        }
        transaction.commit().await.map_err(sql(DOING))
    }

    fn token_index(&self, token: &str) -> Vec<u8> {
        self.vault.blind("session", token).to_vec()
    }

    fn subject_index(&self, subject: &str) -> Vec<u8> {
        self.vault.blind("sign-in-try", subject).to_vec()
    }
}
