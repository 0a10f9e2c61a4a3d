//! Counts of facts by slot of time, kept beside the log so that a graph of 40 days reads a few
//! thousand rows and never the deliveries.
//!
//! Totals are kept by minute and hour, recipient domains by hour and day.

use std::collections::{BTreeMap, HashSet};

use jiff::Timestamp;
use sqlx::{Any, Transaction};

use crate::day::Day;
use crate::log::{Slot, Status};
use crate::statement::Form;
use crate::{Result, Store, column, instant, sql};

/// Length of a slot of totals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlotSpan {
    /// 60 seconds.
    Minute,
    /// 3,600 seconds.
    Hour,
}

/// Recipient domains counted by name in one hour or day; more are counted as
/// [`OTHER_DOMAINS`].
pub const DOMAINS_PER_SLOT_MAX: usize = 1_000;
/// The name under which the rest is counted.
pub const OTHER_DOMAINS: &str = "(other)";
/// Most domains that [`Store::busiest`] tells.
pub const BUSIEST_MAX: u16 = 100;

/// Hours and days whose domains are remembered between batches.
const CENSUS_SLOTS_MAX: usize = 6;

const MINUTE: i64 = 60;
const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;

impl SlotSpan {
    /// Its length in seconds.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        match self {
            SlotSpan::Minute => MINUTE,
            SlotSpan::Hour => HOUR,
        }
    }
}

/// What a batch adds, by composition, domain, minute and kind.
#[derive(Default)]
pub(crate) struct Tally(BTreeMap<String, BTreeMap<String, Counts>>);

/// Facts by minute and kind.
type Counts = BTreeMap<(i64, i64), i64>;

impl Tally {
    /// One fact of a kind (a status number) at an instant in microseconds.
    pub(crate) fn count(&mut self, composition: &str, to_domain: &str, at: i64, kind: i64) {
        let minute = at.div_euclid(1_000_000 * MINUTE) * MINUTE;
        let domains = entry(&mut self.0, composition);
        *entry(domains, to_domain).entry((minute, kind)).or_default() += 1;
    }
}

/// As `BTreeMap::entry`, without making the key anew where it is there.
fn entry<'a, V: Default>(map: &'a mut BTreeMap<String, V>, key: &str) -> &'a mut V {
    if !map.contains_key(key) {
        map.insert(key.to_owned(), V::default());
    }
    map.get_mut(key).expect("it was there or has just been put there")
}

/// Which domains have been counted by name in the newest hours and days.
#[derive(Default)]
pub(crate) struct Census(BTreeMap<(i64, i64), HashSet<String>>);

impl Census {
    fn admit(&mut self, (span, slot): (i64, i64), domain: &str) -> bool {
        let seen = self.0.entry((span, slot)).or_default();
        if seen.contains(domain) {
            return true;
        }
        seen.len() < DOMAINS_PER_SLOT_MAX && seen.insert(domain.to_owned())
    }

    fn forget_oldest(&mut self) {
        while self.0.len() > CENSUS_SLOTS_MAX {
            let oldest = self.0.keys().min_by_key(|(_, slot)| *slot).copied();
            oldest.map(|slot| self.0.remove(&slot));
        }
    }
}

/// Span, slot, composition, kind.
type TotalKey = (i64, i64, String, i64);
/// Span, slot, composition, domain, kind.
type DomainKey = (i64, i64, String, String, i64);
/// Rows to add.
type Sums<K> = Vec<(K, i64)>;

impl Store {
    /// Adds a batch's counts, in the transaction that records the batch.
    pub(crate) async fn add_to_slots(
        &self,
        transaction: &mut Transaction<'static, Any>,
        tally: Tally,
    ) -> Result<()> {
        const DOING: &str = "count facts for the graph";
        self.recall_census(transaction, &tally).await?;
        let (totals, domains) = self.roll_up(&tally);
        self.run_form(transaction, (Form::SlotTotal, Day(0)), &totals, |values, (key, total)| {
            let (span, slot, composition, kind) = key;
            values.put(*span).put(*slot).put(composition.as_str()).put(*kind).put(*total);
        })
        .await
        .map_err(sql(DOING))?;
        self.run_form(transaction, (Form::SlotDomain, Day(0)), &domains, |values, (key, total)| {
            let (span, slot, composition, domain, kind) = key;
            values.put(*span).put(*slot).put(composition.as_str()).put(domain.as_str());
            values.put(*kind).put(*total);
        })
        .await
        .map_err(sql(DOING))?;
        Ok(())
    }

