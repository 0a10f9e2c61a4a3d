//! Incidents that answer by themselves: runbooks, calls, notices and alarms, over restarts and lost
//! answers. Times are those of Tokyo.

mod alarms;
mod calls;
mod crowded;
mod joins;
mod news;
mod runbooks;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use app::checks::{self, ConfiguredCheck, Settings, Watching};
use app::incidents::{self, AlarmPlace, AlarmRules, AlertDoor, Deed, Duty, OnCall, tend};
use app::logs::{self, Log};
use app::outbox::{self, Outcome};
use app::stations::{self, Link, StationKind, Wanted};
use app::telling::{Audience, CourierFacts, OnIncident, Telling, Way};
use app::{Office, RelayFolder, WatchedContract};
use desk::{Closing, Happened, Rota, Runbook, RunbookStep, StepDoing};
use jiff::civil::{DateTime, date, time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use link::{Results, WorkResult};
use tempfile::TempDir;
use terms::Name;
use watch::{Detail, Measured, Report, Seen};

/// `2026-11-20 17:40` in Tokyo.
pub(crate) fn at(text: &str) -> Timestamp {
    let civil: DateTime = text.parse().expect("a date and a time");
    civil.to_zoned(tokyo()).expect("an instant").timestamp()
}

fn tokyo() -> TimeZone {
    TimeZone::get("Asia/Tokyo").expect("a zone")
}

pub(crate) fn name(text: &str) -> Name {
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

/// Two people take weeks from Monday 2 November at ten: it is Sato's turn on the 20th.
fn duty() -> Duty {
    let person = |name: &str| OnCall {
        name: name.into(),
        mail: format!("{name}@example.jp"),
        over: Vec::new(),
    };
    let rota = Rota { first: date(2026, 11, 2), hand_over: time(10, 0, 0, 0), zone: tokyo() };
    let people = vec![person("sato"), person("suzuki")];
    Duty { people, rota: Some(rota), ..Duty::default() }
}

/// The runbook of the tests: an agent restarts the web server, then somebody is called, then the last
/// resort is words.
fn runbook() -> Runbook {
    let order = StepDoing::Order { station: "web1".into(), action: "restart-nginx".into() };
    let step = |level: Option<(Name, u8)>, doing, minutes| {
        let wait = SignedDuration::from_mins(minutes);
        RunbookStep { level, doing, wait }
    };
    Runbook {
        name: name("web"),
        contract: name("skyarch"),
        functions: vec![name("http")],
        alarms: Vec::new(),
        conditions: vec![(name("login"), "ssh".into())],
        done: vec!["front".into()],
        steps: vec![
            step(Some((name("port-ladder"), 1)), order, 3),
            step(None, StepDoing::Call, 30),
            step(None, StepDoing::Hand("予備機に切り替える".into()), 30),
        ],
    }
}

fn rules() -> AlarmRules {
    let place = AlarmPlace { contract: "skyarch".into(), service: None };
    let door = |name: &str, closing| AlertDoor { name: name.into(), place: place.clone(), closing };
    AlarmRules {
        checks: vec![("backup".into(), place.clone()), ("far".into(), place.clone())],
        doors: vec![door("prometheus", Closing::ByPerson), door("lab", Closing::ByItself)],
    }
}

/// A check that three sites look at, of which two must see it fail.
fn far() -> ConfiguredCheck {
    let sites = ["office", "osaka", "sapporo"].map(str::to_owned).into();
    let settings = Settings { sites, quorum: Some(2), ..Settings::default() };
    ConfiguredCheck { name: "far".into(), settings }
}

/// An office that can be closed and opened again on the same records.
pub(crate) struct House {
    folder: TempDir,
    pub(crate) office: Office,
    mode: OnIncident,
}

impl House {
    pub(crate) async fn new(mode: OnIncident) -> House {
        let folder = tempfile::tempdir().expect("a folder");
        let office = open(folder.path(), mode).await;
        House { folder, office, mode }
    }

    /// As after a crash: everything that is not in the records is gone.
    pub(crate) async fn restarted(self) -> House {
        self.office.store.close().await;
        let office = open(self.folder.path(), self.mode).await;
        House { office, ..self }
    }

    /// With the agent of the web server.
    pub(crate) async fn with_agent(self) -> House {
        let wanted = Wanted {
            name: "web1".into(),
            kind: StationKind::Agent,
            site: None,
            contracts: vec!["skyarch".into()],
        };
        stations::add(&self.office, &wanted, at("2026-11-01 00:00")).await.expect("added");
        self
    }

    pub(crate) async fn log(&self, contract: &str, line: &str, now: &str) {
        let mut log = Log::default();
        log.line(line.as_bytes()).expect("a sound line");
        logs::import(&self.office, contract, log, at(now)).await.expect("imported");
    }

    pub(crate) async fn tend(&self, now: &str) {
        let tended = tend(&self.office, at(now), &|| at(now)).await.expect("tended");
        assert_eq!(tended.troubles.total, 0, "{:?}", tended.troubles);
    }

    pub(crate) async fn does(&self, deed: Deed, now: &str) {
        let done = incidents::add(&self.office, 1, &deed, "tanaka", None, at(now)).await;
        done.unwrap_or_else(|why| panic!("{deed:?} at {now}: {why}"));
    }

    /// A check is looked at once.
    pub(crate) async fn look(&self, check: &str, good: bool, now: &str) {
        let settings =
            Settings { url: "https://www.example.jp/".into(), every: 60, ..Settings::default() };
        let check = Arc::new(settings.check(check).expect("a check"));
        let answer = match good {
            true => watch::Answer::Succeeded,
            false => watch::Answer::Silent(watch::Reason::TimedOut),
        };
        let seen = Seen { answer, took: Duration::from_millis(5), detail: Detail::default() };
        let (late, missed) = (Duration::ZERO, 0);
        let measured = Report::Measured(Measured { check, at: at(now), late, missed, seen });
        checks::record(&self.office, &[measured]).await.expect("recorded");
    }

    /// The agent tells what became of its newest order.
    pub(crate) async fn agent_says(&self, outcome: link::Outcome, detail: &str, now: &str) {
        let station = stations::known(&self.office, "web1").await.expect("a station");
        let orders = self.office.store.orders_to(station.number).await.expect("read");
        let order = orders.first().expect("an order");
        let result = WorkResult {
            order: order.id.to_string(),
            outcome,
            detail: detail.to_owned(),
            started_at: at(now),
            ended_at: at(now),
        };
        let results = Results { batch: order.id.unsigned_abs(), results: vec![result] };
        stations::take_results(&self.office, &station, &results).await.expect("taken");
    }

    pub(crate) async fn orders(&self) -> usize {
        self.office.store.orders_for(1).await.expect("read").len()
    }

    /// Everything that the incident's timeline says by itself, a line each, without what is the same
    /// in every story.
    pub(crate) async fn story(&self, now: &str) -> Vec<String> {
        let incident = incidents::incident(&self.office, 1, at(now)).await.expect("an incident");
        let line = |entry: &desk::Entry| {
            let what = match &entry.happened {
                Happened::StepBegan { step, until, .. } => {
                    format!("step {step} until {}", clock(*until))
                }
                Happened::Ordered { step, order, .. } => format!("step {step} is order {order}"),
                Happened::StepEnded { step, how, detail, .. } => {
                    format!("step {step} {how:?} {detail}").trim().to_owned()
                }
                Happened::Called { who, turn, .. } => {
                    format!("{} called: {turn}", who.as_deref().unwrap_or("nobody"))
                }
                Happened::ClockWarned { promise, .. } => format!("warning {promise}"),
                Happened::ConditionSeen { condition, holds } => format!("{condition} {holds}"),
                Happened::NoticeTold { channel, reference } => {
                    format!("told {channel} {reference}")
                }
                Happened::AlarmBegan { alarm, text, .. } => format!("alarm {alarm}: {text}"),
                Happened::AlarmEnded { alarm } => format!("over {alarm}"),
                Happened::Recovered => "recovered".to_owned(),
                Happened::RunbookStopped => "stopped".to_owned(),
                Happened::RunbookResumed => "resumed".to_owned(),
                Happened::Acknowledged => "heard".to_owned(),
                _ => return None,
            };
            Some(format!("{} {what}", clock(entry.at)))
        };
        incident.entries.iter().filter_map(line).collect()
    }

    /// Carries every notice that is due; the other side takes it at `when`. How many.
    pub(crate) async fn carry(&self, when: &str) -> usize {
        let mut count = 0;
        while let Some(errand) = outbox::take(&self.office, at(when)).await.expect("taken") {
            let outcome = Outcome::Sent("250 2.0.0 queued".into());
            outbox::settle(&self.office, &errand, outcome, at(when)).await.expect("recorded");
            count += 1;
        }
        count
    }
}

async fn open(folder: &Path, mode: OnIncident) -> Office {
    let vault = Arc::new(vault::Vault::from_master(&[7; 32]).expect("a 32-byte key"));
    let url = format!("sqlite:{}", folder.join("records.db").display());
    let store = store::Store::open(&url, vault.clone()).await.expect("opened");
    let relay = RelayFolder(folder.join("relay"));
    let audience = Audience {
        mail: vec!["ops@customer.example".into()],
        on_incident: mode,
        ..Audience::default()
    };
    let telling = Telling {
        couriers: vec![CourierFacts {
            name: "mail".into(),
            channel: name("email"),
            way: Way::OtherMail,
        }],
        audiences: [("aoulu-cloud".to_owned(), audience)].into(),
        contact: None,
        console: Some("https://office.example.jp".into()),
    };
    let key = vault::OrderKey::open_or_create(&folder.join("orders.key")).expect("a key");
    Office::new(store, vault, relay, Vec::new())
        .under(["skyarch", "aoulu-cloud"].map(contract).into())
        .on_duty(duty())
        .telling(telling)
        .answering(vec![runbook()], rules())
        .watching(Watching::of(vec![far()]))
        .known_by(Link { key, pin: [0; 32] })
}

fn clock(at: Timestamp) -> String {
    let civil = at.to_zoned(tokyo());
    let pattern = if civil.second() == 0 { "%H:%M" } else { "%H:%M:%S" };
    civil.strftime(pattern).to_string()
}

/// An outage of a function as a log tells it.
pub(crate) fn outage(function: &str, from: &str, until: Option<&str>) -> String {
    let until = until.map_or(String::new(), |until| format!(",\"until\":\"{}\"", at(until)));
    format!("{{\"kind\":\"outage\",\"function\":\"{function}\",\"from\":\"{}\"{until}}}", at(from))
}
