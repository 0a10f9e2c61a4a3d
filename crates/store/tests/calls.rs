//! Calls of our own people in the records: written with their entry, taken once, and said to be made
//! twice when that may be.

mod common;

use common::{at, on_each_engine};
use store::{
    Addition, CallKey, Delivered, EntryRecord, Milestones, NewCall, NewIncident, SendingState,
    Turnout, Waiting,
};

fn entry(number: i64) -> EntryRecord {
    let at = at("2026-11-22T00:00:00Z");
    EntryRecord { number, at, noted: at, kind: "called".into(), body: "{}".into() }
}

fn call(entry: i64, courier: &str) -> NewCall {
    NewCall {
        entry,
        courier: courier.into(),
        recipient: "sato@example.jp".into(),
        subject: "呼び出し".into(),
        text: "障害1".into(),
    }
}

fn addition(after: i64, calls: Vec<NewCall>) -> Addition {
    let entries = vec![entry(after + 1)];
    Addition { incident: 1, after, entries, milestones: Milestones::default(), calls }
}

#[tokio::test]
async fn a_call_is_written_with_its_entry_and_taken_once() {
    on_each_engine(|store| async move {
        let new = NewIncident {
            contract: "one".into(),
            service: "web".into(),
            source: "check",
            origin: None,
            opened: at("2026-11-22T00:00:00Z"),
            room: store::Room::All,
        };
        store.open_incident(&new, &[entry(1)], Milestones::default()).await.expect("opened");
        let two = vec![call(2, "pager"), call(2, "mail")];
        let moved = addition(7, two.clone());
        store.add_entries(&[moved]).await.expect("asked");
        assert_eq!(store.calls_of(1).await.expect("read"), [], "both or neither");
        store.add_entries(&[addition(1, two)]).await.expect("written");

        let now = at("2026-11-22T00:01:00Z");
        let first = store.take_call(now).await.expect("taken").expect("a call");
        assert_eq!(first.key, CallKey { incident: 1, entry: 2, place: 1 });
        assert_eq!((first.courier.as_str(), first.attempts), ("pager", 1));
        let later = at("2026-11-22T00:02:00Z");
        let turnout = Turnout::Again { due: later, maybe_sent: true };
        let lost = Delivered { turnout, answer: "lost".into(), at: now };
        store.deliver_call(first.key, &lost).await.expect("recorded");

        let second = store.take_call(now).await.expect("taken").expect("a call");
        assert_eq!(second.key.place, 2);
        assert!(store.take_call(now).await.expect("asked").is_none());
        // The program dies with the second one on its way.
        assert_eq!(store.recover_calls(now).await.expect("recovered"), 1);
        let again = store.take_call(now).await.expect("taken").expect("a call");
        assert_eq!((again.key.place, again.maybe_twice), (2, true));
        let sent = Delivered { turnout: Turnout::Sent, answer: "202".into(), at: now };
        store.deliver_call(again.key, &sent).await.expect("recorded");
        let failed = Delivered { turnout: Turnout::Failed, answer: "no".into(), at: later };
        let first = store.take_call(later).await.expect("taken").expect("a call");
        store.deliver_call(first.key, &failed).await.expect("recorded");

        let all = store.calls_of(1).await.expect("read");
        let shown: Vec<_> =
            all.iter().map(|it| (it.courier.as_str(), it.state, it.maybe_twice)).collect();
        let expected = [("pager", SendingState::Failed, true), ("mail", SendingState::Sent, true)];
        assert_eq!(shown, expected);
        assert_eq!(all[1].answer, Some((now, "202".to_owned())));
        let waiting = store.calls_waiting().await.expect("counted");
        assert_eq!(waiting, Waiting { waiting: 0, failed: 1 });
    })
    .await;
}
