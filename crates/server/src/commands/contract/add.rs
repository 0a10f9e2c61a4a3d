//! `yakusoku contract add`, `measure` and `templates`: contracts that an office keeps beside those of its
//! configuration. A running office takes them within some seconds.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use anyhow::Context;
use app::kept::{self, Bundle, CONTRACT_FILE, FromTemplate, TEMPLATES};
use clap::Args;
use jiff::civil::Date;
use terms::wording;

use super::super::agreed::{Language, day};
use super::super::place::{Place, wait_for};
use crate::exit::{Misused, Status};
use crate::table::Table;
use crate::{clock, contract_file, stdout};

#[derive(Args)]
pub struct AddArgs {
    #[command(flatten)]
    place: Place,
    /// Contract file; what it extends is kept with it
    #[arg(value_name = "FILE", required_unless_present = "template")]
    file: Option<PathBuf>,
    /// Extend a template instead, see `contract templates`
    #[arg(long, value_name = "NAME", requires = "name", conflicts_with = "file")]
    template: Option<String>,
    /// With --template: name of the contract
    #[arg(long, value_name = "NAME", requires = "template")]
    name: Option<String>,
    /// With --template: who is promised [default: the template's words]
    #[arg(long, value_name = "TEXT", requires = "template")]
    customer: Option<String>,
    /// With --template: the customer's first day [default: today]
    #[arg(long, value_name = "DATE", value_parser = day, requires = "template")]
    start: Option<Date>,
}

#[derive(Args)]
pub struct MeasureArgs {
    #[command(flatten)]
    place: Place,
    /// Name of a contract that was added
    contract: String,
    /// Name of one of its functions
    function: String,
    /// `probe:smtp`, `probe:console`, `check:NAME`, or `nothing`
    source: String,
}

/// Adds a contract.
pub fn add(args: &AddArgs) -> anyhow::Result<Status> {
    let name = wait_for(async {
        let (config, office) = args.place.office().await?;
        let bundle = match (&args.file, &args.template) {
            (Some(file), _) => of_file(file)?,
            (None, template) => {
                let today = clock::now().to_zoned(config.time_zone.clone()).date();
                args.of_template(template.as_deref().unwrap_or_default(), today)?
            }
        };
        Ok(kept::add(&office, bundle).await?)
    })?;
    eprintln!(
        "{name} is kept; say what measures it: yakusoku contract measure {name} FUNCTION SOURCE\n\
         and who is told of it: yakusoku contract notify {name} ADDRESS"
    );
    Ok(Status::Done)
}

impl AddArgs {
    fn of_template(&self, template: &str, today: Date) -> anyhow::Result<Bundle> {
        if kept::template(template).is_none() {
            let text =
                format!("there is no template {template}: see `yakusoku contract templates`");
            return Err(Misused(text).into());
        }
        let asked = FromTemplate {
            template: template.to_owned(),
            name: self.name.clone().unwrap_or_default(),
            provider: String::new(),
            customer: self.customer.clone().unwrap_or_default(),
            start: self.start.unwrap_or(today).to_string(),
        };
        Ok(asked.bundle())
    }
}

/// A contract file with every file that it extends.
fn of_file(file: &Path) -> anyhow::Result<Bundle> {
    let text = contract_file::text_of(file)
        .map_err(|why| anyhow::anyhow!("cannot read {}: {why}", file.display()))?;
    let opened = RefCell::new(Vec::new());
    let read = terms::read(&file.display().to_string(), &text, &|name| {
        let text = contract_file::open_extended(name)?;
        opened.borrow_mut().push((PathBuf::from(name), text.clone()));
        Ok(text)
    });
    if let Err(findings) = read {
        for finding in findings {
            eprintln!("{finding}");
        }
        anyhow::bail!("the contract {} is wrong; see the lines above", file.display());
    }
    // The reader has seen to it that they lie in the folder of the contract or below it.
    let folder = file.parent().unwrap_or(Path::new(""));
    let mut beside = Vec::new();
    for (path, text) in opened.into_inner() {
        let name = path.strip_prefix(folder).context("a base contract lies elsewhere")?;
        if name == Path::new(CONTRACT_FILE) {
            anyhow::bail!("{} extends a file named {CONTRACT_FILE}: rename that", file.display());
        }
        beside.push((name.display().to_string(), text));
    }
    Ok(Bundle { text, beside })
}

/// Says what measures a function.
pub fn measure(args: &MeasureArgs) -> anyhow::Result<Status> {
    let source = match args.source.as_str() {
        "nothing" => None,
        word => Some(kept::source(word).ok_or_else(|| {
            let all = "probe:smtp, probe:console, check:NAME or nothing";
            Misused(format!("{word:?} measures nothing: write {all}"))
        })?),
    };
    wait_for(async {
        let (_, office) = args.place.office().await?;
        Ok(kept::measure(&office, &args.contract, &args.function, source).await?)
    })?;
    Ok(Status::Done)
}

/// Lists the templates.
pub fn templates(lang: Option<Language>) -> anyhow::Result<Status> {
    let mut table = Table::new(&["template", "title", "availability"]);
    for contract in TEMPLATES.iter().filter_map(|(name, _)| kept::template(name)) {
        let lang = Language::or_of(lang, &contract);
        let terms = contract.newest();
        let is_figure = |it: &&terms::Promise| matches!(it.kind, terms::Kind::Availability(_));
        let figure = terms.promises.iter().find(is_figure);
        let figure = figure.map(|it| wording::promise_number(it, terms, lang)).unwrap_or_default();
        let title = contract.title.in_lang(lang).to_owned();
        table.row([contract.name.to_string(), title, figure]);
    }
    stdout::put(&table.show())?;
    Ok(Status::Done)
}
