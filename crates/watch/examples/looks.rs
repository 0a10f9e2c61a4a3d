//! How many looks a second, and how late: the half of `bench/watch` that is ours.
//!
//! `looks now KIND PORT SECONDS ABREAST` looks as fast as it can; `looks pace KIND PORT SECONDS CHECKS
//! EVERY` runs a watcher; `looks exporter KIND PORT SECONDS ABREAST ADDRESS` asks a
//! prometheus-blackbox-exporter for the same. Targets are addresses of 127.0.0.0/8, all different. The
//! result is a line of JSON.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch as channel};
use watch::{Answer, Check, Http, Kind, Reach, Report, Roots, Target, Tcp, Watcher, look};

/// Looks that went right and wrong.
#[derive(Default)]
struct Count {
    right: AtomicU64,
    wrong: AtomicU64,
}

impl Count {
    fn add(&self, is_right: bool) {
        let count = if is_right { &self.right } else { &self.wrong };
        count.fetch_add(1, Ordering::Relaxed);
    }

    fn print(&self, took: Duration) {
        let (right, wrong) =
            (self.right.load(Ordering::Relaxed), self.wrong.load(Ordering::Relaxed));
        println!("{{\"right\": {right}, \"wrong\": {wrong}, \"ms\": {}}}", took.as_millis());
    }
}

#[tokio::main]
async fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize| words.get(at).and_then(|word| word.parse::<u64>().ok());
    let (Some(mode), Some(kind), Some(port), Some(seconds), Some(many)) =
        (words.first(), words.get(1), number(2), number(3), number(4))
    else {
        eprintln!(
            "usage: looks now|pace|exporter KIND PORT SECONDS ABREAST|CHECKS [EVERY|ADDRESS]"
        );
        std::process::exit(2);
    };
    let port = u16::try_from(port).expect("a port");
    let time = Duration::from_secs(seconds);
    match mode.as_str() {
        "now" => now(kind, port, time, many).await,
        "pace" => pace(kind, port, time, many, number(5).expect("EVERY in seconds")).await,
        _ => exporter(kind, port, time, many, words.get(5).expect("ADDRESS")).await,
    }
}

fn reach() -> Arc<Reach> {
    Arc::new(Reach::new(None, &Roots::Mozilla, Timestamp::now).expect("reach"))
}

/// The address of the nth target.
fn address(n: u64) -> String {
    let low = u32::try_from(n % 60_000).expect("low");
    Ipv4Addr::from_bits(u32::from_be_bytes([127, 1, 0, 1]) + low).to_string()
}

fn check(kind: &str, n: u64, port: u16, every: u64) -> Check {
    let kind = if kind == "http" { Kind::Http(Http::default()) } else { Kind::Tcp(Tcp::default()) };
    Check {
        name: format!("check {n}"),
        function: "all".to_owned(),
        every: Duration::from_secs(every),
        timeout: Duration::from_secs(5),
        slow_after: None,
        target: Target::port(address(n), port),
        kind,
    }
}

async fn now(kind: &str, port: u16, time: Duration, abreast: u64) {
    let (reach, count, began) = (reach(), Arc::new(Count::default()), Instant::now());
    let tasks: Vec<_> = (0..abreast)
        .map(|n| {
            let (reach, count, kind) = (reach.clone(), count.clone(), kind.to_owned());
            tokio::spawn(async move {
                let mut target = n;
                while began.elapsed() < time {
                    let seen = look(&check(&kind, target, port, 1), &reach).await;
                    count.add(seen.answer == Answer::Succeeded);
                    target += abreast;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("a look");
    }
    count.print(began.elapsed());
}

async fn pace(kind: &str, port: u16, time: Duration, checks: u64, every: u64) {
    let checks = (0..checks).map(|n| check(kind, n, port, every)).collect();
    let (_list, checks) = channel::channel(checks);
    let (sink, mut reports) = mpsc::channel(1_000);
    let watcher = Watcher::new(reach(), "bench").run(checks, sink, tokio::time::sleep(time));
    let (began, watcher) = (Instant::now(), tokio::spawn(watcher));
    let (mut late, mut wrong, mut blind) = (Vec::new(), 0, 0);
    while let Some(report) = reports.recv().await {
        match report {
            Report::Measured(one) => {
                late.push(one.late.as_micros());
                wrong += u64::from(one.seen.answer != Answer::Succeeded);
            }
            Report::Blind(_) => blind += 1,
        }
    }
    watcher.await.expect("the watcher");
    late.sort_unstable();
    let part =
        |of: usize| late.get(late.len().saturating_sub(1) * of / 1_000).copied().unwrap_or(0);
    println!(
        "{{\"right\": {}, \"wrong\": {wrong}, \"blind\": {blind}, \"ms\": {}, \"late_us\": \
         {{\"p50\": {}, \"p99\": {}, \"p99.9\": {}, \"max\": {}}}}}",
        late.len() - usize::try_from(wrong).unwrap_or(0),
        began.elapsed().as_millis(),
        part(500),
        part(990),
        part(999),
        part(1_000)
    );
}

async fn exporter(kind: &str, port: u16, time: Duration, abreast: u64, at: &str) {
    let (count, began) = (Arc::new(Count::default()), Instant::now());
    let tasks: Vec<_> = (0..abreast)
        .map(|n| {
            let (count, kind, at) = (count.clone(), kind.to_owned(), at.to_owned());
            tokio::spawn(async move {
                let mut stream = TcpStream::connect(&at).await.expect("the exporter");
                let mut target = n;
                while began.elapsed() < time {
                    let (module, scheme) =
                        if kind == "http" { ("http_2xx", "http://") } else { ("tcp_connect", "") };
                    let request = format!(
                        "GET /probe?module={module}&target={scheme}{}:{port} HTTP/1.1\r\nHost: {at}\r\n\r\n",
                        address(target)
                    );
                    stream.write_all(request.as_bytes()).await.expect("asked");
                    count.add(answer(&mut stream).await);
                    target += abreast;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("a probe");
    }
    count.print(began.elapsed());
}

/// Whether the exporter says that the probe succeeded.
async fn answer(stream: &mut TcpStream) -> bool {
    let mut heard = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&heard).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(": ")?;
                name.eq_ignore_ascii_case("content-length").then(|| value.parse().ok())?
            });
            let is_whole = match length {
                Some(length) => body.len() >= length,
                None => body.ends_with("\r\n0\r\n\r\n") || body.ends_with("0\r\n\r\n"),
            };
            if is_whole {
                return body.contains("\nprobe_success 1");
            }
        }
        if stream.read_buf(&mut heard).await.expect("read") == 0 {
            return false;
        }
    }
}
