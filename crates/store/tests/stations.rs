//! Stations: their tokens, what they bring once and once more, and their orders.

mod common;

use common::{at, on_each_engine, vault};
use jiff::{SignedDuration, Timestamp};
use link::{
    LogSlot, Logs, Outcome, Reading, Readings, Results, StateWord, StationState, Trouble,
    WorkResult,
};
use store::{
    BroughtReadings, CrossingRecord, Figure, NewOrder, NewStation, StationAdded, StationKind, Store,
};

fn time(clock: &str) -> Timestamp {
    at(&format!("2026-11-22T{clock}Z"))
}

fn new(name: &str, kind: StationKind, id: u8) -> NewStation {
    NewStation {
        name: name.to_owned(),
        kind,
        site: Some("tokyo".to_owned()),
        contracts: vec!["skyarch".to_owned(), "aoulu-cloud".to_owned()],
        token_id: [id; 16],
        digest: [id; 32],
    }
}

async fn web1(store: &Store) -> i64 {
    let added = store.add_station(&new("web-1", StationKind::Agent, 1), time("05:00:00")).await;
    assert_eq!(added.expect("added"), StationAdded::Done);
    store.station("web-1").await.expect("read").expect("it is there").number
}

fn reading(clock: &str, values: &[(&str, i64)]) -> Reading {
    let values = values.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect();
    Reading { at: time(clock), values }
}

fn batch(number: u64, readings: Vec<Reading>) -> Readings {
    Readings { batch: number, readings, ..Readings::default() }
}

async fn take(store: &Store, station: i64, readings: &Readings, now: &str) -> (u64, bool, u64) {
    let brought = BroughtReadings { readings, crossings: &[] };
    let taken = store.take_readings(station, brought, time(now)).await.expect("taken");
    (taken.taken, taken.is_new, taken.dropped)
}

