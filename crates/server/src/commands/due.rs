//! `yakusoku due`: by when a promise must be kept, reckoned from one event.

use calendar::{HolidayTable, Spans};
use clap::Args;
use desk::{Deadline, Ground, promise_clock};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use terms::{Clock, Kind, Lang, Promise, Terms};

use super::agreed::{Agreed, Language};
use super::instant::{Given, GivenSpan};
use super::meant::did_you_mean;
use crate::exit::{Misused, Status};
use crate::stdout;

/// Most pauses of one clock.
const PAUSES_MAX: usize = 10_000;

/// What stands at the end of the help.
pub const HELP: &str = "Exit status: 0 a line was printed, `none` too; 1 the contract is wrong; 2 \
                        wrong usage, or no such promise";

#[derive(Args)]
pub struct DueArgs {
    #[command(flatten)]
    agreed: Agreed,
    /// Promise with a clock, as the contract names it, such as claim or response.p1
    #[arg(value_name = "PROMISE")]
    promise: String,
    /// The event that starts the clock
    #[arg(long, value_name = "INSTANT")]
    from: Given,
    /// Time in which the clock stands, such as waiting for the customer; repeatable
    #[arg(long, value_name = "FROM/UNTIL")]
    pause: Vec<GivenSpan>,
    /// Language of what is told beside it [default: the contract's]
    #[arg(long, value_enum)]
    lang: Option<Language>,
}

/// Runs the command. No clock is read.
///
/// # Errors
/// When the contract cannot be read or is wrong, or has no such promise.
pub fn run(args: &DueArgs) -> anyhow::Result<Status> {
    let contract = args.agreed.contract()?;
    let lang = Language::or_of(args.lang, &contract);
    let zone = &contract.zone;
    let from = args.from.in_zone(zone)?;
    if args.pause.len() > PAUSES_MAX {
        return Err(Misused(format!("a clock may have {PAUSES_MAX} pauses")).into());
    }
    let pauses: Result<Spans, Misused> = args.pause.iter().map(|span| span.in_zone(zone)).collect();
    let terms = contract.terms_at(from);
    let (promise, clock) = clock_of(terms, &args.promise)?;
    tell_of(promise, clock, lang);
    let holidays = HolidayTable::japan();
    let ground = Ground { terms, zone, holidays: &holidays };
    match desk::due(clock, &ground, from, &pauses?) {
        Deadline::Due(due) => {
            if due.provisional {
                eprintln!("{}", provisional(&holidays, lang));
            }
            stdout::put(&format!("{}\n", rfc3339(due.shown(), zone)))?;
        }
        Deadline::None(why) => {
            eprintln!("{}", why.text(lang));
            stdout::put("none\n")?;
        }
    }
    Ok(Status::Done)
}

/// RFC 3339 with the offset of that zone.
pub fn rfc3339(at: Timestamp, zone: &TimeZone) -> String {
    at.display_with_offset(zone.to_offset(at)).to_string()
}

/// Says that what was printed may move.
pub fn provisional(holidays: &HolidayTable, lang: Lang) -> String {
    let day = holidays.official_until();
    match lang {
        Lang::Ja => format!(
            "暫定: {day} より後の祝日はまだ公示されていません。公示された後にもう一度計算してください"
        ),
        Lang::En => format!(
            "provisional: holidays after {day} are not officially published yet; reckon it again \
             when they are"
        ),
    }
}

fn clock_of<'a>(terms: &'a Terms, name: &str) -> anyhow::Result<(&'a Promise, &'a Clock)> {
    let with_clock: Vec<&str> = terms
        .promises
        .iter()
        .filter(|promise| promise_clock(promise).is_some())
        .map(|promise| promise.name.as_str())
        .collect();
    let list = || match with_clock.as_slice() {
        [] => "No promise of this contract has a clock".to_owned(),
        names => format!("With a clock are {}", names.join(", ")),
    };
    let found = terms.promises.iter().find(|promise| promise.name.as_str() == name);
    let Some(promise) = found else {
        let meant = did_you_mean(name, with_clock.iter().copied());
        let text = format!("the contract has no promise `{name}`{meant} {}", list());
        return Err(Misused(text).into());
    };
    let Some(clock) = promise_clock(promise) else {
        let what = match promise.kind {
            Kind::Notice(_) => "is a notice ahead of an event and has no clock",
            _ => "has no clock",
        };
        let text = format!("`{name}` {what}. {}", list());
        return Err(Misused(text).into());
    };
    Ok((promise, clock))
}

/// Says which clock it is and which event `--from` is taken for.
fn tell_of(promise: &Promise, clock: &Clock, lang: Lang) {
    let (title, clause) = (promise.title.in_lang(lang), &promise.clause);
    let starts = clock.starts.in_lang(lang);
    match lang {
        Lang::Ja => eprintln!("{title}({clause})。起点: {starts}"),
        Lang::En => eprintln!("{title} ({clause}); it runs from: {starts}"),
    }
}
