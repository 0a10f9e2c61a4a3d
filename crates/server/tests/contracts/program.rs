//! The program, run from the root of the workspace, so that paths read as a person types them.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// The one log of what happened in November 2026 that all five contracts are settled from.
pub const ONE_LOG: &str = "crates/server/tests/data/one-log-five-contracts.jsonl";

/// What a run came to.
pub struct Ran {
    /// Exit status.
    pub status: i32,
    /// Data.
    pub out: String,
    /// Talk.
    pub err: String,
}

/// The root of the workspace.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Runs a command line; words are parted by spaces.
pub fn yakusoku(line: &str) -> Ran {
    with_input(line, "")
}

/// Runs a command line with a text on standard input.
pub fn with_input(line: &str, input: &str) -> Ran {
    let mut child = Command::new(env!("CARGO_BIN_EXE_yakusoku"))
        .args(line.split_whitespace())
        .current_dir(root())
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program runs");
    // One that is wrong about its arguments ends before it reads.
    let _ = child.stdin.take().expect("piped").write_all(input.as_bytes());
    let output = child.wait_with_output().expect("it ends");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Ran {
        status: output.status.code().expect("not killed"),
        out: text(output.stdout),
        err: text(output.stderr),
    }
}

/// The statement in JSON of a command line that settles.
pub fn settled(line: &str) -> serde_json::Value {
    let ran = yakusoku(&format!("settle {line} --format json"));
    assert_eq!(ran.status, 0, "{line}: {}", ran.err);
    serde_json::from_str(&ran.out).expect("JSON")
}
