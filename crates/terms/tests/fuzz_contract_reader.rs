//! Whatever becomes of a contract file, the reader answers: with a contract, or with findings that
//! name a line of the file. It never panics, and it takes about as long as the file is.

#[path = "../../mail/tests/fuzz/rounds.rs"]
mod rounds;

use std::fs;
use std::path::Path;

use rounds::{Random, rounds};

/// Longest that a mutated file grows, in bytes.
const GROWN_MAX: usize = 100_000;

/// What stands in contract files, and what breaks readers of them.
const WORDS: &[&str] = &[
    "\n",
    "\"",
    "'",
    "=",
    "[",
    "]",
    "{",
    "}",
    ",",
    "#",
    ".",
    "-",
    "0",
    "9",
    "99999999999999999999",
    "-1",
    "1e400",
    "0x7fffffffffffffff",
    "1970-01-01",
    "9999-12-31",
    "2026-02-29T00:00:00Z",
    "true",
    "\"99.9%\"",
    "\"100%\"",
    "\"0s\"",
    "\"4 business hours\"",
    "\"999999999999 business days\"",
    "\"day 31 of next month\"",
    "\"promptly\"",
    "\"00:00-24:00\"",
    "\"02-29..02-29\"",
    "\"5th sunday\"",
    "\"availability\"",
    "\"remedy\"",
    "\"all\"",
    "\u{0}",
    "\u{feff}",
    "\u{3042}",
    "\u{202e}",
    "\n[[promise]]\n",
    "\n[[version]]\nin_force = 2030-01-01\n",
    "\n[version.billing]\n",
    "\nextends = \"base.toml\"\n",
    "\nremove = [\"availability\"]\n",
    "\nkind = \"notice\"\n",
    "\nname = \"availability\"\n",
    "a.b.c.d.e.f.g.h = 1\n",
];

/// The contracts of the project and the wrong ones beside this file.
fn files() -> Vec<String> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in [here.join("../../contracts"), here.join("tests/wrong_contracts")] {
        for entry in fs::read_dir(folder).expect("a folder of contracts") {
            let path = entry.expect("an entry").path();
            if path.extension().is_some_and(|e| e == "toml") {
                files.push(fs::read_to_string(path).expect("readable"));
            }
        }
    }
    // Each round must see the same files.
    files.sort();
    files
}

fn mutated(random: &mut Random, files: &[String]) -> String {
    let mut bytes = random.pick(files).as_bytes().to_vec();
    for _ in 0..1 + random.below(6) {
        mutate(random, &mut bytes, files);
        bytes.truncate(GROWN_MAX);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn mutate(random: &mut Random, bytes: &mut Vec<u8>, files: &[String]) {
    let at = random.below(bytes.len() + 1);
    let end = at + random.below((bytes.len() - at).min(300) + 1);
    match random.below(8) {
        0 if at < bytes.len() => bytes[at] ^= 1 << random.below(7),
        1 | 2 => {
            let word = random.pick(WORDS).as_bytes();
            bytes.splice(at..at, word.iter().copied());
        }
        3 => drop(bytes.drain(at..end)),
        4 => replace_value(random, bytes),
        5 => {
            let slice = bytes[at..end].to_vec();
            let place = random.below(bytes.len() + 1);
            bytes.splice(place..place, slice);
        }
        6 => {
            let other = random.pick(files).as_bytes();
            let from = random.below(other.len() + 1);
            let to = from + random.below((other.len() - from).min(2_000) + 1);
            bytes.splice(at..end, other[from..to].iter().copied());
        }
        _ if random.once_in(20) => {
            let slice = bytes[at..end].to_vec();
            let again = random.below(GROWN_MAX / slice.len().max(1));
            bytes.splice(at..at, slice.repeat(again));
        }
        _ => swap_lines(random, bytes),
    }
}

/// Puts another value behind an equals sign.
fn replace_value(random: &mut Random, bytes: &mut Vec<u8>) {
    let signs: Vec<usize> = (0..bytes.len()).filter(|i| bytes[*i] == b'=').collect();
    if signs.is_empty() {
        return;
    }
    let from = random.pick(&signs) + 1;
    let line_end = bytes[from..].iter().position(|b| *b == b'\n').map_or(bytes.len(), |n| from + n);
    let word = random.pick(WORDS).as_bytes();
    bytes.splice(from..line_end, word.iter().copied());
}

fn swap_lines(random: &mut Random, bytes: &mut Vec<u8>) {
    let mut lines: Vec<&[u8]> = bytes.split(|b| *b == b'\n').collect();
    let (a, b) = (random.below(lines.len()), random.below(lines.len()));
    lines.swap(a, b);
    *bytes = lines.join(&b'\n');
}

#[test]
fn fuzz_contract_reader() {
    let files = files();
    rounds(|random| {
        let text = mutated(random, &files);
        let base = mutated(random, &files);
        let open = |path: &str| match path {
            "missing.toml" => Err("there is no such file".to_owned()),
            _ => Ok(base.clone()),
        };
        match terms::read("main.toml", &text, &open) {
            Ok(read) => hold(&read.contract),
            Err(findings) => {
                assert!(!findings.is_empty(), "neither a contract nor a finding");
                for finding in &findings {
                    let file = if finding.file == "main.toml" { &text } else { &base };
                    let lines = file.matches('\n').count() + 1;
                    assert!((1..=lines).contains(&finding.line), "no such line: {finding}");
                }
            }
        }
    });
}

/// What every contract holds that was read.
fn hold(contract: &terms::Contract) {
    let days: Vec<_> = contract.versions.iter().map(|version| version.in_force).collect();
    assert!(!days.is_empty() && days.is_sorted_by(|a, b| a < b), "versions: {days:?}");
    for lang in [terms::Lang::Ja, terms::Lang::En] {
        for version in &contract.versions {
            let rows = terms::wording::overview(contract, &version.terms, lang);
            assert!(rows.iter().all(|row| !row.number.is_empty()), "a row without a number");
        }
        assert!(terms::diff(contract, contract, lang).is_empty(), "a contract differs from itself");
    }
}
