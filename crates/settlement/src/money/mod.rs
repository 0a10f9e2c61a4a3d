//! Money: fees, credit, tax and late charges of one month → an invoice, in the currency's smallest unit.

mod invoice;
mod late;

pub use invoice::{CarriedCredit, Invoice, Line, MeteredUse, Remark, Usage, Use, invoice};
pub use late::{LatePayment, days_of_delay, late_charge};

use terms::Rounding;

/// Divides once, with the rounding that the contract names. Beyond what fits, the nearest that does.
pub fn divide(number: i128, by: i128, rounding: Rounding) -> i64 {
    let by = by.max(1);
    let (whole, rest) = (number / by, number % by);
    let away = match rounding {
        Rounding::Down => false,
        Rounding::Up => rest != 0,
        Rounding::HalfUp => rest.abs() * 2 >= by,
    };
    let result = if away { whole + number.signum() } else { whole };
    i64::try_from(result).unwrap_or(if result > 0 { i64::MAX } else { i64::MIN })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_division_rounds_as_the_contract_says() {
        let cases = [
            (10, 3, Rounding::Down, 3),
            (10, 3, Rounding::Up, 4),
            (10, 3, Rounding::HalfUp, 3),
            (11, 2, Rounding::HalfUp, 6),
            (9, 3, Rounding::Up, 3),
            (-10, 3, Rounding::Up, -4),
            (-10, 3, Rounding::Down, -3),
        ];
        for (number, by, rounding, expected) in cases {
            assert_eq!(divide(number, by, rounding), expected, "{number}/{by} {rounding:?}");
        }
    }
}
