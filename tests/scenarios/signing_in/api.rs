//! Signing in as a client does it.

use std::fmt::Write;

use async_graphql::Request;
use chrono::TimeDelta;
use entity::{LinkId, NotificationPurpose, OneTimeCodeId, PersonId};
use harness::world::World;
use harness::{canary, on_both_databases};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};
use tidings::domain::links::{self, NewLink};
use tidings::domain::secret::Secret;
use tidings::domain::sessions::{NewPassword, code_of};
use tidings::domain::source::Source;
use tidings::graphql::context::Caller;
use tidings::graphql::notification::DevelopmentOutboxInUse;
use tidings::graphql::schema::schema;

use super::clinic::SOURCE;

const SESSION: &str =
    "session { personId kind accessToken refreshToken accessTokenExpiresAt refreshTokenExpiresAt }";

/// Runs a mutation as somebody with a token, or as nobody, and gives its payload.
async fn run(
    world: &World,
    name: &str,
    input: Value,
    selection: &str,
    token: Option<&str>,
) -> Value {
    let kind = format!("{}{}Input", name[..1].to_uppercase(), &name[1..]);
    let operation = format!(
        "mutation ($input: {kind}!) {{ {name}(input: $input) {{ {selection} errors {{ code field message }} }} }}"
    );
    world
        .node
        .client
        .execute(&operation, json!({ "input": input }), token)
        .await
        .field(name)
}

async fn as_nobody(world: &World, name: &str, input: Value, selection: &str) -> Value {
    let payload = run(world, name, input, selection, None).await;
    for token in ["accessToken", "refreshToken"] {
        if let Some(token) = payload["session"][token].as_str() {
            canary::remember(canary::Secret::Token, token);
        }
    }
    payload
}

/// The first value of a statement whose `$1` is the first clinic.
async fn value<T: sea_orm::TryGetable>(world: &World, text: &str) -> T {
    let store = &world.node.app.core.store;
    let values: [sea_orm::Value; 1] = [world.clinic.organization.into()];
    let statement = Statement::from_sql_and_values(store.backend(), text, values);
    let row = store
        .reader()
        .query_one_raw(statement)
        .await
        .unwrap()
        .unwrap();
    row.try_get_by_index(0).unwrap()
}

async fn link(world: &World, person: PersonId, purpose: NotificationPurpose) -> String {
    let core = &world.node.app.core;
    let invitation: Option<uuid::Uuid> = match person {
        PersonId::Patient(_) => Some(
            value(
                world,
                "select id from invitation where organization_id = $1",
            )
            .await,
        ),
        PersonId::Staff(_) => None,
    };
    let new = NewLink {
        id: LinkId(core.entropy.uuid(core.clock.now())),
        person,
        purpose,
        conversation: None,
        invitation: invitation.map(entity::InvitationId),
        expires_at: core.clock.now() + links::LIFETIME,
    };
    let token = links::create(core, core.store.writer(), world.clinic.organization, new)
        .await
        .unwrap();
    canary::remember(canary::Secret::Link, token.reveal());
    token.reveal().to_owned()
}

/// Who a token stands for, or the one code with which every field is refused.
async fn me(world: &World, token: &Value) -> Result<Value, String> {
    let operation = "{ me { __typename ... on StaffMember { id email } ... on Patient { id consents { language wordingVersion } } } devices { id current } }";
    let answer = world
        .node
        .client
        .execute(operation, json!({}), token.as_str())
        .await;
    match answer.codes().first() {
        None => Ok(answer.into_data()),
        Some(code) => {
            assert!(answer.codes().iter().all(|other| other == code));
            Err((*code).to_owned())
        }
    }
}

