//! What nodes bring, from the body to incidents and statements: by the quorum of the contract.

use std::path::Path;
use std::sync::Arc;

use app::checks::{self, Answer, ConfiguredCheck, Settings, Watching, Way};
use app::stations::StationKind;
use app::{Measured, Office, RelayFolder, Source, WatchedContract, incidents};
use jiff::{SignedDuration, Timestamp};
use link::{LookBatch, Looks, NodeAnswer, NodeBlind, NodeLook};
use store::{NewStation, StationRecord, Store};
use vault::Vault;

fn at(time: &str) -> Timestamp {
    format!("2026-11-22T{time}Z").parse().expect("an instant")
}

fn settings(sites: &[&str]) -> Settings {
    Settings {
        kind: Way::Tcp,
        host: "www.example.jp".into(),
        port: Some(80),
        sites: sites.iter().map(|site| (*site).to_owned()).collect(),
        ..Settings::default()
    }
}

struct World {
    office: Office,
    osaka: StationRecord,
    sapporo: StationRecord,
    _folder: tempfile::TempDir,
}

impl World {
    /// Two sites of `http` must see it down, and all of `mail` (`five-tiers`); osaka and sapporo look.
    async fn begin() -> World {
        let folder = tempfile::tempdir().expect("a folder");
        let vault = Arc::new(Vault::from_master(&[7; 32]).expect("a 32-byte key"));
        let url = format!("sqlite:{}", folder.path().join("office.db").display());
        let store = Store::open(&url, Arc::clone(&vault)).await.expect("opened");
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../contracts/five-tiers.toml");
        let text = std::fs::read_to_string(path).expect("a contract");
        let nothing = |_: &str| Err("not needed".to_owned());
        let contract = terms::read("five-tiers", &text, &nothing).expect("sound").contract;
        let source = || Source::Check("top".into());
        let by_top =
            |name: &str| Measured { function: name.parse().expect("a name"), source: source() };
        let measured = vec![by_top("http"), by_top("mail")];
        let check = |name: &str, sites: &[&str]| ConfiguredCheck {
            name: name.into(),
            settings: settings(sites),
        };
        let mut disk = check("disk", &["osaka"]);
        disk.settings = Settings {
            kind: Way::Plugin,
            command: vec!["/usr/lib/check_disk".into()],
            ..disk.settings
        };
        let checks = vec![check("top", &["osaka", "sapporo"]), check("mx", &["sapporo"]), disk];
        let office = Office::new(store, vault, RelayFolder(folder.path().join("relay")), vec![])
            .under(vec![WatchedContract { contract, measured }])
            .watching(Watching::of(checks));
        checks::refresh(&office, at("00:00:00")).await.expect("noted");
        let (osaka, sapporo) = (node(&office, "osaka", 1).await, node(&office, "sapporo", 2).await);
        World { office, osaka, sapporo, _folder: folder }
    }

    async fn open_incidents(&self, now: &str) -> usize {
        incidents::tend(&self.office, at(now), &|| at(now)).await.expect("tended");
        self.office.store.open_incidents().await.expect("read").len()
    }

    /// What the records have of a series: `TIME ANSWER`.
    async fn seen(&self, series: &str) -> Vec<String> {
        let (from, until) = (at("00:00:00"), at("23:00:00"));
        let looks = self.office.store.looks(series, from, until).await.expect("read");
        looks.iter().map(|it| format!("{} {:?}", &it.at.to_string()[11..19], it.answer)).collect()
    }
}

async fn node(office: &Office, name: &str, id: u8) -> StationRecord {
    let kind = StationKind::Node;
    let (contracts, site) = (Vec::new(), None);
    let new = NewStation {
        name: name.into(),
        kind,
        site,
        contracts,
        token_id: [id; 16],
        digest: [id; 32],
    };
    office.store.add_station(&new, at("00:00:00")).await.expect("added");
    office.store.station(name).await.expect("read").expect("there")
}

fn look(check: &str, at: Timestamp, answer: NodeAnswer) -> NodeLook {
    let reason = (answer != NodeAnswer::Good).then(|| "timed-out".to_owned());
    NodeLook {
        check: check.into(),
        every: 60,
        at,
        answer,
        reason,
        took_ms: 12,
        said: None,
        code: None,
        address: None,
    }
}

/// A look a minute from `from` on: a letter each, `u` up, `d` down.
fn minutes(batch: u64, from: &str, letters: &str) -> LookBatch {
    let answer = |letter| if letter == 'u' { NodeAnswer::Good } else { NodeAnswer::Silent };
    let minute = |n: i32| at(from) + SignedDuration::from_mins(1) * n;
    let looks = (0..).zip(letters.chars()).map(|(n, it)| look("top", minute(n), answer(it)));
    LookBatch { batch, looks: looks.collect(), blind: Vec::new() }
}

