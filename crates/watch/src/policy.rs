//! Which addresses a check may look at.
//!
//! A check that a customer made must not become a key to the office's own network: the metadata
//! service, the loopback, private ranges. The question is asked about the address that is connected to,
//! after DNS and after each redirect, so a name cannot be turned around in between.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A range of addresses: a prefix and its length in bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// Its first address.
    pub prefix: IpAddr,
    /// Bits that are the same, 0 to 32 or 128; more counts as all.
    pub bits: u8,
}

/// Who made the check, and so where it may look.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Policy {
    /// The provider: everywhere.
    #[default]
    Anywhere,
    /// Everywhere but in these ranges.
    Without(Vec<Range>),
    /// A node: in these networks, and with `public` on the public Internet; what its own file says.
    Only {
        /// Where it may look.
        networks: Vec<Range>,
        /// And outside every reserved range.
        public: bool,
    },
    /// A customer: the public Internet without these ranges, which are the office's own.
    Public(Vec<Range>),
}

impl Policy {
    /// Whether it is for checks that a customer made; such a check runs no command.
    pub fn is_public(&self) -> bool {
        matches!(self, Policy::Public(_))
    }

    /// Whether `address` may be looked at.
    pub fn allows(&self, address: IpAddr) -> bool {
        // An IPv4 address written as an IPv6 one is the IPv4 one.
        let address = address.to_canonical();
        let in_any = |ranges: &[Range]| ranges.iter().any(|range| range.contains(address));
        match self {
            Policy::Anywhere => true,
            Policy::Without(ranges) => !in_any(ranges),
            Policy::Only { networks, public } => {
                in_any(networks) || (*public && !in_any(&RESERVED))
            }
            Policy::Public(own) => !in_any(own) && !in_any(&RESERVED),
        }
    }
}

impl Range {
    /// Whether `address` lies in it; families never mix.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.prefix, address) {
            (IpAddr::V4(prefix), IpAddr::V4(address)) => {
                let rest = 32_u32.saturating_sub(u32::from(self.bits));
                shift(prefix.to_bits().into(), rest) == shift(address.to_bits().into(), rest)
            }
            (IpAddr::V6(prefix), IpAddr::V6(address)) => {
                let rest = 128_u32.saturating_sub(u32::from(self.bits));
                shift(prefix.to_bits(), rest) == shift(address.to_bits(), rest)
            }
            _ => false,
        }
    }
}

fn shift(bits: u128, by: u32) -> u128 {
    bits.checked_shr(by).unwrap_or(0)
}

const fn v4(a: u8, b: u8, c: u8, d: u8, bits: u8) -> Range {
    Range { prefix: IpAddr::V4(Ipv4Addr::new(a, b, c, d)), bits }
}

const fn v6(first: u16, second: u16, bits: u8) -> Range {
    Range { prefix: IpAddr::V6(Ipv6Addr::new(first, second, 0, 0, 0, 0, 0, 0)), bits }
}

/// What is not the public Internet (RFC 6890 and the IANA registries it began).
const RESERVED: [Range; 23] = [
    v4(0, 0, 0, 0, 8),
    v4(10, 0, 0, 0, 8),
    v4(100, 64, 0, 0, 10),
    v4(127, 0, 0, 0, 8),
    v4(169, 254, 0, 0, 16),
    // A cloud's own services behind a public address.
    v4(168, 63, 129, 16, 32),
    v4(172, 16, 0, 0, 12),
    v4(192, 0, 0, 0, 24),
    v4(192, 0, 2, 0, 24),
    v4(192, 168, 0, 0, 16),
    v4(198, 18, 0, 0, 15),
    v4(198, 51, 100, 0, 24),
    v4(203, 0, 113, 0, 24),
    v4(224, 0, 0, 0, 3),
    // ::, ::1 and what else begins with 96 zero bits.
    v6(0, 0, 96),
    // Gateways to IPv4: NAT64 (RFC 6052, RFC 8215), Teredo and 6to4.
    v6(0x64, 0xff9b, 32),
    v6(0x2001, 0, 32),
    v6(0x2002, 0, 16),
    v6(0xfc00, 0, 7),
    v6(0xfe80, 0, 10),
    v6(0xfec0, 0, 10),
    v6(0xff00, 0, 8),
    v6(0x2001, 0xdb8, 32),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_customer_may_look() {
        let own = Range { prefix: "198.0.2.0".parse().expect("address"), bits: 24 };
        let policy = Policy::Public(vec![own]);
        for (address, allowed) in [
            ("127.0.0.1", false),
            ("127.255.255.254", false),
            ("0.0.0.0", false),
            ("169.254.169.254", false),
            ("10.1.2.3", false),
            ("172.15.255.255", true),
            ("172.16.0.0", false),
            ("172.31.255.255", false),
            ("172.32.0.0", true),
            ("192.168.0.1", false),
            ("100.64.0.1", false),
            ("224.0.0.1", false),
            ("255.255.255.255", false),
            ("198.0.2.7", false),
            ("198.0.3.7", true),
            ("93.184.216.34", true),
            ("::", false),
            ("::1", false),
            ("::ffff:127.0.0.1", false),
            ("::ffff:93.184.216.34", true),
            ("::127.0.0.1", false),
            ("64:ff9b::7f00:1", false),
            ("2002:7f00:1::", false),
            ("2002:0a00:0001::1", false),
            ("fe80::1", false),
            ("fc00::1", false),
            ("fd00:ec2::254", false),
            ("ff02::1", false),
            ("2606:2800:220:1::1", true),
        ] {
            let parsed: IpAddr = address.parse().expect(address);
            assert_eq!(policy.allows(parsed), allowed, "{address}");
            assert!(Policy::Anywhere.allows(parsed));
        }
    }

    #[test]
    fn a_node_looks_where_its_file_says() {
        let range = |text: &str, bits| Range { prefix: text.parse().expect("an address"), bits };
        let networks = vec![range("10.1.0.0", 16), range("fd00:1::", 32)];
        for (address, inside, with_public) in [
            ("10.1.2.3", true, true),
            ("::ffff:10.1.2.3", true, true),
            ("10.2.0.1", false, false),
            ("169.254.169.254", false, false),
            ("127.0.0.1", false, false),
            ("fd00:1::1", true, true),
            ("fd00:2::1", false, false),
            ("93.184.216.34", false, true),
        ] {
            let address: IpAddr = address.parse().expect("an address");
            for (public, expected) in [(false, inside), (true, with_public)] {
                let policy = Policy::Only { networks: networks.clone(), public };
                assert_eq!(policy.allows(address), expected, "{address} {public}");
            }
        }
    }
}
