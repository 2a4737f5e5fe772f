//! Finding patients by name: by the beginnings of words, in any order, without regard to case and accents.

use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

use crate::domain::store::Sql;

/// The most words of a search or a name that count.
const MAX_WORDS: usize = 8;

/// The folded words of a name or a search: lower case, without accents, split where no letter or digit stands.
#[must_use]
pub fn words(text: &str) -> Vec<String> {
    let mut words = folded(text);
    words.truncate(MAX_WORDS);
    words
}

/// All folded words of a text.
pub(crate) fn folded(text: &str) -> Vec<String> {
    let folded: String = text
        .nfkd()
        .filter(|c| !is_combining_mark(*c))
        .flat_map(char::to_lowercase)
        .collect();
    let mut words: Vec<_> = folded
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect();
    words.dedup();
    words
}

/// Adds ` and …`: only patients `p` of whose name each word of the search begins a word. A search without a letter or
/// digit finds nobody.
pub(crate) fn push_name_matches(sql: &mut Sql, search: &str) {
    let words = words(search);
    if words.is_empty() {
        sql.push(" and 1 = 0");
    }
    for word in words {
        // A half-open range instead of `like` uses the index on both databases and needs no escaping.
        let end = format!("{word}\u{10ffff}");
        sql.push(
            " and exists (select 1 from patient_name_word w where w.organization_id = p.organization_id and w.patient_id = p.id and w.word >= ",
        );
        sql.bind(word).push(" and w.word < ").bind(end).push(")");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_folded() {
        assert_eq!(
            words("Åsa  O'Brien-MÜLLER"),
            ["asa", "o", "brien", "muller"]
        );
        assert!(words(" - ").is_empty());
    }
}
