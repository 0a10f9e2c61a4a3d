//! Reading and writing the lines of a log.
//!
//! A line that is read is an [`Event`] in which every instant has its place on the time line, every
//! span runs forward and every text has a limit; what is not, is refused with words that say what to
//! write instead. Functions, reasons and channels that no contract knows are no error here.

use std::fmt::Write;

use jiff::{SignedDuration, Timestamp};

use crate::event::{
    Blind, Decision, Event, Functions, Measurement, Notice, Outage, Run, Site, Window,
};
use crate::fields::{Fields, Value, Wrong, YEAR_LAST, backwards, meant, shown, year};
use crate::{pace, quick};

/// Longest line of a log, in bytes, without its line end.
pub const LINE_MAX: usize = 64 * 1024;

/// A line of a log that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {text}")]
pub struct LogError {
    /// Number of the line, from 1 on.
    pub line: u64,
    /// What is wrong and what to write instead.
    pub text: String,
}

/// The kinds of events, how a message calls them, and their keys.
const KINDS: [(&str, &str, &[&str]); 8] = [
    ("outage", "an outage", &["kind", "function", "from", "until", "seen"]),
    ("measurement", "a measurement", &["kind", "function", "site", "at", "ok", "every"]),
    ("run", "a run", &["kind", "function", "site", "from", "every", "states"]),
    ("blind", "a blind span", &["kind", "function", "site", "from", "until"]),
    ("site", "a site", &["kind", "function", "site", "from", "until"]),
    ("window", "a window", &["kind", "id", "from", "until"]),
    ("notice", "a notice", &["kind", "of", "channel", "sent"]),
    ("exclusion", "an exclusion", &["kind", "reason", "from", "until", "by", "decided"]),
];

/// The event of one line, or `None` when the line is blank. `number` is the line's, from 1 on.
///
/// # Errors
/// When the line is too long, not a JSON object, of no known kind, or when a key is unknown, missing,
/// there twice, or its value makes no sense.
pub fn read_line(line: &[u8], number: u64) -> Result<Option<Event>, LogError> {
    if let Some(measurement) = quick::measurement(line) {
        return Ok(Some(Event::Measurement(measurement)));
    }
    read_any(line, number)
}

/// As [`read_line`], without the short cut for measurements.
pub(crate) fn read_any(line: &[u8], number: u64) -> Result<Option<Event>, LogError> {
    let refuse = |text| LogError { line: number, text };
    if line.len() > LINE_MAX {
        let text = format!("the line has {} bytes: split it, {LINE_MAX} are the most", line.len());
        return Err(refuse(text));
    }
    // Some editors open a file with a byte order mark.
    let line = line.strip_prefix(b"\xef\xbb\xbf").filter(|_| number == 1).unwrap_or(line);
    if line.trim_ascii().is_empty() {
        return Ok(None);
    }
    event(line).map(Some).map_err(refuse)
}

fn event(line: &[u8]) -> Result<Event, Wrong> {
    let mut fields = Fields::read(line)?;
    let names = KINDS.map(|(name, ..)| name);
    let name = match fields.find("kind") {
        Some(Value::Text(name)) => name,
        Some(other) => return Err(format!("`kind` is {other}: it may be {}", names.join(", "))),
        None => {
            return Err(format!("`kind` is missing: add \"kind\", it may be {}", names.join(", ")));
        }
    };
    let Some((name, title, keys)) = KINDS.iter().find(|kind| kind.0 == name) else {
        let hint = meant(name, &names, "it may be");
        return Err(format!("there is no kind `{}`: {hint}", shown(name)));
    };
    fields.title = title;
    fields.only(keys)?;
    match *name {
        "outage" => outage(&fields).map(Event::Outage),
        "measurement" => measurement(&fields).map(Event::Measurement),
        "run" => run(&fields).map(Event::Run),
        "blind" => blind(&fields).map(Event::Blind),
        "site" => site(&fields).map(Event::Site),
        "window" => window(&fields).map(Event::Window),
        "notice" => notice(&fields).map(Event::Notice),
        _ => exclusion(&fields).map(Event::Exclusion),
    }
}

fn outage(fields: &Fields<'_>) -> Result<Outage, Wrong> {
    let function = fields.functions(None)?;
    let from = fields.instant("from")?;
    let until = fields.optional_instant("until")?;
    let seen = fields.optional_instant("seen")?;
    for (key, at) in [("until", until), ("seen", seen)] {
        if let Some(at) = at.filter(|at| *at < from) {
            return Err(backwards(key, at, from));
        }
    }
    Ok(Outage { function, from, until, seen })
}

fn measurement(fields: &Fields<'_>) -> Result<Measurement, Wrong> {
    Ok(Measurement {
        function: fields.function()?,
        site: fields.optional_name("site")?,
        at: fields.instant("at")?,
        ok: fields.truth("ok")?,
        every: fields.pace("every")?,
    })
}

fn run(fields: &Fields<'_>) -> Result<Run, Wrong> {
    let run = Run {
        function: fields.function()?,
        site: fields.optional_name("site")?,
        from: fields.instant("from")?,
        every: fields.pace("every")?,
        states: fields.states("states")?,
    };
    match last_of(&run) {
        Some(last) if year(last) <= YEAR_LAST => Ok(run),
        _ => Err(format!(
            "`states` counts beyond the year {YEAR_LAST}: correct the counts, `every` or `from`"
        )),
    }
}

