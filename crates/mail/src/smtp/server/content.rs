//! Takes in a message's content, by DATA or BDAT, and finds what must not pass.
//!
//! One pass with a search for CR, LF and NUL together, and one copy in runs as long as the
//! input allows. A fault never ends the content early: only the true end does, or a sender
//! could smuggle commands behind it.

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
#[derive(Debug)]
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
