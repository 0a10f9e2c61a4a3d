//! Cases about money: refunds, first months, overage, tax, credit carried on, late charges.

use calendar::{HolidayTable, Month};
use settlement::money::{CarriedCredit, LatePayment, Usage, Use, invoice};
use settlement::{Credit, Question, settle};
use terms::{FeeKind, Name};

use crate::world::{contract, evidence};

/// The cases of this file.
pub const IDS: &[&str] = &["M24", "M27"];

fn name(text: &str) -> Name {
    text.parse().expect("a name")
}

fn month(text: &str) -> Month {
    text.parse().expect("a month")
}

fn priced(price: i64) -> Use {
    Use { price: Some(price), ..Use::default() }
}

/// 50,000 a month, 3,200 of overage, an option for 5,000, work for 20,000.
fn usage() -> Usage {
    let overage = Use { price: Some(800), quantity: Some(103_001), included: Some(100_000) };
    let fees = [
        ("monthly", priced(50_000)),
        ("overage", overage),
        ("option", priced(5_000)),
        ("work", priced(20_000)),
    ];
    Usage {
        fees: fees.into_iter().map(|(fee, used)| (name(fee), used)).collect(),
        ..Usage::default()
    }
}

#[test]
fn m24_work_is_left_out_of_a_refund() {
    let contract = contract("001", &[]);
    let bill = invoice(&contract, month("2026-11"), &usage());
    assert_eq!(bill.remarks, []);
    assert_eq!(
        bill.by_kind[&FeeKind::Metered],
        3_200,
        "three thousands and one mail are four thousands"
    );
    assert_eq!(bill.fees, 78_200);
    let evidence = evidence(&["down all 2026-11-03T02:00 2026-11-03T02:44"], &contract.zone);
    let service = name("mail-cloud");
    let question = Question {
        contract: &contract,
        service: &service,
        month: month("2026-11"),
        as_of: None,
        fees: Some(&bill.by_kind),
        holidays: &HolidayTable::japan(),
    };
    let Credit::Percent { amount, .. } = settle(&question, &evidence).credit else {
        panic!("a refund")
    };
    assert_eq!(amount, Some(5_820));
}

#[test]
fn m27_what_exceeds_the_next_bill_is_carried_on() {
    let contract = contract("001", &[]);
    let credit = CarriedCredit { month: month("2026-10"), amount: 80_000 };
    let usage = Usage { credits: vec![credit.clone()], ..usage() };
    let first = invoice(&contract, month("2026-11"), &usage);
    assert_eq!((first.credited[0].amount, first.tax, first.total), (78_200, 0, 0));
    assert_eq!(first.carried, [CarriedCredit { amount: 1_800, ..credit }]);
    let next = invoice(&contract, month("2026-12"), &Usage { credits: first.carried, ..usage });
    assert_eq!((next.credited[0].amount, next.carried.len()), (1_800, 0));
    assert_eq!((next.tax, next.total), (7_640, 84_040));
}

#[test]
fn the_first_month_of_004_is_charged_by_the_day_from_the_day_after() {
    let contract = contract("004", &["start = 2026-11-20"]);
    let monthly = contract
        .newest()
        .fees
        .iter()
        .find(|fee| fee.kind == FeeKind::Monthly)
        .expect("a monthly fee");
    let fees = [(monthly.name.clone(), priced(30_000))].into_iter().collect();
    let bill = invoice(&contract, month("2026-11"), &Usage { fees, ..Usage::default() });
    assert_eq!((bill.lines[0].days, bill.lines[0].amount), (Some((10, 30)), 10_000));
    assert_eq!(bill.due, None, "before the contract began nothing can be due");
    let next = invoice(&contract, month("2026-12"), &Usage::default());
    assert_eq!(
        next.due,
        Some(jiff::civil::date(2026, 11, 30)),
        "due at the end of the month before"
    );
}

#[test]
fn late_charges_run_by_each_contracts_own_days() {
    let late = LatePayment {
        amount: 100_000,
        due: jiff::civil::date(2026, 12, 31),
        paid: jiff::civil::date(2027, 1, 15),
    };
    for (seed, charge) in [("001", 560), ("004", 595)] {
        let usage = Usage { late: vec![late], ..Usage::default() };
        let bill = invoice(&contract(seed, &[]), month("2027-02"), &usage);
        assert_eq!(bill.late[0].1, charge, "{seed}");
        assert_eq!(bill.total, charge, "{seed}: a late charge is not taxed");
    }
}

#[test]
fn a_free_month_charges_no_monthly_fee() {
    let contract = contract("five-tiers", &[]);
    let bill =
        invoice(&contract, month("2026-11"), &Usage { free_month: true, ..Usage::default() });
    assert_eq!((bill.fees, bill.total), (0, 0));
    let paid = invoice(&contract, month("2026-11"), &Usage::default());
    assert_eq!((paid.fees, paid.tax, paid.total), (10_000, 1_000, 11_000));
}
