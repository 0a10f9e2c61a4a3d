//! Windows and notices from the plan to the statement: seed 003's maintenance, seed 002's first
//! notice, and what the records say when a courier dies.

use std::path::Path;
use std::sync::Arc;

use app::board::{self, Left, State};
use app::logs::{self, Log};
use app::outbox::{self, Outcome};
use app::promised::Standing;
use app::telling::{Audience, CourierFacts, Telling, Way};
use app::windows::{Plan, Verdict};
use app::{AppError, Office, Refusal, RelayFolder, WatchedContract, notices, statements, windows};
use calendar::Span;
use jiff::Timestamp;
use settlement::{Finding, TakenWhy, Treatment};
use tempfile::TempDir;
use terms::{About, Contract};

fn at(text: &str) -> Timestamp {
    format!("{text}+09:00").parse().expect("a time")
}

fn contract(name: &str) -> Contract {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../contracts");
    let path = folder.join(name).with_extension("toml");
    let text = std::fs::read_to_string(&path).expect("a contract");
    let nothing = |_: &str| Err("not needed".to_owned());
    terms::read(name, &text, &nothing).expect("a sound contract").contract
}

/// An office that tells each contract by mail.
async fn office(names: &[&str]) -> (Office, TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let vault = Arc::new(vault::Vault::from_master(&[7; 32]).expect("a 32-byte key"));
    let url = format!("sqlite:{}", folder.path().join("records.db").display());
    let store = store::Store::open(&url, vault.clone()).await.expect("opened");
    let relay = RelayFolder(folder.path().join("relay"));
    let watched = |name: &&str| WatchedContract { contract: contract(name), measured: Vec::new() };
    let channel = "email".parse().expect("a name");
    let audience = Audience { mail: vec!["ops@customer.example".into()], ..Audience::default() };
    let telling = Telling {
        couriers: vec![CourierFacts { name: "relay".into(), channel, way: Way::OwnRelay }],
        audiences: names.iter().map(|name| ((*name).to_owned(), audience.clone())).collect(),
        contact: Some("support@provider.example".into()),
        console: None,
    };
    let watched = names.iter().map(watched).collect();
    (Office::new(store, vault, relay, Vec::new()).under(watched).telling(telling), folder)
}

fn window(from: &str, until: &str, contracts: &[&str]) -> Plan {
    Plan {
        span: Span::new(at(from), at(until)).expect("forward"),
        title: "ストレージの交換".into(),
        contracts: contracts.iter().map(|name| (*name).to_owned()).collect(),
    }
}

/// Everything that is due is carried, and the other side takes it at `when`.
async fn carry(office: &Office, when: Timestamp) -> usize {
    let mut count = 0;
    while let Some(errand) = outbox::take(office, when).await.expect("taken") {
        let outcome = Outcome::Sent("250 2.0.0 queued".into());
        outbox::settle(office, &errand, outcome, when).await.expect("recorded");
        count += 1;
    }
    count
}

async fn announce(office: &Office, number: i64, now: Timestamp) -> usize {
    let drafts = notices::announce(office, number, "sato", now).await.expect("drafted");
    notices::confirm(office, &drafts, "sato", now).await.expect("confirmed");
    carry(office, now).await
}

async fn import(office: &Office, name: &str, text: &str) {
    let mut log = Log::default();
    text.lines().for_each(|line| log.line(line.as_bytes()).expect("a sound line"));
    logs::import(office, name, log, at("2026-12-31T23:00")).await.expect("imported");
}

fn refused<T: std::fmt::Debug>(result: Result<T, AppError>) -> Refusal {
    match result {
        Err(AppError::Refused(why)) => why,
        other => panic!("not refused: {other:?}"),
    }
}

