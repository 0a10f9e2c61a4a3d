//! A small provider's morning, as sample data for the pages. Some of it is hostile.

use app::accounts::{Account, AccountKind};
use app::deliveries::{Graph, Page, Row, Slot, Status, Story};
use app::domains::{DnsRecord, Domain};
use app::sandbox::{Attachment, Entry, Opened, Signature};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use mail::queue::{Custody, DestinationReport, QueueReport, WaitingMessage};
use mail::roster::Algorithm;
use mail::{Attempt, AttemptKind, Queued, Reply, SpoolId};

use crate::frame::{Frame, Person};
use crate::words::Lang;

pub const ID: SpoolId = SpoolId::from_micros(1_795_305_600_123_456);

/// Pasted by a newcomer.
pub const FIRST_MAIL: &str = "printf 'Subject: hello\\n\\nA promise.\\n' | yakusoku send \
    --from me@example.jp --to you@example.com";

/// Texts that stand in the samples because senders wrote them.
pub const OTHERS_WORDS: [&str; 5] =
    ["ご利用明細のお知らせ", "パスワード再設定のご案内", "注文確認", SUBJECT, "日本語のファイル名"];

const SUBJECT: &str = "【重要】サーバーメンテナンスのお知らせ（11月28日 深夜1時～5時）";
pub const HOSTILE: &str = "<script>alert(1)</script> \"quoted\" & 'more'";

fn now() -> Timestamp {
    "2026-11-22T00:31:07Z".parse().expect("an instant")
}

pub fn ago(minutes: i64) -> Timestamp {
    now() - SignedDuration::from_mins(minutes)
}

pub fn frame(lang: Lang) -> Frame {
    Frame {
        lang,
        now: now(),
        zone: TimeZone::get("Asia/Tokyo").expect("the zone database is built in"),
        person: Some(Person {
            login: "admin".to_owned(),
            csrf: "token".to_owned(),
            sight: app::accounts::Sight::All,
        }),
        secure: false,
        here: "/".to_owned(),
        done: None,
        version: "0.1.0".to_owned(),
        hostname: "mail.example.jp".to_owned(),
        keeps_contracts: false,
        open_incidents: 2,
    }
}

pub fn graph(slot_seconds: u32, count: u64) -> Graph {
    let slots = (0..count).map(|n| {
        let busy = 400 + (n * 37) % 200 + if n % 48 < 20 { 900 } else { 0 };
        let trouble = if (100..130).contains(&(n % 200)) { 300 } else { n % 9 };
        let (deferred, failed) = (trouble, n % 23);
        Slot { queued: busy, deferred, succeeded: busy - failed, failed, suppressed: n % 5 }
    });
    let length = i64::from(slot_seconds) * count as i64;
    let of =
        |queued| Slot { queued, succeeded: queued - 9, failed: 9, deferred: 40, suppressed: 0 };
    Graph {
        from: now() - SignedDuration::from_secs(length),
        slot_seconds,
        slots: slots.collect(),
        domains: vec![
            ("docomo.example".to_owned(), of(120_345)),
            ("gmail.example".to_owned(), of(98_001)),
            ("(other)".to_owned(), of(55_000)),
            ("a-very-long-company-name-for-a-mail-domain.co.example.jp".to_owned(), of(312)),
        ],
    }
}

pub fn empty_graph() -> Graph {
    Graph {
        from: ago(24 * 60),
        slot_seconds: 300,
        slots: vec![Slot::default(); 288],
        domains: vec![],
    }
}

pub fn queue() -> QueueReport {
    let destination = |name: &str, waiting, in_flight, deferred, reason: &str| DestinationReport {
        name: name.to_owned(),
        waiting,
        ready: waiting - in_flight - deferred,
        in_flight,
        deferred,
        connections: 3,
        oldest: Some(ago(187)),
        next_attempt: Some(now() + SignedDuration::from_secs(431)),
        reason: reason.to_owned(),
    };
    QueueReport {
        node: "relay-1".to_owned(),
        destinations: vec![
            destination(
                "docomo.example",
                1_204,
                0,
                1_204,
                "421 4.7.0 too many connections from 192.0.2.10, try again later",
            ),
            destination("[2001:db8::25]:2525", 12, 0, 12, "no answer within 30 seconds"),
            destination("example.jp", 5, 3, 0, HOSTILE),
        ],
        custody: Custody {
            accepted: 1_240_118,
            delivered: 1_236_571,
            failed: 2_301,
            suppressed: 25,
            queued: 1_221,
        },
        bytes: 12_804_221,
        bytes_limit: 30 << 30,
        refusing: None,
        sessions: 7,
    }
}

