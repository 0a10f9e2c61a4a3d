//! The node's own file as a value: where the office is, where the node may look, and the only commands
//! that it runs.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use dial::Office;
use jiff::SignedDuration;
use sections::{Findings, Section, Truth, Word};
use watch::{Policy, Range};

pub use sections::Finding;

use crate::journal::Limits;

/// Most commands of one node.
const PLUGINS_MAX: usize = 1_000;
/// Smallest and largest journal, in bytes.
const JOURNALS: [u64; 2] = [1 << 20, 64 << 30];
/// Longest time that looks may wait: so long does the office keep them.
const AGE_MAX: SignedDuration = SignedDuration::from_hours(40 * 24);

/// Everything that can be set.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where the office listens for stations.
    pub office: Office,
    /// The file with the token.
    pub token_file: PathBuf,
    /// Where the checks and the journal lie.
    pub state: PathBuf,
    /// How much waits for the office.
    pub journal: Limits,
    /// Name servers; `None` are those of the system.
    pub resolvers: Option<Vec<SocketAddr>>,
    /// The address to look from; `None` leaves it to the system.
    pub source: Option<IpAddr>,
    /// Where it may look.
    pub policy: Policy,
    /// Commands by the name of their check.
    pub plugins: BTreeMap<String, Plugin>,
}

/// A command that a check of the office may start here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plugin {
    /// The program, with its path, and its arguments; no shell reads them.
    pub command: Vec<String>,
    /// Whether a warning counts as success.
    pub warning_is_up: bool,
}

const OFFICE: Word<Office> = Word {
    expected: "the office's listener for stations, such as \"https://office.example.jp:8443\"",
    parse: Office::parse,
};
const TOKEN: Word<PathBuf> = Word {
    expected: "where the token is, such as \"file:/etc/yakusoku/node.token\"",
    parse: |text| text.strip_prefix("file:").filter(|path| !path.is_empty()).map(Into::into),
};
const FOLDER: Word<PathBuf> =
    Word { expected: "a path", parse: |text| (!text.is_empty()).then(|| text.into()) };
const SIZE: Word<u64> = Word { expected: "a size such as \"64 MB\" (KB, MB, GB)", parse: size };
const AGE: Word<SignedDuration> =
    Word { expected: "a length of time such as \"7d\" (h, d)", parse: age };
const NETWORK: Word<Range> =
    Word { expected: "a network such as \"10.1.0.0/16\", or an address", parse: network };
const RESOLVER: Word<SocketAddr> = Word {
    expected: "an address and port such as \"192.0.2.53:53\"",
    parse: |text| text.parse().ok(),
};
const ADDRESS: Word<IpAddr> =
    Word { expected: "an address of this machine", parse: |text| text.parse().ok() };
const NAME: Word<String> = Word {
    expected: "the name of a check",
    parse: |text| link::is_name(text).then(|| text.to_owned()),
};
const TEXT: Word<String> = Word {
    expected: "a line of text",
    parse: |text| (!text.contains(char::is_control)).then(|| text.to_owned()),
};

fn number_and_unit(text: &str) -> Option<(u64, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    Some((text[..digits].parse().ok()?, text[digits..].trim_start()))
}

fn size(text: &str) -> Option<u64> {
    let (number, unit) = number_and_unit(text)?;
    let unit = match unit {
        "KB" => 1 << 10,
        "MB" => 1 << 20,
        "GB" => 1 << 30,
        _ => return None,
    };
    number.checked_mul(unit)
}

fn age(text: &str) -> Option<SignedDuration> {
    let (number, unit) = number_and_unit(text)?;
    let hours = match unit {
        "h" => number,
        "d" => number.checked_mul(24)?,
        _ => return None,
    };
    (1..=AGE_MAX.as_hours().unsigned_abs())
        .contains(&hours)
        .then(|| SignedDuration::from_hours(hours.cast_signed()))
}

fn network(text: &str) -> Option<Range> {
    let (prefix, bits) = match text.split_once('/') {
        Some((prefix, bits)) => (prefix, Some(bits.parse::<u8>().ok()?)),
        None => (text, None),
    };
    let prefix: IpAddr = prefix.parse().ok()?;
    let most = if prefix.is_ipv4() { 32 } else { 128 };
    let bits = bits.unwrap_or(most);
    (bits <= most).then_some(Range { prefix, bits })
}

