//! `yakusoku incident`: what people do when something is down, written into the timeline.

mod report;
mod show;

use std::path::PathBuf;
use std::time::Duration;

use app::Office;
use app::incidents::{self, Deed, OpenByHand};
use clap::{ArgAction, Args, Subcommand};
use jiff::{SignedDuration, Timestamp};
use terms::Name;

use super::instant::Given;
use super::place::{Place, wait_for};
use crate::clock;
use crate::exit::{self, Misused, Status};

#[derive(Args)]
#[command(after_help = exit::HELP)]
pub struct IncidentArgs {
    #[command(subcommand)]
    verb: Verb,
    /// Who does it; it stands in the timeline
    #[arg(long, global = true, value_name = "NAME", env = "USER", hide_env_values = true)]
    by: Option<String>,
    /// When it was done [default: now]; without offset in the contract's zone
    #[arg(long, global = true, value_name = "INSTANT")]
    at: Option<Given>,
    #[command(flatten)]
    place: Place,
}

#[derive(Subcommand)]
enum Verb {
    /// Open an incident by hand and print its number
    Open {
        /// Contract
        contract: String,
        /// In a few words
        title: String,
        /// Function that is down; repeatable
        #[arg(long, value_name = "NAME")]
        function: Vec<String>,
        /// Service [default: that of the first function, else the contract's first]
        #[arg(long, value_name = "NAME")]
        service: Option<String>,
    },
    /// List open incidents, or the newest ones with --all
    List {
        /// Closed ones too, the newest first
        #[arg(long)]
        all: bool,
    },
    /// Show what is to be done in an incident, its clocks and its timeline
    Show {
        /// Incident
        id: i64,
    },
    /// Remark something
    Note {
        /// Incident
        id: i64,
        /// What is remarked
        text: String,
    },
    /// Say something that everybody may read: customers, and visitors of status pages
    Publish {
        /// Incident
        id: i64,
        /// What is said
        text: String,
    },
    /// Say that we know of it
    Recognise {
        /// Incident
        id: i64,
    },
    /// Judge how urgent it is, from 1, the most urgent
    Judge {
        /// Incident
        id: i64,
        /// Priority
        priority: u8,
    },
    /// Take a step of a ladder, or say with --failed that it did not help
    Step {
        /// Incident
        id: i64,
        /// Ladder
        #[arg(value_parser = name)]
        ladder: Name,
        /// Level
        level: u8,
        /// How long it is given to help
        #[arg(long, value_name = "TIME", value_parser = length, default_value = "30m")]
        wait: SignedDuration,
        /// It was taken and did not help
        #[arg(long)]
        failed: bool,
        /// Take it whatever stands before it; the reason stands in the timeline
        #[arg(long, value_name = "REASON", conflicts_with = "failed")]
        anyway: Option<String>,
    },
    /// Say whether a condition such as login holds
    Look {
        /// Incident
        id: i64,
        /// Condition
        #[arg(value_parser = name)]
        condition: Name,
        /// Whether it holds
        #[arg(action = ArgAction::Set, value_parser = yes_or_no, value_name = "yes|no")]
        holds: bool,
    },
    /// Write down a try to reach the emergency contact
    Contact {
        /// Incident
        id: i64,
        /// Whether somebody answered
        #[arg(action = ArgAction::Set, value_parser = yes_or_no, value_name = "yes|no")]
        reached: bool,
    },
    /// Write down that the customer was told
    Told {
        /// Incident
        id: i64,
        /// Channel, such as email
        #[arg(value_parser = name)]
        channel: Name,
        /// Where the proof of sending is
        #[arg(long, value_name = "TEXT", default_value = "")]
        reference: String,
    },
    /// Start a clock of the contract, or say with --met that what it waits for was done
    Clock {
        /// Incident
        id: i64,
        /// Promise with a clock, such as on-site
        #[arg(value_parser = name)]
        promise: Name,
        /// What it waits for was done
        #[arg(long)]
        met: bool,
    },
    /// Wait for the customer from now on, or say with --answered that he answered
    Wait {
        /// Incident
        id: i64,
        /// He answered
        #[arg(long)]
        answered: bool,
    },
    /// Leave people alone for some time; what is not over then is told again
    Mute {
        /// Incident
        id: i64,
        /// For how long
        #[arg(value_name = "TIME", value_parser = length)]
        length: SignedDuration,
    },
    /// Say that you have heard the call and see to it
    Acknowledge {
        /// Incident
        id: i64,
    },
    /// Show the runbook of an incident, and do, skip or stop it
    Runbook {
        /// Incident
        id: i64,
        /// Do this step: one that waits for you is done, one that has not begun begins
        #[arg(long = "do", value_name = "STEP", group = "deed")]
        step: Option<u16>,
        /// Leave this step out, or wait for it no longer
        #[arg(long, value_name = "STEP", group = "deed")]
        skip: Option<u16>,
        /// Let nothing of it begin by itself any more
        #[arg(long, group = "deed")]
        stop: bool,
        /// Let it go on
        #[arg(long, group = "deed")]
        resume: bool,
    },
    /// Show who is on call now and next, and whom a call reaches over what
    OnCall,
    /// Print the addresses where other programs tell of alerts
    Doors,
    /// Say that it is repaired
    Recover {
        /// Incident
        id: i64,
    },
    /// End the work on a recovered incident
    Close {
        /// Incident
        id: i64,
    },
    /// Take an entry back that was wrong; it stays in the timeline and does not count
    TakeBack {
        /// Incident
        id: i64,
        /// Number of the entry
        entry: u32,
    },
    /// Let an incident go on in another one of the same contract
    Merge {
        /// Incident that ends
        id: i64,
        /// Incident that it goes on in
        into: i64,
    },
    /// Split functions off into an incident of their own and print its number
    Split {
        /// Incident
        id: i64,
        /// Title of the new one
        title: String,
        /// Function that goes over; repeatable
        #[arg(long, value_name = "NAME", required = true)]
        function: Vec<String>,
    },
    /// Print the draft of the report or what was issued; issue it with --issue
    Report {
        /// Incident
        id: i64,
        /// Issue this version of the draft
        #[arg(long, value_name = "VERSION")]
        issue: Option<i64>,
        /// Write the newest report that was issued into this file, as PDF
        #[arg(long, value_name = "FILE", conflicts_with = "issue")]
        pdf: Option<PathBuf>,
    },
}

