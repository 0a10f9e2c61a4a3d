//! What the pages say, in Japanese and English.
//!
//! Texts live in `i18n/ja.ftl` and `i18n/en.ftl` under the same keys; a test holds that every key
//! is in both, and that none is missing or left over.

use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

/// A language of the console.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lang {
    /// 日本語
    Ja,
    /// English
    En,
}

static JA: LazyLock<FluentBundle<FluentResource>> =
    LazyLock::new(|| bundle("ja", include_str!("../i18n/ja.ftl")));
static EN: LazyLock<FluentBundle<FluentResource>> =
    LazyLock::new(|| bundle("en", include_str!("../i18n/en.ftl")));

fn bundle(tag: &str, text: &str) -> FluentBundle<FluentResource> {
    // Both tags are valid; the default (`und`) would only lose the plural rules.
    let lang: LanguageIdentifier = tag.parse().unwrap_or_default();
    // A broken message is dropped here and found by the test that walks all keys.
    let resource =
        FluentResource::try_new(text.to_owned()).unwrap_or_else(|(resource, _errors)| resource);
    let mut bundle = FluentBundle::new_concurrent(vec![lang]);
    // Without this every value is wrapped in invisible direction marks.
    bundle.set_use_isolating(false);
    bundle.add_resource_overriding(resource);
    bundle
}

impl From<Lang> for terms::Lang {
    fn from(lang: Lang) -> terms::Lang {
        match lang {
            Lang::Ja => terms::Lang::Ja,
            Lang::En => terms::Lang::En,
        }
    }
}

impl From<terms::Lang> for Lang {
    fn from(lang: terms::Lang) -> Lang {
        match lang {
            terms::Lang::Ja => Lang::Ja,
            terms::Lang::En => Lang::En,
        }
    }
}

impl Lang {
    /// The value of the `lang` attribute.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Lang::Ja => "ja",
            Lang::En => "en",
        }
    }

    /// By its tag.
    #[must_use]
    pub fn from_tag(tag: &str) -> Option<Lang> {
        match tag {
            "ja" => Some(Lang::Ja),
            "en" => Some(Lang::En),
            _ => None,
        }
    }

    /// The language for a visitor: what was chosen before, else what the browser prefers
    /// (Accept-Language, RFC 9110 section 12.5.4), else Japanese. A browser that asks for neither
    /// gets English.
    #[must_use]
    pub fn negotiate(chosen: Option<&str>, accept: Option<&str>) -> Lang {
        if let Some(lang) = chosen.and_then(Lang::from_tag) {
            return lang;
        }
        let Some(accept) = accept else { return Lang::Ja };
        let mut best: Option<(u32, Lang)> = None;
        for part in accept.split(',') {
            let (tag, weight) = part.split_once(';').unwrap_or((part, ""));
            let primary = tag.trim().split('-').next().unwrap_or("").to_ascii_lowercase();
            let weight = thousandths(weight);
            let Some(lang) = Lang::from_tag(&primary) else { continue };
            if weight > 0 && best.is_none_or(|(w, _)| weight > w) {
                best = Some((weight, lang));
            }
        }
        best.map_or(Lang::En, |(_, lang)| lang)
    }

    /// The text under a key.
    #[must_use]
    pub fn say(self, key: &str) -> String {
        self.format(key, None)
    }

    /// The text under a key, with values filled in.
    #[must_use]
    pub fn say_with(self, key: &str, values: &[(&str, FluentValue<'_>)]) -> String {
        let mut args = FluentArgs::new();
        for (name, value) in values {
            args.set(*name, value.clone());
        }
        self.format(key, Some(&args))
    }

    fn format(self, key: &str, args: Option<&FluentArgs<'_>>) -> String {
        let bundle = match self {
            Lang::Ja => &*JA,
            Lang::En => &*EN,
        };
        let Some(pattern) = bundle.get_message(key).and_then(|message| message.value()) else {
            return key.to_owned();
        };
        bundle.format_pattern(pattern, args, &mut Vec::new()).into_owned()
    }
}

/// `q=0.8` in thousandths; 1,000 when not given, 0 when it makes no sense.
fn thousandths(weight: &str) -> u32 {
    let Some(number) = weight.trim().strip_prefix("q=") else { return 1_000 };
    match number.split_once('.') {
        None => number.parse::<u32>().map_or(0, |whole| whole.min(1) * 1_000),
        Some(("1", _)) => 1_000,
        Some((_, digits)) => {
            let digits: String = format!("{digits}000").chars().take(3).collect();
            digits.parse().unwrap_or(0)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    #[test]
    fn the_language_of_a_visitor() {
        let cases = [
            (None, None, Lang::Ja),
            (None, Some("ja,en-US;q=0.9,en;q=0.8"), Lang::Ja),
            (None, Some("en-US,en;q=0.9,ja;q=0.8"), Lang::En),
            (None, Some("en;q=0.3, ja-JP;q=0.7"), Lang::Ja),
            (None, Some("fr-FR, de"), Lang::En),
            (None, Some("ja;q=0, en;q=0.1"), Lang::En),
            (Some("en"), Some("ja"), Lang::En),
            (Some("<script>"), Some("ja"), Lang::Ja),
        ];
        for (chosen, accept, expected) in cases {
            assert_eq!(Lang::negotiate(chosen, accept), expected, "{chosen:?} {accept:?}");
        }
    }

    fn keys(text: &str) -> BTreeSet<String> {
        let is_key = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        text.lines()
            .filter_map(|line| line.split_once(" ="))
            .map(|(key, _)| key)
            .filter(|key| !key.is_empty() && key.chars().all(is_key))
            .map(str::to_owned)
            .collect()
    }

    fn files(folder: &Path, into: &mut String) {
        for entry in fs::read_dir(folder).expect("the folder is part of the crate") {
            let path = entry.expect("a readable entry").path();
            if path.is_dir() {
                files(&path, into);
            } else {
                into.push_str(&fs::read_to_string(&path).expect("a text file"));
            }
        }
    }

    /// Texts right behind one of the calls that take a key.
    fn keys_asked_for(source: &str) -> BTreeSet<String> {
        let calls = [".t(\"", ".n(\"", ".with(\"", ".say(\"", ".say_with(\""];
        let mut found = BTreeSet::new();
        for call in calls {
            for (place, _) in source.match_indices(call) {
                let rest = &source[place + call.len()..];
                let key = rest.split('"').next().unwrap_or("");
                found.insert(key.to_owned());
            }
        }
        found
    }

    #[test]
    fn every_key_is_in_both_languages_and_used() {
        let (ja, en) = (include_str!("../i18n/ja.ftl"), include_str!("../i18n/en.ftl"));
        for text in [ja, en] {
            if let Err((_, errors)) = FluentResource::try_new(text.to_owned()) {
                panic!("the texts do not parse: {errors:?}");
            }
        }
        assert_eq!(keys(ja), keys(en), "the same keys in both languages");
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut source = String::new();
        files(&root.join("src"), &mut source);
        files(&root.join("templates"), &mut source);
        for key in keys_asked_for(&source) {
            if key.contains("-none-such-") {
                continue;
            }
            assert!(keys(ja).contains(&key), "no text under {key:?}");
        }
        for key in keys(ja) {
            assert!(source.contains(&format!("\"{key}\"")), "nobody says {key:?}");
        }
    }

    #[test]
    fn a_missing_key_shows_itself() {
        assert_eq!(Lang::Ja.say("a-none-such-key"), "a-none-such-key");
    }
}
