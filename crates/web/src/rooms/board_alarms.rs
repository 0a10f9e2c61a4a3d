//! What is down in a contract, and which incidents of it are open, for the promise board.

use app::board::Section;
use app::incidents::Incident;
use terms::wording;

use crate::frame::Frame;
use crate::marks::Chip;

/// Something that is down, or an incident that is open.
pub struct AlarmView {
    pub chip: Chip,
    pub text: String,
    /// Address of its incident, and what it is called.
    pub incident: Option<(String, String)>,
}

/// The functions of a contract that are down, each with its incident, then the other open incidents.
pub fn alarms(f: &Frame, section: &Section, open: &[Incident]) -> Vec<AlarmView> {
    let (contract, lang) = (section.contract(), f.lang.into());
    let ours = || open.iter().filter(|it| it.record.contract == contract.name.as_str());
    let link = |incident: &Incident| {
        let id = incident.record.id;
        (format!("/incidents/{id}"), f.n("board-incident", &id.unsigned_abs()))
    };
    let services = &section.terms().services;
    let mut told = Vec::new();
    let mut alarms = Vec::new();
    for down in &section.down {
        let mut functions = services.iter().flat_map(|service| &service.functions);
        let title = functions.find(|known| known.name == down.function);
        let title = title.map_or(down.function.as_str(), |known| known.title.in_lang(lang));
        let of_it = |it: &&Incident| it.story.down().any(|outage| outage.what == down.function);
        let incident = ours().find(of_it);
        told.extend(incident.map(|incident| incident.record.id));
        let since = wording::instant(down.since, &contract.zone, lang);
        let values = [("a", title.to_owned().into()), ("b", since.into())];
        alarms.push(AlarmView {
            chip: Chip { tone: "failed", word: f.t("board-down") },
            text: f.lang.say_with("board-down-since", &values),
            incident: incident.map(link),
        });
    }
    let others = ours().filter(|incident| !told.contains(&incident.record.id));
    alarms.extend(others.map(|incident| AlarmView {
        chip: Chip { tone: "deferred", word: f.t("board-open") },
        text: incident.story.title.clone(),
        incident: Some(link(incident)),
    }));
    alarms
}
