//! The only code that says yes.
//!
//! A yes is a value of a type with private fields that nothing else can make. Functions that touch data take such proofs
//! instead of ids, so a forgotten check does not compile. What a viewer may not see is absent: the same answer as for an
//! id that was never issued.

mod attachments;
mod beginning;
mod cases;
mod checks;
mod conversations;
mod enclosing;
mod files;
mod listing;
mod patients;
mod post_facts;
mod posting;
mod reminding;
mod routing;
mod turns;

use entity::{OrganizationId, PatientId, Roles, StaffId};

pub use attachments::{CanUpload, UploadInHand, may_upload, own_upload, own_upload_has_run_out};
pub(crate) use beginning::{Addressees, CanBegin, addressees, can_begin};
pub use cases::sees_work;
pub(crate) use cases::{CanOpenCase, CaseInHand, can_open_case, hold_case};
pub(in crate::domain) use cases::{case_of_row, push_case_columns};
pub use conversations::{
    ConversationInView, conversation_in_reach, conversation_of_event, read_conversation, takes_part,
};
pub(in crate::domain) use conversations::{
    conversation_of_inbox, hold_conversation, patient_may_take_part,
};
pub(crate) use enclosing::CanEnclose;
pub use enclosing::EnclosureRefused;
pub use files::{DocumentInView, FileInView, files_of_messages, open_document, open_file};
pub(in crate::domain) use files::{document_columns, document_in_chart};
pub use listing::{ConversationFilter, conversations_of};
pub use patients::{PatientInView, in_reach, open_for_called, open_patient, open_patients};
pub(crate) use patients::{
    hidden_by_restriction, push_conversation_in_reach, push_in_reach, push_in_reach_of_called,
    push_reaches_all_with,
};
pub(crate) use posting::{CanPost, Intent, PostRefused, SoFar, decide_posts};
pub(crate) use reminding::{CanRemind, decide_reminders, reminder_channel};
pub(crate) use routing::Way;
pub use turns::{ReceiptsInView, may_write, receipts, shows_activity};

use super::{
    fault::Fault,
    settings::Settings,
    viewer::{PatientViewer, StaffViewer, Viewer},
};

/// Why something is refused.
#[derive(Debug, thiserror::Error)]
pub enum Denied {
    /// It does not exist, or not for this viewer.
    #[error("not found")]
    NotFound,
    /// The viewer's roles do not reach that far.
    #[error("this needs {0}")]
    Role(Need),
    /// The organization has not switched portal chat on (CHAT-2).
    #[error("the clinic does not offer chat in the portal")]
    PortalChatOff,
    /// The patient has not accepted the invitation, or may not use the portal (CHAT-2).
    #[error("the patient is not enrolled in the portal")]
    NotEnrolled,
    /// The organization has no patient portal (SEC-1).
    #[error("the clinic has no patient portal")]
    PortalDisabled,
    /// The patient is not allowed into the portal (SEC-1).
    #[error("the patient is not allowed into the portal")]
    PortalAccessMissing,
    /// The organization does not let patients upload files (SEC-4).
    #[error("the clinic takes no files from patients")]
    PatientUploadsOff,
    /// Asking the database failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<sea_orm::DbErr> for Denied {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Fault(error.into())
    }
}

/// What an operation asks of its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Settings, staff, templates, audit.
    Administrator,
    /// All messaging.
    Clinician,
    /// Patients' records and panels.
    RecordKeeper,
    /// Any staff member.
    Staff,
    /// A patient.
    Patient,
}

impl std::fmt::Display for Need {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Administrator => "the role of an administrator",
            Self::Clinician => "the role of a clinician",
            Self::RecordKeeper => "the role of a clinician or administrator",
            Self::Staff => "a staff member",
            Self::Patient => "a patient",
        })
    }
}

macro_rules! role_proofs {
    ($($(#[$doc:meta])* $proof:ident from $function:ident needs $need:ident when |$roles:ident| $test:expr;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $proof(StaffViewer);

        impl $proof {
            /// Where.
            #[must_use]
            pub fn organization(&self) -> OrganizationId {
                self.0.organization()
            }

            /// Who.
            #[must_use]
            pub fn staff(&self) -> StaffId {
                self.0.id()
            }

            /// The staff member whose role was checked.
            #[must_use]
            pub fn viewer(&self) -> &StaffViewer {
                &self.0
            }
        }

        $(#[$doc])*
        ///
        /// # Errors
        /// [`Denied::Role`] for everybody else.
        pub fn $function(viewer: &Viewer) -> Result<$proof, Denied> {
            match viewer {
                Viewer::Staff(staff) => {
                    let $roles = staff.roles();
                    if $test { Ok($proof(staff.clone())) } else { Err(Denied::Role(Need::$need)) }
                }
                Viewer::Patient(_) => Err(Denied::Role(Need::$need)),
            }
        }
    )+};
}

role_proofs! {
    /// An administrator: settings, staff, programs, templates, dead letters.
    AsAdministrator from administrator needs Administrator when |roles| roles.hold(Roles::ADMINISTRATOR);
    /// A clinician: all messaging.
    AsClinician from clinician needs Clinician when |roles| roles.hold(Roles::CLINICIAN);
    /// A clinician or an administrator: patients' records, panels and invitations.
    AsRecordKeeper from record_keeper needs RecordKeeper when |roles| {
        roles.hold(Roles::CLINICIAN) || roles.hold(Roles::ADMINISTRATOR)
    };
    /// Any staff member.
    AsStaff from staff needs Staff when |_roles| true;
}

/// A patient, for what patients do with their own record.
#[derive(Clone, Debug)]
pub struct AsPatient(PatientViewer);

impl AsPatient {
    /// Where.
    #[must_use]
    pub fn organization(&self) -> OrganizationId {
        self.0.organization()
    }

    /// Who.
    #[must_use]
    pub fn patient(&self) -> PatientId {
        self.0.id()
    }

    /// The organization's settings when the request began.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        self.0.settings()
    }
}

/// A patient, for what patients do with their own record.
///
/// # Errors
/// [`Denied::Role`] for staff.
pub fn patient(viewer: &Viewer) -> Result<AsPatient, Denied> {
    match viewer {
        Viewer::Patient(patient) => Ok(AsPatient(patient.clone())),
        Viewer::Staff(_) => Err(Denied::Role(Need::Patient)),
    }
}
