//! What `config show` prints can be read again and says the same, and the example file is right.

use std::path::Path;
use std::process::{Command, Stdio};

fn yakusoku(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_yakusoku"))
        .args(arguments)
        .output()
        .expect("the program runs");
    let talk = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {talk}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn shown_twice(first: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("shown.toml");
    std::fs::write(&path, first).expect("written");
    let second = yakusoku(&["config", "show", path.to_str().expect("UTF-8")]);
    assert_eq!(first, second);
}

#[test]
fn the_default_configuration_reads_back() {
    shown_twice(&yakusoku(&["config", "show"]));
}

#[test]
fn the_example_reads_back() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/yakusoku.example.toml");
    let example = example.to_str().expect("UTF-8");
    yakusoku(&["config", "check", example]);
    shown_twice(&yakusoku(&["config", "show", example]));
}

/// Every key that can be set is in the example, at least as a comment, and in the manual.
#[test]
fn every_key_is_documented() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let example_path = root.join("deploy/yakusoku.example.toml");
    let example = std::fs::read_to_string(&example_path).expect("the example");
    let manual = std::fs::read_to_string(root.join("docs/CONFIGURATION.md")).expect("the manual");
    let shown = yakusoku(&["config", "show", example_path.to_str().expect("UTF-8")]);
    let keys = shown.lines().filter_map(|line| line.split_once([' ', ':']).map(|(key, _)| key));
    for key in keys.filter(|key| !key.starts_with(['[', '#'])) {
        assert!(example.contains(&format!("{key} = ")), "`{key}` is not in the example");
        assert!(manual.contains(&format!("`{key}`")), "`{key}` is not in the manual");
    }
}

/// What is odd in a contract is said, and does not fail the check.
#[test]
fn warnings_of_contracts_are_shown() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let contract = root.join("contracts/customers-mail-cloud.toml");
    let text = std::fs::read_to_string(contract).expect("a contract");
    let odd = text.replace(
        "note = { ja = \"一切の接続",
        "strength = \"objective\"\nnote = { ja = \"一切の接続",
    );
    assert_ne!(text, odd);
    std::fs::write(folder.path().join("odd.toml"), odd).expect("written");
    let config = "[[composition]]\nname = \"a\"\nlisten = [\"127.0.0.1:2525\"]\n\
                  delivery = \"sandbox\"\n\n[[contract]]\nfile = \"odd.toml\"\n";
    let path = folder.path().join("yakusoku.toml");
    std::fs::write(&path, config).expect("written");
    let told = yakusoku(&["config", "check", path.to_str().expect("UTF-8")]);
    assert_eq!(told.lines().count(), 1, "{told}");
    assert!(told.contains("odd.toml:") && told.contains(": warning: "), "{told}");
}

/// Status pages of contracts that are added elsewhere, and of every contract.
#[test]
fn pages_of_contracts_to_come_read_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = r#"
[[composition]]
name = "a"
listen = ["127.0.0.1:2525"]
delivery = "sandbox"
[[status]]
name = "acme"
title = "Acme"
contracts = ["added:acme"]
[status.functions]
"acme/web" = "Web"
[[status]]
name = "every"
title = "Every"
all_contracts = true
public = true
"#;
    let path = folder.path().join("yakusoku.toml");
    std::fs::write(&path, text).expect("written");
    let shown = yakusoku(&["config", "show", path.to_str().expect("UTF-8")]);
    for line in ["contracts = [\"added:acme\"]", "\"acme/web\" = \"Web\"", "all_contracts = true"] {
        assert!(shown.contains(line), "{line} is not in {shown}");
    }
    shown_twice(&shown);
}

/// Runbooks, doors for alerts, calls and warnings read back as they were written.
#[test]
fn what_answers_by_itself_reads_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let contract = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../contracts/skyarch.toml");
    let contract = contract.canonicalize().expect("a contract");
    let text = format!(
        r#"
[[composition]]
name = "a"
listen = ["127.0.0.1:2525"]
delivery = "sandbox"
[console]
url = "https://office.example.jp/"
[[courier]]
name = "pager"
kind = "command"
channel = "telephone"
program = "/usr/local/bin/call"
[[check]]
name = "ssh"
kind = "tcp"
host = "192.0.2.1"
port = 22
sites = ["office", "osaka", "sapporo"]
quorum = 2
[[check]]
name = "backup"
kind = "heartbeat"
within = "1d"
opens_incident = "skyarch/servers"
[[contract]]
file = "{}"
notify_incident = "send"
notify_over = ["pager"]
[rota]
patience = "10m"
warn_at = ["25%", "1h"]
[[oncall]]
name = "Sato"
mail = "sato@example.jp"
over = ["pager"]
[[alerts]]
name = "prometheus"
under = "skyarch"
resolved = "recovers"
[[runbook]]
name = "web"
contract = "skyarch"
functions = ["http"]
alarms = ["alert/prometheus/"]
done = ["ssh", "added:front"]
[runbook.conditions]
login = "ssh"
[[runbook.step]]
level = "port-ladder 1"
order = "web1 restart-nginx"
wait = "3m"
[[runbook.step]]
call = true
[[runbook.step]]
text = "switch over"
"#,
        contract.display()
    );
    let path = folder.path().join("yakusoku.toml");
    std::fs::write(&path, text).expect("written");
    let shown = yakusoku(&["config", "show", path.to_str().expect("UTF-8")]);
    for line in [
        "quorum = 2",
        "url = \"https://office.example.jp\"",
        "opens_incident = \"skyarch/servers\"",
        "notify_incident = \"send\"",
        "warn_at = [\"25%\", \"1h\"]",
        "over = [\"pager\"]",
        "resolved = \"recovers\"",
        "done = [\"ssh\", \"added:front\"]",
        "order = \"web1 restart-nginx\"",
        "wait = \"30m\"",
    ] {
        assert!(shown.lines().any(|shown| shown == line), "{line} is not in\n{shown}");
    }
    shown_twice(&shown);
}

/// As `yakusoku config show | true` does.
#[test]
fn a_reader_that_goes_away_has_all_that_it_wanted() {
    let mut shows = Command::new(env!("CARGO_BIN_EXE_yakusoku"));
    let shows = shows.args(["config", "show"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut program = shows.spawn().expect("it starts");
    drop(program.stdout.take());
    let ended = program.wait_with_output().expect("it ends");
    assert_eq!(ended.status.code(), Some(0), "{}", String::from_utf8_lossy(&ended.stderr));
}
