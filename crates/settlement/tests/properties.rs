//! What holds of every settlement, against a brute-force model in slots of 30 seconds.

#[path = "cases/world.rs"]
#[allow(dead_code, reason = "the tables use more of it")]
mod world;

use calendar::{HolidayTable, Month, Span};
use evidence::{Blind, Decision, Event, Evidence, Functions, Gatherer, Outage};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use settlement::{Figure, Question, Statement, settle};
use terms::Contract;

const SLOT: i64 = 30;
/// The model's time: November 2026 with a day before and after it.
const SLOTS: usize = 32 * 24 * 120;

#[derive(Clone, Debug)]
struct Told {
    function: usize,
    from: usize,
    slots: usize,
}

fn start() -> Timestamp {
    "2026-10-31T00:00:00+09:00".parse().expect("sound")
}

fn at(slot: usize) -> Timestamp {
    start() + SignedDuration::from_secs(i64::try_from(slot).expect("sound") * SLOT)
}

fn span(told: &Told) -> Span {
    Span::new(at(told.from), at(told.from + told.slots)).expect("sound")
}

fn outage(names: &[&str], told: &Told) -> Event {
    let function = Functions::One(names[told.function % names.len()].to_owned());
    Event::Outage(Outage {
        function,
        from: at(told.from),
        until: Some(at(told.from + told.slots)),
        seen: None,
    })
}

fn evidence(names: &[&str], outages: &[Told], excluded: &[Told], blind: &[Told]) -> Evidence {
    let mut gatherer = Gatherer::new(None);
    let outages = outages.iter().map(|told| outage(names, told));
    let excluded = excluded.iter().map(|told| {
        let (reason, by) = ("attack".to_owned(), "sato".to_owned());
        Event::Exclusion(Decision { reason, span: span(told), by, decided: at(SLOTS) })
    });
    let blind = blind
        .iter()
        .map(|told| Event::Blind(Blind { function: Functions::All, site: None, span: span(told) }));
    for event in outages.chain(excluded).chain(blind) {
        gatherer.add(event).expect("sound");
    }
    gatherer.finish()
}

fn november(contract: &Contract, evidence: &Evidence) -> Statement {
    month(contract, evidence, "2026-11")
}

fn month(contract: &Contract, evidence: &Evidence, month: &str) -> Statement {
    let month: Month = month.parse().expect("sound");
    let service = Question::main_service(contract, month).expect("sound");
    let holidays = HolidayTable::japan();
    settle(
        &Question { contract, service, month, as_of: None, fees: None, holidays: &holidays },
        evidence,
    )
}

fn told(most: usize) -> impl Strategy<Value = Vec<Told>> {
    let one = (0usize..3, 0..SLOTS - 600, prop_oneof![1usize..60, 15usize..25, 1usize..600]);
    let near = (0usize..3, 2_700usize..3_000, prop_oneof![1usize..60, 15usize..25, 1usize..600]);
    let one = prop_oneof![one, near];
    prop::collection::vec(
        one.prop_map(|(function, from, slots)| Told { function, from, slots }),
        0..most,
    )
}

/// Which slots a list covers, for one function or for all.
fn covered(told: &[Told], function: Option<usize>, functions: usize) -> Vec<bool> {
    let mut slots = vec![false; SLOTS];
    for one in told.iter().filter(|one| function.is_none_or(|f| one.function % functions == f)) {
        slots[one.from..one.from + one.slots].iter_mut().for_each(|slot| *slot = true);
    }
    slots
}

/// The slots of November.
fn in_month(slot: usize) -> bool {
    (24 * 120..31 * 24 * 120).contains(&slot)
}

/// The runs of a set of slots.
fn runs(slots: &[bool]) -> Vec<std::ops::Range<usize>> {
    let mut runs = Vec::new();
    let mut from = None;
    for slot in 0..=slots.len() {
        let down = slots.get(slot).copied().unwrap_or(false);
        match (down, from) {
            (true, None) => from = Some(slot),
            (false, Some(begin)) => {
                runs.push(begin..slot);
                from = None;
            }
            _ => {}
        }
    }
    runs
}

fn model(outages: &[Told], excluded: &[Told], functions: usize, rule: &str) -> i64 {
    let each: Vec<Vec<bool>> =
        (0..functions).map(|f| covered(outages, Some(f), functions)).collect();
    let down: Vec<bool> = (0..SLOTS)
        .map(|slot| match rule {
            "001" => each.iter().all(|down| down[slot]),
            _ => each.iter().any(|down| down[slot]),
        })
        .collect();
    let out = covered(excluded, None, functions);
    let counted = runs(&down).into_iter().map(|run| {
        let counts = run.clone().filter(|slot| in_month(*slot) && !out[*slot]).count();
        match rule {
            // Ten minutes are twenty slots; a minute is two.
            "000" if run.len() < 20 => 0,
            "001" => counts - counts % 2,
            _ => counts,
        }
    });
    i64::try_from(counted.sum::<usize>()).expect("sound") * SLOT
}

fn shares(statement: &Statement) -> [Figure; 3] {
    [statement.lower, statement.net, statement.gross]
}

fn worse_or_equal(worse: Figure, better: Figure) -> bool {
    worse.uptime() <= better.uptime()
}

