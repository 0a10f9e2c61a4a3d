//! Finding items by name, and saying so when they are not there or of another kind.

use std::collections::BTreeMap;
use std::rc::Rc;

use sections::nearest;

use crate::problems::Problems;
use crate::read::{Draft, Entry, Source};
use crate::{CalendarRule, Exclusion, Name, Promise, Service};

/// Most names that a finding lists.
const LISTED_MAX: usize = 8;

/// The item that names another.
pub struct Item<'a> {
    /// As in `[[promise]]`.
    pub list: &'static str,
    /// Its name.
    pub name: &'a Name,
    /// Where it stands.
    pub source: &'a Source,
}

impl Item<'_> {
    /// A finding about one of its keys.
    pub fn object(&self, key: &str, text: &str, problems: &mut Problems) {
        problems.object(self.source, key, self.titled(text));
    }

    /// Something odd about one of its keys.
    pub fn warn(&self, key: &str, text: &str, problems: &mut Problems) {
        problems.warn(self.source, key, self.titled(text));
    }

    fn titled(&self, text: &str) -> String {
        format!("[[{}]] {:?}: {text}", self.list, self.name.as_str())
    }
}

/// The items of one version by name.
pub struct Index<'d> {
    calendars: BTreeMap<&'d Name, &'d Entry<CalendarRule>>,
    services: BTreeMap<&'d Name, &'d Entry<Service>>,
    exclusions: BTreeMap<&'d Name, &'d Entry<Exclusion>>,
    promises: BTreeMap<&'d Name, &'d Entry<Promise>>,
    /// Functions with their services.
    functions: BTreeMap<&'d Name, &'d Name>,
    /// Whether every service is sound, so that all functions are known.
    all_functions: bool,
}

impl<'d> Index<'d> {
    /// The items of a version.
    pub fn new(draft: &'d Draft) -> Index<'d> {
        let functions = draft.services.iter().flat_map(|entry| {
            let functions = entry.value.iter().flat_map(|service| &service.functions);
            functions.map(|function| (&function.name, &entry.name))
        });
        Index {
            calendars: by_name(&draft.calendars),
            services: by_name(&draft.services),
            exclusions: by_name(&draft.exclusions),
            promises: by_name(&draft.promises),
            functions: functions.collect(),
            all_functions: draft.services.iter().all(|entry| entry.value.is_some()),
        }
    }

    /// The calendar under a key; `None` with a finding when there is none, and without when it is
    /// not sound.
    pub fn calendar(
        &self,
        item: &Item<'_>,
        key: &str,
        name: &Name,
        problems: &mut Problems,
    ) -> Option<&'d CalendarRule> {
        known(item, key, name, "calendar", &self.calendars, problems)?.value.as_ref()
    }

    /// The service under a key, as [`Index::calendar`].
    pub fn service(
        &self,
        item: &Item<'_>,
        key: &str,
        name: &Name,
        problems: &mut Problems,
    ) -> Option<&'d Service> {
        known(item, key, name, "service", &self.services, problems)?.value.as_ref()
    }

    /// Whether the exclusion under a key is there.
    pub fn exclusion(&self, item: &Item<'_>, key: &str, name: &Name, problems: &mut Problems) {
        known(item, key, name, "exclusion", &self.exclusions, problems);
    }

    /// Whether the function under a key is there.
    pub fn function(&self, item: &Item<'_>, key: &str, name: &Name, problems: &mut Problems) {
        if self.all_functions {
            known(item, key, name, "function", &self.functions, problems);
        }
    }

    /// Whether a name is a function of that service; a finding when it is not.
    pub fn function_of(
        &self,
        item: &Item<'_>,
        name: &Name,
        service: &Service,
        problems: &mut Problems,
    ) {
        match self.functions.get(name) {
            Some(owner) if **owner != service.name => {
                let text = format!(
                    "`functions` has {:?}, which is a function of service {:?}, not of {:?}",
                    name.as_str(),
                    owner.as_str(),
                    service.name.as_str()
                );
                item.object("functions", &text, problems);
            }
            Some(_) => {}
            None => self.function(item, "functions", name, problems),
        }
    }

    /// The promise under a key, which must be of that kind, as [`Index::calendar`].
    pub fn promise(
        &self,
        item: &Item<'_>,
        key: &str,
        name: &Name,
        kind: &str,
        problems: &mut Problems,
    ) -> Option<&'d Promise> {
        let promise =
            known(item, key, name, "promise", &self.promises, problems)?.value.as_ref()?;
        let found = promise.kind.word();
        if found != kind {
            let text = format!(
                "`{key}` is {:?}, a promise of kind {found:?}: expected one of kind {kind:?}",
                name.as_str()
            );
            item.object(key, &text, problems);
            return None;
        }
        Some(promise)
    }

    /// The sound promise of that name.
    pub fn sound_promise(&self, name: &Name) -> Option<&'d Promise> {
        self.promises.get(name)?.value.as_ref()
    }
}

fn by_name<T>(entries: &[Rc<Entry<T>>]) -> BTreeMap<&Name, &Entry<T>> {
    entries.iter().map(|entry| (&entry.name, &**entry)).collect()
}

/// The item of that name, or a finding that says which one was meant or which there are.
fn known<T: Copy>(
    item: &Item<'_>,
    key: &str,
    name: &Name,
    what: &str,
    all: &BTreeMap<&Name, T>,
    problems: &mut Problems,
) -> Option<T> {
    let found = all.get(name);
    if found.is_none() && !problems.is_full() {
        let names = || all.keys().map(|name| name.as_str());
        let hint = match nearest(name.as_str(), names(), 1 + name.as_str().len() / 4) {
            Some(meant) => format!("; did you mean {meant:?}?"),
            None if all.is_empty() && what == "function" => {
                "; add it as a [[service.function]]".to_owned()
            }
            None if all.is_empty() => format!("; add it as a [[{what}]]"),
            None => {
                let listed: Vec<&str> = names().take(LISTED_MAX).collect();
                let more = if all.len() > LISTED_MAX { ", …" } else { "" };
                format!("; there are {}{more}", listed.join(", "))
            }
        };
        let text = format!("`{key}` has {:?}, but there is no such {what}{hint}", name.as_str());
        item.object(key, &text, problems);
    }
    found.copied()
}
