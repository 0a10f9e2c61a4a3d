//! Each courier against a small peer of our own: taken, not now, refused, silent, gone half-way.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use courier::{
    Command, Courier, Endpoint, MailRoute, Outcome, PagerDuty, Parcel, Secret, Style, Tls, Webhook,
    carry, trusting,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

fn parcel() -> Parcel {
    Parcel {
        id: "notice-7-1".into(),
        recipient: "ops@customer.example".into(),
        contract: "click-so-ko".into(),
        about: "maintenance".into(),
        event: "2026-12-10T02:00:00+09:00".parse().expect("an instant"),
        subject: "計画停止 <1>".into(),
        text: ".一行目\n二行目\n".into(),
        date: "2026-12-01T09:00:00+09:00[Asia/Tokyo]".parse().expect("a time"),
    }
}

/// Serves one connection: says the greeting, then one text for each time something is read, then
/// closes. What it heard comes back.
async fn peer(texts: &'static [&'static str]) -> (u16, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("its address").port();
    let heard = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a client");
        let mut heard = Vec::new();
        for (place, text) in texts.iter().enumerate() {
            if place > 0 {
                let mut buffer = [0; 64 * 1024];
                let read = stream.read(&mut buffer).await.expect("read");
                heard.extend_from_slice(&buffer[..read]);
            }
            stream.write_all(text.as_bytes()).await.expect("written");
        }
        drop(stream);
        String::from_utf8(heard).expect("UTF-8")
    });
    (port, heard)
}

fn mail(port: u16) -> Courier {
    Courier::Mail(MailRoute {
        host: "127.0.0.1".into(),
        port,
        tls: Tls::Auto,
        ca: None,
        login: Some(("notices".into(), Secret::new("geheim"))),
        from: mail_address("notice@provider.example"),
        helo: "office.provider.example".into(),
    })
}

fn mail_address(text: &str) -> mail::Address {
    mail::Address::parse(text).expect("an address")
}

const EHLO: &str = "250-hello\r\n250 AUTH PLAIN\r\n";

#[tokio::test]
async fn what_a_mail_server_says() {
    let later = |answer: &str, maybe_sent| Outcome::Later { answer: answer.into(), maybe_sent };
    let cases: [(&'static [&'static str], Outcome); 7] = [
        (
            &[
                "220 hi\r\n",
                EHLO,
                "235 ok\r\n",
                "250 ok\r\n",
                "250 ok\r\n",
                "354 go\r\n",
                "250 2.0.0 queued as 7\r\n",
            ],
            Outcome::Sent("127.0.0.1: 250 2.0.0 queued as 7".into()),
        ),
        (&["421 busy\r\n"], later("127.0.0.1: 421 busy", false)),
        (
            &["220 hi\r\n", EHLO, "535 5.7.8 no\r\n"],
            Outcome::Refused("127.0.0.1: 535 5.7.8 no".into()),
        ),
        (
            &["220 hi\r\n", EHLO, "235 ok\r\n", "250 ok\r\n", "550 5.1.1 nobody\r\n"],
            Outcome::Refused("127.0.0.1: 550 5.1.1 nobody".into()),
        ),
        (
            &[
                "220 hi\r\n",
                EHLO,
                "235 ok\r\n",
                "250 ok\r\n",
                "250 ok\r\n",
                "354 go\r\n",
                "452 full\r\n",
            ],
            later("127.0.0.1: 452 full", false),
        ),
        (
            &["220 hi\r\n", EHLO, "235 ok\r\n", "250 ok\r\n"],
            later("127.0.0.1 ended the session", false),
        ),
        // It is gone behind the message: nobody knows whether it was taken.
        (
            &["220 hi\r\n", EHLO, "235 ok\r\n", "250 ok\r\n", "250 ok\r\n", "354 go\r\n", ""],
            later("127.0.0.1 ended the session", true),
        ),
    ];
    for (texts, expected) in cases {
        let (port, _heard) = peer(texts).await;
        let outcome = carry(&mail(port), &parcel()).await;
        match (&outcome, &expected) {
            // A peer that closes early may reset the connection instead.
            (Outcome::Later { maybe_sent: got, .. }, Outcome::Later { maybe_sent, .. }) => {
                assert_eq!(got, maybe_sent, "{texts:?}: {outcome:?}");
            }
            _ => assert_eq!(outcome, expected, "{texts:?}"),
        }
    }
}

