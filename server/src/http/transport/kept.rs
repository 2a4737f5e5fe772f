//! Takes what a subscription selects out of its document, so that it is kept once for all clients that send the same text: they are
//! copies of one app, and thousands of them wait on a node.

use std::collections::HashMap;

use async_graphql::{
    Name, Positioned,
    parser::types::{
        DocumentOperations, ExecutableDocument, Field, FragmentDefinition, InlineFragment,
        OperationDefinition, Selection, SelectionSet,
    },
};

use super::{Settings, retained};
use crate::domain::secret::sha256;

/// The most fields and fragments of a selection that is taken out: spreading fragments can multiply them.
const MOST_NODES: usize = 1_000;

/// The deepest selection that is taken out.
const MOST_DEEP: usize = 50;

/// A subscription in two parts.
pub(super) struct Kept {
    /// A hash of the text that the document was parsed from.
    pub(super) text: [u8; 32],
    /// The document as it was sent.
    pub(super) whole: ExecutableDocument,
    /// What it selects of each event, without fragments that stand elsewhere.
    pub(super) selected: Positioned<SelectionSet>,
}

/// What was taken out of a document, and what stays of it.
pub(super) struct Taken {
    small: ExecutableDocument,
    text: [u8; 32],
    selected: Positioned<SelectionSet>,
}

impl Taken {
    /// Leaves in the document's place what the executor needs to open the subscription.
    pub(super) fn leave_small(self, document: &mut ExecutableDocument) -> Kept {
        Kept {
            text: self.text,
            whole: std::mem::replace(document, self.small),
            selected: self.selected,
        }
    }
}

/// Takes what a subscription selects out of its document. None where the selection says more than names: variables and
/// directives belong to one request.
pub(super) fn take_out(
    document: &ExecutableDocument,
    operation: &Positioned<OperationDefinition>,
    operation_name: Option<&str>,
    text: &str,
    settings: &Settings,
) -> Option<Taken> {
    let [root] = &operation.node.selection_set.node.items[..] else {
        return None;
    };
    let Selection::Field(field) = &root.node else {
        return None;
    };
    if !operation.node.directives.is_empty()
        || !field.node.directives.is_empty()
        || !settings.kept.contains(&field.node.name.node.as_str())
    {
        return None;
    }
    let mut spreading = Spreading {
        fragments: &document.fragments,
        left: MOST_NODES,
        deeper: MOST_DEEP,
    };
    let mut selected = spreading.set(&field.node.selection_set)?;
    if selected.node.items.is_empty() {
        return None;
    }
    retained::shrink(&mut selected.node, &settings.vocabulary);
    let text = sha256(format!("{}\0{text}", operation_name.unwrap_or_default()).as_bytes());
    Some(Taken {
        small: small(operation, operation_name),
        text,
        selected,
    })
}

/// A document with only this operation, of whose root field nothing is selected but its type. The executor takes a lone operation
/// without a name, and a named one from among others.
fn small(operation: &Positioned<OperationDefinition>, name: Option<&str>) -> ExecutableDocument {
    let own = &operation.node;
    let items = own.selection_set.node.items.iter();
    let set = SelectionSet {
        items: items.filter_map(hollow_field).collect(),
    };
    let hollow = OperationDefinition {
        ty: own.ty,
        variable_definitions: own.variable_definitions.clone(),
        directives: Vec::new(),
        selection_set: Positioned::new(set, own.selection_set.pos),
    };
    let hollow = Positioned::new(hollow, operation.pos);
    let operations = match name {
        None => DocumentOperations::Single(hollow),
        Some(name) => DocumentOperations::Multiple(HashMap::from([(Name::new(name), hollow)])),
    };
    ExecutableDocument {
        operations,
        fragments: HashMap::new(),
    }
}

fn hollow_field(selection: &Positioned<Selection>) -> Option<Positioned<Selection>> {
    let Selection::Field(field) = &selection.node else {
        return None;
    };
    let own = &field.node;
    let typename = Field {
        alias: None,
        name: Positioned::new(Name::new("__typename"), own.selection_set.pos),
        arguments: Vec::new(),
        directives: Vec::new(),
        selection_set: Positioned::new(SelectionSet::default(), own.selection_set.pos),
    };
    let typename = Selection::Field(Positioned::new(typename, own.selection_set.pos));
    let set = SelectionSet {
        items: vec![Positioned::new(typename, own.selection_set.pos)],
    };
    let hollow = Field {
        alias: own.alias.clone(),
        name: own.name.clone(),
        arguments: own.arguments.clone(),
        directives: Vec::new(),
        selection_set: Positioned::new(set, own.selection_set.pos),
    };
    let hollow = Selection::Field(Positioned::new(hollow, field.pos));
    Some(Positioned::new(hollow, selection.pos))
}

/// Copies selections with the fragments in them.
struct Spreading<'d> {
    fragments: &'d HashMap<Name, Positioned<FragmentDefinition>>,
    left: usize,
    deeper: usize,
}

impl Spreading<'_> {
    fn set(&mut self, set: &Positioned<SelectionSet>) -> Option<Positioned<SelectionSet>> {
        self.deeper = self.deeper.checked_sub(1)?;
        let items = set.node.items.iter().map(|selection| {
            self.left = self.left.checked_sub(1)?;
            let copy = match &selection.node {
                Selection::Field(field) => Selection::Field(self.field(field)?),
                Selection::InlineFragment(fragment) => {
                    Selection::InlineFragment(self.inline(fragment)?)
                }
                Selection::FragmentSpread(spread) => {
                    let fragment = self.fragments.get(&spread.node.fragment_name.node)?;
                    if !spread.node.directives.is_empty() || !fragment.node.directives.is_empty() {
                        return None;
                    }
                    let inline = InlineFragment {
                        type_condition: Some(fragment.node.type_condition.clone()),
                        directives: Vec::new(),
                        selection_set: self.set(&fragment.node.selection_set)?,
                    };
                    Selection::InlineFragment(Positioned::new(inline, spread.pos))
                }
            };
            Some(Positioned::new(copy, selection.pos))
        });
        let items = items.collect::<Option<Vec<_>>>()?;
        self.deeper += 1;
        Some(Positioned::new(SelectionSet { items }, set.pos))
    }

    fn field(&mut self, field: &Positioned<Field>) -> Option<Positioned<Field>> {
        let own = &field.node;
        if !own.directives.is_empty()
            || own
                .arguments
                .iter()
                .any(|(_, value)| value.node.clone().into_const().is_none())
        {
            return None;
        }
        let copy = Field {
            alias: own.alias.clone(),
            name: own.name.clone(),
            arguments: own.arguments.clone(),
            directives: Vec::new(),
            selection_set: self.set(&own.selection_set)?,
        };
        Some(Positioned::new(copy, field.pos))
    }

    fn inline(
        &mut self,
        fragment: &Positioned<InlineFragment>,
    ) -> Option<Positioned<InlineFragment>> {
        let own = &fragment.node;
        if !own.directives.is_empty() {
            return None;
        }
        let copy = InlineFragment {
            type_condition: own.type_condition.clone(),
            directives: Vec::new(),
            selection_set: self.set(&own.selection_set)?,
        };
        Some(Positioned::new(copy, fragment.pos))
    }
}
