//! One POST over HTTP or HTTPS: no redirects, no private addresses unless allowed, limits on time and
//! size.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HOST, USER_AGENT};
use hyper::{Request, Uri};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::{Outcome, Secret, reach};

/// Longest wait for the connection with its handshake.
const CONNECT_MAX: Duration = Duration::from_secs(15);
/// Longest wait for the answer.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(30);
/// How much of the answer is read, in bytes.
const ANSWER_MAX: usize = 64 * 1024;
/// How much of the answer is told, in letters.
const TOLD_MAX: usize = 300;

/// Where to send to. The whole address is secret: those of webhooks hold their key.
pub struct Endpoint {
    secret: Secret,
    uri: Uri,
    /// Private addresses may be connected to.
    private: bool,
    tls: Arc<ClientConfig>,
}

/// An address that cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// Not an address of a web server.
    #[error("write an address such as https://hooks.example.com/notices")]
    NotAnAddress,
    /// In clear over the Internet.
    #[error("http:// is in clear: write https://, or allow private addresses")]
    InClear,
    /// A name or a password before the host.
    #[error("an address with a name or password before its host is not supported")]
    Credentials,
}

impl Endpoint {
    /// Checks an address. `http://` is for private addresses only.
    ///
    /// # Errors
    /// When it cannot be used.
    pub fn new(
        url: &str,
        private: bool,
        tls: Arc<ClientConfig>,
    ) -> Result<Endpoint, EndpointError> {
        let uri: Uri = url.trim().parse().map_err(|_| EndpointError::NotAnAddress)?;
        let host = uri.host().filter(|host| !host.is_empty());
        let authority = uri.authority().ok_or(EndpointError::NotAnAddress)?;
        host.ok_or(EndpointError::NotAnAddress)?;
        if authority.as_str().contains('@') {
            return Err(EndpointError::Credentials);
        }
        match uri.scheme_str() {
            Some("https") => {}
            Some("http") if private => {}
            Some("http") => return Err(EndpointError::InClear),
            _ => return Err(EndpointError::NotAnAddress),
        }
        Ok(Endpoint { secret: Secret::new(url.trim()), uri, private, tls })
    }

    fn host(&self) -> &str {
        self.uri.host().unwrap_or_default()
    }

    fn is_https(&self) -> bool {
        self.uri.scheme_str() == Some("https")
    }

    fn port(&self) -> u16 {
        self.uri.port_u16().unwrap_or(if self.is_https() { 443 } else { 80 })
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({:?})", self.secret)
    }
}

/// Posts JSON; `id` goes along as the key by which a repetition is known.
pub async fn post(endpoint: &Endpoint, id: &str, body: &serde_json::Value) -> Outcome {
    let stream = match tokio::time::timeout(CONNECT_MAX, connect(endpoint)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => {
            return Outcome::later(format!("cannot connect to {}: {error}", endpoint.host()));
        }
        Err(_) => {
            return Outcome::later(format!("{} did not answer in time", endpoint.host()));
        }
    };
    match tokio::time::timeout(ANSWER_TIME_MAX, exchange(endpoint, stream, id, body)).await {
        Ok(outcome) => outcome,
        Err(_) => Outcome::unknown(format!("{} did not answer in time", endpoint.host())),
    }
}

/// Reads and writes, in clear or not.
trait Talk: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Talk for T {}

async fn connect(endpoint: &Endpoint) -> std::io::Result<Box<dyn Talk>> {
    let addresses = reach::addresses(endpoint.host(), endpoint.port(), endpoint.private).await?;
    let tcp = TcpStream::connect(&addresses[..]).await?;
    if !endpoint.is_https() {
        return Ok(Box::new(tcp));
    }
    let host = endpoint.host().trim_start_matches('[').trim_end_matches(']').to_owned();
    let name = ServerName::try_from(host).map_err(std::io::Error::other)?;
    let stream = TlsConnector::from(Arc::clone(&endpoint.tls)).connect(name, tcp).await?;
    Ok(Box::new(stream))
}

