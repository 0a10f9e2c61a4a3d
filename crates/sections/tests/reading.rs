//! One small reader, asked for a file and for its shape.

use jiff::civil::Date;
use sections::{Day, Either, Findings, Kind, Number, Section, Truth, Word, schema};

const NAME: Word<String> = Word {
    expected: "a name such as \"tea\"",
    parse: |text| (!text.is_empty()).then(|| text.to_owned()),
};
const MANY: Word<u64> =
    Word { expected: "\"many\"", parse: |text| (text == "many").then_some(1_000) };

/// What is on a shelf.
#[derive(Debug, PartialEq)]
enum Item {
    Tea { grams: u64, since: Option<Date> },
    Cup { whole: bool },
}

#[derive(Clone, Copy)]
enum Sort {
    Tea,
    Cup,
}

fn read_shelf(top: Section<'_>) -> Vec<(String, Item)> {
    let mut items = Vec::new();
    for section in top.sections(("item", "something on the shelf")) {
        let name = section.need("name", &NAME);
        if let Some(name) = &name {
            section.label(name);
        }
        let sorts = [("tea", Sort::Tea), ("cup", Sort::Cup)];
        let item = section.need_variant("sort", &sorts, |sort, section| match sort {
            Sort::Tea => {
                let grams = section.need("grams", &Either(Number(1..=500), MANY));
                let since = section.value("since", &Day);
                grams.map(|grams| Item::Tea { grams, since })
            }
            Sort::Cup => {
                let whole = section.value("whole", &Truth).unwrap_or(true);
                Some(Item::Cup { whole })
            }
        });
        section.finish();
        items.extend(name.zip(item.flatten()));
    }
    let label = top.section("label");
    label.by_key(&[("text", false), ("picture", true)], |picture, label| {
        let key = if picture { "picture" } else { "text" };
        label.value(key, &NAME)
    });
    label.choice_or("colour", &[("red", 1), ("green", 2)], 1);
    label.finish();
    top.finish();
    items
}

/// The items, and the findings as lines.
fn read(text: &str) -> (Vec<(String, Item)>, Vec<String>) {
    let findings = Findings::new(text);
    let table = sections::parse(text, &findings);
    let items = table.map(|table| read_shelf(Section::top(table.get_ref(), &findings)));
    let found = findings.into_sorted().iter().map(ToString::to_string).collect();
    (items.unwrap_or_default(), found)
}

#[test]
fn a_sound_file() {
    let text = r#"
item = [
  { name = "sencha", sort = "tea", grams = 100, since = 2026-11-01 },
  { name = "hojicha", sort = "tea", grams = "many" },
  { name = "blue", sort = "cup", whole = false },
]
label = { text = "top" }
"#;
    let since = "2026-11-01".parse().ok();
    let expected = [
        ("sencha".to_owned(), Item::Tea { grams: 100, since }),
        ("hojicha".to_owned(), Item::Tea { grams: 1_000, since: None }),
        ("blue".to_owned(), Item::Cup { whole: false }),
    ];
    assert_eq!(read(text), (Vec::from(expected), Vec::new()));
}

#[test]
fn every_mistake_has_its_line_and_says_what_is_right() {
    let label = "label = { text = \"x\" }\n";
    let cases = [
        (
            "[[item]]\nname = \"a\"\nsort = \"cups\"\nwhole = false\n",
            "3: `sort` is \"cups\": expected one of \"tea\", \"cup\"; did you mean \"cup\"?",
        ),
        (
            "[[item]]\nname = \"a\"\nsort = \"cup\"\ngrams = 1\n",
            "4: [[item]] \"a\" with `sort` \"cup\" has no key `grams`; it may hold name, sort, whole",
        ),
        (
            "[[item]]\nname = \"a\"\nsort = \"tea\"\ngrams = 501\n",
            "4: `grams` is 501: expected a number from 1 to 500, or \"many\"",
        ),
        (
            "[[item]]\nname = \"a\"\nsort = \"tea\"\ngrams = 5\nsince = \"2026-11-01\"\n",
            "5: `since` is \"2026-11-01\": expected a date without quotes or time, from 1970 to \
             2200, such as 2026-11-01",
        ),
        ("[[item]]\nname = \"a\"\n", "1: [[item]] \"a\" needs `sort`: one of \"tea\", \"cup\""),
        ("itm = []\n", "1: the top level has no key `itm`; did you mean `item`?"),
        ("item = 1\n", "1: `item` is 1: expected a list of sections, each headed [[item]]"),
    ];
    for (text, expected) in cases {
        let text = format!("{text}[label]\ntext = \"x\"\n");
        assert_eq!(read(&text).1, [expected], "{text}");
    }
    let (_, found) = read(&label.replace("text = \"x\"", "text = \"x\", picture = \"y\""));
    assert_eq!(found, ["1: [label]: `text` and `picture` exclude each other: keep one"]);
    let (_, found) = read("[label]\ncolour = \"red\"\n");
    assert_eq!(found, ["1: [label] needs `text` or `picture`"]);
}

#[test]
fn an_endless_list_is_refused() {
    let items = "{},".repeat(sections::ITEMS_MAX + 1);
    let (_, found) = read(&format!("item = [{items}]\nlabel = {{ text = \"x\" }}\n"));
    assert_eq!(found, ["1: `item` has 1001 items: it may have 1000"]);
}

/// The same code tells the shape: every key of every variant, what is needed and the defaults.
#[test]
fn the_shape_as_a_schema() {
    let shape = Section::describing(|top| drop(read_shelf(top)));
    let schema = schema("A shelf", &shape);
    let at = |path: &str| schema.pointer(path).unwrap_or_else(|| panic!("no {path}: {schema:#}"));
    assert_eq!(at("/$defs/item/required"), &serde_json::json!(["name", "sort"]));
    assert_eq!(at("/$defs/item/properties/sort/enum"), &serde_json::json!(["tea", "cup"]));
    assert_eq!(at("/$defs/item/additionalProperties"), false);
    let tea = at("/$defs/item/allOf/0");
    assert_eq!(tea["if"]["properties"]["sort"]["const"], "tea");
    assert_eq!(tea["then"]["required"], serde_json::json!(["grams"]));
    assert_eq!(tea["then"]["properties"]["whole"], false);
    assert_eq!(tea["then"]["properties"]["grams"]["anyOf"][0]["maximum"], 500);
    assert_eq!(at("/$defs/label/properties/colour/default"), "red");
    assert_eq!(at("/properties/item/description"), "something on the shelf");
    assert_eq!(Truth.expected(), "true or false, without quotes");
}
