//! What changes for the customer from one contract to another, item by item, by name.
//!
//! Each item is laid out as fields: what it says in words, and where that can be told a measure by
//! which more is better or worse for the customer. Two items are compared field by field.

mod deadline;
mod field;
mod items;
mod promise;

use std::collections::BTreeSet;

use crate::{Contract, Currency, Lang, Name, Terms};
use field::Field;
use items::Item;

/// An item that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The kind of item, in words: `稼働率`, `適用外`, `料金`.
    pub group: String,
    /// Its name in the files; empty for what has none.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// Where the new document says it, or the old one when it is gone.
    pub clause: String,
    /// What became of it.
    pub difference: Difference,
}

/// What became of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// It is new.
    Added {
        /// What it says, in a few words.
        number: String,
        /// For the customer.
        effect: Effect,
    },
    /// It is gone.
    Removed {
        /// What it said, in a few words.
        number: String,
        /// For the customer.
        effect: Effect,
    },
    /// It says something else; at least one field.
    Changed(Vec<FieldChange>),
}

/// One field that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldChange {
    /// What the field is, in words.
    pub field: String,
    /// What it said; empty when it said nothing.
    pub old: String,
    /// What it says; empty when it says nothing.
    pub new: String,
    /// For the customer.
    pub effect: Effect,
}

/// What a change is for the customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// More is promised, or less is asked for.
    Better,
    /// Less is promised, or more is asked for.
    Worse,
    /// Neither, or it cannot be told from the contract alone.
    Neither,
}

impl Effect {
    /// The effect of the change the other way round.
    #[must_use]
    pub fn reversed(self) -> Effect {
        match self {
            Effect::Better => Effect::Worse,
            Effect::Worse => Effect::Better,
            Effect::Neither => Effect::Neither,
        }
    }
}

/// What changes from the newest terms of one contract to those of another.
pub fn diff(old: &Contract, new: &Contract, lang: Lang) -> Vec<Change> {
    let mut changes = Vec::new();
    changes.extend(changed(&items::head(old, lang), &items::head(new, lang), lang));
    let old_side = (old.newest(), old.currency);
    changes.extend(diff_terms(old_side, (new.newest(), new.currency), lang));
    changes
}

/// What changes from some terms to others, such as from one version to the next. Removed items
/// come last in their kind.
pub fn diff_terms(old: (&Terms, Currency), new: (&Terms, Currency), lang: Lang) -> Vec<Change> {
    let all = |(terms, currency): (&Terms, Currency)| {
        [
            items::promises(terms, lang),
            items::exclusions(terms, lang),
            items::calendars(terms, lang),
            items::services(terms, lang),
            items::fees(terms, currency, lang),
            vec![items::billing(terms, lang)],
            vec![items::agreement(terms, lang)],
        ]
    };
    let (old, new) = (all(old), all(new));
    let pairs = old.iter().zip(&new);
    pairs.flat_map(|(old, new)| compare(old, new, lang)).collect()
}

/// Items of one list, matched by name.
fn compare(old: &[Item], new: &[Item], lang: Lang) -> Vec<Change> {
    let find = |list: &[Item], name: &Option<Name>| list.iter().position(|i| i.name == *name);
    let mut changes = Vec::new();
    for item in new {
        match find(old, &item.name) {
            Some(i) => changes.extend(changed(&old[i], item, lang)),
            None => {
                changes.push(item.change(Difference::Added {
                    number: item.number.clone(),
                    effect: item.presence,
                }))
            }
        }
    }
    for item in old.iter().filter(|item| find(new, &item.name).is_none()) {
        let effect = item.presence.reversed();
        let number = item.number.clone();
        changes.push(item.change(Difference::Removed { number, effect }));
    }
    changes
}

/// The fields that differ, in the order of the new item, then those that it lacks.
fn changed(old: &Item, new: &Item, lang: Lang) -> Option<Change> {
    let known: BTreeSet<&str> = new.fields.iter().map(|field| field.key).collect();
    let gone = old.fields.iter().filter(|field| !known.contains(field.key));
    let mut fields = Vec::new();
    for field in &new.fields {
        let before = old.fields.iter().find(|before| before.key == field.key);
        fields.extend(Field::change(before, Some(field), lang));
    }
    for field in gone {
        fields.extend(Field::change(Some(field), None, lang));
    }
    (!fields.is_empty()).then(|| new.change(Difference::Changed(fields)))
}