#[tokio::test]
async fn a_mail_says_what_it_is() {
    let (port, heard) = peer(&[
        "220 hi\r\n",
        EHLO,
        "235 ok\r\n",
        "250 ok\r\n",
        "250 ok\r\n",
        "354 go\r\n",
        "250 ok\r\n",
    ])
    .await;
    carry(&mail(port), &parcel()).await;
    let heard = heard.await.expect("served");
    for part in [
        "EHLO office.provider.example\r\n",
        "AUTH PLAIN AG5vdGljZXMAZ2VoZWlt\r\n",
        "MAIL FROM:<notice@provider.example>\r\n",
        "RCPT TO:<ops@customer.example>\r\n",
        "Message-ID: <notice-7-1@provider.example>\r\n",
        "Auto-Submitted: auto-generated\r\n",
        "Date: Tue, 1 Dec 2026 09:00:00 +0900\r\n",
    ] {
        assert!(heard.contains(part), "{part} is not in {heard}");
    }
}

#[tokio::test]
async fn a_password_stays_here_where_it_would_be_heard() {
    let nobody = Courier::Mail(MailRoute { tls: Tls::Starttls, ..route(mail(9)) });
    assert!(matches!(carry(&nobody, &parcel()).await, Outcome::Later { maybe_sent: false, .. }));
    let (port, heard) = peer(&["220 hi\r\n", EHLO, ""]).await;
    let strict = Courier::Mail(MailRoute { tls: Tls::Starttls, ..route(mail(port)) });
    let outcome = carry(&strict, &parcel()).await;
    assert_eq!(outcome, Outcome::Refused("127.0.0.1 does not offer STARTTLS".into()));
    assert!(!heard.await.expect("served").contains("AUTH"));
    assert!(!format!("{:?}", mail(25)).contains("geheim"));
}

fn route(courier: Courier) -> MailRoute {
    match courier {
        Courier::Mail(route) => route,
        other => panic!("no mail: {other:?}"),
    }
}

fn endpoint(port: u16, private: bool) -> Endpoint {
    let tls = trusting(None).expect("TLS");
    let scheme = if private { "http" } else { "https" };
    Endpoint::new(&format!("{scheme}://127.0.0.1:{port}/hook?key=geheim"), private, tls)
        .expect("an address")
}

fn webhook(port: u16, style: Style) -> Courier {
    Courier::Webhook(Webhook { endpoint: endpoint(port, true), style })
}

