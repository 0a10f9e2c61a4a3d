//! As much of PostgreSQL's protocol (version 3.0) as signing in and a simple query take.

use aws_lc_rs::rand;
use md5::{Digest, Md5};

use crate::answer::{Fault, Reason, Stage};
use crate::check::{Database, Target, Wrap};
use crate::kinds::database::{MESSAGE_MAX, MESSAGES_MAX};
use crate::kinds::scram::Scram;
use crate::reach::{Look, Reach};
use crate::wire::Wire;

/// The number that asks for TLS.
const SSL_REQUEST: u32 = 80_877_103;
/// Protocol 3.0.
const PROTOCOL: u32 = 196_608;

/// A session that is signed in.
pub(crate) struct Session {
    wire: Wire,
}

/// A message: its letter and its content.
struct Message {
    letter: u8,
    content: Vec<u8>,
}

/// Asks for TLS; `Ok` when the handshake can begin.
pub(crate) async fn request_tls(wire: &mut Wire) -> Result<(), Fault> {
    wire.write(&[8_u32.to_be_bytes(), SSL_REQUEST.to_be_bytes()].concat()).await?;
    match wire.exactly(1).await?[0] {
        b'S' => Ok(()),
        b'N' => Err(Fault::refused(Reason::NoTls)),
        _ => Err(Fault::refused(Reason::Protocol)),
    }
}

impl Session {
    /// Connects and signs in.
    pub async fn open(
        wanted: &Database,
        target: &Target,
        reach: &Reach,
        look: &mut Look,
    ) -> Result<Session, Fault> {
        let port = target.port.unwrap_or(5432);
        let mut wire = Wire::open(reach, &target.host, port, look).await?;
        if wanted.wrap != Wrap::Plain {
            request_tls(&mut wire).await?;
            wire = wire.secure(reach, &target.host, wanted.trust, look).await?.0;
        }
        let mut session = Session { wire };
        let mut startup = PROTOCOL.to_be_bytes().to_vec();
        let words = ["user", &wanted.login.user, "database", &wanted.database];
        for word in words.into_iter().chain(["application_name", "yakusoku", ""]) {
            startup.extend(word.bytes());
            startup.push(0);
        }
        session.wire.write(&[length(&startup)?.to_vec(), startup].concat()).await?;
        session.sign_in(wanted, look).await?;
        session.until_ready().await?;
        Ok(session)
    }

    async fn sign_in(&mut self, wanted: &Database, look: &mut Look) -> Result<(), Fault> {
        let password = &wanted.login.password.0;
        for _ in 0..MESSAGES_MAX {
            let message = self.hear().await?;
            if message.letter != b'R' {
                continue; // a notice, or the protocol's news
            }
            look.reached(Stage::Greeted);
            let (kind, rest) = message.content.split_at_checked(4).ok_or_else(protocol)?;
            match kind {
                [0, 0, 0, 0] => return Ok(()),
                // Whoever sits in between could ask for the password itself.
                [0, 0, 0, 3] if self.wire.is_secure => {
                    self.say(b'p', &[password.as_bytes(), &[0]].concat()).await?;
                }
                [0, 0, 0, 5] => {
                    let inner = hex(&[password.as_bytes(), wanted.login.user.as_bytes()]);
                    let outer = hex(&[inner.as_bytes(), rest]);
                    self.say(b'p', format!("md5{outer}\0").as_bytes()).await?;
                }
                [0, 0, 0, 10] if rest.split(|b| *b == 0).any(|m| m == b"SCRAM-SHA-256") => {
                    self.scram(password).await?;
                }
                _ => return Err(Fault::refused(Reason::LoginMethod)),
            }
        }
        Err(Fault::refused(Reason::TooLong))
    }

    async fn scram(&mut self, password: &str) -> Result<(), Fault> {
        let mut random = [0; 18];
        rand::fill(&mut random).map_err(|_| Fault::unseen(Reason::OwnTrouble))?;
        let nonce: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut scram = Scram::new("", password, &nonce);
        let first = scram.begin();
        let first = [b"SCRAM-SHA-256\0", &length_of(first.len())?[..], first.as_bytes()].concat();
        self.say(b'p', &first).await?;
        let challenge = self.sasl(11).await?;
        let answer = scram.answer(&challenge).ok_or_else(protocol)?;
        self.say(b'p', answer.as_bytes()).await?;
        let last = self.sasl(12).await?;
        if scram.is_server(&last) { Ok(()) } else { Err(Fault::refused(Reason::LoginRefused)) }
    }

    /// The server's part of a sign-in, which must be of this kind.
    async fn sasl(&mut self, kind: u8) -> Result<String, Fault> {
        let message = self.hear().await?;
        match message.content.split_at_checked(4) {
            Some(([0, 0, 0, found], rest)) if message.letter == b'R' && *found == kind => {
                Ok(String::from_utf8_lossy(rest).into_owned())
            }
            _ => Err(protocol()),
        }
    }

