//! The report of an incident (障害報告書): drafted from the timeline, edited by a person, issued once.
//!
//! What is issued is frozen with its digest. A correction is a new report that names the one whose
//! place it takes.

use std::fmt::Write;

use calendar::{Span, Spans};
use desk::{Happened, Story, Teller};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{Added, DraftRecord, ReportRecord};
use terms::{Lang, wording};

use super::{Draft, Incident, Outlook, TEXT_MAX, incident, outlook};
use crate::gathered::whole_second;
use crate::{AppError, Office, Refusal};

/// What a report says; the parts that a person writes are empty at first, but for what the timeline
/// tells.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// 件名
    pub title: String,
    /// 契約者
    pub customer: String,
    /// 提供者
    pub provider: String,
    /// 契約
    pub contract: String,
    /// 発生
    pub began: Option<Timestamp>,
    /// 認知
    pub recognised: Option<Timestamp>,
    /// 復旧
    pub recovered: Option<Timestamp>,
    /// 対象
    pub functions: Vec<String>,
    /// 概要
    pub summary: String,
    /// 影響
    pub effect: String,
    /// 原因
    pub cause: String,
    /// 対処
    pub treatment: String,
    /// 再発防止策
    pub prevention: String,
    /// 経過: what happened when, a line each.
    pub course: Vec<(Timestamp, String)>,
    /// Who wrote this version.
    pub author: String,
}

/// A draft and its version; version 0 is made from the timeline and was not kept yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drafted {
    /// Counted from 1 once kept.
    pub version: i64,
    /// What it says.
    pub content: Content,
}

/// A report that was issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// From 1, in its incident.
    pub number: i64,
    /// When it was issued.
    pub issued: Timestamp,
    /// The report of the same incident whose place it takes.
    pub corrects: Option<i64>,
    /// SHA-256 of its content, in hexadecimal.
    pub digest: String,
    /// What it says.
    pub content: Content,
}

/// The parts that a person writes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// 件名
    pub title: String,
    /// 概要
    pub summary: String,
    /// 影響
    pub effect: String,
    /// 原因
    pub cause: String,
    /// 対処
    pub treatment: String,
    /// 再発防止策
    pub prevention: String,
}

/// The newest draft, or one made from the timeline. Times and course are those of the timeline as it is
/// now, whatever the draft.
///
/// # Errors
/// Refused when there is no such incident or its contract is gone; when the records fail.
pub async fn draft(office: &Office, id: i64, now: Timestamp) -> Result<Drafted, AppError> {
    let incident = incident(office, id, now).await?;
    let fresh = drafted(&incident, &outlook(office, &incident, now)?);
    let Some(kept) = office.store.newest_draft(id).await? else {
        return Ok(Drafted { version: 0, content: fresh });
    };
    let kept_content: Content = serde_json::from_str(&kept.body).map_err(AppError::records)?;
    let content = Content {
        title: kept_content.title,
        summary: kept_content.summary,
        effect: kept_content.effect,
        cause: kept_content.cause,
        treatment: kept_content.treatment,
        prevention: kept_content.prevention,
        author: kept_content.author,
        ..fresh
    };
    Ok(Drafted { version: kept.version, content })
}

/// Keeps a new version of the draft that was edited as version `of`.
///
/// # Errors
/// Refused when a text is too long or somebody else kept a version meanwhile.
pub async fn edit(
    office: &Office,
    id: i64,
    of: i64,
    parts: &Parts,
    by: &str,
    now: Timestamp,
) -> Result<(), AppError> {
    let drafted = draft(office, id, now).await?;
    if drafted.version != of {
        return AppError::refused(Refusal::DraftMoved);
    }
    let Parts { title, summary, effect, cause, treatment, prevention } = parts.clone();
    let texts = [&title, &summary, &effect, &cause, &treatment, &prevention];
    if texts.iter().any(|text| text.chars().count() > TEXT_MAX) {
        return AppError::refused(Refusal::LongText { most: TEXT_MAX });
    }
    let author = by.to_owned();
    let content =
        Content { title, summary, effect, cause, treatment, prevention, author, ..drafted.content };
    let body = serde_json::to_string(&content).map_err(AppError::records)?;
    let record = DraftRecord { version: of + 1, written: whole_second(now), body };
    match office.store.keep_draft(id, &record).await? {
        Added::Done => {
            office.incident_changed(id);
            Ok(())
        }
        Added::Moved => AppError::refused(Refusal::DraftMoved),
    }
}

