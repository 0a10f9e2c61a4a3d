//! An incident as its page shows it: what is to be done, clocks and timeline.

use app::incidents::{Doing, Incident, OnCall, Outlook};
use desk::{Deadline, Happened, Running, Standing, Teller, standing_word};
use jiff::{SignedDuration, Timestamp};
use terms::wording;

use super::forms::{FormView, forms};
use super::runbook::{CallLine, RunbookPanel};
use crate::civil;
use crate::frame::Frame;
use crate::marks::{Chip, When};

/// A line of the list.
pub struct RowView {
    pub id: i64,
    pub title: String,
    pub contract: String,
    pub chip: Chip,
    pub priority: String,
    pub opened: Timestamp,
    pub due: Vec<String>,
}

impl RowView {
    pub fn new(f: &Frame, incident: &Incident, outlook: Option<&Outlook<'_>>) -> RowView {
        let nearest = outlook.filter(|_| incident.story.is_open());
        let nearest = nearest.and_then(|outlook| Some((outlook, outlook.nearest()?)));
        let due = nearest.and_then(|(outlook, clock)| {
            let teller = teller(f, outlook);
            let due = clock.deadline.due()?.shown();
            let title = clock.promise.title.in_lang(f.lang.into()).to_owned();
            Some(vec![title, teller.instant(due), left(f, due)])
        });
        RowView {
            id: incident.record.id,
            title: incident.story.title.clone(),
            contract: outlook.map_or(incident.record.contract.clone(), |outlook| {
                outlook.watched.contract.title.in_lang(f.lang.into()).to_owned()
            }),
            chip: state(f, incident),
            priority: priority(incident),
            opened: incident.story.opened,
            due: due.unwrap_or_default(),
        }
    }
}

/// An incident as it is shown.
pub struct IncidentView {
    pub id: i64,
    pub title: String,
    pub contract: String,
    pub chip: Chip,
    pub priority: String,
    pub is_open: bool,
    pub doing: String,
    pub late: Option<String>,
    pub muted: Option<String>,
    pub blocked: Vec<String>,
    pub on_call: Option<(String, String)>,
    pub contacts: Vec<(String, String)>,
    pub clocks: Vec<ClockView>,
    pub timeline: Vec<LineView>,
    pub forms: Vec<FormView>,
    /// Functions that may be split off.
    pub functions: Vec<(String, String)>,
    pub reports: Vec<u64>,
    /// What is done by itself.
    pub runbook: Option<RunbookPanel>,
    pub calls: Vec<CallLine>,
}

/// A clock as it is shown.
pub struct ClockView {
    pub title: String,
    pub clause: String,
    pub due: String,
    pub left: Option<String>,
    /// Counted down by the page while it runs.
    pub until: Option<Timestamp>,
    pub chip: Chip,
    pub since: String,
}

/// An entry as it is shown.
pub struct LineView {
    pub number: u32,
    at: Timestamp,
    /// In the contract's zone.
    pub when: When,
    pub by: String,
    pub what: String,
    pub tone: &'static str,
    pub taken_back: bool,
    pub may_go: bool,
}

impl IncidentView {
    pub fn new(
        f: &Frame,
        incident: &Incident,
        outlook: &Outlook<'_>,
        on_call: Option<&OnCall>,
        reports: Vec<u64>,
    ) -> IncidentView {
        let teller = teller(f, outlook);
        let story = &incident.story;
        let contract = &outlook.watched.contract;
        let lang = f.lang.into();
        let late = outlook.doing.late(f.now);
        let functions = story
            .outages
            .iter()
            .map(|outage| (outage.what.to_string(), teller.function(&outage.what).to_owned()));
        let customer = contract.parties.customer.in_lang(lang);
        IncidentView {
            id: incident.record.id,
            title: story.title.clone(),
            contract: format!("{} · {customer}", contract.title.in_lang(lang)),
            chip: state(f, incident),
            priority: priority(incident),
            is_open: story.is_open(),
            doing: doing(f, &outlook.doing, &teller),
            late: late
                .map(|late| f.with("incident-late", &wording::length(whole_minutes(late), lang))),
            muted: outlook.muted.map(|until| f.with("incident-muted", &teller.instant(until))),
            blocked: blocked(f, &outlook.doing, &teller),
            on_call: on_call.map(|person| (person.name.clone(), person.mail.clone())),
            contacts: outlook.contacts.iter().map(|c| (c.name.clone(), c.reach.clone())).collect(),
            clocks: outlook.clocks.iter().map(|clock| clock_view(f, clock, &teller)).collect(),
            timeline: timeline(f, incident, &teller),
            forms: forms(f, incident, outlook, &teller),
            functions: functions.collect(),
            reports,
            runbook: None,
            calls: Vec::new(),
        }
    }
}

pub fn teller<'a>(f: &Frame, outlook: &'a Outlook<'_>) -> Teller<'a> {
    let zone = &outlook.watched.contract.zone;
    Teller { terms: outlook.terms, zone, lang: f.lang.into() }
}

