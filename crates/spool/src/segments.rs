//! The segment files: which are in use, what lives in them, which are free to be written again.
//!
//! A segment is made once, filled with zeros and synced, so that writing into it later changes no
//! metadata and a sync costs the data alone. It is written again when nothing in it is alive and
//! no snapshot that we might recover from needs it.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::index::Place;
use crate::record::{
    ALIGN, FREE_HEAD, Head, RECORD_HEAD, SEGMENT_BYTES, SEGMENT_HEAD, decode_segment_head,
    encode_segment_head, record_len,
};

/// Free segments kept ready. Arrivals take all but the last one, which is for notes, so that
/// what was delivered can be recorded on a full disk.
pub(crate) const FREE_MIN: usize = 2;
/// Free segments beyond this are deleted.
pub(crate) const FREE_MAX: usize = 8;
/// Segments that may have been begun after the newest one whose header is sound.
const BEGUN_SINCE_MAX: u64 = 4_096;
/// Bytes zero-filled in one write.
const FILL_STEP: usize = 1024 * 1024;

#[derive(Debug)]
pub(crate) struct Segment {
    pub file: Arc<File>,
    pub sequence: u64,
    /// Messages whose record is here.
    pub live: u32,
    /// Bytes of those records.
    pub live_bytes: u64,
    /// The newest segment when the last message here went, or when this one was begun: a
    /// snapshot older than that may still name a message here.
    died_at: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Segments {
    folder: PathBuf,
    pub used: HashMap<u32, Segment>,
    pub free: Vec<u32>,
    pub last_sequence: u64,
    last_file: u32,
}

impl Segment {
    fn begun(file: Arc<File>, sequence: u64) -> Segment {
        Segment { file, sequence, live: 0, live_bytes: 0, died_at: sequence }
    }
}

fn file_name(number: u32) -> String {
    format!("segment-{number:06}.log")
}

impl Segments {
    /// Looks at every segment file of the folder.
    ///
    /// # Errors
    /// When the folder or a file cannot be read.
    pub fn scan(folder: &Path) -> io::Result<Segments> {
        let mut segments = Segments { folder: folder.to_owned(), ..Segments::default() };
        let mut headless = Vec::new();
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
            if name.ends_with(".new") {
                fs::remove_file(&path)?;
                continue;
            }
            let number = name.strip_prefix("segment-").and_then(|n| n.strip_suffix(".log"));
            let Some(number) = number.and_then(|n| n.parse::<u32>().ok()) else { continue };
            segments.last_file = segments.last_file.max(number);
            let file = open(&path)?;
            match header(&file) {
                Header::Life(sequence) => segments.take_up(number, file, sequence),
                Header::Free => segments.free.push(number),
                Header::Lost => headless.push((number, file)),
            }
        }
        // Content may look like a record on purpose: a number that is far from all others is not
        // believed.
        let known = segments.last_sequence;
        let most = if known > 0 { known + BEGUN_SINCE_MAX } else { u64::MAX / 2 };
        for (number, file) in headless {
            let found = newest_record(&file, most);
            tracing::error!(segment = number, life = found, "a spool segment has lost its header");
            match found {
                Some(sequence) => segments.take_up(number, file, sequence),
                None => segments.free.push(number),
            }
        }
        let last = segments.last_sequence;
        for segment in segments.used.values_mut() {
            segment.died_at = last;
        }
        Ok(segments)
    }

