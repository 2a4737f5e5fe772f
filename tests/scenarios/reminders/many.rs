//! Ten thousand patients at once.

use std::time::Instant;

use entity::{
    BirthDate, EmailAddress, GroupId, GroupKind, PatientId, PersonId, PersonName, RecipientStatus,
    audience_group, group_member, patient, reminder_recipient,
};
use harness::laboratory::Laboratory;
use harness::seed::Seed;
use harness::{canary, on_both_databases, run};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter};
use tidings::domain::core::Core;
use tidings::domain::people::patients::PatientFilter;
use tidings::domain::policy::{self, AsClinician};
use tidings::domain::reminders::{self, Order, Selection};

const MANY: u32 = 10_000;

/// Adds patients without telling anybody.
pub(crate) async fn patients(core: &Core, seed: &Seed, count: u32) -> Vec<PatientId> {
    let now = core.clock.now();
    let rows: Vec<_> = (0..count)
        .map(|number| patient::Model {
            organization_id: seed.organization,
            id: PatientId(core.entropy.uuid(now)),
            name: PersonName::new(canary::name(&format!("P{number}"))),
            date_of_birth: BirthDate(canary::BIRTH_DATE.parse().unwrap()),
            phone: None,
            email: Some(EmailAddress::new("many@clinic.example")),
            email_key: None,
            language: "en".to_owned(),
            time_zone: "Europe/Helsinki".to_owned(),
            portal_allowed: true,
            enrolled_at: None,
            notify_channel: None,
            created_at: now,
        })
        .collect();
    for block in rows.chunks(1_000) {
        let block = block.iter().map(|row| row.clone().into_active_model());
        patient::Entity::insert_many(block)
            .exec_without_returning(core.store.writer())
            .await
            .unwrap();
    }
    rows.iter().map(|row| row.id).collect()
}

/// Puts patients into a group.
async fn group(core: &Core, seed: &Seed, members: &[PatientId]) -> GroupId {
    let id = GroupId(core.entropy.uuid(core.clock.now()));
    let organization_id = seed.organization;
    seed.insert(audience_group::Model {
        organization_id,
        id,
        name: run::unique_name(),
        kind: GroupKind::Patients,
    })
    .await;
    let rows = members.iter().map(|member| {
        let row = group_member::Model {
            organization_id,
            group_id: id,
            member_id: member.0,
        };
        row.into_active_model()
    });
    group_member::Entity::insert_many(rows)
        .exec_without_returning(core.store.writer())
        .await
        .unwrap();
    id
}

/// How many statements it takes to review a reminder, and to send it.
#[allow(
    clippy::print_stdout,
    reason = "how long it takes is for people to read"
)]
async fn statements(core: &Core, clinician: &AsClinician, order: &Order) -> (u64, u64) {
    let before = core.store.statements();
    let began = Instant::now();
    let review = reminders::preview(core, clinician, order).await.unwrap();
    let reviewed = core.store.statements();
    println!(
        "{} patients reviewed in {:?}",
        review.ready.len(),
        began.elapsed()
    );
    let began = Instant::now();
    let key = run::unique_name();
    let queued = reminders::send(core, clinician, order, &key, Some(review.digest))
        .await
        .unwrap();
    println!(
        "{} patients queued in {:?}",
        queued.reminder.recipients,
        began.elapsed()
    );
    (reviewed - before, core.store.statements() - reviewed)
}

on_both_databases! {
    async fn they_are_reviewed_and_queued_with_few_statements(laboratory: &Laboratory) {
        let core = &laboratory.core;
        let seed = Seed::of(core, laboratory.organization);
        let nora = laboratory.viewer(PersonId::Staff(laboratory.nurses[0])).await;
        let clinician = policy::clinician(&nora).unwrap();
        let template = crate::reminders::live::template(core, &seed, laboratory.nurses[0]).await;
        let all = patients(core, &seed, MANY).await;
        let order = |ids: &[PatientId]| Order {
            template,
            selection: Selection::Patients(ids.iter().copied().collect()),
            local_time: None,
            expires_at: None,
        };
        let (few_reviewed, few_sent) = statements(core, &clinician, &order(&all[..8])).await;
        let (many_reviewed, many_sent) = statements(core, &clinician, &order(&all)).await;
        // Patients are read in pages of 512, with one statement each.
        assert_eq!((few_reviewed, many_reviewed), (3, 22));
        // The same when it is sent; and they are stored in nineteen blocks of 512, then 256 and 16, in place of one.
        assert_eq!(many_sent - few_sent, 19 + 20);
        let waiting = reminder_recipient::Entity::find()
            .filter(reminder_recipient::Column::Status.eq(RecipientStatus::Waiting))
            .count(core.store.reader())
            .await
            .unwrap();
        assert_eq!(waiting, u64::from(MANY) + 8);
        // Those of a group are read in as many pages, and the last page is a full one.
        let group = group(core, &seed, &all[..512 * 3]).await;
        let filter = PatientFilter { group: Some(group), ..PatientFilter::default() };
        let of_group = Order { selection: Selection::Filter(filter), ..order(&all) };
        let before = core.store.statements();
        let review = reminders::preview(core, &clinician, &of_group).await.unwrap();
        assert_eq!((review.ready.len(), core.store.statements() - before), (512 * 3, 2 + 4));
        // Each transaction is small, whatever waits.
        let before = core.store.statements();
        assert_eq!(reminders::leave(core).await.unwrap(), 8);
        let few = core.store.statements() - before;
        assert_eq!(reminders::leave(core).await.unwrap(), 100);
        let many = core.store.statements() - before - few;
        assert!(many <= few, "{many} statements for a hundred, and {few} for eight that were the last of their reminder");
    }
}
