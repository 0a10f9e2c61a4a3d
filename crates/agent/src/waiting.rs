//! What waits for the office: readings and logs up to a limit, results without one.
//!
//! When there is no more room the oldest readings and slots go, and that they went is told.

use std::cell::RefCell;
use std::io;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use link::limits::BODY_MAX;
use link::{Gap, LogSlot, Logs, Reading, Readings, Results, StationState, WorkResult};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use crate::journal::{Batch, Journal};
use crate::logs;

/// Most lines of a batch; below every limit of [`link`].
const LINES_MAX: usize = 60;
/// Most bytes of results that may wait; then no order is acted upon until the office took some.
pub const RESULTS_BYTES_MAX: u64 = 16 << 20;

/// One kind of what waits.
#[derive(Debug)]
pub struct Queue {
    journal: RefCell<Journal>,
    /// Something new waits.
    pub news: Notify,
}

/// All that waits.
#[derive(Debug)]
pub struct Waiting {
    /// Readings and states.
    pub readings: Queue,
    /// Slots of logs.
    pub logs: Queue,
    /// Results of orders.
    pub results: Queue,
    /// Most bytes of readings, and of logs.
    limit: u64,
}

/// A line of the journal of readings.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Told {
    Reading(Reading),
    State(StationState),
    Gap(Gap),
}

/// Which of the queues, for those who carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Readings and states.
    Readings,
    /// Slots of logs.
    Logs,
    /// Results of orders.
    Results,
}

impl Kind {
    /// Where it is brought.
    pub const fn path(self) -> &'static str {
        match self {
            Kind::Readings => link::READINGS_PATH,
            Kind::Logs => link::LOGS_PATH,
            Kind::Results => link::DONE_PATH,
        }
    }
}

impl Queue {
    fn open(folder: &Path) -> io::Result<Queue> {
        Ok(Queue { journal: RefCell::new(Journal::open(folder)?), news: Notify::new() })
    }

    /// Bytes that wait.
    pub fn bytes(&self) -> u64 {
        self.journal.borrow().bytes()
    }

    /// The batch to bring next.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn batch(&self) -> io::Result<Option<Batch>> {
        self.journal.borrow_mut().batch(LINES_MAX)
    }

    /// The office's answer to it.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn answered(&self, taken: u64) -> io::Result<crate::journal::Progress> {
        self.journal.borrow_mut().answered(taken)
    }

    /// Puts lines in; beyond `limit` the oldest go, and `told` makes lines of what is lost.
    fn put(
        &self,
        lines: &[String],
        limit: u64,
        told: impl Fn(&[String]) -> Vec<String>,
    ) -> io::Result<()> {
        let mut journal = self.journal.borrow_mut();
        for line in lines {
            journal.append(line)?;
        }
        while journal.bytes() > limit {
            let lost = journal.drop_oldest()?;
            tracing::warn!(
                lines = lost.len(),
                "the journal is full: the oldest lines were dropped"
            );
            for line in told(&lost) {
                journal.append(&line)?;
            }
        }
        self.news.notify_one();
        Ok(())
    }
}

impl Waiting {
    /// Opens what waits in a folder.
    ///
    /// # Errors
    /// When the folder cannot be used.
    pub fn open(folder: &Path, limit: u64) -> io::Result<Waiting> {
        Ok(Waiting {
            readings: Queue::open(&folder.join("readings"))?,
            logs: Queue::open(&folder.join("slots"))?,
            results: Queue::open(&folder.join("results"))?,
            limit: limit / 2,
        })
    }

    /// The queue of a kind.
    pub fn queue(&self, kind: Kind) -> &Queue {
        match kind {
            Kind::Readings => &self.readings,
            Kind::Logs => &self.logs,
            Kind::Results => &self.results,
        }
    }

    /// Takes a reading and states.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn tell(&self, reading: Option<Reading>, states: Vec<StationState>) -> io::Result<()> {
        let all = reading.map(Told::Reading).into_iter().chain(states.into_iter().map(Told::State));
        let lines: Vec<String> = all.filter_map(|told| serde_json::to_string(&told).ok()).collect();
        self.readings.put(&lines, self.limit, lost_readings)
    }

    /// Takes slots that are over; they are on disk on return, before it is written down how far the logs
    /// were read.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn tell_slots(&self, slots: &[LogSlot]) -> io::Result<()> {
        let lines: Vec<String> =
            slots.iter().filter_map(|slot| serde_json::to_string(slot).ok()).collect();
        self.logs.put(&lines, self.limit, lost_slots)?;
        self.logs.journal.borrow().sync()
    }

    /// Takes a result; it is on disk on return, and stays until the office has it.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn tell_result(&self, result: &WorkResult) -> io::Result<()> {
        let line = serde_json::to_string(result).map_err(io::Error::other)?;
        self.results.journal.borrow_mut().append_synced(&line)?;
        self.results.news.notify_one();
        Ok(())
    }

    /// Whether the result of an order waits.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn has_result(&self, order: &str) -> io::Result<bool> {
        let lines = self.results.journal.borrow().waiting()?;
        let of = |line: &String| serde_json::from_str(line).ok().map(|r: WorkResult| r.order);
        Ok(lines.iter().filter_map(of).any(|known| known == order))
    }

    /// A batch that the office refuses for what it holds is over; what it held is told as lost. A
    /// result stays: `false`.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn give_up(&self, kind: Kind, batch: &Batch) -> io::Result<bool> {
        let lines = match kind {
            Kind::Readings => lost_readings(&batch.lines),
            Kind::Logs => lost_slots(&batch.lines),
            Kind::Results => return Ok(false),
        };
        let mut journal = self.queue(kind).journal.borrow_mut();
        for line in lines {
            journal.append(&line)?;
        }
        journal.sync()?;
        journal.give_up()?;
        Ok(true)
    }
}

