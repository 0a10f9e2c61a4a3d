//! Incidents on each engine: timelines only grow, one outage opens one incident, reports stay.

mod common;

use common::{at, on_each_engine};
use store::{
    Added, Addition, DraftRecord, EntryRecord, Milestones, NewIncident, ReportRecord, Room, Store,
    StoreError,
};

fn entry(number: i64, kind: &str) -> EntryRecord {
    let at = at("2026-11-22T00:00:00Z");
    EntryRecord { number, at, noted: at, kind: kind.into(), body: format!("{{\"n\":{number}}}") }
}

fn new(origin: Option<&str>) -> NewIncident {
    NewIncident {
        contract: "one".into(),
        service: "web".into(),
        source: "check",
        origin: origin.map(str::to_owned),
        opened: at("2026-11-22T00:00:00Z"),
        room: Room::All,
    }
}

fn addition(incident: i64, after: i64, kinds: &[&str]) -> Addition {
    let entries = (after + 1..).zip(kinds).map(|(number, kind)| entry(number, kind)).collect();
    Addition { incident, after, entries, milestones: Milestones::default(), calls: Vec::new() }
}

async fn kinds(store: &Store, id: i64) -> Vec<String> {
    let entries = store.incident_entries(id).await.expect("read");
    entries.into_iter().map(|entry| entry.kind).collect()
}

#[tokio::test]
async fn a_timeline_only_grows() {
    on_each_engine(|store| async move {
        let open = async |origin| {
            let first = [entry(1, "opened")];
            store.open_incident(&new(origin), &first, Milestones::default()).await.expect("opened")
        };
        assert_eq!(open(Some("one/web/1")).await, Some(1));
        assert_eq!(open(Some("one/web/1")).await, None, "an outage opens one incident");
        assert_eq!(open(Some("one/web/2")).await, Some(2));
        assert_eq!(open(None).await, Some(3), "a person opens as many as he likes");
        assert_eq!(open(None).await, Some(4));

        let add = async |additions: &[Addition]| store.add_entries(additions).await.expect("asked");
        assert_eq!(add(&[addition(1, 1, &["noted", "noted"])]).await, Added::Done);
        assert_eq!(add(&[addition(1, 1, &["late"])]).await, Added::Moved);
        let merge = [addition(2, 1, &["merged-into"]), addition(1, 1, &["merged"])];
        assert_eq!(add(&merge).await, Added::Moved, "both or neither");
        assert_eq!(kinds(&store, 1).await, ["opened", "noted", "noted"]);
        assert_eq!(kinds(&store, 2).await, ["opened"]);
        assert_eq!(store.incident_entries(1).await.expect("read")[2], entry(3, "noted"));

        let closed = Milestones { closed: Some(at("2026-11-22T01:00:00Z")), ..Default::default() };
        let close = Addition { milestones: closed, ..addition(2, 1, &["closed"]) };
        assert_eq!(add(&[close]).await, Added::Done);
        let ids = |records: Vec<store::IncidentRecord>| {
            records.iter().map(|record| (record.id, record.entries)).collect::<Vec<_>>()
        };
        let open = store.open_incidents().await.expect("listed");
        assert_eq!(ids(open), [(1, 3), (3, 1), (4, 1)]);
        let newest = store.incidents_before(4, 2).await.expect("listed");
        assert_eq!(ids(newest), [(3, 1), (2, 2)]);
        let (from, until) = (at("2026-11-22T02:00:00Z"), at("2026-12-01T00:00:00Z"));
        let lasting = store.incidents_of("one", from, until).await.expect("listed");
        assert_eq!(ids(lasting), [(1, 3), (3, 1), (4, 1)]);
        assert_eq!(store.incidents_of("other", from, until).await.expect("listed"), []);
        assert_eq!(store.incident(9).await.expect("asked"), None);
    })
    .await;
}

