//! The one thing of a certificate that the TLS library does not tell: its last day (RFC 5280, 4.1.2.5).

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

const SEQUENCE: u8 = 0x30;
const CONTEXT_0: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// The last instant at which a certificate in DER is valid; `None` when it cannot be read.
pub(crate) fn not_after(der: &[u8]) -> Option<Timestamp> {
    let certificate = expect(&mut &*der, SEQUENCE)?;
    let mut fields = expect(&mut &*certificate, SEQUENCE)?;
    if fields.first() == Some(&CONTEXT_0) {
        next(&mut fields)?; // version
    }
    for _serial_algorithm_issuer in 0..3 {
        next(&mut fields)?;
    }
    let mut validity = expect(&mut fields, SEQUENCE)?;
    next(&mut validity)?; // not before
    let (tag, text) = next(&mut validity)?;
    time(tag, std::str::from_utf8(text).ok()?)
}

fn time(tag: u8, text: &str) -> Option<Timestamp> {
    let text = text.strip_suffix('Z')?;
    let (year, rest) = match tag {
        // Two digits: 50 and above are of the twentieth century.
        UTC_TIME => {
            let short: i16 = text.get(..2)?.parse().ok()?;
            (if short < 50 { 2000 + short } else { 1900 + short }, text.get(2..)?)
        }
        GENERALIZED_TIME => (text.get(..4)?.parse().ok()?, text.get(4..)?),
        _ => return None,
    };
    let part = |at: usize| rest.get(at..at + 2)?.parse::<i8>().ok();
    let (month, day, hour) = (part(0)?, part(2)?, part(4)?);
    let civil = DateTime::new(year, month, day, hour, part(6)?, part(8)?, 0).ok()?;
    Some(civil.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

fn expect<'a>(input: &mut &'a [u8], wanted: u8) -> Option<&'a [u8]> {
    let (tag, content) = next(input)?;
    (tag == wanted).then_some(content)
}

/// The next tag with its content; moves `input` behind it.
fn next<'a>(input: &mut &'a [u8]) -> Option<(u8, &'a [u8])> {
    let (&tag, rest) = input.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let count = usize::from(first & 0x7f);
        let bytes = rest.get(..count).filter(|_| (1..=4).contains(&count))?;
        (bytes.iter().fold(0, |sum, byte| (sum << 8) | usize::from(*byte)), rest.get(count..)?)
    };
    let content = rest.get(..length)?;
    *input = rest.get(length..)?;
    Some((tag, content))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_to_write_a_day() {
        for (tag, text, expected) in [
            (UTC_TIME, "261122093000Z", Some("2026-11-22T09:30:00Z")),
            (UTC_TIME, "491231235959Z", Some("2049-12-31T23:59:59Z")),
            (UTC_TIME, "500101000000Z", Some("1950-01-01T00:00:00Z")),
            (GENERALIZED_TIME, "20500101000000Z", Some("2050-01-01T00:00:00Z")),
            (GENERALIZED_TIME, "20501301000000Z", None),
            (UTC_TIME, "2611220930", None),
            (SEQUENCE, "261122093000Z", None),
        ] {
            let expected = expected.map(|text| text.parse::<Timestamp>().expect(text));
            assert_eq!(time(tag, text), expected, "{text}");
        }
    }

    #[test]
    fn a_certificate_and_its_torn_ends() {
        let mut params = rcgen::CertificateParams::new(vec!["a.test".to_owned()]).expect("params");
        params.not_after = rcgen::date_time_ymd(2031, 5, 6);
        let key = rcgen::KeyPair::generate().expect("key");
        let certificate = params.self_signed(&key).expect("certificate");
        let expected: Timestamp = "2031-05-06T00:00:00Z".parse().expect("instant");
        assert_eq!(not_after(certificate.der()), Some(expected));
        for length in 0..certificate.der().len() {
            assert_eq!(not_after(&certificate.der()[..length]), None);
        }
    }
}
