//! One field of an item: what it says, and whether more of it is better for the customer.

use crate::diff::{Effect, FieldChange};
use crate::wording::pick;
use crate::{Lang, Tier};

/// One field of an item.
pub struct Field {
    /// Its key, to find it in the other item.
    pub key: &'static str,
    /// What it is, in both languages.
    pub title: (&'static str, &'static str),
    /// What it says.
    pub words: String,
    /// How two of them are compared for the customer.
    pub measure: Measure,
}

/// How much a field gives.
pub enum Measure {
    /// It cannot be told.
    None,
    /// A number on a scale; numbers on different scales are not compared. A period of a month has
    /// 28 to 31 days: two that overlap are not compared either.
    Amount {
        /// What it is measured in.
        scale: &'static str,
        /// Least that it can be.
        least: i128,
        /// Most that it can be.
        most: i128,
        /// Whether more is better for the customer.
        more: Effect,
        /// What it is for the customer that the field is there at all.
        there: Effect,
    },
    /// Several numbers, more of each of which is better.
    Several(Vec<i128>),
    /// What is owed by how much was missed.
    Tiers(Vec<Tier>),
    /// Names, more of which are better or worse for the customer.
    Names {
        /// In any order.
        names: Vec<String>,
        /// What one more is.
        more: Effect,
    },
}

impl Measure {
    /// An exact number, of which more is better.
    pub fn better(scale: &'static str, amount: i128) -> Measure {
        Measure::amount(scale, amount, Effect::Better, Effect::Better)
    }

    /// An exact number, of which more is worse.
    pub fn worse(scale: &'static str, amount: i128) -> Measure {
        Measure::amount(scale, amount, Effect::Worse, Effect::Worse)
    }

    /// A number and what more of it and its presence are.
    pub fn amount(scale: &'static str, amount: i128, more: Effect, there: Effect) -> Measure {
        Measure::Amount { scale, least: amount, most: amount, more, there }
    }
}

impl Field {
    /// A field that says something, without a measure.
    pub fn plain(key: &'static str, title: (&'static str, &'static str), words: String) -> Field {
        Field { key, title, words, measure: Measure::None }
    }

    /// A field with a measure.
    pub fn measured(
        key: &'static str,
        title: (&'static str, &'static str),
        words: String,
        measure: Measure,
    ) -> Field {
        Field { key, title, words, measure }
    }

    /// The change from one to the other; `None` when both say the same.
    pub fn change(old: Option<&Field>, new: Option<&Field>, lang: Lang) -> Option<FieldChange> {
        let title = new.or(old)?.title;
        let words = |field: Option<&Field>| field.map_or_else(String::new, |f| f.words.clone());
        let (before, after) = (words(old), words(new));
        if before == after {
            return None;
        }
        let effect = match (old, new) {
            (Some(old), Some(new)) => compare(&old.measure, &new.measure),
            (None, Some(new)) => presence(&new.measure),
            (Some(old), None) => presence(&old.measure).reversed(),
            (None, None) => Effect::Neither,
        };
        let field = pick(lang, title.0, title.1).to_owned();
        Some(FieldChange { field, old: before, new: after, effect })
    }
}

fn presence(measure: &Measure) -> Effect {
    match measure {
        Measure::Amount { there, .. } => *there,
        Measure::Names { more, .. } => *more,
        Measure::Tiers(_) => Effect::Better,
        Measure::Several(_) | Measure::None => Effect::Neither,
    }
}

fn compare(old: &Measure, new: &Measure) -> Effect {
    match (old, new) {
        (
            Measure::Amount { scale, least, most, more, .. },
            Measure::Amount { scale: new_scale, least: new_least, most: new_most, .. },
        ) if scale == new_scale => {
            if new_least > most {
                *more
            } else if new_most < least {
                more.reversed()
            } else {
                Effect::Neither
            }
        }
        (Measure::Names { names, more }, Measure::Names { names: new_names, .. }) => {
            let lacks = |list: &[String], of: &[String]| of.iter().any(|name| !list.contains(name));
            match (lacks(names, new_names), lacks(new_names, names)) {
                (true, false) => *more,
                (false, true) => more.reversed(),
                _ => Effect::Neither,
            }
        }
        (Measure::Tiers(old), Measure::Tiers(new)) => compare_tiers(old, new),
        (Measure::Several(old), Measure::Several(new)) if old.len() == new.len() => {
            let pairs = || old.iter().zip(new);
            sum_up(pairs().any(|(old, new)| new > old), pairs().any(|(old, new)| new < old))
        }
        _ => Effect::Neither,
    }
}

/// Better when no month is owed less and one is owed more. It is enough to look just below each
/// bound, since between two bounds nothing changes.
fn compare_tiers(old: &[Tier], new: &[Tier]) -> Effect {
    let owed = |tiers: &[Tier], uptime: i64| {
        let holds = |tier: &&Tier| {
            uptime < tier.below.0 && tier.at_least.is_none_or(|floor| floor.0 <= uptime)
        };
        tiers.iter().find(holds).map_or(0, |tier| tier.percent.0)
    };
    let (mut more, mut less) = (false, false);
    for bound in old.iter().chain(new).map(|tier| tier.below.0 - 1) {
        let (before, after) = (owed(old, bound), owed(new, bound));
        more |= after > before;
        less |= after < before;
    }
    sum_up(more, less)
}

fn sum_up(more: bool, less: bool) -> Effect {
    match (more, less) {
        (true, false) => Effect::Better,
        (false, true) => Effect::Worse,
        _ => Effect::Neither,
    }
}
