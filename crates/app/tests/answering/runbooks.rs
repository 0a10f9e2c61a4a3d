//! Seed 004: L1 through the agent, and the ladder that climbs to a person.

use app::AppError;
use app::incidents::{self, Deed};
use app::telling::OnIncident;
use link::Outcome;
use store::{Addition, EntryRecord, Milestones};

use super::{House, at, outage};

/// The web server is down since 17:40, the login works, and the office has looked once at 17:42.
async fn down() -> House {
    let house = House::new(OnIncident::Nothing).await.with_agent().await;
    house.look("ssh", true, "2026-11-20 17:41").await;
    house.log("skyarch", &outage("http", "2026-11-20 17:40", None), "2026-11-20 17:42").await;
    house.tend("2026-11-20 17:42").await;
    house
}

async fn up(house: &House, when: &str) {
    let line = outage("http", "2026-11-20 17:40", Some(when));
    house.log("skyarch", &line, when).await;
    house.look("front", true, when).await;
}

#[tokio::test]
async fn the_first_level_helps_and_nobody_is_called() {
    let house = down().await;
    assert_eq!(house.orders().await, 1);
    let house = house.restarted().await;
    house.tend("2026-11-20 17:42:15").await;
    assert_eq!(house.orders().await, 1, "a restart gives no order again");
    house.agent_says(Outcome::Done, "", "2026-11-20 17:42:20").await;
    house.tend("2026-11-20 17:42:30").await;
    up(&house, "2026-11-20 17:43").await;
    house.tend("2026-11-20 17:43:15").await;
    // The page of the front is looked at once more after everything is up.
    house.look("front", true, "2026-11-20 17:44").await;
    house.tend("2026-11-20 17:44:15").await;
    let expected = [
        "17:41 login true",
        "17:42 step 1 until 17:45",
        "17:42 step 1 is order 1",
        "17:44 recovered",
        "17:44:15 step 1 Done",
    ];
    assert_eq!(house.story("2026-11-20 17:45").await, expected);
}

#[tokio::test]
async fn the_ladder_climbs_to_a_person() {
    let house = down().await;
    house.agent_says(Outcome::Failed, "exit status 1", "2026-11-20 17:42:20").await;
    house.tend("2026-11-20 17:42:30").await;
    let house = house.restarted().await;
    house.tend("2026-11-20 17:45").await;
    house.tend("2026-11-20 17:47:30").await;
    house.does(Deed::Acknowledge, "2026-11-20 17:48").await;
    house.tend("2026-11-20 17:59").await;
    let expected = [
        "17:41 login true",
        "17:42 step 1 until 17:45",
        "17:42 step 1 is order 1",
        "17:42:30 step 1 Failed exit status 1",
        "17:42:30 step 2 until 18:12:30",
        "17:42:30 sato called: runbook web 2",
        "17:47:30 suzuki called: runbook web 2",
        "17:48 heard",
    ];
    assert_eq!(house.story("2026-11-20 18:00").await, expected);
    assert_eq!(house.orders().await, 1);
}

/// Words are a person's: who did what they say is given their time, then the next one has its turn.
#[tokio::test]
async fn people_do_skip_and_stop() {
    let house = down().await;
    house.does(Deed::SkipStep(2), "2026-11-20 17:43").await;
    house.does(Deed::StopRunbook, "2026-11-20 17:43:10").await;
    house.agent_says(Outcome::Failed, "", "2026-11-20 17:43:20").await;
    house.tend("2026-11-20 17:43:30").await;
    house.tend("2026-11-20 17:44").await;
    house.does(Deed::ResumeRunbook, "2026-11-20 17:50").await;
    house.tend("2026-11-20 17:50:10").await;
    house.does(Deed::DoStep(3), "2026-11-20 17:55").await;
    let again =
        incidents::add(&house.office, 1, &Deed::DoStep(3), "tanaka", None, at("2026-11-20 17:56"));
    assert!(matches!(again.await, Err(AppError::Refused(_))), "a step is done once");
    let expected = [
        "17:41 login true",
        "17:42 step 1 until 17:45",
        "17:42 step 1 is order 1",
        "17:43 step 2 Skipped",
        "17:43:10 stopped",
        "17:43:30 step 1 Failed",
        "17:43:30 sato called: decide",
        "17:50 resumed",
        "17:50:10 step 3 until 18:20:10",
        "17:50:10 sato called: runbook web 3",
        "17:55 step 3 Done",
    ];
    assert_eq!(house.story("2026-11-20 17:57").await, expected);
}

