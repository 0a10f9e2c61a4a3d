//! `yakusoku agent check`, as a person types it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use link::{Secret, StationId, Token};

/// Exit status, standard output and standard error.
fn check(folder: &Path) -> (Option<i32>, String, String) {
    let ended = Command::new(env!("CARGO_BIN_EXE_yakusoku"))
        .args(["agent", "check", "--config"])
        .arg(folder.join("agent.toml"))
        .output()
        .expect("it runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    (ended.status.code(), text(ended.stdout), text(ended.stderr))
}

fn write(path: &Path, text: &str, mode: u32) {
    fs::write(path, text).expect("written");
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("chmod");
}

#[test]
fn an_agent_is_checked_step_by_step() {
    let folder = tempfile::tempdir().expect("a folder");
    let (file, token) = (folder.path().join("agent.toml"), folder.path().join("agent.token"));
    let good = format!(
        "station = \"web-1\"\noffice = \"https://127.0.0.1:1\"\ntoken = \"file:{}\"\n\
         [[action]]\nname = \"restart-nginx\"\nunit = \"nginx.service\"\ndo = \"restart\"\n",
        token.display()
    );
    let (status, _, said) = check(folder.path());
    assert!(status == Some(1) && said.contains("cannot read"), "{said}");

    write(&file, &good.replace("restart-nginx", "restart nginx"), 0o644);
    let (status, findings, _) = check(folder.path());
    assert!(status == Some(1) && findings.contains("agent.toml:5: "), "{findings}");

    write(&file, &good, 0o664);
    let (status, _, said) = check(folder.path());
    assert!(status == Some(1) && said.contains("can be written by others"), "{said}");

    write(&file, &good, 0o644);
    let text = Token {
        station: StationId([1; 16]),
        secret: Secret([2; 32]),
        pin: [3; 32],
        orders_key: [4; 32],
    };
    write(&token, &text.text(), 0o644);
    let (status, shown, said) = check(folder.path());
    assert!(status == Some(1) && said.contains("can be read by others"), "{said}");
    assert!(shown.contains("memory.used_permille"), "what it measures is shown: {shown}");

    write(&token, &text.text(), 0o600);
    let (status, shown, said) = check(folder.path());
    assert!(status == Some(3) && said.contains("the office cannot be reached"), "{said}");
    assert!(shown.contains("systemctl --no-ask-password restart -- nginx.service"), "{shown}");
    assert!(!folder.path().join("state").exists());
}
