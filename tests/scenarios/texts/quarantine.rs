//! Texts that could not be placed (TXT-7): who sees them, and what becomes of them.

use entity::{NotificationPurpose, QuarantineState};
use harness::{canary, on_both_databases, run};
use serde_json::{Value, json};

use super::office::{OURS, Office};

const LIST: &str = "{ quarantinedTexts { nodes { id reason state from to body } } }";
const DISMISS: &str =
    "mutation ($input: DismissQuarantinedTextInput!) { dismissQuarantinedText(input: $input) {
    quarantinedText { id state body } errors { code } } }";

const ASSIGN: &str =
    "mutation ($input: AssignQuarantinedTextInput!) { assignQuarantinedText(input: $input) {
    quarantinedText { state body } errors { code } } }";

async fn listed(office: &Office, name: &str) -> Value {
    office.world.data(name, LIST, json!({})).await["quarantinedTexts"]["nodes"].clone()
}

const ALERTS: &str = "subscription ($after: Position) { attentionAlerts(after: $after) { __typename
    ... on AttentionAlert { reason patient { id } conversation { id } } } }";

/// How many notifications call somebody; none says whom a text is about.
async fn called(office: &Office, name: &str) -> usize {
    let person = office.world.staff(name);
    let rows = office.notifications().await.into_iter();
    let calls = rows.filter(|row| row.purpose == NotificationPurpose::AttentionNeeded);
    let hers = calls.filter(|row| row.recipient_id == Some(person.0) && row.patient_id.is_none());
    hers.count()
}

