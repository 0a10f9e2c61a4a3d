//! Parts of the page of a machine: its partitions against the thresholds, and its collected logs.

use std::collections::BTreeMap;

use app::Office;
use app::stations::{self, HOURS_SHOWN, Hour, Limit, Seen, SlotRecord, StationRecord, Trouble};
use jiff::Timestamp;

use crate::failure::Failure;

/// Slots of one source whose lines are shown.
const LINES_SHOWN_OF: usize = 3;

/// A partition with its space and its inodes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Partition {
    /// Where it is mounted.
    pub point: String,
    /// Per mille in use.
    pub used: Option<i64>,
    /// Bytes in all.
    pub size: Option<i64>,
    /// Bytes that can be had.
    pub free: Option<i64>,
    /// Per mille of its inodes in use; none where there is no table of them.
    pub inodes: Option<i64>,
    /// The threshold that counts for its space, in words; and whether it is reached.
    pub space_limit: Option<(String, bool)>,
    /// The same for its inodes.
    pub inode_limit: Option<(String, bool)>,
}

/// The partitions of a machine, each with the strictest threshold of its contracts.
pub fn partitions(seen: &Seen, limits: &[Limit]) -> Vec<Partition> {
    let mut all: BTreeMap<&str, Partition> = BTreeMap::new();
    for (series, value) in &seen.values {
        let Some((point, what)) = series.strip_prefix("disk.").and_then(|it| it.rsplit_once('.'))
        else {
            continue;
        };
        let partition = all.entry(point).or_default();
        let place = match what {
            "used_permille" => &mut partition.used,
            "size_bytes" => &mut partition.size,
            "free_bytes" => &mut partition.free,
            "inodes_used_permille" => &mut partition.inodes,
            _ => continue,
        };
        *place = Some(*value);
    }
    let strictest = |what: &str| {
        let about = limits.iter().filter(|limit| limit.about.iter().any(|it| it == what));
        about.map(|limit| limit.threshold.at_least).min()
    };
    let is_reached = |what: &str, point: &str| {
        let used_of = format!("{what} {point}");
        seen.crossings.iter().any(|crossing| crossing.used_of == used_of)
    };
    let limit =
        |what: &str, point: &str| Some((strictest(what)?.to_string(), is_reached(what, point)));
    let whole = |(point, partition): (&str, Partition)| Partition {
        point: point.to_owned(),
        space_limit: limit("disk", point),
        inode_limit: partition.inodes.and_then(|_| limit("inode", point)),
        ..partition
    };
    all.into_iter().map(whole).collect()
}

/// One hour of a source, for a cell of its strip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HourView {
    /// When it begins.
    pub from: Timestamp,
    /// What was read.
    pub hour: Hour,
}

impl HourView {
    /// A style name.
    pub fn tone(&self) -> &'static str {
        match (self.hour.is_missing, self.hour.is_to_come, self.hour.trouble) {
            _ if self.hour.is_before => "before",
            (true, ..) => "missing",
            (false, true, _) => "to-come",
            (false, false, 1..) => "trouble",
            (false, false, 0) => "read",
        }
    }
}

/// One log of a machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceView {
    /// Its name in the agent's file.
    pub source: String,
    /// The last two days.
    pub hours: Vec<HourView>,
    /// The newest slots with trouble, the newest first, with the lines of some.
    pub troubled: Vec<(SlotRecord, Vec<Trouble>)>,
}

impl SourceView {
    /// Hours of which something is missing.
    pub fn missing(&self) -> u64 {
        self.hours.iter().filter(|it| it.hour.is_missing).count() as u64
    }

    /// Hours before the collection began.
    pub fn before(&self) -> u64 {
        self.hours.iter().filter(|it| it.hour.is_before).count() as u64
    }

    /// Lines of trouble in all.
    pub fn trouble(&self) -> u64 {
        self.hours.iter().map(|it| it.hour.trouble).sum()
    }

    /// Lines in all.
    pub fn lines(&self) -> u64 {
        self.hours.iter().map(|it| it.hour.lines).sum()
    }

    /// How many hours there were since the collection began.
    pub fn shown(&self) -> u64 {
        HOURS_SHOWN.unsigned_abs().saturating_sub(self.before())
    }
}

/// The logs of a machine, with the lines of the newest trouble.
pub async fn sources(
    office: &Office,
    station: &StationRecord,
    now: Timestamp,
) -> Result<Vec<SourceView>, Failure> {
    let mut views = Vec::new();
    for source in stations::collected(office, station, now).await? {
        let mut troubled = Vec::new();
        for (place, slot) in source.troubled.into_iter().enumerate() {
            let lines = match place < LINES_SHOWN_OF {
                true => stations::trouble(office, station, &slot).await?,
                false => Vec::new(),
            };
            troubled.push((slot, lines));
        }
        let hour = |(place, hour): (i64, Hour)| {
            let second = source.from.as_second() + place * 3_600;
            HourView { from: Timestamp::from_second(second).unwrap_or(source.from), hour }
        };
        let hours = (0..).zip(source.hours).map(hour).collect();
        views.push(SourceView { source: source.source, hours, troubled });
    }
    Ok(views)
}

/// The key of the kind of a state's thing, and the thing's own name.
pub fn named_of(name: &str) -> (&'static str, &str) {
    const KINDS: [(&str, &str); 6] = [
        ("unit.", "machine-unit"),
        ("process.", "machine-process"),
        ("raid.", "machine-raid"),
        ("database.", "machine-database"),
        ("log.", "machine-log"),
        ("disk.", "machine-disk"),
    ];
    let of = |(begin, key): &(&str, &'static str)| name.strip_prefix(begin).map(|of| (*key, of));
    KINDS.iter().find_map(of).unwrap_or(("", name))
}
