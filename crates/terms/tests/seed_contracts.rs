//! Every contract in `contracts/` is read without a finding, and says what its document says.

use std::fs;
use std::path::{Path, PathBuf};

fn contracts() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../contracts");
    let entries = fs::read_dir(folder).expect("the folder of contracts");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut paths: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|e| e == "toml")).collect();
    paths.sort();
    paths
}

fn open(path: &str) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| error.to_string())
}

#[test]
fn every_contract_is_sound() {
    let mut wrong = Vec::new();
    for path in contracts() {
        let path = path.to_str().expect("UTF-8");
        match terms::read(path, &open(path).expect("readable"), &open) {
            Ok(read) => wrong.extend(read.warnings.iter().map(|w| format!("warning: {w}"))),
            Err(findings) => wrong.extend(findings.iter().map(ToString::to_string)),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
