//! Contracts that were added while an office runs: who is told of one, said again and again.

use std::path::Path;
use std::sync::Arc;

use app::changes::{Change, Heard};
use app::kept::{self, FromTemplate};
use app::notices::{self, Written};
use app::probes::Probe;
use app::telling::{Audience, CourierFacts, OnIncident, RECIPIENTS_MAX, Telling, Way};
use app::{Office, RelayFolder, Source, WatchedContract};
use jiff::Timestamp;
use terms::About;

fn now() -> Timestamp {
    "2026-11-22T01:00:00Z".parse().expect("an instant")
}

/// An office with a relay of its own, a second route, a chat, and one contract of the configuration.
async fn office(folder: &Path) -> Office {
    let vault = Arc::new(vault::Vault::from_master(&[7; 32]).expect("a 32-byte key"));
    let url = format!("sqlite:{}", folder.join("records.db").display());
    let store = store::Store::open(&url, vault.clone()).await.expect("opened");
    let courier = |name: &str, channel: &str, way| CourierFacts {
        name: name.to_owned(),
        channel: channel.parse().expect("a name"),
        way,
    };
    let telling = Telling {
        couriers: vec![
            courier("relay", "email", Way::OwnRelay),
            courier("second", "email", Way::OtherMail),
            courier("chat", "webhook", Way::Elsewhere),
        ],
        audiences: [("five-tiers".to_owned(), Audience::default())].into(),
        contact: None,
        console: None,
    };
    let contract = kept::template("five-tiers").expect("a template");
    let configured = WatchedContract { contract, measured: Vec::new() };
    let office = Office::new(store, vault, RelayFolder(folder.join("relay")), Vec::new());
    let office = office.under(vec![configured]).telling(telling);
    let office = office.keeping(folder.join("contracts"));
    kept::refresh(&office).await.expect("the folder can be read");
    office
}

async fn add(office: &Office, name: &str) {
    let asked = FromTemplate {
        template: "customers-mail-cloud".to_owned(),
        name: name.to_owned(),
        provider: String::new(),
        customer: "アクメ".to_owned(),
        start: "2026-01-01".to_owned(),
    };
    kept::add(office, asked.bundle()).await.expect("kept");
}

fn told(mail: &[&str], couriers: &[&str]) -> Audience {
    let owned = |all: &[&str]| all.iter().map(|it| (*it).to_owned()).collect();
    Audience { mail: owned(mail), couriers: owned(couriers), ..Audience::default() }
}

/// Channel, courier and recipient of everybody who is told, or why nobody is.
fn shown(office: &Office, contract: &str) -> String {
    match office.channels(contract) {
        Err(refusal) => refusal.to_string(),
        Ok(channels) => {
            let each = channels.values().flatten().map(|(over, to)| format!("{over}>{to}"));
            each.collect::<Vec<_>>().join(" ")
        }
    }
}

#[tokio::test]
async fn who_is_told_is_kept_with_the_contract() {
    let folder = tempfile::tempdir().expect("a folder");
    let office = office(folder.path()).await;
    add(&office, "acme").await;
    assert!(shown(&office, "acme").starts_with("nobody is told of acme"));

    // Its function smtp is measured: news of the relay goes over both routes.
    kept::tell(&office, "acme", told(&["ops@x.jp"], &[])).await.expect("told");
    assert_eq!(shown(&office, "acme"), "relay>ops@x.jp second>ops@x.jp");
    let measured = office.contract("acme").expect("kept").measured.clone();
    for it in &measured {
        kept::measure(&office, "acme", it.function.as_str(), None).await.expect("measured");
    }
    assert_eq!(shown(&office, "acme"), "relay>ops@x.jp", "it is not about the relay any more");

    let audience = Audience {
        on_incident: OnIncident::Send,
        ..told(&["b@x.jp", "b@x.jp"], &["chat", "chat"])
    };
    kept::tell(&office, "acme", audience).await.expect("told");
    assert_eq!(shown(&office, "acme"), "relay>b@x.jp chat>", "each once");
    assert_eq!(office.audience("acme").map(|it| it.on_incident), Some(OnIncident::Send));

    let written = Written {
        contract: "acme".to_owned(),
        about: About::Incident,
        event: now(),
        subject: Some("障害".to_owned()),
        text: "text".to_owned(),
    };
    let drafts = notices::write(&office, &written, "sato", now()).await.expect("drafted");
    assert_eq!(drafts.len(), 2, "one for each channel");

    kept::tell(&office, "acme", Audience::default()).await.expect("nobody");
    assert!(shown(&office, "acme").starts_with("nobody is told of acme"));
    assert!(notices::write(&office, &written, "sato", now()).await.is_err());
}