/// Issues the draft of that version; its number. It takes the place of the report before it, if there
/// is one.
///
/// # Errors
/// Refused before the recovery, with a part that is empty, or when the draft has changed.
pub async fn issue(
    office: &Office,
    id: i64,
    version: i64,
    by: &str,
    now: Timestamp,
) -> Result<i64, AppError> {
    let drafted = draft(office, id, now).await?;
    if drafted.version != version {
        return AppError::refused(Refusal::DraftMoved);
    }
    if let Some(missing) = missing(&drafted.content) {
        return AppError::refused(Refusal::ReportUnfinished { missing });
    }
    let before = office.store.reports(id).await?;
    let corrects = before.last().map(|report| report.number);
    let number = corrects.unwrap_or(0) + 1;
    let issued = whole_second(now);
    let body = serde_json::to_string(&drafted.content).map_err(AppError::records)?;
    let digest = digest(&body);
    let incident = incident(office, id, now).await?;
    let report = u32::try_from(number).unwrap_or(u32::MAX);
    let happened = Happened::ReportIssued { report };
    let told = vec![Draft { at: issued, by: Some(by.to_owned()), happened }];
    let record = ReportRecord { number, issued, corrects, digest, body };
    match office.store.issue_report(&record, &incident.addition(told, now)).await? {
        Added::Done => {
            office.incident_changed(id);
            Ok(number)
        }
        Added::Moved => AppError::refused(Refusal::IncidentBusy { id }),
    }
}

/// The reports of an incident that were issued, oldest first, as they were issued.
///
/// # Errors
/// When the records fail.
pub async fn issued(office: &Office, id: i64) -> Result<Vec<Report>, AppError> {
    let records = office.store.reports(id).await?;
    let report = |record: ReportRecord| {
        let content = serde_json::from_str(&record.body).map_err(AppError::records)?;
        let ReportRecord { number, issued, corrects, digest, .. } = record;
        Ok(Report { number, issued, corrects, digest, content })
    };
    records.into_iter().map(report).collect()
}

/// The first part that is empty.
fn missing(content: &Content) -> Option<&'static str> {
    let recovered = if content.recovered.is_some() { "recovered" } else { "" };
    let parts = [
        ("recovery", recovered),
        ("title", content.title.as_str()),
        ("summary", content.summary.as_str()),
        ("effect", content.effect.as_str()),
        ("cause", content.cause.as_str()),
        ("treatment", content.treatment.as_str()),
        ("prevention", content.prevention.as_str()),
    ];
    parts.into_iter().find(|(_, text)| text.trim().is_empty()).map(|(word, _)| word)
}

