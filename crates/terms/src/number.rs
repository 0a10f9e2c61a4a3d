//! Shares, currencies and rounding. Integers only.

use std::fmt;
use std::str::FromStr;

/// A share in millionths of a percent: `99.9%` is 99,900,000. May be negative (001, annex 2 (2) has
/// no floor) and above 100 %.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Percent(pub i64);

impl Percent {
    /// Millionths of a percent in one percent.
    pub const ONE: i64 = 1_000_000;
    /// 100 %.
    pub const HUNDRED: Percent = Percent(100 * Percent::ONE);
}

impl FromStr for Percent {
    type Err = ();

    /// `99.9%`, with up to six digits after the point, from 0 % to 1000 %.
    fn from_str(text: &str) -> Result<Percent, ()> {
        let number = text.strip_suffix('%').ok_or(())?.trim_end();
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
        let point_without_digits = number.contains('.') && fraction.is_empty();
        if whole.is_empty()
            || !digits(whole)
            || !digits(fraction)
            || fraction.len() > 6
            || point_without_digits
        {
            return Err(());
        }
        let whole: i64 = whole.parse().map_err(drop)?;
        let fraction: i64 = format!("{fraction:0<6}").parse().map_err(drop)?;
        if whole > 1000 { Err(()) } else { Ok(Percent(whole * Percent::ONE + fraction)) }
    }
}

impl fmt::Display for Percent {
    /// As in the file: `99.9%`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let unit = Percent::ONE.unsigned_abs();
        let (whole, rest) = (self.0.unsigned_abs() / unit, self.0.unsigned_abs() % unit);
        if rest == 0 {
            return f.pad(&format!("{sign}{whole}%"));
        }
        let fraction = format!("{rest:06}");
        f.pad(&format!("{sign}{whole}.{}%", fraction.trim_end_matches('0')))
    }
}

/// Money is counted in the currency's smallest unit: yen, or cents of a euro.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Currency {
    /// Japanese yen; no smaller unit.
    Jpy,
    /// Euro; counted in cents.
    Eur,
}

/// What becomes of the part of a smallest unit that a division leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rounding {
    /// Away from zero.
    Up,
    /// Towards zero.
    Down,
    /// To the nearest, a half away from zero.
    HalfUp,
}
