//! What opens incidents beside the functions of contracts.

use app::checks;
use app::incidents::{self, Alert, AlertGroup, AlertsTaken, Deed, alert_word};
use app::stations;
use app::telling::OnIncident;
use link::{Reading, Readings};

use super::{House, at, outage};

async fn open(house: &House, now: &str) -> usize {
    incidents::open_ones(&house.office, at(now)).await.expect("read").len()
}

#[tokio::test]
async fn a_check_that_no_contract_measures() {
    let house = House::new(OnIncident::Nothing).await;
    house.look("backup", false, "2026-11-20 11:00").await;
    house.tend("2026-11-20 11:00:15").await;
    house.tend("2026-11-20 11:00:30").await;
    house.look("backup", true, "2026-11-20 11:01").await;
    house.tend("2026-11-20 11:01:15").await;
    let expected = [
        "11:00 alarm check/backup: 監視項目 backup の異常",
        "11:00:15 sato called: decide",
        "11:01 over check/backup",
        "11:01 recovered",
    ];
    assert_eq!(house.story("2026-11-20 11:02").await, expected);
    assert_eq!(open(&house, "2026-11-20 11:02").await, 1, "a person closes it, with a report");
}

/// One bad line is no incident, and it lasts until so many see it good that it cannot be otherwise.
#[tokio::test]
async fn a_check_of_three_sites_by_its_quorum() {
    let house = House::new(OnIncident::Nothing).await;
    checks::refresh(&house.office, at("2026-11-20 10:00")).await.expect("noted");
    let [office, osaka, sapporo] = ["far", "far@osaka", "far@sapporo"];
    let looks = async |minute: u8, looks: &[(&str, bool)]| {
        let now = format!("2026-11-20 11:{minute:02}");
        for (series, good) in looks {
            house.look(series, *good, &now).await;
        }
        house.tend(&format!("{now}:15")).await;
    };
    looks(0, &[(office, false), (osaka, true), (sapporo, true)]).await;
    assert_eq!(open(&house, "2026-11-20 11:00:30").await, 0, "two of three see it good");
    looks(1, &[(office, false), (osaka, true), (sapporo, false)]).await;
    // Sapporo is not heard any more; the office and Osaka are enough to say what is.
    looks(2, &[(office, false), (osaka, false)]).await;
    looks(4, &[(office, true), (osaka, false)]).await;
    looks(6, &[(office, true), (osaka, true)]).await;
    let expected = [
        "11:01 alarm check/far: 監視項目 far の異常",
        "11:01:15 sato called: decide",
        "11:06 over check/far",
        "11:06 recovered",
    ];
    assert_eq!(house.story("2026-11-20 11:07").await, expected);
}

fn reading(at_time: &str, permille: i64) -> Reading {
    Reading { at: at(at_time), values: vec![("disk./var.used_permille".into(), permille)] }
}

/// Seed 004: told at exactly 90 %, for each partition.
#[tokio::test]
async fn a_disk_at_its_threshold() {
    let house = House::new(OnIncident::Nothing).await.with_agent().await;
    let station = stations::known(&house.office, "web1").await.expect("a station");
    for (batch, time, permille) in
        [(1, "11:00", 899), (2, "11:01", 900), (3, "11:02", 950), (4, "11:03", 700)]
    {
        let time = format!("2026-11-20 {time}");
        let readings = vec![reading(&time, permille)];
        let readings = Readings { batch, readings, states: Vec::new(), gaps: Vec::new() };
        let taken = stations::take_readings(&house.office, &station, &readings, at(&time)).await;
        taken.expect("taken");
        house.tend(&time).await;
    }
    let expected = [
        "11:01 alarm use/web1/disk/disk /var: web1: disk /var の使用率が90 %以上(90.0 %)",
        "11:01 sato called: decide",
        "11:03 over use/web1/disk/disk /var",
        "11:03 recovered",
    ];
    assert_eq!(house.story("2026-11-20 11:04").await, expected);
}

pub(crate) fn group(alerts: &[(&str, Option<&str>)]) -> AlertGroup {
    group_of("{}:{job=\"web\"}", alerts)
}

