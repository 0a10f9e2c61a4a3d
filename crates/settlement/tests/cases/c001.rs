//! 001: 43,200 minutes, outages truncated to minutes, down only when nothing can be reached.

use crate::world::{Row, run};

/// The case ids of this table.
pub fn ids() -> impl Iterator<Item = &'static str> {
    ROWS.iter().map(|row| row.id.split('/').next().unwrap_or(row.id))
}

#[test]
fn seed_001() {
    run(ROWS);
}

/// A row of this contract in November 2026, unless it says otherwise.
const fn row(
    id: &'static str,
    says: &'static str,
    log: &'static [&'static str],
    expect: &'static [&'static str],
) -> Row {
    Row { id, says, contract: "001", reading: &[], month: "2026-11", log, expect }
}

const ROWS: &[Row] = &[
    row(
        "X2",
        "one log: only (2) and (5) take everything down",
        &[
            "down smtp 2026-11-03T02:00:00 2026-11-03T02:09:59",
            "down all 2026-11-05T10:00:00 2026-11-05T10:25:30",
            "down all 2026-11-10T22:00 2026-11-10T24:00",
            "window m1 2026-11-10T22:00 2026-11-10T24:00",
            "notice m1 email 2026-10-26T21:00",
            "notice m1 top-page 2026-10-26T21:00",
            "down console 2026-11-18T15:00:00 2026-11-18T15:45:20",
            "down api 2026-11-18T15:00:00 2026-11-18T15:45:20",
            "down all 2026-11-30T23:50 2026-12-01T00:20",
        ],
        &["kept", "counted 35m", "uptime 99.918981", "credit none", "partial 3"],
    ),
    row(
        "M1",
        "ten outages of 59 seconds are truncated one by one",
        &["times 10 each 1h down all 2026-11-03T02:00 59s"],
        &["counted 0s", "uptime 100.000000", "kept", "credit none"],
    ),
    row(
        "M3",
        "43 minutes",
        &["down all 2026-11-03T02:00 2026-11-03T02:43"],
        &["kept", "credit none"],
    ),
    row(
        "M3/over",
        "44 minutes",
        &["down all 2026-11-03T02:00 2026-11-03T02:44"],
        &["broken", "credit 10%", "claim-by 2026-12-15T23:59:59"],
    ),
    row(
        "M4",
        "432 minutes are exactly 99.0",
        &["down all 2026-11-03T02:00 2026-11-03T09:12"],
        &["uptime 99.000000", "credit 10%"],
    ),
    row(
        "M4/over",
        "433 minutes",
        &["down all 2026-11-03T02:00 2026-11-03T09:13"],
        &["uptime 98.997685", "credit 25%"],
    ),
    row(
        "M6",
        "4,320 minutes are exactly 90.0",
        &["down all 2026-11-03T00:00 2026-11-06T00:00"],
        &["uptime 90.000000", "credit 50%"],
    ),
    row(
        "M6/over",
        "4,321 minutes",
        &["down all 2026-11-03T00:00 2026-11-06T00:01"],
        &["credit 100%"],
    ),
    row(
        "M8",
        "44 minutes never show as 99.90",
        &["down all 2026-11-03T02:00 2026-11-03T02:44"],
        &["uptime 99.898148", "broken"],
    ),
    Row {
        month: "2026-12",
        ..row(
            "M9",
            "a month of 31 days down whole is below zero",
            &["down all 2026-12-01T00:00 2027-01-01T00:00"],
            &["uptime -3.333334", "counted 44640m", "of 43200m", "credit 100%"],
        )
    },
    Row {
        reading: &["start = 2026-11-20"],
        ..row(
            "M11",
            "the contract began on the 20th: the denominator stays",
            &["down all 2026-11-25T02:00 2026-11-25T02:44"],
            &["of 43200m", "uptime 99.898148", "credit 10%"],
        )
    },
    row(
        "M12",
        "one relay of two down is not told as an outage; the console down while SMTP is up",
        &["down console 2026-11-03T02:00 2026-11-03T04:00"],
        &["counted 0s", "partial 1", "kept"],
    ),
    row(
        "M14",
        "mailed two weeks before, to the minute",
        &[
            "down all 2026-11-15T10:00 2026-11-15T12:00",
            "window m1 2026-11-15T10:00 2026-11-15T12:00",
            "notice m1 email 2026-11-01T10:00",
        ],
        &["counted 0s", "kept"],
    ),
    row(
        "M14/late",
        "a minute too late: it counts",
        &[
            "down all 2026-11-15T09:59 2026-11-15T12:00",
            "window m1 2026-11-15T09:59 2026-11-15T12:00",
            "notice m1 email 2026-11-01T10:00",
        ],
        &["counted 121m", "broken", "finding window_counts"],
    ),
    row(
        "M17",
        "the customer sent more than the specification",
        &[
            "down all 2026-11-03T02:00 2026-11-03T04:00",
            "excluded over-capacity 2026-11-03T02:00 2026-11-03T04:00 by sato at 2026-11-03T09:00",
        ],
        &["counted 0s", "gross-counted 2h", "kept"],
    ),
    row(
        "M19",
        "a minute over the month's end: split, then truncated",
        &["down all 2026-11-30T23:59:30 2026-12-01T00:00:30"],
        &["counted 0s"],
    ),
    Row {
        month: "2026-12",
        ..row(
            "M19/December",
            "nothing on the other side either",
            &["down all 2026-11-30T23:59:30 2026-12-01T00:00:30"],
            &["counted 0s"],
        )
    },
    Row {
        reading: &["month_split = \"truncate-then-split\""],
        ..row(
            "M19/other reading",
            "truncated, then given to the month it began in",
            &["down all 2026-11-30T23:59:30 2026-12-01T00:00:30"],
            &["counted 1m"],
        )
    },
    Row {
        reading: &["month_split = \"truncate-then-split\""],
        month: "2026-12",
        ..row(
            "M19/other reading, December",
            "and not to the other",
            &["down all 2026-11-30T23:59:30 2026-12-01T00:00:30"],
            &["counted 0s"],
        )
    },
    row(
        "M20",
        "an urgent stop mailed at once: without a decision it counts",
        &[
            "down all 2026-11-03T02:00 2026-11-03T03:00",
            "window u1 2026-11-03T02:00 2026-11-03T03:00",
            "notice u1 email 2026-11-03T01:50",
        ],
        &["counted 1h", "broken", "finding window_counts"],
    ),
    row(
        "M20/decided",
        "with one both figures are shown",
        &[
            "down all 2026-11-03T02:00 2026-11-03T03:00",
            "excluded urgent-security 2026-11-03T02:00 2026-11-03T03:00 by sato at 2026-11-03T09:00",
        ],
        &["counted 0s", "gross-counted 1h", "kept", "gross 99.861111"],
    ),
    row(
        "M29",
        "432 outages of one minute are 432 minutes",
        &["times 432 each 5m down all 2026-11-03T02:00 1m"],
        &["counted 432m", "uptime 99.000000", "credit 10%"],
    ),
];
