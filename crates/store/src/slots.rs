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

/// Longest span whose first and last hours are told apart from their days: 10 days.
const HOURS_MATTER_SECONDS: i64 = 10 * DAY;

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
/// Span, slot, composition, domain.
type DomainKey = (i64, i64, String, String);
/// Counts by kind, in the order of its numbers.
type Kinds = [i64; 5];
/// Rows to add.
type Sums<K, V> = Vec<(K, V)>;

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
            let (span, slot, composition, domain) = key;
            values.put(*span).put(*slot).put(composition.as_str()).put(domain.as_str());
            for count in total {
                values.put(*count);
            }
        })
        .await
        .map_err(sql(DOING))?;
        Ok(())
    }

    fn roll_up(&self, tally: &Tally) -> (Sums<TotalKey, i64>, Sums<DomainKey, Kinds>) {
        let mut totals: BTreeMap<TotalKey, i64> = BTreeMap::new();
        let mut by_domain: BTreeMap<DomainKey, Kinds> = BTreeMap::new();
        let mut memory = self.memory();
        for (composition, domains) in &tally.0 {
            // The busiest first, since names go to those who come first while there are any left.
            let mut domains: Vec<_> = domains.iter().collect();
            domains.sort_by_key(|(_, counts)| std::cmp::Reverse(counts.values().sum::<i64>()));
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
                        let key = (span, slot, composition.clone(), domain.to_owned());
                        let kinds = by_domain.entry(key).or_default();
                        // Kinds are numbers of a status: 0 to 4.
                        if let Some(sum) = kinds.get_mut(kind as usize) {
                            *sum += count;
                        }
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

    /// The recipient domains with most facts in the span, widened to whole hours, or beyond
    /// 10 days to whole days (UTC); the busiest first, at most `limit` (1 to [`BUSIEST_MAX`]).
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
        let limit = i64::from(limit.clamp(1, BUSIEST_MAX));
        let rows = sqlx::query(
            "SELECT to_domain, CAST(SUM(queued) AS BIGINT) AS queued, \
             CAST(SUM(deferred) AS BIGINT) AS deferred, \
             CAST(SUM(succeeded) AS BIGINT) AS succeeded, \
             CAST(SUM(failed) AS BIGINT) AS failed, \
             CAST(SUM(suppressed) AS BIGINT) AS suppressed FROM slot_domain \
             WHERE ((span = 3600 AND slot >= $1 AND slot < $2) \
             OR (span = 86400 AND slot >= $3 AND slot < $4) \
             OR (span = 3600 AND slot >= $5 AND slot < $6)) \
             AND ($7 = 0 OR composition = $8) GROUP BY to_domain \
             ORDER BY SUM(queued + deferred + succeeded + failed + suppressed) DESC, to_domain \
             LIMIT $9",
        )
        .bind(head.0)
        .bind(head.1)
        .bind(days.0)
        .bind(days.1)
        .bind(tail.0)
        .bind(tail.1)
        .bind(i64::from(composition.is_some()))
        .bind(composition.unwrap_or_default())
        .bind(limit)
        .fetch_all(&self.readers)
        .await
        .map_err(sql(DOING))?;
        let count = |row, name| Ok(column::<i64>(row, name, DOING)?.unsigned_abs());
        rows.iter()
            .map(|row| {
                let slot = Slot {
                    queued: count(row, "queued")?,
                    deferred: count(row, "deferred")?,
                    succeeded: count(row, "succeeded")?,
                    failed: count(row, "failed")?,
                    suppressed: count(row, "suppressed")?,
                };
                Ok((column(row, "to_domain", DOING)?, slot))
            })
            .collect()
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

/// Divides a span of seconds, widened to whole hours (a long one to whole days), into hours before the first whole day,
/// whole days, and hours behind the last.
fn parts_of_span(from: i64, until: i64) -> [(i64, i64); 3] {
    let grain = if until - from > HOURS_MATTER_SECONDS { DAY } else { HOUR };
    let begin = from.div_euclid(grain) * grain;
    let end = -(-until).div_euclid(grain) * grain;
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
            // From 01:00 over eleven days to 02:00: the days that they touch.
            ((3_600, 957_600), [(0, 0), (0, 1_036_800), (1_036_800, 1_036_800)]),
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
