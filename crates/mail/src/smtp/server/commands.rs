//! What each command does: the transaction from MAIL to the end of its content.
//!
//! A handler returns its reply, `Ok` or `Err`; errors are counted in one place.

use super::content::{Content, Fault};
use super::{
    AuthOffer, Chunk, Chunks, Client, Dialogue, Incoming, Mode, RECEIVED_MAX, Step, TlsState,
    Transaction, say,
};
use crate::Address;
use crate::envelope::{Envelope, Recipient, Source};
use crate::message::{received_count, summary};
use crate::smtp::command::{Command, CommandError, Mail, Rcpt, To};

/// A fixed reply with its codes.
type Line = &'static str;

const OK: Line = "250 2.0.0 Ok";
const SENDER_OK: Line = "250 2.1.0 Sender ok";
const RECIPIENT_OK: Line = "250 2.1.5 Recipient ok";
const NO_HELLO: Line = "503 5.5.1 Say EHLO first";
const NO_MAIL: Line = "503 5.5.1 Say MAIL first";
const NO_RECIPIENT: Line = "554 5.5.1 No valid recipient";
const NESTED_MAIL: Line = "503 5.5.1 A message is under way already";
const CHUNKS_BEGUN: Line = "503 5.5.1 This message comes by BDAT";
const CHUNK_REFUSED: Line = "503 5.5.1 An earlier chunk was refused, say RSET";
const NOT_ADMITTED: Line = "550 5.7.1 This client may not send here";
const SIGN_IN_FIRST: Line = "530 5.7.0 Sign in first";
const TOO_BIG: Line = "552 5.3.4 Message exceeds the size limit";
const TOO_MANY_RECIPIENTS: Line = "452 4.5.3 Too many recipients";
const SENDER_UTF8: Line = "550 5.6.7 A sender beyond ASCII needs SMTPUTF8";
const RECIPIENT_UTF8: Line = "553 5.6.7 A recipient beyond ASCII needs SMTPUTF8";
const NO_POSTMASTER: Line = "550 5.1.1 No postmaster here";
const LOOP: Line = "554 5.4.6 Too many hops, this looks like a mail loop";

impl Dialogue {
    pub(super) fn command(&mut self, line: &str, out: &mut Vec<u8>) -> Step {
        self.commands += 1;
        if self.commands > self.settings.limits.commands {
            return self.close("4.7.0", "Too many commands", out);
        }
        let command = match Command::parse(line) {
            Ok(command) => command,
            Err(CommandError::Reply(reply)) => return self.error(reply, out),
            Err(CommandError::Chunk(reply)) => {
                say(out, reply);
                return self.hang_up();
            }
        };
        let reply = match command {
            Command::Ehlo(name) => {
                self.hello(name, true);
                self.extensions(out);
                return Step::NeedInput;
            }
            Command::Helo(name) => {
                self.hello(name, false);
                say(out, &format!("250 {}", self.settings.hostname));
                return Step::NeedInput;
            }
            Command::Quit => {
                say(out, "221 2.0.0 Bye");
                return self.hang_up();
            }
            Command::StartTls => match self.start_tls() {
                Ok(reply) => {
                    say(out, reply);
                    return Step::StartTls;
                }
                refusal => refusal,
            },
            Command::Auth { mechanism, initial } => return self.auth(mechanism, initial, out),
            Command::Bdat { size, last } => {
                self.chunk(size, last);
                return Step::NeedInput;
            }
            Command::Mail(mail) => self.mail(mail),
            Command::Rcpt(rcpt) => self.rcpt(rcpt),
            Command::Data => self.data(),
            Command::Rset => {
                self.transaction = None;
                Ok(OK)
            }
            Command::Noop => Ok(OK),
            // We never say whether an address exists before a message is sent to it.
            Command::Vrfy => Ok("252 2.5.2 Send mail and see"),
            Command::Expn => Err("550 5.7.2 No list is expanded here"),
            Command::Help => Ok("214 2.0.0 RFC 5321 tells everything"),
        };
        self.answer(reply, out)
    }

    /// Says a reply; a permanent refusal counts as an error of the client's.
    fn answer(&mut self, reply: Result<Line, Line>, out: &mut Vec<u8>) -> Step {
        match reply {
            Err(refusal) if refusal.starts_with('5') => self.error(refusal, out),
            Ok(line) | Err(line) => {
                say(out, line);
                Step::NeedInput
            }
        }
    }

