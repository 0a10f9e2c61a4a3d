//! How files look: each opens with what it is for, none is too long, none has an empty name.
//!
//! Files and functions that are too long already are in `xtask/ratchet.txt` with their length.
//! They may shrink, never grow, and leave the list when they are short enough.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::Context;

use crate::Finding;
use crate::sources::{self, Source};

/// Lines of a file, without its tests.
const FILE_MAX: usize = 400;
/// Lines of a function, signature and closing brace included.
const FUNCTION_MAX: usize = 70;
/// Names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 8] =
    ["common", "util", "utils", "helper", "helpers", "manager", "misc", "stuff"];
const RATCHET: &str = "xtask/ratchet.txt";

/// Every rule about how a file looks.
pub fn check(root: &Path, sources: &[Source]) -> anyhow::Result<Vec<Finding>> {
    let mut findings: Vec<Finding> = sources.iter().flat_map(check_file).collect();
    let allowed = read_ratchet(root)?;
    let found = too_long(sources);
    for (what, lines) in &found {
        let max = allowed.get(what).copied();
        if max.is_none_or(|max| *lines > max) {
            let limit = max.map_or_else(
                || format!("{FILE_MAX} for a file and {FUNCTION_MAX} for a function"),
                |max| format!("{max} by {RATCHET}"),
            );
            findings.push(Finding(format!("{what}: {lines} lines are too many ({limit})")));
        }
    }
    for (what, max) in &allowed {
        if found.get(what).is_none_or(|lines| lines < max) {
            let text = format!("{RATCHET}: {what} became shorter: run `cargo xtask shrink`");
            findings.push(Finding(text));
        }
    }
    Ok(findings)
}

/// Lowers the ratchet to what is there; it is never raised.
pub fn shrink(root: &Path) -> anyhow::Result<Vec<Finding>> {
    let found = too_long(&sources::all(root)?);
    let lowered = read_ratchet(root)?.into_iter().filter_map(|(what, max)| {
        let lines = found.get(&what)?;
        Some(format!("{what} {}\n", max.min(*lines)))
    });
    let text: String = lowered.collect();
    fs::write(root.join(RATCHET), text).context(RATCHET)?;
    Ok(Vec::new())
}

/// Lines `PATH LINES` and `PATH::FUNCTION LINES`.
fn read_ratchet(root: &Path) -> anyhow::Result<BTreeMap<String, usize>> {
    let text = fs::read_to_string(root.join(RATCHET)).context(RATCHET)?;
    let entry = |line: &str| {
        let (what, lines) = line.rsplit_once(' ').context("each line is WHAT LINES")?;
        Ok((what.to_owned(), lines.parse()?))
    };
    text.lines().map(entry).collect::<anyhow::Result<_>>().context(RATCHET)
}

fn check_file(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !source.text.starts_with("//! ") {
        let text = format!("{}: does not open with `//!` and what it is for", source.path);
        findings.push(Finding(text));
    }
    let mut parts = source.path.trim_end_matches(".rs").split('/');
    // Cargo wants `tests/common/mod.rs` for what several test programs share.
    if source.path.contains("/tests/") {
        return findings;
    }
    if let Some(name) = parts.find(|part| EMPTY_NAMES.contains(part)) {
        let text = format!("{}: `{name}` does not say what is inside", source.path);
        findings.push(Finding(text));
    }
    findings
}

/// Everything above the limits, by name.
fn too_long(sources: &[Source]) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    let ours = |source: &&Source| source.is_product() || source.path.starts_with("xtask/");
    for source in sources.iter().filter(ours) {
        let lines: Vec<&str> = source.product_lines().map(|(_, line)| line).collect();
        if lines.len() > FILE_MAX {
            found.insert(source.path.clone(), lines.len());
        }
        for (name, length) in functions(&lines) {
            if length > FUNCTION_MAX {
                found.insert(format!("{}::{name}", source.path), length);
            }
        }
    }
    found
}

/// Every function with its length. The code is formatted by rustfmt, so a function ends at the
/// first brace that stands alone as far in as its `fn` line begins.
fn functions<'t>(lines: &[&'t str]) -> Vec<(&'t str, usize)> {
    let mut found = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let Some(name) = function_name(line) else { continue };
        let indent = &line[..line.len() - line.trim_start().len()];
        let close = format!("{indent}}}");
        let declaration = format!("{indent})");
        if line.ends_with(['}', ';']) {
            continue;
        }
        for (length, line) in lines[start..].iter().enumerate() {
            if line.starts_with(&declaration) && line.ends_with(';') {
                break;
            }
            if *line == close {
                found.push((name, length + 1));
                break;
            }
        }
    }
    found
}

fn function_name(line: &str) -> Option<&str> {
    let mut rest = line.trim_start();
    for word in ["pub(crate) ", "pub(super) ", "pub ", "default ", "const ", "async ", "unsafe "] {
        rest = rest.strip_prefix(word).unwrap_or(rest);
    }
    let name = rest.strip_prefix("fn ")?;
    let end = name.find(|c: char| !c.is_alphanumeric() && c != '_')?;
    Some(&name[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_measured() {
        let text = "\
impl X {
    pub async fn long(
        &self,
    ) -> u8 {
        if true {
        }
    }

    fn short() {}

    fn declared(
        x: u8,
    );
}

pub(crate) const fn two() {
}
";
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(functions(&lines), [("long", 6), ("two", 2)]);
    }
}
