//! `yakusoku notice`: what customers are told, by whom, and with which proof.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::Context;
use app::notices::{self, NoticeView, Written};
use app::promised::{ABOUTS, Standing, about_key};
use app::{Office, SendingState};
use clap::{Args, Subcommand};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use sections::nearest;
use terms::About;

use super::instant::Given;
use super::place::{Place, wait_for};
use super::window::{Who, civil};
use crate::clock;
use crate::exit::{self, Misused, Status};
use crate::table::Table;
use crate::terminal::columns;

#[derive(Args)]
pub struct NoticeArgs {
    #[command(subcommand)]
    verb: Verb,
    #[command(flatten)]
    place: Place,
}

#[derive(Subcommand)]
enum Verb {
    /// Draft a notice that a person wrote; with --send it goes to the couriers
    ///
    /// One is drafted for each channel of the contract. A running office sends what is confirmed.
    #[command(after_help = exit::HELP)]
    Send(SendArgs),
    /// List notices, newest first
    #[command(after_help = exit::HELP)]
    List {
        /// Name of a contract
        #[arg(long, value_name = "NAME")]
        contract: Option<String>,
    },
    /// Show a notice with every recipient and the proof of each sending
    #[command(after_help = exit::HELP)]
    Show {
        /// Its number
        notice: i64,
    },
    /// Hand drafts to the couriers
    #[command(after_help = exit::HELP)]
    Confirm {
        /// Their numbers
        #[arg(required = true)]
        notices: Vec<i64>,
        #[command(flatten)]
        who: Who,
    },
    /// Drop a draft
    #[command(after_help = exit::HELP)]
    Drop {
        /// Its number
        notice: i64,
    },
    /// Try a sending that failed again
    #[command(after_help = exit::HELP)]
    Retry {
        /// Number of the notice
        notice: i64,
        /// Place of the recipient, as `notice show` numbers them
        recipient: i64,
    },
    /// Record that a contract was told by other means, such as a page that a person changed
    #[command(after_help = exit::HELP)]
    Told(ToldArgs),
}

#[derive(Args)]
struct SendArgs {
    /// Name of the contract
    contract: String,
    /// What it is about: maintenance, update, abolition, incident or suspension
    #[arg(long, value_parser = about)]
    about: About,
    /// When the change comes, or when the fault was; without an offset in the contract's zone
    #[arg(long, value_name = "INSTANT")]
    at: Given,
    /// File of the text, - for standard input
    #[arg(long, value_name = "FILE")]
    text: PathBuf,
    /// Subject [default: what it is about, and the services]
    #[arg(long, value_name = "TEXT")]
    subject: Option<String>,
    /// Send it; without it the draft is shown
    #[arg(long)]
    send: bool,
    #[command(flatten)]
    who: Who,
}

#[derive(Args)]
struct ToldArgs {
    /// Name of the contract
    contract: String,
    /// The window or incident that it was about, such as plan-3
    #[arg(long, value_name = "NAME")]
    of: String,
    /// The channel, as the contract calls it
    #[arg(long, value_name = "CHANNEL")]
    channel: Channel,
    /// When; without an offset in the contract's zone
    #[arg(long, value_name = "INSTANT")]
    at: Given,
}

/// A channel, as contracts call it.
#[derive(Clone)]
struct Channel(terms::Name);

impl FromStr for Channel {
    type Err = String;

    fn from_str(text: &str) -> Result<Channel, String> {
        let how = |()| "write a channel as contracts call it, such as top-page".to_owned();
        text.parse().map(Channel).map_err(how)
    }
}

fn about(text: &str) -> Result<About, String> {
    if let Some((_, about)) = ABOUTS.iter().find(|(word, _)| *word == text) {
        return Ok(*about);
    }
    let words = ABOUTS.map(|(word, _)| word);
    Err(match nearest(text, words, 3) {
        Some(word) => format!("did you mean {word}?"),
        None => format!("it may be {}", words.join(", ")),
    })
}

/// Runs the verb.
pub fn run(args: &NoticeArgs) -> anyhow::Result<Status> {
    wait_for(async {
        let (_, office) = args.place.office().await?;
        let now = clock::now();
        match &args.verb {
            Verb::Send(send) => write(&office, send, now).await,
            Verb::List { contract } => list(&office, contract.as_deref(), now).await,
            Verb::Show { notice } => {
                show(&notices::notice(&office, *notice, now).await?, now);
                Ok(Status::Done)
            }
            Verb::Confirm { notices, who } => {
                notices::confirm(&office, notices, &who.by, now).await?;
                eprintln!("{QUEUED}");
                Ok(Status::Done)
            }
            Verb::Drop { notice } => {
                notices::drop(&office, *notice).await?;
                Ok(Status::Done)
            }
            Verb::Retry { notice, recipient } => {
                notices::retry(&office, *notice, *recipient, now).await?;
                eprintln!("{QUEUED}");
                Ok(Status::Done)
            }
            Verb::Told(told) => {
                let zone = &office.contract(&told.contract)?.contract.zone;
                let sent = told.at.in_zone(zone)?;
                let channel = told.channel.0.to_string();
                let notice = evidence::Notice { of: told.of.clone(), channel, sent };
                notices::told(&office, &told.contract, notice, now).await?;
                Ok(Status::Done)
            }
        }
    })
}

const QUEUED: &str = "queued: the running office sends it; `yakusoku notice list` has the proof";

