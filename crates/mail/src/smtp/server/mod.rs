//! The server's side of an ESMTP session without its socket: bytes in; replies and what the
//! caller must do next out.
//!
//! The caller reads, feeds, flushes the replies, and acts on the [`Step`]. Content that arrived
//! is not ours until the caller says [`Dialogue::accepted`]. How the input is cut into pieces
//! never changes what comes out. `tests/dialogues/` shows whole sessions as text.

mod commands;
mod content;
mod frame;
mod sign_in;

use std::fmt;
use std::net::IpAddr;

pub use content::{CONTENT_LINE_MAX, SIZE_HINT_MAX};
pub use frame::{AUTH_LINE_MAX, COMMAND_LINE_MAX};
pub use sign_in::{SignInRefusal, WRONG_SIGN_INS_MAX};

use crate::envelope::{Envelope, Recipient};
use crate::roster::{Admission, AdmissionRule, InboundLimits};
use crate::{Address, Reply, SpoolId};
use content::Content;
use frame::{Frame, Framed};

/// Errors of one session before it is closed (RFC 5321 section 4.3.2 leaves the number to us).
pub const ERRORS_MAX: u32 = 20;
/// Received fields of one message before it is taken for a loop (RFC 5321 section 6.3 asks for
/// at least 100 in simple counts; no honest path of today is longer than 50).
pub const RECEIVED_MAX: usize = 50;

/// What a session is like when it begins.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Our name in the greeting.
    pub hostname: String,
    /// The composition of the listener.
    pub composition: String,
    /// The client's address.
    pub client_ip: IpAddr,
    /// Sizes and counts; the times in it are the caller's to keep.
    pub limits: InboundLimits,
    /// Whether the session is encrypted or can become so.
    pub tls: TlsState,
    /// When AUTH is offered.
    pub auth: AuthOffer,
    /// Whether the client's address is no hindrance; see [`standing`]. Where this is false, the
    /// session answers MAIL with 550 whoever signs in.
    pub admitted: bool,
    /// Whether the client must sign in before it sends.
    pub auth_required: bool,
}

/// Encryption of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TlsState {
    /// In clear, and STARTTLS is not offered.
    Unavailable,
    /// In clear, STARTTLS is offered.
    Offered,
    /// Encrypted; protocol and cipher.
    Active(String),
}

/// When AUTH is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthOffer {
    /// Never.
    None,
    /// Once the session is encrypted.
    WhenEncrypted,
    /// In clear too: only for loopback.
    Always,
}

/// [`Settings::admitted`] and [`Settings::auth_required`] for a client at this address.
#[must_use]
pub fn standing(admission: &Admission, ip: IpAddr) -> (bool, bool) {
    let listed = admission.addresses.contains(&ip.to_canonical());
    match admission.rule {
        AdmissionRule::Address => (listed, false),
        AdmissionRule::Auth => (true, true),
        AdmissionRule::Either => (true, !listed),
        AdmissionRule::Both => (listed, true),
    }
}

/// What the caller does next, after it has flushed the replies.
#[derive(PartialEq, Eq)]
pub enum Step {
    /// Read more and feed it.
    NeedInput,
    /// Begin the TLS handshake, then say [`Dialogue::tls_started`]. Whatever the client sent
    /// before has been thrown away (RFC 3207 section 4.2).
    StartTls,
    /// Check these, then say [`Dialogue::signed_in`] or [`Dialogue::sign_in_refused`].
    SignIn {
        /// As the client gave it.
        user: String,
        /// In clear; kept out of the debug form.
        password: String,
    },
    /// Take custody, then say [`Dialogue::accepted`] or [`Dialogue::refused`].
    Message(Box<Incoming>),
    /// Close the connection.
    Close,
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::NeedInput => f.write_str("NeedInput"),
            Step::StartTls => f.write_str("StartTls"),
            Step::SignIn { .. } => f.write_str("SignIn { .. }"),
            Step::Message(incoming) => f.debug_tuple("Message").field(incoming).finish(),
            Step::Close => f.write_str("Close"),
        }
    }
}

