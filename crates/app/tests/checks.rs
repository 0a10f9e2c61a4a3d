//! Checks from the report of a watcher to the board: what was unseen is neither up nor down.

use std::sync::Arc;
use std::time::Duration;

use app::checks::{self, Answer, ConfiguredCheck, Origin, Settings, Stretch, Watching, Way};
use app::{Measured, Office, RelayFolder, Source, WatchedContract};
use jiff::{SignedDuration, Timestamp};
use store::Store;
use vault::Vault;
use watch::{Check, Detail, Measured as Look, Reason, Report, Seen};

const CONTRACT: &str = include_str!("../../../contracts/aoulu-cloud.toml");

fn at(time: &str) -> Timestamp {
    format!("2026-11-22T{time}Z").parse().expect("an instant")
}

fn settings() -> Settings {
    Settings { url: "https://www.example.jp/".into(), every: 60, ..Settings::default() }
}

async fn office(folder: &tempfile::TempDir) -> Office {
    let vault = Arc::new(Vault::from_master(&[7; 32]).expect("a 32-byte key"));
    let url = format!("sqlite:{}", folder.path().join("office.db").display());
    let store = Store::open(&url, Arc::clone(&vault)).await.expect("opened");
    let nothing = |_: &str| Err("not needed".to_owned());
    let contract = terms::read("aoulu-cloud", CONTRACT, &nothing).expect("a contract").contract;
    let source = Source::Check("top".into());
    let measured = vec![Measured { function: "web".parse().expect("a name"), source }];
    let top = ConfiguredCheck { name: "top".into(), settings: settings() };
    Office::new(store, vault, RelayFolder(folder.path().join("relay")), Vec::new())
        .under(vec![WatchedContract { contract, measured }])
        .watching(Watching::of(vec![top]))
}

fn report(check: &Arc<Check>, at: Timestamp, answer: watch::Answer, took_ms: u64) -> Report {
    let took = Duration::from_millis(took_ms);
    let seen = Seen { answer, took, detail: Detail::default() };
    Report::Measured(Look { check: Arc::clone(check), at, late: Duration::ZERO, missed: 0, seen })
}

/// A look a minute from 00:00 on.
fn minutes(answers: &[(u32, watch::Answer, u64)]) -> Vec<Report> {
    let check = Arc::new(settings().check("top").expect("a check"));
    let mut at = at("00:00:00");
    let mut reports = Vec::new();
    for (count, answer, took_ms) in answers {
        for _ in 0..*count {
            reports.push(report(&check, at, *answer, *took_ms));
            at += SignedDuration::from_mins(1);
        }
    }
    reports
}

#[tokio::test]
async fn from_the_look_to_the_board() {
    use watch::Answer::{Refused, Silent, Succeeded, Unseen};
    let folder = tempfile::tempdir().expect("a folder");
    let office = office(&folder).await;
    let reports = minutes(&[
        (30, Succeeded, 120),
        (5, Silent(Reason::TimedOut), 10_000),
        (10, Succeeded, 130),
        (5, Unseen(Reason::OwnTrouble), 1),
        (5, Refused(Reason::TooSlow), 4_000),
        (5, Succeeded, 140),
    ]);
    checks::record(&office, &reports).await.expect("recorded");
    let now = at("01:00:00");
    let board = app::board::board(&office, now).await.expect("a board");
    let row = |name: &str| {
        let row = board[0].rows.iter().find(|row| row.promise.name.as_str() == name);
        row.map(|row| (row.state, row.left.clone())).expect("a row")
    };
    let (state, left) = row("response");
    assert_eq!(state, app::board::State::Broken);
    let within = SignedDuration::from_secs(3);
    assert_eq!(left, app::board::Left::Answers { in_time: 45, total: 50, within });
    let month = "2026-11".parse().expect("a month");
    let settled = app::statements::statement(&office, "aoulu-cloud", None, month, now).await;
    let statement = settled.expect("settled").statement;
    let minutes = SignedDuration::from_mins;
    assert_eq!(statement.net.counted, minutes(5), "silence is down, a late answer is not");
    let known = statement.coverage.denominator - statement.coverage.counted;
    assert_eq!(known, minutes(55), "what was unseen is blind");
}

