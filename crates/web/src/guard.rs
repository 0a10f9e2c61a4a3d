//! What stands around every room: who is it, did our own page send the form, and what the
//! browser may do with the answer.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Form;
use axum::body::Bytes;
use axum::extract::{
    ConnectInfo, FromRequest, FromRequestParts, OriginalUri, Query, Request, State,
};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::failure::{self, Failure};
use crate::frame::{Done, Frame, Person};
use crate::proxies::OverHttps;
use crate::words::Lang;
use crate::{Console, cookies};

/// Longest time a room may take.
pub const REQUEST_TIME_MAX: Duration = Duration::from_secs(30);

/// What a page of ours may load: its own stylesheet, script, images and frame, nothing else.
/// `connect-src` lets the script ask for the page again; nothing else is ever fetched.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; \
    font-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; \
    frame-src 'self'; frame-ancestors 'none'; base-uri 'none'";

/// Sets the headers that hold for every answer. A room that needs other ones (a framed mail)
/// sets them first; they are kept.
pub async fn headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let fixed = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // Not `no-referrer`: browsers would send `Origin: null` with our own forms.
        (header::REFERRER_POLICY, "same-origin"),
        (header::CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(), geolocation=(), microphone=(), payment=()",
        ),
    ];
    for (name, value) in fixed {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

/// How long a browser keeps to HTTPS: 180 days. Other names below ours are not ours to decide on.
const HTTPS_ONLY: &str = "max-age=15552000";

/// Browsers that came over HTTPS come back over HTTPS (RFC 6797).
pub async fn https_only(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let value = HeaderValue::from_static(HTTPS_ONLY);
    response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, value);
    response
}

/// Finds out who asks and in which language, sends strangers to the sign-in page, refuses forms
/// of other sites, and turns a [`Failure`] into a page.
pub async fn attend(
    State(console): State<Arc<Console>>,
    OriginalUri(uri): OriginalUri,
    mut request: Request,
    next: Next,
) -> Response {
    let mut frame = frame(&console, &uri, request.headers());
    frame.secure |= request.extensions().get::<OverHttps>().is_some();
    if request.method() != Method::GET
        && request.method() != Method::HEAD
        && !from_our_own_page(request.headers())
    {
        return failure::page(&Failure::Forged, frame);
    }
    if let Some(token) = cookies::read(request.headers(), cookies::SESSION) {
        match app::accounts::session(&console.office, token, frame.now).await {
            Ok(session) => {
                frame.person =
                    session.map(|s| Person { login: s.login, csrf: s.csrf, sight: s.sight });
            }
            Err(error) => return with_page(Failure::App(error).into_response(), frame),
        }
    }
    if frame.person.is_none() && !open_to_strangers(uri.path()) {
        return to_sign_in(request.method(), &uri);
    }
    if uri.path().starts_with(CUSTOMERS) {
        return failure::page(&Failure::Nowhere, frame);
    }
    if frame.is_customer() {
        let Some(theirs) = for_customers(&uri) else {
            return failure::page(&Failure::Nowhere, frame);
        };
        *request.uri_mut() = theirs;
    }
    if frame.person.is_some() && frame.keeps_contracts && !frame.is_customer() {
        match app::incidents::count_open(&console.office).await {
            Ok(count) => frame.open_incidents = count,
            Err(error) => return with_page(Failure::App(error).into_response(), frame),
        }
    }
    request.extensions_mut().insert(frame.clone());
    let response = match tokio::time::timeout(REQUEST_TIME_MAX, next.run(request)).await {
        Ok(response) => response,
        Err(_elapsed) => Failure::Slow.into_response(),
    };
    with_page(response, frame)
}

/// Below which the rooms of customers are, which no address from outside leads to. A customer who asks
/// for `/incidents` is led to `/-/customer/incidents`: what is not there is not there for him.
pub const CUSTOMERS: &str = "/-/customer";

/// The same address in the rooms of customers.
fn for_customers(uri: &Uri) -> Option<Uri> {
    let asked = uri.path_and_query().map_or("/", |p| p.as_str());
    // The first page is the room itself.
    let asked = match asked.strip_prefix('/') {
        Some(rest) if rest.is_empty() || rest.starts_with('?') => rest,
        _ => asked,
    };
    format!("{CUSTOMERS}{asked}").parse().ok()
}

/// What a page knows, before anybody is known to be signed in.
pub fn frame(console: &Console, uri: &Uri, headers: &HeaderMap) -> Frame {
    let text = |name| headers.get(name).and_then(|v: &HeaderValue| v.to_str().ok());
    let here = uri.path_and_query().map_or("/", |p| p.as_str());
    Frame {
        lang: Lang::negotiate(
            cookies::read(headers, cookies::LANGUAGE),
            text(header::ACCEPT_LANGUAGE),
        ),
        now: (console.clock)(),
        zone: console.zone.clone(),
        person: None,
        secure: console.facts.secure_cookie,
        here: here.to_owned(),
        done: uri.query().and_then(done),
        version: console.facts.version.clone(),
        hostname: console.facts.hostname.clone(),
        keeps_contracts: console.office.keeps_contracts(),
        open_incidents: 0,
    }
}

/// `done=WORD` and `count=N` of a query, as [`crate::rooms::done`] writes them.
fn done(query: &str) -> Option<Done> {
    let value = |name: &str| {
        query.split('&').filter_map(|p| p.split_once('=')).find(|p| p.0 == name).map(|p| p.1)
    };
    let count = value("count").and_then(|n| n.parse().ok()).unwrap_or(0);
    Some(Done { word: value("done")?.to_owned(), count })
}

