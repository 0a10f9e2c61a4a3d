//! A status page as JSON; `docs/FORMATS.md` says what stands in it.

use app::status::{FunctionStatus, MonthFigure, ShownIncident, ShownWindow, Status};
use serde::Serialize;
use terms::Text;

/// The version of the format.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Page<'s> {
    format: u32,
    name: &'s str,
    title: Words<'s>,
    at: String,
    stale_after_seconds: i64,
    time_zone: &'s str,
    condition: &'static str,
    changed: Option<String>,
    partial: bool,
    functions: Vec<Function<'s>>,
    figures: Vec<Figure<'s>>,
    windows: Vec<Window<'s>>,
    incidents: Vec<Incident<'s>>,
}

#[derive(Serialize)]
struct Words<'s> {
    ja: &'s str,
    en: &'s str,
}

#[derive(Serialize)]
struct Function<'s> {
    title: Words<'s>,
    condition: &'static str,
    since: Option<String>,
    days: Vec<Day>,
}

#[derive(Serialize)]
struct Day {
    date: String,
    down_seconds: i64,
    unknown_seconds: i64,
    seconds: i64,
}

#[derive(Serialize)]
struct Figure<'s> {
    title: Words<'s>,
    month: String,
    uptime: Option<String>,
    uptime_at_least: Option<String>,
    target: Option<String>,
}

#[derive(Serialize)]
struct Window<'s> {
    id: &'s str,
    title: Words<'s>,
    from: String,
    until: String,
    time_zone: &'s str,
    running: bool,
    recurring: bool,
    provisional: bool,
}

#[derive(Serialize)]
struct Incident<'s> {
    id: i64,
    functions: Vec<Words<'s>>,
    from: String,
    until: Option<String>,
    updates: Vec<Update<'s>>,
}

#[derive(Serialize)]
struct Update<'s> {
    at: String,
    kind: &'static str,
    text: Option<&'s str>,
}

/// The whole page, an object and a line end.
pub fn json(status: &Status) -> String {
    let page = Page {
        format: VERSION,
        name: &status.page.name,
        title: words(&status.page.title),
        at: status.at.to_string(),
        stale_after_seconds: status.page.stale_after.as_secs(),
        time_zone: status.zone.iana_name().unwrap_or("UTC"),
        condition: status.worst().word(),
        changed: status.changed.map(|at| at.to_string()),
        partial: status.is_partial,
        functions: status.functions.iter().map(function).collect(),
        figures: status.figures.iter().map(figure).collect(),
        windows: status.windows.iter().map(|it| window(status, it)).collect(),
        incidents: status.incidents.iter().map(incident).collect(),
    };
    // Texts and integers: there is nothing that JSON cannot hold.
    serde_json::to_string(&page).unwrap_or_default() + "\n"
}

fn words(text: &Text) -> Words<'_> {
    Words { ja: &text.ja, en: &text.en }
}

fn function(it: &FunctionStatus) -> Function<'_> {
    let day = |day: &app::status::Day| Day {
        date: day.date.to_string(),
        down_seconds: day.down.as_secs(),
        unknown_seconds: day.unknown.as_secs(),
        seconds: day.whole.as_secs(),
    };
    Function {
        title: words(&it.title),
        condition: it.condition.word(),
        since: it.since.map(|at| at.to_string()),
        days: it.days.iter().map(day).collect(),
    }
}

fn figure(it: &MonthFigure) -> Figure<'_> {
    let percent = |figure: settlement::Figure| figure.uptime().map(number);
    Figure {
        title: words(&it.title),
        month: it.month.to_string(),
        uptime: percent(it.net),
        uptime_at_least: percent(it.lower),
        target: it.target.map(number),
    }
}

/// `99.95`
fn number(percent: terms::Percent) -> String {
    percent.to_string().trim_end_matches('%').to_owned()
}

fn window<'s>(status: &Status, it: &'s ShownWindow) -> Window<'s> {
    Window {
        id: &it.id,
        title: words(&it.title),
        from: it.span.from().to_string(),
        until: it.span.until().to_string(),
        time_zone: it.zone.iana_name().unwrap_or("UTC"),
        running: it.runs(status.at),
        recurring: it.planned.is_none(),
        provisional: it.provisional,
    }
}

fn incident<'s>(it: &'s ShownIncident) -> Incident<'s> {
    let update = |update: &'s app::status::Update| Update {
        at: update.at.to_string(),
        kind: if update.text.is_some() { "published" } else { "notice-sent" },
        text: update.text.as_deref(),
    };
    let updates = it.updates.iter().map(update);
    Incident {
        id: it.id,
        functions: it.functions.iter().map(words).collect(),
        from: it.from.to_string(),
        until: it.until.map(|at| at.to_string()),
        updates: updates.collect(),
    }
}
