//! Windows that persons planned, and the contracts that they concern. A window is never changed:
//! one that moves is cancelled, and another is planned.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::engine::Engine;
use crate::{Result, Store, StoreError, column, instant, sql};

/// Most windows that are kept.
pub const PLANS_MAX: i64 = 100_000;
const LABEL: &str = "planned-window";

/// A window to record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// First instant of it.
    pub from: Timestamp,
    /// First instant after it.
    pub until: Timestamp,
    /// What is done, in the words of the person.
    pub title: String,
    /// Who planned it.
    pub by: String,
    /// Names of the contracts that it concerns; at least one.
    pub contracts: Vec<String>,
}

/// A window in the records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanRecord {
    /// From 1.
    pub number: i64,
    /// What was planned; its contracts by name.
    pub plan: Planned,
    /// When it was planned.
    pub planned: Timestamp,
    /// When and by whom it was cancelled.
    pub cancelled: Option<(Timestamp, String)>,
}

/// What is sealed of a window.
#[derive(Serialize, Deserialize)]
struct Body {
    title: String,
    by: String,
}

impl Store {
    /// Records a window; its number.
    ///
    /// # Errors
    /// [`StoreError::Full`] beyond [`PLANS_MAX`]; when the records fail.
    pub async fn add_plan(&self, plan: &Planned, now: Timestamp) -> Result<i64> {
        const DOING: &str = "record a planned window";
        let body = Body { title: plan.title.clone(), by: plan.by.clone() };
        let sealed = self.seal_json(LABEL, &body, DOING)?;
        let mut transaction = self.begin(DOING).await?;
        if self.engine == Engine::Postgres {
            sqlx::query("LOCK TABLE planned_window IN SHARE ROW EXCLUSIVE MODE")
                .execute(&mut *transaction)
                .await
                .map_err(sql(DOING))?;
        }
        let row = sqlx::query("SELECT COALESCE(MAX(number), 0) + 1 AS next FROM planned_window")
            .fetch_one(&mut *transaction)
            .await
            .map_err(sql(DOING))?;
        let number: i64 = column(&row, "next", DOING)?;
        if number > PLANS_MAX {
            let contract = plan.contracts.join(", ");
            return Err(StoreError::Full { contract, what: "planned windows", most: PLANS_MAX });
        }
        sqlx::query(
            "INSERT INTO planned_window \
             (number, from_at, until_at, sealed, planned_at, cancelled_at) \
             VALUES ($1, $2, $3, $4, $5, 0)",
        )
        .bind(number)
        .bind(plan.from.as_microsecond())
        .bind(plan.until.as_microsecond())
        .bind(sealed)
        .bind(now.as_microsecond())
        .execute(&mut *transaction)
        .await
        .map_err(sql(DOING))?;
        for contract in &plan.contracts {
            sqlx::query("INSERT INTO window_contract (contract, number) VALUES ($1, $2)")
                .bind(contract.as_str())
                .bind(number)
                .execute(&mut *transaction)
                .await
                .map_err(sql(DOING))?;
        }
        transaction.commit().await.map_err(sql(DOING))?;
        Ok(number)
    }

    /// Cancels a window, its drafts with it; `false` when there is none that stands.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn cancel_plan(&self, number: i64, by: &str, now: Timestamp) -> Result<bool> {
        const DOING: &str = "cancel a planned window";
        let mut transaction = self.begin(DOING).await?;
        let done = sqlx::query(
            "UPDATE planned_window SET cancelled_at = $1, cancelled_by = $2 \
             WHERE number = $3 AND cancelled_at = 0",
        )
        .bind(now.as_microsecond())
        .bind(self.seal(LABEL, by.as_bytes(), DOING)?)
        .bind(number)
        .execute(&mut *transaction)
        .await
        .map_err(sql(DOING))?;
        let drafts = "(SELECT number FROM notice WHERE plan = $1 AND confirmed_at = 0)";
        for statement in [
            format!("DELETE FROM sending WHERE notice IN {drafts}"),
            "DELETE FROM notice WHERE plan = $1 AND confirmed_at = 0".to_owned(),
        ] {
            sqlx::query(sqlx::AssertSqlSafe(statement))
                .bind(number)
                .execute(&mut *transaction)
                .await
                .map_err(sql(DOING))?;
        }
        transaction.commit().await.map_err(sql(DOING))?;
        Ok(done.rows_affected() == 1)
    }

    /// The window of that number.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn plan(&self, number: i64) -> Result<Option<PlanRecord>> {
        let rows = self.plan_rows("WHERE planned_window.number = $1", number).await?;
        Ok(self.plans_of(&rows)?.pop())
    }

    /// Windows that end after `since`, cancelled ones too, by their beginning.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn plans(&self, since: Timestamp) -> Result<Vec<PlanRecord>> {
        let rows = self.plan_rows("WHERE until_at > $1", since.as_microsecond()).await?;
        let mut plans = self.plans_of(&rows)?;
        plans.sort_by_key(|record| (record.plan.from, record.number));
        Ok(plans)
    }

    /// One row for each contract of each window, by number and contract.
    async fn plan_rows(&self, which: &str, value: i64) -> Result<Vec<sqlx::any::AnyRow>> {
        let text = format!(
            "SELECT planned_window.number AS number, from_at, until_at, sealed, planned_at, \
             cancelled_at, cancelled_by, contract FROM planned_window \
             JOIN window_contract ON window_contract.number = planned_window.number \
             {which} ORDER BY planned_window.number, contract"
        );
        // Both conditions are written in this file.
        let query = sqlx::query(sqlx::AssertSqlSafe(text)).bind(value);
        query.fetch_all(&self.readers).await.map_err(sql("read the planned windows"))
    }

    fn plans_of(&self, rows: &[sqlx::any::AnyRow]) -> Result<Vec<PlanRecord>> {
        const DOING: &str = "read a planned window";
        let mut plans: Vec<PlanRecord> = Vec::new();
        for row in rows {
            let number: i64 = column(row, "number", DOING)?;
            let contract: String = column(row, "contract", DOING)?;
            if let Some(last) = plans.last_mut().filter(|last| last.number == number) {
                last.plan.contracts.push(contract);
                continue;
            }
            let sealed: Vec<u8> = column(row, "sealed", DOING)?;
            let body: Body = self.open_json(LABEL, &sealed, DOING)?;
            let cancelled = match column::<i64>(row, "cancelled_at", DOING)? {
                0 => None,
                at => {
                    let by: Vec<u8> = column(row, "cancelled_by", DOING)?;
                    Some((instant(at), self.open_text(LABEL, &by, DOING)?))
                }
            };
            plans.push(PlanRecord {
                number,
                plan: Planned {
                    from: instant(column(row, "from_at", DOING)?),
                    until: instant(column(row, "until_at", DOING)?),
                    title: body.title,
                    by: body.by,
                    contracts: vec![contract],
                },
                planned: instant(column(row, "planned_at", DOING)?),
                cancelled,
            });
        }
        Ok(plans)
    }
}
