//! A clinic that is founded and asked through the schema, without a server in between: for what people and their access
//! are about.

use std::sync::Arc;

use async_graphql::{Request, Variables};
use chrono::{TimeDelta, Utc};
use entity::{OrganizationId, PersonId, Roles, SessionId, StaffId, event, session};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
};
use serde_json::{Value, json};
use tidings::domain::budget::Budget;
use tidings::domain::clock::Clock;
use tidings::domain::core::{Core, Outlets};
use tidings::domain::organizations::{self, Founding, NewOrganization};
use tidings::domain::people::staff::NewStaffMember;
use tidings::domain::sessions::AccessClaims;
use tidings::domain::settings::Settings;
use tidings::graphql::context::Caller;
use tidings::graphql::notification::DevelopmentOutboxInUse;
use tidings::graphql::schema::{Tidings, schema};
use tidings::graphql::text_gateway::TextSite;
use tidings::http::transport::Limits;
use tidings::realtime::{InProcess, Realtime};

use crate::laboratory::open;
use crate::{Backend, TestDatabase, canary, run};

/// Somebody who is signed in.
pub type Claims = AccessClaims;

/// A founded organization.
#[derive(Clone, Copy, Debug)]
pub struct House {
    /// The tenant.
    pub organization: OrganizationId,
    /// Its first administrator, signed in.
    pub administrator: Claims,
}

/// Two clinics in one installation.
pub struct Clinic {
    /// The domain's surroundings.
    pub core: Core,
    /// The clinic that the story is about.
    pub ours: House,
    /// Another one, which must never notice it.
    pub theirs: House,
    schema: Tidings,
    realtime: Realtime,
    /// None at a further node of a clinic that has one.
    database: Option<TestDatabase>,
}

impl Clinic {
    /// Founds both.
    pub async fn start(backend: Backend) -> Self {
        let database = TestDatabase::migrated(backend).await;
        let core = open(&database).await;
        let realtime = Realtime::start(core.clone(), Arc::new(InProcess::default()));
        Self {
            ours: found(&core, "Riverside Clinic").await,
            theirs: found(&core, "Hillside Practice").await,
            schema: schema(
                core.clone(),
                realtime.clone(),
                DevelopmentOutboxInUse(false),
                TextSite::default(),
            ),
            core,
            realtime,
            database: Some(database),
        }
    }

    /// A node of the same clinics that can hand notifications to these only. It goes with the first one.
    pub fn with(&self, outlets: Outlets) -> Self {
        self.node(Core {
            outlets,
            ..self.core.clone()
        })
    }

    /// The same clinics after some time. They go with the first one.
    pub fn later(&self, by: TimeDelta) -> Self {
        let now = self.core.clock.now() + by;
        self.node(Core {
            clock: Clock::new(move || now),
            ..self.core.clone()
        })
    }

    fn node(&self, core: Core) -> Self {
        Self {
            schema: schema(
                core.clone(),
                self.realtime.clone(),
                DevelopmentOutboxInUse(false),
                TextSite::default(),
            ),
            core,
            realtime: self.realtime.clone(),
            database: None,
            ours: self.ours,
            theirs: self.theirs,
        }
    }

    /// Asks as somebody; gives the whole response.
    pub async fn response(&self, who: Option<Claims>, query: &str, variables: Value) -> Value {
        let request = Request::new(query)
            .variables(Variables::from_json(variables))
            .data(Caller::new(who))
            .data(Budget::new(Limits::default().answer_bytes));
        // In a task of its own, as every operation of a server is.
        let schema = self.schema.clone();
        let response = tokio::spawn(async move { schema.execute(request).await });
        serde_json::to_value(response.await.unwrap()).unwrap()
    }

    /// Asks as somebody, who must get an answer without errors; gives the data.
    pub async fn ask(&self, who: Claims, query: &str, variables: Value) -> Value {
        let response = self.response(Some(who), query, variables).await;
        assert_eq!(response.get("errors"), None, "{query}");
        response["data"].clone()
    }

    /// Asks as somebody, who must be refused; gives the code.
    pub async fn refusal(&self, who: Claims, query: &str, variables: Value) -> String {
        let response = self.response(Some(who), query, variables).await;
        let code = response["errors"][0]["extensions"]["code"].as_str();
        code.unwrap_or_else(|| panic!("{query} was not refused: {response}"))
            .to_owned()
    }

    /// Runs a mutation with one input; gives its payload.
    pub async fn change(&self, who: Claims, name: &str, payload: &str, input: Value) -> Value {
        let query = mutation(name, payload);
        self.ask(who, &query, json!({ "input": input })).await[name].clone()
    }

    /// Runs a mutation that the caller must be able to mend; gives code and field of each error.
    pub async fn mistakes(&self, who: Claims, name: &str, input: Value) -> Vec<(String, String)> {
        let payload = self
            .change(who, name, "errors { code field message }", input)
            .await;
        let errors = payload["errors"].as_array().unwrap();
        let field = |error: &Value| match error["field"].as_array() {
            Some(path) => path
                .iter()
                .map(|part| part.as_str().unwrap())
                .collect::<Vec<_>>()
                .join("."),
            None => String::new(),
        };
        errors
            .iter()
            .map(|error| (error["code"].as_str().unwrap().to_owned(), field(error)))
            .collect()
    }

