//! How wide the terminal is.

use std::env;
use std::io::{self, IsTerminal};

/// Columns where there is no terminal: a file, a pipe.
const COLUMNS: usize = 100;
/// Between these a table can be read.
const COLUMNS_MIN: usize = 60;
const COLUMNS_MAX: usize = 160;

/// Columns that a text for people may take: what `COLUMNS` says, else the terminal's, else 100.
pub fn columns() -> usize {
    let said = env::var("COLUMNS").ok().and_then(|text| text.parse().ok());
    said.or_else(of_terminal).unwrap_or(COLUMNS).clamp(COLUMNS_MIN, COLUMNS_MAX)
}

fn of_terminal() -> Option<usize> {
    let out = io::stdout();
    if !out.is_terminal() {
        return None;
    }
    let size = rustix::termios::tcgetwinsize(&out).ok()?;
    Some(usize::from(size.ws_col)).filter(|columns| *columns > 0)
}
