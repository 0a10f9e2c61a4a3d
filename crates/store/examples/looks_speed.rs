//! How long it takes to record the looks of ten thousand checks every ten seconds: a batch of a thousand
//! a second, for simulated minutes, with folds in between. Prints times per batch and fold, and the size.
//!
//! `cargo run --release -p store --example looks_speed [MINUTES]`

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use store::{Answer, Look, SeenLook, Store};
use vault::Vault;

const CHECKS: i64 = 10_000;
const A_SECOND: i64 = 1_000;
const FOLD_SECONDS: i64 = 600;

fn look(check: i64, at: Timestamp) -> Look {
    let ms = u32::try_from(check % 400).unwrap_or_default();
    let bad = (check + at.as_second()) % 997 == 0;
    let (answer, reason) = match bad {
        true => (Answer::Silent, Some("timed-out".to_owned())),
        false => (Answer::Good, None),
    };
    let seen = SeenLook { at, answer, reason, took_ms: ms };
    Look { check: format!("check-{check}"), pace: SignedDuration::from_secs(10), seen }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let minutes: i64 = std::env::args().nth(1).map_or(Ok(20), |text| text.parse())?;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("office.db");
    let vault = Arc::new(Vault::from_master(&[7; 32])?);
    let store = Store::open(&format!("sqlite:{}", path.display()), vault).await?;
    let begin: Timestamp = "2026-11-22T00:00:00Z".parse()?;
    let (mut batches, mut folds) = (Vec::new(), Vec::new());
    for second in 0..minutes * 60 {
        let at = begin + SignedDuration::from_secs(second);
        let first = second % (CHECKS / A_SECOND) * A_SECOND;
        let looks: Vec<Look> = (first..first + A_SECOND)
            .map(|check| look(check, at + SignedDuration::from_millis(check % A_SECOND)))
            .collect();
        let started = Instant::now();
        store.record_looks(&looks, &[]).await?;
        batches.push(started.elapsed());
        if second % FOLD_SECONDS == FOLD_SECONDS - 1 {
            let started = Instant::now();
            store.fold_looks(at).await?;
            folds.push(started.elapsed());
        }
    }
    println!("batches of {A_SECOND} looks: {}", figures(&mut batches));
    println!("folds of {FOLD_SECONDS} batches: {}", figures(&mut folds));
    store.close().await;
    println!("database: {} bytes after {minutes} minutes", std::fs::metadata(&path)?.len());
    Ok(())
}

fn figures(times: &mut [Duration]) -> String {
    times.sort_unstable();
    let at = |percent: usize| times.get(times.len().saturating_sub(1) * percent / 100);
    let total: Duration = times.iter().sum();
    format!(
        "{}, total {total:.1?}, p50 {:.1?}, p99 {:.1?}, max {:.1?}",
        times.len(),
        at(50).unwrap_or(&total),
        at(99).unwrap_or(&total),
        at(100).unwrap_or(&total)
    )
}
