//! What an agent brings: readings, slots of its logs, results of orders. All with limits that both
//! ends hold.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::limits::{
    BATCH_NUMBER_MAX, DETAIL_MAX, GAPS_MAX, LINE_MAX, NAME_MAX, READINGS_MAX, RESULTS_MAX,
    SERIES_MAX, SHORT_MAX, SLOTS_MAX, STATES_MAX, TROUBLE_MAX, VALUES_MAX,
};

/// Whether a text can name a station, an action, an order or an incident: 1 to [`NAME_MAX`] of
/// `a-z A-Z 0-9 . _ -`.
#[must_use]
pub fn is_name(text: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    (1..=NAME_MAX).contains(&text.len()) && text.bytes().all(letter)
}

/// The beginning of a text, at most `max` bytes, cut between letters.
#[must_use]
pub fn clipped(text: &str, max: usize) -> &str {
    &text[..text.floor_char_boundary(max)]
}

/// The office's answer to a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    /// The highest batch of this station and kind that is in the records.
    pub taken: u64,
}

/// `POST /link/v1/readings`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Readings {
    /// Grows with each batch of readings of a station, from 1.
    pub batch: u64,
    /// Oldest first.
    pub readings: Vec<Reading>,
    /// Oldest first.
    #[serde(default)]
    pub states: Vec<StationState>,
    /// Spans of which readings were thrown away unsent, because the journal was full.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gaps: Vec<Gap>,
}

/// What was measured at one instant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// When.
    pub at: Timestamp,
    /// Name and value; the unit is the end of the name (`disk./var.used_permille`).
    pub values: Vec<(String, i64)>,
}

/// How something is that has no number: a unit, a process, an array of disks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StationState {
    /// When it was seen.
    pub at: Timestamp,
    /// Such as `unit.nginx.service` or `raid.md0`.
    pub name: String,
    /// How it is.
    pub state: StateWord,
    /// In the words of the system, such as `failed (Result: exit-code)`.
    pub detail: String,
}

/// How something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StateWord {
    /// As it should be.
    Good,
    /// Not as it should be.
    Bad,
    /// Nobody can say: on its way up or down, or the question was not answered.
    Unknown,
}

/// A half-open span of which something is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// The first instant that is missing.
    pub from: Timestamp,
    /// The first instant that is not missing any more.
    pub until: Timestamp,
}

/// `POST /link/v1/logs`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Logs {
    /// Grows with each batch of slots of a station, from 1.
    pub batch: u64,
    /// Oldest first.
    pub slots: Vec<LogSlot>,
}

/// What one source of a log said in one slot of time. The same slot of a source may come again after a
/// crash of the agent: the last one counts. A gap may span several slots.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogSlot {
    /// Its name in the agent's file.
    pub source: String,
    /// First instant of the slot.
    pub slot_from: Timestamp,
    /// First instant after the slot.
    pub slot_until: Timestamp,
    /// Lines read.
    pub lines: u64,
    /// Bytes read, line ends included.
    pub bytes: u64,
    /// The first lines of trouble; `trouble_count` tells how many there were.
    pub trouble: Vec<Trouble>,
    /// Lines that a pattern of trouble met.
    pub trouble_count: u64,
    /// In at least a part of the slot nobody read: it is missing, not quiet.
    pub gap: bool,
}

/// A line that a pattern met.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// When it was written, if the source says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// The pattern, as it stands in the agent's file.
    pub pattern: String,
    /// The line, cut after 500 letters.
    pub line: String,
}

/// `POST /link/v1/done`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Results {
    /// Grows with each batch of results of a station, from 1.
    pub batch: u64,
    /// In the order in which they ended.
    pub results: Vec<WorkResult>,
}

/// What became of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkResult {
    /// The order's name.
    pub order: String,
    /// What became of it.
    pub outcome: Outcome,
    /// The end of what the action printed, or why it was not done; at most 4 KiB.
    pub detail: String,
    /// When the agent began with it.
    pub started_at: Timestamp,
    /// When it knew the outcome.
    pub ended_at: Timestamp,
}

/// What became of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It ran and said that all is well.
    Done,
    /// It ran, or could not be started, and did not succeed.
    Failed,
    /// It was not begun.
    Refused,
    /// It was begun, and the agent ended before it knew more. It is never done again.
    Unknown,
}

/// A body that is not taken: something in it is too long or too much.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} is out of bounds: both ends must run versions that agree")]
pub struct OutOfBounds {
    /// Which value.
    pub what: &'static str,
}

