//! `yakusoku window`: maintenance that is planned, announced and cancelled.

use std::fmt::Write;

use app::promised::Standing;
use app::windows::{self, Lead, Plan, Verdict, WindowView};
use app::{Office, notices};
use calendar::Span;
use clap::{Args, Subcommand};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use terms::{Lang, wording};

use super::instant::Given;
use super::notice::{self, told};
use super::place::{Place, wait_for};
use crate::clock;
use crate::exit::{self, Misused, Status};
use crate::table::Table;

#[derive(Args)]
pub struct WindowArgs {
    #[command(subcommand)]
    verb: Verb,
    #[command(flatten)]
    place: Place,
}

#[derive(Subcommand)]
enum Verb {
    /// Plan a window and say whether there is time to announce it
    ///
    /// The lead time in force is checked for every contract. Nobody is told: `window announce` does
    /// that. A window cannot be changed: cancel it and plan another one.
    #[command(after_help = PLAN_HELP)]
    Plan(PlanArgs),
    /// List planned windows, how each stands, and recurring ones
    #[command(after_help = exit::HELP)]
    List,
    /// Draft the notices of a window; with --send they go to the couriers
    #[command(after_help = exit::HELP)]
    Announce {
        /// Its name, such as plan-3
        window: String,
        /// Send them; without it they are shown
        #[arg(long)]
        send: bool,
        #[command(flatten)]
        who: Who,
    },
    /// Cancel a window that has not begun, and draft the news for whoever was told of it
    #[command(after_help = exit::HELP)]
    Cancel {
        /// Its name, such as plan-3
        window: String,
        #[command(flatten)]
        who: Who,
    },
}

/// What stands at the end of the help of `plan`.
const PLAN_HELP: &str = "Exit status: 0 planned, and in time for every contract; 1 refused, or \
                         planned and too late for a contract; 2 wrong usage; 3 somebody needed does \
                         not answer";

/// Who decides, for the records.
#[derive(Args)]
pub struct Who {
    /// Who decides, for the records
    #[arg(long, value_name = "NAME", env = "USER", hide_env_values = true)]
    #[arg(default_value = "command line")]
    pub by: String,
}

#[derive(Args)]
struct PlanArgs {
    /// Names of the contracts that it concerns
    #[arg(required = true, value_name = "CONTRACT")]
    contracts: Vec<String>,
    /// First instant; without an offset in the zone of the first contract
    #[arg(long, value_name = "INSTANT")]
    from: Given,
    /// First instant after it
    #[arg(long, value_name = "INSTANT")]
    until: Given,
    /// What is done; stands in the notices
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// Only check; nothing is recorded
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    who: Who,
}

/// Runs the verb.
pub fn run(args: &WindowArgs) -> anyhow::Result<Status> {
    wait_for(async {
        let (_, office) = args.place.office().await?;
        match &args.verb {
            Verb::Plan(plan) => plan_window(&office, plan).await,
            Verb::List => list(&office).await,
            Verb::Announce { window, send, who } => {
                let (number, now) =
                    (windows::number(window).map_err(app::AppError::from)?, clock::now());
                notices::announce(&office, number, &who.by, now).await?;
                // With those that were drafted before and still wait for somebody to confirm them.
                let drafts = notices::waiting_of(&office, number).await?;
                if drafts.is_empty() {
                    eprintln!(
                        "every contract of {window} has its notice: see `yakusoku notice list`"
                    );
                    return Ok(Status::Done);
                }
                notice::show_or_send(&office, &drafts, *send, &who.by).await
            }
            Verb::Cancel { window, who } => cancel(&office, window, who).await,
        }
    })
}