    /// EHLO and HELO also end a transaction (RFC 5321 section 4.1.4).
    fn hello(&mut self, name: &str, extended: bool) {
        self.client = Some(Client { name: name.to_owned(), extended });
        self.transaction = None;
    }

    fn extensions(&self, out: &mut Vec<u8>) {
        say(out, &format!("250-{}", self.settings.hostname));
        say(out, "250-PIPELINING");
        say(out, &format!("250-SIZE {}", self.settings.limits.message_bytes));
        if self.settings.tls == TlsState::Offered {
            say(out, "250-STARTTLS");
        }
        if self.auth_offered() && self.user.is_none() {
            say(out, "250-AUTH PLAIN LOGIN");
        }
        for word in ["8BITMIME", "SMTPUTF8", "CHUNKING", "DSN"] {
            say(out, &format!("250-{word}"));
        }
        say(out, "250 ENHANCEDSTATUSCODES");
    }

    pub(super) fn auth_offered(&self) -> bool {
        match self.settings.auth {
            AuthOffer::None => false,
            AuthOffer::WhenEncrypted => matches!(self.settings.tls, TlsState::Active(_)),
            AuthOffer::Always => true,
        }
    }

    fn start_tls(&mut self) -> Result<Line, Line> {
        match self.settings.tls {
            TlsState::Unavailable => Err("502 5.5.1 TLS is not available"),
            TlsState::Active(_) => Err("503 5.5.1 TLS is active already"),
            TlsState::Offered => {
                self.mode = Mode::WaitingForTls;
                Ok("220 2.0.0 Begin TLS")
            }
        }
    }

    fn mail(&mut self, mail: Mail) -> Result<Line, Line> {
        if self.client.is_none() {
            return Err(NO_HELLO);
        }
        if self.transaction.is_some() {
            return Err(NESTED_MAIL);
        }
        if !self.settings.admitted {
            return Err(NOT_ADMITTED);
        }
        if self.settings.auth_required && self.user.is_none() {
            return Err(SIGN_IN_FIRST);
        }
        if mail.size.is_some_and(|size| size > u64::from(self.settings.limits.message_bytes)) {
            return Err(TOO_BIG);
        }
        if !mail.smtputf8 && mail.sender.as_ref().is_some_and(Address::needs_smtputf8) {
            return Err(SENDER_UTF8);
        }
        self.transaction = Some(Transaction {
            sender: mail.sender,
            recipients: Vec::new(),
            size: mail.size,
            eight_bit: mail.eight_bit,
            smtputf8: mail.smtputf8,
            ret_full: mail.ret_full,
            envid: mail.envid,
            chunks: Chunks::None,
        });
        Ok(SENDER_OK)
    }

    fn rcpt(&mut self, rcpt: Rcpt) -> Result<Line, Line> {
        let transaction = self.transaction.as_mut().ok_or(NO_MAIL)?;
        if !matches!(transaction.chunks, Chunks::None) {
            return Err(CHUNKS_BEGUN);
        }
        if transaction.recipients.len() >= usize::from(self.settings.limits.recipients) {
            return Err(TOO_MANY_RECIPIENTS);
        }
        let address = match rcpt.to {
            To::Address(address) => address,
            To::Postmaster => {
                let address = format!("postmaster@{}", self.settings.hostname);
                Address::parse(&address).map_err(|_| NO_POSTMASTER)?
            }
        };
        if address.needs_smtputf8() && !transaction.smtputf8 {
            return Err(RECIPIENT_UTF8);
        }
        let recipient = Recipient { address, notify: rcpt.notify, orcpt: rcpt.orcpt };
        transaction.recipients.push(recipient);
        Ok(RECIPIENT_OK)
    }

    fn data(&mut self) -> Result<Line, Line> {
        let transaction = self.transaction.as_ref().ok_or(NO_MAIL)?;
        if !matches!(transaction.chunks, Chunks::None) {
            return Err(CHUNKS_BEGUN);
        }
        if transaction.recipients.is_empty() {
            return Err(NO_RECIPIENT);
        }
        let limit = self.settings.limits.message_bytes;
        self.mode = Mode::Data(Content::new(limit, transaction.size));
        Ok("354 End with a dot on a line of its own")
    }

