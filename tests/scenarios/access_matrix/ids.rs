//! What does not exist for somebody: an id of another clinic, one that was never issued and one that cannot be one are
//! answered alike, to the byte.

use std::collections::BTreeMap;

use entity::{
    AttachmentId, ChartDocumentId, ConversationId, DevelopmentMessageId, GroupId, MessageId,
    MessageTemplateId, NotificationId, PatientId, ProgramId, QuarantinedTextId, ReminderId,
    ScheduledMessageId, SessionId, StaffId,
};
use harness::on_both_databases;
use harness::world::World;
use serde_json::Value;
use uuid::Uuid;

use super::actor::Actor;
use super::operation::Operation;
use super::rule::Outcome;
use super::stage::{Cell, Stages};
use super::{files, given, operations, queries, texts};

/// For each kind of id, one of another clinic.
type Foreign = BTreeMap<&'static str, String>;

fn foreign(
    stages: &Stages<'_>,
    dead_letter: NotificationId,
    session: SessionId,
    (template, reminder, scheduled): (MessageTemplateId, ReminderId, ScheduledMessageId),
) -> Foreign {
    let there = stages.elsewhere();
    BTreeMap::from([
        (StaffId::PREFIX, there.nora.to_public()),
        (PatientId::PREFIX, there.paul.to_public()),
        (ConversationId::PREFIX, there.chat.to_public()),
        (MessageId::PREFIX, there.message.to_public()),
        (ProgramId::PREFIX, there.program.to_public()),
        (GroupId::PREFIX, there.group.to_public()),
        (SessionId::PREFIX, session.to_public()),
        (NotificationId::PREFIX, dead_letter.to_public()),
        (MessageTemplateId::PREFIX, template.to_public()),
        (ReminderId::PREFIX, reminder.to_public()),
        (ScheduledMessageId::PREFIX, scheduled.to_public()),
    ])
}

/// The kind of a public id, if the text is one.
fn kind(text: &str) -> Option<&str> {
    let (kind, digits) = text.split_once('_')?;
    Uuid::try_parse(digits)
        .ok()
        .filter(|_| digits.len() == 32)
        .map(|_| kind)
}

/// The places of all ids in the variables.
fn places(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::String(text) if kind(text).is_some() => found.push(path.to_owned()),
        Value::Object(fields) => {
            fields
                .iter()
                .for_each(|(name, value)| places(value, &format!("{path}/{name}"), found));
        }
        Value::Array(elements) => {
            elements
                .iter()
                .enumerate()
                .for_each(|(at, value)| places(value, &format!("{path}/{at}"), found));
        }
        _ => {}
    }
}

/// Somebody for whom the operation is, so that nothing but the id stands in their way.
fn entitled(operation: &Operation) -> Option<Actor> {
    let candidates = [Actor::OnTeam, Actor::Administrator, Actor::RightPatient];
    candidates
        .into_iter()
        .find(|actor| operation.rule.outcome(*actor) == Outcome::Done)
}

on_both_databases! {
    async fn an_id_that_is_not_ones_own_looks_like_none(world: &World) {
        let stages = Stages::set(world).await;
        let there = stages.elsewhere();
        let session = there.clinic.session(entity::PersonId::Patient(there.paul)).await.session;
        let made = (
            given::template(there).await,
            given::reminder(there).await,
            given::scheduled_message(there).await,
        );
        let mut foreign = foreign(&stages, given::dead_letter(there).await, session, made);
        let upload = files::uploaded_by(there, entity::PersonId::Staff(there.nora)).await;
        foreign.insert(AttachmentId::PREFIX, upload.to_public());
        foreign.insert(ChartDocumentId::PREFIX, files::document(there).await.to_public());
        foreign.insert(QuarantinedTextId::PREFIX, texts::quarantined(there).await.to_public());
        foreign.insert(DevelopmentMessageId::PREFIX, texts::development(there).await.to_public());
        let mut asked = 0;
        for operation in operations().into_iter().chain(queries::narrowed()) {
            let Some(actor) = entitled(&operation) else { continue };
            let asker = stages.asker(actor).await;
            let cell = Cell::prepare(stages.usual(), operation.given, &asker).await;
            let variables = (operation.variables)(&cell);
            let mut found = Vec::new();
            places(&variables, "", &mut found);
            for place in found {
                let right = variables.pointer(&place).unwrap().as_str().unwrap().to_owned();
                let kind = kind(&right).unwrap();
                let never = format!("{kind}_{}", Uuid::now_v7().simple());
                let mut answers = Vec::new();
                for wrong in [foreign[kind].as_str(), &never, "no id at all", "", &format!("org_{}", Uuid::now_v7().simple())] {
                    let mut variables = variables.clone();
                    *variables.pointer_mut(&place).unwrap() = wrong.into();
                    let (token, _) = stages.asker(actor).await;
                    answers.push(stages.answer(&operation, variables, token.as_deref()).await);
                }
                for answer in &answers {
                    assert_eq!(answer, &answers[0], "{} {place}: the answers differ", operation.field);
                }
                let (data, errors) = &answers[0];
                assert_eq!(
                    Outcome::of(operation.field, data, errors), Outcome::Refused("NOT_FOUND".to_owned()),
                    "{} {place}", operation.field
                );
                asked += 1;
            }
        }
        assert!(asked > 30, "only {asked} ids were tried: the table does not name them any more");
    }
}
