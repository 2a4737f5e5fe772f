//! Fetching anything by its id, for Relay.

use std::sync::Arc;

use async_graphql::{Context, ID, Interface, Object};
use entity::{
    ConversationId, GroupId, MessageId, MessageTemplateId, OrganizationId, PatientId, ProgramId,
    StaffId,
};

use super::{
    context::ContextExt as _,
    conversation::Conversation,
    conversation_queries,
    error::{ApiError, ApiResult},
    group::Group,
    message::Message,
    message_template::MessageTemplate,
    organization::Organization,
    patient::Patient,
    program::Program,
    staff_member::StaffMember,
};
use crate::domain::{
    groups, messages, organizations, people::access, policy, programs, templates, viewer::Viewer,
};

/// Anything that has an id.
#[derive(Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "The id, unique among everything."))]
pub enum Node {
    /// A clinic.
    Organization(Organization),
    /// A staff member.
    StaffMember(StaffMember),
    /// A patient.
    Patient(Patient),
    /// A care program.
    Program(Program),
    /// A group.
    Group(Group),
    /// A conversation.
    Conversation(Box<Conversation>),
    /// A message or internal note.
    Message(Message),
    /// A message template.
    MessageTemplate(MessageTemplate),
}

/// Fetching by id.
#[derive(Default)]
pub struct NodeQuery;

#[Object]
impl NodeQuery {
    /// Anything by its id, as far as the viewer may see it; otherwise an error with the code `NOT_FOUND`.
    async fn node(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id.")] id: ID,
    ) -> ApiResult<Option<Node>> {
        let viewer = ctx.viewer().await?;
        let core = ctx.core();
        let reader = core.store.reader();
        let text = id.as_str();
        if let Some(id) = PatientId::from_public(text) {
            let patient = policy::open_patient(reader, &viewer, id)
                .await?
                .into_patient();
            return Ok(Some(Node::Patient(patient.into())));
        }
        if let Some(id) = ConversationId::from_public(text) {
            let conversation = conversation_queries::open(core, &viewer, id).await?;
            return Ok(Some(Node::Conversation(Box::new(conversation))));
        }
        if let Some(id) = MessageId::from_public(text) {
            let message = messages::open(reader, &viewer, id).await?;
            return Ok(Some(Node::Message(Message(Arc::new(message)))));
        }
        if let Some(id) = OrganizationId::from_public(text) {
            if id != viewer.organization() {
                return Err(ApiError::NotFound);
            }
            let organization = organizations::of(reader, id).await?;
            return Ok(Some(Node::Organization(organization.try_into()?)));
        }
        of_staff(ctx, &viewer, text).await.map(Some)
    }
}

/// What exists for staff only.
async fn of_staff(ctx: &Context<'_>, viewer: &Viewer, text: &str) -> ApiResult<Node> {
    let reader = ctx.core().store.reader();
    let Ok(staff) = policy::staff(viewer) else {
        return Err(ApiError::NotFound);
    };
    if let Some(id) = StaffId::from_public(text) {
        let member = access::open_staff_member(reader, &staff, id).await?;
        return Ok(Node::StaffMember(member.into()));
    }
    if let Some(id) = ProgramId::from_public(text) {
        return Ok(Node::Program(Program(
            programs::open(reader, &staff, id).await?,
        )));
    }
    if let Some(id) = MessageTemplateId::from_public(text) {
        let template = templates::open(reader, &staff, id).await?;
        return Ok(Node::MessageTemplate(MessageTemplate(Arc::new(template))));
    }
    let id = GroupId::from_public(text).ok_or(ApiError::NotFound)?;
    Ok(Node::Group(Group(groups::open(reader, &staff, id).await?)))
}
