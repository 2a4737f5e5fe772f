//! Conversations that nobody listens to (NEW-3).

use entity::EventKind;
use harness::clinic::{Claims, Clinic, public_id};
use harness::on_both_databases;
use serde_json::{Value, json};

use super::*;

const LIST: &str = "query ($first: Int, $after: String) { unattendedConversations(first: $first, after: $after) {
    nodes { since waitingSince patient { id } conversation { id } } pageInfo { hasNextPage endCursor } } }";

/// The patients of the conversations that somebody finds unattended.
async fn listed(clinic: &Clinic, who: Claims) -> Vec<Value> {
    let data = clinic.ask(who, LIST, json!({})).await;
    let nodes = data["unattendedConversations"]["nodes"].as_array().unwrap();
    nodes
        .iter()
        .map(|node| node["patient"]["id"].clone())
        .collect()
}

async fn done(clinic: &Clinic, who: Claims, name: &str, input: Value) {
    assert_eq!(clinic.mistakes(who, name, input).await, [], "{name}");
}

on_both_databases! {
    /// A message that alerts nobody is stored like any other, and the administrators are told of it at once.
    async fn a_message_that_nobody_hears_is_told_to_the_administrators(clinic: &Clinic) {
        let desk = Desk::open(clinic).await;
        let administrator = clinic.ours.administrator;
        let eva = Waiting::of(&desk, clinic.patient(&harness::canary::name("Eva"), json!({})).await).await;
        let heard = Waiting::of(&desk, desk.patient("Paul", 1).await).await;
        look(clinic).await;
        eva.writes(clinic).await;
        heard.writes(clinic).await;
        assert_eq!(look(clinic).await, 1);
        assert_eq!(alarms(clinic, EventKind::ConversationUnattended).await, [[staff(administrator)]]);
        assert_eq!(called(clinic).await, [(staff(administrator), NotificationStatus::Pending)]);
        eva.writes(clinic).await;
        assert_eq!(look(clinic).await, 0, "that was told");
        assert_eq!((listed(clinic, administrator).await, listed(clinic, desk.nurse).await), (vec![json!(eva.patient)], vec![json!(eva.patient)]));
        let data = clinic.ask(administrator, LIST, json!({})).await;
        assert_eq!(data["unattendedConversations"]["nodes"][0]["conversation"], json!(null), "conversations are for clinicians");
        let data = clinic.ask(desk.nurse, LIST, json!({})).await;
        assert_eq!(data["unattendedConversations"]["nodes"][0]["conversation"]["id"], json!(eva.chat));
        assert_eq!(clinic.refusal(eva.own, LIST, json!({})).await, "FORBIDDEN");
        assert_eq!(listed(clinic, clinic.theirs.administrator).await, [json!(null); 0]);

        done(clinic, desk.nurse, "becomeNotificationUser", json!({ "patientId": eva.patient })).await;
        assert_eq!(look(clinic).await, 1);
        assert_eq!(listed(clinic, administrator).await, [json!(null); 0], "somebody has come");
        done(clinic, desk.nurse, "stopNotifications", json!({ "patientId": eva.patient })).await;
        assert_eq!(look(clinic).await, 1);
        assert_eq!(alarms(clinic, EventKind::ConversationUnattended).await.len(), 2, "and has gone again");
        eva.write(clinic, desk.nurse).await;
        let data = clinic.ask(administrator, LIST, json!({})).await["unattendedConversations"]["nodes"].clone();
        assert_eq!((&data[0]["patient"]["id"], &data[0]["waitingSince"]), (&json!(eva.patient), &json!(null)), "she waits no more, and nobody listens");
        let waiting = LIST.replace("(first: $first", "(waiting: true, first: $first");
        let data = clinic.ask(administrator, &waiting, json!({})).await;
        assert_eq!(data["unattendedConversations"]["nodes"], json!([]));
    }

    /// However the last who listened is gone, it is told at once, whether the patient waits for an answer or not.
    async fn the_last_who_listens_may_go_in_many_ways(clinic: &Clinic) {
        let desk = Desk::open(clinic).await;
        let administrator = clinic.ours.administrator;
        let program = clinic.program("Diabetes").await;
        let ways: [(&str, Value); 5] = [
            ("removeFromCareTeam", json!({})),
            ("deactivateStaffMember", json!({})),
            ("setStaffRestrictions", json!({ "programIds": [program] })),
            ("updateStaffMember", json!({ "roles": ["OUTREACH_MANAGER"] })),
            ("updateNotificationSettings", json!({ "newPatientMessage": false })),
        ];
        let mut told = 0;
        for (name, more) in ways {
            let last = clinic.staff("Nils", &["CLINICIAN"]).await;
            let made = async |names: &str| {
                let team = json!({ "careTeamIds": [public_id(last)], "programIds": [program] });
                Waiting::of(&desk, clinic.patient(&harness::canary::name(names), team).await).await
            };
            let (eva, silent) = (made("Eva").await, made("Silja").await);
            eva.writes(clinic).await;
            look(clinic).await;
            assert_eq!(alarms(clinic, EventKind::ConversationUnattended).await.len(), told, "{name}");
            let (who, mut input) = match name {
                "updateNotificationSettings" => (last, json!({})),
                "removeFromCareTeam" => (administrator, json!({ "staffId": public_id(last), "patientId": eva.patient })),
                _ => (administrator, json!({ "staffId": public_id(last) })),
            };
            for (key, value) in more.as_object().unwrap() {
                input[key] = value.clone();
            }
            done(clinic, who, name, input).await;
            let gone_from = if name == "removeFromCareTeam" { 1 } else { 2 };
            assert_eq!(look(clinic).await, gone_from, "{name}");
            told += gone_from;
            assert_eq!(alarms(clinic, EventKind::ConversationUnattended).await.len(), told, "{name}");
            let listed = listed(clinic, desk.nurse).await;
            assert!(listed.contains(&json!(eva.patient)), "{name}");
            assert_eq!(listed.contains(&json!(silent.patient)), gone_from == 2, "{name}");
        }
    }

    /// Whoever leaves many patients at once, of whom none waits, is one notification. Where somebody else listens there is nothing
    /// to tell.
    async fn who_leaves_many_is_told_of_once(clinic: &Clinic) {
        let desk = Desk::open(clinic).await;
        let administrator = clinic.ours.administrator;
        let last = clinic.staff("Nils", &["CLINICIAN"]).await;
        let mut patients = Vec::new();
        for name in ["Eva", "Paul", "Petra", "Silja"] {
            let team = json!({ "careTeamIds": [public_id(last)] });
            patients.push(Waiting::of(&desk, clinic.patient(&harness::canary::name(name), team).await).await);
        }
        let join = json!({ "patientId": patients[3].patient, "staffId": public_id(desk.nurse) });
        done(clinic, administrator, "addToCareTeam", join).await;
        look(clinic).await;
        done(clinic, administrator, "deactivateStaffMember", json!({ "staffId": public_id(last) })).await;
        assert_eq!(look(clinic).await, 4);
        assert_eq!(alarms(clinic, EventKind::ConversationUnattended).await, vec![vec![staff(administrator)]; 3]);
        assert_eq!(called(clinic).await, [(staff(administrator), NotificationStatus::Pending)]);
        patients[0].writes(clinic).await;
        assert_eq!(look(clinic).await, 1);
        assert_eq!(alarms(clinic, EventKind::ConversationUnattended).await.len(), 4, "now somebody waits");
        assert_eq!(called(clinic).await.len(), 2, "which is told by itself");
    }

    /// Those whom the clinic has named are told in place of its administrators.
    async fn a_clinic_names_who_is_told(clinic: &Clinic) {
        let desk = Desk::open(clinic).await;
        let administrator = clinic.ours.administrator;
        let dora = clinic.staff("Dora", &["CLINICIAN"]).await;
        let outreach = clinic.staff("Otto", &["OUTREACH_MANAGER"]).await;
        for other in [public_id(outreach), public_id(clinic.theirs.administrator)] {
            let wrong = json!({ "escalationContactIds": [other] });
            let mistakes = clinic.mistakes(administrator, "updateSettings", wrong).await;
            assert_eq!(mistakes.iter().map(|(_, field)| field.as_str()).collect::<Vec<_>>(), ["escalationContactIds"]);
        }
        clinic.set(json!({ "escalationContactIds": [public_id(dora)] })).await;
        let settings = "{ organization { settings { escalationContactIds } } }";
        let seen = clinic.ask(dora, settings, json!({})).await["organization"]["settings"]["escalationContactIds"].clone();
        assert_eq!(seen, json!([public_id(dora)]));
        let program = clinic.program("Diabetes").await;
        let patient = async |name: &str| {
            let more = json!({ "programIds": [program] });
            Waiting::of(&desk, clinic.patient(&harness::canary::name(name), more).await).await
        };
        let (eva, paul, petra) = (patient("Eva").await, patient("Paul").await, patient("Petra").await);
        eva.writes(clinic).await;
        look(clinic).await;
        done(clinic, administrator, "setStaffRestrictions", json!({ "staffId": public_id(dora), "programIds": [program] })).await;
        paul.writes(clinic).await;
        look(clinic).await;
        done(clinic, administrator, "deactivateStaffMember", json!({ "staffId": public_id(dora) })).await;
        petra.writes(clinic).await;
        look(clinic).await;
        let told = alarms(clinic, EventKind::ConversationUnattended).await;
        let ours = staff(administrator);
        assert_eq!(told, [[staff(dora)], [ours], [ours]], "from whom the patient is hidden, and who is gone, is not told");
    }

    /// Urgent words call somebody where nobody hears them, also when that was told before; what waits is not called for twice.
    async fn urgent_words_that_nobody_hears_call_somebody(clinic: &Clinic) {
        let desk = Desk::open(clinic).await;
        let administrator = clinic.ours.administrator;
        let eva = Waiting::of(&desk, clinic.patient(&harness::canary::name("Eva"), json!({})).await).await;
        eva.writes(clinic).await;
        assert_eq!((look(clinic).await, called(clinic).await.len()), (1, 1));
        for calls in 1..3 {
            let input = json!({ "conversationId": eva.chat, "body": canary::message("I have chest pain"), "idempotencyKey": run::unique_name() });
            done(clinic, eva.own, "sendMessage", input).await;
            let told = alarms(clinic, EventKind::UrgentUnheard).await;
            assert_eq!(told, vec![vec![staff(administrator)]; calls]);
            assert_eq!(called(clinic).await.len(), 2, "one waits for both");
        }
    }

    /// Whoever leaves in the moment in which a patient begins to wait is found out a little later.
    async fn who_leaves_unseen_is_found_out(clinic: &Clinic) {
        let desk = Desk::open(clinic).await;
        let paul = Waiting::of(&desk, desk.patient("Paul", 1).await).await;
        paul.writes(clinic).await;
        look(clinic).await;
        let left = entity::panel_member::Entity::delete_many().exec(clinic.core.store.writer()).await;
        assert!(left.unwrap().rows_affected > 0);
        assert_eq!(look(clinic).await, 0);
        assert_eq!(look_at(clinic, "2027-01-15T08:01:00Z").await, 1);
        assert_eq!(alarms(clinic, EventKind::ConversationUnattended).await.len(), 1);
    }

    /// Where only care teams reach their patients, whoever is called reaches a patient whom nobody hears, and gives them a team.
    async fn who_is_called_reaches_whom_nobody_hears(clinic: &Clinic) {
        let desk = Desk::open(clinic).await;
        let administrator = clinic.ours.administrator;
        let eva = Waiting::of(&desk, clinic.patient(&harness::canary::name("Eva"), json!({})).await).await;
        clinic.set(json!({ "access": "TEAM" })).await;
        eva.writes(clinic).await;
        assert_eq!(look(clinic).await, 1);
        assert_eq!(listed(clinic, administrator).await, [json!(eva.patient)]);
        assert_eq!(listed(clinic, desk.nurse).await, [json!(null); 0], "who is not called reaches their own patients");
        let join = json!({ "patientId": eva.patient, "staffId": public_id(desk.nurse) });
        done(clinic, administrator, "addToCareTeam", join).await;
        assert_eq!(look(clinic).await, 1);
        assert_eq!(listed(clinic, administrator).await, [json!(null); 0]);
        eva.write(clinic, desk.nurse).await;
    }

    /// The list is read page by page, that first to which nobody has listened longest.
    async fn the_list_has_pages(clinic: &Clinic) {
        let desk = Desk::open(clinic).await;
        let mut expected = Vec::new();
        for (name, time) in [("Eva", "2027-01-15T08:03:00Z"), ("Paul", "2027-01-15T08:02:00Z"), ("Petra", "2027-01-15T08:04:00Z")] {
            let waiting = Waiting::of(&desk, clinic.patient(&harness::canary::name(name), json!({})).await).await;
            waiting.writes(clinic).await;
            assert_eq!(look_at(clinic, time).await, 1);
            expected.push(waiting.patient);
        }
        expected.swap(0, 1);
        let (mut found, mut after) = (Vec::new(), Value::Null);
        loop {
            let data = clinic.ask(desk.nurse, LIST, json!({ "first": 1, "after": after })).await["unattendedConversations"].clone();
            found.push(data["nodes"][0]["patient"]["id"].as_str().unwrap().to_owned());
            if data["pageInfo"]["hasNextPage"] == json!(false) {
                break;
            }
            after = data["pageInfo"]["endCursor"].clone();
        }
        assert_eq!(found, expected);
    }
}
