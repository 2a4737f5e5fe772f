//! Opening a case: by the patient in the portal, by staff, or by another system that signs in as a staff member.

use entity::{
    CaseSource, CaseStatus, ConversationId, EventKind, OrganizationId, PersonId, contact_request,
    conversation,
};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _,
    QueryFilter as _,
};

use super::{
    NewContactRequest, OpenError,
    history::{Moved, keep},
    request::{checked, conversation, follows, row},
    search::write_words,
    target, tell,
};
use crate::domain::{
    conversations::take_part,
    core::Core,
    event_log::Change,
    messages::{self, SendError},
    people::values::is_taken,
    policy::{AsClinician, AsPatient, Denied, PostRefused, can_open_case},
};

/// A case that was opened.
#[derive(Clone, Copy, Debug)]
pub struct Opened {
    /// Its conversation.
    pub case: ConversationId,
    /// Whether an earlier request with the same idempotency key had opened it.
    pub replayed: bool,
}

/// Opens a case of the patient's own, in the portal. At most fifteen statements.
///
/// # Errors
/// See [`OpenError`]; nothing is stored then.
pub async fn open(
    core: &Core,
    patient: &AsPatient,
    new: NewContactRequest,
) -> Result<Opened, OpenError> {
    let opener = PersonId::Patient(patient.patient());
    once(core, patient.organization(), opener, &new).await
}

/// Opens a case about a patient, as a staff member or as a system that signs in as one. At most sixteen statements.
///
/// # Errors
/// See [`OpenError`]; nothing is stored then.
pub async fn create(
    core: &Core,
    clinician: &AsClinician,
    new: NewContactRequest,
) -> Result<Opened, OpenError> {
    let opener = PersonId::Staff(clinician.staff());
    if new.source == CaseSource::Portal {
        return Err(OpenError::OwnRequest);
    }
    once(core, clinician.organization(), opener, &new).await
}

async fn once(
    core: &Core,
    organization: OrganizationId,
    opener: PersonId,
    new: &NewContactRequest,
) -> Result<Opened, OpenError> {
    match store(core, organization, opener, new).await {
        // The same key at the same moment, perhaps on another node: what it stored is the answer.
        Ok(None) => {
            let change = Change::begin(core, organization).await?;
            let earlier = earlier(&change, opener, new).await?;
            earlier.ok_or_else(|| SendError::KeyReused.into())
        }
        Ok(Some(opened)) => Ok(opened),
        Err(error) => Err(error),
    }
}

/// What an earlier request with the same key has opened, if it asked for the same. Who repeats a request gets what it opened,
/// whatever has changed since. One statement.
async fn earlier(
    change: &Change,
    opener: PersonId,
    new: &NewContactRequest,
) -> Result<Option<Opened>, OpenError> {
    use contact_request::Column;
    let found = contact_request::Entity::find()
        .filter(Column::OrganizationId.eq(change.organization()))
        .filter(Column::OpenedById.eq(opener.uuid()))
        .filter(Column::IdempotencyKey.eq(new.idempotency_key.as_str()))
        .one(change.tx())
        .await?;
    match found {
        None => Ok(None),
        Some(case) if case.digest == new.digest() => Ok(Some(Opened {
            case: case.conversation_id,
            replayed: true,
        })),
        Some(_) => Err(SendError::KeyReused.into()),
    }
}

/// Nothing when another request has taken the key meanwhile.
async fn store(
    core: &Core,
    organization: OrganizationId,
    opener: PersonId,
    new: &NewContactRequest,
) -> Result<Option<Opened>, OpenError> {
    let mut change = Change::begin(core, organization).await?;
    // Whoever repeats a request gets what it opened, whatever may be opened by now and whomever they reach.
    if let Some(earlier) = earlier(&change, opener, new).await? {
        return Ok(Some(earlier));
    }
    let can_open = match can_open_case(change.tx(), organization, opener, new.patient).await? {
        Ok(can_open) => can_open,
        Err(PostRefused::NotFound) => return Err(Denied::NotFound.into()),
        Err(refused) => return Err(SendError::from(refused).into()),
    };
    let (author, draft, number) = checked(opener, new, &can_open)?;
    let due_at = target::due(
        can_open.settings(),
        can_open.zone(),
        change.now,
        new.priority,
    )?;
    let conversation = conversation::Model {
        look_at: due_at,
        ..conversation(core, &change, opener, &can_open)
    };
    let case = conversation.id;
    conversation
        .clone()
        .into_active_model()
        .insert(change.tx())
        .await?;
    let row = row(&change, opener, new, (number, due_at), &conversation);
    match row.into_active_model().insert(change.tx()).await {
        Ok(_) => {}
        Err(error) if is_taken(&error) => return Ok(None),
        Err(error) => return Err(error.into()),
    }
    write_words(change.tx(), organization, case, &new.reason).await?;
    keep(&change, case, opener, &Moved::Status(None, CaseStatus::New)).await?;
    if let Some(staff) = follows(opener, new.source) {
        take_part(change.tx(), organization, change.now, &[(case, staff)]).await?;
    }
    let (settings, patient) = (can_open.settings(), new.patient);
    // What the patient wrote alerts by itself; what staff wrote down alerts nobody.
    tell::changed(
        &mut change,
        EventKind::CaseChanged,
        settings,
        (case, patient),
        Some(opener),
        tell::nobody,
    )
    .await?;
    let can_post = can_open.begun(conversation);
    let (tx, now) = (change.tx(), change.now);
    let first = messages::write_first(
        core,
        tx,
        now,
        settings,
        author,
        draft.within(case),
        &can_post,
    );
    let (_, newest) = first.await?;
    change.stored(Some(newest));
    change.commit().await?;
    Ok(Some(Opened {
        case,
        replayed: false,
    }))
}
