//! Whole texts, as a reader gets them, in `tests/contracts/expected/`.

use std::{env, fs};

use crate::program::{ONE_LOG, root, yakusoku};

/// Name of the expected text, and the command line that writes it.
const TEXTS: [(&str, &str); 19] = [
    (
        "settle-000-ja.txt",
        "settle contracts/cyber-solutions.toml --month 2026-11 --explain --log LOG",
    ),
    (
        "settle-000-en.txt",
        "settle contracts/cyber-solutions.toml --month 2026-11 --explain --lang en --log LOG",
    ),
    (
        "settle-000.json",
        "settle contracts/cyber-solutions.toml --month 2026-11 --format json --log LOG",
    ),
    (
        "settle-001-ja.txt",
        "settle contracts/customers-mail-cloud.toml --month 2026-11 --explain --log LOG",
    ),
    (
        "settle-001-en.txt",
        "settle contracts/customers-mail-cloud.toml --month 2026-11 --explain --lang en --log LOG",
    ),
    ("settle-002-ja.txt", "settle contracts/aoulu-cloud.toml --month 2026-11 --explain --log LOG"),
    ("show-000-ja.txt", "contract show contracts/cyber-solutions.toml"),
    ("show-001-ja.txt", "contract show contracts/customers-mail-cloud.toml"),
    ("show-001-en.txt", "contract show contracts/customers-mail-cloud.toml --lang en"),
    ("show-002-ja.txt", "contract show contracts/aoulu-cloud.toml"),
    ("show-003-ja.txt", "contract show contracts/click-so-ko.toml"),
    ("show-004-ja.txt", "contract show contracts/skyarch.toml"),
    ("show-004-platinum-ja.txt", "contract show contracts/skyarch-platinum.toml"),
    ("show-donau-en.txt", "contract show contracts/donau-hosting.toml"),
    (
        "show-donau-first-ja.txt",
        "contract show contracts/donau-hosting.toml --on 2026-03-31 --lang ja",
    ),
    ("show-five-tiers-ja.txt", "contract show contracts/five-tiers.toml"),
    (
        "diff-004-platinum-ja.txt",
        "contract diff contracts/skyarch.toml contracts/skyarch-platinum.toml",
    ),
    (
        "invoice-001-ja.txt",
        "invoice contracts/customers-mail-cloud.toml --month 2026-11 --usage crates/server/tests/data/usage.json",
    ),
    (
        "invoice-001.json",
        "invoice contracts/customers-mail-cloud.toml --month 2026-11 --lang en --format json --usage \
         crates/server/tests/data/usage.json",
    ),
];

#[test]
fn texts_read_as_written() {
    let folder = root().join("crates/server/tests/contracts/expected");
    let mut wrong = Vec::new();
    for (name, line) in TEXTS {
        let got = yakusoku(&line.replace("LOG", ONE_LOG)).out;
        let path = folder.join(name);
        if env::var_os("UPDATE").is_some() {
            fs::create_dir_all(&folder).expect("a folder");
            fs::write(&path, &got).expect("written");
        } else if fs::read_to_string(&path).unwrap_or_default() != got {
            wrong.push(format!("{name}: now\n{got}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_contract_that_we_ship_is_sound() {
    let mut files: Vec<String> = fs::read_dir(root().join("contracts"))
        .expect("the folder of contracts")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"))
        .filter(|name| name.ends_with(".toml"))
        .map(|name| format!("contracts/{name}"))
        .collect();
    files.sort();
    assert!(files.len() >= 9, "{files:?}");
    let ran = yakusoku(&format!("contract check {}", files.join(" ")));
    assert_eq!((ran.status, ran.out.as_str()), (0, ""), "{}", ran.err);
    for file in files {
        assert!(ran.err.contains(&format!("{file}: nothing wrong\n")), "{}", ran.err);
        for lang in ["ja", "en"] {
            let shown = yakusoku(&format!("contract show {file} --lang {lang}"));
            let wide = shown.out.lines().filter(|line| columns(line) > 100);
            assert_eq!(wide.collect::<Vec<_>>(), Vec::<&str>::new(), "{file}");
        }
    }
}

/// Columns on a terminal, where all but ASCII is taken as wide: never less than it is.
fn columns(line: &str) -> usize {
    line.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum::<usize>() - ambiguous(line)
}

/// Characters of one column that are not ASCII.
fn ambiguous(line: &str) -> usize {
    line.chars().filter(|c| "–—“”§×→※…•€¥①②③ü".contains(*c)).count()
}

#[test]
fn a_contract_is_equal_to_itself() {
    for name in ["skyarch", "donau-hosting", "customers-mail-cloud"] {
        let file = format!("contracts/{name}.toml");
        let ran = yakusoku(&format!("contract diff {file} {file}"));
        assert_eq!((ran.status, ran.out.as_str()), (0, ""), "{name}");
    }
}

#[test]
fn the_schema_is_json() {
    let ran = yakusoku("contract schema");
    let schema: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
    assert!(schema["$schema"].as_str().is_some_and(|it| it.contains("2020-12")));
}
