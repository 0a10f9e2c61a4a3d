//! Which known word was meant by an unknown one.

/// Longest word that is compared, in bytes: a longer one is no slip of the hand.
const COMPARED_MAX: usize = 80;

/// The known word that is nearest to the unknown one, when it is at most `slips` letters away.
pub fn nearest<'a>(
    word: &str,
    known: impl IntoIterator<Item = &'a str>,
    slips: usize,
) -> Option<&'a str> {
    if word.len() > COMPARED_MAX {
        return None;
    }
    let near = known
        .into_iter()
        .filter(|candidate| candidate.len().abs_diff(word.len()) <= slips)
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate));
    near.min_by_key(|(distance, _)| *distance)
        .filter(|(distance, _)| *distance <= slips)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_meant() {
        let known = ["objective", "guarantee", "any"];
        let cases = [
            ("objectve", 2, Some("objective")),
            ("gaurantee", 1, Some("guarantee")),
            ("all", 1, None),
            ("", 1, None),
            ("ayn", 1, Some("any")),
        ];
        for (word, slips, meant) in cases {
            assert_eq!(nearest(word, known, slips), meant, "{word}");
        }
        assert_eq!(nearest(&"a".repeat(1_000_000), known, 9_999_999), None);
    }
}
