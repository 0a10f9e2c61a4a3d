//! What holds nobody up: full timelines, no room for incidents, and others who write at the same time.

use app::incidents::{self, Deed, OpenByHand, tend};
use app::stations;
use app::telling::OnIncident;
use jiff::Timestamp;
use link::{Reading, Readings};
use store::{
    ALARM_INCIDENTS_MAX, Addition, ENTRIES_MAX, EntryRecord, Milestones, NewIncident, Room,
};

use super::alarms::{group, group_of, told};
use super::{House, at, clock, outage};

fn noted(number: i64, body: &str) -> EntryRecord {
    let at = at("2026-11-20 11:00");
    EntryRecord { number, at, noted: at, kind: "noted".into(), body: body.into() }
}

async fn open_by_hand(house: &House, count: i64) {
    let what = OpenByHand {
        contract: "skyarch".into(),
        service: None,
        functions: Vec::new(),
        title: "点検".into(),
    };
    for _ in 0..count {
        let now = at("2026-11-20 11:00");
        incidents::open(&house.office, &what, "tanaka", None, now).await.expect("opened");
    }
}

/// A timeline that is full and one that cannot be read are told; what goes down elsewhere is seen.
#[tokio::test]
async fn one_incident_holds_no_other_up() {
    let house = House::new(OnIncident::Nothing).await;
    house.log("skyarch", &outage("http", "2026-11-20 10:59", None), "2026-11-20 11:00").await;
    house.tend("2026-11-20 11:00").await;
    let store = &house.office.store;
    let record = store.incident(1).await.expect("read").expect("an incident");
    let full: Vec<_> =
        (record.entries + 1..=ENTRIES_MAX).map(|it| noted(it, "{\"text\":\"x\"}")).collect();
    let addition = Addition {
        incident: 1,
        after: record.entries,
        entries: full,
        milestones: Milestones::default(),
        calls: Vec::new(),
    };
    store.add_entries(&[addition]).await.expect("written");
    let damaged = NewIncident {
        contract: "skyarch".into(),
        service: record.service,
        source: "check",
        origin: None,
        opened: at("2026-11-20 11:01"),
        room: Room::All,
    };
    let entries = [noted(1, "damaged")];
    store.open_incident(&damaged, &entries, Milestones::default()).await.expect("opened");
    let up = outage("http", "2026-11-20 10:59", Some("2026-11-20 11:05"));
    house.log("skyarch", &up, "2026-11-20 11:06").await;
    let function = house.office.contracts().into_iter().find_map(|it| {
        let services = &it.contract.terms_at(at("2026-11-20 11:06")).services;
        let is_it = it.contract.name.as_str() == "aoulu-cloud";
        is_it.then(|| services[0].functions[0].name.to_string())
    });
    let line = outage(&function.expect("a function"), "2026-11-20 11:05", None);
    house.log("aoulu-cloud", &line, "2026-11-20 11:06").await;
    let now = at("2026-11-20 11:06");
    let tended = tend(&house.office, now, &|| now).await.expect("tended");
    let about: Vec<_> = tended.troubles.told.iter().map(|it| it.about.as_str()).collect();
    assert_eq!(about, ["incident 2", "incident 1"]);
    assert_eq!((tended.opened, tended.troubles.total), (1, 2));
    let other = incidents::incident(&house.office, 3, now).await.expect("an incident");
    assert_eq!(other.record.contract, "aoulu-cloud");
    assert!(!other.story.calls.is_empty(), "somebody is called for it");
}

