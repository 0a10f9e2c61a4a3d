//! The DNS records that a domain publishes so that its mail is believed.

use std::fmt::Write;
use std::net::IpAddr;

/// Longest string of a TXT record, in bytes (RFC 1035 section 3.3).
pub const TXT_STRING_MAX: usize = 255;

/// The SPF record (RFC 7208) of a domain that sends from these addresses, to stand at the
/// domain's own name.
///
/// It ends with `~all`: a domain that also sends from elsewhere loses no mail before its
/// record is complete.
#[must_use]
pub fn spf(addresses: &[IpAddr]) -> String {
    let mut record = "v=spf1".to_owned();
    for address in addresses {
        let mechanism = match address.to_canonical() {
            IpAddr::V4(ip) => format!(" ip4:{ip}"),
            IpAddr::V6(ip) => format!(" ip6:{ip}"),
        };
        record.push_str(&mechanism);
    }
    record.push_str(" ~all");
    record
}

/// Where the DMARC record of a domain stands (RFC 7489 section 6.1).
#[must_use]
pub fn dmarc_name(domain: &str) -> String {
    format!("_dmarc.{domain}")
}

/// The DMARC record (RFC 7489 section 6.3) to begin with: nothing is refused, and the domain's
/// postmaster gets the reports.
#[must_use]
pub fn dmarc(domain: &str) -> String {
    format!("v=DMARC1; p=none; rua=mailto:postmaster@{domain}")
}

/// Where the public key of a selector stands (RFC 6376 section 3.6.2.1).
#[must_use]
pub fn dkim_name(selector: &str, domain: &str) -> String {
    format!("{selector}._domainkey.{domain}")
}

/// A TXT record as a line of a zone file (RFC 1035 section 5.1). A value longer than
/// [`TXT_STRING_MAX`] is cut into strings, which readers join without a space (RFC 7208 section
/// 3.3, RFC 6376 section 3.6.2.2).
#[must_use]
pub fn zone_line(name: &str, value: &str) -> String {
    let mut line = format!("{name}. IN TXT");
    if value.is_empty() {
        line.push_str(" \"\"");
    }
    for string in value.as_bytes().chunks(TXT_STRING_MAX) {
        line.push_str(" \"");
        for byte in string {
            match byte {
                b'"' | b'\\' => {
                    line.push('\\');
                    line.push(char::from(*byte));
                }
                b' '..=b'~' => line.push(char::from(*byte)),
                // Writing into a String does not fail.
                _ => _ = write!(line, "\\{byte:03}"),
            }
        }
        line.push('"');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spf_records() {
        let cases: &[(&[&str], &str)] = &[
            (&["192.0.2.1"], "v=spf1 ip4:192.0.2.1 ~all"),
            (&["192.0.2.1", "2001:db8::1"], "v=spf1 ip4:192.0.2.1 ip6:2001:db8::1 ~all"),
            (&["::ffff:192.0.2.1"], "v=spf1 ip4:192.0.2.1 ~all"),
            (&[], "v=spf1 ~all"),
        ];
        for (addresses, expected) in cases {
            let addresses: Vec<IpAddr> =
                addresses.iter().map(|text| text.parse().expect("an address")).collect();
            assert_eq!(spf(&addresses), *expected);
        }
    }

    #[test]
    fn names_and_dmarc() {
        assert_eq!(dkim_name("ya1", "example.jp"), "ya1._domainkey.example.jp");
        assert_eq!(dmarc_name("example.jp"), "_dmarc.example.jp");
        assert_eq!(dmarc("example.jp"), "v=DMARC1; p=none; rua=mailto:postmaster@example.jp");
    }

    #[test]
    fn zone_lines() {
        let long = format!("{}{}", "x".repeat(255), "y".repeat(10));
        let cut = format!("a. IN TXT \"{}\" \"{}\"", "x".repeat(255), "y".repeat(10));
        let cases = [
            ("v=spf1 ~all", "a. IN TXT \"v=spf1 ~all\""),
            ("a\"b\\c;d", "a. IN TXT \"a\\\"b\\\\c;d\""),
            ("あ", "a. IN TXT \"\\227\\129\\130\""),
            ("", "a. IN TXT \"\""),
            (&long, &cut),
        ];
        for (value, expected) in cases {
            assert_eq!(zone_line("a", value), expected);
        }
    }
}
