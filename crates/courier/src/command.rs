//! A notice for a program of the operator's: no shell, nothing of our environment, a limit on time.
//! The notice is JSON on its standard input; exit status 0 is taken, 75 is not now (sysexits.h),
//! others are refusals. Its first line of output is the proof.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Child;

use crate::{Outcome, Parcel, webhook};

/// `EX_TEMPFAIL`.
const NOT_NOW: i32 = 75;
/// How much of its output is read, in bytes.
const OUTPUT_MAX: u64 = 16 * 1024;

/// A program.
#[derive(Clone, Debug)]
pub struct Command {
    /// An absolute path.
    pub program: PathBuf,
    /// As they are; nothing is put in.
    pub arguments: Vec<String>,
    /// Then it and its children are killed.
    pub time_max: Duration,
}

pub(crate) async fn carry(command: &Command, parcel: &Parcel) -> Outcome {
    let name = command.program.display();
    let started = tokio::process::Command::new(&command.program)
        .args(&command.arguments)
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("LANG", "C.UTF-8")
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .process_group(0)
        .kill_on_drop(true)
        .spawn();
    let mut child = match started {
        Ok(child) => child,
        Err(error) => return Outcome::later(format!("cannot start {name}: {error}")),
    };
    let group = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
    let text = webhook::fields(parcel).to_string() + "\n";
    let outcome = match tokio::time::timeout(command.time_max, talk(&mut child, &text)).await {
        Ok(Ok((code, line))) => judged(code, &line),
        Ok(Err(error)) => Outcome::unknown(format!("{name}: {error}")),
        Err(_) => Outcome::unknown(format!("{name} did not end in time and was killed")),
    };
    if let Some(group) = group {
        // What it left behind goes too; a group without members is no fault.
        let _ = kill_process_group(group, Signal::KILL);
    }
    outcome
}

/// Its exit status (`None`: killed by a signal) and the first line of its output.
async fn talk(child: &mut Child, text: &str) -> std::io::Result<(Option<i32>, String)> {
    let (mut input, output) = (child.stdin.take(), child.stdout.take());
    let write = async {
        if let Some(input) = &mut input {
            // A program that does not read its input may still take the notice.
            let _ = input.write_all(text.as_bytes()).await;
        }
        drop(input);
    };
    let read = async {
        let mut bytes = Vec::new();
        if let Some(output) = output {
            output.take(OUTPUT_MAX).read_to_end(&mut bytes).await?;
        }
        Ok::<_, std::io::Error>(bytes)
    };
    let ((), bytes) = tokio::join!(write, read);
    let status = child.wait().await?;
    let text = String::from_utf8_lossy(&bytes?).into_owned();
    Ok((status.code(), text.lines().next().unwrap_or_default().to_owned()))
}

fn judged(code: Option<i32>, line: &str) -> Outcome {
    match code {
        Some(0) if line.is_empty() => Outcome::Sent("exit status 0".to_owned()),
        Some(0) => Outcome::Sent(line.to_owned()),
        Some(NOT_NOW) => Outcome::later(format!("exit status {NOT_NOW} {line}")),
        Some(code) => Outcome::Refused(format!("exit status {code} {line}")),
        None => Outcome::unknown("it was killed by a signal"),
    }
}
