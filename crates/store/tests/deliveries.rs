//! The delivery log: recorded once, found again, counted, dropped.

mod common;

use common::{at, attempt, facts, on_each_engine, queued};
use jiff::SignedDuration;
use mail::fact::AttemptKind::{Deferred, Failed, Succeeded, Suppressed};
use mail::{Fact, Queued};
use store::{Day, Filter, Slot, SlotSpan, Status, Store, Who};

fn everything() -> Filter {
    Filter { limit: 50, ..Filter::default() }
}

/// The addresses found, newest first.
async fn found(store: &Store, filter: &Filter) -> Vec<String> {
    let listing = store.search(filter).await.expect("searched");
    listing.rows.into_iter().map(|row| row.queued.to).collect()
}

async fn totals(store: &Store) -> Slot {
    let slots = store
        .slot_totals(SlotSpan::Hour, at("2026-01-01T00:00:00Z"), at("2027-01-01T00:00:00Z"), None)
        .await
        .expect("counted");
    slots.iter().fold(Slot::default(), |mut sum, (_, slot)| {
        sum.queued += slot.queued;
        sum.deferred += slot.deferred;
        sum.succeeded += slot.succeeded;
        sum.failed += slot.failed;
        sum.suppressed += slot.suppressed;
        sum
    })
}

#[tokio::test]
async fn a_delivery_is_told_as_it_happened() {
    on_each_engine(|store| async move {
        let taro = queued("2026-11-22T01:00:00Z", 0, "taro@example.com");
        let jiro = queued("2026-11-22T01:00:00Z", 1, "jiro@example.com");
        let attempts = [
            attempt(&taro, 1, Deferred, 1, "greylisted, come back"),
            attempt(&taro, 2, Succeeded, 61, "ok"),
        ];
        let mut batch = facts(&taro, &attempts[..1]);
        batch.extend(facts(&jiro, &[]));
        store.record("relay", "1:100", batch).await.expect("recorded");
        store
            .record("relay", "1:200", vec![Fact::Attempt(attempts[1].clone())])
            .await
            .expect("recorded");
        let place = store.journal_place("relay").await.expect("read");
        assert_eq!(place.as_deref(), Some("1:200"));
        let story = store.story(taro.message, 0).await.expect("read").expect("there");
        assert_eq!(story.row.queued, taro);
        assert_eq!(story.row.status, Status::Tried(Succeeded));
        assert_eq!(story.row.status_at, attempts[1].at);
        assert_eq!(story.row.reply.as_deref(), Some("250 4.2.0 ok"));
        assert_eq!(story.attempts, attempts);
        assert_eq!(story.siblings, [(1, "jiro@example.com".to_owned(), Status::Queued)]);
        assert_eq!(store.story(taro.message, 2).await.expect("asked"), None);
    })
    .await;
}

#[tokio::test]
async fn a_fact_told_again_is_recorded_once() {
    on_each_engine(|store| async move {
        let taro = queued("2026-11-22T01:00:00Z", 0, "taro@example.com");
        let told = facts(&taro, &[attempt(&taro, 1, Deferred, 1, "later")]);
        let jiro = queued("2026-11-22T01:00:01Z", 0, "jiro@example.com");
        store.record("relay", "1:1", told.clone()).await.expect("recorded");
        let mut again = told.clone();
        again.extend(facts(&jiro, &[attempt(&jiro, 1, Succeeded, 1, "ok")]));
        again.push(Fact::Attempt(attempt(&taro, 2, Failed, 90, "no")));
        again.extend(told);
        store.record("relay", "1:2", again.clone()).await.expect("recorded");
        store.record("relay", "1:3", again).await.expect("recorded");
        let expected = Slot { queued: 2, deferred: 1, succeeded: 1, failed: 1, suppressed: 0 };
        assert_eq!(totals(&store).await, expected);
        let story = store.story(taro.message, 0).await.expect("read").expect("there");
        assert_eq!(story.attempts.len(), 2);
        assert_eq!(story.row.status, Status::Tried(Failed));
        let place = store.journal_place("relay").await.expect("read");
        assert_eq!(place.as_deref(), Some("1:3"));
    })
    .await;
}

#[tokio::test]
async fn an_attempt_before_its_beginning_is_kept_until_that_comes() {
    on_each_engine(|store| async move {
        let taro = queued("2026-11-22T01:00:00Z", 0, "taro@example.com");
        let failed = attempt(&taro, 2, Failed, 61, "gone");
        store.record("relay", "1:1", vec![Fact::Attempt(failed.clone())]).await.expect("recorded");
        assert_eq!(store.story(taro.message, 0).await.expect("asked"), None);
        assert_eq!(totals(&store).await.failed, 1);
        let deferred = attempt(&taro, 1, Deferred, 1, "later");
        let late = facts(&taro, std::slice::from_ref(&deferred));
        store.record("relay", "1:2", late).await.expect("recorded");
        let story = store.story(taro.message, 0).await.expect("read").expect("there");
        assert_eq!(story.row.status, Status::Tried(Failed));
        assert_eq!(story.attempts, [deferred, failed]);
    })
    .await;
}

