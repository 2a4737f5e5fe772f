//! Who may do what: every root field of the schema, asked by everybody a clinic has to do with.
//!
//! The fields come from the schema and the operations from a table; a field that the table does not know fails the test,
//! and so does an operation whose field is gone. What was observed is what `docs/access-matrix.md` says.

mod actor;
mod document;
mod files;
mod given;
mod ids;
mod mutations;
mod nested;
mod operation;
mod queries;
mod rule;
mod stage;
mod subscriptions;
mod texts;
mod watching;

use harness::on_both_databases;
use harness::world::World;

use actor::Actor;
use operation::{Operation, Root};
use rule::Outcome;
use stage::Stages;

use crate::published_schema::field_names;

/// An operation for every root field.
fn operations() -> Vec<Operation> {
    let mut all = queries::operations();
    all.extend(subscriptions::operations());
    all.extend(mutations::operations());
    all
}

/// What each of the actors met, in their order.
struct Row {
    root: Root,
    field: &'static str,
    outcomes: Vec<Outcome>,
}

#[test]
fn the_table_knows_every_root_field_once() {
    for root in Root::ALL {
        let mut known: Vec<_> = operations()
            .iter()
            .filter(|operation| operation.root == root)
            .map(|operation| operation.field)
            .collect();
        known.sort_unstable();
        let mut schema: Vec<_> = field_names(root.name()).collect();
        schema.sort_unstable();
        assert_eq!(
            known,
            schema,
            "the table and the schema's {} differ",
            root.name()
        );
    }
}

on_both_databases! {
    async fn everybody_meets_what_the_rules_and_the_document_say(world: &World) {
        let stages = Stages::set(world).await;
        let (mut rows, mut wrong) = (Vec::new(), Vec::new());
        for operation in operations() {
            let mut row = Row { root: operation.root, field: operation.field, outcomes: Vec::new() };
            for actor in Actor::ALL {
                let outcome = stages.ask(&operation, actor).await;
                let expected = operation.rule.outcome(actor);
                if outcome != expected {
                    wrong.push(format!("{} by {}: {expected:?} expected, {outcome:?} observed", operation.field, actor.title()));
                }
                row.outcomes.push(outcome);
            }
            rows.push(row);
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        document::compare(&rows);
    }
}
