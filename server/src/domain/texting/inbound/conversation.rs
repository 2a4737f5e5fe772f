//! A patient's text as a message of a conversation: of their care-team chat (CHAT-1, TXT-7) or of a case: it counts, alerts and notifies like one that was
//! written in the portal, because it is stored by the same code.

use entity::{
    BirthDate, ConversationId, ConversationKind, ConversationStatus, MessageKind, PatientId,
    PersonId, QuarantineReason,
};
use sea_orm::ConnectionTrait as _;

use crate::domain::{
    core::Core,
    event_log::Change,
    fault::Fault,
    messages::{Bundle, Draft},
    organizations,
    policy::{Intent, Way, decide_posts},
    store::sql,
    texting::{
        birth_date_answer::without,
        pictures::{with_pictures, without_words},
    },
    texts::inbound::{InboundText, Received},
};

/// What of a text is kept: all but the date of birth, in whose place a sign stands that an answer came (TXT-5).
pub(super) fn words(text: &InboundText, born: BirthDate) -> String {
    without(text.body.reveal(), born)
}

/// What became of a text that was to be a message.
pub(super) struct Joined {
    pub(super) received: Received,
    /// Whether its conversation had ended.
    pub(super) after_close: bool,
}

impl Joined {
    const fn before_the_end(received: Received) -> Self {
        Self {
            received,
            after_close: false,
        }
    }
}

/// Stores a text as a message of the patient. Where the conversation takes none, it is kept apart. Fifteen statements at most.
pub(super) async fn join(
    core: &Core,
    change: &mut Change,
    text: &InboundText,
    (patient, conversation): (PatientId, ConversationId),
    words: &str,
) -> Result<Joined, Fault> {
    let author = PersonId::Patient(patient);
    let key = format!("text {}", text.id.0.simple());
    let intent = Intent {
        author,
        conversation,
        kind: MessageKind::Message,
        from_template: false,
        way: Way::Text,
        idempotency_key: key.clone(),
    };
    let (tx, organization) = (change.tx(), change.organization());
    let (settings, decisions) = decide_posts(tx, organization, change.now, &[intent]).await?;
    let may = decisions.into_iter().flatten().next();
    let may = may.filter(|can_post| {
        can_post
            .check_turn(author.kind(), can_post.so_far())
            .is_ok()
    });
    let Some(can_post) = may else {
        let reason = QuarantineReason::NotEnrolled;
        return Ok(Joined::before_the_end(Received::Quarantined(reason)));
    };
    if let Some(earlier) = can_post.earlier() {
        return Ok(Joined::before_the_end(Received::Taken {
            patient: Some(patient),
            message: Some((conversation, earlier.id)),
        }));
    }
    let after_close = can_post.conversation().status == ConversationStatus::Closed;
    let language = organizations::of(change.tx(), organization)
        .await?
        .default_language;
    let words = with_pictures(words, text.has_pictures, &language);
    let draft = Draft::of_text(conversation, &words, without_words(&language), key);
    let mut bundle = Bundle::default();
    let message = bundle.add(core, change.now, (author, draft), &can_post);
    let newest = bundle
        .store(core, change.tx(), organization, change.now, &settings)
        .await?;
    change.stored(newest);
    Ok(Joined {
        received: Received::Taken {
            patient: Some(patient),
            message: message.map(|message| (conversation, message)),
        },
        after_close,
    })
}

/// The care-team chat, which every patient has. One statement.
pub(super) async fn chat_of(change: &Change, patient: PatientId) -> Result<ConversationId, Fault> {
    let row = change
        .tx()
        .query_one_raw(sql(
            change.tx(),
            "select id from conversation where organization_id = $1 and patient_id = $2 and kind = $3",
            [
                change.organization().into(),
                patient.into(),
                ConversationKind::CareTeamChat.into(),
            ],
        ))
        .await?
        .ok_or(Fault::Corrupt("care-team chat"))?;
    Ok(row.try_get_by_index(0)?)
}
