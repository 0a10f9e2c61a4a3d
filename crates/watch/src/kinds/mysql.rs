//! As much of the MySQL protocol as signing in and a text query take, for MySQL and MariaDB.

use aws_lc_rs::digest::{Algorithm, Context, SHA1_FOR_LEGACY_USE_ONLY, SHA256};

use crate::answer::{Fault, Reason, Stage};
use crate::check::{Database, Target, Wrap};
use crate::kinds::database::{MESSAGE_MAX, MESSAGES_MAX};
use crate::reach::{Look, Reach};
use crate::wire::Wire;

/// Capabilities that are asked for: long passwords, a database, protocol 4.1, transactions, its
/// password format, and a choice of it.
const CAPABILITIES: u32 = 0x0001 | 0x0008 | 0x0200 | 0x2000 | 0x8000 | 0x0008_0000;
const TLS: u32 = 0x0800;
const WITH_DATABASE: u32 = 0x0008;
/// utf8mb4, in a collation that every server knows.
const CHARSET: u8 = 45;
const NATIVE: &str = "mysql_native_password";
const CACHING: &str = "caching_sha2_password";

/// A session that is signed in.
pub(crate) struct Session {
    wire: Wire,
    sequence: u8,
}

/// What a server says first.
#[derive(Debug, PartialEq, Eq)]
struct Greeting {
    version: String,
    capabilities: u32,
    salt: Vec<u8>,
    method: String,
}

impl Session {
    /// Connects and signs in.
    pub async fn open(
        wanted: &Database,
        target: &Target,
        reach: &Reach,
        look: &mut Look,
    ) -> Result<Session, Fault> {
        let port = target.port.unwrap_or(3306);
        let wire = Wire::open(reach, &target.host, port, look).await?;
        let mut session = Session { wire, sequence: 0 };
        let first = session.hear().await?;
        if first.first() == Some(&0xff) {
            return Err(Fault::refused(Reason::Greeting).said(refusal(&first)));
        }
        let greeting = Greeting::read(&first).ok_or_else(protocol)?;
        look.reached(Stage::Greeted);
        look.detail.said = Some(crate::answer::quote(&greeting.version));
        let mut head = CAPABILITIES;
        if wanted.database.is_empty() {
            head &= !WITH_DATABASE;
        }
        if wanted.wrap != Wrap::Plain {
            if greeting.capabilities & TLS == 0 {
                return Err(Fault::refused(Reason::NoTls));
            }
            head |= TLS;
            session.say(&response_head(head)).await?;
            session.wire = session.wire.secure(reach, &target.host, wanted.trust, look).await?.0;
        }
        session.sign_in(wanted, head, &greeting).await?;
        Ok(session)
    }

    async fn sign_in(
        &mut self,
        wanted: &Database,
        head: u32,
        greeting: &Greeting,
    ) -> Result<(), Fault> {
        let password = &wanted.login.password.0;
        // A method that we do not know can still be changed for one that we do.
        let method = if greeting.method == CACHING { CACHING } else { NATIVE };
        let proof = proof(method, password, &greeting.salt).unwrap_or_default();
        let mut response = response_head(head);
        response.extend([wanted.login.user.as_bytes(), &[0]].concat());
        response.push(u8::try_from(proof.len()).unwrap_or(0));
        response.extend(proof);
        if head & WITH_DATABASE != 0 {
            response.extend([wanted.database.as_bytes(), &[0]].concat());
        }
        response.extend([method.as_bytes(), &[0]].concat());
        self.say(&response).await?;
        for _ in 0..8 {
            let packet = self.hear().await?;
            match packet.as_slice() {
                [0, ..] => return Ok(()),
                [0xff, ..] => return Err(login_refused(&packet)),
                // Another method, with a salt of its own.
                [0xfe, rest @ ..] => {
                    let end = rest.iter().position(|byte| *byte == 0).unwrap_or(rest.len());
                    let method = String::from_utf8_lossy(&rest[..end]).into_owned();
                    let salt = rest.get(end + 1..).unwrap_or_default();
                    let salt = salt.strip_suffix(&[0]).unwrap_or(salt);
                    let known = self::proof(&method, password, salt);
                    self.say(&known.ok_or(Fault::refused(Reason::LoginMethod).said(method))?)
                        .await?;
                }
                // caching_sha2_password: known already, or the password itself please.
                [1, 3, ..] => {}
                [1, 4, ..] if self.wire.is_secure => {
                    self.say(&[password.as_bytes(), &[0]].concat()).await?;
                }
                [1, 4, ..] => {
                    let said = "the server wants the password itself, which takes TLS";
                    return Err(Fault::refused(Reason::LoginMethod).said(said));
                }
                _ => return Err(protocol()),
            }
        }
        Err(protocol())
    }

