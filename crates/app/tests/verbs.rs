//! The verbs over real records, a roster file and a pretended relay.

use std::fs;
use std::net::IpAddr;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use app::accounts::{self, AccountKind, SignIn};
use app::{AppError, Office, RelayFolder, domains, first_run, queue};
use jiff::{SignedDuration, Timestamp};
use mail::SpoolId;
use mail::queue::{Answer, QueueReport};
use mail::roster::{Algorithm, Roster};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixListener;

const PASSWORD: &str = "correct horse battery";

async fn office() -> (Office, TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let vault = Arc::new(vault::Vault::from_master(&[7; 32]).expect("a 32-byte key"));
    let url = format!("sqlite:{}", folder.path().join("records.db").display());
    let store = store::Store::open(&url, vault.clone()).await.expect("opened");
    let relay = RelayFolder(folder.path().join("relay"));
    (Office::new(store, vault, relay, Vec::new()), folder)
}

fn now() -> Timestamp {
    "2026-11-22T01:00:00Z".parse().expect("a time")
}

fn home() -> IpAddr {
    IpAddr::from([192, 0, 2, 1])
}

fn sentence<T>(result: Result<T, AppError>) -> String {
    match result {
        Err(AppError::Refused(why)) => why.to_string(),
        Err(other) => format!("not a refusal: {other}"),
        Ok(_) => "done".to_owned(),
    }
}

fn roster(office: &Office) -> Roster {
    let path = office.relay.roster();
    let mode = fs::metadata(&path).expect("a roster").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    serde_json::from_slice(&fs::read(path).expect("read")).expect("a roster")
}

#[tokio::test]
async fn a_person_signs_in_and_out() {
    let (office, _folder) = office().await;
    accounts::add(&office, AccountKind::Administrator, "hanako", PASSWORD, now())
        .await
        .expect("added");
    let signed_in =
        accounts::sign_in(&office, "Hanako", PASSWORD, home(), now()).await.expect("asked");
    let SignIn::Session(session) = signed_in else { panic!("{signed_in:?}") };
    assert_eq!((session.login.as_str(), session.token.len()), ("hanako", 43));
    assert_eq!(session.expires, now() + SignedDuration::from_hours(12));
    let again = accounts::session(&office, &session.token, now()).await.expect("asked");
    assert_eq!(again.as_ref(), Some(&session), "the same form secret each time");
    let late = accounts::session(&office, &session.token, session.expires).await.expect("asked");
    assert_eq!(late, None);
    accounts::sign_out(&office, &session.token).await.expect("signed out");
    assert_eq!(accounts::session(&office, &session.token, now()).await.expect("asked"), None);
}

#[tokio::test]
async fn five_wrong_tries_shut_the_door_for_a_quarter_of_an_hour() {
    let (office, _folder) = office().await;
    accounts::add(&office, AccountKind::Administrator, "hanako", PASSWORD, now())
        .await
        .expect("added");
    let other = IpAddr::from([192, 0, 2, 2]);
    let until =
        |minute: i64| SignIn::Throttled { until: now() + SignedDuration::from_mins(minute) };
    // (minute, login, right password, from home, expected; None is a session)
    let story = [
        (0, "hanako", false, true, Some(SignIn::Wrong)),
        (1, "hanako", true, true, None),
        (2, "hanako", false, true, Some(SignIn::Wrong)),
        (3, "hanako", false, true, Some(SignIn::Wrong)),
        (4, "hanako", false, true, Some(SignIn::Wrong)),
        (5, "hanako", false, true, Some(SignIn::Wrong)),
        // Home has its fifth wrong try in a window with one of a login that does not exist.
        (6, "nobody", false, false, Some(SignIn::Wrong)),
        (6, "hanako", false, false, Some(SignIn::Wrong)),
        (7, "hanako", true, true, Some(until(17))),
        (7, "hanako", true, false, Some(until(17))),
        (7, "taro", true, true, Some(until(15))),
        (17, "hanako", true, true, None),
    ];
    for (minute, login, is_right, is_home, expected) in story {
        let at = now() + SignedDuration::from_mins(minute);
        let password = if is_right { PASSWORD } else { "wrong" };
        let from = if is_home { home() } else { other };
        let got = accounts::sign_in(&office, login, password, from, at).await.expect("asked");
        let got = if matches!(got, SignIn::Session(_)) { None } else { Some(got) };
        assert_eq!(got, expected, "minute {minute}, {login}");
    }
}

