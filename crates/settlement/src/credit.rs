//! What is owed for a missed month.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use terms::{FeeKind, Percent, Remedy, RemedyForm, Rounding, Tier};

use crate::Figure;
use crate::money::divide;

/// What is owed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credit {
    /// Nothing.
    None,
    /// A share of the month's fees.
    Percent {
        /// The share.
        percent: Percent,
        /// In the currency's smallest unit; `None` when the fees are not given.
        amount: Option<i64>,
    },
    /// Months free of charge.
    FreeMonths(u8),
}

/// The customer's fees of one month by kind, in the currency's smallest unit, before tax.
pub type MonthFees = BTreeMap<FeeKind, i64>;

/// What that remedy gives for a month with that figure, which missed its target.
pub(crate) fn credit(remedy: &Remedy, figure: Figure, fees: Option<&MonthFees>) -> Credit {
    match &remedy.form {
        RemedyForm::FreeMonths(months) => Credit::FreeMonths(*months),
        RemedyForm::Tiers(tiers) => match tier(tiers, figure) {
            None => Credit::None,
            Some(tier) => {
                let amount =
                    fees.map(|fees| share(fees, &remedy.fees, tier.percent, remedy.rounding));
                Credit::Percent { percent: tier.percent, amount }
            }
        },
    }
}

/// The tier that an exact figure falls in: from `at_least` up to but not including `below`.
pub(crate) fn tier(tiers: &[Tier], figure: Figure) -> Option<&Tier> {
    tiers.iter().find(|tier| {
        let below = figure.compared_with(tier.below) == Some(Ordering::Less);
        below && tier.at_least.is_none_or(|at_least| figure.meets(at_least))
    })
}

/// That share of the fees that a remedy covers (001 annex 2: all but work fees).
fn share(fees: &MonthFees, covered: &[FeeKind], percent: Percent, rounding: Rounding) -> i64 {
    let base: i128 =
        covered.iter().filter_map(|kind| fees.get(kind)).map(|fee| i128::from(*fee)).sum();
    divide(base * i128::from(percent.0), i128::from(Percent::HUNDRED.0), rounding)
}
