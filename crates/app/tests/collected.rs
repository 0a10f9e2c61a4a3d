//! What the relay leaves behind, as a person sees it: facts from its journal, mail in its
//! sandbox.

use std::fs;
use std::net::IpAddr;
use std::sync::Arc;

use app::deliveries::{Search, Slot, Status};
use app::{Office, RelayFolder, deliveries, domains, sandbox};
use jiff::{SignedDuration, Timestamp};
use mail::envelope::{Envelope, HeaderSummary, Recipient, Source};
use mail::fact::{Attempt, AttemptKind, Fact, Queued, Reply};
use mail::{Address, SpoolId};
use spool::journal::Journal;
use spool::mailbox::{Mailbox, MailboxEntry};
use tempfile::TempDir;
use vault::Vault;

struct House {
    office: Office,
    vault: Arc<Vault>,
    _folder: TempDir,
}

async fn house() -> House {
    let folder = tempfile::tempdir().expect("a folder");
    let vault = Arc::new(Vault::from_master(&[7; 32]).expect("a 32-byte key"));
    let url = format!("sqlite:{}", folder.path().join("records.db").display());
    let store = store::Store::open(&url, vault.clone()).await.expect("opened");
    let relay = RelayFolder(folder.path().join("relay"));
    let office = Office::new(store, vault.clone(), relay, Vec::new());
    House { office, vault, _folder: folder }
}

fn now() -> Timestamp {
    "2026-11-22T01:30:00Z".parse().expect("a time")
}

fn id(n: u64) -> SpoolId {
    SpoolId::from_micros(now().as_microsecond() as u64 + n)
}

/// A message that was accepted and delivered.
fn delivered(n: u64) -> [Fact; 2] {
    let queued = Queued {
        node: "relay-1".into(),
        message: id(n),
        recipient: 0,
        at: now(),
        composition: "sandbox".into(),
        to: format!("r{n}@example.com"),
        sender: Some("bounce@example.jp".into()),
        from: Some("hanako@example.jp".into()),
        subject: Some("件名".into()),
        message_id: Some(format!("{n}@example.jp")),
        api_data: None,
        source_ip: IpAddr::from([127, 0, 0, 1]),
        user: None,
        tls: None,
        size: 1_000,
    };
    let attempt = Attempt {
        node: "relay-1".into(),
        message: id(n),
        recipient: 0,
        step: 1,
        at: now() + SignedDuration::from_secs(1),
        outcome: AttemptKind::Succeeded,
        sender_ip: None,
        remote_host: Some("mx.example.com".into()),
        remote_address: None,
        reply: Some(Reply { code: 250, enhanced: Some((2, 0, 0)), text: "ok".into() }),
        tls: None,
        next_attempt: None,
    };
    [Fact::Queued(queued), Fact::Attempt(attempt)]
}

