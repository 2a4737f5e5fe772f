//! What subscriptions select of their events, kept once for all who select the same.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use async_graphql::{Positioned, parser::types::SelectionSet};

/// How many selections are kept before the first look for those that nobody uses any more.
const FIRST_SWEEP: usize = 64;

/// What a subscription selects of each event. Clones share it.
#[derive(Clone, Debug)]
pub struct Selection(Arc<Positioned<SelectionSet>>);

impl Selection {
    /// The selected fields.
    #[must_use]
    pub fn set(&self) -> &Positioned<SelectionSet> {
        &self.0
    }
}

/// The selections of all subscriptions that live, by hashes of their texts.
#[derive(Debug, Default)]
pub struct Selections(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    by_text: HashMap<[u8; 32], Weak<Positioned<SelectionSet>>>,
    /// With how many the next look for unused ones is worth it.
    sweep_at: usize,
}

impl Selections {
    /// What another subscription with this text selects, while one lives.
    #[must_use]
    pub fn find(&self, text: &[u8; 32]) -> Option<Selection> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.by_text.get(text)?.upgrade().map(Selection)
    }

    /// Keeps what is selected by a text, for as long as anybody uses it. Who comes second gets what the first has.
    pub fn keep(&self, text: [u8; 32], selected: Positioned<SelectionSet>) -> Selection {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(selection) = kept.by_text.get(&text).and_then(Weak::upgrade) {
            return Selection(selection);
        }
        if kept.by_text.len() >= kept.sweep_at.max(FIRST_SWEEP) {
            kept.by_text
                .retain(|_, selection| selection.strong_count() > 0);
            kept.sweep_at = kept.by_text.len() * 2;
        }
        let selection = Arc::new(selected);
        kept.by_text.insert(text, Arc::downgrade(&selection));
        Selection(selection)
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::Pos;

    use super::*;

    fn selected() -> Positioned<SelectionSet> {
        Positioned::new(SelectionSet::default(), Pos::default())
    }

    #[test]
    fn a_selection_is_kept_once_and_while_it_is_used() {
        let selections = Selections::default();
        let first = selections.keep([1; 32], selected());
        let second = selections.keep([1; 32], selected());
        assert!(Arc::ptr_eq(&first.0, &second.0));
        assert!(selections.find(&[1; 32]).is_some() && selections.find(&[2; 32]).is_none());
        drop((first, second));
        assert!(selections.find(&[1; 32]).is_none());
    }

    #[test]
    fn those_that_nobody_uses_are_forgotten() {
        let selections = Selections::default();
        let used = selections.keep([255; 32], selected());
        for text in 0..FIRST_SWEEP * 3 {
            drop(selections.keep([text as u8; 32], selected()));
        }
        assert!(selections.0.lock().unwrap().by_text.len() <= FIRST_SWEEP);
        assert!(Arc::ptr_eq(
            &used.0,
            &selections.find(&[255; 32]).unwrap().0
        ));
    }
}
