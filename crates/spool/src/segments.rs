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
    SEGMENT_BYTES, SEGMENT_HEAD, decode_segment_head, encode_segment_head, record_len,
};

/// Free segments kept ready. Arrivals take all but the last one, which is for notes, so that
/// what was delivered can be recorded on a full disk.
pub(crate) const FREE_MIN: usize = 2;
/// Free segments beyond this are deleted.
pub(crate) const FREE_MAX: usize = 8;
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
}

#[derive(Debug, Default)]
pub(crate) struct Segments {
    folder: PathBuf,
    pub used: HashMap<u32, Segment>,
    pub free: Vec<u32>,
    pub last_sequence: u64,
    last_file: u32,
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
            match present_sequence(&file)? {
                Some(sequence) => {
                    segments.last_sequence = segments.last_sequence.max(sequence);
                    let segment =
                        Segment { file: Arc::new(file), sequence, live: 0, live_bytes: 0 };
                    segments.used.insert(number, segment);
                }
                None => segments.free.push(number),
            }
        }
        Ok(segments)
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
                let segment = Segment { file: file.clone(), sequence, live: 0, live_bytes: 0 };
                self.used.insert(number, segment);
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
        }
    }

    /// Takes what is dead and older than `before` out of use; deletes what is more than enough.
    ///
    /// # Errors
    /// When a header cannot be wiped or a file deleted.
    pub fn recycle(&mut self, before: u64) -> io::Result<()> {
        let dead: Vec<u32> = self
            .used
            .iter()
            .filter(|(_, s)| s.live == 0 && s.sequence < before)
            .map(|(number, _)| *number)
            .collect();
        for number in dead {
            self.used.remove(&number);
            let path = self.folder.join(file_name(number));
            if self.free.len() >= FREE_MAX {
                fs::remove_file(&path)?;
            } else {
                // Without a header the file is free at the next start too.
                open(&path)?.write_all_at(&[0; SEGMENT_HEAD as usize], 0)?;
                self.free.push(number);
            }
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
    file.sync_all()
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).open(path)
}

/// The sequence in the header or, where that has rotted, in the first record.
fn present_sequence(file: &File) -> io::Result<Option<u64>> {
    let mut bytes = [0; 128];
    let mut got = 0;
    while got < bytes.len() {
        match file.read_at(&mut bytes[got..], got as u64)? {
            0 => break,
            n => got += n,
        }
    }
    if let Some(sequence) = decode_segment_head(&bytes[..got]) {
        return Ok(Some(sequence));
    }
    if bytes[..SEGMENT_HEAD as usize].iter().all(|b| *b == 0) {
        return Ok(None);
    }
    let first = &bytes[SEGMENT_HEAD as usize..];
    let mut word = [0; 8];
    word.copy_from_slice(&first[8..16]);
    let sequence = u64::from_le_bytes(word);
    Ok(crate::record::Head::decode(first, sequence).map(|_| sequence))
}
