//! Typed identifiers. A patient's id cannot pass as an organization's.

use sea_orm::{DbErr, DeriveValueType, TryFromU64};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, DeriveValueType)]
        pub struct $name(pub Uuid);

        impl $name {
            /// What the public form of these ids begins with.
            pub const PREFIX: &'static str = $prefix;

            /// The public form: a prefix that names the kind, then the UUID in hexadecimal digits.
            #[must_use]
            pub fn to_public(self) -> String {
                format!("{}_{}", $prefix, self.0.simple())
            }

            /// Reads the public form. `None` for anything that [`Self::to_public`] does not write.
            #[must_use]
            pub fn from_public(text: &str) -> Option<Self> {
                let digits = text.strip_prefix($prefix)?.strip_prefix('_')?;
                if digits.len() != 32 || digits.bytes().any(|b| b.is_ascii_uppercase()) {
                    return None;
                }
                Uuid::try_parse(digits).ok().map(Self)
            }
        }

        impl TryFromU64 for $name {
            fn try_from_u64(_: u64) -> Result<Self, DbErr> {
                Err(DbErr::ConvertFromU64(stringify!($name)))
            }
        }
    )+};
}

ids! {
    /// A practice or clinic: the tenant.
    OrganizationId = "org";
    /// A person who works at an organization.
    StaffId = "staff";
    /// A person whom an organization cares for.
    PatientId = "pat";
    /// A care program.
    ProgramId = "prog";
    /// A named set of patients or staff members.
    GroupId = "group";
    /// A conversation between a clinic and a patient.
    ConversationId = "conv";
    /// One message or internal note.
    MessageId = "msg";
    /// One signed-in device of one person.
    SessionId = "sess";
    /// An invitation into the patient portal.
    InvitationId = "inv";
    /// A recorded consent.
    ConsentId = "cons";
    /// A code sent to a patient's address or number for one sign-in.
    OneTimeCodeId = "otc";
    /// A notification on its way to one person.
    NotificationId = "ntf";
    /// A link that was sent in a notification.
    LinkId = "link";
    /// A message template.
    MessageTemplateId = "mtpl";
    /// A message that leaves at a later time.
    ScheduledMessageId = "sched";
    /// A message template that was sent to one or many patients at once.
    ReminderId = "rem";
    /// A message in the development outbox.
    DevelopmentMessageId = "dev";
    /// A file that somebody has uploaded.
    AttachmentId = "att";
    /// A file of a patient's chart.
    ChartDocumentId = "doc";
    /// A record of one download.
    DownloadId = "down";
    /// What carries an organization's texts.
    TextGatewayId = "gw";
    /// A number from which an organization texts.
    TextNumberId = "num";
    /// A text (SMS) in either direction.
    TextId = "text";
    /// A text as it came in.
    InboundTextId = "intext";
    /// A text that came in and could not be placed.
    QuarantinedTextId = "qtext";
    /// An entry of the ledger of consents to texts.
    TextingConsentId = "tcons";
}

/// A staff member or a patient: whoever can sign in, write and read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum PersonId {
    /// A staff member.
    Staff(StaffId),
    /// A patient.
    Patient(PatientId),
}

impl PersonId {
    /// The bare UUID, for a column that holds either kind.
    #[must_use]
    pub fn uuid(self) -> Uuid {
        match self {
            Self::Staff(id) => id.0,
            Self::Patient(id) => id.0,
        }
    }

    /// Which kind of person it is.
    #[must_use]
    pub fn kind(self) -> crate::PersonKind {
        match self {
            Self::Staff(_) => crate::PersonKind::Staff,
            Self::Patient(_) => crate::PersonKind::Patient,
        }
    }

    /// Puts together what two columns hold.
    #[must_use]
    pub fn from_columns(kind: crate::PersonKind, id: Uuid) -> Self {
        match kind {
            crate::PersonKind::Staff => Self::Staff(StaffId(id)),
            crate::PersonKind::Patient => Self::Patient(PatientId(id)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_id_reads_back_and_names_its_kind() {
        let id = PatientId(Uuid::from_u128(7));
        assert_eq!(PatientId::from_public(&id.to_public()), Some(id));
        assert_eq!(StaffId::from_public(&id.to_public()), None);
    }

    #[test]
    fn other_spellings_of_an_id_are_refused() {
        for text in [
            "",
            "pat",
            "pat_",
            "pat_0",
            "pat_0000000000000000000000000000000G",
            "pat_00000000-0000-0000-0000-000000000007",
        ] {
            assert_eq!(PatientId::from_public(text), None, "{text}");
        }
        assert_eq!(
            PatientId::from_public("pat_0000000000000000000000000000000A"),
            None
        );
    }
}
