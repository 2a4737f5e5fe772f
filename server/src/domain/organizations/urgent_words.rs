//! What administrators decide about the words that make a message urgent (NEW-8).

use crate::domain::{
    people::values::{self, Check, Problem},
    urgent_words::{MAX_PHRASE_CHARACTERS, MAX_PHRASES, UrgentWords},
};

pub(super) fn check_urgent_words(check: &mut Check, lists: &[UrgentWords]) {
    let phrases: usize = lists.iter().map(|list| list.phrases.len()).sum();
    if phrases > MAX_PHRASES || lists.len() > MAX_PHRASES {
        check.wrong("urgentWords", Problem::TooMany { max: MAX_PHRASES });
    }
    for list in lists {
        check.value("urgentWords.language", values::language(&list.language));
        for phrase in &list.phrases {
            check.value(
                "urgentWords.phrases",
                values::line(phrase, MAX_PHRASE_CHARACTERS),
            );
        }
    }
}
