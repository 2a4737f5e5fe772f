use std::{
    fmt::Write as _,
    time::{Duration, Instant},
};

use async_graphql::Variables;

use super::toy::Toy;
use crate::http::transport::{
    limits::Limit, operation::Operation, params::Params, refusal::Refusal,
};

fn prepare(query: &str) -> Result<(), Refusal> {
    prepare_with(query, serde_json::json!({}))
}

fn prepare_with(query: &str, variables: serde_json::Value) -> Result<(), Refusal> {
    let params = Params {
        query: query.to_owned(),
        operation_name: None,
        variables: Variables::from_json(variables),
    };
    Operation::prepare(params, &Toy::settings()).map(drop)
}

fn exceeded(query: &str) -> Option<Limit> {
    match prepare(query) {
        Err(Refusal::Limit(exceeded)) => Some(exceeded.limit),
        Err(other) => panic!("{other}"),
        Ok(()) => None,
    }
}

/// Each fragment spreads the one before it twice.
fn bomb(doublings: usize) -> String {
    let mut query = "{ ...f0 } ".to_owned();
    for n in 0..doublings {
        let next = n + 1;
        write!(query, "fragment f{n} on Query {{ ...f{next} ...f{next} }} ").unwrap();
    }
    write!(query, "fragment f{doublings} on Query {{ hello }}").unwrap();
    query
}

#[test]
fn a_fragment_bomb_is_refused_at_once() {
    let started = Instant::now();
    assert_eq!(exceeded(&bomb(25)), Some(Limit::Selections));
    assert_eq!(exceeded(&bomb(30)), Some(Limit::Selections));
    assert_eq!(exceeded(&bomb(500)), Some(Limit::Nesting));
    assert!(started.elapsed() < Duration::from_secs(1));
    assert_eq!(exceeded(&bomb(4)), None);
}

#[test]
fn wide_documents_are_refused() {
    let aliases = |count: usize| {
        let fields: String = (0..count).map(|n| format!("a{n}:__typename ")).collect();
        format!("{{{fields}}}")
    };
    assert_eq!(exceeded(&aliases(20)), None);
    assert_eq!(exceeded(&aliases(31)), Some(Limit::Aliases));
    assert_eq!(exceeded(&aliases(20_000)), Some(Limit::QueryBytes));
    assert_eq!(exceeded(&aliases(5_000)), Some(Limit::Tokens));

    let directives = |count| format!("{{ hello {} }}", "@skip(if:false)".repeat(count));
    assert_eq!(exceeded(&directives(50)), None);
    assert_eq!(exceeded(&directives(51)), Some(Limit::Directives));
    assert_eq!(exceeded(&"@a".repeat(20_000)), Some(Limit::Tokens));
    assert_eq!(
        exceeded(&format!("query {} {{ hello }}", "@a".repeat(51))),
        Some(Limit::Directives)
    );

    let fields = |count| format!("{{ {} }}", "hello ".repeat(count));
    assert_eq!(exceeded(&fields(20)), None);
    assert_eq!(exceeded(&fields(21)), Some(Limit::RootFields));
    let spread = format!(
        "{{ {} }} fragment f on Query {{ hello }}",
        "...f ".repeat(21)
    );
    assert_eq!(exceeded(&spread), Some(Limit::RootFields));
}

#[test]
fn deep_documents_are_refused() {
    let deep =
        |levels: usize| format!("{{{}name{}", "node{".repeat(levels), "}".repeat(levels + 1));
    assert_eq!(exceeded(&deep(14)), None);
    assert_eq!(exceeded(&deep(15)), Some(Limit::Depth));
    assert_eq!(exceeded(&deep(5_000)), Some(Limit::Nesting));
    let list = format!(
        "{{ echo(id: {}1{}) }}",
        "[".repeat(20_000),
        "]".repeat(20_000)
    );
    assert_eq!(exceeded(&list), Some(Limit::Nesting));
    let inline = format!("{{{}hello{}", "...{".repeat(31), "}".repeat(32));
    assert_eq!(exceeded(&inline), None);
}

#[test]
fn pages_multiply_what_they_hold() {
    assert_eq!(exceeded("{ nodes(first: 100) { name } }"), None);
    assert_eq!(
        exceeded("{ nodes(first: 100000) { name } }"),
        Some(Limit::Complexity)
    );
    let by_variable = "query($n: Int) { nodes(first: $n) { name } }";
    assert!(prepare_with(by_variable, serde_json::json!({ "n": 10 })).is_ok());
    assert!(matches!(
        prepare_with(by_variable, serde_json::json!({ "n": 1_000_000 })),
        Err(Refusal::Limit(exceeded)) if exceeded.limit == Limit::Complexity
    ));
    // A default counts as if it had been supplied.
    assert_eq!(
        exceeded("query($n: Int = 1000000) { nodes(first: $n) { name } }"),
        Some(Limit::Complexity)
    );
}

#[test]
fn a_page_is_one_wherever_its_elements_are_selected() {
    // Four pages within each other, none of which says how long it is.
    let pages = "{ a { nodes { b { edges { node { c { nodes { d { nodes { name } } } } } } } } }";
    let through_fragments = "{ a { ... on A { nodes { b { ...B } } } } } \
        fragment B on B { ...C } \
        fragment C on B { edges { node { c { ... { nodes { d { ...D } } } } } } } \
        fragment D on D { nodes { name } }";
    for query in [&format!("{pages} }}"), through_fragments] {
        assert_eq!(exceeded(query), Some(Limit::Complexity), "{query}");
    }
    // What stands beside the elements costs what it is.
    let infos = "{ a { ...I b { ...I c { ...I d { ...I e { ...I } } } } } } \
        fragment I on Page { pageInfo { hasNextPage endCursor } totalCount }";
    assert_eq!(exceeded(infos), None);
}