impl Settings {
    /// Reads the whole file; paths are looked for from `folder` on.
    ///
    /// # Errors
    /// Every finding, by line. A text that is not TOML has one finding only.
    pub fn read(text: &str, folder: &Path) -> Result<Settings, Vec<Finding>> {
        let findings = Findings::new(text);
        let table = sections::parse(text, &findings);
        let settings =
            table.as_ref().and_then(|it| whole(Section::top(it.get_ref(), &findings), folder));
        let list = findings.into_sorted();
        settings.filter(|_| list.is_empty()).ok_or(list)
    }
}

/// `None` when something needed is missing, which is a finding.
fn whole(top: Section<'_>, folder: &Path) -> Option<Settings> {
    let office = top.need("office", &OFFICE);
    let token_file = top.need("token", &TOKEN);
    let state = top.value("state", &FOLDER);
    let state = state.unwrap_or_else(|| PathBuf::from("/var/lib/yakusoku-node"));
    let bytes = top.value("journal_limit", &SIZE).unwrap_or(64 << 20);
    if !(JOURNALS[0]..=JOURNALS[1]).contains(&bytes) {
        top.object("journal_limit", "`journal_limit` may be from 1 MB to 64 GB");
    }
    let age = top.value("journal_age", &AGE).unwrap_or(SignedDuration::from_hours(7 * 24));
    let resolvers = top.list("resolvers", &RESOLVER);
    let look = top.section("look");
    let source = look.value("source", &ADDRESS);
    let networks = look.list("networks", &NETWORK).unwrap_or_default();
    let public = look.value("public", &Truth).unwrap_or(true);
    look.finish();
    let plugins = read_plugins(&top);
    top.finish();
    Some(Settings {
        office: office?,
        token_file: folder.join(token_file?),
        state: folder.join(state),
        journal: Limits { bytes, age },
        resolvers,
        source,
        policy: Policy::Only { networks, public },
        plugins,
    })
}

fn read_plugins(top: &Section<'_>) -> BTreeMap<String, Plugin> {
    let mut names = BTreeSet::new();
    let mut plugins = BTreeMap::new();
    for section in top.sections_up_to("plugin", PLUGINS_MAX) {
        let name = section.need("check", &NAME);
        let command = section.need_list("command", &TEXT);
        let warning_is_up = section.value("warning_is_up", &Truth).unwrap_or_default();
        if let Some(name) = name {
            if !names.insert(name.clone()) {
                section.object("check", "there is a command for this check above");
            }
            if let Some(command) = command {
                plugins.insert(name, Plugin { command, warning_is_up });
            }
        }
        section.finish();
    }
    plugins
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_read() {
        let text = include_str!("../../../deploy/node.example.toml");
        let settings = Settings::read(text, Path::new("/etc/yakusoku")).expect("no findings");
        assert_eq!(settings.office.port, 8443);
        assert_eq!(settings.token_file, Path::new("/etc/yakusoku/node.token"));
        assert!(settings.policy.allows("10.1.2.3".parse().expect("an address")));
        assert!(!settings.policy.allows("10.2.2.3".parse().expect("an address")));
        assert_eq!(settings.plugins["disk"].command[0], "/usr/lib/nagios/plugins/check_disk");
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let told = |text: &str| {
            let findings = Settings::read(text, Path::new("")).expect_err("findings");
            findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
        };
        let needed = "office = \"https://o:1\"\ntoken = \"file:t\"\n";
        for (more, expected) in [
            ("journal_limit = \"1 KB\"", "from 1 MB to 64 GB"),
            ("journal_age = \"90d\"", "journal_age"),
            ("[look]\nnetworks = [\"10.0.0.0/33\"]", "a network such as"),
            ("[[plugin]]\ncheck = \"a\"", "command"),
            ("stat = \"x\"", "stat"),
        ] {
            let told = told(&format!("{needed}{more}\n"));
            assert!(told.contains(expected), "{more}: {told}");
        }
        assert!(told("").contains("office"));
        assert!(
            told("office = \"http://o\"\ntoken = \"ykst1.x\"\n").contains("where the token is")
        );
    }
}
