//! Notices of incidents by themselves, and the second in which they count.

use app::board;
use app::notices;
use app::telling::OnIncident;

use super::{House, at, outage};

async fn down(mode: OnIncident) -> House {
    let house = House::new(mode).await;
    let line = outage("web", "2026-11-20 10:00", None);
    house.log("aoulu-cloud", &line, "2026-11-20 10:01").await;
    house.tend("2026-11-20 10:01").await;
    house
}

async fn state(house: &House, now: &str) -> board::State {
    let sections = board::board(&house.office, at(now)).await.expect("a board");
    let rows = sections.iter().flat_map(|section| &section.rows);
    let mut found = rows.filter(|row| row.promise.name.as_str() == "incident-notice");
    found.next().expect("a row").state
}

/// Seed 002, part 4: an hour from the outage. The second in which the other side took the notice counts.
#[tokio::test]
async fn one_second_late_breaks_the_promise() {
    for (taken, expected) in [("11:00:00", board::State::Kept), ("11:00:01", board::State::Broken)]
    {
        let house = down(OnIncident::Send).await;
        let house = house.restarted().await;
        house.tend("2026-11-20 10:02").await;
        assert_eq!(state(&house, "2026-11-20 10:10").await, board::State::Running);
        assert_eq!(house.carry(&format!("2026-11-20 {taken}")).await, 1, "one notice, once");
        assert_eq!(state(&house, "2026-11-20 12:00").await, expected, "{taken}");
        let story = house.story("2026-11-20 12:00").await;
        let clock = if taken == "11:00:00" { "11:00" } else { taken };
        let told = format!("{clock} told email notice-1-1: 250 2.0.0 queued");
        assert!(story.contains(&told), "{story:?}");
        house.tend("2026-11-20 12:00").await;
        let again = house.story("2026-11-20 12:01").await;
        assert_eq!(again.iter().filter(|line| line.contains("told email")).count(), 1);
    }
}

/// Drafts wait for a person; whoever tells the customer otherwise needs none.
#[tokio::test]
async fn drafts_wait() {
    let house = down(OnIncident::Draft).await;
    assert_eq!(house.carry("2026-11-20 10:05").await, 0);
    let now = at("2026-11-20 10:06");
    let drafts = notices::list(&house.office, now).await.expect("listed");
    assert_eq!(drafts.len(), 1);
    let text = &drafts[0].record.draft.text;
    assert!(text.contains("HTTPS による利用") && text.contains("incident-1"), "{text}");
    notices::confirm(&house.office, &[1], "sato", now).await.expect("confirmed");
    assert_eq!(house.carry("2026-11-20 10:07").await, 1);
    assert_eq!(state(&house, "2026-11-20 12:00").await, board::State::Kept);
    let quiet = down(OnIncident::Nothing).await;
    assert_eq!(notices::list(&quiet.office, now).await.expect("listed").len(), 0);
}

/// What was told is told to be over, once, also when it comes back and goes again.
#[tokio::test]
async fn the_recovery_is_told_too() {
    let house = down(OnIncident::Send).await;
    assert_eq!(house.carry("2026-11-20 10:05").await, 1);
    let line = outage("web", "2026-11-20 10:00", Some("2026-11-20 10:20"));
    house.log("aoulu-cloud", &line, "2026-11-20 10:20").await;
    house.tend("2026-11-20 10:20:30").await;
    house.tend("2026-11-20 10:21").await;
    house.tend("2026-11-20 10:22").await;
    assert_eq!(house.carry("2026-11-20 10:23").await, 1);
    let all = notices::list(&house.office, at("2026-11-20 10:30")).await.expect("listed");
    let subjects: Vec<_> = all.iter().map(|it| it.record.draft.subject.as_str()).collect();
    assert_eq!(
        subjects,
        ["【障害復旧のお知らせ】HTTPS による利用", "【障害発生のお知らせ】HTTPS による利用"]
    );
}
