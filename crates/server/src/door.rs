//! Listeners for HTTP, of the console and of stations: plain, or TLS with handshakes that do not hold
//! up one another. No caller can take all places, and none holds one without asking for something.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::callers::Callers;
use crate::held::Held;

/// Handshakes at once; one more waits in the system's queue.
const HANDSHAKES_MAX: usize = 256;
/// Connections at once of one listener; one more waits in the system's queue.
const CONNECTIONS_MAX: usize = 4_096;
/// Longest time in which nothing is read from a connection: longer than the longest answer takes.
const IDLE_MAX: Duration = Duration::from_secs(120);
/// Longest handshake.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest time from the beginning of a connection, or the answer before, to the end of a request's
/// head. Our proxies may keep a connection for later.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// Pause after the system refused a connection, such as for want of file descriptors.
const PAUSE: Duration = Duration::from_millis(200);

/// Reads and writes, in clear or not.
pub trait Talk: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Talk for T {}

/// A connection on which requests may come.
struct Caller {
    stream: Box<dyn Talk>,
    peer: SocketAddr,
    head_timeout: Duration,
}

/// A listener for HTTP or HTTPS.
pub struct Door {
    ready: mpsc::Receiver<Caller>,
}

impl Door {
    /// Begins to accept; the door closes when it is dropped.
    pub fn new(tcp: TcpListener, tls: Option<Arc<ServerConfig>>, callers: Callers) -> Door {
        let (sender, ready) = mpsc::channel(1);
        let acceptor = tls.map(TlsAcceptor::from);
        tokio::spawn(accept(tcp, acceptor, callers, sender));
        Door { ready }
    }
}

async fn accept(
    tcp: TcpListener,
    acceptor: Option<TlsAcceptor>,
    callers: Callers,
    sender: mpsc::Sender<Caller>,
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
        let Some(call) = callers.take(peer.ip()) else {
            tracing::debug!(%peer, "has too many connections");
            continue;
        };
        let is_proxy = callers.is_trusted(peer.ip());
        let head_timeout = if is_proxy { IDLE_MAX } else { HEAD_TIMEOUT };
        let (acceptor, sender) = (acceptor.clone(), sender.clone());
        tokio::spawn(async move {
            let _place = place;
            if let Some(stream) = handshake(stream, acceptor).await {
                let stream: Box<dyn Talk> = Box::new(Held::new(stream, (held, call), IDLE_MAX));
                // Refused only when the door is closed.
                let _ = sender.send(Caller { stream, peer, head_timeout }).await;
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

/// Serves pages until `stop`; requests that are being answered are finished. Pages may ask for
/// `ConnectInfo<SocketAddr>`.
pub async fn serve(mut door: Door, pages: Router, stop: impl Future<Output = ()>) {
    let (stopping, stopped) = watch::channel(false);
    let mut open = JoinSet::new();
    let mut stop = pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => break,
            Some(caller) = door.ready.recv() => {
                open.spawn(answer(caller, pages.clone(), stopped.clone()));
            }
            Some(_) = open.join_next() => {}
        }
    }
    drop(door);
    // Refused only when nobody is connected.
    let _ = stopping.send(true);
    while open.join_next().await.is_some() {}
}

/// Answers what is asked on one connection.
async fn answer(caller: Caller, pages: Router, mut stopped: watch::Receiver<bool>) {
    let Caller { stream, peer, head_timeout } = caller;
    let pages = TowerToHyperService::new(pages);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        pages.call(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head_timeout)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    // An error means that the listener is gone, which is the end as well.
    let stop = async { drop(stopped.wait_for(|stop| *stop).await) };
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, %peer, "a connection broke off");
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn one_address_does_not_take_all_places() {
        let tcp = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = tcp.local_addr().expect("its number");
        let door = Door::new(tcp, None, Callers::new(2, &[]));
        let pages = Router::new().route(
            "/",
            get(|ConnectInfo(peer): ConnectInfo<SocketAddr>| async move { peer.ip().to_string() }),
        );
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let served = tokio::spawn(serve(door, pages, async { drop(stopped.await) }));
        let mut held = Vec::new();
        for _ in 0..2 {
            let mut stream = TcpStream::connect(address).await.expect("connected");
            stream.write_all(b"GET / HTTP/1.1\r\nhost: it\r\n\r\n").await.expect("asked");
            let mut answer = [0; 12];
            stream.read_exact(&mut answer).await.expect("answered");
            assert_eq!(&answer, b"HTTP/1.1 200");
            held.push(stream);
        }
        let mut third = TcpStream::connect(address).await.expect("connected");
        let read = timeout(Duration::from_secs(5), third.read_u8()).await.expect("in time");
        assert!(read.is_err(), "closed at once");
        stop.send(()).expect("stopped");
        timeout(Duration::from_secs(5), served).await.expect("in time").expect("ended");
    }

    #[tokio::test]
    async fn who_asks_for_nothing_gives_its_place_back() {
        let (ours, mut theirs) = tokio::io::duplex(64);
        let peer = SocketAddr::from(([192, 0, 2, 1], 9));
        let head_timeout = Duration::from_millis(20);
        let caller = Caller { stream: Box::new(ours), peer, head_timeout };
        let (_stopping, stopped) = watch::channel(false);
        let answered = tokio::spawn(answer(caller, Router::new(), stopped));
        theirs.write_all(b"GET / HTTP/1.1\r\n").await.expect("begun");
        let ended = timeout(Duration::from_secs(5), answered).await;
        ended.expect("given up").expect("ended");
    }
}
