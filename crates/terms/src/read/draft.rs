//! A contract while it is read: every item with its place, the sound ones with their value.

use std::collections::BTreeMap;
use std::rc::Rc;

use sections::Place;

use crate::{Agreement, Billing, CalendarRule, Exclusion, Fee, Name, Promise, Service, Terms};

/// Where an item stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Which of the files that were read.
    pub file: usize,
    /// Its lines there.
    pub place: Place,
}

/// A named item. One that is not sound has a name all the same, so that nothing which refers to
/// it is called wrong too.
#[derive(Debug)]
pub struct Entry<T> {
    /// Its name.
    pub name: Name,
    /// `None` when there is a finding about it.
    pub value: Option<T>,
    /// For findings about how it goes together with others.
    pub source: Source,
}

/// A list of items.
pub type Entries<T> = Vec<Rc<Entry<T>>>;

/// What one file or one `[[version]]` says, or the terms of a version so far.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// Items in the order of the file.
    pub calendars: Entries<CalendarRule>,
    /// As above.
    pub services: Entries<Service>,
    /// As above.
    pub exclusions: Entries<Exclusion>,
    /// As above.
    pub promises: Entries<Promise>,
    /// As above.
    pub fees: Entries<Fee>,
    /// What is given of it.
    pub billing: Billing,
    /// What is given of it.
    pub agreement: Agreement,
    /// Names of promises and exclusions that end, with their lines.
    pub remove: Vec<(Name, usize)>,
}

impl Draft {
    /// Puts another over this one: items of the same name are replaced in their place, new ones
    /// added at the end, removed ones taken out. Marks in `removed` which names were there.
    pub fn overlay(&mut self, over: &Draft, removed: &mut [bool]) {
        for ((name, _), removed) in over.remove.iter().zip(removed) {
            *removed |= remove(&mut self.promises, name);
            *removed |= remove(&mut self.exclusions, name);
        }
        merge(&mut self.calendars, &over.calendars);
        merge(&mut self.services, &over.services);
        merge(&mut self.exclusions, &over.exclusions);
        merge(&mut self.promises, &over.promises);
        merge(&mut self.fees, &over.fees);
        self.overlay_billing(&over.billing);
        self.overlay_agreement(&over.agreement);
    }

    fn overlay_billing(&mut self, over: &Billing) {
        let billing = &mut self.billing;
        billing.first_month = over.first_month.or(billing.first_month);
        billing.due = over.due.or(billing.due);
        if !over.tax.is_empty() {
            billing.tax.clone_from(&over.tax);
        }
        billing.tax_rounding = over.tax_rounding.or(billing.tax_rounding);
        billing.late = over.late.clone().or(billing.late.take());
    }

    fn overlay_agreement(&mut self, over: &Agreement) {
        let agreement = &mut self.agreement;
        agreement.renewal = over.renewal.clone().or(agreement.renewal.take());
        agreement.minimum = over.minimum.clone().or(agreement.minimum.take());
        agreement.cancellation = over.cancellation.clone().or(agreement.cancellation.take());
        agreement.liability = over.liability.clone().or(agreement.liability.take());
    }

    /// The terms, when every item is sound.
    pub fn terms(&self) -> Option<Terms> {
        Some(Terms {
            calendars: values(&self.calendars)?,
            services: values(&self.services)?,
            exclusions: values(&self.exclusions)?,
            promises: values(&self.promises)?,
            fees: values(&self.fees)?,
            billing: self.billing.clone(),
            agreement: self.agreement.clone(),
        })
    }

    /// Names that `remove` may name.
    pub fn removable(&self) -> impl Iterator<Item = &Name> {
        let promises = self.promises.iter().map(|entry| &entry.name);
        let exclusions = self.exclusions.iter().map(|entry| &entry.name);
        promises.chain(exclusions)
    }
}

fn values<T: Clone>(entries: &Entries<T>) -> Option<Vec<T>> {
    entries.iter().map(|entry| entry.value.clone()).collect()
}

fn remove<T>(entries: &mut Entries<T>, name: &Name) -> bool {
    let before = entries.len();
    entries.retain(|entry| entry.name != *name);
    entries.len() < before
}

fn merge<T>(entries: &mut Entries<T>, over: &Entries<T>) {
    if over.is_empty() {
        return;
    }
    let mut places: BTreeMap<Name, usize> =
        entries.iter().enumerate().map(|(i, entry)| (entry.name.clone(), i)).collect();
    for entry in over {
        match places.get(&entry.name) {
            Some(i) => entries[*i] = Rc::clone(entry),
            None => {
                places.insert(entry.name.clone(), entries.len());
                entries.push(Rc::clone(entry));
            }
        }
    }
}
