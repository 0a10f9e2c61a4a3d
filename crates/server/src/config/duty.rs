//! `[[oncall]]` and `[rota]`: who of ours is called, in turns of a week, and when.

use std::time::Duration;

use app::incidents::{OnCall, PATIENCE};
use desk::{MARKS, MARKS_MAX, Mark, Rota};
use jiff::SignedDuration;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use sections::{Day, Section};

use super::couriers::{CourierConfig, CourierKind};
use super::value::{LENGTH, MAIL_ADDRESS, MARK, PERSON, SHORT_NAME, TIME_OF_DAY};

/// Most people who take turns.
pub const PEOPLE_MAX: usize = 100;
/// When turns change by default.
pub const HAND_OVER: Time = Time::constant(10, 0, 0, 0);
/// The first Monday that turns are counted from by default.
pub const FIRST: Date = Date::constant(2026, 1, 5);

/// Shortest and longest time to answer a call.
const PATIENCE_SPAN: [Duration; 2] = [Duration::from_secs(60), Duration::from_secs(24 * 3_600)];

/// Who of ours is called, and when.
#[derive(Clone, Debug)]
pub struct DutyConfig {
    /// In the order of their turns.
    pub people: Vec<OnCall>,
    /// When turns change.
    pub rota: Rota,
    /// How long whoever was called has to answer.
    pub patience: SignedDuration,
    /// When people are warned of a clock.
    pub marks: Vec<Mark>,
}

impl DutyConfig {
    /// Nobody, with every default.
    pub fn nobody(zone: TimeZone) -> DutyConfig {
        let rota = Rota { first: FIRST, hand_over: HAND_OVER, zone };
        DutyConfig { people: Vec::new(), rota, patience: PATIENCE, marks: MARKS.to_vec() }
    }
}

/// Everybody who takes turns, and when turns change.
pub fn read_duty(top: &Section<'_>, zone: &TimeZone, couriers: &[CourierConfig]) -> DutyConfig {
    let sections = top.sections("oncall");
    let mut people = Vec::new();
    if sections.len() > PEOPLE_MAX {
        top.object("oncall", &format!("there are more than {PEOPLE_MAX} people: leave some out"));
    }
    for section in sections.into_iter().take(PEOPLE_MAX) {
        let (name, mail) = (section.need("name", &PERSON), section.need("mail", &MAIL_ADDRESS));
        let over = section.list("over", &SHORT_NAME).unwrap_or_default();
        for name in over.iter().filter(|name| !couriers.iter().any(|it| it.name == **name)) {
            section.object("over", &format!("there is no courier {name:?}"));
        }
        let has_mail = couriers.iter().any(|it| matches!(it.kind, CourierKind::Mail(_)));
        if !section.has("over") && mail.is_some() && !has_mail {
            let text = "nothing carries a call there: name couriers in `over`, or add a [[courier]] \
                        with `kind` \"mail\"";
            section.object("mail", text);
        }
        section.finish();
        people.extend(name.zip(mail).map(|(name, mail)| OnCall { name, mail, over }));
    }
    let section = top.section("rota");
    let first = section.value("first", &Day).unwrap_or(FIRST);
    let hand_over = section.value("hand_over", &TIME_OF_DAY).unwrap_or(HAND_OVER);
    if section.is_there() && people.is_empty() && !top.has("oncall") {
        section.object("first", "nobody takes turns: add an [[oncall]] for each person");
    }
    let patience = section.value("patience", &LENGTH);
    if patience.is_some_and(|it| it < PATIENCE_SPAN[0] || it > PATIENCE_SPAN[1]) {
        section.object("patience", "`patience` may be from 1m to 1d");
    }
    let patience = patience.and_then(|it| SignedDuration::try_from(it).ok()).unwrap_or(PATIENCE);
    let marks = section.list("warn_at", &MARK).unwrap_or_else(|| MARKS.to_vec());
    if marks.len() > MARKS_MAX {
        section.object("warn_at", &format!("there are more than {MARKS_MAX} warnings"));
    }
    section.finish();
    let rota = Rota { first, hand_over, zone: zone.clone() };
    DutyConfig { people, rota, patience, marks }
}
