//! Notices ahead of a planned stop.

use calendar::Spans;
use desk::{Noticed, due, noticed, noticed_after};
use jiff::Timestamp;
use terms::{About, Kind, NoticeRoute, Reckoned, Terms, Timing};

use crate::{at, check_rows, on, promise, say};

/// id | contract | reading | window begins | sent | becomes
pub const NOTICES: &str = "
    A12 | cyber-solutions      | as written | 2026-11-10 02:00 | email 2026-11-10 02:05      | late by email, latest Tue 2026-11-10 01:59:59
    A12 | cyber-solutions      | as written | 2026-11-10 02:00 | email 2026-11-10 02:00      | late by email, latest Tue 2026-11-10 01:59:59
    A12 | cyber-solutions      | as written | 2026-11-10 02:00 | email 2026-11-10 01:59:59   | in time by email
    M14 | customers-mail-cloud | as written | 2026-11-15 10:00 | email 2026-11-01 10:00      | in time by email
    M14 | customers-mail-cloud | as written | 2026-11-15 09:59 | email 2026-11-01 10:00      | late by email, latest Sun 2026-11-01 09:59
    M14 | customers-mail-cloud | by day     | 2026-11-15 10:00 | email 2026-11-01 10:00      | in time by email
    M14 | customers-mail-cloud | by day     | 2026-11-15 09:59 | email 2026-11-01 10:00      | in time by email
    M15 | customers-mail-cloud | as written | 2026-11-15 10:00 | email 2026-11-01 10:00      | in time by email
    H18 | click-so-ko          | as written | 2026-12-10 02:00 | email 2026-12-03 23:59      | in time by email
    H18 | click-so-ko          | as written | 2026-12-10 02:00 | email 2026-12-04 00:00      | late by email, latest Thu 2026-12-03 23:59:59
    H18 | click-so-ko          | by instant | 2026-12-10 02:00 | email 2026-12-03 23:59      | late by email, latest Thu 2026-12-03 02:00
    O9  | aoulu-cloud          | as written | 2026-11-10 22:00 | top-page 2026-11-09 12:00   | in time by top-page
    O9  | aoulu-cloud          | as written | 2026-11-10 22:00 | user-guide 2026-11-09 12:00 | late by user-guide, latest Sun 2026-05-10 23:59:59
    O9  | aoulu-cloud          | as written | 2026-11-10 22:00 | user-guide 2026-11-09 12:00, top-page 2026-11-10 09:00 | in time by top-page
    O9  | aoulu-cloud          | as written | 2026-11-10 22:00 | email 2026-10-01 12:00      | wrong channel email, latest Tue 2026-11-10 21:59:59
    O9  | aoulu-cloud          | as written | 2026-11-10 22:00 | -                           | missing, latest Tue 2026-11-10 21:59:59
";

#[test]
fn notices() {
    check_rows::<6>(NOTICES, |[_, contract, reading, start, sent, _]| {
        on(contract, |ground| {
            let routes = routes(ground.terms, reading);
            say_noticed(&noticed(&routes, at(start), &sent_by(sent), ground.zone))
        })
    });
}

/// id | contract | event | sent | becomes
pub const AFTER: &str = "
    O7 | aoulu-cloud | 2026-11-10 10:00 | email 2026-11-10 11:00       | in time by email
    O7 | aoulu-cloud | 2026-11-10 10:00 | email 2026-11-10 11:00:01    | late by email, latest Tue 2026-11-10 11:00
    O7 | aoulu-cloud | 2026-11-10 10:00 | phone 2026-11-10 10:05, web 2026-11-10 10:50 | in time by web
    O7 | aoulu-cloud | 2026-11-10 10:00 | phone 2026-11-10 10:05       | wrong channel phone, latest Tue 2026-11-10 11:00
    O7 | aoulu-cloud | 2026-11-10 10:00 | -                            | missing, latest Tue 2026-11-10 11:00
    H1 | click-so-ko | 2026-11-10 10:00 | email 2026-11-10 14:00       | in time by email
    H1 | click-so-ko | 2026-11-10 10:00 | email 2026-11-10 14:00:01    | late by email, latest Tue 2026-11-10 14:00
    H5 | click-so-ko | 2026-11-10 22:00 | email 2026-11-11 14:00       | no deadline
";

#[test]
fn notices_after_an_event() {
    check_rows::<5>(AFTER, |[_, contract, event, sent, _]| {
        on(contract, |ground| {
            let notice = ground.terms.promises.iter().find_map(|promise| match &promise.kind {
                Kind::Notice(notice) if notice.about == About::Incident => Some(notice),
                _ => None,
            });
            let Some(Timing::After { clock, channels }) = notice.map(|notice| &notice.timing)
            else {
                panic!("no notice of incidents")
            };
            match due(clock, ground, at(event), &Spans::new()).due() {
                Some(due) => say_noticed(&noticed_after(due, channels, &sent_by(sent))),
                None => "no deadline".to_owned(),
            }
        })
    });
}

/// The routes of the maintenance notice, as they are written or compared in the other way.
fn routes(terms: &Terms, reading: &str) -> Vec<NoticeRoute> {
    let Kind::Notice(notice) = &promise(terms, "maintenance-notice").kind else {
        panic!("not a notice")
    };
    let Timing::Ahead(routes) = &notice.timing else { panic!("not ahead") };
    let mut routes = routes.clone();
    for route in &mut routes {
        match reading {
            "by day" => route.lead.reckoned = Reckoned::ByDay,
            "by instant" => route.lead.reckoned = Reckoned::ByInstant,
            _ => assert_eq!(reading, "as written"),
        }
    }
    routes
}

/// `email 2026-11-01 10:00`, with commas between; `-` for nothing.
fn sent_by(text: &str) -> Vec<(&str, Timestamp)> {
    let sent = text.split(", ").filter(|one| *one != "-");
    sent.map(|one| {
        let (channel, when) = one.split_once(' ').expect("channel and time");
        (channel, at(when))
    })
    .collect()
}

fn say_noticed(noticed: &Noticed) -> String {
    match noticed {
        Noticed::InTime { channel, .. } => format!("in time by {channel}"),
        Noticed::Late { channel, latest, .. } => {
            format!("late by {channel}, latest {}", say(*latest))
        }
        Noticed::WrongChannel { channel, latest, .. } => {
            format!("wrong channel {channel}, latest {}", say(*latest))
        }
        Noticed::Missing { latest } => format!("missing, latest {}", say(*latest)),
    }
}
