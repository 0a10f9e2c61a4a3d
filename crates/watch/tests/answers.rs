//! TCP, TLS, HTTP, DNS, databases, plugins, ping: what they answer and how they fail.

mod common;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use common::{Certificate, GOOD, check, look_at, peer, reach, shown, table};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UdpSocket};
use watch::{
    Answer, Database, Dns, Heartbeat, Http, HttpExpect, Kind, Login, Ping, Plugin, Policy, Reason,
    Secret, Target, Tcp, Tls, TlsVersion, Trust, Wrap, look,
};

#[tokio::test]
async fn tcp() {
    let tcp =
        || Kind::Tcp(Tcp { send: Some(b"PING\r\n".to_vec()), expect: Some(b"PONG".to_vec()) });
    table(
        tcp,
        &[
            ("C: PING\nS: +PONG", "succeeded"),
            ("C: PING\nS: +PO\nS! slow 50\nS: PONG", "succeeded"),
            ("C: PING\nS: -ERR", "refused content"),
            ("C: PING", "silent closed"),
            ("C: PING\nS! wait", "silent timed-out"),
        ],
    )
    .await;
    let free = TcpListener::bind("127.0.0.1:0").await.expect("listener");
    let port = free.local_addr().expect("address").port();
    drop(free);
    let seen = look(&check(Kind::Tcp(Tcp::default()), port), &reach()).await;
    assert_eq!(seen.answer, Answer::Silent(Reason::ConnectionRefused));
}

#[tokio::test]
async fn names_that_lead_nowhere() {
    let mut to_nobody = check(Kind::Tcp(Tcp::default()), 80);
    to_nobody.target = Target::port("nobody.example", 80);
    // The resolver of these tests does not answer: that says nothing about the target.
    let seen = look(&to_nobody, &reach()).await;
    assert_eq!(seen.answer, Answer::Unseen(Reason::ResolverFailed), "{seen:?}");
}

/// A greeting that is not the expected one is an answer at once; words that never end are one at the
/// timeout.
#[tokio::test]
async fn another_greeting_is_an_answer() {
    for (script, sends, most, said) in [
        ("S: 220 (vsFTPd 3.0.3)\nS! wait", false, 1_800, "220 (vsFTPd 3.0.3)"),
        ("S: -NOAUTH\nS! wait", true, 2_600, "-NOAUTH"),
        ("S: 220-hello\nS! wait", false, 2_600, "220-hello"),
    ] {
        let server = peer(script, GOOD).await;
        let send = sends.then(|| b"PING\r\n".to_vec());
        let expect = Some(b"220 ProFTPD".to_vec());
        let seen = look(&check(Kind::Tcp(Tcp { send, expect }), server.port), &reach()).await;
        assert_eq!(seen.answer, Answer::Refused(Reason::Content), "{script} {seen:?}");
        assert_eq!(seen.detail.said.as_deref(), Some(said), "{script}");
        assert!(seen.took < Duration::from_millis(most), "{script}: {:?}", seen.took);
    }
    let slow = peer("S: 220-hello\nS! slow 1200\nS: 220 ProFTPD ready", GOOD).await;
    let tcp = Tcp { send: None, expect: Some(b"220 ProFTPD".to_vec()) };
    let seen = look(&check(Kind::Tcp(tcp), slow.port), &reach()).await;
    assert_eq!(seen.answer, Answer::Succeeded, "{seen:?}");
}

#[tokio::test]
async fn a_timeout_holds_and_slow_is_refused() {
    let mut slow = check(Kind::Tcp(Tcp { send: None, expect: Some(b"x".to_vec()) }), 0);
    slow.timeout = Duration::from_millis(300);
    let silent = peer("S! wait", GOOD).await;
    slow.target.port = Some(silent.port);
    let began = Instant::now();
    let seen = look(&slow, &reach()).await;
    assert_eq!(seen.answer, Answer::Silent(Reason::TimedOut));
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    let late = peer("S! slow 120\nS: x", GOOD).await;
    slow.target.port = Some(late.port);
    slow.slow_after = Some(Duration::from_millis(100));
    let seen = look(&slow, &reach()).await;
    assert_eq!(seen.answer, Answer::Refused(Reason::TooSlow));
    assert!(seen.took >= Duration::from_millis(120));
}

