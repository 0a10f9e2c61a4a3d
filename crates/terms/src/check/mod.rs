//! How the items of each version go together: everything that is named is there and of the right
//! kind, and what one item says does not contradict another.

mod availability;
mod index;
mod promise;

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use crate::problems::Problems;
use crate::read::{Chain, Draft, Entry, Source};
use crate::{Excluded, Name, Timing};
use index::Index;

/// Most items of one list of one version, over all files.
const ITEMS_MAX: usize = sections::ITEMS_MAX;

/// Looks at every version; a problem that several have is said once, of the first.
pub fn check(chain: &Chain, problems: &mut Problems) {
    for (i, stage) in chain.stages.iter().enumerate() {
        problems.context = match stage.in_force {
            Some(day) if i > 0 => format!(" (in the version of {day})"),
            _ => String::new(),
        };
        check_version(&stage.draft, &stage.source, problems);
        if let (Some(end), Some(day)) = (chain.head.end, stage.in_force)
            && day > end
        {
            problems.context.clear();
            let text =
                format!("the version of {day} is never in force: the contract ends on {end}");
            problems.warn(&stage.source, "in_force", text);
        }
    }
    problems.context.clear();
}

fn check_version(draft: &Draft, source: &Source, problems: &mut Problems) {
    let lists = [
        ("calendar", draft.calendars.len()),
        ("service", draft.services.len()),
        ("exclusion", draft.exclusions.len()),
        ("promise", draft.promises.len()),
        ("fee", draft.fees.len()),
    ];
    if let Some((list, count)) = lists.into_iter().find(|(_, count)| *count > ITEMS_MAX) {
        let text = format!("there are {count} of [[{list}]]: a version may have {ITEMS_MAX}");
        problems.object(source, list, text);
        return;
    }
    let index = Index::new(draft);
    check_functions(draft, problems);
    check_names(draft, problems);
    for entry in &draft.exclusions {
        check_exclusion(entry, &index, problems);
    }
    for entry in &draft.promises {
        promise::check_promise(entry, &index, problems);
    }
    availability::check_together(draft, problems);
}

/// A log names functions without their service.
fn check_functions(draft: &Draft, problems: &mut Problems) {
    let mut owners: BTreeMap<&Name, &Name> = BTreeMap::new();
    for entry in &draft.services {
        let functions = entry.value.iter().flat_map(|service| &service.functions);
        for function in functions {
            let Some(other) = owners.insert(&function.name, &entry.name) else { continue };
            let text = format!(
                "[[service]] {:?}: its function {:?} has the name of one of service {:?}, and logs \
                 name functions alone: give it another",
                entry.name.as_str(),
                function.name.as_str(),
                other.as_str()
            );
            problems.object(&entry.source, "function", text);
        }
    }
}

/// `remove` names promises and exclusions alike.
fn check_names(draft: &Draft, problems: &mut Problems) {
    let mut owners: BTreeMap<&Name, &str> = BTreeMap::new();
    let promises = draft.promises.iter().map(|e| (&e.name, "promise", &e.source));
    let exclusions = draft.exclusions.iter().map(|e| (&e.name, "exclusion", &e.source));
    for (name, list, source) in promises.chain(exclusions) {
        let Some(other) = owners.insert(name, list) else { continue };
        let text = format!(
            "[[{list}]] {:?} has the name of a [[{other}]]: give one of them another, since \
             `remove` and the screens tell them by name",
            name.as_str()
        );
        problems.object(source, "name", text);
    }
}

fn check_exclusion(entry: &Entry<crate::Exclusion>, index: &Index<'_>, problems: &mut Problems) {
    let Some(exclusion) = &entry.value else { return };
    let item = index::Item { list: "exclusion", name: &entry.name, source: &entry.source };
    match &exclusion.excluded {
        Excluded::Cause { .. } => {}
        Excluded::NoticedWindows { notice } => {
            let Some(promise) = index.promise(&item, "notice", notice, "notice", problems) else {
                return;
            };
            let crate::Kind::Notice(found) = &promise.kind else { return };
            let ahead = matches!(found.timing, Timing::Ahead(_));
            if found.about != crate::About::Maintenance || !ahead {
                let text = format!(
                    "`notice` is {:?}, which is not a notice about maintenance given ahead by \
                     `routes`",
                    notice.as_str()
                );
                item.object("notice", &text, problems);
            }
        }
        Excluded::RecurringWindows { maintenance } => {
            index.promise(&item, "maintenance", maintenance, "maintenance", problems);
        }
    }
}

/// A zone for what does not depend on one.
fn any_zone() -> TimeZone {
    TimeZone::UTC
}