/// A message that came in whole.
#[derive(PartialEq, Eq)]
pub struct Incoming {
    /// Who, to whom, from where.
    pub envelope: Envelope,
    /// Dots unstuffed, every line ended by CRLF, free of NUL and of bare CR and LF; our own
    /// Received field is not in it yet.
    pub content: Vec<u8>,
}

/// Content, subjects and addresses stay out of logs by type.
impl fmt::Debug for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let recipients = self.envelope.recipients.len();
        write!(f, "Incoming({recipients} recipients, {} bytes)", self.content.len())
    }
}

/// One session.
#[derive(Debug)]
pub struct Dialogue {
    settings: Settings,
    mode: Mode,
    frame: Frame,
    /// What the client called itself, once it did.
    client: Option<Client>,
    /// The API user, once signed in.
    user: Option<String>,
    transaction: Option<Transaction>,
    commands: u32,
    errors: u32,
    wrong_sign_ins: u8,
}

#[derive(Debug)]
struct Client {
    name: String,
    /// EHLO rather than HELO.
    extended: bool,
}

/// What the next bytes are.
#[derive(Debug)]
enum Mode {
    Command,
    /// A line of an AUTH exchange.
    Response(sign_in::Exchange),
    Data(Content),
    Chunk(Chunk),
    /// Nothing before the caller has acted.
    Waiting,
    /// Plain text that was sent behind STARTTLS.
    WaitingForTls,
    Closed,
}

/// The bytes behind a BDAT command.
#[derive(Debug)]
struct Chunk {
    left: u64,
    last: bool,
    size: u64,
    /// Where they go; otherwise they are dropped and this is the reply.
    into: Result<Content, &'static str>,
}

/// From MAIL to the end of content.
#[derive(Debug)]
struct Transaction {
    sender: Option<Address>,
    recipients: Vec<Recipient>,
    size: Option<u64>,
    eight_bit: bool,
    smtputf8: bool,
    ret_full: bool,
    envid: Option<String>,
    chunks: Chunks,
}

/// What BDAT has brought so far.
#[derive(Debug)]
enum Chunks {
    None,
    Some(Content),
    /// One was refused, so all that follow are (RFC 3030 section 2).
    Refused,
}

impl Dialogue {
    /// A session that has not said anything yet.
    #[must_use]
    pub fn new(settings: Settings) -> Dialogue {
        Dialogue {
            settings,
            mode: Mode::Command,
            frame: Frame::default(),
            client: None,
            user: None,
            transaction: None,
            commands: 0,
            errors: 0,
            wrong_sign_ins: 0,
        }
    }

    /// The first line of the session.
    pub fn greeting(&self, out: &mut Vec<u8>) {
        say(out, &format!("220 {} ESMTP Yakusoku", self.settings.hostname));
    }

    /// Eats input until it is used up or the caller must act; appends the replies to `out`.
    /// Returns the bytes eaten, and what to do next. Feed the rest afterwards; nothing is eaten
    /// while the caller owes the answer to a step.
    pub fn feed(&mut self, input: &[u8], out: &mut Vec<u8>) -> (usize, Step) {
        let mut eaten = 0;
        loop {
            let rest = &input[eaten..];
            let (taken, step) = match &mut self.mode {
                Mode::Closed => return (input.len(), Step::Close),
                Mode::WaitingForTls => return (input.len(), Step::NeedInput),
                Mode::Waiting => return (eaten, Step::NeedInput),
                Mode::Command | Mode::Response(_) if rest.is_empty() => {
                    return (eaten, Step::NeedInput);
                }
                Mode::Command | Mode::Response(_) => self.feed_line(rest, out),
                Mode::Data(content) => {
                    let (taken, ended) = content.feed_data(rest);
                    if !ended {
                        return (eaten + taken, Step::NeedInput);
                    }
                    (taken, self.data_ended(out))
                }
                Mode::Chunk(chunk) => {
                    let taken = chunk.feed(rest);
                    if chunk.left > 0 {
                        return (eaten + taken, Step::NeedInput);
                    }
                    (taken, self.chunk_ended(out))
                }
            };
            eaten += taken;
            match step {
                Step::NeedInput => {}
                // What came behind STARTTLS in clear must never be read as if it came encrypted.
                Step::StartTls => return (input.len(), step),
                step => return (eaten, step),
            }
        }
    }

