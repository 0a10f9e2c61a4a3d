//! The invoice of one month.

use std::collections::BTreeMap;

use calendar::Month;
use jiff::civil::Date;
use terms::{
    Billing, Contract, Currency, Fee, FeeKind, FirstMonth, Name, Percent, Rounding, Terms, Text,
};

use super::{LatePayment, divide, late_charge};
use crate::MonthFees;

/// What a customer used and owes besides, in one month.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// For each fee of the contract that is charged this month; monthly fees with a price of their own
    /// in the contract may be left out.
    pub fees: BTreeMap<Name, Use>,
    /// Whether the month is free (000: 無料サービス期間): monthly and option fees are not charged.
    pub free_month: bool,
    /// Credits that come off this bill, oldest first.
    pub credits: Vec<CarriedCredit>,
    /// Payments that came late and are charged for with this bill.
    pub late: Vec<LatePayment>,
}

/// What was used of one fee.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Use {
    /// The agreed price in the currency's smallest unit; `None`: the contract's.
    pub price: Option<i64>,
    /// How often it is charged (1 when left out), or how much was used of a metered fee.
    pub quantity: Option<u64>,
    /// How much of a metered fee the plan covers; `None`: as the contract says.
    pub included: Option<u64>,
}

/// How much of a metered fee was used, and what of it is charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MeteredUse {
    /// Used in the month.
    pub used: u64,
    /// Covered by the plan.
    pub included: u64,
    /// Charged by so many.
    pub by: u64,
}

/// A credit that is to come off a bill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CarriedCredit {
    /// The month it is owed for.
    pub month: Month,
    /// How much is left of it, in the currency's smallest unit; not negative.
    pub amount: i64,
}

/// The invoice of one month. Amounts are in the currency's smallest unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invoice {
    /// The contract.
    pub contract: Name,
    /// Who sends it.
    pub provider: Text,
    /// Who pays it.
    pub customer: Text,
    /// The month of use.
    pub month: Month,
    /// The currency.
    pub currency: Currency,
    /// The last day to pay; `None` when the contract does not say.
    pub due: Option<Date>,
    /// What is charged, in the order of the contract.
    pub lines: Vec<Line>,
    /// The sum of the lines.
    pub fees: i64,
    /// The sum of the lines by kind: what a credit for this month is a share of.
    pub by_kind: MonthFees,
    /// Credits taken off, oldest first; together never more than the fees.
    pub credited: Vec<CarriedCredit>,
    /// The rate of tax on the last day of the month.
    pub tax_rate: Percent,
    /// Tax on the fees less what is credited.
    pub tax: i64,
    /// Late charges; not taxed.
    pub late: Vec<(LatePayment, i64)>,
    /// What is to be paid; not negative, unless a price is.
    pub total: i64,
    /// What is left of credits, for the next bill.
    pub carried: Vec<CarriedCredit>,
    /// What was left out and why.
    pub remarks: Vec<Remark>,
}

/// One line of an invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The fee.
    pub fee: Name,
    /// On paper.
    pub title: Text,
    /// Its kind.
    pub kind: FeeKind,
    /// Price of one.
    pub price: i64,
    /// How many are charged.
    pub quantity: u64,
    /// For a metered fee, what that comes from.
    pub metered: Option<MeteredUse>,
    /// For a first month by the day: charged days, and what a day's price is divided by.
    pub days: Option<(u16, u16)>,
    /// What is charged.
    pub amount: i64,
}

/// Something that the reader of an invoice must know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remark {
    /// The usage names a fee that the contract does not have.
    UnknownFee(Name),
    /// A fee has no price, neither in the contract nor in the usage.
    NoPrice(Name),
    /// The usage has a metered fee without its quantity.
    NoQuantity(Name),
    /// The contract does not run in this month.
    NotUnderContract,
    /// The rest of a credit lapses, since the contract carries none over.
    Lapsed(i64),
    /// Payments came late and the contract has no late charge.
    NoLateCharge,
}