#[tokio::test]
async fn tls_certificates() {
    let tls = |days_left_min| Kind::Tls(Tls { days_left_min, ..Tls::default() });
    for (certificate, days, expected) in [
        (GOOD, 30, "succeeded"),
        (GOOD, 100_000, "refused certificate-ends-soon"),
        (Certificate { name: "other.test", ..GOOD }, 0, "refused certificate-name"),
        (Certificate { years: (2020, 2021), ..GOOD }, 0, "refused certificate-expired"),
        (Certificate { is_signed_by_root: false, ..GOOD }, 0, "refused certificate-issuer"),
    ] {
        // rustls turns down old versions, so only the certificate is in question.
        let seen = look_at(tls(days), "S! tls\nS! wait", certificate).await;
        assert_eq!(shown(seen.answer), expected, "{certificate:?} {seen:?}");
    }
    let named = Tls { name: Some("shop.test".to_owned()), ..Tls::default() };
    let shop = Certificate { name: "shop.test", ..GOOD };
    assert_eq!(look_at(Kind::Tls(named), "S! tls\nS! wait", shop).await.answer, Answer::Succeeded);
}

/// A server that answers a ClientHello up to `newest` as an old one would.
async fn old_server(newest: u8) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("listener");
    let port = listener.local_addr().expect("address").port();
    let acceptor = tokio_rustls::TlsAcceptor::from(common::server_config(GOOD));
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = [0; 11];
            while stream.peek(&mut head).await.unwrap_or(11) < 11 {}
            let minor = head[10];
            // A modern client offers 1.2 at least in this place.
            if minor >= 3 {
                let acceptor = acceptor.clone();
                tokio::spawn(async move { acceptor.accept(stream).await });
            } else if minor <= newest {
                let hello = [22, 3, minor, 0, 50, 2, 0, 0, 46, 3, minor];
                stream.write_all(&[&hello[..], &[0; 44]].concat()).await.ok();
            } else {
                stream.write_all(&[21, 3, minor, 0, 2, 2, 70]).await.ok();
            }
        }
    });
    port
}

#[tokio::test]
async fn old_tls_versions() {
    for (newest, lowest, expected) in [
        (0, TlsVersion::V1_2, "succeeded"),
        (1, TlsVersion::V1_2, "refused old-tls"),
        (2, TlsVersion::V1_2, "refused old-tls"),
        (2, TlsVersion::V1_0, "succeeded"),
        (1, TlsVersion::V1_1, "refused old-tls"),
    ] {
        let port = old_server(newest).await;
        let tls = Kind::Tls(Tls { lowest, ..Tls::default() });
        let seen = look(&check(tls, port), &reach()).await;
        assert_eq!(shown(seen.answer), expected, "newest {newest}, lowest {lowest:?}");
    }
}

const OK: &str = "S: HTTP/1.1 200 OK\nS: Content-Length: 6\nS: X-State: fine\nS:\nS: well";

