//! A connection to a server: made, greeted, encrypted where the server offers it.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use mail::Reply;
use mail::roster::OutboundLimits;
use mail::smtp::client::{Dialogue, Step};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::Network;
use super::resolve::{Host, reply, would_loop};
use crate::facts::Remote;
use crate::inbound::stream::Stream;

/// Bytes read at once: replies are small.
const READ_BYTES: usize = 4 * 1024;
/// A server that takes no block of our bytes for this long is gone (RFC 5321 section 4.5.3.2.5).
const WRITE_TIMEOUT: Duration = Duration::from_secs(180);

/// A session with a server that is ready for messages.
pub(crate) struct Link {
    pub stream: Stream,
    pub dialogue: Dialogue,
    pub remote: Remote,
    /// To be written.
    pub out: Vec<u8>,
    buffer: Vec<u8>,
    /// Read and not yet fed: from, until.
    unread: (usize, usize),
    reply_timeout: Duration,
}

/// Why there is no link. The reply is the server's, or ours in its form.
pub(crate) struct NoLink {
    pub remote: Remote,
    pub reply: Reply,
    /// The TLS handshake failed: worth another try in clear.
    tls_failed: bool,
}

/// Connects to a server; in clear when it offers TLS that does not work.
pub(crate) async fn open(
    network: &Network,
    host: &Host,
    helo: &str,
    limits: &OutboundLimits,
) -> Result<Link, NoLink> {
    match open_once(network, host, helo, limits, true).await {
        Err(failed) if failed.tls_failed => open_once(network, host, helo, limits, false).await,
        other => other,
    }
}

async fn open_once(
    network: &Network,
    host: &Host,
    helo: &str,
    limits: &OutboundLimits,
    try_tls: bool,
) -> Result<Link, NoLink> {
    let mut remote =
        Remote { host: Some(host.name.clone()), address: Some(host.address), ..Remote::default() };
    let no_link =
        |remote: &Remote, reply, tls_failed| NoLink { remote: remote.clone(), reply, tls_failed };
    if network.is_ours(host.address) {
        return Err(no_link(&remote, would_loop(host.address), false));
    }
    let stream = match connect(network, host.address, limits.connect_timeout).await {
        Ok(stream) => stream,
        Err(error) => {
            let text = format!("cannot connect to {}: {}", host.address, plain_words(&error));
            return Err(no_link(&remote, reply(451, (4, 4, 1), text), false));
        }
    };
    remote.local = stream.local_addr().ok().map(|a| a.ip());
    // Commands are small and waited for.
    let _ = stream.set_nodelay(true);
    let mut link = Link {
        stream: Stream::Clear(stream),
        dialogue: Dialogue::new(helo, try_tls),
        remote,
        out: Vec::new(),
        buffer: vec![0; READ_BYTES],
        unread: (0, 0),
        reply_timeout: limits.reply_timeout,
    };
    loop {
        match link.next().await {
            Ok(Step::Ready) => return Ok(link),
            Ok(Step::StartTls) => {
                if let Err(error) = link.start_tls(network, host).await {
                    let text = format!("the TLS handshake failed: {error}");
                    return Err(no_link(&link.remote, reply(451, (4, 7, 0), text), true));
                }
            }
            Ok(Step::Refused(said)) => return Err(no_link(&link.remote, said, false)),
            Ok(_) => {
                let text = "the server does not speak SMTP".to_owned();
                return Err(no_link(&link.remote, reply(451, (4, 5, 0), text), false));
            }
            Err(error) => {
                let text = format!("no greeting from the server: {}", plain_words(&error));
                return Err(no_link(&link.remote, reply(451, (4, 4, 2), text), false));
            }
        }
    }
}

async fn connect(network: &Network, to: SocketAddr, patience: Duration) -> io::Result<TcpStream> {
    let socket = if to.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    if let Some(from) = network.source_for(to) {
        socket.bind(SocketAddr::new(from, 0))?;
    }
    timeout(patience, socket.connect(to))
        .await
        .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
}

/// What went wrong, for a person who reads a delivery log.
pub(crate) fn plain_words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::TimedOut => "it did not answer in time".to_owned(),
        io::ErrorKind::ConnectionRefused => "connection refused".to_owned(),
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => "connection reset".to_owned(),
        io::ErrorKind::UnexpectedEof => "it closed the connection".to_owned(),
        io::ErrorKind::HostUnreachable => "host unreachable".to_owned(),
        io::ErrorKind::NetworkUnreachable => "network unreachable".to_owned(),
        _ => error.to_string(),
    }
}

impl Link {
    /// Writes what is to be written, and reads until the dialogue wants something.
    ///
    /// # Errors
    /// When the connection ends or the server is silent for too long.
    pub async fn next(&mut self) -> io::Result<Step> {
        loop {
            let (from, until) = self.unread;
            let (eaten, step) = self.dialogue.feed(&self.buffer[from..until], &mut self.out);
            self.unread.0 += eaten;
            if step != Step::NeedInput {
                return Ok(step);
            }
            self.flush().await?;
            let read = timeout(self.reply_timeout, self.stream.read(&mut self.buffer)).await;
            let count = read.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
            if count == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.unread = (0, count);
        }
    }

    /// Whether the server has said more than what was asked for so far.
    pub fn is_out_of_step(&self) -> bool {
        let (from, until) = self.unread;
        from < until
    }

    /// Whether the server has closed the connection, or said something unasked, while idle.
    pub async fn is_stale(&mut self) -> io::Result<()> {
        let mut byte = [0; 1];
        match self.stream.read(&mut byte).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Err(io::ErrorKind::InvalidData.into()),
        }
    }

    pub async fn flush(&mut self) -> io::Result<()> {
        if self.out.is_empty() {
            return Ok(());
        }
        self.stream.write_out(&self.out, WRITE_TIMEOUT).await?;
        self.out.clear();
        Ok(())
    }

    /// Says goodbye and does not wait for the answer.
    pub async fn quit(mut self) {
        self.dialogue.quit(&mut self.out);
        // It is over either way.
        let _ = self.flush().await;
        let _ = self.stream.shutdown().await;
    }

    async fn start_tls(&mut self, network: &Network, host: &Host) -> io::Result<()> {
        let Stream::Clear(stream) = std::mem::replace(&mut self.stream, Stream::Gone) else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        let name = ServerName::try_from(host.name.trim_matches(['[', ']']).to_owned())
            .unwrap_or_else(|_| ServerName::IpAddress(host.address.ip().into()));
        let handshake = TlsConnector::from(network.tls.clone()).connect(name, stream);
        let stream = timeout(self.reply_timeout, handshake)
            .await
            .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
        self.stream = Stream::Client(Box::new(stream));
        self.remote.tls = self.stream.tls();
        // What came in clear behind the answer to STARTTLS is not to be believed.
        self.unread = (0, 0);
        self.dialogue.tls_started(&mut self.out);
        Ok(())
    }
}

/// TLS that hides mail from those who listen, without asking who answers (RFC 7435): mail would
/// otherwise go in clear. 1.2 and 1.3 only.
pub(crate) fn opportunistic_tls() -> Arc<rustls::ClientConfig> {
    trust::anybody().expect("the provider supports TLS 1.2 and 1.3")
}
