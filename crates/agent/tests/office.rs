//! The agent against an office of the tests' own: away, mute, strict, and with orders good and bad.

mod double;

use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use agent::Settings;
use double::{Mood, Office};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tokio::sync::watch;

const READINGS: &str = "/link/v1/readings";

/// Settings for an office, with an action that leaves a line in `FOLDER/marks`.
fn settings(office: &Office, folder: &Path) -> Settings {
    let marks = folder.join("marks");
    let text = format!(
        "station = \"web-1\"\noffice = \"https://{}\"\ntoken = \"file:/unused\"\n\
         state = \"{}\"\n\
         [[action]]\nname = \"mark\"\nrun = [\"sh\", \"-c\", \"echo x >> {m}; echo made\"]\n\
         [[action]]\nname = \"slow\"\nrun = [\"sh\", \"-c\", \"echo x >> {m}; sleep 30\"]\n\
         [[action]]\nname = \"broken\"\nrun = [\"sh\", \"-c\", \"echo no; exit 3\"]\n",
        office.address,
        folder.join("state").display(),
        m = marks.display(),
    );
    let mut settings = Settings::read(&text).expect("settings");
    settings.interval = Duration::from_millis(100);
    settings
}

fn marks(folder: &Path) -> usize {
    fs::read_to_string(folder.join("marks")).map_or(0, |text| text.lines().count())
}

/// Runs the agent beside a script, then stops it.
async fn beside(settings: &Settings, office: &Office, script: impl Future<Output = ()>) {
    beside_at(Timestamp::now, settings, office, script).await;
}

/// As [`beside`], with a clock of the test's own.
async fn beside_at(
    clock: fn() -> Timestamp,
    settings: &Settings,
    office: &Office,
    script: impl Future<Output = ()>,
) {
    let (stop, stopped) = watch::channel(false);
    let script = async {
        script.await;
        stop.send_replace(true);
    };
    let run = agent::run(settings, &office.token, clock, stopped, || ());
    let (ended, ()) = tokio::join!(run, script);
    ended.expect("it ran");
}

/// Waits until something holds, ten seconds at most.
async fn until(what: &str, holds: impl Fn() -> bool) {
    for _ in 0..200 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{what} did not come about");
}

async fn a_while() {
    tokio::time::sleep(Duration::from_millis(700)).await;
}

/// The instants of all readings, which must be rising: none twice, none out of order.
fn instants(office: &Office) -> Vec<String> {
    let at = |reading: &Value| reading["at"].as_str().expect("an instant").to_owned();
    let all: Vec<String> = office.items(READINGS, "readings").iter().map(at).collect();
    let parsed: Vec<Timestamp> = all.iter().map(|at| at.parse().expect("an instant")).collect();
    assert!(parsed.is_sorted_by(|a, b| a < b), "each reading once and in order: {all:?}");
    all
}

#[tokio::test(flavor = "current_thread")]
async fn what_was_seen_while_the_office_was_away_arrives_afterwards() {
    let folder = tempfile::tempdir().expect("a folder");
    let office = Office::open(Mood::Away).await;
    let settings = settings(&office, folder.path());
    beside(&settings, &office, a_while()).await;
    assert!(instants(&office).is_empty());
    // The agent is started anew, the office is back: both times arrive.
    let began = Timestamp::now();
    office.set(Mood::Fine);
    beside(&settings, &office, async {
        until("readings of both times", || {
            instants(&office).last().is_some_and(|at| at.parse::<Timestamp>().expect("at") > began)
        })
        .await;
    })
    .await;
    let first: Timestamp = instants(&office)[0].parse().expect("an instant");
    assert!(first < began, "what was seen before is there");
}

#[tokio::test(flavor = "current_thread")]
async fn a_batch_whose_answer_was_lost_is_brought_again_and_recorded_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let office = Office::open(Mood::Mute).await;
    let settings = settings(&office, folder.path());
    beside(&settings, &office, async {
        until("a repetition", || {
            let records = office.records();
            records.requests.iter().filter(|path| path.as_str() == READINGS).count() >= 3
        })
        .await;
        assert_eq!(office.records().batches.len(), 1, "the same batch again and again");
        office.set(Mood::Fine);
        until("later batches", || office.records().batches.len() > 3).await;
    })
    .await;
    assert!(instants(&office).len() > 3);
}

