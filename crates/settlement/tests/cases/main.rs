//! The worked cases of availability, credit and statements, one row each, by id.
//!
//! A row's log and expectations are in words ([`world`]); contracts are the files of `contracts/`.

mod c000;
mod c001;
mod c002;
mod cross;
mod money;
mod world;

/// The cases that these tables hold; `desk` holds the others, and together they are all of them.
#[test]
fn every_case_is_in_a_table() {
    let here: Vec<&str> = c000::ids()
        .chain(c001::ids())
        .chain(c002::ids())
        .chain(cross::ids())
        .chain(money::IDS.iter().copied())
        .collect();
    let there = include_str!("../../../desk/tests/cases.ids");
    let missing: Vec<&str> = ALL
        .split_whitespace()
        .filter(|id| !here.contains(id) && !there.lines().any(|line| line.trim() == *id))
        .collect();
    assert!(missing.is_empty(), "in no table: {missing:?}");
}

/// Every id of the cases.
const ALL: &str = "
    X1 X2 X3 X4 X5
    A1 A2 A4 A5 A6 A9 A11 A12 A14 A15 A17 A18 A19 A20 A22 A23 A24 A25 A27 A29 A30
    M1 M3 M4 M6 M8 M9 M11 M12 M14 M15 M17 M18 M19 M20 M21 M23 M24 M26 M27 M29
    O2 O3 O4 O6 O7 O8 O9 O11 O13
    H1 H2 H4 H6 H7 H10 H11 H12 H14 H16 H17 H18 H20 H21 H22
    S1 S2 S3 S4 S5 S7 S9 S12 S15 S16 S17 S18 S19
    G2 G5 G6 G7 G8 G9 G10 G11 G13 G14";