fn digest(body: &str) -> String {
    let mut text = String::new();
    for byte in vault::sha256(body.as_bytes()) {
        // Writing into a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// What the timeline tells, in the language of the contract.
fn drafted(incident: &Incident, outlook: &Outlook<'_>) -> Content {
    let contract = &outlook.watched.contract;
    let (story, lang) = (&incident.story, contract.language);
    let began = story.outages.iter().map(|outage| outage.from).min();
    let teller = Teller { terms: outlook.terms, zone: &contract.zone, lang };
    let mut functions: Vec<String> = Vec::new();
    for outage in &story.outages {
        let title = teller.function(&outage.what);
        if !functions.iter().any(|known| known == title) {
            functions.push(title.to_owned());
        }
    }
    let summary = summary(story, &functions, teller);
    let treatment: Vec<String> =
        story.taken.iter().map(|it| teller.step(&it.ladder, it.level)).collect();
    Content {
        title: story.title.clone(),
        customer: contract.parties.customer.in_lang(lang).to_owned(),
        provider: contract.parties.provider.in_lang(lang).to_owned(),
        contract: contract.title.in_lang(lang).to_owned(),
        began,
        recognised: story.recognised,
        recovered: story.recovered,
        functions,
        summary,
        treatment: treatment.join("\n"),
        course: course(incident, teller),
        ..Content::default()
    }
}

/// What was down, for how long, from when until when, and when the recovery was seen, if that was later:
/// it is down until it is up, and has recovered when every check that is asked for says so.
fn summary(story: &Story, functions: &[String], teller: Teller<'_>) -> String {
    let spans: Spans = story
        .outages
        .iter()
        .filter_map(|outage| Span::new(outage.from, outage.until?).ok())
        .collect();
    let (Some(first), Some(last), Some(recovered)) =
        (spans.iter().next(), spans.iter().next_back(), story.recovered)
    else {
        return String::new();
    };
    let (from, until) = (first.from(), last.until());
    let date = |at: Timestamp| at.to_zoned(teller.zone.clone()).date();
    let is_one_day = [until, recovered].into_iter().all(|at| date(at) == date(from));
    let when = |at: Timestamp| match is_one_day {
        true => at.to_zoned(teller.zone.clone()).strftime("%H:%M:%S").to_string(),
        false => teller.instant(at),
    };
    let length = wording::length(spans.total(), teller.lang);
    let [from, up, seen] = [from, until, recovered].map(when);
    let (is_one, is_later) = (spans.len() == 1, recovered > until);
    match teller.lang {
        Lang::Ja => {
            let functions = functions.join("、");
            let (sum, rest) = if is_one { ("", "まで") } else { ("計", "までの間") };
            let seen =
                if is_later { format!("{seen} に復旧を確認。") } else { String::new() };
            format!("{functions}の停止 {sum}{length}({from} から {up} {rest})。{seen}")
        }
        Lang::En => {
            let functions = functions.join(", ");
            let span = if is_one { "" } else { "a total of " };
            let seen =
                if is_later { format!(" Recovery confirmed at {seen}.") } else { String::new() };
            format!("{functions} was down for {span}{length} (from {from} to {up}).{seen}")
        }
    }
}

/// What the customer is told of the timeline: not whom we called, nor our own remarks.
fn course(incident: &Incident, teller: Teller<'_>) -> Vec<(Timestamp, String)> {
    let taken_back = |number: u32| {
        let is_it = |entry: &desk::Entry| entry.happened == Happened::TakenBack { entry: number };
        incident.entries.iter().any(is_it)
    };
    let is_told = |happened: &Happened| {
        matches!(
            happened,
            Happened::OutageBegan { .. }
                | Happened::OutageEnded { .. }
                | Happened::Recognised
                | Happened::StepTaken { .. }
                | Happened::ContactTried { .. }
                | Happened::Recovered
        )
    };
    let line = |happened: &Happened| match happened {
        Happened::StepTaken { ladder, level, .. } => teller.step(ladder, *level),
        // The proof of sending is ours.
        Happened::NoticeTold { channel, .. } => {
            let (channel, reference) = (channel.clone(), String::new());
            teller.happened(&Happened::NoticeTold { channel, reference })
        }
        other => teller.happened(other),
    };
    let counting = incident.entries.iter().filter(|entry| !taken_back(entry.number));
    let told = counting.filter(|entry| {
        is_told(&entry.happened) || matches!(entry.happened, Happened::NoticeTold { .. })
    });
    let mut course: Vec<(Timestamp, String)> =
        told.map(|entry| (entry.at, line(&entry.happened))).collect();
    course.sort_by_key(|(at, _)| *at);
    course
}