#[tokio::test]
async fn what_is_looked_for_is_found() {
    on_each_engine(|store| async move {
        let mut a = queued("2026-11-20T23:59:59.999999Z", 0, "taro@example.com");
        a.api_data = Some("Order-4711".into());
        let mut b = queued("2026-11-21T00:00:00Z", 0, "jiro@example.net");
        b.from = Some("shop@other.example".into());
        b.message_id = Some("abc@other.example".into());
        let mut c = queued("2026-11-22T10:00:00Z", 0, "taro@example.com");
        c.composition = "sandbox".into();
        c.sender = None;
        let mut batch = facts(&a, &[attempt(&a, 1, Succeeded, 1, "ok")]);
        batch.extend(facts(&b, &[attempt(&b, 1, Failed, 1, "no such user")]));
        batch.extend(facts(&c, &[]));
        store.record("relay", "1:1", batch).await.expect("recorded");
        let address = |text: &str| Some(Who::Address(text.into()));
        let domain = |text: &str| Some(Who::Domain(text.into()));
        let reference = |text: &str| Filter { reference: Some(text.into()), ..everything() };
        let (taro, jiro) = ("taro@example.com", "jiro@example.net");
        let cases: Vec<(&str, Filter, Vec<&str>)> = vec![
            ("everything", everything(), vec![taro, jiro, taro]),
            ("to", Filter { to: address("TARO@example.com"), ..everything() }, vec![taro, taro]),
            ("to domain", Filter { to: domain("example.NET"), ..everything() }, vec![jiro]),
            ("to nobody", Filter { to: address("x@example.com"), ..everything() }, vec![]),
            ("from", Filter { sender: address("shop@other.example"), ..everything() }, vec![jiro]),
            (
                "envelope sender",
                Filter { sender: address("bounce-himitsu@example.jp"), ..everything() },
                vec![jiro, taro],
            ),
            ("from domain", Filter { sender: domain("other.example"), ..everything() }, vec![jiro]),
            ("message-id", reference("<ABC@other.example>"), vec![jiro]),
            ("api data", reference("order-4711"), vec![taro]),
            ("our id", reference(&c.message.to_string()), vec![taro]),
            (
                "reference and sender",
                Filter { sender: address("shop@other.example"), ..reference("order-4711") },
                vec![],
            ),
            ("failed", Filter { status: Some(Status::Tried(Failed)), ..everything() }, vec![jiro]),
            (
                "succeeded",
                Filter { status: Some(Status::Tried(Succeeded)), ..everything() },
                vec![taro],
            ),
            ("queued", Filter { status: Some(Status::Queued), ..everything() }, vec![taro]),
            (
                "suppressed",
                Filter { status: Some(Status::Tried(Suppressed)), ..everything() },
                vec![],
            ),
            (
                "composition",
                Filter { composition: Some("sandbox".into()), ..everything() },
                vec![taro],
            ),
            (
                "a span",
                Filter {
                    from: Some(b.message.accepted_at()),
                    until: Some(c.message.accepted_at()),
                    ..everything()
                },
                vec![jiro],
            ),
        ];
        for (name, filter, expected) in cases {
            assert_eq!(found(&store, &filter).await, expected, "{name}");
        }
    })
    .await;
}

#[tokio::test]
async fn pages_follow_each_other_across_days() {
    on_each_engine(|store| async move {
        let begin = at("2026-11-19T00:00:00Z");
        let mut batch = Vec::new();
        for n in 0..90 {
            let accepted = begin + SignedDuration::from_hours(n);
            let mail = queued(&accepted.to_string(), 0, &format!("r{n}@example.com"));
            batch.extend(facts(&mail, &[attempt(&mail, 1, Succeeded, 1, "ok")]));
        }
        store.record("relay", "1:1", batch).await.expect("recorded");
        for filter in [
            Filter { limit: 7, ..everything() },
            Filter {
                limit: 7,
                sender: Some(Who::Address("hanako-himitsu@example.jp".into())),
                ..everything()
            },
        ] {
            let mut all = Vec::new();
            let mut filter = filter;
            loop {
                let page = store.search(&filter).await.expect("searched");
                assert!(page.rows.len() <= 7);
                all.extend(page.rows.into_iter().map(|row| row.queued.to));
                let Some(next) = page.next else { break };
                filter.after = Some(next.to_string().parse().expect("a place"));
            }
            let expected: Vec<String> =
                (0..90).rev().map(|n| format!("r{n}@example.com")).collect();
            assert_eq!(all, expected);
        }
    })
    .await;
}

