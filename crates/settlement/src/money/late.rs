//! Late charges (遅延損害金): an annual rate by days of delay.

use jiff::civil::Date;
use terms::{DaysOfDelay, LateCharge, Percent, YearDays};

use super::divide;

/// A payment that came after its due day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LatePayment {
    /// What was due, in the currency's smallest unit.
    pub amount: i64,
    /// The last day to pay in time.
    pub due: Date,
    /// The day of payment.
    pub paid: Date,
}

/// The days of delay that count: from the day after the due day to the day before payment (001
/// art. 14) or to the day of payment (004 art. 22). 0 when it was paid in time.
pub fn days_of_delay(rule: DaysOfDelay, due: Date, paid: Date) -> i64 {
    let after_due = i64::from((paid - due).get_days());
    let counted = match rule {
        DaysOfDelay::ToPaymentDay => after_due,
        DaysOfDelay::ToDayBeforePayment => after_due - 1,
    };
    counted.max(0)
}

/// The charge for one late payment: amount × annual rate × days ÷ days of the year, divided once.
pub fn late_charge(charge: &LateCharge, payment: &LatePayment) -> i64 {
    let days = days_of_delay(charge.days, payment.due, payment.paid);
    let in_leap_years = match charge.year {
        YearDays::Always365 => 0,
        YearDays::Actual => leap_days(payment.due, days),
    };
    let plain = i128::from(days - in_leap_years);
    let leap = i128::from(in_leap_years);
    // One fraction over 365 × 366, so that there is one division.
    let share = (plain * 366 + leap * 365) * i128::from(charge.annual.0);
    let by = 365 * 366 * i128::from(Percent::HUNDRED.0);
    divide(i128::from(payment.amount) * share, by, charge.rounding)
}

/// How many of the `days` after `due` fall in leap years.
fn leap_days(due: Date, days: i64) -> i64 {
    let mut leap = 0;
    let mut day = due;
    for _ in 0..days {
        let Ok(next) = day.tomorrow() else { break };
        day = next;
        leap += i64::from(day.in_leap_year());
    }
    leap
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use terms::{Clause, Rounding};

    use super::*;

    fn rate(annual: i64, days: DaysOfDelay, year: YearDays) -> LateCharge {
        let clause = Clause("第14条".to_owned());
        LateCharge { clause, annual: Percent(annual), days, year, rounding: Rounding::Down }
    }

    #[test]
    fn days_run_from_the_day_after_the_due_day() {
        let due = date(2026, 12, 31);
        let cases = [
            (date(2026, 12, 31), 0, 0),
            (date(2027, 1, 1), 0, 1),
            (date(2027, 1, 15), 14, 15),
            (date(2026, 12, 1), 0, 0),
        ];
        for (paid, to_day_before, to_payment) in cases {
            assert_eq!(days_of_delay(DaysOfDelay::ToDayBeforePayment, due, paid), to_day_before);
            assert_eq!(days_of_delay(DaysOfDelay::ToPaymentDay, due, paid), to_payment);
        }
    }

    #[test]
    fn a_charge_is_divided_once_and_rounded_down() {
        let payment =
            LatePayment { amount: 100_000, due: date(2026, 12, 31), paid: date(2027, 1, 15) };
        // 001: 14 days at 14.6 %: 100,000 × 0.146 × 14 / 365 = 560 exactly.
        let first = rate(14_600_000, DaysOfDelay::ToDayBeforePayment, YearDays::Always365);
        assert_eq!(late_charge(&first, &payment), 560);
        // 004: 15 days at 14.5 %: 595.89…
        let second = rate(14_500_000, DaysOfDelay::ToPaymentDay, YearDays::Always365);
        assert_eq!(late_charge(&second, &payment), 595);
        // Over a leap year: 10 days of 2027 and 5 of 2028.
        let over =
            LatePayment { amount: 3_660_000, due: date(2027, 12, 21), paid: date(2028, 1, 5) };
        let actual = rate(10_000_000, DaysOfDelay::ToPaymentDay, YearDays::Actual);
        assert_eq!(late_charge(&actual, &over), 10_027 + 5_000);
    }
}
