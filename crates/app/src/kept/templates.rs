//! The contracts that come with the program, as templates: a contract of one's own extends one and
//! names its customer and first day.

use terms::Contract;

use super::Bundle;

/// Names of the templates with their texts; a name is that of the contract in it.
pub const TEMPLATES: [(&str, &str); 9] = [
    ("customers-mail-cloud", include_str!("../../../../contracts/customers-mail-cloud.toml")),
    ("cyber-solutions", include_str!("../../../../contracts/cyber-solutions.toml")),
    ("aoulu-cloud", include_str!("../../../../contracts/aoulu-cloud.toml")),
    ("click-so-ko", include_str!("../../../../contracts/click-so-ko.toml")),
    ("skyarch", include_str!("../../../../contracts/skyarch.toml")),
    ("skyarch-gold", include_str!("../../../../contracts/skyarch-gold.toml")),
    ("skyarch-platinum", include_str!("../../../../contracts/skyarch-platinum.toml")),
    ("donau-hosting", include_str!("../../../../contracts/donau-hosting.toml")),
    ("five-tiers", include_str!("../../../../contracts/five-tiers.toml")),
];

/// The contract of a template; `None` when there is none of that name.
#[must_use]
pub fn template(name: &str) -> Option<Contract> {
    let text = text_of(name)?;
    let read = terms::read(&file_name(name), text, &|file| {
        opened(file).map(str::to_owned).ok_or_else(|| "there is no such file".to_owned())
    });
    // A test reads every one of them.
    read.ok().map(|read| read.contract)
}

/// The template and the files that it extends, beside a contract that extends it.
pub(super) fn beside(name: &str) -> Vec<(String, String)> {
    let mut files = Vec::new();
    let mut next = Some(name);
    while let Some(name) = next {
        let Some(text) = text_of(name) else { break };
        files.push((file_name(name), text.to_owned()));
        next = TEMPLATES.iter().map(|(known, _)| *known).find(|base| {
            let line = format!("extends = \"{}\"", file_name(base));
            text.lines().any(|it| it.trim_end() == line)
        });
    }
    files
}

/// The file of a template, as contracts extend it.
pub(super) fn file_name(name: &str) -> String {
    format!("{name}.toml")
}

fn text_of(name: &str) -> Option<&'static str> {
    TEMPLATES.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

fn opened(file: &str) -> Option<&'static str> {
    text_of(file.strip_suffix(".toml")?)
}

/// A contract that extends a template.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FromTemplate {
    /// Name of the template.
    pub template: String,
    /// Name of the contract.
    pub name: String,
    /// Who promises; empty: as the template says.
    pub provider: String,
    /// Who is promised; empty: as the template says.
    pub customer: String,
    /// The customer's first day, such as `2026-11-22`.
    pub start: String,
}

impl FromTemplate {
    /// The contract file, and those that it extends.
    #[must_use]
    pub fn bundle(&self) -> Bundle {
        let mut text = format!(
            "extends = {}\nname = {}\nstart = {}\n",
            quoted(&file_name(&self.template)),
            quoted(self.name.trim()),
            self.start.trim()
        );
        text += &self.parties().unwrap_or_default();
        Bundle { text, beside: beside(&self.template) }
    }
}

impl FromTemplate {
    /// The parties, where one of them is not as the template says.
    fn parties(&self) -> Option<String> {
        let (provider, customer) = (self.provider.trim(), self.customer.trim());
        if provider.is_empty() && customer.is_empty() {
            return None;
        }
        let base = template(&self.template)?.parties;
        let party = |typed: &str, base: &terms::Text| match typed {
            "" => {
                let (ja, en) = (base.in_lang(terms::Lang::Ja), base.in_lang(terms::Lang::En));
                format!("{{ ja = {}, en = {} }}", quoted(ja), quoted(en))
            }
            typed => quoted(typed),
        };
        let mut text = format!(
            "\n[parties]\nprovider = {}\ncustomer = {}\n",
            party(provider, &base.provider),
            party(customer, &base.customer)
        );
        // The number is the provider's own.
        if let Some(number) = base.tax_number.filter(|_| provider.is_empty()) {
            text += &format!("tax_number = {}\n", quoted(&number));
        }
        Some(text)
    }
}

/// A text as TOML writes it. JSON's strings are TOML's basic strings, but for one control character,
/// which the reader then refuses.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_reads() {
        for (name, _) in TEMPLATES {
            let contract = template(name).unwrap_or_else(|| panic!("{name} does not read"));
            assert_eq!(contract.name.as_str(), name);
        }
        assert_eq!(template("none"), None);
    }

    #[test]
    fn a_template_brings_what_it_extends() {
        let names =
            |name| beside(name).into_iter().map(|(file, _)| file).collect::<Vec<_>>().join(" ");
        assert_eq!(names("five-tiers"), "five-tiers.toml");
        assert_eq!(names("skyarch-gold"), "skyarch-gold.toml skyarch.toml");
    }

    #[test]
    fn a_contract_from_each_template() {
        for (name, _) in TEMPLATES {
            let asked = FromTemplate {
                template: name.to_owned(),
                name: "acme".to_owned(),
                provider: String::new(),
                customer: "アクメ \"株式会社\"".to_owned(),
                start: "2026-11-22".to_owned(),
            };
            let read = asked.bundle().read().unwrap_or_else(|wrong| panic!("{name}: {wrong:?}"));
            let base = template(name).expect("a template");
            assert_eq!(read.contract.name.as_str(), "acme");
            assert_eq!(read.contract.start.to_string(), "2026-11-22");
            assert_eq!(read.contract.versions, base.versions);
            assert_eq!(read.contract.parties.provider, base.parties.provider);
            assert_eq!(read.contract.parties.tax_number, base.parties.tax_number);
            assert_eq!(read.contract.parties.customer.in_lang(terms::Lang::Ja), asked.customer);
        }
    }
}
