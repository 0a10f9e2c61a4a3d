//! Appends facts, on a thread of its own.

use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use mail::Fact;
use tracing::{error, warn};
use vault::Vault;

use super::{JournalError, LABEL, collected, file_name, frame, list};

/// Frames are closed at this many bytes of facts.
const FRAME_BYTES: usize = 256 * 1024;
/// A file is closed at this size.
const FILE_BYTES: u64 = 16 * 1024 * 1024;
/// Facts that nobody collects: at this many bytes the relay refuses new mail.
pub const JOURNAL_BYTES_MAX: u64 = 8 * 1024 * 1024 * 1024;
/// Facts that wait for the disk, in bytes: beyond it the relay refuses new mail and delivers none.
pub const JOURNAL_BUFFER_MAX: usize = 64 * 1024 * 1024;
/// Facts wait this long for company.
pub(super) const LINGER: Duration = Duration::from_millis(25);
/// Written facts are synced at the latest after this.
const SYNC_EVERY: Duration = Duration::from_secs(1);

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
    /// Frames to be: JSON of facts with commas between. Only the last one grows.
    frames: VecDeque<Vec<u8>>,
    bytes: usize,
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
        let was_empty = buffer.frames.is_empty();
        for fact in facts {
            if let Err(error) = buffer.push(fact) {
                error!(error = %error, "a fact has no JSON form");
            }
        }
        if was_empty || buffer.frames.len() > 1 {
            self.shared.bell.notify_one();
        }
    }

    /// Whether so much is uncollected that new mail should be refused.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.shared.bytes.load(Ordering::Relaxed) >= JOURNAL_BYTES_MAX || self.is_stuck()
    }

    /// Whether so much waits for the disk that nothing should be done that makes more facts.
    #[must_use]
    pub fn is_stuck(&self) -> bool {
        self.shared.lock().bytes >= JOURNAL_BUFFER_MAX
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

impl Buffer {
    fn push(&mut self, fact: &Fact) -> serde_json::Result<()> {
        if self.frames.back().is_none_or(|frame| frame.len() >= FRAME_BYTES) {
            self.frames.push_back(Vec::new());
        }
        let Some(frame) = self.frames.back_mut() else { return Ok(()) };
        let before = frame.len();
        if before > 0 {
            frame.push(b',');
        }
        let written = serde_json::to_writer(&mut *frame, fact);
        if written.is_err() {
            frame.truncate(before);
        }
        self.bytes += frame.len() - before;
        written
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
            if let Some(facts) = &facts {
                self.write(facts);
            }
            if self.dirty.is_some_and(|since| closing || since.elapsed() >= SYNC_EVERY) {
                self.sync();
            }
            if last_prune.elapsed() >= SYNC_EVERY {
                self.prune();
                last_prune = Instant::now();
            }
            if closing && facts.is_none() {
                return;
            }
        }
    }

    /// The next frame, as soon as it is full or has waited long enough.
    fn gather(&self) -> (Option<Vec<u8>>, bool) {
        let mut buffer = self.shared.lock();
        if buffer.frames.is_empty() && !buffer.closing {
            buffer = wait(&self.shared, buffer, SYNC_EVERY);
        }
        if buffer.frames.len() == 1 && !buffer.closing {
            buffer = wait(&self.shared, buffer, LINGER);
        }
        let frame = buffer.frames.pop_front();
        buffer.bytes -= frame.as_ref().map_or(0, Vec::len);
        (frame, buffer.closing)
    }

    /// A frame that cannot be written is tried again until it can; what comes meanwhile is kept up
    /// to [`JOURNAL_BUFFER_MAX`].
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
        let frame = frame::encode(&sealed);
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
