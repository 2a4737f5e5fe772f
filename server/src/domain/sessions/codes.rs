//! One-time codes: six digits, sent to the address or number on file.

use chrono::TimeDelta;
use entity::{
    Channel, NotificationId, NotificationPurpose, NotificationStatus, OneTimeCodeId,
    OrganizationId, PatientId, PersonKind, one_time_code, patient,
};
use sea_orm::{ConnectionTrait as _, DatabaseTransaction};
use uuid::Uuid;

use super::{
    account::{self, slug},
    contact::Contact,
    sign_in::SignInError,
};
use crate::domain::{
    core::Core,
    fault::Fault,
    secret::{KeyPurpose, Secret, same},
    settings::Settings,
    source::Source,
    store::sql,
    throttle::{Door, Knock},
};

/// How long a code is worth something.
pub const CODE_LIFETIME: TimeDelta = TimeDelta::minutes(10);
/// How often a code can be tried.
pub const CODE_TRIES: i32 = 5;
/// How often in all, when the last tries come from where its holder has signed in before: strangers can use up the others.
pub(crate) const CODE_TRIES_IN_ALL: i32 = 2 * CODE_TRIES;

/// Somebody who asks for a code.
#[derive(Clone, Debug)]
pub struct CodeRequest {
    /// The clinic's short name.
    pub organization: String,
    /// An e-mail address or phone number in any spelling.
    pub contact: Secret,
    /// Where the request comes from.
    pub source: Source,
}

/// Sends a code to a patient, if one has this contact. The answer is the same if none has, and so are the statements
/// and what is flushed to the disk: the counters are written in the same transaction, so it never is an empty one. When
/// several patients share the contact, one code goes there, once. Eight statements and the commit.
///
/// # Errors
/// [`SignInError::TooMany`] and faults; never whether the contact is known.
pub async fn request_code(core: &Core, request: &CodeRequest) -> Result<(), SignInError> {
    let organization = slug(&request.organization);
    let clinic = clinic(core, &organization).await?;
    let contact = Contact::parse(request.contact.reveal(), &clinic.region);
    let tx = core.store.begin().await?;
    let knock = Knock {
        door: Door::Send,
        organization: &organization,
        contact: contact.key(),
        source: request.source,
    };
    if let Err(too_many) = knock.count(core, &tx).await? {
        tx.commit().await?;
        return Err(too_many.into());
    }
    let holders = account::holders(&tx, clinic.id, &contact).await?;
    let patient = holders
        .first()
        .map_or(Uuid::nil(), |holder| holder.person.uuid());
    store(core, &tx, clinic.id, PatientId(patient), &contact).await?;
    tx.commit().await?;
    Ok(())
}

/// Stores a code and the notification that carries it; neither, when there is no such patient. Two statements.
async fn store(
    core: &Core,
    tx: &DatabaseTransaction,
    organization: OrganizationId,
    patient: PatientId,
    contact: &Contact,
) -> Result<(), Fault> {
    let now = core.clock.now();
    let code = OneTimeCodeId(core.entropy.uuid(now));
    tx.execute_raw(sql(
        tx,
        "insert into one_time_code (organization_id, id, patient_id, contact_key, created_at, expires_at, attempts) \
         select p.organization_id, $3, p.id, $4, $5, $6, 0 from patient p where p.organization_id = $1 and p.id = $2",
        [
            organization.into(),
            patient.into(),
            code.into(),
            contact_key(core, organization, contact).into(),
            now.into(),
            (now + CODE_LIFETIME).into(),
        ],
    ))
    .await?;
    tx.execute_raw(sql(
        tx,
        "insert into notification (organization_id, id, purpose, recipient_kind, recipient_id, channel, patient_id, subject_id, \
         status, due_at, attempts, created_at) \
         select p.organization_id, $3, $4, $5, p.id, $6, p.id, $7, $8, $9, 0, $9 from patient p where p.organization_id = $1 and p.id = $2",
        [
            organization.into(),
            patient.into(),
            NotificationId(core.entropy.uuid(now)).into(),
            NotificationPurpose::SignInCode.into(),
            PersonKind::Patient.into(),
            contact.channel().into(),
            code.into(),
            NotificationStatus::Pending.into(),
            now.into(),
        ],
    ))
    .await?;
    Ok(())
}