    fn roll_up(&self, tally: &Tally) -> (Sums<TotalKey>, Sums<DomainKey>) {
        let mut totals: BTreeMap<TotalKey, i64> = BTreeMap::new();
        let mut by_domain: BTreeMap<DomainKey, i64> = BTreeMap::new();
        let mut memory = self.memory();
        for (composition, domains) in &tally.0 {
            for (domain, counts) in domains {
                for (&(minute, kind), &count) in counts {
                    for span in [MINUTE, HOUR] {
                        let slot = minute.div_euclid(span) * span;
                        *totals.entry((span, slot, composition.clone(), kind)).or_default() +=
                            count;
                    }
                    for span in [HOUR, DAY] {
                        let slot = minute.div_euclid(span) * span;
                        let named = memory.census.admit((span, slot), domain);
                        let domain = if named { domain.as_str() } else { OTHER_DOMAINS };
                        let key = (span, slot, composition.clone(), domain.to_owned(), kind);
                        *by_domain.entry(key).or_default() += count;
                    }
                }
            }
        }
        memory.census.forget_oldest();
        (totals.into_iter().collect(), by_domain.into_iter().collect())
    }

    /// Loads the domains of hours and days that are not remembered, as after a start.
    async fn recall_census(
        &self,
        transaction: &mut Transaction<'static, Any>,
        tally: &Tally,
    ) -> Result<()> {
        const DOING: &str = "list the domains of an hour";
        let minutes: HashSet<i64> = tally
            .0
            .values()
            .flat_map(BTreeMap::values)
            .flat_map(|counts| counts.keys().map(|(minute, _)| *minute))
            .collect();
        let mut missing: HashSet<(i64, i64)> = HashSet::new();
        {
            let memory = self.memory();
            for minute in minutes {
                for span in [HOUR, DAY] {
                    let slot = (span, minute.div_euclid(span) * span);
                    if !memory.census.0.contains_key(&slot) {
                        missing.insert(slot);
                    }
                }
            }
        }
        for (span, slot) in missing {
            let rows = sqlx::query(
                "SELECT DISTINCT to_domain FROM slot_domain \
                 WHERE span = $1 AND slot = $2 AND to_domain <> $3",
            )
            .bind(span)
            .bind(slot)
            .bind(OTHER_DOMAINS)
            .fetch_all(&mut **transaction)
            .await
            .map_err(sql(DOING))?;
            let domains = rows
                .iter()
                .map(|row| column(row, "to_domain", DOING))
                .collect::<Result<HashSet<String>>>()?;
            self.memory().census.0.insert((span, slot), domains);
        }
        Ok(())
    }

