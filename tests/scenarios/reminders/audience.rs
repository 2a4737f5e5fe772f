//! Whom a filter finds: by group, by program, by somebody's care team, under each policy of access.

use harness::clinic::{Claims, Clinic, public_id};
use harness::{canary, on_both_databases};
use serde_json::{Value, json};

use super::reviewing::{review, skipped};
use super::{patient, send, template, to};

/// A clinic with two clinicians, whose patients are in one group.
struct Ward {
    nora: Claims,
    nils: Claims,
    template: Value,
    group: Value,
    asthma: String,
}

/// Nora cares for Mina, Nils for Otto and for Hilda, who does not exist for Nora; nobody cares for Nadia, whom nothing reaches.
async fn ward(clinic: &Clinic) -> Ward {
    let nora = clinic.staff("Nora", &["CLINICIAN"]).await;
    let nils = clinic.staff("Nils", &["CLINICIAN"]).await;
    let administrator = clinic.ours.administrator;
    let (asthma, hidden) = (
        clinic.program("Asthma").await,
        clinic.program("Hidden").await,
    );
    let restriction = json!({ "staffId": public_id(nora), "programIds": [hidden] });
    let errors = clinic
        .mistakes(administrator, "setStaffRestrictions", restriction)
        .await;
    assert_eq!(errors, []);
    let of = |who: Claims| json!([public_id(who)]);
    let mut members = Vec::new();
    for (name, more) in [
        (
            "Mina",
            json!({ "careTeamIds": of(nora), "programIds": [asthma] }),
        ),
        (
            "Otto",
            json!({ "careTeamIds": of(nils), "programIds": [asthma] }),
        ),
        (
            "Hilda",
            json!({ "careTeamIds": of(nils), "programIds": [hidden] }),
        ),
        ("Nadia", json!({ "email": null })),
    ] {
        members.push(patient(clinic, name, more).await);
    }
    let mina = json!({ "patientId": members[0] });
    let payload = "patient { id }";
    clinic
        .change(nils, "becomeNotificationUser", payload, mina)
        .await;
    let new = json!({ "name": "Walkers", "kind": "PATIENTS" });
    let made = clinic
        .change(administrator, "createGroup", "group { id }", new)
        .await;
    let group = made["group"]["id"].clone();
    let joined = json!({ "groupId": group, "patientIds": members });
    assert_eq!(
        clinic.mistakes(administrator, "addToGroup", joined).await,
        []
    );
    Ward {
        nora,
        nils,
        template: template(clinic, &[("en", "Your test")]).await,
        group,
        asthma,
    }
}

impl Ward {
    /// How many of a filter would get it, and the names of those who would not.
    async fn found(&self, clinic: &Clinic, who: Claims, filter: &Value) -> (Value, Vec<String>) {
        let input = json!({ "templateId": self.template, "filter": filter });
        let found = review(clinic, who, input).await;
        let names = skipped(&found).into_iter().map(|(name, _)| name);
        (found["recipientCount"].clone(), names.collect())
    }
}

on_both_databases! {
    /// Whoever names a group, a program or a care team finds its patients wherever they are, as by a search.
    async fn those_who_are_named_are_found_wherever_they_are(clinic: &Clinic) {
        let ward = ward(clinic).await;
        let (nora, nils) = (public_id(ward.nora), public_id(ward.nils));
        let nadia = || vec![canary::name("Nadia")];
        let (group, program) = (json!({ "groupId": ward.group }), json!({ "programId": ward.asthma }));
        let own = json!({ "groupId": ward.group, "reach": "MINE" });
        // Hilda does not exist for Nora, and is not counted, not even among those who get none.
        for (access, filter, expected) in [
            ("TEAM_PLUS_SEARCH", &group, (2, nadia())),
            ("TEAM_PLUS_SEARCH", &program, (2, vec![])),
            ("TEAM_PLUS_SEARCH", &own, (1, vec![])),
            ("TEAM_PLUS_SEARCH", &json!({}), (1, vec![])),
            ("ORGANIZATION", &group, (2, nadia())),
            ("ORGANIZATION", &program, (2, vec![])),
            ("ORGANIZATION", &own, (1, vec![])),
            ("ORGANIZATION", &json!({}), (2, nadia())),
            ("TEAM", &group, (1, vec![])),
            ("TEAM", &program, (1, vec![])),
            ("TEAM", &own, (1, vec![])),
            ("TEAM", &json!({ "careTeamOf": nora }), (1, vec![])),
        ] {
            clinic.set(json!({ "access": access })).await;
            let (count, names) = ward.found(clinic, ward.nora, filter).await;
            assert_eq!((count, names), (json!(expected.0), expected.1), "{access} {filter}");
        }
        clinic.set(json!({ "access": "TEAM_PLUS_SEARCH" })).await;
        let (count, _) = ward.found(clinic, ward.nils, &group).await;
        assert_eq!(count, json!(3), "Hilda exists for Nils");
        let mut input = to(&ward.template, &[], json!({ "filter": { "groupId": ward.group, "careTeamOf": nils } }));
        input.as_object_mut().unwrap().remove("patientIds");
        let sent = send(clinic, ward.nora, input).await;
        assert_eq!(sent["reminder"]["recipientCount"], json!(1));
    }

    /// A colleague's patients are those on whose care team the colleague is documented, as far as the sender reaches them.
    async fn a_colleagues_patients_are_those_of_their_care_team(clinic: &Clinic) {
        let ward = ward(clinic).await;
        let theirs = json!({ "careTeamOf": public_id(ward.nils) });
        for access in ["TEAM_PLUS_SEARCH", "ORGANIZATION"] {
            clinic.set(json!({ "access": access })).await;
            let (count, names) = ward.found(clinic, ward.nora, &theirs).await;
            assert_eq!((count, names), (json!(1), vec![]), "Otto alone: Nils has only asked to be alerted for Mina, and Hilda is hidden");
            assert_eq!(ward.found(clinic, ward.nils, &theirs).await.0, json!(2));
        }
        // Under the strictest policy a colleague's patients are not there, unless one shares them.
        clinic.set(json!({ "access": "TEAM" })).await;
        let input = json!({ "templateId": ward.template, "filter": theirs });
        let found = review(clinic, ward.nora, input.clone()).await;
        assert_eq!((&found["recipientCount"], &found["errors"][0]["code"]), (&json!(0), &json!("BLANK")));

        // Who has left is still documented on the charts, and their patients may have to hear of it.
        clinic.set(json!({ "access": "TEAM_PLUS_SEARCH" })).await;
        let gone = json!({ "staffId": public_id(ward.nils) });
        assert_eq!(clinic.mistakes(clinic.ours.administrator, "deactivateStaffMember", gone).await, []);
        assert_eq!(ward.found(clinic, ward.nora, &theirs).await.0, json!(1));

        let query = "query ($input: PreviewReminderInput!) { previewReminder(input: $input) { recipientCount } }";
        let stranger = public_id(clinic.theirs.administrator);
        for nobody in [stranger.as_str(), "stf_nobody"] {
            let input = json!({ "templateId": ward.template, "filter": { "careTeamOf": nobody } });
            assert_eq!(clinic.refusal(ward.nora, query, json!({ "input": input })).await, "NOT_FOUND");
        }
    }
}
