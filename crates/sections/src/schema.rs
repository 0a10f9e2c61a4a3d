//! The shape of a file as a JSON Schema (draft 2020-12), for editors and other checkers.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::shape::{KeyShape, SectionShape, Shape, VariantShape};

/// The JSON Schema of that shape. Sections that occur twice are written once, under `$defs`.
pub fn schema(title: &str, shape: &SectionShape) -> Value {
    let mut writer = Writer { definitions: BTreeMap::new() };
    let mut whole = writer.section(shape);
    whole.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
    whole.insert("title".to_owned(), json!(title));
    whole.insert("$defs".to_owned(), json!(writer.definitions));
    Value::Object(whole)
}

struct Writer {
    definitions: BTreeMap<String, Value>,
}

impl Writer {
    fn section(&mut self, shape: &SectionShape) -> Map<String, Value> {
        let mut written = self.keys(shape, &BTreeSet::new());
        written.insert("type".to_owned(), json!("object"));
        written.insert("additionalProperties".to_owned(), json!(false));
        // Keys of variants are allowed here and described, or refused, where they are decided.
        let mut all = BTreeSet::new();
        collect_keys(shape, &mut all);
        if let Some(Value::Object(properties)) = written.get_mut("properties") {
            for key in all {
                properties.entry(key).or_insert(json!(true));
            }
        }
        written
    }

    /// Own keys and variants; `foreign` are refused.
    fn keys(
        &mut self,
        shape: &SectionShape,
        foreign: &BTreeSet<&'static str>,
    ) -> Map<String, Value> {
        let mut properties = Map::new();
        for key in foreign {
            properties.insert((*key).to_owned(), json!(false));
        }
        for (key, known) in &shape.keys {
            properties.insert((*key).to_owned(), self.key(known));
        }
        let required: Vec<_> =
            shape.keys.iter().filter(|(_, known)| known.required).map(|(key, _)| *key).collect();
        let mut written = Map::new();
        written.insert("properties".to_owned(), Value::Object(properties));
        if !required.is_empty() {
            written.insert("required".to_owned(), json!(required));
        }
        let mut variants: Vec<Value> =
            shape.variants.iter().flat_map(|variant| self.variant(variant)).collect();
        for (other, key) in &shape.required_unless {
            variants.push(json!({ "anyOf": [{ "required": [other] }, { "required": [key] }] }));
        }
        if !variants.is_empty() {
            written.insert("allOf".to_owned(), json!(variants));
        }
        written
    }

    fn variant(&mut self, variant: &VariantShape) -> Vec<Value> {
        let mut all = BTreeSet::new();
        for (word, branch) in &variant.branches {
            collect_keys(branch, &mut all);
            if variant.decides.is_none() {
                all.insert(word);
            }
        }
        let mut rules = Vec::new();
        for (word, branch) in &variant.branches {
            let mut own = BTreeSet::new();
            collect_keys(branch, &mut own);
            let foreign = all.difference(&own).copied().filter(|key| key != word).collect();
            let when = match variant.decides {
                Some(key) => json!({ "properties": { key: { "const": word } }, "required": [key] }),
                None => json!({ "required": [word] }),
            };
            let then = Value::Object(self.keys(branch, &foreign));
            rules.push(json!({ "if": when, "then": then }));
        }
        if variant.decides.is_none() {
            let one: Vec<Value> =
                variant.branches.iter().map(|(key, _)| json!({ "required": [key] })).collect();
            rules.push(json!({ "oneOf": one }));
        }
        rules
    }

    fn key(&mut self, known: &KeyShape) -> Value {
        let mut written = self.shape(&known.shape);
        if let Value::Object(map) = &mut written {
            if let Some(about) = known.about {
                let text = match map.get("description").and_then(Value::as_str) {
                    Some(expected) => format!("{about}; {expected}"),
                    None => about.to_owned(),
                };
                map.insert("description".to_owned(), json!(text));
            }
            if let Some(default) = &known.default {
                map.insert("default".to_owned(), json!(default));
            }
        }
        written
    }

    fn shape(&mut self, shape: &Shape) -> Value {
        match shape {
            Shape::Text { expected } => json!({ "type": "string", "description": expected }),
            Shape::Words(words) => json!({ "enum": words }),
            Shape::Number { least, most } => {
                json!({ "type": "integer", "minimum": least, "maximum": most })
            }
            Shape::Truth => json!({ "type": "boolean" }),
            Shape::Day => json!({ "type": "string", "format": "date" }),
            Shape::List(item) => {
                let item = self.shape(item);
                json!({ "type": "array", "maxItems": crate::ITEMS_MAX, "items": item })
            }
            Shape::Either(shapes) => {
                let all: Vec<Value> = shapes.iter().map(|shape| self.shape(shape)).collect();
                json!({ "anyOf": all })
            }
            Shape::Section(section) => self.defined(&section.borrow()),
        }
    }

    /// A reference to the section's definition: by its key, or by its path where the key means
    /// something else in another place.
    fn defined(&mut self, section: &SectionShape) -> Value {
        let written = Value::Object(self.section(section));
        let key = section.path.rsplit('.').next().unwrap_or_default().to_owned();
        for name in [key, section.path.replace('.', "-")] {
            let known = self.definitions.entry(name.clone()).or_insert_with(|| written.clone());
            if *known == written {
                return json!({ "$ref": format!("#/$defs/{name}") });
            }
        }
        written
    }
}

/// Every key that the section may hold in any variant.
fn collect_keys(shape: &SectionShape, into: &mut BTreeSet<&'static str>) {
    into.extend(shape.keys.iter().map(|(key, _)| *key));
    for variant in &shape.variants {
        for (word, branch) in &variant.branches {
            if variant.decides.is_none() {
                into.insert(word);
            }
            collect_keys(branch, into);
        }
    }
}
