//! Stories of incidents under the contracts of the seeds: from the outage to the report, over restarts.

use std::path::Path;
use std::sync::Arc;

use app::board::{self, Left};
use app::incidents::{
    self, Deed, Doing, Duty, EmergencyContact, OnCall, OpenByHand, Outlook, StepRefusal, outlook,
    report, tend,
};
use app::logs::{self, Log};
use app::{AppError, Office, Refusal, RelayFolder, WatchedContract};
use desk::{Deadline, Rota};
use jiff::civil::{DateTime, date, time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;
use terms::Name;

/// `2026-11-20 17:40` in Tokyo.
fn at(text: &str) -> Timestamp {
    let civil: DateTime = text.parse().expect("a date and a time");
    civil.to_zoned(tokyo()).expect("an instant").timestamp()
}

fn tokyo() -> TimeZone {
    TimeZone::get("Asia/Tokyo").expect("a zone")
}

fn name(text: &str) -> Name {
    text.parse().expect("a name")
}

fn contract(name: &str) -> WatchedContract {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../contracts");
    let path = folder.join(name).with_extension("toml");
    let text = std::fs::read_to_string(&path).expect("a contract");
    let nothing = |_: &str| Err("not needed".to_owned());
    let contract = terms::read(name, &text, &nothing).expect("a sound contract").contract;
    WatchedContract { contract, measured: Vec::new() }
}

/// Two people take weeks from Monday 2 November at ten.
fn duty() -> Duty {
    let person = |name: &str| OnCall {
        name: name.into(),
        mail: format!("{name}@example.jp"),
        over: Vec::new(),
    };
    let rota = Rota { first: date(2026, 11, 2), hand_over: time(10, 0, 0, 0), zone: tokyo() };
    let contact =
        EmergencyContact { name: "契約者 当直".into(), reach: "+81-3-0000-0000".into() };
    Duty {
        people: vec![person("sato"), person("suzuki")],
        rota: Some(rota),
        contacts: [("skyarch".to_owned(), vec![contact])].into(),
        ..Duty::default()
    }
}

/// An office that can be closed and opened again on the same records.
struct House {
    folder: TempDir,
    office: Office,
}

impl House {
    async fn under(contracts: &[&str]) -> House {
        let folder = tempfile::tempdir().expect("a folder");
        let office = open(folder.path(), contracts).await;
        House { folder, office }
    }

    /// As after a crash: everything that is not in the records is gone.
    async fn restarted(self, contracts: &[&str]) -> House {
        self.office.store.close().await;
        let office = open(self.folder.path(), contracts).await;
        House { folder: self.folder, office }
    }

    async fn log(&self, contract: &str, line: &str, now: &str) {
        let mut log = Log::default();
        log.line(line.as_bytes()).expect("a sound line");
        logs::import(&self.office, contract, log, at(now)).await.expect("imported");
    }

    async fn tend(&self, now: &str) {
        let tended = tend(&self.office, at(now), &|| at(now)).await.expect("tended");
        assert_eq!(tended.troubles.total, 0, "{:?}", tended.troubles);
    }

    async fn does(&self, id: i64, deed: Deed, now: &str) {
        let done = incidents::add(&self.office, id, &deed, "tanaka", None, at(now)).await;
        done.unwrap_or_else(|why| panic!("{deed:?} at {now}: {why}"));
    }

    async fn refuses(&self, id: i64, deed: Deed, now: &str) -> Refusal {
        match incidents::add(&self.office, id, &deed, "tanaka", None, at(now)).await {
            Err(AppError::Refused(why)) => why,
            other => panic!("{deed:?} at {now}: {other:?}"),
        }
    }

    async fn incident(&self, id: i64, now: &str) -> incidents::Incident {
        incidents::incident(&self.office, id, at(now)).await.expect("an incident")
    }

    /// What is to be done, in a line.
    async fn doing(&self, id: i64, now: &str) -> String {
        let incident = self.incident(id, now).await;
        let outlook = outlook(&self.office, &incident, at(now)).expect("an outlook");
        let late = outlook
            .doing
            .late(at(now))
            .map_or(String::new(), |late| format!(", {} min late", late.as_mins()));
        match outlook.doing {
            Doing::Ended => "ended".to_owned(),
            Doing::Take { ladder, step, .. } => format!("take {ladder} {}{late}", step.level),
            Doing::Look { condition, .. } => format!("look {condition}{late}"),
            Doing::Wait { until } => format!("wait until {}", clock(until)),
            Doing::Blocked { attempts, .. } => format!("blocked after {attempts}"),
            Doing::Decide { .. } => format!("decide{late}"),
        }
    }

    /// Who was called for what and when, in order.
    async fn calls(&self, id: i64, now: &str) -> Vec<String> {
        let incident = self.incident(id, now).await;
        let called = incident.entries.iter().filter_map(|entry| match &entry.happened {
            desk::Happened::Called { who, turn, .. } => {
                Some(format!("{} {}: {turn}", clock(entry.at), who.as_deref().unwrap_or("nobody")))
            }
            _ => None,
        });
        called.collect()
    }

    /// The row of a promise on the board.
    async fn board(&self, promise: &str, now: &str) -> String {
        let sections = board::board(&self.office, at(now)).await.expect("a board");
        let row = sections[0].rows.iter().find(|row| row.promise.name.as_str() == promise);
        let row = row.expect("a row for every promise");
        match &row.left {
            Left::Incidents { nearest, met, late } => {
                let nearest = nearest.map_or(String::new(), |(id, ..)| format!(", incident {id}"));
                format!("{:?}, {met} met, {late} late{nearest}", row.state)
            }
            _ => format!("{:?}", row.state),
        }
    }

    /// The clock of a promise: its last second in time, or why there is none, and how it stands.
    async fn clock(&self, id: i64, promise: &str, now: &str) -> String {
        let incident = self.incident(id, now).await;
        let outlook: Outlook<'_> = outlook(&self.office, &incident, at(now)).expect("an outlook");
        let found = outlook.clocks.iter().find(|clock| clock.promise.name.as_str() == promise);
        let Some(clock) = found else { return "does not run".to_owned() };
        match clock.deadline {
            Deadline::Due(due) => {
                let civil = due.shown().to_zoned(tokyo());
                format!("{} {:?}", civil.strftime("%m-%d %H:%M:%S"), clock.standing)
            }
            Deadline::None(why) => format!("{why:?}"),
        }
    }
}

async fn open(folder: &Path, contracts: &[&str]) -> Office {
    let vault = Arc::new(vault::Vault::from_master(&[7; 32]).expect("a 32-byte key"));
    let url = format!("sqlite:{}", folder.join("records.db").display());
    let store = store::Store::open(&url, vault.clone()).await.expect("opened");
    let relay = RelayFolder(folder.join("relay"));
    let contracts = contracts.iter().map(|name| contract(name)).collect();
    Office::new(store, vault, relay, Vec::new()).under(contracts).on_duty(duty())
}

fn clock(at: Timestamp) -> String {
    at.to_zoned(tokyo()).strftime("%H:%M").to_string()
}

const HTTP_DOWN: &str = r#"{"kind":"outage","function":"http","from":"2026-11-20T17:40:00+09:00"}"#;
const HTTP_UP: &str = r#"{"kind":"outage","function":"http","from":"2026-11-20T17:40:00+09:00","until":"2026-11-20T19:40:00+09:00"}"#;

fn step(ladder: &str, level: u8, minutes: i64) -> Deed {
    Deed::Step { ladder: name(ladder), level, wait: SignedDuration::from_mins(minutes) }
}

fn login(holds: bool) -> Deed {
    Deed::Look { condition: name("login"), holds }
}

/// Seed 004, Friday evening before a long weekend: the restart does not help, the login is lost, the
/// server ladder has its turn, the customer's hours are over, and the contact answers at the second try.
/// The office is stopped in the middle of the wait for the reset.
#[tokio::test]
async fn the_story_of_a_managed_server() {
    let house = House::under(&["skyarch"]).await;
    house.log("skyarch", HTTP_DOWN, "2026-11-20 17:41").await;
    house.tend("2026-11-20 17:42").await;
    house.tend("2026-11-20 17:42:30").await;
    assert_eq!(house.doing(1, "2026-11-20 17:43").await, "look login");
    house.does(1, login(true), "2026-11-20 17:44").await;
    assert_eq!(house.doing(1, "2026-11-20 17:44:30").await, "take port-ladder 1");
    house.tend("2026-11-20 17:44:30").await;
    house.does(1, step("port-ladder", 1, 30), "2026-11-20 17:45").await;
    let failed = Deed::StepFailed { ladder: name("port-ladder"), level: 1 };
    house.does(1, failed, "2026-11-20 17:50").await;
    assert_eq!(house.doing(1, "2026-11-20 17:50:30").await, "decide");
    house.does(1, login(false), "2026-11-20 17:58").await;
    assert_eq!(house.doing(1, "2026-11-20 17:58:30").await, "take server-ladder 1");

    steps_are_refused(&house).await;
    house.tend("2026-11-20 18:05").await;
    assert_eq!(house.doing(1, "2026-11-20 18:05").await, "blocked after 0");
    let refused = house.refuses(1, step("server-ladder", 1, 30), "2026-11-20 18:06").await;
    assert_eq!(refused, Refusal::ContactFirst);
    house.does(1, Deed::Contact { reached: false }, "2026-11-20 18:10").await;
    assert_eq!(house.doing(1, "2026-11-20 18:11").await, "blocked after 1");
    house.does(1, Deed::Contact { reached: true }, "2026-11-20 18:25").await;
    house.tend("2026-11-20 18:25:20").await;
    house.does(1, step("server-ladder", 1, 30), "2026-11-20 18:30").await;
    assert_eq!(house.doing(1, "2026-11-20 18:50").await, "wait until 19:00");

    let house = house.restarted(&["skyarch"]).await;
    assert_eq!(house.doing(1, "2026-11-20 18:55").await, "wait until 19:00");
    assert_eq!(house.doing(1, "2026-11-20 19:20").await, "take server-ladder 2, 20 min late");
    house.tend("2026-11-20 19:20").await;
    house.does(1, step("server-ladder", 2, 60), "2026-11-20 19:21").await;
    let refused = house.refuses(1, Deed::Recover, "2026-11-20 19:30").await;
    assert_eq!(refused, Refusal::StillDown { function: "http".into() });

    house.log("skyarch", HTTP_UP, "2026-11-20 19:41").await;
    house.tend("2026-11-20 19:42").await;
    assert_eq!(house.incident(1, "2026-11-20 19:42").await.story.recovered, None, "no login yet");
    house.does(1, login(true), "2026-11-20 19:45").await;
    house.tend("2026-11-20 19:45:10").await;
    let story = house.incident(1, "2026-11-20 19:46").await.story;
    assert_eq!(story.recovered, Some(at("2026-11-20 19:45")));
    assert_eq!(house.doing(1, "2026-11-20 19:46").await, "ended");
    let refused = house.refuses(1, step("database-ladder", 1, 30), "2026-11-20 19:46").await;
    assert_eq!(refused, StepRefusal::Recovered.into());
    let expected = [
        "17:42 sato: look login",
        "17:44 sato: take port-ladder 1",
        "18:05 sato: contact",
        "18:25 sato: take server-ladder 1",
        "19:20 sato: take server-ladder 2",
    ];
    assert_eq!(house.calls(1, "2026-11-20 19:46").await, expected);
    // Monday is a holiday: two business days after Friday end on Wednesday.
    let due = house.clock(1, "incident-report", "2026-11-20 19:46").await;
    assert_eq!(due, "11-25 23:59:59 Running");

    let refused = house.refuses(1, Deed::Close, "2026-11-20 19:50").await;
    assert_eq!(refused, Refusal::ReportFirst { id: 1 });
    the_report_is_issued_once(&house).await;
    house.does(1, Deed::Close, "2026-11-24 12:00").await;
    let refused = house.refuses(1, Deed::Recognise, "2026-11-24 12:01").await;
    assert_eq!(refused, Refusal::IncidentClosed { id: 1 });
    house.tend("2026-11-24 12:02").await;
    let all = incidents::newest(&house.office, i64::MAX, 10, at("2026-11-24 12:02")).await;
    assert_eq!(all.expect("listed").len(), 1, "one outage opens one incident");
}

/// What the page does not offer is refused on every other way too.
async fn steps_are_refused(house: &House) {
    let again = house.refuses(1, step("port-ladder", 1, 30), "2026-11-20 17:59").await;
    assert_eq!(again, StepRefusal::Taken { ladder: "port-ladder".into(), level: 1 }.into());
    let lost = house.refuses(1, step("database-ladder", 1, 30), "2026-11-20 17:59").await;
    assert_eq!(lost, StepRefusal::Lost { condition: "login".into() }.into());
    // Whatever the ladder would say is next.
    let early = house.refuses(1, step("server-ladder", 2, 30), "2026-11-20 18:04").await;
    assert_eq!(early, Refusal::ContactFirst);
}

/// Somebody who has a reason does it all the same, and the timeline says why.
#[tokio::test]
async fn a_step_is_taken_anyway_for_a_reason() {
    let house = House::under(&["skyarch"]).await;
    house.log("skyarch", HTTP_DOWN, "2026-11-20 17:41").await;
    house.tend("2026-11-20 17:42").await;
    house.does(1, login(false), "2026-11-20 17:44").await;
    let anyway = |reason: &str| Deed::StepAnyway {
        ladder: name("port-ladder"),
        level: 1,
        wait: SignedDuration::from_mins(30),
        reason: reason.into(),
    };
    assert_eq!(house.refuses(1, anyway(" "), "2026-11-20 17:45").await, Refusal::NoText);
    house.does(1, anyway("管理画面から再起動した"), "2026-11-20 17:45").await;
    let entries = house.incident(1, "2026-11-20 17:46").await.entries;
    let kinds = entries.iter().rev().take(2).map(|entry| incidents::kind_word(&entry.happened));
    assert_eq!(kinds.collect::<Vec<_>>(), ["step-taken", "noted"]);
}

async fn the_report_is_issued_once(house: &House) {
    let office = &house.office;
    let now = at("2026-11-24 11:00");
    let drafted = report::draft(office, 1, now).await.expect("a draft");
    let content = &drafted.content;
    assert_eq!(
        content.summary,
        "http のサービスの停止 120分(17:40:00 から 19:40:00 まで)。19:45:00 に復旧を確認。"
    );
    assert!(content.treatment.contains("ハードウェアリセット"), "{}", content.treatment);
    let refused = report::issue(office, 1, 0, "tanaka", now).await;
    let empty =
        matches!(refused, Err(AppError::Refused(Refusal::ReportUnfinished { missing: "effect" })));
    assert!(empty, "{refused:?}");
    let parts = report::Parts {
        title: content.title.clone(),
        summary: content.summary.clone(),
        effect: "ウェブサイトを閲覧できませんでした。".into(),
        cause: "ファイルシステムの破損".into(),
        treatment: content.treatment.clone(),
        prevention: "検査を毎月行います。".into(),
    };
    report::edit(office, 1, 0, &parts, "tanaka", now).await.expect("kept");
    let again = report::edit(office, 1, 0, &parts, "yamada", now).await;
    assert!(matches!(again, Err(AppError::Refused(Refusal::DraftMoved))));
    assert_eq!(report::issue(office, 1, 1, "tanaka", now).await.expect("issued"), 1);
    assert_eq!(house.clock(1, "incident-report", "2026-11-26 00:00").await, "11-25 23:59:59 Met");
    // A correction takes the place of the first, which stays as it was.
    let cause = "電源の瞬断によるファイルシステムの破損".to_owned();
    let parts = report::Parts { cause, ..parts };
    report::edit(office, 1, 1, &parts, "tanaka", now).await.expect("kept");
    assert_eq!(report::issue(office, 1, 2, "tanaka", now).await.expect("issued"), 2);
    let issued = report::issued(office, 1).await.expect("read");
    let shown: Vec<_> = issued.iter().map(|it| (it.number, it.corrects)).collect();
    assert_eq!(shown, [(1, None), (2, Some(1))]);
    assert_eq!(issued[0].content.cause, "ファイルシステムの破損");
    assert_ne!(issued[0].digest, issued[1].digest);
}

/// G8 in an office that is stopped: what is still broken is told again when the mute ends.
#[tokio::test]
async fn a_mute_outlives_a_restart() {
    let house = House::under(&["skyarch"]).await;
    house.log("skyarch", HTTP_DOWN, "2026-11-20 17:41").await;
    house.tend("2026-11-20 17:42").await;
    house.does(1, login(true), "2026-11-20 17:43").await;
    house.does(1, step("port-ladder", 1, 10), "2026-11-20 17:44").await;
    house.does(1, Deed::Mute(at("2026-11-20 18:30")), "2026-11-20 17:45").await;
    let house = house.restarted(&["skyarch"]).await;
    house.tend("2026-11-20 18:00").await;
    assert_eq!(house.doing(1, "2026-11-20 18:00").await, "wait until 18:30");
    let house = house.restarted(&["skyarch"]).await;
    house.tend("2026-11-20 18:45").await;
    house.tend("2026-11-20 18:46").await;
    assert_eq!(house.doing(1, "2026-11-20 18:45").await, "decide, 15 min late");
    let expected = ["17:42 sato: look login", "18:45 sato: decide"];
    assert_eq!(house.calls(1, "2026-11-20 18:46").await, expected);
}

/// Seed 003: a fault that is recognised outside business hours has no deadline of the first notice.
#[tokio::test]
async fn first_notices_count_in_business_hours() {
    let down = |from: &str| {
        format!(r#"{{"kind":"outage","function":"web","from":"{from}","seen":"{from}"}}"#)
    };
    let saturday = House::under(&["click-so-ko"]).await;
    let line = down("2026-11-21T03:00:00+09:00");
    saturday.log("click-so-ko", &line, "2026-11-21 03:01").await;
    saturday.tend("2026-11-21 03:02").await;
    assert_eq!(saturday.clock(1, "first-notice", "2026-11-21 04:00").await, "OutsideHours");

    let tuesday = House::under(&["click-so-ko"]).await;
    let line = down("2026-11-24T11:00:00+09:00");
    tuesday.log("click-so-ko", &line, "2026-11-24 11:01").await;
    tuesday.tend("2026-11-24 11:02").await;
    let clock = async |now| tuesday.clock(1, "first-notice", now).await;
    assert_eq!(clock("2026-11-24 13:59:59").await, "11-24 15:00:00 Running");
    assert_eq!(clock("2026-11-24 14:00").await, "11-24 15:00:00 Soon");
    assert_eq!(clock("2026-11-24 15:00").await, "11-24 15:00:00 Soon");
    assert_eq!(clock("2026-11-24 15:00:01").await, "11-24 15:00:00 Late");
    tuesday.tend("2026-11-24 14:00").await;
    tuesday.tend("2026-11-24 14:01").await;
    let entries = tuesday.incident(1, "2026-11-24 14:02").await.entries;
    let warned = |e: &&desk::Entry| matches!(e.happened, desk::Happened::ClockWarned { .. });
    assert_eq!(entries.iter().filter(warned).count(), 1, "warned once");
    let tell = Deed::Tell { channel: name("email"), reference: "250 2.0.0 queued".into() };
    tuesday.does(1, tell, "2026-11-24 15:00").await;
    assert_eq!(clock("2026-11-24 15:00:01").await, "11-24 15:00:00 Met");
    let row = async |now| tuesday.board("first-notice", now).await;
    // A board of the second before it was opened knows nothing of it.
    assert_eq!(row("2026-11-24 11:01:59").await, "NotMeasured");
    assert_eq!(row("2026-11-24 13:00").await, "Running, 0 met, 0 late, incident 1");
    assert_eq!(row("2026-11-24 14:30").await, "AtRisk, 0 met, 0 late, incident 1");
    assert_eq!(row("2026-11-24 16:00").await, "Kept, 1 met, 0 late");
    assert_eq!(row("2026-12-01 00:00").await, "NotMeasured");
    answers_pause_while_the_customer_is_waited_for(&tuesday).await;
}

async fn answers_pause_while_the_customer_is_waited_for(house: &House) {
    house.does(1, Deed::Judge(1), "2026-11-24 15:00").await;
    let clock = async |now| house.clock(1, "response.p1", now).await;
    // Three hours of Tuesday and one of Wednesday.
    assert_eq!(clock("2026-11-24 15:30").await, "11-25 11:00:00 Running");
    assert_eq!(house.clock(1, "response.p2", "2026-11-24 15:30").await, "does not run");
    house.does(1, Deed::AwaitCustomer, "2026-11-24 16:00").await;
    assert_eq!(clock("2026-11-24 16:30").await, "11-25 11:30:00 Paused");
    let silence = house.clock(1, "close-after-silence", "2026-11-24 16:30").await;
    assert_eq!(silence, "12-08 16:00:00 Running");
    house.does(1, Deed::CustomerAnswered, "2026-11-24 17:00").await;
    assert_eq!(clock("2026-11-24 17:00").await, "11-25 12:00:00 Running");
    house.does(1, Deed::MeetClock(name("response.p1")), "2026-11-24 17:30").await;
    assert_eq!(clock("2026-11-25 17:00").await, "11-25 12:00:00 Met");
}

/// Whoever does not answer for as long as the contract says has nothing open any more.
#[tokio::test]
async fn silence_closes() {
    let house = House::under(&["click-so-ko"]).await;
    let open = OpenByHand {
        contract: "click-so-ko".into(),
        service: None,
        functions: Vec::new(),
        title: "検索が遅い".into(),
    };
    let id = incidents::open(&house.office, &open, "tanaka", None, at("2026-11-24 10:00")).await;
    let id = id.expect("opened");
    house.does(id, Deed::Judge(2), "2026-11-24 10:30").await;
    house.does(id, Deed::AwaitCustomer, "2026-11-24 16:00").await;
    house.tend("2026-12-08 16:00").await;
    assert!(house.incident(id, "2026-12-08 16:00").await.story.is_open());
    house.tend("2026-12-08 16:00:01").await;
    assert_eq!(
        house.incident(id, "2026-12-08 16:01").await.story.closed,
        Some(at("2026-12-08 16:00:01"))
    );
}

/// On site and reinstall are clocks that a person starts and meets.
#[tokio::test]
async fn clocks_by_hand_and_entries_taken_back() {
    let house = House::under(&["skyarch"]).await;
    let open = OpenByHand {
        contract: "skyarch".into(),
        service: None,
        functions: vec!["server".into()],
        title: "サーバーが応答しない".into(),
    };
    let now = at("2026-11-24 11:00");
    let id = incidents::open(&house.office, &open, "tanaka", None, now).await.expect("opened");
    assert_eq!(house.clock(id, "on-site", "2026-11-24 11:30").await, "does not run");
    house.does(id, Deed::StartClock(name("on-site")), "2026-11-24 11:30").await;
    assert_eq!(house.clock(id, "on-site", "2026-11-24 13:30").await, "11-24 13:30:00 Running");
    house.does(id, Deed::MeetClock(name("on-site")), "2026-11-24 13:31").await;
    assert_eq!(house.clock(id, "on-site", "2026-11-24 13:31").await, "11-24 13:30:00 Late");
    // He had been there at 13:20 and wrote it down wrongly.
    let last = house.incident(id, "2026-11-24 13:40").await.entries.len() as u32;
    house.does(id, Deed::TakeBack(last), "2026-11-24 13:40").await;
    let met = Deed::MeetClock(name("on-site"));
    let then = Some(at("2026-11-24 13:20"));
    let now = at("2026-11-24 13:41");
    incidents::add(&house.office, id, &met, "tanaka", then, now).await.expect("written");
    assert_eq!(house.clock(id, "on-site", "2026-11-24 13:45").await, "11-24 13:30:00 Met");
    let refused = house.refuses(id, Deed::StartClock(name("incident-report")), "2026-11-24 14:00");
    assert_eq!(refused.await, Refusal::NoClock { promise: "incident-report".into() });
    // Nobody measures the server: who says that it is up is believed.
    house.does(id, Deed::Recover, "2026-11-24 14:10").await;
    assert_eq!(house.incident(id, "2026-11-24 14:11").await.story.down().count(), 0);
}

/// Two outages of one service are one incident; a person takes it apart and puts it together again.
#[tokio::test]
async fn incidents_are_split_and_merged() {
    let house = House::under(&["skyarch"]).await;
    house.log("skyarch", HTTP_DOWN, "2026-11-20 17:41").await;
    house.tend("2026-11-20 17:42").await;
    let ftp = r#"{"kind":"outage","function":"ftp","from":"2026-11-20T17:50:00+09:00"}"#;
    house.log("skyarch", ftp, "2026-11-20 17:51").await;
    house.tend("2026-11-20 17:52").await;
    let down = async |id, now| {
        let story = house.incident(id, now).await.story;
        story.down().map(|outage| outage.what.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(down(1, "2026-11-20 17:53").await, ["http", "ftp"]);

    let now = at("2026-11-20 17:55");
    let both = ["http".to_owned(), "ftp".to_owned()];
    let all = incidents::split(&house.office, 1, &both, "残り", "tanaka", now).await;
    assert!(matches!(all, Err(AppError::Refused(Refusal::NotSplit))));
    let new = incidents::split(&house.office, 1, &both[1..], "ftp だけ", "tanaka", now).await;
    assert_eq!(new.expect("split"), 2);
    house.tend("2026-11-20 17:56").await;
    assert_eq!(down(1, "2026-11-20 17:57").await, ["http"]);
    assert_eq!(down(2, "2026-11-20 17:57").await, ["ftp"]);
    let story = house.incident(2, "2026-11-20 17:57").await.story;
    assert_eq!(story.recognised, Some(at("2026-11-20 17:42")), "we know of it since then");

    incidents::merge(&house.office, 1, 2, "tanaka", at("2026-11-20 18:00")).await.expect("merged");
    house.tend("2026-11-20 18:01").await;
    assert_eq!(down(2, "2026-11-20 18:02").await, ["http", "ftp"]);
    let gone = house.incident(1, "2026-11-20 18:02").await.story;
    assert_eq!(gone.merged_into, Some((2, at("2026-11-20 18:00"))));
    let again = incidents::merge(&house.office, 1, 2, "tanaka", at("2026-11-20 18:03")).await;
    assert!(matches!(again, Err(AppError::Refused(Refusal::NotMerged))));
    let open = incidents::open_ones(&house.office, at("2026-11-20 18:03")).await.expect("listed");
    assert_eq!(open.iter().map(|incident| incident.record.id).collect::<Vec<_>>(), [2]);
}

/// What is down in a planned window is no incident, until the window is over.
#[tokio::test]
async fn planned_maintenance_opens_nothing() {
    let house = House::under(&["click-so-ko"]).await;
    // The fourth Thursday, from 22 to 24.
    let line = r#"{"kind":"outage","function":"web","from":"2026-11-26T22:05:00+09:00"}"#;
    house.log("click-so-ko", line, "2026-11-26 22:06").await;
    house.tend("2026-11-26 23:59:59").await;
    let open = async |now| incidents::open_ones(&house.office, at(now)).await.expect("read").len();
    assert_eq!(open("2026-11-26 23:59:59").await, 0);
    house.tend("2026-11-27 00:00").await;
    assert_eq!(open("2026-11-27 00:00").await, 1);
    let standing = house.clock(1, "first-notice", "2026-11-27 09:00").await;
    assert_eq!(standing, "OutsideHours");
}