async fn exchange(
    endpoint: &Endpoint,
    stream: Box<dyn Talk>,
    id: &str,
    body: &serde_json::Value,
) -> Outcome {
    let host = endpoint.host();
    let greeted = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = match greeted {
        Ok(both) => both,
        Err(error) => return Outcome::later(format!("{host}: {error}")),
    };
    let path = endpoint.uri.path_and_query().map_or("/", |path| path.as_str());
    let authority = endpoint.uri.authority().map_or(host, |authority| authority.as_str());
    let request = Request::post(path)
        .header(HOST, authority)
        .header(USER_AGENT, "yakusoku")
        .header(CONTENT_TYPE, "application/json")
        .header("idempotency-key", id)
        .body(Full::new(Bytes::from(body.to_string())));
    let request = match request {
        Ok(request) => request,
        Err(error) => return Outcome::Refused(format!("the request cannot be made: {error}")),
    };
    let answered = async {
        let response = sender.send_request(request).await?;
        let status = response.status();
        let whole = Limited::new(response.into_body(), ANSWER_MAX).collect().await;
        // The status is the answer; what cannot be read of the rest is left out.
        let bytes = whole.map(|body| body.to_bytes()).unwrap_or_default();
        Ok::<_, hyper::Error>((status, bytes))
    };
    tokio::pin!(answered);
    tokio::pin!(connection);
    let answered = tokio::select! {
        answered = &mut answered => answered,
        // It ends with the request; then what it left is read.
        _ = &mut connection => answered.await,
    };
    match answered {
        Ok((status, bytes)) => judged(host, status, &bytes),
        Err(error) => Outcome::unknown(format!("{host}: {error}")),
    }
}

/// A server that took it says 2xx; one that may take it later says 408, 429 or 5xx.
fn judged(host: &str, status: hyper::StatusCode, bytes: &[u8]) -> Outcome {
    let text: String = String::from_utf8_lossy(bytes).chars().take(TOLD_MAX).collect();
    let answer = format!("{host}: HTTP {} {}", status.as_u16(), text.trim());
    let answer = answer.trim_end().to_owned();
    match status.as_u16() {
        200..=299 => Outcome::Sent(answer),
        300..=399 => Outcome::Refused(format!("{answer} (redirects are not followed)")),
        408 | 429 | 500..=599 => Outcome::later(answer),
        _ => Outcome::Refused(answer),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::trust::anybody;

    #[test]
    fn addresses() {
        use EndpointError::{Credentials, InClear, NotAnAddress};
        let cases = [
            ("https://hooks.example.com/x?y=z", false, None),
            ("http://127.0.0.1:9000/", true, None),
            ("http://hooks.example.com/", false, Some(InClear)),
            ("https://me:secret@hooks.example.com/", false, Some(Credentials)),
            ("ftp://example.com/", true, Some(NotAnAddress)),
            ("/path", true, Some(NotAnAddress)),
            ("", true, Some(NotAnAddress)),
        ];
        for (url, private, expected) in cases {
            let endpoint = Endpoint::new(url, private, anybody().expect("TLS"));
            assert_eq!(endpoint.as_ref().err().copied(), expected, "{url}");
            if let Ok(endpoint) = endpoint {
                assert_eq!(format!("{endpoint:?}"), "Endpoint(Secret(…))");
            }
        }
    }

    #[test]
    fn what_a_status_means() {
        let cases = [
            (200, Outcome::Sent("h: HTTP 200 ok".into())),
            (202, Outcome::Sent("h: HTTP 202 ok".into())),
            (302, Outcome::Refused("h: HTTP 302 ok (redirects are not followed)".into())),
            (400, Outcome::Refused("h: HTTP 400 ok".into())),
            (404, Outcome::Refused("h: HTTP 404 ok".into())),
            (429, Outcome::later("h: HTTP 429 ok")),
            (503, Outcome::later("h: HTTP 503 ok")),
        ];
        for (status, expected) in cases {
            let status = hyper::StatusCode::from_u16(status).expect("a status");
            assert_eq!(judged("h", status, b"ok\n"), expected);
        }
    }
}
