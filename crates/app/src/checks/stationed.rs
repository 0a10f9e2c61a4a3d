//! Checks that nodes look at: what each is given, and what it brings of them.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::RangeInclusive;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use link::limits::SKEW_MAX;
use link::{Assigned, Checks, Looks, NodeAnswer, NodeBlind, NodeLook};
use store::{Accepted, Answer, BroughtLooks, Look, SeenLook, StationRecord, Unlooked};

use super::{LOOKS_DAYS, Latest, Settings, Way, added, series};
use crate::changes::Change;
use crate::{AppError, Office};

/// The word for looks of a node whose clock cannot be believed.
pub const SKEWED: &str = "clock-skew";

/// What a node is to look at, by name, with the secrets that looking needs. The command of a plugin stays
/// here: what a node runs stands in its own file.
///
/// # Errors
/// When the records fail.
pub async fn given(office: &Office, node: &StationRecord) -> Result<Checks<Settings>, AppError> {
    let checks = assigned(office, &node.name).await?;
    let mut digest = DefaultHasher::new();
    serde_json::to_string(&checks).map_err(AppError::records)?.hash(&mut digest);
    let taken = office.store.station_looks_taken(node.number).await?;
    Ok(Checks { version: format!("{:016x}", digest.finish()), taken, checks })
}

async fn assigned(office: &Office, node: &str) -> Result<Vec<Assigned<Settings>>, AppError> {
    let configured = office.watching.configured.iter();
    let mut known: Vec<(String, Settings)> =
        configured.map(|it| (it.name.clone(), it.settings.clone())).collect();
    for record in office.store.watched_checks().await? {
        // What customers look at, nodes do not: where they stand is not the public Internet's view.
        if record.paused.is_none() && record.contract.is_none() {
            known.push((record.name.clone(), added::settings_of(&record)?));
        }
    }
    known.retain(|(_, settings)| settings.is_looked_at_from(node));
    let mut assigned: Vec<_> = known
        .into_iter()
        .map(|(name, mut settings)| {
            if settings.kind == Way::Plugin {
                settings.command.clear();
                settings.environment.clear();
            }
            // Nobody needs to know who else looks.
            settings.sites.clear();
            settings.quorum = None;
            Assigned { name, settings }
        })
        .collect();
    assigned.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(assigned)
}

/// Records what a node brought: of its own checks only, each batch once. Where its clock differs from ours
/// by more than [`SKEW_MAX`], its looks are set right by the difference and nothing is known from them.
/// What would then still be ahead of us by more than that, or is older than looks are kept, is not taken.
///
/// # Errors
/// When the records fail; then the node brings it again.
pub async fn take(
    office: &Office,
    node: &StationRecord,
    looks: &Looks,
    now: Timestamp,
) -> Result<Accepted, AppError> {
    let ahead = looks.sent.duration_since(now);
    let skew = if ahead.abs() > SKEW_MAX { ahead } else { SignedDuration::ZERO };
    let (number, node) = (node.number, node.name.as_str());
    let own = own_checks(office, node);
    let is_own = |check: &str| own.contains(check);
    let kept = kept(now);
    let is_kept = |look: &&NodeLook| kept.contains(&by_our_clock(look.at, skew));
    let brought = looks.batches.iter().map(|batch| {
        let looks = batch.looks.iter().filter(|it| is_own(&it.check)).filter(is_kept);
        let blind = batch.blind.iter().filter(|it| is_own(&it.check));
        BroughtLooks {
            batch: batch.batch,
            looks: looks.map(|it| row(it, node, skew)).collect(),
            unlooked: blind.filter_map(|it| within(unlooked(it, node, skew), &kept)).collect(),
        }
    });
    let brought: Vec<BroughtLooks> = brought.collect();
    let mut accepted = office.store.record_station_looks(number, &brought, now).await?;
    if accepted.is_new {
        let all = looks.batches.iter().flat_map(|batch| &batch.looks);
        accepted.dropped += all.filter(|look| !is_kept(look)).count() as u64;
        if accepted.dropped > 0 {
            let dropped = accepted.dropped;
            tracing::warn!(node, dropped, "looks from ahead of our clock or long ago are not kept");
        }
        let seen = looks.batches.iter().flat_map(|batch| &batch.looks);
        let seen = seen.filter(|look| is_own(&look.check) && is_kept(look));
        let newest = seen.map(|look| (look.check.as_str(), newest(look, &row(look, node, skew))));
        let is_blind = looks.batches.iter().any(|batch| !batch.blind.is_empty());
        tell(office, node, newest, is_blind);
    }
    Ok(accepted)
}

