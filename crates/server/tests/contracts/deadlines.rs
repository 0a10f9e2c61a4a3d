//! Deadlines and windows of every contract.

use crate::program::yakusoku;

/// Case, contract, promise, event, what is printed. Cases are those of `cases/service-levels.md`; one
/// without a name is here so that every promise that people ask for is.
const DUE: [(&str, &str, &str, &str, &str); 29] = [
    ("A27", "cyber-solutions", "claim", "2026-11-30T23:50", "2026-12-31T23:59:59+09:00"),
    ("M21", "customers-mail-cloud", "claim", "2026-11-30T23:50", "2026-12-15T23:59:59+09:00"),
    ("", "customers-mail-cloud", "support-answer", "2026-11-20T16:00", "2026-11-24T16:00:00+09:00"),
    ("", "customers-mail-cloud", "suspension-notice", "2026-11-20T16:00", "none"),
    ("O8", "aoulu-cloud", "incident-notice", "2026-11-05T10:00", "2026-11-05T11:00:00+09:00"),
    ("X4 (2)", "click-so-ko", "first-notice", "2026-11-05T10:02", "2026-11-05T14:02:00+09:00"),
    ("X4 (4)", "click-so-ko", "first-notice", "2026-11-18T15:01", "2026-11-19T10:01:00+09:00"),
    ("X4 (5)", "click-so-ko", "first-notice", "2026-11-30T23:51", "none"),
    ("H1", "click-so-ko", "response.p1", "2026-11-20T16:00", "2026-11-24T12:00:00+09:00"),
    ("H2", "click-so-ko", "response.p1", "2026-11-19T11:30", "2026-11-19T16:30:00+09:00"),
    ("H2", "click-so-ko", "response.p1", "2026-11-19T12:30", "2026-11-19T17:00:00+09:00"),
    ("H4", "click-so-ko", "response.p1", "2026-11-19T09:59", "2026-11-19T15:00:00+09:00"),
    ("H4", "click-so-ko", "response.p1", "2026-11-19T18:00", "2026-11-20T15:00:00+09:00"),
    ("H6", "click-so-ko", "response.p2", "2026-11-21T10:00", "2026-11-24T18:00:00+09:00"),
    ("H7", "click-so-ko", "response.p3", "2026-09-18T15:00", "2026-09-30T15:00:00+09:00"),
    ("H10", "click-so-ko", "response.p2", "2026-11-17T14:00", "2026-11-18T14:00:00+09:00"),
    ("H11", "click-so-ko", "first-notice", "2026-11-16T16:30", "2026-11-17T11:30:00+09:00"),
    ("H11", "click-so-ko", "first-notice", "2026-11-20T17:00", "2026-11-24T12:00:00+09:00"),
    ("H12", "click-so-ko", "first-notice", "2026-11-16T19:00", "none"),
    ("", "click-so-ko", "close-after-silence", "2026-11-20T16:00", "2026-12-07T16:00:00+09:00"),
    ("X5 (2)", "skyarch", "incident-report", "2026-11-05T10:25:30", "2026-11-09T23:59:59+09:00"),
    ("X5 (4)", "skyarch", "incident-report", "2026-11-18T15:45:20", "2026-11-20T23:59:59+09:00"),
    ("X5 (5)", "skyarch", "incident-report", "2026-12-01T00:20", "2026-12-03T23:59:59+09:00"),
    ("S5", "skyarch", "on-site", "2026-12-30T22:10", "2026-12-31T00:10:00+09:00"),
    ("S7", "skyarch", "work", "2026-11-20T15:00", "2026-11-26T23:59:59+09:00"),
    ("S7", "skyarch", "work", "2026-11-21T15:00", "2026-11-26T23:59:59+09:00"),
    ("", "skyarch", "reinstall", "2026-12-30T22:10", "2026-12-31T00:10:00+09:00"),
    ("", "skyarch", "inspection", "2026-11-20T15:00", "2026-11-27T15:00:00+09:00"),
    ("", "donau-hosting", "incident-notice", "2026-03-29T01:45", "2026-03-29T03:15:00+02:00"),
];

