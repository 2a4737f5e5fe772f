//! Who may write in a conversation, decided in the transaction that writes.

use entity::{
    ConversationId, MessageKind, OrganizationId, PersonId, PersonKind, Replies, conversation,
    message,
};
use sea_orm::{
    ConnectionTrait as _, DatabaseTransaction, DbBackend, FromQueryResult as _, QueryResult, Value,
};

use super::{
    checks::{check_access, check_state, reads_chart},
    hidden_by_restriction,
};
use crate::domain::{
    conversations::Rules, fault::Fault, messages::Author, settings::Settings, store::Sql,
};

/// What somebody wants to write.
#[derive(Clone, Debug)]
pub(crate) struct Intent {
    pub(crate) author: PersonId,
    pub(crate) conversation: ConversationId,
    pub(crate) kind: MessageKind,
    /// Whether the words come from an approved template.
    pub(crate) from_template: bool,
    pub(crate) idempotency_key: String,
}

/// The right to write one message in one conversation, found within the transaction that writes it.
#[derive(Clone, Debug)]
pub(crate) struct CanPost {
    pub(super) conversation: conversation::Model,
    pub(super) rules: Rules,
    /// Whether the author may open the patient's chart, and not only the conversation.
    pub(super) reads_chart: bool,
    earlier: Option<message::Model>,
    author: Option<Author>,
}

/// What a conversation has come to while messages of the same transaction are stored in it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SoFar {
    /// Which side wrote the newest message that the patient sees.
    pub(crate) last_author: Option<PersonKind>,
    /// Whether the patient may answer, where that was said for the conversation.
    pub(crate) replies: Option<Replies>,
}

impl CanPost {
    /// The conversation as it is under the transaction's lock.
    pub(crate) fn conversation(&self) -> &conversation::Model {
        &self.conversation
    }

    /// The right to write the first message of a conversation that policy has let somebody begin.
    pub(super) fn first(conversation: conversation::Model, rules: Rules) -> Self {
        Self {
            conversation,
            rules,
            reads_chart: true,
            earlier: None,
            author: None,
        }
    }

    /// What the conversation has come to before the transaction.
    pub(crate) fn so_far(&self) -> SoFar {
        SoFar {
            last_author: self.conversation.last_author_kind,
            replies: self.conversation.replies,
        }
    }

    /// Whether it is this side's turn to write a message that both sides see: who begins, and whether the patient may answer
    /// (SEC-5). What the transaction has stored already counts.
    pub(crate) fn check_turn(&self, side: PersonKind, so_far: SoFar) -> Result<(), PostRefused> {
        if so_far.last_author.is_none() && !self.rules.starts.admits(side) {
            return Err(PostRefused::NotStarted);
        }
        let replies = so_far.replies.unwrap_or(self.rules.replies);
        match (side, replies) {
            (PersonKind::Staff, _) | (PersonKind::Patient, Replies::WhileOpen) => Ok(()),
            // What the patient begins is no reply.
            (PersonKind::Patient, _) if so_far.last_author.is_none() => Ok(()),
            (PersonKind::Patient, Replies::None) => Err(PostRefused::RepliesOff),
            (PersonKind::Patient, Replies::Once) => match so_far.last_author {
                Some(PersonKind::Patient) => Err(PostRefused::AlreadyReplied),
                Some(PersonKind::Staff) | None => Ok(()),
            },
        }
    }

    /// What "allow patient to respond" means here: as the rule for the kind says, or as long as the conversation is open where
    /// the rule is that there are no answers (SEC-5).
    pub(crate) fn replies(&self, allow: bool) -> Replies {
        match (allow, self.rules.replies) {
            (false, _) => Replies::None,
            (true, Replies::None) => Replies::WhileOpen,
            (true, rule @ (Replies::Once | Replies::WhileOpen)) => rule,
        }
    }

    /// Who writes, as readers are to see them; none for the first message of a conversation.
    pub(crate) fn author(&self) -> Option<&Author> {
        self.author.as_ref()
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
    /// The organization has no patient portal.
    PortalDisabled,
    /// The patient is not allowed into the portal.
    PortalAccessMissing,
    /// Neither an address nor a mobile number of the patient is on file.
    NoContactOnFile,
    /// The organization does not offer conversations of this kind.
    NotOffered,
    /// The other side has to write first.
    NotStarted,
    /// The patient may not answer.
    RepliesOff,
    /// The patient has answered, and the clinic has not written since.
    AlreadyReplied,
    /// The conversation is closed.
    Closed,
    /// Staff write here only what an approved template says.
    TemplateOnly,
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

const MESSAGE_COLUMNS: [&str; 20] = [
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
    "title",
    "body",
    "html",
    "template_id",
    "template_language",
    "template_version",
    "attachment_count",
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
        "select v.column1 as n, c.*, p.portal_allowed, p.enrolled_at is not null as enrolled, \
         p.email is not null as has_email, p.phone is not null as has_phone, o.settings, s.status as staff_status, \
         s.roles as staff_roles, s.name as staff_name, s.profession as staff_profession, p.name as patient_name, exists (select 1 from panel_member tm where tm.organization_id = c.organization_id \
         and tm.patient_id = c.patient_id and tm.staff_id = v.column4) as on_panel, \
         exists (select 1 from participant tp where tp.organization_id = c.organization_id \
         and tp.conversation_id = c.id and tp.staff_id = v.column4) as participates, ",
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
    if let Err(refused) = check_access(settings, intent, &conversation, row)? {
        return Ok(Err(refused));
    }
    let can_post = CanPost {
        rules: settings.rules(conversation.kind),
        reads_chart: reads_chart(settings, intent, row)?,
        earlier: message::Model::from_query_result_optional(row, "m_")?,
        author: Some(author(intent.author, row)?),
        conversation,
    };
    // Who repeats a request gets what it stored, whatever has changed since. A note needs nobody on the patient's side.
    if can_post.earlier.is_some() || intent.kind == MessageKind::Note {
        return Ok(Ok(can_post));
    }
    Ok(check_state(settings, intent, &can_post, row)?.map(|()| can_post))
}

/// Whose name stands beside the message. Whoever may write has one; the patient who writes is the conversation's.
fn author(person: PersonId, row: &QueryResult) -> Result<Author, Fault> {
    let (name, profession) = match person {
        PersonId::Staff(_) => ("staff_name", row.try_get("", "staff_profession")?),
        PersonId::Patient(_) => ("patient_name", None),
    };
    Ok(Author {
        person,
        name: row.try_get("", name)?,
        profession,
    })
}
