//! What subscriptions select, taken out of their documents.

use async_graphql::parser::{
    parse_query,
    types::{DocumentOperations, ExecutableDocument, Selection},
};

use super::toy::Toy;
use crate::http::transport::{
    Settings,
    kept::{Kept, take_out},
    operation::choose,
};

fn taken(text: &str, name: Option<&str>) -> (ExecutableDocument, Option<Kept>) {
    let settings = Settings {
        kept: &["told"],
        ..Toy::settings()
    };
    let mut document = parse_query(text).unwrap();
    let operation = choose(&document, name).unwrap();
    let taken = take_out(&document, operation, name, text, &settings);
    let kept = taken.map(|taken| taken.leave_small(&mut document));
    (document, kept)
}

#[test]
fn the_selection_is_taken_out_with_its_fragments() {
    let text = "subscription One($after: ID) { t: told(after: $after) { id ...F } }
        subscription Two { told { id } } fragment F on Item { next { id ... on Item { name } } }";
    let (document, kept) = taken(text, Some("One"));
    let kept = kept.unwrap();
    assert_eq!(kept.selected.node.items.len(), 2);
    assert!(matches!(
        &kept.selected.node.items[1].node,
        Selection::InlineFragment(fragment) if fragment.node.selection_set.node.items.len() == 1
    ));
    assert_eq!(kept.whole.fragments.len(), 1);
    assert!(document.fragments.is_empty());
    let DocumentOperations::Multiple(operations) = &document.operations else {
        panic!("named operations");
    };
    let left = &operations["One"].node;
    assert_eq!((operations.len(), left.variable_definitions.len()), (1, 1));
    let Selection::Field(field) = &left.selection_set.node.items[0].node else {
        panic!("a field");
    };
    assert_eq!(field.node.arguments.len(), 1);
    assert_eq!(field.node.response_key().node, "t");
    assert!(matches!(
        &field.node.selection_set.node.items[..],
        [one] if matches!(&one.node, Selection::Field(name) if name.node.name.node == "__typename")
    ));
}

#[test]
fn texts_are_told_apart_by_the_operation_too() {
    let text = "subscription One { told { id } } subscription Two { told { next { id } } }";
    let of = |name| taken(text, Some(name)).1.unwrap().text;
    assert_eq!(of("One"), of("One"));
    assert_ne!(of("One"), of("Two"));
}

#[test]
fn what_belongs_to_one_request_stays_in_its_document() {
    for text in [
        "subscription($long: Boolean!) { told { id @include(if: $long) } }",
        "subscription($n: Int) { told { next(n: [{ n: $n }]) { id } } }",
        "subscription { told { ...F @skip(if: false) } } fragment F on Item { id }",
        "subscription { told { ...F } } fragment F on Item @deferred { id }",
        "subscription { told { ... @skip(if: true) { id } } }",
        "subscription { told @skip(if: false) { id } }",
        "subscription @once { told { id } }",
        "subscription { told }",
        "subscription { told { ...Unknown } }",
        "subscription { told { id } other { id } }",
        "subscription { other { id } }",
        "subscription { ...F } fragment F on Live { told { id } }",
    ] {
        let (document, kept) = taken(text, None);
        assert!(kept.is_none(), "{text}");
        assert_eq!(
            format!("{document:?}"),
            format!("{:?}", parse_query(text).unwrap()),
            "{text}"
        );
    }
}

#[test]
fn fragments_that_multiply_stay_where_they_are() {
    let mut text = "subscription { told { ...F0 } } fragment F12 on Item { id }".to_owned();
    for n in 0..12 {
        let next = n + 1;
        text.push_str(&format!(
            " fragment F{n} on Item {{ ...F{next} ...F{next} }}"
        ));
    }
    assert!(taken(&text, None).1.is_none());
    let cycle = "subscription { told { ...F } } fragment F on Item { next { ...F } }";
    assert!(taken(cycle, None).1.is_none());
}
