//! Reads what a server answers, however it is cut into pieces and however much it says.
//!
//! Lenient where no harm is done: a line may end with LF alone, may lack its text, may hold any
//! bytes. Strict where two readings would follow: the codes of one reply must agree.

use memchr::memchr;

use crate::Reply;
use crate::fact::REPLY_TEXT_MAX;

/// Longest part of a reply line that is kept, in bytes; RFC 5321 section 4.5.3.1.5 allows 512.
pub const REPLY_LINE_MAX: usize = 2_048;
/// Most lines of one reply.
pub const REPLY_LINES_MAX: usize = 128;
/// Most bytes of one reply, kept or not: 128 lines of 2,048 bytes.
pub const REPLY_BYTES_MAX: usize = REPLY_LINES_MAX * REPLY_LINE_MAX;

/// Why an answer is no SMTP reply. The connection is of no use afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplyError {
    /// A line does not begin with a code of 200 to 599.
    #[error("the server answered something that is not an SMTP reply")]
    NotAReply,
    /// Lines of one reply have different codes.
    #[error("the server answered one reply with two different codes")]
    CodesDiffer,
    /// More than [`REPLY_LINES_MAX`] lines.
    #[error("the server's reply has more lines than we read")]
    TooManyLines,
    /// More than [`REPLY_BYTES_MAX`] bytes, such as a line without end.
    #[error("the server's reply is longer than we read")]
    TooLong,
}

/// Reads one reply after the other.
#[derive(Debug, Default)]
pub struct ReplyParser {
    /// The line that is being read, cut to [`REPLY_LINE_MAX`].
    line: Vec<u8>,
    code: Option<u16>,
    lines: Vec<String>,
    /// Read of this reply so far.
    bytes: usize,
    /// The lines are those of a reply that was returned.
    done: bool,
}

impl ReplyParser {
    /// Nothing read yet.
    #[must_use]
    pub fn new() -> ReplyParser {
        ReplyParser::default()
    }

    /// Eats input up to the end of one reply. Returns the bytes eaten, and the reply once it is
    /// whole; feed the rest for the next one.
    pub fn feed(&mut self, input: &[u8]) -> (usize, Option<Result<Reply, ReplyError>>) {
        if std::mem::take(&mut self.done) {
            self.lines.clear();
            self.line.clear();
            self.code = None;
            self.bytes = 0;
        }
        let mut eaten = 0;
        while let Some(end) = memchr(b'\n', &input[eaten..]) {
            self.keep(&input[eaten..eaten + end]);
            eaten += end + 1;
            self.bytes += 1;
            let line = std::mem::take(&mut self.line);
            match self.take(line.strip_suffix(b"\r").unwrap_or(&line)) {
                Ok(None) => {}
                Ok(Some(code)) => {
                    self.done = true;
                    return (eaten, Some(Ok(reply(code, &self.lines))));
                }
                Err(error) => {
                    self.done = true;
                    return (eaten, Some(Err(error)));
                }
            }
        }
        self.keep(&input[eaten..]);
        if self.bytes > REPLY_BYTES_MAX {
            self.done = true;
            return (input.len(), Some(Err(ReplyError::TooLong)));
        }
        (input.len(), None)
    }

    /// The lines of the reply that was returned last, without the code, printable. They are
    /// there until more is fed.
    #[must_use]
    pub fn lines(&self) -> &[String] {
        &self.lines
    }

    fn keep(&mut self, part: &[u8]) {
        self.bytes += part.len();
        let room = REPLY_LINE_MAX.saturating_sub(self.line.len());
        self.line.extend_from_slice(&part[..part.len().min(room)]);
    }

