//! Promises about what is watched, done, copied, kept, served and reported.

use calendar::{RecurringWindow, WhenClosed};
use sections::{Choice, Number, Section};

use crate::read::values::{
    KEEP, LENGTH, MONTH_RULE, NAME, PERIOD, SCHEDULE, SHARE, TLS, WINDOW, need_text, read_text,
};
use crate::{
    Backup, Capacity, Check, Escalation, Hours, LadderStep, Maintenance, Report, ResponseTime,
    Retention, SecurityFloor, Threshold, Unit,
};

/// Largest capacity: it is compared with sums that fit 64 bits.
pub const COUNT_MAX: u64 = 1_000_000_000_000_000;
/// Highest level of a ladder.
const LEVEL_MAX: u64 = 99;

const WHEN_CLOSED: [(&str, WhenClosed); 3] = [
    ("keep", WhenClosed::Keep),
    ("next-business-day", WhenClosed::NextBusinessDay),
    ("skip", WhenClosed::Skip),
];
const UNITS: [(&str, Unit); 4] = [
    ("messages", Unit::Messages),
    ("connections", Unit::Connections),
    ("bytes", Unit::Bytes),
    ("pieces", Unit::Pieces),
];

/// How long a page may take.
pub fn read_response_time(section: &Section<'_>) -> Option<ResponseTime> {
    let function = section.need(("function", "what is asked"), &NAME);
    let within = section.need("within", &LENGTH);
    let share = section.value(("share", "of the answers; all when left out"), &SHARE);
    Some(ResponseTime { function: function?, within: within?, share })
}

/// Windows that recur every month.
pub fn read_maintenance(section: &Section<'_>) -> Option<Maintenance> {
    let rule = section.need(("rule", "which day of the month"), &MONTH_RULE);
    let opening = section.need("hours", &WINDOW);
    let when_closed = section.choice_or(
        ("when_closed", "on a day that is no business day"),
        &WHEN_CLOSED,
        WhenClosed::Keep,
    );
    let calendar = section.value(("calendar", "which days are business days"), &NAME);
    if when_closed != WhenClosed::Keep && !section.has("calendar") {
        section.object("when_closed", "`when_closed` needs `calendar`: the name of a [[calendar]]");
    }
    let window = RecurringWindow { rule: rule?, opening: opening?, when_closed };
    Some(Maintenance { window, calendar })
}

/// Hours in which something is provided.
pub fn read_hours(section: &Section<'_>) -> Option<Hours> {
    let calendar = section.value(("calendar", "24 hours on 365 days when left out"), &NAME);
    Some(Hours { calendar })
}

/// Something is looked at so often.
pub fn read_check(section: &Section<'_>) -> Option<Check> {
    let what = section.need_list(("what", "such as ping, http, disk"), &NAME);
    let function = section.value(("function", "whose state it tells"), &NAME);
    let every = section.need("every", &LENGTH);
    let at_least = section.value(("at_least", "told when the use reaches this share"), &SHARE);
    let each = section.value(("each", "judged one by one, such as partition"), &NAME);
    let escalation = section.value(("escalation", "the promise that answers it"), &NAME);
    Some(Check {
        what: what?,
        function,
        every: every?,
        threshold: at_least.map(|at_least| Threshold { at_least }),
        each,
        escalation,
    })
}

/// What is done about a fault, level by level.
pub fn read_escalation(section: &Section<'_>) -> Option<Escalation> {
    let steps = read_steps(section);
    let key = ("otherwise", "the ladder to go over to when a step's need does not hold");
    let otherwise = section.value(key, &NAME);
    let done = need_text(section, "done");
    let key = ("contact_first_outside", "whom to reach first outside this calendar's hours");
    let contact_first_outside = section.value(key, &NAME);
    Some(Escalation { steps: steps?, otherwise, done: done?, contact_first_outside })
}

fn read_steps(section: &Section<'_>) -> Option<Vec<LadderStep>> {
    let list = section.sections(("steps", "lowest level first"));
    section.demand("steps", "a list such as [ { level = 1, action = \"reset\", title = \"…\" } ]");
    let count = list.len();
    let mut steps: Vec<LadderStep> = Vec::new();
    for step in list {
        let level = step.need("level", &Number(1..=LEVEL_MAX));
        let action = step.need("action", &NAME);
        let title = need_text(&step, "title");
        let needs = step.value(("needs", "what must be so, such as login"), &NAME);
        if let (Some(level), Some(action), Some(title)) = (level, action, title) {
            let level = level as u8;
            if let Some(above) = steps.last().filter(|above| above.level > level) {
                let text = format!("level {level} comes after level {}: lowest first", above.level);
                step.object("level", &text);
            }
            steps.push(LadderStep { level, action, title, needs });
        }
        step.finish();
    }
    if count == 0 && section.has("steps") {
        section.object("steps", "needs at least one step");
        return None;
    }
    (steps.len() == count).then_some(steps)
}

/// Copies are made and kept.
pub fn read_backup(section: &Section<'_>) -> Option<Backup> {
    let what = need_text(section, "what");
    let schedule = section.need("every", &SCHEDULE);
    let keep = section.value(("keep", "how many or how long"), &KEEP);
    let place = read_text(section, "place");
    let key = ("manual_runs_evict", "whether a run by hand pushes a generation out");
    let evict = section.value(key, &sections::Truth);
    Some(Backup {
        what: what?,
        schedule: schedule?,
        keep,
        place,
        manual_runs_evict: evict.unwrap_or(false),
    })
}

/// How much is served.
pub fn read_capacity(section: &Section<'_>) -> Option<Capacity> {
    let what = section.need("what", &NAME);
    let limit = section.need(("limit", "up to so much"), &Number(1..=COUNT_MAX));
    let unit = section.need("unit", &Choice(&UNITS));
    let per = section.value(("per", "in each such time, when it is a rate"), &LENGTH);
    let exclusion = section.value(("exclusion", "for what happens above it"), &NAME);
    let beyond = read_text(section, "beyond");
    Some(Capacity { what: what?, limit: limit?, unit: unit?, per, exclusion, beyond })
}

/// How long data are kept.
pub fn read_retention(section: &Section<'_>) -> Option<Retention> {
    let what = need_text(section, "what");
    let keep = section.value(("keep", "until the contract ends when left out"), &PERIOD);
    Some(Retention { what: what?, keep })
}

/// The weakest that is accepted.
pub fn read_security_floor(section: &Section<'_>) -> Option<SecurityFloor> {
    let tls_at_least = section.need("tls_at_least", &TLS);
    Some(SecurityFloor { tls_at_least: tls_at_least? })
}

/// Something is reported so often.
pub fn read_report(section: &Section<'_>) -> Option<Report> {
    let every = section.need(("every", "at least once in each"), &PERIOD);
    let channel = section.value(("channel", "where it is shown"), &NAME);
    Some(Report { every: every?, channel })
}
