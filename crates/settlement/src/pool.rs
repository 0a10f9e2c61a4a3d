//! Figures over several months or services: pooled, never averaged.

use jiff::SignedDuration;

use crate::{Credit, Figure, Statement};

/// Several statements taken together: all that counted, over all that could be up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pool {
    /// Net, as each statement's own figure.
    pub net: Figure,
    /// If every unknown instant was down.
    pub lower: Figure,
    /// How many statements.
    pub statements: usize,
}

impl Pool {
    /// Pools statements. A service of ten days weighs a third of one of thirty.
    pub fn of<'a>(statements: impl IntoIterator<Item = &'a Statement>) -> Pool {
        let nothing = Figure { counted: SignedDuration::ZERO, denominator: SignedDuration::ZERO };
        let add = |sum: Figure, figure: Figure| Figure {
            counted: sum.counted + figure.counted,
            denominator: sum.denominator + figure.denominator,
        };
        let start = Pool { net: nothing, lower: nothing, statements: 0 };
        statements.into_iter().fold(start, |pool, statement| Pool {
            net: add(pool.net, statement.net),
            lower: add(pool.lower, statement.lower),
            statements: pool.statements + 1,
        })
    }
}

/// How many free months those statements give together: one for each month missed, however many
/// incidents it had (000: 抵触月数分).
pub fn free_months<'a>(statements: impl IntoIterator<Item = &'a Statement>) -> u32 {
    let months = statements.into_iter().map(|statement| match statement.credit {
        Credit::FreeMonths(months) => u32::from(months),
        _ => 0,
    });
    months.sum()
}
