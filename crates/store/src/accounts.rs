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
    /// A customer's person, at the console, who sees his contracts alone.
    Customer,
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
    /// Names of a customer's contracts, in order; empty for the others.
    pub contracts: Vec<String>,
}

const LABEL: &str = "account";

impl Kind {
    pub(crate) const fn number(self) -> i64 {
        match self {
            Kind::Administrator => 0,
            Kind::ApiUser => 1,
            Kind::Customer => 2,
        }
    }

    /// A kind that this program does not know may do nothing here, as an API user.
    pub(crate) const fn from_number(number: i64) -> Kind {
        match number {
            0 => Kind::Administrator,
            2 => Kind::Customer,
            _ => Kind::ApiUser,
        }
    }
}

impl Store {
    pub(crate) fn name_index(&self, kind: Kind, name: &str) -> Vec<u8> {
        let label = match kind {
            Kind::Administrator => "administrator",
            Kind::ApiUser => "api-user",
            Kind::Customer => "customer",
        };
        self.vault.blind(label, name).to_vec()
    }

    /// Adds an account; `false` when the name is taken.
    ///
    /// # Errors
    /// When the records fail; then nothing was added.
    pub async fn add_account(&self, account: &AccountRecord) -> Result<bool> {
        const DOING: &str = "add an account";
        let sealed = self.seal(LABEL, account.name.as_bytes(), DOING)?;
        let index = self.name_index(account.kind, &account.name);
        let mut transaction = self.begin(DOING).await?;
        let done = sqlx::query(
            "INSERT INTO account (kind, name_index, name, password_hash, created_at) \
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT (kind, name_index) DO NOTHING",
        )
        .bind(account.kind.number())
        .bind(index.clone())
        .bind(sealed)
        .bind(account.password_hash.as_str())
        .bind(account.created.as_microsecond())
        .execute(&mut *transaction)
        .await
        .map_err(sql(DOING))?;
        let added = done.rows_affected() == 1;
        if added {
            add_contracts(&mut transaction, &index, &account.contracts)
                .await
                .map_err(sql(DOING))?;
        }
        transaction.commit().await.map_err(sql(DOING))?;
        Ok(added)
    }

    /// Gives a customer these contracts and no others; `false` when there is no such customer.
    ///
    /// # Errors
    /// When the records fail; then nothing has changed.
    pub async fn set_contracts(&self, name: &str, contracts: &[String]) -> Result<bool> {
        const DOING: &str = "change the contracts of a customer";
        if self.account(Kind::Customer, name).await?.is_none() {
            return Ok(false);
        }
        let index = self.name_index(Kind::Customer, name);
        let mut transaction = self.begin(DOING).await?;
        forget_contracts(&mut transaction, &index).await.map_err(sql(DOING))?;
        add_contracts(&mut transaction, &index, contracts).await.map_err(sql(DOING))?;
        transaction.commit().await.map_err(sql(DOING))?;
        Ok(true)
    }

    /// Names of the contracts of a customer, in order.
    pub(crate) async fn contracts_of(&self, name_index: Vec<u8>) -> Result<Vec<String>> {
        const DOING: &str = "list the contracts of a customer";
        let rows = sqlx::query(
            "SELECT contract FROM customer_contract WHERE name_index = $1 ORDER BY contract",
        )
        .bind(name_index)
        .fetch_all(&self.readers)
        .await
        .map_err(sql(DOING))?;
        rows.iter().map(|row| column(row, "contract", DOING)).collect()
    }

    /// The account of that name, letter case ignored.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn account(&self, kind: Kind, name: &str) -> Result<Option<AccountRecord>> {
        const DOING: &str = "look an account up";
        let row = sqlx::query(
            "SELECT kind, name_index, name, password_hash, created_at FROM account \
             WHERE kind = $1 AND name_index = $2",
        )
        .bind(kind.number())
        .bind(self.name_index(kind, name))
        .fetch_optional(&self.readers)
        .await
        .map_err(sql(DOING))?;
        match row {
            Some(row) => Ok(Some(self.account_of(&row).await?)),
            None => Ok(None),
        }
    }

    /// Every account, by kind and name.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn accounts(&self) -> Result<Vec<AccountRecord>> {
        let rows =
            sqlx::query("SELECT kind, name_index, name, password_hash, created_at FROM account")
                .fetch_all(&self.readers)
                .await
                .map_err(sql("list the accounts"))?;
        let mut accounts = Vec::with_capacity(rows.len());
        for row in &rows {
            accounts.push(self.account_of(row).await?);
        }
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
            forget_contracts(&mut transaction, &index).await.map_err(sql(DOING))?;
            end_sessions(&mut transaction, index).await.map_err(sql(DOING))?;
        }
        transaction.commit().await.map_err(sql(DOING))?;
        Ok(removed)
    }

    async fn account_of(&self, row: &sqlx::any::AnyRow) -> Result<AccountRecord> {
        const DOING: &str = "read an account";
        let name: Vec<u8> = column(row, "name", DOING)?;
        let kind = Kind::from_number(column(row, "kind", DOING)?);
        let contracts = match kind {
            Kind::Customer => self.contracts_of(column(row, "name_index", DOING)?).await?,
            Kind::Administrator | Kind::ApiUser => Vec::new(),
        };
        Ok(AccountRecord {
            kind,
            name: self.open_text(LABEL, &name, DOING)?,
            password_hash: column(row, "password_hash", DOING)?,
            created: instant(column(row, "created_at", DOING)?),
            contracts,
        })
    }
}

type Transaction = sqlx::Transaction<'static, sqlx::Any>;
type Done = std::result::Result<(), sqlx::Error>;

async fn add_contracts(transaction: &mut Transaction, index: &[u8], names: &[String]) -> Done {
    for name in names {
        sqlx::query(
            "INSERT INTO customer_contract (name_index, contract) VALUES ($1, $2) \
             ON CONFLICT (name_index, contract) DO NOTHING",
        )
        .bind(index.to_vec())
        .bind(name.clone())
        .execute(&mut **transaction)
        .await?;
    }
    Ok(())
}

async fn forget_contracts(transaction: &mut Transaction, index: &[u8]) -> Done {
    sqlx::query("DELETE FROM customer_contract WHERE name_index = $1")
        .bind(index.to_vec())
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

async fn end_sessions(transaction: &mut Transaction, name_index: Vec<u8>) -> Done {
    sqlx::query("DELETE FROM session WHERE name_index = $1")
        .bind(name_index)
        .execute(&mut **transaction)
        .await?;
    Ok(())
}
