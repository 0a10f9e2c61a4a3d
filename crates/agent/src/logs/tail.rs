//! Reads a file that grows and is rotated, from where we stopped: by device, inode and offset, with a
//! fingerprint of its beginning, since inodes are used again.
//!
//! A file that was renamed is read to its end before the new one is begun, also when that happened
//! while we were away. One that was cut to nothing is followed into its copy.

use std::collections::VecDeque;
use std::fs::{self, File, Metadata};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// Longest line; the rest of a longer one is left out.
const LINE_MAX: usize = 64 * 1024;
/// Bytes that are read at once.
const PIECE: usize = 32 * 1024;
/// Bytes of the beginning that make the fingerprint.
const FINGERPRINT_MAX: u64 = 256;
/// Most files beside the log that are looked at.
const SIBLINGS_MAX: usize = 2_000;

/// Where we stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    device: u64,
    inode: u64,
    /// Bytes of whole lines that were read.
    offset: u64,
    /// Bytes that the fingerprint covers.
    covered: u64,
    /// CRC-32 of them.
    fingerprint: u32,
}

/// A file that is being read.
#[derive(Debug)]
struct Reading {
    file: File,
    at: Checkpoint,
    /// Read behind the offset, without a line end yet.
    partial: Vec<u8>,
    /// The rest of a line that was too long is being left out.
    skipping: bool,
}

/// A log on its way through its files.
#[derive(Debug)]
pub struct Tail {
    path: PathBuf,
    reading: Option<Reading>,
    /// Rotated files to be read before the path itself, each from an offset.
    next: VecDeque<(PathBuf, u64)>,
    /// The path itself is still to be opened, at its beginning.
    fresh: bool,
}

/// What a look at the file came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Looked {
    /// There is more to read at once.
    pub more: bool,
    /// Lines were lost: the file in which we stopped is gone.
    pub lost: bool,
}

impl Tail {
    /// Begins at the beginning of the file, also when it is made later.
    pub fn from_beginning(path: &Path) -> Tail {
        Tail { path: path.to_owned(), reading: None, next: VecDeque::new(), fresh: true }
    }

    /// Begins where we stopped; without a checkpoint at the end of the file. `true` beside it when the
    /// file in which we stopped is gone.
    pub fn resume(path: &Path, checkpoint: Option<Checkpoint>) -> (Tail, bool) {
        let mut tail = Tail::from_beginning(path);
        let Some(checkpoint) = checkpoint else {
            if let Ok(reading) = Reading::open(path, u64::MAX) {
                (tail.reading, tail.fresh) = (Some(reading), false);
            }
            return (tail, false);
        };
        let siblings = siblings(path);
        let found = siblings.iter().position(|(sibling, _)| checkpoint.is_in(sibling));
        if checkpoint.is_in(path) {
            tail.next.push_back((path.to_owned(), checkpoint.offset));
            tail.fresh = false;
            return (tail, false);
        }
        if let Some(found) = found {
            let later = siblings[found + 1..].iter().map(|(sibling, _)| (sibling.clone(), 0));
            tail.next.push_back((siblings[found].0.clone(), checkpoint.offset));
            tail.next.extend(later);
        } else if checkpoint.has_inode_of(path) {
            tail.next.extend(copy_of(path, &checkpoint));
        }
        let lost = tail.next.is_empty();
        (tail, lost)
    }

    /// Hands over every whole line, until some bytes were read or there are no more.
    ///
    /// # Errors
    /// When there is no file to read, or it cannot be read.
    pub fn look(&mut self, bytes_max: usize, mut line: impl FnMut(&[u8])) -> io::Result<Looked> {
        let mut looked = Looked::default();
        let mut left = bytes_max;
        loop {
            if self.reading.is_none() {
                self.open_next()?;
            }
            let Some(reading) = &mut self.reading else { return Ok(looked) };
            let read = reading.read(&mut line)?;
            left = left.saturating_sub(read);
            if left == 0 {
                looked.more = true;
                return Ok(looked);
            }
            if read > 0 {
                continue;
            }
            if !self.is_over(&mut looked)? {
                return Ok(looked);
            }
            // What came between the last look and the renaming.
            if let Some(mut reading) = self.reading.take() {
                while reading.read(&mut line)? > 0 {}
                reading.finish(&mut line);
            }
        }
    }

