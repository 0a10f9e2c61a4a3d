//! Planned windows, notices and the outbox: what a person confirmed is sent once, or says that it may
//! have been sent twice.

mod common;

use common::{at, on_each_engine};
use store::{Delivered, Draft, Planned, SendingState, Turnout};

fn plan(from: &str, until: &str, contracts: &[&str]) -> Planned {
    Planned {
        from: at(from),
        until: at(until),
        title: "himitsu 更新".into(),
        by: "sato".into(),
        contracts: contracts.iter().map(|name| (*name).to_owned()).collect(),
    }
}

fn draft(contract: &str, plan: Option<i64>, channel: &str) -> Draft {
    Draft {
        contract: contract.into(),
        about: "maintenance".into(),
        plan,
        incident: None,
        event: at("2026-12-24T13:00:00Z"),
        channel: channel.into(),
        subject: "計画停止のお知らせ".into(),
        text: "himitsu\n".into(),
        by: "sato".into(),
        to: vec![("relay".into(), "a@example.jp".into()), ("relay".into(), "b@example.jp".into())],
    }
}

#[tokio::test]
async fn windows_are_planned_and_cancelled_never_changed() {
    on_each_engine(|store| async move {
        let now = at("2026-11-22T00:00:00Z");
        let first = plan("2026-12-24T13:00:00Z", "2026-12-24T15:00:00Z", &["b", "a"]);
        let second = plan("2026-12-01T13:00:00Z", "2026-12-01T15:00:00Z", &["a"]);
        assert_eq!(store.add_plan(&first, now).await.expect("planned"), 1);
        assert_eq!(store.add_plan(&second, now).await.expect("planned"), 2);
        let drafts = [draft("a", Some(1), "email"), draft("b", Some(1), "email")];
        assert_eq!(store.add_drafts(&drafts, now).await.expect("drafted"), [1, 2]);
        assert!(store.confirm_notice(2, "suzuki", now).await.expect("confirmed"));

        let later = at("2026-11-23T00:00:00Z");
        assert!(store.cancel_plan(1, "suzuki", later).await.expect("cancelled"));
        assert!(!store.cancel_plan(1, "suzuki", later).await.expect("asked"), "once");
        assert!(!store.cancel_plan(9, "suzuki", later).await.expect("asked"));
        let known = store.plan(1).await.expect("read").expect("there");
        assert_eq!(known.plan.contracts, ["a", "b"]);
        assert_eq!((known.plan.from, known.plan.title.as_str()), (first.from, "himitsu 更新"));
        assert_eq!(known.cancelled, Some((later, "suzuki".to_owned())));
        let left = store.notices_of_plan(1).await.expect("read");
        assert_eq!(left.iter().map(|it| it.number).collect::<Vec<_>>(), [2], "drafts go with it");

        let plans = store.plans(at("2026-12-01T14:00:00Z")).await.expect("read");
        assert_eq!(plans.iter().map(|it| it.number).collect::<Vec<_>>(), [2, 1], "by beginning");
        assert_eq!(store.plans(at("2026-12-01T15:00:00Z")).await.expect("read").len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_notice_is_drafted_confirmed_and_sent() {
    on_each_engine(|store| async move {
        let now = at("2026-11-22T00:00:00Z");
        let drafts = [draft("a", Some(1), "email"), draft("a", None, "email")];
        assert_eq!(store.add_drafts(&drafts, now).await.expect("drafted"), [1, 2]);
        let again = [draft("a", Some(1), "email"), draft("a", Some(1), "chat")];
        assert_eq!(store.add_drafts(&again, now).await.expect("drafted"), [3], "only the new one");
        assert_eq!(store.take_parcel(now).await.expect("asked"), None, "drafts stay");
        assert!(store.drop_draft(2).await.expect("dropped"));
        assert!(!store.drop_draft(2).await.expect("asked"));

        assert!(store.confirm_notice(1, "suzuki", now).await.expect("confirmed"));
        assert!(!store.confirm_notice(1, "suzuki", now).await.expect("asked"), "once");
        assert!(!store.drop_draft(1).await.expect("asked"), "what was confirmed stays");
        let one = store.take_parcel(now).await.expect("taken").expect("one is due");
        assert_eq!((one.notice, one.place, one.attempt), (1, 1, 1));
        let other = store.take_parcel(now).await.expect("taken").expect("another is due");
        assert_eq!(other.place, 2);
        assert_eq!(store.take_parcel(now).await.expect("asked"), None);
        let sent = at("2026-11-22T00:00:01.5Z");
        let answer = |turnout, answer: &str| Delivered { turnout, answer: answer.into(), at: sent };
        let proof = answer(Turnout::Sent, "250 2.0.0 ok himitsu");
        store.deliver_parcel(&one, &proof).await.expect("recorded");
        let due = at("2026-11-22T00:01:00Z");
        let again = Turnout::Again { due, maybe_sent: false };
        store.deliver_parcel(&other, &answer(again, "451 later")).await.expect("recorded");
        assert_eq!(store.take_parcel(sent).await.expect("asked"), None, "not yet");

        let notice = store.notice(1).await.expect("read").expect("there");
        assert_eq!(notice.confirmed, Some((now, "suzuki".to_owned())));
        let [first, second] = &notice.sendings[..] else { panic!("two recipients") };
        assert_eq!((first.state, second.state), (SendingState::Sent, SendingState::Queued));
        assert_eq!(first.answer, Some((sent, "250 2.0.0 ok himitsu".to_owned())));
        assert_eq!((second.recipient.as_str(), second.attempts), ("b@example.jp", 1));
        assert_eq!(store.notices("a", notice.draft.event).await.expect("read").len(), 2);
        assert_eq!(store.notices("", notice.draft.event).await.expect("read").len(), 2);
        assert_eq!(store.notices("b", now).await.expect("read").len(), 0);
    })
    .await;
}

/// A program that dies after the mail left and before the answer was recorded cannot know.
#[tokio::test]
async fn what_was_on_its_way_may_be_sent_twice_and_says_so() {
    on_each_engine(|store| async move {
        let now = at("2026-11-22T00:00:00Z");
        store.add_drafts(&[draft("a", None, "email")], now).await.expect("drafted");
        store.confirm_notice(1, "suzuki", now).await.expect("confirmed");
        let one = store.take_parcel(now).await.expect("taken").expect("due");
        let sent = Delivered { turnout: Turnout::Sent, answer: "250".into(), at: now };
        store.deliver_parcel(&one, &sent).await.expect("recorded");
        let lost = store.take_parcel(now).await.expect("taken").expect("due");
        // Here it dies.
        assert_eq!(store.recover_parcels(now).await.expect("recovered"), 1);
        let again = store.take_parcel(now).await.expect("taken").expect("due again");
        assert_eq!((again.place, again.attempt), (lost.place, 2));
        let failed = Delivered { turnout: Turnout::Failed, answer: "550 no".into(), at: now };
        store.deliver_parcel(&again, &failed).await.expect("recorded");
        let notice = store.notice(1).await.expect("read").expect("there");
        let told: Vec<_> = notice.sendings.iter().map(|it| (it.state, it.maybe_twice)).collect();
        assert_eq!(told, [(SendingState::Sent, false), (SendingState::Failed, true)]);
        assert!(!store.requeue_parcel(1, 1, now).await.expect("asked"), "it was sent");
        assert!(store.requeue_parcel(1, 2, now).await.expect("queued again"));
        assert!(store.take_parcel(now).await.expect("taken").is_some());
    })
    .await;
}
