//! A blocking SMTP client for one message (RFC 5321), with STARTTLS and AUTH PLAIN.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use mail::Address;
use rustls::{ClientConnection, StreamOwned};

use super::trust;
use crate::exit::Unreachable;

/// Longest wait for the connection and for each reply.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Longest reply we listen to, in bytes.
const REPLY_MAX: u64 = 64 * 1024;

/// How the connection is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Tls {
    /// STARTTLS when the server offers it
    Auto,
    /// Never
    Off,
    /// STARTTLS, or nothing is sent
    Starttls,
    /// From the first byte, as on port 465
    Implicit,
}

/// Where and as whom.
pub struct Door<'a> {
    /// `HOST:PORT`.
    pub server: &'a str,
    /// How the connection is protected.
    pub tls: Tls,
    /// Certificates to trust; without them any certificate is taken.
    pub ca: Option<&'a Path>,
    /// Name and password.
    pub login: Option<(&'a str, &'a str)>,
    /// What we call ourselves.
    pub helo: &'a str,
}

/// What the server said in the end.
pub struct Outcome {
    /// Its answer to the whole message; `None` when it took no recipient.
    pub accepted: Option<String>,
    /// Recipients it refused, with its answer.
    pub refused: Vec<(Address, String)>,
}

/// Hands a message over.
///
/// # Errors
/// [`Unreachable`] in the chain when nobody answers; otherwise the reply that ended it.
pub fn deliver(
    door: &Door<'_>,
    from: &Address,
    to: &[Address],
    message: &str,
) -> anyhow::Result<Outcome> {
    let mut session = Session::open(door)?;
    session.sign_in(door)?;
    let utf8 = from.needs_smtputf8() || to.iter().any(Address::needs_smtputf8);
    let utf8 = if utf8 { " SMTPUTF8" } else { "" };
    session.command(&format!("MAIL FROM:<{from}>{utf8}"))?.expect(2, "the sender")?;
    let mut refused = Vec::new();
    for address in to {
        let reply = session.command(&format!("RCPT TO:<{address}>"))?;
        if reply.code / 100 != 2 {
            refused.push((address.clone(), reply.show()));
        }
    }
    if refused.len() == to.len() {
        session.quit();
        return Ok(Outcome { accepted: None, refused });
    }
    session.command("DATA")?.expect(3, "the message")?;
    session.write(&dot_stuffed(message))?;
    let reply = session.read_reply()?.expect(2, "the message")?;
    session.quit();
    Ok(Outcome { accepted: Some(reply.show()), refused })
}

/// RFC 5321 section 4.5.2, with the line that ends the message.
fn dot_stuffed(message: &str) -> String {
    let mut text = String::with_capacity(message.len() + 8);
    for line in message.split_terminator("\r\n") {
        if line.starts_with('.') {
            text.push('.');
        }
        text.push_str(line);
        text.push_str("\r\n");
    }
    text + ".\r\n"
}

struct Reply {
    code: u16,
    lines: Vec<String>,
}

impl Reply {
    /// The reply when it is of that class, else an error that quotes it.
    fn expect(self, class: u16, what: &str) -> anyhow::Result<Reply> {
        if self.code / 100 == class {
            return Ok(self);
        }
        bail!("the server refused {what}: {}", self.show())
    }

    fn show(&self) -> String {
        let text = format!("{} {}", self.code, self.lines.join(" "));
        text.replace(|c: char| c.is_control(), " ")
    }

    fn offers(&self, extension: &str) -> bool {
        let first_word = |line: &String| line.split(' ').next().map(str::to_owned);
        self.lines.iter().filter_map(first_word).any(|word| word.eq_ignore_ascii_case(extension))
    }
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Stream::Plain(stream) => stream.read(buffer),
            Stream::Tls(stream) => stream.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Stream::Plain(stream) => stream.write(bytes),
            Stream::Tls(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Stream::Plain(stream) => stream.flush(),
            Stream::Tls(stream) => stream.flush(),
        }
    }
}

struct Session {
    stream: BufReader<Stream>,
    /// The password may go over this connection.
    confidential: bool,
}

