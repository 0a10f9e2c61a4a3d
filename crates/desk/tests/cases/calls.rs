//! The decisions of people on call: ladders, contacts, waits, mutes, thresholds.

use calendar::Spans;
use desk::{Contact, Course, Next, Seen, Taken, Turn, Use, next, over, tell_again};
use evidence::{Event, Gatherer, Run, RunState};
use jiff::{SignedDuration, Timestamp};
use terms::{Kind, Name};

use crate::{Case, at, check, minutes, on, promise, say, spans};

pub const CASES: &[Case] = &[
    Case {
        id: "S1",
        input: "ping lost at one 10-min check",
        got: || {
            let mut gatherer = Gatherer::new(None);
            let looks = Run {
                function: "server".to_owned(),
                site: None,
                from: at("2026-11-17 10:00"),
                every: SignedDuration::from_mins(10),
                states: vec![(1, RunState::Up), (1, RunState::Down), (1, RunState::Up)],
            };
            gatherer.add(Event::Run(looks)).expect("room");
            let seen = gatherer.finish().measured["server"][""].down[0];
            format!("between {} and {}", minutes(seen.at_least), minutes(seen.at_most))
        },
        expected: "between 0 min and 20 min",
    },
    Case {
        id: "S2",
        input: "partitions at 89.99 %, 90.00 %, 12 %",
        got: || {
            told(
                "skyarch",
                "disk",
                &[("/", 8_999, 10_000), ("/var", 9_000, 10_000), ("/tmp", 12, 100)],
            )
        },
        expected: "/var",
    },
    Case {
        id: "S3",
        input: "inodes 50.0 % on platinum",
        got: || told("skyarch-platinum", "inodes", &[("/", 500, 1_000)]),
        expected: "/",
    },
    Case {
        id: "S3",
        input: "inodes 60 % on gold",
        got: || told("skyarch-gold", "inodes", &[("/", 600, 1_000)]),
        expected: "nobody",
    },
    Case {
        id: "S3",
        input: "inodes 90 % on gold, a file system without inodes",
        got: || told("skyarch-gold", "inodes", &[("/", 900, 1_000), ("/data", 0, 0)]),
        expected: "/",
    },
    Case {
        id: "S4",
        input: "http dead, login works",
        got: || Fault::opened("2026-11-17 10:00").login(true).next("2026-11-17 10:00:30"),
        expected: "take restart-service, port-ladder level 1",
    },
    Case {
        id: "S4",
        input: "http dead, login fails",
        got: || Fault::opened("2026-11-17 10:00").login(false).next("2026-11-17 10:00:30"),
        expected: "take reset, server-ladder level 1",
    },
    Case {
        id: "S4",
        input: "http dead, nobody has tried to log in",
        got: || Fault::opened("2026-11-17 10:00").next("2026-11-17 10:00:30"),
        expected: "look at login",
    },
    Case {
        id: "S4",
        input: "the restart did not help, and login works",
        got: || {
            let fault = Fault::opened("2026-11-17 10:00").login(true);
            fault.took("port-ladder", 1, "2026-11-17 10:10").next("2026-11-17 10:10")
        },
        expected: "a person decides",
    },
    Case {
        id: "S9",
        input: "Saturday 02:00, emergency contact not tried yet",
        got: || Fault::opened("2026-11-21 02:00").login(false).next("2026-11-21 02:00:30"),
        expected: "blocked by contact after 0 attempts, until Tue 2026-11-24 10:00",
    },
    Case {
        id: "S9",
        input: "three attempts, nobody answers",
        got: || {
            let fault = Fault::opened("2026-11-21 02:00").login(false);
            let called = fault.called("02:01", false).called("02:11", false).called("02:21", false);
            called.next("2026-11-21 03:00")
        },
        expected: "blocked by contact after 3 attempts, until Tue 2026-11-24 10:00",
    },
    Case {
        id: "S9",
        input: "the third attempt is answered at 02:21",
        got: || {
            let fault = Fault::opened("2026-11-21 02:00").login(false);
            let called = fault.called("02:01", false).called("02:11", false).called("02:21", true);
            called.next("2026-11-21 02:22")
        },
        expected: "take reset, server-ladder level 1",
    },
    Case {
        id: "S9",
        input: "nobody answers until the customer's hours begin",
        got: || {
            let fault = Fault::opened("2026-11-21 02:00").login(false).called("02:01", false);
            fault.next("2026-11-24 10:00")
        },
        expected: "take reset, server-ladder level 1",
    },
    Case {
        id: "S9",
        input: "the turn came at 17:50 in the customer's hours, but we are back at 19:00",
        got: || Fault::opened("2026-11-17 17:50").login(false).next("2026-11-17 19:00"),
        expected: "blocked by contact after 0 attempts, until Wed 2026-11-18 10:00",
    },
    Case {
        id: "G8",
        input: "reset tried, waiting until 10:30; we stop at 10:20",
        got: || waiting().next("2026-11-17 10:20"),
        expected: "wait until Tue 2026-11-17 10:30",
    },
    Case {
        id: "G8",
        input: "back at 10:25: the next level has its turn at 10:30",
        got: || waiting().next("2026-11-17 10:30"),
        expected: "take file-system-check, server-ladder level 2",
    },
    Case {
        id: "G8",
        input: "back at 10:45",
        got: || waiting().next("2026-11-17 10:45"),
        expected: "take file-system-check, server-ladder level 2, 15 min late",
    },
    Case {
        id: "G8",
        input: "muted from 10:20 to 11:00; we are back inside the mute",
        got: || waiting().muted("10:20", "11:00").next("2026-11-17 10:45"),
        expected: "wait until Tue 2026-11-17 11:00",
    },
    Case {
        id: "G8",
        input: "muted from 10:20 to 11:00; we are back at 11:30",
        got: || {
            let fault = waiting().muted("10:20", "11:00");
            let again = fault.tell_again("2026-11-17 10:01", "2026-11-17 11:30");
            format!("{}; {again}", fault.next("2026-11-17 11:30"))
        },
        expected: "take file-system-check, server-ladder level 2, 30 min late; tell again, 30 min late",
    },
    Case {
        id: "G8",
        input: "told after the mute already",
        got: || {
            let fault = waiting().muted("10:20", "11:00");
            fault.tell_again("2026-11-17 11:00", "2026-11-17 11:30")
        },
        expected: "told",
    },
    Case {
        id: "G8",
        input: "ended during the mute",
        got: || {
            let fault = waiting().muted("10:20", "11:00").ended("2026-11-17 10:50");
            let again = fault.tell_again("2026-11-17 10:01", "2026-11-17 11:30");
            format!("{}; {again}", fault.next("2026-11-17 11:30"))
        },
        expected: "ended; told",
    },
];

