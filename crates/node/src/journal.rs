//! What waits for the office: batches of looks, one a line, in segments on disk.
//!
//! A batch has its number before it is written and never changes, so it may be sent again and again.
//! What [`Journal::append`] returned from is synced. A segment goes when the office has all of it, or when
//! there is too much of them: then what it held is told as blind.

use std::collections::{BTreeMap, VecDeque};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use link::limits::BATCHES_MAX;
use link::{LookBatch, NodeBlind};

/// A segment is closed when it has so many bytes.
const SEGMENT_MAX: u64 = 256 * 1024;
/// Most bytes of batches that are brought at once; a single one may have more.
const BROUGHT_MAX: usize = 512 * 1024;
const ENDING: &str = "looks";

/// How much the journal keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most bytes of all segments.
    pub bytes: u64,
    /// Longest time that a batch waits.
    pub age: SignedDuration,
}

/// Batches in a folder.
#[derive(Debug)]
pub struct Journal {
    folder: PathBuf,
    limits: Limits,
    /// The oldest first. There may be none; the last one is written to when `writing` is there.
    segments: VecDeque<Segment>,
    writing: Option<File>,
    /// The number of the next batch.
    next: u64,
    /// The last batch that the office has, as far as we were told.
    taken: u64,
}

#[derive(Debug)]
struct Segment {
    first: u64,
    last: u64,
    bytes: u64,
    /// When its first batch was written.
    began: Timestamp,
}

/// Batches to bring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The number of the last one.
    pub last: u64,
    /// Each as JSON.
    pub lines: Vec<String>,
}

