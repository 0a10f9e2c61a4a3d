//! The checks of a node: as the office gave them, kept so that a start while the office is away goes on
//! looking.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use app::checks::{Hidden, Settings, Way};
use link::Checks;
use watch::Check;

use crate::settings::Plugin;

/// What the office gave.
pub(crate) type Given = Checks<Settings>;

/// Reads what was kept; `None` when there is nothing, or nothing of use.
pub(crate) fn kept(path: &Path) -> Option<Given> {
    let text = match fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
        Err(error) => {
            tracing::warn!(%error, "the checks that were kept cannot be read");
            return None;
        }
    };
    serde_json::from_slice(&text)
        .inspect_err(|error| tracing::warn!(%error, "the checks that were kept make no sense"))
        .ok()
}

/// Keeps what the office gave, whole or not at all; there are secrets in it.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn keep(path: &Path, given: &Given) -> io::Result<()> {
    let draft = path.with_extension("new");
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    file.write_all(&serde_json::to_vec(given)?)?;
    file.sync_all()?;
    fs::rename(&draft, path)
}

/// What a watcher looks at. A check that makes no sense here, or whose command is not in our own file, is
/// told and left out: its site is blind.
pub(crate) fn built(given: &Given, plugins: &BTreeMap<String, Plugin>) -> Vec<Check> {
    let mut checks = Vec::with_capacity(given.checks.len());
    for assigned in &given.checks {
        let mut settings = assigned.settings.clone();
        // Whatever the office sent: what runs here stands in our file.
        settings.command = Vec::new();
        settings.environment = BTreeMap::<String, Hidden>::new();
        if settings.kind == Way::Plugin {
            let Some(plugin) = plugins.get(&assigned.name) else {
                let check = assigned.name.as_str();
                tracing::warn!(check, "our file has no [[plugin]] for this check: not looked at");
                continue;
            };
            settings.command.clone_from(&plugin.command);
            settings.warning_is_up = plugin.warning_is_up;
        }
        match settings.check(&assigned.name) {
            Ok(check) => checks.push(check),
            Err(error) => {
                tracing::warn!(check = assigned.name, %error, "this check cannot be looked at here");
            }
        }
    }
    checks
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use link::Assigned;

    use super::*;

    fn given() -> Given {
        let secret = Hidden("geheim".into());
        let web = Settings { url: "https://www.example.jp/".into(), ..Settings::default() };
        let mail = Settings {
            kind: Way::Imap,
            host: "imap.example.jp".into(),
            user: "a".into(),
            password: secret,
            ..Settings::default()
        };
        let evil = Settings {
            kind: Way::Plugin,
            command: vec!["/bin/sh".into(), "-c".into(), "id".into()],
            ..Settings::default()
        };
        let checks = [("top", web), ("imap", mail), ("disk", evil.clone()), ("other", evil)];
        let one = |(name, settings): (&str, Settings)| Assigned { name: name.into(), settings };
        Checks { version: "1".into(), taken: 0, checks: checks.map(one).into() }
    }

    #[test]
    fn what_is_kept_comes_back_and_nobody_else_reads_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("checks.json");
        assert_eq!(kept(&path), None);
        keep(&path, &given()).expect("written");
        assert_eq!(kept(&path), Some(given()));
        assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
        fs::write(&path, b"{").expect("written");
        assert_eq!(kept(&path), None);
    }

    #[test]
    fn commands_are_those_of_our_own_file() {
        let command = vec!["/usr/lib/nagios/plugins/check_disk".to_owned()];
        let plugin = Plugin { command: command.clone(), warning_is_up: true };
        let checks = built(&given(), &BTreeMap::from([("disk".to_owned(), plugin)]));
        let names: Vec<&str> = checks.iter().map(|check| check.name.as_str()).collect();
        assert_eq!(names, ["top", "imap", "disk"]);
        let watch::Kind::Plugin(plugin) = &checks[2].kind else { panic!("{:?}", checks[2]) };
        assert_eq!((&plugin.command, plugin.warning_is_up), (&command, true));
    }
}
