//! That patients are answered in time, and that somebody hears them (NEW-3, NEW-4).

mod expected;
mod live;
mod marked;
mod unattended;

use chrono::{DateTime, Utc};
use entity::{
    EventKind, NotificationPurpose, NotificationStatus, PersonId, StaffId, event, notification,
};
use harness::clinic::{Claims, Clinic, public_id};
use harness::{canary, run};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use tidings::domain::answers;
use tidings::domain::event_log::Audience;

use crate::reminders::at;
use crate::texting::{Desk, patient_id};

/// A patient in the portal, and their chat.
struct Waiting {
    patient: String,
    own: Claims,
    chat: String,
}

impl Waiting {
    async fn of(desk: &Desk<'_>, patient: String) -> Self {
        desk.enrol(&patient).await;
        let person = PersonId::Patient(patient_id(&patient));
        let own = desk
            .clinic
            .sign_in(desk.clinic.ours.organization, person)
            .await;
        let query = "{ myCareTeamChat { id } }";
        let chat = desk.clinic.ask(own, query, json!({})).await["myCareTeamChat"]["id"].clone();
        Self {
            patient,
            own,
            chat: chat.as_str().unwrap().to_owned(),
        }
    }

    async fn write(&self, clinic: &Clinic, who: Claims) {
        let input = json!({ "conversationId": self.chat, "body": canary::message("Hello"), "idempotencyKey": run::unique_name() });
        assert_eq!(clinic.mistakes(who, "sendMessage", input).await, []);
    }

    async fn writes(&self, clinic: &Clinic) {
        self.write(clinic, self.own).await;
    }

    /// Until when somebody sees that an answer can be expected.
    async fn expected_by(&self, clinic: &Clinic, who: Claims) -> Value {
        let query = "query ($id: ID!) { conversation(id: $id) { expectedAnswerBy } }";
        let seen = clinic.ask(who, query, json!({ "id": self.chat })).await;
        seen["conversation"]["expectedAnswerBy"].clone()
    }
}

fn staff(who: Claims) -> StaffId {
    StaffId::from_public(&public_id(who)).unwrap()
}

/// The events of a kind, and whom each alerts.
pub(crate) async fn alarms(clinic: &Clinic, kind: EventKind) -> Vec<Vec<StaffId>> {
    let events: Vec<event::Model> = clinic.events_after(0).await;
    let events = events.into_iter().filter(|event| event.kind == kind);
    let alerted = events.map(|event| {
        let audience = Audience::from_stored(&event.audience).unwrap();
        let alerted = audience.0.iter().filter(|concerned| concerned.alerted);
        let mut alerted: Vec<_> = alerted.map(|concerned| concerned.staff).collect();
        alerted.sort_unstable();
        alerted
    });
    alerted.collect()
}

/// Whom notifications call, and where these stand.
async fn called(clinic: &Clinic) -> Vec<(StaffId, NotificationStatus)> {
    let found = notification::Entity::find()
        .filter(notification::Column::Purpose.eq(NotificationPurpose::AttentionNeeded))
        .all(clinic.core.store.reader());
    let rows = found.await.unwrap().into_iter();
    let mut called: Vec<_> = rows
        .map(|row| (StaffId(row.recipient_id.unwrap()), row.status))
        .collect();
    called.sort_unstable();
    called
}

pub(crate) fn sorted(mut staff: Vec<StaffId>) -> Vec<StaffId> {
    staff.sort_unstable();
    staff
}

/// Looks whether anything is to be told, as the servers do all the time.
async fn look(clinic: &Clinic) -> usize {
    answers::look(&clinic.core).await.unwrap()
}

/// The same at another time.
async fn look_at(clinic: &Clinic, time: &str) -> usize {
    answers::look(&at(clinic, time)).await.unwrap()
}

fn moment(time: &str) -> Value {
    let time: DateTime<Utc> = DateTime::parse_from_rfc3339(time).unwrap().to_utc();
    json!(time.to_rfc3339())
}
