//! An HTTP/1.1 request (RFC 9112), the redirects after it, and what the answer must show.

use std::pin::{Pin, pin};
use std::task::Poll;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::header::{HOST, HeaderName, HeaderValue, LOCATION};
use hyper::{Method, Request, Response, StatusCode, Uri};
use hyper_util::rt::TokioIo;

use crate::answer::{Fault, Figure, Reason, Stage, Unit};
use crate::check::{Http, Target};
use crate::kinds::http_expect;
use crate::reach::{Look, Reach};
use crate::wire::{Duplex, Wire};

/// Bytes of content that are ever read.
pub const BODY_MAX: usize = 1 << 20;
/// Bytes of header that are read.
const HEADER_MAX: usize = 32 * 1_024;

/// Who is asked: two with the same of this are one origin (RFC 6454).
#[derive(Clone, Debug, PartialEq, Eq)]
struct Origin {
    tls: bool,
    host: String,
    port: u16,
}

/// An answer with as much content as the check reads.
pub(crate) struct Page {
    pub response: Response<()>,
    pub body: Vec<u8>,
    pub is_cut: bool,
}

pub(crate) async fn look(
    http: &Http,
    target: &Target,
    reach: &Reach,
    look: &mut Look,
) -> Result<(), Fault> {
    let port = target.port.unwrap_or(if http.tls { 443 } else { 80 });
    let first = Origin { tls: http.tls, host: target.host.clone(), port };
    let (mut origin, mut path) = (first.clone(), http.path.clone());
    let mut method = http.method.parse::<Method>().map_err(|_| settings("no such method"))?;
    let mut left = http.redirects_max;
    loop {
        let request = request(http, &origin, &path, &method, origin == first)?;
        let page = fetch(http, &origin, request, reach, look).await?;
        let status = page.response.status();
        look.detail.code = Some(u32::from(status.as_u16()));
        let next = page.response.headers().get(LOCATION).filter(|_| status.is_redirection());
        let Some(next) = next.filter(|_| http.redirects_max > 0) else {
            let size = i64::try_from(page.body.len()).unwrap_or(i64::MAX);
            look.detail.figure(Figure::whole("size", size, Unit::Bytes));
            return http_expect::judge(http, &page);
        };
        if left == 0 {
            return Err(Fault::refused(Reason::Redirect).said("too many redirects"));
        }
        left -= 1;
        let said = next.to_str().unwrap_or_default();
        let follow = follow(&origin, &path, said);
        (origin, path) = follow.ok_or_else(|| Fault::refused(Reason::Redirect).said(said))?;
        // RFC 9110 section 15.4: 303, and by custom 301 and 302, ask with GET and without content.
        let keeps =
            matches!(status, StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT);
        if !keeps && method != Method::HEAD {
            method = Method::GET;
        }
    }
}

fn settings(words: &str) -> Fault {
    Fault::unseen(Reason::Settings).said(words)
}

fn request(
    http: &Http,
    origin: &Origin,
    path: &str,
    method: &Method,
    with_secrets: bool,
) -> Result<Request<Full<Bytes>>, Fault> {
    let body = http.body.clone().filter(|_| method.as_str() == http.method).unwrap_or_default();
    let mut request = Request::new(Full::new(Bytes::from(body)));
    *request.method_mut() = method.clone();
    *request.uri_mut() = path.parse::<Uri>().map_err(|_| settings("the path is no path"))?;
    let usual = if origin.tls { 443 } else { 80 };
    let host = match origin.host.parse::<std::net::Ipv6Addr>() {
        Ok(address) => format!("[{address}]"),
        Err(_) => origin.host.clone(),
    };
    let host = if origin.port == usual { host } else { format!("{host}:{}", origin.port) };
    let usual = [("host".to_owned(), host), ("user-agent".to_owned(), "yakusoku".to_owned())];
    let secrets = http.secret_headers.iter().filter(|_| with_secrets);
    let secrets = secrets.map(|(name, value)| (name.as_str(), value.0.as_str()));
    let fields =
        usual.iter().chain(&http.headers).map(|(name, value)| (name.as_str(), value.as_str()));
    for (name, value) in fields.chain(secrets) {
        let bad = |_| settings("a header field that is none");
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad(()))?;
        let value = HeaderValue::from_str(value).map_err(|_| bad(()))?;
        // A virtual host can be asked for by its own Host, but only where the check points.
        if name != HOST || with_secrets || !request.headers().contains_key(HOST) {
            request.headers_mut().insert(name, value);
        }
    }
    Ok(request)
}

async fn fetch(
    http: &Http,
    origin: &Origin,
    request: Request<Full<Bytes>>,
    reach: &Reach,
    look: &mut Look,
) -> Result<Page, Fault> {
    let stream: Box<dyn Duplex> = if origin.tls {
        let wire = Wire::open(reach, &origin.host, origin.port, look).await?;
        // The name of a virtual host that is asked for by its own Host is also the one for TLS.
        let host = request.headers().get(HOST).and_then(|host| host.to_str().ok());
        let name = host
            .and_then(|host| host.parse::<Uri>().ok())
            .and_then(|uri| uri.host().map(str::to_owned));
        let name = name.unwrap_or_else(|| origin.host.clone());
        wire.secure(reach, &name, http.trust, look).await?.0.into_stream()
    } else {
        Box::new(reach.connect(&origin.host, origin.port, look).await?)
    };
    let mut builder = http1::Builder::new();
    builder.max_buf_size(HEADER_MAX);
    let (mut sender, connection) =
        builder.handshake(TokioIo::new(stream)).await.map_err(|error| broken(&error))?;
    let mut connection = pin!(connection);
    let response = beside(connection.as_mut(), sender.send_request(request)).await;
    let (parts, incoming) = response.map_err(|error| broken(&error))?.into_parts();
    look.reached(Stage::Answered);
    let limit = http.body_max.min(BODY_MAX);
    let (body, is_cut) = beside(connection.as_mut(), read(incoming, limit)).await?;
    Ok(Page { response: Response::from_parts(parts, ()), body, is_cut })
}