    /// After [`Step::StartTls`]: the session is encrypted and begins anew (RFC 3207 section
    /// 4.2). Errors and commands stay counted.
    pub fn tls_started(&mut self, tls: String) {
        self.settings.tls = TlsState::Active(tls);
        self.client = None;
        self.user = None;
        self.transaction = None;
        self.frame.clear();
        self.mode = Mode::Command;
    }

    /// After [`Step::Message`]: it is in custody.
    pub fn accepted(&mut self, id: SpoolId, out: &mut Vec<u8>) {
        self.transaction = None;
        self.mode = Mode::Command;
        say(out, &format!("250 2.0.0 Ok: queued as {id}"));
    }

    /// After [`Step::Message`]: it is not taken, and this is why.
    pub fn refused(&mut self, reply: &Reply, out: &mut Vec<u8>) {
        self.transaction = None;
        self.mode = Mode::Command;
        say(out, &reply.to_string());
    }

    /// The client was silent for too long. Close afterwards.
    pub fn timed_out(&self, out: &mut Vec<u8>) {
        self.farewell("4.4.2", "Timed out, closing the connection", out);
    }

    /// We are about to stop. Close afterwards.
    pub fn shutting_down(&self, out: &mut Vec<u8>) {
        self.farewell("4.3.2", "Shutting down, try again soon", out);
    }

    /// Whether MAIL was accepted and its message neither accepted, refused nor given up; true
    /// while the caller acts on [`Step::Message`] too.
    #[must_use]
    pub fn in_transaction(&self) -> bool {
        self.transaction.is_some()
    }

    /// Whether content is expected, for which another timeout holds.
    #[must_use]
    pub fn in_data(&self) -> bool {
        matches!(self.mode, Mode::Data(_) | Mode::Chunk(_))
    }

    /// Takes one line, or a part of one.
    fn feed_line(&mut self, input: &[u8], out: &mut Vec<u8>) -> (usize, Step) {
        let in_exchange = matches!(self.mode, Mode::Response(_));
        let (eaten, framed) = self.frame.feed(input, in_exchange);
        let step = match framed {
            Framed::Incomplete => Step::NeedInput,
            Framed::Line(line) => match String::from_utf8(line) {
                Ok(line) if !line.contains('\0') => self.line(&line, out),
                _ => self.broken_line("500 5.5.2 Only text in UTF-8 without NUL, please", out),
            },
            Framed::BareLineEnd => {
                self.broken_line("500 5.5.2 Lines end with CRLF, not with CR or LF alone", out)
            }
            Framed::TooLong => self.broken_line("500 5.5.6 Line too long", out),
        };
        (eaten, step)
    }

    fn line(&mut self, line: &str, out: &mut Vec<u8>) -> Step {
        match std::mem::replace(&mut self.mode, Mode::Command) {
            Mode::Response(exchange) => self.response(exchange, line, out),
            _ => self.command(line, out),
        }
    }

    fn broken_line(&mut self, reply: &str, out: &mut Vec<u8>) -> Step {
        // It also ends an AUTH exchange.
        self.mode = Mode::Command;
        self.error(reply, out)
    }

    /// Says an error of the client's and counts it.
    fn error(&mut self, reply: &str, out: &mut Vec<u8>) -> Step {
        say(out, reply);
        self.errors += 1;
        if self.errors < ERRORS_MAX {
            return Step::NeedInput;
        }
        self.close("4.7.0", "Too many errors", out)
    }

    fn close(&mut self, enhanced: &str, why: &str, out: &mut Vec<u8>) -> Step {
        self.farewell(enhanced, why, out);
        self.hang_up()
    }

    fn hang_up(&mut self) -> Step {
        self.transaction = None;
        self.mode = Mode::Closed;
        Step::Close
    }

    /// 421 begins with our name (RFC 5321 section 4.2.2).
    fn farewell(&self, enhanced: &str, why: &str, out: &mut Vec<u8>) {
        say(out, &format!("421 {enhanced} {} {why}", self.settings.hostname));
    }
}

/// Appends one reply line.
fn say(out: &mut Vec<u8>, line: &str) {
    out.extend_from_slice(line.as_bytes());
    out.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests;
