//! 002: operating time as the denominator, an objective. And the contracts without a figure.

use crate::world::{Row, run};

/// The case ids of this table.
pub fn ids() -> impl Iterator<Item = &'static str> {
    ROWS.iter().map(|row| row.id.split('/').next().unwrap_or(row.id))
}

#[test]
fn seeds_002_to_004() {
    run(ROWS);
}

/// A row of 002 in November 2026, unless it says otherwise.
const fn row(
    id: &'static str,
    says: &'static str,
    log: &'static [&'static str],
    expect: &'static [&'static str],
) -> Row {
    Row { id, says, contract: "002", reading: &[], month: "2026-11", log, expect }
}

const ROWS: &[Row] = &[
    row(
        "X3",
        "one log over 43,080 minutes",
        &[
            "down all 2026-11-05T10:00:00 2026-11-05T10:25:30",
            "down all 2026-11-10T22:00 2026-11-10T24:00",
            "window m1 2026-11-10T22:00 2026-11-10T24:00",
            "notice m1 email 2026-10-26T21:00",
            "notice m1 top-page 2026-10-26T21:00",
            "down web 2026-11-18T15:00:00 2026-11-18T15:45:20",
            "down all 2026-11-30T23:50 2026-12-01T00:20",
        ],
        &[
            "broken",
            "of 43080m",
            "counted 80m50s",
            "uptime 99.812364",
            "credit none",
            "finding no_remedy",
            "claim-by none",
        ],
    ),
    row(
        "O2",
        "258 seconds with a planned stop of two hours",
        &[
            "window m1 2026-11-10T22:00 2026-11-10T24:00",
            "notice m1 top-page 2026-11-09T12:00",
            "down web 2026-11-05T10:00:00 2026-11-05T10:04:18",
        ],
        &["of 43080m", "uptime 99.990018", "kept"],
    ),
    row(
        "O3",
        "259 seconds without one",
        &["down web 2026-11-05T10:00:00 2026-11-05T10:04:19"],
        &["uptime 99.990007", "kept"],
    ),
    row(
        "O3/over",
        "260 seconds",
        &["down web 2026-11-05T10:00:00 2026-11-05T10:04:20"],
        &["broken"],
    ),
    row(
        "O4",
        "a fault inside the planned stop is in neither number",
        &[
            "window m1 2026-11-10T22:00 2026-11-10T24:00",
            "notice m1 top-page 2026-11-09T12:00",
            "down web 2026-11-10T22:30 2026-11-10T23:30",
        ],
        &["counted 0s", "of 43080m", "uptime 100.000000", "gross-counted 1h"],
    ),
    row(
        "O6",
        "plain HTTP and use from abroad are no functions of it",
        &[
            "down http 2026-11-05T10:00 2026-11-05T12:00",
            "down web-abroad 2026-11-05T10:00 2026-11-05T12:00",
        ],
        &["counted 0s", "kept", "finding unknown_function"],
    ),
    row(
        "O9",
        "told on the top page alone, the day before",
        &[
            "window m1 2026-11-10T22:00 2026-11-10T24:00",
            "notice m1 top-page 2026-11-09T22:00",
            "down web 2026-11-10T22:00 2026-11-10T24:00",
        ],
        &["counted 0s", "of 43080m", "kept"],
    ),
    row(
        "O11",
        "a missed month is missed, and nothing is to be claimed",
        &["down web 2026-11-05T10:00 2026-11-05T11:00"],
        &["broken", "credit none", "claim-by none", "finding no_remedy"],
    ),
    Row {
        contract: "003",
        ..row(
            "X4",
            "003 names no figure",
            &["down all 2026-11-05T10:00:00 2026-11-05T10:25:30"],
            &["no-target", "credit none"],
        )
    },
    Row {
        contract: "003",
        ..row(
            "H17",
            "21:50 to 00:10 around the fourth Thursday: 20 minutes are outside the window",
            &["down all 2026-10-22T21:50 2026-10-23T00:10"],
            &["no-target"],
        )
    },
    Row {
        contract: "003",
        month: "2026-10",
        ..row(
            "H17/October",
            "20 minutes count",
            &["down all 2026-10-22T21:50 2026-10-23T00:10"],
            &["counted 20m", "gross-counted 140m"],
        )
    },
    Row {
        contract: "004",
        ..row(
            "X5",
            "004 owes no refund",
            &["down all 2026-11-05T10:00:00 2026-11-05T10:25:30"],
            &["no-target", "credit none"],
        )
    },
    Row {
        contract: "004",
        ..row(
            "S19",
            "an outage brings no refund by itself",
            &["down all 2026-11-05T10:00 2026-11-06T10:00"],
            &["no-target", "credit none", "claim-by none"],
        )
    },
];
