//! From what a watcher reports to what travels.

use std::sync::Arc;

use jiff::Timestamp;
use link::limits::SAID_MAX;
use link::{LookBatch, NodeAnswer, NodeBlind, NodeLook, clipped};
use watch::{Answer, Check, Report};

/// Reports of one batch: with the longest words of all its targets it still fits into a body.
pub(crate) const REPORTS_MAX: usize = 400;

/// A batch without its number, from at most [`REPORTS_MAX`] reports.
pub(crate) fn batch(reports: &[Report]) -> LookBatch {
    let mut batch = LookBatch::default();
    for report in reports {
        match report {
            Report::Measured(measured) => batch.looks.push(look(measured)),
            Report::Blind(it) => batch.blind.push(blind(&it.check, it.from, it.until)),
        }
    }
    batch
}

/// A span in which nobody looked at a check.
pub(crate) fn blind(check: &Arc<Check>, from: Timestamp, until: Timestamp) -> NodeBlind {
    NodeBlind { check: check.name.clone(), every: pace(check), from, until: until.max(from) }
}

fn pace(check: &Check) -> u32 {
    u32::try_from(check.every.as_secs().max(1)).unwrap_or(u32::MAX)
}

fn look(measured: &watch::Measured) -> NodeLook {
    let watch::Seen { answer, took, detail } = &measured.seen;
    NodeLook {
        check: measured.check.name.clone(),
        every: pace(&measured.check),
        at: measured.at,
        answer: match answer {
            Answer::Succeeded => NodeAnswer::Good,
            Answer::Refused(_) => NodeAnswer::Refused,
            Answer::Silent(_) => NodeAnswer::Silent,
            Answer::Unseen(_) => NodeAnswer::Unseen,
        },
        reason: answer.reason().map(|reason| reason.code().to_owned()),
        took_ms: u32::try_from(took.as_millis()).unwrap_or(u32::MAX),
        said: detail.said.as_deref().map(|said| clipped(said, SAID_MAX).to_owned()),
        code: detail.code,
        address: detail.address,
    }
}