#[tokio::test]
async fn http() {
    let ask = "C: GET / HTTP/1.1\nC: host: 127.0.0.1:*\nC: user-agent: yakusoku\nC: \n";
    let http = |expect| Kind::Http(Http { expect, ..Http::default() });
    let body = HttpExpect::BodyHas("well".to_owned());
    let header = HttpExpect::HeaderIs("x-state".to_owned(), "fine".to_owned());
    table(
        || http(vec![body.clone(), header.clone()]),
        &[
            (&format!("{ask}{OK}"), "succeeded"),
            (&format!("{ask}S: HTTP/1.1 503 no\nS: Content-Length: 0\nS:"), "refused status"),
            (&format!("{ask}S: HTTP/1.1 200 OK\nS: Content-Length: 0\nS:"), "refused content"),
            (
                &format!("{ask}S: HTTP/1.1 200 OK\nS: Content-Length: 9\nS:\nS: half"),
                "silent closed",
            ),
            (
                &format!("{ask}S: HTTP/1.1 200 OK\nS: Content-Length: 9\nS:\nS! wait"),
                "silent timed-out",
            ),
            (&format!("{ask}S: SSH-2.0-OpenSSH"), "refused protocol"),
            (ask, "silent closed"),
            (&format!("{ask}S! wait"), "silent timed-out"),
            (
                &format!("{ask}S: HTTP/1.1 200 OK\nS: X: {}\nS:", "x".repeat(200_000)),
                "refused protocol",
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn http_reads_no_more_than_it_is_told() {
    let body = format!(
        "S: HTTP/1.1 200 OK\nS:\n{}S! wait",
        format!("S: {}\n", "x".repeat(1_000)).repeat(30)
    );
    let script = format!("C: GET *\nC: host*\nC: user*\nC: \n{body}");
    let http = |expect| Kind::Http(Http { expect, body_max: 10_000, ..Http::default() });
    let seen = look_at(http(vec![]), &script, GOOD).await;
    assert_eq!(seen.answer, Answer::Succeeded, "{seen:?}");
    assert_eq!(seen.detail.figures[0].millionths, 10_000_000_000);
    let seen = look_at(http(vec![HttpExpect::BodyHas("y".to_owned())]), &script, GOOD).await;
    assert_eq!(seen.answer, Answer::Refused(Reason::TooLong));
}

#[tokio::test]
async fn https() {
    let https = |trust| Kind::Http(Http { tls: true, trust, ..Http::default() });
    let script = format!("S! tls\nC: GET *\nC: host*\nC: user*\nC: \n{OK}");
    let other = Certificate { name: "other.test", ..GOOD };
    assert_eq!(look_at(https(Trust::Roots), &script, GOOD).await.answer, Answer::Succeeded);
    assert_eq!(
        shown(look_at(https(Trust::Roots), &script, other).await.answer),
        "refused certificate-name"
    );
    assert_eq!(look_at(https(Trust::Anybody), &script, other).await.answer, Answer::Succeeded);
}

/// A server that sends whoever comes somewhere else.
async fn redirect(location: &str) -> u16 {
    let script = format!(
        "C: GET *\nC: host*\nC: user*\nC: \nS: HTTP/1.1 302 Found\nS: Location: {location}\nS: Content-Length: 0\nS:"
    );
    peer(&script, GOOD).await.port
}

#[tokio::test]
async fn redirects() {
    let end = peer(&format!("C: GET /new HTTP/1.1\nC: host*\nC: user*\nC: \n{OK}"), GOOD).await;
    let round = redirect("/again").await;
    for (location, max, expected) in [
        (format!("http://127.0.0.1:{}/new", end.port), 1, "succeeded"),
        (format!("http://127.0.0.1:{}/new", end.port), 0, "refused status"),
        (format!("http://127.0.0.1:{round}/"), 5, "refused redirect"),
        ("ftp://127.0.0.1/".to_owned(), 5, "refused redirect"),
    ] {
        let http = Kind::Http(Http { redirects_max: max, ..Http::default() });
        let seen = look(&check(http, redirect(&location).await), &reach()).await;
        assert_eq!(shown(seen.answer), expected, "{location} {seen:?}");
    }
}

#[tokio::test]
async fn a_customers_check_stays_outside() {
    let mut reach = reach();
    reach.policy = Policy::Public(vec![]);
    let http = |host: &str| {
        let kind = Kind::Http(Http { redirects_max: 3, ..Http::default() });
        watch::Check { target: Target::host(host), ..check(kind, 0) }
    };
    for host in ["127.0.0.1", "169.254.169.254", "10.0.0.1", "[::1]", "::ffff:127.0.0.1"] {
        let seen = look(&http(host), &reach).await;
        assert_eq!(seen.answer, Answer::Unseen(Reason::Forbidden), "{host}");
    }
    for kind in [Kind::Tcp(Tcp::default()), Kind::Ping(Ping::default()), Kind::Tls(Tls::default())]
    {
        let seen = look(&check(kind, 80), &reach).await;
        assert_eq!(seen.answer, Answer::Unseen(Reason::Forbidden));
    }
}

#[tokio::test]
async fn a_redirect_inside_is_not_followed() {
    // What leads inside: a page that may be looked at sends the check to one that may not.
    let inside = redirect("/").await;
    let outside = redirect(&format!("http://127.0.0.2:{inside}/")).await;
    let mut reach = reach();
    reach.policy = Policy::Anywhere;
    let kind = Kind::Http(Http { redirects_max: 3, ..Http::default() });
    let seen = look(&check(kind.clone(), outside), &reach).await;
    assert_eq!(shown(seen.answer), "silent connection-refused", "nobody listens on 127.0.0.2");
    // The same with the policy of the second address; 127.0.0.1 stands for the outside here.
    reach.policy =
        Policy::Without(vec![watch::Range { prefix: "127.0.0.2".parse().expect("ip"), bits: 32 }]);
    let seen = look(&check(kind, outside), &reach).await;
    assert_eq!(seen.answer, Answer::Unseen(Reason::Forbidden));
    assert_eq!(seen.detail.address, "127.0.0.1".parse::<IpAddr>().ok(), "never connected");
}

/// A name server that answers every question with these bytes after the question's own.
async fn name_server(flags: [u8; 2], answers: Vec<u8>, count: u8) -> u16 {
    let socket = UdpSocket::bind("127.0.0.1:0").await.expect("socket");
    let port = socket.local_addr().expect("address").port();
    tokio::spawn(async move {
        let mut question = [0; 512];
        while let Ok((length, from)) = socket.recv_from(&mut question).await {
            let mut answer = question[..length].to_vec();
            answer[2..4].copy_from_slice(&flags);
            answer[7] = count;
            // What follows the question (an OPT record) is not repeated.
            answer[11] = 0;
            answer.extend(&answers);
            // Somebody else's answer first: another id.
            let mut other = answer.clone();
            other[0] ^= 1;
            socket.send_to(&other, from).await.ok();
            socket.send_to(&answer, from).await.ok();
        }
    });
    port
}

#[tokio::test]
async fn dns() {
    let a = [&[0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 5, 0, 4][..], &[192, 0, 2, 7]].concat();
    let dns = |values: &[&str], authoritative| {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        let (name, record) = ("www.test".to_owned(), "a".to_owned());
        Kind::Dns(Dns { name, record, values, authoritative, tcp: false })
    };
    for (flags, answers, count, values, authoritative, expected) in [
        ([0x84, 0], a.clone(), 1, &["192.0.2.7"][..], true, "succeeded"),
        ([0x80, 0], a.clone(), 1, &["192.0.2.7"], false, "succeeded"),
        ([0x80, 0], a.clone(), 1, &[], true, "refused not-authoritative"),
        ([0x84, 0], a.clone(), 1, &["192.0.2.8"], false, "refused values"),
        ([0x84, 0], vec![], 0, &[], false, "refused values"),
        ([0x84, 3], vec![], 0, &[], false, "refused dns-error"),
        ([0x80, 2], vec![], 0, &[], false, "refused dns-error"),
        ([0x80, 5], vec![], 0, &[], false, "refused dns-error"),
    ] {
        let port = name_server(flags, answers, count).await;
        let seen = look(&check(dns(values, authoritative), port), &reach()).await;
        assert_eq!(shown(seen.answer), expected, "{flags:?} {values:?} {seen:?}");
    }
    let silent = UdpSocket::bind("127.0.0.1:0").await.expect("socket");
    let port = silent.local_addr().expect("address").port();
    let seen = look(&check(dns(&[], false), port), &reach()).await;
    assert_eq!(seen.answer, Answer::Silent(Reason::TimedOut));
    drop(silent);
    let seen = look(&check(dns(&[], false), port), &reach()).await;
    assert_eq!(seen.answer, Answer::Silent(Reason::ConnectionRefused));
}

/// A server that says these bytes after each read.
async fn says(words: Vec<Vec<u8>>, is_first: bool) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("listener");
    let port = listener.local_addr().expect("address").port();
    let words = Arc::new(words);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let words = words.clone();
            tokio::spawn(async move {
                let mut heard = [0; 4_096];
                for (n, word) in words.iter().enumerate() {
                    if (n > 0 || !is_first) && stream.read(&mut heard).await.unwrap_or(0) == 0 {
                        return;
                    }
                    stream.write_all(word).await.ok();
                }
            });
        }
    });
    port
}

