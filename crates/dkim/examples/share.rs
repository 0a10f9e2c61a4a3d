//! Where the time of a signature goes: `cargo run --release -p dkim --example share`.

use std::hint::black_box;
use std::time::Instant;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use mail::roster::Algorithm;

const ROUNDS: u32 = 2_000;

fn main() {
    let rsa = dkim::generate(Algorithm::RsaSha256).expect("an RSA key");
    let ed = dkim::generate(Algorithm::Ed25519Sha256).expect("an Ed25519 key");
    let signer = |algorithm, private: &[u8]| {
        let keys = [("s".to_owned(), algorithm, private.to_vec())];
        dkim::Signer::new("example.jp", &keys).expect("a signer")
    };
    let (with_rsa, with_ed) =
        (signer(Algorithm::RsaSha256, &rsa.private), signer(Algorithm::Ed25519Sha256, &ed.private));
    let message = message();
    let pair = RsaKeyPair::from_pkcs8(&rsa.private).expect("the key just made");
    let random = SystemRandom::new();
    let mut out = vec![0; pair.public_modulus_len()];

    let all = time(|| drop(black_box(with_rsa.sign(black_box(&message)))));
    let bare = time(|| {
        pair.sign(&RSA_PKCS1_SHA256, &random, black_box(&message[..600]), &mut out)
            .expect("a signature");
    });
    println!("RSA-2048: {all:.1} µs a message of {} bytes", message.len());
    println!("  the RSA operation {bare:.1} µs ({:.0} %)", 100.0 * bare / all);
    println!("  the rest          {:.1} µs", all - bare);
    println!("Ed25519:  {:.1} µs", time(|| drop(black_box(with_ed.sign(black_box(&message))))));
}

fn message() -> Vec<u8> {
    let header = "From: a@example.jp\r\nTo: b@example.org\r\nSubject: bench\r\n\
        Date: Sun, 22 Nov 2026 09:00:00 +0900\r\nMessage-ID: <1@example.jp>\r\n\
        MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\
        List-Unsubscribe: <https://example.jp/u>\r\n\r\n";
    let line = "The quick brown fox jumps over the lazy dog, and again, and once more.\r\n";
    format!("{header}{}", line.repeat(10_240 / line.len())).into_bytes()
}

/// Microseconds a round, the median of five series.
fn time(mut work: impl FnMut()) -> f64 {
    let mut series: Vec<f64> = (0..5)
        .map(|_| {
            let start = Instant::now();
            (0..ROUNDS).for_each(|_| work());
            start.elapsed().as_secs_f64() * 1e6 / f64::from(ROUNDS)
        })
        .collect();
    series.sort_by(f64::total_cmp);
    series[2]
}
