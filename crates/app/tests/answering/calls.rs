//! Calls of our own people: who is called next, what is made twice, and what is warned of.

use app::incidents::{Deed, calling};
use app::outbox::Outcome;
use app::telling::OnIncident;

use super::{House, at, outage};

/// Nobody answers: each is called in turn, three times, and then no more.
#[tokio::test]
async fn the_next_one_is_called() {
    let house = House::new(OnIncident::Nothing).await;
    house.log("skyarch", &outage("ftp", "2026-11-20 17:40", None), "2026-11-20 17:41").await;
    for minute in 41..=59 {
        house.tend(&format!("2026-11-20 17:{minute}")).await;
    }
    let called = |name: &str, minute: u8| format!("17:{minute} {name} called: look login");
    let expected =
        [called("sato", 41), called("suzuki", 46), called("sato", 51), called("suzuki", 56)];
    assert_eq!(house.story("2026-11-20 18:00").await, expected);
    let calls = calling::of_incident(&house.office, 1).await.expect("read");
    assert_eq!(calls.len(), 4);
    assert_eq!(calls[0].recipient, "sato@example.jp");
    assert!(calls[0].text.contains("ログインできるかの確認"), "{}", calls[0].text);
}

#[tokio::test]
async fn whoever_writes_has_heard() {
    let house = House::new(OnIncident::Nothing).await;
    house.log("skyarch", &outage("ftp", "2026-11-20 17:40", None), "2026-11-20 17:41").await;
    house.tend("2026-11-20 17:41").await;
    house.does(Deed::Note("見ています".into()), "2026-11-20 17:43").await;
    house.tend("2026-11-20 17:55").await;
    let story = house.story("2026-11-20 17:56").await;
    assert_eq!(story.iter().filter(|line| line.contains("called")).count(), 1, "{story:?}");
}

/// A call that was on its way when the program died is made again and says so; one that was taken is not.
#[tokio::test]
async fn a_call_is_not_made_twice_silently() {
    let house = House::new(OnIncident::Nothing).await;
    house.log("skyarch", &outage("ftp", "2026-11-20 17:40", None), "2026-11-20 17:41").await;
    house.tend("2026-11-20 17:41").await;
    let now = at("2026-11-20 17:42");
    let call = calling::take(&house.office, now).await.expect("taken").expect("a call");
    assert!(calling::take(&house.office, now).await.expect("asked").is_none());
    let house = house.restarted().await;
    assert_eq!(calling::recover(&house.office, now).await.expect("recovered"), 1);
    let again = calling::take(&house.office, now).await.expect("taken").expect("a call");
    assert_eq!(again.id, call.id, "so that the other side can tell");
    assert!(again.record.maybe_twice);
    assert!(call.record.text.ends_with("\nhttps://office.example.jp/incidents/1\n"));
    assert!(again.record.text.starts_with(call.record.text.trim_end()));
    assert!(again.record.text.contains("重ねて届く"), "{}", again.record.text);
    let sent = Outcome::Sent("202".into());
    calling::settle(&house.office, &again, sent, now).await.expect("recorded");
    let house = house.restarted().await;
    assert_eq!(calling::recover(&house.office, now).await.expect("recovered"), 0);
    assert!(calling::take(&house.office, now).await.expect("asked").is_none());
}

/// Seed 002: an hour for the first notice. Warned at half, with ten minutes left, and when it is over;
/// an office that was stopped meanwhile warns once.
#[tokio::test]
async fn clocks_warn_before_they_run_out() {
    for (ticks, expected) in [
        (&["10:01", "10:29", "10:30", "10:31", "10:50", "10:51", "11:00", "11:00:01"][..], 3),
        (&["10:01", "10:55", "10:56"][..], 1),
        (&["10:01", "12:00", "12:01"][..], 1),
    ] {
        let house = House::new(OnIncident::Nothing).await;
        let line = outage("web", "2026-11-20 10:00", None);
        house.log("aoulu-cloud", &line, "2026-11-20 10:01").await;
        for tick in ticks {
            house.tend(&format!("2026-11-20 {tick}")).await;
        }
        let story = house.story("2026-11-20 13:00").await;
        let warned = story.iter().filter(|line| line.contains("warning incident-notice")).count();
        assert_eq!(warned, expected, "{ticks:?}: {story:?}");
        let calls = calling::of_incident(&house.office, 1).await.expect("read");
        let called = story.iter().filter(|line| line.contains(" called: ")).count();
        assert_eq!(calls.len(), warned + called, "each goes out");
    }
}
