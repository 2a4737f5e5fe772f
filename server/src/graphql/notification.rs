//! Notifications as the API shows them: those that failed, those of the development outbox, and where their links lead.

use async_graphql::{
    Context, Description, Enum, ID, InputObject, Object, SimpleObject, connection::Connection,
};
use chrono::{DateTime, Utc};
use entity::{NotificationId, PersonId, development_message};

use super::{
    context::ContextExt as _,
    conversation::Conversation,
    conversation_queries,
    error::{ApiError, ApiResult},
    id::read_id,
    page::{List, Opaque, PageArguments, connection},
    staff_member::NotificationChannel,
};
use crate::domain::{links, notifications, policy, secret::Secret};

/// Whether the development outbox is in use, and so can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DevelopmentOutboxInUse(pub bool);

/// What a notification is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::NotificationPurpose")]
pub enum NotificationPurpose {
    /// Tells a staff member that a patient wrote.
    NewPatientMessage,
    /// Reminds a staff member of a patient's message that stayed unread.
    UnreadReminder,
    /// Tells a staff member that a patient wrote something urgent.
    UrgentPatientMessage,
    /// Tells a staff member that a patient's enrolment in texting changed.
    TextingChanged,
    /// Tells a staff member that something of a patient needs attention which nobody has given it.
    AttentionNeeded,
    /// Tells who set a message for a later time, or who stands in for them, that it has not left.
    ScheduledMessageStopped,
    /// Tells a staff member that a colleague has assigned a case to them.
    CaseAssigned,
    /// Tells who sent a reminder, or who stands in for them, that it has ended and not all who were to get it did.
    ReminderIncomplete,
    /// Tells who wrote a message, or who stands in for them, that it did not arrive as a text.
    TextNotDelivered,
    /// What a patient is answered by text who writes after the end of a case, and is shown in the portal.
    CaseClosed,
    /// Tells a patient that the clinic wrote.
    NewClinicMessage,
    /// Invites a person into the portal or the staff application.
    Invitation,
    /// Carries a one-time code for signing in.
    SignInCode,
    /// Carries a link for setting a new password.
    PasswordReset,
}

/// To whom a notification was to go.
#[derive(SimpleObject)]
pub struct Addressee {
    /// The id of the staff member or patient.
    id: ID,
    /// Their name.
    name: String,
}

/// A notification that failed for good: it was refused, there was nowhere to send it, or eight attempts within 28 hours
/// failed.
#[derive(Description)]
pub struct DeadLetter(notifications::DeadLetter);

#[Object(use_type_description)]
impl DeadLetter {
    /// The id, for trying again.
    async fn id(&self) -> ID {
        ID(self.0.id.to_public())
    }

    /// What it was for.
    async fn purpose(&self) -> NotificationPurpose {
        self.0.purpose.into()
    }

    /// How it was to travel; null when no way was found.
    async fn channel(&self) -> Option<NotificationChannel> {
        self.0.channel.and_then(NotificationChannel::of)
    }

    /// To whom it was to go; null when that was not settled, and for a patient whom the viewer may not see.
    async fn addressee(&self) -> Option<Addressee> {
        let addressee = self.0.addressee.as_ref()?;
        let id = match addressee.person {
            PersonId::Staff(id) => id.to_public(),
            PersonId::Patient(id) => id.to_public(),
        };
        Some(Addressee {
            id: ID(id),
            name: addressee.name.reveal().to_owned(),
        })
    }

    /// How often it was tried.
    async fn attempts(&self) -> i32 {
        self.0.attempts
    }

    /// The class of the last failure, such as `smtp 550 5.1.1`, `smtp connection` or `no_contact`. It holds no personal
    /// data.
    async fn reason(&self) -> &str {
        &self.0.reason
    }

    /// When the notification was stored.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it was given up.
    async fn failed_at(&self) -> DateTime<Utc> {
        self.0.failed_at
    }
}

/// An e-mail or text message that would have been sent.
#[derive(Description)]
pub struct DevelopmentMessage(development_message::Model);

#[Object(use_type_description)]
impl DevelopmentMessage {
    /// The id.
    async fn id(&self) -> ID {
        ID(self.0.id.to_public())
    }

    /// How it would have travelled.
    async fn channel(&self) -> Option<NotificationChannel> {
        NotificationChannel::of(self.0.channel)
    }

