//! A message that does not arrive as a text is told to whoever counts on it, live and by notification (TXT-8).

use chrono::TimeDelta;
use entity::{
    NotificationPurpose, PersonId, PersonKind, StaffStatus, TextFailure, TextState, staff_member,
};
use harness::patience::{PATIENCE, until};
use harness::twilio::Behaviour;
use harness::ws::{Subscriber, Subscription};
use harness::{Backend, canary, on_both_databases};
use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::{ActiveModelTrait, ConnectionTrait};
use serde_json::{Value, json};

use super::office::Office;
use super::understanding::{chatting, until_status};

const ALERTS: &str = "subscription ($after: Position) { attentionAlerts(after: $after) { __typename
    ... on AttentionAlert { reason patient { id } conversation { id } } } }";

/// Somebody who watches what needs their attention.
struct Watcher {
    _socket: Subscriber,
    alerts: Subscription,
}

impl Watcher {
    async fn of(office: &Office, name: &str) -> Self {
        let after = office.world.head().await;
        let socket = office.world.connect(name).await;
        let alerts = socket.subscribe(ALERTS, json!({ "after": after })).await;
        Self {
            _socket: socket,
            alerts,
        }
    }

    async fn next(&mut self) -> Value {
        self.alerts.next().await["attentionAlerts"].take()
    }
}

/// Somebody writes to Paul by text, later than all that was sent before.
async fn writes(office: &Office, name: &str) {
    office.world.hands.advance(TimeDelta::seconds(1));
    let sent = office
        .world
        .send(name, office.world.chat, "Good morning")
        .await;
    assert_eq!(sent["message"]["channel"], "SMS");
}

/// Who was notified of what did not arrive, once for each time.
async fn notified(office: &Office) -> Vec<PersonId> {
    let rows = office.notifications().await.into_iter();
    let told = rows.filter(|row| row.purpose == NotificationPurpose::TextNotDelivered);
    let mut told: Vec<_> = told
        .map(|row| PersonId::from_columns(PersonKind::Staff, row.recipient_id.unwrap()))
        .collect();
    told.sort_unstable();
    told
}

fn told_of(office: &Office) -> Value {
    let world = &office.world;
    json!({
        "__typename": "AttentionAlert", "reason": "TEXT_NOT_DELIVERED",
        "patient": { "id": world.patient("Paul").to_public() }, "conversation": { "id": world.chat.to_public() },
    })
}

/// STOP comes between the moment at which policy has decided by which way a message goes and the one at which its text is stored.
async fn stop_in_between(office: &Office) {
    let stop = "insert into number_block (organization_id, number, created_at) select p.organization_id, p.phone, p.created_at \
                from patient p where p.organization_id = new.organization_id and p.id = new.patient_id";
    let create = match office.world.database.backend() {
        Backend::Sqlite => vec![format!("create trigger stop_in_between after update on conversation begin {stop} on conflict do nothing; end")],
        Backend::Postgres => vec![
            format!("create function stop_in_between() returns trigger language plpgsql as $$ begin {stop} on conflict do nothing; return new; end $$"),
            "create trigger stop_in_between after update on conversation for each row execute function stop_in_between()".to_owned(),
        ],
    };
    let writer = office.world.node.app.core.store.writer();
    for statement in create {
        writer.execute_unprepared(&statement).await.unwrap();
    }
}