async fn bring(
    world: &World,
    node: &StationRecord,
    batch: LookBatch,
    sent: &str,
    now: &str,
) -> u64 {
    let looks = Looks { sent: at(sent), batches: vec![batch] };
    let accepted = checks::take(&world.office, node, &looks, at(now)).await.expect("taken");
    accepted.taken
}

#[tokio::test]
async fn an_incident_takes_as_many_sites_as_the_contract_says() {
    let world = World::begin().await;
    let now = "00:10:02";
    bring(&world, &world.osaka, minutes(1, "00:00:00", "uuuuuddddd"), now, now).await;
    bring(&world, &world.sapporo, minutes(1, "00:00:00", "uuuuuuuuuu"), now, now).await;
    assert_eq!(world.open_incidents(now).await, 0, "one of two");
    let later = "00:13:02";
    bring(&world, &world.osaka, minutes(2, "00:10:00", "ddd"), later, later).await;
    bring(&world, &world.sapporo, minutes(2, "00:10:00", "udd"), later, later).await;
    assert_eq!(world.open_incidents(later).await, 1, "both");
}

/// While a site is blind nobody says that it is up again, nor that it is down.
#[tokio::test]
async fn a_site_that_is_not_heard_neither_opens_nor_ends_an_incident() {
    let world = World::begin().await;
    let now = "00:05:02";
    bring(&world, &world.osaka, minutes(1, "00:00:00", "uuddd"), now, now).await;
    bring(&world, &world.sapporo, minutes(1, "00:00:00", "uuddd"), now, now).await;
    assert_eq!(world.open_incidents(now).await, 1);
    let open = world.office.store.open_incidents().await.expect("read")[0].id;
    let has_ended = |incident: &incidents::Incident| incident.story.down().next().is_none();
    // Sapporo is away since; osaka still sees it down.
    bring(&world, &world.osaka, minutes(2, "00:05:00", &"d".repeat(20)), "00:25:02", "00:25:02")
        .await;
    world.open_incidents("00:25:02").await;
    let incident = incidents::incident(&world.office, open, at("00:25:02")).await.expect("there");
    assert!(!has_ended(&incident), "nobody knows");
    // It comes back, and had seen it up since 00:10.
    let since = format!("{}{}", "d".repeat(5), "u".repeat(15));
    bring(&world, &world.sapporo, minutes(2, "00:05:00", &since), "00:25:03", "00:25:03").await;
    world.open_incidents("00:25:04").await;
    let incident = incidents::incident(&world.office, open, at("00:25:04")).await.expect("there");
    assert!(has_ended(&incident), "one of two is not down");
}

/// What nodes saw while the office was away changes the past, and opens nothing.
#[tokio::test]
async fn what_is_long_over_becomes_evidence_and_no_incident() {
    let world = World::begin().await;
    let story = format!("{}{}{}", "u".repeat(60), "d".repeat(10), "u".repeat(110));
    let (before, now) = ("00:00:30", "03:00:02");
    for node in [&world.osaka, &world.sapporo] {
        bring(&world, node, minutes(1, "00:00:00", "u"), before, before).await;
    }
    assert_eq!(world.open_incidents(now).await, 0);
    // It catches up in parts: the newest look of the first part failed, and is two hours old.
    for node in [&world.osaka, &world.sapporo] {
        bring(&world, node, minutes(2, "00:00:00", &story[..65]), now, now).await;
    }
    assert_eq!(world.open_incidents(now).await, 0, "two hours ago");
    for node in [&world.osaka, &world.sapporo] {
        bring(&world, node, minutes(3, "01:05:00", &story[65..]), now, now).await;
    }
    assert_eq!(world.open_incidents(now).await, 0);
    let month = "2026-11".parse().expect("a month");
    let settled = app::statements::statement(&world.office, "five-tiers", None, month, at(now));
    let statement = settled.await.expect("a statement").statement;
    let counted: SignedDuration =
        statement.outages.iter().fold(SignedDuration::ZERO, |sum, it| sum + it.span.duration());
    assert_eq!(counted, SignedDuration::from_mins(10), "{:?}", statement.outages);
}