/// The instant of a run's last measurement, missed ones too; `None` beyond the end of time.
fn last_of(run: &Run) -> Option<Timestamp> {
    let mut count = 0_i64;
    for (more, _) in &run.states {
        count = count.checked_add(i64::try_from(*more).ok()?)?;
    }
    let millis = i64::try_from(run.every.as_millis()).ok()?.checked_mul(count - 1)?;
    run.from.checked_add(SignedDuration::from_millis(millis)).ok()
}

fn blind(fields: &Fields<'_>) -> Result<Blind, Wrong> {
    let function = fields.functions(Some(Functions::All))?;
    Ok(Blind { function, site: fields.optional_name("site")?, span: fields.span()? })
}

fn site(fields: &Fields<'_>) -> Result<Site, Wrong> {
    let from = fields.instant("from")?;
    let until = fields.optional_instant("until")?;
    if let Some(at) = until.filter(|at| *at < from) {
        return Err(backwards("until", at, from));
    }
    Ok(Site { function: fields.function()?, site: fields.name("site", "osaka")?, from, until })
}

fn window(fields: &Fields<'_>) -> Result<Window, Wrong> {
    Ok(Window { id: fields.name("id", "m1")?, span: fields.span()? })
}

fn notice(fields: &Fields<'_>) -> Result<Notice, Wrong> {
    let channel = fields.name("channel", "email")?;
    Ok(Notice {
        of: fields.name("of", "m1")?,
        channel: channel.trim().to_lowercase().replace(['_', ' '], "-"),
        sent: fields.instant("sent")?,
    })
}

fn exclusion(fields: &Fields<'_>) -> Result<Decision, Wrong> {
    Ok(Decision {
        reason: fields.name("reason", "attack")?,
        span: fields.span()?,
        by: fields.name("by", "Sato")?,
        decided: fields.instant("decided")?,
    })
}

/// The line of an event, without a line end: [`read_line`] gives the same event again. A pace is
/// written to the millisecond. A run of more than about 8,000 states is longer than [`LINE_MAX`].
pub fn write_event(event: &Event) -> String {
    match event {
        Event::Outage(outage) => Line::new("outage")
            .functions(&outage.function)
            .instant("from", outage.from)
            .optional_instant("until", outage.until)
            .optional_instant("seen", outage.seen)
            .end(),
        Event::Measurement(look) => Line::new("measurement")
            .text("function", &look.function)
            .optional("site", look.site.as_deref())
            .instant("at", look.at)
            .truth("ok", look.ok)
            .text("every", &pace::write(look.every))
            .end(),
        Event::Run(run) => Line::new("run")
            .text("function", &run.function)
            .optional("site", run.site.as_deref())
            .instant("from", run.from)
            .text("every", &pace::write(run.every))
            .text("states", &pace::write_states(&run.states))
            .end(),
        Event::Blind(blind) => Line::new("blind")
            .functions(&blind.function)
            .optional("site", blind.site.as_deref())
            .instant("from", blind.span.from())
            .instant("until", blind.span.until())
            .end(),
        Event::Site(site) => Line::new("site")
            .text("function", &site.function)
            .text("site", &site.site)
            .instant("from", site.from)
            .optional_instant("until", site.until)
            .end(),
        Event::Window(window) => Line::new("window")
            .text("id", &window.id)
            .instant("from", window.span.from())
            .instant("until", window.span.until())
            .end(),
        Event::Notice(notice) => Line::new("notice")
            .text("of", &notice.of)
            .text("channel", &notice.channel)
            .instant("sent", notice.sent)
            .end(),
        Event::Exclusion(decision) => Line::new("exclusion")
            .text("reason", &decision.reason)
            .instant("from", decision.span.from())
            .instant("until", decision.span.until())
            .text("by", &decision.by)
            .instant("decided", decision.decided)
            .end(),
    }
}

/// A JSON object that grows key by key.
struct Line(String);

impl Line {
    fn new(kind: &str) -> Line {
        Line(format!("{{\"kind\":\"{kind}\""))
    }

    fn raw(mut self, key: &str, value: impl std::fmt::Display) -> Line {
        // Writing into a string does not fail.
        let _ = write!(self.0, ",\"{key}\":{value}");
        self
    }

    fn text(self, key: &str, text: &str) -> Line {
        self.raw(key, serde_json::Value::from(text))
    }

    fn optional(self, key: &str, text: Option<&str>) -> Line {
        match text {
            Some(text) => self.text(key, text),
            None => self,
        }
    }

    fn functions(self, functions: &Functions) -> Line {
        match functions {
            Functions::All => self.text("function", "all"),
            Functions::One(name) => self.text("function", name),
        }
    }

    fn instant(self, key: &str, at: Timestamp) -> Line {
        self.raw(key, format_args!("\"{at}\""))
    }

    fn optional_instant(self, key: &str, at: Option<Timestamp>) -> Line {
        match at {
            Some(at) => self.instant(key, at),
            None => self,
        }
    }

    fn truth(self, key: &str, truth: bool) -> Line {
        self.raw(key, truth)
    }

    fn end(mut self) -> String {
        self.0.push('}');
        self.0
    }
}