on_both_databases! {
    /// Who wrote the message is alerted and notified, once, with nothing of it in the notification; nobody else is.
    async fn who_wrote_a_message_is_told_that_it_did_not_arrive(office: &Office) {
        chatting(office).await;
        let (mut to_nora, mut to_nils) = (Watcher::of(office, "Nora").await, Watcher::of(office, "Nils").await);
        let before = office.twilio.handed().len();
        writes(office, "Nora").await;
        let text = office.twilio.until(before + 1).await[before].clone();
        office.until_text(TextState::Sent).await;
        for _ in 0..2 {
            assert_eq!(office.twilio.report(&text, "undelivered", Some(30005)).await, 204);
        }
        assert_eq!(to_nora.next().await, told_of(office));
        let (nora, nils) = (office.world.actor("Nora").person, office.world.actor("Nils").person);
        assert_eq!(notified(office).await, [nora]);

        // The next one is Nils's, and so the first that he is told of.
        writes(office, "Nils").await;
        let text = office.twilio.until(before + 2).await[before + 1].clone();
        office.until_text(TextState::Sent).await;
        assert_eq!(office.twilio.report(&text, "undelivered", Some(30003)).await, 204);
        assert_eq!(to_nils.next().await, told_of(office));
        let mut both = [nora, nils];
        both.sort_unstable();
        assert_eq!(notified(office).await, both);
    }

    /// Where the author is gone, those are told who would be alerted of the patient's answer.
    async fn where_the_author_is_gone_the_others_are_told(office: &Office) {
        chatting(office).await;
        let mut to_nils = Watcher::of(office, "Nils").await;
        let before = office.twilio.handed().len();
        writes(office, "Nora").await;
        let text = office.twilio.until(before + 1).await[before].clone();
        office.until_text(TextState::Sent).await;
        let gone = staff_member::ActiveModel {
            organization_id: Unchanged(office.world.clinic.organization),
            id: Unchanged(office.world.staff("Nora")),
            status: Set(StaffStatus::Deactivated),
            ..Default::default()
        };
        gone.update(office.world.node.app.core.store.writer()).await.unwrap();
        assert_eq!(office.twilio.report(&text, "failed", Some(30008)).await, 204);
        assert_eq!(to_nils.next().await, told_of(office));
        assert_eq!(notified(office).await, [office.world.actor("Nils").person]);
    }

    /// STOP comes after policy has let a message go by text and before the text is stored: it stands beside the message as failed,
    /// and its author is told.
    async fn a_text_that_is_refused_when_it_is_stored_is_not_lost(office: &Office) {
        chatting(office).await;
        let mut to_nora = Watcher::of(office, "Nora").await;
        let before = office.twilio.handed().len();
        stop_in_between(office).await;
        writes(office, "Nora").await;
        assert_eq!(to_nora.next().await, told_of(office));
        let text = office.until_text(TextState::Failed).await;
        assert_eq!((text.reason, text.body, office.twilio.handed().len()), (Some(TextFailure::OptedOut), None, before));
        assert_eq!(notified(office).await, [office.world.actor("Nora").person]);
    }

    /// A gateway that stays away is tried seven times in eight hours, and then somebody is told.
    async fn a_gateway_that_stays_away_ends_in_a_failure(office: &Office) {
        chatting(office).await;
        let before = office.twilio.handed().len();
        office.twilio.behave(Behaviour::Status(503));
        writes(office, "Nora").await;
        for attempt in 1..=7 {
            office.twilio.until(before + attempt).await;
            until(PATIENCE, "the attempt to be settled", async || {
                let text = office.texts().await.pop()?;
                text.leased_until.is_none().then_some(())
            })
            .await;
            office.world.hands.advance(TimeDelta::hours(6));
        }
        let text = office.until_text(TextState::Failed).await;
        assert_eq!((text.reason, text.attempts), (Some(TextFailure::GatewayUnavailable), 7));
        assert_eq!(notified(office).await, [office.world.actor("Nora").person]);
        assert_eq!(office.twilio.handed().len(), before + 7);
    }

    /// Whoever said STOP to the gateway itself is blocked here as well, the ledger says how, and START leads back.
    async fn stop_that_the_gateway_knows_blocks_the_number(office: &Office) {
        chatting(office).await;
        office.twilio.behave(Behaviour::Refuse(21610));
        writes(office, "Nora").await;
        until_status(&office.world, "OPTED_OUT").await;
        let text = office.until_text(TextState::Failed).await;
        assert_eq!(text.reason, Some(TextFailure::OptedOut));
        let query = "query ($id: ID!) { patient(id: $id) { textingConsents { change source } } }";
        let paul = office.world.patient("Paul").to_public();
        let ledger = office.world.data("Nora", query, json!({ "id": paul })).await["patient"]["textingConsents"].clone();
        assert_eq!(ledger[0], json!({ "change": "REVOKED", "source": "GATEWAY" }), "{ledger}");
        let sent = office.world.send("Nora", office.world.chat, "Are you there?").await;
        assert_ne!(sent["message"]["channel"], "SMS");
        office.twilio.behave(Behaviour::Accept);
        office.bring("SM9", &canary::phone(1), "START").await;
        until_status(&office.world, "ENABLED").await;
    }
}