impl Journal {
    /// Opens the journal of a folder, or makes one. A line that was cut short by a crash was not synced
    /// and is passed over.
    ///
    /// # Errors
    /// When the folder cannot be used.
    pub fn open(folder: &Path, limits: Limits, now: Timestamp) -> io::Result<Journal> {
        fs::create_dir_all(folder)?;
        let mut segments = Vec::new();
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let number = path.file_stem().and_then(|stem| stem.to_str()?.parse::<u64>().ok());
            let Some(first) = number.filter(|_| path.extension().is_some_and(|it| it == ENDING))
            else {
                continue;
            };
            match read(&path)?.last() {
                None => fs::remove_file(&path)?,
                Some((last, _)) => {
                    let (last, data) = (*last, fs::metadata(&path)?);
                    let began = data.created().or(data.modified()).ok();
                    let began = began.and_then(|at| Timestamp::try_from(at).ok()).unwrap_or(now);
                    segments.push(Segment { first, last, bytes: data.len(), began });
                }
            }
        }
        segments.sort_by_key(|segment| segment.first);
        // A journal that begins anew counts on from the time of day, above what it counted before.
        let begin = u64::try_from(now.as_millisecond()).unwrap_or(1);
        let next = segments.last().map_or(begin, |segment| segment.last + 1);
        Ok(Journal {
            folder: folder.to_owned(),
            limits,
            segments: segments.into(),
            writing: None,
            next,
            taken: 0,
        })
    }

    /// Writes a batch and syncs it; its number is given here.
    ///
    /// # Errors
    /// When it could not be written whole; then it is not in the journal.
    pub fn append(&mut self, mut batch: LookBatch, now: Timestamp) -> io::Result<u64> {
        batch.batch = self.next;
        let mut line = serde_json::to_string(&batch)?;
        line.push('\n');
        if self.segments.back().is_none_or(|segment| segment.bytes >= SEGMENT_MAX) {
            self.writing = None;
        }
        let written = self.write(&line, now);
        // A number is used once: a line of which nobody knows how much is on disk ends its segment.
        self.next += 1;
        if written.is_err() {
            self.writing = None;
        }
        written.map(|()| batch.batch)
    }

    fn write(&mut self, line: &str, now: Timestamp) -> io::Result<()> {
        if self.writing.is_none() {
            let path = self.path(self.next);
            let file = OpenOptions::new().append(true).create_new(true).open(&path)?;
            File::open(&self.folder)?.sync_all()?;
            self.writing = Some(file);
            let (first, last) = (self.next, self.next);
            self.segments.push_back(Segment { first, last, bytes: 0, began: now });
        }
        let (Some(file), Some(segment)) = (&mut self.writing, self.segments.back_mut()) else {
            return Err(io::Error::other("no segment"));
        };
        file.write_all(line.as_bytes())?;
        file.sync_data()?;
        segment.last = self.next;
        segment.bytes += line.len() as u64;
        Ok(())
    }

    fn path(&self, first: u64) -> PathBuf {
        self.folder.join(format!("{first:020}.{ENDING}"))
    }

    /// The oldest batches that the office does not have; `None` when it has all.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn waiting(&self) -> io::Result<Option<Waiting>> {
        let mut waiting = Waiting { last: 0, lines: Vec::new() };
        let mut bytes = 0;
        for segment in self.segments.iter().filter(|segment| segment.last > self.taken) {
            for (number, line) in read(&self.path(segment.first))? {
                // What failed to be written was not taken over.
                if number <= self.taken || number > segment.last {
                    continue;
                }
                bytes += line.len();
                let is_full = bytes > BROUGHT_MAX || waiting.lines.len() >= BATCHES_MAX;
                if is_full && !waiting.lines.is_empty() {
                    return Ok(Some(waiting));
                }
                waiting.last = number;
                waiting.lines.push(line);
            }
        }
        Ok((!waiting.lines.is_empty()).then_some(waiting))
    }

    /// The office has everything up to that batch. Above what was ever written it says that our count was
    /// lost: it goes on from there.
    pub fn taken(&mut self, batch: u64) {
        self.taken = self.taken.max(batch);
        self.next = self.next.max(batch.saturating_add(1));
        // The newest one stays: it knows the count.
        while self.segments.len() > 1
            && self.segments.front().is_some_and(|oldest| oldest.last <= self.taken)
        {
            self.remove_oldest();
        }
    }

    /// Gives up the oldest segments when there is too much; what they held, as blind spans.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn shrink(&mut self, now: Timestamp) -> io::Result<Vec<NodeBlind>> {
        let mut lost = BTreeMap::new();
        while self.is_too_much(now) {
            let Some(oldest) = self.segments.front() else { break };
            if oldest.last > self.taken {
                for (number, line) in read(&self.path(oldest.first))? {
                    if number > self.taken
                        && let Ok(batch) = serde_json::from_str(&line)
                    {
                        note_lost(&mut lost, &batch);
                    }
                }
            }
            self.remove_oldest();
        }
        Ok(lost.into_values().collect())
    }

    fn is_too_much(&self, now: Timestamp) -> bool {
        let waits = |segment: &Segment| {
            segment.last > self.taken && now.duration_since(segment.began) > self.limits.age
        };
        // The newest one is written to.
        self.segments.len() > 1
            && (self.bytes() > self.limits.bytes || self.segments.front().is_some_and(waits))
    }

    fn remove_oldest(&mut self) {
        if let Some(oldest) = self.segments.pop_front() {
            // Where it stays it is removed at the next start: the office has it, or it was told lost.
            if let Err(error) = fs::remove_file(self.path(oldest.first)) {
                tracing::warn!(%error, "a segment of the journal could not be removed");
            }
        }
    }

    /// How many bytes there are.
    fn bytes(&self) -> u64 {
        self.segments.iter().map(|segment| segment.bytes).sum()
    }
}

/// The whole lines of a segment, each with the number of its batch.
fn read(path: &Path) -> io::Result<Vec<(u64, String)>> {
    let text = fs::read(path)?;
    let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let lines = text[..whole].split(|byte| *byte == b'\n');
    let numbered = lines.filter_map(|line| {
        let line = std::str::from_utf8(line).ok()?;
        // `{"batch":NUMBER` begins each line that was written whole.
        let rest = line.strip_prefix("{\"batch\":")?;
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        Some((rest[..digits].parse().ok()?, line.to_owned()))
    });
    Ok(numbered.collect())
}