/// What another process writes is there at the next look, and after a restart.
#[tokio::test]
async fn it_does_not_matter_who_wrote_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let running = office(folder.path()).await;
    let command = office(folder.path()).await;
    add(&command, "acme").await;
    kept::tell(&command, "acme", told(&[], &["chat"])).await.expect("told");
    assert!(running.contract("acme").is_err(), "not looked yet");
    let mut changes = running.changes.listen();
    kept::refresh(&running).await.expect("looked");
    assert_eq!(shown(&running, "acme"), "chat>");
    assert_eq!(changes.next().await, Heard::Change(Change::Evidence), "pages are told");
    assert_eq!(shown(&office(folder.path()).await, "acme"), "chat>", "after a restart");

    let file = folder.path().join("contracts/acme/audience.json");
    std::fs::write(&file, r#"{"notify": ["no address"]}"#).expect("written");
    kept::refresh(&running).await.expect("looked");
    assert_eq!(shown(&running, "acme"), "chat>", "its older self stays");
    let restarted = office(folder.path()).await;
    assert!(restarted.contract("acme").is_ok(), "the contract is in force whoever is told");
    std::fs::remove_file(&file).expect("removed");
    kept::refresh(&running).await.expect("looked");
    assert!(shown(&running, "acme").starts_with("nobody is told of acme"));
}

#[tokio::test]
async fn what_could_reach_nobody_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut office = office(folder.path()).await;
    add(&office, "acme").await;
    let many: Vec<String> = (0..=RECIPIENTS_MAX).map(|n| format!("n{n}@x.jp")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let cases = [
        ("acme", told(&["ops at x.jp"], &[]), "is no mail address"),
        ("acme", told(&many, &[]), "100 mail addresses"),
        ("acme", told(&[], &["none"]), "there is no courier none"),
        ("acme", told(&[], &["second"]), "second carries mail"),
        ("five-tiers", told(&["ops@x.jp"], &[]), "is in the configuration"),
        ("other", told(&["ops@x.jp"], &[]), "other"),
    ];
    for (contract, audience, expected) in cases {
        let refused = kept::tell(&office, contract, audience).await.expect_err(expected);
        assert!(refused.to_string().contains(expected), "{refused}");
    }
    office.telling.couriers.retain(|courier| courier.way != Way::OtherMail);
    let audience = told(&["ops@x.jp"], &[]);
    let refused = kept::tell(&office, "acme", audience.clone()).await.expect_err("one route");
    assert!(refused.to_string().contains("about the relay"), "{refused}");
    let page = Some(Source::Check("top-page".to_owned()));
    assert!(kept::measure(&office, "acme", "smtp", page).await.is_err(), "no such check");
    kept::measure(&office, "acme", "smtp", None).await.expect("measured");
    kept::tell(&office, "acme", audience.clone()).await.expect("not about the relay any more");
    let relay = Some(Source::Probe(Probe::Smtp));
    let refused = kept::measure(&office, "acme", "smtp", relay).await.expect_err("one route");
    assert!(refused.to_string().contains("about the relay"), "{refused}");
    office.telling.couriers.clear();
    let refused = kept::tell(&office, "acme", audience).await.expect_err("no courier");
    assert!(refused.to_string().contains("no courier carries the mail"), "{refused}");
}
