//! Notifications that go out as texts: they are handed on to the texts of the organization, whose gateway carries them.

use entity::{
    NotificationPurpose, OrganizationId, PatientId, PersonKind, TextFailure, TextPurpose,
};

use super::{
    outbox::Claimed,
    outgoing::{Address, Outgoing},
    settle::{Outcome, Settled, write_down},
};
use crate::domain::{
    core::Core,
    fault::Fault,
    texts::outbound::{NewText, Queued, queue},
};

/// Hands claimed notifications of one organization on to its texts, and settles them, in one transaction: a crash repeats
/// neither. Where the text does not arrive, the notification comes back. Four statements for any number.
///
/// # Errors
/// Any failure of the database; the leases then end by themselves.
pub async fn hand_on(
    core: &Core,
    organization: OrganizationId,
    letters: &[(Claimed, Box<Outgoing>)],
) -> Result<Vec<(NotificationPurpose, Settled)>, Fault> {
    let tx = core.store.begin().await?;
    let now = core.clock.now();
    let texts = letters
        .iter()
        .map(|(claimed, outgoing)| text(claimed, outgoing))
        .collect::<Result<Vec<_>, _>>()?;
    let queued = queue(core, &tx, organization, now, &texts).await?;
    let outcomes: Vec<_> = queued.into_iter().map(outcome).collect();
    let ended: Vec<_> = letters
        .iter()
        .zip(&outcomes)
        .map(|((claimed, _), outcome)| (claimed, outcome))
        .collect();
    let settled = write_down(core, &tx, now, &ended).await?;
    if settled.contains(&Settled::Lost) {
        // Another worker has some of them by now, and hands them on itself. The others wait for the end of the lease.
        tx.rollback().await?;
        return Ok(ended
            .iter()
            .map(|(claimed, _)| (claimed.row.purpose, Settled::Lost))
            .collect());
    }
    tx.commit().await?;
    Ok(ended
        .iter()
        .zip(settled)
        .map(|((claimed, _), settled)| (claimed.row.purpose, settled))
        .collect())
}

fn text(claimed: &Claimed, outgoing: &Outgoing) -> Result<NewText, Fault> {
    let Address::Sms(number) = &outgoing.to else {
        return Err(Fault::Corrupt("channel of a notification"));
    };
    let row = &claimed.row;
    let patient = match (row.recipient_kind, row.recipient_id) {
        (Some(PersonKind::Patient), Some(id)) => Some(PatientId(id)),
        (Some(PersonKind::Staff | PersonKind::Patient) | None, _) => None,
    };
    Ok(NewText {
        to: number.clone(),
        from: None,
        body: entity::MessageBody::new(outgoing.content.text.as_str()),
        purpose: TextPurpose::Notification,
        patient,
        message: None,
        notification: Some((row.id, row.conversation_id.filter(|_| patient.is_some()))),
        // Each attempt of a notification is a text of its own.
        idempotency_key: format!("notification {} {}", row.id.0.simple(), row.attempts),
    })
}

fn outcome(queued: Queued) -> Outcome {
    match queued {
        Queued::New(_) | Queued::Earlier => Outcome::Sent,
        Queued::Refused(TextFailure::NoGateway) => {
            Outcome::Undeliverable("sms.no_gateway".to_owned())
        }
        Queued::Refused(failure) => {
            Outcome::Undeliverable(format!("sms.{}", failure.word().to_ascii_lowercase()))
        }
    }
}
