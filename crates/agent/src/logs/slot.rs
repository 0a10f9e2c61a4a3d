//! What a log said, slot by slot. A slot in which nobody read is missing, never quiet.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use link::limits::{LINE_MAX, TROUBLE_MAX};
use link::{LogSlot, Trouble};
use serde::{Deserialize, Serialize};

/// How long after its end a slot may still be read, at most; half a slot when that is less.
const LATE_MAX: SignedDuration = SignedDuration::from_secs(60);

/// The slot that is being read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenSlot(LogSlot);

/// The slot of that length in which an instant lies. Slots begin at whole hours and minutes of UTC.
fn span(at: Timestamp, length: SignedDuration) -> (Timestamp, Timestamp) {
    let seconds = length.as_secs().max(1);
    let from = at.as_second().div_euclid(seconds) * seconds;
    let instant = |second| Timestamp::from_second(second).unwrap_or(at);
    (instant(from), instant(from.saturating_add(seconds)))
}

impl OpenSlot {
    /// The slot of `now`, of which something was missed unless `whole`.
    pub fn begin(source: &str, length: SignedDuration, now: Timestamp, whole: bool) -> OpenSlot {
        let (slot_from, slot_until) = span(now, length);
        OpenSlot(LogSlot {
            source: source.to_owned(),
            slot_from,
            slot_until,
            lines: 0,
            bytes: 0,
            trouble: Vec::new(),
            trouble_count: 0,
            gap: !whole,
        })
    }

    /// To be asked before the source is read: slots whose end was missed. What is read next belongs to
    /// a slot that is not among them.
    pub fn close_missed(&mut self, length: SignedDuration, now: Timestamp) -> Vec<LogSlot> {
        let late_max = LATE_MAX.min(length / 2);
        let late = now.duration_since(self.0.slot_until);
        // A clock that was set back leaves a slot in which nobody is any more.
        if late < late_max && now >= self.0.slot_from {
            return Vec::new();
        }
        let next = OpenSlot::begin(&self.0.source, length, now, true);
        let mut missed = std::mem::replace(self, next).0;
        missed.gap = true;
        let between = LogSlot {
            source: self.0.source.clone(),
            slot_from: missed.slot_until,
            slot_until: self.0.slot_from,
            lines: 0,
            bytes: 0,
            trouble: Vec::new(),
            trouble_count: 0,
            gap: true,
        };
        let whole = between.slot_from < between.slot_until;
        [Some(missed), whole.then_some(between)].into_iter().flatten().collect()
    }

    /// Whether its end has come.
    pub fn is_over(&self, now: Timestamp) -> bool {
        now >= self.0.slot_until
    }

    /// To be asked after the source was read to its end: the slot, when it is over.
    pub fn close_over(&mut self, length: SignedDuration, now: Timestamp) -> Option<LogSlot> {
        if !self.is_over(now) {
            return None;
        }
        let next = OpenSlot::begin(&self.0.source, length, now, true);
        Some(std::mem::replace(self, next).0)
    }

    /// Counts a line without its line end.
    pub fn line(&mut self, line: &[u8]) {
        self.0.lines += 1;
        self.0.bytes += line.len() as u64 + 1;
    }

    /// Counts a line as trouble and keeps it if there is room. `at` is when it was written.
    pub fn trouble(&mut self, line: &[u8], pattern: &str, at: Option<Timestamp>) {
        self.0.trouble_count += 1;
        if self.0.trouble.len() < TROUBLE_MAX {
            let shown = |c: char| if c.is_control() && c != '\t' { ' ' } else { c };
            let line = String::from_utf8_lossy(line).chars().take(LINE_MAX).map(shown).collect();
            self.0.trouble.push(Trouble { at, pattern: pattern.to_owned(), line });
        }
    }

    /// Something of this slot could not be read.
    pub fn miss(&mut self) {
        self.0.gap = true;
    }
}

