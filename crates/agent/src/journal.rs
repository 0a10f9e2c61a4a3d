//! What waits for the office: lines on disk, in segments, brought batch by batch at least once.
//!
//! A batch is fixed on disk before it first leaves, so it is the same each time it is sent. When the
//! office has taken it, it is over; a segment that is over is removed. What is synced survives a loss
//! of power, the rest a crash of the agent.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// A segment is closed when it has so many bytes.
const SEGMENT_MAX: u64 = 256 * 1024;
/// Most bytes of a line; longer ones are not taken.
const LINE_MAX: usize = 192 * 1024;
/// Most bytes of a batch.
const BATCH_MAX: usize = 256 * 1024;
const HEAD: &str = "head.json";
const ENDING: &str = "lines";

/// Lines in a folder, for one kind of batch.
#[derive(Debug)]
pub struct Journal {
    folder: PathBuf,
    /// Bytes of each segment, by number. The last one is written to; there is always one.
    segments: BTreeMap<u64, u64>,
    head: Head,
    writing: File,
}

/// How far the office got.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Head {
    /// The number of the last batch that was made.
    batch: u64,
    /// The segment in which what is not over begins.
    segment: u64,
    /// Where in it.
    from: u64,
    /// The end of the batch on its way, in the same segment.
    until: Option<u64>,
}

/// Lines that are brought together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Its number, which the office answers with.
    pub number: u64,
    /// Without their line ends.
    pub lines: Vec<String>,
}

/// What an answer meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The batch is over.
    Over,
    /// Our count was lost; the batch has a new number and must be sent again.
    Renumbered,
    /// The office answered with a number below the batch: it did not take it.
    NotTaken,
}