    /// The first value of the first row.
    pub async fn first_value(&mut self, query: &str) -> Result<Option<String>, Fault> {
        self.sequence = 0;
        self.say(&[&[3], query.as_bytes()].concat()).await?;
        let head = self.hear().await?;
        match head.first() {
            Some(0) => return Ok(None),
            Some(0xff) => return Err(Fault::refused(Reason::CommandRefused).said(refusal(&head))),
            Some(1..=0xfa) => {}
            // A file of ours is not for the asking.
            _ => return Err(protocol()),
        }
        let (mut ends, mut first) = (0, None);
        for _ in 0..MESSAGES_MAX {
            let packet = self.hear().await?;
            match packet.first() {
                Some(0xff) => {
                    return Err(Fault::refused(Reason::CommandRefused).said(refusal(&packet)));
                }
                // The columns end, then the rows.
                Some(0xfe) if packet.len() < 9 => {
                    ends += 1;
                    if ends == 2 {
                        return Ok(first.flatten());
                    }
                }
                _ if ends == 1 && first.is_none() => {
                    first = Some(value(&packet).ok_or_else(protocol)?);
                }
                _ => {}
            }
        }
        Err(Fault::refused(Reason::TooLong))
    }

    /// Says goodbye.
    pub async fn quit(mut self) {
        self.sequence = 0;
        self.say(&[1]).await.ok();
    }

    async fn say(&mut self, content: &[u8]) -> Result<(), Fault> {
        let length = u32::try_from(content.len()).ok().filter(|length| *length < 0xff_ffff);
        let length = length.ok_or(Fault::unseen(Reason::Settings))?.to_le_bytes();
        let head = [length[0], length[1], length[2], self.sequence];
        self.sequence = self.sequence.wrapping_add(1);
        self.wire.write(&[&head, content].concat()).await
    }

    async fn hear(&mut self) -> Result<Vec<u8>, Fault> {
        let head = self.wire.exactly(4).await?;
        let length = u32::from_le_bytes([head[0], head[1], head[2], 0]);
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if head[3] != self.sequence {
            return Err(protocol());
        }
        if length > MESSAGE_MAX {
            return Err(Fault::refused(Reason::TooLong));
        }
        self.sequence = self.sequence.wrapping_add(1);
        self.wire.exactly(length).await
    }
}

fn protocol() -> Fault {
    Fault::refused(Reason::Protocol)
}

impl Greeting {
    /// HandshakeV10; `None` when it is something else.
    fn read(packet: &[u8]) -> Option<Greeting> {
        let rest = packet.strip_prefix(&[10])?;
        let end = rest.iter().position(|byte| *byte == 0)?;
        let version = String::from_utf8_lossy(&rest[..end]).into_owned();
        // Thread, eight bytes of salt, zero, capabilities, charset, status, more capabilities, the
        // salt's length, ten bytes of nothing.
        let rest = rest.get(end + 1 + 4..)?;
        let mut salt = rest.get(..8)?.to_vec();
        let low = u16::from_le_bytes(*rest.get(9..)?.first_chunk()?);
        let high = u16::from_le_bytes(*rest.get(14..)?.first_chunk()?);
        let length = usize::from(*rest.get(16)?).saturating_sub(8).max(13);
        let rest = rest.get(27..)?;
        salt.extend(rest.get(..length)?);
        salt.truncate(20);
        let method = rest.get(length..)?.split(|byte| *byte == 0).next()?;
        let method = String::from_utf8_lossy(method).into_owned();
        let capabilities = u32::from(low) | u32::from(high) << 16;
        Some(Greeting { version, capabilities, salt, method })
    }
}

/// The part of the response that also asks for TLS.
fn response_head(capabilities: u32) -> Vec<u8> {
    let mut head = capabilities.to_le_bytes().to_vec();
    head.extend(u32::try_from(MESSAGE_MAX).unwrap_or(u32::MAX).to_le_bytes());
    head.push(CHARSET);
    head.extend([0; 23]);
    head
}