/// Alarms without room go into one incident together, and what is down still finds room.
#[tokio::test]
async fn alarms_without_room_share_an_incident() {
    let house = House::new(OnIncident::Nothing).await;
    open_by_hand(&house, ALARM_INCIDENTS_MAX).await;
    for (key, fingerprint) in [("one", "a"), ("two", "b"), ("three", "c")] {
        let alerts = group_of(key, &[(fingerprint, None)]);
        told(&house, "lab", &alerts, "2026-11-20 11:01").await;
    }
    let id = ALARM_INCIDENTS_MAX + 1;
    let now = at("2026-11-20 11:02");
    let rest = incidents::incident(&house.office, id, now).await.expect("an incident");
    assert_eq!(rest.story.ringing().count(), 3);
    let over = group_of("two", &[("b", Some("2026-11-20 11:03"))]);
    told(&house, "lab", &over, "2026-11-20 11:03").await;
    let rest = incidents::incident(&house.office, id, at("2026-11-20 11:04")).await;
    assert_eq!(rest.expect("an incident").story.ringing().count(), 2);
    open_by_hand(&house, 1).await;
}

/// Two messages of one group at the same time are one incident.
#[tokio::test]
async fn messages_at_the_same_time_are_one_incident() {
    let house = House::new(OnIncident::Nothing).await;
    let (one, other) = (group(&[("a", None)]), group(&[("b", None)]));
    tokio::join!(
        told(&house, "lab", &one, "2026-11-20 11:01"),
        told(&house, "lab", &other, "2026-11-20 11:01"),
    );
    let open = incidents::open_ones(&house.office, at("2026-11-20 11:02")).await.expect("read");
    assert_eq!(open.len(), 1);
    assert_eq!(open[0].story.ringing().count(), 2);
}

/// What is answered as taken is in the timeline, also when a person writes into it at that moment.
#[tokio::test]
async fn an_end_is_written_beside_others() {
    for _ in 0..5 {
        let house = House::new(OnIncident::Nothing).await;
        told(&house, "lab", &group(&[("a", None)]), "2026-11-20 11:01").await;
        let over = group(&[("a", Some("2026-11-20 11:10"))]);
        let note = async || house.does(Deed::Note("見ています".into()), "2026-11-20 11:10").await;
        tokio::join!(told(&house, "lab", &over, "2026-11-20 11:10"), note(), note(), note());
        let now = at("2026-11-20 11:11");
        let incident = incidents::incident(&house.office, 1, now).await.expect("an incident");
        assert_eq!(incident.story.ringing().count(), 0);
    }
}

/// Brings one reading of a disk, and looks.
async fn reads(house: &House, batch: u64, time: &str, permille: i64) {
    let station = stations::known(&house.office, "web1").await.expect("a station");
    let values = vec![("disk./var.used_permille".into(), permille)];
    let readings = vec![Reading { at: at(time), values }];
    let readings = Readings { batch, readings, states: Vec::new(), gaps: Vec::new() };
    let taken = stations::take_readings(&house.office, &station, &readings, at(time)).await;
    taken.expect("taken");
    house.tend(time).await;
}

/// A machine that was silent for days, and one that was revoked: what was reached there is over.
#[tokio::test]
async fn a_disk_is_over_after_days_of_silence() {
    for is_revoked in [false, true] {
        let house = House::new(OnIncident::Nothing).await.with_agent().await;
        reads(&house, 1, "2026-11-17 11:00", 950).await;
        if is_revoked {
            stations::revoke(&house.office, "web1", at("2026-11-20 11:00")).await.expect("done");
            house.tend("2026-11-20 11:00").await;
        } else {
            reads(&house, 2, "2026-11-20 11:00", 100).await;
        }
        let story = house.story("2026-11-20 11:01").await;
        assert!(story.contains(&"11:00 over use/web1/disk/disk /var".to_owned()), "{story:?}");
    }
}

/// A disk that was over its threshold before, and is again, rings once.
#[tokio::test]
async fn a_disk_that_is_full_again_rings_once() {
    let house = House::new(OnIncident::Nothing).await.with_agent().await;
    for (batch, time, permille) in [(1, "11:00", 950), (2, "11:10", 100), (3, "11:20", 950)] {
        reads(&house, batch, &format!("2026-11-20 {time}"), permille).await;
    }
    house.tend("2026-11-20 11:21").await;
    house.tend("2026-11-20 11:22").await;
    let story = house.story("2026-11-20 11:23").await;
    let rings = story.iter().filter(|line| line.contains(" alarm ")).count();
    let overs = story.iter().filter(|line| line.contains(" over ")).count();
    assert_eq!((rings, overs), (2, 1), "{story:?}");
}