pub fn waiting() -> Vec<WaitingMessage> {
    let message = |n: u64, recipients: &[&str], next: Option<i64>| WaitingMessage {
        message: SpoolId::from_micros(ID.micros() + n),
        sender: if n == 0 { String::new() } else { "news@example.jp".to_owned() },
        recipients: recipients.iter().map(|r| (*r).to_owned()).collect(),
        attempts: n as u16 + 2,
        next_attempt: next.map(|s| now() + SignedDuration::from_secs(s)),
        expires: now() + SignedDuration::from_hours(110),
        size: 10_240,
        reason: "421 4.7.0 too many connections from 192.0.2.10, try again later".to_owned(),
    };
    vec![
        message(0, &["taro@docomo.example"], Some(431)),
        message(1, &["a@docomo.example", "b@docomo.example", "c@docomo.example", "d@x.jp"], None),
    ]
}

fn queued(place: u16, to: &str, subject: Option<&str>) -> Queued {
    Queued {
        node: "relay-1".to_owned(),
        message: ID,
        recipient: place,
        at: ago(12 + i64::from(place) * 400),
        composition: "sandbox".to_owned(),
        to: to.to_owned(),
        sender: Some("bounce+8812@example.jp".to_owned()),
        from: Some("info@example.jp".to_owned()),
        subject: subject.map(str::to_owned),
        message_id: Some("20261122.8812.abcdef@app-01.example.jp".to_owned()),
        api_data: Some("order-8812".to_owned()),
        source_ip: "192.0.2.77".parse().expect("an address"),
        user: Some("api@example.jp".to_owned()),
        tls: Some("TLSv1.3 TLS13_AES_256_GCM_SHA384".to_owned()),
        size: 10_240,
    }
}

pub fn log() -> Page {
    use AttemptKind::{Deferred, Failed, Succeeded, Suppressed};
    let row = |place, to: &str, subject, status, reply: Option<&str>| Row {
        queued: queued(place, to, subject),
        status,
        status_at: ago(11),
        reply: reply.map(str::to_owned),
    };
    let tried = Status::Tried;
    let rows = vec![
        row(0, "taro@docomo.example", Some("ご利用明細のお知らせ"), Status::Queued, None),
        row(
            1,
            "hanako@gmail.example",
            Some(SUBJECT),
            tried(Succeeded),
            Some("250 2.0.0 OK  1795305600 d2e1a72fcca58-7b0-si1234567b3a.123 - gsmtp"),
        ),
        row(
            2,
            "jiro@example.com",
            Some("注文確認"),
            tried(Deferred),
            Some("451 4.7.1 Greylisting in action, please come back later"),
        ),
        row(
            3,
            "gone@example.jp",
            Some(HOSTILE),
            tried(Failed),
            Some("550 5.1.1 <gone@example.jp>: Recipient address rejected: User unknown"),
        ),
        row(4, "stop@example.jp", None, tried(Suppressed), None),
        row(
            5,
            "a.really.long.local.part.of.an.address@a-very-long-company-name.example.jp",
            Some("パスワード再設定のご案内"),
            tried(Succeeded),
            Some("250 2.0.0 accepted"),
        ),
    ];
    Page { rows, next: Some("1795305600123456:5".to_owned()) }
}

pub fn story(status: Status) -> Story {
    let attempt = |step, outcome, code, text: &str, next: Option<i64>| Attempt {
        node: "relay-1".to_owned(),
        message: ID,
        recipient: 1,
        step,
        at: ago(11 - i64::from(step)),
        outcome,
        sender_ip: Some("192.0.2.10".parse().expect("an address")),
        remote_host: Some("mx1.gmail.example".to_owned()),
        remote_address: Some("198.51.100.25:25".to_owned()),
        reply: Some(Reply { code, enhanced: Some((4, 7, 1)), text: text.to_owned() }),
        tls: Some("TLSv1.3 TLS13_AES_256_GCM_SHA384".to_owned()),
        next_attempt: next.map(|s| now() + SignedDuration::from_secs(s)),
    };
    let greylisted =
        attempt(1, AttemptKind::Deferred, 451, "Greylisting in action, come back later", Some(190));
    let attempts = match status {
        Status::Queued => vec![],
        Status::Tried(AttemptKind::Deferred) => vec![greylisted],
        Status::Tried(kind) => {
            vec![greylisted, attempt(2, kind, 250, HOSTILE, None)]
        }
    };
    let row = Row {
        queued: queued(1, "hanako@gmail.example", Some(SUBJECT)),
        status,
        status_at: ago(9),
        reply: None,
    };
    let siblings = vec![
        (0, "taro@docomo.example".to_owned(), Status::Queued),
        (2, "jiro@example.com".to_owned(), Status::Tried(AttemptKind::Failed)),
    ];
    Story { row, attempts, siblings }
}