/// What shows that the password is known, without saying it; `None` for a method we do not know.
fn proof(method: &str, password: &str, salt: &[u8]) -> Option<Vec<u8>> {
    let xor = |a: Vec<u8>, b: Vec<u8>| a.into_iter().zip(b).map(|(a, b)| a ^ b).collect();
    let password = password.as_bytes();
    match method {
        NATIVE | CACHING if password.is_empty() => Some(Vec::new()),
        NATIVE => {
            let hash = |parts: &[&[u8]]| hash(&SHA1_FOR_LEGACY_USE_ONLY, parts);
            let once = hash(&[password]);
            let mixed = hash(&[salt, &hash(&[&once])]);
            Some(xor(once, mixed))
        }
        CACHING => {
            let hash = |parts: &[&[u8]]| hash(&SHA256, parts);
            let once = hash(&[password]);
            let mixed = hash(&[&hash(&[&once]), salt]);
            Some(xor(once, mixed))
        }
        _ => None,
    }
}

fn hash(algorithm: &'static Algorithm, parts: &[&[u8]]) -> Vec<u8> {
    let mut context = Context::new(algorithm);
    parts.iter().for_each(|part| context.update(part));
    context.finish().as_ref().to_vec()
}

/// The first value of a row: a length and as many bytes; 0xfb is null.
fn value(row: &[u8]) -> Option<Option<String>> {
    let (length, rest) = match row {
        [0xfb, ..] => return Some(None),
        [0xfc, a, b, rest @ ..] => (usize::from(u16::from_le_bytes([*a, *b])), rest),
        [0xfd, a, b, c, rest @ ..] => {
            (usize::try_from(u32::from_le_bytes([*a, *b, *c, 0])).ok()?, rest)
        }
        [length @ 0..0xfb, rest @ ..] => (usize::from(*length), rest),
        _ => return None,
    };
    Some(Some(String::from_utf8_lossy(rest.get(..length)?).into_owned()))
}

/// An error's number and words.
fn refusal(packet: &[u8]) -> String {
    let number = packet.get(1..).and_then(|rest| rest.first_chunk()).copied().unwrap_or_default();
    let words = packet.get(3..).unwrap_or_default();
    // The state, six characters that begin with #, is the number again.
    let words =
        if words.first() == Some(&b'#') { words.get(6..).unwrap_or_default() } else { words };
    format!("{} {}", u16::from_le_bytes(number), String::from_utf8_lossy(words))
}

fn login_refused(packet: &[u8]) -> Fault {
    // 1045 and 1698 are about name and password; others, such as 1049 and 1040, are not.
    let said = refusal(packet);
    let is_login = ["1045 ", "1698 ", "1130 "].iter().any(|number| said.starts_with(number));
    let reason = if is_login { Reason::LoginRefused } else { Reason::CommandRefused };
    Fault::refused(reason).said(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn greeting() -> Vec<u8> {
        let mut packet = vec![10];
        packet.extend(b"10.11.6-MariaDB\0");
        packet.extend([1, 0, 0, 0]);
        packet.extend(b"12345678\0");
        packet.extend([0xfe, 0xf7, 45, 2, 0, 0xff, 0x81, 21]);
        packet.extend([0; 10]);
        packet.extend(b"abcdefghijkl\0mysql_native_password\0");
        packet
    }

    #[test]
    fn a_greeting_and_its_torn_ends() {
        let read = Greeting::read(&greeting()).expect("greeting");
        assert_eq!(read.version, "10.11.6-MariaDB");
        assert_eq!(read.capabilities, 0x81ff_f7fe);
        assert_eq!(read.salt, b"12345678abcdefghijkl");
        assert_eq!(read.method, NATIVE);
        for length in 0..greeting().len() - NATIVE.len() - 1 {
            assert_eq!(Greeting::read(&greeting()[..length]), None, "{length}");
        }
    }

    #[test]
    fn values_of_a_row() {
        for (row, expected) in [
            (&[1, b'1', 1, b'2'][..], Some(Some("1".to_owned()))),
            (&[0], Some(Some(String::new()))),
            (&[0xfb], Some(None)),
            (&[0xfc, 2, 0, b'a', b'b'], Some(Some("ab".to_owned()))),
            (&[5, b'a'], None),
            (&[], None),
        ] {
            assert_eq!(value(row), expected, "{row:?}");
        }
    }
}
