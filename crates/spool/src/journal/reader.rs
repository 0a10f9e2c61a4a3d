//! Reads facts back, past whatever damage.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mail::Fact;
use vault::Vault;

use super::frame::{self, FRAME_ALIGN, FRAME_BYTES_MAX, FRAME_HEAD};
use super::{Cursor, JournalError, LABEL, file_name, list};

/// Bytes read at once: a whole frame fits, whatever came before it.
const READ_BYTES: u64 = 2 * FRAME_BYTES_MAX as u64;

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
            let mut bytes = vec![0; rest.min(READ_BYTES) as usize];
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
            let Some((sealed, len)) = frame::decode(&bytes[at + looked..]) else {
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
