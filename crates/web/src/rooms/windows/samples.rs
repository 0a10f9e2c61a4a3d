//! Windows in every state, as sample data for the pages.

use super::*;
use crate::rooms::notices::samples as told;
use crate::tests::promises;

fn row(f: &Frame, cancelled: bool) -> WindowRow {
    let zone = &f.zone;
    let contracts = told::standings().into_iter().map(|it| {
        let (chip, detail) = standing(f, &it, zone);
        ("Mail Cloud <b>".to_owned(), chip, detail)
    });
    let span = Span::new(f.now, f.now + jiff::SignedDuration::from_hours(2)).expect("forward");
    WindowRow {
        id: "plan-3".to_owned(),
        when: wording::span(span, zone, f.lang.into()),
        title: "disk <script>".to_owned(),
        cancelled,
        contracts: contracts.collect(),
    }
}

fn leads(f: &Frame) -> Vec<LeadView> {
    let contracts = promises::contracts();
    let verdicts = [
        Verdict::InTime(f.now),
        Verdict::TooLate(f.now),
        Verdict::NoChannel(f.now),
        Verdict::NoPromise,
    ];
    let each = contracts.iter().zip(verdicts).map(|(contract, verdict)| {
        let promised = app::promised::notice_promise(contract, terms::About::Maintenance, f.now);
        let lead = Lead {
            contract,
            promise: promised.map(|(promise, _)| promise),
            excludes: true,
            routes: Vec::new(),
            channels: Err(app::Refusal::NobodyToTell { contract: "acme".to_owned() }),
            verdict,
        };
        lead_view(f, &lead)
    });
    each.collect()
}

pub fn pages(f: &Frame) -> Vec<(&'static str, String)> {
    let f = Frame { here: "/windows".to_owned(), keeps_contracts: true, ..f.clone() };
    let list = |is_full: bool| WindowsPage {
        f: f.clone(),
        typed: [("title".to_owned(), "\"><script>".to_owned())].into(),
        contracts: match is_full {
            true => vec![("acme".to_owned(), "Acme & Sons".to_owned(), true)],
            false => Vec::new(),
        },
        leads: if is_full { leads(&f) } else { Vec::new() },
        also: if is_full { vec!["Other".to_owned()] } else { Vec::new() },
        refused: is_full.then(|| f.t("window-backwards")),
        windows: if is_full { vec![row(&f, false), row(&f, true)] } else { Vec::new() },
        recurring: match is_full {
            true => vec![RecurringRow {
                when: "12-24".to_owned(),
                contract: "c".to_owned(),
                promise: "p".to_owned(),
                provisional: true,
            }],
            false => Vec::new(),
        },
        notices: if is_full { told::rows(&f) } else { Vec::new() },
    };
    let detail = |cancelled: bool| WindowPage {
        f: f.clone(),
        window: row(&f, cancelled),
        planned: (f.now, "sato".to_owned()),
        cancelled: cancelled.then(|| (f.now, "suzuki".to_owned())),
        can_cancel: !cancelled,
        can_announce: !cancelled,
        leads: leads(&f),
        drafts: vec![DraftView {
            to: "ops@example.jp".to_owned(),
            subject: "maintenance <b>".to_owned(),
            text: "line\n<script>".to_owned(),
        }],
        notices: told::rows(&f),
    };
    let cancel = CancelPage { f: f.clone(), id: "plan-3".to_owned() };
    vec![
        ("windows", list(true).render().expect("the template renders")),
        ("windows-empty", list(false).render().expect("the template renders")),
        ("window", detail(false).render().expect("the template renders")),
        ("window-cancelled", detail(true).render().expect("the template renders")),
        ("window-cancel", cancel.render().expect("the template renders")),
    ]
}
