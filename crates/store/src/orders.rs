//! Orders to stations and what became of them; kept for the life of their incident.

use jiff::Timestamp;
use link::{Outcome, WorkResult};
use sqlx::any::AnyRow;

use crate::stations::{Accepted, Stream};
use crate::{Result, Store, column, instant, sql};

/// Orders that one question reads; the newest.
pub const ORDERS_LISTED_MAX: i64 = 200;
/// The sealing label of who gave an order.
const BY_LABEL: &str = "order-by";
/// The sealing label of what an action printed.
const DETAIL_LABEL: &str = "order-detail";

/// An order that is to be given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewOrder {
    /// To which station.
    pub station: i64,
    /// What to do, by its name in the agent's file.
    pub action: String,
    /// For which incident.
    pub incident: Option<i64>,
    /// Who gives it.
    pub by: String,
    /// When; whole seconds.
    pub issued: Timestamp,
    /// From then on it must not be done any more; whole seconds.
    pub expires: Timestamp,
}

/// An order as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderRecord {
    /// Its number in the records.
    pub id: i64,
    /// To which station.
    pub station: i64,
    /// Its number among the station's orders.
    pub number: u64,
    /// What to do.
    pub action: String,
    /// For which incident.
    pub incident: Option<i64>,
    /// Who gave it.
    pub by: String,
    /// When.
    pub issued: Timestamp,
    /// From then on it must not be done any more.
    pub expires: Timestamp,
    /// When the station fetched it.
    pub fetched: Option<Timestamp>,
    /// What became of it, as the station told.
    pub result: Option<OrderResult>,
}

/// What became of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderResult {
    /// In a word.
    pub outcome: Outcome,
    /// The end of what the action printed, or why it was not done.
    pub detail: String,
    /// When the station began with it.
    pub started: Timestamp,
    /// When it knew the outcome.
    pub ended: Timestamp,
}

const COLUMNS: &str = "id, station, number, action, incident, issued_at, expires_at, given_by, \
                       fetched_at, outcome, started_at, ended_at, detail";

const OUTCOMES: [(&str, Outcome); 4] = [
    ("done", Outcome::Done),
    ("failed", Outcome::Failed),
    ("refused", Outcome::Refused),
    ("unknown", Outcome::Unknown),
];

fn outcome_word(outcome: Outcome) -> &'static str {
    OUTCOMES.iter().find(|(_, known)| *known == outcome).map_or("unknown", |(word, _)| word)
}

