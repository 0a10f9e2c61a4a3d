//! Reads one log, slot after slot, and remembers on disk how far it got.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use link::LogSlot;
use serde::{Deserialize, Serialize};

use super::journald::Journald;
use super::matching;
use super::slot::OpenSlot;
use super::tail::{Checkpoint, Looked, Tail};
use crate::journal::write_whole;
use crate::settings::{Log, LogSource};

/// Bytes of a file that are read at a stretch.
const STRETCH: usize = 1024 * 1024;
/// What was read is remembered that often.
const KEEP_EVERY: SignedDuration = SignedDuration::from_secs(30);
/// journalctl is asked that often for slots of an hour, and for shorter ones.
const ASK_EVERY: [SignedDuration; 2] =
    [SignedDuration::from_secs(60), SignedDuration::from_secs(20)];

/// Reads one log.
pub struct Collector {
    log: Log,
    path: PathBuf,
    source: Source,
    slot: OpenSlot,
    /// When it was last remembered how far we got, and the CRC-32 of that.
    kept_at: Timestamp,
    kept: Option<u32>,
    /// When the source was last read.
    asked_at: Option<Timestamp>,
    /// Why it cannot be read, if so.
    trouble: Option<String>,
}

enum Source {
    File(Box<Tail>),
    Journald(Journald),
}

/// How far we got, on disk.
#[derive(Serialize, Deserialize)]
struct Kept {
    /// What it was read from; when that changes we begin anew.
    of: String,
    slot: OpenSlot,
    checkpoint: Option<Checkpoint>,
    cursor: Option<String>,
}

/// What a look came to.
#[derive(Debug, Default)]
pub struct Collected {
    /// Slots that are over, for the office.
    pub slots: Vec<LogSlot>,
    /// There is more to read at once.
    pub more: bool,
}

impl Collector {
    /// Goes on where the file in `folder` says; without one at the end of the log, and then the first
    /// slot is not whole.
    pub fn resume(log: Log, folder: &Path, now: Timestamp) -> Collector {
        let path = folder.join(format!("{}.json", log.name));
        let kept =
            fs::read(&path).ok().and_then(|bytes| serde_json::from_slice::<Kept>(&bytes).ok());
        let kept = kept.filter(|kept| kept.of == identity(&log));
        let known = kept.is_some();
        let (mut slot, checkpoint, cursor) = match kept {
            Some(Kept { slot, checkpoint, cursor, .. }) => (slot, checkpoint, cursor),
            None => (OpenSlot::begin(&log.name, log.slot, now, false), None, None),
        };
        let source = match &log.source {
            LogSource::File(file) => {
                let (tail, lost) = match checkpoint {
                    // It was not there when we stopped.
                    None if known => (Tail::from_beginning(file), false),
                    checkpoint => Tail::resume(file, checkpoint),
                };
                if lost {
                    slot.miss();
                }
                Source::File(Box::new(tail))
            }
            LogSource::Journald(units) => Source::Journald(Journald::resume(units, cursor)),
        };
        Collector {
            log,
            path,
            source,
            slot,
            kept_at: now,
            kept: None,
            asked_at: None,
            trouble: None,
        }
    }

    /// The log's name.
    pub fn name(&self) -> &str {
        &self.log.name
    }

    /// Why the log cannot be read, if so.
    pub fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }

    /// Reads what is new. The slots must be in the journal before [`Collector::keep`].
    pub async fn look(&mut self, now: Timestamp) -> Collected {
        let mut slots = self.slot.close_missed(self.log.slot, now);
        if !self.is_asked(now) {
            return Collected { slots, more: false };
        }
        let read = self.read().await;
        let more = read.as_ref().is_ok_and(|looked| looked.more);
        if read.as_ref().map_or(true, |looked| looked.lost) {
            self.slot.miss();
        }
        self.trouble = read.err();
        if !more {
            slots.extend(self.slot.close_over(self.log.slot, now));
        }
        Collected { slots, more }
    }

    /// Remembers how far we got, if that is due or `at_once`.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn keep(&mut self, now: Timestamp, at_once: bool) -> io::Result<()> {
        if !at_once && now.duration_since(self.kept_at).abs() < KEEP_EVERY {
            return Ok(());
        }
        self.kept_at = now;
        let (checkpoint, cursor) = match &self.source {
            Source::File(tail) => (tail.checkpoint(), None),
            Source::Journald(journald) => (None, journald.cursor().map(str::to_owned)),
        };
        let kept = Kept { of: identity(&self.log), slot: self.slot.clone(), checkpoint, cursor };
        let bytes = serde_json::to_vec(&kept).map_err(io::Error::other)?;
        if self.kept != Some(crc32fast::hash(&bytes)) {
            write_whole(&self.path, &bytes)?;
            self.kept = Some(crc32fast::hash(&bytes));
        }
        Ok(())
    }

    /// A file is looked at each time, journalctl now and then and when a slot is over.
    fn is_asked(&mut self, now: Timestamp) -> bool {
        let hourly = self.log.slot >= SignedDuration::from_hours(1);
        let every = if hourly { ASK_EVERY[0] } else { ASK_EVERY[1] };
        let rests = self.asked_at.is_some_and(|at| now.duration_since(at).abs() < every);
        let asked = !rests || self.slot.is_over(now) || matches!(self.source, Source::File(_));
        if asked {
            self.asked_at = Some(now);
        }
        asked
    }

    async fn read(&mut self) -> Result<Looked, String> {
        let Collector { log, slot, source, .. } = self;
        let mut line = |line: &[u8], at: Option<Timestamp>| {
            slot.line(line);
            if let Some(pattern) = matching::trouble(log, line) {
                slot.trouble(line, pattern, at);
            }
        };
        match source {
            Source::File(tail) => {
                tail.look(STRETCH, |text| line(text, None)).map_err(|error| error.to_string())
            }
            Source::Journald(journald) => journald.look(line).await,
        }
    }
}

