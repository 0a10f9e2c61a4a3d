//! The relay's journal: facts in the order they were told, kept until the office has them.
//!
//! The relay appends, the office reads and acknowledges; they share nothing but the folder. Each
//! frame holds some facts as a JSON array, sealed by the vault, since facts carry addresses.
//! Writing is prompt and syncing is not: what a power cut takes is told again from the spool's
//! log (`docs/FORMATS.md`).

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use mail::Fact;
use tracing::{error, warn};
use vault::Vault;

const MAGIC: &[u8; 4] = b"YKJ1";
const FRAME_HEAD: usize = 12;
const FRAME_ALIGN: usize = 8;
/// Frames are closed at this many bytes of facts.
const FRAME_BYTES: usize = 256 * 1024;
/// A longer frame is damage.
const FRAME_BYTES_MAX: usize = 8 * 1024 * 1024;
/// A file is closed at this size.
const FILE_BYTES: u64 = 16 * 1024 * 1024;
/// Facts that nobody collects: at this many bytes the relay refuses new mail.
pub const JOURNAL_BYTES_MAX: u64 = 8 * 1024 * 1024 * 1024;
/// Facts wait this long for company.
const LINGER: Duration = Duration::from_millis(25);
/// Written facts are synced at the latest after this.
const SYNC_EVERY: Duration = Duration::from_secs(1);
/// The label under which frames are sealed.
const LABEL: &str = "journal";

/// A place in the journal, just behind a frame. Text form `FILE:OFFSET`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor {
    /// Number of the journal file.
    pub file: u64,
    /// Bytes into it.
    pub offset: u64,
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.file, self.offset)
    }
}

impl std::str::FromStr for Cursor {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Cursor, Self::Err> {
        let (file, offset) = text.split_once(':').unwrap_or((text, ""));
        Ok(Cursor { file: file.parse()?, offset: offset.parse()? })
    }
}

/// Why the journal could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The system refused.
    #[error("cannot use the journal in {path}")]
    Io {
        /// Which file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The facts are sealed under another key.
    #[error("the journal in {path} belongs to another key file")]
    OtherKey {
        /// Which file.
        path: PathBuf,
    },
}

/// Appends facts.
pub struct Journal {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    buffer: Mutex<Buffer>,
    bell: Condvar,
    folder: PathBuf,
    vault: Arc<Vault>,
    bytes: AtomicU64,
}

#[derive(Default)]
struct Buffer {
    /// JSON of facts with commas between.
    facts: Vec<u8>,
    closing: bool,
}

