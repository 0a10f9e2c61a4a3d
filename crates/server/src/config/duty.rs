//! `[[oncall]]` and `[rota]`: who of ours is called, in turns of a week.

use app::incidents::OnCall;
use desk::Rota;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use sections::{Day, Section};

use super::value::{MAIL_ADDRESS, PERSON, TIME_OF_DAY};

/// Most people who take turns.
pub const PEOPLE_MAX: usize = 100;
/// When turns change by default.
pub const HAND_OVER: Time = Time::constant(10, 0, 0, 0);
/// The first Monday that turns are counted from by default.
pub const FIRST: Date = Date::constant(2026, 1, 5);

/// Everybody who takes turns, and when turns change.
pub fn read_duty(top: &Section<'_>, zone: &TimeZone) -> (Vec<OnCall>, Rota) {
    let sections = top.sections("oncall");
    let mut people = Vec::new();
    if sections.len() > PEOPLE_MAX {
        top.object("oncall", &format!("there are more than {PEOPLE_MAX} people: leave some out"));
    }
    for section in sections.into_iter().take(PEOPLE_MAX) {
        let (name, mail) = (section.need("name", &PERSON), section.need("mail", &MAIL_ADDRESS));
        section.finish();
        people.extend(name.zip(mail).map(|(name, mail)| OnCall { name, mail }));
    }
    let section = top.section("rota");
    let first = section.value("first", &Day).unwrap_or(FIRST);
    let hand_over = section.value("hand_over", &TIME_OF_DAY).unwrap_or(HAND_OVER);
    if section.is_there() && people.is_empty() && !top.has("oncall") {
        section.object("first", "nobody takes turns: add an [[oncall]] for each person");
    }
    section.finish();
    (people, Rota { first, hand_over, zone: zone.clone() })
}