/// What nobody knows is said, and never done again by itself.
#[tokio::test]
async fn an_unknown_outcome_is_shown() {
    let house = down().await;
    house.agent_says(Outcome::Unknown, "", "2026-11-20 17:43").await;
    house.tend("2026-11-20 17:44").await;
    house.tend("2026-11-20 17:45").await;
    let story = house.story("2026-11-20 17:46").await;
    assert!(story.contains(&"17:45 step 1 Unknown".to_owned()), "{story:?}");
    assert_eq!(house.orders().await, 1);
}

/// An agent that does not fetch its order in time is not waited for.
#[tokio::test]
async fn a_silent_agent_fails_the_step() {
    let house = down().await;
    house.tend("2026-11-20 17:43:01").await;
    let story = house.story("2026-11-20 17:46").await;
    let failed = "17:43:01 step 1 Failed 機器が期限までに指図を取りに来ませんでした";
    assert!(story.iter().any(|line| line == failed), "{story:?}");
}

/// The office died after it wrote the step down: before it gave the order, or after.
#[tokio::test]
async fn an_order_is_given_once_over_a_crash() {
    for given in [false, true] {
        let house = House::new(OnIncident::Nothing).await.with_agent().await;
        house.log("skyarch", &outage("http", "2026-11-20 17:40", None), "2026-11-20 17:42").await;
        house.tend("2026-11-20 17:42").await;
        let record = house.office.store.incident(1).await.expect("read").expect("an incident");
        let until = at("2026-11-20 17:46");
        let began = EntryRecord {
            number: record.entries + 1,
            at: at("2026-11-20 17:43"),
            noted: at("2026-11-20 17:43"),
            kind: "step-began".into(),
            body: format!("{{\"runbook\":\"web\",\"step\":1,\"until\":\"{until}\"}}"),
        };
        let addition = Addition {
            incident: 1,
            after: record.entries,
            entries: vec![began],
            milestones: Milestones::default(),
            calls: Vec::new(),
        };
        house.office.store.add_entries(&[addition]).await.expect("written");
        if given {
            let now = at("2026-11-20 17:43");
            let order = app::stations::order(
                &house.office,
                "web1",
                "restart-nginx",
                Some(1),
                "yakusoku",
                now,
            );
            order.await.expect("given");
        }
        let house = house.restarted().await;
        house.tend("2026-11-20 17:43:30").await;
        assert_eq!(
            house.orders().await,
            usize::from(given),
            "the one that died may still be at it"
        );
        house.tend("2026-11-20 17:44").await;
        house.tend("2026-11-20 17:44:15").await;
        assert_eq!(house.orders().await, 1);
        let story = house.story("2026-11-20 17:45").await;
        let ordered = story.iter().filter(|line| line.contains("is order 1")).count();
        assert_eq!(ordered, 1, "{story:?}");
    }
}

/// Outside the customer's hours nothing is done before the emergency contact was reached.
#[tokio::test]
async fn the_emergency_contact_comes_first() {
    let house = House::new(OnIncident::Nothing).await.with_agent().await;
    house.look("ssh", true, "2026-11-20 22:01").await;
    house.log("skyarch", &outage("http", "2026-11-20 22:00", None), "2026-11-20 22:02").await;
    house.tend("2026-11-20 22:02").await;
    assert_eq!(house.orders().await, 0);
    house.does(Deed::Contact { reached: true }, "2026-11-20 22:04").await;
    house.tend("2026-11-20 22:04:15").await;
    assert_eq!(house.orders().await, 1);
    let expected = [
        "22:01 login true",
        "22:02 sato called: contact",
        "22:04:15 step 1 until 22:07:15",
        "22:04:15 step 1 is order 1",
    ];
    assert_eq!(house.story("2026-11-20 22:05").await, expected);
}
