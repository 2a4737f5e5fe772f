//! What the schema says of its pages: the library's own types have no place for it.

use async_graphql::{
    ObjectType, SchemaBuilder, SubscriptionType,
    connection::{Connection, EmptyFields},
};

use super::{
    answers::UnattendedConversation,
    case_queries::Cases,
    chart_document::ChartDocument,
    consent::ConsentWording,
    conversation::Conversation,
    file_download::FileDownload,
    group::Group,
    inbox::{InboxFields, InboxName},
    message::Message,
    message_template::{MessageTemplate, MessageTemplateText},
    notification::{DeadLetter, DevelopmentMessage},
    notification_template_change::NotificationTemplateChange,
    page::Opaque,
    patient::Patient,
    program::Program,
    quarantine::QuarantinedText,
    reminder::{Reminder, ReminderRecipient},
    reminder_review::SkippedPatient,
    scheduled::ScheduledMessage,
    staff_member::StaffMember,
};

type Page<T> = Connection<Opaque, T>;
type Inbox = Connection<Opaque, Conversation, InboxFields, EmptyFields, InboxName>;

/// Describes every page of the schema.
pub fn describe<Q, M, S>(builder: SchemaBuilder<Q, M, S>) -> SchemaBuilder<Q, M, S>
where
    Q: ObjectType + 'static,
    M: ObjectType + 'static,
    S: SubscriptionType + 'static,
{
    builder
        .override_output_type_description::<Inbox>(
            "A page of the inbox, the newest conversations first, with what is new in all of it.",
        )
        .override_output_type_description::<Cases>("A page of cases.")
        .override_output_type_description::<Page<ChartDocument>>(
            "A page of files of a patient's chart.",
        )
        .override_output_type_description::<Page<ConsentWording>>(
            "A page of the wordings of the consent.",
        )
        .override_output_type_description::<Page<Conversation>>("A page of conversations.")
        .override_output_type_description::<Page<DeadLetter>>(
            "A page of notifications that could not be delivered.",
        )
        .override_output_type_description::<Page<DevelopmentMessage>>(
            "A page of what would have been sent.",
        )
        .override_output_type_description::<Page<FileDownload>>(
            "A page of downloads of files, the newest first.",
        )
        .override_output_type_description::<Page<Group>>("A page of groups.")
        .override_output_type_description::<Page<Message>>("A page of messages.")
        .override_output_type_description::<Page<MessageTemplate>>("A page of message templates.")
        .override_output_type_description::<Page<MessageTemplateText>>(
            "A page of the versions of a message template.",
        )
        .override_output_type_description::<Page<NotificationTemplateChange>>(
            "A page of the changes of notification texts.",
        )
        .override_output_type_description::<Page<Patient>>("A page of patients.")
        .override_output_type_description::<Page<Program>>("A page of programs.")
        .override_output_type_description::<Page<UnattendedConversation>>(
            "A page of conversations that nobody listens to.",
        )
        .override_output_type_description::<Page<QuarantinedText>>(
            "A page of texts that could not be placed.",
        )
        .override_output_type_description::<Page<Reminder>>("A page of reminders.")
        .override_output_type_description::<Page<ReminderRecipient>>(
            "A page of those who got a reminder, or will.",
        )
        .override_output_type_description::<Page<ScheduledMessage>>(
            "A page of messages that leave later.",
        )
        .override_output_type_description::<Page<SkippedPatient>>(
            "A page of patients who will not get a reminder.",
        )
        .override_output_type_description::<Page<StaffMember>>("A page of staff members.")
}
