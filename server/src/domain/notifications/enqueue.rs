//! Storing notifications beside what causes them.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    Channel, ConversationId, MessageKind, NotificationId, NotificationPurpose, NotificationStatus,
    PatientId, PersonKind, message,
};
use sea_orm::{ConnectionTrait as _, DatabaseTransaction, Value};

use crate::domain::{
    conversations::Followers, core::Core, fault::Fault, messages::has_priority, settings::Settings,
    store::Sql,
};

/// A message that somebody may have to be told of.
pub(crate) struct Cause<'a> {
    pub(crate) message: &'a message::Model,
    pub(crate) patient: PatientId,
    pub(crate) followers: Option<&'a Followers>,
}

struct Entry {
    purpose: NotificationPurpose,
    recipient: Option<PatientId>,
    due_at: DateTime<Utc>,
    coalesce_key: Option<String>,
}

/// Stores what the messages cause. A patient's message tells the alerted followers of the conversation at once, one
/// with priority all whose conversation it is, and reminds those who want it when it stays unread; a clinic's message tells the patient after the gathering window; a note tells nobody.
/// While an entry waits, another message of the same conversation adds none. At most one statement.
pub(crate) async fn enqueue_for_messages(
    core: &Core,
    tx: &DatabaseTransaction,
    now: DateTime<Utc>,
    settings: &Settings,
    causes: &[Cause<'_>],
) -> Result<(), Fault> {
    // One statement must not meet the same key twice.
    let mut keys = HashSet::new();
    let mut entries: Vec<_> = causes
        .iter()
        .flat_map(|cause| {
            entries(now, settings, cause)
                .into_iter()
                .map(move |e| (cause, e))
        })
        .filter(|(_, entry)| {
            entry
                .coalesce_key
                .clone()
                .is_none_or(|key| keys.insert(key))
        })
        .collect();
    if entries.is_empty() {
        return Ok(());
    }
    // The worker that sets the next reminders takes the rows of keys in this order as well, so that neither waits for the
    // other in a circle.
    entries.sort_by(|(_, one), (_, other)| one.coalesce_key.cmp(&other.coalesce_key));
    let mut insert = Sql::new(
        "insert into notification (organization_id, id, purpose, recipient_kind, recipient_id, patient_id, conversation_id, seq, \
         coalesce_key, status, due_at, attempts, created_at) values ",
    );
    insert.rows(entries.into_iter().map(|(cause, entry)| -> [Value; 13] {
        [
            cause.message.organization_id.into(),
            NotificationId(core.entropy.uuid(now)).into(),
            entry.purpose.into(),
            entry.recipient.map(|_| PersonKind::Patient).into(),
            entry.recipient.map(|patient| patient.0).into(),
            cause.patient.into(),
            cause.message.conversation_id.into(),
            cause.message.seq.into(),
            entry.coalesce_key.into(),
            NotificationStatus::Pending.into(),
            entry.due_at.into(),
            0.into(),
            now.into(),
        ]
    }));
    // The update changes nothing but takes the row's lock: a worker that claims the waiting entry sees this message, or
    // leaves the entry to the next claim.
    insert.push(" on conflict (organization_id, coalesce_key) do update set attempts = notification.attempts");
    tx.execute_raw(insert.on(tx)).await?;
    Ok(())
}

/// One reminder waits for each conversation. Whoever handles it looks for what is unread by then, and sets the next one
/// for what is not old enough.
pub(super) fn reminder_key(conversation: ConversationId) -> String {
    format!("reminder {}", conversation.0.simple())
}

fn entries(now: DateTime<Utc>, settings: &Settings, cause: &Cause<'_>) -> Vec<Entry> {
    let conversation = cause.message.conversation_id.0.simple();
    match (cause.message.kind, cause.message.author_kind) {
        (MessageKind::Note, _) => Vec::new(),
        // The text is the message: there is nothing more to be told.
        (MessageKind::Message, PersonKind::Staff) if cause.message.channel == Channel::Sms => {
            Vec::new()
        }
        (MessageKind::Message, PersonKind::Staff) => vec![Entry {
            purpose: NotificationPurpose::NewClinicMessage,
            recipient: Some(cause.patient),
            due_at: now + TimeDelta::seconds(settings.notification_window_seconds.into()),
            coalesce_key: Some(format!("patient {conversation}")),
        }],
        (MessageKind::Message, PersonKind::Patient) => {
            let alerts = cause.followers.is_some_and(Followers::anybody_alerted);
            let reminds = cause.followers.is_some_and(Followers::anybody_reminded);
            let alert = |purpose, key: &str| Entry {
                purpose,
                recipient: None,
                due_at: now,
                coalesce_key: Some(format!("{key} {conversation}")),
            };
            let told = cause.followers.is_some_and(Followers::anybody_told);
            let alert = if has_priority(cause.message) && told {
                Some(alert(NotificationPurpose::UrgentPatientMessage, "urgent"))
            } else {
                alerts.then(|| alert(NotificationPurpose::NewPatientMessage, "staff"))
            };
            let reminder = reminds.then(|| Entry {
                purpose: NotificationPurpose::UnreadReminder,
                recipient: None,
                due_at: now + TimeDelta::minutes(settings.unread_reminder_minutes.into()),
                coalesce_key: Some(reminder_key(cause.message.conversation_id)),
            });
            alert.into_iter().chain(reminder).collect()
        }
    }
}