#[tokio::test]
async fn counts_tell_the_busiest_domains_and_cap_their_number() {
    on_each_engine(|store| async move {
        let accepted = at("2026-11-22T01:30:00Z");
        let mut batch = Vec::new();
        let mut tell = |n: i64, to: String, composition: &str| {
            let accepted = accepted + SignedDuration::from_micros(n);
            let mut mail = queued(&accepted.to_string(), 0, &to);
            mail.composition = composition.into();
            batch.extend(facts(&mail, &[attempt(&mail, 1, Succeeded, 1, "ok")]));
        };
        for n in 0..30 {
            tell(n, format!("r{n}@z-busy.example"), "pro");
        }
        for n in 30..1_100 {
            tell(n, format!("r@d{n}.example"), "pro");
        }
        tell(1_100, "r@z-busy.example".into(), "sandbox");
        store.record("relay", "1:1", batch).await.expect("recorded");
        let (from, until) = (at("2026-11-22T01:00:00Z"), at("2026-11-22T02:00:00Z"));
        let busiest = store.busiest(from, until, Some("pro"), 2).await.expect("read");
        let slot = |n| Slot { queued: n, succeeded: n, ..Slot::default() };
        assert_eq!(
            busiest,
            [("(other)".to_owned(), slot(1_070 - 999)), ("z-busy.example".to_owned(), slot(30))]
        );
        let all = store.busiest(from, until, None, 100).await.expect("read");
        assert_eq!(all[1], ("z-busy.example".to_owned(), slot(31)));
        let whole = (at("2026-11-20T23:00:00Z"), at("2026-11-24T00:00:00Z"));
        assert_eq!(store.busiest(whole.0, whole.1, None, 100).await.expect("read"), all);
        let minutes = store.slot_totals(SlotSpan::Minute, from, until, None).await.expect("read");
        assert_eq!(minutes, [(accepted, slot(1_101))]);
        let minutes =
            store.slot_totals(SlotSpan::Minute, from, until, Some("sandbox")).await.expect("read");
        assert_eq!(minutes, [(accepted, slot(1))]);
    })
    .await;
}

#[tokio::test]
async fn old_days_are_dropped_whole() {
    on_each_engine(|store| async move {
        let old = queued("2026-10-12T23:59:59Z", 0, "old@example.com");
        let new = queued("2026-10-13T00:00:00Z", 0, "new@example.com");
        let both: Vec<Fact> = [&old, &new].iter().flat_map(|q| facts(q, &[])).collect();
        store.record("relay", "1:1", both.clone()).await.expect("recorded");
        let first = Day::of(at("2026-10-13T12:00:00Z"));
        assert_eq!(store.drop_days_before(first).await.expect("dropped"), 1);
        assert_eq!(store.drop_days_before(first).await.expect("dropped"), 0);
        assert_eq!(found(&store, &everything()).await, ["new@example.com"]);
        assert_eq!(store.days().await.expect("listed"), [first]);
        // The hour before midnight is gone from the graph, except what midnight's own facts left.
        assert_eq!(totals(&store).await.queued, 1);
        // A late attempt of the dropped day makes its tables anew rather than failing the batch.
        let late = Fact::Attempt(attempt(&old, 1, Failed, 1, "expired"));
        store.record("relay", "1:2", vec![late]).await.expect("recorded");
        assert_eq!(store.drop_days_before(first).await.expect("dropped"), 1);
    })
    .await;
}

#[tokio::test]
async fn a_batch_of_thousands_and_many_nodes() {
    on_each_engine(|store| async move {
        let begin = at("2026-11-22T01:00:00Z");
        let mails: Vec<Queued> = (0..1_000)
            .map(|n| {
                let accepted = begin + SignedDuration::from_micros(n / 2);
                let mut mail = queued(&accepted.to_string(), 0, &format!("r{n}@example.com"));
                mail.node = format!("relay-{}", n % 2);
                mail
            })
            .collect();
        let all: Vec<Fact> = mails
            .iter()
            .flat_map(|mail| facts(mail, &[attempt(mail, 1, Succeeded, 1, "ok")]))
            .collect();
        store.record("relay", "1:1", all).await.expect("recorded");
        let sum = totals(&store).await;
        assert_eq!((sum.queued, sum.succeeded), (1_000, 1_000));
        let page = store.search(&Filter { limit: 2, ..everything() }).await.expect("searched");
        let nodes: Vec<_> = page.rows.iter().map(|row| row.queued.node.as_str()).collect();
        assert_eq!(nodes, ["relay-1", "relay-0"], "two nodes share an id");
    })
    .await;
}
