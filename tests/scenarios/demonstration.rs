//! What `tidings demo` shows, and what it leaves alone.

use entity::{link, message, organization, staff_member};
use harness::client::GraphqlClient;
use harness::database::TestDatabase;
use harness::process::ServerProcess;
use harness::{Backend, on_both_databases};
use reqwest::StatusCode;
use reqwest::header::{HOST, ORIGIN};
use sea_orm::EntityTrait;
use serde_json::{Value, json};

const EXAMPLES: &[(&str, &str)] = &[
    (
        "nurse",
        include_str!("../../server/assets/static/examples/nurse.graphql"),
    ),
    (
        "doctor",
        include_str!("../../server/assets/static/examples/doctor.graphql"),
    ),
    (
        "administrator",
        include_str!("../../server/assets/static/examples/administrator.graphql"),
    ),
    (
        "patient",
        include_str!("../../server/assets/static/examples/patient.graphql"),
    ),
];

/// Founds a clinic with its first administrator.
const FOUND: [&str; 7] = [
    "create-organization",
    "--name",
    "Riverside",
    "--admin-email",
    "ada@riverside.example",
    "--slug",
    "riverside",
];

/// Two databases: one with nothing in it, and one that is in use.
struct World {
    empty: TestDatabase,
    used: TestDatabase,
}

impl World {
    async fn start(backend: Backend) -> Self {
        Self {
            empty: TestDatabase::empty(backend).await,
            used: TestDatabase::migrated(backend).await,
        }
    }

    async fn finish(self) {
        self.empty.finish().await;
        self.used.finish().await;
    }
}

/// What somebody would miss: the clinics, their staff, how these sign in, and what was written.
type Contents = (
    Vec<organization::Model>,
    Vec<staff_member::Model>,
    Vec<link::Model>,
    Vec<message::Model>,
);

async fn contents(database: &TestDatabase) -> Contents {
    let connection = database.connect().await;
    let found = (
        organization::Entity::find().all(&connection).await.unwrap(),
        staff_member::Entity::find().all(&connection).await.unwrap(),
        link::Entity::find().all(&connection).await.unwrap(),
        message::Entity::find().all(&connection).await.unwrap(),
    );
    connection.close().await.unwrap();
    found
}

async fn people(client: &GraphqlClient) -> Vec<Value> {
    let answer = client.http().get(client.url("/demo/people")).send().await;
    answer.unwrap().json().await.unwrap()
}

