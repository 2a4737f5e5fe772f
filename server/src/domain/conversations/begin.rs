//! Beginning a secure message (SEC-2): a conversation with a title, the staff to whom it is addressed, and its first message.

use std::collections::BTreeSet;

use entity::{
    ConversationId, ConversationKind, ConversationStatus, OrganizationId, PatientId, PersonId,
    StaffId, Title, conversation, message,
};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, DatabaseTransaction, EntityTrait as _,
    IntoActiveModel as _, QueryFilter as _, QueryOrder as _,
};

use super::{Opening, participants};
use crate::domain::{
    core::Core,
    event_log::Position,
    fault::Fault,
    messages::{self, SendError},
    people::values::is_taken,
    policy::{self, Addressees, AsClinician, CanBegin, Denied, PostRefused, read_conversation},
    secret::sha256,
    viewer::Viewer,
};

/// The most staff members to whom a conversation is addressed, besides whoever begins it.
pub const MAX_RECIPIENTS: usize = 50;

/// A secure message that somebody wants to begin.
#[derive(Debug)]
pub struct NewSecureMessage {
    /// The patient, who is always included.
    pub patient: PatientId,
    /// The staff members to whom it is addressed, besides its author.
    pub to: BTreeSet<StaffId>,
    /// The words.
    pub opening: Opening,
}

impl NewSecureMessage {
    /// A hash of all that is asked for.
    pub(in crate::domain) fn digest(&self) -> Vec<u8> {
        let mut asked = self.patient.0.as_bytes().to_vec();
        for staff in &self.to {
            asked.extend_from_slice(staff.0.as_bytes());
        }
        self.opening.write(&mut asked);
        sha256(&asked).to_vec()
    }

    /// Whether it is addressed to no more staff members than it may be.
    pub(in crate::domain) fn check_recipients(&self) -> Result<(), BeginError> {
        if self.to.len() > MAX_RECIPIENTS {
            return Err(BeginError::TooManyRecipients);
        }
        Ok(())
    }

    /// The staff members to whom it is addressed, its author among them. One statement.
    ///
    /// # Errors
    /// [`BeginError::Recipient`]; [`Denied::NotFound`] when one of them does not exist.
    pub(in crate::domain) async fn addressees(
        &self,
        tx: &DatabaseTransaction,
        author: StaffId,
        can_begin: &CanBegin,
    ) -> Result<Addressees, BeginError> {
        let mut to = self.to.clone();
        to.insert(author);
        let organization = can_begin.record().organization_id;
        policy::addressees(tx, organization, can_begin.patient(), &to)
            .await?
            .ok_or(BeginError::Recipient)
    }

    /// The conversation as it is to be stored.
    pub(in crate::domain) fn conversation(
        &self,
        core: &Core,
        author: StaffId,
        can_begin: &CanBegin,
        title: Title,
    ) -> conversation::Model {
        let now = core.clock.now();
        conversation::Model {
            organization_id: can_begin.record().organization_id,
            id: ConversationId(core.entropy.uuid(now)),
            kind: can_begin.kind(),
            patient_id: can_begin.patient(),
            title: Some(title),
            status: ConversationStatus::Open,
            case_status: None,
            // What the author was shown counts, whatever the clinic decides of later ones (SEC-5).
            replies: Some(can_begin.rules().replies),
            begun_by: Some(author),
            begun_key: Some(self.opening.idempotency_key().to_owned()),
            begun_digest: Some(self.digest()),
            last_author_kind: None,
            last_patient_channel: None,
            unanswered_since: None,
            answer_due_at: None,
            overdue_told_at: None,
            unattended_since: None,
            look_at: None,
            status_changed_by: None,
            status_changed_at: None,
            seq: 0,
            visible_seq: 0,
            activity_at: now,
            created_at: now,
        }
    }
}

/// A conversation that was begun.
#[derive(Clone, Debug)]
pub struct Begun {
    /// The conversation.
    pub conversation: ConversationId,
    /// Its first message.
    pub message: message::Model,
    /// Whether an earlier request with the same idempotency key had begun it.
    pub replayed: bool,
}

