//! A morning of checks, as sample data for the pages.

use app::checks::{
    Answer as Heard, Detail, Latest, OFFICE, Observation, Origin, Outage, Point, Reason, SeenLook,
    Settings, SiteNow, Stretch, Watched, Way,
};
use jiff::{SignedDuration, Timestamp};

use super::sample::{HOSTILE, ago};

/// Checks as a morning shows them: one that answers, one that is down, a new one, a heartbeat.
pub fn checks() -> Vec<Watched> {
    let http = |url: &str| Settings { url: url.to_owned(), ..Settings::default() };
    let latest = |answer, reason, ms, said: Option<&str>| Latest {
        at: ago(0),
        answer,
        reason,
        took: SignedDuration::from_millis(ms),
        said: said.map(str::to_owned),
        code: reason.map(|_| 503),
        address: "192.0.2.7".parse().ok(),
    };
    let run = |name: &str, answer, minutes| Observation {
        probe: format!("check/{name}"),
        first: ago(minutes),
        last: ago(0),
        pace: SignedDuration::from_mins(1),
        answer,
        total: minutes + 1,
    };
    let watched = |name: &str, settings| Watched {
        name: name.to_owned(),
        settings,
        origin: Origin::Added,
        contract: None,
        paused: None,
        run: None,
        latest: None,
        sites: vec![SiteNow { site: OFFICE.to_owned(), run: None, latest: None }],
        tells: Vec::new(),
    };
    let imap = Settings { kind: Way::Imap, host: "imap.example.jp".into(), ..Settings::default() };
    let beat = Settings { kind: Way::Heartbeat, within: 86_400, ..Settings::default() };
    let silent = latest(Heard::Refused, Some(Reason::Status), 4_210, Some(HOSTILE));
    let site = |site: &str, answer, reason| SiteNow {
        site: site.to_owned(),
        run: Some(run("top-page", answer, 300)),
        latest: Some(latest(answer, reason, 84, None)),
    };
    let sites = [
        site(OFFICE, Heard::Good, None),
        site("osaka", Heard::Silent, Some(Reason::TimedOut)),
        SiteNow { site: "sapporo".to_owned(), run: None, latest: None },
    ];
    let mut all = vec![
        Watched {
            origin: Origin::Configured,
            run: Some(run("top-page", Heard::Good, 8_000)),
            latest: Some(latest(Heard::Good, None, 84, None)),
            sites: sites.into(),
            tells: vec![("aoulu-cloud".to_owned(), "web".to_owned())],
            ..watched("top-page", http("https://www.example.jp/"))
        },
        Watched {
            run: Some(run("shop", Heard::Refused, 12)),
            latest: Some(silent),
            ..watched("shop", http("https://shop.example.jp/cart?a=1&b=2"))
        },
        watched("mailboxes", imap),
        Watched { paused: Some(ago(90)), ..watched("nightly-backup", beat) },
    ];
    for it in &mut all[1..] {
        it.sites[0].run.clone_from(&it.run);
        it.sites[0].latest.clone_from(&it.latest);
    }
    all
}

/// What a check saw in that time.
pub fn seen(stretch: Stretch, now: Timestamp) -> Detail {
    let step = stretch.step();
    let from = now.as_second() - step * stretch.points();
    let point = |n: i64| {
        let p50_ms = 60 + (n * 37) % 50 + if n % 90 > 80 { 200 } else { 0 };
        let failures = if (100..104).contains(&n) { 3 } else { 0 };
        let looks = if (40..44).contains(&n) { 0 } else { 5 };
        Point {
            from: Timestamp::from_second(from + n * step).expect("an instant"),
            looks,
            failures,
            unseen: 0,
            p50_ms: if looks == 0 { 0 } else { p50_ms },
            p95_ms: if looks == 0 { 0 } else { p50_ms * 2 },
            max_ms: if looks == 0 { 0 } else { p50_ms * 3 },
        }
    };
    let look = |n: i64| SeenLook {
        at: ago(n),
        answer: if n < 12 { Heard::Refused } else { Heard::Good },
        reason: (n < 12).then(|| "status".to_owned()),
        took_ms: 84 + n as u32,
    };
    let outage = |from, until: Option<i64>, silent| Outage {
        from: ago(from),
        until: until.map(ago),
        silent,
    };
    Detail {
        points: (0..stretch.points()).map(point).collect(),
        looks: (0..20).map(look).collect(),
        outages: vec![outage(12, None, false), outage(900, Some(885), true)],
        blind: calendar::Span::new(ago(9), ago(6)).into_iter().collect(),
    }
}