/// The body of a batch. A line that cannot be read, after a crash of the machine, is left out.
pub fn body(kind: Kind, batch: &Batch) -> Result<Vec<u8>, serde_json::Error> {
    let Batch { number, lines } = batch;
    let bytes = match kind {
        Kind::Readings => {
            let mut body = Readings { batch: *number, ..Readings::default() };
            for told in read::<Told>(lines) {
                match told {
                    Told::Reading(reading) => body.readings.push(reading),
                    Told::State(state) => body.states.push(state),
                    Told::Gap(gap) => body.gaps.push(gap),
                }
            }
            serde_json::to_vec(&body)
        }
        Kind::Logs => serde_json::to_vec(&Logs { batch: *number, slots: read(lines).collect() }),
        Kind::Results => {
            serde_json::to_vec(&Results { batch: *number, results: read(lines).collect() })
        }
    };
    debug_assert!(
        bytes.as_ref().map_or(0, Vec::len) <= BODY_MAX,
        "batches are smaller than bodies"
    );
    bytes
}

fn read<'l, T: serde::de::DeserializeOwned>(lines: &'l [String]) -> impl Iterator<Item = T> + 'l {
    lines.iter().filter_map(|line| serde_json::from_str(line).ok())
}

/// One gap over all readings that were lost.
fn lost_readings(lines: &[String]) -> Vec<String> {
    let span = |told: Told| match told {
        Told::Reading(Reading { at, .. }) | Told::State(StationState { at, .. }) => {
            (at, at.checked_add(SignedDuration::from_secs(1)).unwrap_or(at))
        }
        Told::Gap(Gap { from, until }) => (from, until),
    };
    let spans: Vec<(Timestamp, Timestamp)> = read(lines).map(span).collect();
    let from = spans.iter().map(|(from, _)| *from).min();
    let until = spans.iter().map(|(_, until)| *until).max();
    let gap = from.zip(until).map(|(from, until)| Told::Gap(Gap { from, until }));
    gap.and_then(|gap| serde_json::to_string(&gap).ok()).into_iter().collect()
}

fn lost_slots(lines: &[String]) -> Vec<String> {
    let slots = logs::dropped(read(lines));
    slots.iter().filter_map(|slot| serde_json::to_string(slot).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).expect("an instant")
    }

    fn reading(second: i64, size: usize) -> Reading {
        Reading { at: at(second), values: vec![("x".repeat(100), second); size] }
    }

    #[test]
    fn the_oldest_readings_go_and_that_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let waiting = Waiting::open(folder.path(), 2 << 20).expect("opened");
        for second in 0..3_000 {
            waiting.tell(Some(reading(second, 9)), Vec::new()).expect("told");
        }
        assert!(waiting.readings.bytes() <= 1 << 20);
        let (mut readings, mut gaps) = (Vec::new(), Vec::new());
        while let Some(batch) = waiting.readings.batch().expect("a batch") {
            let body = body(Kind::Readings, &batch).expect("a body");
            let body: Readings = serde_json::from_slice(&body).expect("readings");
            assert_eq!(body.check(), Ok(()));
            readings.extend(body.readings.iter().map(|reading| reading.at));
            gaps.extend(body.gaps);
            waiting.readings.answered(batch.number).expect("over");
        }
        let lost = |at: &Timestamp| gaps.iter().any(|gap| gap.from <= *at && *at < gap.until);
        for second in 0..3_000 {
            let there = readings.contains(&at(second));
            assert_ne!(there, lost(&at(second)), "second {second} is there or told as lost");
        }
        assert!(readings.contains(&at(2_999)) && gaps.len() < 10);
    }

    #[test]
    fn a_refused_batch_becomes_a_gap_and_a_result_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let waiting = Waiting::open(folder.path(), 64 << 20).expect("opened");
        waiting.tell(Some(reading(5, 1)), Vec::new()).expect("told");
        let batch = waiting.readings.batch().expect("read").expect("a batch");
        assert!(waiting.give_up(Kind::Readings, &batch).expect("given up"));
        let batch = waiting.readings.batch().expect("read").expect("a batch");
        assert_eq!(batch.number, 2);
        let body = String::from_utf8(body(Kind::Readings, &batch).expect("a body")).expect("text");
        assert!(body.contains("\"gaps\":[{\"from\""), "{body}");
        // That something was lost is told until it is heard.
        assert!(waiting.give_up(Kind::Readings, &batch).expect("given up"));
        let again = waiting.readings.batch().expect("read").expect("a batch");
        assert_eq!((again.number, again.lines), (3, batch.lines));

        let result = WorkResult {
            order: "o-1".to_owned(),
            outcome: link::Outcome::Done,
            detail: String::new(),
            started_at: at(0),
            ended_at: at(1),
        };
        waiting.tell_result(&result).expect("told");
        let batch = waiting.results.batch().expect("read").expect("a batch");
        assert!(!waiting.give_up(Kind::Results, &batch).expect("kept"));
        assert_eq!(waiting.results.batch().expect("read"), Some(batch));
        assert!(
            waiting.has_result("o-1").expect("read") && !waiting.has_result("o").expect("read")
        );
    }
}