/// H18: one week before, by calendar day.
#[tokio::test]
async fn the_lead_time_is_known_before_anybody_is_told() {
    let names = ["click-so-ko", "customers-mail-cloud", "cyber-solutions"];
    let (office, _folder) = office(&names).await;
    let plan = window("2026-12-10T02:00", "2026-12-10T04:00", &names);
    // (now, verdict for each: one week by day, two weeks by the minute, any time before)
    let story = [
        ("2026-11-26T01:59", "InTime 12-03 23:59:59, InTime 11-26 02:00:00, InTime 12-10 01:59:59"),
        (
            "2026-11-26T02:01",
            "InTime 12-03 23:59:59, TooLate 11-26 02:00:00, InTime 12-10 01:59:59",
        ),
        (
            "2026-12-04T00:00",
            "TooLate 12-03 23:59:59, TooLate 11-26 02:00:00, InTime 12-10 01:59:59",
        ),
        (
            "2026-12-10T02:00",
            "TooLate 12-03 23:59:59, TooLate 11-26 02:00:00, TooLate 12-10 01:59:59",
        ),
    ];
    for (now, expected) in story {
        let leads = windows::check(&office, &plan, at(now)).expect("checked");
        let shown = |verdict| match verdict {
            Verdict::InTime(until) => format!("InTime {}", civil(until)),
            Verdict::TooLate(since) => format!("TooLate {}", civil(since)),
            other => format!("{other:?}"),
        };
        let verdicts: Vec<String> = leads.iter().map(|lead| shown(lead.verdict)).collect();
        assert_eq!(verdicts.join(", "), expected, "{now}");
    }
    let over = windows::check(&office, &plan, at("2026-12-10T04:00"));
    assert_eq!(refused(over), Refusal::WindowOver);
    let nobody = Plan { contracts: Vec::new(), ..plan.clone() };
    let nobody = windows::check(&office, &nobody, at("2026-12-01T00:00"));
    assert_eq!(refused(nobody), Refusal::WindowOfNobody);
}

fn civil(at: Timestamp) -> String {
    let zone = jiff::tz::TimeZone::get("Asia/Tokyo").expect("a zone");
    at.to_zoned(zone).strftime("%m-%d %H:%M:%S").to_string()
}

/// What became of the outages of December: seconds and a word.
async fn outages(office: &Office, name: &str, now: Timestamp) -> (Vec<String>, Vec<Finding>) {
    let month = "2026-12".parse().expect("a month");
    let settled = statements::statement(office, name, None, month, now).await.expect("settled");
    let word = |treatment: &Treatment| match treatment {
        Treatment::Counted(time) => format!("counted {}", time.as_mins()),
        Treatment::Excluded { time, why: TakenWhy::Recurring, .. } => {
            format!("recurring {}", time.as_mins())
        }
        Treatment::Excluded { time, why: TakenWhy::Window { id, sent, .. }, .. } => {
            format!("{id} {} sent {}", time.as_mins(), civil(*sent))
        }
        other => format!("{other:?}"),
    };
    let outages = settled.statement.outages.iter();
    let words = outages.map(|it| it.treatments.iter().map(word).collect::<Vec<_>>().join(", "));
    (words.collect(), settled.statement.findings)
}

const DECEMBER: &str = r#"{"kind":"outage","function":"all","from":"2026-12-10T02:10:00+09:00","until":"2026-12-10T03:10:00+09:00"}
{"kind":"outage","function":"all","from":"2026-12-15T02:00:00+09:00","until":"2026-12-15T02:30:00+09:00"}
{"kind":"outage","function":"all","from":"2026-12-24T21:50:00+09:00","until":"2026-12-25T00:10:00+09:00"}
"#;

