//! What an installation still needs until its first promise is live: shown on the first page, step by
//! step, and gone when every step is done.

use app::board::{self, State};
use app::{AppError, checks};

use crate::Console;
use crate::frame::Frame;

/// The steps to the first live promise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Guide {
    /// In their order.
    pub steps: Vec<Step>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What is to be done.
    pub title: String,
    /// Why, in a sentence.
    pub text: String,
    /// Where, and what the button says.
    pub link: Option<(String, String)>,
    /// It is done.
    pub is_done: bool,
    /// It is the first that is not.
    pub is_next: bool,
}

/// What has been done so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Progress {
    /// The name of the first contract of which nothing is measured, or of the first one.
    contract: Option<String>,
    has_check: bool,
    is_measured: bool,
    has_figure: bool,
}

/// The steps, when one is left.
pub async fn guide(console: &Console, f: &Frame) -> Result<Option<Guide>, AppError> {
    let office = &console.office;
    let contracts = office.contracts();
    let bare = contracts.iter().find(|watched| watched.measured.is_empty());
    let contract = bare.or(contracts.first()).map(|watched| watched.contract.name.to_string());
    let is_measured = contracts.iter().any(|watched| !watched.measured.is_empty());
    let has_figure = is_measured && has_figure(console, f).await?;
    if has_figure {
        return Ok(None);
    }
    let has_check = is_measured || !checks::list(office, f.now).await?.is_empty();
    Ok(Some(steps(f, &Progress { contract, has_check, is_measured, has_figure })))
}

/// Whether any promise has been measured.
async fn has_figure(console: &Console, f: &Frame) -> Result<bool, AppError> {
    let sections = board::board(&console.office, f.now).await?;
    let mut rows = sections.iter().flat_map(|section| &section.rows);
    // A contract may have no figure at all: then a look will do.
    Ok(rows.any(|row| row.state != State::NotMeasured) || checks::any_seen(&console.office))
}

fn steps(f: &Frame, progress: &Progress) -> Guide {
    let contract = progress.contract.as_deref().map(super::encoded);
    let measure = contract.map(|name| format!("/contracts/{name}/measure"));
    let steps = [
        ("contract", progress.contract.is_some(), Some("/contracts-new".to_owned())),
        ("check", progress.has_check, Some("/checks-new".to_owned())),
        ("measure", progress.is_measured, measure),
        ("live", progress.has_figure, None),
    ];
    let next = steps.iter().position(|(_, is_done, _)| !is_done);
    let step = |(place, (word, is_done, address)): (usize, (&str, bool, Option<String>))| {
        let (title, text, button) = match word {
            "contract" => (f.t("guide-contract"), f.t("guide-contract-text"), f.t("contract-add")),
            "check" => (f.t("guide-check"), f.t("guide-check-text"), f.t("check-add")),
            "measure" => (f.t("guide-measure"), f.t("guide-measure-text"), f.t("guide-measure-do")),
            _ => (f.t("guide-live"), f.t("guide-live-text"), String::new()),
        };
        let link = address.filter(|_| !is_done).map(|address| (address, button));
        Step { title, text, link, is_done, is_next: next == Some(place) }
    };
    Guide { steps: steps.into_iter().enumerate().map(step).collect() }
}

#[cfg(test)]
pub mod samples {
    use super::*;

    /// The steps of an installation with one contract and nothing else.
    pub fn begun(f: &Frame) -> Guide {
        steps(f, &Progress { contract: Some("acme".to_owned()), ..Progress::default() })
    }

    /// The steps of an empty one.
    pub fn empty(f: &Frame) -> Guide {
        steps(f, &Progress::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::sample;
    use crate::words::Lang;

    #[test]
    fn the_next_step_is_the_first_that_is_not_done() {
        let f = sample::frame(Lang::En);
        let next = |contract: Option<&str>, has_check, is_measured| {
            let contract = contract.map(str::to_owned);
            let progress = Progress { contract, has_check, is_measured, has_figure: false };
            steps(&f, &progress).steps.iter().position(|step| step.is_next)
        };
        assert_eq!(next(None, false, false), Some(0));
        assert_eq!(next(None, true, false), Some(0));
        assert_eq!(next(Some("a"), false, false), Some(1));
        assert_eq!(next(Some("a"), true, false), Some(2));
        assert_eq!(next(Some("a"), true, true), Some(3));
    }
}
