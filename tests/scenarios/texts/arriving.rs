//! How texts come in: stored once before they are acknowledged, applied once and in order.

use entity::{InboundState, QuarantineReason};
use futures_util::future::join_all;
use harness::patience::{PATIENCE, until};
use harness::{canary, on_both_databases};

use super::office::{OURS, Office};

on_both_databases! {
    /// The same text, brought twenty times at once, is one text.
    async fn a_text_that_is_brought_many_times_is_one(office: &Office) {
        let (number, body) = (canary::phone(501), canary::message("hello"));
        let calls = (0..20).map(|_| office.bring("SM1", &number, &body));
        assert_eq!(join_all(calls).await, [200; 20]);
        assert_eq!(office.until_quarantined(1).await.len(), 1);
        assert_eq!(office.bring("SM1", &number, &body).await, 200);
        assert_eq!(office.bring("SM2", &number, &body).await, 200);
        assert_eq!(office.until_quarantined(2).await.len(), 2, "nothing came in between");
        let rows = office.inbound().await;
        assert_eq!(rows.iter().map(|row| row.sequence).collect::<Vec<_>>(), [1, 2], "without gaps");
    }

    /// What a text says is gone from where it came in once it has had its effect, and everything has its effect in the order in
    /// which it came.
    async fn texts_have_their_effect_in_order_and_are_kept_no_longer(office: &Office) {
        let (one, other) = (canary::phone(502), canary::phone(503));
        for number in 0..6 {
            let from = if number % 2 == 0 { &one } else { &other };
            let body = canary::message(&format!("text {number}"));
            assert_eq!(office.bring(&format!("SM{number}"), from, &body).await, 200);
        }
        let quarantined = office.until_quarantined(6).await;
        let rows = until(PATIENCE, "all to be settled", async || {
            let rows = office.inbound().await;
            rows.iter().all(|row| row.state != InboundState::Pending).then_some(rows)
        })
        .await;
        assert!(rows.iter().all(|row| row.body.is_none() && row.applied_at.is_some()));
        for sender in [&one, &other] {
            let names = |rows: Vec<&str>| rows.into_iter().map(str::to_owned).collect::<Vec<_>>();
            let came = names(rows.iter().filter(|row| row.their_number.reveal() == sender).map(|row| row.provider_message_id.reveal()).collect());
            let mut settled: Vec<_> = quarantined.iter().filter(|row| row.their_number.reveal() == sender).collect();
            settled.sort_by_key(|row| (row.received_at, row.provider_message_id.reveal().to_owned()));
            assert_eq!(came, names(settled.iter().map(|row| row.provider_message_id.reveal()).collect()));
        }
    }

    /// The number that a text was sent to decides whose it is; one that is not the clinic's is nobody's.
    async fn a_text_to_another_number_is_told_apart(office: &Office) {
        let number = canary::phone(504);
        let body = canary::message("hello");
        let form = [("MessageSid", "SM1"), ("From", number.as_str()), ("To", "+61491570999"), ("Body", body.as_str())];
        assert_eq!(office.twilio.call(&office.webhook("inbound"), &form).await, 200);
        let rows = office.until_quarantined(1).await;
        assert_eq!(rows[0].reason, QuarantineReason::UnknownReceiver);
        let lacking = [("MessageSid", "SM2"), ("To", OURS), ("Body", "x")];
        assert_eq!(office.twilio.call(&office.webhook("inbound"), &lacking).await, 400);
    }
}