    /// The first value of the first row.
    pub async fn first_value(&mut self, query: &str) -> Result<Option<String>, Fault> {
        self.say(b'Q', format!("{query}\0").as_bytes()).await?;
        let mut first = None;
        for _ in 0..MESSAGES_MAX {
            let message = self.hear().await?;
            match message.letter {
                b'D' if first.is_none() => first = Some(value(&message.content)?),
                b'Z' => return Ok(first.flatten()),
                _ => {}
            }
        }
        Err(Fault::refused(Reason::TooLong))
    }

    /// Says goodbye.
    pub async fn terminate(mut self) {
        self.say(b'X', &[]).await.ok();
    }

    async fn until_ready(&mut self) -> Result<(), Fault> {
        for _ in 0..MESSAGES_MAX {
            if self.hear().await?.letter == b'Z' {
                return Ok(());
            }
        }
        Err(Fault::refused(Reason::TooLong))
    }

    async fn say(&mut self, letter: u8, content: &[u8]) -> Result<(), Fault> {
        self.wire.write(&[&[letter], &length(content)?[..], content].concat()).await
    }

    /// The next message; an error of the server is one here.
    async fn hear(&mut self) -> Result<Message, Fault> {
        let head = self.wire.exactly(5).await?;
        let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]);
        let length = usize::try_from(length).ok().and_then(|length| length.checked_sub(4));
        let length = length.ok_or_else(protocol)?;
        if length > MESSAGE_MAX {
            let known = head[0].is_ascii_alphabetic() && head[0] != b'H';
            return Err(if known { Fault::refused(Reason::TooLong) } else { protocol() });
        }
        let content = self.wire.exactly(length).await?;
        if head[0] == b'E' {
            Err(refusal(&content))
        } else {
            Ok(Message { letter: head[0], content })
        }
    }
}

fn protocol() -> Fault {
    Fault::refused(Reason::Protocol)
}

/// A length counts itself.
fn length(content: &[u8]) -> Result<[u8; 4], Fault> {
    length_of(content.len() + 4)
}

fn length_of(length: usize) -> Result<[u8; 4], Fault> {
    u32::try_from(length).map(u32::to_be_bytes).map_err(|_| Fault::unseen(Reason::Settings))
}

fn hex(parts: &[&[u8]]) -> String {
    let mut digest = Md5::new();
    parts.iter().for_each(|part| digest.update(part));
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The first value of a DataRow.
fn value(row: &[u8]) -> Result<Option<String>, Fault> {
    let [high, low, rest @ ..] = row else { return Err(protocol()) };
    if u16::from_be_bytes([*high, *low]) == 0 {
        return Ok(None);
    }
    let (length, rest) = rest.split_first_chunk::<4>().ok_or_else(protocol)?;
    let length = i32::from_be_bytes(*length);
    if length < 0 {
        return Ok(None);
    }
    let value = usize::try_from(length).ok().and_then(|length| rest.get(..length));
    value.map(|value| Some(String::from_utf8_lossy(value).into_owned())).ok_or_else(protocol)
}

/// An ErrorResponse: fields, each a letter and words that end with a zero. The classes of codes are in
/// appendix A of PostgreSQL's manual.
fn refusal(content: &[u8]) -> Fault {
    let fields: Vec<_> = content.split(|byte| *byte == 0).map(String::from_utf8_lossy).collect();
    let field = |letter| fields.iter().find_map(|field| field.strip_prefix(letter));
    let code = field('C').unwrap_or_default();
    let reason = if code.starts_with("28") { Reason::LoginRefused } else { Reason::CommandRefused };
    Fault::refused(reason).said(format!("{code} {}", field('M').unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_errors_mean() {
        for (code, reason) in [
            ("28P01", Reason::LoginRefused),
            ("28000", Reason::LoginRefused),
            ("3D000", Reason::CommandRefused),
            ("57P03", Reason::CommandRefused),
        ] {
            let content = format!("SFATAL\0C{code}\0Mno\0\0");
            let fault = refusal(content.as_bytes());
            assert_eq!(fault, Fault::refused(reason).said(format!("{code} no")));
        }
    }

    #[test]
    fn rows() {
        for (row, expected) in [
            (&[0, 1, 0, 0, 0, 1, b'1'][..], Ok(Some("1".to_owned()))),
            (&[0, 1, 255, 255, 255, 255], Ok(None)),
            (&[0, 0], Ok(None)),
            (&[0, 1, 0, 0, 0, 9, b'1'], Err(protocol())),
            (&[0], Err(protocol())),
        ] {
            assert_eq!(value(row), expected);
        }
    }
}
