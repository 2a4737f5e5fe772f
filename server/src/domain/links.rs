//! Links that are sent in notifications (NOT-4).
//!
//! A link's token is derived from its id and the server's secret, so that every attempt to deliver a notification sends
//! the same link and no token is stored: the table holds its hash. A token opens a page and names what it is for; it
//! signs nobody in.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    ConversationId, InvitationId, LinkId, NotificationPurpose, OrganizationId, PersonId, link,
};
use sea_orm::{ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _, Value};

use super::{
    core::Core,
    fault::Fault,
    secret::{KeyPurpose, Secret, sha256},
    store::{Sql, sql},
    viewer::Viewer,
};

/// How long a link is worth something.
pub const LIFETIME: TimeDelta = TimeDelta::days(14);

/// Bytes of a token: too many to guess, few enough for a text message.
const TOKEN_BYTES: usize = 16;
/// The most links that one sweep removes.
const SWEEP_LIMIT: i64 = 1000;

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewLink {
    /// Its id; the same id again renews the same link.
    pub id: LinkId,
    /// To whom it is sent. For anybody else it leads nowhere.
    pub person: PersonId,
    /// What kind of notification carries it.
    pub purpose: NotificationPurpose,
    /// The conversation that it leads to.
    pub conversation: Option<ConversationId>,
    /// The invitation that it leads to.
    pub invitation: Option<InvitationId>,
    /// From then on it is worth nothing.
    pub expires_at: DateTime<Utc>,
}

/// Stores a link and gives its token. A link with the same id is renewed: its token stays and it lasts longer.
/// One statement.
///
/// # Errors
/// Any failure of the database.
pub async fn create(
    core: &Core,
    connection: &impl ConnectionTrait,
    organization: OrganizationId,
    new: NewLink,
) -> Result<Secret, Fault> {
    create_all(core, connection, &[(organization, new)]).await?;
    Ok(token(core, new.id))
}

/// Stores links, of which no two have the same id, or renews them. One statement; none without links.
///
/// # Errors
/// Any failure of the database; none is stored then.
pub(crate) async fn create_all(
    core: &Core,
    connection: &impl ConnectionTrait,
    links: &[(OrganizationId, NewLink)],
) -> Result<(), Fault> {
    if links.is_empty() {
        return Ok(());
    }
    let now = core.clock.now();
    let mut insert = Sql::new(
        "insert into link (organization_id, id, token_hash, person_kind, person_id, purpose, conversation_id, invitation_id, \
         expires_at, created_at) values ",
    );
    insert
        .rows(links.iter().map(|(organization, new)| -> [Value; 10] {
            let hash = sha256(token(core, new.id).reveal().as_bytes());
            [
                (*organization).into(),
                new.id.into(),
                hash.to_vec().into(),
                new.person.kind().into(),
                new.person.uuid().into(),
                new.purpose.into(),
                new.conversation.into(),
                new.invitation.into(),
                new.expires_at.into(),
                now.into(),
            ]
        }))
        .push(" on conflict (organization_id, id) do update set expires_at = excluded.expires_at");
    connection.execute_raw(insert.on(connection)).await?;
    Ok(())
}

/// The token of a link: 128 bits of an HMAC of its id, as 22 characters that need no escaping in a URL.
#[must_use]
pub fn token(core: &Core, link: LinkId) -> Secret {
    let mac = core.secret.mac(KeyPurpose::Link, link.0.as_bytes());
    Secret::new(URL_SAFE_NO_PAD.encode(&mac[..TOKEN_BYTES]))
}

/// The link of a token, unless it has expired. One statement.
///
/// # Errors
/// Any failure of the database.
pub async fn find(core: &Core, token: &Secret) -> Result<Option<link::Model>, Fault> {
    let hash = sha256(token.reveal().as_bytes());
    Ok(link::Entity::find()
        .filter(link::Column::TokenHash.eq(hash.to_vec()))
        .filter(link::Column::ExpiresAt.gt(core.clock.now()))
        .one(core.store.reader())
        .await?)
}

/// The link of a token for the signed-in person to whom it was sent; for everybody else, and after its time, there is
/// none. One statement.
///
/// # Errors
/// Any failure of the database.
pub async fn follow(
    core: &Core,
    viewer: &Viewer,
    token: &Secret,
) -> Result<Option<link::Model>, Fault> {
    let link = find(core, token).await?;
    Ok(link.filter(|link| {
        link.organization_id == viewer.organization()
            && PersonId::from_columns(link.person_kind, link.person_id) == viewer.person()
    }))
}

/// What anybody who holds a token may know: the clinic's name, and nothing of the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signpost {
    /// The clinic's name.
    pub clinic_name: String,
    /// The clinic's short name, for signing in.
    pub clinic_slug: String,
    /// What it leads to.
    pub leads_to: LeadsTo,
}

/// What a link leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeadsTo {
    /// To signing in, and then to a conversation.
    Conversation,
    /// To an invitation into the portal.
    Invitation,
    /// To choosing a password.
    Password,
}

impl LeadsTo {
    fn of(link: &link::Model) -> Self {
        match link.purpose {
            NotificationPurpose::Invitation if link.invitation_id.is_some() => Self::Invitation,
            NotificationPurpose::Invitation | NotificationPurpose::PasswordReset => Self::Password,
            NotificationPurpose::NewPatientMessage
            | NotificationPurpose::UnreadReminder
            | NotificationPurpose::UrgentPatientMessage
            | NotificationPurpose::TextingChanged
            | NotificationPurpose::AttentionNeeded
            | NotificationPurpose::ScheduledMessageStopped
            | NotificationPurpose::CaseAssigned
            | NotificationPurpose::ReminderIncomplete
            | NotificationPurpose::TextNotDelivered
            | NotificationPurpose::CaseClosed
            | NotificationPurpose::NewClinicMessage
            | NotificationPurpose::SignInCode => Self::Conversation,
        }
    }
}

/// What the page of a link may say, without anybody being signed in. Two statements, whether or not the token is worth
/// something.
///
/// # Errors
/// Any failure of the database.
pub async fn signpost(core: &Core, token: &Secret) -> Result<Option<Signpost>, Fault> {
    let link = find(core, token).await?;
    let organization = link
        .as_ref()
        .map_or(OrganizationId(uuid::Uuid::nil()), |l| l.organization_id);
    let organization = entity::organization::Entity::find_by_id(organization)
        .one(core.store.reader())
        .await?;
    Ok(link.zip(organization).map(|(link, organization)| Signpost {
        clinic_name: organization.name,
        clinic_slug: organization.slug,
        leads_to: LeadsTo::of(&link),
    }))
}

/// Removes links that have expired before `before`, at most 1,000 of them; gives their number. One statement.
///
/// # Errors
/// Any failure of the database.
pub async fn sweep(core: &Core, before: DateTime<Utc>) -> Result<u64, Fault> {
    let connection = core.store.writer();
    let gone = connection
        .execute_raw(sql(
            connection,
            "delete from link where (organization_id, id) in \
             (select organization_id, id from link where expires_at < $1 order by expires_at limit $2)",
            [before.into(), SWEEP_LIMIT.into()],
        ))
        .await?;
    Ok(gone.rows_affected())
}
