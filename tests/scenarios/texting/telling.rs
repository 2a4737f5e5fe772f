//! Who is told that an enrolment has moved on (TXT-6).

use entity::{EventKind, NotificationPurpose, NotificationStatus, StaffId, notification};
use harness::clinic::{Claims, Clinic, public_id};
use harness::on_both_databases;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;
use tidings::delivery::{MailTransport, Nudge, TextGateways, Worker};
use tidings::domain::event_log::{Audience, bounds};
use tidings::domain::notifications::LinkBase;

use super::{Desk, birth_date};

/// To whom notifications of changes were stored.
async fn told(clinic: &Clinic) -> Vec<StaffId> {
    let found = notification::Entity::find()
        .filter(notification::Column::Purpose.eq(NotificationPurpose::TextingChanged))
        .all(clinic.core.store.reader());
    let found = found.await.unwrap();
    found
        .into_iter()
        .filter_map(|row| row.recipient_id)
        .map(StaffId)
        .collect()
}

fn staff(who: Claims) -> StaffId {
    StaffId::from_public(&public_id(who)).unwrap()
}

async fn set_two_way_texting(clinic: &Clinic, who: Claims, on: bool) {
    let input = json!({ "twoWayTexting": on });
    assert_eq!(
        clinic
            .mistakes(who, "updateNotificationSettings", input)
            .await,
        []
    );
}

on_both_databases! {
    /// Those who asked are alerted, on the panel or because they asked the question; nobody of what they did themselves.
    async fn those_who_asked_are_told(clinic: &Clinic) {
        let desk = Desk::open(clinic).await;
        let (quiet, off_the_team) = (clinic.staff("Nils", &["CLINICIAN"]).await, clinic.staff("Dora", &["CLINICIAN"]).await);
        set_two_way_texting(clinic, quiet, false).await;
        let eva = desk.patient("Eva", 1).await;
        for who in [quiet, desk.nurse] {
            let input = json!({ "patientId": eva, "staffId": public_id(who) });
            assert_eq!(clinic.mistakes(desk.nurse, "addToCareTeam", input).await, []);
        }
        let start = bounds(clinic.core.store.reader(), clinic.ours.organization).await.unwrap().head;
        let input = json!({ "patientId": eva });
        assert_eq!(clinic.mistakes(off_the_team, "enableTexting", input).await, []);
        assert_eq!(told(clinic).await, [staff(desk.nurse)], "the one who asked the question knows");
        desk.text(1, "01/02/1990").await;
        assert_eq!(told(clinic).await.len(), 1, "nothing has moved");
        desk.text(1, &birth_date()).await;
        let mut second = told(clinic).await;
        second.sort_unstable();
        let mut expected = vec![staff(desk.nurse), staff(off_the_team)];
        expected.sort_unstable();
        assert_eq!(second, expected, "one waits for each");

        let events = clinic.events_after(start.0).await;
        let moved: Vec<_> = events.iter().filter(|event| event.kind == EventKind::TextingChanged).collect();
        assert_eq!(moved.len(), 2);
        let audience = Audience::from_stored(&moved[1].audience).unwrap();
        assert!(audience.alerts(staff(desk.nurse)) && audience.includes(staff(quiet)) && !audience.alerts(staff(quiet)));
    }

    /// The notification says where to sign in and nothing else; who has switched it off meanwhile gets none.
    async fn the_notification_leaves_unless_it_was_switched_off(clinic: &Clinic) {
        let desk = Desk::open(clinic).await;
        let dora = clinic.staff("Dora", &["CLINICIAN"]).await;
        let eva = desk.patient("Eva", 1).await;
        let join = json!({ "patientId": eva, "staffId": public_id(dora) });
        assert_eq!(clinic.mistakes(desk.nurse, "addToCareTeam", join).await, []);
        desk.done("enableTexting", &eva).await;
        desk.text(1, &birth_date()).await;
        set_two_way_texting(clinic, dora, false).await;
        let worker = Worker::new(
            clinic.core.clone(),
            LinkBase::new("https://tidings.example"),
            MailTransport::DevelopmentOutbox,
            TextGateways::new("https://tidings.example", Default::default(), true).unwrap(),
            Nudge::default(),
        );
        for _ in 0..3 {
            worker.run_once().await.unwrap();
        }
        let found = notification::Entity::find()
            .filter(notification::Column::Purpose.eq(NotificationPurpose::TextingChanged))
            .all(clinic.core.store.reader());
        for row in found.await.unwrap() {
            let is_doras = row.recipient_id == Some(staff(dora).0);
            let expected = if is_doras { NotificationStatus::Skipped } else { NotificationStatus::Sent };
            assert_eq!(row.status, expected);
        }
    }
}
