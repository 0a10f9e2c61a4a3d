//! A connection in clear or encrypted, whichever side began it.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// What is written under one timeout: a large message over a slow line takes as long as it takes,
/// as long as it moves.
const WRITE_BLOCK: usize = 64 * 1024;

/// A connection.
pub(crate) enum Stream {
    Clear(TcpStream),
    Server(Box<tokio_rustls::server::TlsStream<TcpStream>>),
    Client(Box<tokio_rustls::client::TlsStream<TcpStream>>),
    /// While one becomes the other.
    Gone,
}

impl Stream {
    /// Protocol and cipher, `None` in clear.
    pub fn tls(&self) -> Option<String> {
        let common: &rustls::CommonState = match self {
            Stream::Clear(_) | Stream::Gone => return None,
            Stream::Server(stream) => stream.get_ref().1,
            Stream::Client(stream) => stream.get_ref().1,
        };
        let protocol = common.protocol_version()?.as_str()?.replace('_', ".");
        let cipher = common.negotiated_cipher_suite()?.suite();
        Some(format!("{protocol} {}", cipher.as_str()?))
    }

    /// Writes all of it, with `patience` for each block of 64 KiB.
    ///
    /// # Errors
    /// When the connection fails or the other side stops taking bytes.
    pub async fn write_out(&mut self, bytes: &[u8], patience: Duration) -> io::Result<()> {
        let late = |_| io::Error::from(io::ErrorKind::TimedOut);
        for block in bytes.chunks(WRITE_BLOCK) {
            timeout(patience, self.write_all(block)).await.map_err(late)??;
        }
        timeout(patience, self.flush()).await.map_err(late)?
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Clear(stream) => Pin::new(stream).poll_read(cx, buf),
            Stream::Server(stream) => Pin::new(stream).poll_read(cx, buf),
            Stream::Client(stream) => Pin::new(stream).poll_read(cx, buf),
            Stream::Gone => Poll::Ready(Err(gone())),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Stream::Clear(stream) => Pin::new(stream).poll_write(cx, bytes),
            Stream::Server(stream) => Pin::new(stream).poll_write(cx, bytes),
            Stream::Client(stream) => Pin::new(stream).poll_write(cx, bytes),
            Stream::Gone => Poll::Ready(Err(gone())),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Clear(stream) => Pin::new(stream).poll_flush(cx),
            Stream::Server(stream) => Pin::new(stream).poll_flush(cx),
            Stream::Client(stream) => Pin::new(stream).poll_flush(cx),
            Stream::Gone => Poll::Ready(Err(gone())),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Clear(stream) => Pin::new(stream).poll_shutdown(cx),
            Stream::Server(stream) => Pin::new(stream).poll_shutdown(cx),
            Stream::Client(stream) => Pin::new(stream).poll_shutdown(cx),
            Stream::Gone => Poll::Ready(Ok(())),
        }
    }
}

fn gone() -> io::Error {
    io::Error::from(io::ErrorKind::NotConnected)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncReadExt;
    use tokio::net::TcpListener;

    const PATIENCE: Duration = Duration::from_millis(500);

    async fn pair() -> (Stream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
        let address = listener.local_addr().expect("an address");
        let (ours, theirs) = tokio::join!(TcpStream::connect(address), listener.accept());
        (Stream::Clear(ours.expect("connected")), theirs.expect("accepted").0)
    }

    /// A peer that takes some bytes now and then is slow, one that takes none is gone.
    #[tokio::test]
    async fn a_slow_reader_is_waited_for() {
        let content = vec![b'x'; 16 * 1024 * 1024];
        let (mut ours, mut theirs) = pair().await;
        let reader = tokio::spawn(async move {
            let mut buffer = vec![0; 1024 * 1024];
            while theirs.read(&mut buffer).await.expect("read") > 0 {
                tokio::time::sleep(Duration::from_millis(150)).await;
            }
        });
        let began = tokio::time::Instant::now();
        ours.write_out(&content, PATIENCE).await.expect("written");
        drop(ours);
        reader.await.expect("read to the end");
        assert!(began.elapsed() > PATIENCE, "this test is about a message that takes long");
        let (mut ours, _theirs) = pair().await;
        let gone = ours.write_out(&content, Duration::from_millis(300)).await;
        assert_eq!(gone.map_err(|e| e.kind()), Err(io::ErrorKind::TimedOut));
    }
}