#[tokio::test]
async fn what_a_web_server_says() {
    let (port, heard) = peer(&["", "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"]).await;
    let outcome = carry(&webhook(port, Style::Slack), &parcel()).await;
    assert_eq!(outcome, Outcome::Sent("127.0.0.1: HTTP 200 ok".into()));
    let heard = heard.await.expect("served");
    assert!(heard.starts_with("POST /hook?key=geheim HTTP/1.1\r\n"), "{heard}");
    assert!(heard.contains("idempotency-key: notice-7-1\r\n"), "{heard}");
    assert!(heard.ends_with(r#"{"text":"*計画停止 &lt;1&gt;*\n.一行目\n二行目\n"}"#), "{heard}");

    let (port, heard) = peer(&["", "HTTP/1.1 204 No Content\r\n\r\n"]).await;
    let outcome = carry(&webhook(port, Style::Json), &parcel()).await;
    assert_eq!(outcome, Outcome::Sent("127.0.0.1: HTTP 204".into()));
    let heard = heard.await.expect("served");
    let body = heard.split("\r\n\r\n").nth(1).expect("a body");
    let body: serde_json::Value = serde_json::from_str(body).expect("JSON");
    assert_eq!(body["event"], "2026-12-09T17:00:00Z");
    assert_eq!(body["contract"], "click-so-ko");

    let redirect =
        "HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\n\r\n";
    let redirect: &'static [&'static str] = Box::leak(Box::new(["", redirect]));
    let (port, _) = peer(redirect).await;
    let outcome = carry(&webhook(port, Style::Json), &parcel()).await;
    assert!(matches!(&outcome, Outcome::Refused(why) if why.contains("redirects")), "{outcome:?}");

    let (port, _) = peer(&["", ""]).await;
    let outcome = carry(&webhook(port, Style::Json), &parcel()).await;
    assert!(matches!(outcome, Outcome::Later { maybe_sent: true, .. }), "{outcome:?}");
}

#[tokio::test]
async fn private_addresses_are_out_of_reach() {
    let (port, heard) = peer(&[""]).await;
    let courier = Courier::Webhook(Webhook { endpoint: endpoint(port, false), style: Style::Json });
    let Outcome::Later { answer, maybe_sent: false } = carry(&courier, &parcel()).await else {
        panic!("it was reached")
    };
    assert!(answer.contains("its address is private"), "{answer}");
    assert!(!answer.contains("geheim"), "{answer}");
    heard.abort();
}

#[tokio::test]
async fn those_on_call_hear_it() {
    let (port, heard) = peer(&["", "HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n"]).await;
    let duty = Courier::PagerDuty(PagerDuty {
        endpoint: endpoint(port, true),
        routing_key: Secret::new("r0uting"),
        source: "office.provider.example".into(),
    });
    assert!(!format!("{duty:?}").contains("r0uting"));
    let outcome = carry(&duty, &parcel()).await;
    assert_eq!(outcome, Outcome::Sent("127.0.0.1: HTTP 202".into()));
    let heard = heard.await.expect("served");
    let body = heard.split("\r\n\r\n").nth(1).expect("a body");
    let body: serde_json::Value = serde_json::from_str(body).expect("JSON");
    assert_eq!(body["routing_key"], "r0uting");
    assert_eq!(body["dedup_key"], "notice-7-1");
    assert_eq!(body["payload"]["severity"], "info");
}

#[tokio::test]
async fn what_a_command_does() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("out");
    let script = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).expect("written");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("set");
        path
    };
    let run = async |program: std::path::PathBuf, arguments: &[&str]| {
        let arguments = arguments.iter().map(|word| (*word).to_owned()).collect();
        let time_max = Duration::from_millis(1_500);
        carry(&Courier::Command(Command { program, arguments, time_max }), &parcel()).await
    };
    let publish = script("publish", "cat > \"$1\"; env >> \"$1\"; echo posted as 12; echo more");
    let file = out.to_str().expect("UTF-8");
    assert_eq!(run(publish.clone(), &[file]).await, Outcome::Sent("posted as 12".into()));
    let heard = std::fs::read_to_string(&out).expect("it was run");
    assert!(heard.contains(r#""subject":"計画停止 <1>""#), "{heard}");
    assert!(!heard.contains("CARGO"), "our environment stays here: {heard}");
    // No shell reads the arguments.
    let odd = folder.path().join("$(touch x)");
    run(publish, &[odd.to_str().expect("UTF-8")]).await;
    assert!(odd.exists());

    let cases = [
        (
            "later",
            "exit 75",
            Outcome::Later { answer: "exit status 75 ".into(), maybe_sent: false },
        ),
        ("no", "echo why; exit 2", Outcome::Refused("exit status 2 why".into())),
        ("quiet", "exit 0", Outcome::Sent("exit status 0".into())),
    ];
    for (name, text, expected) in cases {
        assert_eq!(run(script(name, text), &[]).await, expected, "{name}");
    }
    let slow = run(script("slow", "sleep 30 & sleep 30"), &[]).await;
    assert!(matches!(slow, Outcome::Later { maybe_sent: true, .. }), "{slow:?}");
    let gone = run(folder.path().join("gone"), &[]).await;
    assert!(matches!(gone, Outcome::Later { maybe_sent: false, .. }), "{gone:?}");
}