    pub(super) fn data_ended(&mut self, out: &mut Vec<u8>) -> Step {
        match std::mem::replace(&mut self.mode, Mode::Command) {
            Mode::Data(content) => self.content_ended(content, out),
            _ => Step::NeedInput,
        }
    }

    /// The bytes behind BDAT are read whatever is wrong, or they would be taken for commands.
    fn chunk(&mut self, size: u64, last: bool) {
        let limit = self.settings.limits.message_bytes;
        let into = match &mut self.transaction {
            None => Err(NO_MAIL),
            Some(transaction) if transaction.recipients.is_empty() => Err(NO_RECIPIENT),
            Some(transaction) => {
                match std::mem::replace(&mut transaction.chunks, Chunks::Refused) {
                    Chunks::None => Ok(Content::new(limit, transaction.size.or(Some(size)))),
                    Chunks::Some(content) => Ok(content),
                    Chunks::Refused => Err(CHUNK_REFUSED),
                }
            }
        };
        self.mode = Mode::Chunk(Chunk { left: size, last, size, into });
    }

    pub(super) fn chunk_ended(&mut self, out: &mut Vec<u8>) -> Step {
        let Mode::Chunk(chunk) = std::mem::replace(&mut self.mode, Mode::Command) else {
            return Step::NeedInput;
        };
        let content = match chunk.into {
            Ok(content) => content,
            Err(refusal) => {
                if chunk.last {
                    self.transaction = None;
                }
                return self.answer(Err(refusal), out);
            }
        };
        if chunk.last {
            return self.content_ended(content, out);
        }
        if let Some(fault) = content.fault() {
            say(out, refusal_of(fault));
            return Step::NeedInput;
        }
        if let Some(transaction) = &mut self.transaction {
            transaction.chunks = Chunks::Some(content);
        }
        say(out, &format!("250 2.0.0 {} bytes taken", chunk.size));
        Step::NeedInput
    }

    /// Hands the message to the caller, or refuses it and forgets the transaction.
    fn content_ended(&mut self, content: Content, out: &mut Vec<u8>) -> Step {
        let Some(transaction) = self.transaction.take() else { return Step::NeedInput };
        let content = match content.finish() {
            Ok(content) => content,
            Err(fault) => {
                say(out, refusal_of(fault));
                return Step::NeedInput;
            }
        };
        if received_count(&content) > RECEIVED_MAX {
            say(out, LOOP);
            return Step::NeedInput;
        }
        let envelope = self.envelope(&content, &transaction);
        // It is still under way: see `in_transaction`.
        self.transaction = Some(transaction);
        self.mode = Mode::Waiting;
        Step::Message(Box::new(Incoming { envelope, content }))
    }

    fn envelope(&self, content: &[u8], transaction: &Transaction) -> Envelope {
        Envelope {
            composition: self.settings.composition.clone(),
            sender: transaction.sender.clone(),
            recipients: transaction.recipients.clone(),
            source: Source {
                ip: self.settings.client_ip,
                helo: self.client.as_ref().map(|c| c.name.clone()).unwrap_or_default(),
                user: self.user.clone(),
                tls: match &self.settings.tls {
                    TlsState::Active(tls) => Some(tls.clone()),
                    TlsState::Unavailable | TlsState::Offered => None,
                },
            },
            eight_bit: transaction.eight_bit,
            smtputf8: transaction.smtputf8,
            ret_full: transaction.ret_full,
            envid: transaction.envid.clone(),
            headers: summary(content),
        }
    }
}

impl Chunk {
    /// Returns the bytes taken.
    pub(super) fn feed(&mut self, input: &[u8]) -> usize {
        let taken = usize::try_from(self.left).map_or(input.len(), |left| left.min(input.len()));
        if let Ok(content) = &mut self.into {
            content.feed_chunk(&input[..taken]);
        }
        self.left -= taken as u64;
        taken
    }
}

const fn refusal_of(fault: Fault) -> Line {
    match fault {
        Fault::TooBig => TOO_BIG,
        Fault::LongLine => "550 5.6.0 A line of the message is too long",
        Fault::Nul => "550 5.6.0 The message holds a NUL",
        Fault::BareLineEnd => "550 5.6.11 The message holds a CR or LF outside a CRLF",
    }
}
