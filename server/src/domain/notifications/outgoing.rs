//! What is handed to a mail server or gateway, made at the moment of sending.

use entity::{
    EmailAddress, LinkId, NotificationId, OrganizationId, PhoneNumber, notification, organization,
};
use sea_orm::EntityTrait as _;

use super::{
    address::NO_CONTACT,
    need::{Carried, recipient, still_needed},
    outbox::Skip,
    templates::{Notice, Rendered, wording},
};
use crate::domain::{
    core::Core,
    fault::Fault,
    links::{self, NewLink},
    people::values::NotificationChannel,
    secret::Secret,
};

/// Where the links of notifications lead: the server's public address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkBase(String);

impl LinkBase {
    /// Takes the address that was configured.
    #[must_use]
    pub fn new(url: &str) -> Self {
        Self(url.trim_end_matches('/').to_owned())
    }

    /// The address of a link's page. Whoever has it can open the page, so it is a secret.
    #[must_use]
    pub fn of_link(&self, token: &Secret) -> Secret {
        Secret::new(format!("{}/l/{}", self.0, token.reveal()))
    }
}

/// Where a notification goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// To an e-mail address.
    Email(EmailAddress),
    /// To a mobile phone.
    Sms(PhoneNumber),
}

impl Address {
    const fn channel(&self) -> NotificationChannel {
        match self {
            Self::Email(_) => NotificationChannel::Email,
            Self::Sms(_) => NotificationChannel::Sms,
        }
    }
}

/// A notification as it leaves: an address and words that hold a clinic's name and a link or code, and nothing else.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// The clinic that sends it.
    pub organization: OrganizationId,
    /// Its id: the same for every attempt.
    pub id: NotificationId,
    /// Where it goes.
    pub to: Address,
    /// What it says.
    pub content: Rendered,
}

/// What is to be done with a notification that is due.
#[derive(Clone, Debug)]
pub enum Prepared {
    /// It goes out.
    Send(Box<Outgoing>),
    /// It is not needed any more.
    Skip(Skip),
    /// It cannot go out; the class of the failure.
    Undeliverable(&'static str),
}

/// Reads whether a notification is still needed, and makes what is to be sent. At most nine statements.
///
/// # Errors
/// Any failure of the database, and stored data that this version cannot read.
pub async fn prepare(
    core: &Core,
    link_base: &LinkBase,
    row: &notification::Model,
) -> Result<Prepared, Fault> {
    let (Some(kind), Some(id), Some(channel)) = (row.recipient_kind, row.recipient_id, row.channel)
    else {
        return Err(Fault::Corrupt("notification without recipient"));
    };
    let connection = core.store.reader();
    let clinic = organization::Entity::find_by_id(row.organization_id)
        .one(connection)
        .await?
        .ok_or(Fault::Corrupt("organization row"))?;
    let Some(recipient) = recipient(core, row.organization_id, kind, id).await? else {
        return Ok(Prepared::Skip(Skip::OutOfReach));
    };
    let carried = match still_needed(core, &clinic, &recipient, row).await? {
        Ok(carried) => carried,
        Err(skip) => return Ok(Prepared::Skip(skip)),
    };
    let Some(to) = recipient.address(channel) else {
        return Ok(Prepared::Undeliverable(NO_CONTACT));
    };
    let wording = wording(
        connection,
        &clinic,
        row.purpose,
        to.channel(),
        recipient.language(),
    )
    .await?;
    let notice = match carried {
        Carried::Code(code) => Notice::with_code(&clinic, code),
        Carried::Link {
            invitation,
            expires_at,
        } => {
            let link = NewLink {
                id: LinkId(row.id.0),
                person: recipient.person(),
                purpose: row.purpose,
                conversation: row.conversation_id,
                invitation,
                expires_at,
            };
            let token = links::create(core, core.store.writer(), row.organization_id, link).await?;
            Notice::with_link(&clinic, link_base.of_link(&token))
        }
    };
    Ok(Prepared::Send(Box::new(Outgoing {
        organization: row.organization_id,
        id: row.id,
        to,
        content: wording.render(&notice),
    })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_stands_below_the_public_address() {
        let base = LinkBase::new("https://clinic.example:8443/tidings/");
        assert_eq!(
            base.of_link(&Secret::new("abc")).reveal(),
            "https://clinic.example:8443/tidings/l/abc"
        );
    }
}