async fn plan_window(office: &Office, args: &PlanArgs) -> anyhow::Result<Status> {
    let now = clock::now();
    let first = args.contracts.first().map_or("", |name| name.as_str());
    let zone = &office.contract(first)?.contract.zone;
    let span = Span::new(args.from.in_zone(zone)?, args.until.in_zone(zone)?).map_err(|it| {
        let (from, until) = (civil(it.from, zone), civil(it.until, zone));
        Misused(format!("it cannot end at {until}, before it begins at {from}: swap the two"))
    })?;
    let plan = Plan {
        span,
        title: args.title.clone().unwrap_or_default(),
        contracts: args.contracts.clone(),
    };
    let leads = windows::check(office, &plan, now)?;
    out!("{}", leads_table(&leads));
    for other in windows::also_concerned(office, &args.contracts)? {
        eprintln!("{} shares a service or a probe with these: is it concerned too?", other.name);
    }
    for lead in &leads {
        if let Err(why) = &lead.channels {
            eprintln!("{}: {why}", lead.contract.name);
        }
    }
    if !args.dry_run {
        let number = windows::plan(office, &plan, &args.who.by, now).await?;
        let id = windows::id(number);
        eprintln!("{id} is planned; nobody is told before `yakusoku window announce {id}`");
    }
    let is_late = |lead: &Lead<'_>| {
        matches!(lead.verdict, Verdict::TooLate(_) | Verdict::NoChannel(_))
            || (lead.channels.is_err() && lead.promise.is_some())
    };
    Ok(if leads.iter().any(is_late) { Status::Failed } else { Status::Done })
}

/// A row for each contract: what it demands and whether there is time.
fn leads_table(leads: &[Lead<'_>]) -> String {
    let mut table = Table::new(&["contract", "clause", "demands", "if it is announced now"]);
    for lead in leads {
        let zone = &lead.contract.zone;
        let (clause, demands) = match lead.promise {
            Some(promise) => {
                let terms = lead.contract.newest();
                let number = wording::promise_number(promise, terms, Lang::En);
                (promise.clause.to_string(), number)
            }
            None => ("-".to_owned(), "nothing".to_owned()),
        };
        let verdict = match lead.verdict {
            Verdict::InTime(until) => format!("in time, until {}", civil(until, zone)),
            Verdict::TooLate(since) => {
                let counts = if lead.excludes { ": it counts as a stop" } else { "" };
                format!("too late since {}{counts}", civil(since, zone))
            }
            Verdict::NoChannel(until) => {
                format!("no courier serves a channel that counts; until {}", civil(until, zone))
            }
            Verdict::NoPromise => "no promise".to_owned(),
        };
        table.row([lead.contract.name.to_string(), clause, demands, verdict]);
    }
    table.show()
}

/// `2026-12-03 23:59:59`.
pub fn civil(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

async fn list(office: &Office) -> anyhow::Result<Status> {
    let now = clock::now();
    let mut table = Table::new(&["window", "from", "until", "contract", "notice", "title"]);
    for view in windows::list(office, now).await? {
        rows(&mut table, &view);
    }
    for recurring in windows::recurring(office, now) {
        let (zone, name) = (&recurring.contract.zone, recurring.contract.name.to_string());
        let [from, until] =
            [recurring.span.from(), recurring.span.until()].map(|at| civil(at, zone));
        let title = recurring.promise.title.in_lang(recurring.contract.language).to_owned();
        let may_move = if recurring.provisional { "recurring, may move" } else { "recurring" };
        table.row(["-".to_owned(), from, until, name, may_move.to_owned(), title]);
    }
    out!("{}", table.show());
    Ok(Status::Done)
}

fn rows(table: &mut Table, view: &WindowView<'_>) {
    for of in &view.contracts {
        let zone = &of.contract.zone;
        let [from, until] = [view.span.from(), view.span.until()].map(|at| civil(at, zone));
        let mut told = told(&of.standing, zone);
        if view.record.cancelled.is_some() {
            told = "cancelled".to_owned();
        } else if of.notices.is_empty() && matches!(of.standing, Standing::NotYet { .. }) {
            let _ = write!(told, ", not drafted");
        }
        let (name, title) = (of.contract.name.to_string(), view.record.plan.title.clone());
        table.row([view.id.clone(), from, until, name, told, title]);
    }
}

async fn cancel(office: &Office, window: &str, who: &Who) -> anyhow::Result<Status> {
    let now = clock::now();
    let number = windows::number(window).map_err(app::AppError::from)?;
    windows::cancel(office, number, &who.by, now).await?;
    eprintln!("{} is cancelled", windows::id(number));
    let drafts = notices::tell_cancelled(office, number, &who.by, now).await?;
    if drafts.is_empty() {
        return Ok(Status::Done);
    }
    notice::show_or_send(office, &drafts, false, &who.by).await
}
