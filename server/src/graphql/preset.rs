//! Presets of settings that reproduce how well-known products work.

use async_graphql::Enum;

use crate::domain::organizations;

/// A set of settings that makes the clinic's messaging work in a certain way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "organizations::Preset")]
pub enum Preset {
    /// Reminders from approved templates, to one patient or many, that cannot be answered; the text message says only where
    /// to sign in.
    Reminders,
    /// One chat of each patient with their care team.
    CareTeamChat,
    /// Titled secure messages that only the clinic begins.
    ClinicFirst,
    /// Contact requests with a chat by text while somebody works on them; after their end a machine says how else to reach the
    /// clinic.
    CaseChat,
}
