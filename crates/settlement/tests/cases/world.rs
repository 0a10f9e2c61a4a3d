//! Reads the rows of the tables: logs and expectations in words.

use std::path::PathBuf;

use calendar::{HolidayTable, Month, Span};
use evidence::{
    Blind, Decision, Event, Evidence, Functions, Gatherer, Measurement, Notice, Outage, Run,
    RunState, Window,
};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use settlement::{Credit, Question, Statement, Verdict, settle};
use terms::{Contract, Percent};

/// One case: what happened under which contract in which month, and what must come of it.
pub struct Row {
    /// The id of the case.
    pub id: &'static str,
    /// What it is about.
    pub says: &'static str,
    /// The contract by the number of its seed, or by its file.
    pub contract: &'static str,
    /// Lines that replace fields of its availability promise: the other reading.
    pub reading: &'static [&'static str],
    /// The month.
    pub month: &'static str,
    /// What happened; instants are in the contract's zone.
    pub log: &'static [&'static str],
    /// What must come of it.
    pub expect: &'static [&'static str],
}

/// The path of a contract file.
fn path(contract: &str) -> PathBuf {
    let name = match contract {
        "000" => "cyber-solutions",
        "001" => "customers-mail-cloud",
        "002" => "aoulu-cloud",
        "003" => "click-so-ko",
        "004" => "skyarch",
        other => other,
    };
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("../../contracts/{name}.toml"))
}

/// The contract, with fields of its availability promise replaced.
pub fn contract(contract: &str, reading: &[&str]) -> Contract {
    let path = path(contract);
    let text = std::fs::read_to_string(&path).expect("a contract file");
    let text = replaced(&text, reading);
    let folder = path.parent().expect("a folder").to_owned();
    let open =
        |name: &str| std::fs::read_to_string(folder.join(name)).map_err(|error| error.to_string());
    match terms::read(&path.display().to_string(), &text, &open) {
        Ok(read) => read.contract,
        Err(findings) => {
            panic!("{}", findings.iter().map(|f| format!("{f}\n")).collect::<String>())
        }
    }
}

/// `start`, `in_force` and `[[version]]` lines go to the top or the end; others into the promise.
fn replaced(text: &str, reading: &[&str]) -> String {
    let key = |line: &str| line.split('=').next().unwrap_or("").trim().to_owned();
    let (ends, fields): (Vec<&str>, Vec<&str>) =
        reading.iter().partition(|line| line.starts_with("[["));
    let (top, fields): (Vec<&str>, Vec<&str>) =
        fields.iter().partition(|line| key(line) == "start");
    let mut out = String::new();
    let (mut inside, mut above) = (false, true);
    for line in text.lines() {
        above &= !line.starts_with('[');
        inside &= !line.starts_with('[');
        let replace = if inside { &fields } else { &top };
        if (inside || above)
            && replace.iter().any(|field| key(field) == key(line) && !key(line).is_empty())
        {
            if above {
                out.push_str(top.iter().find(|field| key(field) == key(line)).unwrap_or(&line));
                out.push('\n');
            }
            continue;
        }
        out.push_str(line);
        out.push('\n');
        if line == "kind = \"availability\"" {
            inside = true;
            fields.iter().for_each(|field| {
                out.push_str(field);
                out.push('\n');
            });
        }
    }
    ends.iter().for_each(|end| out.push_str(end));
    out
}

/// An instant as the rows write it: civil, in the contract's zone; `24:00` is the end of the day.
fn instant(text: &str, zone: &TimeZone) -> Timestamp {
    let (text, day_end) = match text.strip_suffix("T24:00") {
        Some(day) => (format!("{day}T00:00"), true),
        None => (text.to_owned(), false),
    };
    let civil: DateTime = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
    let civil = if day_end { civil.tomorrow().expect("a next day") } else { civil };
    zone.to_zoned(civil).expect("an instant").timestamp()
}