/// The story of seed 003: the fourth Thursday is excluded without a word, a one-off when it was told a
/// week before, and one that was told too late is not, and the board says why.
#[tokio::test]
async fn windows_exclude_what_was_told_in_time() {
    let name = "click-so-ko";
    let (office, _folder) = office(&[name]).await;
    let plan = |from, until| window(from, until, &[name]);
    let (told, late) = (
        plan("2026-12-10T02:00", "2026-12-10T04:00"),
        plan("2026-12-15T02:00", "2026-12-15T04:00"),
    );
    let now = at("2026-12-03T23:59:59.7");
    assert_eq!(windows::plan(&office, &told, "sato", now).await.expect("planned"), 1);
    assert_eq!(windows::plan(&office, &late, "sato", now).await.expect("planned"), 2);
    let drafts = notices::announce(&office, 1, "sato", now).await.expect("drafted");
    let draft = notices::notice(&office, drafts[0], now).await.expect("there").record;
    assert!(draft.draft.subject.starts_with("【計画停止のお知らせ】"), "{}", draft.draft.subject);
    for part in ["2026年12月10日", "ストレージの交換", "plan-1", "support@provider.example"]
    {
        assert!(draft.draft.text.contains(part), "{part} in\n{}", draft.draft.text);
    }
    assert_eq!(carry(&office, now).await, 0, "a person has to confirm it");
    notices::confirm(&office, &drafts, "sato", now).await.expect("confirmed");
    assert_eq!(carry(&office, now).await, 1);
    let row = |sections: &[board::Section]| {
        let mut rows = sections[0].rows.iter();
        let row = rows.find(|row| row.promise.name.as_str() == "maintenance-notice");
        row.map(|row| (row.state, row.left.clone())).expect("a row")
    };
    let sections = board::board(&office, at("2026-12-07T12:00")).await.expect("a board");
    let (state, left) = row(&sections);
    assert_eq!(state, State::AtRisk, "{left:?}");
    assert_eq!(announce(&office, 2, at("2026-12-09T00:00")).await, 1, "a day too late");
    assert_eq!(announce(&office, 2, at("2026-12-09T00:00")).await, 0, "never twice");
    let sections = board::board(&office, at("2026-12-09T12:00")).await.expect("a board");
    let (state, left) = row(&sections);
    let sent = Some(("email".to_owned(), at("2026-12-09T00:00:00")));
    let expected = Left::NotNoticed {
        window: "plan-2".into(),
        span: late.span,
        latest: at("2026-12-08T23:59:59"),
        sent,
    };
    assert_eq!((state, left), (State::Broken, expected));

    import(&office, name, DECEMBER).await;
    let (words, findings) = outages(&office, name, at("2026-12-31T23:00")).await;
    let expected = ["plan-1 60 sent 12-03 23:59:59", "counted 30", "counted 20, recurring 120"];
    assert_eq!(words, expected, "{findings:?}");
    let late = findings
        .iter()
        .any(|finding| matches!(finding, Finding::WindowCounts { id, .. } if id == "plan-2"));
    assert!(late, "the statement says why: {findings:?}");
}

/// A moved window is a new one; what was told of the old one says nothing of it.
#[tokio::test]
async fn a_moved_window_must_be_told_anew() {
    let name = "click-so-ko";
    let (office, _folder) = office(&[name]).await;
    let now = at("2026-12-01T00:00");
    let old = window("2026-12-10T02:00", "2026-12-10T04:00", &[name]);
    windows::plan(&office, &old, "sato", now).await.expect("planned");
    announce(&office, 1, now).await;
    windows::cancel(&office, 1, "sato", now).await.expect("cancelled");
    let cancelled = notices::tell_cancelled(&office, 1, "sato", now).await.expect("drafted");
    assert_eq!(cancelled.len(), 1, "whoever was told is told");
    let new = window("2026-12-15T02:00", "2026-12-15T04:00", &[name]);
    windows::plan(&office, &new, "sato", now).await.expect("planned");
    let views = windows::list(&office, now).await.expect("listed");
    let standings: Vec<_> = views.iter().map(|view| &view.contracts[0].standing).collect();
    assert!(matches!(standings[0], Standing::InTime { .. }), "it was told: {standings:?}");
    assert!(matches!(standings[1], Standing::NotYet { .. }), "{standings:?}");
    import(&office, name, DECEMBER).await;
    let (words, _) = outages(&office, name, at("2026-12-31T23:00")).await;
    assert_eq!(words[..2], ["counted 60", "counted 30"], "neither is taken out");
    let begun = windows::cancel(&office, 2, "sato", at("2026-12-15T02:00")).await;
    assert_eq!(refused(begun), Refusal::WindowBegun { id: "plan-2".into() });
    let gone = windows::cancel(&office, 1, "sato", now).await;
    assert_eq!(refused(gone), Refusal::NoWindow { id: "plan-1".into() });
}

