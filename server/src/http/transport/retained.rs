//! Keeps small what a subscription keeps of its document for as long as it lives: thousands of them wait on a node.

use async_graphql::{
    Name, Positioned,
    parser::types::{
        DocumentOperations, ExecutableDocument, FragmentDefinition, FragmentSpread,
        OperationDefinition, Selection, SelectionSet, TypeCondition,
    },
};

use super::vocabulary::Vocabulary;

/// Makes the parsed document of a subscription as small as it can be. It means the same as before.
pub(super) fn reduce(document: &mut ExecutableDocument, vocabulary: &Vocabulary) {
    let mut moved = Vec::new();
    match &mut document.operations {
        DocumentOperations::Single(operation) => move_out(operation, vocabulary, &mut moved),
        DocumentOperations::Multiple(operations) => {
            for operation in operations.values_mut() {
                move_out(operation, vocabulary, &mut moved);
            }
        }
    }
    document.fragments.extend(moved);
    for fragment in document.fragments.values_mut() {
        vocabulary.intern(&mut fragment.node.type_condition.node.on.node);
        shrink(&mut fragment.node.selection_set.node, vocabulary);
    }
}

/// Moves what is selected of each root field into a fragment. The executor copies the field for its own use, and keeps the
/// document too; a fragment is kept once.
fn move_out(
    operation: &mut Positioned<OperationDefinition>,
    vocabulary: &Vocabulary,
    moved: &mut Vec<(Name, Positioned<FragmentDefinition>)>,
) {
    for selection in &mut operation.node.selection_set.node.items {
        let pos = selection.pos;
        let Selection::Field(field) = &mut selection.node else {
            continue;
        };
        let set = &mut field.node.selection_set;
        let Some(given) = vocabulary.given_by(&field.node.name.node) else {
            continue;
        };
        if set.node.items.is_empty() {
            continue;
        }
        // No client can give a fragment such a name.
        let name = Name::new(format!("selection {}", moved.len()));
        let spread = FragmentSpread {
            fragment_name: Positioned::new(name.clone(), pos),
            directives: Vec::new(),
        };
        let items = vec![Positioned::new(
            Selection::FragmentSpread(Positioned::new(spread, pos)),
            pos,
        )];
        let on = TypeCondition {
            on: Positioned::new(Name::new(given), pos),
        };
        let fragment = FragmentDefinition {
            type_condition: Positioned::new(on, pos),
            directives: Vec::new(),
            selection_set: Positioned::new(
                std::mem::replace(&mut set.node, SelectionSet { items }),
                set.pos,
            ),
        };
        moved.push((name, Positioned::new(fragment, pos)));
    }
    operation.node.variable_definitions.shrink_to_fit();
    shrink(&mut operation.node.selection_set.node, vocabulary);
}

/// Gives back the room that parsing left unused, and shares the schema's names.
pub(super) fn shrink(set: &mut SelectionSet, vocabulary: &Vocabulary) {
    set.items.shrink_to_fit();
    for selection in &mut set.items {
        match &mut selection.node {
            Selection::Field(field) => {
                let field = &mut field.node;
                vocabulary.intern(&mut field.name.node);
                field.arguments.shrink_to_fit();
                field.directives.shrink_to_fit();
                shrink(&mut field.selection_set.node, vocabulary);
            }
            Selection::InlineFragment(fragment) => {
                let fragment = &mut fragment.node;
                if let Some(condition) = &mut fragment.type_condition {
                    vocabulary.intern(&mut condition.node.on.node);
                }
                shrink(&mut fragment.selection_set.node, vocabulary);
            }
            Selection::FragmentSpread(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::*;

    #[test]
    fn what_is_selected_of_a_root_field_is_kept_once() {
        let schema = "schema { query: Query subscription: Live } type Query { ok: Boolean }
            type Live { told: Item! count: Int! } type Item { id: ID! next: Item }";
        let vocabulary = Vocabulary::read(schema).unwrap();
        let text = "subscription { a: told { id next { id } ...F } count } fragment F on Item { next { id } }";
        let mut document = parse_query(text).unwrap();
        reduce(&mut document, &vocabulary);
        let DocumentOperations::Single(operation) = &document.operations else {
            panic!("one operation without a name");
        };
        let root = &operation.node.selection_set.node.items;
        let Selection::Field(told) = &root[0].node else {
            panic!("a field");
        };
        let kept = &told.node.selection_set.node.items;
        assert!(matches!(&kept[..], [one] if matches!(one.node, Selection::FragmentSpread(_))));
        let moved = &document.fragments[&Name::new("selection 0")].node;
        assert_eq!(moved.type_condition.node.on.node, "Item");
        assert_eq!(moved.selection_set.node.items.len(), 3);
        assert_eq!(document.fragments.len(), 2);
    }
}