    /// Where to go on; `None` before anything was opened.
    pub fn checkpoint(&self) -> Option<Checkpoint> {
        self.reading.as_ref().map(|reading| reading.at)
    }

    /// Opens what comes next.
    fn open_next(&mut self) -> io::Result<()> {
        while let Some((path, offset)) = self.next.front() {
            match Reading::open(path, *offset) {
                Ok(reading) => {
                    self.reading = Some(reading);
                    self.next.pop_front();
                    return Ok(());
                }
                // A rotated file can be compressed and gone in between.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    self.next.pop_front();
                }
                Err(error) => return Err(error),
            }
        }
        self.reading = Some(Reading::open(&self.path, 0)?);
        self.fresh = false;
        Ok(())
    }

    /// Whether what is being read ended and another file comes next.
    fn is_over(&mut self, looked: &mut Looked) -> io::Result<bool> {
        let Some(reading) = &mut self.reading else { return Ok(false) };
        let seen = reading.file.metadata()?;
        if seen.len() < reading.at.offset {
            reading.partial.clear();
            let copy = copy_of(&self.path, &reading.at);
            self.fresh = copy.is_some();
            if let Some(copy) = copy {
                self.next.push_front(copy);
                return Ok(true);
            }
            (reading.at, reading.skipping) =
                (Checkpoint { offset: 0, covered: 0, ..reading.at }, false);
            looked.more = true;
            return Ok(false);
        }
        if !self.next.is_empty() || self.fresh {
            return Ok(true);
        }
        let now = match fs::metadata(&self.path) {
            Ok(now) => now,
            // Renamed, and the new one is not made yet.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(error),
        };
        let same = (now.dev(), now.ino()) == (reading.at.device, reading.at.inode);
        if !same {
            let ours = (reading.at.device, reading.at.inode);
            let siblings = siblings(&self.path);
            let found = siblings.iter().position(|(_, seen)| (seen.dev(), seen.ino()) == ours);
            let later = found.map_or(&[][..], |found| &siblings[found + 1..]);
            self.next.extend(later.iter().map(|(sibling, _)| (sibling.clone(), 0)));
        }
        Ok(!same)
    }
}

impl Reading {
    /// Opens a file at an offset, or at its end when it is shorter.
    fn open(path: &Path, offset: u64) -> io::Result<Reading> {
        let file = File::open(path)?;
        let seen = file.metadata()?;
        if !seen.is_file() {
            return Err(io::Error::other("it is not a file"));
        }
        let offset = offset.min(seen.len());
        let covered = offset.min(FINGERPRINT_MAX);
        let fingerprint = fingerprint(&file, covered).unwrap_or(0);
        let at = Checkpoint { device: seen.dev(), inode: seen.ino(), offset, covered, fingerprint };
        Ok(Reading { file, at, partial: Vec::new(), skipping: false })
    }

    /// Reads a piece and hands over the lines that it ends.
    fn read(&mut self, line: &mut impl FnMut(&[u8])) -> io::Result<usize> {
        let known = self.partial.len();
        self.partial.resize(known + PIECE, 0);
        let read = self.file.read_at(&mut self.partial[known..], self.at.offset + known as u64);
        self.partial.truncate(known + read.as_ref().copied().unwrap_or(0));
        let read = read?;
        let mut done = 0;
        for whole in self.partial.split_inclusive(|byte| *byte == b'\n') {
            let Some(text) = whole.strip_suffix(b"\n") else { break };
            if !std::mem::take(&mut self.skipping) {
                line(text.strip_suffix(b"\r").unwrap_or(text));
            }
            done += whole.len();
        }
        self.partial.drain(..done);
        self.at.offset += done as u64;
        if self.partial.len() >= LINE_MAX {
            if !self.skipping {
                line(&self.partial[..LINE_MAX]);
            }
            self.skipping = true;
            self.at.offset += self.partial.len() as u64;
            self.partial.clear();
        }
        self.partial.shrink_to(2 * self.partial.len());
        let covered = self.at.offset.min(FINGERPRINT_MAX);
        if covered > self.at.covered {
            self.at.fingerprint = fingerprint(&self.file, covered).unwrap_or(0);
            self.at.covered = covered;
        }
        Ok(read)
    }

