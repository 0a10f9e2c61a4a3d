//! Signing in by SCRAM-SHA-256 (RFC 5802, RFC 7677), as PostgreSQL uses it: no password is sent, and
//! the server must show that it knows it too.

use std::num::NonZeroU32;

use aws_lc_rs::{digest, hmac, pbkdf2};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Rounds that are worked; more would only keep us busy.
const ROUNDS_MAX: u32 = 200_000;
/// No channel binding, no other identity: `n,,`.
const GS2: &str = "n,,";

/// One sign-in.
pub(crate) struct Scram {
    password: String,
    first: String,
    /// What the server must show at the end.
    server_signature: Option<Vec<u8>>,
}

impl Scram {
    /// `nonce` is printable, without commas, and new each time; PostgreSQL takes the user from its
    /// startup message and wants none here.
    pub fn new(user: &str, password: &str, nonce: &str) -> Scram {
        let first = format!("n={user},r={nonce}");
        Scram { password: password.to_owned(), first, server_signature: None }
    }

    /// The client's first message.
    pub fn begin(&self) -> String {
        format!("{GS2}{}", self.first)
    }

    /// The client's answer to the server's first message; `None` when that makes no sense.
    pub fn answer(&mut self, server_first: &str) -> Option<String> {
        let field = |name: &str| server_first.split(',').find_map(|part| part.strip_prefix(name));
        let nonce = field("r=")?;
        let ours = self.first.split_once(",r=")?.1;
        if !nonce.starts_with(ours) || nonce.len() == ours.len() {
            return None;
        }
        let salt = STANDARD.decode(field("s=")?).ok()?;
        let rounds: u32 = field("i=")?.parse().ok().filter(|rounds| *rounds <= ROUNDS_MAX)?;
        let mut salted = [0; 32];
        let password = self.password.as_bytes();
        pbkdf2::derive(
            pbkdf2::PBKDF2_HMAC_SHA256,
            NonZeroU32::new(rounds)?,
            &salt,
            password,
            &mut salted,
        );
        let client_key = sign(&salted, b"Client Key");
        let stored = digest::digest(&digest::SHA256, &client_key);
        let without_proof = format!("c={},r={nonce}", STANDARD.encode(GS2));
        let all = format!("{},{server_first},{without_proof}", self.first);
        let signature = sign(stored.as_ref(), all.as_bytes());
        let proof: Vec<u8> = client_key.iter().zip(signature).map(|(a, b)| a ^ b).collect();
        let server_key = sign(&salted, b"Server Key");
        self.server_signature = Some(sign(&server_key, all.as_bytes()));
        Some(format!("{without_proof},p={}", STANDARD.encode(proof)))
    }

    /// Whether the server's last message shows that it knows the password.
    pub fn is_server(&self, server_final: &str) -> bool {
        let shown = server_final.split(',').find_map(|part| part.strip_prefix("v="));
        let shown = shown.and_then(|shown| STANDARD.decode(shown).ok());
        shown.is_some() && shown == self.server_signature
    }
}

fn sign(key: &[u8], words: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), words).as_ref().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exchange_of_rfc_7677() {
        let mut scram = Scram::new("user", "pencil", "rOprNGfwEbeRWgbNEkqO");
        assert_eq!(scram.begin(), "n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
        let nonce = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
        let answer = scram.answer(&format!("{nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"));
        let proof = "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
        assert_eq!(answer, Some(format!("c=biws,{nonce},p={proof}")));
        assert!(scram.is_server("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="));
        assert!(!scram.is_server("v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="));
    }

    #[test]
    fn servers_that_do_not_play_fair() {
        for server in [
            "r=other,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
            "r=ours,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
            "r=oursX,s=*,i=4096",
            "r=oursX,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=0",
            "r=oursX,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=99999999",
            "",
        ] {
            let mut scram = Scram::new("", "pencil", "ours");
            assert_eq!(scram.answer(server), None, "{server}");
            assert!(!scram.is_server("v="));
        }
    }
}
