//! Incidents under a contract of the project, as sample data.

use app::incidents::calling::CallRecord;
use app::incidents::report::{Content, Report};
use app::incidents::{EmergencyContact, Incident, OnCall, StepView};
use app::{SendingState, WatchedContract, incidents};
use desk::{
    Carried, Entry, Followed, Happened, Runbook, RunbookStep, Source, StepDoing, StepEnd, Story,
};
use jiff::{SignedDuration, Timestamp};

use crate::words::Lang;

const HOSTILE: &str = "<script>alert(1)</script>";

/// The contract of seed 004.
pub fn watched() -> WatchedContract {
    let text = include_str!("../../../../contracts/skyarch.toml");
    let nothing = |_: &str| Err("not needed".to_owned());
    let read = terms::read("skyarch", text, &nothing).expect("a sound contract");
    WatchedContract { contract: read.contract, measured: Vec::new() }
}

/// Whom to reach.
pub fn contacts() -> Vec<EmergencyContact> {
    vec![EmergencyContact { name: HOSTILE.into(), reach: "+81-3-0000-0000".into() }]
}

/// Who is on call.
pub fn person() -> OnCall {
    OnCall { name: "Sato".into(), mail: "sato@example.jp".into(), over: Vec::new() }
}

fn incident(
    id: i64,
    opened: Timestamp,
    happened: Vec<(i64, Happened)>,
    now: Timestamp,
) -> Incident {
    let entries: Vec<Entry> = (1..)
        .zip(happened)
        .map(|(number, (minutes, happened))| {
            let at = opened + SignedDuration::from_mins(minutes);
            let by = (number % 2 == 0).then(|| "admin".to_owned());
            Entry { number, at, noted: at, by, happened }
        })
        .collect();
    let story = Story::read(&entries, now);
    let record = store::IncidentRecord {
        id,
        contract: "skyarch".into(),
        service: "servers".into(),
        source: incidents::source_word(Source::Log).into(),
        opened,
        entries: entries.len() as i64,
    };
    Incident { record, entries, story }
}

/// One is blocked by contact, one waits for somebody to try the login, one is over.
pub fn stories(now: Timestamp) -> Vec<Incident> {
    let name = |text: &str| text.parse().expect("a name");
    let opened = |title: &str| Happened::Opened { title: title.into(), source: Source::Log };
    let down = || Happened::OutageBegan { function: name("http") };
    let ago = |minutes| now - SignedDuration::from_mins(minutes);
    let blocked = vec![
        (0, opened(HOSTILE)),
        (0, down()),
        (1, Happened::Recognised),
        (1, Happened::ConditionSeen { condition: name("login"), holds: false }),
        (2, Happened::ContactTried { reached: false }),
        (2, Happened::Called { who: Some("Sato".into()), turn: "contact".into(), since: now }),
        (3, Happened::ClockStarted { promise: name("on-site") }),
        (3, Happened::Noted { text: HOSTILE.into() }),
        (4, Happened::Noted { text: "wrong".into() }),
        (5, Happened::TakenBack { entry: 9 }),
    ];
    let look = vec![(0, opened("http")), (0, down()), (0, Happened::Judged { priority: 1 })];
    let taken = Happened::StepTaken { ladder: name("port-ladder"), level: 1, wait_until: now };
    let over = vec![
        (0, opened("http")),
        (0, down()),
        (1, taken),
        (5, Happened::OutageEnded { function: name("http") }),
        (5, Happened::Recovered),
        (6, Happened::NoticeTold { channel: name("email"), reference: "250 ok".into() }),
        (7, Happened::ReportIssued { report: 1 }),
        (9, Happened::Closed),
    ];
    vec![
        incident(3, ago(45), blocked, now),
        incident(2, ago(10), look, now),
        incident(1, ago(2_000), over, now),
    ]
}

/// A runbook of every kind of step.
pub fn runbook() -> Runbook {
    let name = |text: &str| text.parse().expect("a name");
    let order = || StepDoing::Order { station: "web1".into(), action: "restart-nginx".into() };
    let step = |level: Option<u8>, doing| RunbookStep {
        level: level.map(|level| (name("port-ladder"), level)),
        doing,
        wait: SignedDuration::from_mins(3),
    };
    Runbook {
        name: name("web"),
        contract: name("skyarch"),
        functions: vec![name("http")],
        alarms: Vec::new(),
        conditions: Vec::new(),
        done: Vec::new(),
        steps: vec![
            step(Some(1), order()),
            step(Some(1), order()),
            step(None, order()),
            step(None, StepDoing::Call),
            step(None, StepDoing::Hand(HOSTILE.into())),
            step(None, StepDoing::Hand("later".into())),
        ],
    }
}

/// Its steps with an end of each kind, one under way, one to come.
pub fn steps(runbook: &Runbook, now: Timestamp) -> Vec<StepView<'_>> {
    let ends = [
        Some(Some(StepEnd::Failed)),
        Some(Some(StepEnd::Unknown)),
        Some(Some(StepEnd::Done)),
        Some(Some(StepEnd::Skipped)),
        Some(None),
        None,
    ];
    let carried =
        [Carried::Failed(HOSTILE.into()), Carried::Unknown, Carried::Done].map(Some).into_iter();
    let carried = carried.chain(std::iter::repeat(None));
    let steps = (1..).zip(&runbook.steps).zip(ends).zip(carried);
    let view = |(((number, step), end), carried): (((u16, _), Option<Option<StepEnd>>), _)| {
        let is_order = Option::is_some(&carried);
        let followed = end.map(|end| Followed {
            runbook: runbook.name.clone(),
            step: number,
            began: now,
            until: now,
            order: is_order.then_some(i64::from(number)),
            ended: end.map(|end| (end, now)),
        });
        let is_open = !matches!(end, Some(Some(_)));
        StepView { number, step, followed, carried, is_open }
    };
    steps.map(view).collect()
}

/// Calls in every state.
pub fn calls(now: Timestamp) -> Vec<CallRecord> {
    let states =
        [SendingState::Queued, SendingState::Sending, SendingState::Sent, SendingState::Failed];
    let call = |(place, state): (i64, SendingState)| CallRecord {
        key: store::CallKey { incident: 2, entry: 3, place },
        courier: "pager".into(),
        recipient: if place == 1 { String::new() } else { "sato@example.jp".into() },
        subject: "call".into(),
        text: "call".into(),
        state,
        attempts: 1,
        maybe_twice: place == 3,
        answer: (place > 2).then(|| (now, HOSTILE.to_owned())),
    };
    (1..).zip(states).map(call).collect()
}

/// A report that corrects another one.
pub fn report(lang: Lang) -> Report {
    let at: Timestamp = "2026-11-20T08:40:00Z".parse().expect("an instant");
    let (summary, course) = match lang {
        Lang::Ja => ("ウェブサイトが2時間停止しました。", "停止: http のサービス"),
        Lang::En => ("The site was down for 2 hours.", "down: the http service"),
    };
    Report {
        number: 2,
        issued: at,
        corrects: Some(1),
        digest: "0f".repeat(32),
        content: Content {
            title: HOSTILE.into(),
            customer: "Example".into(),
            provider: "Example".into(),
            contract: "Example".into(),
            began: Some(at),
            recognised: Some(at),
            recovered: None,
            functions: vec!["http".into()],
            summary: summary.into(),
            effect: "…".into(),
            cause: "…\n…".into(),
            treatment: "…".into(),
            prevention: "…".into(),
            course: vec![(at, course.into())],
            author: "admin".into(),
        },
    }
}
