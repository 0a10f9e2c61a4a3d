//! The report of an incident on a terminal: what was issued last, or the draft.

use std::path::Path;

use anyhow::Context;
use app::Office;
use app::incidents::report::{self, Content};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use pdf::FontPlace;

use crate::commands::window::civil;

/// Prints the newest report that was issued; the draft while there is none. Times are in the contract's
/// zone, or in `zone` when there is no such contract any more.
///
/// # Errors
/// Refused when there is no such incident; when the records fail.
pub async fn print(
    office: &Office,
    id: i64,
    zone: &TimeZone,
    now: Timestamp,
) -> anyhow::Result<()> {
    let incident = app::incidents::incident(office, id, now).await?;
    // One that was issued is read even when its contract is in the configuration no more.
    let contract = office.contract(&incident.record.contract);
    let zone = contract.map_or(zone, |watched| &watched.contract.zone);
    if let Some(issued) = report::issued(office, id).await?.pop() {
        outln!("report {} of incident {id}, issued {}", issued.number, civil(issued.issued, zone));
        if let Some(corrects) = issued.corrects {
            outln!("takes the place of report {corrects}");
        }
        outln!("sha-256 {}", issued.digest);
        tell(&issued.content, zone);
        return Ok(());
    }
    let drafted = report::draft(office, id, now).await?;
    outln!("draft of incident {id}, version {}", drafted.version);
    tell(&drafted.content, zone);
    Ok(())
}

/// Writes the newest report that was issued into a file, as PDF.
///
/// # Errors
/// When none was issued, there is no font, or the file cannot be written.
pub async fn on_paper(
    office: &Office,
    id: i64,
    fonts: &FontPlace,
    file: &Path,
    now: Timestamp,
) -> anyhow::Result<()> {
    let Some(newest) = report::issued(office, id).await?.pop() else {
        anyhow::bail!("incident {id} has no report that was issued: issue the draft first");
    };
    let incident = app::incidents::incident(office, id, now).await?;
    let contract = &office.contract(&incident.record.contract)?.contract;
    let paper = web::report_paper(&newest, contract.language, &contract.zone);
    let bytes = pdf::write(&paper, &fonts.open()?)?;
    std::fs::write(file, bytes).with_context(|| format!("cannot write {}", file.display()))
}

fn tell(content: &Content, zone: &TimeZone) {
    let instant = |at: Option<Timestamp>| at.map_or("-".to_owned(), |at| civil(at, zone));
    let parts = [
        ("title", content.title.clone()),
        ("customer", content.customer.clone()),
        ("functions", content.functions.join(", ")),
        ("began", instant(content.began)),
        ("recognised", instant(content.recognised)),
        ("recovered", instant(content.recovered)),
        ("summary", content.summary.clone()),
        ("effect", content.effect.clone()),
        ("cause", content.cause.clone()),
        ("treatment", content.treatment.clone()),
        ("prevention", content.prevention.clone()),
    ];
    for (word, text) in parts {
        outln!("{word}: {}", text.replace('\n', " / "));
    }
    for (at, line) in &content.course {
        outln!("  {} {line}", civil(*at, zone));
    }
}