async fn sign_in(client: &GraphqlClient, person: &Value) -> String {
    let input = json!({
        "organization": person["organization"], "email": person["email"], "password": person["password"],
    });
    let query =
        "mutation ($input: SignInInput!) { signIn(input: $input) { session { accessToken } } }";
    let payload = client
        .execute(query, json!({ "input": input }), None)
        .await
        .field("signIn");
    payload["session"]["accessToken"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// The examples of a person with the ids that the try-it page fills in.
fn examples(person: &Value) -> impl Iterator<Item = String> {
    let (_, file) = EXAMPLES
        .iter()
        .find(|(name, _)| person["examples"] == *name)
        .expect("each person has a file of examples");
    file.split("# ---\n").enumerate().map(|(number, example)| {
        example
            .replace("CONVERSATION_ID", person["conversation"].as_str().unwrap())
            .replace("MESSAGE_ID", person["message"].as_str().unwrap())
            .replace("PATIENT_ID", person["patient"].as_str().unwrap())
            .replace("IDEMPOTENCY_KEY", &format!("example-{number}"))
    })
}

on_both_databases! {
    async fn every_example_works_for_whom_it_is_meant(world: &World) {
        let server = ServerProcess::on(&world.empty).with_arguments(&["demo"]).start().await;
        let client = GraphqlClient::new(server.url());
        let people = people(&client).await;
        assert_eq!(people.len(), 4);
        for person in &people {
            let token = sign_in(&client, person).await;
            for example in examples(person).filter(|text| !text.contains("subscription ")) {
                let data = client.execute(&example, json!({}), Some(&token)).await.into_data();
                let payload = data.as_object().and_then(|fields| fields.values().next()).unwrap();
                assert!(
                    payload.get("errors").is_none_or(|errors| errors == &json!([])),
                    "{example}: {payload}"
                );
            }
        }
    }

    /// Whichever name of the machine somebody types, the page and the API behind it answer; under a name that somebody else
    /// owns they do not, though it may lead to the same address.
    async fn a_demonstration_answers_to_its_own_names(world: &World) {
        let server = ServerProcess::on(&world.empty).with_arguments(&["demo"]).start().await;
        let client = GraphqlClient::new(server.url());
        let port = server.url().rsplit(':').next().unwrap().to_owned();
        let get = async |path: &str, host: &str| {
            let request = client.http().get(client.url(path)).header(HOST, host);
            request.send().await.unwrap()
        };
        let ask = async |origin: &str| {
            let request = client.http().post(client.url("/graphql")).header(ORIGIN, origin);
            request.json(&json!({ "query": "{ version }" })).send().await.unwrap().status()
        };
        for name in ["127.0.0.1", "localhost", "[::1]"] {
            let host = format!("{name}:{port}");
            for path in ["/demo/people", "/outbox"] {
                assert_eq!(get(path, &host).await.status(), StatusCode::OK, "{host}");
            }
            assert_eq!(ask(&format!("http://{host}")).await, StatusCode::OK, "{host}");
        }
        for host in [format!("evil.example:{port}"), "evil.example".to_owned(), "localhost".to_owned()] {
            for path in ["/demo/people", "/outbox"] {
                assert_eq!(get(path, &host).await.status(), StatusCode::MISDIRECTED_REQUEST, "{host}");
            }
            assert_eq!(ask(&format!("http://{host}")).await, StatusCode::FORBIDDEN, "{host}");
        }
        // A foreign page may ask, but its browser shows it nothing.
        let request = client.http().get(client.url("/demo/people")).header(ORIGIN, "http://evil.example");
        let answer = request.send().await.unwrap();
        assert!(!answer.headers().contains_key("access-control-allow-origin"));
    }

    async fn a_demonstration_goes_on_where_it_was_left(world: &World) {
        let mut server = ServerProcess::on(&world.empty).with_arguments(&["demo"]).start().await;
        let before = people(&GraphqlClient::new(server.url())).await;
        assert!(server.terminate().await.success());
        server.restart().await;
        let after = people(&GraphqlClient::new(server.url())).await;
        assert_eq!(before[0]["conversation"], after[0]["conversation"]);
    }

    async fn a_demonstration_leaves_other_data_alone(world: &World) {
        let begun = ServerProcess::on(&world.used).with_arguments(&FOUND).run().await;
        assert!(begun.success());
        let before = contents(&world.used).await;
        assert_eq!(before.0.len(), 1);
        let demonstration = ServerProcess::on(&world.used).with_arguments(&["demo"]);
        let log = demonstration.log_file();
        assert_eq!(demonstration.run().await.code(), Some(1));
        let said = std::fs::read_to_string(log).unwrap();
        assert!(said.contains("this database is not a demonstration's, and is left as it is"), "{said}");
        assert_eq!(contents(&world.used).await, before);
    }

    async fn production_does_not_serve_a_demonstration(world: &World) {
        let mut server = ServerProcess::on(&world.empty).with_arguments(&["demo"]).start().await;
        server.terminate().await;
        let before = contents(&world.empty).await;
        let production = ServerProcess::on(&world.empty);
        let log = production.log_file();
        assert_eq!(production.run().await.code(), Some(1));
        let said = std::fs::read_to_string(log).unwrap();
        assert!(said.contains("this database is a demonstration's"), "{said}");
        assert_eq!(contents(&world.empty).await, before);
    }
}