fn note_lost(lost: &mut BTreeMap<String, NodeBlind>, batch: &LookBatch) {
    let looks = batch.looks.iter().map(|look| {
        let pace = SignedDuration::from_secs(look.every.into());
        let until = look.at.checked_add(pace).unwrap_or(look.at);
        NodeBlind { check: look.check.clone(), every: look.every, from: look.at, until }
    });
    for one in looks.chain(batch.blind.iter().cloned()) {
        match lost.get_mut(&one.check) {
            Some(known) => {
                known.from = known.from.min(one.from);
                known.until = known.until.max(one.until);
            }
            None => {
                lost.insert(one.check.clone(), one);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use link::{NodeAnswer, NodeLook};

    use super::*;

    const LIMITS: Limits =
        Limits { bytes: 2 * SEGMENT_MAX, age: SignedDuration::from_hours(7 * 24) };

    fn minute(minute: i64) -> Timestamp {
        let begin: Timestamp = "2026-11-22T00:00:00Z".parse().expect("an instant");
        begin + SignedDuration::from_mins(minute)
    }

    fn batch(at: i64, said: usize) -> LookBatch {
        let look = NodeLook {
            check: "top".into(),
            every: 60,
            at: minute(at),
            answer: NodeAnswer::Good,
            reason: None,
            took_ms: 5,
            said: Some("x".repeat(said)),
            code: None,
            address: None,
        };
        LookBatch { batch: 0, looks: vec![look], blind: Vec::new() }
    }

    fn open(folder: &tempfile::TempDir) -> Journal {
        Journal::open(folder.path(), LIMITS, minute(0)).expect("opened")
    }

    /// The batches that wait, counted from the first of all.
    fn waiting(journal: &Journal) -> Vec<u64> {
        let first = minute(0).as_millisecond() as u64;
        let waiting = journal.waiting().expect("read");
        let lines = waiting.map(|it| it.lines).unwrap_or_default();
        let number = |line: &String| {
            let batch: LookBatch = serde_json::from_str(line).expect("a batch");
            batch.batch - first
        };
        lines.iter().map(number).collect()
    }

    #[test]
    fn what_is_not_taken_comes_again_after_a_restart() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut journal = open(&folder);
        let first = journal.append(batch(0, 0), minute(0)).expect("written");
        journal.append(batch(1, 0), minute(1)).expect("written");
        assert_eq!(waiting(&journal), [0, 1]);
        journal.taken(first);
        assert_eq!(waiting(&journal), [1]);
        drop(journal);
        let mut journal = open(&folder);
        assert_eq!(waiting(&journal), [0, 1], "it is the office that knows");
        journal.append(batch(2, 0), minute(2)).expect("written");
        journal.taken(first + 1);
        assert_eq!(waiting(&journal), [2]);
        journal.taken(first + 2);
        assert_eq!(waiting(&journal), [0_u64; 0]);
        drop(journal);
        let next = open(&folder).append(batch(3, 0), minute(3)).expect("written");
        assert_eq!(next, first + 3, "a number is used once");
    }

    #[test]
    fn a_line_that_was_cut_short_was_never_there() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut journal = open(&folder);
        let first = journal.append(batch(0, 0), minute(0)).expect("written");
        let path = journal.path(first);
        let mut file = OpenOptions::new().append(true).open(&path).expect("opened");
        file.write_all(b"{\"batch\":99999999999999,\"looks\":[{\"che").expect("written");
        drop(journal);
        let mut journal = open(&folder);
        assert_eq!(waiting(&journal), [0]);
        assert_eq!(journal.append(batch(1, 0), minute(1)).expect("written"), first + 1);
        assert_eq!(waiting(&journal), [0, 1]);
    }

    #[test]
    fn a_count_that_was_lost_goes_on_above_what_the_office_has() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut journal = open(&folder);
        let known = minute(100).as_millisecond() as u64;
        journal.taken(known);
        assert_eq!(journal.append(batch(0, 0), minute(0)).expect("written"), known + 1);
    }

    #[test]
    fn what_is_given_up_is_told_as_blind() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut journal = open(&folder);
        for at in 0..900 {
            journal.append(batch(at, 1_000), minute(at)).expect("written");
        }
        let before = journal.bytes();
        let lost = journal.shrink(minute(900)).expect("read");
        assert!(journal.bytes() <= LIMITS.bytes && journal.bytes() < before);
        let [blind] = lost.as_slice() else { panic!("{lost:?}") };
        let kept = minute(0) + SignedDuration::from_mins(waiting(&journal)[0] as i64);
        assert_eq!((blind.from, blind.until), (minute(0), kept), "up to what is still there");
        let old = minute(0) + SignedDuration::from_hours(30 * 24);
        assert_eq!(journal.shrink(old).expect("read").len(), 1, "too old");
        assert_eq!(journal.segments.len(), 1);
    }
}
