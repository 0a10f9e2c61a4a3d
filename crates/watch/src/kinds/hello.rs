//! Whether a server still accepts an old TLS version.
//!
//! Our TLS library has no old versions, so this says the first words of a handshake by hand (RFC 2246
//! and 5246, section 7.4.1.2) and reads the first words of the answer: a ServerHello with the offered
//! version is acceptance. The handshake goes no further, and nothing secret is said.

use crate::answer::{Fault, Reason};
use crate::check::TlsVersion;

/// A record's head: type, version, length.
pub(crate) const HEAD: usize = 5;
/// Bytes of the answer's first record that are wanted: the handshake's type, length and version.
pub(crate) const WANTED: usize = 6;

const HANDSHAKE: u8 = 22;
const SERVER_HELLO: u8 = 2;

/// What old servers know, forward secrecy first: with AES, Camellia-free, and what is weaker still,
/// because a server that speaks an old version with a bad cipher speaks it all the same.
const CIPHERS: [u16; 22] = [
    0xc014, 0xc00a, 0xc013, 0xc009, 0xc012, 0xc008, 0x0039, 0x0033, 0x0016, 0x0035, 0x002f, 0x000a,
    0xc030, 0xc02c, 0xc02f, 0xc02b, 0x009d, 0x009c, 0xc011, 0x0005, 0x0004, 0x00ff,
];

/// The number of a version on the wire. TLS 1.3 is never offered this way.
fn number(version: TlsVersion) -> u16 {
    match version {
        TlsVersion::V1_0 => 0x0301,
        TlsVersion::V1_1 => 0x0302,
        TlsVersion::V1_2 | TlsVersion::V1_3 => 0x0303,
    }
}

/// The record with a ClientHello that offers `version` and nothing newer; `name` is a host name, and
/// empty for none.
pub(crate) fn client_hello(version: TlsVersion, name: &str, random: &[u8; 32]) -> Vec<u8> {
    let mut body = number(version).to_be_bytes().to_vec();
    body.extend_from_slice(random);
    body.push(0); // no session
    block(&mut body, 2, |out| CIPHERS.iter().for_each(|one| out.extend(one.to_be_bytes())));
    body.extend([1, 0]); // no compression
    block(&mut body, 2, |out| extensions(out, version, name));
    let mut handshake = vec![1];
    block(&mut handshake, 3, |out| out.extend(body));
    let mut record = vec![HANDSHAKE, 3, 1];
    block(&mut record, 2, |out| out.extend(handshake));
    record
}

fn extensions(out: &mut Vec<u8>, version: TlsVersion, name: &str) {
    if !name.is_empty() {
        extension(out, 0, |out| {
            block(out, 2, |out| {
                out.push(0);
                block(out, 2, |out| out.extend(name.bytes()));
            });
        });
    }
    // Groups: x25519, P-256, P-384, P-521; points uncompressed; renegotiation info.
    extension(out, 10, |out| out.extend([0, 8, 0, 29, 0, 23, 0, 24, 0, 25]));
    extension(out, 11, |out| out.extend([1, 0]));
    extension(out, 0xff01, |out| out.push(0));
    if version >= TlsVersion::V1_2 {
        // Signatures: RSA and ECDSA with SHA-256, -384, -512 and SHA-1, RSA-PSS.
        extension(out, 13, |out| {
            out.extend([0, 18, 4, 1, 5, 1, 6, 1, 2, 1, 4, 3, 5, 3, 2, 3, 8, 4, 8, 5]);
        });
    }
}

fn extension(out: &mut Vec<u8>, kind: u16, content: impl FnOnce(&mut Vec<u8>)) {
    out.extend(kind.to_be_bytes());
    block(out, 2, content);
}

/// Content with its length before it, in `width` bytes.
fn block(out: &mut Vec<u8>, width: usize, content: impl FnOnce(&mut Vec<u8>)) {
    let mut inside = Vec::new();
    content(&mut inside);
    out.extend(&inside.len().to_be_bytes()[size_of::<usize>() - width..]);
    out.extend(inside);
}

/// Whether the beginning of a server's answer accepts `version`. An alert, an end, or anything that
/// came too short does not.
///
/// # Errors
/// What is no TLS at all.
pub(crate) fn accepts(answer: &[u8], version: TlsVersion) -> Result<bool, Fault> {
    match answer {
        [HANDSHAKE, 3, _, _, _, SERVER_HELLO, _, _, _, high, low, ..] => {
            Ok(u16::from_be_bytes([*high, *low]) == number(version))
        }
        [] | [HANDSHAKE | 21, ..] => Ok(false),
        _ => Err(Fault::refused(Reason::Protocol)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_is_right() {
        for name in ["", "www.example.jp"] {
            let hello = client_hello(TlsVersion::V1_1, name, &[7; 32]);
            let record = usize::from(u16::from_be_bytes([hello[3], hello[4]]));
            assert_eq!(record, hello.len() - HEAD);
            let handshake = usize::from(u16::from_be_bytes([hello[7], hello[8]]));
            assert_eq!(handshake, hello.len() - HEAD - 4);
            assert_eq!(hello[9..11], [3, 2]);
        }
    }

    #[test]
    fn what_an_answer_means() {
        let hello = |low| vec![22, 3, low, 0, 80, 2, 0, 0, 76, 3, low, 0, 0];
        for (answer, accepted) in [
            (hello(1), Ok(true)),
            (hello(2), Ok(false)),
            (vec![21, 3, 1, 0, 2, 2, 70], Ok(false)),
            (vec![], Ok(false)),
            (vec![22, 3, 1], Ok(false)),
            (b"220 mail.test ESMTP".to_vec(), Err(Fault::refused(Reason::Protocol))),
        ] {
            assert_eq!(accepts(&answer, TlsVersion::V1_0), accepted, "{answer:?}");
        }
    }
}
