//! `tidings create-organization`.

use std::io::{self, Write as _};

use clap::Args;
use entity::{LinkId, NotificationPurpose, PersonId, Roles};

use super::Failure;
use crate::{
    app::{self, Surroundings},
    config::{Config, PublicUrl},
    domain::{
        links::{self, LIFETIME, NewLink},
        notifications::LinkBase,
        organizations::{self, Founding, FoundingError, NewOrganization},
        people::{staff::NewStaffMember, values::Wrong},
        settings::Settings,
    },
};

/// An organization to add.
#[derive(Args)]
pub(super) struct NewClinic {
    /// What patients read in notifications
    #[arg(long)]
    name: String,
    /// The short name that people type when they sign in, such as `riverside`
    #[arg(long)]
    slug: String,
    /// The e-mail address of the first administrator
    #[arg(long, value_name = "ADDRESS")]
    admin_email: String,
    /// The name of the first administrator
    #[arg(long, value_name = "NAME", default_value = "Administrator")]
    admin_name: String,
    /// Whether the first administrator also writes to patients
    #[arg(long)]
    admin_is_clinician: bool,
    /// Where the organization is, such as `America/New_York`
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    time_zone: String,
    /// The language that stands in when a person's own has no text, such as `en`
    #[arg(long, default_value = "en")]
    language: String,
}

/// Founds the organization. Nobody's password is ever typed here: its administrator opens a link and chooses one.
pub(super) async fn create(config: &Config, new: NewClinic) -> Result<(), Failure> {
    let core = app::open(config, &Surroundings::default()).await?;
    let mut roles = Roles::ADMINISTRATOR;
    if new.admin_is_clinician {
        roles = roles.with(Roles::CLINICIAN);
    }
    let organization = NewOrganization {
        name: new.name,
        slug: new.slug,
        time_zone: new.time_zone,
        default_language: new.language,
        settings: Settings::default(),
        administrator: NewStaffMember {
            name: new.admin_name,
            profession: "Administrator".to_owned(),
            email: new.admin_email,
            phone: None,
            roles,
            language: None,
        },
    };
    let founded = organizations::found(&core, &Founding::by_operator(), organization)
        .await
        .map_err(|error| match error {
            FoundingError::Invalid(wrong) => Failure::Wrong(as_typed(wrong)),
            FoundingError::Fault(fault) => Failure::Fault(fault),
        })?;
    let now = core.clock.now();
    let link = NewLink {
        id: LinkId(core.entropy.uuid(now)),
        person: PersonId::Staff(founded.administrator.id),
        purpose: NotificationPurpose::Invitation,
        conversation: None,
        invitation: None,
        expires_at: now + LIFETIME,
    };
    let token = links::create(&core, core.store.writer(), founded.organization.id, link).await?;
    core.store.close().await;
    let public_url = config
        .public_url
        .clone()
        .unwrap_or_else(|| PublicUrl::of(config.listen));
    let link = LinkBase::new(public_url.as_str()).of_link(&token);
    writeln!(
        io::stdout(),
        "The organization `{}` is there. Its administrator chooses a password, once and within {} days, at\n{}",
        founded.organization.slug,
        LIFETIME.num_days(),
        link.reveal()
    )?;
    Ok(())
}

/// Names what is wrong as it was typed, where it was.
fn as_typed(wrong: Vec<Wrong>) -> Vec<Wrong> {
    let option = |field| match field {
        "name" => "--name",
        "slug" => "--slug",
        "timeZone" => "--time-zone",
        "defaultLanguage" => "--language",
        "administrator.name" => "--admin-name",
        "administrator.email" => "--admin-email",
        other => other,
    };
    wrong
        .into_iter()
        .map(|wrong| Wrong {
            field: option(wrong.field),
            ..wrong
        })
        .collect()
}