/// Runs the verb.
///
/// # Errors
/// When the verb refuses, or the records cannot be reached.
pub fn run(args: &IncidentArgs) -> anyhow::Result<Status> {
    wait_for(async {
        let (config, office) = args.place.office().await?;
        let now = clock::now();
        match &args.verb {
            Verb::List { all } => show::list(&office, *all, &config.time_zone, now).await?,
            Verb::Show { id } => show::one(&office, *id, now).await?,
            Verb::OnCall => show::on_call(&office, &config.time_zone, now),
            Verb::Doors => show::doors(&office),
            Verb::Runbook { id, step: None, skip: None, stop: false, resume: false } => {
                show::runbook(&office, *id, now).await?;
            }
            Verb::Report { id, pdf: Some(file), .. } => {
                report::on_paper(&office, *id, &config.font_place(), file, now).await?;
            }
            Verb::Report { id, issue: None, .. } => {
                report::print(&office, *id, &config.time_zone, now).await?;
            }
            Verb::Report { id, issue: Some(version), .. } => {
                let by = by(args)?;
                let number = incidents::report::issue(&office, *id, *version, by, now).await?;
                outln!("{number}");
            }
            Verb::Open { contract, title, function, service } => {
                let what = OpenByHand {
                    contract: contract.clone(),
                    service: service.clone(),
                    functions: function.clone(),
                    title: title.clone(),
                };
                let at = at(args, &office, contract)?;
                outln!("{}", incidents::open(&office, &what, by(args)?, at, now).await?);
            }
            Verb::Merge { id, into } => {
                incidents::merge(&office, *id, *into, by(args)?, now).await?;
            }
            Verb::Split { id, title, function } => {
                let by = by(args)?;
                outln!("{}", incidents::split(&office, *id, function, title, by, now).await?);
            }
            other => add(args, &office, other, now).await?,
        }
        Ok(Status::Done)
    })
}