pub fn entries() -> Vec<Entry> {
    let entry = |n: u64, from: &str, subject: &str, recipients: &[&str]| Entry {
        id: SpoolId::from_micros(ID.micros() + n),
        at: ago(3 + n as i64 * 500),
        sender: "bounce@example.jp".to_owned(),
        recipients: recipients.iter().map(|r| (*r).to_owned()).collect(),
        from: from.to_owned(),
        subject: subject.to_owned(),
        size: 10_240,
    };
    vec![
        entry(0, "Example <info@example.jp>", SUBJECT, &["hanako@gmail.example"]),
        entry(1, HOSTILE, HOSTILE, &["a@example.jp", "b@example.jp", "c@example.jp"]),
        entry(2, "me@example.jp", "", &["you@example.com"]),
    ]
}

pub fn opened() -> Opened {
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let signature = |algorithm: &str, selector: &str, result: Result<(), &str>| Signature {
        domain: "example.jp".to_owned(),
        selector: selector.to_owned(),
        algorithm: algorithm.to_owned(),
        result: result.map_err(str::to_owned),
    };
    Opened {
        entry: entries().swap_remove(0),
        headers: vec![
            header(
                "DKIM-Signature",
                &format!("v=1; a=rsa-sha256; d=example.jp; b={}", "x".repeat(340)),
            ),
            header("From", "Example <info@example.jp>"),
            header("Subject", SUBJECT),
            header("X-Hostile", HOSTILE),
        ],
        text: Some(format!("{SUBJECT}\n\n{HOSTILE}\n")),
        html: Some("<p>hello</p><script>alert(1)</script>".to_owned()),
        attachments: vec![Attachment {
            index: 0,
            name: "日本語のファイル名.pdf".to_owned(),
            media_type: "application/pdf".to_owned(),
            size: 88_231,
        }],
        signatures: vec![
            signature("rsa-sha256", "yr2026", Ok(())),
            signature("ed25519-sha256", "ye2026", Err("the body was changed after signing")),
        ],
        source: b"From: info@example.jp\r\nSubject: x\r\n\r\n<b>not bold</b>\r\n".to_vec(),
    }
}

pub fn opened_plain() -> Opened {
    Opened {
        html: None,
        attachments: vec![],
        signatures: vec![],
        source: vec![b'x'; 70_000],
        entry: entries().swap_remove(2),
        text: None,
        ..opened()
    }
}

pub fn domains() -> Vec<Domain> {
    let domain = |name: &str| Domain {
        name: name.to_owned(),
        created: ago(5_000),
        keys: vec![
            ("yr2026".to_owned(), Algorithm::RsaSha256),
            ("ye2026".to_owned(), Algorithm::Ed25519Sha256),
        ],
    };
    vec![domain("example.jp"), domain("news.example.co.jp")]
}

pub fn records() -> Vec<DnsRecord> {
    let record = |purpose, name: &str, value: String| DnsRecord {
        purpose,
        name: name.to_owned(),
        kind: "TXT",
        zone_line: format!("{name}. 3600 IN TXT \"{value}\""),
        value,
    };
    vec![
        record("SPF", "example.jp", "v=spf1 ip4:192.0.2.10 -all".to_owned()),
        record(
            "DKIM",
            "yr2026._domainkey.example.jp",
            format!("v=DKIM1; k=rsa; p={}", "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A".repeat(12)),
        ),
        record(
            "DKIM",
            "ye2026._domainkey.example.jp",
            "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=".to_owned(),
        ),
        record("DMARC", "_dmarc.example.jp", "v=DMARC1; p=none".to_owned()),
    ]
}

pub fn accounts() -> Vec<Account> {
    let account = |name: &str, kind| Account {
        name: name.to_owned(),
        kind,
        created: ago(9_000),
        contracts: Vec::new(),
    };
    let customer = Account {
        contracts: vec!["aoulu-cloud".to_owned()],
        ..account("hanako", AccountKind::Customer)
    };
    vec![
        account("admin", AccountKind::Administrator),
        customer,
        account("api@example.jp", AccountKind::ApiUser),
        account("batch+monthly@a-very-long-company-name.example.jp", AccountKind::ApiUser),
    ]
}