#[tokio::test]
async fn accounts_are_refused_in_sentences() {
    let (office, _folder) = office().await;
    let add = |kind, name: &'static str, password: &'static str| {
        let office = &office;
        async move { sentence(accounts::add(office, kind, name, password, now()).await) }
    };
    use AccountKind::{Administrator, ApiUser};
    assert_eq!(add(Administrator, "hanako", PASSWORD).await, "done");
    let cases = [
        (Administrator, "taro", "short", "the password needs at least 12 characters"),
        (
            ApiUser,
            "api@example.jp",
            "letters-only",
            "the password needs at least 8 characters, with letters and digits",
        ),
        (
            Administrator,
            "HANAKO",
            PASSWORD,
            "there is an account HANAKO already: choose another name, or set its password",
        ),
        (
            ApiUser,
            "api",
            "abcd1234",
            "the name of an API user has the form of an address, such as api@example.jp: \
             an address needs a local part, an @ and a domain",
        ),
    ];
    for (kind, name, password, expected) in cases {
        assert_eq!(add(kind, name, password).await, expected);
    }
    let removed = accounts::remove(&office, Administrator, "hanako").await;
    assert_eq!(sentence(removed), "hanako is the last administrator: add another one first");
    let removed = accounts::remove(&office, ApiUser, "x@example.jp").await;
    assert_eq!(sentence(removed), "there is no account x@example.jp: look at the list");
    let set = accounts::set_password(&office, Administrator, "taro", PASSWORD, now()).await;
    assert_eq!(sentence(set), "there is no account taro: look at the list");
}

#[tokio::test]
async fn the_relay_learns_users_and_keys_from_the_roster() {
    let (office, _folder) = office().await;
    accounts::add(&office, AccountKind::ApiUser, "api@example.jp", "abcd1234", now())
        .await
        .expect("added");
    let domain = domains::add(&office, "Example.JP", now()).await.expect("added");
    assert_eq!(
        domain.keys,
        [
            ("y202611r".to_owned(), Algorithm::RsaSha256),
            ("y202611e".to_owned(), Algorithm::Ed25519Sha256)
        ]
    );
    let first = roster(&office);
    assert!(first.users[0].password_hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
    let domain = first.signing_domain("news.example.jp").expect("its parent signs");
    assert_eq!((domain.domain.as_str(), domain.keys.len()), ("example.jp", 2));
    accounts::set_password(&office, AccountKind::ApiUser, "api@example.jp", "efgh5678", now())
        .await
        .expect("set");
    let second = roster(&office);
    assert_ne!(first.users[0].password_hash, second.users[0].password_hash);
    domains::remove(&office, "example.jp").await.expect("removed");
    accounts::remove(&office, AccountKind::ApiUser, "api@example.jp").await.expect("removed");
    assert_eq!(roster(&office), Roster::default());
    let names: Vec<_> = fs::read_dir(&office.relay.0).expect("listed").collect();
    assert_eq!(names.len(), 1, "no draft is left behind");
}

#[tokio::test]
async fn a_domain_tells_the_records_to_publish() {
    let (office, _folder) = office().await;
    let refused = domains::records(&office, "example.jp", &[]).await;
    assert_eq!(sentence(refused), "example.jp is not one of our sending domains: add it first");
    domains::add(&office, "example.jp", now()).await.expect("added");
    let again = domains::add(&office, "example.jp", now()).await;
    assert_eq!(sentence(again), "example.jp is a sending domain already");
    let records = domains::records(&office, "Example.jp", &[home()]).await.expect("told");
    let told: Vec<_> = records.iter().map(|r| (r.purpose, r.name.as_str())).collect();
    assert_eq!(
        told,
        [
            ("SPF", "example.jp"),
            ("DKIM", "y202611e._domainkey.example.jp"),
            ("DKIM", "y202611r._domainkey.example.jp"),
            ("DMARC", "_dmarc.example.jp"),
        ]
    );
    assert_eq!(records[0].value, "v=spf1 ip4:192.0.2.1 ~all");
    assert!(records[1].value.starts_with("v=DKIM1; k=ed25519; p="), "{}", records[1].value);
    assert!(records[2].value.len() > 255 && records[2].zone_line.contains("\" \""));
}

#[tokio::test]
async fn the_first_run_makes_what_is_missing_once() {
    let (office, _folder) = office().await;
    let made = first_run::ensure(&office, now()).await.expect("made");
    assert_eq!(made.domain.as_deref(), Some("sandbox.example"));
    let (name, password) = made.api_user.expect("an API user");
    assert_eq!((name.as_str(), password.len()), ("api@sandbox.example", 23));
    let (login, password) = made.administrator.expect("an administrator");
    let signed_in =
        accounts::sign_in(&office, &login, &password, home(), now()).await.expect("asked");
    assert!(matches!(signed_in, SignIn::Session(_)));
    accounts::remove(&office, AccountKind::ApiUser, &name).await.expect("removed");
    let again = first_run::ensure(&office, now()).await.expect("asked");
    assert!(again == first_run::FirstRun::default(), "what was taken away stays away");
}

/// A relay that gives one answer and tells what it was asked.
async fn pretend_relay(office: &Office, answer: String) -> tokio::task::JoinHandle<String> {
    fs::create_dir_all(&office.relay.0).expect("made");
    let socket = office.relay.control_socket();
    // The one before has left its socket.
    if socket.exists() {
        fs::remove_file(&socket).expect("removed");
    }
    let listener = UnixListener::bind(socket).expect("bound");
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.expect("a caller");
        let mut stream = BufReader::new(stream);
        let mut question = String::new();
        stream.read_line(&mut question).await.expect("a question");
        stream.write_all(answer.as_bytes()).await.expect("answered");
        question
    })
}

