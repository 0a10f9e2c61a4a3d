//! Whom a request is from when a proxy stands in front of the console.
//!
//! What a client writes into X-Forwarded-For is worth nothing, so the field is read only when
//! the connection comes from a proxy that the configuration trusts, and from its end: each proxy
//! appends whom it was asked by.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::HeaderMap;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;

/// The browser reaches the proxy over HTTPS; left with a request.
#[derive(Clone, Copy, Debug)]
pub struct OverHttps;

/// Puts the real client in the place of a trusted proxy, for every route.
pub fn behind_proxies(routes: Router, trusted: &[IpAddr]) -> Router {
    if trusted.is_empty() {
        return routes;
    }
    let trusted: Arc<[IpAddr]> = trusted.iter().map(IpAddr::to_canonical).collect();
    routes.layer(from_fn_with_state(trusted, look_through))
}

async fn look_through(
    State(trusted): State<Arc<[IpAddr]>>,
    mut request: Request,
    next: Next,
) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0);
    if let Some(peer) = peer.filter(|peer| trusted.contains(&peer.ip().to_canonical())) {
        let ip = client(request.headers(), peer.ip(), &trusted);
        request.extensions_mut().insert(ConnectInfo(SocketAddr::new(ip, peer.port())));
        let is_https = |value: &axum::http::HeaderValue| value.as_bytes() == b"https";
        if request.headers().get("x-forwarded-proto").is_some_and(is_https) {
            request.extensions_mut().insert(OverHttps);
        }
    }
    next.run(request).await
}

/// The last address that is no trusted proxy. Where the list ends before, or holds something
/// that is no address, the nearest one that we know is the answer.
fn client(headers: &HeaderMap, peer: IpAddr, trusted: &[IpAddr]) -> IpAddr {
    let fields: Vec<&str> =
        headers.get_all("x-forwarded-for").iter().filter_map(|f| f.to_str().ok()).collect();
    let mut nearest = peer;
    for entry in fields.iter().flat_map(|field| field.split(',')).rev() {
        let Some(ip) = address(entry.trim()) else { break };
        nearest = ip;
        if !trusted.contains(&ip) {
            break;
        }
    }
    nearest
}

/// `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]:4711`.
fn address(entry: &str) -> Option<IpAddr> {
    let bare = entry.trim_start_matches('[').trim_end_matches(']');
    let ip = bare.parse().ok().or_else(|| entry.parse::<SocketAddr>().ok().map(|a| a.ip()))?;
    Some(IpAddr::to_canonical(&ip))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn only_what_trusted_proxies_wrote_is_believed() {
        let trusted: Vec<IpAddr> =
            ["127.0.0.1", "10.0.0.2"].map(|ip| ip.parse().expect("an address")).into();
        let cases: [(&[&str], &str); 8] = [
            (&[], "127.0.0.1"),
            (&["192.0.2.7"], "192.0.2.7"),
            // The client wrote the first entry itself.
            (&["198.51.100.1, 192.0.2.7"], "192.0.2.7"),
            (&["192.0.2.7, 10.0.0.2"], "192.0.2.7"),
            (&["198.51.100.1", "192.0.2.7"], "192.0.2.7"),
            (&["[2001:db8::1]:4711"], "2001:db8::1"),
            (&["192.0.2.7:80"], "192.0.2.7"),
            (&["192.0.2.7, unknown"], "127.0.0.1"),
        ];
        for (fields, expected) in cases {
            let mut headers = HeaderMap::new();
            for field in fields {
                headers.append("x-forwarded-for", HeaderValue::from_static(field));
            }
            let ip = client(&headers, IpAddr::from([127, 0, 0, 1]), &trusted);
            assert_eq!(ip.to_string(), expected, "{fields:?}");
        }
    }
}