/// A look that says it is of tomorrow would stand for all that comes before tomorrow.
#[tokio::test]
async fn a_look_in_the_future_hides_nothing() {
    let world = World::begin().await;
    let now = "00:10:02";
    for node in [&world.osaka, &world.sapporo] {
        let mut batch = minutes(1, "00:00:00", "uuuuu");
        batch.looks.push(look("top", at("23:00:00"), NodeAnswer::Good));
        batch.looks.push(look(
            "top",
            at(now) - SignedDuration::from_hours(41 * 24),
            NodeAnswer::Good,
        ));
        let (from, until) = (at("00:09:30"), at("22:00:00"));
        batch.blind.push(NodeBlind { check: "top".into(), every: 60, from, until });
        bring(&world, node, batch, now, now).await;
        bring(&world, node, minutes(2, "00:11:00", "dddd"), "00:14:02", "00:14:02").await;
    }
    assert_eq!(world.seen("top@osaka").await.len(), 9);
    assert_eq!(world.open_incidents("00:14:02").await, 1);
    // Our own clock was ahead for a while: what came then does not hide what comes now.
    for node in [&world.osaka, &world.sapporo] {
        bring(&world, node, minutes(3, "09:00:00", "uu"), "09:01:02", "09:01:02").await;
        bring(&world, node, minutes(4, "00:15:00", "dd"), "00:16:02", "00:16:02").await;
    }
    let runs = world.office.store.runs_of("top@osaka", at("00:10:00"), at("23:00:00"));
    let told: Vec<_> = runs.await.expect("read").iter().map(|it| it.answer).collect();
    assert_eq!(told, [Answer::Silent, Answer::Silent], "the run of nine o'clock is gone");
}

#[tokio::test]
async fn a_clock_that_is_wrong_makes_a_site_blind() {
    let world = World::begin().await;
    for (batch, sent, expected) in [
        (1, "00:10:02", "00:10:00 Silent"),
        (2, "00:20:04", "00:20:00 Silent"),
        // Three seconds behind, and an hour ahead: set right, and not believed.
        (3, "00:29:59", "00:30:03 Unseen"),
        (4, "01:40:02", "00:40:00 Unseen"),
    ] {
        let now = format!("00:{batch}0:02");
        let ahead = at(sent).duration_since(at(&now));
        let looked =
            at(&format!("00:{batch}0:00")) + if batch > 3 { ahead } else { SignedDuration::ZERO };
        let looks = vec![look("top", looked, NodeAnswer::Silent)];
        let batch = LookBatch { batch, looks, blind: Vec::new() };
        bring(&world, &world.osaka, batch, sent, &now).await;
        assert_eq!(world.seen("top@osaka").await.last().map(String::as_str), Some(expected));
    }
    let watched = checks::find(&world.office, "top", at("00:40:02")).await.expect("read");
    let osaka = watched.expect("there").sites.into_iter().find(|it| it.site == "osaka");
    assert_eq!(osaka.and_then(|it| it.latest).map(|it| it.answer), Some(Answer::Unseen));
}

#[tokio::test]
async fn a_node_brings_what_it_was_given_and_each_batch_once() {
    let world = World::begin().await;
    let now = "00:10:02";
    let mut batch = minutes(7, "00:00:00", "uu");
    batch.looks.push(look("mx", at("00:00:00"), NodeAnswer::Silent));
    batch.looks.push(look("other", at("00:00:00"), NodeAnswer::Silent));
    let (from, until) = (at("00:02:00"), at("00:05:00"));
    batch.blind.push(NodeBlind { check: "top".into(), every: 60, from, until });
    for _ in 0..2 {
        assert_eq!(bring(&world, &world.osaka, batch.clone(), now, now).await, 7);
    }
    assert_eq!(bring(&world, &world.osaka, minutes(6, "00:08:00", "d"), now, now).await, 7);
    assert_eq!(world.seen("top@osaka").await, ["00:00:00 Good", "00:01:00 Good"]);
    for series in ["mx", "mx@osaka", "mx@sapporo", "other@osaka", "top", "top@sapporo"] {
        assert_eq!(world.seen(series).await, [""; 0], "{series}");
    }
    let (day, end) = (at("00:00:00"), at("23:00:00"));
    let runs = world.office.store.runs_of("top@osaka", day, end).await.expect("read");
    let told: Vec<_> = runs.iter().map(|run| (run.answer, run.total)).collect();
    assert_eq!(told, [(Answer::Good, 2), (Answer::Unseen, 0)]);
}

#[tokio::test]
async fn a_node_is_given_its_own_checks_and_no_command() {
    let world = World::begin().await;
    let given = checks::given(&world.office, &world.osaka).await.expect("given");
    let names: Vec<&str> = given.checks.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["disk", "top"]);
    assert!(given.checks[0].settings.command.is_empty(), "{:?}", given.checks[0]);
    assert!(given.checks.iter().all(|it| it.settings.sites.is_empty()));
    let again = checks::given(&world.office, &world.osaka).await.expect("given");
    assert_eq!(again.version, given.version);
    let sapporo = checks::given(&world.office, &world.sapporo).await.expect("given");
    assert_ne!(sapporo.version, given.version);
}
