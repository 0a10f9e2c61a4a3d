//! `yakusoku log`: the delivery log, searched from a terminal or a script.

use app::deliveries::{self, Row, Search, Status as Standing};
use clap::{Args, ValueEnum};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};
use mail::fact::AttemptKind;
use serde_json::json;

use super::place::{Place, wait_for};
use crate::clock;
use crate::exit::{self, Misused, Status};
use crate::table::{Table, cut};

/// What to look for.
#[derive(Args)]
#[command(after_help = exit::HELP)]
pub struct LogArgs {
    /// Recipient: an address, or @DOMAIN for all of a domain
    #[arg(long, value_name = "ADDRESS")]
    to: Option<String>,
    /// From or envelope sender: an address, or @DOMAIN
    #[arg(long, value_name = "ADDRESS")]
    sender: Option<String>,
    /// Message-ID, X-Api-Data, or one of our own ids
    #[arg(long = "ref", value_name = "WORD")]
    reference: Option<String>,
    /// Where the delivery stands
    #[arg(long, value_enum)]
    status: Option<StatusWord>,
    /// Composition that accepted it
    #[arg(long, value_name = "NAME")]
    composition: Option<String>,
    /// Accepted at or after: 2026-11-22, 2026-11-22T09:00, a full RFC 3339 time, or 2h, 3d ago
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Accepted before: written like --since
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Rows to print, newest first, 1 to 200
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=200))]
    limit: u16,
    /// How to print them
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    #[command(flatten)]
    place: Place,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// A table to read
    Text,
    /// One JSON object a line
    Json,
}

#[derive(Clone, Copy, ValueEnum)]
enum StatusWord {
    Queued,
    Deferred,
    Succeeded,
    Failed,
    Suppressed,
}

impl StatusWord {
    const fn standing(self) -> Standing {
        match self {
            StatusWord::Queued => Standing::Queued,
            StatusWord::Deferred => Standing::Tried(AttemptKind::Deferred),
            StatusWord::Succeeded => Standing::Tried(AttemptKind::Succeeded),
            StatusWord::Failed => Standing::Tried(AttemptKind::Failed),
            StatusWord::Suppressed => Standing::Tried(AttemptKind::Suppressed),
        }
    }
}

/// Runs the search.
pub fn run(args: &LogArgs) -> anyhow::Result<Status> {
    let now = clock::now();
    let (zone, page) = wait_for(async {
        let (config, office) = args.place.office().await?;
        let search = args.search(&config.time_zone, now)?;
        let page = deliveries::search(&office, &search, now).await?;
        Ok((config.time_zone, page))
    })?;
    match args.format {
        Format::Text => out!("{}", rows_table(&page.rows, &zone)),
        Format::Json => page.rows.iter().for_each(|row| outln!("{}", row_json(row))),
    }
    if page.next.is_some() {
        eprintln!("there is more: raise --limit, or narrow with --since and --until");
    }
    Ok(if page.rows.is_empty() { Status::Failed } else { Status::Done })
}

impl LogArgs {
    fn search(&self, zone: &TimeZone, now: Timestamp) -> anyhow::Result<Search> {
        let time = |text: &Option<String>, flag: &str| {
            let Some(text) = text else { return Ok(None) };
            parse_time(text, zone, now).map(Some).ok_or_else(|| {
                Misused(format!("{flag}: {text:?} is not a time such as 2026-11-22 or 2h"))
            })
        };
        Ok(Search {
            from: time(&self.since, "--since")?,
            until: time(&self.until, "--until")?,
            to: self.to.clone(),
            sender: self.sender.clone(),
            reference: self.reference.clone(),
            status: self.status.map(StatusWord::standing),
            composition: self.composition.clone(),
            limit: self.limit,
            after: None,
        })
    }
}

/// An instant, a civil date or time in `zone`, or a span back from `now`.
fn parse_time(text: &str, zone: &TimeZone, now: Timestamp) -> Option<Timestamp> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Some(instant);
    }
    if let Ok(time) = text.parse::<DateTime>() {
        return Some(time.to_zoned(zone.clone()).ok()?.timestamp());
    }
    let span: Span = text.parse().ok()?;
    let back: SignedDuration = span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).ok()?;
    now.checked_sub(back).ok()
}

fn word(standing: Standing) -> &'static str {
    match standing {
        Standing::Queued => "queued",
        Standing::Tried(kind) => kind.word(),
    }
}

fn rows_table(rows: &[Row], zone: &TimeZone) -> String {
    let mut table = Table::new(&["accepted", "status", "to", "sender", "subject", "reply"]);
    for row in rows {
        let accepted = row.queued.at.to_zoned(zone.clone());
        let sender = row.queued.from.as_ref().or(row.queued.sender.as_ref());
        table.row([
            accepted.strftime("%Y-%m-%d %H:%M:%S").to_string(),
            word(row.status).to_owned(),
            row.queued.to.clone(),
            sender.cloned().unwrap_or_else(|| "<>".to_owned()),
            cut(row.queued.subject.as_deref().unwrap_or_default(), 40),
            cut(row.reply.as_deref().unwrap_or_default(), 60),
        ]);
    }
    table.show()
}

fn row_json(row: &Row) -> serde_json::Value {
    let it = &row.queued;
    json!({
        "message": it.message.to_string(),
        "recipient": it.recipient,
        "accepted": it.at.to_string(),
        "composition": it.composition,
        "node": it.node,
        "to": it.to,
        "sender": it.sender,
        "from": it.from,
        "subject": it.subject,
        "message_id": it.message_id,
        "api_data": it.api_data,
        "source_ip": it.source_ip.to_string(),
        "user": it.user,
        "tls": it.tls,
        "size": it.size,
        "status": word(row.status),
        "status_at": row.status_at.to_string(),
        "reply": row.reply,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        let zone = TimeZone::get("Asia/Tokyo").expect("a zone");
        let now: Timestamp = "2026-11-22T03:00:00Z".parse().expect("a time");
        let cases = [
            ("2026-11-22T01:02:03Z", Some("2026-11-22T01:02:03Z")),
            ("2026-11-22T10:00:00+09:00", Some("2026-11-22T01:00:00Z")),
            ("2026-11-22", Some("2026-11-21T15:00:00Z")),
            ("2026-11-22T09:30", Some("2026-11-22T00:30:00Z")),
            ("2h", Some("2026-11-22T01:00:00Z")),
            ("3d", Some("2026-11-19T03:00:00Z")),
            ("yesterday", None),
        ];
        for (text, expected) in cases {
            let got = parse_time(text, &zone, now).map(|at| at.to_string());
            assert_eq!(got.as_deref(), expected, "{text}");
        }
    }
}
