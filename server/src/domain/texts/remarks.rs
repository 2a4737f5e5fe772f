//! What is remarkable of a text that could not be placed: urgent words, and a wish to get no more texts (TXT-4, NEW-8). Nobody
//! has a conversation open in which it could be seen, so whoever is to look after it is called.

use std::collections::BTreeSet;

use entity::{EventKind, QuarantinedTextId, TextRemarks};

use crate::domain::{
    answers::{Call, contacts_of_clinic, notify},
    core::Core,
    event_log::{Audience, Change, Concerned, NewEvent},
    fault::Fault,
    settings::Settings,
    texting::keywords::{self, Reading},
};

/// What is remarkable of words.
pub(super) fn remarks(settings: &Settings, words: &str) -> TextRemarks {
    let urgent = settings.urgent_phrases().occur_in(words);
    let wish = match keywords::read(words) {
        Reading::Stop | Reading::NearMiss => true,
        Reading::Start | Reading::Help | Reading::Other => false,
    };
    let mut remarks = TextRemarks::default();
    for (found, remark) in [
        (urgent, TextRemarks::URGENT),
        (wish, TextRemarks::OPT_OUT_WISH),
    ] {
        if found {
            remarks = remarks.with(remark);
        }
    }
    remarks
}

/// Calls those whom the clinic has named for what nobody else looks after, or its administrators. Whose the text is and what
/// it says stands in no event and no notification. Two statements.
pub(super) async fn call(
    core: &Core,
    change: &mut Change,
    settings: &Settings,
    id: QuarantinedTextId,
) -> Result<(), Fault> {
    let staff = contacts_of_clinic(change.tx(), change.organization(), settings).await?;
    let concerned = staff.iter().map(|staff| Concerned {
        staff: *staff,
        alerted: true,
    });
    change.record(NewEvent {
        audience: Audience(concerned.collect()),
        ..NewEvent::new(EventKind::TextNeedsAttention)
    });
    let call = Call {
        about: id.0,
        why: "attention",
        thread: None,
        staff: staff.into_iter().collect::<BTreeSet<_>>(),
    };
    let when = (change.organization(), change.now);
    notify(core, change.tx(), when, &[call]).await
}
