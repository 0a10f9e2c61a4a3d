//! The forms of an incident's page: those that fit it as it stands.

use app::incidents::{Doing, Incident, Outlook, STEP_WAIT};
use desk::{Standing, Teller, WAITING_FOR_CUSTOMER};
use terms::{About, Kind, Timing, wording};

use crate::frame::Frame;

/// A form that writes one deed.
#[derive(Default)]
pub struct FormView {
    pub deed: &'static str,
    pub lead: Option<String>,
    pub hidden: Vec<(&'static str, String)>,
    pub fields: Vec<FieldView>,
    /// The value of `choice`, and the word.
    pub buttons: Vec<(&'static str, String)>,
    pub main: bool,
}

/// A field of a form.
#[derive(Default)]
pub struct FieldView {
    pub name: &'static str,
    pub label: String,
    pub value: String,
    pub number: bool,
    pub needed: bool,
    pub options: Vec<(String, String)>,
}

/// The forms that fit an incident as it stands, the most likely first.
pub fn forms(
    f: &Frame,
    incident: &Incident,
    outlook: &Outlook<'_>,
    teller: &Teller<'_>,
) -> Vec<FormView> {
    let mut forms = Vec::new();
    let story = &incident.story;
    if story.is_open() {
        forms.extend(turn_forms(f, incident, outlook, teller));
        let is_heard = story.calls.iter().all(|(_, _, at)| story.heard >= Some(*at));
        if !is_heard {
            forms.push(button("acknowledge", f.t("incident-acknowledge")));
        }
        if story.recognised.is_none() {
            forms.push(button("recognise", f.t("incident-recognise")));
        }
        forms.extend(customer_forms(f, incident, outlook));
        forms.extend(clock_forms(f, outlook));
        if story.recovered.is_none() {
            forms.push(button("recover", f.t("incident-recover")));
        } else {
            forms.push(FormView { main: true, ..button("close", f.t("incident-close")) });
        }
        let minutes = field("minutes", f.t("incident-mute-minutes"), "60");
        forms.push(FormView {
            fields: vec![FieldView { number: true, needed: true, ..minutes }],
            ..button("mute", f.t("incident-mute"))
        });
    }
    let told = FieldView { needed: true, ..field("text", f.t("incident-publish"), "") };
    forms.push(FormView { fields: vec![told], ..button("publish", f.t("incident-publish-add")) });
    let text = FieldView { needed: true, ..field("text", f.t("incident-note"), "") };
    forms.push(FormView { fields: vec![text], ..button("note", f.t("incident-note-add")) });
    forms
}

fn button(deed: &'static str, label: String) -> FormView {
    FormView { deed, buttons: vec![("", label)], ..FormView::default() }
}

fn field(name: &'static str, label: String, value: &str) -> FieldView {
    FieldView { name, label, value: value.to_owned(), ..FieldView::default() }
}

/// What has its turn.
fn turn_forms(
    f: &Frame,
    incident: &Incident,
    outlook: &Outlook<'_>,
    teller: &Teller<'_>,
) -> Vec<FormView> {
    let mut forms = Vec::new();
    match &outlook.doing {
        Doing::Take { ladder, step, .. } => {
            let label = f.t("incident-wait-for");
            let wait = field("minutes", label, &STEP_WAIT.as_mins().to_string());
            forms.push(FormView {
                lead: Some(teller.step(ladder, step.level)),
                hidden: vec![("ladder", ladder.to_string()), ("level", step.level.to_string())],
                fields: vec![FieldView { number: true, needed: true, ..wait }],
                main: true,
                ..button("step", f.t("incident-take-step"))
            });
        }
        Doing::Blocked { .. } => forms.push(FormView {
            deed: "contact",
            lead: Some(teller.turn("contact")),
            buttons: vec![("yes", f.t("incident-reached")), ("no", f.t("incident-not-reached"))],
            main: true,
            ..FormView::default()
        }),
        _ => {}
    }
    if story_needs_look(outlook)
        && let Some(condition) = condition(outlook)
    {
        forms.push(FormView {
            deed: "look",
            lead: Some(teller.state(&condition)),
            hidden: vec![("condition", condition.to_string())],
            buttons: vec![("yes", f.t("incident-holds")), ("no", f.t("incident-holds-not"))],
            main: matches!(outlook.doing, Doing::Look { .. }),
            ..FormView::default()
        });
    }
    let last = incident.story.taken.last().filter(|taken| taken.failed.is_none());
    if let Some(taken) = last.filter(|_| incident.story.recovered.is_none()) {
        let step = teller.step(&taken.ladder, taken.level);
        forms.push(FormView {
            hidden: vec![("ladder", taken.ladder.to_string()), ("level", taken.level.to_string())],
            ..button("step-failed", f.with("incident-step-failed", &step))
        });
    }
    forms
}

/// Whether people may still say how a condition is.
fn story_needs_look(outlook: &Outlook<'_>) -> bool {
    outlook.doing != Doing::Ended
}

/// A condition that a step of the contract needs.
fn condition(outlook: &Outlook<'_>) -> Option<terms::Name> {
    if let Doing::Look { condition, .. } = &outlook.doing {
        return Some((*condition).clone());
    }
    let kinds = outlook.terms.promises.iter().map(|promise| &promise.kind);
    kinds
        .filter_map(|kind| match kind {
            Kind::Escalation(escalation) => Some(&escalation.steps),
            _ => None,
        })
        .flatten()
        .find_map(|step| step.needs.clone())
}

/// What the customer has to do with it.
fn customer_forms(f: &Frame, incident: &Incident, outlook: &Outlook<'_>) -> Vec<FormView> {
    let lang = f.lang.into();
    let mut channels: Vec<String> = Vec::new();
    for promise in &outlook.terms.promises {
        if let Kind::Notice(notice) = &promise.kind
            && notice.about == About::Incident
            && let Timing::After { channels: those, .. } = &notice.timing
        {
            channels.extend(those.iter().map(ToString::to_string));
        }
    }
    for usual in ["email", "telephone"] {
        if !channels.iter().any(|known| known == usual) {
            channels.push(usual.to_owned());
        }
    }
    let option = |channel: String| {
        let word = channel.parse().map(|name| wording::channel_word(&name, lang));
        let word = word.unwrap_or_else(|()| channel.clone());
        (channel, word)
    };
    let options = channels.into_iter().map(option).collect();
    let channel = FieldView { options, ..field("channel", f.t("incident-channel"), "") };
    let reference = field("reference", f.t("incident-reference"), "");
    let mut forms =
        vec![FormView { fields: vec![channel, reference], ..button("told", f.t("incident-told")) }];
    let priorities = outlook.terms.promises.iter().filter_map(desk::promise_clock);
    if priorities.into_iter().any(|clock| clock.priority.is_some()) {
        let options = (1..=3).map(|n: u8| (n.to_string(), n.to_string())).collect();
        let priority = FieldView { options, ..field("priority", f.t("incident-priority"), "") };
        forms.push(FormView { fields: vec![priority], ..button("judge", f.t("incident-judge")) });
    }
    let waits = incident.story.is_in(WAITING_FOR_CUSTOMER);
    forms.push(match waits {
        true => button("answered", f.t("incident-answered")),
        false => button("await", f.t("incident-await")),
    });
    forms
}

/// Clocks that people start and meet.
fn clock_forms(f: &Frame, outlook: &Outlook<'_>) -> Vec<FormView> {
    let lang = f.lang.into();
    let title = |promise: &terms::Promise| {
        (promise.name.to_string(), promise.title.in_lang(lang).to_owned())
    };
    let choice = |options: Vec<(String, String)>, deed, label: String| {
        let promise = FieldView { options, ..field("promise", f.t("incident-clock"), "") };
        FormView { fields: vec![promise], ..button(deed, label) }
    };
    let runs = outlook.clocks.iter();
    let runs = runs.filter(|it| it.met.is_none() && it.standing != Standing::Ended);
    let runs: Vec<(String, String)> = runs.map(|clock| title(clock.promise)).collect();
    let starts: Vec<(String, String)> = outlook.startable.iter().map(|p| title(p)).collect();
    let mut forms = Vec::new();
    if !runs.is_empty() {
        forms.push(choice(runs, "meet", f.t("incident-meet")));
    }
    if !starts.is_empty() {
        forms.push(choice(starts, "start", f.t("incident-start-clock")));
    }
    forms
}