#[tokio::test(flavor = "current_thread")]
async fn a_revoked_token_delivers_nothing_and_loses_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let office = Office::open(Mood::Strict).await;
    let settings = settings(&office, folder.path());
    beside(&settings, &office, async {
        a_while().await;
        assert!(office.records().batches.is_empty());
        office.set(Mood::Fine);
        until("readings", || instants(&office).len() > 5).await;
    })
    .await;
}

#[tokio::test(flavor = "current_thread")]
async fn another_key_at_the_office_hears_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let office = Office::open(Mood::Fine).await;
    let other = Office::open(Mood::Fine).await;
    // The address of one, the token of the other.
    let settings = settings(&other, folder.path());
    beside(&settings, &office, a_while()).await;
    assert!(other.records().requests.is_empty(), "not even the token was shown");
}

#[tokio::test(flavor = "current_thread")]
async fn a_batch_that_is_refused_does_not_hold_up_the_next() {
    let folder = tempfile::tempdir().expect("a folder");
    let office = Office::open(Mood::Picky).await;
    let settings = settings(&office, folder.path());
    beside(&settings, &office, async {
        a_while().await;
        office.set(Mood::Fine);
        until("readings", || !instants(&office).is_empty()).await;
        until("a gap", || !office.items(READINGS, "gaps").is_empty()).await;
    })
    .await;
}

#[tokio::test(flavor = "current_thread")]
async fn an_office_that_knows_more_batches_is_believed() {
    let folder = tempfile::tempdir().expect("a folder");
    let office = Office::open(Mood::Fine).await;
    office.records().taken.insert(READINGS.to_owned(), 700);
    let settings = settings(&office, folder.path());
    beside(&settings, &office, async {
        until("readings", || instants(&office).len() > 2).await;
    })
    .await;
    assert!(office.records().batches.iter().all(|(_, body)| body["batch"].as_u64() > Some(700)));
}

#[tokio::test(flavor = "current_thread")]
async fn orders_are_acted_upon_once_or_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let office = Office::open(Mood::Fine).await;
    let settings = settings(&office, folder.path());
    let hour = SignedDuration::from_hours(1);
    beside(&settings, &office, async {
        let good = office.order(5, "mark", |_| {});
        // Until its result arrived, and once more after.
        office.set(Mood::Mute);
        office.records().orders.push(good.clone());
        until("the mark", || marks(folder.path()) == 1).await;
        a_while().await;
        office.set(Mood::Fine);
        until("a result", || office.results().len() == 1).await;
        let mut forged = office.order(6, "mark", |order| order.id = "forged".to_owned());
        forged.signature = good.signature.clone();
        let bad = [
            good,
            forged,
            office.order(4, "mark", |order| order.id = "older".to_owned()),
            office.order(7, "mark", |order| order.station = "web-2".to_owned()),
            office.order(8, "rm", |_| {}),
            office.order(9, "mark", |order| {
                (order.issued, order.expires) = (order.issued - hour * 2, order.expires - hour);
            }),
            office.order(10, "mark", |order| {
                (order.issued, order.expires) = (order.issued + hour, order.expires + hour);
            }),
            office.order(11, "broken", |_| {}),
        ];
        office.records().orders.extend(bad);
        until("eight results", || office.results().len() == 8).await;
        a_while().await;
    })
    .await;
    let expected = [
        "o-5 done: exit status 0 made",
        "forged refused: the office's key did not sign it",
        "older refused: the order's number is not above 5, the last one acte",
        "o-7 refused: the order is for another station",
        "o-8 refused: this agent's file allows no action of that name",
        "o-9 refused: the order expired at ",
        "o-10 refused: the order was issued at ",
        "o-11 failed: exit status 3 no",
    ];
    let results = office.results();
    assert_eq!(results.len(), expected.len(), "{results:?}");
    for (result, expected) in results.iter().zip(expected) {
        assert!(result.starts_with(expected), "{result} instead of {expected}");
    }
    assert_eq!(marks(folder.path()), 1);
    let ledger = fs::read_to_string(folder.path().join("state/actions.log")).expect("a ledger");
    assert!(ledger.contains("order o-5 number 5 incident 42: mark begins"), "{ledger}");
    assert!(ledger.contains("order o-8 number 8: rm refused"), "{ledger}");
}

