//! A connection that takes up a place as long as it is open, and is closed when nothing moves on it.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

/// An open connection.
pub struct Held<T, P> {
    stream: T,
    idle_max: Duration,
    idle: Pin<Box<Sleep>>,
    _place: P,
}

impl<T, P> Held<T, P> {
    /// Holds a place for a connection from which something is read at least so often.
    pub fn new(stream: T, place: P, idle_max: Duration) -> Held<T, P> {
        Held { stream, idle_max, idle: Box::pin(sleep(idle_max)), _place: place }
    }
}

impl<T: AsyncRead + Unpin, P: Unpin> AsyncRead for Held<T, P> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.stream).poll_read(context, buffer) {
            Poll::Ready(read) => {
                let until = Instant::now() + self.idle_max;
                self.idle.as_mut().reset(until);
                Poll::Ready(read)
            }
            Poll::Pending => {
                ready!(self.idle.as_mut().poll(context));
                Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
            }
        }
    }
}

impl<T: AsyncWrite + Unpin, P: Unpin> AsyncWrite for Held<T, P> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::io::AsyncReadExt;
    use tokio::sync::Semaphore;

    use super::*;

    #[tokio::test]
    async fn a_silent_connection_gives_its_place_back() {
        let places = Arc::new(Semaphore::new(1));
        let place = Arc::clone(&places).acquire_owned().await.expect("a place");
        let (ours, _theirs) = tokio::io::duplex(16);
        let mut held = Held::new(ours, place, Duration::from_millis(20));
        let error = held.read_u8().await.expect_err("nobody says anything");
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        drop(held);
        assert_eq!(places.available_permits(), 1);
    }
}