    /// The e-mail address or phone number.
    async fn recipient(&self) -> &str {
        self.0.recipient.reveal()
    }

    /// The subject of an e-mail; null for a text message.
    async fn subject(&self) -> Option<&str> {
        self.0.subject.as_deref()
    }

    /// The plain text, with the link or code.
    async fn text(&self) -> &str {
        self.0.text.reveal()
    }

    /// The HTML part of an e-mail; null for a text message.
    async fn html(&self) -> Option<&str> {
        self.0.html.as_ref().map(|html| html.reveal())
    }

    /// When it would have been sent.
    async fn sent_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }
}

/// Where the link of a notification leads.
#[derive(SimpleObject)]
pub struct LinkTarget {
    /// What the notification was for.
    purpose: NotificationPurpose,
    /// The conversation to open; null for a link that leads elsewhere.
    conversation: Option<Conversation>,
}

/// Queries about notifications.
#[derive(Default)]
pub struct NotificationQuery;

#[Object]
impl NotificationQuery {
    /// Notifications that failed for good, the newest first. For administrators.
    async fn dead_letters(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the beginning, at most 100. 25 by default.")] first: Option<
            i32,
        >,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> ApiResult<Connection<Opaque, DeadLetter>> {
        let administrator = policy::administrator(&*ctx.viewer().await?)?;
        let list = List {
            name: "dead letters",
            owner: administrator.organization().0,
        };
        let slice = PageArguments::new(first, after, last, before).slice(list)?;
        let page = notifications::dead_letters(ctx.core(), &administrator, &slice).await?;
        Ok(connection(list, page, |letter| letter.id.0, DeadLetter))
    }

    /// What would have been sent by e-mail and text message, the newest first; the server keeps the newest 1,000 for a week. For
    /// administrators, and only where the server uses the development outbox.
    async fn development_outbox(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the beginning, at most 100. 25 by default.")] first: Option<
            i32,
        >,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> ApiResult<Connection<Opaque, DevelopmentMessage>> {
        let administrator = policy::administrator(&*ctx.viewer().await?)?;
        if *ctx.data_unchecked::<DevelopmentOutboxInUse>() == DevelopmentOutboxInUse(false) {
            return Err(ApiError::Forbidden(
                "This server does not use the development outbox.".to_owned(),
            ));
        }
        let list = List {
            name: "development outbox",
            owner: administrator.organization().0,
        };
        let slice = PageArguments::new(first, after, last, before).slice(list)?;
        let page = notifications::development_outbox(ctx.core(), &administrator, &slice).await?;
        Ok(connection(
            list,
            page,
            |message| message.id.0,
            DevelopmentMessage,
        ))
    }

    /// Where a link leads that was sent to the viewer. `NOT_FOUND` for everybody else, and when it has expired. A link never
    /// signs anybody in.
    async fn link(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The last part of the link's address.")] token: String,
    ) -> ApiResult<LinkTarget> {
        let viewer = ctx.viewer().await?;
        let link = links::follow(ctx.core(), &viewer, &Secret::new(token))
            .await?
            .ok_or(ApiError::NotFound)?;
        let conversation = match link.conversation_id {
            Some(id) => Some(conversation_queries::open(ctx.core(), &viewer, id).await?),
            None => None,
        };
        Ok(LinkTarget {
            purpose: link.purpose.into(),
            conversation,
        })
    }
}

/// A dead letter to try again.
#[derive(InputObject)]
pub struct RetryDeadLetterInput {
    /// The dead letter's id.
    id: ID,
}

/// An answer without content.
#[derive(SimpleObject)]
pub struct RetryDeadLetterPayload {
    /// Always true: the notification waits in the outbox again, with all its attempts before it.
    accepted: bool,
}

/// Changes to notifications.
#[derive(Default)]
pub struct NotificationMutation;

#[Object]
impl NotificationMutation {
    /// Puts a dead letter back into the outbox, to be sent at once and to the address that is on file by now. It is skipped
    /// if it is not needed any more. For administrators.
    async fn retry_dead_letter(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] input: RetryDeadLetterInput,
    ) -> ApiResult<RetryDeadLetterPayload> {
        let administrator = policy::administrator(&*ctx.viewer().await?)?;
        let id = read_id(NotificationId::from_public, &input.id)?;
        notifications::retry_dead_letter(ctx.core(), &administrator, id).await?;
        Ok(RetryDeadLetterPayload { accepted: true })
    }
}