    /// Adds a staff member and signs them in.
    pub async fn staff(&self, name: &str, roles: &[&str]) -> Claims {
        let input = json!({
            "name": canary::name(name), "profession": "Nurse", "email": canary::address("staff"), "roles": roles,
        });
        let payload = "staffMember { id } errors { code field message }";
        let administrator = self.ours.administrator;
        let made = self
            .change(administrator, "createStaffMember", payload, input)
            .await;
        let id = made["staffMember"]["id"].as_str();
        let id = id.unwrap_or_else(|| panic!("not created: {made}"));
        let id = StaffId::from_public(id).unwrap();
        self.sign_in(self.ours.organization, PersonId::Staff(id))
            .await
    }

    /// Adds a patient as the administrator; gives the public id.
    pub async fn patient(&self, name: &str, more: Value) -> String {
        let mut input = json!({ "name": name, "dateOfBirth": canary::BIRTH_DATE });
        for (key, value) in more.as_object().into_iter().flatten() {
            input[key] = value.clone();
        }
        // The answer leaves the record out, because under some policies the administrator does not see it.
        let payload = "patient { id } errors { code field message }";
        let administrator = self.ours.administrator;
        let made = self
            .change(administrator, "createPatient", payload, input)
            .await;
        let id = made["patient"]["id"].as_str();
        id.unwrap_or_else(|| panic!("not created: {made}"))
            .to_owned()
    }

    /// Adds a program; gives the public id.
    pub async fn program(&self, name: &str) -> String {
        let payload = "program { id } errors { code }";
        let input = json!({ "name": name });
        let made = self
            .change(self.ours.administrator, "createProgram", payload, input)
            .await;
        made["program"]["id"].as_str().unwrap().to_owned()
    }

    /// Changes the clinic's settings.
    pub async fn set(&self, input: Value) {
        let mistakes = self
            .mistakes(self.ours.administrator, "updateSettings", input)
            .await;
        assert_eq!(mistakes, []);
    }

    /// Signs a person in on a new device.
    pub async fn sign_in(&self, organization: OrganizationId, person: PersonId) -> Claims {
        sign_in(&self.core, organization, person).await
    }

    /// The events of our clinic after a position.
    pub async fn events_after(&self, position: i64) -> Vec<event::Model> {
        event::Entity::find()
            .filter(event::Column::OrganizationId.eq(self.ours.organization))
            .filter(event::Column::Position.gt(position))
            .order_by_asc(event::Column::Position)
            .all(self.core.store.reader())
            .await
            .unwrap()
    }

    /// Clears up.
    pub async fn finish(self) {
        self.realtime.stop().await;
        self.core.post_office.close().await;
        self.core.store.close().await;
        if let Some(database) = self.database {
            database.finish().await;
        }
    }
}

/// The public id of who is signed in.
pub fn public_id(who: Claims) -> String {
    match who.person {
        PersonId::Staff(id) => id.to_public(),
        PersonId::Patient(id) => id.to_public(),
    }
}

/// A mutation with one input.
pub fn mutation(name: &str, payload: &str) -> String {
    let mut input = name[..1].to_uppercase();
    input.push_str(&name[1..]);
    let input = match name {
        "addToGroup" | "removeFromGroup" => "GroupMembers",
        "addToCareTeam" | "removeFromCareTeam" => "CareTeam",
        "becomeNotificationUser" | "stopNotifications" => "NotificationUser",
        "closeConversation" | "reopenConversation" => "Conversation",
        "approveMessageTemplateText" | "retireMessageTemplateText" => "MessageTemplateText",
        "deactivateStaffMember" | "reactivateStaffMember" => "StaffStatus",
        "enableTexting"
        | "resendTextingInvitation"
        | "restartTexting"
        | "optPatientOutOfTexting" => "Texting",
        _ => &input,
    };
    format!("mutation Change($input: {input}Input!) {{ {name}(input: $input) {{ {payload} }} }}")
}

async fn found(core: &Core, name: &str) -> House {
    let new = NewOrganization {
        name: name.to_owned(),
        slug: run::unique_name().to_ascii_lowercase().replace('_', "-"),
        time_zone: "Europe/London".to_owned(),
        default_language: "en-GB".to_owned(),
        settings: Settings {
            default_region: "AU".to_owned(),
            ..Settings::default()
        },
        administrator: NewStaffMember {
            name: canary::name("Ada"),
            profession: "Practice manager".to_owned(),
            email: canary::address("admin"),
            phone: None,
            roles: Roles::default(),
            language: None,
        },
    };
    let founded = organizations::found(core, &Founding::by_operator(), new)
        .await
        .unwrap();
    let administrator = PersonId::Staff(founded.administrator.id);
    House {
        organization: founded.organization.id,
        administrator: sign_in(core, founded.organization.id, administrator).await,
    }
}

async fn sign_in(core: &Core, organization: OrganizationId, person: PersonId) -> Claims {
    let now: chrono::DateTime<Utc> = core.clock.now();
    let claims = AccessClaims {
        organization,
        person,
        session: SessionId(core.entropy.uuid(now)),
        expires_at: now + TimeDelta::days(1),
    };
    let row = session::Model {
        organization_id: organization,
        id: claims.session,
        person_kind: person.kind(),
        person_id: person.uuid(),
        created_at: now,
        expires_at: claims.expires_at,
        revoked_at: None,
    };
    row.into_active_model()
        .insert(core.store.writer())
        .await
        .unwrap();
    claims
}
