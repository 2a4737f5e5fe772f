//! What does not leave is told to its author at once.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    NotificationPurpose, NotificationStatus, ScheduledMessageId, StaffId, development_message,
    notification, scheduled_message,
};
use harness::clinic::{Claims, Clinic, public_id};
use harness::patience::{PATIENCE, until};
use harness::world::World;
use harness::{canary, on_both_databases, run};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, QueryOrder, Statement,
};
use serde_json::{Value, json};
use tidings::delivery::{MailTransport, Nudge, TextGateways, Worker};
use tidings::dispatch::Dispatcher;
use tidings::domain::notifications::LinkBase;
use tidings::domain::scheduled::forget_words;

use super::{begun, later, schedule, standing};
use crate::reminders::{as_patient, at, leave};

const DUE: &str = "2027-02-01T07:00:00Z";

const ALERTS: &str = "subscription ($after: Position) { messageAlerts(after: $after) { __typename
    ... on MessageAlert { message { body } }
    ... on ScheduledMessageAlert { position scheduledMessage { id status refusal patient { id } body } } } }";

/// The notifications of what has not left.
async fn told(clinic: &Clinic) -> Vec<notification::Model> {
    notified(clinic, NotificationPurpose::ScheduledMessageStopped).await
}

/// The notifications for a purpose, the oldest first.
pub(crate) async fn notified(
    clinic: &Clinic,
    purpose: NotificationPurpose,
) -> Vec<notification::Model> {
    notification::Entity::find()
        .filter(notification::Column::Purpose.eq(purpose))
        .order_by_asc(notification::Column::Id)
        .all(clinic.core.store.reader())
        .await
        .unwrap()
}

pub(crate) fn staff(who: Claims) -> StaffId {
    StaffId::from_public(&public_id(who)).unwrap()
}

/// Empties the outbox into the development outbox, as the clinic's node does at a time.
pub(crate) async fn deliver(clinic: &Clinic, time: &str) {
    let worker = Worker::new(
        at(clinic, time),
        LinkBase::new("https://tidings.example"),
        MailTransport::DevelopmentOutbox,
        TextGateways::new("https://tidings.example", Default::default(), true).unwrap(),
        Nudge::default(),
    );
    for _ in 0..3 {
        worker.run_once().await.unwrap();
    }
}

/// A message for later that is held back when somebody has written.
async fn guarded(clinic: &Clinic, who: Claims, conversation: &Value) -> Value {
    let query = "query ($id: ID!) { conversation(id: $id) { position } }";
    let data = clinic.ask(who, query, json!({ "id": conversation })).await;
    let seen = json!({ "seenPosition": data["conversation"]["position"] });
    schedule(clinic, who, later(conversation, "2027-02-01T09:00", seen)).await["id"].clone()
}

pub(super) async fn write(clinic: &Clinic, who: Claims, conversation: &Value, text: &str) {
    let input = json!({ "conversationId": conversation, "body": canary::message(text), "idempotencyKey": run::unique_name() });
    assert_eq!(clinic.mistakes(who, "sendMessage", input).await, []);
}

/// Whether somebody waits for the lock of a row. Where there is one writer, whoever comes waits.
async fn waits(clinic: &Clinic) -> bool {
    let reader = clinic.core.store.reader();
    if reader.get_database_backend() != DbBackend::Postgres {
        return true;
    }
    let waiting = "select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    let row = reader
        .query_one_raw(Statement::from_string(DbBackend::Postgres, waiting))
        .await;
    row.unwrap().is_some()
}

