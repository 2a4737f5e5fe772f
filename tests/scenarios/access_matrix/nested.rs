//! What a record shows to whom: fields that a viewer may not see are null, and what stands behind a note is absent.

use harness::world::World;
use harness::{canary, on_both_databases, run};
use serde_json::{Value, json};

const PATIENT: &str = "query ($id: ID!) { patient(id: $id) {
    name dateOfBirth email groups { id } onPanel offersNotifications panel { role alerted notAlertedBecause
        staffMember { name profession roles status email phone language notificationSettings { channel } restrictedFrom { id } groups { id } } } } }";

const STAFF: &str = "query ($id: ID!) { staffMember(id: $id) {
    name profession roles status groups { id } email language notificationSettings { channel } restrictedFrom { id } } }";

/// The names of those of `fields` that are null.
fn hidden<'a>(record: &Value, fields: &[&'a str]) -> Vec<&'a str> {
    fields
        .iter()
        .copied()
        .filter(|field| record[*field].is_null())
        .collect()
}

async fn staff(world: &World, who: &str, whom: &str) -> Value {
    let id = world.staff(whom).to_public();
    world.data(who, STAFF, json!({ "id": id })).await["staffMember"].take()
}

on_both_databases! {
    async fn a_patient_sees_people_and_not_how_the_clinic_works(world: &World) {
        let id = world.patient("Paul").to_public();
        let seen = world.data("Paul", PATIENT, json!({ "id": id })).await["patient"].take();
        assert_eq!(hidden(&seen, &["name", "dateOfBirth", "email"]), [""; 0], "a patient sees their own record");
        let internal = ["groups", "onPanel", "offersNotifications"];
        assert_eq!(hidden(&seen, &internal), internal);
        let panel = seen["panel"].as_array().unwrap();
        assert_eq!(panel.len(), 2);
        for line in panel {
            assert_eq!(hidden(line, &["alerted", "notAlertedBecause"]), ["alerted", "notAlertedBecause"]);
            let fields = ["roles", "status", "email", "phone", "language", "notificationSettings", "restrictedFrom", "groups"];
            assert_eq!(hidden(&line["staffMember"], &fields), fields);
        }
    }

    async fn staff_see_the_panel_and_little_of_each_other(world: &World) {
        let id = world.patient("Paul").to_public();
        let seen = world.data("Dora", PATIENT, json!({ "id": id })).await["patient"].take();
        assert_eq!(hidden(&seen, &["groups", "onPanel", "offersNotifications"]), [""; 0]);
        assert_eq!((&seen["onPanel"], &seen["offersNotifications"]), (&json!(false), &json!(true)));
        assert_eq!(seen["panel"][0]["alerted"], json!(true));

        let private = ["email", "language", "notificationSettings", "restrictedFrom"];
        let shared = ["name", "profession", "roles", "status", "groups"];
        for (who, whom, fully) in [("Dora", "Nora", false), ("Rita", "Nora", false), ("Nora", "Nora", true), ("Ada", "Nora", true)] {
            let seen = staff(world, who, whom).await;
            assert_eq!(hidden(&seen, &shared), [""; 0], "{whom} seen by {who}");
            assert_eq!(hidden(&seen, &private).is_empty(), fully, "{whom} seen by {who}");
        }
    }

    async fn an_administrator_meets_no_message_on_any_way(world: &World) {
        world.send("Paul", world.chat, "not for administrators").await;
        let chat = world.chat.to_public();
        for (document, id) in [
            ("query ($id: ID!) { conversation(id: $id) { lastMessage { body } } }", &chat),
            ("query ($id: ID!) { node(id: $id) { ... on Conversation { lastMessage { body } } } }", &chat),
        ] {
            let answer = world.ask("Ada", document, json!({ "id": id })).await;
            assert_eq!(answer.codes(), ["FORBIDDEN"], "{document}");
        }
    }

    async fn a_patient_meets_no_note_on_any_way(world: &World) {
        let first = world.send("Paul", world.chat, "a message").await["message"].take();
        let note = world.note("Nora", world.chat, "a note").await["message"].take();
        let document = "{ myCareTeamChat { id unreadCount lastMessage { id } messages { nodes { id } } } }";
        let seen = world.data("Paul", document, json!({})).await["myCareTeamChat"].take();
        assert_eq!(seen["lastMessage"]["id"], first["id"]);
        assert_eq!(seen["messages"]["nodes"], json!([{ "id": first["id"] }]));
        assert_eq!(seen["unreadCount"], 0);

        let mark = "mutation ($input: MarkReadInput!) { markRead(input: $input) { sequence } }";
        let input = |id: &Value| json!({ "input": { "conversationId": world.chat.to_public(), "messageId": id } });
        let hidden = world.ask("Paul", mark, input(&note["id"])).await;
        let never = world.ask("Paul", mark, input(&json!("msg_00000000000000000000000000000000"))).await;
        assert_eq!((hidden.codes(), &hidden.errors), (vec!["NOT_FOUND"], &never.errors));
    }

    /// The patient sees their own case, and not how the clinic works on it; nor what it has decided, nor how texts were read.
    async fn a_patient_sees_a_case_and_not_the_work_on_it(world: &World) {
        let decide = "mutation { updateSettings(input: {
            rules: [{ kind: CASE, offered: true }], firstAnswerMinutes: { normal: 60 } }) { errors { code } } }";
        assert_eq!(world.data("Ada", decide, json!({})).await["updateSettings"]["errors"], json!([]));
        let open = "mutation ($input: CreateContactRequestInput!) { createContactRequest(input: $input) { case { id } errors { code } } }";
        let input = json!({ "input": {
            "patientId": world.patient("Paul").to_public(), "source": "INTEGRATION", "reason": canary::message("A rash"),
            "idempotencyKey": run::unique_name(),
        } });
        let case = world.ask("Nora", open, input).await.field("createContactRequest")["case"]["id"].take();
        let assign = "mutation ($input: AssignCaseInput!) { assignCase(input: $input) { errors { code } } }";
        let input = json!({ "input": { "caseId": case, "assigneeId": world.staff("Dora").to_public() } });
        assert_eq!(world.ask("Nora", assign, input).await.field("assignCase")["errors"], json!([]));
        let query = "query ($id: ID!) {
            conversation(id: $id) { case { id assignee { id } priority firstAnswerDueAt history { kind } } lastMessage { optOutWish } }
            organization { settings { escalationContactIds expectedAnswers { minutes } } } }";
        for (who, works) in [("Nora", true), ("Paul", false)] {
            let seen = world.data(who, query, json!({ "id": case })).await;
            let seen_case = &seen["conversation"]["case"];
            assert_eq!(seen_case["id"], case, "{who}");
            let fields = ["assignee", "priority", "firstAnswerDueAt"];
            assert_eq!(hidden(seen_case, &fields).len(), if works { 0 } else { 3 }, "{who}");
            assert_eq!(seen_case["history"].as_array().unwrap().is_empty(), !works, "{who}");
            assert_eq!(seen["conversation"]["lastMessage"]["optOutWish"].is_null(), !works, "{who}");
            assert_eq!(seen["organization"]["settings"].is_null(), !works, "{who}");
        }
    }
}
