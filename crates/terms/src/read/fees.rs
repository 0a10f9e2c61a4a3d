//! Fees, billing and the agreement.

use sections::{Choice, Day, Number, Section, Truth};

use crate::read::operation::COUNT_MAX;
use crate::read::remedy::{FEE_KINDS, ROUNDINGS};
use crate::read::values::{CLAUSE, PERCENT, PERIOD, SHARE, need_text};
use crate::{
    Agreement, Billing, Cancellation, Clause, DaysOfDelay, Fee, FeeKind, FirstMonth, LateCharge,
    Liability, Name, PaymentDue, Period, Rounding, TaxRate, YearDays,
};

const DUE: [(&str, i8); 3] =
    [("end of month", 0), ("end of next month", 1), ("end of previous month", -1)];
const DAYS: [(&str, DaysOfDelay); 2] = [
    ("to-day-before-payment", DaysOfDelay::ToDayBeforePayment),
    ("to-payment-day", DaysOfDelay::ToPaymentDay),
];
const YEARS: [(&str, YearDays); 2] = [("365", YearDays::Always365), ("actual", YearDays::Actual)];

/// One thing that is paid for.
pub fn read_fee(section: &Section<'_>, name: Option<Name>) -> Option<Fee> {
    let title = need_text(section, "title");
    let clause = section.need("clause", &CLAUSE);
    let kind = section.need("kind", &Choice(&FEE_KINDS));
    let key = ("price", "in yen or cents; brought by the usage file when left out");
    let price = section.value(key, &Number(0..=COUNT_MAX));
    let by = section.value(("by", "metered: charged by so many"), &Number(1..=COUNT_MAX));
    let key = ("included", "metered: so many are covered by the monthly fee");
    let included = section.value(key, &Number(0..=COUNT_MAX));
    for key in ["by", "included"] {
        if section.has(key) && kind.is_some_and(|kind| kind != FeeKind::Metered) {
            section.object(key, &format!("`{key}` belongs to a fee of kind \"metered\""));
        }
    }
    let price = price.and_then(|price| i64::try_from(price).ok());
    Some(Fee { name: name?, title: title?, clause: clause?, kind: kind?, price, by, included })
}

/// How fees are charged.
pub fn read_billing(section: Section<'_>) -> Billing {
    let first_month = section.variant(
        ("first_month", "the fee of the month in which the service began"),
        &[("full", false), ("by-day", true)],
        |by_day, section| if by_day { read_by_day(section) } else { FirstMonth::Full },
    );
    let due = section.value(("due", "the last day to pay, from the month of use"), &Choice(&DUE));
    let tax = read_tax(&section);
    let tax_rounding = section.value("tax_rounding", &Choice(&ROUNDINGS));
    let late = read_late(section.section(("late", "for paying late")));
    section.finish();
    Billing {
        first_month,
        due: due.map(|months_after| PaymentDue { months_after }),
        tax,
        tax_rounding,
        late,
    }
}

fn read_by_day(section: &Section<'_>) -> FirstMonth {
    let key = (
        "first_month_divisor",
        "a day costs the fee divided by this; the days of the month when left out",
    );
    let divisor = section.value(key, &Number(1..=31));
    let key = ("first_day_counts", "whether the first day is charged; true when left out");
    let counts_first_day = section.value(key, &Truth).unwrap_or(true);
    let rounding = section.choice_or("first_month_rounding", &ROUNDINGS, Rounding::Down);
    FirstMonth::ByDay { divisor: divisor.map(|days| days as u16), counts_first_day, rounding }
}

fn read_tax(section: &Section<'_>) -> Vec<TaxRate> {
    let mut rates: Vec<TaxRate> = Vec::new();
    for rate in section.sections(("tax", "rates of consumption tax, oldest first")) {
        let from = rate.need("from", &Day);
        let percent = rate.need("rate", &SHARE);
        if let (Some(from), Some(percent)) = (from, percent) {
            if let Some(before) = rates.last().filter(|before| before.from >= from) {
                let text = format!("{from} is not after {}: oldest rate first", before.from);
                rate.object("from", &text);
            }
            rates.push(TaxRate { from, rate: percent });
        }
        rate.finish();
    }
    rates
}

fn read_late(section: Section<'_>) -> Option<LateCharge> {
    if !section.is_expected() {
        return None;
    }
    let clause = section.need("clause", &CLAUSE);
    let annual = section.need(("annual", "rate for a year"), &PERCENT);
    let days = section.need(("days", "which days of delay count"), &Choice(&DAYS));
    let year = section.choice_or("year", &YEARS, YearDays::Always365);
    let rounding = section.choice_or("rounding", &ROUNDINGS, Rounding::Down);
    section.finish();
    Some(LateCharge { clause: clause?, annual: annual?, days: days?, year, rounding })
}

/// How long the agreement runs and how it ends.
pub fn read_agreement(section: Section<'_>) -> Agreement {
    let renewal =
        read_term(&section, ("renewal", "renewed for so long each time"), "renewal_clause");
    let minimum =
        read_term(&section, ("minimum", "the least time from the start"), "minimum_clause");
    let cancellation = read_cancellation(section.section("cancellation"));
    let liability = read_liability(section.section(("liability", "the most paid in damages")));
    section.finish();
    Agreement { renewal, minimum, cancellation, liability }
}

/// A period and the clause that says it.
fn read_term(
    section: &Section<'_>,
    key: (&'static str, &'static str),
    clause_key: &'static str,
) -> Option<(Period, Clause)> {
    let period = section.value(key, &PERIOD);
    let clause = section.value(clause_key, &CLAUSE);
    for (there, missing) in [(key.0, clause_key), (clause_key, key.0)] {
        if section.has(there) && !section.has(missing) {
            section.object(there, &format!("`{missing}` is missing beside it"));
        }
    }
    Some((period?, clause?))
}

fn read_cancellation(section: Section<'_>) -> Option<Cancellation> {
    if !section.is_expected() {
        return None;
    }
    let clause = section.need("clause", &CLAUSE);
    let key = ("months_before", "asked for so many months before the last month");
    let months_before = section.need(key, &Number(0..=24));
    let key = ("day", "by this day of that month; its last when left out");
    let day = section.value(key, &Number(1..=31));
    section.finish();
    Some(Cancellation {
        clause: clause?,
        months_before: months_before? as u8,
        day: day.map(|day| day as u8),
    })
}

fn read_liability(section: Section<'_>) -> Option<Liability> {
    if !section.is_expected() {
        return None;
    }
    let clause = section.need("clause", &CLAUSE);
    let key = ("months_of_fees", "the fees of so many months");
    let months = section.need(key, &Number(1..=120));
    section.finish();
    Some(Liability { clause: clause?, months_of_fees: months? as u8 })
}
