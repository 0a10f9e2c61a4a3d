//! Where the checks of customers may look: every kind asks about the address that is connected to, after
//! DNS, in every spelling, and a name that changes its mind gains nothing.

mod common;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use common::check;
use tokio::net::{TcpListener, UdpSocket};
use watch::{
    Answer, Check, Database, Dns, Http, Kind, Login, Mailbox, Ping, Policy, Range, Reach, Reason,
    Roots, Secret, Smtp, Target, Tcp, Tls, Trust, Wrap, look,
};

fn now() -> jiff::Timestamp {
    "2026-11-22T00:00:00Z".parse().expect("an instant")
}

/// An address that is our own, though it is public.
const OWN: &str = "198.0.2.7";

fn policy() -> Policy {
    Policy::Public(vec![Range { prefix: OWN.parse().expect("an address"), bits: 32 }])
}

/// A reach of customers whose name server answers each question for an address with the next of these.
async fn reach(answers: Vec<IpAddr>) -> (Reach, Arc<AtomicU32>) {
    let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a socket");
    let server: SocketAddr = socket.local_addr().expect("bound");
    let asked = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&asked);
    tokio::spawn(async move {
        let mut question = [0; 512];
        while let Ok((length, from)) = socket.recv_from(&mut question).await {
            let end = end_of_question(&question[..length]);
            let is_v6 = question[end - 3] == 28;
            let mut answer = question[..end].to_vec();
            answer[2..4].copy_from_slice(&[0x81, 0x80]);
            answer[6..12].copy_from_slice(&[0, 0, 0, 0, 0, 0]);
            let turn = if is_v6 { None } else { Some(counted.fetch_add(1, Ordering::Relaxed)) };
            let turn = turn.map(|turn| answers[turn as usize % answers.len()]);
            if let Some(IpAddr::V4(ip)) = turn {
                answer[7] = 1;
                // The name of the question, A, IN, not to be kept, four bytes.
                answer.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4]);
                answer.extend(ip.octets());
            }
            let _ = socket.send_to(&answer, from).await;
        }
    });
    let mut reach = Reach::new(Some(&[server]), &Roots::Mozilla, now).expect("a reach");
    reach.policy = policy();
    (reach, asked)
}

/// Where the question of a message ends: after its name, type and class.
fn end_of_question(message: &[u8]) -> usize {
    let mut place = 12;
    while message[place] != 0 {
        place += usize::from(message[place]) + 1;
    }
    place + 5
}

fn database() -> Database {
    Database {
        login: Login { user: "probe".to_owned(), password: Secret("hush".to_owned()) },
        database: "shop".to_owned(),
        wrap: Wrap::Plain,
        trust: Trust::Roots,
        query: String::new(),
        expect: None,
        size: None,
    }
}

/// Every kind that connects.
fn kinds() -> Vec<Kind> {
    vec![
        Kind::Ping(Ping::default()),
        Kind::Tcp(Tcp::default()),
        Kind::Tls(Tls::default()),
        Kind::Http(Http::default()),
        Kind::Smtp(Smtp::default()),
        Kind::Pop3(Mailbox::default()),
        Kind::Imap(Mailbox::default()),
        Kind::Ftp(Mailbox::default()),
        Kind::Dns(Dns {
            name: "a.example".to_owned(),
            record: "A".to_owned(),
            values: Vec::new(),
            authoritative: false,
            tcp: false,
        }),
        Kind::Postgres(database()),
        Kind::Mysql(database()),
    ]
}

fn at(kind: Kind, host: &str) -> Check {
    let timeout = Duration::from_millis(1_500);
    let target = match kind {
        Kind::Ping(_) => Target::host(host),
        _ => Target::port(host, 80),
    };
    Check { timeout, target, ..check(kind, 80) }
}

#[tokio::test]
async fn no_kind_looks_inside_by_an_address() {
    let (reach, asked) = reach(vec![Ipv4Addr::LOCALHOST.into()]).await;
    for kind in kinds() {
        for host in [
            "127.0.0.1",
            "0.0.0.0",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "224.0.0.1",
            OWN,
            "::1",
            "[::1]",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "::ffff:198.0.2.7",
            "fe80::1",
            "fc00::1",
            "fd00:ec2::254",
            "64:ff9b::a9fe:a9fe",
            "2002:7f00:1::1",
        ] {
            let seen = look(&at(kind.clone(), host), &reach).await;
            assert_eq!(seen.answer, Answer::Unseen(Reason::Forbidden), "{kind:?} {host}");
            assert_eq!(seen.detail.address, None, "{kind:?} {host}: never connected");
        }
    }
    assert_eq!(asked.load(Ordering::Relaxed), 0, "an address needs no name server");
}

#[tokio::test]
async fn no_kind_looks_inside_by_a_name() {
    for inside in ["127.0.0.1", "10.0.0.1", "169.254.169.254", OWN] {
        let (reach, _) = reach(vec![inside.parse().expect("an address")]).await;
        for kind in kinds() {
            let seen = look(&at(kind.clone(), "www.example.jp"), &reach).await;
            assert_eq!(seen.answer, Answer::Unseen(Reason::Forbidden), "{kind:?} {inside}");
        }
    }
}

/// The name leads outside while it is checked and inside afterwards: it is looked up once for each
/// connection, and what was allowed is what is connected to.
#[tokio::test]
async fn a_name_that_changes_its_mind_gains_nothing() {
    let inside = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let port = inside.local_addr().expect("bound").port();
    // Nobody answers at the first; a look ends with its timeout.
    let outside: IpAddr = "93.184.216.34".parse().expect("an address");
    let (reach, asked) = reach(vec![outside, Ipv4Addr::LOCALHOST.into()]).await;
    let mut http = at(Kind::Http(Http::default()), "rebinding.example.jp");
    http.target = Target::port("rebinding.example.jp", port);
    http.timeout = Duration::from_millis(400);
    for turn in 1..=4 {
        let seen = look(&http, &reach).await;
        match turn % 2 {
            1 => assert_eq!(seen.detail.address, Some(outside), "{seen:?}"),
            _ => assert_eq!(seen.answer, Answer::Unseen(Reason::Forbidden), "{seen:?}"),
        }
        assert_eq!(asked.load(Ordering::Relaxed), turn, "asked once for each connection");
    }
    let nobody = tokio::time::timeout(Duration::from_millis(50), inside.accept()).await;
    assert!(nobody.is_err(), "nobody came in");
}
