//! Reads a usage file: what a customer used in one month, and owes besides.
//!
//! Every mistake is found at once, named by the way to it, such as `fees.overage.quantity`.

use std::collections::BTreeMap;

use calendar::Month;
use jiff::civil::Date;
use settlement::money::{CarriedCredit, LatePayment, Usage, Use};
use terms::{Fee, Name};

use super::node::Node;
use crate::commands::agreed::day;
use crate::commands::meant::did_you_mean;

/// Largest usage file, in bytes.
pub const USAGE_BYTES_MAX: u64 = 1_000_000;
/// Most credits, and most late payments, on one invoice.
const ITEMS_MAX: usize = 1_000;
/// Largest amount or quantity: a thousand thousand million, which still adds up without overflow.
const NUMBER_MAX: i128 = 1_000_000_000_000;

/// Reads the text of a usage file for a contract with these fees.
///
/// # Errors
/// Everything that is wrong, one line each.
pub fn read(text: &str, fees: &[Fee]) -> Result<Usage, Vec<String>> {
    let node = match serde_json::from_str(text) {
        Ok(node) => node,
        Err(error) => return Err(vec![format!("not valid JSON: {error}")]),
    };
    let mut reader = Reader { wrong: Vec::new() };
    let usage = reader.usage(node, fees);
    if reader.wrong.is_empty() { Ok(usage) } else { Err(reader.wrong) }
}

struct Reader {
    wrong: Vec<String>,
}

impl Reader {
    fn usage(&mut self, node: Node, fees: &[Fee]) -> Usage {
        let mut usage = Usage::default();
        for (key, node) in self.keys("", node, &["fees", "free_month", "credits", "late"]) {
            match key.as_str() {
                "fees" => usage.fees = self.fees(node, fees),
                "free_month" => match node {
                    Node::Truth(free) => usage.free_month = free,
                    other => self.expected("free_month", "true or false", &other),
                },
                "credits" => usage.credits = self.list("credits", node, Reader::credit),
                _ => usage.late = self.list("late", node, Reader::late),
            }
        }
        usage
    }

    fn fees(&mut self, node: Node, fees: &[Fee]) -> BTreeMap<Name, Use> {
        let names: Vec<&str> = fees.iter().map(|fee| fee.name.as_str()).collect();
        let mut used = BTreeMap::new();
        for (key, node) in self.keys("fees", node, &names) {
            let found = fees.iter().find(|fee| fee.name.as_str() == key);
            let of_fee = self.fee(&format!("fees.{key}"), node);
            used.extend(found.map(|fee| (fee.name.clone(), of_fee)));
        }
        used
    }

    fn fee(&mut self, way: &str, node: Node) -> Use {
        let mut used = Use::default();
        for (key, node) in self.keys(way, node, &["price", "quantity", "included"]) {
            let number = self.number(&format!("{way}.{key}"), &node);
            match key.as_str() {
                "price" => used.price = number,
                "quantity" => used.quantity = number.map(i64::unsigned_abs),
                _ => used.included = number.map(i64::unsigned_abs),
            }
        }
        used
    }

    fn credit(&mut self, way: &str, node: Node) -> Option<CarriedCredit> {
        let (mut month, mut amount) = (None, None);
        for (key, node) in self.keys(way, node, &["month", "amount"]) {
            let way = format!("{way}.{key}");
            match key.as_str() {
                "month" => {
                    month = self.parsed(&way, "a month such as \"2026-10\"", &node, |text| {
                        text.parse::<Month>().ok()
                    });
                }
                _ => amount = self.number(&way, &node),
            }
        }
        self.complete(way, &[("month", month.is_some()), ("amount", amount.is_some())]);
        Some(CarriedCredit { month: month?, amount: amount? })
    }

    fn late(&mut self, way: &str, node: Node) -> Option<LatePayment> {
        let (mut amount, mut due, mut paid): (_, Option<Date>, Option<Date>) = (None, None, None);
        for (key, node) in self.keys(way, node, &["amount", "due", "paid"]) {
            let way = format!("{way}.{key}");
            if key == "amount" {
                amount = self.number(&way, &node);
                continue;
            }
            let date =
                self.parsed(&way, "a day such as \"2026-12-31\"", &node, |text| day(text).ok());
            *(if key == "due" { &mut due } else { &mut paid }) = date;
        }
        let keys = [("amount", amount.is_some()), ("due", due.is_some()), ("paid", paid.is_some())];
        self.complete(way, &keys);
        Some(LatePayment { amount: amount?, due: due?, paid: paid? })
    }

    /// The entries of an object that have a known key, each once.
    fn keys(&mut self, way: &str, node: Node, known: &[&str]) -> Vec<(String, Node)> {
        let Node::Object(entries) = node else {
            let what = if way.is_empty() { "the file" } else { way };
            self.expected(what, "an object, {…}", &node);
            return Vec::new();
        };
        let mut good: Vec<(String, Node)> = Vec::new();
        for (key, node) in entries {
            let here = if way.is_empty() { key.clone() } else { format!("{way}.{key}") };
            if good.iter().any(|(before, _)| *before == key) {
                self.wrong.push(format!("{here} is there twice: leave one"));
            } else if known.contains(&key.as_str()) {
                good.push((key, node));
            } else {
                let meant = did_you_mean(&key, known.iter().copied());
                let known = known.join(", ");
                self.wrong.push(format!("{here} is not known{meant} Known are {known}"));
            }
        }
        good
    }