fn open_to_strangers(path: &str) -> bool {
    path == "/sign-in"
        || ["/language/", "/beat/", "/alerts/"].iter().any(|start| path.starts_with(start))
}

fn to_sign_in(method: &Method, uri: &Uri) -> Response {
    // A form of a session that has ended leads to the overview; what it asked is not done.
    let back = uri.path_and_query().map_or("/", |p| p.as_str());
    if method != Method::GET || back == "/" {
        return Redirect::to("/sign-in").into_response();
    }
    Redirect::to(&format!("/sign-in?next={}", crate::rooms::encoded(back))).into_response()
}

fn with_page(mut response: Response, frame: Frame) -> Response {
    match response.extensions_mut().remove::<Arc<Failure>>() {
        Some(failure) => failure::page(&failure, frame),
        None => response,
    }
}

/// Whether a form was sent by a page of ours, as far as the browser tells: Sec-Fetch-Site where
/// it is sent (Fetch Metadata), else Origin against Host (RFC 6454 section 7). A client that
/// tells neither is no browser and must still know the form's token.
fn from_our_own_page(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return site == "same-origin";
    }
    match (text("origin"), text("host")) {
        (None, _) => true,
        (Some(origin), Some(host)) => {
            let authority = origin.split_once("://").map(|(_, rest)| rest);
            authority.is_some_and(|a| a.eq_ignore_ascii_case(host))
        }
        (Some(_), None) => false,
    }
}

/// A form with the right token in its field `csrf`.
pub struct Signed<T>(pub T);

/// A form that is only a button.
#[derive(Deserialize)]
pub struct NoFields {}

#[derive(Deserialize)]
struct WithToken<T> {
    #[serde(default)]
    csrf: String,
    #[serde(flatten)]
    form: T,
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Signed<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Signed<T>, Failure> {
        let (mut parts, body) = request.into_parts();
        let Ok(frame) = Frame::from_request_parts(&mut parts, state).await;
        let expected = frame.csrf().to_owned();
        let Form(WithToken { csrf, form }) = read_form(Request::from_parts(parts, body)).await?;
        if same(&csrf, &expected) { Ok(Signed(form)) } else { Err(Failure::Forged) }
    }
}

/// Reads a form of at most [`crate::BODY_BYTES_MAX`].
pub async fn read_form<T: DeserializeOwned>(request: Request) -> Result<Form<T>, Failure> {
    let (parts, body) = request.into_parts();
    let body = Bytes::from_request(Request::from_parts(parts.clone(), body), &())
        .await
        .map_err(|_| Failure::TooLarge)?;
    Form::from_request(Request::from_parts(parts, body.into()), &())
        .await
        .map_err(|_| Failure::Unreadable)
}

/// The query of an address; one that cannot be read becomes a page, as every failure does.
pub struct Asked<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Asked<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Asked<T>, Failure> {
        match Query::from_request_parts(parts, state).await {
            Ok(Query(asked)) => Ok(Asked(asked)),
            Err(_) => Err(Failure::Unreadable),
        }
    }
}

/// Compares two secrets in a time that does not tell where they differ. Nothing equals an empty
/// secret.
#[must_use]
pub fn same(given: &str, expected: &str) -> bool {
    !expected.is_empty()
        && given.len() == expected.len()
        && given.bytes().zip(expected.bytes()).fold(0, |d, (a, b)| d | (a ^ b)) == 0
}

/// From where the client connects.
pub struct Client(pub IpAddr);

impl<S: Sync> FromRequestParts<S> for Client {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Client, Self::Rejection> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        Ok(Client(peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0.ip())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_other_sites_are_told_apart() {
        let cases: [(&[(&str, &str)], bool); 8] = [
            (&[("sec-fetch-site", "same-origin")], true),
            (&[("sec-fetch-site", "same-site")], false),
            (&[("sec-fetch-site", "cross-site"), ("origin", "http://a"), ("host", "a")], false),
            (&[("origin", "http://127.0.0.1:8080"), ("host", "127.0.0.1:8080")], true),
            (&[("origin", "https://evil.example"), ("host", "127.0.0.1:8080")], false),
            (&[("origin", "null"), ("host", "127.0.0.1:8080")], false),
            (&[("origin", "http://a")], false),
            (&[("host", "127.0.0.1:8080")], true),
        ];
        for (headers, expected) in cases {
            let mut map = HeaderMap::new();
            for (name, value) in headers {
                map.insert(
                    HeaderName::from_bytes(name.as_bytes()).expect("a header name"),
                    HeaderValue::from_str(value).expect("a header value"),
                );
            }
            assert_eq!(from_our_own_page(&map), expected, "{headers:?}");
        }
    }

    #[test]
    fn tokens() {
        assert!(same("abc", "abc"));
        assert!(!same("abd", "abc"));
        assert!(!same("ab", "abc"));
        assert!(!same("", ""), "a stranger has no token, so nothing matches it");
    }

    #[test]
    fn what_was_done_is_read_from_the_address() {
        assert_eq!(done("done=tried&count=3"), Some(Done { word: "tried".into(), count: 3 }));
        assert_eq!(done("done=emptied"), Some(Done { word: "emptied".into(), count: 0 }));
        assert_eq!(done("after=x"), None);
    }
}
