//! Message templates: what a clinic sends again and again, in several languages, once somebody has approved it (ANN-2).
//!
//! A template has a source language, from which the others are translated. Each language has versions; a new one is a draft,
//! and at most one is approved. A translation of an older source than the approved one is *stale* and is not sent.

mod change;
mod choose;
mod fill;
mod placeholder;
mod read;
mod review;
mod save;
mod sent;

pub use change::{TemplateChanges, TemplateError, create, update};
pub use choose::{Reason, Standing, standings};
pub(super) use fill::prepare;
pub use fill::{Filled, PersonalLine, PreparedTemplate, Unsendable, preview};
pub use placeholder::Placeholder;
pub use read::{Filter, by_ids, current_texts, history, language_tag, open, page};
pub use review::{ReviewError, approve, retire};
pub use save::{BodyError, NewText, SaveTextError, save};
pub(super) use sent::{Use, count};
pub use sent::{histories, uses};

/// The most templates of a clinic.
pub const MAX_TEMPLATES: u64 = 2_000;
/// The most languages of a template.
pub const MAX_LANGUAGES: usize = 50;
/// The most characters of a title.
pub const MAX_TITLE_CHARACTERS: usize = 200;
