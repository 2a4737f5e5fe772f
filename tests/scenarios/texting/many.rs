//! Texts that come in any order and doubled make the same conversations as in order and once.

use futures_util::{StreamExt, stream};
use harness::clinic::Clinic;
use harness::{canary, on_both_databases};
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use serde_json::Value;
use tidings::domain::event_log::Change;
use tidings::domain::texting::inbound;
use tidings::domain::texts::inbound::InboundText;

use super::Desk;

/// How many texts come, of so many patients.
const TEXTS: usize = 1_000;
const PATIENTS: u16 = 10;

/// What a conversation says, in any order.
fn said(messages: &[Value]) -> Vec<String> {
    let mut bodies: Vec<_> = messages
        .iter()
        .map(|message| message["body"].as_str().unwrap().to_owned())
        .collect();
    bodies.sort_unstable();
    bodies
}

on_both_databases! {
    /// A thousand texts of ten patients, doubled, shuffled and handled several at once: each stands once in its own
    /// conversation, without a gap in the numbers.
    async fn a_thousand_texts_shuffled_and_doubled_stand_once_each(clinic: &Clinic) {
        let desk = Desk::open(clinic).await;
        let mut patients = Vec::new();
        for number in 0..PATIENTS {
            patients.push(desk.enabled(&format!("P{number}"), number).await);
        }
        let mut texts: Vec<InboundText> = (0..TEXTS)
            .map(|n| {
                let number = u16::try_from(n).unwrap() % PATIENTS;
                desk.inbound(&clinic.core, number, &canary::message(&format!("{n} of {number}")))
            })
            .collect();
        texts.extend(texts.clone());
        texts.shuffle(&mut StdRng::seed_from_u64(7));
        let desk = &desk;
        stream::iter(texts)
            .for_each_concurrent(8, |text| async move {
                let mut change = Change::begin(&clinic.core, clinic.ours.organization).await.unwrap();
                inbound::receive(&clinic.core, &mut change, &text).await.unwrap();
                change.commit().await.unwrap();
            })
            .await;
        for (number, patient) in (0_u16..).zip(&patients) {
            let messages = desk.messages(patient).await;
            let expected: Vec<_> = (0..TEXTS)
                .filter(|n| n % usize::from(PATIENTS) == usize::from(number))
                .map(|n| canary::message(&format!("{n} of {number}")))
                .collect();
            let mut expected = expected;
            expected.sort_unstable();
            assert_eq!(said(&messages), expected);
            let numbers: Vec<_> = messages.iter().map(|message| message["sequence"].as_i64().unwrap()).collect();
            assert_eq!(numbers, (1..=100).collect::<Vec<i64>>());
            assert_eq!(desk.chat(patient).await.1, 100);
        }
    }
}
