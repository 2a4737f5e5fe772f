//! By which number a patient hears of a case: whoever gave one waits for an answer there, and not at the number on file.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use entity::{
    Channel, ConversationId, NotificationPurpose, OrganizationId, PatientId, PhoneNumber,
    TextPurpose, notification, patient,
};
use sea_orm::ConnectionTrait;

use super::{facts::People, need::Recipient, outgoing::Address};
use crate::domain::{
    fault::Fault,
    settings::Settings,
    store::Sql,
    texting::leaving::{Leaving, kept_back},
};

/// The numbers that were given for the cases of which patients are to hear, without those that get no texts. At most two
/// statements.
pub(super) async fn case_numbers(
    connection: &impl ConnectionTrait,
    organization: OrganizationId,
    now: DateTime<Utc>,
    rows: &[&notification::Model],
) -> Result<HashMap<ConversationId, PhoneNumber>, Fault> {
    let told = rows.iter();
    let told = told.filter(|row| row.purpose == NotificationPurpose::NewClinicMessage);
    let conversations: BTreeSet<_> = told.filter_map(|row| row.conversation_id).collect();
    if conversations.is_empty() {
        return Ok(HashMap::new());
    }
    let mut select = Sql::new(
        "select cr.conversation_id, cr.patient_id, cr.number from contact_request cr where cr.number is not null and cr.organization_id = ",
    );
    select
        .bind(organization)
        .push(" and cr.conversation_id in ")
        .list(conversations);
    let rows = connection.query_all_raw(select.on(connection)).await?;
    let given = rows.iter().map(|row| {
        let (patient, number) = (row.try_get_by_index(1)?, row.try_get_by_index(2)?);
        Ok((row.try_get_by_index(0)?, patient, number))
    });
    let given: Vec<(ConversationId, PatientId, PhoneNumber)> =
        given.collect::<Result<_, Fault>>()?;
    let links: Vec<_> = given
        .iter()
        .map(|(case, patient, number)| Leaving {
            to: number,
            patient: Some(*patient),
            purpose: TextPurpose::Notification,
            conversation: Some(*case),
        })
        .collect();
    let kept_back = kept_back(connection, organization, now, &links).await?;
    let free = given.iter().zip(kept_back);
    let free = free.filter(|(_, kept_back)| kept_back.is_none());
    Ok(free
        .map(|((case, _, number), _)| (*case, number.clone()))
        .collect())
}

impl People {
    /// Whether a patient hears of a case by its number: where the clinic sends links by text, and they have not chosen e-mail.
    pub(super) fn hears_by_case(
        &self,
        settings: &Settings,
        patient: &patient::Model,
        row: &notification::Model,
    ) -> bool {
        let chosen = patient.notify_channel.filter(|chosen| {
            *chosen == Channel::Email
                && patient.email.is_some()
                && settings.patient_channels.contains(chosen)
        });
        chosen.is_none()
            && settings.patient_channels.contains(&Channel::Sms)
            && self.number_of_case(row).is_some()
    }

    /// Where a notification goes by a channel.
    pub(super) fn address(
        &self,
        recipient: &Recipient<'_>,
        row: &notification::Model,
        channel: Channel,
    ) -> Option<Address> {
        let of_case = match (recipient, channel) {
            (Recipient::Patient(_), Channel::Sms) => self.number_of_case(row),
            (Recipient::Patient(_), Channel::Email | Channel::Portal)
            | (Recipient::Staff(_), _) => None,
        };
        match of_case {
            Some(number) => Some(Address::Sms(number.clone())),
            None => recipient.address(channel),
        }
    }

    fn number_of_case(&self, row: &notification::Model) -> Option<&PhoneNumber> {
        self.case_numbers.get(&row.conversation_id?)
    }
}
