//! Claims for a credit, and how it is given.

use desk::{Claim, Customer, Given, Judged, award_cap, claim_due, given, judged};
use terms::{Kind, Remedy, Terms};

use crate::{Case, at, check, check_rows, on, promise, say};

/// id | contract | outage | received | becomes
pub const CLAIMS: &str = "
    A27 | cyber-solutions      | 2026-11-30 23:50 | 2026-12-31 23:59:59                   | accepted
    A27 | cyber-solutions      | 2026-11-30 23:50 | 2027-01-01 00:00                      | too late, due Thu 2026-12-31 23:59:59
    M21 | customers-mail-cloud | 2026-11-05 10:00 | 2026-12-15 23:59:59                   | accepted
    M21 | customers-mail-cloud | 2026-11-05 10:00 | 2026-12-16 00:00                      | too late, due Tue 2026-12-15 23:59:59
    M23 | customers-mail-cloud | 2026-11-05 10:00 | without evidence 2026-12-10 09:00     | incomplete, until Tue 2026-12-15 23:59:59
    M23 | customers-mail-cloud | 2026-11-05 10:00 | without evidence 2026-12-16 00:00     | too late, due Tue 2026-12-15 23:59:59
    M23 | customers-mail-cloud | 2026-11-05 10:00 | 2026-12-14 09:00                      | accepted
";

pub const CASES: &[Case] = &[
    Case {
        id: "A30",
        input: "application received and confirmed 2026-12-20",
        got: || how("cyber-solutions", "free-month", Customer::Stays),
        expected: "free period, not before 2027-01",
    },
    Case {
        id: "M26",
        input: "the customer leaves at month end",
        got: || how("customers-mail-cloud", "refund", Customer::Leaves),
        expected: "bank transfer",
    },
    Case {
        id: "M26",
        input: "the customer stays",
        got: || how("customers-mail-cloud", "refund", Customer::Stays),
        expected: "next bill, the rest carried over",
    },
    Case {
        id: "S19",
        input: "outage of a customer who pays 80,000 yen a month",
        got: || {
            on("skyarch", |ground| {
                let remedies = ground.terms.promises.iter();
                let remedies = remedies.filter(|promise| matches!(promise.kind, Kind::Remedy(_)));
                let liability = ground.terms.agreement.liability.as_ref().expect("a liability");
                let cap = award_cap(liability, 80_000);
                format!("{} remedies, an award of at most {cap} yen", remedies.count())
            })
        },
        expected: "0 remedies, an award of at most 80000 yen",
    },
];

#[test]
fn claims() {
    check_rows::<5>(CLAIMS, |[_, contract, outage, received, _]| {
        on(contract, |ground| {
            let remedy = only_remedy(ground.terms);
            let brings_evidence = !received.starts_with("without evidence ");
            let received = at(received.trim_start_matches("without evidence "));
            let due = claim_due(remedy, ground, at(outage));
            match judged(remedy, due, Claim { received, brings_evidence }) {
                Judged::Accepted => "accepted".to_owned(),
                Judged::Incomplete { until: None } => "incomplete".to_owned(),
                Judged::Incomplete { until: Some(due) } => {
                    format!("incomplete, until {}", say(due.shown()))
                }
                Judged::TooLate { due } => format!("too late, due {}", say(due.shown())),
            }
        })
    });
}

#[test]
fn cases() {
    check(CASES);
}

/// The only remedy of a contract.
fn only_remedy(terms: &Terms) -> &Remedy {
    let mut remedies = terms.promises.iter().filter_map(|promise| match &promise.kind {
        Kind::Remedy(remedy) => Some(remedy),
        _ => None,
    });
    let remedy = remedies.next().expect("a remedy");
    assert!(remedies.next().is_none(), "one remedy only");
    remedy
}

/// How a remedy accepted on 2026-12-20 is given.
fn how(contract: &str, name: &str, customer: Customer) -> String {
    on(contract, |ground| {
        let Kind::Remedy(remedy) = &promise(ground.terms, name).kind else { panic!("no remedy") };
        match given(remedy.payment, customer, at("2026-12-20 12:00"), ground.zone) {
            Given::NextBill { carry_over: true } => "next bill, the rest carried over".to_owned(),
            Given::NextBill { carry_over: false } => "next bill, the rest lapses".to_owned(),
            Given::BankTransfer => "bank transfer".to_owned(),
            Given::FreePeriod { earliest } => format!("free period, not before {earliest}"),
        }
    })
}