/// Where an incident stands, as a coloured word.
fn state(f: &Frame, incident: &Incident) -> Chip {
    let story = &incident.story;
    let (tone, word) = match (story.merged_into, story.closed, story.recovered) {
        (Some(_), ..) => ("unmeasured", f.t("incident-state-merged")),
        (None, Some(_), _) => ("unmeasured", f.t("incident-state-closed")),
        (None, None, Some(_)) => ("succeeded", f.t("incident-state-recovered")),
        (None, None, None) => ("failed", f.t("incident-state-open")),
    };
    Chip { tone, word }
}

fn priority(incident: &Incident) -> String {
    incident.story.judged.map_or("–".to_owned(), |(priority, _)| priority.to_string())
}

fn doing(f: &Frame, doing: &Doing<'_>, teller: &Teller<'_>) -> String {
    match doing {
        Doing::Ended => f.t("incident-ended"),
        Doing::Wait { until } => f.with("incident-wait", &teller.instant(*until)),
        Doing::Blocked { .. } => f.t("incident-blocked"),
        other => {
            let (turn, since) = other.turn().unwrap_or_default();
            let (turn, since) = (teller.turn(&turn), teller.instant(since));
            f.lang.say_with("incident-turn", &[("a", turn.into()), ("b", since.into())])
        }
    }
}

fn blocked(f: &Frame, doing: &Doing<'_>, teller: &Teller<'_>) -> Vec<String> {
    let Doing::Blocked { attempts, until, .. } = doing else { return Vec::new() };
    let tries = *attempts as u64;
    let tried = (tries > 0).then(|| f.n("incident-blocked-tries", &tries));
    let until = until.map(|until| f.with("incident-blocked-until", &teller.instant(until)));
    tried.into_iter().chain(until).collect()
}

fn whole_minutes(length: SignedDuration) -> SignedDuration {
    SignedDuration::from_mins(length.as_mins())
}

/// How long is left, or by how much it is over.
fn left(f: &Frame, due: Timestamp) -> String {
    let length = |length| wording::length(length, f.lang.into());
    let left = due.duration_since(f.now);
    match left.is_negative() {
        false => f.with("incident-left", &length(SignedDuration::from_mins(left.as_mins()))),
        true => f.with("incident-over", &length(SignedDuration::from_mins(-left.as_mins()))),
    }
}

fn clock_view(f: &Frame, clock: &Running<'_>, teller: &Teller<'_>) -> ClockView {
    let lang = f.lang.into();
    let runs = clock.met.is_none() && !matches!(clock.standing, Standing::Ended | Standing::None);
    let tone = match clock.standing {
        Standing::Running => "queued",
        Standing::Soon => "deferred",
        Standing::Paused => "suppressed",
        Standing::Met => "succeeded",
        Standing::Late => "failed",
        Standing::Ended | Standing::None => "unmeasured",
    };
    let due = clock.deadline.due().map(|due| due.shown());
    ClockView {
        title: clock.promise.title.in_lang(lang).to_owned(),
        clause: clock.promise.clause.to_string(),
        due: match clock.deadline {
            Deadline::Due(due) => teller.instant(due.shown()),
            Deadline::None(why) => why.text(lang).to_owned(),
        },
        left: due.filter(|_| runs).map(|due| left(f, due)),
        until: due.filter(|_| runs && clock.standing != Standing::Paused),
        chip: Chip { tone, word: standing_word(clock.standing, lang).to_owned() },
        since: teller.instant(clock.from),
    }
}

fn timeline(f: &Frame, incident: &Incident, teller: &Teller<'_>) -> Vec<LineView> {
    let is_gone = |number: u32| {
        let gone = Happened::TakenBack { entry: number };
        incident.entries.iter().any(|entry| entry.happened == gone)
    };
    let line = |entry: &desk::Entry| {
        let taken_back = is_gone(entry.number);
        LineView {
            number: entry.number,
            at: entry.at,
            when: When {
                machine: entry.at.to_string(),
                full: civil::in_full(entry.at, teller.zone),
                shown: civil::clock_or_date(entry.at, f.now, teller.zone),
            },
            by: entry.by.clone().unwrap_or_else(|| f.t("incident-office")),
            what: teller.happened(&entry.happened),
            tone: tone(&entry.happened),
            taken_back,
            may_go: entry.by.is_some() && !taken_back && entry.happened.may_be_taken_back(),
        }
    };
    let mut lines: Vec<LineView> = incident.entries.iter().map(line).collect();
    lines.sort_by_key(|line| (line.at, line.number));
    lines
}

fn tone(happened: &Happened) -> &'static str {
    match happened {
        Happened::OutageBegan { .. }
        | Happened::AlarmBegan { .. }
        | Happened::StepFailed { .. } => "failed",
        Happened::OutageEnded { .. } | Happened::AlarmEnded { .. } | Happened::Recovered => {
            "succeeded"
        }
        Happened::ClockWarned { .. } | Happened::Called { .. } => "deferred",
        Happened::ContactTried { reached: false } | Happened::Muted { .. } => "suppressed",
        _ => "queued",
    }
}
