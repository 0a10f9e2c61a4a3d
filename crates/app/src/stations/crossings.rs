//! Uses that reach a threshold of a contract, from the readings of the machines that are kept under it.

use std::collections::BTreeMap;

use desk::{Use, over};
use jiff::{SignedDuration, Timestamp};
use link::Reading;
use store::{CrossingRecord, StationRecord, may_be_taken};
use terms::{Kind, Threshold};

use crate::{AppError, Office};

/// A use that was not read for so long has ended its crossing: the partition is not there any more.
const GONE_AFTER: SignedDuration = SignedDuration::from_hours(24);

/// Crossings of one station and promise that may last at a time; further ones are not begun.
pub const OPEN_CROSSINGS_MAX: usize = 200;

/// A use of a station stood at or above a threshold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crossing {
    /// On which station.
    pub station: String,
    /// What, since when, until when.
    pub what: CrossingRecord,
}

/// Crossings that last, or ended at or after an instant, the oldest first.
///
/// # Errors
/// When the records fail.
pub async fn crossings(office: &Office, since: Timestamp) -> Result<Vec<Crossing>, AppError> {
    let stations = office.store.stations().await?;
    let names: BTreeMap<i64, String> =
        stations.into_iter().map(|it| (it.number, it.name)).collect();
    let crossings = office.store.crossings(since).await?;
    let one = |(number, what): (i64, CrossingRecord)| {
        Some(Crossing { station: names.get(&number)?.clone(), what })
    };
    Ok(crossings.into_iter().filter_map(one).collect())
}

/// A threshold that a contract's check names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Under which contract.
    pub contract: String,
    /// Which promise of it.
    pub promise: String,
    /// From which use on somebody is told.
    pub threshold: Threshold,
    /// What it is about: `disk`, `inode`, `database-size`.
    pub about: Vec<String>,
}

/// The thresholds in force for a machine: those of the contracts that it is kept under.
#[must_use]
pub fn limits(office: &Office, station: &StationRecord, at: Timestamp) -> Vec<Limit> {
    let ours = office.contracts().into_iter().filter(|watched| {
        station.contracts.iter().any(|name| name == watched.contract.name.as_str())
    });
    let of_contract = |watched: &std::sync::Arc<crate::WatchedContract>| {
        let contract = watched.contract.name.to_string();
        let promises = watched.contract.terms_at(at).promises.clone();
        promises.into_iter().filter_map(move |promise| match promise.kind {
            Kind::Check(check) => {
                let about = check.what.iter().map(ToString::to_string).collect();
                let (contract, promise) = (contract.clone(), promise.name.to_string());
                Some(Limit { contract, promise, threshold: check.threshold?, about })
            }
            _ => None,
        })
    };
    ours.flat_map(of_contract).collect()
}

/// What is used, as contracts call it, of which partition or database, from the name of a series.
pub(super) fn used(series: &str) -> Option<(&'static str, &str)> {
    if let Some(point) = series.strip_prefix("disk.") {
        let disk = point.strip_suffix(".used_permille").map(|of| ("disk", of));
        let inode = point.strip_suffix(".inodes_used_permille").map(|of| ("inode", of));
        return disk.or(inode);
    }
    let name = series.strip_prefix("database.")?.strip_suffix(".used_permille")?;
    Some(("database-size", name))
}

/// The uses of a reading by what they are of.
fn uses(reading: &Reading) -> BTreeMap<&'static str, Vec<Use>> {
    let mut uses: BTreeMap<&'static str, Vec<Use>> = BTreeMap::new();
    for (series, value) in &reading.values {
        if let Some((what, of)) = used(series) {
            let used = u64::try_from(*value).unwrap_or(0);
            uses.entry(what).or_default().push(Use { of: of.to_owned(), used, total: 1_000 });
        }
    }
    uses
}

type Key = (String, String, String);

/// Crossings that begin, go on or end with these readings. `newest` is the newest reading that was
/// judged before: what is older changes nothing.
pub(super) fn crossed(
    office: &Office,
    station: &StationRecord,
    readings: &[Reading],
    newest: Option<Timestamp>,
    open: Vec<CrossingRecord>,
    now: Timestamp,
) -> Vec<CrossingRecord> {
    let key = |it: &CrossingRecord| (it.contract.clone(), it.promise.clone(), it.used_of.clone());
    let mut open: BTreeMap<Key, CrossingRecord> =
        open.into_iter().map(|crossing| (key(&crossing), crossing)).collect();
    let mut changed: BTreeMap<(Key, Timestamp), CrossingRecord> = BTreeMap::new();
    let (first, last) = may_be_taken(now);
    for reading in readings {
        if !(first..=last).contains(&reading.at) || newest.is_some_and(|it| reading.at <= it) {
            continue;
        }
        for crossing in judged(reading, &limits(office, station, reading.at), &mut open) {
            changed.insert((key(&crossing), crossing.from), crossing);
        }
    }
    changed.into_values().collect()
}