/// The story of seed 002: posted an hour after the fault it is in time, a second later it is not.
#[tokio::test]
async fn a_first_notice_one_second_late_breaks_the_promise() {
    let name = "aoulu-cloud";
    for (sent, expected) in [
        ("2026-11-10T11:00:00", State::Kept),
        ("2026-11-10T11:00:00.9", State::Kept),
        ("2026-11-10T11:00:01", State::Broken),
    ] {
        let (office, _folder) = office(&[name]).await;
        let written = notices::Written {
            contract: name.into(),
            about: About::Incident,
            event: at("2026-11-10T10:00:00"),
            subject: None,
            text: "現在、障害が発生しています。\n".into(),
        };
        let now = at("2026-11-10T10:40:00");
        let drafts = notices::write(&office, &written, "sato", now).await.expect("drafted");
        let sections = board::board(&office, now).await.expect("a board");
        let mut rows = sections[0].rows.iter();
        let before = rows.find(|row| row.promise.name.as_str() == "incident-notice");
        assert_eq!(before.map(|row| row.state), Some(State::Running), "a draft is no notice");
        notices::confirm(&office, &drafts, "sato", now).await.expect("confirmed");
        assert_eq!(carry(&office, at(sent)).await, 1);
        let sections = board::board(&office, at("2026-11-10T12:00")).await.expect("a board");
        let mut rows = sections[0].rows.iter();
        let row = rows.find(|row| row.promise.name.as_str() == "incident-notice").expect("a row");
        assert_eq!(row.state, expected, "{sent}: {:?}", row.left);
        let view = notices::notice(&office, drafts[0], at("2026-11-10T12:00")).await;
        let standing = view.expect("there").standing;
        assert_eq!(matches!(standing, Standing::InTime { .. }), expected == State::Kept);
    }
}

#[tokio::test]
async fn what_a_courier_does_is_recorded_and_tried_again() {
    let name = "click-so-ko";
    let (office, _folder) = office(&[name]).await;
    let now = at("2026-12-01T00:00");
    let plan = window("2026-12-10T02:00", "2026-12-10T04:00", &[name]);
    windows::plan(&office, &plan, "sato", now).await.expect("planned");
    let drafts = notices::announce(&office, 1, "sato", now).await.expect("drafted");
    notices::confirm(&office, &drafts, "sato", now).await.expect("confirmed");
    let mut time = now;
    for attempt in 1..=outbox::WAITS.len() + 1 {
        let errand = outbox::take(&office, time).await.expect("asked").expect("due");
        assert_eq!(errand.id, "notice-1-1", "the same at each attempt");
        let outcome = Outcome::Later { answer: "451 later\r\n".into(), maybe_sent: attempt == 2 };
        outbox::settle(&office, &errand, outcome, time).await.expect("recorded");
        let view = notices::notice(&office, drafts[0], time).await.expect("there");
        let sending = &view.record.sendings[0];
        let is_over = attempt == outbox::WAITS.len() + 1;
        let state = if is_over { store::SendingState::Failed } else { store::SendingState::Queued };
        assert_eq!((sending.state, sending.maybe_twice), (state, attempt >= 2), "{attempt}");
        time = sending.due;
    }
    assert_eq!(outbox::take(&office, at("2027-01-01T00:00")).await.expect("asked"), None);
    notices::retry(&office, drafts[0], 1, now).await.expect("queued again");
    let errand = outbox::take(&office, now).await.expect("asked").expect("due");
    assert_eq!(outbox::recover(&office, now).await.expect("recovered"), 1, "it died here");
    let again = outbox::take(&office, now).await.expect("asked").expect("due");
    assert_eq!(again.id, errand.id);
    assert!(again.text.contains("重ねて届く"), "the customer reads it too: {}", again.text);
}

/// A page that a person changed counts as well as what we sent.
#[tokio::test]
async fn what_was_told_by_hand_counts() {
    let name = "aoulu-cloud";
    let (office, _folder) = office(&[name]).await;
    let now = at("2026-12-09T00:00");
    let plan = window("2026-12-10T02:00", "2026-12-10T04:00", &[name]);
    windows::plan(&office, &plan, "sato", now).await.expect("planned");
    announce(&office, 1, now).await;
    let standing = async |office: &Office| {
        let view = windows::window(office, 1, now).await.expect("there");
        view.contracts[0].standing.clone()
    };
    assert!(matches!(standing(&office).await, Standing::NotYet { .. }), "e-mail does not count");
    let sent = at("2026-12-09T00:00");
    let of = windows::id(1);
    let told = evidence::Notice { of: of.clone(), channel: "top-page".into(), sent };
    notices::told(&office, name, told.clone(), now).await.expect("recorded");
    notices::told(&office, name, told, now).await.expect("recorded again");
    let expected = Standing::InTime { channel: "top-page".into(), sent };
    assert_eq!(standing(&office).await, expected);
    let future = evidence::Notice { of, channel: "top-page".into(), sent: at("2027-01-01T00:00") };
    assert_eq!(refused(notices::told(&office, name, future, now).await), Refusal::ToldInFuture);
}
