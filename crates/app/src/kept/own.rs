//! A contract of one's own, from a short form: one service with one function, its availability, and how
//! long ahead maintenance is announced.

use super::Bundle;
use super::templates::quoted;

/// What a month is, by its word in a form.
pub const MONTHS: [&str; 3] = ["calendar-month", "operating-time", "43200min"];

/// What the form asks for, as it was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnContract {
    /// Name of the contract; also that of its service.
    pub name: String,
    /// What the service is called.
    pub service: String,
    /// The name of its function, as logs and checks know it.
    pub function: String,
    /// Who promises.
    pub provider: String,
    /// Who is promised.
    pub customer: String,
    /// The least availability of a month in percent, such as `99.9`.
    pub target: String,
    /// One of [`MONTHS`].
    pub month: String,
    /// Days ahead that maintenance must be announced; empty or 0: nothing is promised about it.
    pub notice_days: String,
    /// The customer's first day.
    pub start: String,
    /// `ja` or `en`.
    pub language: String,
    /// Name of the zone in which its days and months are.
    pub time_zone: String,
}

impl OwnContract {
    /// The contract file. What was typed wrong is found by the reader of contracts, by the key that it
    /// stands under.
    #[must_use]
    pub fn bundle(&self) -> Bundle {
        let days = self.notice_days.trim();
        let tells = !matches!(days, "" | "0");
        let mut text = self.head();
        if tells {
            text += MAINTENANCE_EXCLUDED;
        }
        text += &format!(
            "\n[[promise]]\nname = \"availability\"\nkind = \"availability\"\n\
             title = {{ ja = \"月間稼働率\", en = \"monthly availability\" }}\nclause = \"1\"\n\
             service = {}\ntarget = {}\ndenominator = {}\n",
            quoted(self.name.trim()),
            quoted(&format!("{}%", self.target.trim().trim_end_matches('%').trim_end())),
            quoted(self.month.trim()),
        );
        if tells {
            let unit = if days == "1" { "day" } else { "days" };
            text += &format!(
                "\n[[promise]]\nname = \"maintenance-notice\"\nkind = \"notice\"\n\
                 title = {{ ja = \"計画停止の通知\", en = \"notice of planned stops\" }}\n\
                 clause = \"2\"\nabout = \"maintenance\"\nroutes = [{{ lead = {} }}]\n",
                quoted(&format!("{days} {unit}")),
            );
        }
        Bundle { text, beside: Vec::new() }
    }

    fn head(&self) -> String {
        let (name, service) = (quoted(self.name.trim()), quoted(self.service.trim()));
        let (start, function) = (self.start.trim(), quoted(self.function.trim()));
        format!(
            "name = {name}\ntitle = {service}\nlanguage = {}\ntime_zone = {}\nstart = {start}\n\
             in_force = {start}\n\n[parties]\nprovider = {}\ncustomer = {}\n\n\
             [[service]]\nname = {name}\ntitle = {service}\n\n\
             [[service.function]]\nname = {function}\ntitle = {function}\nup_when = \"succeeded\"\n",
            quoted(self.language.trim()),
            quoted(self.time_zone.trim()),
            quoted(self.provider.trim()),
            quoted(self.customer.trim()),
        )
    }
}

const MAINTENANCE_EXCLUDED: &str = r#"
[[exclusion]]
name = "maintenance"
title = { ja = "期限までに通知した計画停止", en = "planned stops announced in time" }
clause = "2"
excludes = "noticed-windows"
notice = "maintenance-notice"
"#;

#[cfg(test)]
mod tests {
    use super::*;

    fn typed() -> OwnContract {
        OwnContract {
            name: "acme".into(),
            service: "注文サイト \"A\"".into(),
            function: "web".into(),
            provider: "弊社".into(),
            customer: "アクメ".into(),
            target: "99.9".into(),
            month: "calendar-month".into(),
            notice_days: "7".into(),
            start: "2026-11-22".into(),
            language: "ja".into(),
            time_zone: "Asia/Tokyo".into(),
        }
    }

    /// The promises in one line, or the lines of what is wrong.
    fn read(typed: &OwnContract) -> String {
        match typed.bundle().read() {
            Ok(read) => {
                assert!(read.warnings.is_empty(), "{:?}", read.warnings);
                let terms = read.contract.newest();
                let words = |promise: &terms::Promise| {
                    terms::wording::promise_number(promise, terms, terms::Lang::En)
                };
                terms.promises.iter().map(words).collect::<Vec<_>>().join("; ")
            }
            Err(wrong) => wrong.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
        }
    }

    #[test]
    fn what_is_typed_is_what_is_promised() {
        let cases = [
            (typed(), "at least 99.9 %"),
            (OwnContract { target: "99.95 %".into(), ..typed() }, "at least 99.95 %"),
            (OwnContract { notice_days: "1".into(), ..typed() }, "1 day"),
        ];
        for (typed, expected) in cases {
            let said = read(&typed);
            assert!(said.contains(expected), "{expected}: {said}");
        }
        for month in MONTHS {
            let contract = OwnContract { month: month.into(), ..typed() };
            assert!(contract.bundle().read().is_ok(), "{month}");
        }
        let silent = OwnContract { notice_days: " ".into(), ..typed() };
        assert!(!read(&silent).contains(';'), "no notice: {}", read(&silent));
    }

    #[test]
    fn the_reader_finds_what_is_wrong() {
        let wrong = [
            OwnContract { name: "Acme GmbH".into(), ..typed() },
            OwnContract { target: "many".into(), ..typed() },
            OwnContract { target: "101".into(), ..typed() },
            OwnContract { month: "moon".into(), ..typed() },
            OwnContract { start: "tomorrow\nend = 2026-01-01".into(), ..typed() },
            OwnContract { customer: String::new(), ..typed() },
            OwnContract { time_zone: "Mars/Base".into(), ..typed() },
            OwnContract { notice_days: "a few".into(), ..typed() },
        ];
        for typed in wrong {
            assert!(typed.bundle().read().is_err(), "{typed:?}");
        }
    }
}
