//! What cargo knows: the crates of the workspace and everything they bring along.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use anyhow::{Context, ensure};
use serde_json::Value;

use crate::Finding;

/// Crates that must not come in: one crypto library only (`aws-lc-rs`), and `rsa` leaks timing
/// (RUSTSEC-2023-0071).
const BANNED: [&str; 5] = ["ring", "openssl", "openssl-sys", "native-tls", "rsa"];

/// What the rules need of cargo's answers.
pub struct Metadata {
    /// Direct dependencies of each crate of ours, by kind (`normal`, `dev`, `build`).
    pub direct: BTreeMap<String, Vec<(String, String)>>,
    /// Everything that the program and its tests bring along, by name.
    all: BTreeSet<String>,
}

/// Asks cargo.
pub fn metadata(root: &Path) -> anyhow::Result<Metadata> {
    let answer = cargo(root, &["metadata", "--format-version", "1", "--locked", "--no-deps"])?;
    let answer: Value = serde_json::from_slice(&answer)?;
    let mut direct = BTreeMap::new();
    for package in list(&answer["packages"]) {
        let dependencies = list(&package["dependencies"]).map(|dependency| {
            let kind = dependency["kind"].as_str().unwrap_or("normal");
            (text(&dependency["name"]), kind.to_owned())
        });
        direct.insert(text(&package["name"]), dependencies.collect());
    }
    Ok(Metadata { direct, all: brought_along(root, &["--workspace", "--edges", "all"])? })
}

/// Everything that a crate of ours brings along in the program, by name.
pub fn closure(root: &Path, name: &str) -> anyhow::Result<BTreeSet<String>> {
    brought_along(root, &["--package", name, "--edges", "normal"])
}

/// `cargo tree` follows the features that are switched on; `cargo metadata` would name optional
/// crates that nobody uses.
fn brought_along(root: &Path, what: &[&str]) -> anyhow::Result<BTreeSet<String>> {
    let mut arguments = vec!["tree", "--locked", "--prefix", "none", "--format", "{p}"];
    arguments.extend(what);
    let answer = String::from_utf8(cargo(root, &arguments)?)?;
    Ok(answer.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect())
}

fn cargo(root: &Path, arguments: &[&str]) -> anyhow::Result<Vec<u8>> {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(program)
        .args(arguments)
        .current_dir(root)
        .output()
        .context("cannot run cargo")?;
    let talk = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "cargo {} failed: {talk}", arguments[0]);
    Ok(output.stdout)
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// No banned crate anywhere in the tree.
pub fn check(metadata: &Metadata) -> Vec<Finding> {
    let banned = BANNED.iter().filter(|name| metadata.all.contains(**name));
    let text = |name: &&str| {
        Finding(format!(
            "Cargo.lock: `{name}` came in; run `cargo tree -i {name}` and switch the feature off"
        ))
    };
    banned.map(text).collect()
}
