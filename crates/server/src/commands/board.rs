//! `yakusoku board`: how every promise stands, for a terminal and for programs.

use app::board::{self, Left, Row, Section, State, Term};
use calendar::Span;
use clap::{Args, ValueEnum};
use jiff::Timestamp;
use serde_json::{Value, json};
use terms::{Lang, wording};

use super::place::{Place, wait_for};
use super::window::civil;
use crate::clock;
use crate::exit::{Misused, Status};
use crate::table::cut;
use crate::wrap::wrap;
use crate::{stdout, terminal};

/// What stands at the end of the help.
const HELP: &str = "Exit status: 0 no promise is broken, 1 one is or it failed, 2 wrong usage, 3 \
                    somebody needed does not answer";

#[derive(Args)]
#[command(after_help = HELP)]
pub struct BoardArgs {
    /// Names of contracts [default: all]
    #[arg(value_name = "CONTRACT")]
    contracts: Vec<String>,
    /// Rows of promises that nothing in the records speaks of, too
    #[arg(long)]
    all: bool,
    /// How the board is written
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    place: Place,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Lines for people
    #[default]
    Text,
    /// JSON, one document
    Json,
}

/// Prints the board.
pub fn run(args: &BoardArgs) -> anyhow::Result<Status> {
    let (sections, now) = wait_for(async {
        let (_, office) = args.place.office().await?;
        let now = clock::now();
        for name in &args.contracts {
            office.contract(name)?;
        }
        Ok((board::board(&office, now).await?, now))
    })?;
    if sections.is_empty() {
        return Err(Misused("there is no contract: name one with [[contract]]".to_owned()).into());
    }
    let is_wanted =
        |name: &str| args.contracts.is_empty() || args.contracts.iter().any(|n| n == name);
    let wanted: Vec<&Section> =
        sections.iter().filter(|it| is_wanted(it.contract().name.as_str())).collect();
    match args.format {
        Format::Text => {
            let columns = terminal::columns();
            let all = wanted.iter().map(|section| show(section, args.all, columns));
            stdout::put(&all.collect::<String>())?;
        }
        Format::Json => {
            let all: Vec<Value> = wanted.iter().map(|section| section_json(section)).collect();
            let whole = json!({ "as_of": now.to_string(), "contracts": all });
            stdout::put(&format!("{whole:#}\n"))?;
        }
    }
    let is_broken = |section: &&Section| section.rows.iter().any(|row| row.state == State::Broken);
    Ok(if wanted.iter().any(is_broken) { Status::Failed } else { Status::Done })
}

/// Columns of the states; what is left of a promise stands below its name.
const INDENT: usize = 14;

fn show(section: &Section, all: bool, columns: usize) -> String {
    let mut text = format!("{}{}\n", section.contract().name, term(section.term));
    if let Some(trouble) = &section.trouble {
        text.push_str(&format!("  {trouble}\n\n"));
        return text;
    }
    let mut hidden = 0;
    for row in &section.rows {
        if is_quiet(row) && !all {
            hidden += 1;
            continue;
        }
        let head =
            format!("{:INDENT$}{}  {}", word(row.state), row.promise.name, row.promise.clause);
        text.push_str(&format!("{}\n", cut(&head, columns)));
        for line in left(section, row).iter().flat_map(|line| wrap(line, columns - INDENT)) {
            text.push_str(&format!("{:INDENT$}{line}\n", ""));
        }
    }
    if hidden > 0 {
        text.push_str(&format!("{hidden} that nothing was recorded of: see them with --all\n"));
    }
    text.push('\n');
    text
}

/// Nothing in the records speaks of it, and nothing is next but opening hours.
fn is_quiet(row: &Row) -> bool {
    let hours = |left: &Left| {
        matches!(left, Left::Nothing | Left::AlwaysOpen | Left::OpenUntil(_) | Left::Opens { .. })
    };
    row.state == State::NotMeasured && hours(&row.left)
}

fn term(term: Term) -> String {
    match term {
        Term::Runs => String::new(),
        Term::Begins(on) => format!(" (begins on {on})"),
        Term::Ended(on) => format!(" (ended with {on})"),
    }
}

/// The word of a state, in JSON too.
fn word(state: State) -> &'static str {
    match state {
        State::Broken => "broken",
        State::AtRisk => "at-risk",
        State::Undetermined => "undetermined",
        State::Running => "running",
        State::Kept => "kept",
        State::Watched => "watched",
        State::NoTarget => "no-target",
        State::NotMeasured => "not-measured",
    }
}

