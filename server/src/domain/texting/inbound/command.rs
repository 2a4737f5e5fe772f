//! The keywords (TXT-4): they hold for the number and the organization, and so for every patient who has the number.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use entity::{ConsentChange, ConsentSource, MessageBody, PatientId, TextPurpose};

use sea_orm::ConnectionTrait as _;

use super::Desk;
use crate::domain::{
    cases,
    fault::Fault,
    store::sql,
    texting::{
        blocks,
        consent::{self, Entry, OfNobody},
        keywords::{self, Reading},
        machine::{Event, State},
        wording,
    },
    texts::{
        inbound::Received,
        outbound::{NewText, queue},
    },
};

/// How long HELP is answered once.
const BETWEEN_ANSWERS: TimeDelta = TimeDelta::minutes(5);

/// How the keys of its answers begin.
const HELP: &str = "help";

impl Desk<'_> {
    /// No more texts to the number. The first STOP is confirmed, and those after it are not.
    pub(super) async fn stop(&mut self) -> Result<Received, Fault> {
        let (organization, now) = (self.text.organization, self.change.now);
        let is_new = blocks::block(self.change.tx(), organization, &self.text.from, now).await?;
        self.move_all(Event::Stop, ConsentChange::Revoked).await?;
        if is_new {
            self.tell_cases(ConsentChange::Revoked).await?;
            let confirmation = wording::stopped(&self.clinic.name);
            self.reply(confirmation, TextPurpose::StopConfirmation)
                .await?;
        }
        Ok(self.taken())
    }

    /// Texts to the number again. What was asked and not answered is asked again.
    pub(super) async fn start(&mut self) -> Result<Received, Fault> {
        let organization = self.text.organization;
        let was_blocked = blocks::unblock(self.change.tx(), organization, &self.text.from).await?;
        let moved = self.move_all(Event::Start, ConsentChange::Granted).await?;
        if was_blocked {
            self.tell_cases(ConsentChange::Granted).await?;
        }
        if was_blocked || moved {
            let clinic = &self.clinic.name;
            let reply = match self.holders.as_slice() {
                [only] if matches!(only.state, State::Pending(_)) => {
                    MessageBody::new(wording::invitation(clinic))
                }
                _ => wording::started(clinic),
            };
            self.reply(reply, TextPurpose::Enrolment).await?;
        }
        Ok(self.taken())
    }

    /// How else to reach the clinic. A number that is blocked gets no answer, and one that was just answered no other: two
    /// machines would never end. Where the clinic treats the word as urgent a machine is not all that reads it: it is what the
    /// patient says, too (NEW-8).
    pub(super) async fn help(&mut self) -> Result<Received, Fault> {
        if !self.was_just_answered().await? {
            let answer = wording::help(&self.clinic.name, &self.settings.contact);
            let answer = (answer, TextPurpose::AutomaticAnswer);
            self.answer(HELP, self.only_patient(), answer).await?;
        }
        if self.is_urgent() {
            return self.said(Reading::Help).await;
        }
        Ok(self.taken())
    }

    /// Whether the number was told how else to reach the clinic a short while ago. The texts of a number have their effect one after the
    /// other. One statement.
    async fn was_just_answered(&self) -> Result<bool, Fault> {
        let tx = self.change.tx();
        let answer = tx
            .query_one_raw(sql(
                tx,
                "select 1 from text where organization_id = $1 and their_number = $2 and created_at > $3 and purpose = $4 \
                 and idempotency_key like $5 limit 1",
                [
                    self.text.organization.into(),
                    self.text.from.clone().into(),
                    (self.change.now - BETWEEN_ANSWERS).into(),
                    TextPurpose::AutomaticAnswer.into(),
                    format!("{HELP} %").into(),
                ],
            ))
            .await?;
        Ok(answer.is_some())
    }

    /// Moves the enrolments of all who have the number; tells whether any has moved.
    async fn move_all(&mut self, event: Event, consent: ConsentChange) -> Result<bool, Fault> {
        let now = self.change.now;
        let mut moved = BTreeSet::new();
        for holder in &mut self.holders {
            if holder.take(event, now).unwrap_or(false) {
                moved.insert(holder.patient.id);
            }
        }
        self.keep_consents(&moved, consent).await?;
        let any = !moved.is_empty();
        self.store_moved(moved).await?;
        Ok(any)
    }

    /// Tells those who work on cases with the number that texts to it were stopped or are possible again. It is a consent of the
    /// cases' patients as well, also where the number is on nobody's file; of a number that is nobody's at all it is kept by itself.
    /// Three statements.
    async fn tell_cases(&mut self, consent: ConsentChange) -> Result<(), Fault> {
        let asked = super::case::asked(self.change, self.text);
        let mut patients = cases::consent_changed(self.change, &self.settings, asked).await?;
        for holder in &self.holders {
            // Whoever has it on file has an enrolment, which has moved.
            patients.remove(&holder.patient.id);
        }
        if self.holders.is_empty() && patients.is_empty() {
            return self.keep_consent_of_nobody(consent).await;
        }
        self.keep_consents(&patients, consent).await
    }

    async fn keep_consent_of_nobody(&self, consent: ConsentChange) -> Result<(), Fault> {
        let entry = OfNobody {
            number: &self.text.from,
            change: consent,
            source: ConsentSource::TextKeyword,
            wording: keywords::keyword(self.text.body.reveal()).unwrap_or_default(),
        };
        let place = (self.text.organization, self.change.now);
        consent::add_of_nobody(self.core, self.change.tx(), place, &entry).await
    }

    /// Enters the keyword into the ledger of each of these patients. One statement, none for nobody.
    async fn keep_consents(
        &self,
        patients: &BTreeSet<PatientId>,
        consent: ConsentChange,
    ) -> Result<(), Fault> {
        let word = keywords::keyword(self.text.body.reveal()).unwrap_or_default();
        let entries = patients.iter().map(|patient| Entry {
            patient: *patient,
            number: self.text.from.clone(),
            change: consent,
            source: ConsentSource::TextKeyword,
            wording: word.to_owned(),
            staff: None,
        });
        let (tx, organization, now) = (self.change.tx(), self.text.organization, self.change.now);
        consent::add(self.core, tx, organization, now, entries.collect()).await
    }

    /// Answers the text, from the number that it was sent to.
    async fn reply(&self, body: MessageBody, purpose: TextPurpose) -> Result<(), Fault> {
        self.answer("reply", self.only_patient(), (body, purpose))
            .await
    }

    /// The same for one patient, under the name of what is answered.
    pub(super) async fn answer(
        &self,
        what: &str,
        patient: Option<PatientId>,
        (body, purpose): (MessageBody, TextPurpose),
    ) -> Result<(), Fault> {
        let text = NewText {
            to: self.text.from.clone(),
            from: Some(self.text.our_number.clone()),
            body,
            purpose,
            patient,
            message: None,
            notification: None,
            idempotency_key: format!("{what} {}", self.text.id.0.simple()),
        };
        let (tx, organization) = (self.change.tx(), self.text.organization);
        // Without a gateway, or to a blocked number, nothing is to be said.
        queue(self.core, tx, organization, self.change.now, &[text]).await?;
        Ok(())
    }

    fn only_patient(&self) -> Option<PatientId> {
        match self.holders.as_slice() {
            [only] => Some(only.patient.id),
            _ => None,
        }
    }

    fn taken(&self) -> Received {
        Received::Taken {
            patient: self.only_patient(),
            message: None,
        }
    }
}