/// The code itself, for the notification that carries it: derived from its id, so that it is stored nowhere and every
/// attempt to deliver it sends the same one.
#[must_use]
pub fn code_of(core: &Core, id: OneTimeCodeId) -> Secret {
    let mac = core.secret.mac(KeyPurpose::OneTimeCode, id.0.as_bytes());
    let (head, _) = mac.split_at(16);
    // Of 128 bits, what is left over by a million favours no code by more than one part in 10^32.
    let number = head
        .iter()
        .fold(0_u128, |n, byte| n << 8 | u128::from(*byte));
    Secret::new(format!("{:06}", number % 1_000_000))
}

/// Whether a code was asked for the address or number that a patient has on file now. Nobody may put their own there and
/// so get what was asked for another.
pub(crate) fn is_for(
    core: &Core,
    code: &one_time_code::Model,
    patient: &patient::Model,
    channel: Option<Channel>,
) -> bool {
    let contact = match channel {
        Some(Channel::Email) => patient
            .email_key
            .as_ref()
            .map(|key| Contact::Email(key.reveal().to_owned())),
        Some(Channel::Sms) => patient
            .phone
            .as_ref()
            .map(|number| Contact::Phone(number.reveal().to_owned())),
        Some(Channel::Portal) | None => None,
    };
    contact.is_some_and(|contact| {
        contact_key(core, code.organization_id, &contact) == code.contact_key
    })
}

/// Tries a code, which has so many tries: only the newest of the contact counts, and each try is taken before the code is compared. Gives the
/// code's id when it is the right one. One statement.
pub(crate) async fn try_code(
    core: &Core,
    organization: OrganizationId,
    contact: &Contact,
    given: &Secret,
    tries: i32,
) -> Result<Option<OneTimeCodeId>, Fault> {
    let connection = core.store.writer();
    let row = connection
        .query_one_raw(sql(
            connection,
            "update one_time_code set attempts = attempts + 1 where organization_id = $1 and id = \
             (select c.id from one_time_code c where c.organization_id = $1 and c.contact_key = $2 \
             order by c.created_at desc, c.id desc limit 1) \
             and used_at is null and expires_at > $3 and attempts < $4 returning id",
            [
                organization.into(),
                contact_key(core, organization, contact).into(),
                core.clock.now().into(),
                tries.into(),
            ],
        ))
        .await?;
    let id = row
        .map(|row| row.try_get::<OneTimeCodeId>("", "id"))
        .transpose()?;
    // Without a code, the code of no id is compared, so that both take as long.
    let expected = code_of(core, id.unwrap_or(OneTimeCodeId(Uuid::nil())));
    let digits: String = given
        .reveal()
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .take(16)
        .collect();
    let right = same(expected.reveal().as_bytes(), digits.as_bytes());
    Ok(id.filter(|_| right))
}

/// Uses a code up, if nobody has before. One statement.
pub(crate) async fn spend(
    core: &Core,
    tx: &DatabaseTransaction,
    organization: OrganizationId,
    code: OneTimeCodeId,
) -> Result<bool, Fault> {
    let spent = tx
        .execute_raw(sql(
            tx,
            "update one_time_code set used_at = $3 where organization_id = $1 and id = $2 and used_at is null",
            [
                organization.into(),
                code.into(),
                core.clock.now().into(),
            ],
        ))
        .await?;
    Ok(spent.rows_affected() == 1)
}

/// What signing in needs to know of an organization. One that does not exist has the nil id, which none has.
pub(crate) struct Clinic {
    pub(crate) id: OrganizationId,
    pub(crate) region: String,
}

/// The organization with this short name. One statement.
pub(crate) async fn clinic(core: &Core, slug: &str) -> Result<Clinic, Fault> {
    let connection = core.store.reader();
    let row = connection
        .query_one_raw(sql(
            connection,
            "select id, settings from organization where slug = $1",
            [slug.into()],
        ))
        .await?;
    match row {
        Some(row) => Ok(Clinic {
            id: row.try_get("", "id")?,
            region: Settings::from_stored(row.try_get("", "settings")?)?.default_region,
        }),
        None => Ok(Clinic {
            id: OrganizationId(Uuid::nil()),
            region: Settings::default().default_region,
        }),
    }
}

fn contact_key(core: &Core, organization: OrganizationId, contact: &Contact) -> Vec<u8> {
    let mut data = organization.0.as_bytes().to_vec();
    data.extend_from_slice(contact.key().as_bytes());
    core.secret.mac(KeyPurpose::Contact, &data).to_vec()
}
