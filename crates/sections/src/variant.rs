//! Keys that depend on another: by the word of a key, or by which of several keys is there.

use crate::kind::{Choice, Kind};
use crate::section::{Key, Section};
use crate::shape::VariantShape;

impl<'t> Section<'t> {
    /// Reads on by the word under that key; `None` when it is not there or unknown. Whoever asks
    /// for the shape gets every branch.
    pub fn variant<T: Copy, R>(
        &self,
        key: impl Into<Key>,
        words: &[(&'static str, T)],
        read: impl Fn(T, &Section<'t>) -> R,
    ) -> Option<R> {
        let key = key.into();
        let word = self.value(key, &Choice(words));
        if self.is_describing() {
            self.describe_branches(Some(key.name), words, read);
            return None;
        }
        let Some(meaning) = word else {
            self.unknowable.set(self.unknowable.get() || self.has(key.name));
            return None;
        };
        let known = self.value(key, &Verbatim(words));
        if let Some(known) = known {
            self.choose(key.name, known);
        }
        Some(read(meaning, self))
    }

    /// As [`Section::variant`], and a finding when the key is not there.
    pub fn need_variant<T: Copy, R>(
        &self,
        key: impl Into<Key>,
        words: &[(&'static str, T)],
        read: impl Fn(T, &Section<'t>) -> R,
    ) -> Option<R> {
        let key = key.into();
        let read = self.variant(key, words, read);
        self.demand(key.name, &Choice(words).expected());
        self.unknowable.set(self.unknowable.get() || !self.has(key.name));
        read
    }

    /// Reads on by which one of these keys is there; a finding when none is or several are.
    pub fn by_key<T: Copy, R>(
        &self,
        keys: &[(&'static str, T)],
        read: impl Fn(T, &Section<'t>) -> R,
    ) -> Option<R> {
        if self.is_describing() {
            self.describe_branches(None, keys, read);
            return None;
        }
        let there: Vec<_> = keys.iter().filter(|(key, _)| self.has(key)).collect();
        match there[..] {
            [(_, meaning)] => return Some(read(*meaning, self)),
            [] => {
                let all: Vec<String> = keys.iter().map(|(key, _)| format!("`{key}`")).collect();
                self.object_whole(&format!("needs {}", all.join(" or ")));
            }
            [(first, _), (second, _), ..] => {
                self.object(
                    second,
                    &format!("`{first}` and `{second}` exclude each other: keep one"),
                );
            }
        }
        self.unknowable.set(true);
        None
    }

    fn describe_branches<T: Copy, R>(
        &self,
        decides: Option<&'static str>,
        words: &[(&'static str, T)],
        read: impl Fn(T, &Section<'t>) -> R,
    ) {
        let branches = words.iter().map(|(word, meaning)| {
            let (branch, shape) = self.branch();
            read(*meaning, &branch);
            drop(branch);
            (*word, shape.take())
        });
        let variant = VariantShape { decides, branches: branches.collect() };
        self.describe(|shape| shape.variants.push(variant));
    }
}

/// The word itself of a choice.
struct Verbatim<'w, T>(&'w [(&'static str, T)]);

impl<T: Copy> Kind for Verbatim<'_, T> {
    type Out = &'static str;

    fn expected(&self) -> String {
        Choice(self.0).expected()
    }

    fn shape(&self) -> crate::Shape {
        Choice(self.0).shape()
    }

    fn take(&self, value: &toml::de::DeValue<'_>) -> Option<&'static str> {
        self.0.iter().map(|(word, _)| *word).find(|word| value.as_str() == Some(word))
    }
}
