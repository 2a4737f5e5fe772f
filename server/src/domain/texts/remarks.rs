//! What is remarkable of a text that could not be placed: urgent words, and a wish to get no more texts (TXT-4, NEW-8). Nobody
//! has a conversation open in which it could be seen, so whoever is to look after it is called.

use chrono::TimeDelta;
use entity::{EventKind, QuarantineState, TextRemarks, quarantined_text};
use sea_orm::ConnectionTrait as _;

use crate::domain::{
    answers::{Call, contacts_of_text, notify},
    core::Core,
    event_log::{Audience, Change, Concerned, NewEvent},
    fault::Fault,
    settings::Settings,
    store::sql,
    texting::keywords::{self, Reading},
};

/// How long the texts of one number are gathered into one notification.
const GATHERED: TimeDelta = TimeDelta::minutes(15);

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

/// Has whoever may open the text called. Whose it is and what it says stands in no event and no notification. Several of one
/// number within a short time are one notification, while none of them was looked after. At most four statements.
pub(super) async fn call(
    core: &Core,
    change: &mut Change,
    settings: &Settings,
    text: &quarantined_text::Model,
) -> Result<(), Fault> {
    let (tx, organization) = (change.tx(), change.organization());
    let staff = contacts_of_text(tx, organization, settings, &text.their_number).await?;
    if !was_just_called_for(change, text).await? {
        let call = Call {
            about: text.id.0,
            why: "attention",
            thread: None,
            staff: staff.clone(),
            gathered: TimeDelta::zero(),
        };
        notify(core, tx, (organization, change.now), &[call]).await?;
    }
    let concerned = staff.into_iter().map(|staff| Concerned {
        staff,
        alerted: true,
    });
    change.record(NewEvent {
        audience: Audience(concerned.collect()),
        ..NewEvent::new(EventKind::TextNeedsAttention)
    });
    Ok(())
}

/// Whether somebody was called a short while ago for a text of the same number, as remarkable as this one, that nobody has
/// looked after yet. The texts of a number have their effect one after the other. One statement.
async fn was_just_called_for(
    change: &Change,
    text: &quarantined_text::Model,
) -> Result<bool, Fault> {
    let tx = change.tx();
    let earlier = tx
        .query_one_raw(sql(
            tx,
            "select 1 from quarantined_text where organization_id = $1 and state = $2 and remarks >= $3 and their_number = $4 \
             and received_at > $5 and id <> $6 limit 1",
            [
                text.organization_id.into(),
                QuarantineState::Open.into(),
                text.remarks.into(),
                text.their_number.clone().into(),
                (change.now - GATHERED).into(),
                text.id.into(),
            ],
        ))
        .await?;
    Ok(earlier.is_some())
}
