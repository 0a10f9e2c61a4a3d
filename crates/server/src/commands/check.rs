//! `yakusoku check`: what is looked at, how it stands, and one look now.

use std::path::Path;

use anyhow::Context;
use app::checks::{self, Answer, OFFICE, Origin, Settings, SiteNow, Watched};
use clap::{Args, Subcommand};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use watch::{Reach, Seen, look};

use super::place::{Place, wait_for};
use crate::exit::{Misused, Status};
use crate::table::{Table, cut};
use crate::{clock, config, watching};

/// Stands at the end of the help of `check try`.
const HELP: &str = "Exit status: 0 it answered what was asked for, 1 it did not, 2 wrong usage, \
                    3 nobody knows: we could not look";
/// Columns of another's words.
const SAID_WIDTH: usize = 160;

#[derive(Args)]
pub struct CheckArgs {
    #[command(subcommand)]
    verb: Verb,
    #[command(flatten)]
    place: Place,
}

#[derive(Subcommand)]
enum Verb {
    /// List the checks of configuration and console, and how each stands
    #[command(after_help = crate::exit::HELP)]
    List,
    /// Look once, now, and print what was seen
    ///
    /// Nothing is recorded. A check that is not in the configuration yet can be tried from a file
    /// that holds it as [[check]].
    #[command(after_help = HELP)]
    Try {
        /// Name of a check, or a file with one or more of them
        #[arg(value_name = "NAME|FILE")]
        what: String,
    },
}

/// Runs the verb.
pub fn run(args: &CheckArgs) -> anyhow::Result<Status> {
    match &args.verb {
        Verb::List => list(&args.place),
        Verb::Try { what } => try_now(&args.place, what),
    }
}

/// Headings; a column in which no row has anything is left out.
const HEADINGS: [&str; 8] =
    ["check", "state", "since", "why", "looks", "tells of", "site", "added in"];

fn list(place: &Place) -> anyhow::Result<Status> {
    let lines = wait_for(async {
        let (config, office) = place.office().await?;
        let mut lines = Vec::new();
        for it in checks::list(&office, clock::now()).await? {
            for site in &it.sites {
                let why = checks::last_reason(&office, &it.name, site).await?;
                lines.push(line(&it, site, why, &config.time_zone));
            }
        }
        Ok(lines)
    })?;
    if lines.is_empty() {
        eprintln!("no checks yet: add [[check]] to the configuration, or one in the console");
        return Ok(Status::Done);
    }
    let told: Vec<usize> =
        (0..HEADINGS.len()).filter(|i| lines.iter().any(|it| !it[*i].is_empty())).collect();
    let mut table = Table::new(&told.iter().map(|i| HEADINGS[*i]).collect::<Vec<_>>());
    for line in &lines {
        table.row(told.iter().map(|i| line[*i].clone()));
    }
    out!("{}", table.show());
    Ok(Status::Done)
}

/// A check from one site, as its row has it.
fn line(it: &Watched, site: &SiteNow, why: Option<String>, zone: &TimeZone) -> [String; 8] {
    let time = |at: Timestamp| at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string();
    let (state, since) = match (it.paused, &site.run) {
        (Some(since), _) => ("paused", time(since)),
        (None, Some(run)) => (word(run.answer), time(run.first)),
        (None, None) => ("not measured", String::new()),
    };
    let tells: Vec<String> =
        it.tells.iter().map(|(contract, function)| format!("{contract} {function}")).collect();
    let is_alone = it.sites.len() == 1 && site.site == OFFICE;
    let from = if is_alone { String::new() } else { site.site.clone() };
    let kept = match it.origin {
        Origin::Configured => String::new(),
        Origin::Added => "console".to_owned(),
    };
    let looks = format!("{} {}s", it.settings.kind.word(), it.settings.every);
    let why = why.filter(|_| it.paused.is_none()).unwrap_or_default();
    [it.name.clone(), state.to_owned(), since, why, looks, tells.join(", "), from, kept]
}

fn word(answer: Answer) -> &'static str {
    match answer {
        Answer::Good => "answers",
        Answer::Refused => "wrong answer",
        Answer::Silent => "no answer",
        Answer::Unseen => "not seen",
    }
}

fn try_now(place: &Place, what: &str) -> anyhow::Result<Status> {
    let path = Path::new(what);
    let is_file = what.contains('/') || path.is_file();
    let (reach, named) = match is_file {
        true => (watching::reach(&place.read_config()?)?, config::load_checks(path)?),
        false => by_name(place, what)?,
    };
    let seen = wait_for(async {
        let mut all = Vec::new();
        for (name, settings) in &named {
            all.push((name, look_once(name, settings, &reach).await?));
        }
        Ok(all)
    })?;
    let mut worst = Status::Done;
    for (name, seen) in &seen {
        out!("{}", text(name, seen));
        worst = match (worst, seen.answer) {
            (worst, watch::Answer::Succeeded) => worst,
            (Status::Failed, _) | (_, watch::Answer::Refused(_) | watch::Answer::Silent(_)) => {
                Status::Failed
            }
            (_, watch::Answer::Unseen(_)) => Status::Unreachable,
        };
    }
    Ok(worst)
}

type Named = Vec<(String, Settings)>;

/// A check of the configuration, or of the console with the limits of its policy.
fn by_name(place: &Place, name: &str) -> anyhow::Result<(Reach, Named)> {
    let config = place.read_config()?;
    if let Some(known) = config.checks.iter().find(|it| it.check.name == name) {
        let named = vec![(name.to_owned(), known.check.settings.clone())];
        return Ok((watching::reach(&config)?, named));
    }
    let found = wait_for(async {
        let office = place.office_with(&config).await?;
        Ok(checks::find(&office, name, clock::now()).await?)
    })?;
    match found {
        Some(watched) => {
            let reach = watching::console_reach(&config)?;
            Ok((reach, vec![(name.to_owned(), watched.settings)]))
        }
        None => {
            let text = format!("there is no check {name}: `yakusoku check list` names them");
            Err(Misused(text).into())
        }
    }
}

async fn look_once(name: &str, settings: &Settings, reach: &Reach) -> anyhow::Result<Seen> {
    let check = settings.check(name).with_context(|| format!("{name} cannot be run"))?;
    Ok(look(&check, reach).await)
}

/// One line: `top-page: answers, 200, 84 ms, 192.0.2.1`.
fn text(name: &str, seen: &Seen) -> String {
    let state = match seen.answer {
        watch::Answer::Succeeded => "answers",
        watch::Answer::Refused(_) => "wrong answer",
        watch::Answer::Silent(_) => "no answer",
        watch::Answer::Unseen(_) => "not seen",
    };
    let mut parts = vec![state.to_owned()];
    parts.extend(seen.answer.reason().map(|reason| reason.code().to_owned()));
    parts.extend(seen.detail.code.map(|code| code.to_string()));
    parts.push(format!("{} ms", seen.took.as_millis()));
    parts.extend(seen.detail.address.map(|address| address.to_string()));
    let said = seen.detail.said.as_deref().map(|said| format!(" ({})", cut(said, SAID_WIDTH)));
    format!("{name}: {}{}\n", parts.join(", "), said.unwrap_or_default())
}
