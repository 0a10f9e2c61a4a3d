//! Contracts in a running office: what `up` measures by itself, and what `import` adds.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use store::{Answer, Observation, Store};
use vault::Vault;

/// A running program; killed at the latest when the test ends.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn contract() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../contracts/customers-mail-cloud.toml")
}

/// What the records hold of our own measurements.
async fn observations(folder: &Path) -> Vec<Observation> {
    let data = folder.join("data");
    let vault = Vault::open_or_create(&data.join("yakusoku.key")).expect("the key");
    let url = format!("sqlite:{}", data.join("office.db").display());
    let store = Store::open(&url, Arc::new(vault)).await.expect("opened");
    store.observations(Timestamp::MIN, Timestamp::MAX).await.expect("read")
}

#[tokio::test]
async fn up_measures_what_the_contract_names() {
    let folder = tempfile::tempdir().expect("a folder");
    let child = Command::new(env!("CARGO_BIN_EXE_yakusoku"))
        .args(["up", "--smtp", "127.0.0.1:0", "--smtps", "127.0.0.1:0", "--console"])
        .args(["127.0.0.1:0", "--data", "data", "--ready-file", "ready.json", "--contract"])
        .arg(contract())
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .stderr(fs::File::create(folder.path().join("stderr")).expect("a file"))
        .spawn()
        .expect("the program starts");
    let _program = Program(child);
    let began = Instant::now();
    let seen = loop {
        let talk = fs::read_to_string(folder.path().join("stderr")).unwrap_or_default();
        assert!(began.elapsed() < Duration::from_secs(60), "nothing is measured: {talk}");
        if folder.path().join("ready.json").exists() {
            let seen = observations(folder.path()).await;
            if seen.len() >= 2 {
                break seen;
            }
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    let mut seen: Vec<_> = seen.iter().map(|run| (run.probe.as_str(), run.answer)).collect();
    seen.sort_unstable_by_key(|(probe, _)| *probe);
    assert_eq!(seen, [("console", Answer::Good), ("smtp", Answer::Good)]);
}

fn import(folder: &Path, flags: &[&str], contract: &Path, log: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_yakusoku"))
        .args(["import", "--data", "data"])
        .args(flags)
        .arg(contract)
        .arg("-")
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(log.as_bytes()).expect("written");
    drop(stdin);
    child.wait_with_output().expect("it ends")
}

const LOG: &str = r#"{"kind":"window","id":"m1","from":"2026-11-10T02:00:00+09:00","until":"2026-11-10T04:00:00+09:00"}
{"kind":"notice","of":"m1","channel":"email","sent":"2026-10-20T10:00:00+09:00"}

{"kind":"outage","function":"all","from":"2026-11-12T10:00:00+09:00","until":"2026-11-12T10:44:00+09:00"}
{"kind":"measurement","function":"smtp","at":"2026-11-20T00:00:00Z","ok":true,"every":"60s"}
{"kind":"measurement","function":"smtp","at":"2026-11-20T00:01:00Z","ok":true,"every":"60s"}
"#;

#[test]
fn a_log_is_imported_once_or_not_at_all() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("data")).expect("a folder");
    let with = |flags: &[&str], contract: &Path, log: &str| {
        let output = import(folder.path(), flags, contract, log);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    let import = |contract: &Path, log: &str| with(&[], contract, log);
    let done = |told: &str| (Some(0), String::new(), format!("customers-mail-cloud: {told}\n"));
    let one_more = LOG.lines().last().expect("a line").replace("00:01", "00:02");

    let wrong = format!("{LOG}{{\"kind\":\"outtage\"}}\n");
    let (status, findings, talk) = import(&contract(), &wrong);
    assert_eq!(status, Some(1), "{talk}");
    assert!(findings.starts_with("line 7: "), "{findings}");
    assert_eq!(talk, "nothing was imported from -\n");

    assert_eq!(import(&contract(), LOG), done("5 new, 0 known already"));
    assert_eq!(import(&contract(), LOG), done("0 new, 5 known already"));
    let longer = format!("{LOG}{one_more}");
    assert_eq!(import(&contract(), &longer), done("1 new, 5 known already"));

    let withdraw = |log: &str| with(&["--withdraw"], &contract(), log);
    assert_eq!(withdraw(&wrong).2, "nothing was taken back from -\n");
    assert_eq!(withdraw(LOG), done("5 taken back, 0 not known"));
    assert_eq!(withdraw(&longer), done("1 taken back, 5 not known"));
    assert_eq!(import(&contract(), LOG), done("5 new, 0 known already"));

    let (status, _, talk) = import(Path::new("cutsomers-mail-cloud"), LOG);
    assert_eq!(status, Some(1));
    assert!(talk.contains("there is no contract cutsomers-mail-cloud"), "{talk}");
}
