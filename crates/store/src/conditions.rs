//! The changing part of a search statement: conditions of ours with values of the caller's.

use sqlx::Arguments;
use sqlx::any::AnyArguments;

/// Conditions joined by AND, with their values. Texts are ours; values are always bound.
#[derive(Clone, Default)]
pub(crate) struct Conditions {
    pub text: String,
    values: Vec<Value>,
}

/// A bound value.
#[derive(Clone)]
pub(crate) enum Value {
    Number(i64),
    Text(String),
}

impl Conditions {
    /// Adds a condition whose `?` stand for `values`.
    pub(crate) fn and(&mut self, condition: &str, values: impl IntoIterator<Item = Value>) {
        self.text += if self.text.is_empty() { "" } else { " AND " };
        let mut values = values.into_iter();
        for piece in condition.split_inclusive('?') {
            match (piece.strip_suffix('?'), values.next()) {
                (Some(head), Some(value)) => {
                    self.values.push(value);
                    self.text += &format!("{head}${}", self.values.len());
                }
                _ => self.text += piece,
            }
        }
    }

    pub(crate) fn arguments(&self) -> std::result::Result<AnyArguments, sqlx::Error> {
        let mut arguments = AnyArguments::default();
        for value in &self.values {
            match value {
                Value::Number(number) => arguments.add(*number),
                Value::Text(text) => arguments.add(text.as_str()),
            }
            .map_err(sqlx::Error::Encode)?;
        }
        Ok(arguments)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_numbered_across_conditions() {
        let mut conditions = Conditions::default();
        conditions.and("a IS NOT NULL", []);
        conditions.and("(b = ? OR c < ?)", [Value::Number(1), Value::Text("x".into())]);
        conditions.and("d = ?", [Value::Number(2)]);
        assert_eq!(conditions.text, "a IS NOT NULL AND (b = $1 OR c < $2) AND d = $3");
        assert_eq!(conditions.values.len(), 3);
    }
}
