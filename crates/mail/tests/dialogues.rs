//! Whole SMTP sessions as text: every file of `tests/dialogues/` is played and compared, in one
//! piece and in crumbs.

mod dialogue;

use std::fs;
use std::path::{Path, PathBuf};

use dialogue::{Script, parse};

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dialogues");
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).expect("the folder").map(|e| e.expect("an entry").path()).collect();
    files.sort();
    files
}

/// What was expected and what came, line by line; `None` when they agree.
fn difference(script: &Script, played: &[Vec<String>]) -> Option<String> {
    let mut report = String::new();
    let mut differs = false;
    for (block, events) in script.blocks.iter().zip(played) {
        for line in block.sent.split_inclusive(|b| *b == b'\n') {
            let line = line.escape_ascii().to_string();
            report.push_str(&format!("  C: {}\n", line.chars().take(120).collect::<String>()));
        }
        for i in 0..block.expected.len().max(events.len()) {
            let (expected, got) = (block.expected.get(i), events.get(i));
            if expected.zip(got).is_some_and(|(expected, got)| got.starts_with(expected.as_str())) {
                report.push_str(&format!("  {}\n", events[i]));
                continue;
            }
            differs = true;
            report.extend(expected.map(|line| format!("- {line}\n")));
            report.extend(got.map(|line| format!("+ {line}\n")));
        }
    }
    differs.then_some(report)
}

#[test]
fn every_dialogue_goes_as_written() {
    let files = files();
    assert!(files.len() >= 35, "the corpus has shrunk to {} files", files.len());
    let mut reports = String::new();
    for file in files {
        let script = parse(&fs::read_to_string(&file).expect("a text file"));
        let whole = script.play(usize::MAX);
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if let Some(report) = difference(&script, &whole) {
            reports.push_str(&format!("\n{name}:\n{report}"));
        }
        for piece in [1, 2, 7, 100] {
            if script.play(piece) != whole {
                reports.push_str(&format!("\n{name}: goes differently in pieces of {piece}\n"));
            }
        }
    }
    assert!(reports.is_empty(), "{reports}");
}
