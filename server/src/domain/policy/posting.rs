//! Who may write in a conversation, decided in the transaction that writes.

use entity::{
    ConversationId, MessageKind, OrganizationId, PersonId, Roles, StaffStatus, conversation,
    message,
};
use sea_orm::{
    ConnectionTrait as _, DatabaseTransaction, DbBackend, FromQueryResult as _, QueryResult, Value,
};

use super::{Denied, conversations::patient_may_chat, hidden_by_restriction};
use crate::domain::{
    fault::Fault,
    settings::{AccessPolicy, Settings},
    store::Sql,
};

/// What somebody wants to write.
#[derive(Clone, Debug)]
pub(crate) struct Intent {
    pub(crate) author: PersonId,
    pub(crate) conversation: ConversationId,
    pub(crate) kind: MessageKind,
    pub(crate) idempotency_key: String,
}

/// The right to write one message in one conversation, found within the transaction that writes it.
#[derive(Clone, Debug)]
pub(crate) struct CanPost {
    conversation: conversation::Model,
    earlier: Option<message::Model>,
}

impl CanPost {
    /// The conversation as it is under the transaction's lock.
    pub(crate) fn conversation(&self) -> &conversation::Model {
        &self.conversation
    }

    /// The message that already carries the idempotency key.
    pub(crate) fn earlier(&self) -> Option<&message::Model> {
        self.earlier.as_ref()
    }
}

/// Why somebody may not write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PostRefused {
    /// The conversation does not exist for this author.
    NotFound,
    /// Only clinicians write.
    NotClinician,
    /// Only staff write notes.
    NoteByPatient,
    /// The organization has not switched portal chat on.
    PortalChatOff,
    /// The patient is not enrolled in the portal.
    NotEnrolled,
}

/// Decides several posts at once, locks their conversations until the commit, and finds messages that already carry
/// the idempotency keys. One statement, however many posts.
pub(crate) async fn decide_posts(
    tx: &DatabaseTransaction,
    organization: OrganizationId,
    intents: &[Intent],
) -> Result<(Settings, Vec<Result<CanPost, PostRefused>>), Fault> {
    let rows = tx.query_all_raw(facts(tx, organization, intents)).await?;
    let mut answers = vec![Err(PostRefused::NotFound); intents.len()];
    let Some(first) = rows.first() else {
        return Ok((Settings::default(), answers));
    };
    let settings = Settings::from_stored(first.try_get("", "settings")?)?;
    for row in &rows {
        let number = usize::try_from(row.try_get::<i32>("", "n")?)
            .map_err(|_| Fault::Corrupt("post number"))?;
        if let (Some(intent), Some(answer)) = (intents.get(number), answers.get_mut(number)) {
            *answer = decide(&settings, intent, row)?;
        }
    }
    Ok((settings, answers))
}

const MESSAGE_COLUMNS: [&str; 14] = [
    "organization_id",
    "id",
    "conversation_id",
    "seq",
    "visible_seq",
    "author_kind",
    "author_id",
    "author_ordinal",
    "kind",
    "channel",
    "body",
    "idempotency_key",
    "position",
    "created_at",
];

fn facts(
    tx: &DatabaseTransaction,
    organization: OrganizationId,
    intents: &[Intent],
) -> sea_orm::Statement {
    let mut select = Sql::new(
        "select v.column1 as n, c.*, p.portal_allowed, p.enrolled_at is not null as enrolled, o.settings, s.status as staff_status, \
         s.roles as staff_roles, exists (select 1 from panel_member tm where tm.organization_id = c.organization_id \
         and tm.patient_id = c.patient_id and tm.staff_id = v.column4) as on_panel, ",
    );
    select
        .push(&hidden_by_restriction("p", "v.column4"))
        .push(" as hidden");
    for column in MESSAGE_COLUMNS {
        select.push(", m.").push(column).push(" as m_").push(column);
    }
    select
        .push(" from (values ")
        .rows(
            (0_i32..)
                .zip(intents)
                .map(|(number, intent)| -> [Value; 5] {
                    [
                        number.into(),
                        intent.conversation.into(),
                        intent.author.kind().into(),
                        intent.author.uuid().into(),
                        intent.idempotency_key.clone().into(),
                    ]
                }),
        );
    select.push(") as v join conversation c on c.id = v.column2 and c.organization_id = ");
    let organization = select.placeholder(organization);
    select.push(&organization).push(
        " join patient p on p.organization_id = c.organization_id and p.id = c.patient_id \
         join organization o on o.id = c.organization_id \
         left join staff_member s on v.column3 = 'STAFF' and s.id = v.column4 and s.organization_id = ",
    );
    select.push(&organization).push(
        " left join message m on m.conversation_id = c.id and m.author_kind = v.column3 and m.idempotency_key = v.column5 \
         and m.organization_id = ",
    );
    select.push(&organization).push(" order by c.id");
    if tx.get_database_backend() == DbBackend::Postgres {
        // SQLite has one writer; here, two transactions that lock the same conversations do it in the same order.
        select.push(" for update of c");
    }
    select.on(tx)
}

fn decide(
    settings: &Settings,
    intent: &Intent,
    row: &QueryResult,
) -> Result<Result<CanPost, PostRefused>, Fault> {
    let conversation = conversation::Model::from_query_result(row, "")?;
    match intent.author {
        PersonId::Staff(_) => {
            let active = row.try_get::<Option<StaffStatus>>("", "staff_status")?
                == Some(StaffStatus::Active);
            let in_reach = settings.access != AccessPolicy::Team || row.try_get("", "on_panel")?;
            if !active || !in_reach || row.try_get("", "hidden")? {
                return Ok(Err(PostRefused::NotFound));
            }
            let roles: Option<Roles> = row.try_get("", "staff_roles")?;
            if !roles.is_some_and(|roles| roles.hold(Roles::CLINICIAN)) {
                return Ok(Err(PostRefused::NotClinician));
            }
        }
        PersonId::Patient(patient) if conversation.patient_id != patient => {
            return Ok(Err(PostRefused::NotFound));
        }
        PersonId::Patient(_) if intent.kind == MessageKind::Note => {
            return Ok(Err(PostRefused::NoteByPatient));
        }
        PersonId::Patient(_) => {}
    }
    // A note needs nobody on the patient's side.
    if intent.kind == MessageKind::Message {
        match patient_may_chat(
            settings,
            row.try_get("", "enrolled")?,
            row.try_get("", "portal_allowed")?,
        ) {
            Ok(()) => {}
            Err(Denied::PortalChatOff) => return Ok(Err(PostRefused::PortalChatOff)),
            Err(_) => return Ok(Err(PostRefused::NotEnrolled)),
        }
    }
    let earlier = message::Model::from_query_result_optional(row, "m_")?;
    Ok(Ok(CanPost {
        conversation,
        earlier,
    }))
}
