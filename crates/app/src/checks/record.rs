//! What watchers report, into the records.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use store::{Answer, Look, SeenLook, Unlooked};
use watch::{Check, Measured, Report};

use super::Latest;
use crate::changes::Change;
use crate::{AppError, Office};

/// Records what watchers reported since the last time. Nobody looked at what is unseen or blind, so it
/// is neither up nor down.
///
/// # Errors
/// When the records fail; then the caller brings the same reports again.
pub async fn record(office: &Office, reports: &[Report]) -> Result<(), AppError> {
    let mut looks = Vec::with_capacity(reports.len());
    let mut unlooked = Vec::new();
    for report in reports {
        match report {
            Report::Measured(measured) => looks.push(look(measured)),
            Report::Blind(blind) => unlooked.push(Unlooked {
                check: blind.check.name.clone(),
                pace: pace(&blind.check),
                from: blind.from,
                until: blind.until,
            }),
        }
    }
    office.store.record_looks(&looks, &unlooked).await?;
    tell(office, reports);
    Ok(())
}

/// Keeps the last look of each check, and tells what changed.
fn tell(office: &Office, reports: &[Report]) {
    let mut looked = BTreeSet::new();
    let mut has_turned = false;
    {
        let (mut latest, mut recorded) = (office.watching.latest(), office.watching.recorded());
        for report in reports {
            let Report::Measured(measured) = report else {
                has_turned = true;
                continue;
            };
            let now = seen(measured.at, &measured.seen);
            let before = recorded.insert(measured.check.name.clone(), now.answer);
            has_turned |= before != Some(now.answer);
            latest.insert(measured.check.name.clone(), now);
            looked.insert(measured.check.name.clone());
        }
    }
    office.changes.tell(Change::Looks(Arc::new(looked)));
    if has_turned {
        office.evidence_changed();
    }
}

fn pace(check: &Check) -> SignedDuration {
    SignedDuration::from_secs(i64::try_from(check.every.as_secs().max(1)).unwrap_or(i64::MAX))
}

fn look(measured: &Measured) -> Look {
    let seen = &measured.seen;
    Look {
        check: measured.check.name.clone(),
        pace: pace(&measured.check),
        seen: SeenLook {
            at: measured.at,
            answer: answer(seen.answer),
            reason: seen.answer.reason().map(|reason| reason.code().to_owned()),
            took_ms: u32::try_from(seen.took.as_millis()).unwrap_or(u32::MAX),
        },
    }
}

fn answer(answer: watch::Answer) -> Answer {
    match answer {
        watch::Answer::Succeeded => Answer::Good,
        watch::Answer::Refused(_) => Answer::Refused,
        watch::Answer::Silent(_) => Answer::Silent,
        watch::Answer::Unseen(_) => Answer::Unseen,
    }
}

/// A look as the console shows it.
pub(super) fn seen(at: Timestamp, seen: &watch::Seen) -> Latest {
    Latest {
        at,
        answer: answer(seen.answer),
        reason: seen.answer.reason(),
        took: SignedDuration::try_from(seen.took).unwrap_or(SignedDuration::MAX),
        said: seen.detail.said.clone(),
        code: seen.detail.code,
        address: seen.detail.address,
    }
}