impl Journal {
    /// Opens the folder, made when it is not there, and begins a new file.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn open(folder: &Path, vault: Arc<Vault>) -> Result<Journal, JournalError> {
        let failed = |source| JournalError::Io { path: folder.to_owned(), source };
        fs::create_dir_all(folder).map_err(failed)?;
        let files = list(folder).map_err(failed)?;
        let next = files.last().map_or(1, |last| last + 1).max(collected(folder).file + 1);
        let shared = Arc::new(Shared {
            buffer: Mutex::new(Buffer::default()),
            bell: Condvar::new(),
            folder: folder.to_owned(),
            vault,
            bytes: AtomicU64::new(0),
        });
        let mut writer = Writer { shared: shared.clone(), file: None, next, dirty: None };
        writer.prune();
        let thread = std::thread::Builder::new()
            .name("journal".into())
            .spawn(move || writer.run())
            .map_err(failed)?;
        Ok(Journal { shared, thread: Some(thread) })
    }

    /// Appends facts; they are on their way to the disk when this returns, not yet there.
    pub fn append(&self, facts: &[Fact]) {
        let mut buffer = self.shared.lock();
        let was_empty = buffer.facts.is_empty();
        for fact in facts {
            if !buffer.facts.is_empty() {
                buffer.facts.push(b',');
            }
            if let Err(error) = serde_json::to_writer(&mut buffer.facts, fact) {
                error!(error = %error, "a fact has no JSON form");
            }
        }
        if was_empty || buffer.facts.len() >= FRAME_BYTES {
            self.shared.bell.notify_one();
        }
    }

    /// Whether so much is uncollected that new mail should be refused.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.shared.bytes.load(Ordering::Relaxed) >= JOURNAL_BYTES_MAX
    }

    /// Bytes of facts that nobody has collected yet, whole files counted.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.shared.bytes.load(Ordering::Relaxed)
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.shared.lock().closing = true;
        self.shared.bell.notify_one();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            error!("the journal's thread had panicked");
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Buffer> {
        self.buffer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Writer {
    shared: Arc<Shared>,
    file: Option<(File, u64)>,
    next: u64,
    dirty: Option<Instant>,
}

impl Writer {
    fn run(mut self) {
        let mut last_prune = Instant::now();
        loop {
            let (facts, closing) = self.gather();
            if !facts.is_empty() {
                self.write(&facts);
            }
            if self.dirty.is_some_and(|since| closing || since.elapsed() >= SYNC_EVERY) {
                self.sync();
            }
            if last_prune.elapsed() >= SYNC_EVERY {
                self.prune();
                last_prune = Instant::now();
            }
            if closing && facts.is_empty() {
                return;
            }
        }
    }

    fn gather(&self) -> (Vec<u8>, bool) {
        let mut buffer = self.shared.lock();
        if buffer.facts.is_empty() && !buffer.closing {
            buffer = wait(&self.shared, buffer, SYNC_EVERY);
        }
        if !buffer.facts.is_empty() && buffer.facts.len() < FRAME_BYTES && !buffer.closing {
            buffer = wait(&self.shared, buffer, LINGER);
        }
        (std::mem::take(&mut buffer.facts), buffer.closing)
    }

    /// A frame that cannot be written is tried again until it can: the relay slows down by the
    /// limit on notes, and nothing is lost.
    fn write(&mut self, facts: &[u8]) {
        let mut json = Vec::with_capacity(facts.len() + 2);
        json.push(b'[');
        json.extend_from_slice(facts);
        json.push(b']');
        let sealed = match self.shared.vault.seal(LABEL, &json) {
            Ok(sealed) => sealed,
            Err(error) => {
                error!(error = %error, "facts could not be sealed and are lost to the log");
                return;
            }
        };
        let frame = encode_frame(&sealed);
        while let Err(error) = self.write_frame(&frame) {
            warn!(error = %error, "the journal cannot be written; trying again");
            self.file = None;
            if self.shared.lock().closing {
                return;
            }
            std::thread::sleep(SYNC_EVERY);
        }
        self.dirty.get_or_insert_with(Instant::now);
    }

    fn write_frame(&mut self, frame: &[u8]) -> io::Result<()> {
        if self.file.as_ref().is_none_or(|(_, len)| *len >= FILE_BYTES) {
            self.sync();
            let path = self.shared.folder.join(file_name(self.next));
            let file = OpenOptions::new().append(true).create_new(true).open(path)?;
            self.next += 1;
            self.file = Some((file, 0));
        }
        if let Some((file, len)) = &mut self.file {
            file.write_all(frame)?;
            *len += frame.len() as u64;
            self.shared.bytes.fetch_add(frame.len() as u64, Ordering::Relaxed);
        }
        Ok(())
    }

    fn sync(&mut self) {
        self.dirty = None;
        if let Some((file, _)) = &self.file
            && let Err(error) = file.sync_data()
        {
            error!(error = %error, "a sync of the journal failed; going on in another file");
            self.file = None;
        }
    }

    /// Deletes files that the office has collected and counts what is left.
    fn prune(&mut self) {
        let folder = &self.shared.folder;
        let done = collected(folder);
        let mut bytes = 0;
        for number in list(folder).unwrap_or_default() {
            let path = folder.join(file_name(number));
            if number < done.file {
                if let Err(error) = fs::remove_file(&path) {
                    warn!(error = %error, "a collected journal file could not be deleted");
                }
            } else {
                bytes += fs::metadata(&path).map_or(0, |m| m.len());
            }
        }
        self.shared.bytes.store(bytes, Ordering::Relaxed);
    }
}

fn wait<'a>(
    shared: &'a Shared,
    buffer: MutexGuard<'a, Buffer>,
    time: Duration,
) -> MutexGuard<'a, Buffer> {
    match shared.bell.wait_timeout(buffer, time) {
        Ok((buffer, _)) => buffer,
        Err(poisoned) => poisoned.into_inner().0,
    }
}

fn encode_frame(sealed: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(FRAME_HEAD + sealed.len() + FRAME_ALIGN);
    frame.extend_from_slice(MAGIC);
    frame.extend_from_slice(&(sealed.len() as u32).to_le_bytes());
    frame.extend_from_slice(&crc32fast::hash(sealed).to_le_bytes());
    frame.extend_from_slice(sealed);
    frame.resize(frame.len().next_multiple_of(FRAME_ALIGN), 0);
    frame
}

/// The sealed bytes of a frame at the beginning of `bytes`, and the frame's whole length.
fn decode_frame(bytes: &[u8]) -> Option<(&[u8], usize)> {
    let head = bytes.get(..FRAME_HEAD)?;
    if &head[..4] != MAGIC {
        return None;
    }
    let len = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
    if len > FRAME_BYTES_MAX {
        return None;
    }
    let sealed = bytes.get(FRAME_HEAD..FRAME_HEAD + len)?;
    let crc = u32::from_le_bytes([head[8], head[9], head[10], head[11]]);
    (crc32fast::hash(sealed) == crc)
        .then(|| (sealed, (FRAME_HEAD + len).next_multiple_of(FRAME_ALIGN)))
}

fn file_name(number: u64) -> String {
    format!("journal-{number:010}.log")
}

