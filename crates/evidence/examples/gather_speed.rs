//! How fast a log is read and gathered, for `bench/settle`: prints `NAME VALUE` lines.
//!
//! `cargo run --release -p evidence --example gather_speed -- read|gather|memory LOG`
//!
//! `read` makes events and drops them; `gather` gathers them too; `memory` first reads all measurements
//! into memory and then compares gathering them with a plain pass that counts the good ones.

use std::fs::File;
use std::hint::black_box;
use std::io::{BufRead, BufReader};
use std::time::Instant;

use evidence::{Event, Gatherer, Measurement, read_line};

/// Passes of `memory`; the fastest counts.
const PASSES: usize = 15;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let what = arguments.next().expect("read, gather or memory");
    let log = arguments.next().expect("a log");
    match what.as_str() {
        "read" => read(&log),
        "gather" => gather(&log),
        "memory" => memory(&log),
        _ => panic!("say read, gather or memory"),
    }
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
    println!("peak_kib {}", peak.trim().trim_end_matches(" kB"));
}

/// Every event of a log.
fn events(log: &str, mut take: impl FnMut(Event)) {
    let mut reader = BufReader::with_capacity(1 << 18, File::open(log).expect("opened"));
    let (mut line, mut number) = (Vec::new(), 0);
    while reader.read_until(b'\n', &mut line).expect("read") > 0 {
        number += 1;
        let text = line.strip_suffix(b"\n").unwrap_or(&line);
        if let Some(event) = read_line(text, number).expect("a sound line") {
            take(event);
        }
        line.clear();
    }
}

fn read(log: &str) {
    let (began, mut count) = (processor_seconds(), 0_u64);
    events(log, |event| {
        black_box(&event);
        count += 1;
    });
    println!("seconds {:.3}\nevents {count}", processor_seconds() - began);
}

fn gather(log: &str) {
    let (began, mut gatherer, mut count) = (processor_seconds(), Gatherer::new(None), 0_u64);
    events(log, |event| {
        gatherer.add(event).expect("not too much");
        count += 1;
    });
    let evidence = gatherer.finish();
    println!("seconds {:.3}\nevents {count}", processor_seconds() - began);
    let observed = || evidence.measured.values().flat_map(|sites| sites.values());
    println!("measurements {}", evidence.measurements);
    println!("down {}", observed().map(|observed| observed.down.len()).sum::<usize>());
    println!("known {}", observed().map(|observed| observed.known.len()).sum::<usize>());
}

fn memory(log: &str) {
    let mut all: Vec<Measurement> = Vec::new();
    events(log, |event| {
        if let Event::Measurement(measurement) = event {
            all.push(measurement);
        }
    });
    let fastest = |pass: &dyn Fn() -> u64| {
        let timed = (0..PASSES).map(|_| {
            let began = Instant::now();
            black_box(pass());
            began.elapsed()
        });
        timed.min().expect("a pass").as_secs_f64()
    };
    let plain = fastest(&|| black_box(&all).iter().map(|look| u64::from(look.ok)).sum());
    let gather = |all: &[Measurement]| {
        let mut gatherer = Gatherer::new(None);
        for look in black_box(all) {
            gatherer.measurement(look).expect("not too much");
        }
        gatherer.finish().measurements
    };
    let by_time = fastest(&|| gather(&all));
    all.sort_by(|one, other| one.function.cmp(&other.function));
    // As they lie in memory: otherwise the names of the sorted ones are far apart.
    let all: Vec<Measurement> = all.to_vec();
    let by_function = fastest(&|| gather(&all));
    println!("measurements {}", all.len());
    println!("plain_seconds {plain:.6}");
    println!("gather_seconds {by_time:.6}");
    println!("gather_by_function_seconds {by_function:.6}");
}

/// Seconds that the processor worked for this program: what else runs on the machine is not in it.
fn processor_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/self/schedstat").expect("Linux");
    let nanos = text.split(' ').next().expect("a number");
    nanos.parse::<f64>().expect("a number") / 1e9
}
