//! Paging through the delivery log.
//!
//! A page is collected day by day, the newest day first, and stops when it is full. Addresses
//! and references are found by their blind indexes; a text that could stand in two columns is
//! asked for in each and the answers merged, so that each question walks one index in order.

use std::collections::HashMap;

use jiff::Timestamp;
use mail::SpoolId;
use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;

use crate::conditions::{Conditions, Value};
use crate::day::{Day, key_at, keys_of_message, parts};
use crate::fold::blind;
use crate::log::{DeliveryRow, Place, Status, open_queued, open_reply};
use crate::{Result, Store, column, instant, sql};

/// Most rows of one page.
pub const PAGE_MAX: u16 = 200;

/// An address or all of a domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// Exactly this address.
    Address(String),
    /// Every address of this domain, lower case.
    Domain(String),
}

/// What to look for. All given conditions hold together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Accepted at or after.
    pub from: Option<Timestamp>,
    /// Accepted before.
    pub until: Option<Timestamp>,
    /// Recipient.
    pub to: Option<Who>,
    /// From or envelope sender.
    pub sender: Option<Who>,
    /// Exact Message-ID, exact X-Api-Data, or one of our own ids.
    pub reference: Option<String>,
    /// Where it stands.
    pub status: Option<Status>,
    /// Which composition accepted it.
    pub composition: Option<String>,
    /// Rows, 1 to [`PAGE_MAX`].
    pub limit: u16,
    /// Continue behind this place.
    pub after: Option<Place>,
}

/// A page, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// The rows.
    pub rows: Vec<DeliveryRow>,
    /// Where the next page begins, when there is more.
    pub next: Option<Place>,
}

const DOING: &str = "search the delivery log";
/// What [`Store::row_of`] reads, of a delivery `d`.
pub(crate) const COLUMNS: &str = "d.delivery_key AS delivery_key, d.status AS status, \
    d.status_at AS status_at, d.composition AS composition, d.sealed AS sealed";