/// Why a conversation was not begun.
#[derive(Debug, thiserror::Error)]
pub enum BeginError {
    /// One of the staff members is no active clinician, or restricted from the patient.
    #[error("a recipient is no active clinician, or restricted from the patient")]
    Recipient,
    /// More than [`MAX_RECIPIENTS`].
    #[error("a message is addressed to at most {MAX_RECIPIENTS} staff members")]
    TooManyRecipients,
    /// Its first message cannot be stored.
    #[error(transparent)]
    Refused(#[from] SendError),
    /// Refused by policy, or the database failed.
    #[error(transparent)]
    Denied(#[from] Denied),
}

impl From<Fault> for BeginError {
    fn from(fault: Fault) -> Self {
        Self::Denied(fault.into())
    }
}

impl From<sea_orm::DbErr> for BeginError {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Denied(error.into())
    }
}

/// Begins a secure message: the conversation, its participants and its first message in one transaction. The same
/// idempotency key gives the same conversation again. Twelve statements and the commit, and four more each for a template
/// and for files.
///
/// # Errors
/// See [`BeginError`]; nothing is stored then.
pub async fn begin_secure_message(
    core: &Core,
    clinician: &AsClinician,
    new: NewSecureMessage,
) -> Result<Begun, BeginError> {
    new.check_recipients()?;
    let tx = core.store.begin().await?;
    if let Some(earlier) = earlier(&tx, clinician, &new).await? {
        return Ok(earlier);
    }
    let author = clinician.staff();
    let can_begin = may_begin(&tx, clinician.organization(), author, &new).await?;
    match store(core, &tx, author, &can_begin, &new).await {
        Ok((begun, newest)) => {
            tx.commit().await?;
            core.doorbell.ring(clinician.organization(), newest);
            Ok(begun)
        }
        // The same key at the same moment, perhaps on another node: what it stored is the answer.
        Err(StoreError::KeyTaken) => {
            tx.rollback().await?;
            let tx = core.store.begin().await?;
            let earlier = earlier(&tx, clinician, &new).await?;
            earlier.ok_or_else(|| SendError::KeyReused.into())
        }
        Err(StoreError::Begin(error)) => Err(error),
    }
}

/// Whether its author may begin it. One statement.
///
/// # Errors
/// [`Denied::NotFound`] when the patient does not exist for the author, and whatever else keeps it from being begun.
pub(in crate::domain) async fn may_begin(
    tx: &DatabaseTransaction,
    organization: OrganizationId,
    author: StaffId,
    new: &NewSecureMessage,
) -> Result<CanBegin, BeginError> {
    let kind = ConversationKind::SecureMessage;
    let from_template = new.opening.is_from_template();
    let author = (organization, author);
    match policy::can_begin(tx, author, new.patient, kind, from_template).await? {
        Ok(can_begin) => Ok(can_begin),
        Err(PostRefused::NotFound) => Err(Denied::NotFound.into()),
        Err(refused) => Err(SendError::from(refused).into()),
    }
}

/// Why nothing was stored.
pub(in crate::domain) enum StoreError {
    /// The key is that of a conversation that was begun before.
    KeyTaken,
    /// It cannot be begun.
    Begin(BeginError),
}

impl<E: Into<BeginError>> From<E> for StoreError {
    fn from(error: E) -> Self {
        Self::Begin(error.into())
    }
}

/// Stores the conversation, its participants and its first message, within a transaction; gives the newest position too.
pub(in crate::domain) async fn store(
    core: &Core,
    tx: &DatabaseTransaction,
    author: StaffId,
    can_begin: &CanBegin,
    new: &NewSecureMessage,
) -> Result<(Begun, Position), StoreError> {
    let (title, draft) = new.opening.words(tx, author, can_begin.record()).await?;
    let addressees = new.addressees(tx, author, can_begin).await?;
    let now = core.clock.now();
    let conversation = new.conversation(core, author, can_begin, title);
    let inserted = conversation.clone().into_active_model().insert(tx).await;
    if let Err(error) = inserted {
        return Err(if is_taken(&error) {
            StoreError::KeyTaken
        } else {
            error.into()
        });
    }
    participants::insert(tx, &conversation, author, now, addressees.ids()).await?;
    let id = conversation.id;
    let draft = draft.within(id);
    let can_post = can_begin.begun(conversation);
    let settings = can_begin.settings();
    let author = PersonId::Staff(author);
    let (message, newest) =
        messages::write_first(core, tx, now, settings, author, draft, &can_post).await?;
    let begun = Begun {
        conversation: id,
        message,
        replayed: false,
    };
    Ok((begun, newest))
}

/// What an earlier request with the same key has begun, if it asked for the same.
async fn earlier(
    tx: &DatabaseTransaction,
    clinician: &AsClinician,
    new: &NewSecureMessage,
) -> Result<Option<Begun>, BeginError> {
    let found = conversation::Entity::find()
        .filter(conversation::Column::OrganizationId.eq(clinician.organization()))
        .filter(conversation::Column::BegunBy.eq(clinician.staff()))
        .filter(conversation::Column::BegunKey.eq(new.opening.idempotency_key()))
        .one(tx)
        .await?;
    let Some(conversation) = found else {
        return Ok(None);
    };
    let viewer = Viewer::Staff(clinician.viewer().clone());
    read_conversation(tx, &viewer, conversation.id).await?;
    let first = message::Entity::find()
        .filter(message::Column::OrganizationId.eq(conversation.organization_id))
        .filter(message::Column::ConversationId.eq(conversation.id))
        .order_by_asc(message::Column::Seq)
        .one(tx)
        .await?
        .ok_or(Fault::Corrupt("first message"))?;
    if conversation.begun_digest.as_deref() != Some(new.digest().as_slice()) {
        return Err(SendError::KeyReused.into());
    }
    Ok(Some(Begun {
        conversation: conversation.id,
        message: first,
        replayed: true,
    }))
}
