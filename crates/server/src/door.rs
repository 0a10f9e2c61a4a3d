//! Listeners for HTTP, of the console and of stations: plain, or TLS with handshakes that do not hold
//! up one another.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::extract::connect_info::{ConnectInfo, Connected};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::serve::{IncomingStream, Listener};
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio_rustls::TlsAcceptor;

use crate::held::Held;

/// Handshakes at once; one more waits in the system's queue.
const HANDSHAKES_MAX: usize = 256;
/// Connections at once of one listener; one more waits in the system's queue.
const CONNECTIONS_MAX: usize = 4_096;
/// Longest time in which nothing is read from a connection: longer than the longest answer takes.
const IDLE_MAX: Duration = Duration::from_secs(120);
/// Longest handshake.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// Pause after the system refused a connection, such as for want of file descriptors.
const PAUSE: Duration = Duration::from_millis(200);

/// Reads and writes, in clear or not.
pub trait Talk: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Talk for T {}

/// A listener for HTTP or HTTPS.
pub struct Door {
    address: SocketAddr,
    ready: mpsc::Receiver<(Box<dyn Talk>, SocketAddr)>,
}

impl Door {
    /// Begins to accept; the door closes when it is dropped.
    pub fn new(tcp: TcpListener, address: SocketAddr, tls: Option<Arc<ServerConfig>>) -> Door {
        let (sender, ready) = mpsc::channel(1);
        let acceptor = tls.map(TlsAcceptor::from);
        tokio::spawn(accept(tcp, acceptor, sender));
        Door { address, ready }
    }
}

async fn accept(
    tcp: TcpListener,
    acceptor: Option<TlsAcceptor>,
    sender: mpsc::Sender<(Box<dyn Talk>, SocketAddr)>,
) {
    let room = Arc::new(Semaphore::new(HANDSHAKES_MAX));
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let Ok(held) = Arc::clone(&places).acquire_owned().await else { return };
        let Ok(place) = Arc::clone(&room).acquire_owned().await else { return };
        let (stream, peer) = tokio::select! {
            () = sender.closed() => return,
            accepted = tcp.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be taken");
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
            },
        };
        let (acceptor, sender) = (acceptor.clone(), sender.clone());
        tokio::spawn(async move {
            let _place = place;
            if let Some(stream) = handshake(stream, acceptor).await {
                let stream: Box<dyn Talk> = Box::new(Held::new(stream, held, IDLE_MAX));
                // Refused only when the door is closed.
                let _ = sender.send((stream, peer)).await;
            }
        });
    }
}

async fn handshake(stream: TcpStream, acceptor: Option<TlsAcceptor>) -> Option<Box<dyn Talk>> {
    let Some(acceptor) = acceptor else { return Some(Box::new(stream)) };
    match tokio::time::timeout(HANDSHAKE_TIMEOUT, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => Some(Box::new(stream)),
        Ok(Err(error)) => {
            tracing::debug!(%error, "a client and we did not agree on TLS");
            None
        }
        Err(_) => None,
    }
}

impl Listener for Door {
    type Io = Box<dyn Talk>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.ready.recv().await {
            Some(connection) => connection,
            // The accepting task ends only after this door is dropped.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        Ok(self.address)
    }
}

/// The client's address, in a type of ours so that axum lets us say how to get it.
#[derive(Clone, Copy)]
struct Peer(SocketAddr);

impl Connected<IncomingStream<'_, Door>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Door>) -> Peer {
        Peer(*stream.remote_addr())
    }
}

/// Serves pages until `stop`; requests that are being answered are finished.
///
/// # Errors
/// When the server ends for another reason.
pub async fn serve(
    door: Door,
    pages: Router,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let pages = pages.layer(from_fn(tell_peer));
    axum::serve(door, pages.into_make_service_with_connect_info::<Peer>())
        .with_graceful_shutdown(stop)
        .await
}

/// Pages ask for `ConnectInfo<SocketAddr>`, as if the listener were a plain one.
async fn tell_peer(mut request: Request, next: Next) -> Response {
    if let Some(ConnectInfo(Peer(address))) =
        request.extensions().get::<ConnectInfo<Peer>>().copied()
    {
        request.extensions_mut().insert(ConnectInfo(address));
    }
    next.run(request).await
}
