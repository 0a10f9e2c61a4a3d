//! `yakusoku windows`: recurring maintenance as it falls.

use std::collections::BTreeSet;

use calendar::{HolidayTable, Month, Span};
use clap::Args;
use desk::Ground;
use terms::Contract;

use super::agreed::{Agreed, Language};
use super::due::provisional;
use crate::exit::Status;
use crate::stdout;

/// What stands at the end of the help.
pub const HELP: &str = "Exit status: 0 done, even when nothing recurs; 1 the contract is wrong; 2 \
                        wrong usage";

#[derive(Args)]
pub struct WindowsArgs {
    #[command(flatten)]
    agreed: Agreed,
    /// Year, 1970 to 2200: the windows that begin in it
    #[arg(long, value_parser = clap::value_parser!(i16).range(1970..=2200))]
    #[arg(required_unless_present = "month", conflicts_with = "month")]
    year: Option<i16>,
    /// Month: the windows that begin in it
    #[arg(long, value_name = "YYYY-MM")]
    month: Option<Month>,
    /// Language of what is told beside it [default: the contract's]
    #[arg(long, value_enum)]
    lang: Option<Language>,
}

/// Runs the command. No clock is read.
///
/// # Errors
/// When the contract cannot be read or is wrong.
pub fn run(args: &WindowsArgs) -> anyhow::Result<Status> {
    let contract = args.agreed.contract()?;
    let holidays = HolidayTable::japan();
    let (first, last) = match (args.month, args.year) {
        (Some(month), _) => (month, month),
        (None, year) => {
            let month = |number| year.and_then(|year| Month::new(year, number));
            (month(1).unwrap_or(Month::MIN), month(12).unwrap_or(Month::MAX))
        }
    };
    let mut lines = String::new();
    let (mut promises, mut any_provisional) = (BTreeSet::new(), Vec::new());
    for (ground, part) in parts(&contract, first, last, &holidays) {
        for window in desk::windows(&ground, part) {
            // One that begins before this part of time belongs to the terms of then.
            if !part.contains(window.span.from()) {
                continue;
            }
            let span = window.span.display_in(&contract.zone).to_string();
            lines.push_str(&format!("{span}\n"));
            promises.insert(window.promise);
            any_provisional.extend(window.provisional.then_some(span));
        }
    }
    stdout::put(&lines)?;
    tell(&promises.into_iter().map(|name| name.as_str()).collect::<Vec<_>>());
    if !any_provisional.is_empty() {
        let lang = Language::or_of(args.lang, &contract);
        eprintln!("{}:\n  {}", provisional(&holidays, lang), any_provisional.join("\n  "));
    }
    Ok(Status::Done)
}

/// The time from one month to another, cut where the terms change.
fn parts<'a>(
    contract: &'a Contract,
    first: Month,
    last: Month,
    holidays: &'a std::sync::Arc<HolidayTable>,
) -> Vec<(Ground<'a>, Span)> {
    let zone = &contract.zone;
    let (from, until) = (first.span(zone).from(), last.span(zone).until());
    let begins = |date| calendar::day_span(date, zone).from();
    let later = contract.versions.iter().skip(1).map(|version| begins(version.in_force));
    let cuts: BTreeSet<_> =
        later.filter(|cut| from < *cut && *cut < until).chain([from, until]).collect();
    let cuts: Vec<_> = cuts.into_iter().collect();
    let part = |pair: &[jiff::Timestamp]| {
        let [from, until] = pair else { return None };
        let ground = Ground { terms: contract.terms_at(*from), zone, holidays };
        Some((ground, Span::new(*from, *until).ok()?))
    };
    cuts.windows(2).filter_map(part).collect()
}

/// Says of which promises the windows are.
fn tell(promises: &[&str]) {
    match promises {
        [] => eprintln!("no maintenance of this contract recurs in that time"),
        [_] => {}
        several => eprintln!("these are the windows of {}", several.join(", ")),
    }
}