#[test]
fn every_promise_with_a_clock() {
    for (case, contract, promise, from, expected) in DUE {
        let ran = yakusoku(&format!("due contracts/{contract}.toml {promise} --from {from}"));
        let row = format!("{case} {contract} {promise} {from}: {}", ran.err);
        assert_eq!((ran.status, ran.out), (0, format!("{expected}\n")), "{row}");
    }
}

#[test]
fn the_zone_of_an_instant_does_not_matter() {
    for from in ["2026-11-20T16:00+09:00", "2026-11-20T07:00Z", "2026-11-20T02:00-05:00"] {
        let ran = yakusoku(&format!("due contracts/click-so-ko.toml response.p1 --from {from}"));
        assert_eq!(ran.out, "2026-11-24T12:00:00+09:00\n", "{from}");
    }
}

#[test]
fn a_pause_puts_the_deadline_off() {
    let line = "due contracts/click-so-ko.toml response.p1 --from 2026-11-20T16:00";
    let first = "--pause 2026-11-20T17:00/2026-11-24T11:00";
    let again = "--pause 2026-11-24T10:30/2026-11-24T13:30+09:00";
    let cases =
        [(first.to_owned(), "2026-11-24T15:00"), (format!("{first} {again}"), "2026-11-24T16:30")];
    for (pauses, expected) in cases {
        let ran = yakusoku(&format!("{line} {pauses}"));
        assert_eq!(ran.out, format!("{expected}:00+09:00\n"), "{pauses}: {}", ran.err);
    }
}

#[test]
fn what_is_told_beside_a_deadline() {
    let line = "due contracts/click-so-ko.toml";
    let cases = [
        (
            "first-notice --from 2026-11-16T19:00",
            "障害状況の第一報(第3条1 項番4)。起点: 障害を認知した時点\n\
             対応時間外の事象のため、期限はありません\n",
        ),
        (
            "response.p3 --from 2027-12-28T16:00 --lang en",
            "answer at priority 3: little effect (第3条2 優先度3); it runs from: judged that the \
             product may be the cause\n\
             provisional: holidays after 2027-12-31 are not officially published yet; reckon it \
             again when they are\n",
        ),
    ];
    for (arguments, expected) in cases {
        assert_eq!(yakusoku(&format!("{line} {arguments}")).err, expected, "{arguments}");
    }
}

#[test]
fn windows_as_they_fall() {
    let cases = [
        // H14: the fourth Thursday, which is not the last.
        ("click-so-ko --month 2026-10", "2026-10-22T22:00:00+09:00/2026-10-23T00:00:00+09:00\n"),
        // H16: nothing leaks into March.
        ("click-so-ko --month 2030-02", "2030-02-28T22:00:00+09:00/2030-03-01T00:00:00+09:00\n"),
        ("click-so-ko --month 2030-03", "2030-03-28T22:00:00+09:00/2030-03-29T00:00:00+09:00\n"),
        // The fourth Thursday is a holiday: the next business day.
        ("click-so-ko --month 2027-09", "2027-09-24T22:00:00+09:00/2027-09-25T00:00:00+09:00\n"),
        // Clocks change on that night: two hours in March, four in October.
        ("donau-hosting --month 2026-03", "2026-03-29T01:00:00+01:00/2026-03-29T04:00:00+02:00\n"),
        ("donau-hosting --month 2026-10", "2026-10-25T01:00:00+02:00/2026-10-25T04:00:00+01:00\n"),
        ("aoulu-cloud --year 2027", ""),
    ];
    for (arguments, expected) in cases {
        let ran = yakusoku(&format!("windows contracts/{}", arguments.replacen(' ', ".toml ", 1)));
        assert_eq!((ran.status, ran.out.as_str()), (0, expected), "{arguments}: {}", ran.err);
    }
    let year = yakusoku("windows contracts/click-so-ko.toml --year 2027");
    assert_eq!(year.out.lines().count(), 12);
}
