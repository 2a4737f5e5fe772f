//! The answer of the one patient who was asked for their date of birth (TXT-3). The date is judged and forgotten (TXT-5); what
//! else the patient says is kept where staff see it.

use std::collections::BTreeSet;

use entity::{ConsentChange, ConsentSource, PatientId, QuarantineReason};

use super::Desk;
use crate::domain::{
    cases::CaseOfNumber,
    fault::Fault,
    texting::{
        birth_date_answer::{holds_date, judge, says_more, without_dates},
        consent::{self, Entry},
        machine::{Event, State},
        wording::invitation,
    },
    texts::inbound::Received,
};

impl Desk<'_> {
    /// Judges an answer, and keeps what it says besides: in the case that wrote to the number last, as the first message of whoever
    /// has said the right date, and otherwise apart. Whatever is not the right date is a wrong answer, as the clinic has asked for
    /// nothing else; only urgent words without a date take no try.
    pub(super) async fn answered(
        &mut self,
        case: Option<&CaseOfNumber>,
    ) -> Result<Received, Fault> {
        let body = self.text.body.reveal();
        let (is_dated, is_urgent) = (holds_date(body), self.is_urgent());
        let Some(patient) = self.holders.first().map(|only| only.patient.id) else {
            return Err(Fault::Corrupt("texting holder"));
        };
        if is_dated || !is_urgent {
            self.judged().await?;
        }
        let holders = self.holders.first();
        let is_enabled = holders.is_some_and(|holder| holder.state == State::Enabled);
        let case = case.filter(|case| self.answers_case(case));
        let says_more = is_urgent || self.text.has_pictures || says_more(body);
        let words = without_dates(body);
        match case {
            Some(case) if says_more || !is_enabled => self.wrote_in_case(case, &words).await,
            Some(_) | None if !says_more => Ok(only_an_answer(patient)),
            Some(_) | None if is_enabled && self.settings.texting => {
                self.wrote(patient, &words).await
            }
            Some(_) | None => Ok(Received::Quarantined(QuarantineReason::NotEnrolled)),
        }
    }

    pub(super) fn is_urgent(&self) -> bool {
        let urgent = self.settings.urgent_phrases();
        urgent.occur_in(self.text.body.reveal())
    }

    /// Lets the answer have its effect on the enrolment.
    async fn judged(&mut self) -> Result<(), Fault> {
        let now = self.change.now;
        let Some(holder) = self.holders.first_mut() else {
            return Err(Fault::Corrupt("texting holder"));
        };
        let patient = holder.patient.id;
        let answer = judge(self.text.body.reveal(), holder.patient.date_of_birth);
        let moved = holder.take(Event::Answered(answer), now).unwrap_or(false);
        if holder.state == State::Enabled {
            let entry = Entry {
                patient,
                number: self.text.from.clone(),
                change: ConsentChange::Granted,
                source: ConsentSource::TextAnswer,
                wording: invitation(&self.clinic.name),
                staff: None,
            };
            let tx = self.change.tx();
            consent::add(self.core, tx, self.text.organization, now, vec![entry]).await?;
        }
        let moved: BTreeSet<_> = moved.then_some(patient).into_iter().collect();
        self.store_moved(moved).await
    }
}

/// Nothing was said but the date.
const fn only_an_answer(patient: PatientId) -> Received {
    Received::Taken {
        patient: Some(patient),
        message: None,
    }
}
