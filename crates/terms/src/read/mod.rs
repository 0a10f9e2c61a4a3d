//! From the text of a contract file to a [`Contract`], or to every finding at once.
//!
//! `file` reads one file; `chain` puts it over the file that it extends and its versions one over
//! the other; `check` (beside this module) looks at how the items of each version go together.

mod availability;
mod body;
mod chain;
mod clock;
mod draft;
mod fees;
mod file;
mod operation;
mod promise;
mod remedy;
mod values;
mod within;

use crate::check::check;
use crate::problems::{Finding, Problems};
use crate::{Contract, Lang, Version};

pub use chain::{Chain, EXTENDS_MAX, FILE_BYTES_MAX, VERSIONS_MAX};
pub use draft::{Draft, Entry, Source};

/// A contract that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Read {
    /// What the file says.
    pub contract: Contract,
    /// What is odd in it, but can be used.
    pub warnings: Vec<Finding>,
}

/// Reads a contract. `path` is what findings call the file, and where files that it extends are
/// sought; `open` gives the text of such a file, or the reason why not.
///
/// # Errors
/// Every finding, by file and line. A text that is not TOML has one finding only.
pub fn read(
    path: &str,
    text: &str,
    open: &dyn Fn(&str) -> Result<String, String>,
) -> Result<Read, Vec<Finding>> {
    let mut problems = Problems::default();
    let chain = chain::Reader { open, problems: &mut problems }.read(path, text);
    let contract = chain.and_then(|chain| finish(&chain, &mut problems));
    match contract {
        Some(contract) if problems.is_sound() => {
            Ok(Read { contract, warnings: problems.warnings() })
        }
        _ => Err(problems.errors()),
    }
}

/// The contract, when nothing in it is wrong.
fn finish(chain: &chain::Chain, problems: &mut Problems) -> Option<Contract> {
    check(chain, problems);
    let head = &chain.head;
    let version = |stage: &chain::Stage| {
        let terms = stage.draft.terms()?;
        Some(Version { in_force: stage.in_force?, note: stage.note.clone(), terms })
    };
    if !problems.is_sound() {
        return None;
    }
    Some(Contract {
        name: head.name.clone()?,
        title: head.title.clone()?,
        parties: crate::Parties {
            provider: head.provider.clone()?,
            customer: head.customer.clone()?,
            tax_number: head.tax_number.clone(),
        },
        language: head.language.unwrap_or(Lang::Ja),
        zone: head.zone.clone()?,
        currency: head.currency.unwrap_or(crate::Currency::Jpy),
        start: head.start?,
        end: head.end,
        versions: chain.stages.iter().map(version).collect::<Option<Vec<_>>>()?,
    })
}

/// The JSON Schema (draft 2020-12) of a contract file.
pub fn schema() -> serde_json::Value {
    let shape = sections::Section::describing(|top| {
        file::read_top(top, 0);
    });
    sections::schema("A contract of Yakusoku", &shape)
}