/// A look that lasts long gives its orders with the time of the giving.
#[tokio::test]
async fn orders_are_issued_when_they_are_given() {
    let house = House::new(OnIncident::Nothing).await.with_agent().await;
    house.look("ssh", true, "2026-11-20 17:41").await;
    house.log("skyarch", &outage("http", "2026-11-20 17:40", None), "2026-11-20 17:42").await;
    let later = || at("2026-11-20 17:49");
    tend(&house.office, at("2026-11-20 17:42"), &later).await.expect("tended");
    let orders = house.office.store.orders_for(1).await.expect("read");
    let issued: Vec<Timestamp> = orders.iter().map(|it| it.issued).collect();
    assert_eq!(issued.into_iter().map(clock).collect::<Vec<_>>(), ["17:49"]);
}

/// A step that was ordered is not ordered again in the other part of an incident, nor in the incident
/// that it goes on in.
#[tokio::test]
async fn a_split_and_a_merge_order_nothing_again() {
    let house = House::new(OnIncident::Nothing).await.with_agent().await;
    house.look("ssh", true, "2026-11-20 17:41").await;
    for function in ["http", "ftp"] {
        house.log("skyarch", &outage(function, "2026-11-20 17:40", None), "2026-11-20 17:42").await;
    }
    house.tend("2026-11-20 17:42").await;
    assert_eq!(house.orders().await, 1);
    let split = at("2026-11-20 17:43");
    let going = ["http".to_owned()];
    let new = incidents::split(&house.office, 1, &going, "http だけ", "tanaka", split).await;
    assert_eq!(new.expect("split"), 2);
    house.look("ssh", true, "2026-11-20 17:43").await;
    house.tend("2026-11-20 17:43:30").await;
    house.agent_says(link::Outcome::Failed, "exit status 1", "2026-11-20 17:43:40").await;
    house.tend("2026-11-20 17:44").await;
    let ordered = async |id| house.office.store.orders_for(id).await.expect("read").len();
    assert_eq!((ordered(1).await, ordered(2).await), (1, 0));
    let part = incidents::incident(&house.office, 2, at("2026-11-20 17:45")).await;
    let part = part.expect("an incident").story;
    let steps: Vec<_> = part.followed.iter().map(|run| (run.step, run.order)).collect();
    assert_eq!(steps, [(1, Some(1)), (2, None)], "it goes on with the next step");

    let by_hand = OpenByHand {
        contract: "skyarch".into(),
        service: None,
        functions: Vec::new(),
        title: "まとめ".into(),
    };
    let now = at("2026-11-20 17:45");
    let into = incidents::open(&house.office, &by_hand, "tanaka", None, now).await.expect("opened");
    incidents::merge(&house.office, 2, into, "tanaka", now).await.expect("merged");
    house.look("ssh", true, "2026-11-20 17:46").await;
    house.tend("2026-11-20 17:46").await;
    assert_eq!(ordered(into).await, 0);
    let story = incidents::incident(&house.office, into, now).await.expect("an incident").story;
    assert!(story.taken.iter().any(|taken| taken.level == 1 && taken.failed.is_some()));
}

/// What could not be ordered is said in the language of the contract.
#[tokio::test]
async fn a_station_that_is_not_there_is_said_in_japanese() {
    let house = House::new(OnIncident::Nothing).await;
    house.look("ssh", true, "2026-11-20 17:41").await;
    house.log("skyarch", &outage("http", "2026-11-20 17:40", None), "2026-11-20 17:42").await;
    house.tend("2026-11-20 17:42").await;
    let story = house.story("2026-11-20 17:43").await;
    let failed = "17:42 step 1 Failed web1 という機器はありません".to_owned();
    assert!(story.contains(&failed), "{story:?}");
}
