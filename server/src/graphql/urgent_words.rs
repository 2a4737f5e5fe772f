//! Urgent words, as administrators edit them.

use async_graphql::{InputObject, MaybeUndefined, SimpleObject};

use crate::domain::{settings::Settings, urgent_words};

/// The urgent words of one language.
#[derive(Clone, Debug, SimpleObject)]
pub struct UrgentWords {
    /// The BCP 47 tag of the language.
    language: String,
    /// Words and phrases. They are found as whole words, whatever their case, accents and punctuation.
    phrases: Vec<String>,
}

impl UrgentWords {
    /// The lists that count: the clinic's own, or the built-in ones.
    pub fn of(settings: &Settings) -> Vec<Self> {
        let lists = settings.urgent_words.clone();
        let lists = lists.unwrap_or_else(urgent_words::built_in).into_iter();
        lists
            .map(|list| Self {
                language: list.language,
                phrases: list.phrases,
            })
            .collect()
    }
}

/// The urgent words of one language, to be stored.
#[derive(InputObject)]
pub struct UrgentWordsInput {
    /// The BCP 47 tag of the language.
    language: String,
    /// Words and phrases of at most 60 characters each.
    phrases: Vec<String>,
}

/// What to change: nothing, the lists, or back to the built-in ones.
pub fn changes(
    input: MaybeUndefined<Vec<UrgentWordsInput>>,
) -> Option<Option<Vec<urgent_words::UrgentWords>>> {
    let change: Option<Option<Vec<UrgentWordsInput>>> = input.into();
    change.map(|lists| {
        lists.map(|lists| {
            lists
                .into_iter()
                .map(|list| urgent_words::UrgentWords {
                    language: list.language,
                    phrases: list.phrases,
                })
                .collect()
        })
    })
}