/// Numbers of the journal files, ascending.
fn list(folder: &Path) -> io::Result<Vec<u64>> {
    let mut numbers = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let number = name.to_str().and_then(|n| n.strip_prefix("journal-")?.strip_suffix(".log"));
        numbers.extend(number.and_then(|n| n.parse::<u64>().ok()));
    }
    numbers.sort_unstable();
    Ok(numbers)
}

fn collected(folder: &Path) -> Cursor {
    let text = fs::read_to_string(folder.join("collected")).unwrap_or_default();
    text.trim().parse().unwrap_or_default()
}

/// Reads facts in the order they were told.
pub struct JournalReader {
    folder: PathBuf,
    vault: Arc<Vault>,
}

/// Some facts and the place behind the last of them.
#[derive(Debug)]
pub struct Batch {
    /// In order; empty when there is nothing new.
    pub facts: Vec<Fact>,
    /// Where to read on.
    pub cursor: Cursor,
    /// Places where damage was passed over.
    pub damaged: u64,
}

impl JournalReader {
    /// A reader on the folder; it need not exist yet.
    #[must_use]
    pub fn new(folder: &Path, vault: Arc<Vault>) -> JournalReader {
        JournalReader { folder: folder.to_owned(), vault }
    }

    /// About `max` facts behind `after` (`None` is the beginning), whole frames.
    ///
    /// # Errors
    /// When a file cannot be read, or was sealed under another key.
    pub fn read(&self, after: Option<Cursor>, max: usize) -> Result<Batch, JournalError> {
        let mut batch = Batch { facts: Vec::new(), cursor: after.unwrap_or_default(), damaged: 0 };
        let files = match list(&self.folder) {
            Ok(files) => files,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(batch),
            Err(source) => return Err(JournalError::Io { path: self.folder.clone(), source }),
        };
        let newest = files.last().copied().unwrap_or_default();
        if !files.is_empty() && newest < batch.cursor.file {
            // The folder was emptied and begun anew: its facts are other ones.
            batch.cursor = Cursor::default();
        }
        for number in files {
            if number < batch.cursor.file {
                continue;
            }
            if number > batch.cursor.file {
                batch.cursor = Cursor { file: number, offset: 0 };
            }
            self.read_file(number == newest, max, &mut batch)?;
            if batch.facts.len() >= max {
                break;
            }
        }
        Ok(batch)
    }

    /// Reads on in the file of the batch's cursor.
    fn read_file(&self, newest: bool, max: usize, batch: &mut Batch) -> Result<(), JournalError> {
        let path = self.folder.join(file_name(batch.cursor.file));
        let failed = |source| JournalError::Io { path: path.clone(), source };
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(failed(error)),
        };
        let len = file.metadata().map_err(failed)?.len();
        while batch.facts.len() < max && batch.cursor.offset < len {
            let rest = len - batch.cursor.offset;
            let mut bytes = vec![0; rest.min(2 * FRAME_BYTES_MAX as u64) as usize];
            file.read_exact_at(&mut bytes, batch.cursor.offset).map_err(failed)?;
            let used = self.take_frames(&path, &bytes, max, batch)?;
            if used == 0 {
                // The newest file may be in the middle of a write; an older one never grows.
                if !newest {
                    batch.damaged += 1;
                    batch.cursor.offset = len;
                }
                return Ok(());
            }
            batch.cursor.offset += used as u64;
        }
        Ok(())
    }

    /// Facts of the frames in `bytes`; how many bytes they took.
    fn take_frames(
        &self,
        path: &Path,
        bytes: &[u8],
        max: usize,
        batch: &mut Batch,
    ) -> Result<usize, JournalError> {
        let mut at = 0;
        let mut looked = 0;
        while at + looked + FRAME_HEAD <= bytes.len() && batch.facts.len() < max {
            let Some((sealed, len)) = decode_frame(&bytes[at + looked..]) else {
                looked += FRAME_ALIGN;
                continue;
            };
            batch.damaged += u64::from(looked > 0);
            match self.vault.open(LABEL, sealed) {
                Ok(json) => match serde_json::from_slice::<Vec<Fact>>(&json) {
                    Ok(facts) => batch.facts.extend(facts),
                    Err(_) => batch.damaged += 1,
                },
                Err(vault::VaultError::OtherKey) => {
                    return Err(JournalError::OtherKey { path: path.to_owned() });
                }
                Err(_) => batch.damaged += 1,
            }
            at += looked + len;
            looked = 0;
        }
        Ok(at)
    }

    /// Tells the relay that everything up to `cursor` is recorded, so that it may drop it.
    ///
    /// # Errors
    /// When the note cannot be written.
    pub fn acknowledge(&self, cursor: Cursor) -> Result<(), JournalError> {
        let path = self.folder.join("collected");
        let draft = self.folder.join("collected.new");
        fs::write(&draft, format!("{cursor}\n"))
            .and_then(|()| fs::rename(&draft, &path))
            .map_err(|source| JournalError::Io { path, source })
    }
}

#[cfg(test)]
#[path = "journal_tests.rs"]
mod tests;
