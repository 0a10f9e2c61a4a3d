//! How a station talks to its office: HTTPS to the one key that its token names, one request at a time
//! on a connection that is kept. What is asked may be asked twice; what is brought is numbered.

use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1::SendRequest;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue, USER_AGENT};
use hyper::{Method, Request, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use link::Token;
use link::limits::CHECKS_BODY_MAX;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;

/// Longest wait for the connection with its handshake.
const CONNECT_MAX: Duration = Duration::from_secs(15);
/// Longest wait for an answer, beside the time that was asked for.
const ANSWER_MAX: Duration = Duration::from_secs(30);
/// How much of a refusal is told, in letters.
const TOLD_MAX: usize = 200;
/// The port of an address that names none.
const PORT: u16 = 443;

/// The office's listener for stations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Office {
    /// A name or an address, without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
}

impl Office {
    /// From an address such as `https://office.example.jp:8443`; `None` when it is another kind of text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Office> {
        let uri: Uri = text.trim_end_matches('/').parse().ok()?;
        let plain = uri.path_and_query().is_none_or(|path| path.as_str() == "/");
        let authority = uri.authority()?.as_str();
        if uri.scheme_str() != Some("https") || !plain || authority.contains('@') {
            return None;
        }
        let host = uri.host()?.trim_start_matches('[').trim_end_matches(']');
        let port = uri.port_u16().unwrap_or(PORT);
        (!host.is_empty() && port > 0).then(|| Office { host: host.to_owned(), port })
    }
}

/// Where the office is, and what we show it.
pub struct Address {
    office: Office,
    tls: Arc<ClientConfig>,
    authorization: HeaderValue,
    agent: &'static str,
}

/// Why there is no answer to go on with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DialError {
    /// Nobody answered, or not in the right way.
    #[error("the office cannot be reached: {0}")]
    Away(String),
    /// The token was revoked, or is another office's.
    #[error("the office does not know this station's token: was it revoked?")]
    Unknown,
    /// It will not take this request, now or later.
    #[error("the office refuses: {0}")]
    Refused(String),
    /// It will not take it now.
    #[error("the office asks to wait: {0}")]
    Later(String),
}

impl Address {
    /// With the token; `agent` is the name under which we ask.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(
        office: Office,
        token: &Token,
        agent: &'static str,
    ) -> Result<Address, rustls::Error> {
        let tls = trust::pinned(token.pin)?;
        let header = HeaderValue::from_str(&token.credential().header());
        let mut authorization =
            header.map_err(|_| rustls::Error::General("the token makes no header".to_owned()))?;
        authorization.set_sensitive(true);
        Ok(Address { office, tls, authorization, agent })
    }
}

/// One connection, made when it is needed.
pub struct Line {
    address: Arc<Address>,
    open: Option<Open>,
}