    /// Hands over the last line of a file that nobody writes to any more.
    fn finish(&mut self, line: &mut impl FnMut(&[u8])) {
        if !self.partial.is_empty() && !self.skipping {
            line(&self.partial);
        }
        self.at.offset += self.partial.len() as u64;
        self.partial.clear();
    }
}

/// CRC-32 of the first bytes of a file; `None` when it does not have so many.
fn fingerprint(file: &File, covered: u64) -> Option<u32> {
    let mut bytes = vec![0; usize::try_from(covered).ok()?];
    file.read_exact_at(&mut bytes, 0).ok()?;
    Some(crc32fast::hash(&bytes))
}

impl Checkpoint {
    /// Whether a file is the one in which we stopped, and still holds what we read of it.
    fn is_in(&self, path: &Path) -> bool {
        self.has_inode_of(path) && self.begins(path)
    }

    fn has_inode_of(&self, path: &Path) -> bool {
        fs::metadata(path).is_ok_and(|seen| (seen.dev(), seen.ino()) == (self.device, self.inode))
    }

    /// Whether a file begins as the one in which we stopped, and goes at least as far.
    fn begins(&self, path: &Path) -> bool {
        let Ok(file) = File::open(path) else { return false };
        let long = file.metadata().is_ok_and(|seen| seen.is_file() && seen.len() >= self.offset);
        long && fingerprint(&file, self.covered) == Some(self.fingerprint)
    }
}

/// The copy that was made of a file before it was cut to nothing, from where we stopped.
fn copy_of(path: &Path, checkpoint: &Checkpoint) -> Option<(PathBuf, u64)> {
    let (copy, _) = siblings(path).pop()?;
    let sound = checkpoint.covered > 0 && checkpoint.begins(&copy);
    sound.then_some((copy, checkpoint.offset))
}

/// Rotated files of a log that can be read, oldest first: its name, then `.` or `-`, then digits.
fn siblings(path: &Path) -> Vec<(PathBuf, Metadata)> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name().and_then(|n| n.to_str()))
    else {
        return Vec::new();
    };
    let rotated = |other: &str| {
        let rest = other.strip_prefix(name).filter(|rest| rest.starts_with(['.', '-']));
        rest.is_some_and(|rest| {
            rest.len() > 1 && rest[1..].chars().all(|c| c.is_ascii_digit() || "-.".contains(c))
        })
    };
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut found: Vec<(PathBuf, Metadata)> = entries
        .take(SIBLINGS_MAX)
        .flatten()
        .filter(|entry| entry.file_name().to_str().is_some_and(rotated))
        .filter_map(|entry| Some((entry.path(), fs::metadata(entry.path()).ok()?)))
        .filter(|(_, seen)| seen.is_file())
        .collect();
    // Two that were written last in one instant: `.2` is older than `.1`.
    let counted = |path: &Path| path.extension().and_then(|end| end.to_str()?.parse::<i64>().ok());
    found.sort_by_key(|(path, seen)| {
        let count = counted(path).unwrap_or(0);
        (seen.mtime(), seen.mtime_nsec(), -count, path.clone())
    });
    found
}

#[cfg(test)]
mod tests {
    use std::fs::OpenOptions;
    use std::io::Write;

    use super::*;

    /// A folder with a log in it, and what was read of it.
    struct World {
        folder: tempfile::TempDir,
        tail: Option<Tail>,
        kept: Option<Checkpoint>,
        lost: bool,
    }

    impl World {
        fn new() -> World {
            let folder = tempfile::tempdir().expect("a folder");
            World { folder, tail: None, kept: None, lost: false }
        }

        fn path(&self, name: &str) -> PathBuf {
            self.folder.path().join(name)
        }

        fn write(&self, name: &str, text: &str) {
            let path = self.path(name);
            let mut file = OpenOptions::new().append(true).create(true).open(path).expect("opened");
            file.write_all(text.as_bytes()).expect("written");
        }

        fn rename(&self, from: &str, to: &str) {
            fs::rename(self.path(from), self.path(to)).expect("renamed");
        }

        fn start(&mut self) {
            let (tail, lost) = Tail::resume(&self.path("log"), self.kept);
            (self.tail, self.lost) = (Some(tail), lost);
        }

        fn read(&mut self) -> String {
            let tail = self.tail.as_mut().expect("started");
            let mut lines = Vec::new();
            loop {
                let looked = tail.look(1_000, |line| {
                    lines.push(String::from_utf8_lossy(line).into_owned());
                });
                if !looked.is_ok_and(|looked| looked.more) {
                    break;
                }
            }
            self.kept = tail.checkpoint();
            lines.join(" ")
        }

