//! Cuts what a client says into lines.
//!
//! A line ends with CRLF and nothing else (RFC 5321 section 2.3.8). A line with a bare CR or LF,
//! or a line that is too long, is reported at once and then swallowed to its end, so that
//! nothing inside it is ever taken for a command of its own.

use std::fmt;

use memchr::{memchr, memchr2};

/// Longest command line without its CRLF, in bytes. RFC 5321 section 4.5.3.1.4 asks for 512 and
/// its extensions for a few hundred more.
pub const COMMAND_LINE_MAX: usize = 2_048;
/// Longest line of an AUTH exchange, in bytes (RFC 4954 section 4 with its CRLF).
pub const AUTH_LINE_MAX: usize = 12_288;

/// What the input came to.
#[derive(Debug, PartialEq, Eq)]
pub enum Framed {
    /// The line goes on.
    Incomplete,
    /// A line, without its CRLF.
    Line(Vec<u8>),
    /// It holds a CR or LF of its own.
    BareLineEnd,
    /// It is longer than allowed.
    TooLong,
}

/// The line so far.
#[derive(Default)]
pub struct Frame {
    /// It may end with the CR of a CRLF.
    line: Vec<u8>,
    swallowing: Swallowing,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum Swallowing {
    #[default]
    No,
    /// To the next CRLF.
    Yes,
    /// The same, just behind a CR.
    YesAfterCr,
}

/// A line may hold a password.
impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Frame({} bytes)", self.line.len())
    }
}

impl Frame {
    /// Takes input up to the end of one line; returns the bytes eaten. `auth` allows the longer
    /// lines of an AUTH exchange.
    pub fn feed(&mut self, input: &[u8], auth: bool) -> (usize, Framed) {
        let skipped = self.swallow(input);
        let (eaten, framed) = self.next(&input[skipped..], auth);
        (skipped + eaten, framed)
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        *self = Frame::default();
    }

    fn next(&mut self, input: &[u8], auth: bool) -> (usize, Framed) {
        if input.is_empty() {
            return (0, Framed::Incomplete);
        }
        if self.line.ends_with(b"\r") {
            return match input[0] {
                b'\n' => {
                    self.line.pop();
                    (1, Framed::Line(std::mem::take(&mut self.line)))
                }
                _ => self.refuse(0, Framed::BareLineEnd),
            };
        }
        let found = memchr2(b'\r', b'\n', input);
        let text = &input[..found.unwrap_or(input.len())];
        let longest = self.longest(text, auth);
        let room = longest - self.line.len();
        if text.len() > room {
            return self.refuse(room, Framed::TooLong);
        }
        match found {
            Some(end) if input[end] == b'\n' => self.refuse(end + 1, Framed::BareLineEnd),
            Some(end) if input.get(end + 1) == Some(&b'\n') => {
                self.line.extend_from_slice(text);
                (end + 2, Framed::Line(std::mem::take(&mut self.line)))
            }
            Some(end) if end + 1 < input.len() => self.refuse(end + 1, Framed::BareLineEnd),
            _ => {
                self.line.extend_from_slice(input);
                (input.len(), Framed::Incomplete)
            }
        }
    }

    fn longest(&self, text: &[u8], auth: bool) -> usize {
        let mut start = self.line.iter().chain(text).take(5).map(u8::to_ascii_uppercase);
        let auth = auth || b"AUTH ".iter().all(|b| start.next() == Some(*b));
        if auth { AUTH_LINE_MAX } else { COMMAND_LINE_MAX }
    }

    fn refuse(&mut self, eaten: usize, why: Framed) -> (usize, Framed) {
        self.line = Vec::new();
        self.swallowing = Swallowing::Yes;
        (eaten, why)
    }

    /// Drops the rest of a refused line; returns the bytes dropped.
    fn swallow(&mut self, input: &[u8]) -> usize {
        let mut i = 0;
        while i < input.len() && self.swallowing != Swallowing::No {
            if self.swallowing == Swallowing::YesAfterCr && input[i] == b'\n' {
                self.swallowing = Swallowing::No;
                return i + 1;
            }
            self.swallowing = Swallowing::Yes;
            match memchr(b'\r', &input[i..]) {
                Some(found) => {
                    self.swallowing = Swallowing::YesAfterCr;
                    i += found + 1;
                }
                None => i = input.len(),
            }
        }
        i
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Everything that comes out of the pieces, one word each.
    fn frames(pieces: &[&[u8]]) -> Vec<String> {
        let mut frame = Frame::default();
        let mut seen = Vec::new();
        for piece in pieces {
            let mut rest = *piece;
            while !rest.is_empty() {
                let (eaten, framed) = frame.feed(rest, false);
                rest = &rest[eaten..];
                match framed {
                    Framed::Incomplete => {}
                    Framed::Line(line) => seen.push(String::from_utf8_lossy(&line).into_owned()),
                    other => seen.push(format!("{other:?}")),
                }
            }
        }
        seen
    }

    #[test]
    fn lines() {
        let cases: &[(&[u8], &[&str])] = &[
            (b"A\r\nB\r\n", &["A", "B"]),
            (b"\r\n", &[""]),
            (b"A\nB\r\nC\r\n", &["BareLineEnd", "C"]),
            (b"A\rB\nC\r\nD\r\n", &["BareLineEnd", "D"]),
            (b"A\r\r\nB\r\n", &["BareLineEnd", "B"]),
            (b"\nA\r\nB\r\n", &["BareLineEnd", "B"]),
            (b"A", &[]),
        ];
        for (input, expected) in cases {
            assert_eq!(frames(&[input]), *expected, "{}", input.escape_ascii());
            let bytes: Vec<&[u8]> = input.chunks(1).collect();
            assert_eq!(frames(&bytes), *expected, "{} by bytes", input.escape_ascii());
        }
    }

    #[test]
    fn long_lines() {
        let line = |start: &str, len: usize| format!("{start}{}\r\nN\r\n", "x".repeat(len));
        let cases = [
            (line("", COMMAND_LINE_MAX), 2),
            (line("", COMMAND_LINE_MAX + 1), 0),
            (line("auth ", AUTH_LINE_MAX - 5), 2),
            (line("AUTH ", AUTH_LINE_MAX - 4), 0),
        ];
        for (input, lines) in cases {
            let whole = frames(&[input.as_bytes()]);
            let bytes: Vec<&[u8]> = input.as_bytes().chunks(1).collect();
            assert_eq!(whole, frames(&bytes));
            assert_eq!(whole.last().map(String::as_str), Some("N"));
            assert_eq!(whole[0] == "TooLong", lines == 0, "{} bytes", input.len());
        }
    }
}
