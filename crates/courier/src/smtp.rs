//! The client's side of a submission (RFC 5321, RFC 6409): greeting, EHLO, STARTTLS, AUTH PLAIN, and
//! commands one by one.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::mail::{MailRoute, REPLY_TIME_MAX, Tls};
use crate::trust::{TrustError, trusting};

/// Longest reply we listen to, in bytes.
const REPLY_MAX: u64 = 64 * 1024;

/// What ended a session.
#[derive(Debug, PartialEq, Eq)]
pub enum Fault {
    /// The server said so.
    Refused {
        /// Of its reply.
        code: u16,
        /// Its reply, and to what.
        text: String,
    },
    /// No connection, or one that broke.
    Lost(String),
    /// The server does not fit what the configuration asks for.
    Unfit(String),
}

/// Reads and writes, in clear or not.
trait Talk: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Talk for T {}

/// A session that is ready for MAIL.
pub struct Session {
    stream: BufReader<Box<dyn Talk>>,
    host: String,
}

/// Opens a session, protected and signed in as the route wants it.
pub async fn open(route: &MailRoute) -> Result<Session, Fault> {
    let silent = |error: std::io::Error| {
        Fault::Lost(format!("cannot connect to {}:{}: {error}", route.host, route.port))
    };
    let connect = TcpStream::connect((route.host.as_str(), route.port));
    let late = |_| Fault::Lost(format!("{} did not answer in time", route.host));
    let tcp = tokio::time::timeout(REPLY_TIME_MAX, connect).await.map_err(late)?.map_err(silent)?;
    let is_loopback = tcp.peer_addr().is_ok_and(|peer| peer.ip().is_loopback());
    let is_checked = !is_loopback && (route.login.is_some() || route.tls != Tls::Auto);
    if route.tls == Tls::Implicit {
        let stream = protected(Box::new(tcp), route, is_checked || route.ca.is_some()).await?;
        let mut session = Session::new(stream, route);
        session.expect_timely(2).await?;
        session.ehlo(route).await?;
        return session.signed_in(route, true).await;
    }
    let mut session = Session::new(Box::new(tcp), route);
    session.expect_timely(2).await?;
    let offer = session.ehlo(route).await?;
    let is_offered = offer.iter().any(|word| word.eq_ignore_ascii_case("STARTTLS"));
    if !is_offered && route.tls == Tls::Starttls {
        return Err(Fault::Unfit(format!("{} does not offer STARTTLS", route.host)));
    }
    let mut is_private = is_loopback;
    if is_offered && route.tls != Tls::Off {
        session.command("STARTTLS", 2).await?;
        let check = is_checked || route.ca.is_some();
        // What came with the answer was in clear and is thrown away (RFC 3207 section 4.2).
        let stream = protected(session.stream.into_inner(), route, check).await?;
        session = Session::new(stream, route);
        session.ehlo(route).await?;
        is_private = true;
    }
    session.signed_in(route, is_private).await
}

async fn protected(
    stream: Box<dyn Talk>,
    route: &MailRoute,
    check: bool,
) -> Result<Box<dyn Talk>, Fault> {
    let config = if check {
        trusting(route.ca.as_deref())
    } else {
        ::trust::anybody().map_err(TrustError::from)
    };
    let config = config.map_err(|error| Fault::Unfit(error.to_string()))?;
    let host = route.host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let name = ServerName::try_from(host)
        .map_err(|_| Fault::Unfit(format!("{} is not a server name", route.host)))?;
    let connect = TlsConnector::from(Arc::clone(&config)).connect(name, stream);
    let late = |_| Fault::Lost(format!("{} did not answer in time", route.host));
    match tokio::time::timeout(REPLY_TIME_MAX, connect).await.map_err(late)? {
        Ok(stream) => Ok(Box::new(stream)),
        Err(error) => {
            Err(Fault::Lost(format!("TLS could not be agreed on with {}: {error}", route.host)))
        }
    }
}

impl Session {
    fn new(stream: Box<dyn Talk>, route: &MailRoute) -> Session {
        Session { stream: BufReader::new(stream), host: route.host.clone() }
    }

    /// First words of the lines of the offer.
    async fn ehlo(&mut self, route: &MailRoute) -> Result<Vec<String>, Fault> {
        let reply = self.command(&format!("EHLO {}", route.helo), 2).await?;
        Ok(reply.split_whitespace().map(str::to_owned).collect())
    }

    async fn signed_in(mut self, route: &MailRoute, is_private: bool) -> Result<Session, Fault> {
        let Some((name, password)) = &route.login else { return Ok(self) };
        if !is_private {
            let text = format!("the password is not sent to {} in clear", route.host);
            return Err(Fault::Unfit(text));
        }
        let proof = STANDARD.encode(format!("\0{name}\0{}", password.expose()));
        self.write(&format!("AUTH PLAIN {proof}\r\n")).await?;
        self.expect_timely(2).await?;
        Ok(self)
    }

    /// Says a line; the reply when it is of that class.
    pub async fn command(&mut self, line: &str, class: u16) -> Result<String, Fault> {
        self.write(&format!("{line}\r\n")).await?;
        self.expect_timely(class).await
    }

    /// Writes as it is.
    pub async fn write(&mut self, text: &str) -> Result<(), Fault> {
        let stream = self.stream.get_mut();
        let written = async {
            stream.write_all(text.as_bytes()).await?;
            stream.flush().await
        };
        match tokio::time::timeout(REPLY_TIME_MAX, written).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(self.lost(&error)),
            Err(_) => Err(Fault::Lost(format!("{} stopped listening", self.host))),
        }
    }

    async fn expect_timely(&mut self, class: u16) -> Result<String, Fault> {
        let host = self.host.clone();
        let late = |_| Fault::Lost(format!("{host} did not answer in time"));
        tokio::time::timeout(REPLY_TIME_MAX, self.reply(class)).await.map_err(late)?
    }

    /// Reads one reply; every line but the last has a hyphen behind the code (RFC 5321 section
    /// 4.2.1).
    pub async fn reply(&mut self, class: u16) -> Result<String, Fault> {
        let mut lines: Vec<String> = Vec::new();
        let mut read = 0;
        loop {
            let mut line = Vec::new();
            let rest = (&mut self.stream).take(REPLY_MAX - read);
            let mut rest = rest;
            let got = rest.read_until(b'\n', &mut line).await;
            read += got.map_err(|error| self.lost(&error))? as u64;
            let line = String::from_utf8_lossy(&line).trim_end().to_owned();
            let code = line.get(..3).and_then(|digits| digits.parse::<u16>().ok());
            let Some(code) = code.filter(|code| (200..600).contains(code)) else {
                return Err(Fault::Lost(format!("{} ended the session", self.host)));
            };
            lines.push(line.get(4..).unwrap_or_default().to_owned());
            if line.as_bytes().get(3) == Some(&b'-') {
                continue;
            }
            let text = format!("{code} {}", lines.join(" ")).replace(char::is_control, " ");
            return match code / 100 == class {
                true => Ok(text),
                false => Err(Fault::Refused { code, text: format!("{}: {text}", self.host) }),
            };
        }
    }

    /// Says goodbye; nothing depends on the answer.
    pub async fn quit(&mut self) {
        let _ = self.write("QUIT\r\n").await;
    }

    fn lost(&self, error: &std::io::Error) -> Fault {
        Fault::Lost(format!("the connection to {} broke: {error}", self.host))
    }
}

/// RFC 5321 section 4.5.2, with the line that ends the message.
pub fn dot_stuffed(message: &str) -> String {
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