        fn stop(&mut self) {
            self.tail = None;
        }
    }

    #[test]
    fn whole_lines_from_where_we_stopped() {
        let mut world = World::new();
        world.write("log", "old\n");
        world.start();
        assert_eq!(world.read(), "", "what was there before the first start is not read");
        world.write("log", "a\r\nb\nhal");
        assert_eq!(world.read(), "a b");
        world.stop();
        world.write("log", "f\nc\n");
        world.start();
        assert_eq!(world.read(), "half c");
        assert_eq!((world.read(), world.lost), (String::new(), false));
    }

    #[test]
    fn rotation_while_we_read() {
        let mut world = World::new();
        world.start();
        world.write("log", "a\n");
        assert_eq!(world.read(), "a", "a file that is made later is read from its beginning");
        world.write("log", "b\n");
        world.rename("log", "log.1");
        assert_eq!(world.read(), "b");
        world.write("log.1", "c\nlast");
        world.write("log", "d\n");
        assert_eq!(world.read(), "c last d");
        world.write("log", "e\n");
        assert_eq!(world.read(), "e");
    }

    #[test]
    fn rotation_while_we_were_away() {
        let mut world = World::new();
        world.start();
        world.write("log", "a\n");
        assert_eq!(world.read(), "a");
        world.stop();
        world.write("log", "b\n");
        world.rename("log", "log.1");
        world.write("log", "c\n");
        world.rename("log.1", "log.2");
        world.rename("log", "log.1");
        world.write("log", "d\n");
        world.write("log.notes", "no\n");
        world.start();
        assert_eq!((world.read(), world.lost), ("b c d".to_owned(), false));
        // Compressed meanwhile: what came after where we stopped is lost, and that is told.
        world.stop();
        world.rename("log", "log.3.gz");
        world.write("log", "e\n");
        world.start();
        assert_eq!((world.read(), world.lost), ("e".to_owned(), true));
    }

    #[test]
    fn cut_to_nothing_with_and_without_a_copy() {
        let cut = |world: &World| {
            let path = world.path("log");
            OpenOptions::new().write(true).open(path).expect("opened").set_len(0).expect("cut");
        };
        for away in [false, true] {
            let mut world = World::new();
            world.start();
            world.write("log", "a\nb\n");
            assert_eq!(world.read(), "a b");
            if away {
                world.stop();
            }
            world.write("log", "c\n");
            fs::copy(world.path("log"), world.path("log.1")).expect("copied");
            cut(&world);
            world.write("log", "d\n");
            if away {
                world.start();
            }
            assert_eq!((world.read(), world.lost), ("c d".to_owned(), false), "away: {away}");
            if away {
                world.stop();
            }
            cut(&world);
            if away {
                world.start();
            }
            assert_eq!((world.read(), world.lost), (String::new(), away), "away: {away}");
            world.write("log", "e\n");
            assert_eq!(world.read(), "e", "away: {away}");
        }
    }

    #[test]
    fn an_inode_that_is_used_again_is_another_file() {
        let mut world = World::new();
        world.start();
        world.write("log", "first file, line one\n");
        assert_eq!(world.read(), "first file, line one");
        world.stop();
        // As after a removal and a new file in the same inode.
        fs::write(world.path("log"), "second file, line one\nline two\n").expect("written");
        world.start();
        assert_eq!(world.read(), "second file, line one line two");
        assert!(world.lost);
    }

    #[test]
    fn long_lines_are_cut_and_what_is_left_does_not_count_as_a_line() {
        let mut world = World::new();
        world.start();
        world.write("log", &format!("{}\nnext\n", "x".repeat(300_000)));
        let read = world.read();
        let (long, next) = read.split_once(' ').expect("two lines");
        assert_eq!((long.len(), next), (LINE_MAX, "next"));
    }

    #[test]
    fn a_file_that_cannot_be_read_is_an_error() {
        let world = World::new();
        let (mut tail, _) = Tail::resume(&world.path("log"), None);
        assert!(tail.look(1_000, |_| {}).is_err());
        let (mut tail, _) = Tail::resume(world.folder.path(), None);
        assert!(tail.look(1_000, |_| {}).is_err());
    }
}
