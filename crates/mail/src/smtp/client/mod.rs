//! The client's side of an ESMTP session without its socket: replies in; commands and what the
//! caller must do next out.
//!
//! With a server that pipelines (RFC 2920) a transaction costs one round trip: the commands of
//! the next message travel behind the final dot of the one before. Every command sent is matched
//! with its reply in order, so what came of each recipient is known whatever happens in between.

mod commands;

use std::collections::VecDeque;

pub use commands::dot_stuff;

use crate::retry::Phase;
use crate::smtp::reply::{Extensions, ReplyParser};
use crate::{Envelope, Recipient, Reply};

/// Transactions under way at once: one whose content is sent, one whose commands follow it.
pub const TRANSACTIONS_MAX: usize = 2;

/// What the server answered for one recipient, and to which command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The command that decided.
    pub phase: Phase,
    /// The answer.
    pub reply: Reply,
}

impl Answered {
    fn is_yes(&self) -> bool {
        self.reply.code / 100 == 2
    }
}

/// What the caller does next, after it has flushed the commands.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// Read more and feed it.
    NeedInput,
    /// Begin the TLS handshake, then say [`Dialogue::tls_started`].
    StartTls,
    /// The server takes messages: [`Dialogue::begin`].
    Ready,
    /// Write the content of the oldest transaction, then say [`Dialogue::content_sent`].
    SendContent,
    /// The oldest transaction has ended: the reply for each recipient, in order.
    Done(Vec<Answered>),
    /// The server does not want to talk to us.
    Refused(Reply),
    /// The server said something that is no reply, or no answer to what it was asked. Close.
    Nonsense,
}

/// One message for some of its recipients.
#[derive(Clone, Copy, Debug)]
pub struct Transaction<'a> {
    /// Sender, parameters.
    pub envelope: &'a Envelope,
    /// In the order in which the replies are wanted.
    pub recipients: &'a [&'a Recipient],
    /// Bytes that will be sent.
    pub size: u64,
}

#[derive(Debug)]
enum Expect {
    Greeting,
    Ehlo,
    Helo,
    StartTls,
    Mail,
    Recipient,
    Data,
    Dot,
    /// The end of a message that nobody was going to get.
    EmptyDot,
    Reset,
}

/// A transaction under way.
#[derive(Debug, Default)]
struct Ongoing {
    /// Commands not sent yet, for a server that does not pipeline; the next one last.
    unsent: Vec<(Expect, Vec<u8>)>,
    refused: Option<Reply>,
    recipients: Vec<Answered>,
    wanted: usize,
}

/// One session.
#[derive(Debug)]
pub struct Dialogue {
    helo: String,
    opportunistic_tls: bool,
    encrypted: bool,
    parser: ReplyParser,
    extensions: Extensions,
    expect: VecDeque<Expect>,
    ongoing: VecDeque<Ongoing>,
}

impl Dialogue {
    /// A session that waits for the greeting. `helo` is our name; with `try_tls` STARTTLS is
    /// used where it is offered.
    #[must_use]
    pub fn new(helo: &str, try_tls: bool) -> Dialogue {
        Dialogue {
            helo: helo.to_owned(),
            opportunistic_tls: try_tls,
            encrypted: false,
            parser: ReplyParser::default(),
            extensions: Extensions::default(),
            expect: VecDeque::from([Expect::Greeting]),
            ongoing: VecDeque::new(),
        }
    }

    /// After [`Step::StartTls`]: the session is encrypted and begins anew.
    pub fn tls_started(&mut self, out: &mut Vec<u8>) {
        self.encrypted = true;
        // What was offered in clear may have been forged (RFC 3207 section 4.2).
        self.extensions = Extensions::default();
        self.parser = ReplyParser::default();
        self.say_ehlo(out);
    }

    /// What the server has said that it can do.
    #[must_use]
    pub fn extensions(&self) -> &Extensions {
        &self.extensions
    }

    /// Whether another transaction may be begun: none is under way or, with a server that
    /// pipelines, the content of the one before is on its way.
    #[must_use]
    pub fn has_room(&self) -> bool {
        if !self.extensions.pipelining {
            return self.ongoing.is_empty() && self.expect.is_empty();
        }
        let content_is_out = self.expect.iter().any(|e| matches!(e, Expect::Dot));
        self.ongoing.len() < if content_is_out { TRANSACTIONS_MAX } else { 1 }
    }

