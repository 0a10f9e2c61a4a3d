//! Takes in a message's content, by DATA or BDAT, and finds what must not pass.
//!
//! One pass with a search for CR, LF and NUL together, and one copy in runs as long as the
//! input allows. A fault never ends the content early: only the true end does, or a sender
//! could smuggle commands behind it.

use std::fmt;

use memchr::memchr3;

/// Longest line of content, in bytes without its CRLF.
///
/// RFC 5322 section 2.1.1 asks senders for 998, and some do not listen. Folding such a line for
/// them would break the signatures in the message, so it passes as it is up to this size.
pub const CONTENT_LINE_MAX: usize = 65_536;
/// The most that is set aside at once because a client declared SIZE, in bytes.
pub const SIZE_HINT_MAX: u64 = 1024 * 1024;
/// Set aside without such a declaration, in bytes.
const DEFAULT_CAPACITY: usize = 16 * 1024;

/// Why content cannot be accepted. Where several apply, the last in this list is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// A line longer than [`CONTENT_LINE_MAX`].
    LongLine,
    /// Larger than the limit.
    TooBig,
    /// It holds a NUL (RFC 5321 section 4.5.2 advises against, servers differ).
    Nul,
    /// A CR without LF or an LF without CR (RFC 5321 section 2.3.8). Servers that take these for
    /// line ends would see another message than we do.
    BareLineEnd,
}

/// Where the next byte stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    LineStart,
    Middle,
    /// Behind a CR that is already part of the content.
    Cr,
    /// Behind a dot that opens a line; it is held back.
    Dot,
    /// Behind a dot and a CR that open a line; both are held back.
    DotCr,
}

/// Content on its way in.
pub struct Content {
    bytes: Vec<u8>,
    /// All bytes so far, kept or not.
    size: u64,
    limit: u64,
    at: At,
    /// Bytes of the line so far.
    line: usize,
    fault: Option<Fault>,
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Content({} bytes, {:?})", self.size, self.fault)
    }
}

impl Content {
    /// `limit` in bytes; `declared` is what SIZE said.
    #[must_use]
    pub fn new(limit: u32, declared: Option<u64>) -> Content {
        let limit = u64::from(limit);
        let room = declared.map_or(DEFAULT_CAPACITY, |size| {
            // Both bounds are far below usize::MAX.
            size.min(limit).min(SIZE_HINT_MAX) as usize
        });
        let bytes = Vec::with_capacity(room);
        Content { bytes, size: 0, limit, at: At::LineStart, line: 0, fault: None }
    }

    /// Takes DATA up to the line that is a dot alone (RFC 5321 section 4.5.2). Returns the bytes
    /// eaten and whether that line was among them.
    pub fn feed_data(&mut self, input: &[u8]) -> (usize, bool) {
        let mut i = 0;
        // What begins here and ends at `i` is not copied yet.
        let mut run = 0;
        while i < input.len() {
            match self.at {
                At::LineStart if input[i] == b'.' => {
                    self.keep(&input[run..i]);
                    i += 1;
                    run = i;
                    self.at = At::Dot;
                }
                At::Dot if input[i] == b'\r' => {
                    i += 1;
                    run = i;
                    self.at = At::DotCr;
                }
                At::DotCr if input[i] == b'\n' => return (i + 1, true),
                At::DotCr => {
                    self.keep(b"\r");
                    self.line += 1;
                    self.mark(Fault::BareLineEnd);
                    self.at = At::Middle;
                }
                At::LineStart | At::Dot | At::Middle | At::Cr => i = self.step(input, i),
            }
        }
        self.keep(&input[run..]);
        self.check_line();
        (i, false)
    }

    /// Takes a part of a BDAT chunk: all of it, dots mean nothing here.
    pub fn feed_chunk(&mut self, input: &[u8]) {
        let mut i = 0;
        while i < input.len() {
            i = self.step(input, i);
        }
        self.keep(input);
        self.check_line();
    }

    /// What is wrong with the content so far.
    #[must_use]
    pub fn fault(&self) -> Option<Fault> {
        self.fault
    }

    /// The content, its last line ended.
    ///
    /// # Errors
    /// The worst [`Fault`] found.
    pub fn finish(mut self) -> Result<Vec<u8>, Fault> {
        match self.at {
            At::Cr => self.mark(Fault::BareLineEnd),
            At::Middle => self.keep(b"\r\n"),
            At::LineStart | At::Dot | At::DotCr => {}
        }
        self.fault.map_or(Ok(self.bytes), Err)
    }