#[tokio::test]
async fn the_relay_is_asked_over_its_socket() {
    let (office, _folder) = office().await;
    let line = |answer: &Answer| serde_json::to_string(answer).expect("JSON") + "\n";
    let report = QueueReport { node: "relay-1".into(), ..QueueReport::default() };
    let relay = pretend_relay(&office, line(&Answer::Queue(report.clone()))).await;
    assert_eq!(queue::report(&office.relay, 5_000).await.expect("answered"), report);
    let question = relay.await.expect("asked");
    assert_eq!(question, "{\"ask\":\"queue\",\"limit\":1000}\n");

    let relay = pretend_relay(&office, line(&Answer::Done { recipients: 3 })).await;
    assert_eq!(queue::retry(&office.relay, "example.com").await.expect("answered"), 3);
    let question = relay.await.expect("asked");
    assert_eq!(question, "{\"ask\":\"retry-destination\",\"name\":\"example.com\"}\n");

    let no = Answer::Refused { reason: "it is not in the queue".into() };
    let _relay = pretend_relay(&office, line(&no)).await;
    let refused = queue::fail(&office.relay, SpoolId::from_micros(1)).await;
    assert_eq!(sentence(refused), "it is not in the queue");

    let _relay = pretend_relay(&office, line(&Answer::Done { recipients: 3 })).await;
    let odd =
        queue::destination(&office.relay, "example.com", 10).await.expect_err("another question");
    assert!(matches!(odd, AppError::Relay(_)));

    let _relay = pretend_relay(&office, "{\"answer\":\"done\"".to_owned()).await;
    let half = queue::retry(&office.relay, "example.com").await.expect_err("half an answer");
    let cause = std::error::Error::source(&half).expect("a cause").to_string();
    assert!(cause.ends_with("control.sock: the answer ends half-way"), "{cause}");
}

#[tokio::test]
async fn a_relay_that_is_not_there_is_named() {
    let (office, _folder) = office().await;
    let error = queue::report(&office.relay, 10).await.expect_err("nobody there");
    assert_eq!(error.to_string(), "the relay does not answer: is it running?");
    let cause = std::error::Error::source(&error).expect("a cause").to_string();
    assert!(cause.contains("control.sock"), "{cause}");
}
