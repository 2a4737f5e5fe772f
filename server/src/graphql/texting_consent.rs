//! The ledger of consents to texts.

use async_graphql::{Description, Enum, ID, Object};
use chrono::{DateTime, Utc};
use entity::texting_consent;

/// Whether consent to texts was given or taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::ConsentChange")]
pub enum ConsentChange {
    /// Given.
    Granted,
    /// Taken back.
    Revoked,
}

/// How consent to texts was given or taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::ConsentSource")]
pub enum ConsentSource {
    /// The patient answered the clinic's question by text.
    TextAnswer,
    /// A keyword came by text: STOP or START.
    TextKeyword,
    /// A staff member noted it.
    Staff,
    /// The number is not the patient's any more.
    NumberChanged,
    /// The gateway sends nothing more to the number: STOP came to the gateway itself.
    Gateway,
}

/// An entry of the ledger of consents to texts. Entries are added, and never changed.
#[derive(Description)]
pub struct TextingConsent(pub texting_consent::Model);

#[Object(use_type_description)]
impl TextingConsent {
    /// The id.
    async fn id(&self) -> ID {
        ID(self.0.id.to_public())
    }

    /// Given or taken back.
    async fn change(&self) -> ConsentChange {
        self.0.change.into()
    }

    /// How.
    async fn source(&self) -> ConsentSource {
        self.0.source.into()
    }

    /// What the patient answered to, or the word that they sent; empty where there was none.
    async fn wording(&self) -> &str {
        &self.0.wording
    }

    /// The BCP 47 tag of the wording's language.
    async fn language(&self) -> &str {
        &self.0.language
    }

    /// The number that it is about, in E.164.
    async fn number(&self) -> &str {
        self.0.number.reveal()
    }

    /// The id of the staff member who noted it, where one did.
    async fn staff_id(&self) -> Option<ID> {
        self.0.staff_id.map(|id| ID(id.to_public()))
    }

    /// When.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }
}
