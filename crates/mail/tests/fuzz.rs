//! Hostile bytes against everything in this crate that reads bytes: what must hold whatever
//! comes, and that nothing panics. `tests/fuzz/rounds.rs` says how long and how to repeat.

#[path = "fuzz/client.rs"]
mod client;
#[path = "fuzz/dialogue.rs"]
mod dialogue;
#[path = "fuzz/message.rs"]
mod message;
#[path = "fuzz/mutate.rs"]
mod mutate;
#[path = "fuzz/report.rs"]
mod report;
#[path = "fuzz/rounds.rs"]
mod rounds;
#[path = "dialogue/script.rs"]
mod script;

/// Panics unless every line ends with CRLF and nothing else breaks a line.
fn assert_lines(text: &[u8], what: &str) {
    let whole = text.is_empty() || text.ends_with(b"\r\n");
    let bare = text.split(|b| *b == b'\n').any(|line| {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        line.contains(&b'\r') || line.contains(&0)
    });
    let lone =
        text.iter().enumerate().any(|(i, b)| *b == b'\n' && (i == 0 || text[i - 1] != b'\r'));
    assert!(whole && !bare && !lone, "{what}: {}", text.escape_ascii());
}