fn database() -> Database {
    Database {
        login: Login { user: "probe".to_owned(), password: Secret("hush".to_owned()) },
        database: "shop".to_owned(),
        wrap: Wrap::Plain,
        trust: Trust::Roots,
        query: String::new(),
        expect: Some("1".to_owned()),
        size: None,
    }
}

#[tokio::test]
async fn databases_that_misbehave() {
    let error = |code: &str| {
        let content = format!("SFATAL\0C{code}\0Mno\0\0");
        let length = u32::try_from(content.len() + 4).expect("length").to_be_bytes();
        [&b"E"[..], &length, content.as_bytes()].concat()
    };
    let clear = [&b"R"[..], &[0, 0, 0, 8, 0, 0, 0, 3]].concat();
    for (words, expected) in [
        (error("28P01"), "refused login-refused"),
        (error("57P03"), "refused command-refused"),
        (clear, "refused login-method"),
        (b"HTTP/1.1 400 Bad Request\r\n".to_vec(), "refused protocol"),
        (vec![b'R', 0x7f, 0, 0, 0], "refused too-long"),
        (vec![b'R', 0, 0], "silent closed"),
    ] {
        let port = says(vec![words], false).await;
        let seen = look(&check(Kind::Postgres(database()), port), &reach()).await;
        assert_eq!(shown(seen.answer), expected, "{seen:?}");
    }
    let too_many = b"\x17\0\0\0\xff\x10\x04Too many connections".to_vec();
    for (words, expected) in [
        (too_many, "refused greeting"),
        (b"220 ftp".to_vec(), "refused protocol"),
        (b"\x01\0\0\0\x09".to_vec(), "refused protocol"),
        (vec![], "silent closed"),
    ] {
        let port = says(vec![words], true).await;
        let seen = look(&check(Kind::Mysql(database()), port), &reach()).await;
        assert_eq!(shown(seen.answer), expected, "{seen:?}");
    }
    let no_tls = says(vec![b"N".to_vec()], false).await;
    let wrapped = Database { wrap: Wrap::Upgrade, ..database() };
    let seen = look(&check(Kind::Postgres(wrapped), no_tls).clone(), &reach()).await;
    assert_eq!(shown(seen.answer), "refused no-tls");
}