#[tokio::test]
async fn a_split_is_whole() {
    on_each_engine(|store| async move {
        let first = [entry(1, "opened")];
        let opened = store.open_incident(&new(None), &first, Milestones::default()).await;
        assert_eq!(opened.expect("opened"), Some(1));
        let moved = |number| (addition(1, 7, &["split-off"]), addition(number, 0, &["opened"]));
        assert_eq!(store.split_incident(&new(None), &moved).await.expect("asked"), None);
        assert_eq!(store.incident(2).await.expect("asked"), None, "nothing is left of it");
        let fits = |number| (addition(1, 1, &["split-off"]), addition(number, 0, &["opened"]));
        assert_eq!(store.split_incident(&new(None), &fits).await.expect("split"), Some(2));
        assert_eq!(kinds(&store, 1).await, ["opened", "split-off"]);
        assert_eq!(kinds(&store, 2).await, ["opened"]);
    })
    .await;
}

#[tokio::test]
async fn too_many_entries_are_refused() {
    on_each_engine(|store| async move {
        let first = [entry(1, "opened")];
        let opened = store.open_incident(&new(None), &first, Milestones::default()).await;
        assert_eq!(opened.expect("opened"), Some(1));
        let many = addition(1, store::ENTRIES_MAX, &["noted"]);
        let refused = store.add_entries(&[many]).await;
        assert!(matches!(refused, Err(StoreError::TimelineFull { .. })), "{refused:?}");
    })
    .await;
}

#[tokio::test]
async fn reports_stay_as_they_were_issued() {
    on_each_engine(|store| async move {
        let first = [entry(1, "opened")];
        let opened = store.open_incident(&new(None), &first, Milestones::default()).await;
        assert_eq!(opened.expect("opened"), Some(1));
        let now = at("2026-11-22T00:00:00Z");
        assert_eq!(store.newest_draft(1).await.expect("asked"), None);
        let draft = |version, body: &str| DraftRecord { version, written: now, body: body.into() };
        let keep = async |draft: DraftRecord| store.keep_draft(1, &draft).await.expect("asked");
        assert_eq!(keep(draft(1, "a")).await, Added::Done);
        assert_eq!(keep(draft(1, "b")).await, Added::Moved, "somebody else was faster");
        assert_eq!(keep(draft(2, "b")).await, Added::Done);
        assert_eq!(store.newest_draft(1).await.expect("asked"), Some(draft(2, "b")));

        let report = |number, corrects| ReportRecord {
            number,
            issued: now,
            corrects,
            digest: "00ff".into(),
            body: "b".into(),
        };
        let issue = async |report: &ReportRecord, after| {
            let told = addition(1, after, &["report-issued"]);
            store.issue_report(report, &told).await
        };
        assert_eq!(issue(&report(1, None), 0).await.expect("asked"), Added::Moved);
        assert_eq!(store.reports(1).await.expect("read"), []);
        assert_eq!(issue(&report(1, None), 1).await.expect("issued"), Added::Done);
        assert!(issue(&report(1, None), 2).await.is_err(), "a number is given once");
        assert_eq!(kinds(&store, 1).await, ["opened", "report-issued"]);
        assert_eq!(issue(&report(2, Some(1)), 2).await.expect("issued"), Added::Done);
        let reports = store.reports(1).await.expect("read");
        assert_eq!(reports, [report(1, None), report(2, Some(1))]);
    })
    .await;
}

/// Alarms leave room for what is down, and the incident for the rest of them a little less.
#[tokio::test]
async fn outages_find_room_before_alarms() {
    on_each_engine(|store| async move {
        let open = async |room| {
            let new = NewIncident { room, ..new(None) };
            store.open_incident(&new, &[entry(1, "opened")], Milestones::default()).await
        };
        for _ in 0..store::ALARM_INCIDENTS_MAX {
            open(Room::Alarms).await.expect("opened");
        }
        let full = open(Room::Alarms).await;
        assert!(matches!(full, Err(StoreError::IncidentsFull { .. })), "{full:?}");
        assert!(open(Room::Rest).await.expect("opened").is_some());
        assert!(open(Room::All).await.expect("opened").is_some());
    })
    .await;
}