pub(crate) fn group_of(key: &str, alerts: &[(&str, Option<&str>)]) -> AlertGroup {
    let alert = |(name, until): &(&str, Option<&str>)| Alert {
        fingerprint: (*name).to_owned(),
        text: format!("{name}: full"),
        from: at("2026-11-20 11:00"),
        until: until.map(at),
    };
    AlertGroup { key: key.into(), alerts: alerts.iter().map(alert).collect() }
}

pub(crate) async fn told(house: &House, door: &str, group: &AlertGroup, now: &str) -> AlertsTaken {
    let word = alert_word(&house.office, door);
    let taken = incidents::alerts(&house.office, door, &word, group, at(now)).await;
    taken.expect("recorded").expect("a door")
}

/// Alerts of one group are one incident; told again they change nothing, and a person says that it is
/// over where the configuration wants that.
#[tokio::test]
async fn alerts_of_another_program() {
    let house = House::new(OnIncident::Nothing).await;
    let both = group(&[("a", None), ("b", None)]);
    let taken = told(&house, "prometheus", &both, "2026-11-20 11:01").await;
    assert_eq!(taken, AlertsTaken { opened: 1, joined: 1, ..AlertsTaken::default() });
    let again = told(&house, "prometheus", &both, "2026-11-20 11:02").await;
    assert_eq!(again, AlertsTaken { known: 2, ..AlertsTaken::default() });
    let house = house.restarted().await;
    let over = Some("2026-11-20 11:10");
    let resolved = group(&[("a", over), ("b", over), ("c", over)]);
    let taken = told(&house, "prometheus", &resolved, "2026-11-20 11:10:05").await;
    assert_eq!(taken, AlertsTaken { ended: 2, known: 1, ..AlertsTaken::default() });
    house.tend("2026-11-20 11:10:15").await;
    let story = house.story("2026-11-20 11:11").await;
    assert_eq!(story.last().map(String::as_str), Some("11:10:15 sato called: confirm"));
    house.does(Deed::Recover, "2026-11-20 11:12").await;
    assert_eq!(
        house.story("2026-11-20 11:12").await.last().map(String::as_str),
        Some("11:12 recovered")
    );
}

#[tokio::test]
async fn a_resolved_alert_recovers_where_that_is_wanted() {
    let house = House::new(OnIncident::Nothing).await;
    told(&house, "lab", &group(&[("a", None)]), "2026-11-20 11:01").await;
    let over = group(&[("a", Some("2026-11-20 11:10"))]);
    told(&house, "lab", &over, "2026-11-20 11:10:05").await;
    house.tend("2026-11-20 11:10:15").await;
    let story = house.story("2026-11-20 11:11").await;
    assert_eq!(story.last().map(String::as_str), Some("11:10 recovered"));
}

#[tokio::test]
async fn a_wrong_word_opens_nothing() {
    let house = House::new(OnIncident::Nothing).await;
    let now = at("2026-11-20 11:01");
    let alerts = group(&[("a", None)]);
    for (door, word) in [
        ("prometheus", alert_word(&house.office, "lab")),
        ("prometheus", alert_word(&house.office, "prometheus").to_lowercase()),
        ("nobody", alert_word(&house.office, "nobody")),
        ("prometheus", String::new()),
    ] {
        let taken = incidents::alerts(&house.office, door, &word, &alerts, now).await;
        assert_eq!(taken.expect("asked"), None, "{door} {word}");
    }
    assert_eq!(open(&house, "2026-11-20 11:02").await, 0);
}

/// What goes down beside an alarm is an incident of its own; people may merge the two.
#[tokio::test]
async fn an_alarm_takes_no_outage_in() {
    let house = House::new(OnIncident::Nothing).await;
    told(&house, "lab", &group(&[("a", None)]), "2026-11-20 11:01").await;
    house.log("skyarch", &outage("ftp", "2026-11-20 11:02", None), "2026-11-20 11:03").await;
    house.tend("2026-11-20 11:03").await;
    assert_eq!(open(&house, "2026-11-20 11:04").await, 2);
    let now = at("2026-11-20 11:05");
    incidents::merge(&house.office, 1, 2, "tanaka", now).await.expect("merged");
    let again = told(&house, "lab", &group(&[("a", None)]), "2026-11-20 11:06").await;
    assert_eq!(again, AlertsTaken { known: 1, ..AlertsTaken::default() }, "it is in the other one");
}
