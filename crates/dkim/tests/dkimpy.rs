//! The second opinion: dkimpy (PyPI) judges what we signed, and we judge what it signed.
//!
//! Runs when `YAKUSOKU_TEST_DKIMPY` names a Python that can import `dkim`; `scripts/test` sets it.

mod common;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use common::{DOMAIN, Sender, messages};

fn python() -> Option<String> {
    let python = std::env::var("YAKUSOKU_TEST_DKIMPY").ok();
    if python.is_none() {
        eprintln!("skipped: YAKUSOKU_TEST_DKIMPY names no Python with dkimpy");
    }
    python
}

/// Runs `tests/dkimpy.py` on a directory; its lines are `NAME verdict verdict …`.
fn run(python: &str, verb: &str, directory: &Path) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dkimpy.py");
    let output = Command::new(python)
        .arg(script)
        .args([verb, DOMAIN])
        .arg(directory)
        .output()
        .expect("YAKUSOKU_TEST_DKIMPY is a Python that starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    String::from_utf8(output.stdout).expect("text from the script")
}

fn write_records(sender: &Sender, directory: &Path) {
    let mut text = String::new();
    for (name, record) in &sender.records {
        writeln!(text, "{name}\t{record}").expect("writing to a string does not fail");
    }
    fs::write(directory.join("records.txt"), text).expect("a writable temporary directory");
}

/// As a server receives it: the last line ends in CRLF, because the dot stands on one of its own
/// (RFC 5321 section 4.1.1.4). What to make of blanks before a missing line end is not defined.
fn on_the_wire(mut message: Vec<u8>) -> Vec<u8> {
    if !message.ends_with(b"\r\n") {
        message.extend(b"\r\n");
    }
    message
}

#[test]
fn dkimpy_accepts_what_we_sign() {
    let Some(python) = python() else { return };
    let (sender, directory) = (Sender::new(), tempfile::tempdir().expect("a temporary directory"));
    write_records(&sender, directory.path());
    let mut expected = String::new();
    for (number, (name, message)) in messages().into_iter().enumerate() {
        let signed = on_the_wire(sender.sign(&message));
        fs::write(directory.path().join(format!("{number:03}.eml")), &signed).expect("a file");
        writeln!(expected, "{number:03} rsa=True ed=True  # {name}").expect("a string");

        // And it refuses the same message with more text in its body.
        let separator: &[u8] = if has_body(&message) { b"" } else { b"\r\n" };
        let changed = [&signed, separator, b"P.S.\r\n"].concat();
        fs::write(directory.path().join(format!("{number:03}c.eml")), changed).expect("a file");
        writeln!(expected, "{number:03}c rsa=False ed=False  # {name}").expect("a string");
    }
    let told = run(&python, "verify", directory.path());
    let mut told = told.lines();
    for line in expected.lines() {
        let (verdicts, name) = line.split_once("  # ").expect("as written above");
        assert_eq!(told.next(), Some(verdicts), "{name}");
    }
    assert_eq!(told.next(), None);
}

fn has_body(message: &[u8]) -> bool {
    message.windows(4).any(|window| window == b"\r\n\r\n")
}

#[test]
fn we_accept_what_dkimpy_signs() {
    let Some(python) = python() else { return };
    let (sender, directory) = (Sender::new(), tempfile::tempdir().expect("a temporary directory"));
    fs::write(directory.path().join("rsa.der"), &sender.rsa.private).expect("a file");
    for (number, (_, message)) in messages().into_iter().enumerate() {
        let message = on_the_wire(message);
        fs::write(directory.path().join(format!("{number:03}.eml")), message).expect("a file");
    }
    run(&python, "sign", directory.path());

    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    for (number, (name, _)) in messages().into_iter().enumerate() {
        for ways in ["relaxed-relaxed", "relaxed-simple", "simple-simple"] {
            let path = directory.path().join(format!("{number:03}.{ways}"));
            let signed = fs::read(path).expect("the script wrote it");
            let verdicts = runtime.block_on(dkim::verify(&signed, &sender.records));
            let ours = verdicts.iter().find(|v| v.domain == DOMAIN).expect("a verdict");
            assert_eq!(ours.result, Ok(()), "{name}, {ways}");
        }
    }
}
