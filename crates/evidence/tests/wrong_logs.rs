//! Every wrong line of the logs in `tests/wrong_logs/` gets exactly the message written beside it, and
//! the sound line at the head of each log gets none.
//!
//! `UPDATE=1 cargo test -p evidence --test wrong_logs` writes the messages anew; read the diff.

use std::path::Path;
use std::{env, fs};

#[test]
fn every_wrong_line_gets_its_message() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wrong_logs");
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for entry in fs::read_dir(&folder).expect("the folder of wrong logs") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|extension| extension != "jsonl") {
            continue;
        }
        seen += 1;
        let log = fs::read(&path).expect("a log");
        let mut got = String::new();
        for (line, number) in log.split(|byte| *byte == b'\n').zip(1..) {
            match evidence::read_line(line, number) {
                Err(error) => got += &format!("{error}\n"),
                Ok(event) => {
                    assert_eq!(event.is_some(), number == 1, "{}:{number}", path.display());
                }
            }
        }
        let expected = path.with_extension("expected");
        if env::var_os("UPDATE").is_some() {
            fs::write(&expected, &got).expect("written");
        } else if fs::read_to_string(&expected).unwrap_or_default() != got {
            wrong.push(format!("{}: got\n{got}", expected.display()));
        }
    }
    assert!(seen >= 25, "only {seen} wrong logs were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
