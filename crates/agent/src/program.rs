//! Runs a program of the agent's own file: no shell, nothing of our environment, a limit on time, and
//! the end of what it printed.

use std::fs;
use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe::Receiver;
use tokio::process::{Child, Command};

use crate::settings::Program;

/// Where programs without a path are looked for.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// How long a program may take to end after it was asked to.
const MERCY: Duration = Duration::from_secs(5);
/// How long what it left behind may go on printing.
const AFTERWARDS: Duration = Duration::from_millis(300);

/// How a program ended.
#[derive(Debug, PartialEq, Eq)]
pub struct Ended {
    /// How.
    pub how: How,
    /// The end of what it printed on both outputs, at most so many bytes as were asked for.
    pub output: String,
}

/// How a program ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum How {
    /// By itself, with that status.
    Exit(i32),
    /// By a signal that was not ours.
    Signal,
    /// By us, when its time was over.
    TimeOver,
    /// It was not started.
    NotStarted(String),
}

impl std::fmt::Display for How {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            How::Exit(status) => write!(f, "exit status {status}"),
            How::Signal => f.write_str("killed by a signal"),
            How::TimeOver => f.write_str("killed, since its time was over"),
            How::NotStarted(why) => write!(f, "not started: {why}"),
        }
    }
}

/// Runs it to its end. Its children are killed with it when its time is over, and left alone when it
/// ends by itself.
pub async fn run(program: &Program, output_max: usize) -> Ended {
    let (mut child, mut printed) = match start(program) {
        Ok(both) => both,
        Err(error) => {
            return Ended { how: How::NotStarted(error.to_string()), output: String::new() };
        }
    };
    let group = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
    let mut tail = Tail { bytes: Vec::new(), max: output_max };
    let followed = follow(&mut child, &mut printed, &mut tail);
    let how = match tokio::time::timeout(program.timeout, followed).await {
        Ok(Ok(status)) => status.code().map_or(How::Signal, How::Exit),
        Ok(Err(error)) => How::NotStarted(error.to_string()),
        Err(_) => {
            stop(&mut child, group).await;
            How::TimeOver
        }
    };
    Ended { how, output: tail.text() }
}

fn start(program: &Program) -> io::Result<(Child, Receiver)> {
    let [name, arguments @ ..] = program.run.as_slice() else {
        return Err(io::Error::other("no program is named"));
    };
    // One pipe for both outputs keeps the order of what is printed.
    let (reader, writer) = io::pipe()?;
    let mut command = Command::new(name);
    command
        .args(arguments)
        .env_clear()
        .env("PATH", PATH)
        .env("LANG", "C.UTF-8")
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(writer.try_clone()?)
        .stderr(writer)
        .process_group(0)
        .kill_on_drop(true);
    if let Some(user) = &program.user {
        let account = account(&fs::read_to_string("/etc/passwd")?, user);
        let (uid, gid, home) =
            account.ok_or_else(|| io::Error::other(format!("/etc/passwd has no user {user}")))?;
        command.uid(uid).gid(gid).env("HOME", home).env("USER", user).env("LOGNAME", user);
    }
    let child = command.spawn()?;
    // The command holds the writing end as well; without it the pipe ends with the program.
    drop(command);
    Ok((child, Receiver::from_owned_fd(reader.into())?))
}

/// Numbers and home of a user (passwd(5)).
fn account(passwd: &str, user: &str) -> Option<(u32, u32, String)> {
    let line = passwd.lines().find(|line| line.split(':').next() == Some(user))?;
    let fields: Vec<&str> = line.split(':').collect();
    let [_, _, uid, gid, _, home, ..] = fields.as_slice() else { return None };
    Some((uid.parse().ok()?, gid.parse().ok()?, (*home).to_owned()))
}