/// When a look may have been.
fn kept(now: Timestamp) -> RangeInclusive<Timestamp> {
    let first = now.checked_sub(SignedDuration::from_hours(LOOKS_DAYS * 24));
    first.unwrap_or(Timestamp::MIN)..=now.checked_add(SKEW_MAX).unwrap_or(now)
}

/// The part of a blind span that may have been.
fn within(blind: Unlooked, kept: &RangeInclusive<Timestamp>) -> Option<Unlooked> {
    let (from, until) = (blind.from.max(*kept.start()), blind.until.min(*kept.end()));
    (from <= until).then_some(Unlooked { from, until, ..blind })
}

/// Keeps the last look of each check from there, and tells what changed.
fn tell<'l>(
    office: &Office,
    node: &str,
    looks: impl Iterator<Item = (&'l str, Latest)>,
    is_blind: bool,
) {
    let mut looked = BTreeSet::new();
    let mut has_turned = is_blind;
    {
        let (mut latest, mut recorded) = (office.watching.latest(), office.watching.recorded());
        for (check, look) in looks {
            let series = series(check, node);
            has_turned |= recorded.insert(series.clone(), look.answer) != Some(look.answer);
            latest.insert(series, look);
            looked.insert(check.to_owned());
        }
    }
    office.changes.tell(Change::Looks(Arc::new(looked)));
    if has_turned {
        office.evidence_changed();
    }
}

/// The checks that a node looks at or ever did: it may still bring what it saw of those it lost.
fn own_checks(office: &Office, node: &str) -> BTreeSet<String> {
    let asked = office.watching.asked();
    let own = asked.iter().filter(|(_, site)| site == node);
    own.map(|(check, _)| check.clone()).collect()
}

fn pace(every: u32) -> SignedDuration {
    SignedDuration::from_secs(every.max(1).into())
}

/// An instant of the node's clock by ours.
fn by_our_clock(at: Timestamp, ahead: SignedDuration) -> Timestamp {
    at.checked_sub(ahead).unwrap_or(at)
}

fn row(look: &NodeLook, node: &str, skew: SignedDuration) -> Look {
    let is_believed = skew.is_zero();
    let answer = match look.answer {
        _ if !is_believed => Answer::Unseen,
        NodeAnswer::Good => Answer::Good,
        NodeAnswer::Refused => Answer::Refused,
        NodeAnswer::Silent => Answer::Silent,
        NodeAnswer::Unseen => Answer::Unseen,
    };
    let reason = match is_believed {
        true => look.reason.clone(),
        false => Some(SKEWED.to_owned()),
    };
    let at = by_our_clock(look.at, skew);
    Look {
        check: series(&look.check, node),
        pace: pace(look.every),
        seen: SeenLook { at, answer, reason, took_ms: look.took_ms },
    }
}

fn unlooked(blind: &NodeBlind, node: &str, skew: SignedDuration) -> Unlooked {
    Unlooked {
        check: series(&blind.check, node),
        pace: pace(blind.every),
        from: by_our_clock(blind.from, skew),
        until: by_our_clock(blind.until, skew),
    }
}

/// As the console shows the newest look.
fn newest(look: &NodeLook, row: &Look) -> Latest {
    Latest {
        at: row.seen.at,
        answer: row.seen.answer,
        reason: row.seen.reason.as_deref().and_then(watch::Reason::from_code),
        took: SignedDuration::from_millis(look.took_ms.into()),
        said: look.said.clone(),
        code: look.code,
        address: look.address,
    }
}
