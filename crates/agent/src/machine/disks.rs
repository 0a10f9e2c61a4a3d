//! `/proc/self/mountinfo` (proc(5)): which file systems of this machine are worth measuring, each
//! once; and what statvfs(3) comes to.

use std::collections::BTreeMap;

use super::memory::permille;

/// Most file systems that are measured.
pub const DISKS_MAX: usize = 200;
/// File systems of the kernel, in memory, layered over others, or full by nature.
const NOT_DISKS: [&str; 36] = [
    "autofs",
    "binfmt_misc",
    "bpf",
    "cgroup",
    "cgroup2",
    "configfs",
    "debugfs",
    "devpts",
    "devtmpfs",
    "efivarfs",
    "erofs",
    "fusectl",
    "hugetlbfs",
    "iso9660",
    "mqueue",
    "nsfs",
    "overlay",
    "proc",
    "pstore",
    "ramfs",
    "rpc_pipefs",
    "securityfs",
    "selinuxfs",
    "squashfs",
    "sysfs",
    "tmpfs",
    "tracefs",
    "udf",
    // Away from this machine: a dead server would hold us up, and whoever has the disk measures it.
    "9p",
    "afs",
    "ceph",
    "cifs",
    "nfs",
    "nfs4",
    "smb3",
    "virtiofs",
];

/// A mounted file system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// Where it is seen.
    pub point: String,
    /// Its type, such as `ext4`.
    pub kind: String,
}

/// Every disk, once: of several mounts of one file system the one of its root, then the shortest. A
/// mount that another one hides does not count.
pub fn disks(mountinfo: &str) -> Vec<Mount> {
    let mut visible: BTreeMap<String, Line> = BTreeMap::new();
    for line in mountinfo.lines().filter_map(parse) {
        visible.insert(line.mount.point.clone(), line);
    }
    let mut by_device: BTreeMap<String, Line> = BTreeMap::new();
    for line in visible.into_values().filter(|line| is_disk(&line.mount.kind)) {
        let rank = |line: &Line| (line.root != "/", line.mount.point.len());
        match by_device.get(&line.device) {
            Some(known) if rank(known) <= rank(&line) => {}
            _ => drop(by_device.insert(line.device.clone(), line)),
        }
    }
    let mut disks: Vec<Mount> = by_device.into_values().map(|line| line.mount).collect();
    disks.sort_by(|a, b| a.point.cmp(&b.point));
    disks.truncate(DISKS_MAX);
    disks
}

fn is_disk(kind: &str) -> bool {
    !NOT_DISKS.contains(&kind) && (!kind.starts_with("fuse") || kind == "fuseblk")
}

struct Line {
    device: String,
    root: String,
    mount: Mount,
}

/// `36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue`
fn parse(line: &str) -> Option<Line> {
    let (mount, system) = line.split_once(" - ")?;
    let mut words = mount.split(' ').skip(2);
    let device = words.next()?.to_owned();
    let root = unescaped(words.next()?)?;
    let point = unescaped(words.next()?)?;
    let kind = system.split(' ').next()?.to_owned();
    Some(Line { device, root, mount: Mount { point, kind } })
}

/// Blanks and the like stand as three octal digits: `\040`.
fn unescaped(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, more)) = rest.split_first() {
        let digits = if *first == b'\\' { more.get(..3) } else { None };
        let code = digits.and_then(|d| u8::from_str_radix(std::str::from_utf8(d).ok()?, 8).ok());
        bytes.push(code.unwrap_or(*first));
        rest = if code.is_some() { &more[3..] } else { more };
    }
    String::from_utf8(bytes).ok()
}

/// What statvfs(3) tells of a file system.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Space {
    /// Bytes of a block.
    pub block: u64,
    /// All blocks.
    pub blocks: u64,
    /// Those nobody uses.
    pub free: u64,
    /// Those that others than root can still get.
    pub available: u64,
    /// All inodes; 0 where the file system makes them as needed.
    pub inodes: u64,
    /// Those nobody uses.
    pub inodes_free: u64,
    /// Those that others than root can still get.
    pub inodes_available: u64,
}

impl Space {
    /// Name and value of each figure, to be put behind `disk.POINT.`. Used is what df(1) calls used:
    /// of what others than root can have. Nothing is said about inodes where there is no table.
    pub fn values(&self) -> Vec<(&'static str, i64)> {
        let whole = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        let bytes = |blocks: u64| whole(blocks.saturating_mul(self.block));
        let mut values =
            vec![("size_bytes", bytes(self.blocks)), ("free_bytes", bytes(self.available))];
        let used = whole(self.blocks.saturating_sub(self.free));
        let share = permille(used, used.saturating_add(whole(self.available)));
        values.extend(share.map(|share| ("used_permille", share)));
        if self.inodes > 0 {
            let used = whole(self.inodes.saturating_sub(self.inodes_free));
            let share = permille(used, used.saturating_add(whole(self.inodes_available)));
            values.push(("inodes_free", whole(self.inodes_available)));
            values.extend(share.map(|share| ("inodes_used_permille", share)));
        }
        values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_disk_is_measured_once() {
        let text = "\
22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard
28 27 254:0 /srv/www /home/site/www rw,relatime shared:1 - ext4 /dev/vda rw
29 27 254:16 / /var rw,relatime shared:2 master:3 - xfs /dev/vdb rw
30 27 254:32 /a /mnt/b rw - ext4 /dev/vdc rw
31 27 254:32 /a /mnt/bb rw - ext4 /dev/vdc rw
32 27 0:40 / /run rw - tmpfs tmpfs rw
33 27 0:41 / /mnt/far rw - nfs4 files:/x rw
34 27 7:1 / /snap/core ro - squashfs /dev/loop1 ro
35 27 8:1 / /data/my\\040disk rw - ext4 /dev/sda1 rw
36 27 8:2 / /over rw - ext4 /dev/sda2 rw
37 27 8:3 / /over rw - btrfs /dev/sda3 rw
38 27 0:50 / /mnt/s3 rw - fuse.s3fs s3fs rw
a broken line
";
        let found = disks(text);
        let shown: Vec<String> =
            found.iter().map(|mount| format!("{} {}", mount.point, mount.kind)).collect();
        let expected = ["/ ext4", "/data/my disk ext4", "/mnt/b ext4", "/over btrfs", "/var xfs"];
        assert_eq!(shown, expected);
    }

    #[test]
    fn space_as_df_reckons_it() {
        let space = Space {
            block: 4096,
            blocks: 1000,
            free: 150,
            available: 100,
            inodes: 500,
            inodes_free: 250,
            inodes_available: 250,
        };
        let expected = [
            ("size_bytes", 4_096_000),
            ("free_bytes", 409_600),
            // 850 of 950, not of 1,000: root's share cannot be had.
            ("used_permille", 894),
            ("inodes_free", 250),
            ("inodes_used_permille", 500),
        ];
        assert_eq!(space.values(), expected);
        let without = Space { inodes: 0, ..space };
        assert_eq!(without.values().len(), 3, "no table of inodes, no figure of them");
        assert_eq!(Space::default().values().len(), 2, "an empty file system is not full");
    }
}
