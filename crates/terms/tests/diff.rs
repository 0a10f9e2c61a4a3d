//! What a change is for the customer, one change a row.

use terms::{Difference, Lang};

const CONTRACT: &str = r#"
name = "example"
title = "Example"
time_zone = "Asia/Tokyo"
start = 2020-01-01
in_force = 2020-01-01
parties = { provider = "P", customer = "C" }

[[calendar]]
name = "support"
title = "Support hours"
hours = ["10:00-18:00"]
days_off = ["sat", "sun"]

[[service]]
name = "mail"
title = "Mail"
function = [{ name = "smtp", title = "SMTP" }]

[[exclusion]]
name = "attack"
title = "Attack"
clause = "1"
excludes = "cause"

[[promise]]
name = "availability"
kind = "availability"
title = "Up"
clause = "2"
service = "mail"
target = "99.9%"
minimum_outage = "10min"

[[promise]]
name = "refund"
kind = "remedy"
title = "Refund"
clause = "3"
of = "availability"
tiers = [{ at_least = "99%", below = "99.9%", percent = "10%" }, { below = "99%", percent = "50%" }]
fees = ["monthly"]
payment = "next-bill"
claim = "claim"

[[promise]]
name = "claim"
kind = "clock"
title = "Claim"
clause = "4"
starts = "outage"
within = "day 15 of next month"

[[promise]]
name = "notice"
kind = "notice"
title = "Notice"
clause = "5"
about = "maintenance"
routes = [{ channels = ["email"], lead = "2 weeks" }]

[[promise]]
name = "answer"
kind = "clock"
title = "Answer"
clause = "6"
starts = "question"
within = "4 business hours"
calendar = "support"

[[promise]]
name = "backup"
kind = "backup"
title = "Backup"
clause = "7"
what = "files"
every = "1 day"
keep = "7 days"

[[promise]]
name = "receiving"
kind = "capacity"
title = "Receiving"
clause = "8"
what = "messages"
limit = 200_000
unit = "messages"
per = "1h"

[[fee]]
name = "monthly"
title = "Monthly fee"
clause = "9"
kind = "monthly"
price = 10_000

[agreement]
minimum = "12 months"
minimum_clause = "10"
"#;

fn read(text: &str) -> terms::Contract {
    let read = terms::read("example.toml", text, &|path| Err(path.to_owned()));
    read.unwrap_or_else(|findings| panic!("{findings:?}")).contract
}

/// Every change on a line: `availability target 99.9 % -> 99.5 % Worse`.
fn changes(old: &str, new: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for change in terms::diff(&read(old), &read(new), Lang::En) {
        let name = if change.name.is_empty() { &change.title } else { &change.name };
        match change.difference {
            Difference::Added { number, effect } => {
                lines.push(format!("{name} added: {number} {effect:?}"));
            }
            Difference::Removed { number, effect } => {
                lines.push(format!("{name} removed: {number} {effect:?}"));
            }
            Difference::Changed(fields) => lines.extend(fields.into_iter().map(|field| {
                let (old, new) = (field.old, field.new);
                format!("{name} {}: {old} -> {new} {:?}", field.field, field.effect)
            })),
        }
    }
    lines
}

#[test]
fn what_a_change_is_for_the_customer() {
    let cases = [
        (
            "minimum_outage = \"10min\"",
            "minimum_outage = \"5min\"",
            "availability shortest outage: 10 minutes -> 5 minutes Better",
        ),
        (
            "target = \"99.9%\"",
            "target = \"99.9%\"\nstrength = \"objective\"",
            "availability strength: guarantee -> objective Worse",
        ),
        (
            "percent = \"50%\"",
            "percent = \"100%\"",
            "refund tiers: 10 % below 99.9 %, 50 % below 99 % -> 10 % below 99.9 %, 100 % below 99 % Better",
        ),
        (
            "fees = [\"monthly\"]",
            "fees = [\"monthly\", \"option\"]",
            "refund fees: monthly fee -> monthly fee, option fee Better",
        ),
        (
            "day 15 of next month",
            "end of next month",
            "claim deadline: by day 15 of the next month -> by the end of the next month Better",
        ),
        (
            "lead = \"2 weeks\"",
            "lead = \"1 month\"",
            "notice lead: 2 weeks before -> 1 month before Better",
        ),
        (
            "lead = \"2 weeks\"",
            "lead = \"14 days\"",
            "notice lead: 2 weeks before -> 14 days before Neither",
        ),
        (
            "4 business hours",
            "8 business hours",
            "answer deadline: within 4 business hours -> within 8 business hours Worse",
        ),
        (
            "4 business hours",
            "2 business days",
            "answer deadline: within 4 business hours -> within 2 business days Neither",
        ),
        (
            "keep = \"7 days\"",
            "keep = \"6 months\"",
            "backup kept: kept for 7 days -> kept for 6 months Better",
        ),
        (
            "limit = 200_000",
            "limit = 100_000",
            "receiving limit: up to 200,000 messages an hour -> up to 100,000 messages an hour Worse",
        ),
        ("price = 10_000", "price = 12_000", "monthly price: ¥10,000 -> ¥12,000 Worse"),
        (
            "minimum = \"12 months\"",
            "minimum = \"6 months\"",
            "term minimum term: 12 months -> 6 months Better",
        ),
        (
            "minimum = \"12 months\"",
            "minimum = \"1 year\"",
            "term minimum term: 12 months -> 1 year Neither",
        ),
        (
            "hours = [\"10:00-18:00\"]",
            "hours = [\"09:00-18:00\"]",
            "support hours: Mon–Fri 10:00–18:00 -> Mon–Fri 9:00–18:00 Better",
        ),
    ];
    for (old, new, expected) in cases {
        assert!(CONTRACT.contains(old), "{old}");
        let changed = CONTRACT.replace(old, new);
        let lines = changes(CONTRACT, &changed);
        assert!(lines.iter().any(|line| line == expected), "{expected}\n{lines:#?}");
        let back = terms::diff(&read(&changed), &read(CONTRACT), Lang::Ja);
        assert_eq!(back.len(), terms::diff(&read(CONTRACT), &read(&changed), Lang::Ja).len());
    }
}

#[test]
fn items_that_come_and_go() {
    let without = |from: &str, to: &str| {
        let start = CONTRACT.find(from).expect("its beginning");
        let end = start + CONTRACT[start..].find(to).expect("its end");
        format!("{}{}", &CONTRACT[..start], &CONTRACT[end..])
    };
    let no_backup = without("[[promise]]\nname = \"backup\"", "[[promise]]\nname = \"receiving\"");
    let no_attack = without("[[exclusion]]", "[[promise]]\nname = \"availability\"");
    let said = "every day, kept for 7 days";
    assert_eq!(changes(CONTRACT, &no_backup), [format!("backup removed: {said} Worse")]);
    assert_eq!(changes(&no_backup, CONTRACT), [format!("backup added: {said} Better")]);
    let said = "by a person's recorded decision";
    assert_eq!(changes(CONTRACT, &no_attack), [format!("attack removed: {said} Better")]);
    assert_eq!(changes(&no_attack, CONTRACT), [format!("attack added: {said} Worse")]);
    assert!(changes(CONTRACT, CONTRACT).is_empty());
}
