//! Data on standard output, in one piece.

use std::io::{self, ErrorKind, Write};

use anyhow::Context;

/// Writes a text. A reader that went away, such as `head`, has all that it wanted. Control characters
/// but line breaks and tabs become spaces, so that no contract from elsewhere can move the cursor.
///
/// # Errors
/// When it cannot be written, as on a full disk.
pub fn put(text: &str) -> anyhow::Result<()> {
    let harmful = |c: char| c.is_control() && c != '\n' && c != '\t';
    let text = text.replace(harmful, " ");
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(error).context("cannot write to standard output")
        }
        _ => Ok(()),
    }
}