/// What a log is read from, in words.
fn identity(log: &Log) -> String {
    match &log.source {
        LogSource::File(path) => format!("file {} {}", path.display(), log.slot),
        LogSource::Journald(units) => format!("journald {} {}", units.join(" "), log.slot),
    }
}

#[cfg(test)]
mod tests {
    use std::fs::OpenOptions;
    use std::io::Write;

    use super::*;
    use crate::settings::Settings;

    fn at(clock: &str) -> Timestamp {
        format!("2026-11-22T{clock}Z").parse().expect("an instant")
    }

    fn log(path: &Path) -> Log {
        let text = format!(
            "station = \"w\"\noffice = \"https://o\"\ntoken = \"file:/t\"\n[[log]]\n\
             name = \"app\"\nfile = \"{}\"\ntrouble = [\"ERROR\"]\n",
            path.display()
        );
        Settings::read(&text).expect("settings").logs.remove(0)
    }

    fn shown(slots: &[LogSlot]) -> Vec<String> {
        let one = |slot: &LogSlot| {
            let from = slot.slot_from.strftime("%H:%M");
            let LogSlot { lines, bytes, trouble_count, gap, .. } = slot;
            format!("{from} lines {lines} bytes {bytes} trouble {trouble_count} gap {gap}")
        };
        slots.iter().map(one).collect()
    }

    #[tokio::test(flavor = "current_thread")]
    async fn a_log_is_read_on_after_a_stop_and_a_crash() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("app.log");
        let write = |text: &str| {
            let mut file = OpenOptions::new().append(true).create(true).open(&path).expect("open");
            file.write_all(text.as_bytes()).expect("written");
        };
        let resume = |clock: &str| Collector::resume(log(&path), folder.path(), at(clock));
        write("before\n");
        let mut collector = resume("10:20:00");
        write("one\nan ERROR\n");
        assert!(collector.look(at("10:20:01")).await.slots.is_empty());
        collector.keep(at("10:20:01"), true).expect("kept");
        write("two\n");
        assert!(collector.look(at("10:20:02")).await.slots.is_empty());
        // A crash: what was not kept is read again, and counted once.
        let mut collector = resume("10:40:00");
        let slots = collector.look(at("11:00:00")).await.slots;
        assert_eq!(shown(&slots), ["10:00 lines 3 bytes 17 trouble 1 gap true"]);
        collector.keep(at("11:00:00"), true).expect("kept");
        let slots = collector.look(at("12:00:01")).await.slots;
        assert_eq!(shown(&slots), ["11:00 lines 0 bytes 0 trouble 0 gap false"], "quiet");
        collector.keep(at("12:00:01"), true).expect("kept");
        // A stop over the end of two slots: both are missing, and no line is lost.
        write("three\n");
        let mut collector = resume("14:05:00");
        let slots = collector.look(at("14:05:00")).await.slots;
        let expected = [
            "12:00 lines 0 bytes 0 trouble 0 gap true",
            "13:00 lines 0 bytes 0 trouble 0 gap true",
        ];
        assert_eq!(shown(&slots), expected);
        let slots = collector.look(at("15:00:00")).await.slots;
        assert_eq!(shown(&slots), ["14:00 lines 1 bytes 6 trouble 0 gap false"]);
    }

    #[tokio::test(flavor = "current_thread")]
    async fn a_log_that_cannot_be_read_is_missing_and_says_why() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("app.log");
        let mut collector = Collector::resume(log(&path), folder.path(), at("10:00:00"));
        collector.look(at("10:00:01")).await;
        collector.keep(at("10:00:01"), true).expect("kept");
        assert!(collector.trouble().is_some_and(|why| why.contains("No such file")));
        let slots = collector.look(at("11:00:00")).await.slots;
        assert_eq!(shown(&slots), ["10:00 lines 0 bytes 0 trouble 0 gap true"]);
        // Made while we were away: all of it is new.
        collector.keep(at("11:00:00"), true).expect("kept");
        fs::write(&path, "one\n").expect("written");
        let mut collector = Collector::resume(log(&path), folder.path(), at("11:00:01"));
        collector.look(at("11:00:01")).await;
        assert_eq!(collector.trouble(), None);
        let slots = collector.look(at("12:00:00")).await.slots;
        assert_eq!(shown(&slots), ["11:00 lines 1 bytes 4 trouble 0 gap false"]);
    }
}