    /// Counts of the slots that begin in the half-open span, in order; empty ones are left out.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn slot_totals(
        &self,
        span: SlotSpan,
        from: Timestamp,
        until: Timestamp,
        composition: Option<&str>,
    ) -> Result<Vec<(Timestamp, Slot)>> {
        const DOING: &str = "read the counts of the graph";
        let rows = sqlx::query(
            "SELECT slot, kind, CAST(SUM(total) AS BIGINT) AS total FROM slot_total \
             WHERE span = $1 AND slot >= $2 AND slot < $3 \
             AND ($4 = 0 OR composition = $5) GROUP BY slot, kind",
        )
        .bind(span.seconds())
        .bind(from.as_second())
        .bind(until.as_second())
        .bind(i64::from(composition.is_some()))
        .bind(composition.unwrap_or_default())
        .fetch_all(&self.readers)
        .await
        .map_err(sql(DOING))?;
        let mut slots: BTreeMap<i64, Slot> = BTreeMap::new();
        for row in &rows {
            let status = Status::from_number(column(row, "kind", DOING)?);
            let total: i64 = column(row, "total", DOING)?;
            slots.entry(column(row, "slot", DOING)?).or_default().add(status, total.unsigned_abs());
        }
        Ok(slots.into_iter().map(|(s, slot)| (instant(s * 1_000_000), slot)).collect())
    }

    /// The recipient domains with most facts in the span, widened to whole hours; the busiest
    /// first, at most `limit` (1 to [`BUSIEST_MAX`]).
    ///
    /// # Errors
    /// When the records fail.
    pub async fn busiest(
        &self,
        from: Timestamp,
        until: Timestamp,
        composition: Option<&str>,
        limit: u16,
    ) -> Result<Vec<(String, Slot)>> {
        const DOING: &str = "read the counts by domain";
        let [head, days, tail] = parts_of_span(from.as_second(), until.as_second());
        let rows = sqlx::query(
            "SELECT to_domain, kind, CAST(SUM(total) AS BIGINT) AS total FROM (\
             SELECT composition, to_domain, kind, total FROM slot_domain \
             WHERE span = 3600 AND slot >= $1 AND slot < $2 UNION ALL \
             SELECT composition, to_domain, kind, total FROM slot_domain \
             WHERE span = 86400 AND slot >= $3 AND slot < $4 UNION ALL \
             SELECT composition, to_domain, kind, total FROM slot_domain \
             WHERE span = 3600 AND slot >= $5 AND slot < $6) AS parts \
             WHERE ($7 = 0 OR composition = $8) GROUP BY to_domain, kind",
        )
        .bind(head.0)
        .bind(head.1)
        .bind(days.0)
        .bind(days.1)
        .bind(tail.0)
        .bind(tail.1)
        .bind(i64::from(composition.is_some()))
        .bind(composition.unwrap_or_default())
        .fetch_all(&self.readers)
        .await
        .map_err(sql(DOING))?;
        let mut domains: BTreeMap<String, Slot> = BTreeMap::new();
        for row in &rows {
            let status = Status::from_number(column(row, "kind", DOING)?);
            let total: i64 = column(row, "total", DOING)?;
            let domain: String = column(row, "to_domain", DOING)?;
            domains.entry(domain).or_default().add(status, total.unsigned_abs());
        }
        let mut domains: Vec<_> = domains.into_iter().collect();
        domains.sort_by(|a, b| b.1.total().cmp(&a.1.total()).then_with(|| a.0.cmp(&b.0)));
        domains.truncate(usize::from(limit.clamp(1, BUSIEST_MAX)));
        Ok(domains)
    }

    pub(crate) async fn drop_slots_before(&self, first: Day) -> Result<()> {
        const DOING: &str = "drop the counts of old days";
        for span in [MINUTE, HOUR] {
            sqlx::query("DELETE FROM slot_total WHERE span = $1 AND slot < $2")
                .bind(span)
                .bind(first.first_second())
                .execute(&self.writer)
                .await
                .map_err(sql(DOING))?;
        }
        for span in [HOUR, DAY] {
            sqlx::query("DELETE FROM slot_domain WHERE span = $1 AND slot < $2")
                .bind(span)
                .bind(first.first_second())
                .execute(&self.writer)
                .await
                .map_err(sql(DOING))?;
        }
        Ok(())
    }
}

/// Divides a span of seconds, widened to whole hours, into hours before the first whole day,
/// whole days, and hours behind the last.
fn parts_of_span(from: i64, until: i64) -> [(i64, i64); 3] {
    let begin = from.div_euclid(HOUR) * HOUR;
    let end = -(-until).div_euclid(HOUR) * HOUR;
    let first_day = -(-begin).div_euclid(DAY) * DAY;
    let last_day = end.div_euclid(DAY) * DAY;
    if first_day >= last_day {
        return [(begin, end), (0, 0), (0, 0)];
    }
    [(begin, first_day), (first_day, last_day), (last_day, end)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_hours_days_hours() {
        let cases = [
            // Half past ten to half past eleven: two hours.
            ((37_800, 41_400), [(36_000, 43_200), (0, 0), (0, 0)]),
            // One whole day.
            ((86_400, 172_800), [(86_400, 86_400), (86_400, 172_800), (172_800, 172_800)]),
            // From 23:00 over a day to 01:00.
            ((82_800, 176_400), [(82_800, 86_400), (86_400, 172_800), (172_800, 176_400)]),
        ];
        for ((from, until), expected) in cases {
            assert_eq!(parts_of_span(from, until), expected, "{from} to {until}");
        }
    }

    #[test]
    fn the_thousand_and_first_domain_of_an_hour_is_other() {
        let mut census = Census::default();
        for n in 0..DOMAINS_PER_SLOT_MAX {
            assert!(census.admit((HOUR, 0), &format!("d{n}.example")));
        }
        assert!(!census.admit((HOUR, 0), "late.example"));
        assert!(census.admit((HOUR, 0), "d7.example"));
        assert!(census.admit((HOUR, HOUR), "late.example"));
    }
}