    fn take_up(&mut self, number: u32, file: File, sequence: u64) {
        self.last_sequence = self.last_sequence.max(sequence);
        self.used.insert(number, Segment::begun(Arc::new(file), sequence));
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A number for the next new file.
    pub fn next_file(&mut self) -> u32 {
        self.last_file += 1;
        self.last_file
    }

    /// Begins a new life of a free segment. Leaves `keep` free ones alone.
    ///
    /// # Errors
    /// When its header cannot be written.
    pub fn begin(&mut self, keep: usize) -> io::Result<Option<(u32, Arc<File>, u64)>> {
        if self.free.len() <= keep {
            return Ok(None);
        }
        let Some(number) = self.free.pop() else { return Ok(None) };
        let begun = open(&self.folder.join(file_name(number))).and_then(|file| {
            // Synced with the first records behind it.
            file.write_all_at(&encode_segment_head(self.last_sequence + 1), 0)?;
            Ok(Arc::new(file))
        });
        match begun {
            Ok(file) => {
                self.last_sequence += 1;
                let sequence = self.last_sequence;
                self.used.insert(number, Segment::begun(file.clone(), sequence));
                Ok(Some((number, file, sequence)))
            }
            Err(error) => {
                self.free.push(number);
                Err(error)
            }
        }
    }

    pub fn gained(&mut self, place: Place, payload_len: u32) {
        if let Some(segment) = self.used.get_mut(&place.file) {
            segment.live += 1;
            segment.live_bytes += record_len(payload_len as usize);
        }
    }

    pub fn lost(&mut self, place: Place, payload_len: u32) {
        if let Some(segment) = self.used.get_mut(&place.file) {
            segment.live -= 1;
            segment.live_bytes -= record_len(payload_len as usize);
            segment.died_at = self.last_sequence;
        }
    }

    /// Takes what was dead before the snapshot at `before` out of use; deletes what is more than
    /// enough.
    ///
    /// # Errors
    /// When a header cannot be wiped or a file deleted; it stays in use then.
    pub fn recycle(&mut self, before: u64) -> io::Result<()> {
        let dead: Vec<u32> = self
            .used
            .iter()
            .filter(|(_, s)| s.live == 0 && s.died_at < before)
            .map(|(number, _)| *number)
            .collect();
        for number in dead {
            let path = self.folder.join(file_name(number));
            if self.free.len() >= FREE_MAX {
                fs::remove_file(&path)?;
            } else {
                open(&path)?.write_all_at(&FREE_HEAD, 0)?;
                self.free.push(number);
            }
            self.used.remove(&number);
        }
        Ok(())
    }

    pub fn bytes_on_disk(&self) -> u64 {
        (self.used.len() + self.free.len()) as u64 * SEGMENT_BYTES
    }
}

/// Makes a zero-filled, synced segment file under its final name.
///
/// # Errors
/// When the disk is full or fails; nothing is left behind then.
pub(crate) fn make(folder: &Path, number: u32) -> io::Result<()> {
    let draft = folder.join(format!("{}.new", file_name(number)));
    let made = fill(&draft).and_then(|()| fs::rename(&draft, folder.join(file_name(number))));
    if made.is_err() {
        // The failure itself is what the caller hears of.
        let _ = fs::remove_file(&draft);
        return made;
    }
    File::open(folder)?.sync_all()
}

fn fill(path: &Path) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).open(path)?;
    let zeros = vec![0; FILL_STEP];
    for _ in 0..SEGMENT_BYTES / FILL_STEP as u64 {
        file.write_all(&zeros)?;
    }
    file.write_all_at(&FREE_HEAD, 0)?;
    file.sync_all()
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).open(path)
}

/// What the first bytes of a file say.
enum Header {
    Life(u64),
    Free,
    Lost,
}

fn header(file: &File) -> Header {
    let mut head = [0; SEGMENT_HEAD as usize];
    if file.read_exact_at(&mut head, 0).is_err() {
        return Header::Lost;
    }
    match decode_segment_head(&head) {
        Some(sequence) => Header::Life(sequence),
        None if head == FREE_HEAD => Header::Free,
        None => Header::Lost,
    }
}

/// The newest life, up to `most`, of which a record is in the file; looks at every place where one
/// may begin.
fn newest_record(file: &File, most: u64) -> Option<u64> {
    let mut newest = None;
    let mut block = vec![0; FILL_STEP + RECORD_HEAD];
    for start in (0..SEGMENT_BYTES).step_by(FILL_STEP) {
        let mut got = 0;
        // What cannot be read holds no record.
        while let Ok(count) = file.read_at(&mut block[got..], start + got as u64) {
            got += count;
            if count == 0 || got == block.len() {
                break;
            }
        }
        for place in block[..got].windows(RECORD_HEAD).step_by(ALIGN as usize) {
            let claimed = Head::claimed(place).map(|head| head.sequence);
            newest = newest.max(claimed.filter(|sequence| *sequence <= most));
        }
    }
    newest
}