impl Journal {
    /// Opens the journal of a folder, or makes one. A line that was cut short by a crash is dropped.
    ///
    /// # Errors
    /// When the folder cannot be used.
    pub fn open(folder: &Path) -> io::Result<Journal> {
        fs::create_dir_all(folder)?;
        let mut segments = BTreeMap::new();
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let number = path.file_stem().and_then(|stem| stem.to_str()?.parse().ok());
            if let Some(number) = number.filter(|_| path.extension().is_some_and(|e| e == ENDING)) {
                segments.insert(number, fs::metadata(&path)?.len());
            }
        }
        let kept = fs::read(folder.join(HEAD)).ok();
        let mut head: Head =
            kept.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        let over: Vec<u64> = segments.range(..head.segment).map(|(number, _)| *number).collect();
        for number in over {
            fs::remove_file(segment_path(folder, number))?;
            segments.remove(&number);
        }
        let first = *segments.keys().next().unwrap_or(&head.segment.max(1));
        if head.segment != first {
            head = Head { segment: first, from: 0, until: None, ..head };
        }
        let last = *segments.keys().next_back().unwrap_or(&first);
        let path = segment_path(folder, last);
        let mut writing = OpenOptions::new().append(true).create(true).open(&path)?;
        let whole = whole_lines(&path)?;
        writing.set_len(whole)?;
        writing.seek(SeekFrom::End(0))?;
        File::open(folder)?.sync_all()?;
        segments.insert(last, whole);
        let there = segments.get(&head.segment).copied().unwrap_or(0);
        if head.from > there || head.until.is_some_and(|until| until > there) {
            // What was sent was not synced and is gone: begin behind what is left.
            head = Head { from: there, until: None, ..head };
        }
        Ok(Journal { folder: folder.to_owned(), segments, head, writing })
    }

    /// Bytes that wait.
    pub fn bytes(&self) -> u64 {
        self.segments.values().sum::<u64>().saturating_sub(self.head.from)
    }

    /// Adds a line, which holds no line end. It is in the hands of the system on return.
    ///
    /// # Errors
    /// When the line is too long, or the disk is full.
    pub fn append(&mut self, line: &str) -> io::Result<()> {
        if line.len() > LINE_MAX || line.contains('\n') {
            return Err(io::Error::other("the line is too long for the journal"));
        }
        let (last, size) = self.last();
        if size >= SEGMENT_MAX {
            self.writing.sync_data()?;
            self.begin_segment(last + 1)?;
        }
        let (last, size) = self.last();
        let text = format!("{line}\n");
        if let Err(error) = self.writing.write_all(text.as_bytes()) {
            // Half a line would spoil the next one.
            self.writing.set_len(size)?;
            return Err(error);
        }
        self.segments.insert(last, size + text.len() as u64);
        Ok(())
    }

    /// As [`Journal::append`]; on return the line is on disk.
    ///
    /// # Errors
    /// As [`Journal::append`].
    pub fn append_synced(&mut self, line: &str) -> io::Result<()> {
        self.append(line)?;
        self.sync()
    }

    /// Whatever was appended is on disk on return.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn sync(&self) -> io::Result<()> {
        self.writing.sync_data()
    }

    /// The batch on its way, or the next one of at most so many lines; `None` when nothing waits.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn batch(&mut self, lines_max: usize) -> io::Result<Option<Batch>> {
        self.drop_what_is_over()?;
        let Head { segment, from, until, .. } = self.head;
        let end = until.unwrap_or_else(|| self.segments.get(&segment).copied().unwrap_or(from));
        let length = usize::try_from(end - from).unwrap_or(usize::MAX).min(BATCH_MAX);
        let mut bytes = vec![0; length];
        let mut file = File::open(segment_path(&self.folder, segment))?;
        file.seek(SeekFrom::Start(from))?;
        file.read_exact(&mut bytes)?;
        let mut taken = 0;
        let mut lines = Vec::new();
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            let full = until.is_none() && lines.len() == lines_max;
            if full || !line.ends_with(b"\n") {
                break;
            }
            taken += line.len();
            lines.push(String::from_utf8_lossy(&line[..line.len() - 1]).into_owned());
        }
        if lines.is_empty() {
            if length > 0 && self.last().0 != segment {
                // The disk lost the end of this segment: what follows must not wait for it.
                self.keep(Head { from: end, ..self.head })?;
            }
            return Ok(None);
        }
        if until.is_none() {
            let (batch, until) = (self.head.batch + 1, Some(from + taken as u64));
            if self.last().0 == segment {
                self.writing.sync_data()?;
            }
            self.keep(Head { batch, until, ..self.head })?;
        }
        Ok(Some(Batch { number: self.head.batch, lines }))
    }

    /// The office's answer to the batch on its way.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn answered(&mut self, taken: u64) -> io::Result<Progress> {
        match taken.cmp(&self.head.batch) {
            std::cmp::Ordering::Less => Ok(Progress::NotTaken),
            std::cmp::Ordering::Equal => {
                self.give_up()?;
                Ok(Progress::Over)
            }
            std::cmp::Ordering::Greater => {
                self.keep(Head { batch: taken.saturating_add(1), ..self.head })?;
                Ok(Progress::Renumbered)
            }
        }
    }

    /// The batch on its way is over, taken or not.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn give_up(&mut self) -> io::Result<()> {
        let from = self.head.until.unwrap_or(self.head.from);
        self.keep(Head { from, until: None, ..self.head })
    }

    /// Throws the oldest segment away, sent or not, and returns the lines that nobody had.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn drop_oldest(&mut self) -> io::Result<Vec<String>> {
        let Head { segment, from, .. } = self.head;
        let bytes = fs::read(segment_path(&self.folder, segment))?;
        let rest = usize::try_from(from).ok().and_then(|from| bytes.get(from..)).unwrap_or(&[]);
        let lines = String::from_utf8_lossy(rest).lines().map(str::to_owned).collect();
        self.keep(Head { from: bytes.len() as u64, until: None, ..self.head })?;
        if self.last().0 == segment {
            self.begin_segment(segment + 1)?;
        }
        self.drop_what_is_over()?;
        Ok(lines)
    }

    /// Every line that waits or is on its way.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn waiting(&self) -> io::Result<Vec<String>> {
        let mut lines = Vec::new();
        for number in self.segments.keys() {
            let bytes = fs::read(segment_path(&self.folder, *number))?;
            let from = if *number == self.head.segment { self.head.from } else { 0 };
            let rest = usize::try_from(from).ok().and_then(|from| bytes.get(from..));
            lines.extend(String::from_utf8_lossy(rest.unwrap_or(&[])).lines().map(str::to_owned));
        }
        Ok(lines)
    }

    fn last(&self) -> (u64, u64) {
        self.segments.last_key_value().map_or((1, 0), |(number, size)| (*number, *size))
    }

    fn begin_segment(&mut self, number: u64) -> io::Result<()> {
        let path = segment_path(&self.folder, number);
        self.writing = OpenOptions::new().append(true).create(true).open(path)?;
        // A synced line in a file that the folder does not name would be lost with the power.
        File::open(&self.folder)?.sync_all()?;
        self.segments.insert(number, 0);
        Ok(())
    }

    /// Removes segments of which everything is over. The last one is begun anew when it is large.
    fn drop_what_is_over(&mut self) -> io::Result<()> {
        loop {
            let Head { segment, from, until, .. } = self.head;
            let size = self.segments.get(&segment).copied().unwrap_or(0);
            if until.is_some() || from < size {
                return Ok(());
            }
            let (last, _) = self.last();
            if segment == last && size < SEGMENT_MAX {
                return Ok(());
            }
            if segment == last {
                self.begin_segment(last + 1)?;
            }
            let next = self.segments.range(segment + 1..).next().map_or(last, |(n, _)| *n);
            self.keep(Head { segment: next, from: 0, until: None, ..self.head })?;
            fs::remove_file(segment_path(&self.folder, segment))?;
            self.segments.remove(&segment);
        }
    }

    fn keep(&mut self, head: Head) -> io::Result<()> {
        let text = serde_json::to_vec(&head).map_err(io::Error::other)?;
        write_whole(&self.folder.join(HEAD), &text)?;
        self.head = head;
        Ok(())
    }
}