/// What one reading changes; `open` is what lasts before and after it.
fn judged(
    reading: &Reading,
    limits: &[Limit],
    open: &mut BTreeMap<Key, CrossingRecord>,
) -> Vec<CrossingRecord> {
    let uses = uses(reading);
    let mut changed = Vec::new();
    let mut read: Vec<Key> = Vec::new();
    for Limit { contract, promise, threshold, about } in limits {
        for what in about {
            let Some(uses) = uses.get(what.as_str()) else { continue };
            let key = |one: &Use| (contract.clone(), promise.clone(), format!("{what} {}", one.of));
            read.extend(uses.iter().map(key));
            for one in over(*threshold, uses) {
                let worst = i64::try_from(one.used).unwrap_or(i64::MAX);
                let key = key(one);
                let begins = || CrossingRecord {
                    contract: contract.clone(),
                    promise: promise.clone(),
                    used_of: key.2.clone(),
                    from: reading.at,
                    last: reading.at,
                    until: None,
                    at_least: threshold.at_least.0,
                    worst,
                };
                let is_beside = |it: &&Key| it.0 == *contract && it.1 == *promise;
                let is_full = || open.keys().filter(is_beside).count() >= OPEN_CROSSINGS_MAX;
                if !open.contains_key(&key) && is_full() {
                    continue;
                }
                let crossing = open.entry(key.clone()).or_insert_with(begins);
                crossing.last = reading.at;
                crossing.worst = crossing.worst.max(worst);
                changed.push(crossing.clone());
            }
        }
    }
    let is_named = |key: &Key| limits.iter().any(|it| it.contract == key.0 && it.promise == key.1);
    let ended: Vec<Key> = open
        .iter()
        .filter(|(key, crossing)| {
            let is_below = read.contains(key) && crossing.last < reading.at;
            let is_gone = reading.at.duration_since(crossing.last) > GONE_AFTER;
            is_below || is_gone || !is_named(key)
        })
        .map(|(key, _)| key.clone())
        .collect();
    for key in ended {
        let crossing = open.remove(&key);
        changed.extend(crossing.map(|it| CrossingRecord { until: Some(reading.at), ..it }));
    }
    changed
}

#[cfg(test)]
mod tests {
    use terms::Percent;

    use super::*;

    fn time(clock: &str) -> Timestamp {
        format!("2026-11-22T{clock}:00Z").parse().expect("an instant")
    }

    #[test]
    fn so_many_crossings_last_and_no_more() {
        let limit = Limit {
            contract: "skyarch".to_owned(),
            promise: "disk".to_owned(),
            threshold: Threshold { at_least: Percent(90 * Percent::ONE) },
            about: vec!["disk".to_owned()],
        };
        let value = |number| (format!("disk./{number}.used_permille"), 950);
        let values = (0..OPEN_CROSSINGS_MAX + 50).map(value).collect();
        let mut open = BTreeMap::new();
        let changed = judged(&Reading { at: time("06:00"), values }, &[limit], &mut open);
        assert_eq!((changed.len(), open.len()), (OPEN_CROSSINGS_MAX, OPEN_CROSSINGS_MAX));
    }

    #[test]
    fn each_partition_is_told_at_exactly_its_threshold() {
        let limit = |promise: &str, percent, about: &str| Limit {
            contract: "skyarch".to_owned(),
            promise: promise.to_owned(),
            threshold: Threshold { at_least: Percent(percent * Percent::ONE) },
            about: vec![about.to_owned()],
        };
        let all = [limit("disk", 90, "disk"), limit("inodes", 50, "inode")];
        // Permille of /, of /var, inodes of /; then what changed: what, since, until, worst.
        let story = [
            ("06:00", 899, 100, 499, ""),
            ("06:10", 900, 100, 499, "disk / 06:10–… 900"),
            ("06:20", 950, 100, 500, "disk / 06:10–… 950, inode / 06:20–… 500"),
            (
                "06:30",
                920,
                990,
                498,
                "disk / 06:10–… 950, disk /var 06:30–… 990, inode / 06:20–06:30 500",
            ),
            ("06:40", 899, 990, 0, "disk /var 06:30–… 990, disk / 06:10–06:40 950"),
            ("06:50", 900, 990, 0, "disk / 06:50–… 900, disk /var 06:30–… 990"),
        ];
        let mut open = BTreeMap::new();
        for (clock, root, var, inodes, expected) in story {
            let values = [
                ("disk./.used_permille", root),
                ("disk./var.used_permille", var),
                ("disk./.inodes_used_permille", inodes),
                ("load.1m_milli", 9_999),
            ];
            let values = values.map(|(name, value)| (name.to_owned(), value)).to_vec();
            let reading = Reading { at: time(clock), values };
            let short = |at: Timestamp| at.to_string()[11..16].to_owned();
            let told: Vec<String> = judged(&reading, &all, &mut open)
                .iter()
                .map(|it| {
                    let until = it.until.map_or("…".to_owned(), short);
                    format!("{} {}–{until} {}", it.used_of, short(it.from), it.worst)
                })
                .collect();
            assert_eq!(told.join(", "), expected, "{clock}");
        }
        let nothing = Reading { at: time("07:00"), values: vec![] };
        assert_eq!(judged(&nothing, &all, &mut open), [], "what is not read is not over");
        assert_eq!(judged(&nothing, &all[1..], &mut open).len(), 2, "the promise is gone");
    }

    #[test]
    fn names_of_series() {
        for (series, expected) in [
            ("disk./var.used_permille", Some(("disk", "/var"))),
            ("disk./a.b/c.used_permille", Some(("disk", "/a.b/c"))),
            ("disk./.inodes_used_permille", Some(("inode", "/"))),
            ("database.shop.used_permille", Some(("database-size", "shop"))),
            ("disk./var.free_bytes", None),
            ("memory.used_permille", None),
            ("load.1m_milli", None),
        ] {
            assert_eq!(used(series), expected, "{series}");
        }
    }
}