const SEEDS: [(&str, &[&str]); 3] =
    [("000", &["smtp-send", "web"]), ("001", &["smtp", "console", "api"]), ("002", &["web"])];

/// In 002 no cause is called an attack.
fn known(seed: &str, excluded: &[Told]) -> Vec<Told> {
    if seed == "002" { Vec::new() } else { excluded.to_vec() }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_settlement_counts_what_a_count_of_every_slot_counts(outages in told(12), excluded in told(3)) {
        for (seed, names) in SEEDS {
            let contract = world::contract(seed, &[]);
            let excluded = known(seed, &excluded);
            let statement = november(&contract, &evidence(names, &outages, &excluded, &[]));
            let expected = model(&outages, &excluded, names.len(), seed);
            prop_assert_eq!(statement.net.counted, SignedDuration::from_secs(expected), "{}", seed);
        }
    }

    #[test]
    fn another_outage_never_raises_uptime(outages in told(8), more in told(2), blind in told(2)) {
        for (seed, names) in SEEDS {
            let contract = world::contract(seed, &[]);
            let before = november(&contract, &evidence(names, &outages, &[], &blind));
            let all: Vec<Told> = outages.iter().chain(&more).cloned().collect();
            let after = november(&contract, &evidence(names, &all, &[], &blind));
            for (after, before) in shares(&after).into_iter().zip(shares(&before)) {
                prop_assert!(worse_or_equal(after, before), "{}", seed);
            }
        }
    }

    #[test]
    fn bounds_hold_and_nothing_is_above_100(outages in told(8), excluded in told(3), blind in told(3)) {
        for (seed, names) in SEEDS {
            let contract = world::contract(seed, &[]);
            let excluded = known(seed, &excluded);
            let statement = november(&contract, &evidence(names, &outages, &excluded, &blind));
            prop_assert!(worse_or_equal(statement.lower, statement.net));
            prop_assert!(worse_or_equal(statement.gross, statement.net));
            prop_assert!(statement.net.uptime() <= Some(terms::Percent::HUNDRED));
            // Had every blind span been an outage, the figure would be the lower bound.
            let worst: Vec<Told> = (0..names.len())
                .flat_map(|function| blind.iter().map(move |told| Told { function, ..told.clone() }))
                .chain(outages.clone())
                .collect();
            let worst = november(&contract, &evidence(names, &worst, &excluded, &[]));
            prop_assert_eq!(worst.net, statement.lower, "{}", seed);
        }
    }

    #[test]
    fn exclusions_are_idempotent_and_never_lower_uptime(outages in told(8), excluded in told(3)) {
        let contract = world::contract("000", &[]);
        let names = ["smtp-send", "web"];
        let once = november(&contract, &evidence(&names, &outages, &excluded, &[]));
        let twice: Vec<Told> = excluded.iter().chain(&excluded).cloned().collect();
        let twice = november(&contract, &evidence(&names, &outages, &twice, &[]));
        prop_assert_eq!((once.net, once.verdict), (twice.net, twice.verdict));
        let none = november(&contract, &evidence(&names, &outages, &[], &[]));
        prop_assert!(worse_or_equal(none.net, once.net));
        prop_assert_eq!(none.net, once.gross);
    }

    #[test]
    fn splitting_an_outage_at_the_month_changes_no_total_under_002(outages in told(8)) {
        let contract = world::contract("002", &[]);
        let midnight = 31 * 24 * 120;
        let split: Vec<Told> = outages.iter().flat_map(|told| {
            let end = told.from + told.slots;
            if told.from < midnight && midnight < end {
                vec![Told { slots: midnight - told.from, ..told.clone() }, Told { from: midnight, slots: end - midnight, ..told.clone() }]
            } else {
                vec![told.clone()]
            }
        }).collect();
        for name in ["2026-10", "2026-11", "2026-12"] {
            let (whole, split) = (evidence(&["web"], &outages, &[], &[]), evidence(&["web"], &split, &[], &[]));
            prop_assert_eq!(month(&contract, &whole, name).net, month(&contract, &split, name).net);
        }
        // And the months together hold every second of the outages.
        let evidence = evidence(&["web"], &outages, &[], &[]);
        let sum = ["2026-10", "2026-11", "2026-12"].map(|name| month(&contract, &evidence, name).net.counted);
        let all = covered(&outages, None, 1).into_iter().filter(|down| *down).count();
        let seconds = sum.iter().map(|counted| counted.as_secs()).sum::<i64>();
        prop_assert_eq!(seconds, i64::try_from(all).expect("sound") * SLOT);
    }

    #[test]
    fn settled_again_it_has_the_same_bytes(outages in told(8), excluded in told(3), blind in told(3)) {
        for (seed, names) in SEEDS {
            let contract = world::contract(seed, &[]);
            let evidence = evidence(names, &outages, &excluded, &blind);
            prop_assert_eq!(november(&contract, &evidence).to_json(), november(&contract, &evidence).to_json());
            let mut other_order = outages.clone();
            other_order.reverse();
            let shuffled = self::evidence(names, &other_order, &excluded, &blind);
            prop_assert_eq!(november(&contract, &shuffled).to_json(), november(&contract, &evidence).to_json());
        }
    }
}