#[test]
fn lists_that_are_no_pages_count_as_some_elements() {
    let lists = |levels: usize| {
        format!(
            "{{ {}name{} }}",
            "list { ".repeat(levels),
            " }".repeat(levels)
        )
    };
    assert_eq!(exceeded(&lists(4)), None);
    assert_eq!(exceeded(&lists(5)), Some(Limit::Complexity));
}

#[test]
fn a_text_that_cannot_be_stored_is_refused() {
    use serde_json::json;
    let by_variable = "query($v: In) { hello }";
    let nul = "a\0b";
    for value in [json!(nul), json!([nul]), json!({ "a": [{ "b": nul }] })] {
        let refusal = prepare_with(by_variable, json!({ "v": value })).unwrap_err();
        assert_eq!(refusal, Refusal::NulCharacter);
        assert_eq!(refusal.code(), "BAD_USER_INPUT");
    }
    assert_eq!(
        prepare(r#"{ echo(id: "a\u0000b") }"#),
        Err(Refusal::NulCharacter)
    );
    assert_eq!(prepare(r#"{ echo(id: "a\\u0000b") }"#), Ok(()));
}

#[test]
fn unused_fragments_and_other_operations_count_too() {
    assert_eq!(
        exceeded(&bomb(25).replace("{ ...f0 }", "{ hello }")),
        Some(Limit::Selections)
    );
    let two = format!("query A {{ hello }} query B {{ {} }}", "hello ".repeat(21));
    let params = Params {
        query: two,
        operation_name: Some("A".to_owned()),
        variables: Variables::default(),
    };
    assert!(Operation::prepare(params, &Toy::settings()).is_err());
}

#[test]
fn fragments_must_lead_somewhere() {
    for (query, expected) in [
        (
            "{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }",
            "circle",
        ),
        ("{ ...missing }", "does not define"),
        (
            "subscription { numbers(to: 1) b: numbers(to: 1) }",
            "exactly one",
        ),
        (
            "subscription { ...f } fragment f on Feed { numbers(to: 1) b: numbers(to: 1) }",
            "exactly one",
        ),
    ] {
        let refusal = prepare(query).unwrap_err();
        assert_eq!(refusal.code(), "GRAPHQL_VALIDATION_FAILED");
        assert!(refusal.to_string().contains(expected), "{refusal}");
    }
}

#[test]
fn introspection_is_bounded_but_the_usual_query_passes() {
    let usual = include_str!("introspection.graphql");
    assert_eq!(exceeded(usual), None);
    let nested = "{ __schema { types { fields { type { fields { type { fields { type { fields \
                  { name } } } } } } } } } }";
    assert_eq!(exceeded(nested), Some(Limit::IntrospectionLists));

    let mut settings = Toy::settings();
    settings.introspection = false;
    for query in [
        usual,
        "{ ...f } fragment f on Query { __type(name: \"Query\") { name } }",
    ] {
        let params = Params {
            query: query.to_owned(),
            operation_name: None,
            variables: Variables::default(),
        };
        let refusal = Operation::prepare(params, &settings).map(drop).unwrap_err();
        assert_eq!(refusal.code(), "INTROSPECTION_DISABLED");
    }
}

#[test]
fn variables_must_fit_their_built_in_types() {
    let fits = |declared: &str, value: serde_json::Value| {
        let query = format!("query($v: {declared}) {{ hello }}");
        match prepare_with(&query, serde_json::json!({ "v": value })) {
            Ok(()) => true,
            Err(refusal) => {
                assert_eq!(refusal.code(), "BAD_USER_INPUT");
                assert!(!refusal.to_string().contains("secret"));
                false
            }
        }
    };
    use serde_json::json;
    assert!(fits("Int", json!(null)) && !fits("Int!", json!(null)));
    assert!(
        fits("Int", json!(5)) && !fits("Int", json!(5.5)) && !fits("Int", json!(3_000_000_000_i64))
    );
    assert!(fits("Float", json!(5)) && !fits("Float", json!("secret")));
    assert!(fits("ID", json!("a")) && fits("ID", json!(1)) && !fits("ID", json!(1.5)));
    assert!(fits("Boolean", json!(true)) && !fits("Boolean", json!(0)));
    assert!(fits("[String!]", json!(["a"])) && fits("[String!]", json!("a")));
    assert!(!fits("[String!]", json!(["a", null])) && !fits("String", json!({ "secret": 1 })));
    assert!(fits("Anything", json!({ "a": [1] })));
    assert!(prepare("query($v: Int!) { hello }").is_err());
    assert!(prepare("query($v: Int! = 1) { hello }").is_ok());
}

#[test]
fn what_cannot_be_parsed_is_refused_without_being_repeated() {
    for (query, code) in [
        ("", "GRAPHQL_PARSE_FAILED"),
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ secret(", "GRAPHQL_PARSE_FAILED"),
        (
            "query secret { a } query secret { b }",
            "GRAPHQL_VALIDATION_FAILED",
        ),
        (
            "query A { a } query B { b }",
            "OPERATION_RESOLUTION_FAILURE",
        ),
        ("fragment f on Query { hello }", "GRAPHQL_VALIDATION_FAILED"),
    ] {
        let refusal = prepare(query).unwrap_err();
        assert_eq!(refusal.code(), code, "{query}");
        let text = refusal.to_string();
        assert!(!text.contains("secret") && !text.contains('\n'), "{text}");
    }
}