    /// Takes one line; the code once it is the last.
    fn take(&mut self, line: &[u8]) -> Result<Option<u16>, ReplyError> {
        if self.bytes > REPLY_BYTES_MAX {
            return Err(ReplyError::TooLong);
        }
        let digits = line.get(..3).ok_or(ReplyError::NotAReply)?;
        let digits = std::str::from_utf8(digits).map_err(|_| ReplyError::NotAReply)?;
        let code = digits.parse().map_err(|_| ReplyError::NotAReply)?;
        if !(200..=599).contains(&code) || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(ReplyError::NotAReply);
        }
        if self.code.is_some_and(|before| before != code) {
            return Err(ReplyError::CodesDiffer);
        }
        self.code = Some(code);
        let last = match line.get(3) {
            None | Some(b' ') => true,
            Some(b'-') => false,
            Some(_) => return Err(ReplyError::NotAReply),
        };
        if self.lines.len() == REPLY_LINES_MAX {
            return Err(ReplyError::TooManyLines);
        }
        self.lines.push(printable(line.get(4..).unwrap_or_default()));
        Ok(last.then_some(code))
    }
}

fn reply(code: u16, lines: &[String]) -> Reply {
    let mut enhanced = None;
    let mut text = String::new();
    for line in lines {
        let (status, rest) = enhanced_code(line);
        enhanced = enhanced.or(status);
        let rest = rest.trim();
        if !text.is_empty() && !rest.is_empty() {
            text.push(' ');
        }
        text.push_str(rest);
        if text.len() > REPLY_TEXT_MAX {
            text.truncate(text.floor_char_boundary(REPLY_TEXT_MAX));
            break;
        }
    }
    Reply { code, enhanced, text }
}

/// The enhanced status code that opens the text (RFC 2034 section 4), and what follows.
fn enhanced_code(text: &str) -> (Option<(u8, u16, u16)>, &str) {
    let word = text.split(' ').next().unwrap_or_default();
    match status(word) {
        Some(status) => (Some(status), &text[word.len()..]),
        None => (None, text),
    }
}

