//! Availability promises, their remedies, and the checks that must be able to prove them.

use std::collections::BTreeMap;

use crate::check::index::{Index, Item};
use crate::problems::Problems;
use crate::read::{Draft, Entry};
use crate::{Availability, Combine, Kind, Name, Promise, Remedy, RemedyForm, Strength, Within};

/// What an availability promise names.
pub fn check_availability(
    item: &Item<'_>,
    availability: &Availability,
    index: &Index<'_>,
    problems: &mut Problems,
) {
    let service = index.service(item, "service", &availability.service, problems);
    if let Some(service) = service {
        for function in &availability.functions {
            index.function_of(item, function, service, problems);
        }
        let counted = match availability.functions.len() {
            0 => service.functions.len(),
            named => named,
        };
        if let Combine::AtLeast(quorum) = availability.combine
            && usize::from(quorum) > counted
        {
            let text = format!(
                "`combine` is {quorum}, but {counted} functions count: the service could never be down"
            );
            item.object("combine", &text, problems);
        }
    }
    for exclusion in availability.exclusions.iter().flatten() {
        index.exclusion(item, "exclusions", exclusion, problems);
    }
}

/// What a remedy names, and whether it begins where the promise is missed.
pub fn check_remedy(item: &Item<'_>, remedy: &Remedy, index: &Index<'_>, problems: &mut Problems) {
    if let Some(claim) = &remedy.claim
        && let Some(promise) = index.promise(item, "claim", claim, "clock", problems)
        && let Kind::Clock(clock) = &promise.kind
        && clock.within == Within::Promptly
    {
        let text = format!("`claim` is {:?}, which has no due time", claim.as_str());
        item.object("claim", &text, problems);
    }
    let Some(promise) = index.promise(item, "of", &remedy.of, "availability", problems) else {
        return;
    };
    let Kind::Availability(availability) = &promise.kind else { return };
    let Some(target) = availability.target else {
        let text = format!("`of` is {:?}, which has no `target` to miss", remedy.of.as_str());
        return item.object("of", &text, problems);
    };
    if promise.strength == Strength::Objective {
        let text = format!(
            "`of` is {:?}, an objective: when it is missed nothing is owed, so this remedy never \
             applies",
            remedy.of.as_str()
        );
        item.warn("of", &text, problems);
    }
    let RemedyForm::Tiers(tiers) = &remedy.form else { return };
    let Some(first) = tiers.first() else { return };
    if first.below != target {
        let text = format!(
            "the first tier holds below {}, but {:?} is missed below {target}: begin it there",
            first.below,
            remedy.of.as_str()
        );
        item.object("tiers", &text, problems);
    }
}

/// What several promises say of one service.
pub fn check_together(draft: &Draft, problems: &mut Problems) {
    let mut availabilities: BTreeMap<&Name, &Name> = BTreeMap::new();
    let mut remedies: BTreeMap<&Name, &Name> = BTreeMap::new();
    let mut watched: BTreeMap<&Name, Vec<&Entry<Promise>>> = BTreeMap::new();
    for entry in &draft.promises {
        let Some(promise) = &entry.value else { continue };
        let item = Item { list: "promise", name: &entry.name, source: &entry.source };
        match &promise.kind {
            Kind::Availability(availability) => {
                if let Some(other) = availabilities.insert(&availability.service, &entry.name) {
                    let text = format!(
                        "service {:?} has the availability promise {:?} already: a month is \
                         settled by one",
                        availability.service.as_str(),
                        other.as_str()
                    );
                    item.object("service", &text, problems);
                }
            }
            Kind::Remedy(remedy) => {
                if let Some(other) = remedies.insert(&remedy.of, &entry.name) {
                    let text = format!(
                        "{:?} has the remedy {:?} already: put all that is owed into one",
                        remedy.of.as_str(),
                        other.as_str()
                    );
                    item.object("of", &text, problems);
                }
            }
            Kind::Check(check) => {
                if let Some(function) = &check.function {
                    watched.entry(function).or_default().push(&**entry);
                }
            }
            _ => {}
        }
    }
    for entry in &draft.promises {
        if let Some(Promise { kind: Kind::Availability(availability), .. }) = &entry.value {
            check_proof(&entry.name, availability, &watched, draft, problems);
        }
    }
}

/// Checks that come too seldom to prove the shortest outage that counts (case A18).
fn check_proof(
    name: &Name,
    availability: &Availability,
    watched: &BTreeMap<&Name, Vec<&Entry<Promise>>>,
    draft: &Draft,
    problems: &mut Problems,
) {
    let Some(minimum) = availability.minimum else { return };
    let service = draft.services.iter().find(|entry| entry.name == availability.service);
    let Some(service) = service.and_then(|entry| entry.value.as_ref()) else { return };
    let counts = |function: &Name| {
        availability.functions.is_empty() || availability.functions.contains(function)
    };
    let functions = service.functions.iter().map(|function| &function.name);
    for function in functions.filter(|function| counts(function)) {
        for entry in watched.get(function).into_iter().flatten() {
            let Some(Promise { kind: Kind::Check(check), .. }) = &entry.value else { continue };
            if check.every.as_secs().saturating_mul(2) < minimum.length.as_secs() {
                continue;
            }
            let item = Item { list: "promise", name: &entry.name, source: &entry.source };
            let text = format!(
                "`every` is {} min, and {:?} counts outages from {} min: one failed check cannot \
                 prove that long an outage; look more than twice as often",
                minutes(check.every),
                name.as_str(),
                minutes(minimum.length)
            );
            item.warn("every", &text, problems);
        }
    }
}

/// Minutes with as many digits as they need.
fn minutes(length: jiff::SignedDuration) -> String {
    let (whole, seconds) = (length.as_secs() / 60, length.as_secs() % 60);
    if seconds == 0 { whole.to_string() } else { format!("{whole}:{seconds:02}") }
}
