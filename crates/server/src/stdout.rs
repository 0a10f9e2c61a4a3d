//! Data on standard output, in one piece.

use std::io::{self, ErrorKind, Write};
use std::{fmt, process};

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

/// As `print!`, for data: a reader that went away, such as `head`, has all that it wanted.
macro_rules! out {
    ($($arg:tt)*) => { $crate::stdout::write(format_args!($($arg)*)) };
}

/// As `println!`, for data.
macro_rules! outln {
    () => { $crate::stdout::write(format_args!("\n")) };
    ($($arg:tt)+) => {{
        $crate::stdout::write(format_args!($($arg)+));
        $crate::stdout::write(format_args!("\n"));
    }};
}

/// Writes to standard output. Where nothing can be written, as on a full disk, the program ends with 1:
/// half of the data is none.
pub fn write(text: fmt::Arguments<'_>) {
    let mut out = io::stdout().lock();
    match out.write_fmt(text) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            eprintln!("error: cannot write to standard output: {error}");
            process::exit(1);
        }
        _ => {}
    }
}