/// Makes the invoice for the use of one month.
///
/// Fees, then credits of earlier months (never below zero: the rest is carried on or lapses, as the
/// contract says), then tax on what remains, then late charges.
pub fn invoice(contract: &Contract, month: Month, usage: &Usage) -> Invoice {
    let terms = &contract.version_on(month.last()).terms;
    let mut remarks = Vec::new();
    let lines = lines(contract, terms, month, usage, &mut remarks);
    let fees: i64 = lines.iter().map(|line| line.amount).fold(0, i64::saturating_add);
    let mut by_kind = MonthFees::new();
    for line in &lines {
        let sum = by_kind.entry(line.kind).or_insert(0);
        *sum = sum.saturating_add(line.amount);
    }
    let (credited, carried) = take_off(&usage.credits, fees);
    let carried = carry_or_lapse(terms, carried, &mut remarks);
    let taxable = fees.saturating_sub(sum(&credited));
    let tax_rate = rate_on(&terms.billing, month.last());
    let rounding = terms.billing.tax_rounding.unwrap_or(Rounding::Down);
    let tax = divide(
        i128::from(taxable) * i128::from(tax_rate.0),
        i128::from(Percent::HUNDRED.0),
        rounding,
    );
    let late = late(&terms.billing, &usage.late, &mut remarks);
    let charges: i64 = late.iter().map(|(_, charge)| *charge).fold(0, i64::saturating_add);
    Invoice {
        contract: contract.name.clone(),
        provider: contract.parties.provider.clone(),
        customer: contract.parties.customer.clone(),
        month,
        currency: contract.currency,
        due: due(contract, terms, month),
        lines,
        fees,
        by_kind,
        credited,
        tax_rate,
        tax,
        late,
        total: taxable.saturating_add(tax).saturating_add(charges),
        carried,
        remarks,
    }
}

/// The last day to pay; `None` when the contract does not say, and for a month that would be due
/// before the contract begins (004 art. 20(3): in advance): that day is agreed with the customer.
fn due(contract: &Contract, terms: &Terms, month: Month) -> Option<Date> {
    let due = month.plus(i32::from(terms.billing.due?.months_after)).last();
    (due >= contract.start).then_some(due)
}

fn sum(credits: &[CarriedCredit]) -> i64 {
    credits.iter().map(|credit| credit.amount).fold(0, i64::saturating_add)
}

fn lines(
    contract: &Contract,
    terms: &Terms,
    month: Month,
    usage: &Usage,
    remarks: &mut Vec<Remark>,
) -> Vec<Line> {
    let known = |name: &&Name| !terms.fees.iter().any(|fee| fee.name == **name);
    remarks.extend(usage.fees.keys().filter(known).cloned().map(Remark::UnknownFee));
    let ended = contract.end.is_some_and(|end| end < month.first());
    if contract.start > month.last() || ended {
        remarks.push(Remark::NotUnderContract);
        return Vec::new();
    }
    let first = Month::of_date(contract.start) == month;
    let charged = terms.fees.iter().filter(|fee| match fee.kind {
        FeeKind::Initial => first,
        FeeKind::Monthly | FeeKind::Option => !usage.free_month,
        FeeKind::Metered | FeeKind::Work => true,
    });
    let days = first.then(|| first_days(&terms.billing, contract.start, month)).flatten();
    charged.filter_map(|fee| line(fee, usage.fees.get(&fee.name), days, remarks)).collect()
}