fn functions(word: &str) -> Functions {
    if word == "all" { Functions::All } else { Functions::One(word.to_owned()) }
}

fn states(words: &[&str]) -> Vec<(u64, RunState)> {
    let state = |word: &&str| {
        let (count, state) = word.split_at(word.len() - 1);
        let state = match state {
            "u" => RunState::Up,
            "d" => RunState::Down,
            _ => RunState::Missed,
        };
        (count.parse().expect("a count"), state)
    };
    words.iter().map(state).collect()
}

/// One event as the rows write it.
fn event(line: &str, zone: &TimeZone) -> Vec<Event> {
    let at = |text: &str| instant(text, zone);
    let span = |from: &str, until: &str| Span::new(at(from), at(until)).expect("a span");
    let words: Vec<&str> = line.split_whitespace().collect();
    match words.as_slice() {
        ["down", function, from] => {
            vec![Event::Outage(Outage {
                function: functions(function),
                from: at(from),
                until: None,
                seen: None,
            })]
        }
        ["down", function, from, until] => {
            let until = Some(at(until));
            vec![Event::Outage(Outage {
                function: functions(function),
                from: at(from),
                until,
                seen: None,
            })]
        }
        ["times", count, "each", pause, "down", function, from, lasting] => {
            let (count, pause): (i32, SignedDuration) =
                (count.parse().expect("a count"), pause.parse().expect("a pause"));
            let lasting: SignedDuration = lasting.parse().expect("a length");
            let start = at(from);
            let one = |n| {
                let from = start + pause * n;
                let until = Some(from + lasting);
                Event::Outage(Outage { function: functions(function), from, until, seen: None })
            };
            (0..count).map(one).collect()
        }
        ["measured", function, from, "every", every, rest @ ..] => {
            let (function, site) =
                function.split_once('@').map_or((*function, None), |(f, s)| (f, Some(s)));
            vec![Event::Run(Run {
                function: function.to_owned(),
                site: site.map(str::to_owned),
                from: at(from),
                every: every.parse().expect("a pace"),
                states: states(rest),
            })]
        }
        ["saw", function, when, ok, "every", every] => vec![Event::Measurement(Measurement {
            function: (*function).to_owned(),
            site: None,
            at: at(when),
            ok: *ok == "up",
            every: every.parse().expect("a pace"),
        })],
        ["blind", from, until] => {
            vec![Event::Blind(Blind {
                function: Functions::All,
                site: None,
                span: span(from, until),
            })]
        }
        ["window", id, from, until] => {
            vec![Event::Window(Window { id: (*id).to_owned(), span: span(from, until) })]
        }
        ["notice", of, channel, sent] => vec![Event::Notice(Notice {
            of: (*of).to_owned(),
            channel: (*channel).to_owned(),
            sent: at(sent),
        })],
        ["excluded", reason, from, until, "by", by, "at", decided] => {
            vec![Event::Exclusion(Decision {
                reason: (*reason).to_owned(),
                span: span(from, until),
                by: (*by).to_owned(),
                decided: at(decided),
            })]
        }
        _ => panic!("a row says {line:?}"),
    }
}

/// The evidence of a row.
pub fn evidence(log: &[&str], zone: &TimeZone) -> Evidence {
    let mut gatherer = Gatherer::new(cut(log, zone));
    for line in log.iter().filter(|line| !line.starts_with("as-of ")) {
        for event in event(line, zone) {
            gatherer.add(event).expect("room");
        }
    }
    gatherer.finish()
}

fn cut(log: &[&str], zone: &TimeZone) -> Option<Timestamp> {
    log.iter().find_map(|line| line.strip_prefix("as-of ")).map(|text| instant(text, zone))
}

