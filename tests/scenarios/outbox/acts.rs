//! What the people of the clinic do, and what comes of it.

use chrono::TimeDelta;
use entity::{
    ConversationId, MessageKind, NotificationStatus, PersonId, SessionId, development_message,
    notification, session,
};
use sea_orm::{ActiveModelTrait as _, EntityTrait as _, IntoActiveModel as _, QueryOrder as _};
use tidings::delivery::Report;
use tidings::domain::conversations::mark_read;
use tidings::domain::messages::{self, Draft};
use tidings::domain::policy::{self, AsAdministrator};
use tidings::domain::secret::Secret;
use tidings::domain::sessions::{self, AccessClaims};
use tidings::domain::viewer::Viewer;
use uuid::Uuid;

use super::clinic::{CANARY, Clinic};

impl Clinic {
    /// Time passes.
    pub(super) fn wait(&self, time: TimeDelta) {
        let mut now = self.now.lock().unwrap();
        *now += time;
    }

    /// Signs a person in.
    pub(super) async fn viewer(&self, person: PersonId) -> Viewer {
        let now = self.core.clock.now();
        let id = SessionId(self.core.entropy.uuid(now));
        let expires_at = now + TimeDelta::days(1);
        session::Model {
            organization_id: self.organization,
            id,
            person_kind: person.kind(),
            person_id: person.uuid(),
            created_at: now,
            expires_at,
            revoked_at: None,
        }
        .into_active_model()
        .insert(self.core.store.writer())
        .await
        .unwrap();
        let claims = AccessClaims {
            organization: self.organization,
            person,
            session: id,
            expires_at,
        };
        sessions::viewer(&self.core, &claims).await.unwrap()
    }

    pub(super) async fn administrator(&self) -> AsAdministrator {
        policy::administrator(&self.viewer(PersonId::Staff(self.nurse)).await).unwrap()
    }

    async fn write(&self, person: PersonId) -> messages::Sent {
        self.write_in(self.conversation, person).await
    }

    /// Somebody writes in a conversation.
    pub(super) async fn write_in(
        &self,
        conversation: ConversationId,
        person: PersonId,
    ) -> messages::Sent {
        let key = Uuid::from_bytes(self.core.entropy.bytes()).to_string();
        let body = format!("{CANARY} says hello");
        let draft = Draft::new(conversation, MessageKind::Message, body, key).unwrap();
        messages::send(&self.core, &self.viewer(person).await, draft)
            .await
            .unwrap()
    }

    /// The patient writes.
    pub(super) async fn patient_writes(&self) -> messages::Sent {
        self.write(PersonId::Patient(self.patient)).await
    }

    /// The nurse writes.
    pub(super) async fn nurse_writes(&self) -> messages::Sent {
        self.write(PersonId::Staff(self.nurse)).await
    }

    /// Somebody reads up to a message.
    pub(super) async fn read(&self, person: PersonId, upto: &messages::Sent) {
        let viewer = self.viewer(person).await;
        let reader = self.core.store.reader();
        let in_view = policy::read_conversation(reader, &viewer, self.conversation)
            .await
            .unwrap();
        mark_read(&self.core, &in_view, upto.message.id)
            .await
            .unwrap();
    }

    pub(super) async fn deliver(&self) -> Report {
        self.worker.run_once().await.unwrap()
    }

    /// What the development outbox holds, the oldest first.
    pub(super) async fn outbox(&self) -> Vec<development_message::Model> {
        development_message::Entity::find()
            .order_by_asc(development_message::Column::Id)
            .all(self.core.store.reader())
            .await
            .unwrap()
    }

    /// To whom something went, in order of the alphabet.
    pub(super) async fn recipients(&self) -> Vec<String> {
        let mut recipients: Vec<_> = self
            .outbox()
            .await
            .iter()
            .map(|message| message.recipient.reveal().to_owned())
            .collect();
        recipients.sort();
        recipients
    }

    /// The notifications with a status.
    pub(super) async fn notifications(
        &self,
        status: NotificationStatus,
    ) -> Vec<notification::Model> {
        notification::Entity::find()
            .order_by_asc(notification::Column::Id)
            .all(self.core.store.reader())
            .await
            .unwrap()
            .into_iter()
            .filter(|row| row.status == status)
            .collect()
    }

    /// The token of the link in the newest message that would have been sent.
    pub(super) async fn last_token(&self) -> Secret {
        let outbox = self.outbox().await;
        let text = outbox.last().unwrap().text.reveal();
        let (_, after) = text.split_once("https://tidings.example/l/").unwrap();
        Secret::new(after.split_whitespace().next().unwrap())
    }
}