#[tokio::test]
async fn plugins() {
    let plugin = |script: &str, warning_is_up| {
        let command = ["/bin/sh", "-c", script].map(str::to_owned).to_vec();
        let environment = vec![("WORD".to_owned(), Secret("hush".to_owned()))];
        Kind::Plugin(Plugin { command, environment, warning_is_up })
    };
    for (script, warning_is_up, expected) in [
        ("echo 'DISK OK | /=5MB;8;9;0;10'", false, "succeeded"),
        ("echo WARNING; exit 1", false, "refused plugin-warning"),
        ("echo WARNING; exit 1", true, "succeeded"),
        ("echo CRITICAL; exit 2", false, "refused plugin-critical"),
        ("echo UNKNOWN; exit 3", false, "unseen plugin-broken"),
        ("kill -9 $$", false, "unseen plugin-broken"),
        ("test \"$WORD\" = hush && test -z \"$HOME\"", false, "succeeded"),
        ("yes | head -c 300000", false, "succeeded"),
        ("sleep 60 & echo left a child", false, "succeeded"),
        ("sleep 60", false, "silent timed-out"),
    ] {
        let seen = look(&check(plugin(script, warning_is_up), 0), &reach()).await;
        assert_eq!(shown(seen.answer), expected, "{script} {seen:?}");
    }
    let seen =
        look(&check(plugin("echo 'DISK OK | /=5MB;8'; echo more", false), 0), &reach()).await;
    assert_eq!(seen.detail.said.as_deref(), Some("DISK OK"));
    assert_eq!(seen.detail.figures.len(), 1);
    let missing =
        Plugin { command: vec!["/nowhere".to_owned()], environment: vec![], warning_is_up: false };
    let seen = look(&check(Kind::Plugin(missing), 0), &reach()).await;
    assert_eq!(shown(seen.answer), "unseen plugin-broken");
}

#[tokio::test]
async fn a_plugin_goes_with_all_its_children() {
    let folder = tempfile::tempdir().expect("folder");
    let mark = folder.path().join("mark");
    let script = format!("(sleep 1; touch {}) & sleep 60", mark.display());
    let command = ["/bin/sh", "-c", &script].map(str::to_owned).to_vec();
    let kind = Kind::Plugin(Plugin { command, environment: vec![], warning_is_up: false });
    let mut short = check(kind, 0);
    short.timeout = Duration::from_millis(300);
    assert_eq!(look(&short, &reach()).await.answer, Answer::Silent(Reason::TimedOut));
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert!(!mark.exists(), "the child lived on");
}

#[tokio::test]
async fn heartbeats() {
    let reach = reach();
    let mut beat = check(Kind::Heartbeat(Heartbeat { within: Duration::from_secs(1) }), 0);
    "backup".clone_into(&mut beat.name);
    assert_eq!(look(&beat, &reach).await.answer, Answer::Unseen(Reason::TooEarly));
    reach.beats.beat("backup").expect("room");
    assert_eq!(look(&beat, &reach).await.answer, Answer::Succeeded);
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    assert_eq!(look(&beat, &reach).await.answer, Answer::Silent(Reason::NoBeat));
}

#[tokio::test]
async fn pings() {
    let ping = |host: &str| watch::Check {
        target: Target::host(host),
        ..check(Kind::Ping(Ping::default()), 0)
    };
    let seen = look(&ping("127.0.0.1"), &reach()).await;
    if seen.answer == Answer::Unseen(Reason::OwnTrouble) {
        return; // no permission here, and the answer says so
    }
    assert_eq!(seen.answer, Answer::Succeeded, "{seen:?}");
    assert_eq!(seen.detail.figures[0].millionths, 0, "none lost");
    if std::net::UdpSocket::bind("[::1]:0").is_ok() {
        let seen = look(&ping("::1"), &reach()).await;
        assert_eq!(seen.answer, Answer::Succeeded, "{seen:?}");
    }
    // Nobody has this address, or no route leads there; never is that a success.
    let seen = look(&ping("240.0.0.1"), &reach()).await;
    assert_ne!(seen.answer, Answer::Succeeded, "{seen:?}");
}
