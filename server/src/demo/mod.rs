//! The demonstration: a small clinic with people, conversations and known passwords, in a database of its own.

mod during;
pub(crate) mod marker;
mod retell;
mod seed;
mod story;
mod work;

use entity::{ConversationId, MessageId, OrganizationId, PatientId};
use sea_orm::{ConnectionTrait as _, DbErr};
use serde::Serialize;

use crate::domain::{
    core::Core,
    fault::Fault,
    store::{Store, sql},
};
pub use during::SeedError;
use marker::Mark;

/// Why there is no demonstration.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The database holds something else.
    #[error(
        "this database is not a demonstration's, and is left as it is: name an empty one with TIDINGS_DATABASE_URL or another folder with TIDINGS_DATA_DIR"
    )]
    Foreign,
    /// The database failed.
    #[error("the database failed: {0}")]
    Database(#[from] DbErr),
    /// The clinic could not be stored.
    #[error(transparent)]
    Seed(#[from] SeedError),
    /// The clinic could not be read.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// Somebody has changed what the pages need.
    #[error(
        "the demonstration's data is not complete: remove its folder or database to begin anew"
    )]
    Incomplete,
}

/// A demonstration that can be shown.
#[derive(Clone, Debug)]
pub struct Demonstration {
    /// The clinic.
    pub(crate) organization: OrganizationId,
    /// Who can be signed in on the try-it page.
    pub(crate) people: Vec<Person>,
}

/// Somebody who can be signed in on the try-it page, with what the examples need.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Person {
    pub(crate) label: &'static str,
    pub(crate) role: &'static str,
    pub(crate) about: &'static str,
    pub(crate) organization: &'static str,
    pub(crate) email: &'static str,
    pub(crate) password: &'static str,
    examples: &'static str,
    patient: String,
    conversation: String,
    message: String,
}

/// Makes sure that a database is a demonstration's or empty, and marks it. What an earlier attempt left unfinished is
/// removed.
pub(crate) async fn claim(store: &Store) -> Result<(), DemoError> {
    match marker::look(store).await? {
        Mark::Finished => {}
        Mark::Foreign => return Err(DemoError::Foreign),
        Mark::Empty => marker::begin(store).await?,
        Mark::Unfinished => {
            marker::clear(store).await?;
            marker::begin(store).await?;
        }
    }
    Ok(())
}

/// Tells the story unless that was done before. The database must be claimed and up to date.
pub(crate) async fn prepare(core: &Core) -> Result<Demonstration, DemoError> {
    if marker::look(&core.store).await? != Mark::Finished {
        seed::tell(core).await?;
        marker::finish(&core.store).await?;
    }
    find(core).await
}

/// Looks up what the pages need. One statement.
async fn find(core: &Core) -> Result<Demonstration, DemoError> {
    let connection = core.store.reader();
    let shown = story::patient_of_the_examples().email;
    let row = connection
        .query_one_raw(sql(
            connection,
            "select o.id, p.id, c.id, m.id from organization o \
             join patient p on p.organization_id = o.id and p.email_key = $2 \
             join conversation c on c.organization_id = o.id and c.patient_id = p.id and c.kind = 'CARE_TEAM_CHAT' \
             join message m on m.organization_id = o.id and m.conversation_id = c.id \
             where o.slug = $1 order by m.seq desc limit 1",
            [story::SLUG.into(), shown.into()],
        ))
        .await?
        .ok_or(DemoError::Incomplete)?;
    let organization: OrganizationId = row.try_get_by_index(0)?;
    let patient: PatientId = row.try_get_by_index(1)?;
    let conversation: ConversationId = row.try_get_by_index(2)?;
    let message: MessageId = row.try_get_by_index(3)?;
    let people = story::TABS
        .iter()
        .filter_map(|tab| {
            let account = story::account(tab.key)?;
            Some(Person {
                label: account.name,
                role: tab.role,
                about: tab.about,
                organization: story::SLUG,
                email: account.email,
                password: account.password,
                examples: tab.examples,
                patient: patient.to_public(),
                conversation: conversation.to_public(),
                message: message.to_public(),
            })
        })
        .collect();
    Ok(Demonstration {
        organization,
        people,
    })
}

impl Demonstration {
    /// The clinic's name.
    #[must_use]
    pub fn clinic(&self) -> &'static str {
        story::CLINIC
    }
}
