//! What a text that came in means.

use entity::{PatientId, QuarantineReason};

use crate::domain::{
    core::Core,
    event_log::Change,
    fault::Fault,
    texts::inbound::{InboundText, Received},
};

/// Finds out what a text means and lets it have its effect, within the transaction that marks it as applied. It is called
/// once for each text that was sent to a number of the clinic, in the order in which those of one sender came.
///
/// # Errors
/// Any failure of the database; nothing of it is stored then, and it is called again later.
pub(in crate::domain) async fn receive(
    _core: &Core,
    _change: &mut Change,
    _text: &InboundText,
) -> Result<Received, Fault> {
    Ok(Received::Quarantined(QuarantineReason::UnknownSender))
}

/// Lets a text have its effect for the patient whose it is, as a staff member has said who reaches the patient. Nothing of
/// an enrolment is decided by it.
///
/// # Errors
/// Any failure of the database.
pub(in crate::domain) async fn receive_from(
    _core: &Core,
    _change: &mut Change,
    _text: &InboundText,
    patient: PatientId,
) -> Result<Received, Fault> {
    Ok(Received::Taken {
        patient: Some(patient),
        message: None,
    })
}
