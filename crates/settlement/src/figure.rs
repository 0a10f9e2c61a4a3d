//! An exact share of time: counted against a denominator.

use std::cmp::Ordering;

use jiff::SignedDuration;
use terms::Percent;

/// So much of so much time was down. The share up is `(denominator - counted) / denominator`, kept as
/// a fraction and divided only to be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figure {
    /// Time that counts as down. May exceed a fixed denominator (001 in a month of 31 days).
    pub counted: SignedDuration,
    /// What it is divided by.
    pub denominator: SignedDuration,
}

impl Figure {
    /// The share up, truncated to millionths of a percent towards the worse; `None` when there was no
    /// time at all. Never above 100 %.
    pub fn uptime(self) -> Option<Percent> {
        let whole = self.denominator.as_nanos();
        let up = whole - self.counted.as_nanos();
        let floor = (up * i128::from(Percent::HUNDRED.0)).checked_div_euclid(whole)?;
        i64::try_from(floor).ok().map(Percent)
    }

    /// Compares the exact share up with a percentage; `None` when there was no time at all.
    pub fn compared_with(self, target: Percent) -> Option<Ordering> {
        let whole = self.denominator.as_nanos();
        if whole <= 0 {
            return None;
        }
        let up = (whole - self.counted.as_nanos()) * i128::from(Percent::HUNDRED.0);
        Some(up.cmp(&(whole * i128::from(target.0))))
    }

    /// Whether the exact share up is at least this; a month without any time misses nothing.
    pub fn meets(self, target: Percent) -> bool {
        self.compared_with(target) != Some(Ordering::Less)
    }

    /// How much more may be down before the target is missed; zero when it is.
    pub fn budget_left(self, target: Percent) -> SignedDuration {
        let whole = self.denominator.as_nanos();
        let allowed =
            whole * i128::from(Percent::HUNDRED.0 - target.0) / i128::from(Percent::HUNDRED.0);
        let left = (allowed - self.counted.as_nanos()).max(0);
        SignedDuration::from_nanos_i128(left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(counted_minutes: i64, denominator_minutes: i64) -> Figure {
        let minutes = |m: i64| SignedDuration::from_secs(m * 60);
        Figure { counted: minutes(counted_minutes), denominator: minutes(denominator_minutes) }
    }

    #[test]
    fn the_last_digit_falls_towards_the_worse() {
        let cases = [
            (0, 43_200, Percent(100_000_000)),
            (43, 43_200, Percent(99_900_462)),
            (44, 43_200, Percent(99_898_148)),
            (432, 43_200, Percent(99_000_000)),
            (44_640, 43_200, Percent(-3_333_334)),
        ];
        for (counted, denominator, expected) in cases {
            assert_eq!(
                figure(counted, denominator).uptime(),
                Some(expected),
                "{counted}/{denominator}"
            );
        }
        assert_eq!(figure(0, 0).uptime(), None);
    }

    #[test]
    fn a_target_is_compared_with_the_fraction_not_with_what_is_shown() {
        let target = Percent(99_900_000);
        // 43.2 minutes of 43,200 are exactly 0.1 %.
        let exact = Figure {
            counted: SignedDuration::from_secs(43 * 60 + 12),
            denominator: SignedDuration::from_secs(43_200 * 60),
        };
        assert!(exact.meets(target));
        assert_eq!(exact.budget_left(target), SignedDuration::ZERO);
        let over = Figure { counted: exact.counted + SignedDuration::from_nanos(1), ..exact };
        assert!(!over.meets(target));
        assert_eq!(figure(43, 43_200).budget_left(target), SignedDuration::from_secs(12));
    }
}