on_both_databases! {
    /// Clinicians see what came from a number that nobody has, and put it away; another clinic sees nothing of it.
    async fn clinicians_put_away_what_is_nobodys(office: &Office) {
        let (world, number) = (&office.world, canary::phone(505));
        let body = canary::message("Who is this?");
        office.bring("SM1", &number, &body).await;
        office.until_quarantined(1).await;
        let texts = listed(office, "Nora").await;
        let id = texts[0]["id"].clone();
        assert_eq!(texts, json!([{
            "id": id, "reason": "UNKNOWN_SENDER", "state": "OPEN", "from": number, "to": OURS, "body": body,
        }]));
        assert_eq!(listed(office, "Sten").await, json!([]));
        assert_eq!(world.ask("Ada", LIST, json!({})).await.codes(), ["FORBIDDEN"]);
        let dismissal = json!({ "input": { "id": id } });
        assert_eq!(world.ask("Sten", DISMISS, dismissal.clone()).await.codes(), ["NOT_FOUND"]);
        let payload = world.ask("Nora", DISMISS, dismissal.clone()).await.field("dismissQuarantinedText");
        assert_eq!(payload["quarantinedText"], json!({ "id": id, "state": "DISMISSED", "body": null }));
        let again = world.ask("Nora", DISMISS, dismissal).await.field("dismissQuarantinedText");
        assert_eq!(again["errors"], json!([{ "code": "WRONG_STATE" }]));
        assert_eq!(listed(office, "Nora").await, json!([]));
        let row = office.quarantined().await.remove(0);
        assert_eq!((row.state, row.body), (QuarantineState::Dismissed, None));
    }

    /// A clinician says whose text it is: it stands in the patient's chat, once.
    async fn clinicians_say_whose_a_text_is(office: &Office) {
        let (world, number) = (&office.world, canary::phone(507));
        let on = "mutation { updateSettings(input: { texting: true }) { errors { code } } }";
        world.data("Ada", on, json!({})).await;
        let body = canary::message("My new number");
        office.bring("SM1", &number, &body).await;
        office.until_quarantined(1).await;
        let id = listed(office, "Nora").await[0]["id"].clone();
        let paul = world.patient("Paul").to_public();
        let input = json!({ "input": { "id": id, "patientId": paul } });
        for stranger in ["Sten", "Rita"] {
            assert_eq!(world.ask(stranger, ASSIGN, input.clone()).await.codes(), ["NOT_FOUND"], "{stranger}");
        }
        let payload = world.ask("Nora", ASSIGN, input.clone()).await.field("assignQuarantinedText");
        assert_eq!(payload, json!({ "quarantinedText": { "state": "ASSIGNED", "body": null }, "errors": [] }));
        let again = world.ask("Nora", ASSIGN, input).await.field("assignQuarantinedText");
        assert_eq!(again["errors"], json!([{ "code": "WRONG_STATE" }]));
        let query = "query ($id: ID!) { conversation(id: $id) { messages(first: 9) { nodes { body channel author { kind } } } } }";
        let chat = world.data("Nora", query, json!({ "id": world.chat.to_public() })).await;
        let message = json!({ "body": body, "channel": "SMS", "author": { "kind": "PATIENT" } });
        assert_eq!(chat["conversation"]["messages"]["nodes"], json!([message]));
        assert_eq!(listed(office, "Nora").await, json!([]));
    }

    /// A staff member who is restricted from a patient does not see what came from the patient's number.
    async fn what_came_from_a_hidden_patient_is_hidden(office: &Office) {
        office.reach_by_text("Paul", 506).await;
        office.reach_by_text("Petra", 506).await;
        office.bring("SM1", &canary::phone(506), &canary::message("hello")).await;
        office.until_quarantined(1).await;
        assert_eq!(listed(office, "Nora").await.as_array().unwrap().len(), 1);
        assert_eq!(listed(office, "Rita").await, json!([]));
    }

    /// Nor what came from the number of such a patient's case, which stands on nobody's file.
    async fn what_came_from_the_case_of_a_hidden_patient_is_hidden(office: &Office) {
        let world = &office.world;
        world.data("Ada", "mutation { updateSettings(input: { texting: false, rules: [{ kind: CASE, offered: true }] }) { errors { code } } }", json!({})).await;
        let open = "mutation ($input: CreateContactRequestInput!) { createContactRequest(input: $input) { errors { code } } }";
        let input = json!({
            "patientId": world.patient("Paul").to_public(), "source": "TELEPHONE", "reason": canary::message("A rash"),
            "phone": canary::phone(507), "idempotencyKey": run::unique_name(),
        });
        world.data("Nora", open, json!({ "input": input })).await;
        office.bring("SM1", &canary::phone(507), &canary::message("hello")).await;
        office.until_quarantined(1).await;
        assert_eq!(listed(office, "Nora").await.as_array().unwrap().len(), 1);
        assert_eq!(listed(office, "Rita").await, json!([]));
    }

    /// Urgent words and wishes to get no more stand first, and those are called who may open the text, whoever has sent it.
    async fn what_is_remarkable_calls_somebody(office: &Office) {
        let world = &office.world;
        office.reach_by_text("Petra", 1).await;
        let after = world.head().await;
        let (nora, ada) = (world.connect("Nora").await, world.connect("Ada").await);
        let mut alerts = nora.subscribe(ALERTS, json!({ "after": after })).await;
        let mut adas = ada.subscribe(ALERTS, json!({ "after": after })).await;
        for (sid, number, text) in [
            ("SM1", 505, "Who is this?"),
            ("SM2", 505, "I have CHEST PAIN"),
            ("SM3", 506, "please stop texting me"),
            ("SM4", 1, "My chest pain is back"),
            ("SM5", 1, "Hello"),
        ] {
            office.bring(sid, &canary::phone(number), &canary::message(text)).await;
        }
        office.until_quarantined(5).await;
        for _ in 0..3 {
            let alert = alerts.next().await["attentionAlerts"].clone();
            let expected = json!({ "__typename": "AttentionAlert", "reason": "QUARANTINED_TEXT", "patient": null, "conversation": null });
            assert_eq!(alert, expected);
        }
        let query = "query ($first: Int, $after: String) { quarantinedTexts(first: $first, after: $after) {
            nodes { reason urgent optOutWish body } pageInfo { endCursor hasNextPage } } }";
        let (mut found, mut after) = (Vec::new(), Value::Null);
        loop {
            let page = world.data("Nora", query, json!({ "first": 2, "after": after })).await["quarantinedTexts"].clone();
            found.extend(page["nodes"].as_array().unwrap().clone());
            if page["pageInfo"]["hasNextPage"] == json!(false) {
                break;
            }
            after = page["pageInfo"]["endCursor"].clone();
        }
        let flags: Vec<_> = found.iter().map(|text| (text["urgent"] == json!(true), text["optOutWish"] == json!(true))).collect();
        assert_eq!(flags, [(true, false), (true, false), (false, true), (false, false), (false, false)]);
        let mut urgent: Vec<_> = found[..2].iter().map(|text| text["reason"].as_str().unwrap()).collect();
        urgent.sort_unstable();
        assert_eq!(urgent, ["SHARED_NUMBER", "UNKNOWN_SENDER"]);
        assert_eq!(called(office, "Nora").await, 3);
        office.bring("SM6", &canary::phone(505), &canary::message("Chest pain, still")).await;
        alerts.next().await;
        assert_eq!(called(office, "Nora").await, 3, "those of one number are gathered");

        // Nobody who may open texts is left, so the administrators are told, who can change that.
        assert_eq!(called(office, "Ada").await, 0, "who could not open it is not called");
        for name in ["Nora", "Nils", "Dora", "Rita"] {
            let input = json!({ "input": { "staffId": world.staff(name).to_public(), "roles": ["OUTREACH_MANAGER"] } });
            let change = "mutation ($input: UpdateStaffMemberInput!) { updateStaffMember(input: $input) { errors { code } } }";
            assert_eq!(world.ask("Ada", change, input).await.field("updateStaffMember")["errors"], json!([]));
        }
        office.bring("SM7", &canary::phone(507), &canary::message("Chest pain")).await;
        assert_eq!(adas.next().await["attentionAlerts"]["reason"], "QUARANTINED_TEXT");
        assert_eq!(called(office, "Ada").await, 1);
    }

    /// The number of whoever texted is forgotten a month after the text has had its effect. What the gateway called the text is
    /// not, so that it brings nothing when it is played again.
    async fn numbers_are_forgotten_after_a_month(office: &Office) {
        let number = canary::phone(505);
        let body = canary::message("Who is this?");
        office.bring("SM1", &number, &body).await;
        office.until_quarantined(1).await;
        let hands = &office.world.hands;
        hands.advance(chrono::TimeDelta::days(29));
        office.world.node.app.housekeeper.sweep().await;
        assert_eq!(office.inbound().await[0].their_number.reveal(), number);
        hands.advance(chrono::TimeDelta::days(2));
        office.world.node.app.housekeeper.sweep().await;
        assert_eq!(office.inbound().await[0].their_number.reveal(), "");
        assert_eq!(office.bring("SM1", &number, &body).await, 200);
        assert_eq!(office.inbound().await.len(), 1);
    }
}
