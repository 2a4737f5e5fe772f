//! Texts about cases (CASE-1, CASE-3): they join the case, and after its end a machine says how else to reach the clinic.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{QuarantineReason, TextPurpose};

use super::{Desk, conversation};
use crate::domain::{
    cases::{self, Asked, CaseOfNumber, OfNumber},
    event_log::Change,
    fault::Fault,
    texting::{birth_date_answer::holds_date, machine::State},
    texts::inbound::{InboundText, Received},
};

/// How long after the end of a case a text may still be an answer to what it said last.
const AFTERMATH: TimeDelta = TimeDelta::days(1);

/// What is asked of the cases of a text's number.
pub(super) fn asked<'a>(change: &Change, text: &'a InboundText) -> Asked<'a> {
    Asked {
        organization: text.organization,
        number: &text.from,
        now: change.now,
    }
}

/// Whether a text goes to the case, and not to the chat or to the question for the date of birth: where the patient has no other
/// conversation by text, or the clinic wrote to the number in the case last. While the question waits, whatever reads as a date is
/// judged, right or wrong: beside a case nobody guesses more often than without one.
pub(super) fn is_of_case(
    case: &CaseOfNumber,
    state: State,
    now: DateTime<Utc>,
    is_dated: bool,
) -> bool {
    match state {
        State::None | State::Failed(_) | State::OptedOut { .. } => true,
        State::Enabled => is_answer_to(case, now),
        State::Pending(_) => is_answer_to(case, now) && !is_dated,
    }
}

/// Whether a text may be an answer to what was said in the case last.
fn is_answer_to(case: &CaseOfNumber, now: DateTime<Utc>) -> bool {
    let goes_on = |ended| now - ended <= AFTERMATH;
    case.wrote_last && case.ended_at.is_none_or(goes_on)
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

    /// See [`is_of_case`].
    pub(super) fn is_of_case(&self, case: &CaseOfNumber) -> bool {
        let Some(holder) = self.holders.first() else {
            return true;
        };
        let is_dated = holds_date(self.text.body.reveal());
        is_of_case(case, holder.state, self.change.now, is_dated)
    }

    /// Whether the text may be an answer to what was said in the case last.
    pub(super) fn answers_case(&self, case: &CaseOfNumber) -> bool {
        is_answer_to(case, self.change.now)
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
            let answer = (answer, TextPurpose::AutomaticAnswer);
            self.answer("after the end", Some(case.patient), answer)
                .await?;
        }
        Ok(())
    }
}