impl Store {
    /// Gives an order its numbers and records it. Its number among the station's orders is above every
    /// one before, and not below the seconds since 1970: records that were restored from a copy do not
    /// give numbers again that the station has seen.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn add_order(&self, new: &NewOrder) -> Result<i64> {
        const DOING: &str = "record an order";
        let by = self.seal(BY_LABEL, new.by.as_bytes(), DOING)?;
        let mut transaction = self.begin(DOING).await?;
        self.lock(&mut transaction, "station_order", DOING).await?;
        let row = sqlx::query(
            "UPDATE station SET order_number = CASE WHEN order_number < $1 THEN $1 \
             ELSE order_number + 1 END WHERE number = $2 RETURNING order_number",
        )
        .bind(new.issued.as_second())
        .bind(new.station)
        .fetch_one(&mut *transaction)
        .await
        .map_err(sql(DOING))?;
        let number: i64 = column(&row, "order_number", DOING)?;
        let row = sqlx::query(
            "INSERT INTO station_order (id, station, number, action, incident, issued_at, \
             expires_at, given_by) \
             VALUES ((SELECT COALESCE(MAX(id), 0) + 1 FROM station_order), \
             $1, $2, $3, $4, $5, $6, $7) RETURNING id",
        )
        .bind(new.station)
        .bind(number)
        .bind(new.action.as_str())
        .bind(new.incident)
        .bind(new.issued.as_microsecond())
        .bind(new.expires.as_microsecond())
        .bind(by)
        .fetch_one(&mut *transaction)
        .await
        .map_err(sql(DOING))?;
        let id = column(&row, "id", DOING)?;
        transaction.commit().await.map_err(sql(DOING))?;
        Ok(id)
    }

    /// One order.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn order(&self, id: i64) -> Result<Option<OrderRecord>> {
        let text = format!("SELECT {COLUMNS} FROM station_order WHERE id = $1");
        let row = sqlx::query(sqlx::AssertSqlSafe(text))
            .bind(id)
            .fetch_optional(&self.readers)
            .await
            .map_err(sql("read an order"))?;
        row.as_ref().map(|row| self.order_of(row)).transpose()
    }

    /// The orders of a station, the newest first, at most [`ORDERS_LISTED_MAX`].
    ///
    /// # Errors
    /// When the records fail.
    pub async fn orders_to(&self, station: i64) -> Result<Vec<OrderRecord>> {
        let text = format!(
            "SELECT {COLUMNS} FROM station_order WHERE station = $1 ORDER BY number DESC LIMIT $2"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(text))
            .bind(station)
            .bind(ORDERS_LISTED_MAX)
            .fetch_all(&self.readers)
            .await
            .map_err(sql("list the orders to a station"))?;
        rows.iter().map(|row| self.order_of(row)).collect()
    }

    /// The orders that were given for an incident, the oldest first.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn orders_for(&self, incident: i64) -> Result<Vec<OrderRecord>> {
        let text =
            format!("SELECT {COLUMNS} FROM station_order WHERE incident = $1 ORDER BY id LIMIT $2");
        let rows = sqlx::query(sqlx::AssertSqlSafe(text))
            .bind(incident)
            .bind(ORDERS_LISTED_MAX)
            .fetch_all(&self.readers)
            .await
            .map_err(sql("list the orders of an incident"))?;
        rows.iter().map(|row| self.order_of(row)).collect()
    }

    /// The number of the newest order; 0 when there is none.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn newest_order(&self) -> Result<i64> {
        const DOING: &str = "look for new orders";
        let row = sqlx::query("SELECT COALESCE(MAX(id), 0) AS newest FROM station_order")
            .fetch_one(&self.readers)
            .await
            .map_err(sql(DOING))?;
        column(&row, "newest", DOING)
    }

    /// The orders that a station has still to act on, as far as is known: without a result, not expired,
    /// at most `most`, by number. They count as fetched from now on; they are handed over again until
    /// their result is here, since an answer can be lost. A station knows what it has acted on.
    ///
    /// # Errors
    /// When the records fail; then none counts as fetched.
    pub async fn fetch_orders(
        &self,
        station: i64,
        most: usize,
        now: Timestamp,
    ) -> Result<Vec<OrderRecord>> {
        const DOING: &str = "hand orders over";
        let text = format!(
            "SELECT {COLUMNS} FROM station_order WHERE station = $1 AND outcome IS NULL \
             AND expires_at > $2 ORDER BY number LIMIT $3"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(text))
            .bind(station)
            .bind(now.as_microsecond())
            .bind(i64::try_from(most).unwrap_or(i64::MAX))
            .fetch_all(&self.readers)
            .await
            .map_err(sql(DOING))?;
        let found = rows.iter().map(|row| self.order_of(row)).collect::<Result<Vec<_>>>()?;
        let text = "UPDATE station_order SET fetched_at = $1 WHERE id = $2 AND fetched_at IS NULL";
        for order in found.iter().filter(|order| order.fetched.is_none()) {
            sqlx::query(text)
                .bind(now.as_microsecond())
                .bind(order.id)
                .execute(&self.writer)
                .await
                .map_err(sql(DOING))?;
        }
        Ok(found)
    }

    /// Takes a batch of results: all of it is in the records when this returns, or nothing. The first
    /// result of an order holds; results of orders that are not this station's are dropped and counted.
    ///
    /// # Errors
    /// When the records fail; then nothing has changed.
    pub async fn take_results(&self, station: i64, results: &link::Results) -> Result<Accepted> {
        const DOING: &str = "take results of orders";
        let mut transaction = self.begin(DOING).await?;
        let stream = Stream::Results;
        if let Err(known) =
            self.count_batch(&mut transaction, station, stream, results.batch).await?
        {
            return Ok(known);
        }
        let mut dropped = 0;
        for result in &results.results {
            let WorkResult { order, outcome, detail, started_at, ended_at } = result;
            let done = sqlx::query(
                "UPDATE station_order SET outcome = $1, started_at = $2, ended_at = $3, \
                 detail = $4 WHERE station = $5 AND id = $6 AND outcome IS NULL",
            )
            .bind(outcome_word(*outcome))
            .bind(started_at.as_microsecond())
            .bind(ended_at.as_microsecond())
            .bind(self.seal(DETAIL_LABEL, detail.as_bytes(), DOING)?)
            .bind(station)
            .bind(order.parse::<i64>().unwrap_or(0))
            .execute(&mut *transaction)
            .await
            .map_err(sql(DOING))?;
            dropped += 1 - done.rows_affected().min(1);
        }
        transaction.commit().await.map_err(sql(DOING))?;
        Ok(Accepted { taken: results.batch, is_new: true, dropped })
    }

    fn order_of(&self, row: &AnyRow) -> Result<OrderRecord> {
        const DOING: &str = "read an order";
        let time = |name| Ok(column::<Option<i64>>(row, name, DOING)?.map(instant));
        let outcome: Option<String> = column(row, "outcome", DOING)?;
        let detail: Option<Vec<u8>> = column(row, "detail", DOING)?;
        let issued = instant(column(row, "issued_at", DOING)?);
        let result = match outcome {
            None => None,
            Some(word) => Some(OrderResult {
                outcome: OUTCOMES
                    .iter()
                    .find(|(known, _)| *known == word)
                    .map_or(Outcome::Unknown, |(_, outcome)| *outcome),
                detail: match detail {
                    Some(sealed) => self.open_text(DETAIL_LABEL, &sealed, DOING)?,
                    None => String::new(),
                },
                started: time("started_at")?.unwrap_or(issued),
                ended: time("ended_at")?.unwrap_or(issued),
            }),
        };
        let by: Vec<u8> = column(row, "given_by", DOING)?;
        Ok(OrderRecord {
            id: column(row, "id", DOING)?,
            station: column(row, "station", DOING)?,
            number: column::<i64>(row, "number", DOING)?.unsigned_abs(),
            action: column(row, "action", DOING)?,
            incident: column(row, "incident", DOING)?,
            by: self.open_text(BY_LABEL, &by, DOING)?,
            issued,
            expires: instant(column(row, "expires_at", DOING)?),
            fetched: time("fetched_at")?,
            result,
        })
    }
}