async fn write(office: &Office, args: &SendArgs, now: Timestamp) -> anyhow::Result<Status> {
    let zone = &office.contract(&args.contract)?.contract.zone;
    let written = Written {
        contract: args.contract.clone(),
        about: args.about,
        event: args.at.in_zone(zone)?,
        subject: args.subject.clone(),
        text: read_text(&args.text)?,
    };
    let drafts = notices::write(office, &written, &args.who.by, now).await?;
    show_or_send(office, &drafts, args.send, &args.who.by).await
}

/// Largest text, in bytes; the verb has the exact limit.
const FILE_MAX: u64 = 1024 * 1024;

fn read_text(path: &Path) -> anyhow::Result<String> {
    let unreadable = || format!("cannot read {}", path.display());
    let mut bytes = Vec::new();
    let source: Box<dyn Read> = match path == Path::new("-") {
        true => Box::new(std::io::stdin()),
        false => Box::new(std::fs::File::open(path).with_context(unreadable)?),
    };
    source.take(FILE_MAX).read_to_end(&mut bytes).with_context(unreadable)?;
    let text = String::from_utf8(bytes);
    Ok(text.map_err(|_| Misused(format!("{} is not UTF-8", path.display())))?)
}

/// Shows drafts, or hands them to the couriers.
pub async fn show_or_send(
    office: &Office,
    drafts: &[i64],
    send: bool,
    by: &str,
) -> anyhow::Result<Status> {
    let now = clock::now();
    for number in drafts {
        show(&notices::notice(office, *number, now).await?, now);
    }
    if send {
        notices::confirm(office, drafts, by, now).await?;
        eprintln!("{QUEUED}");
    } else {
        let numbers: Vec<String> = drafts.iter().map(ToString::to_string).collect();
        eprintln!("nothing is sent before `yakusoku notice confirm {}`", numbers.join(" "));
    }
    Ok(Status::Done)
}

fn show(view: &NoticeView<'_>, now: Timestamp) {
    let (record, draft) = (&view.record, &view.record.draft);
    let zone = view.contract.map_or(TimeZone::UTC, |contract| contract.zone.clone());
    outln!("notice {} to {} by {}", record.number, draft.contract, draft.channel);
    outln!("about: {}, {}", about_key(view.about), civil(draft.event, &zone));
    outln!("drafted: {} by {}", civil(record.drafted, &zone), draft.by);
    match &record.confirmed {
        Some((at, by)) => outln!("confirmed: {} by {by}", civil(*at, &zone)),
        None => outln!("confirmed: no, this is a draft"),
    }
    outln!("promise: {}", told(&view.standing, &zone));
    for sending in &record.sendings {
        let to =
            if sending.recipient.is_empty() { "its own recipient" } else { &sending.recipient };
        let mut line = format!("{}. {to} over {}: ", sending.place, sending.courier);
        line.push_str(match sending.state {
            SendingState::Draft => "draft",
            SendingState::Queued => "queued",
            SendingState::Sending => "on its way",
            SendingState::Sent => "sent",
            SendingState::Failed => "failed",
        });
        if let Some((at, answer)) = &sending.answer {
            line.push_str(&format!(" {}: {answer}", civil(*at, &zone)));
        }
        if sending.state == SendingState::Queued && sending.due > now {
            line.push_str(&format!("; tried again {}", civil(sending.due, &zone)));
        }
        if sending.maybe_twice {
            line.push_str("; it may have been sent twice");
        }
        outln!("{line}");
    }
    outln!("\n{}\n\n{}", draft.subject, draft.text);
}

async fn list(office: &Office, contract: Option<&str>, now: Timestamp) -> anyhow::Result<Status> {
    let mut table =
        Table::new(&["notice", "contract", "about", "event", "promise", "sent", "subject"]);
    let mut is_empty = true;
    for view in notices::list(office, now).await? {
        let draft = &view.record.draft;
        if contract.is_some_and(|name| name != draft.contract) {
            continue;
        }
        let zone = view.contract.map_or(TimeZone::UTC, |contract| contract.zone.clone());
        let sendings = &view.record.sendings;
        let sent = sendings.iter().filter(|it| it.state == SendingState::Sent).count();
        let sent = match view.record.confirmed {
            Some(_) => format!("{sent} of {}", sendings.len()),
            None => "draft".to_owned(),
        };
        table.row([
            view.record.number.to_string(),
            draft.contract.clone(),
            format!("{} by {}", draft.about, draft.channel),
            civil(draft.event, &zone),
            told(&view.standing, &zone),
            sent,
            draft.subject.clone(),
        ]);
        is_empty = false;
    }
    match is_empty {
        true => eprintln!("no notices yet: `yakusoku notice send` and `window announce` make them"),
        false => out!("{}", table.fitted(columns())),
    }
    Ok(Status::Done)
}

/// How the duty to tell stands, in a few words.
pub fn told(standing: &Standing, zone: &TimeZone) -> String {
    match standing {
        Standing::NoPromise => "no promise".to_owned(),
        Standing::NoDeadline(why) => why.text(terms::Lang::En).to_owned(),
        Standing::InTime { channel, sent } => {
            format!("in time: {channel} {}", civil(*sent, zone))
        }
        Standing::NotYet { latest } => format!("not yet: until {}", civil(*latest, zone)),
        Standing::Late { channel, sent, latest } => {
            format!("late: {channel} {}, due {}", civil(*sent, zone), civil(*latest, zone))
        }
        Standing::WrongChannel { channel, latest, .. } => {
            format!("{channel} does not count; it was due {}", civil(*latest, zone))
        }
        Standing::Missed { latest } => format!("missed: it was due {}", civil(*latest, zone)),
    }
}
