//! The report of an incident on a terminal: what was issued last, or the draft.

use app::Office;
use app::incidents::report::{self, Content};
use jiff::Timestamp;

/// Prints the newest report that was issued; the draft while there is none.
///
/// # Errors
/// Refused when there is no such incident; when the records fail.
pub async fn print(office: &Office, id: i64, now: Timestamp) -> anyhow::Result<()> {
    if let Some(issued) = report::issued(office, id).await?.pop() {
        println!("report {} of incident {id}, issued {}", issued.number, issued.issued);
        if let Some(corrects) = issued.corrects {
            println!("takes the place of report {corrects}");
        }
        println!("sha-256 {}", issued.digest);
        tell(&issued.content);
        return Ok(());
    }
    let drafted = report::draft(office, id, now).await?;
    println!("draft of incident {id}, version {}", drafted.version);
    tell(&drafted.content);
    Ok(())
}

fn tell(content: &Content) {
    let instant = |at: Option<Timestamp>| at.map_or("-".to_owned(), |at| at.to_string());
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
        println!("{word}: {}", text.replace('\n', " / "));
    }
    for (at, line) in &content.course {
        println!("  {at} {line}");
    }
}
