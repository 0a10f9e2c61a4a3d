//! Every wrong configuration in `tests/bad_configs/` gets exactly the findings written beside it.
//!
//! `UPDATE=1 cargo test -p server --test bad_configs` writes the findings anew; read the diff.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

#[test]
fn every_wrong_file_gets_its_message() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad_configs");
    let mut wrong = Vec::new();
    let mut seen = 0;
    for entry in fs::read_dir(&folder).expect("the folder of wrong files") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|e| e != "toml") {
            continue;
        }
        seen += 1;
        let name = path.file_name().expect("a file name");
        let output = Command::new(env!("CARGO_BIN_EXE_yakusoku"))
            .args(["config", "check"])
            .arg(name)
            .current_dir(&folder)
            .output()
            .expect("the program runs");
        assert_eq!(output.status.code(), Some(1), "exit status for {name:?}");
        let got = String::from_utf8(output.stdout).expect("UTF-8");
        let expected = path.with_extension("expected");
        if env::var_os("UPDATE").is_some() {
            fs::write(&expected, &got).expect("written");
        } else if fs::read_to_string(&expected).unwrap_or_default() != got {
            wrong.push(format!("{}: got\n{got}", expected.display()));
        }
    }
    assert!(seen >= 40, "only {seen} wrong files were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
