//! A password typed at a terminal that does not show it.

use std::io::{self, BufRead};

use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

/// One line from the terminal, without showing it.
///
/// # Errors
/// When standard input is no terminal or cannot be read.
pub fn read_hidden() -> io::Result<String> {
    let stdin = io::stdin();
    let shown = tcgetattr(&stdin)?;
    let mut hidden = shown.clone();
    hidden.local_modes.remove(LocalModes::ECHO);
    tcsetattr(&stdin, OptionalActions::Flush, &hidden)?;
    let mut line = String::new();
    let read = stdin.lock().read_line(&mut line);
    tcsetattr(&stdin, OptionalActions::Now, &shown)?;
    read?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
