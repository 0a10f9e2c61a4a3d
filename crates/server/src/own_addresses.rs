//! The addresses of this machine, as the kernel tells them: what is ours is no target for others.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Addresses of every interface; empty where the kernel does not tell.
pub fn of_this_machine() -> Vec<IpAddr> {
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    let mut found = v4(&read("/proc/net/fib_trie"));
    found.extend(v6(&read("/proc/net/if_inet6")));
    found.sort_unstable();
    found.dedup();
    found
}

/// Local addresses of a routing table: a line `|-- ADDRESS`, and below it one `/32 host LOCAL`.
fn v4(table: &str) -> Vec<IpAddr> {
    let mut last: Option<Ipv4Addr> = None;
    let mut found = Vec::new();
    for line in table.lines() {
        let line = line.trim();
        if let Some(address) = line.strip_prefix("|-- ") {
            last = address.parse().ok();
        } else if line == "/32 host LOCAL" {
            found.extend(last.map(IpAddr::V4));
        }
    }
    found
}

/// Addresses of interfaces: 32 hexadecimal digits at the beginning of a line.
fn v6(table: &str) -> Vec<IpAddr> {
    let address = |line: &str| u128::from_str_radix(line.split_whitespace().next()?, 16).ok();
    table.lines().filter_map(address).map(|bits| Ipv6Addr::from_bits(bits).into()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_s_tables_are_read() {
        let table = "Main:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 127.0.0.0\n        /8 host LOCAL\n\
                     \x20    |-- 127.0.0.1\n        /32 host LOCAL\n     |-- 203.0.113.7\n        \
                     /32 host LOCAL\n     |-- 203.0.113.255\n        /32 link BROADCAST\n";
        let expected: [IpAddr; 2] = [[127, 0, 0, 1].into(), [203, 0, 113, 7].into()];
        assert_eq!(v4(table), expected);
        let table = "00000000000000000000000000000001 01 80 10 80       lo\n\
                     20010db8000000000000000000000007 02 40 00 80     eth0\n";
        let expected: Vec<IpAddr> =
            ["::1", "2001:db8::7"].map(|it| it.parse().expect("an address")).to_vec();
        assert_eq!(v6(table), expected);
        assert!(of_this_machine().contains(&[127, 0, 0, 1].into()), "this machine has a loopback");
    }
}
