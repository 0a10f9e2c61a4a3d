//! Every wrong contract in `tests/wrong_contracts/` gets exactly the findings written beside it.
//! Those of a file that can be used all the same begin with `warning: `.
//!
//! `UPDATE=1 cargo test -p terms --test wrong_contracts` writes the findings anew; read the diff.

use std::path::Path;
use std::{env, fs};

/// What the reader says of a file of that folder, one finding a line.
fn said(folder: &Path, name: &str) -> String {
    let open = |path: &str| {
        fs::read_to_string(folder.join(path)).map_err(|_| "there is no such file".to_owned())
    };
    let text = open(name).expect("a file of the folder");
    let lines = match terms::read(name, &text, &open) {
        Ok(read) => read.warnings.iter().map(|w| format!("warning: {w}\n")).collect::<String>(),
        Err(findings) => findings.iter().map(|finding| format!("{finding}\n")).collect(),
    };
    assert!(!lines.is_empty(), "{name} is sound");
    lines
}

#[test]
fn every_wrong_file_gets_its_message() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wrong_contracts");
    let mut wrong = Vec::new();
    let mut seen = 0;
    for entry in fs::read_dir(&folder).expect("the folder of wrong files") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|e| e != "toml") {
            continue;
        }
        seen += 1;
        let name = path.file_name().and_then(|name| name.to_str()).expect("a file name");
        let got = said(&folder, name);
        let expected = path.with_extension("expected");
        if env::var_os("UPDATE").is_some() {
            fs::write(&expected, &got).expect("written");
        } else if fs::read_to_string(&expected).unwrap_or_default() != got {
            wrong.push(format!("{}: got\n{got}", expected.display()));
        }
    }
    assert!(seen >= 100, "only {seen} wrong files were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