#[tokio::test]
async fn a_token_is_good_until_it_is_revoked_and_a_name_can_be_given_a_new_one() {
    on_each_engine(|store| async move {
        let number = web1(&store).await;
        let again = new("web-1", StationKind::Agent, 2);
        let taken = store.add_station(&again, time("05:01:00")).await.expect("asked");
        assert_eq!(taken, StationAdded::NameTaken);
        let known = store.station_by_token(&[1; 16]).await.expect("read").expect("known");
        assert_eq!((known.number, known.kind, known.revoked), (number, StationKind::Agent, None));
        assert_eq!(known.contracts, ["skyarch", "aoulu-cloud"]);
        assert!(store.station_by_token(&[2; 16]).await.expect("read").is_none());
        let heard = [(number, time("05:02:00"))].into();
        store.saw_stations(&heard).await.expect("noted");

        assert!(store.revoke_station("web-1", time("05:03:00")).await.expect("revoked"));
        assert!(!store.revoke_station("web-1", time("05:04:00")).await.expect("asked"));
        let known = store.station_by_token(&[1; 16]).await.expect("read").expect("known");
        assert_eq!(known.revoked, Some(time("05:03:00")));
        assert_eq!(known.seen, Some(time("05:02:00")));

        let node = new("web-1", StationKind::Node, 3);
        let other = store.add_station(&node, time("05:05:00")).await.expect("asked");
        assert_eq!(other, StationAdded::OtherKind);
        let done = store.add_station(&again, time("05:06:00")).await.expect("added");
        assert_eq!(done, StationAdded::Done);
        assert!(store.station_by_token(&[1; 16]).await.expect("read").is_none());
        let known = store.station_by_token(&[2; 16]).await.expect("read").expect("known");
        assert_eq!((known.number, known.revoked, known.seen), (number, None, None));
        assert_eq!(store.stations().await.expect("read").len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_station_with_a_new_token_counts_its_batches_from_the_start() {
    on_each_engine(|store| async move {
        let station = web1(&store).await;
        let order = store.add_order(&order(station, "06:00:00")).await.expect("recorded");
        take(&store, station, &batch(70, vec![]), "06:00:00").await;
        let none = Results { batch: 9, results: vec![] };
        store.take_results(station, &none).await.expect("taken");
        assert!(store.revoke_station("web-1", time("06:01:00")).await.expect("revoked"));
        let again = new("web-1", StationKind::Agent, 2);
        store.add_station(&again, time("06:02:00")).await.expect("added");
        assert_eq!(take(&store, station, &batch(1, vec![]), "06:03:00").await, (1, true, 0));
        let done = Results { batch: 1, results: vec![result(order, Outcome::Done)] };
        assert!(store.take_results(station, &done).await.expect("taken").is_new);
        let known = store.order(order).await.expect("read").expect("there");
        assert_eq!(known.result.map(|it| it.outcome), Some(Outcome::Done));
    })
    .await;
}

#[tokio::test]
async fn a_batch_that_comes_again_is_not_recorded_twice() {
    on_each_engine(|store| async move {
        let station = web1(&store).await;
        let one = batch(
            1,
            vec![
                reading("05:58:00", &[("load.1m_milli", 250), ("disk./.used_permille", 410)]),
                reading("05:59:00", &[("load.1m_milli", 350), ("disk./.used_permille", 411)]),
            ],
        );
        assert_eq!(take(&store, station, &one, "06:00:00").await, (1, true, 0));
        assert_eq!(take(&store, station, &one, "06:00:01").await, (1, false, 0));
        let three = batch(3, vec![reading("06:01:00", &[("load.1m_milli", 50)])]);
        assert_eq!(take(&store, station, &three, "06:01:00").await, (3, true, 0));
        // What lies between was lost by the station itself; it cannot come any more.
        let two = batch(2, vec![reading("06:00:00", &[("load.1m_milli", 9_000)])]);
        assert_eq!(take(&store, station, &two, "06:01:01").await, (3, false, 0));

        let (from, until) = (time("05:00:00"), time("07:00:00"));
        let before = store.readings(station, from, until).await.expect("read");
        assert_eq!(before.len(), 3);
        let series = store.series(station).await.expect("read");
        let named = |number: i64| series[&number].as_str();
        let first: Vec<_> = before[0].values.iter().map(|(n, v)| (named(*n), *v)).collect();
        assert_eq!(first, [("load.1m_milli", 250), ("disk./.used_permille", 410)]);
        let latest = store.station("web-1").await.expect("read").expect("there").latest;
        assert_eq!(latest.last(), before.last());
        let disk: Vec<_> = latest.iter().map(|it| (it.at, it.values.len())).collect();
        assert_eq!(disk, [(time("05:59:00"), 1), (time("06:01:00"), 1)]);

        // Folding changes nothing but where they lie.
        assert_eq!(store.fold_readings(time("06:01:00")).await.expect("folded"), 1);
        assert_eq!(store.fold_readings(until).await.expect("folded"), 1);
        assert_eq!(store.readings(station, from, until).await.expect("read"), before);
        let late = batch(4, vec![reading("05:57:00", &[("load.1m_milli", 150)])]);
        assert_eq!(take(&store, station, &late, "06:02:00").await, (4, true, 0));
        assert_eq!(store.fold_readings(until).await.expect("folded"), 1);
        let figures = store.reading_figures(station, from, until).await.expect("read");
        assert_eq!(figures.len(), 2);
        let load = Figure { samples: 3, lowest: 150, mean: 250, highest: 350 };
        assert_eq!(figures[0].series[&1], load);
        assert_eq!(figures[1].series[&1], Figure::of(50));
        let latest = store.station("web-1").await.expect("read").expect("there").latest;
        assert_eq!(
            latest.last().map(|it| it.at),
            Some(time("06:01:00")),
            "what is late is not the newest"
        );

        let dropped = store.drop_readings_before(time("06:00:00"), from).await;
        assert_eq!(dropped.expect("forgotten"), 1);
        assert_eq!(store.readings(station, from, until).await.expect("read").len(), 1);
    })
    .await;
}

#[tokio::test]
async fn what_is_taken_is_there_after_a_kill() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite:{}", folder.path().join("records.db").display());
    let store = Store::open(&url, vault()).await.expect("opened");
    let station = web1(&store).await;
    for number in 1..=5 {
        let clock = format!("06:0{number}:00");
        let one = batch(number, vec![reading(&clock, &[("load.1m_milli", 1)])]);
        assert_eq!(take(&store, station, &one, &clock).await, (number, true, 0));
        // Killed: nothing is closed. The station had no answer and sends the batch again.
        let survivor = Store::open(&url, vault()).await.expect("opened");
        assert_eq!(take(&survivor, station, &one, &clock).await, (number, false, 0));
        let all = survivor.readings(station, time("06:00:00"), time("07:00:00")).await;
        assert_eq!(all.expect("read").len() as u64, number);
    }
}

#[tokio::test]
async fn readings_of_another_time_are_dropped_and_counted() {
    on_each_engine(|store| async move {
        let station = web1(&store).await;
        let mut strange = batch(1, vec![reading("06:00:00", &[("load.1m_milli", 1)])]);
        let far = |at| Reading { at, values: vec![("load.1m_milli".to_owned(), 2)] };
        strange.readings.push(far(time("06:05:01")));
        strange.readings.push(far(time("06:00:00") - SignedDuration::from_hours(41 * 24)));
        assert_eq!(take(&store, station, &strange, "06:00:00").await, (1, true, 2));
        let many: Vec<_> = (0..6_000).map(|n| (format!("disk./{n}.used_permille"), 1)).collect();
        let many = batch(2, vec![Reading { at: time("06:01:00"), values: many }]);
        assert_eq!(take(&store, station, &many, "06:01:00").await, (2, true, 1_001));
        assert_eq!(store.series(station).await.expect("read").len(), 5_000);
    })
    .await;
}

#[tokio::test]
async fn states_remember_since_when() {
    on_each_engine(|store| async move {
        let station = web1(&store).await;
        let state = |clock: &str, state, detail: &str| StationState {
            at: time(clock),
            name: "unit.nginx.service".to_owned(),
            state,
            detail: detail.to_owned(),
        };
        let mut brought = batch(1, vec![]);
        brought.states = vec![
            state("06:00:00", StateWord::Good, "active (running)"),
            state("06:01:00", StateWord::Good, "active (running)"),
            state("06:02:00", StateWord::Bad, "failed (Result: exit-code)"),
            state("06:03:00", StateWord::Bad, "failed (Result: signal)"),
            state("06:00:30", StateWord::Good, "late"),
        ];
        take(&store, station, &brought, "06:03:00").await;
        let now = store.station_states(station).await.expect("read");
        assert_eq!(now.len(), 1);
        assert_eq!((now[0].state, now[0].since), (StateWord::Bad, time("06:02:00")));
        assert_eq!(
            (now[0].detail.as_str(), now[0].seen),
            ("failed (Result: signal)", time("06:03:00"))
        );
        let changes = store.station_changes(station, time("00:00:00")).await.expect("read");
        let times: Vec<_> = changes.iter().map(|change| (change.at, change.state)).collect();
        let expected = [(time("06:02:00"), StateWord::Bad), (time("06:00:00"), StateWord::Good)];
        assert_eq!(times, expected);
        assert_eq!(store.bad_states().await.expect("read").len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_slot_that_is_told_again_takes_its_place() {
    on_each_engine(|store| async move {
        let station = web1(&store).await;
        let slot = |clock: &str, until: &str, lines, gap| LogSlot {
            source: "syslog".to_owned(),
            slot_from: time(clock),
            slot_until: time(until),
            lines,
            bytes: lines * 80,
            trouble: vec![Trouble {
                at: None,
                pattern: "oom".to_owned(),
                line: "himitsu: Out of memory".to_owned(),
            }],
            trouble_count: 7,
            gap,
        };
        let first = Logs { batch: 1, slots: vec![slot("05:00:00", "06:00:00", 10, true)] };
        let whole = slot("05:00:00", "06:00:00", 12, false);
        let second = Logs { batch: 2, slots: vec![whole, slot("06:00:00", "07:00:00", 3, false)] };
        for logs in [&first, &first, &second] {
            store.take_slots(station, logs, time("07:00:00")).await.expect("taken");
        }
        let slots = store.log_slots(station, time("00:00:00"), time("23:00:00")).await;
        let told: Vec<_> =
            slots.expect("read").iter().map(|it| (it.from, it.lines, it.trouble, it.gap)).collect();
        let expected = [(time("06:00:00"), 3, 7, false), (time("05:00:00"), 12, 7, false)];
        assert_eq!(told, expected);
        let lines = store.log_trouble(station, "syslog", time("05:00:00")).await.expect("read");
        assert_eq!(lines[0].line, "himitsu: Out of memory");
        assert_eq!(store.log_trouble(station, "x", time("05:00:00")).await.expect("read"), []);
        assert_eq!(store.drop_log_slots_before(time("06:00:00")).await.expect("dropped"), 1);
    })
    .await;
}

#[tokio::test]
async fn states_and_slots_have_their_time_and_their_number() {
    on_each_engine(|store| async move {
        let station = web1(&store).await;
        let state = |clock: &str, state| StationState {
            at: time(clock),
            name: "unit.nginx.service".to_owned(),
            state,
            detail: String::new(),
        };
        let mut ahead = batch(1, vec![]);
        ahead.states = vec![state("06:00:00", StateWord::Good), state("07:00:00", StateWord::Bad)];
        assert_eq!(take(&store, station, &ahead, "06:00:00").await, (1, true, 1));
        assert!(store.bad_states().await.expect("read").is_empty(), "an hour ahead");
        // Our own clock was ahead: what it let in does not stay.
        let mut wrong = batch(2, vec![]);
        wrong.states = vec![state("09:00:00", StateWord::Bad)];
        take(&store, station, &wrong, "09:00:00").await;
        let mut flapping = batch(3, vec![]);
        let word = |n| if n % 2 == 0 { StateWord::Good } else { StateWord::Bad };
        flapping.states =
            (0..400).map(|n| state(&format!("06:{:02}:{:02}", n / 60, n % 60), word(n))).collect();
        take(&store, station, &flapping, "06:07:00").await;
        let known = store.station_states(station).await.expect("read");
        assert_eq!(known[0].seen, time("06:06:39"));

        let slot = |source: String, clock: &str, until: &str| LogSlot {
            source,
            slot_from: time(clock),
            slot_until: time(until),
            lines: 1,
            bytes: 1,
            trouble: vec![],
            trouble_count: 0,
            gap: false,
        };
        let mut slots = vec![slot("s".to_owned(), "06:00:00", "07:00:00")];
        slots.extend((0..120).map(|n| slot(format!("s{n}"), "05:00:00", "06:00:00")));
        let logs = Logs { batch: 1, slots };
        let taken = store.take_slots(station, &logs, time("06:00:00")).await.expect("taken");
        assert_eq!(taken.dropped, 21, "one an hour ahead, twenty sources too many");
        assert_eq!(store.drop_states_before(time("06:06:39")).await.expect("dropped"), 0);
        assert_eq!(store.drop_states_before(time("06:06:40")).await.expect("dropped"), 1);
    })
    .await;
}

fn order(station: i64, clock: &str) -> NewOrder {
    NewOrder {
        station,
        action: "restart-nginx".to_owned(),
        incident: Some(4),
        by: "hanako".to_owned(),
        issued: time(clock),
        expires: time(clock) + SignedDuration::from_secs(60),
    }
}

fn result(order: i64, outcome: Outcome) -> WorkResult {
    WorkResult {
        order: order.to_string(),
        outcome,
        detail: "restarted".to_owned(),
        started_at: time("06:00:02"),
        ended_at: time("06:00:03"),
    }
}

#[tokio::test]
async fn an_order_is_handed_over_until_its_result_is_here_and_the_first_one_holds() {
    on_each_engine(|store| async move {
        let station = web1(&store).await;
        let first = store.add_order(&order(station, "06:00:00")).await.expect("recorded");
        let second = store.add_order(&order(station, "06:00:00")).await.expect("recorded");
        let late = store.add_order(&order(station, "05:00:00")).await.expect("recorded");
        let numbers = |orders: &[store::OrderRecord]| -> Vec<u64> {
            orders.iter().map(|order| order.number).collect()
        };
        let began = time("06:00:00").as_second().unsigned_abs();
        let now = time("06:00:01");
        let given = store.fetch_orders(station, 16, now).await.expect("handed over");
        assert_eq!(numbers(&given), [began, began + 1], "an expired order is not handed over");
        // The answer may be lost: they are handed over until their result is here.
        let again = store.fetch_orders(station, 16, now).await.expect("handed over");
        assert_eq!(numbers(&again), [began, began + 1]);
        assert_eq!(again[0].fetched, Some(now));
        let all = store.orders_to(station).await.expect("read");
        assert_eq!(numbers(&all), [began + 2, began + 1, began], "numbers only grow");
        assert_eq!(all[0].id, late);

        let results = vec![result(first, Outcome::Done), result(99, Outcome::Done)];
        let done = Results { batch: 1, results };
        assert_eq!(store.take_results(station, &done).await.expect("taken").dropped, 1);
        assert!(!store.take_results(station, &done).await.expect("taken").is_new);
        let left = store.fetch_orders(station, 16, now).await.expect("handed over");
        assert_eq!(numbers(&left), [began + 1]);
        let stranger = Results { batch: 1, results: vec![result(second, Outcome::Done)] };
        store.take_results(station + 1, &stranger).await.expect("taken");
        let again = Results { batch: 2, results: vec![result(first, Outcome::Failed)] };
        assert_eq!(store.take_results(station, &again).await.expect("taken").dropped, 1);
        let known = store.order(first).await.expect("read").expect("there");
        assert_eq!(known.by, "hanako");
        let result = known.result.expect("it was told");
        assert_eq!((result.outcome, result.detail.as_str()), (Outcome::Done, "restarted"));
        let other = store.order(second).await.expect("read").expect("there");
        assert_eq!(other.result, None, "another station's order");
        assert_eq!(store.orders_for(4).await.expect("read").len(), 3);
        assert_eq!(store.newest_order().await.expect("read"), late);
    })
    .await;
}

#[tokio::test]
async fn crossings_begin_go_on_and_end() {
    on_each_engine(|store| async move {
        let station = web1(&store).await;
        let crossing = |last: &str, until: Option<&str>, worst| CrossingRecord {
            contract: "skyarch".to_owned(),
            promise: "disk".to_owned(),
            used_of: "disk /var".to_owned(),
            from: time("06:00:00"),
            last: time(last),
            until: until.map(time),
            at_least: 9_000,
            worst,
        };
        let steps = [
            (crossing("06:00:00", None, 900), 1),
            (crossing("06:01:00", None, 905), 1),
            (crossing("06:01:00", Some("06:02:00"), 905), 0),
        ];
        for (number, (crossing, open)) in (1..).zip(steps) {
            let readings = batch(number, vec![]);
            let crossings = [crossing.clone()];
            let brought = BroughtReadings { readings: &readings, crossings: &crossings };
            store.take_readings(station, brought, time("06:03:00")).await.expect("taken");
            let all = store.crossings(time("06:00:00")).await.expect("read");
            assert_eq!(all, [(station, crossing)]);
            assert_eq!(store.open_crossings(station).await.expect("read").len(), open);
        }
        assert!(store.crossings(time("06:02:01")).await.expect("read").is_empty());
    })
    .await;
}
