//! What a text that came in means (TXT-3, TXT-4, TXT-7).
//!
//! In this order: a keyword of the number's owner, which holds for every patient who has the number; the answer of a patient
//! who was asked for their date of birth; a message in a case or in the chat of the one patient whose number it is. Where both
//! are possible, the conversation that texted the number last gets it. Everything else is kept apart with the reason, and staff
//! decide.

mod answer;
mod case;
mod command;
mod conversation;

use std::collections::BTreeSet;

use entity::{PatientId, PersonId, QuarantineReason, organization};

use case::is_of_case;

use super::{
    alert,
    enrolment::{Holder, holder, holders, store},
    keywords::{self, Reading},
    machine::State,
};
use crate::domain::{
    cases,
    core::Core,
    event_log::Change,
    fault::Fault,
    organizations,
    settings::Settings,
    texts::inbound::{InboundText, Received},
};

/// Finds out what a text means and lets it have its effect, within the transaction that marks it as applied. It is called
/// once for each text that was sent to a number of the clinic, in the order in which those of one sender came. At most
/// twenty statements, whatever is stored.
///
/// # Errors
/// Any failure of the database; nothing of it is stored then, and it is called again later.
pub async fn receive(
    core: &Core,
    change: &mut Change,
    text: &InboundText,
) -> Result<Received, Fault> {
    let mut desk = Desk::open(core, change, text).await?;
    match keywords::read(text.body.reveal()) {
        Reading::Stop => desk.stop().await,
        Reading::Start => desk.start().await,
        Reading::Help => desk.help().await,
        reading @ (Reading::NearMiss | Reading::Other) => desk.said(reading).await,
    }
}

/// Whether it says STOP. That holds whichever number of the clinic it was sent to, also one that is not set up yet or any more.
pub(in crate::domain) fn is_stop(text: &InboundText) -> bool {
    keywords::read(text.body.reveal()) == Reading::Stop
}

/// Lets a text have its effect for the patient whose it is, as a staff member has said who reaches the patient: it joins the
/// conversation that it would have joined by itself. Nothing of an enrolment is decided by it, and no machine answers what
/// somebody has in hand.
///
/// # Errors
/// Any failure of the database.
pub async fn receive_from(
    core: &Core,
    change: &mut Change,
    text: &InboundText,
    patient: PatientId,
) -> Result<Received, Fault> {
    let words = text.body.reveal();
    let asked = case::asked(change, text);
    let case = cases::of_patient(change.tx(), asked, patient).await?;
    let holder = holder(change.tx(), text.organization, patient).await?;
    let enrolled = holder.filter(|holder| holder.number.as_ref() == Some(&text.from));
    let state = enrolled.map_or(State::None, |holder| holder.state);
    // It answers no question, whatever it says.
    let case = case.filter(|case| {
        matches!(state, State::Pending(_)) || is_of_case(case, state, change.now, false)
    });
    let place = match case {
        Some(case) => case.case,
        None => conversation::chat_of(change, patient).await?,
    };
    let joined = conversation::join(core, change, text, (patient, place), words).await?;
    Ok(joined.received)
}

/// A text, and what is to be known of whoever may have sent it.
struct Desk<'a> {
    core: &'a Core,
    change: &'a mut Change,
    text: &'a InboundText,
    clinic: organization::Model,
    settings: Settings,
    /// The patients who have the number, held until the commit.
    holders: Vec<Holder>,
}

impl<'a> Desk<'a> {
    /// Two statements.
    async fn open(
        core: &'a Core,
        change: &'a mut Change,
        text: &'a InboundText,
    ) -> Result<Self, Fault> {
        let clinic = organizations::of(change.tx(), text.organization).await?;
        let settings = Settings::from_stored(clinic.settings.clone())?;
        let holders = holders(change.tx(), text.organization, &text.from).await?;
        Ok(Self {
            core,
            change,
            text,
            clinic,
            settings,
            holders,
        })
    }

    /// What is no keyword.
    async fn said(&mut self, reading: Reading) -> Result<Received, Fault> {
        let case = match self.case().await? {
            Ok(case) => case,
            Err(reason) => return Ok(Received::Quarantined(reason)),
        };
        let case = case.filter(|_| self.settings.texting);
        if let Some(case) = case.as_ref().filter(|case| self.is_of_case(case)) {
            let words = conversation::words(self.text, case.born);
            return self.wrote_in_case(case, &words).await;
        }
        let Some(only) = self.holders.first() else {
            return Ok(Received::Quarantined(QuarantineReason::UnknownSender));
        };
        match only.state {
            // It goes to staff, and does not take a try from whoever only wants to be left alone.
            State::Pending(_) if reading == Reading::NearMiss => {
                Ok(Received::Quarantined(QuarantineReason::OptOutWish))
            }
            State::Pending(_) => self.answered(case.as_ref()).await,
            State::Enabled if self.settings.texting => {
                let words = conversation::words(self.text, only.patient.date_of_birth);
                self.wrote(only.patient.id, &words).await
            }
            State::Enabled | State::None | State::Failed(_) | State::OptedOut { .. } => {
                Ok(Received::Quarantined(match reading {
                    Reading::NearMiss => QuarantineReason::OptOutWish,
                    Reading::Stop | Reading::Start | Reading::Help | Reading::Other => {
                        QuarantineReason::NotEnrolled
                    }
                }))
            }
        }
    }

    /// A message of the one patient whose number it is.
    async fn wrote(&mut self, patient: PatientId, words: &str) -> Result<Received, Fault> {
        let chat = conversation::chat_of(self.change, patient).await?;
        let place = (patient, chat);
        let joined = conversation::join(self.core, self.change, self.text, place, words).await?;
        Ok(joined.received)
    }

    /// Stores the enrolments as they stand now, and tells staff of those that have moved on.
    async fn store_moved(&mut self, moved: BTreeSet<PatientId>) -> Result<(), Fault> {
        store(self.change.tx(), self.change.now, &self.holders).await?;
        let actor = match moved.first() {
            Some(only) if moved.len() == 1 => Some(PersonId::Patient(*only)),
            Some(_) | None => None,
        };
        alert::tell(self.core, self.change, &self.settings, actor, &moved).await
    }
}