fn section_json(section: &Section) -> Value {
    let rows: Vec<Value> = section.rows.iter().map(|row| row_json(section, row)).collect();
    json!({
        "contract": section.contract().name.to_string(),
        "term": match section.term {
            Term::Runs => "runs",
            Term::Begins(_) => "begins",
            Term::Ended(_) => "ended",
        },
        "trouble": section.trouble.as_ref().map(ToString::to_string),
        "promises": rows,
    })
}

fn row_json(section: &Section, row: &Row) -> Value {
    let statement = row.statement.as_ref().map(
        |(service, month)| json!({ "service": service.to_string(), "month": month.to_string() }),
    );
    json!({
        "promise": row.promise.name.to_string(),
        "clause": row.promise.clause.to_string(),
        "state": word(row.state),
        "left": left(section, row),
        "statement": statement,
    })
}

/// What is left of a promise, or next: a line or two.
fn left(section: &Section, row: &Row) -> Vec<String> {
    let zone = &section.contract().zone;
    let time = |at: Timestamp| civil(at, zone);
    let span =
        |span: Span| format!("{} to {}", civil(span.from(), zone), civil(span.until(), zone));
    let length = |length| wording::length(length, Lang::En);
    let month = |month| wording::month(month, Lang::En);
    match &row.left {
        Left::Nothing => Vec::new(),
        Left::Budget { left, whole, net, lower, .. } => {
            let figure = match net == lower {
                true => format!("uptime {}", net.percent_text()),
                false => format!("uptime {} to {}", lower.percent_text(), net.percent_text()),
            };
            vec![format!("{} of {} of downtime left", length(*left), length(*whole)), figure]
        }
        Left::Figure(figure) => vec![format!("uptime {}", figure.percent_text())],
        Left::NothingOwed(of) => vec![format!("nothing is owed for {}", month(*of))],
        Left::Owed { month: of, credit, currency, is_over } => {
            let owed = credit.text(*currency, Lang::En).unwrap_or_default();
            let over = if *is_over { ", the time to claim it is over" } else { "" };
            vec![format!("{}: {owed}{over}", month(*of))]
        }
        Left::Claim { month: of, due, is_over } => {
            let word = if *is_over { "was due" } else { "is due" };
            vec![format!("the claim for {} {word} by {}", month(*of), time(due.shown()))]
        }
        Left::InWindow(of) => vec![format!("maintenance now: {}", span(*of))],
        Left::NextWindow { span: of, provisional } => {
            let may_move = if *provisional { ", may move" } else { "" };
            vec![format!("next: {}{may_move}", span(*of))]
        }
        Left::Incidents { nearest, met, late } => {
            let due = nearest.as_ref().map(|(id, due, standing)| {
                let standing = desk::standing_word(*standing, Lang::En);
                format!("incident {id}: due {} ({standing})", time(due.shown()))
            });
            let counted = format!("this month: {met} met, {late} late");
            due.into_iter().chain((met + late > 0).then_some(counted)).collect()
        }
        Left::Looked { last, every } => {
            vec![format!("last look {}, every {}", time(*last), length(*every))]
        }
        Left::AlwaysOpen => vec!["always open".to_owned()],
        Left::OpenUntil(until) => vec![format!("open until {}", time(*until))],
        Left::Opens { at, .. } => vec![format!("closed until {}", time(*at))],
        Left::Answers { in_time, total, within } => {
            vec![format!("{in_time} of {total} answers came within {}", length(*within))]
        }
        other => told(other, &time),
    }
}

/// Whether somebody was told in time.
fn told(left: &Left, time: &impl Fn(Timestamp) -> String) -> Vec<String> {
    let late = |what: &str, latest: Timestamp, sent: Option<&(String, Timestamp)>| match sent {
        Some((channel, at)) => {
            format!("{what} told by {channel} at {}, due by {}", time(*at), time(latest))
        }
        None => format!("{what} was to be told by {}", time(latest)),
    };
    vec![match left {
        Left::Noticed { window, .. } => format!("{window} was announced in time"),
        Left::NoticeBy { window, latest, .. } => {
            format!("announce {window} by {}", time(*latest))
        }
        Left::NotNoticed { window, latest, sent, .. } => late(window, *latest, sent.as_ref()),
        Left::Told { sent, .. } => format!("told at {}", time(*sent)),
        Left::TellBy { latest, .. } => format!("to be told by {}", time(*latest)),
        Left::NotTold { latest, sent, .. } => late("it", *latest, sent.as_ref()),
        _ => return Vec::new(),
    }]
}