/// Writes a file beside, syncs it and puts it in its place: after a crash there is the old one or the
/// new one.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let draft = path.with_extension("new");
    let mut file = File::create(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&draft, path)?;
    match path.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

fn segment_path(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("{number:012}.{ENDING}"))
}

/// How many bytes of a file are whole lines.
fn whole_lines(path: &Path) -> io::Result<u64> {
    let bytes = fs::read(path)?;
    Ok(bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at as u64 + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(batch: Option<Batch>) -> (u64, String) {
        batch.map_or((0, String::new()), |batch| (batch.number, batch.lines.join(" ")))
    }

    #[test]
    fn a_batch_stays_the_same_until_it_is_taken() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut journal = Journal::open(folder.path()).expect("made");
        assert_eq!(journal.batch(2).expect("read"), None);
        for line in ["a", "b", "c"] {
            journal.append(line).expect("appended");
        }
        assert_eq!(numbers(journal.batch(2).expect("read")), (1, "a b".to_owned()));
        journal.append("d").expect("appended");
        // Asked again, even after a start and with other limits: the same.
        let mut journal = Journal::open(folder.path()).expect("opened");
        assert_eq!(numbers(journal.batch(9).expect("read")), (1, "a b".to_owned()));
        assert_eq!(journal.answered(0).expect("kept"), Progress::NotTaken);
        assert_eq!(numbers(journal.batch(9).expect("read")), (1, "a b".to_owned()));
        assert_eq!(journal.answered(1).expect("kept"), Progress::Over);
        let mut journal = Journal::open(folder.path()).expect("opened");
        assert_eq!(numbers(journal.batch(9).expect("read")), (2, "c d".to_owned()));
        // The office knows of more batches than we: our count was lost.
        assert_eq!(journal.answered(70).expect("kept"), Progress::Renumbered);
        assert_eq!(numbers(journal.batch(9).expect("read")), (71, "c d".to_owned()));
        assert_eq!(journal.answered(71).expect("kept"), Progress::Over);
        assert_eq!(journal.batch(9).expect("read"), None);
        assert_eq!(journal.bytes(), 0);
    }

    #[test]
    fn a_line_cut_short_is_dropped() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut journal = Journal::open(folder.path()).expect("made");
        journal.append_synced("whole").expect("appended");
        let path = segment_path(folder.path(), 1);
        let mut file = OpenOptions::new().append(true).open(path).expect("opened");
        file.write_all(b"ha").expect("written");
        let mut journal = Journal::open(folder.path()).expect("opened");
        journal.append("next").expect("appended");
        assert_eq!(numbers(journal.batch(9).expect("read")), (1, "whole next".to_owned()));
    }

    #[test]
    fn segments_come_and_go() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut journal = Journal::open(folder.path()).expect("made");
        let line = |number: u32| format!("{number:04}{}", "x".repeat(1_000));
        for number in 0..1_000 {
            journal.append(&line(number)).expect("appended");
        }
        assert_eq!(journal.segments.len(), 4);
        assert_eq!(journal.batch(10).expect("read").map(|b| b.lines[0].clone()), Some(line(0)));
        // The oldest segment goes, with the batch that was on its way.
        let dropped = journal.drop_oldest().expect("dropped");
        assert_eq!((dropped.len(), dropped[0].clone()), (261, line(0)));
        let mut journal = Journal::open(folder.path()).expect("opened");
        let mut next = 261;
        while let Some(batch) = journal.batch(100).expect("read") {
            for found in &batch.lines {
                assert_eq!(found[..4], line(next)[..4]);
                next += 1;
            }
            assert_eq!(journal.answered(batch.number).expect("kept"), Progress::Over);
        }
        assert_eq!(next, 1_000);
        assert_eq!((journal.bytes(), journal.segments.len()), (0, 1));
        assert!(journal.append(&"x".repeat(LINE_MAX + 1)).is_err());
    }

    #[test]
    fn a_segment_that_lost_its_end_does_not_hold_up_the_next() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut journal = Journal::open(folder.path()).expect("made");
        journal.append("a").expect("appended");
        journal.batch(9).expect("read");
        drop(journal);
        fs::write(segment_path(folder.path(), 1), "").expect("lost");
        fs::write(segment_path(folder.path(), 2), "torn").expect("torn");
        fs::write(segment_path(folder.path(), 3), "b\n").expect("written");
        let mut journal = Journal::open(folder.path()).expect("opened");
        assert_eq!(journal.batch(9).expect("read"), None);
        assert_eq!(numbers(journal.batch(9).expect("read")), (2, "b".to_owned()));
    }

    #[test]
    fn a_lost_head_sends_again_rather_than_not_at_all() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut journal = Journal::open(folder.path()).expect("made");
        journal.append("a").expect("appended");
        journal.batch(1).expect("read");
        journal.answered(1).expect("kept");
        journal.append("b").expect("appended");
        fs::write(folder.path().join(HEAD), "{").expect("spoiled");
        let mut journal = Journal::open(folder.path()).expect("opened");
        assert_eq!(numbers(journal.batch(9).expect("read")), (1, "a b".to_owned()));
    }
}
