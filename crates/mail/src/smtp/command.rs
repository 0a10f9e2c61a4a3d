//! Reads one command line of a client (RFC 5321 section 4.1) once its end has been found.
//!
//! The grammar is kept, with three leniencies that clients in the field need and that cannot be
//! read two ways: spaces between `FROM:` or `TO:` and the path, spaces at the end of a line, and
//! dots at odd places of a local part (see [`crate::Address`]). A path without angle brackets is
//! refused. A source route is dropped, as RFC 5321 appendix C asks.

use crate::Address;
use crate::envelope::Notify;

/// What a client asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command<'a> {
    /// EHLO with the client's name.
    Ehlo(&'a str),
    /// HELO with the client's name.
    Helo(&'a str),
    /// MAIL FROM.
    Mail(Mail),
    /// RCPT TO.
    Rcpt(Rcpt),
    /// DATA.
    Data,
    /// BDAT (RFC 3030 section 2).
    Bdat {
        /// Bytes that follow the command.
        size: u64,
        /// The message ends with this chunk.
        last: bool,
    },
    /// AUTH (RFC 4954 section 4).
    Auth {
        /// As written by the client.
        mechanism: &'a str,
        /// The initial response, still in base64; `=` is an empty one.
        initial: Option<&'a str>,
    },
    /// STARTTLS (RFC 3207).
    StartTls,
    /// RSET.
    Rset,
    /// NOOP.
    Noop,
    /// QUIT.
    Quit,
    /// VRFY.
    Vrfy,
    /// EXPN.
    Expn,
    /// HELP.
    Help,
}

/// MAIL FROM with its parameters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mail {
    /// `None` is `<>`.
    pub sender: Option<Address>,
    /// SIZE (RFC 1870), in bytes.
    pub size: Option<u64>,
    /// BODY=8BITMIME (RFC 6152).
    pub eight_bit: bool,
    /// SMTPUTF8 (RFC 6531).
    pub smtputf8: bool,
    /// RET=FULL (RFC 3461 section 4.3).
    pub ret_full: bool,
    /// ENVID, xtext decoded: printable ASCII.
    pub envid: Option<String>,
}

/// RCPT TO with its parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rcpt {
    /// Where to.
    pub to: To,
    /// NOTIFY (RFC 3461 section 4.1).
    pub notify: Notify,
    /// ORCPT as given, checked to decode to printable text.
    pub orcpt: Option<String>,
}

/// Where a message goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum To {
    /// `<local@domain>`.
    Address(Address),
    /// `<postmaster>` without a domain, which every server knows (RFC 5321 section 4.5.1).
    Postmaster,
}

/// Why a line is no command, as the reply to give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommandError {
    /// The session can go on.
    Reply(&'static str),
    /// A BDAT line whose size is unknown: what follows cannot be told from commands.
    Chunk(&'static str),
}

/// Longest name in EHLO or HELO, in bytes (RFC 1035 section 2.3.4).
pub const HELO_MAX: usize = 255;
/// Longest ENVID, decoded, in bytes (RFC 3461 section 4.4).
pub const ENVID_MAX: usize = 100;
/// Longest ORCPT, as given, in bytes (RFC 3461 section 4.2).
pub const ORCPT_MAX: usize = 500;

const UNKNOWN: &str = "500 5.5.1 Command unknown";
const BAD_PARAMETER: &str = "501 5.5.4 Parameter is wrong or given twice";
const UNKNOWN_PARAMETER: &str = "555 5.5.4 Parameter unknown";
const NO_PARAMETER: &str = "501 5.5.4 No parameter is allowed here";
const BAD_NAME: &str = "501 5.5.4 Name yourself by a host name or an address literal";
const MAIL_SYNTAX: &str = "501 5.5.2 Syntax: MAIL FROM:<address> [parameters]";
const RCPT_SYNTAX: &str = "501 5.5.2 Syntax: RCPT TO:<address> [parameters]";
const BAD_SENDER: &str = "501 5.1.7 Sender address is not valid";
const BAD_RECIPIENT: &str = "501 5.1.3 Recipient address is not valid";
const BDAT_SYNTAX: &str = "501 5.5.4 Syntax: BDAT size [LAST]";
const AUTH_SYNTAX: &str = "501 5.5.4 Syntax: AUTH mechanism [initial-response]";

impl Command<'_> {
    /// Reads one line, given without its CRLF and free of CR and LF.
    ///
    /// # Errors
    /// [`CommandError`] holds the reply: 500 for an unknown word, 501 for wrong syntax, 555 for
    /// an unknown parameter.
    pub fn parse(line: &str) -> Result<Command<'_>, CommandError> {
        let line = line.trim_end_matches(' ');
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let rest = rest.trim_start_matches(' ');
        let alone = |command| if rest.is_empty() { Ok(command) } else { reply(NO_PARAMETER) };
        let is = |name: &str| word.eq_ignore_ascii_case(name);
        if is("MAIL") {
            mail(rest).map(Command::Mail)
        } else if is("RCPT") {
            rcpt(rest).map(Command::Rcpt)
        } else if is("DATA") {
            alone(Command::Data)
        } else if is("BDAT") {
            bdat(rest)
        } else if is("EHLO") {
            client_name(rest).map(Command::Ehlo)
        } else if is("HELO") {
            client_name(rest).map(Command::Helo)
        } else if is("AUTH") {
            auth(rest)
        } else if is("STARTTLS") {
            alone(Command::StartTls)
        } else if is("RSET") {
            alone(Command::Rset)
        } else if is("QUIT") {
            alone(Command::Quit)
        } else if is("NOOP") {
            Ok(Command::Noop)
        } else if is("VRFY") {
            Ok(Command::Vrfy)
        } else if is("EXPN") {
            Ok(Command::Expn)
        } else if is("HELP") {
            Ok(Command::Help)
        } else {
            reply(UNKNOWN)
        }
    }
}

