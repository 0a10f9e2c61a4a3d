//! Reads systemd's journal from a cursor on, by asking journalctl(1) now and then.

use std::process::Stdio;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, ChildStdout, Command};

use super::tail::Looked;

/// Most entries of one look.
const ENTRIES_MAX: usize = 20_000;
/// Most bytes of an entry: journalctl leaves out fields of more than 4 KiB.
const ENTRY_MAX: u64 = 128 * 1024;
/// Longest that a look may take.
const LOOK_MAX: Duration = Duration::from_secs(60);
/// Most bytes of what journalctl says on its standard error.
const SAID_MAX: u64 = 4 * 1024;
/// What it says when it keeps entries from us (and yet ends well).
const KEPT_FROM_US: [&str; 2] = ["not seeing messages", "insufficient permissions"];

/// systemd's journal on its way.
#[derive(Debug)]
pub struct Journald {
    /// Of these units; of all when empty.
    units: Vec<String>,
    /// Behind which entry to go on; it may be of another unit.
    cursor: Option<String>,
    program: String,
}

/// What one entry says.
#[derive(Debug, PartialEq, Eq)]
struct Entry {
    cursor: String,
    at: Option<Timestamp>,
    line: String,
}

impl Journald {
    /// Goes on behind a cursor; without one at the last entry there is.
    pub fn resume(units: &[String], cursor: Option<String>) -> Journald {
        Journald { units: units.to_vec(), cursor, program: "journalctl".to_owned() }
    }

    /// Where to go on.
    pub fn cursor(&self) -> Option<&str> {
        self.cursor.as_deref()
    }

    /// Hands over every entry since the last look.
    ///
    /// # Errors
    /// In words, when journalctl cannot be asked or keeps entries from us.
    pub async fn look(
        &mut self,
        line: impl FnMut(&[u8], Option<Timestamp>),
    ) -> Result<Looked, String> {
        match tokio::time::timeout(LOOK_MAX, self.ask(line)).await {
            Ok(looked) => looked,
            Err(_) => Err(format!("{} did not answer in time", self.program)),
        }
    }

    async fn ask(
        &mut self,
        mut line: impl FnMut(&[u8], Option<Timestamp>),
    ) -> Result<Looked, String> {
        let told = |error: std::io::Error| format!("cannot run journalctl: {error}");
        let mut child = self.start().map_err(told)?;
        let (Some(out), Some(err)) = (child.stdout.take(), child.stderr.take()) else {
            return Err("journalctl has no output".to_owned());
        };
        let (first, known) = (self.cursor.is_none(), self.cursor.clone());
        let (mut said, mut is_there) = (Vec::new(), false);
        let mut err = err.take(SAID_MAX);
        let (read, _) = tokio::join!(
            self.entries(out, |entry| {
                match Some(&entry.cursor) == known.as_ref() {
                    true => is_there = true,
                    false if first => {}
                    false => line(entry.line.as_bytes(), entry.at),
                }
            }),
            err.read_to_end(&mut said),
        );
        let count = read.map_err(told)?;
        // Others may be gone with the entry behind which we stopped. Of single units nobody can tell: that
        // entry may be of another one.
        let lost = !first && !is_there && self.units.is_empty() && count > 0;
        if count == ENTRIES_MAX {
            return Ok(Looked { more: true, lost });
        }
        let status = child.wait().await.map_err(told)?;
        let said = String::from_utf8_lossy(&said).trim().to_owned();
        if KEPT_FROM_US.iter().any(|words| said.contains(words)) {
            return Err("the agent's user may not read the journal: add it to the group \
                        systemd-journal"
                .to_owned());
        }
        if !status.success() && !first && said.contains("cursor") {
            // The entry behind which we stopped is gone: go on at the end.
            self.cursor = None;
            return Ok(Looked { more: true, lost: true });
        }
        match status.success() {
            true => Ok(Looked { more: false, lost }),
            false => Err(format!("journalctl: {said}")),
        }
    }

    fn start(&self) -> std::io::Result<Child> {
        let mut command = Command::new(&self.program);
        command
            .args(["--output=json", "--no-pager"])
            .arg("--output-fields=MESSAGE,SYSLOG_IDENTIFIER");
        match &self.cursor {
            // From that entry on, which is left out if it is there: "after" it journalctl would leave
            // out the next one where it is gone, or of another unit.
            Some(cursor) => command
                .arg(format!("--cursor={cursor}"))
                .args(self.units.iter().map(|unit| format!("--unit={unit}"))),
            // Of any unit: one that has never said anything has no entry to begin behind.
            None => command.arg("--lines=1"),
        };
        command
            .env("LC_ALL", "C.UTF-8")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
    }

    /// How many entries there were, [`ENTRIES_MAX`] at most.
    async fn entries(
        &mut self,
        out: ChildStdout,
        mut take: impl FnMut(&Entry),
    ) -> std::io::Result<usize> {
        let mut reader = BufReader::with_capacity(32 * 1024, out);
        let mut text = Vec::new();
        let mut count = 0;
        while count < ENTRIES_MAX {
            text.clear();
            if (&mut reader).take(ENTRY_MAX).read_until(b'\n', &mut text).await? == 0 {
                break;
            }
            if let Some(entry) = entry(&text) {
                take(&entry);
                self.cursor = Some(entry.cursor);
                count += 1;
            }
        }
        Ok(count)
    }
}

