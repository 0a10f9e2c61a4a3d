//! A status page in HTML: it needs its stylesheet and nothing else.

use app::status::{
    Condition, DAYS, Day, FunctionStatus, MonthFigure, ShownIncident, ShownWindow, Status,
};
use askama::Template;
use jiff::{SignedDuration, Timestamp};
use terms::{Text, wording};

use super::Places;
use crate::words::Lang;

/// Width of the bar of a day, with the gap behind it, in the units of the drawing.
const STEP: usize = 4;
/// A day with more than so much downtime is marked as bad: one part in a hundred.
const BAD_PART: i32 = 100;

#[derive(Template)]
#[template(path = "status.html")]
struct StatusHtml<'s> {
    lang: Lang,
    status: &'s Status,
    places: &'s Places,
    other: (&'static str, &'s str),
    feed: &'s str,
    bars: Vec<Bars>,
    open: Vec<&'s ShownIncident>,
    past: Vec<&'s ShownIncident>,
}

/// The days of a function as a drawing.
struct Bars {
    /// Outlines of the days that were up, that nobody knows, and that are not under contract.
    up: String,
    unknown: String,
    outside: String,
    /// Days that were down: place, how bad, and in words.
    down: Vec<(usize, &'static str, String)>,
    /// All of it in words.
    sum: String,
}

/// The page in a language.
///
/// # Errors
/// When the template cannot be rendered, which is a fault of ours.
pub fn html(status: &Status, lang: Lang, places: &Places) -> Result<String, askama::Error> {
    let (other, own) = match lang {
        Lang::Ja => (("English", places.pages[1].as_str()), 0),
        Lang::En => (("日本語", places.pages[0].as_str()), 1),
    };
    let (open, past) = status.incidents.iter().partition(|it| it.until.is_none());
    let page = StatusHtml {
        lang,
        status,
        places,
        other,
        feed: &places.feeds[own],
        bars: status.functions.iter().map(|function| bars(function, lang)).collect(),
        open,
        past,
    };
    page.render()
}

fn bars(function: &FunctionStatus, lang: Lang) -> Bars {
    let mut bars = Bars {
        up: String::new(),
        unknown: String::new(),
        outside: String::new(),
        down: Vec::new(),
        sum: String::new(),
    };
    let (mut down_days, mut down, mut unknown) =
        (0_u64, SignedDuration::ZERO, SignedDuration::ZERO);
    let first = usize::try_from(DAYS).unwrap_or(0).saturating_sub(function.days.len());
    for (place, day) in function.days.iter().enumerate() {
        let x = (first + place) * STEP;
        let draw = |into: &mut String| into.push_str(&format!("M{x} 0h3v30h-3z"));
        (down, unknown) = (down + day.down, unknown + day.unknown);
        match kind(day) {
            DayKind::Outside => draw(&mut bars.outside),
            DayKind::Unknown => draw(&mut bars.unknown),
            DayKind::Up => draw(&mut bars.up),
            DayKind::Down { bad } => {
                down_days += 1;
                let tone = if bad { "bad" } else { "some" };
                let date = wording::date(day.date, lang.into());
                let length = wording::length(seconds(day.down), lang.into());
                bars.down.push((x, tone, format!("{date}: {length}")));
            }
        }
    }
    bars.sum = sum(lang, down_days, down, unknown);
    bars
}

fn sum(lang: Lang, days: u64, down: SignedDuration, unknown: SignedDuration) -> String {
    let mut text = match days {
        0 if unknown > SignedDuration::ZERO => lang.say("status-none-seen"),
        0 => lang.say("status-never-down"),
        _ => {
            let length = wording::length(seconds(down), lang.into());
            lang.say_with("status-down-sum", &[("n", days.into()), ("value", length.into())])
        }
    };
    if unknown > SignedDuration::ZERO {
        let values = [("value", about(unknown, lang).into())];
        text.push_str(&lang.say_with("status-unknown-sum", &values));
    }
    text
}

/// A length in its largest unit, so that nobody reads seconds of weeks; at least a minute.
fn about(length: SignedDuration, lang: Lang) -> String {
    let hours = length.as_hours();
    let whole = match hours {
        48.. => {
            let days = (hours / 24).unsigned_abs();
            let values = [("n", days.into()), ("count", crate::marks::grouped(days).into())];
            return lang.say_with("span-days", &values);
        }
        1.. => SignedDuration::from_hours(hours),
        _ => SignedDuration::from_mins(length.as_mins().max(1)),
    };
    wording::length(whole, lang.into())
}

/// Whole seconds: a page says nothing of fractions.
fn seconds(time: SignedDuration) -> SignedDuration {
    SignedDuration::from_secs(time.as_secs())
}

enum DayKind {
    Outside,
    Unknown,
    Up,
    Down { bad: bool },
}

fn kind(day: &Day) -> DayKind {
    if day.whole.is_zero() {
        DayKind::Outside
    } else if !day.down.is_zero() {
        DayKind::Down { bad: day.down.saturating_mul(BAD_PART) > day.whole }
    } else if day.unknown.saturating_mul(2) > day.whole {
        DayKind::Unknown
    } else {
        DayKind::Up
    }
}

impl StatusHtml<'_> {
    fn t(&self, key: &str) -> String {
        self.lang.say(key)
    }

