//! Who may use whom: the table in `docs/ARCHITECTURE.md` against what the manifests say.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, ensure};

use crate::Finding;
use crate::tree::Metadata;

const DOCUMENT: &str = "docs/ARCHITECTURE.md";
/// The heading of the table, by which it is found.
const HEADING: &str = "| floor | crate | uses |";

/// A row of the table.
struct Row {
    floor: u8,
    uses: BTreeSet<String>,
}

/// Every edge is in the table, every entry of the table is an edge, and none goes up.
pub fn check(root: &Path, metadata: &Metadata) -> anyhow::Result<Vec<Finding>> {
    let text = fs::read_to_string(root.join(DOCUMENT)).context(DOCUMENT)?;
    Ok(compare(&parse(&text)?, &metadata.direct))
}

/// `direct` holds the dependencies of each crate of ours, with their kinds.
fn compare(
    table: &BTreeMap<String, Row>,
    direct: &BTreeMap<String, Vec<(String, String)>>,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut find = |text: String| findings.push(Finding(format!("{DOCUMENT}: {text}")));
    let beside = |name: &&String| *name == "xtask";
    for (name, edges) in direct.iter().filter(|(name, _)| !beside(name)) {
        let Some(row) = table.get(name) else {
            find(format!("the crate `{name}` is not in the table of edges"));
            continue;
        };
        let ours = edges.iter().filter(|(other, _)| direct.contains_key(other));
        let normal: BTreeSet<&String> =
            ours.clone().filter_map(|(other, kind)| (kind == "normal").then_some(other)).collect();
        for (other, kind) in ours {
            if kind == "normal" && !row.uses.contains(other) {
                find(format!("`{name}` uses `{other}`, which the table does not allow"));
            }
            if table.get(other).is_some_and(|below| below.floor > row.floor) {
                find(format!("`{name}` ({kind}) reaches up to `{other}` on a higher floor"));
            }
        }
        for allowed in row.uses.iter().filter(|allowed| !normal.contains(allowed)) {
            find(format!("`{name}` does not use `{allowed}` any more: take it out of the table"));
        }
    }
    for name in table.keys().filter(|name| !direct.contains_key(*name)) {
        find(format!("there is no crate `{name}`: take it out of the table"));
    }
    findings
}

/// Rows look like ``| 4 | `relay` | `mail`, `spool` | … |``.
fn parse(text: &str) -> anyhow::Result<BTreeMap<String, Row>> {
    let mut table = BTreeMap::new();
    let lines = text.lines().skip_while(|line| !line.starts_with(HEADING)).skip(2);
    for line in lines.take_while(|line| line.starts_with('|')) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [floor, name, uses, ..] = cells.as_slice() else { continue };
        let words = |cell: &str| -> BTreeSet<String> {
            cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
        };
        let floor = floor.parse().with_context(|| format!("{DOCUMENT}: no floor in {line:?}"))?;
        table.insert(name.trim_matches('`').to_owned(), Row { floor, uses: words(uses) });
    }
    ensure!(!table.is_empty(), "{DOCUMENT}: no table headed {HEADING:?}");
    Ok(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_are_compared_both_ways() {
        let text = "\
| floor | crate | uses | what it is |
| --- | --- | --- | --- |
| 1 | `mail` | | words |
| 3 | `spool` | `mail`, `vault` | custody |
| 3 | `vault` | | secrets |

after the table
";
        let table = parse(text).expect("a table");
        let edge = |other: &str, kind: &str| (other.to_owned(), kind.to_owned());
        let direct = BTreeMap::from([
            ("mail".to_owned(), vec![edge("serde", "normal"), edge("spool", "dev")]),
            ("spool".to_owned(), vec![edge("mail", "normal")]),
            ("vault".to_owned(), vec![edge("mail", "normal")]),
            ("web".to_owned(), vec![]),
        ]);
        let found: Vec<String> = compare(&table, &direct).into_iter().map(|f| f.0).collect();
        let expected = [
            "`mail` (dev) reaches up to `spool` on a higher floor",
            "`spool` does not use `vault` any more: take it out of the table",
            "`vault` uses `mail`, which the table does not allow",
            "the crate `web` is not in the table of edges",
        ];
        assert_eq!(found, expected.map(|text| format!("{DOCUMENT}: {text}")));
    }
}
