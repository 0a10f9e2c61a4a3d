//! A report of an incident as people read it: the same on its page and on paper.

use app::incidents::report::Report;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use terms::wording;

use crate::words::Lang;

/// A report as it is shown, in the language of its contract.
pub struct ReportView {
    pub lang: &'static str,
    pub title: String,
    pub corrects: Option<String>,
    pub about: Vec<(String, String)>,
    pub parts: Vec<(String, Vec<String>)>,
    pub course_title: String,
    pub course: Vec<(String, String)>,
    pub foot: String,
}

impl ReportView {
    /// The report in that language.
    pub fn new(report: &Report, lang: Lang, zone: &TimeZone) -> ReportView {
        let content = &report.content;
        let instant = |at: Timestamp| wording::instant(at, zone, lang.into());
        let number = report.number.unsigned_abs();
        let count = |key: &str, n: u64| {
            lang.say_with(key, &[("n", n.into()), ("count", n.to_string().into())])
        };
        let times = [
            ("report-began", content.began),
            ("report-recognised", content.recognised),
            ("report-recovered", content.recovered),
        ];
        let mut about = vec![
            (lang.say("report-title-field"), content.title.clone()),
            (lang.say("report-customer"), content.customer.clone()),
            (lang.say("report-provider"), content.provider.clone()),
            (lang.say("report-contract"), content.contract.clone()),
            (lang.say("report-issued"), instant(report.issued)),
            (lang.say("report-functions"), content.functions.join(", ")),
        ];
        about.extend(times.into_iter().filter_map(|(key, at)| Some((lang.say(key), instant(at?)))));
        let parts = [
            ("report-summary", &content.summary),
            ("report-effect", &content.effect),
            ("report-cause", &content.cause),
            ("report-treatment", &content.treatment),
            ("report-prevention", &content.prevention),
        ];
        let lines = |text: &String| text.lines().map(str::to_owned).collect();
        let name = zone.iana_name().unwrap_or("UTC").to_owned();
        let foot = [("a", report.digest.clone().into()), ("b", name.into())];
        ReportView {
            lang: lang.tag(),
            title: format!(
                "{} {}",
                lang.say("incident-report"),
                count("incident-report-number", number)
            ),
            corrects: report.corrects.map(|it| count("report-corrects", it.unsigned_abs())),
            about,
            parts: parts.into_iter().map(|(key, text)| (lang.say(key), lines(text))).collect(),
            course_title: lang.say("report-course"),
            course: content.course.iter().map(|(at, what)| (instant(*at), what.clone())).collect(),
            foot: lang.say_with("report-foot", &foot),
        }
    }
}