async fn collect_all(office: &Office) -> usize {
    let mut all = 0;
    loop {
        match deliveries::collect(office, now()).await.expect("collected") {
            0 => return all,
            some => all += some,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn facts_come_from_the_journal_once() {
    let house = house().await;
    let office = &house.office;
    assert_eq!(collect_all(office).await, 0, "there is no journal yet");
    let folder = office.relay.journal();
    fs::create_dir_all(&folder).expect("made");
    let journal = Journal::open(&folder, house.vault.clone()).expect("a journal");
    for n in 0..3_000 {
        journal.append(&delivered(n));
    }
    drop(journal);
    assert_eq!(collect_all(office).await, 6_000);
    assert_eq!(collect_all(office).await, 0);
    let journal = Journal::open(&folder, house.vault.clone()).expect("a journal");
    journal.append(&delivered(2_999));
    journal.append(&delivered(3_000));
    drop(journal);
    assert_eq!(collect_all(office).await, 4, "told again is collected again");

    let search = Search { limit: 2, ..Search::default() };
    let page = deliveries::search(office, &search, now()).await.expect("searched");
    let found: Vec<_> = page.rows.iter().map(|row| row.queued.to.as_str()).collect();
    assert_eq!(found, ["r3000@example.com", "r2999@example.com"]);
    assert!(page.next.is_some());
    let story = deliveries::story(office, id(0), 0).await.expect("read").expect("there");
    assert_eq!(story.row.status, Status::Tried(AttemptKind::Succeeded));
    assert_eq!(story.row.reply.as_deref(), Some("250 2.0.0 ok"));
    let from = now() - SignedDuration::from_mins(30);
    let graph = deliveries::graph(office, from, now() + SignedDuration::from_mins(30), None)
        .await
        .expect("drawn");
    assert_eq!((graph.slot_seconds, graph.slots.len()), (60, 60));
    let expected = Slot { queued: 3_001, succeeded: 3_001, ..Slot::default() };
    assert_eq!(graph.slots[30], expected, "told twice, counted once");
    assert_eq!(graph.domains, [("example.com".to_owned(), expected)]);

    let later = now() + SignedDuration::from_hours(41 * 24);
    assert_eq!(deliveries::drop_expired(office, now()).await.expect("looked"), 0);
    assert_eq!(deliveries::drop_expired(office, later).await.expect("dropped"), 1);
    let page = deliveries::search(office, &search, later).await.expect("searched");
    assert_eq!((page.rows.len(), page.next), (0, None));
}

#[tokio::test]
async fn the_sandbox_shows_a_message_and_checks_its_signatures() {
    let house = house().await;
    let office = &house.office;
    domains::add(office, "example.jp", now()).await.expect("added");
    let keys: Vec<_> = office.store.domains().await.expect("listed")[0]
        .keys
        .iter()
        .map(|key| {
            let private = house.vault.open(store::KEY_LABEL, &key.sealed).expect("opened");
            (key.selector.clone(), key.algorithm, private)
        })
        .collect();
    let signer = dkim::Signer::new("example.jp", &keys).expect("a signer");
    let plain = b"From: hanako@example.jp\r\nSubject: hello\r\n\
        Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nhello\r\n--x\r\n\
        Content-Type: text/csv\r\nContent-Disposition: attachment; filename=../a.csv\r\n\r\n1,2\r\n\
        --x--\r\n";
    let mut signed = signer.sign_at(plain, now()).expect("signed");
    signed.extend_from_slice(plain);
    let altered = String::from_utf8(signed.clone()).expect("text").replace("1,2", "1,3");
    let mailbox = Mailbox::new(&office.relay.sandbox(), house.vault.clone());
    for (n, content) in [(1, signed.as_slice()), (2, altered.as_bytes())] {
        mailbox.deliver(&entry(n, content.len()), content).expect("delivered");
    }

    let entries = sandbox::list(office, None, 10).await.expect("listed");
    assert_eq!(entries.iter().map(|entry| entry.id).collect::<Vec<_>>(), [id(2), id(1)]);
    assert_eq!((entries[0].sender.as_str(), entries[0].subject.as_str()), ("", "hello"));
    assert_eq!(entries[0].recipients, ["taro@example.com"]);
    assert_eq!(sandbox::list(office, Some(id(2)), 10).await.expect("listed").len(), 1);

    let opened = sandbox::open(office, id(1)).await.expect("read").expect("there");
    let verdicts: Vec<_> = opened
        .signatures
        .iter()
        .map(|s| (s.selector.as_str(), s.algorithm.as_str(), s.result.is_ok()))
        .collect();
    assert_eq!(verdicts, [("y202611e", "ed25519-sha256", true), ("y202611r", "rsa-sha256", true)]);
    assert_eq!(opened.text.as_deref().map(str::trim), Some("hello"));
    let (described, content) =
        sandbox::attachment(office, id(1), 0).await.expect("read").expect("there");
    assert_eq!((described.name.as_str(), described.media_type.as_str()), ("a.csv", "text/csv"));
    assert_eq!(content, b"1,2");
    let opened = sandbox::open(office, id(2)).await.expect("read").expect("there");
    assert!(opened.signatures.iter().all(|signature| signature.result.is_err()));
    assert!(sandbox::open(office, id(3)).await.expect("asked").is_none());
    assert_eq!(sandbox::clear(office).await.expect("emptied"), 2);
}

fn entry(n: u64, size: usize) -> MailboxEntry {
    let recipient = Recipient {
        address: Address::parse("taro@example.com").expect("an address"),
        notify: mail::envelope::Notify::default(),
        orcpt: None,
    };
    MailboxEntry {
        id: id(n),
        delivered_at: now(),
        envelope: Envelope {
            composition: "sandbox".into(),
            sender: None,
            recipients: vec![recipient],
            source: Source {
                ip: IpAddr::from([127, 0, 0, 1]),
                helo: "client".into(),
                user: None,
                tls: None,
            },
            eight_bit: false,
            smtputf8: false,
            ret_full: false,
            envid: None,
            headers: HeaderSummary { subject: Some("hello".into()), ..HeaderSummary::default() },
        },
        size: size as u32,
    }
}