impl Store {
    /// One page of the log.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn search(&self, filter: &Filter) -> Result<Listing> {
        let wanted = usize::from(filter.limit.clamp(1, PAGE_MAX));
        let shared = self.shared_conditions(filter);
        let ways = self.ways(filter);
        let mut rows: Vec<(Place, AnyRow)> = Vec::new();
        for day in self.days().await? {
            if filter.from.is_some_and(|from| day < Day::of(from)) || rows.len() > wanted {
                break;
            }
            if filter.until.is_some_and(|until| day > Day::of(until))
                || filter.after.is_some_and(|after| day > after.day)
            {
                continue;
            }
            rows.extend(self.search_day(day, filter, &shared, &ways, wanted + 1).await?);
        }
        let next = (rows.len() > wanted).then(|| rows[wanted - 1].0);
        rows.truncate(wanted);
        let nodes = self.node_names().await?;
        let rows =
            rows.iter().map(|(place, row)| self.row_of(*place, row, &nodes)).collect::<Result<_>>();
        Ok(Listing { rows: rows?, next })
    }

    /// At most `limit` rows of one day, the newest first.
    async fn search_day(
        &self,
        day: Day,
        filter: &Filter,
        shared: &Conditions,
        ways: &[Way],
        limit: usize,
    ) -> Result<Vec<(Place, AnyRow)>> {
        let mut found: Vec<(Place, AnyRow)> = Vec::new();
        for way in ways {
            let mut conditions = shared.clone();
            match way {
                Way::Walk => {}
                Way::Index(column, index) => {
                    conditions.and(&format!("d.{column} = ?"), [Value::Number(*index)]);
                }
                Way::Message(message) if Day::of_message(*message) == day => {
                    let keys = keys_of_message(*message);
                    conditions.and(
                        "d.delivery_key >= ? AND d.delivery_key < ?",
                        [Value::Number(keys.start), Value::Number(keys.end)],
                    );
                }
                Way::Message(_) => continue,
            }
            if let Some(from) = filter.from.filter(|from| Day::of(*from) == day) {
                conditions.and("d.delivery_key >= ?", [Value::Number(key_at(day, from))]);
            }
            if let Some(until) = filter.until.filter(|until| Day::of(*until) == day) {
                conditions.and("d.delivery_key < ?", [Value::Number(key_at(day, until))]);
            }
            if let Some(after) = filter.after.filter(|after| after.day == day) {
                conditions.and("d.delivery_key < ?", [Value::Number(after.key)]);
            }
            let text = format!(
                "SELECT {COLUMNS}, a.sealed AS attempt FROM delivery_{day} AS d \
                 LEFT JOIN attempt_{day} AS a \
                 ON a.delivery_key = d.delivery_key AND a.step = d.step \
                 WHERE {} ORDER BY d.delivery_key DESC LIMIT {limit}",
                conditions.text
            );
            for row in self.fetch(text, &conditions).await? {
                let key = column(&row, "delivery_key", DOING)?;
                found.push((Place { day, key }, row));
            }
        }
        found.sort_by_key(|(place, _)| std::cmp::Reverse(place.key));
        found.dedup_by_key(|(place, _)| place.key);
        found.truncate(limit);
        Ok(found)
    }

    /// Every text differs by day, so it is not kept prepared.
    pub(crate) async fn fetch(&self, text: String, conditions: &Conditions) -> Result<Vec<AnyRow>> {
        let arguments = conditions.arguments().map_err(sql(DOING))?;
        sqlx::query_with(AssertSqlSafe(text), arguments)
            .persistent(false)
            .fetch_all(&self.readers)
            .await
            .map_err(sql(DOING))
    }

    fn shared_conditions(&self, filter: &Filter) -> Conditions {
        let mut all = Conditions::default();
        all.and("d.sealed IS NOT NULL", []);
        match &filter.to {
            Some(Who::Address(address)) => {
                all.and("d.to_index = ?", [Value::Number(blind(&self.vault, "to", address))]);
            }
            Some(Who::Domain(domain)) => {
                all.and("d.to_domain = ?", [Value::Text(domain.to_lowercase())]);
            }
            None => {}
        }
        match &filter.sender {
            Some(Who::Address(address)) if filter.reference.is_some() => {
                let index = blind(&self.vault, "from", address);
                let both = [Value::Number(index), Value::Number(index)];
                all.and("(d.from_index = ? OR d.sender_index = ?)", both);
            }
            Some(Who::Domain(domain)) => {
                all.and("d.from_domain = ?", [Value::Text(domain.to_lowercase())]);
            }
            Some(Who::Address(_)) | None => {}
        }
        if let Some(status) = filter.status {
            // Literal numbers, so that the planner sees when the partial index applies.
            let number = status.number();
            let partial = if number == 2 { "" } else { " AND d.status <> 2" };
            all.and(&format!("d.status = {number}{partial}"), []);
        }
        if let Some(composition) = &filter.composition {
            all.and("d.composition = ?", [Value::Text(composition.clone())]);
        }
        all
    }

    fn ways(&self, filter: &Filter) -> Vec<Way> {
        if let Some(reference) = &filter.reference {
            let reference = reference.trim();
            let bare = reference
                .strip_prefix('<')
                .and_then(|rest| rest.strip_suffix('>'))
                .unwrap_or(reference);
            let mut ways = vec![
                Way::Index("message_id_index", blind(&self.vault, "message-id", bare)),
                Way::Index("api_data_index", blind(&self.vault, "api-data", reference)),
            ];
            ways.extend(reference.parse().ok().map(Way::Message));
            return ways;
        }
        if let Some(Who::Address(address)) = &filter.sender {
            let index = blind(&self.vault, "from", address);
            return vec![Way::Index("from_index", index), Way::Index("sender_index", index)];
        }
        vec![Way::Walk]
    }

    pub(crate) async fn node_names(&self) -> Result<HashMap<i64, String>> {
        let rows = sqlx::query("SELECT id, name FROM node")
            .fetch_all(&self.readers)
            .await
            .map_err(sql(DOING))?;
        rows.iter()
            .map(|row| Ok((column(row, "id", DOING)?, column(row, "name", DOING)?)))
            .collect()
    }

    pub(crate) fn queued_of(
        &self,
        place: Place,
        row: &AnyRow,
        nodes: &HashMap<i64, String>,
    ) -> Result<(mail::Queued, Status)> {
        let (message, recipient, node) = parts(place.day, place.key);
        let node = nodes.get(&node).cloned().unwrap_or_default();
        let composition: Option<String> = column(row, "composition", DOING)?;
        let queued = open_queued(
            &self.vault,
            column(row, "sealed", DOING)?,
            (node, message, recipient),
            composition.unwrap_or_default(),
        )?;
        Ok((queued, Status::from_number(column(row, "status", DOING)?)))
    }

    pub(crate) fn row_of(
        &self,
        place: Place,
        row: &AnyRow,
        nodes: &HashMap<i64, String>,
    ) -> Result<DeliveryRow> {
        let (queued, status) = self.queued_of(place, row, nodes)?;
        let attempt: Option<Vec<u8>> = column(row, "attempt", DOING)?;
        let reply = match attempt {
            Some(sealed) => open_reply(&self.vault, &sealed)?,
            None => None,
        };
        Ok(DeliveryRow {
            queued,
            status,
            status_at: instant(column(row, "status_at", DOING)?),
            reply,
        })
    }
}

/// The index that a question walks.
enum Way {
    /// The primary key, or whatever the shared conditions offer.
    Walk,
    /// A blind index in that column.
    Index(&'static str, i64),
    /// The recipients of one message.
    Message(SpoolId),
}