/// The statement of a row, for its contract's main service.
pub fn statement(row: &Row) -> Statement {
    let contract = contract(row.contract, row.reading);
    let month: Month = row.month.parse().expect("a month");
    let evidence = evidence(row.log, &contract.zone);
    let service = Question::main_service(&contract, month).expect("a service").clone();
    let question = Question {
        contract: &contract,
        service: &service,
        month,
        as_of: cut(row.log, &contract.zone),
        fees: None,
        holidays: &HolidayTable::japan(),
    };
    settle(&question, &evidence)
}

/// Runs a table and says which rows fail.
pub fn run(rows: &[Row]) {
    let mut wrong = Vec::new();
    for row in rows {
        let statement = statement(row);
        invariants(row, &statement);
        for expected in row.expect {
            if let Err(got) = holds(expected, &statement) {
                wrong.push(format!("{} {}: expected {expected:?}, got {got}", row.id, row.says));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What holds of every statement.
fn invariants(row: &Row, statement: &Statement) {
    let length = |parts: &[settlement::Treatment]| {
        parts.iter().map(settlement::Treatment::time).fold(SignedDuration::ZERO, |a, b| a + b)
    };
    for outage in &statement.outages {
        assert_eq!(
            length(&outage.treatments),
            outage.span.duration(),
            "{}: each second is explained",
            row.id
        );
    }
    assert_eq!(
        statement
            .outages
            .iter()
            .map(settlement::Judged::counted)
            .fold(SignedDuration::ZERO, |a, b| a + b),
        statement.net.counted,
        "{}: the outages add up to the figure",
        row.id
    );
    assert!(statement.net.uptime().is_none_or(|percent| percent <= Percent::HUNDRED), "{}", row.id);
}

fn holds(expected: &str, statement: &Statement) -> Result<(), String> {
    let (word, value) = expected.split_once(' ').unwrap_or((expected, ""));
    let length =
        || value.parse::<SignedDuration>().unwrap_or_else(|error| panic!("{value}: {error}"));
    let same = |got: String| if got == value { Ok(()) } else { Err(got) };
    let share =
        |figure: settlement::Figure| figure.percent_text().trim_end_matches(" %").to_owned();
    let equal =
        |got: SignedDuration| if got == length() { Ok(()) } else { Err(format!("{got:#}")) };
    match word {
        "kept" | "broken" | "undetermined" | "no-target" => {
            let wanted = match word {
                "kept" => Verdict::Kept,
                "broken" => Verdict::Broken,
                "undetermined" => Verdict::Undetermined,
                _ => Verdict::NoTarget,
            };
            if statement.verdict == wanted {
                Ok(())
            } else {
                Err(format!("{:?}", statement.verdict))
            }
        }
        "counted" => equal(statement.net.counted),
        "of" => equal(statement.net.denominator),
        "gross-counted" => equal(statement.gross.counted),
        "possible" => equal(statement.lower.counted),
        "uptime" => same(share(statement.net)),
        "gross" => same(share(statement.gross)),
        "lower" => same(share(statement.lower)),
        "coverage" => same(share(statement.coverage)),
        "credit" => same(match &statement.credit {
            Credit::None => "none".to_owned(),
            Credit::FreeMonths(months) => format!("{months} month"),
            Credit::Percent { percent, .. } => percent.to_string(),
        }),
        "claim-by" => same(statement.claim.as_ref().map_or("none".to_owned(), |claim| {
            claim.due.shown().to_zoned(statement.zone.clone()).datetime().to_string()
        })),
        "bounds" => same(
            statement
                .outages
                .first()
                .and_then(|outage| outage.bounds)
                .map_or("none".to_owned(), |(least, most)| format!("{least:#} {most:#}")),
        ),
        "partial" => same(statement.partial.len().to_string()),
        "finding" => {
            let words: Vec<&str> =
                statement.findings.iter().map(settlement::Finding::word).collect();
            if words.contains(&value) { Ok(()) } else { Err(format!("{words:?}")) }
        }
        "findings" => same(statement.findings.len().to_string()),
        _ => panic!("a row expects {expected:?}"),
    }
}
