//! People and programs that may sign in, under sealed names.

use jiff::Timestamp;

use crate::{Result, Store, column, instant, sql};

/// Who signs in where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A person, at the console.
    Administrator,
    /// A program, over SMTP.
    ApiUser,
}

/// One account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountRecord {
    /// Which kind.
    pub kind: Kind,
    /// As it was given; letter case is ignored when it is looked for.
    pub name: String,
    /// An argon2id hash in PHC string form.
    pub password_hash: String,
    /// Since when.
    pub created: Timestamp,
}

const LABEL: &str = "account";

impl Kind {
    pub(crate) const fn number(self) -> i64 {
        match self {
            Kind::Administrator => 0,
            Kind::ApiUser => 1,
        }
    }

    const fn from_number(number: i64) -> Kind {
        if number == 0 { Kind::Administrator } else { Kind::ApiUser }
    }
}

impl Store {
    pub(crate) fn name_index(&self, kind: Kind, name: &str) -> Vec<u8> {
        let label = match kind {
            Kind::Administrator => "administrator",
            Kind::ApiUser => "api-user",
        };
        self.vault.blind(label, name).to_vec()
    }

    /// Adds an account; `false` when the name is taken.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn add_account(&self, account: &AccountRecord) -> Result<bool> {
        const DOING: &str = "add an account";
        let sealed = self.seal(LABEL, account.name.as_bytes(), DOING)?;
        let done = sqlx::query(
            "INSERT INTO account (kind, name_index, name, password_hash, created_at) \
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT (kind, name_index) DO NOTHING",
        )
        .bind(account.kind.number())
        .bind(self.name_index(account.kind, &account.name))
        .bind(sealed)
        .bind(account.password_hash.as_str())
        .bind(account.created.as_microsecond())
        .execute(&self.writer)
        .await
        .map_err(sql(DOING))?;
        Ok(done.rows_affected() == 1)
    }

    /// The account of that name, letter case ignored.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn account(&self, kind: Kind, name: &str) -> Result<Option<AccountRecord>> {
        const DOING: &str = "look an account up";
        let row = sqlx::query(
            "SELECT kind, name, password_hash, created_at FROM account \
             WHERE kind = $1 AND name_index = $2",
        )
        .bind(kind.number())
        .bind(self.name_index(kind, name))
        .fetch_optional(&self.readers)
        .await
        .map_err(sql(DOING))?;
        row.as_ref().map(|row| self.account_of(row)).transpose()
    }

    /// Every account, by kind and name.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn accounts(&self) -> Result<Vec<AccountRecord>> {
        let rows = sqlx::query("SELECT kind, name, password_hash, created_at FROM account")
            .fetch_all(&self.readers)
            .await
            .map_err(sql("list the accounts"))?;
        let mut accounts =
            rows.iter().map(|row| self.account_of(row)).collect::<Result<Vec<_>>>()?;
        accounts.sort_by(|a, b| (a.kind, &a.name).cmp(&(b.kind, &b.name)));
        Ok(accounts)
    }

    /// Replaces the password and ends the account's sessions; `false` when there is no such one.
    ///
    /// # Errors
    /// When the records fail; then nothing has changed.
    pub async fn set_password_hash(&self, kind: Kind, name: &str, hash: &str) -> Result<bool> {
        const DOING: &str = "set a password";
        let index = self.name_index(kind, name);
        let mut transaction = self.begin(DOING).await?;
        let done = sqlx::query(
            "UPDATE account SET password_hash = $1 WHERE kind = $2 AND name_index = $3",
        )
        .bind(hash)
        .bind(kind.number())
        .bind(index.clone())
        .execute(&mut *transaction)
        .await
        .map_err(sql(DOING))?;
        end_sessions(&mut transaction, index).await.map_err(sql(DOING))?;
        transaction.commit().await.map_err(sql(DOING))?;
        Ok(done.rows_affected() == 1)
    }

    /// Removes an account with its sessions, unless fewer than `keep` of its kind would be left;
    /// `false` when it was not removed.
    ///
    /// # Errors
    /// When the records fail; then nothing has changed.
    pub async fn remove_account(&self, kind: Kind, name: &str, keep: i64) -> Result<bool> {
        const DOING: &str = "remove an account";
        let index = self.name_index(kind, name);
        let mut transaction = self.begin(DOING).await?;
        let done = sqlx::query(
            "DELETE FROM account WHERE kind = $1 AND name_index = $2 \
             AND (SELECT COUNT(*) FROM account WHERE kind = $1) > $3",
        )
        .bind(kind.number())
        .bind(index.clone())
        .bind(keep)
        .execute(&mut *transaction)
        .await
        .map_err(sql(DOING))?;
        let removed = done.rows_affected() == 1;
        if removed {
            end_sessions(&mut transaction, index).await.map_err(sql(DOING))?;
        }
        transaction.commit().await.map_err(sql(DOING))?;
        Ok(removed)
    }

    fn account_of(&self, row: &sqlx::any::AnyRow) -> Result<AccountRecord> {
        const DOING: &str = "read an account";
        let name: Vec<u8> = column(row, "name", DOING)?;
        Ok(AccountRecord {
            kind: Kind::from_number(column(row, "kind", DOING)?),
            name: self.open_text(LABEL, &name, DOING)?,
            password_hash: column(row, "password_hash", DOING)?,
            created: instant(column(row, "created_at", DOING)?),
        })
    }
}

async fn end_sessions(
    transaction: &mut sqlx::Transaction<'static, sqlx::Any>,
    name_index: Vec<u8>,
) -> std::result::Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM session WHERE name_index = $1")
        .bind(name_index)
        .execute(&mut **transaction)
        .await?;
    Ok(())
}