fn reply<T>(text: &'static str) -> Result<T, CommandError> {
    Err(CommandError::Reply(text))
}

/// Any printable word will do: half of all clients have no proper host name, and it decides
/// nothing here.
fn client_name(rest: &str) -> Result<&str, CommandError> {
    let printable = !rest.chars().any(|c| c.is_whitespace() || c.is_control());
    if printable && (1..=HELO_MAX).contains(&rest.len()) { Ok(rest) } else { reply(BAD_NAME) }
}

fn bdat(rest: &str) -> Result<Command<'_>, CommandError> {
    let (size, last) = rest.split_once(' ').unwrap_or((rest, ""));
    let digits = !size.is_empty() && size.bytes().all(|b| b.is_ascii_digit());
    let last = match last.trim_start_matches(' ') {
        "" => Some(false),
        word if word.eq_ignore_ascii_case("LAST") => Some(true),
        _ => None,
    };
    match (size.parse(), last) {
        (Ok(size), Some(last)) if digits => Ok(Command::Bdat { size, last }),
        _ => Err(CommandError::Chunk(BDAT_SYNTAX)),
    }
}

fn auth(rest: &str) -> Result<Command<'_>, CommandError> {
    let mut words = rest.split(' ').filter(|word| !word.is_empty());
    match (words.next(), words.next(), words.next()) {
        (Some(mechanism), initial, None) => Ok(Command::Auth { mechanism, initial }),
        _ => reply(AUTH_SYNTAX),
    }
}

fn mail(rest: &str) -> Result<Mail, CommandError> {
    let (path, parameters) = path(rest, "FROM:").ok_or(CommandError::Reply(MAIL_SYNTAX))?;
    let mut mail = Mail::default();
    if !path.is_empty() {
        match Address::parse(path) {
            Ok(address) => mail.sender = Some(address),
            Err(_) => return reply(BAD_SENDER),
        }
    }
    let mut seen = Seen::default();
    for (name, value) in parameters_of(parameters) {
        let known = ["SIZE", "BODY", "SMTPUTF8", "RET", "ENVID", "AUTH"];
        seen.once(&known, name)?;
        mail.parameter(name, value).ok_or(CommandError::Reply(BAD_PARAMETER))?;
    }
    Ok(mail)
}

impl Mail {
    /// Takes one parameter whose name is known; `None` when its value is not.
    fn parameter(&mut self, name: &str, value: Option<&str>) -> Option<()> {
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        if is("SMTPUTF8") {
            self.smtputf8 = true;
            return value.is_none().then_some(());
        }
        let value = value?;
        if is("SIZE") {
            let digits = value.bytes().all(|b| b.is_ascii_digit()) && value.len() <= 20;
            // 20 digits are the most that RFC 1870 section 6 allows; they may exceed a u64.
            self.size = digits.then(|| value.parse().unwrap_or(u64::MAX));
            return self.size.filter(|_| !value.is_empty()).map(|_| ());
        }
        if is("BODY") {
            self.eight_bit = value.eq_ignore_ascii_case("8BITMIME");
            return (self.eight_bit || value.eq_ignore_ascii_case("7BIT")).then_some(());
        }
        if is("RET") {
            self.ret_full = value.eq_ignore_ascii_case("FULL");
            return (self.ret_full || value.eq_ignore_ascii_case("HDRS")).then_some(());
        }
        if is("ENVID") {
            let envid = xtext_decoded(value)?;
            let fits = (1..=ENVID_MAX).contains(&envid.len());
            self.envid = envid.bytes().all(is_printable).then_some(envid).filter(|_| fits);
            return self.envid.as_ref().map(|_| ());
        }
        // AUTH= names who vouched for the message elsewhere (RFC 4954 section 5). We trust
        // nobody's word on that, as the RFC permits.
        xtext_decoded(value).map(|_| ())
    }
}