impl Session {
    fn open(door: &Door<'_>) -> anyhow::Result<Session> {
        let silent = || Unreachable(format!("nobody answers at {}", door.server));
        let tcp = connect(door.server).with_context(silent)?;
        let loopback = tcp.peer_addr().is_ok_and(|peer| peer.ip().is_loopback());
        let confidential = loopback || (door.ca.is_some() && door.tls != Tls::Off);
        if door.tls == Tls::Implicit {
            let mut session = Session::new(start_tls(tcp, door)?, confidential);
            session.read_reply().with_context(silent)?.expect(2, "the connection")?;
            session.ehlo(door)?;
            return Ok(session);
        }
        let mut session = Session::new(Stream::Plain(tcp.try_clone()?), confidential);
        session.read_reply().with_context(silent)?.expect(2, "the connection")?;
        let offer = session.ehlo(door)?;
        let offered = offer.offers("STARTTLS");
        if !offered && (door.tls == Tls::Starttls || door.ca.is_some()) && door.tls != Tls::Off {
            bail!("{} does not offer STARTTLS", door.server);
        }
        if offered && door.tls != Tls::Off {
            session.command("STARTTLS")?.expect(2, "STARTTLS")?;
            session = Session::new(start_tls(tcp, door)?, confidential);
            session.ehlo(door)?;
        }
        Ok(session)
    }

    fn new(stream: Stream, confidential: bool) -> Session {
        Session { stream: BufReader::new(stream), confidential }
    }

    fn ehlo(&mut self, door: &Door<'_>) -> anyhow::Result<Reply> {
        self.command(&format!("EHLO {}", door.helo))?.expect(2, "EHLO")
    }

    fn sign_in(&mut self, door: &Door<'_>) -> anyhow::Result<()> {
        let Some((name, password)) = door.login else { return Ok(()) };
        if !self.confidential {
            bail!("the password goes only to a server whose certificate is checked: add --ca FILE");
        }
        let proof = STANDARD.encode(format!("\0{name}\0{password}"));
        self.command(&format!("AUTH PLAIN {proof}"))?.expect(2, "the password")?;
        Ok(())
    }

    fn command(&mut self, line: &str) -> anyhow::Result<Reply> {
        self.write(&format!("{line}\r\n"))?;
        self.read_reply()
    }

    fn write(&mut self, text: &str) -> anyhow::Result<()> {
        let stream = self.stream.get_mut();
        let sent = stream.write_all(text.as_bytes()).and_then(|()| stream.flush());
        sent.context(Unreachable("the connection broke".to_owned()))
    }

    /// RFC 5321 section 4.2.1: every line but the last has a hyphen behind the code.
    fn read_reply(&mut self) -> anyhow::Result<Reply> {
        let mut lines = Vec::new();
        let mut left = (&mut self.stream).take(REPLY_MAX);
        loop {
            let mut line = Vec::new();
            let read = left.read_until(b'\n', &mut line);
            read.context(Unreachable("the server stopped answering".to_owned()))?;
            let line = String::from_utf8_lossy(&line);
            let line = line.trim_end();
            let code = line.get(..3).and_then(|digits| digits.parse::<u16>().ok());
            let Some(code) = code.filter(|code| (200..600).contains(code)) else {
                let silent = Unreachable("the server ended the session".to_owned());
                return Err(anyhow::Error::new(silent));
            };
            lines.push(line.get(4..).unwrap_or_default().to_owned());
            if line.as_bytes().get(3) != Some(&b'-') {
                return Ok(Reply { code, lines });
            }
        }
    }

    /// Says goodbye. The message is handed over already, so nothing depends on the answer.
    fn quit(&mut self) {
        let _ = self.command("QUIT");
    }
}

fn connect(server: &str) -> io::Result<TcpStream> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in server.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, TIMEOUT) {
            Ok(stream) => {
                stream.set_read_timeout(Some(TIMEOUT))?;
                stream.set_write_timeout(Some(TIMEOUT))?;
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn start_tls(tcp: TcpStream, door: &Door<'_>) -> anyhow::Result<Stream> {
    let host = door.server.rsplit_once(':').map_or(door.server, |(host, _)| host);
    let host = host.trim_matches(['[', ']']).to_owned();
    let name = rustls::pki_types::ServerName::try_from(host)
        .with_context(|| format!("{} is not a server name", door.server))?;
    let connection = ClientConnection::new(trust::config(door.ca)?, name)?;
    let mut stream = StreamOwned::new(connection, tcp);
    while stream.conn.is_handshaking() {
        stream.conn.complete_io(&mut stream.sock).context("TLS could not be agreed on")?;
    }
    Ok(Stream::Tls(Box::new(stream)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_are_doubled() {
        let cases = [
            ("a\r\n", "a\r\n.\r\n"),
            (".\r\n.x\r\ny.\r\n", "..\r\n..x\r\ny.\r\n.\r\n"),
            ("", ".\r\n"),
        ];
        for (message, expected) in cases {
            assert_eq!(dot_stuffed(message), expected);
        }
    }
}
