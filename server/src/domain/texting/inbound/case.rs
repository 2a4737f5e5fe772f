//! Texts about cases (CASE-1, CASE-3): they join the case, and after its end a machine says how else to reach the clinic.

use entity::{QuarantineReason, TextPurpose};

use super::{Desk, conversation};
use crate::domain::{
    cases::{self, Asked, CaseOfNumber, OfNumber},
    event_log::Change,
    fault::Fault,
    texting::{
        birth_date_answer::{Answer, judge},
        machine::State,
    },
    texts::inbound::{InboundText, Received},
};

/// What is asked of the cases of a text's number.
pub(super) fn asked<'a>(change: &Change, text: &'a InboundText) -> Asked<'a> {
    Asked {
        organization: text.organization,
        number: &text.from,
        now: change.now,
    }
}

/// Whether a text goes to the case, and not to the chat or to the question for the date of birth: where the patient has no other
/// conversation by text, or the clinic wrote to the number in the case last.
pub(super) fn is_of_case(case: &CaseOfNumber, state: State, is_answer: bool) -> bool {
    match state {
        State::None | State::Failed(_) | State::OptedOut { .. } => true,
        State::Enabled => case.wrote_last,
        State::Pending(_) => case.wrote_last && !is_answer,
    }
}

impl Desk<'_> {
    /// The case that the text may be about; or why nobody can tell whose it is: the number is that of several patients, on file
    /// or by their cases. One statement.
    pub(super) async fn case(
        &self,
    ) -> Result<Result<Option<CaseOfNumber>, QuarantineReason>, Fault> {
        let holder = match self.holders.as_slice() {
            [] => None,
            [only] => Some(only.patient.id),
            _ => return Ok(Err(QuarantineReason::SharedNumber)),
        };
        let asked = asked(self.change, self.text);
        Ok(
            match cases::of_number(self.change.tx(), asked, holder).await? {
                OfNumber::Nobody => Ok(None),
                OfNumber::One(case) => Ok(Some(case)),
                OfNumber::Several => Err(QuarantineReason::SharedNumber),
            },
        )
    }

    /// See [`is_of_case`]; the right date of birth answers the question, whatever was written since.
    pub(super) fn is_of_case(&self, case: &CaseOfNumber) -> bool {
        let Some(holder) = self.holders.first() else {
            return true;
        };
        let answer = judge(self.text.body.reveal(), holder.patient.date_of_birth);
        is_of_case(case, holder.state, answer == Answer::Right)
    }

    /// A message of the case. After the end it is kept like any other, and answered once in a while.
    pub(super) async fn wrote_in_case(&mut self, case: CaseOfNumber) -> Result<Received, Fault> {
        let patient = case.patient;
        let Some(words) = conversation::words(self.text, case.born) else {
            return Ok(Received::Taken {
                patient: Some(patient),
                message: None,
            });
        };
        let place = (patient, case.case);
        let joined = conversation::join(self.core, self.change, self.text, place, &words).await?;
        // The lock of the conversation is held from then on: whoever closes the case meanwhile comes after the text.
        if joined.after_close {
            self.answer_after_close(&case).await?;
        }
        Ok(joined.received)
    }

    /// Three statements where it is the number's turn, and those of a text.
    async fn answer_after_close(&self, case: &CaseOfNumber) -> Result<(), Fault> {
        let (organization, now) = (self.text.organization, self.change.now);
        let tx = self.change.tx();
        if cases::take_turn(tx, organization, &self.text.from, now).await? {
            let answer = cases::words(tx, &self.clinic, &self.settings, &case.language).await?;
            let answer = (answer, TextPurpose::AutomaticAnswer);
            self.answer("after the end", Some(case.patient), answer)
                .await?;
        }
        Ok(())
    }
}
