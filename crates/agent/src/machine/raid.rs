//! `/proc/mdstat` (md(4)): arrays of disks, and whether each is whole.

use link::StateWord;

/// Most arrays that are read.
const ARRAYS_MAX: usize = 64;

/// An array of disks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Array {
    /// Such as `md0`.
    pub name: String,
    /// Good: whole. Bad: a disk is missing or marked as failed, or it does not run. Unknown: nothing
    /// can be missing (linear, raid0), yet it does not say that it is active.
    pub state: StateWord,
    /// Disks that should be there and are not.
    pub missing: i64,
    /// In the words of the file.
    pub detail: String,
}

/// Every array of the file.
pub fn arrays(text: &str) -> Vec<Array> {
    let mut arrays: Vec<Array> = Vec::new();
    for line in text.lines() {
        if let Some(array) = head(line) {
            if arrays.len() == ARRAYS_MAX {
                break;
            }
            arrays.push(array);
        } else if let (Some(array), true) = (arrays.last_mut(), line.starts_with(' ')) {
            below(array, line.trim());
        }
    }
    arrays
}

/// `md0 : active raid1 sdb1[1] sda1[0](F)`
fn head(line: &str) -> Option<Array> {
    let (name, rest) = line.split_once(" : ")?;
    let detail = rest.trim().to_owned();
    if name.starts_with(' ') || name == "Personalities" || name == "unused devices" {
        return None;
    }
    let state = match detail.split(' ').next()? {
        "active" if detail.contains("(F)") => StateWord::Bad,
        "active" => StateWord::Good,
        "inactive" => StateWord::Bad,
        _ => StateWord::Unknown,
    };
    Some(Array { name: name.to_owned(), state, missing: 0, detail })
}

/// `104320 blocks [2/1] [U_]`, or how far a recovery is.
fn below(array: &mut Array, line: &str) {
    let count = line.split(['[', ']']).find_map(|part| {
        let (wanted, there) = part.split_once('/')?;
        Some(wanted.parse::<i64>().ok()? - there.parse::<i64>().ok()?)
    });
    if let Some(missing) = count.filter(|_| line.contains("blocks")) {
        array.missing = missing.max(0);
        if missing > 0 {
            array.state = StateWord::Bad;
        }
        array.detail = format!("{}; {line}", array.detail);
    } else if ["recovery", "resync", "reshape", "check"].iter().any(|word| line.contains(word)) {
        let progress = line.trim_start_matches(['[', ']', '=', '>', '.', ' ']);
        array.detail = format!("{}; {progress}", array.detail);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_whole_and_not() {
        let text = "\
Personalities : [raid1] [raid6] [raid5] [raid4] [raid0]
md0 : active raid1 sdb1[1] sda1[0]
      104320 blocks [2/2] [UU]

md1 : active raid1 sdb2[2] sda2[0]
      8388544 blocks super 1.2 [2/1] [U_]
      [==>..................]  recovery = 12.6% (1060160/8388544) finish=1.9min speed=62362K/sec
      bitmap: 1/1 pages [4KB], 65536KB chunk

md2 : active raid5 sdd1[3](F) sdc1[1] sdb3[0]
      1465151808 blocks level 5, 64k chunk, algorithm 2 [3/2] [UU_]

md3 : active raid0 sde1[1] sdf1[0]
      2096128 blocks super 1.2 512k chunks

md4 : inactive sdg1[0](S)
      1046528 blocks super 1.2

unused devices: <none>
";
        let shown: Vec<String> = arrays(text)
            .iter()
            .map(|a| format!("{} {:?} {} {}", a.name, a.state, a.missing, a.detail))
            .collect();
        let expected = [
            "md0 Good 0 active raid1 sdb1[1] sda1[0]; 104320 blocks [2/2] [UU]",
            "md1 Bad 1 active raid1 sdb2[2] sda2[0]; 8388544 blocks super 1.2 [2/1] [U_]; \
             recovery = 12.6% (1060160/8388544) finish=1.9min speed=62362K/sec",
            "md2 Bad 1 active raid5 sdd1[3](F) sdc1[1] sdb3[0]; \
             1465151808 blocks level 5, 64k chunk, algorithm 2 [3/2] [UU_]",
            "md3 Good 0 active raid0 sde1[1] sdf1[0]",
            "md4 Bad 0 inactive sdg1[0](S)",
        ];
        assert_eq!(shown, expected);
        assert!(arrays("").is_empty());
    }
}
