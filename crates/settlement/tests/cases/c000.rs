//! 000: ten minutes without a break, calendar month, a free month.

use crate::world::{Row, run};

/// The case ids of this table.
pub fn ids() -> impl Iterator<Item = &'static str> {
    ROWS.iter().map(|row| row.id.split('/').next().unwrap_or(row.id))
}

#[test]
fn seed_000() {
    run(ROWS);
}

/// The month of the headline case, as 000 sees it.
const ONE_LOG: &[&str] = &[
    "down smtp-send 2026-11-03T02:00:00 2026-11-03T02:09:59",
    "down all 2026-11-05T10:00:00 2026-11-05T10:25:30",
    "down all 2026-11-10T22:00 2026-11-10T24:00",
    "window m1 2026-11-10T22:00 2026-11-10T24:00",
    "notice m1 email 2026-10-26T21:00",
    "notice m1 top-page 2026-10-26T21:00",
    "down web 2026-11-18T15:00:00 2026-11-18T15:45:20",
    "down all 2026-11-30T23:50 2026-12-01T00:20",
];

const ROWS: &[Row] = &[
    Row {
        id: "X1",
        says: "one log: 25.5 + 45⅓ + 10 minutes in November",
        contract: "000",
        reading: &[],
        month: "2026-11",
        log: ONE_LOG,
        expect: &[
            "broken",
            "counted 80m50s",
            "uptime 99.812885",
            "credit 1 month",
            "claim-by 2026-12-31T23:59:59",
            "finding degraded",
        ],
    },
    Row {
        id: "X1/December",
        says: "and 20 minutes in December",
        contract: "000",
        reading: &[],
        month: "2026-12",
        log: ONE_LOG,
        expect: &["kept", "counted 20m", "uptime 99.955197", "credit none", "claim-by none"],
    },
    Row {
        id: "A1",
        says: "exactly ten minutes count",
        contract: "000",
        reading: &[],
        month: "2026-11",
        log: &["down web 2026-11-03T02:00 2026-11-03T02:10"],
        expect: &["counted 10m", "kept"],
    },
    Row {
        id: "A2",
        says: "9:59 does not",
        contract: "000",
        reading: &[],
        month: "2026-11",
        log: &["down web 2026-11-03T02:00:00 2026-11-03T02:09:59"],
        expect: &["counted 0s", "uptime 100.000000", "kept"],
    },
    Row {
        id: "A4",
        says: "failing every other minute is degraded, not down",
        contract: "000",
        reading: &[],
        month: "2026-11",
        log: &["times 30 each 2m down web 2026-11-03T02:00 1m"],
        expect: &["counted 0s", "kept", "finding degraded"],
    },
    Row {
        id: "A5",
        says: "30 days: 43 minutes are met",
        contract: "000",
        reading: &[],
        month: "2026-11",
        log: &["down web 2026-11-03T02:00 2026-11-03T02:43"],
        expect: &["counted 43m", "uptime 99.900462", "kept"],
    },
    Row {
        id: "A5/exactly",
        says: "43:12 is exactly 99.9",
        contract: "000",
        reading: &[],
        month: "2026-11",
        log: &["down web 2026-11-03T02:00:00 2026-11-03T02:43:12"],
        expect: &["uptime 99.900000", "kept", "credit none"],
    },
    Row {
        id: "A5/over",
        says: "44 minutes are missed",
        contract: "000",
        reading: &[],
        month: "2026-11",
        log: &["down web 2026-11-03T02:00 2026-11-03T02:44"],
        expect: &["uptime 99.898148", "broken", "credit 1 month"],
    },
    Row {
        id: "A6",
        says: "31 days have 44,640 minutes: 44 are met",
        contract: "000",
        reading: &[],
        month: "2026-12",
        log: &["down web 2026-12-03T02:00 2026-12-03T02:44"],
        expect: &["of 44640m", "uptime 99.901433", "kept"],
    },
    Row {
        id: "A6/over",
        says: "45 are missed",
        contract: "000",
        reading: &[],
        month: "2026-12",
        log: &["down web 2026-12-03T02:00 2026-12-03T02:45"],
        expect: &["uptime 99.899193", "broken"],
    },
    Row {
        id: "A9",
        says: "ten minutes are tested on the outage, then it is split: 5 in November",
        contract: "000",
        reading: &[],
        month: "2026-11",
        log: &["down web 2026-11-30T23:55 2026-12-01T00:06"],
        expect: &["counted 5m"],
    },
    Row {
        id: "A9/December",
        says: "and 6 in December",
        contract: "000",
        reading: &[],
        month: "2026-12",
        log: &["down web 2026-11-30T23:55 2026-12-01T00:06"],
        expect: &["counted 6m"],
    },
    Row {
        id: "A11",
        says: "tested on the raw outage, then maintenance is taken out",
        contract: "000",
        reading: &[],
        month: "2026-11",
        log: &[
            "down web 2026-11-03T02:00 2026-11-03T02:30",
            "window m1 2026-11-03T02:05 2026-11-03T02:25",
            "notice m1 email 2026-11-01T10:00",
        ],
        expect: &["counted 10m", "gross-counted 30m"],
    },
    Row {
        id: "A11/other reading",
        says: "tested on what maintenance leaves: two pieces of five minutes",
        contract: "000",
        reading: &["minimum_tested = \"after-exclusions\""],
        month: "2026-11",
        log: &[
            "down web 2026-11-03T02:00 2026-11-03T02:30",
            "window m1 2026-11-03T02:05 2026-11-03T02:25",
            "notice m1 email 2026-11-01T10:00",
        ],
        expect: &["counted 0s", "gross-counted 30m"],
    },
    Row {
        id: "A12",
        says: "told five minutes after it began is not beforehand",
        contract: "000",
        reading: &[],
        month: "2026-11",
        log: &[
            "down web 2026-11-03T02:00 2026-11-03T02:30",
            "window m1 2026-11-03T02:00 2026-11-03T04:00",
            "notice m1 email 2026-11-03T02:05",
        ],
        expect: &["counted 30m", "finding window_counts"],
    },
    Row {
        id: "A14",
        says: "IMAP and POP are outside the guarantee",
        contract: "000",
        reading: &[],
        month: "2026-11",
        log: &[
            "down imap 2026-11-03T02:00 2026-11-03T05:00",
            "down pop 2026-11-03T02:00 2026-11-03T05:00",
        ],
        expect: &["counted 0s", "kept"],
    },
    Row {
        id: "A15",
        says: "sending down for six minutes, then the web for six: the service is down for twelve",
        contract: "000",
        reading: &[],
        month: "2026-11",
        log: &[
            "down smtp-send 2026-11-03T10:00 2026-11-03T10:06",
            "down web 2026-11-03T10:06 2026-11-03T10:12",
        ],
        expect: &["counted 12m"],
    },
    Row {
        id: "A15/other reading",
        says: "down only when both are: nothing",
        contract: "000",
        reading: &["combine = \"all\""],
        month: "2026-11",
        log: &[
            "down smtp-send 2026-11-03T10:00 2026-11-03T10:06",
            "down web 2026-11-03T10:06 2026-11-03T10:12",
        ],
        expect: &["counted 0s", "partial 2"],
    },
    Row {
        id: "A17",
        says: "checks fail from 10:01 to 10:10: ten minutes, truly between 9 and 11",
        contract: "000",
        reading: &[],
        month: "2026-11",
        log: &["measured web 2026-11-03T10:00 every 60s 1u 10d 1u"],
        expect: &["counted 10m", "bounds 9m 11m"],
    },
    Row {
        id: "A18",
        says: "a check every ten minutes cannot prove ten minutes",
        contract: "000",
        reading: &[],
        month: "2026-11",
        log: &["measured web 2026-11-01T00:00 every 10m 100u 1d 4219u"],
        expect: &["bounds 0s 20m", "finding measured_too_slowly"],
    },
    Row {
        id: "A19",
        says: "blind in the middle of an outage: between 14 and 46 minutes",
        contract: "000",
        reading: &[],
        month: "2026-11",
        log: &[
            "down web 2026-11-03T09:59 2026-11-03T10:00",
            "blind 2026-11-03T10:00 2026-11-03T10:31",
            "down web 2026-11-03T10:31 2026-11-03T10:45",
        ],
        expect: &[
            "undetermined",
            "counted 14m",
            "possible 46m",
            "lower 99.893518",
            "uptime 99.967592",
            "credit none",
        ],
    },
    Row {
        id: "A19/measured",
        says: "the same from measurements",
        contract: "000",
        reading: &[],
        month: "2026-11",
        log: &["measured web 2026-11-01T00:00 every 60s 3479u 1d 31- 14d 39675u"],
        expect: &["undetermined", "counted 14m", "possible 46m", "finding blind_time"],
    },
    Row {
        id: "A20",
        says: "measured from the 16th on, without a fault: no verdict",
        contract: "000",
        reading: &[],
        month: "2026-11",
        log: &["measured web 2026-11-16T00:00 every 60s 21600u"],
        expect: &["undetermined", "coverage 50.000000", "lower 50.000000", "uptime 100.000000"],
    },
    Row {
        id: "A22",
        says: "an outage from the instant maintenance ends counts whole",
        contract: "000",
        reading: &[],
        month: "2026-11",
        log: &[
            "window m1 2026-11-03T02:00 2026-11-03T04:00",
            "notice m1 email 2026-11-01T10:00",
            "down web 2026-11-03T04:00 2026-11-03T04:30",
        ],
        expect: &["counted 30m"],
    },
    Row {
        id: "A23",
        says: "the clock of the check steps back five minutes in an outage",
        contract: "000",
        reading: &[],
        month: "2026-11",
        log: &[
            "measured web 2026-11-03T10:00 every 60s 1u 10d",
            "measured web 2026-11-03T10:06 every 60s 10d 1u",
        ],
        expect: &["counted 15m"],
    },
    Row {
        id: "A24",
        says: "an attack recorded afterwards: gross and net, with author and time",
        contract: "000",
        reading: &[],
        month: "2026-11",
        log: &[
            "down web 2026-11-03T10:00 2026-11-03T11:00",
            "excluded ddos 2026-11-03T10:00 2026-11-03T11:00 by sato at 2026-11-03T14:00",
        ],
        expect: &["counted 0s", "uptime 100.000000", "gross 99.861111", "kept"],
    },
    Row {
        id: "A24/before",
        says: "what was known before the decision is not changed by it",
        contract: "000",
        reading: &[],
        month: "2026-11",
        log: &[
            "down web 2026-11-03T10:00 2026-11-03T11:00",
            "excluded ddos 2026-11-03T10:00 2026-11-03T11:00 by sato at 2026-11-03T14:00",
            "as-of 2026-11-03T13:00",
        ],
        expect: &["counted 1h", "broken", "finding provisional"],
    },
    Row {
        id: "A25",
        says: "revised on the 16th to count from five minutes: each minute by its version",
        contract: "000",
        reading: &[REVISED],
        month: "2026-11",
        log: &[
            "down web 2026-11-03T02:00 2026-11-03T02:08",
            "down web 2026-11-20T02:00 2026-11-20T02:08",
        ],
        expect: &["counted 8m", "kept", "finding revised"],
    },
    Row {
        id: "A25/October",
        says: "October is as it was",
        contract: "000",
        reading: &[REVISED],
        month: "2026-10",
        log: &["down web 2026-10-03T02:00 2026-10-03T02:08"],
        expect: &["counted 0s", "kept", "findings 1"],
    },
    Row {
        id: "A25/target",
        says: "the target is that of the month's beginning: 30 minutes keep 99.9",
        contract: "000",
        reading: &[REVISED],
        month: "2026-11",
        log: &["down web 2026-11-20T02:00 2026-11-20T02:30"],
        expect: &["uptime 99.930555", "kept"],
    },
    Row {
        id: "A25/other reading",
        says: "or that of its end: 30 minutes miss 99.95",
        contract: "000",
        reading: &["revised_target = \"at-month-end\"", REVISED],
        month: "2026-11",
        log: &["down web 2026-11-20T02:00 2026-11-20T02:30"],
        expect: &["uptime 99.930555", "broken"],
    },
];

const REVISED: &str = "[[version]]
in_force = 2026-11-16
[[version.promise]]
name = \"availability\"
kind = \"availability\"
title = \"revised\"
clause = \"revised\"
service = \"messaging\"
target = \"99.95%\"
functions = [\"smtp-send\", \"web\"]
minimum_outage = \"5min\"
revised_target = \"at-month-end\"
";
