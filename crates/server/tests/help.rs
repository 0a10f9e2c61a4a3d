//! Every command's help is a text file in `tests/help/`, so that a change of it is read at review.
//!
//! `UPDATE=1 cargo test -p server --test help` writes them anew; read the diff.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::{env, fs};

/// The commands, as a person types them.
const COMMANDS: &[&str] = &[
    "",
    "up",
    "relay",
    "office",
    "agent",
    "agent check",
    "node",
    "send",
    "queue",
    "queue list",
    "queue show",
    "queue retry",
    "queue fail",
    "log",
    "board",
    "check",
    "check list",
    "check try",
    "station",
    "station add",
    "station list",
    "station show",
    "station revoke",
    "station order",
    "import",
    "incident",
    "incident open",
    "incident list",
    "incident show",
    "incident note",
    "incident publish",
    "incident recognise",
    "incident judge",
    "incident step",
    "incident look",
    "incident contact",
    "incident told",
    "incident clock",
    "incident wait",
    "incident mute",
    "incident acknowledge",
    "incident runbook",
    "incident on-call",
    "incident doors",
    "incident recover",
    "incident close",
    "incident take-back",
    "incident merge",
    "incident split",
    "incident report",
    "user",
    "user add",
    "user contracts",
    "user list",
    "user password",
    "user remove",
    "status",
    "status write",
    "domain",
    "domain add",
    "domain list",
    "domain remove",
    "window",
    "window plan",
    "window list",
    "window announce",
    "window cancel",
    "notice",
    "notice send",
    "notice list",
    "notice show",
    "notice confirm",
    "notice drop",
    "notice retry",
    "notice told",
    "dns",
    "dns records",
    "config",
    "config check",
    "config show",
    "contract",
    "contract add",
    "contract measure",
    "contract notify",
    "contract templates",
    "contract check",
    "contract show",
    "contract diff",
    "contract add",
    "contract measure",
    "contract templates",
    "contract schema",
    "settle",
    "due",
    "windows",
    "invoice",
];

fn help(command: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_yakusoku"))
        .args(command.split_whitespace())
        .arg("--help")
        .env_clear()
        .output()
        .expect("the program runs");
    assert!(output.status.success(), "{command} --help");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    text.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}

#[test]
fn help_reads_as_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/help");
    let mut wrong = Vec::new();
    for command in COMMANDS {
        let name = format!("yakusoku {command}").trim().replace(' ', "-");
        let path = folder.join(name).with_extension("txt");
        let got = help(command);
        if env::var_os("UPDATE").is_some() {
            fs::write(&path, &got).expect("written");
        } else if fs::read_to_string(&path).unwrap_or_default() != got {
            wrong.push(format!("{}: now\n{got}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A command that is new has to be added to the list above.
#[test]
fn every_command_is_listed() {
    let parents: BTreeSet<&str> = COMMANDS
        .iter()
        .copied()
        .filter(|command| COMMANDS.iter().any(|other| is_below(other, command)))
        .collect();
    for parent in parents {
        for line in help(parent).lines().skip_while(|line| *line != "Commands:").skip(1) {
            let Some(name) = line.split_whitespace().next() else { break };
            let command = format!("{parent} {name}").trim().to_owned();
            let listed = name == "help" || COMMANDS.contains(&command.as_str());
            assert!(listed, "`{command}` is not in COMMANDS");
        }
    }
}

fn is_below(command: &str, parent: &str) -> bool {
    !command.is_empty() && command.rsplit_once(' ').map_or("", |(parent, _)| parent) == parent
}

/// First lines are imperative sentences without a stop.
#[test]
fn first_lines_have_no_stop() {
    for command in COMMANDS {
        let text = help(command);
        let first = text.lines().next().unwrap_or_default();
        assert!(!first.ends_with('.'), "{command}: {first}");
        let upper = first.chars().next().is_some_and(char::is_uppercase);
        assert!(upper, "{command}: {first}");
    }
}