    fn list<T>(
        &mut self,
        way: &str,
        node: Node,
        read: fn(&mut Reader, &str, Node) -> Option<T>,
    ) -> Vec<T> {
        match node {
            Node::List(nodes) if nodes.len() > ITEMS_MAX => {
                self.wrong
                    .push(format!("{way} has {} items: {ITEMS_MAX} are the most", nodes.len()));
                Vec::new()
            }
            Node::List(nodes) => {
                let read = |(i, node)| read(self, &format!("{way}[{i}]"), node);
                (1..).zip(nodes).filter_map(read).collect()
            }
            other => {
                self.expected(way, "a list, […]", &other);
                Vec::new()
            }
        }
    }

    fn number(&mut self, way: &str, node: &Node) -> Option<i64> {
        match node {
            Node::Whole(number @ 0..=NUMBER_MAX) => i64::try_from(*number).ok(),
            other => {
                self.expected(way, &format!("a whole number, 0 to {NUMBER_MAX}"), other);
                None
            }
        }
    }

    fn parsed<T>(
        &mut self,
        way: &str,
        what: &str,
        node: &Node,
        parse: fn(&str) -> Option<T>,
    ) -> Option<T> {
        let read = match node {
            Node::Text(text) => parse(text),
            _ => None,
        };
        if read.is_none() {
            self.expected(way, what, node);
        }
        read
    }

    fn expected(&mut self, way: &str, what: &str, node: &Node) {
        self.wrong.push(format!("{way} is {}: write {what}", node.kind()));
    }

    /// Names the keys that are missing, unless something else is wrong already.
    fn complete(&mut self, way: &str, keys: &[(&str, bool)]) {
        let begins = format!("{way}.");
        for (key, _) in keys.iter().filter(|(_, there)| !there) {
            if !self.wrong.iter().any(|wrong| wrong.starts_with(&begins) || wrong.starts_with(way))
            {
                self.wrong.push(format!("{way} has no `{key}`: add it"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use terms::{Clause, FeeKind, Text};

    use super::*;

    fn fees() -> Vec<Fee> {
        let fee = |name: &str, kind| Fee {
            name: name.parse().expect("a name"),
            title: Text::both(name),
            clause: Clause("1".to_owned()),
            kind,
            price: None,
            by: None,
            included: None,
        };
        vec![fee("monthly", FeeKind::Monthly), fee("overage", FeeKind::Metered)]
    }

    #[test]
    fn a_whole_usage() {
        let text = r#"{
            "fees": {"monthly": {"price": 50000},
                     "overage": {"quantity": 53200, "included": 50000, "price": 1000}},
            "free_month": false,
            "credits": [{"month": "2026-10", "amount": 5820}],
            "late": [{"amount": 100000, "due": "2026-12-31", "paid": "2027-01-15"}]
        }"#;
        let usage = read(text, &fees()).expect("it is right");
        let overage = &usage.fees[&"overage".parse::<Name>().expect("a name")];
        assert_eq!(overage.quantity, Some(53_200));
        assert_eq!(usage.credits[0].amount, 5820);
        assert_eq!(usage.late[0].paid.to_string(), "2027-01-15");
        assert_eq!(read("{}", &fees()), Ok(Usage::default()));
    }

    #[test]
    fn every_mistake_is_told() {
        let cases = [
            ("{", "not valid JSON: EOF while parsing an object at line 1 column 1"),
            ("[]", "the file is a list: write an object, {…}"),
            (
                r#"{"fee":{}}"#,
                "fee is not known: did you mean `fees`? Known are fees, free_month, credits, late",
            ),
            (
                r#"{"fees":{"montly":{}}}"#,
                "fees.montly is not known: did you mean `monthly`? Known are monthly, overage",
            ),
            (
                r#"{"fees":{"monthly":{"price":1.5}}}"#,
                "fees.monthly.price is a number with a fraction: write a whole number, 0 to 1000000000000",
            ),
            (
                r#"{"fees":{"monthly":{"price":-1}}}"#,
                "fees.monthly.price is -1: write a whole number, 0 to 1000000000000",
            ),
            (r#"{"fees":{"monthly":{},"monthly":{}}}"#, "fees.monthly is there twice: leave one"),
            (r#"{"free_month":1}"#, "free_month is 1: write true or false"),
            (r#"{"credits":[{"month":"2026-10"}]}"#, "credits[1] has no `amount`: add it"),
            (
                r#"{"credits":[{"month":"10/2026","amount":1}]}"#,
                "credits[1].month is \"10/2026\": write a month such as \"2026-10\"",
            ),
            (
                r#"{"late":[{"amount":1,"due":"2026-12-31","paid":"soon"}]}"#,
                "late[1].paid is \"soon\": write a day such as \"2026-12-31\"",
            ),
        ];
        for (text, expected) in cases {
            let wrong = read(text, &fees()).expect_err(text);
            assert_eq!(wrong, [expected], "{text}");
        }
    }
}
