//! Promises of kind `availability`.

use sections::{Choice, Either, Section, Word};

use crate::read::body::AtLeast;
use crate::read::values::{LENGTH, NAME, SHARE};
use crate::read::within::parse_length;
use crate::{
    Availability, Combine, Denominator, MinimumOutage, MonthSplit, PartialMonth, RevisedTarget,
    TestedWhen,
};

const DENOMINATOR: Word<Denominator> = Word {
    expected: "\"calendar-month\", \"operating-time\", or a length of time such as \"43200min\"",
    parse: |text| match text {
        "calendar-month" => Some(Denominator::CalendarMonth),
        "operating-time" => Some(Denominator::OperatingTime),
        other => parse_length(other).map(Denominator::Fixed),
    },
};
const TESTED: [(&str, TestedWhen); 2] = [
    ("before-exclusions", TestedWhen::BeforeExclusions),
    ("after-exclusions", TestedWhen::AfterExclusions),
];
const SPLITS: [(&str, MonthSplit); 2] = [
    ("split-then-truncate", MonthSplit::SplitThenTruncate),
    ("truncate-then-split", MonthSplit::TruncateThenSplit),
];
const PARTS: [(&str, PartialMonth); 2] =
    [("whole", PartialMonth::Whole), ("covered", PartialMonth::Covered)];
const REVISED: [(&str, RevisedTarget); 2] =
    [("at-month-start", RevisedTarget::AtMonthStart), ("at-month-end", RevisedTarget::AtMonthEnd)];

/// Reads the keys of the kind.
pub fn read(section: &Section<'_>) -> Option<Availability> {
    let service = section.need(("service", "whose availability"), &NAME);
    let target = section.value(("target", "at least so much of each month"), &SHARE);
    let functions =
        section.list(("functions", "the ones that count; all of the service when left out"), &NAME);
    if functions.as_ref().is_some_and(Vec::is_empty) {
        section.object("functions", "name at least one, or leave `functions` out for all of them");
    }
    let words = [("any", Combine::Any), ("all", Combine::All)];
    let combine = section.value(
        (
            "combine",
            "the service is down when any function is, all are, or so many; any when left out",
        ),
        &Either(Choice(&words), AtLeast(Combine::AtLeast)),
    );
    let length = section.value(("minimum_outage", "shorter outages do not count"), &LENGTH);
    let tested = section.choice_or(
        ("minimum_tested", "on which length: the raw outage, or what the exclusions leave"),
        &TESTED,
        TestedWhen::BeforeExclusions,
    );
    let truncate_to = section.value(("truncate_to", "each outage is truncated to this"), &LENGTH);
    let month_split = section.choice_or(
        ("month_split", "an outage over a month's end"),
        &SPLITS,
        MonthSplit::SplitThenTruncate,
    );
    let denominator = section.value(
        ("denominator", "what downtime is divided by; the month when left out"),
        &DENOMINATOR,
    );
    let partial_month = section.choice_or("partial_month", &PARTS, PartialMonth::Whole);
    let revised_target = section.choice_or("revised_target", &REVISED, RevisedTarget::AtMonthStart);
    let exclusions = section
        .list(("exclusions", "the ones that apply; all when left out, none when empty"), &NAME);
    Some(Availability {
        service: service?,
        target,
        functions: functions.unwrap_or_default(),
        combine: combine.unwrap_or(Combine::Any),
        minimum: length.map(|length| MinimumOutage { length, tested }),
        truncate_to,
        month_split,
        denominator: denominator.unwrap_or(Denominator::CalendarMonth),
        partial_month,
        revised_target,
        exclusions,
    })
}