/// The line of one fee; `None` when it is not charged this month.
fn line(
    fee: &Fee,
    used: Option<&Use>,
    days: Option<Days>,
    remarks: &mut Vec<Remark>,
) -> Option<Line> {
    // A fee that is agreed with each customer and not in the usage was not agreed with this one.
    let expected = fee.kind == FeeKind::Monthly || fee.kind == FeeKind::Initial;
    let used = match used {
        Some(used) => *used,
        None if expected && fee.price.is_some() => Use::default(),
        None if fee.kind == FeeKind::Monthly => {
            remarks.push(Remark::NoPrice(fee.name.clone()));
            return None;
        }
        None => return None,
    };
    let Some(price) = used.price.or(fee.price) else {
        remarks.push(Remark::NoPrice(fee.name.clone()));
        return None;
    };
    let metered = match (fee.kind, used.quantity) {
        (FeeKind::Metered, None) => {
            remarks.push(Remark::NoQuantity(fee.name.clone()));
            return None;
        }
        (FeeKind::Metered, Some(quantity)) => {
            let included = used.included.or(fee.included).unwrap_or(0);
            Some(MeteredUse { used: quantity, included, by: fee.by.unwrap_or(1).max(1) })
        }
        _ => None,
    };
    let quantity = match metered {
        Some(metered) => metered.used.saturating_sub(metered.included).div_ceil(metered.by),
        None => used.quantity.unwrap_or(1),
    };
    let full = i128::from(price) * i128::from(quantity);
    let by_day = days.filter(|_| matches!(fee.kind, FeeKind::Monthly | FeeKind::Option));
    let amount = match by_day {
        Some(days) if days.charged < days.of => {
            divide(full * i128::from(days.charged), i128::from(days.of), days.rounding)
        }
        _ => divide(full, 1, Rounding::Down),
    };
    let title = fee.title.clone();
    let days = by_day.map(|days| (days.charged, days.of));
    Some(Line {
        fee: fee.name.clone(),
        title,
        kind: fee.kind,
        price,
        quantity,
        metered,
        days,
        amount,
    })
}

/// The charged days of a first month.
#[derive(Clone, Copy)]
struct Days {
    charged: u16,
    of: u16,
    rounding: Rounding,
}

/// `None` when the first month is charged in full.
fn first_days(billing: &Billing, start: Date, month: Month) -> Option<Days> {
    let Some(FirstMonth::ByDay { divisor, counts_first_day, rounding }) = billing.first_month
    else {
        return None;
    };
    let month_days = u16::try_from(month.last().day()).unwrap_or(30);
    let after_start = u16::try_from(month.last().day() - start.day()).unwrap_or(0);
    let charged = after_start + u16::from(counts_first_day);
    Some(Days { charged, of: divisor.unwrap_or(month_days).max(1), rounding })
}

/// Takes credits off a bill, oldest first; what is taken and what is left.
fn take_off(credits: &[CarriedCredit], bill: i64) -> (Vec<CarriedCredit>, Vec<CarriedCredit>) {
    let mut left = bill.max(0);
    let (mut taken, mut rest) = (Vec::new(), Vec::new());
    for credit in credits.iter().filter(|credit| credit.amount > 0) {
        let now = credit.amount.min(left);
        left -= now;
        let of = |amount| CarriedCredit { month: credit.month, amount };
        taken.extend((now > 0).then(|| of(now)));
        rest.extend((credit.amount > now).then(|| of(credit.amount - now)));
    }
    (taken, rest)
}

fn carry_or_lapse(
    terms: &Terms,
    rest: Vec<CarriedCredit>,
    remarks: &mut Vec<Remark>,
) -> Vec<CarriedCredit> {
    let lapses = terms.promises.iter().any(|promise| match &promise.kind {
        terms::Kind::Remedy(remedy) => {
            remedy.payment == terms::Payment::NextBill { carry_over: false }
        }
        _ => false,
    });
    if lapses && !rest.is_empty() {
        remarks.push(Remark::Lapsed(sum(&rest)));
        return Vec::new();
    }
    rest
}

fn rate_on(billing: &Billing, day: Date) -> Percent {
    let rate = billing.tax.iter().rfind(|rate| rate.from <= day);
    rate.map_or(Percent(0), |rate| rate.rate)
}

fn late(
    billing: &Billing,
    payments: &[LatePayment],
    remarks: &mut Vec<Remark>,
) -> Vec<(LatePayment, i64)> {
    let Some(charge) = &billing.late else {
        if !payments.is_empty() {
            remarks.push(Remark::NoLateCharge);
        }
        return Vec::new();
    };
    payments.iter().map(|payment| (*payment, late_charge(charge, payment))).collect()
}
