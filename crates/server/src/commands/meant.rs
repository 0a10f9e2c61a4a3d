//! The name that was probably meant.

/// What follows «there is no such name»: a suggestion, or only a full stop.
pub fn did_you_mean<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    // A slip for every four letters, and one more.
    let slips = 1 + word.chars().count() / 4;
    match sections::nearest(word, names, slips) {
        Some(name) => format!(": did you mean `{name}`?"),
        None => ".".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_within_a_few_slips() {
        let names = ["response.p1", "response.p2", "claim"];
        assert_eq!(did_you_mean("respons.p2", names), ": did you mean `response.p2`?");
        assert_eq!(did_you_mean("calim", names), ": did you mean `claim`?");
        assert_eq!(did_you_mean("inspection", names), ".");
    }
}