/// A board reads whole hours once; what is brought late for one is counted when it is folded in.
#[tokio::test]
async fn answers_of_hours_that_are_over() {
    use watch::Answer::{Refused, Succeeded};
    let folder = tempfile::tempdir().expect("a folder");
    let office = office(&folder).await;
    let answers = async |now: Timestamp| {
        let board = app::board::board(&office, now).await.expect("a board");
        let row = board[0].rows.iter().find(|row| row.promise.name.as_str() == "response");
        match &row.expect("a row").left {
            app::board::Left::Answers { in_time, total, .. } => (*in_time, *total),
            other => panic!("{other:?}"),
        }
    };
    checks::record(&office, &minutes(&[(120, Succeeded, 120)])).await.expect("recorded");
    for now in ["02:00:00", "05:00:00"].map(at) {
        checks::fold(&office, now).await.expect("folded");
        assert_eq!(answers(now).await, (120, 120), "{now}");
    }
    let check = Arc::new(settings().check("top").expect("a check"));
    let late = report(&check, at("00:30:30"), Refused(Reason::TooSlow), 4_000);
    checks::record(&office, &[late]).await.expect("recorded");
    assert_eq!(answers(at("05:59:00")).await, (120, 121), "before it is folded in");
    checks::fold(&office, at("06:00:00")).await.expect("folded");
    assert_eq!(answers(at("06:00:00")).await, (120, 121));
    assert_eq!(answers(at("06:01:00")).await, (120, 121), "from what was counted");
}

#[tokio::test]
async fn how_a_check_stands() {
    use watch::Answer::{Silent, Succeeded};
    let folder = tempfile::tempdir().expect("a folder");
    let office = office(&folder).await;
    let reports = minutes(&[(90, Succeeded, 120), (30, Silent(Reason::ConnectionRefused), 2)]);
    checks::record(&office, &reports).await.expect("recorded");
    let listed = checks::list(&office, at("02:00:00")).await.expect("listed");
    assert_eq!(listed.len(), 1);
    let top = &listed[0];
    assert_eq!((top.name.as_str(), top.origin), ("top", Origin::Configured));
    let run = top.run.as_ref().expect("a run");
    assert_eq!((run.answer, run.first), (Answer::Silent, at("01:30:00")));
    let latest = top.latest.as_ref().expect("a look");
    assert_eq!(latest.reason, Some(Reason::ConnectionRefused));
    assert_eq!(top.next(), Some(at("02:00:00")));
    assert_eq!(top.tells, [("aoulu-cloud".to_owned(), "web".to_owned())]);
    // Nobody looked for an hour: nothing is said of now.
    let late = checks::list(&office, at("03:00:00")).await.expect("listed");
    assert_eq!(late[0].run, None);
    let before = checks::detail(&office, "top", Stretch::Week, at("02:00:00")).await;
    checks::fold(&office, at("02:02:00")).await.expect("folded");
    for stretch in [Stretch::Day, Stretch::Week, Stretch::Month, Stretch::Year] {
        let detail = checks::detail(&office, "top", stretch, at("02:00:00")).await.expect("seen");
        let looks: i64 = detail.points.iter().map(|point| point.looks).sum();
        let failures: i64 = detail.points.iter().map(|point| point.failures).sum();
        assert_eq!((looks, failures), (120, 30), "{stretch:?}");
        assert_eq!(detail.outages.len(), 1);
        assert_eq!(detail.looks[0].at, at("01:59:00"));
    }
    assert_eq!(before.expect("seen").outages.len(), 1);
}

#[tokio::test]
async fn checks_of_the_console() {
    let folder = tempfile::tempdir().expect("a folder");
    let office = office(&folder).await;
    let mut added = office.watching.added();
    let now = at("00:00:00");
    let names = |added: &mut tokio::sync::watch::Receiver<Vec<Check>>| {
        added.borrow_and_update().iter().map(|it| it.name.clone()).collect::<Vec<_>>()
    };
    checks::add(&office, "mx", &settings(), now).await.expect("added");
    assert_eq!(names(&mut added), ["mx"]);
    for (name, settings, why) in [
        ("mx", settings(), "there is a check mx already: choose another name"),
        ("top", settings(), "there is a check top already: choose another name"),
        ("A", settings(), "the name of a check has 1 to 64 letters (a-z), digits, hyphens or dots"),
        ("b", Settings::default(), "the check cannot be run: `url` is missing"),
        (
            "c",
            Settings { kind: Way::Plugin, command: vec!["/bin/sh".into()], ..Settings::default() },
            "a plugin runs a command with our rights: write it into the configuration",
        ),
    ] {
        let refused = checks::add(&office, name, &settings, now).await.expect_err("refused");
        assert_eq!(refused.to_string(), why);
    }
    checks::pause(&office, "mx", now).await.expect("paused");
    assert_eq!(names(&mut added), [""; 0]);
    let listed = checks::list(&office, now).await.expect("listed");
    assert_eq!((listed[1].paused, listed[1].next()), (Some(now), None));
    checks::resume(&office, "mx", now).await.expect("resumed");
    let other = Settings { every: 5, ..settings() };
    checks::change(&office, "mx", &other, now).await.expect("changed");
    assert_eq!(added.borrow()[0].every, Duration::from_secs(5));
    checks::remove(&office, "mx", now).await.expect("removed");
    let gone = checks::remove(&office, "mx", now).await.expect_err("refused");
    assert!(gone.to_string().starts_with("there is no check mx"), "{gone}");
    // A configured check is not the console's to change.
    assert!(checks::pause(&office, "top", now).await.is_err());
}