    /// Looks at the input from `i` up to the next byte that matters; returns the place behind.
    fn step(&mut self, input: &[u8], i: usize) -> usize {
        if self.at == At::Cr {
            if input[i] == b'\n' {
                self.check_line();
                self.line = 0;
                self.at = At::LineStart;
                return i + 1;
            }
            self.mark(Fault::BareLineEnd);
        }
        self.at = At::Middle;
        let Some(found) = memchr3(b'\r', b'\n', 0, &input[i..]) else {
            self.line += input.len() - i;
            return input.len();
        };
        self.line += found + 1;
        match input[i + found] {
            b'\r' => self.at = At::Cr,
            b'\n' => self.mark(Fault::BareLineEnd),
            _ => self.mark(Fault::Nul),
        }
        i + found + 1
    }

    fn check_line(&mut self) {
        // A CR that may end the line does not count yet.
        let pending = usize::from(self.at == At::Cr);
        if self.line.saturating_sub(pending) > CONTENT_LINE_MAX {
            self.mark(Fault::LongLine);
        }
    }

    fn keep(&mut self, run: &[u8]) {
        self.size += run.len() as u64;
        if self.size > self.limit {
            self.mark(Fault::TooBig);
        }
        if self.fault.is_none() {
            self.bytes.extend_from_slice(run);
        }
    }

    fn mark(&mut self, fault: Fault) {
        // What is refused need not be kept.
        self.bytes = Vec::new();
        self.fault = self.fault.max(Some(fault));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What RFC 5321 section 4.5.2 says, slowly: the end, and the content or its fault.
    fn by_the_book(input: &[u8]) -> Option<(usize, Result<Vec<u8>, Fault>)> {
        // The CRLF behind DATA opens the first line.
        let lines = [b"\r\n", input].concat();
        let end = memchr::memmem::find(&lines, b"\r\n.\r\n")?;
        let mut content = Vec::new();
        let mut rest = &lines[..end + 2];
        while let Some(place) = memchr::memmem::find(rest, b"\r\n") {
            content.extend_from_slice(&rest[..place + 2]);
            rest = &rest[place + 2..];
            rest = rest.strip_prefix(b".").unwrap_or(rest);
        }
        let content = content[2..].to_vec();
        let alone = |i: usize, b: u8| match b {
            b'\r' => content.get(i + 1) != Some(&b'\n'),
            b'\n' => i == 0 || content[i - 1] != b'\r',
            _ => false,
        };
        let bare = content.iter().enumerate().any(|(i, b)| alone(i, *b));
        let result = match (bare, content.contains(&0)) {
            (true, _) => Err(Fault::BareLineEnd),
            (false, true) => Err(Fault::Nul),
            (false, false) => Ok(content),
        };
        Some((end + 3, result))
    }

    fn fed(input: &[u8], piece: usize) -> Option<(usize, Result<Vec<u8>, Fault>)> {
        let mut content = Content::new(1_000, None);
        let mut eaten = 0;
        for piece in input.chunks(piece) {
            let (taken, ended) = content.feed_data(piece);
            eaten += taken;
            if ended {
                return Some((eaten, content.finish()));
            }
        }
        None
    }

    proptest! {
        #[test]
        fn data_goes_by_the_book(
            pieces in prop::collection::vec(
                prop::sample::select(vec![&b"\r\n"[..], b"\r", b"\n", b".", b"\0", b"x"]), 0..30),
            piece in 1usize..9,
        ) {
            let input = [&pieces.concat()[..], b"\r\n.\r\nrest"].concat();
            let expected = by_the_book(&input);
            prop_assert!(expected.is_some());
            prop_assert_eq!(&fed(&input, usize::MAX), &expected);
            prop_assert_eq!(&fed(&input, piece), &expected);
        }
    }

    #[test]
    fn the_worst_fault_is_told() {
        let long = "x".repeat(CONTENT_LINE_MAX + 1);
        let cases = [
            (format!("{long}\r\n"), 100_000, Fault::LongLine),
            (format!("{long}\r\n"), 10, Fault::TooBig),
            (format!("{long}\0\r\n"), 10, Fault::Nul),
            ("\0\n\r\n".to_owned(), 10, Fault::BareLineEnd),
        ];
        for (text, limit, expected) in cases {
            let mut content = Content::new(limit, Some(u64::MAX));
            let (_, ended) = content.feed_data(format!("{text}.\r\n").as_bytes());
            assert!(ended);
            assert_eq!(content.finish(), Err(expected));
        }
    }

    #[test]
    fn a_declaration_sets_aside_no_more_than_is_sensible() {
        let room = |limit, declared| Content::new(limit, declared).bytes.capacity() as u64;
        assert_eq!(room(1_000, Some(u64::MAX)), 1_000);
        assert_eq!(room(u32::MAX, Some(u64::MAX)), SIZE_HINT_MAX);
        assert_eq!(room(u32::MAX, Some(10_240)), 10_240);
    }
}
