//! `yakusoku status`: what the status pages say, and writing them as files.

use app::status::Status;
use clap::{Args, Subcommand};
use jiff::Timestamp;

use super::agreed::Language;
use super::place::{Place, wait_for};
use crate::exit::{self, Status as Exit};
use crate::table::Table;
use crate::{clock, status_files, stdout};

#[derive(Args)]
#[command(after_help = exit::HELP, args_conflicts_with_subcommands = true)]
pub struct StatusArgs {
    #[command(subcommand)]
    verb: Option<Verb>,
    /// Page [default: all]
    page: Option<String>,
    /// Print JSON, one page a line
    #[arg(long)]
    json: bool,
    /// Language of the table
    #[arg(long, value_name = "LANG", value_enum, default_value = "en")]
    lang: Language,
    #[command(flatten)]
    place: Place,
}

#[derive(Subcommand)]
enum Verb {
    /// Write the pages that have a static folder, and name the folders
    Write,
}

/// Runs the verb.
///
/// # Errors
/// When there is no such page, a folder cannot be written, or the records cannot be reached.
pub fn run(args: &StatusArgs) -> anyhow::Result<Exit> {
    wait_for(async {
        let (config, office) = args.place.office().await?;
        let now = clock::now();
        if let Some(page) = &args.page {
            let known = config.status.iter().any(|it| it.page.name == *page);
            anyhow::ensure!(known, "there is no status page {page}: add a [[status]]");
        }
        for (page, contract) in app::status::missing(&office) {
            eprintln!("{}", missing(&page, &contract));
        }
        let made = app::status::refresh(&office, now).await?;
        match &args.verb {
            Some(Verb::Write) => {
                let mut folders = status_files::folders(&config).peekable();
                let hint =
                    "no status page has a static folder: add `static_folder` to a [[status]]";
                anyhow::ensure!(folders.peek().is_some(), hint);
                for (page, folder) in folders {
                    if let Some(status) = made.iter().find(|status| status.page.name == page) {
                        status_files::write(folder, status, &config.hostname)?;
                        outln!("{}", folder.display());
                    }
                }
            }
            None => {
                let is_asked = |status: &Status| match &args.page {
                    Some(page) => status.page.name == *page,
                    None => true,
                };
                for status in made.iter().filter(|status| is_asked(status)) {
                    match args.json {
                        true => stdout::put(&web::status_json(status))?,
                        false => stdout::put(&table(status, args.lang))?,
                    }
                }
            }
        }
        Ok(Exit::Done)
    })
}

fn missing(page: &str, name: &str) -> String {
    match name.split_once('/') {
        None => format!(
            "the status page {page} names the contract {name}, which this office does not keep: add it \
             with `yakusoku contract add`, or take it out of the page"
        ),
        Some((contract, function)) => format!(
            "the status page {page} names the function {function}, which {contract} does not have: \
             `yakusoku contract show` lists those that it has"
        ),
    }
}

fn table(status: &Status, lang: Language) -> String {
    let lang = match lang {
        Language::Ja => terms::Lang::Ja,
        Language::En => terms::Lang::En,
    };
    let instant = |at: Timestamp| {
        at.to_zoned(status.zone.clone()).strftime("%Y-%m-%d %H:%M:%S%:z").to_string()
    };
    let mut text = format!("{} ({})\n", status.page.title.in_lang(lang), instant(status.at));
    let mut functions = Table::new(&["function", "state", "since"]);
    for function in &status.functions {
        functions.row([
            function.title.in_lang(lang).to_owned(),
            function.condition.word().to_owned(),
            function.since.map(instant).unwrap_or_default(),
        ]);
    }
    text.push_str(&functions.show());
    let mut news = Table::new(&["what", "from", "until"]);
    let mut is_any = false;
    for incident in &status.incidents {
        let until = incident.until.map(instant).unwrap_or_default();
        news.row([format!("incident {}", incident.id), instant(incident.from), until]);
        is_any = true;
    }
    for window in &status.windows {
        let (from, until) = (window.span.from(), window.span.until());
        news.row([format!("window {}", window.id), instant(from), instant(until)]);
        is_any = true;
    }
    if is_any {
        text.push('\n');
        text.push_str(&news.show());
    }
    for figure in &status.figures {
        let (title, month) = (figure.title.in_lang(lang), figure.month);
        let bounds = match figure.net == figure.lower {
            true => figure.net.percent_text(),
            false => format!("{} .. {}", figure.lower.percent_text(), figure.net.percent_text()),
        };
        text.push_str(&format!("\n{title} {month}: {bounds}\n"));
    }
    text
}
