//! Looks that stations bring: each batch once, however often it comes.

use jiff::Timestamp;
use link::limits::SKEW_MAX;
use sqlx::{Any, Transaction};

use crate::looks::{Look, Unlooked};
use crate::stations::{Accepted, Stream};
use crate::{Result, Store, column, sql};

/// What a station saw in about a second.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BroughtLooks {
    /// Its number, which only grows.
    pub batch: u64,
    /// Looks.
    pub looks: Vec<Look>,
    /// Times without looks.
    pub unlooked: Vec<Unlooked>,
}

impl Store {
    /// Records the batches of a station that are new, all of them or none; `brought` is in the order of
    /// their numbers. Those that came before change nothing; what is known from after `now` gives way.
    ///
    /// # Errors
    /// As [`record_looks`](Store::record_looks).
    pub async fn record_station_looks(
        &self,
        station: i64,
        brought: &[BroughtLooks],
        now: Timestamp,
    ) -> Result<Accepted> {
        const DOING: &str = "record what a station saw";
        let _turn = self.looks_turn.lock().await;
        let horizon = now.checked_add(SKEW_MAX).unwrap_or(now);
        self.load_runs(horizon).await?;
        let mut transaction = self.begin(DOING).await?;
        let taken = looks_taken(&mut transaction, station).await?;
        let new = || brought.iter().filter(|batch| batch.batch > taken);
        let Some(last) = new().next_back() else {
            return Ok(Accepted { taken, is_new: false, dropped: 0 });
        };
        let stream = Stream::Looks;
        if let Err(known) = self.count_batch(&mut transaction, station, stream, last.batch).await? {
            return Ok(known);
        }
        let looks: Vec<Look> = new().flat_map(|batch| batch.looks.iter().cloned()).collect();
        let unlooked: Vec<Unlooked> =
            new().flat_map(|batch| batch.unlooked.iter().cloned()).collect();
        let news = self.write_looks(&mut transaction, &looks, &unlooked, horizon).await?;
        sqlx::query("UPDATE station SET seen_at = $1 WHERE number = $2")
            .bind(now.as_microsecond())
            .bind(station)
            .execute(&mut *transaction)
            .await
            .map_err(sql(DOING))?;
        transaction.commit().await.map_err(sql(DOING))?;
        self.memory().keep_looks(news);
        Ok(Accepted { taken: last.batch, is_new: true, dropped: 0 })
    }

    /// The last batch of looks that was recorded of a station; 0: none.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn station_looks_taken(&self, station: i64) -> Result<u64> {
        const DOING: &str = "read what a station has brought";
        let mut transaction = self.readers.begin().await.map_err(sql(DOING))?;
        looks_taken(&mut transaction, station).await
    }
}

async fn looks_taken(transaction: &mut Transaction<'static, Any>, station: i64) -> Result<u64> {
    const DOING: &str = "read what a station has brought";
    let row =
        sqlx::query("SELECT taken FROM station_stream WHERE station = $1 AND stream = 'looks'")
            .bind(station)
            .fetch_optional(&mut **transaction)
            .await
            .map_err(sql(DOING))?;
    let taken = row.map(|row| column::<i64>(&row, "taken", DOING)).transpose()?;
    Ok(taken.unwrap_or(0).unsigned_abs())
}