fn rcpt(rest: &str) -> Result<Rcpt, CommandError> {
    let (path, parameters) = path(rest, "TO:").ok_or(CommandError::Reply(RCPT_SYNTAX))?;
    let to = if path.eq_ignore_ascii_case("postmaster") {
        To::Postmaster
    } else {
        match Address::parse(path) {
            Ok(address) => To::Address(address),
            Err(_) => return reply(BAD_RECIPIENT),
        }
    };
    let mut rcpt = Rcpt { to, notify: Notify::default(), orcpt: None };
    let mut seen = Seen::default();
    for (name, value) in parameters_of(parameters) {
        seen.once(&["NOTIFY", "ORCPT"], name)?;
        let value = value.ok_or(CommandError::Reply(BAD_PARAMETER))?;
        if name.eq_ignore_ascii_case("NOTIFY") {
            rcpt.notify = notify(value).ok_or(CommandError::Reply(BAD_PARAMETER))?;
        } else if orcpt_decoded(value).is_some() {
            rcpt.orcpt = Some(value.to_owned());
        } else {
            return reply(BAD_PARAMETER);
        }
    }
    Ok(rcpt)
}

fn notify(value: &str) -> Option<Notify> {
    let mut notify = Notify { success: false, failure: false, delay: false };
    if value.eq_ignore_ascii_case("NEVER") {
        return Some(notify);
    }
    for word in value.split(',') {
        match word.to_ascii_uppercase().as_str() {
            "SUCCESS" => notify.success = true,
            "FAILURE" => notify.failure = true,
            "DELAY" => notify.delay = true,
            _ => return None,
        }
    }
    Some(notify)
}

/// `FROM:<path> parameters` in its two parts, the path without its brackets and source route.
fn path<'a>(rest: &'a str, word: &str) -> Option<(&'a str, &'a str)> {
    let (found, rest) = rest.split_at_checked(word.len())?;
    if !found.eq_ignore_ascii_case(word) {
        return None;
    }
    let rest = rest.trim_start_matches(' ').strip_prefix('<')?;
    let end = path_end(rest)?;
    let (path, after) = (&rest[..end], &rest[end + 1..]);
    if !after.is_empty() && !after.starts_with(' ') {
        return None;
    }
    let path = if path.starts_with('@') { path.split_once(':')?.1 } else { path };
    Some((path, after))
}

/// Where the `>` stands that is not inside quotes.
fn path_end(text: &str) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    for (i, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'>' if !quoted => return Some(i),
            _ => {}
        }
    }
    None
}

fn parameters_of(text: &str) -> impl Iterator<Item = (&str, Option<&str>)> {
    text.split(' ').filter(|word| !word.is_empty()).map(|word| match word.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (word, None),
    })
}

/// Which parameters were given, one bit each.
#[derive(Default)]
struct Seen(u8);

impl Seen {
    fn once(&mut self, known: &[&str], name: &str) -> Result<(), CommandError> {
        let place = known.iter().position(|k| k.eq_ignore_ascii_case(name));
        let bit = 1 << place.ok_or(CommandError::Reply(UNKNOWN_PARAMETER))?;
        if self.0 & bit != 0 {
            return reply(BAD_PARAMETER);
        }
        self.0 |= bit;
        Ok(())
    }
}

fn is_printable(byte: u8) -> bool {
    (b' '..=b'~').contains(&byte)
}

/// Decodes xtext (RFC 3461 section 4): `+` and two upper case hexadecimal digits stand for a
/// byte. `None` when it is not xtext, or not UTF-8 once decoded.
#[must_use]
pub fn xtext_decoded(text: &str) -> Option<String> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'+' => {
                let digits = [bytes.next()?, bytes.next()?];
                let upper = digits.iter().all(|d| matches!(d, b'0'..=b'9' | b'A'..=b'F'));
                let digits = std::str::from_utf8(&digits).ok().filter(|_| upper)?;
                decoded.push(u8::from_str_radix(digits, 16).ok()?);
            }
            b'=' | ..=b' ' | 0x7f => return None,
            byte => decoded.push(byte),
        }
    }
    String::from_utf8(decoded).ok()
}

/// `type;xtext` of ORCPT with its text decoded, or `None` when it is not that, is longer than
/// [`ORCPT_MAX`], or decodes to anything that could not stand in a header field.
#[must_use]
pub fn orcpt_decoded(text: &str) -> Option<String> {
    let (kind, address) = text.split_once(';')?;
    let atom = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    let address = xtext_decoded(address)?;
    let printable = !address.is_empty() && !address.chars().any(char::is_control);
    let kind_ok = !kind.is_empty() && kind.bytes().all(atom);
    (kind_ok && printable && text.len() <= ORCPT_MAX).then(|| format!("{kind};{address}"))
}

#[cfg(test)]
mod tests;
