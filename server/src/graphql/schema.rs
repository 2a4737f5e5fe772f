//! The roots of the schema, merged from one part for each noun.

use async_graphql::{MergedObject, Object, Schema, SchemaBuilder};

use super::{
    answers::{AnswerMutation, AnswerQuery},
    case_changes::CaseMutation,
    case_queries::CaseQuery,
    chart_document::{ChartDocumentMutation, ChartDocumentQuery},
    consent::{ConsentMutation, ConsentQuery},
    contact_request::ContactRequestMutation,
    conversation_changes::ConversationMutation,
    conversation_queries::ConversationQuery,
    file_download::FileDownloadQuery,
    group::{GroupMutation, GroupQuery},
    inbox::InboxQuery,
    invitation::{InvitationMutation, InvitationQuery},
    live::Subscription,
    loaders::PeopleLoader,
    message_pages::PageLoader,
    message_template_changes::MessageTemplateMutation,
    message_template_queries::MessageTemplateQuery,
    node::NodeQuery,
    notification::{DevelopmentOutboxInUse, NotificationMutation, NotificationQuery},
    notification_template::{NotificationTemplateMutation, NotificationTemplateQuery},
    notification_template_change::NotificationTemplateChangeQuery,
    organization::OrganizationQuery,
    pages,
    panel::PanelMutation,
    password::PasswordMutation,
    patient_changes::PatientMutation,
    patient_queries::PatientQuery,
    program::{ProgramMutation, ProgramQuery},
    quarantine::{QuarantineMutation, QuarantineQuery},
    reading::ReadingMutation,
    reminder_changes::ReminderMutation,
    reminder_queries::ReminderQuery,
    scheduled::ScheduledMessageQuery,
    scheduled_beginning::ScheduledBeginningMutation,
    scheduled_changes::ScheduledMessageMutation,
    scheduled_stopped::StoppedMessageQuery,
    secure_message::SecureMessageMutation,
    sending::SendingMutation,
    session::{SessionMutation, SessionQuery},
    settings::SettingsMutation,
    sign_in::SignInMutation,
    staff_changes::StaffMutation,
    staff_member::StaffQuery,
    text::TextQuery,
    text_gateway::{TextGatewayMutation, TextGatewayQuery, TextSite},
    texting::TextingMutation,
    upload::{UploadMutation, UploadQuery},
};
use crate::{domain::core::Core, realtime::Realtime};

/// What can be asked.
#[derive(MergedObject, Default)]
pub struct Query(
    ServerQuery,
    ConversationQuery,
    InboxQuery,
    CaseQuery,
    NodeQuery,
    OrganizationQuery,
    StaffQuery,
    PatientQuery,
    ProgramQuery,
    GroupQuery,
    SessionQuery,
    InvitationQuery,
    ConsentQuery,
    NotificationQuery,
    NotificationTemplateQuery,
    NotificationTemplateChangeQuery,
    MessageTemplateQuery,
    ReminderQuery,
    ScheduledMessageQuery,
    StoppedMessageQuery,
    UploadQuery,
    ChartDocumentQuery,
    FileDownloadQuery,
    TextQuery,
    TextGatewayQuery,
    QuarantineQuery,
    AnswerQuery,
);

/// What can be done.
#[derive(MergedObject, Default)]
pub struct Mutation(
    SendingMutation,
    ReadingMutation,
    AnswerMutation,
    SecureMessageMutation,
    ConversationMutation,
    ContactRequestMutation,
    CaseMutation,
    SettingsMutation,
    StaffMutation,
    PatientMutation,
    PanelMutation,
    TextingMutation,
    ProgramMutation,
    GroupMutation,
    SignInMutation,
    SessionMutation,
    PasswordMutation,
    InvitationMutation,
    ConsentMutation,
    NotificationMutation,
    NotificationTemplateMutation,
    MessageTemplateMutation,
    ReminderMutation,
    ScheduledBeginningMutation,
    ScheduledMessageMutation,
    UploadMutation,
    ChartDocumentMutation,
    TextGatewayMutation,
    QuarantineMutation,
);

/// The schema of Tidings.
pub type Tidings = Schema<Query, Mutation, Subscription>;

/// The schema without its surroundings, for printing it.
pub fn builder() -> SchemaBuilder<Query, Mutation, Subscription> {
    pages::describe(Schema::build(
        Query::default(),
        Mutation::default(),
        Subscription::default(),
    ))
}

/// The schema with what resolvers need.
pub fn schema(
    core: Core,
    realtime: Realtime,
    development_outbox: DevelopmentOutboxInUse,
    texts: TextSite,
) -> Tidings {
    builder()
        .data(PageLoader::new(core.clone()))
        .data(PeopleLoader::new(core.clone()))
        .data(core)
        .data(realtime)
        .data(development_outbox)
        .data(texts)
        .finish()
}

/// Facts about the server.
#[derive(Default)]
pub struct ServerQuery;

#[Object]
impl ServerQuery {
    /// The version of Tidings that answers.
    async fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }
}
