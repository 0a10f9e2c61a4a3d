//! The words of `systemctl show`: how the watched units of systemd are.

use link::StateWord;

/// What we ask for.
pub const PROPERTIES: &str = "Names,LoadState,ActiveState,SubState,Result";

/// A unit as systemd sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Good: active. Bad: failed, stopped or not there. Unknown: on its way.
    pub state: StateWord,
    /// Such as `active (running)`.
    pub detail: String,
}

/// How a unit is by what was printed: a block of `KEY=VALUE` lines for each unit, with an empty line
/// between. A unit that is not in it is unknown.
pub fn unit(printed: &str, name: &str) -> Unit {
    let block = printed.split("\n\n").find(|block| {
        let names = block.lines().find_map(|line| line.strip_prefix("Names="));
        names.is_some_and(|names| names.split(' ').any(|known| known == name))
    });
    let Some(block) = block else {
        return Unit { state: StateWord::Unknown, detail: "systemd says nothing of it".to_owned() };
    };
    let value = |key: &str| {
        let line = block.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
        line.unwrap_or_default()
    };
    let (load, active, result) = (value("LoadState"), value("ActiveState"), value("Result"));
    if load != "loaded" {
        return Unit { state: StateWord::Bad, detail: load.to_owned() };
    }
    let state = match active {
        "active" | "reloading" => StateWord::Good,
        "failed" | "inactive" => StateWord::Bad,
        _ => StateWord::Unknown,
    };
    let why = if matches!(result, "" | "success") { String::new() } else { format!(", {result}") };
    Unit { state, detail: format!("{active} ({}{why})", value("SubState")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_in_every_state() {
        let printed = "\
Names=nginx.service
LoadState=loaded
ActiveState=active
SubState=running
Result=success

Names=mysql.service mariadb.service
LoadState=loaded
ActiveState=failed
SubState=failed
Result=exit-code

Names=old.service
LoadState=not-found
ActiveState=inactive
SubState=dead
Result=success

Names=slow.service
LoadState=loaded
ActiveState=activating
SubState=start-pre
Result=success

Names=idle.service
LoadState=loaded
ActiveState=inactive
SubState=dead
Result=success
";
        let cases = [
            ("nginx.service", StateWord::Good, "active (running)"),
            ("mariadb.service", StateWord::Bad, "failed (failed, exit-code)"),
            ("old.service", StateWord::Bad, "not-found"),
            ("slow.service", StateWord::Unknown, "activating (start-pre)"),
            ("idle.service", StateWord::Bad, "inactive (dead)"),
            ("other.service", StateWord::Unknown, "systemd says nothing of it"),
        ];
        for (name, state, detail) in cases {
            assert_eq!(unit(printed, name), Unit { state, detail: detail.to_owned() }, "{name}");
        }
    }
}