/// One line of `journalctl --output=json`. A message that is no text is a list of bytes, one that is
/// too long is null.
fn entry(text: &[u8]) -> Option<Entry> {
    let value: Value = serde_json::from_slice(text).ok()?;
    let cursor = value.get("__CURSOR")?.as_str()?.to_owned();
    let micros = value.get("__REALTIME_TIMESTAMP").and_then(|at| at.as_str()?.parse().ok());
    let message = match value.get("MESSAGE") {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(bytes)) => {
            let bytes = bytes.iter().filter_map(|byte| u8::try_from(byte.as_u64()?).ok());
            String::from_utf8_lossy(&bytes.collect::<Vec<u8>>()).into_owned()
        }
        _ => "(a message of more than 4 KiB)".to_owned(),
    };
    let line = match value.get("SYSLOG_IDENTIFIER").and_then(Value::as_str) {
        Some(who) => format!("{who}: {message}"),
        None => message,
    };
    let at = micros.and_then(|micros| Timestamp::from_microsecond(micros).ok());
    Some(Entry { cursor, at, line })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn entries_of_every_form() {
        let cases = [
            (
                r#"{"__CURSOR":"s=1;i=2","__REALTIME_TIMESTAMP":"1763791200000000","MESSAGE":"Out of memory","SYSLOG_IDENTIFIER":"kernel"}"#,
                Some(("s=1;i=2", true, "kernel: Out of memory")),
            ),
            (r#"{"__CURSOR":"c","MESSAGE":[227,129,130,10]}"#, Some(("c", false, "あ\n"))),
            (
                r#"{"__CURSOR":"c","MESSAGE":null}"#,
                Some(("c", false, "(a message of more than 4 KiB)")),
            ),
            (r#"{"MESSAGE":"no cursor"}"#, None),
            ("-- No entries --", None),
            ("", None),
        ];
        for (text, expected) in cases {
            let read = entry(text.as_bytes());
            let shown = read.as_ref().map(|e| (e.cursor.as_str(), e.at.is_some(), e.line.as_str()));
            assert_eq!(shown, expected, "{text}");
        }
    }

    /// Answers as journalctl does, from a file of entries `CURSOR MESSAGE`.
    const SCRIPT: &str = r#"#!/bin/sh
folder=$(dirname "$0")
from=; unit=; first=
for word; do case $word in --cursor=*) from=${word#*=};; --lines=1) first=1;; --unit=*) unit=.*${word#*=};; esac; done
print() { printf '{"__CURSOR":"%s","MESSAGE":"%s"}\n' "$1" "$2"; }
if [ -n "$first" ]; then set -- $(tail -n 1 "$folder/entries"); print "$1" "$2"; exit 0; fi
[ "$from" != broken ] || { echo 'Failed to seek to cursor' >&2; exit 1; }
awk -v from="$from" '$1 >= from' "$folder/entries" | grep "$unit" | while read -r c m; do print "$c" "$m"; done
cat "$folder/says" >&2 2>/dev/null
exit 0
"#;

    #[tokio::test(flavor = "current_thread")]
    async fn from_cursor_to_cursor() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        fs::write(path("journalctl"), SCRIPT).expect("written");
        let mode = fs::Permissions::from_mode(0o755);
        fs::set_permissions(path("journalctl"), mode).expect("chmod");
        fs::write(path("entries"), "c1 one\nc2 two\n").expect("written");
        let mut journald = Journald::resume(&[], None);
        journald.program = path("journalctl").display().to_string();
        let mut lines: Vec<String> = Vec::new();
        let mut put = |line: &[u8], _| lines.push(String::from_utf8_lossy(line).into_owned());
        journald.look(&mut put).await.expect("looked");
        fs::write(path("entries"), "c1 one\nc2 two\nc3 three\nc4 four\n").expect("written");
        journald.look(&mut put).await.expect("looked");
        assert_eq!(journald.cursor(), Some("c4"));
        // Where we stopped is gone: nothing behind it is left out, and that others may be gone is told.
        fs::write(path("entries"), "c5 five\nc6 six\n").expect("written");
        let looked = journald.look(&mut put).await.expect("looked");
        assert_eq!(looked, Looked { more: false, lost: true });
        journald.look(&mut put).await.expect("looked");
        // Nobody can say where we stopped: that is told, and we go on at the end.
        fs::write(path("entries"), "c8 eight\nc9 nine\n").expect("written");
        journald.cursor = Some("broken".to_owned());
        let looked = journald.look(&mut put).await.expect("looked");
        assert_eq!(looked, Looked { more: true, lost: true });
        journald.look(&mut put).await.expect("looked");
        assert_eq!(journald.cursor(), Some("c9"));
        fs::write(path("says"), "Hint: You are currently not seeing messages from other users")
            .expect("written");
        assert!(journald.look(&mut put).await.is_err_and(|why| why.contains("systemd-journal")));
        assert_eq!(lines, ["three", "four", "five", "six"]);
        journald.program = "/nowhere".to_owned();
        assert!(journald.look(|_, _| {}).await.is_err());
    }

    #[tokio::test(flavor = "current_thread")]
    async fn a_unit_that_was_silent_so_far_is_heard_from_its_first_word_on() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        fs::write(path("journalctl"), SCRIPT).expect("written");
        let mode = fs::Permissions::from_mode(0o755);
        fs::set_permissions(path("journalctl"), mode).expect("chmod");
        fs::write(path("entries"), "c1 other\n").expect("written");
        let mut journald = Journald::resume(&["web".to_owned()], None);
        journald.program = path("journalctl").display().to_string();
        let mut lines: Vec<String> = Vec::new();
        let mut put = |line: &[u8], _| lines.push(String::from_utf8_lossy(line).into_owned());
        journald.look(&mut put).await.expect("looked");
        assert_eq!(journald.cursor(), Some("c1"));
        fs::write(path("entries"), "c1 other\nc2 web-1\nc3 other\nc4 web-2\n").expect("written");
        journald.look(&mut put).await.expect("looked");
        journald.look(&mut put).await.expect("looked");
        assert_eq!(lines, ["web-1", "web-2"]);
    }
}
