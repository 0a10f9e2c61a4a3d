//! Passwords: made from the system's randomness, or read from a terminal that does not show them.

use std::io::{self, BufRead};

use anyhow::Context;
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

/// Letters and digits that nobody confuses: no 0, O, o, 1, l, I.
const LETTERS: &[u8; 56] = b"abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
/// 20 letters of 56 are 116 bits.
const LEN: usize = 20;

/// A new password of letters and digits.
///
/// # Errors
/// When the system gives no randomness.
pub fn generate() -> anyhow::Result<String> {
    let bytes: [u8; 8 * LEN] = vault::random().context("cannot make a password")?;
    // Bytes from 224 on would make the first letters likelier than the others, so they are passed
    // over; of 160 bytes at least 20 remain but for a chance of less than 2^-300.
    let fair = bytes.iter().filter(|byte| **byte < 224).map(|byte| LETTERS[usize::from(byte % 56)]);
    Ok(fair.take(LEN).map(char::from).collect())
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_passwords_are_long_and_differ() {
        let one = generate().expect("made");
        assert_eq!(one.len(), LEN);
        assert!(one.bytes().all(|byte| LETTERS.contains(&byte)));
        assert_ne!(one, generate().expect("made"));
    }
}