    fn text<'t>(&self, text: &'t Text) -> &'t str {
        text.in_lang(self.lang.into())
    }

    fn title(&self) -> &str {
        self.text(&self.status.page.title)
    }

    /// Class and words of a condition.
    fn condition(&self, condition: &Condition) -> (&'static str, String) {
        let word = match condition {
            Condition::Up => self.t("status-up"),
            Condition::Unknown => self.t("status-unknown"),
            Condition::Maintenance => self.t("status-maintenance"),
            Condition::Down => self.t("status-down"),
        };
        (condition.word(), word)
    }

    /// Class and words of all of it.
    fn worst(&self) -> (&'static str, String) {
        let worst = self.status.worst();
        let words = match worst {
            Condition::Up => self.t("status-all-up"),
            Condition::Unknown => self.t("status-some-unknown"),
            Condition::Maintenance => self.t("status-some-maintenance"),
            Condition::Down => self.t("status-some-down"),
        };
        (worst.word(), words)
    }

    fn instant(&self, at: &Timestamp) -> String {
        let second = Timestamp::from_second(at.as_second()).unwrap_or(*at);
        wording::instant(second, &self.status.zone, self.lang.into())
    }

    /// A window in the zone of its contract, which is named where it is another one.
    fn window(&self, window: &ShownWindow) -> String {
        let span = wording::span(window.span, &window.zone, self.lang.into());
        match window.zone == self.status.zone {
            true => span,
            false => format!("{span} ({})", window.zone.iana_name().unwrap_or("UTC")),
        }
    }

    fn runs(&self, window: &ShownWindow) -> bool {
        window.runs(self.status.at)
    }

    fn zone(&self) -> &str {
        self.status.zone.iana_name().unwrap_or("UTC")
    }

    /// When the page is no more to be believed.
    fn stale(&self) -> String {
        let minutes = self.status.page.stale_after.as_mins().max(1);
        self.lang.say_with("status-stale", &[("n", minutes.into())])
    }

    fn figure(&self, figure: &MonthFigure) -> String {
        let (net, lower) = (figure.net.percent_text(), figure.lower.percent_text());
        match figure.net == figure.lower {
            true => net,
            false => {
                let values = [("a", lower.into()), ("b", net.into())];
                self.lang.say_with("status-bounds", &values)
            }
        }
    }

    fn figure_of(&self, figure: &MonthFigure) -> String {
        let month = wording::month(figure.month, self.lang.into());
        format!("{} · {month}", self.text(&figure.title))
    }

    fn target(&self, figure: &MonthFigure) -> Option<String> {
        let percent = wording::percent(figure.target?);
        Some(self.lang.say_with("status-target", &[("value", percent.into())]))
    }

    /// What an incident is called: by what was down, since its title is not for everybody.
    fn incident(&self, incident: &ShownIncident) -> String {
        incident_title(incident, self.lang)
    }
}

/// What an incident is called on status pages.
pub fn incident_title(incident: &ShownIncident, lang: Lang) -> String {
    let names: Vec<&str> = incident.functions.iter().map(|it| it.in_lang(lang.into())).collect();
    match names.is_empty() {
        true => lang.say("status-incident"),
        false => {
            let comma = match lang {
                Lang::Ja => "、",
                Lang::En => ", ",
            };
            lang.say_with("status-incident-of", &[("value", names.join(comma).into())])
        }
    }
}
