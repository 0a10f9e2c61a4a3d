//! Pure crates stay pure, and only `server` reads the clock and the environment.

use std::fs;
use std::path::Path;

use anyhow::Context;

use crate::Finding;
use crate::sources::Source;
use crate::tree;

/// Crates of floors 1 and 2: values in, values out.
const PURE: [&str; 8] =
    ["calendar", "desk", "evidence", "link", "mail", "sections", "settlement", "terms"];
/// What a pure crate may not bring along: runtimes, sockets, TLS, databases, logs, randomness.
const IMPURE_CRATES: [&str; 12] = [
    "tokio",
    "mio",
    "hyper",
    "axum",
    "rustls",
    "sqlx",
    "tracing",
    "log",
    "rand",
    "getrandom",
    "rustix",
    "aws-lc-rs",
];
/// What a pure crate may not say.
const IMPURE_WORDS: [&str; 14] = [
    "std::fs",
    "std::env",
    "std::process",
    "std::thread",
    "std::net::Tcp",
    "std::net::Udp",
    "std::io::stdin",
    "SystemTime",
    "Instant::now",
    "Timestamp::now",
    "Zoned::now",
    "tokio",
    "tracing",
    "println!",
];
/// Reading the wall clock.
const CLOCKS: [&str; 4] = ["Timestamp::now", "Zoned::now", "SystemTime::now", "Utc::now"];
/// Reading the environment.
const ENVIRONMENT: [&str; 3] = ["env::var", "env::args", "env::current_dir"];
/// Where `Instant::now` may be called, with reasons.
const INSTANTS: &str = "xtask/instants.txt";

/// Every rule about what code may reach.
pub fn check(root: &Path, sources: &[Source]) -> anyhow::Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for name in PURE {
        let closure = tree::closure(root, name)?;
        for impure in IMPURE_CRATES.iter().filter(|impure| closure.contains(**impure)) {
            let text = format!("crates/{name}: brings `{impure}` along, but it is a pure crate");
            findings.push(Finding(text));
        }
    }
    let allowed = fs::read_to_string(root.join(INSTANTS)).context(INSTANTS)?;
    let allowed: Vec<&str> = allowed
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    for source in sources.iter().filter(|source| source.is_product()) {
        check_source(source, &allowed, &mut findings);
    }
    for path in allowed {
        let used = |source: &Source| {
            source.path == path
                && source.code_lines().any(|(_, line)| line.contains("Instant::now"))
        };
        if !sources.iter().any(used) {
            findings.push(Finding(format!("{INSTANTS}: {path} needs no exception any more")));
        }
    }
    Ok(findings)
}

fn check_source(source: &Source, instants: &[&str], findings: &mut Vec<Finding>) {
    let Some(name) = source.crate_name() else { return };
    let mut find = |line: usize, text: String| {
        findings.push(Finding(format!("{}:{line}: {text}", source.path)));
    };
    for (number, line) in source.code_lines() {
        let says =
            |words: &[&'static str]| words.iter().find(|word| line.contains(**word)).copied();
        if PURE.contains(&name) {
            if let Some(word) = says(&IMPURE_WORDS) {
                find(number, format!("`{word}` in a pure crate: let the caller pass the value in"));
            }
        } else if name != "server" {
            if let Some(word) = says(&CLOCKS) {
                find(number, format!("`{word}`: only `server` reads the clock; take `now`"));
            }
            if let Some(word) = says(&ENVIRONMENT) {
                find(number, format!("`{word}`: only `server` reads the environment"));
            }
            if line.contains("Instant::now") && !instants.contains(&source.path.as_str()) {
                let text = format!("`Instant::now`: take `now`, or add the file to {INSTANTS}");
                find(number, text);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_each_crate_may_say() {
        let cases = [
            ("crates/mail/src/x.rs", "use std::net::IpAddr;", ""),
            ("crates/mail/src/x.rs", "use std::fs;", "`std::fs` in a pure crate"),
            ("crates/mail/src/x.rs", "// std::fs is not for us", ""),
            ("crates/mail/src/x.rs", "#[cfg(test)]\nmod tests {\n    std::fs::read(p);\n}", ""),
            ("crates/app/src/x.rs", "let now = Timestamp::now();", "only `server` reads the clock"),
            ("crates/server/src/x.rs", "let now = Timestamp::now();", ""),
            ("crates/relay/src/a.rs", "let began = Instant::now();", ""),
            ("crates/relay/src/x.rs", "let began = Instant::now();", "take `now`, or add"),
            ("crates/web/src/x.rs", "std::env::var(\"LANG\")", "only `server` reads the env"),
        ];
        for (path, text, expected) in cases {
            let source = Source { path: path.to_owned(), text: text.to_owned() };
            let mut findings = Vec::new();
            check_source(&source, &["crates/relay/src/a.rs"], &mut findings);
            let found: Vec<&str> = findings.iter().map(|finding| finding.0.as_str()).collect();
            match expected {
                "" => assert!(found.is_empty(), "{text}: {found:?}"),
                _ => assert!(found.len() == 1 && found[0].contains(expected), "{text}: {found:?}"),
            }
        }
    }
}
