//! Collected logs as pages show them: hour by hour for each source, with what is missing.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use link::Trouble;
use store::{SlotRecord, StationRecord};

use crate::{AppError, Office};

/// How far back a page looks, in hours.
pub const HOURS_SHOWN: i64 = 48;
/// How long after its end a slot may still be on its way.
const ON_ITS_WAY: SignedDuration = SignedDuration::from_mins(10);

/// What one source said in one hour.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hour {
    /// Lines read.
    pub lines: u64,
    /// Lines of trouble.
    pub trouble: u64,
    /// In at least a part of it nobody read, or nothing came.
    pub is_missing: bool,
    /// Nobody collected yet: the first slot of the source is later.
    pub is_before: bool,
    /// Nothing can have come yet.
    pub is_to_come: bool,
}

/// The hours of one source, the earliest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceHours {
    /// Its name in the agent's file.
    pub source: String,
    /// Where the first hour begins.
    pub from: Timestamp,
    /// Each hour up to now.
    pub hours: Vec<Hour>,
    /// The newest slots with trouble, the newest first.
    pub troubled: Vec<SlotRecord>,
}

/// Slots with trouble that are listed of each source.
const TROUBLED_LISTED: usize = 10;

/// The last [`HOURS_SHOWN`] hours of every source of a station, by name.
///
/// # Errors
/// When the records fail.
pub async fn collected(
    office: &Office,
    station: &StationRecord,
    now: Timestamp,
) -> Result<Vec<SourceHours>, AppError> {
    let end = now.as_second().div_euclid(3_600) * 3_600 + 3_600;
    let from = Timestamp::from_second(end - HOURS_SHOWN * 3_600).unwrap_or(Timestamp::MIN);
    let slots = office.store.log_slots(station.number, from, Timestamp::MAX).await?;
    let mut by_source: BTreeMap<String, Vec<SlotRecord>> = BTreeMap::new();
    let began = office.store.log_began(station.number).await?;
    for slot in slots {
        by_source.entry(slot.source.clone()).or_default().push(slot);
    }
    let hours = |(source, slots): (String, Vec<SlotRecord>)| SourceHours {
        hours: hours(&slots, began.get(&source).copied().unwrap_or(from), from, now),
        troubled: slots.into_iter().filter(|it| it.trouble > 0).take(TROUBLED_LISTED).collect(),
        source,
        from,
    };
    Ok(by_source.into_iter().map(hours).collect())
}

/// The lines of trouble of one slot.
///
/// # Errors
/// When the records fail.
pub async fn trouble(
    office: &Office,
    station: &StationRecord,
    slot: &SlotRecord,
) -> Result<Vec<Trouble>, AppError> {
    Ok(office.store.log_trouble(station.number, &slot.source, slot.from).await?)
}

/// `began` is when the source was collected first: what was before it is not missing, nor is the part
/// of its first slot that passed before.
fn hours(slots: &[SlotRecord], began: Timestamp, from: Timestamp, now: Timestamp) -> Vec<Hour> {
    let mut hours = Vec::new();
    for place in 0..HOURS_SHOWN {
        let hour = SignedDuration::from_hours(place);
        let begin = from.checked_add(hour).unwrap_or(Timestamp::MAX);
        let end = begin.checked_add(SignedDuration::from_hours(1)).unwrap_or(Timestamp::MAX);
        let touching = || slots.iter().filter(|slot| slot.from < end && slot.until > begin);
        let read: SignedDuration = touching()
            .filter(|slot| !slot.gap)
            .map(|slot| slot.until.min(end).duration_since(slot.from.max(begin)))
            .fold(SignedDuration::ZERO, |sum, one| sum.saturating_add(one));
        let before = began.min(end).duration_since(begin).max(SignedDuration::ZERO);
        let read = read.saturating_add(before);
        let is_before = began >= end;
        let is_open = now < end.checked_add(ON_ITS_WAY).unwrap_or(Timestamp::MAX);
        let has_gap = touching().any(|slot| slot.gap && slot.from > began);
        let first_is_cut = touching().any(|slot| slot.gap && slot.from <= began);
        let is_whole = first_is_cut || read >= SignedDuration::from_hours(1);
        // A slot of an hour counts where it begins.
        let begun = || touching().filter(|slot| slot.from >= begin);
        hours.push(Hour {
            lines: begun().map(|slot| slot.lines).sum(),
            trouble: begun().map(|slot| slot.trouble).sum(),
            is_before,
            is_missing: has_gap || (!is_whole && !is_open),
            is_to_come: is_open && !has_gap && !is_whole,
        });
    }
    hours
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_that_nobody_read_are_missing_and_not_quiet() {
        let from: Timestamp = "2026-11-20T07:00:00Z".parse().expect("an instant");
        let at = |minutes: i64| from + SignedDuration::from_mins(minutes);
        let slot = |begin: i64, end: i64, lines, gap| SlotRecord {
            source: "syslog".to_owned(),
            from: at(begin),
            until: at(end),
            lines,
            bytes: 0,
            trouble: lines / 10,
            gap,
        };
        let slots = [
            slot(0, 60, 20, false),
            slot(60, 120, 5, true),
            // Hour 2 never came; hour 3 in minutes, all but one.
            slot(180, 210, 1, false),
            slot(211, 240, 1, false),
            slot(240, 300, 0, false),
        ];
        let now = at(48 * 60 - 30);
        let earlier = at(-60);
        let hours = hours(&slots, earlier, from, now);
        let shown: Vec<_> = hours.iter().take(6).map(|it| (it.lines, it.is_missing)).collect();
        let expected = [(20, false), (5, true), (0, true), (2, true), (0, false), (0, true)];
        assert_eq!(shown, expected);
        assert_eq!((hours[47].is_missing, hours[47].is_to_come), (false, true));
        assert_eq!(hours[0].trouble, 2);
    }

    #[test]
    fn what_was_before_the_collection_is_not_missing() {
        let from: Timestamp = "2026-11-20T07:00:00Z".parse().expect("an instant");
        let at = |minutes: i64| from + SignedDuration::from_mins(minutes);
        let slot = |begin: i64, end: i64, gap| SlotRecord {
            source: "syslog".to_owned(),
            from: at(begin),
            until: at(end),
            lines: 3,
            bytes: 0,
            trouble: 0,
            gap,
        };
        for (first, expected) in [
            // The first slot is cut where the agent began; a later one that is cut is missing.
            (slot(120, 180, true), [(true, false), (true, false), (false, false), (false, true)]),
            (slot(150, 180, false), [(true, false), (true, false), (false, false), (false, true)]),
        ] {
            let slots = [first.clone(), slot(180, 240, true)];
            let hours = hours(&slots, first.from, from, at(48 * 60 - 30));
            let shown: Vec<_> =
                hours.iter().take(4).map(|it| (it.is_before, it.is_missing)).collect();
            assert_eq!(shown, expected);
        }
    }
}