/// What is told of slots that were thrown away unsent: one missing span for each source.
pub fn dropped(slots: impl IntoIterator<Item = LogSlot>) -> Vec<LogSlot> {
    let mut spans: BTreeMap<String, LogSlot> = BTreeMap::new();
    for slot in slots {
        let missing = LogSlot { trouble: Vec::new(), trouble_count: 0, lines: 0, bytes: 0, ..slot };
        let missing = LogSlot { gap: true, ..missing };
        spans
            .entry(missing.source.clone())
            .and_modify(|span| {
                span.slot_from = span.slot_from.min(missing.slot_from);
                span.slot_until = span.slot_until.max(missing.slot_until);
            })
            .or_insert(missing);
    }
    spans.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: SignedDuration = SignedDuration::from_hours(1);

    fn at(clock: &str) -> Timestamp {
        format!("2026-11-22T{clock}Z").parse().expect("an instant")
    }

    fn shown(slot: &LogSlot) -> String {
        let clock = |at: Timestamp| at.strftime("%H:%M").to_string();
        let word = if slot.gap { "missing" } else { "read" };
        format!("{}-{} {word} {}", clock(slot.slot_from), clock(slot.slot_until), slot.lines)
    }

    /// Reads a line at each of the times; what became of the slots.
    fn read_at(clocks: &[&str], length: SignedDuration) -> Vec<String> {
        let mut slot = OpenSlot::begin("syslog", length, at(clocks[0]), true);
        let mut closed = Vec::new();
        for clock in clocks {
            closed.extend(slot.close_missed(length, at(clock)));
            slot.line(b"x");
            closed.extend(slot.close_over(length, at(clock)));
        }
        closed.iter().map(shown).collect()
    }

    #[test]
    fn slots_read_and_missed() {
        let minute = SignedDuration::from_mins(1);
        let cases: [(&str, &[&str], SignedDuration, &[&str]); 8] = [
            (
                "read all the time",
                &["10:00:00", "10:59:59", "11:00:00"],
                HOUR,
                &["10:00-11:00 read 3"],
            ),
            (
                "back within the slot",
                &["10:05:00", "10:50:00", "11:00:00"],
                HOUR,
                &["10:00-11:00 read 3"],
            ),
            ("a little late", &["10:05:00", "11:00:30", "11:01:00"], HOUR, &["10:00-11:00 read 2"]),
            (
                "too late",
                &["10:05:00", "11:01:00", "12:00:00"],
                HOUR,
                &["10:00-11:00 missing 1", "11:00-12:00 read 2"],
            ),
            (
                "away for hours",
                &["10:05:00", "14:20:00", "15:00:00"],
                HOUR,
                &["10:00-11:00 missing 1", "11:00-14:00 missing 0", "14:00-15:00 read 2"],
            ),
            (
                "streaming",
                &["10:00:00", "10:01:00", "10:02:01"],
                minute,
                &["10:00-10:01 read 2", "10:01-10:02 read 1"],
            ),
            (
                "the clock is set back",
                &["10:05:00", "08:10:00", "09:00:00"],
                HOUR,
                &["10:00-11:00 missing 1", "08:00-09:00 read 2"],
            ),
            ("streaming, late", &["10:00:00", "10:01:30"], minute, &["10:00-10:01 missing 1"]),
        ];
        for (what, clocks, length, expected) in cases {
            assert_eq!(read_at(clocks, length), expected, "{what}");
        }
    }

    #[test]
    fn trouble_is_counted_on_when_no_more_is_kept() {
        let mut slot = OpenSlot::begin("syslog", HOUR, at("10:00:00"), true);
        for _ in 0..60 {
            slot.trouble("エラー\u{1b}[1m".repeat(200).as_bytes(), "エラー", None);
        }
        let closed = slot.close_over(HOUR, at("11:00:00")).expect("over");
        assert_eq!((closed.trouble.len(), closed.trouble_count), (50, 60));
        assert_eq!(closed.trouble[0].line.chars().count(), 500);
        assert!(!closed.trouble[0].line.contains('\u{1b}'));
        assert_eq!(link::Logs { batch: 1, slots: vec![closed] }.check(), Ok(()));
    }

    #[test]
    fn what_is_thrown_away_is_told_as_missing() {
        let slot = |source: &str, clock: &str| {
            let mut slot = OpenSlot::begin(source, HOUR, at(clock), true);
            slot.line(b"x");
            slot.0
        };
        let lost = dropped([slot("b", "10:00:00"), slot("a", "10:00:00"), slot("a", "12:00:00")]);
        let told: Vec<String> = lost.iter().map(|s| format!("{} {}", s.source, shown(s))).collect();
        assert_eq!(told, ["a 10:00-13:00 missing 0", "b 10:00-11:00 missing 0"]);
    }
}