on_both_databases! {
    /// The author learns of it on the subscription of alerts, where the patient's message comes as well; a colleague and the
    /// patient learn of the messages only.
    async fn the_author_is_alerted_at_once(world: &World) {
        let before = world.head().await;
        let after = json!({ "after": before });
        let (nora, nils, paul) = (world.connect("Nora").await, world.connect("Nils").await, world.connect("Paul").await);
        let (mut to_nora, mut to_nils) = (nora.subscribe(ALERTS, after.clone()).await, nils.subscribe(ALERTS, after.clone()).await);
        let mut to_paul = paul.subscribe(ALERTS, after).await;
        let schedule = "mutation ($input: ScheduleMessageInput!) { scheduleMessage(input: $input) { scheduledMessage { id } errors { code } } }";
        let input = json!({
            "conversationId": world.chat.to_public(), "body": canary::message("See you soon"), "localTime": "2027-01-15T08:30",
            "timeZone": "UTC", "seenPosition": before, "idempotencyKey": run::unique_name(),
        });
        let scheduled = world.ask("Nora", schedule, json!({ "input": input })).await.field("scheduleMessage");
        assert_eq!(scheduled["errors"], json!([]));
        world.send("Paul", world.chat, "I cannot come").await;
        world.hands.advance(TimeDelta::hours(1));
        assert_eq!(to_nora.next().await["messageAlerts"]["__typename"], "MessageAlert");
        let alert = to_nora.next().await["messageAlerts"].take();
        assert_eq!(alert["__typename"], "ScheduledMessageAlert");
        let held = &alert["scheduledMessage"];
        assert_eq!((&held["id"], &held["status"]), (&scheduled["scheduledMessage"]["id"], &json!("HELD")));
        assert_eq!(held["patient"]["id"], json!(world.patient("Paul").to_public()));

        world.send("Paul", world.chat, "Are you there?").await;
        world.send("Nora", world.chat, "Yes").await;
        for _ in 0..2 {
            assert_eq!(to_nils.next().await["messageAlerts"]["__typename"], "MessageAlert");
        }
        assert_eq!(to_paul.next().await["messageAlerts"]["message"]["body"], json!(canary::message("Yes")));
    }

    /// Whatever keeps it from leaving, the alert says so: somebody has written, it has expired, the clinic has shut the way, or the
    /// server fails again and again.
    async fn each_way_of_not_leaving_is_alerted(world: &World) {
        let before = world.head().await;
        let nora = world.connect("Nora").await;
        let mut to_nora = nora.subscribe(ALERTS, json!({ "after": before })).await;
        let mut next = async || loop {
            let alert = to_nora.next().await["messageAlerts"].take();
            if alert["__typename"] == "ScheduledMessageAlert" {
                let message = &alert["scheduledMessage"];
                break [message["id"].clone(), message["status"].clone(), message["refusal"].clone()];
            }
        };
        // A day-long story would outlast its session: each is due in a minute.
        let schedule = async |more: Value| {
            let due = world.hands.now() + TimeDelta::minutes(1);
            let mut input = json!({
                "conversationId": world.chat.to_public(), "body": canary::message("See you soon"), "timeZone": "UTC",
                "localTime": due.format("%Y-%m-%dT%H:%M").to_string(), "idempotencyKey": run::unique_name(),
            });
            for (key, value) in more.as_object().unwrap() {
                input[key] = value.clone();
            }
            let schedule = "mutation ($input: ScheduleMessageInput!) { scheduleMessage(input: $input) { scheduledMessage { id } errors { code } } }";
            let scheduled = world.ask("Nora", schedule, json!({ "input": input })).await.field("scheduleMessage");
            assert_eq!(scheduled["errors"], json!([]));
            scheduled["scheduledMessage"]["id"].clone()
        };
        let held = schedule(json!({ "seenPosition": before })).await;
        world.send("Paul", world.chat, "I cannot come").await;
        world.hands.advance(TimeDelta::minutes(1));
        assert_eq!(next().await, [held, json!("HELD"), Value::Null]);

        let expires = world.hands.now() + TimeDelta::minutes(2);
        let expired = schedule(json!({ "expiresAt": expires.to_rfc3339() })).await;
        world.hands.advance(TimeDelta::minutes(2));
        assert_eq!(next().await, [expired, json!("EXPIRED"), Value::Null]);

        let failed = schedule(json!({})).await;
        scheduled_message::Entity::update_many()
            .col_expr(scheduled_message::Column::Body, Expr::value(None::<String>))
            .col_expr(scheduled_message::Column::Attempts, Expr::value(7))
            .filter(scheduled_message::Column::Id.eq(ScheduledMessageId::from_public(failed.as_str().unwrap()).unwrap()))
            .exec(world.node.app.core.store.writer())
            .await
            .unwrap();
        world.hands.advance(TimeDelta::minutes(1));
        assert_eq!(next().await, [failed, json!("FAILED"), json!("SERVER_FAILED")]);

        let refused = schedule(json!({})).await;
        let shut = "mutation { updateSettings(input: { rules: [{ kind: CARE_TEAM_CHAT, offered: false }] }) { errors { code } } }";
        assert_eq!(world.ask("Ada", shut, json!({})).await.field("updateSettings")["errors"], json!([]));
        world.hands.advance(TimeDelta::minutes(1));
        assert_eq!(next().await, [refused, json!("REFUSED"), json!("KIND_NOT_OFFERED")]);
    }

    /// Whichever way it ends, one notification goes to its author: with a link, and with nothing of the message or the patient.
    async fn every_end_is_notified_without_content(clinic: &Clinic) {
        let (nora, eva, conversation) = begun(clinic).await;
        let held = guarded(clinic, nora, &conversation).await;
        schedule(clinic, nora, later(&conversation, "2027-02-01T09:00", json!({ "expiresAt": "2027-02-01T07:00:01Z" }))).await;
        write(clinic, as_patient(clinic, &eva).await, &conversation, "Wait").await;
        let beginning = json!({
            "patientId": eva, "title": canary::message("More results"), "body": { "plain": canary::message("All is well still") },
            "localTime": "2027-02-01T10:00", "idempotencyKey": run::unique_name(),
        });
        assert_eq!(clinic.mistakes(nora, "scheduleSecureMessage", beginning).await, []);
        assert_eq!(leave(&at(clinic, "2027-02-01T07:30:00Z")).await, 2);
        assert_eq!(told(clinic).await.len(), 2, "one is held back, and one has expired");
        let locked_out = json!({ "patientId": eva, "portalAllowed": false });
        assert_eq!(clinic.mistakes(clinic.ours.administrator, "updatePatient", locked_out).await, []);
        assert_eq!(leave(&at(clinic, "2027-02-01T08:00:00Z")).await, 1);
        let rows = told(clinic).await;
        assert_eq!(rows.len(), 3, "the beginning was refused");
        assert!(rows.iter().all(|row| row.recipient_id == Some(staff(nora).0)));

        // What a colleague has looked after meanwhile needs no notification any more.
        assert_eq!(clinic.mistakes(nora, "cancelScheduledMessage", json!({ "scheduledMessageId": held })).await, []);
        deliver(clinic, "2027-02-01T08:00:00Z").await;
        let mut statuses: Vec<_> = told(clinic).await.into_iter().map(|row| row.status).collect();
        statuses.sort_unstable();
        let mut expected = vec![NotificationStatus::Sent, NotificationStatus::Sent, NotificationStatus::Skipped];
        expected.sort_unstable();
        assert_eq!(statuses, expected);
        let sent = development_message::Entity::find()
            .filter(development_message::Column::Subject.eq("A scheduled message has not left"))
            .all(clinic.core.store.reader())
            .await
            .unwrap();
        assert_eq!(sent.len(), 2);
        for message in sent {
            let text = message.text.reveal();
            assert!(text.contains("https://tidings.example/") && !text.contains("Eva") && !text.contains("esults"), "no more than where to sign in");
        }
    }

    /// An author who leaves between the stop and the notification is told of nothing any more: those are who would have been told in
    /// the first place, were the author gone then. Of what somebody has looked after meanwhile nobody is told.
    async fn an_author_who_leaves_before_the_notification_is_replaced(clinic: &Clinic) {
        let (nora, eva, conversation) = begun(clinic).await;
        let nils = clinic.staff("Nils", &["CLINICIAN"]).await;
        let administrator = clinic.ours.administrator;
        let join = json!({ "patientId": eva, "staffId": public_id(nils) });
        assert_eq!(clinic.mistakes(administrator, "addToCareTeam", join).await, []);
        guarded(clinic, nora, &conversation).await;
        let looked_after = guarded(clinic, nora, &conversation).await;
        write(clinic, as_patient(clinic, &eva).await, &conversation, "Wait").await;
        assert_eq!(leave(&at(clinic, DUE)).await, 2);
        let gone = json!({ "staffId": public_id(nora) });
        assert_eq!(clinic.mistakes(administrator, "deactivateStaffMember", gone).await, []);
        assert_eq!(clinic.mistakes(nils, "cancelScheduledMessage", json!({ "scheduledMessageId": looked_after })).await, []);
        deliver(clinic, DUE).await;
        let told = told(clinic).await;
        let to = |who: Claims| told.iter().filter(move |row| row.recipient_id == Some(staff(who).0)).map(|row| row.status);
        assert_eq!(to(nora).collect::<Vec<_>>(), [NotificationStatus::Skipped; 2]);
        assert_eq!(to(nils).collect::<Vec<_>>(), [NotificationStatus::Sent]);
    }

    /// A worker takes the notification of a message that is held back in the moment in which that is held back again: the worker
    /// may have looked before, so it is told once more.
    async fn held_back_again_it_is_told_again(clinic: &Clinic) {
        let (nora, eva, conversation) = begun(clinic).await;
        let held = guarded(clinic, nora, &conversation).await;
        let eva = as_patient(clinic, &eva).await;
        write(clinic, eva, &conversation, "Wait").await;
        assert_eq!(leave(&at(clinic, DUE)).await, 1);
        let query = "query ($id: ID!) { conversation(id: $id) { position } }";
        let seen = clinic.ask(nora, query, json!({ "id": conversation })).await["conversation"]["position"].take();
        let release = json!({ "scheduledMessageId": held, "seenPosition": seen });
        assert_eq!(clinic.mistakes(nora, "releaseScheduledMessage", release).await, []);
        write(clinic, eva, &conversation, "Wait, please").await;

        let worker = clinic.core.store.begin().await.unwrap();
        let claim = "update notification set coalesce_key = null where purpose = 'SCHEDULED_MESSAGE_STOPPED'";
        worker.execute_unprepared(claim).await.unwrap();
        let node = at(clinic, DUE);
        let leaving = tokio::spawn(async move { leave(&node).await });
        until(PATIENCE, "the node to meet the worker", async || (leaving.is_finished() || waits(clinic).await).then_some(())).await;
        worker.commit().await.unwrap();
        assert_eq!(leaving.await.unwrap(), 1);
        assert_eq!(standing(clinic, nora, &conversation).await.0, ["HELD"]);
        assert_eq!(told(clinic).await.len(), 2);
    }

    /// A row that can never leave is tried eight times within about an hour, and then ends, and its author is told.
    async fn what_always_fails_ends(clinic: &Clinic) {
        let (nora, _, conversation) = begun(clinic).await;
        schedule(clinic, nora, later(&conversation, "2027-02-01T09:00", json!({}))).await;
        scheduled_message::Entity::update_many()
            .col_expr(scheduled_message::Column::Body, Expr::value(None::<String>))
            .exec(clinic.core.store.writer())
            .await
            .unwrap();
        let start: DateTime<Utc> = DateTime::parse_from_rfc3339(DUE).unwrap().to_utc();
        let mut failures = Vec::new();
        for half_minute in 0..300 {
            let time = start + TimeDelta::seconds(30 * half_minute);
            let node = Dispatcher::new(at(clinic, &time.to_rfc3339()));
            if node.run_once().await.is_err() {
                failures.push(half_minute);
            }
        }
        assert_eq!(failures, [0, 1, 3, 7, 15, 31, 63, 127], "half minutes");
        assert_eq!(standing(clinic, nora, &conversation).await, (vec!["FAILED SERVER_FAILED".to_owned()], 1));
        assert_eq!(told(clinic).await.len(), 1);
    }

    /// The words stay for thirty days after it was settled, for whoever wants to see or send them again, and then go.
    async fn words_go_when_they_are_not_needed_any_more(clinic: &Clinic) {
        let (nora, _, conversation) = begun(clinic).await;
        schedule(clinic, nora, later(&conversation, "2027-02-01T09:00", json!({}))).await;
        let cancelled = schedule(clinic, nora, later(&conversation, "2027-09-01T09:00", json!({}))).await;
        schedule(clinic, nora, later(&conversation, "2027-09-01T09:00", json!({}))).await;
        assert_eq!(leave(&at(clinic, DUE)).await, 1);
        assert_eq!(clinic.mistakes(nora, "cancelScheduledMessage", json!({ "scheduledMessageId": cancelled["id"] })).await, []);
        let words = async || scheduled_message::Entity::find()
            .filter(scheduled_message::Column::Body.is_not_null())
            .all(clinic.core.store.reader())
            .await
            .unwrap()
            .len();
        assert_eq!(forget_words(&at(clinic, "2027-02-14T07:00:00Z")).await.unwrap(), 0);
        assert_eq!(words().await, 3);
        assert_eq!(forget_words(&at(clinic, "2027-03-04T07:00:00Z")).await.unwrap(), 2);
        assert_eq!(words().await, 1, "what waits keeps its words");
        assert_eq!(standing(clinic, nora, &conversation).await.0, ["CANCELLED", "SENT", "WAITING"]);
    }
}