/// Reads what it prints until it ends, and a little longer.
async fn follow(
    child: &mut Child,
    printed: &mut Receiver,
    tail: &mut Tail,
) -> io::Result<ExitStatus> {
    let mut bytes = [0; 4096];
    let (mut ended, mut open) = (None, true);
    loop {
        tokio::select! {
            read = printed.read(&mut bytes), if open => match read {
                Ok(read) if read > 0 => tail.push(&bytes[..read]),
                _ => open = false,
            },
            status = child.wait(), if ended.is_none() => ended = Some(status?),
            () = tokio::time::sleep(AFTERWARDS), if ended.is_some() && open => open = false,
        }
        if let (Some(status), false) = (ended, open) {
            return Ok(status);
        }
    }
}

/// Asks the whole group to end, then makes it.
async fn stop(child: &mut Child, group: Option<Pid>) {
    let Some(group) = group else { return };
    // A group that is gone already is no fault.
    let _ = kill_process_group(group, Signal::TERM);
    let _ = tokio::time::timeout(MERCY, child.wait()).await;
    let _ = kill_process_group(group, Signal::KILL);
    let _ = tokio::time::timeout(MERCY, child.wait()).await;
}

/// The last bytes of a stream.
struct Tail {
    bytes: Vec<u8>,
    max: usize,
}

impl Tail {
    fn push(&mut self, piece: &[u8]) {
        self.bytes.extend_from_slice(piece);
        let over = self.bytes.len().saturating_sub(self.max);
        self.bytes.drain(..over);
    }

    /// As text of at most `max` bytes, cut at the beginning.
    fn text(&self) -> String {
        let text = String::from_utf8_lossy(&self.bytes);
        let from = text.ceil_char_boundary(text.len().saturating_sub(self.max));
        text[from..].trim_end().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, millis: u64) -> Program {
        let run = ["sh", "-c", script].map(str::to_owned).to_vec();
        Program { run, user: None, timeout: Duration::from_millis(millis) }
    }

    #[tokio::test(flavor = "current_thread")]
    async fn programs_end_in_many_ways() {
        let cases = [
            ("echo out; echo err >&2; exit 0", How::Exit(0), "out\nerr"),
            ("echo no; exit 3", How::Exit(3), "no"),
            ("kill -9 $$", How::Signal, ""),
            ("echo $HOME-$USER-$YAKUSOKU_LOG-$PWD", How::Exit(0), "---/"),
            // What it leaves behind may hold its outputs open.
            ("sleep 20 & echo left", How::Exit(0), "left"),
        ];
        for (script, how, output) in cases {
            let ended = run(&shell(script, 10_000), 4096).await;
            assert_eq!((&ended.how, ended.output.as_str()), (&how, output), "{script}");
        }
        let missing = Program { run: vec!["/nowhere/at/all".to_owned()], ..shell("", 1_000) };
        assert!(matches!(run(&missing, 9).await.how, How::NotStarted(_)));
    }

    #[tokio::test(flavor = "current_thread")]
    async fn its_time_is_over_for_its_children_too() {
        let folder = tempfile::tempdir().expect("a folder");
        let mark = folder.path().join("mark");
        let script = format!("(sleep 2; touch {}) & echo begun; sleep 20", mark.display());
        let ended = run(&shell(&script, 200), 4096).await;
        assert_eq!(ended, Ended { how: How::TimeOver, output: "begun".to_owned() });
        tokio::time::sleep(Duration::from_millis(2_300)).await;
        assert!(!mark.exists(), "the child was killed before it could make its mark");
    }

    #[tokio::test(flavor = "current_thread")]
    async fn only_the_end_of_the_output_is_kept() {
        let ended = run(&shell("yes 約束 | head -c 100000; echo; echo the end", 10_000), 64).await;
        assert!(ended.output.ends_with("the end") && ended.output.len() <= 64, "{ended:?}");
    }

    #[test]
    fn users_by_name() {
        let passwd = "root:x:0:0:root:/root:/bin/bash\nwww-data:x:33:34:www:/var/www:/bin/sh\n";
        assert_eq!(account(passwd, "www-data"), Some((33, 34, "/var/www".to_owned())));
        assert_eq!(account(passwd, "www"), None);
    }
}