    /// Whether every command has been answered: whatever the server says now, nobody has asked.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.expect.is_empty()
    }

    /// Begins a transaction; commands go to `out`.
    ///
    /// # Errors
    /// The reply that stands for the server's when it is clear without asking: it does not know
    /// SMTPUTF8 and the message needs it (RFC 6531 section 3.5), or the message is larger than
    /// the server takes (RFC 1870 section 6.1).
    pub fn begin(&mut self, transaction: &Transaction<'_>, out: &mut Vec<u8>) -> Result<(), Reply> {
        self.check(transaction)?;
        let mut commands = vec![(Expect::Mail, self.mail_command(transaction))];
        for recipient in transaction.recipients {
            commands.push((Expect::Recipient, self.recipient_command(recipient)));
        }
        commands.push((Expect::Data, b"DATA\r\n".to_vec()));
        let mut ongoing = Ongoing { wanted: transaction.recipients.len(), ..Ongoing::default() };
        if self.extensions.pipelining {
            for (expect, command) in commands {
                self.expect.push_back(expect);
                out.extend_from_slice(&command);
            }
        } else {
            commands.reverse();
            ongoing.unsent = commands;
            self.send_next(&mut ongoing, out);
        }
        self.ongoing.push_back(ongoing);
        Ok(())
    }

    /// After [`Step::SendContent`]: the content is written, [`dot_stuff`]ed.
    pub fn content_sent(&mut self) {
        self.expect.push_back(Expect::Dot);
    }

    /// Says goodbye; the reply is not waited for.
    pub fn quit(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"QUIT\r\n");
    }

    /// Eats replies until they are used up or the caller must act. Returns the bytes eaten.
    pub fn feed(&mut self, input: &[u8], out: &mut Vec<u8>) -> (usize, Step) {
        let mut eaten = 0;
        while eaten < input.len() {
            let (taken, reply) = self.parser.feed(&input[eaten..]);
            eaten += taken;
            let step = match reply {
                None => Step::NeedInput,
                Some(Err(_)) => Step::Nonsense,
                Some(Ok(reply)) => self.heard(reply, out),
            };
            if step != Step::NeedInput {
                return (eaten, step);
            }
        }
        (eaten, Step::NeedInput)
    }

    fn heard(&mut self, reply: Reply, out: &mut Vec<u8>) -> Step {
        // A server that is going says 421 to whatever it was asked (RFC 5321 section 3.8).
        let Some(expected) = self.expect.pop_front() else {
            return if reply.code == 421 { Step::Refused(reply) } else { Step::Nonsense };
        };
        let fine = reply.code / 100 == 2;
        match expected {
            Expect::Greeting if fine => {
                self.say_ehlo(out);
                Step::NeedInput
            }
            Expect::Ehlo if fine => self.heard_ehlo(out),
            Expect::Ehlo if reply.code / 100 == 5 => {
                self.expect.push_back(Expect::Helo);
                out.extend_from_slice(format!("HELO {}\r\n", self.helo).as_bytes());
                Step::NeedInput
            }
            Expect::Helo if fine => Step::Ready,
            Expect::StartTls if fine => Step::StartTls,
            // It offered STARTTLS and cannot: go on in clear, as without the offer.
            Expect::StartTls if reply.code != 421 => Step::Ready,
            Expect::Greeting | Expect::Ehlo | Expect::Helo | Expect::StartTls => {
                Step::Refused(reply)
            }
            Expect::Reset | Expect::EmptyDot => self.after_transaction(),
            Expect::Mail | Expect::Recipient | Expect::Data | Expect::Dot => {
                self.heard_in_transaction(&expected, reply, out)
            }
        }
    }

    fn heard_ehlo(&mut self, out: &mut Vec<u8>) -> Step {
        self.extensions = Extensions::from_lines(self.parser.lines());
        if self.extensions.starttls && self.opportunistic_tls && !self.encrypted {
            self.expect.push_back(Expect::StartTls);
            out.extend_from_slice(b"STARTTLS\r\n");
            return Step::NeedInput;
        }
        Step::Ready
    }

    fn heard_in_transaction(&mut self, expected: &Expect, reply: Reply, out: &mut Vec<u8>) -> Step {
        let Some(mut ongoing) = self.ongoing.pop_front() else { return Step::Nonsense };
        let fine = reply.code / 100 == 2;
        match expected {
            Expect::Mail if !fine => ongoing.refused = Some(reply),
            Expect::Recipient => ongoing.recipients.push(Answered { phase: Phase::Rcpt, reply }),
            Expect::Data => return self.heard_data(ongoing, reply, out),
            Expect::Dot => {
                settle_accepted(&mut ongoing, &reply);
                return Step::Done(ongoing.recipients);
            }
            _ => {}
        }
        if !self.extensions.pipelining {
            if nobody_left(&ongoing) {
                return self.reset(ongoing, out);
            }
            self.send_next(&mut ongoing, out);
        }
        self.ongoing.push_front(ongoing);
        Step::NeedInput
    }

    fn heard_data(&mut self, mut ongoing: Ongoing, reply: Reply, out: &mut Vec<u8>) -> Step {
        let anybody = ongoing.recipients.iter().any(Answered::is_yes);
        let go_on = reply.code == 354;
        if !go_on && reply.code < 400 {
            // It says that it has what it was not sent, or it answers something else than DATA:
            // nobody may take that for delivery, and what follows would be matched wrongly.
            return Step::Nonsense;
        }
        if go_on && anybody && ongoing.refused.is_none() {
            self.ongoing.push_front(ongoing);
            return Step::SendContent;
        }
        if go_on && anybody {
            // It took recipients of a sender that it refused, and would now deliver an empty
            // message from whomever it takes for the sender.
            return Step::Nonsense;
        }
        if go_on {
            // It opened the door although nobody is to get the message (RFC 2920 section 3.1).
            out.extend_from_slice(b".\r\n");
            self.expect.push_back(Expect::EmptyDot);
            return Step::Done(finish(ongoing));
        }
        settle_accepted(&mut ongoing, &reply);
        if ongoing.refused.is_some() {
            return Step::Done(finish(ongoing));
        }
        // The server still has the sender and its recipients: without a reset the next MAIL is
        // refused and the next recipients are added to these.
        self.reset(ongoing, out)
    }

    /// Ends a transaction that nobody would get anything from.
    fn reset(&mut self, ongoing: Ongoing, out: &mut Vec<u8>) -> Step {
        self.expect.push_back(Expect::Reset);
        out.extend_from_slice(b"RSET\r\n");
        Step::Done(finish(ongoing))
    }

    fn after_transaction(&self) -> Step {
        if self.ongoing.is_empty() && self.expect.is_empty() {
            Step::Ready
        } else {
            Step::NeedInput
        }
    }

    fn send_next(&mut self, ongoing: &mut Ongoing, out: &mut Vec<u8>) {
        if let Some((expect, command)) = ongoing.unsent.pop() {
            self.expect.push_back(expect);
            out.extend_from_slice(&command);
        }
    }

    fn say_ehlo(&mut self, out: &mut Vec<u8>) {
        self.expect.push_back(Expect::Ehlo);
        out.extend_from_slice(format!("EHLO {}\r\n", self.helo).as_bytes());
    }
}

fn nobody_left(ongoing: &Ongoing) -> bool {
    ongoing.refused.is_some()
        || (ongoing.recipients.len() == ongoing.wanted
            && !ongoing.recipients.iter().any(Answered::is_yes))
}

/// The server's word on the message is its word on every recipient it had accepted.
fn settle_accepted(ongoing: &mut Ongoing, reply: &Reply) {
    for recipient in &mut ongoing.recipients {
        if recipient.is_yes() {
            *recipient = Answered { phase: Phase::Content, reply: reply.clone() };
        }
    }
}

/// A refused MAIL counts for every recipient, whatever was said to their commands.
fn finish(mut ongoing: Ongoing) -> Vec<Answered> {
    if let Some(reply) = ongoing.refused {
        ongoing.recipients = vec![Answered { phase: Phase::Mail, reply }; ongoing.wanted];
    }
    ongoing.recipients
}

#[cfg(test)]
mod tests;