struct Open {
    sender: SendRequest<Full<Bytes>>,
    /// Drives the connection.
    driver: JoinHandle<()>,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Line {
    /// Not connected yet.
    #[must_use]
    pub fn new(address: Arc<Address>) -> Line {
        Line { address, open: None }
    }

    /// Makes the connection now, where there is none: what is brought next leaves at once.
    ///
    /// # Errors
    /// [`DialError::Away`].
    pub async fn reach(&mut self) -> Result<(), DialError> {
        if self.open.as_ref().is_none_or(|open| open.sender.is_closed()) {
            let connected = tokio::time::timeout(CONNECT_MAX, connect(&self.address)).await;
            self.open = Some(connected.map_err(late)??);
        }
        Ok(())
    }

    /// Brings a body and returns the answer's.
    ///
    /// # Errors
    /// [`DialError`].
    pub async fn post(&mut self, path: &str, body: Vec<u8>) -> Result<Bytes, DialError> {
        let answer = self.ask(Method::POST, path, body, Duration::ZERO).await?;
        answer.ok_or_else(|| DialError::Later("HTTP 304".to_owned()))
    }

    /// Asks for something; the office may take so long before it answers. `None`: it has not changed.
    ///
    /// # Errors
    /// [`DialError`].
    pub async fn get(&mut self, path: &str, wait: Duration) -> Result<Option<Bytes>, DialError> {
        self.ask(Method::GET, path, Vec::new(), wait).await
    }

    async fn ask(
        &mut self,
        method: Method,
        path: &str,
        body: Vec<u8>,
        wait: Duration,
    ) -> Result<Option<Bytes>, DialError> {
        let body = Bytes::from(body);
        let kept = self.open.is_some();
        let once = self.once(&method, path, body.clone(), wait).await;
        // A kept connection may have been closed at the other end; what we ask may be asked twice.
        match once {
            Err(DialError::Away(_)) if kept => self.once(&method, path, body, wait).await,
            once => once,
        }
    }

    async fn once(
        &mut self,
        method: &Method,
        path: &str,
        body: Bytes,
        wait: Duration,
    ) -> Result<Option<Bytes>, DialError> {
        self.reach().await?;
        let Some(mut open) = self.open.take() else { return Err(away("no connection")) };
        let exchange = exchange(&self.address, &mut open.sender, method, path, body);
        let (status, bytes) =
            tokio::time::timeout(ANSWER_MAX + wait, exchange).await.map_err(late)??;
        self.open = Some(open);
        judged(status, bytes)
    }
}

async fn connect(address: &Address) -> Result<Open, DialError> {
    let Office { host, port } = &address.office;
    let tcp = TcpStream::connect((host.as_str(), *port)).await.map_err(away)?;
    tcp.set_nodelay(true).map_err(away)?;
    let name = ServerName::try_from(host.clone()).map_err(away)?;
    let stream =
        TlsConnector::from(Arc::clone(&address.tls)).connect(name, tcp).await.map_err(away)?;
    let (sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(away)?;
    // How it ends is told by the next request on it.
    let driver = tokio::spawn(async move { drop(connection.await) });
    Ok(Open { sender, driver })
}

fn away(error: impl std::fmt::Display) -> DialError {
    DialError::Away(error.to_string())
}

fn late(_: tokio::time::error::Elapsed) -> DialError {
    DialError::Away("no answer in time".to_owned())
}

async fn exchange(
    address: &Address,
    sender: &mut SendRequest<Full<Bytes>>,
    method: &Method,
    path: &str,
    body: Bytes,
) -> Result<(StatusCode, Bytes), DialError> {
    let Office { host, port } = &address.office;
    let host = if host.contains(':') { format!("[{host}]") } else { host.clone() };
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(HOST, format!("{host}:{port}"))
        .header(USER_AGENT, address.agent)
        .header(AUTHORIZATION, address.authorization.clone())
        .header(CONTENT_TYPE, "application/json")
        .body(Full::new(body))
        .map_err(away)?;
    sender.ready().await.map_err(away)?;
    let response = sender.send_request(request).await.map_err(away)?;
    let status = response.status();
    let body = Limited::new(response.into_body(), CHECKS_BODY_MAX).collect().await.map_err(away)?;
    Ok((status, body.to_bytes()))
}

/// A body that is refused for what it holds would be refused for ever; everything else may pass.
fn judged(status: StatusCode, bytes: Bytes) -> Result<Option<Bytes>, DialError> {
    let told = || {
        let shown = |c: char| if c.is_control() { ' ' } else { c };
        let text: String =
            String::from_utf8_lossy(&bytes).chars().take(TOLD_MAX).map(shown).collect();
        format!("HTTP {} {}", status.as_u16(), text.trim())
    };
    match status.as_u16() {
        200..=299 => Ok(Some(bytes)),
        304 => Ok(None),
        401 | 403 => Err(DialError::Unknown),
        400 | 413 | 422 => Err(DialError::Refused(told())),
        _ => Err(DialError::Later(told())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_status_means() {
        let cases = [
            (200, Ok(true)),
            (304, Ok(false)),
            (401, Err(DialError::Unknown)),
            (403, Err(DialError::Unknown)),
            (400, Err(DialError::Refused("HTTP 400 no".to_owned()))),
            (413, Err(DialError::Refused("HTTP 413 no".to_owned()))),
            (404, Err(DialError::Later("HTTP 404 no".to_owned()))),
            (302, Err(DialError::Later("HTTP 302 no".to_owned()))),
            (503, Err(DialError::Later("HTTP 503 no".to_owned()))),
        ];
        for (status, expected) in cases {
            let status = StatusCode::from_u16(status).expect("a status");
            let judged = judged(status, Bytes::from_static(b"no\n")).map(|it| it.is_some());
            assert_eq!(judged, expected, "{status}");
        }
    }

    #[test]
    fn addresses_of_offices() {
        let known = |host: &str, port| Some(Office { host: host.to_owned(), port });
        for (text, expected) in [
            ("https://office.example.jp:8443", known("office.example.jp", 8443)),
            ("https://office.example.jp/", known("office.example.jp", 443)),
            ("https://[2001:db8::1]:8443", known("2001:db8::1", 8443)),
            ("http://office.example.jp", None),
            ("https://a:b@office.example.jp", None),
            ("https://office.example.jp/path", None),
            ("office.example.jp:8443", None),
            ("https://", None),
        ] {
            assert_eq!(Office::parse(text), expected, "{text}");
        }
    }
}
