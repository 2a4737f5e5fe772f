//! Who may sign in under an address or number.
//!
//! Several people may share one: a mother and her children, or a nurse who is also a patient. They are never merged and
//! none is guessed: whoever proves to hold the contact or the password of several of them chooses one.

use entity::{OrganizationId, PasswordHash, PatientId, PersonId, PersonName};
use sea_orm::{ConnectionTrait, QueryResult, Value};
use uuid::Uuid;

use super::contact::Contact;
use crate::domain::{core::Core, fault::Fault, store::sql};

/// How many patients with one address may have passwords. The others sign in with codes.
const MAX_PATIENTS_WITH_PASSWORDS: u32 = 3;

/// How many passwords of one address are compared: those of the patients, and that of the one staff member who may have the
/// address too. It is also how many hashes every sign-in costs.
pub(crate) const MAX_CREDENTIALS: u32 = MAX_PATIENTS_WITH_PASSWORDS + 1;

/// A contact that more patients share, such as that of a care home, is nobody's own and signs nobody in.
const MAX_SHARERS: usize = 8;

/// A person who may sign in.
#[derive(Clone, Debug)]
pub struct Account {
    /// Who.
    pub person: PersonId,
    /// What people who share an address tell them apart by.
    pub name: PersonName,
}

/// An account with its password.
#[derive(Clone, Debug)]
pub(crate) struct Credential {
    pub(crate) organization: OrganizationId,
    pub(crate) account: Account,
    pub(crate) hash: PasswordHash,
}

/// The form of an organization's short name that is compared.
pub(crate) fn slug(typed: &str) -> String {
    typed.trim().to_lowercase()
}

/// The passwords that belong to an e-mail address, those of staff members first: active staff members, and patients who
/// are enrolled and let into the portal. One statement.
pub(crate) async fn credentials(
    core: &Core,
    organization: &str,
    email_key: &str,
    chosen: Option<PersonId>,
) -> Result<Vec<Credential>, Fault> {
    let connection = core.store.reader();
    let rows = connection
        .query_all_raw(sql(
            connection,
            "select o.id as organization_id, c.person_kind, c.person_id, s.name, c.password_hash from organization o \
             join staff_member s on s.organization_id = o.id and s.email_key = $2 and s.status = 'ACTIVE' \
             join credential c on c.organization_id = s.organization_id and c.person_kind = 'STAFF' and c.person_id = s.id \
             where o.slug = $1 and ($3 is null or c.person_id = $3) \
             union all \
             select o.id as organization_id, c.person_kind, c.person_id, p.name, c.password_hash from organization o \
             join patient p on p.organization_id = o.id and p.email_key = $2 and p.portal_allowed and p.enrolled_at is not null \
             join credential c on c.organization_id = p.organization_id and c.person_kind = 'PATIENT' and c.person_id = p.id \
             where o.slug = $1 and ($3 is null or c.person_id = $3) \
             order by person_kind desc, person_id limit $4",
            [
                organization.into(),
                email_key.into(),
                chosen_id(chosen),
                i64::from(MAX_CREDENTIALS).into(),
            ],
        ))
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Credential {
                organization: row.try_get("", "organization_id")?,
                account: Account {
                    person: person(row)?,
                    name: row.try_get("", "name")?,
                },
                hash: row.try_get("", "password_hash")?,
            })
        })
        .collect()
}

/// The patients who may sign in by a code sent to this contact. One statement.
pub(crate) async fn holders(
    connection: &impl ConnectionTrait,
    organization: OrganizationId,
    contact: &Contact,
) -> Result<Vec<Account>, Fault> {
    let rows = connection
        .query_all_raw(sql(
            connection,
            &format!(
                "select 'PATIENT' as person_kind, p.id as person_id, p.name from patient p where p.organization_id = $1 \
                 and p.{} = $2 and p.portal_allowed and p.enrolled_at is not null order by p.id limit $3",
                contact.patient_column()
            ),
            [
                organization.into(),
                contact.key().into(),
                (MAX_SHARERS as i64 + 1).into(),
            ],
        ))
        .await?;
    if rows.len() > MAX_SHARERS {
        return Ok(Vec::new());
    }
    rows.iter()
        .map(|row| {
            Ok(Account {
                person: person(row)?,
                name: row.try_get("", "name")?,
            })
        })
        .collect()
}

/// Whether a patient may have a password: one more than are compared would never be found right. One statement.
pub(crate) async fn has_room_for_password(
    connection: &impl ConnectionTrait,
    organization: OrganizationId,
    patient: PatientId,
) -> Result<bool, Fault> {
    let row = connection
        .query_one_raw(sql(
            connection,
            "select count(*) as others from patient me \
             join patient p on p.organization_id = me.organization_id and p.email_key = me.email_key and p.id <> me.id \
             join credential c on c.organization_id = p.organization_id and c.person_kind = 'PATIENT' and c.person_id = p.id \
             where me.organization_id = $1 and me.id = $2",
            [organization.into(), patient.into()],
        ))
        .await?
        .ok_or(Fault::Corrupt("count of passwords"))?;
    let others: i64 = row.try_get("", "others")?;
    Ok(others < i64::from(MAX_PATIENTS_WITH_PASSWORDS))
}

/// Whether a person is still let in. One statement.
pub(crate) async fn is_let_in(
    connection: &impl ConnectionTrait,
    organization: OrganizationId,
    person: PersonId,
) -> Result<bool, Fault> {
    let text = match person {
        PersonId::Staff(_) => {
            "select 1 from staff_member where organization_id = $1 and id = $2 and status = 'ACTIVE'"
        }
        PersonId::Patient(_) => {
            "select 1 from patient where organization_id = $1 and id = $2 and portal_allowed"
        }
    };
    let values = [organization.into(), person.uuid().into()];
    let row = connection
        .query_one_raw(sql(connection, text, values))
        .await?;
    Ok(row.is_some())
}

pub(crate) fn person(row: &QueryResult) -> Result<PersonId, Fault> {
    Ok(PersonId::from_columns(
        row.try_get("", "person_kind")?,
        row.try_get("", "person_id")?,
    ))
}

fn chosen_id(chosen: Option<PersonId>) -> Value {
    chosen
        .map(PersonId::uuid)
        .map_or_else(|| None::<Uuid>.into(), Into::into)
}