on_both_databases! {
    /// An administrator invites a nurse; she sets a password by the link, signs in, refreshes and signs out.
    async fn a_nurse_from_invitation_to_sign_out(world: &World) {
        let nora = world.actor("Nora").person;
        let ada = world.actor("Ada").token.clone();
        let input = json!({ "staffMemberId": world.staff("Nora").to_public() });
        assert_eq!(run(world, "inviteStaffMember", input, "invited", Some(&ada)).await["invited"], true);
        let token = link(world, nora, NotificationPurpose::Invitation).await;
        let short = as_nobody(world, "setPassword", json!({ "token": token, "password": "too short" }), "passwordSet").await;
        assert_eq!((&short["passwordSet"], &short["errors"][0]["code"]), (&json!(false), &json!("TOO_SHORT")));
        let set = as_nobody(world, "setPassword", json!({ "token": token, "password": canary::PASSWORD }), "passwordSet").await;
        assert_eq!(set, json!({ "passwordSet": true, "errors": [] }));

        let email: String = value(world, "select email from staff_member where organization_id = $1 and name like 'Nora%'").await;
        let input = json!({ "organization": world.clinic.slug, "email": email, "password": canary::PASSWORD });
        let signed_in = as_nobody(world, "signIn", input, SESSION).await["session"].clone();
        assert_eq!(signed_in["kind"], "STAFF_MEMBER");
        let seen = me(world, &signed_in["accessToken"]).await.unwrap();
        assert_eq!((&seen["me"]["id"], &seen["me"]["email"]), (&signed_in["personId"], &json!(email)));

        let refreshed = as_nobody(world, "refreshSession", json!({ "refreshToken": signed_in["refreshToken"] }), SESSION).await["session"].clone();
        let again = as_nobody(world, "refreshSession", json!({ "refreshToken": signed_in["refreshToken"] }), SESSION).await;
        assert_eq!(again["errors"][0]["code"], "INVALID_REFRESH_TOKEN");
        assert_eq!(me(world, &refreshed["accessToken"]).await, Err("UNAUTHENTICATED".to_owned()));

        let input = json!({ "organization": world.clinic.slug, "email": email, "password": canary::PASSWORD });
        let token = as_nobody(world, "signIn", input, SESSION).await["session"]["accessToken"].clone();
        let answer = world.node.client.execute("mutation { signOut { signedOut errors { code } } }", json!({}), token.as_str()).await;
        assert_eq!(answer.field("signOut")["signedOut"], true);
        assert_eq!(me(world, &token).await, Err("UNAUTHENTICATED".to_owned()));
    }

    /// A nurse invites a patient, who agrees in their language, and later comes back with a code.
    async fn a_patient_from_invitation_to_code(world: &World) {
        let store = &world.node.app.core.store;
        let values: [sea_orm::Value; 1] = [world.patient("Paul").into()];
        let unenrol = Statement::from_sql_and_values(store.backend(), "update patient set enrolled_at = null where id = $1", values);
        store.writer().execute_raw(unenrol).await.unwrap();
        let nora = world.actor("Nora").token.clone();
        let input = json!({ "patientId": world.patient("Paul").to_public() });
        let invited = run(world, "invitePatient", input, "invitation { id patientId expiresAt }", Some(&nora)).await;
        assert_eq!(invited["invitation"]["patientId"], world.patient("Paul").to_public());
        let paul = world.actor("Paul").person;
        let token = link(world, paul, NotificationPurpose::Invitation).await;
        let operation = "query ($token: String!) { invitation(token: $token, language: \"fi\") { clinicName clinicSlug wordingVersion language wording languages expiresAt } }";
        let offer = world.node.client.execute(operation, json!({ "token": token }), None).await.field("invitation");
        assert_eq!((&offer["language"], &offer["clinicSlug"]), (&json!("fi"), &json!(world.clinic.slug)));
        let wrong = world.node.client.execute(operation, json!({ "token": "wrong" }), None).await;
        assert_eq!(wrong.codes(), ["NOT_FOUND"]);
        let mut input = json!({ "token": token, "wordingVersion": offer["wordingVersion"], "language": "fi", "consent": false });
        let refused = as_nobody(world, "acceptInvitation", input.clone(), "accepted").await;
        assert_eq!(refused["errors"][0]["code"], "CONSENT_REQUIRED");
        input["consent"] = json!(true);
        let accepted = as_nobody(world, "acceptInvitation", input, "accepted").await;
        assert_eq!(accepted, json!({ "accepted": true, "errors": [] }));

        let email: String = value(world, "select p.email from patient p join consent c on c.organization_id = p.organization_id \
            and c.patient_id = p.id where p.organization_id = $1").await;
        let contact = json!({ "organization": world.clinic.slug, "contact": email });
        assert_eq!(as_nobody(world, "requestSignInCode", contact, "").await, json!({ "errors": [] }));
        let code: uuid::Uuid = value(world, "select id from one_time_code where organization_id = $1").await;
        let code = code_of(&world.node.app.core, OneTimeCodeId(code));
        let input = json!({ "organization": world.clinic.slug, "contact": email, "code": code.reveal() });
        let signed_in = as_nobody(world, "signInWithCode", input.clone(), SESSION).await;
        assert_eq!(signed_in["session"]["personId"], world.patient("Paul").to_public());
        let seen = me(world, &signed_in["session"]["accessToken"]).await.unwrap();
        assert_eq!(seen["me"]["consents"], json!([{ "language": "fi", "wordingVersion": 1 }]));
        let again = as_nobody(world, "signInWithCode", input, SESSION).await;
        assert_eq!(again["errors"][0]["code"], "INVALID_CREDENTIALS");
    }

    /// A thousand aliases of one request are a thousand attempts: ten of them are looked at.
    async fn a_thousand_aliases_are_a_thousand_attempts(world: &World) {
        let core = world.node.app.core.clone();
        let email: String = value(world, "select email from staff_member where organization_id = $1 and name like 'Nora%'").await;
        let right = NewPassword::parse(&Secret::new(canary::PASSWORD), &[]).unwrap();
        let hash = core.passwords.hash(&core, &right).await.unwrap();
        world.clinic.insert(entity::credential::Model {
            organization_id: world.clinic.organization,
            person_kind: entity::PersonKind::Staff,
            person_id: world.staff("Nora").0,
            password_hash: hash,
            changed_at: core.clock.now(),
        }).await;
        let mut operation = "mutation {".to_owned();
        for number in 0..1000 {
            let password = if number == 999 { canary::PASSWORD.to_owned() } else { format!("zyxpassword-{number}") };
            write!(operation, " a{number}: signIn(input: {{ organization: {:?}, email: {email:?}, password: {password:?} }}) {{ errors {{ code }} }}", world.clinic.slug).unwrap();
        }
        operation.push('}');
        let before = core.passwords.runs();
        let request = Request::new(operation).data(Caller::new(None)).data(Source::from(SOURCE));
        let schema = schema(core.clone(), world.node.app.realtime.clone(), DevelopmentOutboxInUse(false), Default::default());
        let response = schema.execute(request).await;
        assert!(response.errors.is_empty());
        let data = response.data.into_json().unwrap();
        let code = |number: usize| data[format!("a{number}")]["errors"][0]["code"].clone();
        assert!((0..10).all(|n| code(n) == "INVALID_CREDENTIALS"));
        assert!((10..1000).all(|n| code(n) == "TOO_MANY_ATTEMPTS"));
        assert_eq!(core.passwords.runs() - before, 40);
    }

    /// A text that PostgreSQL does not take is refused before it can undo the counting of attempts.
    async fn a_text_with_the_character_zero_reaches_nothing(world: &World) {
        const SIGN_IN: &str = "mutation ($input: SignInInput!) { signIn(input: $input) { errors { code } } }";
        let client = &world.node.client;
        let organization = &world.clinic.slug;
        let right = json!({ "organization": organization, "email": "nora@canary.example", "password": canary::PASSWORD });
        for field in ["organization", "email", "password"] {
            let mut input = right.clone();
            input[field] = json!("a\0b");
            let answer = client.execute(SIGN_IN, json!({ "input": input }), None).await;
            assert_eq!(answer.codes(), ["BAD_USER_INPUT"], "{field}");
        }
        let written = format!(
            r#"mutation {{ signIn(input: {{ organization: "{organization}", email: "a\u0000b", password: "x" }}) {{ errors {{ code }} }} }}"#
        );
        assert_eq!(client.execute(&written, json!({}), None).await.codes(), ["BAD_USER_INPUT"]);
        let counted: i64 = value(world, "select count(*) from throttle where $1 = $1").await;
        assert_eq!(counted, 0);
    }

    /// What is not of the right form is refused before anything is done.
    async fn wrong_forms_are_refused(world: &World) {
        let nora = world.actor("Nora").token.clone();
        for (operation, code) in [
            ("mutation { signIn(input: { organization: 1, email: \"a\", password: \"b\" }) { errors { code } } }", "GRAPHQL_VALIDATION_FAILED"),
            ("mutation { signIn(input: { organization: \"a\", email: \"b\" }) { errors { code } } }", "GRAPHQL_VALIDATION_FAILED"),
            ("mutation { revokeSession(input: { id: \"pat_1\" }) { errors { code } } }", "NOT_FOUND"),
            ("mutation { endSessions(input: { personId: \"x\" }) { errors { code } } }", "FORBIDDEN"),
            ("{ consentWordings { nodes { version } } }", "FORBIDDEN"),
            ("mutation { publishConsentWording(input: { texts: [] }) { errors { code } } }", "FORBIDDEN"),
            ("mutation { invitePatient(input: { patientId: \"staff_1\" }) { errors { code } } }", "NOT_FOUND"),
        ] {
            let answer = world.node.client.execute(operation, json!({}), Some(&nora)).await;
            assert_eq!(answer.codes(), [code], "{operation}");
        }
        let published = run(
            world,
            "publishConsentWording",
            json!({ "texts": [{ "language": "en", "text": " " }] }),
            "consentWording { version }",
            Some(&world.actor("Ada").token.clone()),
        )
        .await;
        assert_eq!(published["errors"][0]["field"], json!(["texts", "0", "text"]));
    }

    /// A live connection ends with its session.
    async fn signing_out_everywhere_closes_sockets(world: &World) {
        let mut socket = world.connect("Nils").await;
        let answer = world.ask("Nils", "mutation { signOutEverywhere { signedOut } }", json!({})).await;
        assert_eq!(answer.field("signOutEverywhere")["signedOut"], true);
        assert_eq!(socket.closed().await.code, Some(4403));
        world.hands.advance(TimeDelta::seconds(1));
        assert_eq!(world.ask("Nils", "{ me { __typename } }", json!({})).await.codes(), ["UNAUTHENTICATED"]);
    }
}
