//! `actions.log`: every order that reached this machine and what became of it, for whoever looks after
//! it. It is only ever appended to.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

/// A file of that many bytes is put aside as `actions.log.1`, and the one before it goes.
const FILE_MAX: u64 = 16 << 20;

/// The file.
#[derive(Debug)]
pub struct Ledger {
    path: PathBuf,
    file: File,
}

impl Ledger {
    /// Opens the file of a folder, mode 640.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn open(folder: &Path) -> io::Result<Ledger> {
        let path = folder.join("actions.log");
        let file = append_to(&path)?;
        Ok(Ledger { path, file })
    }

    /// Writes a line; it is on disk on return.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&mut self, now: Timestamp, text: &str) -> io::Result<()> {
        if self.file.metadata()?.len() > FILE_MAX {
            fs::rename(&self.path, self.path.with_extension("log.1"))?;
            self.file = append_to(&self.path)?;
        }
        let shown = |c: char| if c.is_control() { ' ' } else { c };
        let text: String = text.chars().map(shown).collect();
        self.file.write_all(format!("{now:.0} {text}\n").as_bytes())?;
        self.file.sync_data()
    }
}

fn append_to(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).create(true).mode(0o640).open(path)
}
