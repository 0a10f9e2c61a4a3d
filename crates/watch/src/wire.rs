//! A connection on which a short conversation is held: lines, exact lengths, limits, TLS in between.

use std::io;

use rustls::pki_types::CertificateDer;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};

use crate::answer::{Fault, Reason, Stage};
use crate::check::Trust;
use crate::reach::{Look, Reach};
use crate::secure;

/// Bytes of one line of a conversation.
const LINE_MAX: usize = 4_096;
/// Lines of one reply.
const REPLY_LINES_MAX: usize = 128;
/// What is set aside for reading; conversations are short, and there are thousands at once.
const BUFFER: usize = 1_024;

/// Both ways.
pub(crate) trait Duplex: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Duplex for S {}

/// A connection with its reading buffer.
pub(crate) struct Wire {
    reader: BufReader<Box<dyn Duplex>>,
    pub is_secure: bool,
}

/// What SMTP and FTP servers answer: a number, and words on one or more lines.
#[derive(Debug)]
pub(crate) struct Reply {
    pub code: u32,
    pub lines: Vec<String>,
}

impl Reply {
    /// The words of its last line, with the number.
    pub fn said(&self) -> String {
        format!("{} {}", self.code, self.lines.last().map_or("", String::as_str))
    }
}

impl Wire {
    /// A connection in plain text.
    pub async fn open(
        reach: &Reach,
        host: &str,
        port: u16,
        look: &mut Look,
    ) -> Result<Wire, Fault> {
        Ok(Wire::over(reach.connect(host, port, look).await?, false))
    }

    pub fn over(stream: impl Duplex + 'static, is_secure: bool) -> Wire {
        Wire { reader: BufReader::with_capacity(BUFFER, Box::new(stream)), is_secure }
    }

    /// The same connection under TLS, and the certificates that were shown, the server's own first.
    pub async fn secure(
        self,
        reach: &Reach,
        name: &str,
        trust: Trust,
        look: &mut Look,
    ) -> Result<(Wire, Vec<CertificateDer<'static>>), Fault> {
        // Somebody in between could have slipped words in before TLS began.
        if !self.reader.buffer().is_empty() {
            return Err(Fault::refused(Reason::WordsBeforeTls));
        }
        let stream = self.reader.into_inner();
        let stream = secure::handshake(stream, name, reach.tls(trust)).await?;
        look.reached(Stage::Secured);
        let shown = stream.get_ref().1.peer_certificates().unwrap_or_default();
        let shown = shown.iter().map(|one| one.clone().into_owned()).collect();
        Ok((Wire::over(stream, true), shown))
    }

    /// The connection itself, when nothing was read ahead.
    pub fn into_stream(self) -> Box<dyn Duplex> {
        self.reader.into_inner()
    }

    /// A line without its end; bytes that are no UTF-8 are replaced.
    pub async fn line(&mut self) -> Result<String, Fault> {
        let mut line = Vec::new();
        let limit = u64::try_from(LINE_MAX).unwrap_or(u64::MAX);
        let mut limited = (&mut self.reader).take(limit);
        limited.read_until(b'\n', &mut line).await.map_err(|error| broken(&error))?;
        match line.last() {
            Some(b'\n') => {}
            _ if line.len() >= LINE_MAX => return Err(Fault::refused(Reason::TooLong)),
            _ => return Err(Fault::silent(Reason::Closed)),
        }
        Ok(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned())
    }

    /// A whole reply (RFC 5321 section 4.2, RFC 959 section 4.2).
    pub async fn reply(&mut self) -> Result<Reply, Fault> {
        let first = self.line().await?;
        let protocol = || Fault::refused(Reason::Protocol).said(&first);
        let digits = first.get(..3).filter(|d| d.bytes().all(|b| b.is_ascii_digit()));
        let code: u32 = digits.and_then(|d| d.parse().ok()).ok_or_else(protocol)?;
        let end = [format!("{code:03} "), format!("{code:03}")];
        let mut reply = Reply { code, lines: vec![words(&first)] };
        let mut line = first.clone();
        while line.as_bytes().get(3) == Some(&b'-') || !is_end(&line, &end) {
            if reply.lines.len() >= REPLY_LINES_MAX {
                return Err(Fault::refused(Reason::TooLong));
            }
            line = self.line().await?;
            reply.lines.push(words(&line));
        }
        Ok(reply)
    }

    /// Says a line.
    pub async fn say(&mut self, line: &str) -> Result<(), Fault> {
        self.write(format!("{line}\r\n").as_bytes()).await
    }

    /// Says a line, and hears the reply.
    pub async fn ask(&mut self, line: &str) -> Result<Reply, Fault> {
        self.say(line).await?;
        self.reply().await
    }

    /// Writes everything.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        self.reader.write_all(bytes).await.map_err(|error| broken(&error))?;
        self.reader.flush().await.map_err(|error| broken(&error))
    }

    /// Exactly this many bytes; the caller has limited them.
    pub async fn exactly(&mut self, length: usize) -> Result<Vec<u8>, Fault> {
        let mut bytes = vec![0; length];
        self.reader.read_exact(&mut bytes).await.map_err(|error| broken(&error))?;
        Ok(bytes)
    }

    /// Adds what comes next to `bytes`; none at the end.
    pub async fn some(&mut self, bytes: &mut Vec<u8>) -> Result<usize, Fault> {
        let read = self.reader.read_buf(bytes).await;
        read.map_err(|error| broken(&error))
    }
}

fn is_end(line: &str, end: &[String; 2]) -> bool {
    line.starts_with(&end[0]) || *line == *end[1]
}

fn words(line: &str) -> String {
    let coded = line.get(..3).is_some_and(|code| code.bytes().all(|b| b.is_ascii_digit()));
    if coded { line.get(4..).unwrap_or_default().to_owned() } else { line.to_owned() }
}

/// What an error in the middle of a conversation says.
fn broken(error: &io::Error) -> Fault {
    if error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>()) {
        return Fault::silent(Reason::TlsBroken).said(error.to_string());
    }
    match error.kind() {
        io::ErrorKind::TimedOut => Fault::silent(Reason::TimedOut),
        io::ErrorKind::HostUnreachable => Fault::silent(Reason::Unreachable),
        _ => Fault::silent(Reason::Closed),
    }
}
