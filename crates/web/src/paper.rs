//! Statements and reports as documents on paper, with the words of their pages.

use app::incidents::report::Report;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use jiff::tz::TimeZone;
use pdf::{Block, Column, FontPlace, Paper, Table};
use settlement::Statement;

use crate::failure::Failure;
use crate::report::ReportView;
use crate::statement::View;
use crate::words::Lang;

/// An issued report as a document.
#[must_use]
pub fn report_paper(report: &Report, lang: terms::Lang, zone: &TimeZone) -> Paper {
    let lang = Lang::from(lang);
    let view = ReportView::new(report, lang, zone);
    let mut blocks = vec![Block::Title(view.title.clone())];
    blocks.extend(view.corrects.map(Block::Text));
    blocks.push(Block::Facts(view.about));
    for (heading, lines) in view.parts {
        blocks.push(Block::Heading(heading));
        blocks.push(Block::Text(lines.join("\n")));
    }
    blocks.push(Block::Heading(view.course_title));
    blocks.push(Block::Table(Table {
        columns: columns(&[3, 7]),
        head: Vec::new(),
        rows: view.course.into_iter().map(|(at, what)| vec![at, what]).collect(),
    }));
    blocks.push(Block::Small(view.foot));
    Paper { foot: view.title.clone(), title: view.title, language: lang.tag().to_owned(), blocks }
}

/// A statement as a document.
#[must_use]
pub fn statement_paper(statement: &Statement, lang: terms::Lang) -> Paper {
    let lang = Lang::from(lang);
    let View {
        title, provisional, about, verdict, figure, target, figures, outages, labels, ..
    } = View::new(statement, lang);
    let view = View::new(statement, lang);
    let mut blocks = vec![Block::Title(title.clone())];
    blocks.extend(provisional.map(Block::Text));
    blocks.push(Block::Facts(about));
    blocks.push(Block::Heading(verdict));
    let uptime = [Some(figure), target].into_iter().flatten().collect::<Vec<_>>().join("  ");
    blocks.push(Block::Facts(std::iter::once((labels.uptime, uptime)).chain(figures).collect()));
    blocks.push(Block::Heading(labels.outages));
    if outages.is_empty() {
        blocks.push(Block::Text(labels.no_outages));
    } else {
        let rows = outages.into_iter().map(|outage| {
            let length = std::iter::once(outage.length).chain(outage.bounds);
            let length = length.collect::<Vec<_>>().join("\n");
            vec![outage.when, length, outage.functions, outage.treatments.join("\n")]
        });
        blocks.push(Block::Table(Table {
            columns: columns(&[5, 4, 3, 8]),
            head: vec![labels.when, labels.length, labels.functions, labels.treatment],
            rows: rows.collect(),
        }));
        blocks.push(Block::Facts(vec![(labels.counted, view.counted)]));
    }
    let lists = [
        (labels.partial, view.partial),
        (labels.taken, view.taken),
        (labels.findings, view.findings),
    ];
    for (heading, lines) in lists.into_iter().filter(|(_, lines)| !lines.is_empty()) {
        blocks.push(Block::Heading(heading));
        blocks.extend(lines.into_iter().map(Block::Text));
    }
    blocks.push(Block::Small(view.foot));
    Paper { foot: title.clone(), title, language: lang.tag().to_owned(), blocks }
}

fn columns(parts: &[u32]) -> Vec<Column> {
    parts.iter().map(|part| Column { part: *part, right: false }).collect()
}

/// The document as an answer, shown by browsers that can; `file` is what it is saved as.
pub async fn answer(paper: Paper, fonts: &FontPlace, file: &str) -> Result<Response, Failure> {
    let place = fonts.clone();
    // Reading a font and setting pages takes a processor.
    let written = tokio::task::spawn_blocking(move || {
        let fonts = place.open().map_err(|error| {
            tracing::warn!(%error, "a document could not be written");
            Failure::NoFont
        })?;
        pdf::write(&paper, &fonts).map_err(|error| {
            tracing::error!(%error, "a document could not be written");
            Failure::Lost
        })
    });
    let bytes = written.await.map_err(|_| Failure::Lost)??;
    let headers = [
        (header::CONTENT_TYPE, "application/pdf".to_owned()),
        (header::CONTENT_DISPOSITION, format!("inline; filename=\"{file}\"")),
    ];
    Ok((headers, bytes).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{incidents, promises, sample};

    /// All that stands in the document, without breaks.
    fn text(paper: &Paper) -> String {
        let of = |block: &Block| match block {
            Block::Title(text) | Block::Heading(text) | Block::Text(text) | Block::Small(text) => {
                text.clone()
            }
            Block::Facts(facts) => facts
                .iter()
                .map(|(label, value)| format!("{label} {value}"))
                .collect::<Vec<_>>()
                .join(" "),
            Block::Table(table) => table.rows.concat().join(" "),
        };
        paper.blocks.iter().map(of).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_report_on_paper_says_what_its_page_says() {
        let f = sample::frame(Lang::Ja);
        let report = incidents::report(Lang::Ja);
        let text = text(&report_paper(&report, terms::Lang::Ja, &f.zone));
        let content = &report.content;
        let said = [&content.title, &content.cause, &content.prevention, &report.digest];
        for said in said.into_iter().chain(content.course.iter().map(|(_, what)| what)) {
            assert!(text.contains(said.as_str()), "{said}: {text}");
        }
    }

    #[test]
    fn a_statement_on_paper_says_what_its_page_says() {
        let now = sample::frame(Lang::En).now;
        let settled = promises::settled("customers-mail-cloud", "2026-10", promises::LOG, now);
        let text = text(&statement_paper(&settled.statement, terms::Lang::En));
        let view = View::new(&settled.statement, Lang::En);
        assert!(text.contains("99.833333 %"), "{text}");
        for outage in &view.outages {
            assert!(text.contains(&outage.when), "{}", outage.when);
        }
        for (label, value) in view.about.iter().chain(&view.figures) {
            assert!(text.contains(&format!("{label} {value}")), "{label}");
        }
    }
}