#[test]
fn cases() {
    check(CASES);
}

/// Whom to tell of uses under a check of a contract.
fn told(contract: &str, name: &str, uses: &[(&str, u64, u64)]) -> String {
    on(contract, |ground| {
        let Kind::Check(check) = &promise(ground.terms, name).kind else { panic!("no check") };
        let uses: Vec<_> = uses
            .iter()
            .map(|(of, used, total)| Use { of: (*of).to_owned(), used: *used, total: *total })
            .collect();
        let over: Vec<_> = over(check.threshold.expect("a threshold"), &uses).collect();
        let named: Vec<_> = over.iter().map(|one| one.of.as_str()).collect();
        if named.is_empty() { "nobody".to_owned() } else { named.join(", ") }
    })
}

/// A dead http under 004, as the record of it grows.
#[derive(Clone)]
struct Fault {
    opened: Timestamp,
    ended: Option<Timestamp>,
    taken: Vec<Taken>,
    seen: Vec<Seen>,
    contacts: Vec<Contact>,
    mutes: Spans,
}

/// Login failed at ten, and the reset of 10:00 is given half an hour.
fn waiting() -> Fault {
    Fault::opened("2026-11-17 10:00").login(false).took("server-ladder", 1, "2026-11-17 10:30")
}

impl Fault {
    fn opened(text: &str) -> Fault {
        Fault {
            opened: at(text),
            ended: None,
            taken: Vec::new(),
            seen: Vec::new(),
            contacts: Vec::new(),
            mutes: Spans::new(),
        }
    }

    fn login(mut self, holds: bool) -> Fault {
        self.seen.push(Seen { condition: name("login"), holds, at: self.opened });
        self
    }

    fn took(mut self, ladder: &str, level: u8, wait_until: &str) -> Fault {
        let wait_until = at(wait_until);
        self.taken.push(Taken { ladder: name(ladder), level, wait_until, failed: None });
        self
    }

    /// An attempt to reach the contact on 2026-11-21.
    fn called(mut self, time: &str, reached: bool) -> Fault {
        self.contacts.push(Contact { at: at(&format!("2026-11-21 {time}")), reached });
        self
    }

    /// A mute on 2026-11-17.
    fn muted(mut self, from: &str, until: &str) -> Fault {
        self.mutes = spans(&format!("2026-11-17 {from} to 2026-11-17 {until}"));
        self
    }

    fn ended(mut self, text: &str) -> Fault {
        self.ended = Some(at(text));
        self
    }

    fn course<R>(&self, run: impl FnOnce(&Course) -> R) -> R {
        run(&Course {
            ladder: &name("port-ladder"),
            opened: self.opened,
            ended: self.ended,
            taken: &self.taken,
            seen: &self.seen,
            contacts: &self.contacts,
            mutes: &self.mutes,
        })
    }

    fn next(&self, now: &str) -> String {
        let decide = |course: &Course| {
            on("skyarch", |ground| match next(course, ground, at(now)) {
                Next::Ended => "ended".to_owned(),
                Next::Take { ladder, step, turn } => {
                    let (action, level) = (&step.action, step.level);
                    format!("take {action}, {ladder} level {level}{}", late(turn))
                }
                Next::Look { condition, turn } => format!("look at {condition}{}", late(turn)),
                Next::Wait { until } => format!("wait until {}", say(until)),
                Next::Blocked { attempts, until, .. } => {
                    let until = say(until.expect("hours that begin"));
                    format!("blocked by contact after {attempts} attempts, until {until}")
                }
                Next::Exhausted { turn } => format!("a person decides{}", late(turn)),
            })
        };
        self.course(decide)
    }

    fn tell_again(&self, told: &str, now: &str) -> String {
        let again = self.course(|course| tell_again(course, &[at(told)], at(now)));
        again.map_or("told".to_owned(), |turn| format!("tell again{}", late(turn)))
    }
}

fn name(text: &str) -> Name {
    text.parse().expect("a name")
}

fn late(turn: Turn) -> String {
    turn.late.map_or(String::new(), |late| format!(", {} late", minutes(late)))
}
