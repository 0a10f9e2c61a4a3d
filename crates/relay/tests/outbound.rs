//! A whole relay on loopback in front of a server that misbehaves as its script says.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use mail::roster::{
    Admission, AdmissionRule, Composition, Delivery, HostPort, InboundLimits, OutboundLimits,
    ReceivedStyle, RetrySchedule,
};
use relay::{Listener, Settings};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use vault::Vault;

/// What a server does on one connection.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Manner {
    /// Closes at MAIL.
    Breaks,
    /// Takes the message and says one reply too many.
    SaysTooMuch,
    /// Takes what comes.
    Polite,
}

/// Serves one connection after the other; answers how many messages each has taken.
async fn serve(listener: TcpListener, manners: &[Manner]) -> Vec<u32> {
    let mut taken = Vec::new();
    for manner in manners {
        let (stream, _) = listener.accept().await.expect("a connection");
        taken.push(serve_one(stream, *manner).await);
    }
    taken
}

async fn serve_one(stream: TcpStream, manner: Manner) -> u32 {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    let mut taken = 0;
    let mut in_data = false;
    write.write_all(b"220 test\r\n").await.expect("greeted");
    while let Ok(Some(line)) = lines.next_line().await {
        let answer: &[u8] = match line.split([' ', ':']).next().unwrap_or_default() {
            "." if in_data => {
                in_data = false;
                taken += 1;
                match manner {
                    Manner::SaysTooMuch => b"250 taken\r\n250 and more\r\n",
                    _ => b"250 taken\r\n",
                }
            }
            _ if in_data => continue,
            "MAIL" if manner == Manner::Breaks => return taken,
            "DATA" => {
                in_data = true;
                b"354 go\r\n"
            }
            "QUIT" => return taken,
            _ => b"250 ok\r\n",
        };
        if write.write_all(answer).await.is_err() {
            break;
        }
    }
    taken
}

fn composition(server: u16) -> Composition {
    let second = Duration::from_secs(1);
    Composition {
        name: "test".to_owned(),
        delivery: Delivery::Via(HostPort { host: "127.0.0.1".to_owned(), port: server }),
        admission: Admission {
            rule: AdmissionRule::Address,
            addresses: vec!["127.0.0.1".parse().expect("an address")],
        },
        limits: InboundLimits::default(),
        routes: vec![],
        received: ReceivedStyle::None,
        retry: RetrySchedule { waits: vec![second], expires_after: 60 * second },
        outbound: OutboundLimits {
            connections: 1,
            idle: 2 * second,
            rest: second / 5,
            ..OutboundLimits::default()
        },
        default_signing_domain: None,
    }
}

async fn submit(to: std::net::SocketAddr, messages: usize) {
    let (read, mut write) = TcpStream::connect(to).await.expect("connected").into_split();
    let mut lines = BufReader::new(read).lines();
    let message = ["MAIL FROM:<>", "RCPT TO:<b@x.example>", "DATA", "Subject: x\r\n\r\nx\r\n."];
    let commands =
        std::iter::once("HELO me").chain(std::iter::repeat_n(message, messages).flatten());
    lines.next_line().await.expect("a greeting");
    for command in commands {
        write.write_all(format!("{command}\r\n").as_bytes()).await.expect("written");
        let answer = lines.next_line().await.expect("an answer").unwrap_or_default();
        assert!(answer.starts_with('2') || answer.starts_with('3'), "{command}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_misbehaves_gets_each_message_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let vault = Arc::new(Vault::from_master(&[1; 32]).expect("a vault"));
    let server = TcpListener::bind("127.0.0.1:0").await.expect("bound");
    let bind = TcpListener::bind("127.0.0.1:0").await.expect("bound");
    let ours = bind.local_addr().expect("an address");
    let settings = Settings {
        folder: folder.path().to_owned(),
        node: "local".to_owned(),
        hostname: "relay.example".to_owned(),
        helo: "relay.example".to_owned(),
        compositions: vec![composition(server.local_addr().expect("an address").port())],
        listeners: vec![Listener { composition: "test".to_owned(), bind, implicit_tls: false }],
        tls: None,
        resolvers: Some(vec![]),
        source_addresses: vec![],
        spool_limit: 1 << 30,
        mailbox_messages: 10,
        mailbox_bytes: 1 << 20,
        smtp_port: 25,
        clock: Timestamp::now,
    };
    let relay = relay::start(settings, vault).await.expect("started");
    submit(ours, 3).await;
    let manners = [Manner::Breaks, Manner::SaysTooMuch, Manner::Polite];
    let served = tokio::time::timeout(Duration::from_secs(30), serve(server, &manners)).await;
    let metrics = relay.metrics();
    assert_eq!(served.ok(), Some(vec![0, 1, 2]), "{metrics:?}");
    assert_eq!(metrics.custody.delivered, 3);
    assert_eq!(metrics.connections_failed, 1, "the connection that broke");
    assert_eq!(metrics.tasks_lost, 0);
    relay.stop(Duration::from_secs(5)).await;
}
