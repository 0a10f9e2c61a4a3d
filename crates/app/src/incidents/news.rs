//! Notices of incidents by themselves: drafted, or sent where the configuration says so, and their proof
//! brought into the timeline, so that the clock of the first notice stops when the other side took it.

use desk::{Entry, Happened, Teller};
use jiff::Timestamp;
use store::{Added, NoticeRecord, Phase, SendingState};
use terms::{About, Kind, Promise};

use super::{Draft, Incident, TRIES_MAX, incident, outlook};
use crate::gathered::whole_second;
use crate::letters;
use crate::notices::each_channel;
use crate::telling::OnIncident;
use crate::{AppError, Office};

/// Who drafts and confirms what the office tells by itself.
pub const BY_ITSELF: &str = "yakusoku";
/// What the proof of a sending begins with in a timeline: `notice-12-1`.
const PROOF: &str = "notice";

/// Drafts the notices of an incident that are not there yet, and confirms them where the configuration
/// says so; how many.
pub(super) async fn announce(
    office: &Office,
    incident: &Incident,
    known: &[NoticeRecord],
    now: Timestamp,
) -> Result<u64, AppError> {
    let contract = &incident.record.contract;
    let audience = office.audience(contract);
    let mode = audience.map_or(OnIncident::Nothing, |audience| audience.on_incident);
    // Whom nobody can tell over anything is told of in the room of notices.
    let Ok(channels) = office.channels(contract) else { return Ok(0) };
    let Some(Owed { phase, event, promise }) = owed(office, incident, mode, known, now)? else {
        return confirm(office, mode, known, now).await;
    };
    let outlook = outlook(office, incident, now)?;
    let teller = Teller {
        terms: outlook.terms,
        zone: &outlook.watched.contract.zone,
        lang: outlook.watched.contract.language,
    };
    let contact = office.telling.contact.as_deref();
    let place = (incident.record.id, &incident.story, promise);
    let letter = letters::of_incident(&outlook.watched.contract, teller, place, phase, contact);
    let about = (About::Incident, event, None);
    let drafts = each_channel(channels, contract, about, &letter, BY_ITSELF);
    let of_incident = Some((incident.record.id, phase));
    let drafts: Vec<_> =
        drafts.into_iter().map(|draft| store::Draft { incident: of_incident, ..draft }).collect();
    let numbers = office.store.add_drafts(&drafts, now).await?;
    if mode == OnIncident::Send {
        for number in &numbers {
            office.store.confirm_notice(*number, BY_ITSELF, now).await?;
        }
    }
    office.notices_changed();
    Ok(numbers.len() as u64)
}

/// What was drafted to be sent when the program died is sent.
async fn confirm(
    office: &Office,
    mode: OnIncident,
    known: &[NoticeRecord],
    now: Timestamp,
) -> Result<u64, AppError> {
    let mut confirmed = 0;
    let ours = |notice: &&NoticeRecord| notice.confirmed.is_none() && notice.draft.by == BY_ITSELF;
    for notice in known.iter().filter(ours).filter(|_| mode == OnIncident::Send) {
        confirmed += u64::from(office.store.confirm_notice(notice.number, BY_ITSELF, now).await?);
    }
    Ok(confirmed)
}

/// What is to be told of an incident.
struct Owed<'o> {
    phase: Phase,
    /// From when its time counts.
    event: Timestamp,
    promise: Option<&'o Promise>,
}

/// What is to be told of an incident and was not drafted.
fn owed<'o>(
    office: &'o Office,
    incident: &Incident,
    mode: OnIncident,
    known: &[NoticeRecord],
    now: Timestamp,
) -> Result<Option<Owed<'o>>, AppError> {
    let outlook = outlook(office, incident, now)?;
    let is_notice = |clock: &&desk::Running<'_>| matches!(&clock.promise.kind, Kind::Notice(notice) if notice.about == About::Incident);
    let clock = outlook.clocks.iter().find(is_notice);
    if mode == OnIncident::Nothing || (clock.is_none() && mode == OnIncident::Draft) {
        return Ok(None);
    }
    let promise = clock.map(|clock| clock.promise);
    let story = &incident.story;
    let of = |phase: Phase| known.iter().filter(move |it| is_of(it, phase));
    let was_told = !story.notices.is_empty() || of(Phase::Began).any(|it| it.confirmed.is_some());
    if let Some(recovered) = story.recovered.filter(|_| was_told) {
        let is_known = of(Phase::Recovered).any(|it| it.draft.event == recovered);
        let phase = Phase::Recovered;
        return Ok((!is_known).then_some(Owed { phase, event: recovered, promise }));
    }
    let is_met = clock.is_some_and(|clock| clock.met.is_some());
    if is_met || !story.is_open() || of(Phase::Began).next().is_some() {
        return Ok(None);
    }
    let event = clock.map_or(story.opened, |clock| clock.from);
    Ok(Some(Owed { phase: Phase::Began, event, promise }))
}

fn is_of(notice: &NoticeRecord, phase: Phase) -> bool {
    matches!(notice.draft.incident, Some((_, known)) if known == phase)
}

/// Proofs that the timeline does not have yet.
pub(super) fn proofs(entries: &[Entry], notices: &[NoticeRecord]) -> Vec<Draft> {
    let has = |start: &str| {
        entries.iter().any(|entry| match &entry.happened {
            Happened::NoticeTold { reference, .. } => reference.split(':').next() == Some(start),
            _ => false,
        })
    };
    let mut drafts = Vec::new();
    for notice in notices {
        let Ok(channel) = notice.draft.channel.parse::<terms::Name>() else { continue };
        let sent = notice.sendings.iter().filter(|it| it.state == SendingState::Sent);
        for (sending, (at, answer)) in sent.filter_map(|it| Some((it, it.answer.as_ref()?))) {
            let start = format!("{PROOF}-{}-{}", notice.number, sending.place);
            if !has(&start) {
                let twice = if sending.maybe_twice { " (maybe sent twice)" } else { "" };
                let reference = format!("{start}: {answer}{twice}");
                let told = Happened::NoticeTold { channel: channel.clone(), reference };
                drafts.push(Draft::ours(whole_second(*at), told));
            }
        }
    }
    drafts
}

/// Brings the proofs of an incident's notices into its timeline, also after it was closed.
///
/// # Errors
/// When the records fail; the timer of incidents brings them then.
pub async fn prove(office: &Office, id: i64, now: Timestamp) -> Result<(), AppError> {
    for _ in 0..TRIES_MAX {
        let known = incident(office, id, now).await?;
        let drafts = proofs(&known.entries, &office.store.notices_of_incident(id).await?);
        let is_done = drafts.is_empty()
            || office.store.add_entries(&[known.addition(drafts, now)]).await? == Added::Done;
        if is_done {
            office.incident_changed(id);
            office.changes.tell(crate::changes::Change::Notices);
            return Ok(());
        }
    }
    Ok(())
}
