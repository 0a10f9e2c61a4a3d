//! The relay's journal: facts in the order they were told, kept until the office has them.
//!
//! The relay appends, the office reads and acknowledges; they share nothing but the folder. Each
//! frame holds some facts as a JSON array, sealed by the vault, since facts carry addresses.
//! Writing is prompt and syncing is not: what a power cut takes is told again from the spool's
//! log (`docs/FORMATS.md`).

mod frame;
mod reader;
mod writer;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

pub use reader::{Batch, JournalReader};
pub use writer::{JOURNAL_BUFFER_MAX, JOURNAL_BYTES_MAX, Journal};

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

#[cfg(test)]
mod tests;