/// `class.subject.detail` (RFC 3463 section 2).
fn status(word: &str) -> Option<(u8, u16, u16)> {
    let number = |part: &str| -> Option<u16> {
        let digits = (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        part.parse().ok().filter(|_| digits)
    };
    let mut parts = word.split('.');
    let class = match parts.next()? {
        "2" => 2,
        "4" => 4,
        "5" => 5,
        _ => return None,
    };
    let (subject, detail) = (number(parts.next()?)?, number(parts.next()?)?);
    parts.next().is_none().then_some((class, subject, detail))
}

/// Text that may stand in a log, a page or a report: control characters become spaces.
fn printable(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// What a server offers in its answer to EHLO.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extensions {
    /// PIPELINING (RFC 2920).
    pub pipelining: bool,
    /// 8BITMIME (RFC 6152).
    pub eight_bit: bool,
    /// SMTPUTF8 (RFC 6531).
    pub smtputf8: bool,
    /// CHUNKING (RFC 3030).
    pub chunking: bool,
    /// DSN (RFC 3461).
    pub dsn: bool,
    /// STARTTLS (RFC 3207).
    pub starttls: bool,
    /// ENHANCEDSTATUSCODES (RFC 2034).
    pub enhanced: bool,
    /// SIZE (RFC 1870). `Some(0)` where it names no limit.
    pub size: Option<u64>,
}

impl Extensions {
    /// From [`ReplyParser::lines`] of a positive answer to EHLO. The first line is a greeting.
    #[must_use]
    pub fn from_lines(lines: &[String]) -> Extensions {
        let mut found = Extensions::default();
        for line in lines.iter().skip(1) {
            let mut words = line.split_ascii_whitespace();
            match words.next().unwrap_or_default().to_ascii_uppercase().as_str() {
                "PIPELINING" => found.pipelining = true,
                "8BITMIME" => found.eight_bit = true,
                "SMTPUTF8" => found.smtputf8 = true,
                "CHUNKING" => found.chunking = true,
                "DSN" => found.dsn = true,
                "STARTTLS" => found.starttls = true,
                "ENHANCEDSTATUSCODES" => found.enhanced = true,
                "SIZE" => {
                    let limit = words.next().and_then(|digits| digits.parse().ok());
                    found.size = Some(limit.unwrap_or(0));
                }
                _ => {}
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every reply in the pieces, one line each.
    fn replies(pieces: &[&[u8]]) -> Vec<String> {
        let mut parser = ReplyParser::new();
        let mut seen = Vec::new();
        for piece in pieces {
            let mut rest = *piece;
            while !rest.is_empty() {
                let (eaten, reply) = parser.feed(rest);
                rest = &rest[eaten..];
                seen.extend(reply.map(|reply| match reply {
                    Ok(reply) => reply.to_string(),
                    Err(error) => format!("{error:?}"),
                }));
            }
        }
        seen
    }

    #[test]
    fn replies_as_servers_send_them() {
        let cases: &[(&[u8], &[&str])] = &[
            (b"250 Ok\r\n", &["250 Ok"]),
            (b"250 2.1.0 Ok\r\n354 Go\r\n", &["250 2.1.0 Ok", "354 Go"]),
            (b"250\r\n", &["250"]),
            (b"250 \n", &["250"]),
            (b"250-mx\r\n250-PIPELINING\r\n250 DSN\r\n", &["250 mx PIPELINING DSN"]),
            (b"550-5.1.1 No such\r\n550 5.1.1 user\r\n", &["550 5.1.1 No such user"]),
            (b"550 5.1.1\r\n", &["550 5.1.1"]),
            (b"220 1.2.3 is no status\r\n", &["220 1.2.3 is no status"]),
            (b"250 2.0.0.1 no status\r\n", &["250 2.0.0.1 no status"]),
            (b"250 2.6543.1 no status\r\n", &["250 2.6543.1 no status"]),
            (b"451 a\x1b[31m\x00b\xff\r\n", &["451 a [31m b\u{fffd}"]),
            (b"250-a\r\n550 b\r\n250 c\r\n", &["CodesDiffer", "250 c"]),
            (b"HTTP/1.1 400 Bad\r\n", &["NotAReply"]),
            (b"\r\n", &["NotAReply"]),
            (b"+50 x\r\n", &["NotAReply"]),
            (b"650 x\r\n", &["NotAReply"]),
            (b"2500 x\r\n", &["NotAReply"]),
            (b"250-half", &[]),
        ];
        for (input, expected) in cases {
            assert_eq!(replies(&[input]), *expected, "{}", input.escape_ascii());
            let bytes: Vec<&[u8]> = input.chunks(1).collect();
            assert_eq!(replies(&bytes), *expected, "{} by bytes", input.escape_ascii());
        }
    }

    #[test]
    fn a_talkative_server_is_bounded() {
        let long = format!("250 {}\r\n250 ok\r\n", "x".repeat(100_000));
        let seen = replies(&[long.as_bytes()]);
        assert_eq!(seen[0].len(), 4 + REPLY_TEXT_MAX);
        assert_eq!(seen[1], "250 ok");
        let many = "250-あいう\r\n".repeat(REPLY_LINES_MAX) + "250 last\r\n";
        assert_eq!(replies(&[many.as_bytes()]), ["TooManyLines"]);
        let endless = "x".repeat(1_000);
        let dripping = vec![endless.as_bytes(); REPLY_BYTES_MAX / endless.len() + 1];
        assert_eq!(replies(&dripping), ["TooLong"]);
        let wide = format!("250-{}\r\n", "x".repeat(REPLY_LINE_MAX * 2)).repeat(70);
        assert_eq!(replies(&[wide.as_bytes()])[0], "TooLong");
    }

    #[test]
    fn extensions_of_a_server() {
        let mut parser = ReplyParser::new();
        let answer = b"250-mx.example.com PIPELINING\r\n250-size 1000\r\n250-8bitmime\r\n\
            250-STARTTLS\r\n250-X-OTHER\r\n250 DSN\r\n";
        assert!(parser.feed(answer).1.is_some_and(|reply| reply.is_ok()));
        let expected = Extensions {
            eight_bit: true,
            starttls: true,
            dsn: true,
            size: Some(1000),
            ..Extensions::default()
        };
        assert_eq!(Extensions::from_lines(parser.lines()), expected);
    }
}
