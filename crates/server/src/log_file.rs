//! Logs on disk or on standard input, read line by line: memory does not grow with their length.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _};
use std::path::Path;

use anyhow::Context;
use evidence::{Event, LINE_MAX, LogError, read_line};

/// The log that means standard input.
pub const STANDARD_INPUT: &str = "-";

/// Bytes that are asked of the file at once.
const READ_BYTES: usize = 256 * 1024;

/// A log that is being read.
pub struct LogFile {
    name: String,
    input: Box<dyn BufRead>,
    line: Vec<u8>,
    number: u64,
}

impl LogFile {
    /// Opens a log; `-` is standard input.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn open(path: &Path) -> anyhow::Result<LogFile> {
        let name = path.display().to_string();
        let why = format!("cannot read the log {name}");
        LogFile::open_at(path).context(why)
    }

    /// As [`LogFile::open`], for who says by itself what could not be opened.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn open_at(path: &Path) -> io::Result<LogFile> {
        let name = path.display().to_string();
        let input: Box<dyn BufRead> = if name == STANDARD_INPUT {
            Box::new(BufReader::with_capacity(READ_BYTES, io::stdin()))
        } else {
            Box::new(BufReader::with_capacity(READ_BYTES, File::open(path)?))
        };
        Ok(LogFile { name, input, line: Vec::new(), number: 0 })
    }

    /// The next line that is not blank, as an event or as what is wrong with it; `None` at the end.
    ///
    /// # Errors
    /// When the file cannot be read on.
    pub fn next_event(&mut self) -> anyhow::Result<Option<Result<Event, LogError>>> {
        while self.next_line().with_context(|| format!("cannot read the log {}", self.name))? {
            match read_line(&self.line, self.number) {
                Ok(None) => {}
                Ok(Some(event)) => return Ok(Some(Ok(event))),
                Err(error) => return Ok(Some(Err(error))),
            }
        }
        Ok(None)
    }

    /// Something about the line that was read last, as `FILE:LINE: TEXT`.
    pub fn about(&self, text: &str) -> String {
        format!("{}:{}: {text}", self.name, self.number)
    }

    /// The line that was read last, without its end.
    pub fn line(&self) -> &[u8] {
        &self.line
    }

    /// Reads a line without its end; of one that is too long, enough to be refused. `false` at the end.
    ///
    /// # Errors
    /// When the file cannot be read on.
    pub fn next_line(&mut self) -> io::Result<bool> {
        self.line.clear();
        // Two more than a line may have: its end, and one to see that it is too long.
        let most = u64::try_from(LINE_MAX).unwrap_or(u64::MAX).saturating_add(2);
        if (&mut self.input).take(most).read_until(b'\n', &mut self.line)? == 0 {
            return Ok(false);
        }
        self.number += 1;
        if self.line.last() == Some(&b'\n') {
            self.line.pop();
        } else if self.line.len() > LINE_MAX {
            self.input.skip_until(b'\n')?;
        }
        Ok(true)
    }
}
