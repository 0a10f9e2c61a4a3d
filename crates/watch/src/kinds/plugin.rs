//! A command that speaks the Nagios plugin language: an exit status, a line of words, figures.
//!
//! No shell reads the command, its environment is what the check gives it, its output is read up to a
//! limit, and when its time is over its whole process group is killed.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::answer::{Fault, Figure, Reason, Stage, Unit};
use crate::check::Plugin;
use crate::reach::Look;

/// Bytes of output that are read; the rest is dropped.
pub const OUTPUT_MAX: usize = 16_384;
/// How long output is read after the end of the process that made it.
const LAST_WORDS: Duration = Duration::from_millis(100);

pub(crate) async fn look(plugin: &Plugin, look: &mut Look) -> Result<(), Fault> {
    let broken =
        |error: std::io::Error| Fault::unseen(Reason::PluginBroken).said(error.to_string());
    let mut child = start(plugin).map_err(broken)?;
    let group = Group(child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw));
    let mut output = Vec::new();
    let stdout = child.stdout.take().ok_or(Fault::unseen(Reason::PluginBroken))?;
    let status = finish(&mut child, stdout, &mut output).await.map_err(broken)?;
    // What it left running goes with it.
    drop(group);
    look.reached(Stage::Answered);
    let output = String::from_utf8_lossy(&output);
    let first = output.lines().next().unwrap_or_default();
    let (words, figures) = first.split_once('|').unwrap_or((first, ""));
    look.detail.said = Some(crate::answer::quote(words));
    for figure in read_figures(figures) {
        look.detail.figure(figure);
    }
    judge(status, plugin.warning_is_up, look)
}

/// The plugin guidelines' statuses: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.
fn judge(status: ExitStatus, warning_is_up: bool, look: &mut Look) -> Result<(), Fault> {
    look.detail.code = status.code().and_then(|code| u32::try_from(code).ok());
    match status.code() {
        Some(0) => Ok(()),
        Some(1) if warning_is_up => Ok(()),
        Some(1) => Err(Fault::refused(Reason::PluginWarning)),
        Some(2) => Err(Fault::refused(Reason::PluginCritical)),
        _ => Err(Fault::unseen(Reason::PluginBroken)),
    }
}

fn start(plugin: &Plugin) -> std::io::Result<Child> {
    let mut words = plugin.command.iter();
    let program = words.next().ok_or(std::io::ErrorKind::InvalidInput)?;
    let mut command = Command::new(program);
    command.args(words).env_clear().current_dir("/").process_group(0).kill_on_drop(true);
    command.envs(plugin.environment.iter().map(|(name, value)| (name, &value.0)));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()
}

/// Reads until the end of its output, or a moment after its own end, should a child of it hold on.
async fn finish(
    child: &mut Child,
    stdout: impl AsyncRead + Unpin,
    output: &mut Vec<u8>,
) -> std::io::Result<ExitStatus> {
    let mut reading = std::pin::pin!(read(stdout, output));
    tokio::select! {
        biased;
        () = &mut reading => child.wait().await,
        status = child.wait() => {
            timeout(LAST_WORDS, reading).await.ok();
            status
        }
    }
}

async fn read(mut from: impl AsyncRead + Unpin, output: &mut Vec<u8>) {
    let mut piece = [0; 4_096];
    // Read on beyond the limit: a plugin that cannot write would never end.
    while let Ok(length @ 1..) = from.read(&mut piece).await {
        let room = OUTPUT_MAX.saturating_sub(output.len());
        output.extend_from_slice(&piece[..length.min(room)]);
    }
}

/// A process group that goes when this does.
struct Group(Option<Pid>);

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            // Gone already is as good.
            kill_process_group(group, Signal::KILL).ok();
        }
    }
}

/// `'label'=value[unit];warn;crit;min;max` separated by spaces; what cannot be read is left out.
fn read_figures(mut text: &str) -> Vec<Figure> {
    let mut figures = Vec::new();
    loop {
        text = text.trim_start();
        let Some((name, rest)) = split_label(text) else { return figures };
        let (value, rest) = rest.split_at(rest.find(char::is_whitespace).unwrap_or(rest.len()));
        figures.extend(read_figure(name, value.split(';').next().unwrap_or_default()));
        text = rest;
    }
}

fn split_label(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('\'') else {
        let (name, rest) = text.split_once('=')?;
        return Some((name.to_owned(), rest));
    };
    // A doubled quote is a quote.
    let mut name = String::new();
    let mut characters = quoted.char_indices().peekable();
    while let Some((at, c)) = characters.next() {
        if c != '\'' {
            name.push(c);
        } else if characters.next_if(|(_, next)| *next == '\'').is_some() {
            name.push('\'');
        } else {
            return Some((name, quoted[at + 1..].strip_prefix('=')?));
        }
    }
    None
}

fn read_figure(name: String, value: &str) -> Option<Figure> {
    let end = value.find(|c: char| !c.is_ascii_digit() && c != '.' && c != '-');
    let (number, unit) = value.split_at(end.unwrap_or(value.len()));
    let millionths = millionths(number)?;
    let (unit, (multiply, divide)) = match unit {
        "" => (Unit::Count, (1, 1)),
        "s" => (Unit::Seconds, (1, 1)),
        "ms" => (Unit::Seconds, (1, 1_000)),
        "us" => (Unit::Seconds, (1, 1_000_000)),
        "%" => (Unit::Percent, (1, 1)),
        "c" => (Unit::Total, (1, 1)),
        "B" => (Unit::Bytes, (1, 1)),
        "KB" => (Unit::Bytes, (1 << 10, 1)),
        "MB" => (Unit::Bytes, (1 << 20, 1)),
        "GB" => (Unit::Bytes, (1 << 30, 1)),
        "TB" => (Unit::Bytes, (1_i128 << 40, 1)),
        _ => return None,
    };
    Some(Figure { name, millionths: millionths.checked_mul(multiply)? / divide, unit })
}

/// A decimal number in millionths, what is finer cut off.
fn millionths(number: &str) -> Option<i128> {
    let (sign, digits) = number.strip_prefix('-').map_or((1, number), |digits| (-1, digits));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let fine: String = part.chars().chain("000000".chars()).take(6).collect();
    if whole.is_empty() || whole.len() > 20 || part.contains(['.', '-']) {
        return None;
    }
    Some(sign * (whole.parse::<i128>().ok()? * 1_000_000 + fine.parse::<i128>().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_as_plugins_print_them() {
        for (text, expected) in [
            ("time=0.020567s;;;0.000000;10.000000", "time 20567 Seconds"),
            ("/=2643MB;5948;5958;0;5968", "/ 2771386368000000 Bytes"),
            ("load1=0.420;5.000;4.000;0; load5=1;5;4", "load1 420000 Count|load5 1000000 Count"),
            ("rta=0.034ms;100;200;0 pl=0%;20;60", "rta 34 Seconds|pl 0 Percent"),
            ("'free space'=12.5%", "free space 12500000 Percent"),
            ("'it''s'=1c", "it's 1000000 Total"),
            ("x=-3", "x -3000000 Count"),
            ("a=U b=2", "b 2000000 Count"),
            ("a=1parsec", ""),
            ("a=1.2.3 =5", " 5000000 Count"),
            ("nothing here", ""),
            ("'open=1", ""),
        ] {
            let figures = read_figures(text).into_iter();
            let shown: Vec<String> =
                figures.map(|f| format!("{} {} {:?}", f.name, f.millionths, f.unit)).collect();
            assert_eq!(shown.join("|"), expected, "{text}");
        }
    }
}
