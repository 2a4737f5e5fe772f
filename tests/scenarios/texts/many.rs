//! A thousand texts that come over the wire, doubled and in any order, make the same conversations as in order and once.

use entity::{
    ConversationId, InboundState, PatientId, PhoneNumber, TextingStatus, message, patient,
    texting_enrolment,
};
use futures_util::{StreamExt, stream};
use harness::patience::{PATIENCE, until};
use harness::{canary, on_both_databases};
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::json;

use super::office::Office;

/// How many texts come, of so many patients.
const TEXTS: usize = 1_000;
const PATIENTS: u16 = 10;

/// A patient who texts, with the chat.
async fn patient_who_texts(office: &Office, number: u16) -> ConversationId {
    let clinic = &office.world.clinic;
    let core = &office.world.node.app.core;
    let (id, chat): (PatientId, _) = clinic.patient(&format!("P{number}")).await;
    let phone = PhoneNumber::new(canary::phone(number));
    let change = patient::ActiveModel {
        organization_id: Unchanged(clinic.organization),
        id: Unchanged(id),
        phone: Set(Some(phone.clone())),
        ..Default::default()
    };
    change.update(core.store.writer()).await.unwrap();
    clinic
        .insert(texting_enrolment::Model {
            organization_id: clinic.organization,
            patient_id: id,
            number: phone,
            status: TextingStatus::Enabled,
            since: core.clock.now(),
            asked_at: None,
            wrong_answers: 0,
            failure: None,
            opted_out_by: None,
            status_before: None,
            asked_by: None,
        })
        .await;
    chat
}

on_both_databases! {
    /// Ten patients text a hundred times each; their gateway brings everything twice, shuffled, eight at once.
    async fn a_thousand_texts_over_the_wire_stand_once_each_in_their_order(office: &Office) {
        let on = "mutation { updateSettings(input: { texting: true }) { errors { code } } }";
        office.world.data("Ada", on, json!({})).await;
        let mut chats = Vec::new();
        for number in 0..PATIENTS {
            chats.push((number, patient_who_texts(office, 100 + number).await));
        }
        let mut calls: Vec<_> = (0..TEXTS).chain(0..TEXTS).collect();
        calls.shuffle(&mut StdRng::seed_from_u64(7));
        stream::iter(calls)
            .for_each_concurrent(8, |text| async move {
                let number = u16::try_from(text).unwrap() % PATIENTS;
                let body = canary::message(&format!("{text} of {number}"));
                assert_eq!(office.bring(&format!("SM{text}"), &canary::phone(100 + number), &body).await, 200);
            })
            .await;
        let came = until(PATIENCE * 12, "all texts to have their effect", async || {
            let rows = office.inbound().await;
            rows.iter().all(|row| row.state == InboundState::Applied).then_some(rows)
        })
        .await;
        assert_eq!(came.iter().map(|row| row.sequence).collect::<Vec<_>>(), (1..=1_000).collect::<Vec<i64>>());
        for (number, chat) in chats {
            let stored = message::Entity::find()
                .filter(message::Column::ConversationId.eq(chat))
                .order_by_asc(message::Column::Seq)
                .all(office.world.node.app.core.store.reader());
            let stored = stored.await.unwrap();
            let phone = canary::phone(100 + number);
            let expected: Vec<_> = came
                .iter()
                .filter(|row| row.their_number.reveal() == phone)
                .zip(1..)
                .map(|(row, seq)| (seq, format!("text {}", row.id.0.simple())))
                .collect();
            let found: Vec<_> = stored.into_iter().map(|row| (row.seq, row.idempotency_key)).collect();
            assert_eq!((found.len(), found), (TEXTS / usize::from(PATIENTS), expected));
        }
    }
}