/// Runs the connection for as long as the work on it takes; its own end shows in the work.
async fn beside<T>(
    mut connection: Pin<&mut impl Future<Output = hyper::Result<()>>>,
    work: impl Future<Output = T>,
) -> T {
    let mut work = pin!(work);
    let mut has_ended = false;
    std::future::poll_fn(|context| {
        has_ended = has_ended || connection.as_mut().poll(context).is_ready();
        match work.as_mut().poll(context) {
            Poll::Ready(value) => Poll::Ready(value),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// The content up to the limit, and whether there was more.
async fn read(mut incoming: Incoming, limit: usize) -> Result<(Vec<u8>, bool), Fault> {
    let mut body = Vec::new();
    while let Some(frame) = incoming.frame().await {
        let frame = frame.map_err(|error| broken(&error))?;
        let Some(data) = frame.data_ref() else { continue };
        let room = limit - body.len();
        body.extend_from_slice(&data[..data.len().min(room)]);
        if data.len() > room {
            return Ok((body, true));
        }
    }
    Ok((body, false))
}

fn broken(error: &hyper::Error) -> Fault {
    if error.is_parse() || error.is_user() {
        return Fault::refused(Reason::Protocol).said(error.to_string());
    }
    Fault::silent(Reason::Closed)
}

/// Where a redirect leads (RFC 3986 section 5, as far as redirects use it); `None` is nowhere.
fn follow(origin: &Origin, path: &str, location: &str) -> Option<(Origin, String)> {
    let location = location.split('#').next().unwrap_or_default();
    let scheme = if origin.tls { "https" } else { "http" };
    let absolute = if location.contains("://") {
        location.to_owned()
    } else if location.starts_with("//") {
        format!("{scheme}:{location}")
    } else {
        let base = path.split('?').next().unwrap_or("/");
        let path = match location {
            "" => path.to_owned(),
            _ if location.starts_with('/') => location.to_owned(),
            _ if location.starts_with('?') => format!("{base}{location}"),
            _ => format!("{}/{location}", base.rsplit_once('/').map_or("", |(folder, _)| folder)),
        };
        return Some((origin.clone(), path));
    };
    let uri: Uri = absolute.parse().ok()?;
    let tls = match uri.scheme_str()? {
        "https" => true,
        "http" => false,
        _ => return None,
    };
    // Credentials in a URL are not passed on, and not followed either.
    let authority = uri.authority().filter(|authority| !authority.as_str().contains('@'))?;
    let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
    let port = authority.port_u16().unwrap_or(if tls { 443 } else { 80 });
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    Some((Origin { tls, host, port }, path.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_redirects_lead() {
        let here = Origin { tls: true, host: "a.test".to_owned(), port: 8443 };
        for (location, leads) in [
            ("/new", Some("true a.test 8443 /new")),
            ("next?x=1", Some("true a.test 8443 /old/next?x=1")),
            ("?x=1", Some("true a.test 8443 /old/page?x=1")),
            ("", Some("true a.test 8443 /old/page?y=2")),
            ("#top", Some("true a.test 8443 /old/page?y=2")),
            ("//b.test/c", Some("true b.test 443 /c")),
            ("http://b.test", Some("false b.test 80 /")),
            ("http://[::1]:81/x", Some("false ::1 81 /x")),
            ("http://169.254.169.254/latest/", Some("false 169.254.169.254 80 /latest/")),
            ("ftp://b.test/", None),
            ("file:///etc/passwd", None),
            ("https://user:word@b.test/", None),
        ] {
            let followed = follow(&here, "/old/page?y=2", location)
                .map(|(to, path)| format!("{} {} {} {path}", to.tls, to.host, to.port));
            assert_eq!(followed.as_deref(), leads, "{location}");
        }
    }

    #[test]
    fn secrets_stay_with_their_origin() {
        let secret = crate::check::Secret("Bearer hush".to_owned());
        let http = Http {
            secret_headers: vec![("authorization".to_owned(), secret)],
            headers: vec![("host".to_owned(), "shop.test".to_owned())],
            ..Http::default()
        };
        let at = |host: &str| Origin { tls: true, host: host.to_owned(), port: 443 };
        let to = |origin: &Origin, is_first| {
            let request = request(&http, origin, "/", &Method::GET, is_first).expect("request");
            let value = |name| {
                request
                    .headers()
                    .get(name)
                    .map(|v: &HeaderValue| v.to_str().expect("text").to_owned())
            };
            (value("host"), value("authorization"))
        };
        let own = (Some("shop.test".to_owned()), Some("Bearer hush".to_owned()));
        assert_eq!(to(&at("10.0.0.1"), true), own);
        assert_eq!(to(&at("b.test"), false), (Some("b.test".to_owned()), None));
    }
}
