//! Data on standard output, in one piece.

use std::io::{self, ErrorKind, Write};

use anyhow::Context;

/// Writes a text. A reader that went away, such as `head`, has all that it wanted.
///
/// # Errors
/// When it cannot be written, as on a full disk.
pub fn put(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(error).context("cannot write to standard output")
        }
        _ => Ok(()),
    }
}