async fn add(
    args: &IncidentArgs,
    office: &Office,
    verb: &Verb,
    now: Timestamp,
) -> anyhow::Result<()> {
    let Some((id, deed)) = deed(verb, now) else { return Ok(()) };
    let incident = incidents::incident(office, id, now).await?;
    let at = at(args, office, &incident.record.contract)?;
    incidents::add(office, id, &deed, by(args)?, at, now).await?;
    Ok(())
}

/// The deed that a verb is, and in which incident.
fn deed(verb: &Verb, now: Timestamp) -> Option<(i64, Deed)> {
    Some(match verb {
        Verb::Note { id, text } => (*id, Deed::Note(text.clone())),
        Verb::Publish { id, text } => (*id, Deed::Publish(text.clone())),
        Verb::Recognise { id } => (*id, Deed::Recognise),
        Verb::Judge { id, priority } => (*id, Deed::Judge(*priority)),
        Verb::Step { id, ladder, level, failed: true, .. } => {
            (*id, Deed::StepFailed { ladder: ladder.clone(), level: *level })
        }
        Verb::Step { id, ladder, level, wait, anyway: Some(reason), .. } => {
            let (ladder, reason) = (ladder.clone(), reason.clone());
            (*id, Deed::StepAnyway { ladder, level: *level, wait: *wait, reason })
        }
        Verb::Step { id, ladder, level, wait, .. } => {
            (*id, Deed::Step { ladder: ladder.clone(), level: *level, wait: *wait })
        }
        Verb::Look { id, condition, holds } => {
            (*id, Deed::Look { condition: condition.clone(), holds: *holds })
        }
        Verb::Contact { id, reached } => (*id, Deed::Contact { reached: *reached }),
        Verb::Told { id, channel, reference } => {
            (*id, Deed::Tell { channel: channel.clone(), reference: reference.clone() })
        }
        Verb::Clock { id, promise, met: true } => (*id, Deed::MeetClock(promise.clone())),
        Verb::Clock { id, promise, met: false } => (*id, Deed::StartClock(promise.clone())),
        Verb::Wait { id, answered: true } => (*id, Deed::CustomerAnswered),
        Verb::Wait { id, answered: false } => (*id, Deed::AwaitCustomer),
        Verb::Mute { id, length } => {
            (*id, Deed::Mute(now.checked_add(*length).unwrap_or(Timestamp::MAX)))
        }
        Verb::Acknowledge { id } => (*id, Deed::Acknowledge),
        Verb::Runbook { id, step: Some(step), .. } => (*id, Deed::DoStep(*step)),
        Verb::Runbook { id, skip: Some(step), .. } => (*id, Deed::SkipStep(*step)),
        Verb::Runbook { id, stop: true, .. } => (*id, Deed::StopRunbook),
        Verb::Runbook { id, resume: true, .. } => (*id, Deed::ResumeRunbook),
        Verb::Recover { id } => (*id, Deed::Recover),
        Verb::Close { id } => (*id, Deed::Close),
        Verb::TakeBack { id, entry } => (*id, Deed::TakeBack(*entry)),
        _ => return None,
    })
}

/// Who does it.
fn by(args: &IncidentArgs) -> Result<&str, Misused> {
    let name = args.by.as_deref().map(str::trim).filter(|name| !name.is_empty());
    name.ok_or_else(|| Misused("say with --by who does it: it stands in the timeline".to_owned()))
}

/// When it was done.
fn at(args: &IncidentArgs, office: &Office, contract: &str) -> anyhow::Result<Option<Timestamp>> {
    let Some(given) = args.at else { return Ok(None) };
    let zone = &office.contract(contract)?.contract.zone;
    Ok(Some(given.in_zone(zone)?))
}

fn length(text: &str) -> Result<SignedDuration, String> {
    let length = crate::config::LENGTH;
    let longer = |length: &Duration| !length.is_zero();
    let parsed = (length.parse)(text).filter(longer);
    let parsed = parsed.and_then(|length| SignedDuration::try_from(length).ok());
    parsed.ok_or_else(|| format!("write {}", length.expected))
}

fn name(text: &str) -> Result<Name, String> {
    text.parse().map_err(|()| "write a name as the contract does, such as on-site".to_owned())
}

fn yes_or_no(text: &str) -> Result<bool, String> {
    match text {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err("write yes or no".to_owned()),
    }
}