impl Readings {
    /// Holds the limits.
    ///
    /// # Errors
    /// [`OutOfBounds`] naming the first value beyond its limit.
    pub fn check(&self) -> Result<(), OutOfBounds> {
        within("batch", (1..=BATCH_NUMBER_MAX).contains(&self.batch))?;
        within("readings", self.readings.len() <= READINGS_MAX)?;
        within("states", self.states.len() <= STATES_MAX)?;
        within("gaps", self.gaps.len() <= GAPS_MAX)?;
        within("gaps", self.gaps.iter().all(|gap| gap.from < gap.until))?;
        for reading in &self.readings {
            within("values", reading.values.len() <= VALUES_MAX)?;
            within("name of a value", reading.values.iter().all(|(name, _)| is_series(name)))?;
        }
        within("name of a state", self.states.iter().all(|state| is_series(&state.name)))?;
        within("detail of a state", self.states.iter().all(|s| s.detail.len() <= SHORT_MAX))
    }
}

impl Logs {
    /// Holds the limits.
    ///
    /// # Errors
    /// [`OutOfBounds`] naming the first value beyond its limit.
    pub fn check(&self) -> Result<(), OutOfBounds> {
        within("batch", (1..=BATCH_NUMBER_MAX).contains(&self.batch))?;
        within("slots", self.slots.len() <= SLOTS_MAX)?;
        for slot in &self.slots {
            within("source", is_series(&slot.source))?;
            within("slot", slot.slot_from < slot.slot_until)?;
            within("trouble", slot.trouble.len() <= TROUBLE_MAX)?;
            within("trouble_count", slot.trouble.len() as u64 <= slot.trouble_count)?;
            within("pattern", slot.trouble.iter().all(|t| t.pattern.len() <= SHORT_MAX))?;
            within("line", slot.trouble.iter().all(|t| t.line.chars().count() <= LINE_MAX))?;
        }
        Ok(())
    }
}

impl Results {
    /// Holds the limits.
    ///
    /// # Errors
    /// [`OutOfBounds`] naming the first value beyond its limit.
    pub fn check(&self) -> Result<(), OutOfBounds> {
        within("batch", (1..=BATCH_NUMBER_MAX).contains(&self.batch))?;
        within("results", self.results.len() <= RESULTS_MAX)?;
        within("order", self.results.iter().all(|result| is_name(&result.order)))?;
        within("detail", self.results.iter().all(|result| result.detail.len() <= DETAIL_MAX))
    }
}

/// Whether a text can name a value, a state or a log source: 1 to [`SERIES_MAX`] bytes of one line.
#[must_use]
pub fn is_series(name: &str) -> bool {
    (1..=SERIES_MAX).contains(&name.len()) && !name.chars().any(char::is_control)
}

fn within(what: &'static str, holds: bool) -> Result<(), OutOfBounds> {
    match holds {
        true => Ok(()),
        false => Err(OutOfBounds { what }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bodies_as_they_travel() {
        let readings = r#"{"batch":7,"readings":[{"at":"2026-11-22T06:00:00Z","values":[["load.1m_milli",250]]}],"states":[{"at":"2026-11-22T06:00:00Z","name":"unit.nginx.service","state":"good","detail":"active (running)"}]}"#;
        let read: Readings = serde_json::from_str(readings).expect("readings");
        assert_eq!(read.check(), Ok(()));
        assert_eq!(serde_json::to_string(&read).expect("text"), readings);

        let logs = r#"{"batch":2,"slots":[{"source":"syslog","slot_from":"2026-11-22T06:00:00Z","slot_until":"2026-11-22T07:00:00Z","lines":10,"bytes":800,"trouble":[{"pattern":"oom","line":"Out of memory"}],"trouble_count":1,"gap":false}]}"#;
        let read: Logs = serde_json::from_str(logs).expect("logs");
        assert_eq!(read.check(), Ok(()));
        assert_eq!(serde_json::to_string(&read).expect("text"), logs);

        let results = r#"{"batch":1,"results":[{"order":"o-17","outcome":"unknown","detail":"","started_at":"2026-11-22T06:00:00Z","ended_at":"2026-11-22T06:00:09Z"}]}"#;
        let read: Results = serde_json::from_str(results).expect("results");
        assert_eq!(read.check(), Ok(()));
        assert_eq!(serde_json::to_string(&read).expect("text"), results);
    }

    #[test]
    fn limits_are_held() {
        let at = Timestamp::UNIX_EPOCH;
        let out = |what| Err(OutOfBounds { what });
        let mut readings = Readings { batch: 0, ..Readings::default() };
        assert_eq!(readings.check(), out("batch"));
        readings.batch = BATCH_NUMBER_MAX + 1;
        assert_eq!(readings.check(), out("batch"));
        readings.batch = 1;
        readings.readings = vec![Reading { at, values: vec![("a\nb".to_owned(), 1)] }];
        assert_eq!(readings.check(), out("name of a value"));
        readings.readings = vec![Reading { at, values: vec![("x".to_owned(), 1); 2_001] }];
        assert_eq!(readings.check(), out("values"));

        let detail = "x".repeat(4097);
        let order = "o-1".to_owned();
        let result =
            WorkResult { order, outcome: Outcome::Done, detail, started_at: at, ended_at: at };
        assert_eq!(Results { batch: 1, results: vec![result] }.check(), out("detail"));
        assert_eq!(clipped("約束", 4), "約");
    }
}
