//! The schema as clients see it: the file at the root is what the server serves, and everything in it is described.

use std::path::Path;
use std::sync::LazyLock;

use async_graphql::SDLExportOptions;
use serde_json::Value;
use tidings::graphql::schema::builder;

const INTROSPECTION: &str = "{ __schema { types { name kind description
    fields(includeDeprecated: true) { name description args { name description type { ...named } } }
    inputFields { name description } enumValues(includeDeprecated: true) { name description } } } }
    fragment named on __Type { name ofType { name ofType { name } } }";

/// What introspection says of all types.
static TYPES: LazyLock<Value> = LazyLock::new(|| {
    let schema = builder().finish();
    let answer = futures_util::FutureExt::now_or_never(schema.execute(INTROSPECTION));
    let answer = answer.expect("introspection waits for nothing");
    assert!(answer.errors.is_empty(), "{:?}", answer.errors);
    serde_json::to_value(answer.data).unwrap()["__schema"]["types"].take()
});

/// The elements of a list, none if it is null.
fn list<'a>(of: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    of[name].as_array().into_iter().flatten()
}

fn fields(of: &str) -> impl Iterator<Item = &'static Value> {
    let types = TYPES.as_array().unwrap();
    let found = types.iter().find(|known| known["name"] == of);
    list(
        found.unwrap_or_else(|| panic!("the schema has no {of}")),
        "fields",
    )
}

/// The names of the fields of an object type.
pub(super) fn field_names(of: &str) -> impl Iterator<Item = &'static str> {
    fields(of).map(|field| field["name"].as_str().unwrap())
}

/// The type of the argument `input` of a mutation.
pub(super) fn input_type(mutation: &str) -> &'static str {
    let field = fields("Mutation").find(|field| field["name"] == mutation);
    let field = field.unwrap_or_else(|| panic!("the schema has no mutation {mutation}"));
    let input = list(field, "args").find(|argument| argument["name"] == "input");
    let wrapped = &input.unwrap_or_else(|| panic!("{mutation} has no input"))["type"]["ofType"];
    wrapped["name"].as_str().unwrap()
}

/// What comes with GraphQL itself.
fn is_built_in(name: &str) -> bool {
    name.starts_with("__") || ["Boolean", "Float", "ID", "Int", "String"].contains(&name)
}

/// The paths of `elements` and of their arguments that have no description.
fn undescribed(path: &str, elements: &Value, missing: &mut Vec<String>) {
    for element in elements.as_array().into_iter().flatten() {
        let path = format!("{path}.{}", element["name"].as_str().unwrap());
        if element["description"]
            .as_str()
            .is_none_or(|text| text.trim().is_empty())
        {
            missing.push(path.clone());
        }
        undescribed(&path, &element["args"], missing);
    }
}

#[test]
fn everything_is_described() {
    let mut missing = Vec::new();
    for of in TYPES.as_array().unwrap() {
        let name = of["name"].as_str().unwrap();
        if is_built_in(name) {
            continue;
        }
        if of["description"]
            .as_str()
            .is_none_or(|text| text.trim().is_empty())
        {
            missing.push(name.to_owned());
        }
        for part in ["fields", "inputFields", "enumValues"] {
            undescribed(name, &of[part], &mut missing);
        }
    }
    assert!(
        missing.is_empty(),
        "without a description: {}",
        missing.join(", ")
    );
}

#[test]
fn the_file_is_what_the_server_serves() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schema.graphql");
    let stored = std::fs::read_to_string(path).expect("schema.graphql can be read");
    let options = SDLExportOptions::new()
        .sorted_fields()
        .sorted_arguments()
        .sorted_enum_items();
    let served = builder().finish().sdl_with_options(options);
    assert!(
        stored.trim_end() == served.trim_end(),
        "schema.graphql is not what the server serves; write it with: cargo run -- schema > schema.graphql"
    );
}
