//! Texts about cases (CASE-1, CASE-3): they join the case, and after its end a machine says how else to reach the clinic.

use chrono::TimeDelta;
use entity::{PatientId, QuarantineReason, TextPurpose};

use super::{Desk, conversation};
use crate::domain::{
    cases::{self, CaseOfNumber},
    event_log::Change,
    fault::Fault,
    texting::{birth_date_answer::holds_date, machine::State},
    texts::inbound::{InboundText, Received},
};

/// How long after the end of a case a text may still be an answer to what it said last.
const AFTERMATH: TimeDelta = TimeDelta::days(1);

/// The case that a text joins by its number. One statement.
pub(super) async fn of(
    change: &Change,
    text: &InboundText,
    patient: Option<PatientId>,
) -> Result<Option<CaseOfNumber>, Fault> {
    cases::of_number(change.tx(), text.organization, &text.from, patient).await
}

impl Desk<'_> {
    /// The case that the text may be about; or why nobody can tell whose it is: the number is that of several patients, on file
    /// or by their cases. One statement.
    pub(super) async fn case(
        &self,
    ) -> Result<Result<Option<CaseOfNumber>, QuarantineReason>, Fault> {
        if self.holders.len() > 1 {
            return Ok(Err(QuarantineReason::SharedNumber));
        }
        let case = of(self.change, self.text, None).await?;
        let Some(found) = &case else {
            return Ok(Ok(None));
        };
        let mut holders = self.holders.iter();
        let is_shared = found.is_shared || holders.any(|holder| holder.patient.id != found.patient);
        Ok(if is_shared {
            Err(QuarantineReason::SharedNumber)
        } else {
            Ok(case)
        })
    }

    /// Whether the text goes to the case, and not to the chat or to the question for the date of birth: where the patient has no
    /// other conversation by text, or the clinic wrote to the number in the case last. While the question waits, whatever reads as
    /// a date is judged, right or wrong: beside a case nobody guesses more often than without one.
    pub(super) fn is_of_case(&self, case: &CaseOfNumber) -> bool {
        let Some(holder) = self.holders.first() else {
            return true;
        };
        match holder.state {
            State::None | State::Failed(_) | State::OptedOut { .. } => true,
            State::Enabled => self.answers_case(case),
            State::Pending(_) => self.answers_case(case) && !holds_date(self.text.body.reveal()),
        }
    }

    /// Whether the text may be an answer to what was said in the case last.
    pub(super) fn answers_case(&self, case: &CaseOfNumber) -> bool {
        let goes_on = |ended| self.change.now - ended <= AFTERMATH;
        case.wrote_last && case.ended_at.is_none_or(goes_on)
    }

    /// A message of the case. After the end it is kept like any other, and answered once in a while.
    pub(super) async fn wrote_in_case(
        &mut self,
        case: &CaseOfNumber,
        words: &str,
    ) -> Result<Received, Fault> {
        let place = (case.patient, case.case);
        let joined = conversation::join(self.core, self.change, self.text, place, words).await?;
        // The lock of the conversation is held from then on: whoever closes the case meanwhile comes after the text.
        if joined.after_close {
            self.answer_after_close(case).await?;
        }
        Ok(joined.received)
    }

    /// Three statements where it is the number's turn, and those of a text.
    async fn answer_after_close(&self, case: &CaseOfNumber) -> Result<(), Fault> {
        let (organization, now) = (self.text.organization, self.change.now);
        let tx = self.change.tx();
        if cases::take_turn(tx, organization, &self.text.from, now).await? {
            let answer = cases::words(tx, &self.clinic, &self.settings, &case.language).await?;
            self.reply(answer, TextPurpose::AutomaticAnswer).await?;
        }
        Ok(())
    }
}