#[tokio::test(flavor = "current_thread")]
async fn an_order_in_the_middle_of_which_the_agent_died_is_unknown_and_not_done_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let office = Office::open(Mood::Fine).await;
    let settings = settings(&office, folder.path());
    office.records().orders.push(office.order(1, "slow", |order| {
        order.issued += SignedDuration::from_secs(20);
    }));
    let (_stop, stopped) = watch::channel(false);
    {
        let run = agent::run(&settings, &office.token, Timestamp::now, stopped, || ());
        tokio::pin!(run);
        tokio::select! {
            ended = &mut run => panic!("it ended: {ended:?}"),
            () = until("the mark", || marks(folder.path()) == 1) => {}
        }
        // Dropped as by kill -9: no one could write anything down.
    }
    beside(&settings, &office, async {
        until("a result", || !office.results().is_empty()).await;
        a_while().await;
    })
    .await;
    assert_eq!(office.results().len(), 1);
    assert!(office.results()[0].starts_with("o-1 unknown: the agent ended while"));
    assert_eq!(marks(folder.path()), 1, "never done again");
}

#[tokio::test(flavor = "current_thread")]
async fn two_agents_do_not_share_a_state_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    let office = Office::open(Mood::Fine).await;
    let settings = settings(&office, folder.path());
    beside(&settings, &office, async {
        let (_stop, stopped) = watch::channel(false);
        let opened = || panic!("the folder is another's");
        let second = agent::run(&settings, &office.token, Timestamp::now, stopped, opened).await;
        assert!(matches!(second, Err(agent::AgentError::Taken { .. })));
    })
    .await;
}

/// How far the clock of the test with logs is ahead, in seconds.
static AHEAD: AtomicI64 = AtomicI64::new(0);

fn ahead() -> Timestamp {
    Timestamp::now() + SignedDuration::from_secs(AHEAD.load(Ordering::Relaxed))
}

/// Sets that clock to a second after the end of its minute, and some minutes more.
fn to_the_next_minute(more: i64) {
    let rest = 61 - ahead().as_second().rem_euclid(60);
    AHEAD.fetch_add(rest + 60 * more, Ordering::Relaxed);
}

#[tokio::test(flavor = "current_thread")]
async fn slots_of_logs_arrive_and_a_stop_is_missing_and_not_quiet() {
    let folder = tempfile::tempdir().expect("a folder");
    let office = Office::open(Mood::Fine).await;
    let mut settings = settings(&office, folder.path());
    let path = folder.path().join("app.log");
    let text = format!(
        "station = \"w\"\noffice = \"https://o\"\ntoken = \"file:/t\"\n[[log]]\nname = \"app\"\n\
         file = \"{}\"\nslot = \"1m\"\ntrouble = [\"ERROR\"]\n",
        path.display()
    );
    settings.logs = Settings::read(&text).expect("settings").logs;
    let write = |text: &str| {
        let mut file = fs::OpenOptions::new().append(true).create(true).open(&path).expect("open");
        file.write_all(text.as_bytes()).expect("written");
    };
    let slots = || -> Vec<String> {
        let one = |slot: &Value| {
            let from: Timestamp = slot["slot_from"].as_str().expect("a text").parse().expect("at");
            let until: Timestamp =
                slot["slot_until"].as_str().expect("a text").parse().expect("at");
            let minutes = until.duration_since(from).as_mins();
            let trouble = slot["trouble"][0]["line"].as_str().unwrap_or("-");
            format!("{minutes} min, lines {}, gap {}, {trouble}", slot["lines"], slot["gap"])
        };
        office.items("/link/v1/logs", "slots").iter().map(one).collect()
    };
    write("before\n");
    beside_at(ahead, &settings, &office, async {
        a_while().await;
        write("one\nan ERROR\n");
        to_the_next_minute(0);
        until("the first slot", || slots().len() == 1).await;
        write("two\n");
        to_the_next_minute(0);
        until("the second slot", || slots().len() == 2).await;
    })
    .await;
    // Nobody reads for minutes; then it goes on where it stopped.
    write("three\n");
    to_the_next_minute(3);
    beside_at(ahead, &settings, &office, async {
        until("what was missed", || slots().len() == 4).await;
        to_the_next_minute(0);
        until("the slot after it", || slots().len() == 5).await;
    })
    .await;
    let expected = [
        "1 min, lines 2, gap true, an ERROR",
        "1 min, lines 1, gap false, -",
        "1 min, lines 0, gap true, -",
        "3 min, lines 0, gap true, -",
        "1 min, lines 1, gap false, -",
    ];
    assert_eq!(slots(), expected);
}
