//! nginx: pages, certificates, old TLS.

use std::fs;

use watch::{Http, HttpExpect, Kind, Plugin, Tcp, Tls, TlsVersion, Trust};

use crate::common::{Certificate, GOOD};
use crate::server::{Server, certify, folder, free_port};
use crate::{expect, is_wanted, life, seen};

/// Ports of the nginx: plain, then TLS with each certificate or version.
struct Ports {
    plain: u16,
    good: u16,
    other_name: u16,
    expired: u16,
    own: u16,
    old: u16,
}

fn nginx() -> (Server, Ports) {
    let folder = folder();
    let at = folder.path().display().to_string();
    let ports = Ports {
        plain: free_port(),
        good: free_port(),
        other_name: free_port(),
        expired: free_port(),
        own: free_port(),
        old: free_port(),
    };
    let mut servers = format!("server {{ listen 127.0.0.1:{}; {PAGES} }}\n", ports.plain);
    let old = "ssl_protocols TLSv1 TLSv1.1 TLSv1.2; ssl_ciphers ALL:@SECLEVEL=0;";
    for (name, port, certificate, more) in [
        ("good", ports.good, GOOD, ""),
        ("other_name", ports.other_name, Certificate { name: "other.test", ..GOOD }, ""),
        ("expired", ports.expired, Certificate { years: (2020, 2021), ..GOOD }, ""),
        ("own", ports.own, Certificate { is_signed_by_root: false, ..GOOD }, ""),
        ("old", ports.old, GOOD, old),
    ] {
        certify(folder.path(), name, certificate);
        servers.push_str(&format!(
            "server {{ listen 127.0.0.1:{port} ssl; ssl_certificate {at}/{name}.pem; \
             ssl_certificate_key {at}/{name}.key; {more} {PAGES} }}\n"
        ));
    }
    let config = format!(
        "daemon off; worker_processes 1; pid {at}/pid; error_log {at}/error.log;\n\
         events {{ worker_connections 64; }}\n\
         http {{ access_log off; client_body_temp_path {at}/body; proxy_temp_path {at}/proxy;\n\
         fastcgi_temp_path {at}/f; uwsgi_temp_path {at}/u; scgi_temp_path {at}/s;\n{servers} }}\n"
    );
    fs::write(folder.path().join("nginx.conf"), config).expect("configuration");
    let config = format!("{at}/nginx.conf");
    (Server::new(folder, ports.plain, &["nginx", "-p", &at, "-c", &config]), ports)
}

const PAGES: &str = "location = / { return 200 'all is well'; } \
    location = /health { default_type application/json; return 200 '{\"state\":{\"db\":[\"up\"]}}'; } \
    location = /moved { return 302 /; } location = /busy { return 503; }";

fn http(path: &str) -> Http {
    Http { path: path.to_owned(), ..Http::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages() {
    if !is_wanted() {
        return;
    }
    let (mut nginx, ports) = nginx();
    nginx.up();
    let well = HttpExpect::BodyHas("well".to_owned());
    let ill = HttpExpect::BodyHas("ill".to_owned());
    let json = |value: &str| HttpExpect::JsonIs("state.db[0]".to_owned(), value.to_owned());
    let server = HttpExpect::HeaderHas("server".to_owned(), "nginx".to_owned());
    for (http, expected) in [
        (Http { expect: vec![well.clone(), server], ..http("/") }, "succeeded"),
        (Http { expect: vec![ill], ..http("/") }, "refused content"),
        (Http { expect: vec![json("up")], ..http("/health") }, "succeeded"),
        (Http { expect: vec![json("down")], ..http("/health") }, "refused content"),
        (http("/busy"), "refused status"),
        (Http { statuses: vec![(503, 503)], ..http("/busy") }, "succeeded"),
        (http("/nothing"), "refused status"),
        (http("/moved"), "refused status"),
        (Http { redirects_max: 1, expect: vec![well], ..http("/moved") }, "succeeded"),
        (Http { method: "HEAD".to_owned(), ..http("/") }, "succeeded"),
        (Http { tls: true, ..http("/") }, "silent tls-broken"),
    ] {
        expect(Kind::Http(http), ports.plain, expected).await;
    }
    life(&mut nginx, Kind::Http(http("/")), ports.plain, "silent timed-out").await;
    let secure = Http { tls: true, ..http("/") };
    life(&mut nginx, Kind::Http(secure), ports.good, "silent timed-out").await;
    plugin(&mut nginx, ports.plain).await;
    // The kernel takes connections for a paused server.
    life(&mut nginx, Kind::Tcp(Tcp::default()), ports.plain, "succeeded").await;
}

/// The plugin that thousands of installations use, on the same pages.
async fn plugin(nginx: &mut Server, port: u16) {
    let check_http = |path: &str| {
        let words = ["/usr/lib/nagios/plugins/check_http", "-H", "127.0.0.1", "-p"];
        let port = port.to_string();
        let words = words.into_iter().chain([port.as_str(), "-u", path, "-t", "1"]);
        let command = words.map(str::to_owned).collect();
        Kind::Plugin(Plugin { command, environment: Vec::new(), warning_is_up: false })
    };
    expect(check_http("/"), port, "succeeded").await;
    expect(check_http("/nothing"), port, "refused plugin-warning").await;
    expect(check_http("/busy"), port, "refused plugin-critical").await;
    nginx.pause();
    expect(check_http("/"), port, "refused plugin-critical").await;
    nginx.go_on();
    let seen = seen(check_http("/"), port).await;
    let names: Vec<_> = seen.detail.figures.iter().map(|figure| figure.name.as_str()).collect();
    assert_eq!(names, ["time", "size"], "{seen:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_and_versions() {
    if !is_wanted() {
        return;
    }
    let (mut nginx, ports) = nginx();
    nginx.up();
    for (port, expected) in [
        (ports.good, "succeeded"),
        (ports.other_name, "refused certificate-name"),
        (ports.expired, "refused certificate-expired"),
        (ports.own, "refused certificate-issuer"),
        (ports.old, "refused old-tls"),
        (ports.plain, "silent tls-broken"),
    ] {
        expect(Kind::Tls(Tls { days_left_min: 30, ..Tls::default() }), port, expected).await;
    }
    let any = |lowest| Kind::Tls(Tls { lowest, ..Tls::default() });
    expect(any(TlsVersion::V1_0), ports.old, "succeeded").await;
    expect(any(TlsVersion::V1_3), ports.good, "refused old-tls").await;
    let anybody = Tls { trust: Trust::Anybody, ..Tls::default() };
    expect(Kind::Tls(anybody), ports.own, "succeeded").await;
    let tls = Kind::Tls(Tls::default());
    life(&mut nginx, tls, ports.good, "silent timed-out").await;
}
