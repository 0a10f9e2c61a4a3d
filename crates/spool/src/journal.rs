//! The relay's journal of facts (stub of the signatures).

use std::path::Path;
use std::sync::Arc;

use mail::Fact;
use vault::Vault;

/// A place in the journal, just behind a record. Text form `FILE:OFFSET`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor {
    /// Number of the journal file.
    pub file: u64,
    /// Bytes into it.
    pub offset: u64,
}

/// Why the journal could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The system refused.
    #[error("cannot use the journal in {path}")]
    Io {
        /// Which file or folder.
        path: std::path::PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// Reads facts in the order they were told.
pub struct JournalReader {}

/// Some facts and the place behind the last of them.
pub struct Batch {
    /// In order; empty when there is nothing new.
    pub facts: Vec<Fact>,
    /// Where to read on.
    pub cursor: Cursor,
    /// Records that were damaged and passed over.
    pub damaged: u64,
}

impl JournalReader {
    /// A reader on the folder; it need not exist yet.
    pub fn new(_folder: &Path, _vault: Arc<Vault>) -> JournalReader {
        todo!()
    }

    /// At most `max` facts behind `after` (`None` is the beginning).
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn read(&self, _after: Option<Cursor>, _max: usize) -> Result<Batch, JournalError> {
        todo!()
    }

    /// Tells the relay that everything up to `cursor` is recorded, so that it may drop it.
    ///
    /// # Errors
    /// When the note cannot be written.
    pub fn acknowledge(&self, _cursor: Cursor) -> Result<(), JournalError> {
        todo!()
    }
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
