//! What a document would cost, weighed before it is validated.
//!
//! Validation and execution follow a fragment each time it is spread, so a short document can
//! stand for billions of fields. Here each fragment is weighed once.

use std::collections::HashMap;

use async_graphql::{
    Pos, Positioned, Value, Variables,
    parser::types::{
        ExecutableDocument, Field, OperationDefinition, OperationType, Selection, SelectionSet,
    },
};

use super::{
    Settings,
    limits::{Limit, Limits},
    refusal::Refusal,
};

/// Refuses a document any operation or fragment of which goes over a limit, or which is
/// introspection while that is switched off.
pub(super) fn check(
    document: &ExecutableDocument,
    variables: &Variables,
    settings: &Settings,
) -> Result<(), Refusal> {
    let mut scale = Scale {
        document,
        variables,
        limits: &settings.limits,
        settings,
        weighed: HashMap::new(),
    };
    for (_, operation) in document.operations.iter() {
        scale.operation(operation)?;
    }
    for name in document.fragments.keys() {
        scale.fragment(name, 0, Pos::default())?;
    }
    Ok(())
}

/// The cost of a selection set with all that is below it.
#[derive(Debug, Clone, Copy, Default)]
struct Weight {
    /// Fields that stand in the set itself.
    root_fields: usize,
    depth: usize,
    nesting: usize,
    selections: usize,
    complexity: usize,
    aliases: usize,
    directives: usize,
    introspection_lists: usize,
    /// Whether `nodes` or `edges` stands in the set itself, which makes the field above it a page.
    is_page: bool,
}

impl Weight {
    /// Adds what stands beside it in the same set.
    fn add(&mut self, other: Self) {
        self.root_fields = self.root_fields.saturating_add(other.root_fields);
        self.depth = self.depth.max(other.depth);
        self.nesting = self.nesting.max(other.nesting);
        self.selections = self.selections.saturating_add(other.selections);
        self.complexity = self.complexity.saturating_add(other.complexity);
        self.aliases = self.aliases.saturating_add(other.aliases);
        self.directives = self.directives.saturating_add(other.directives);
        self.introspection_lists = self.introspection_lists.max(other.introspection_lists);
        self.is_page |= other.is_page;
    }
}

struct Scale<'d> {
    document: &'d ExecutableDocument,
    variables: &'d Variables,
    limits: &'d Limits,
    settings: &'d Settings,
    /// The fragments met so far; one without a weight is being weighed.
    weighed: HashMap<&'d str, Option<Weight>>,
}

impl<'d> Scale<'d> {
    fn operation(&mut self, operation: &'d Positioned<OperationDefinition>) -> Result<(), Refusal> {
        let definition = &operation.node;
        self.limits
            .check(Limit::Variables, definition.variable_definitions.len())?;
        let mut weight = self.selection_set(&definition.selection_set.node, 0)?;
        weight.directives += definition.directives.len();
        for variable in &definition.variable_definitions {
            weight.directives += variable.node.directives.len();
        }
        self.limits.check(Limit::Directives, weight.directives)?;
        match definition.ty {
            OperationType::Query | OperationType::Mutation => {
                self.limits.check(Limit::RootFields, weight.root_fields)?;
            }
            OperationType::Subscription if weight.root_fields != 1 => {
                return Err(Refusal::Document(
                    "a subscription selects exactly one field",
                    vec![operation.pos],
                ));
            }
            OperationType::Subscription => {}
        }
        Ok(())
    }

    fn selection_set(&mut self, set: &'d SelectionSet, level: usize) -> Result<Weight, Refusal> {
        self.limits.check(Limit::Nesting, level + 1)?;
        let mut weight = Weight::default();
        for selection in &set.items {
            let (below, directives) = match &selection.node {
                Selection::Field(field) => (self.field(field, level)?, &field.node.directives),
                Selection::FragmentSpread(spread) => (
                    self.fragment(&spread.node.fragment_name.node, level + 1, spread.pos)?,
                    &spread.node.directives,
                ),
                Selection::InlineFragment(inline) => (
                    self.selection_set(&inline.node.selection_set.node, level + 1)?,
                    &inline.node.directives,
                ),
            };
            weight.add(below);
            weight.selections = weight.selections.saturating_add(1);
            weight.directives = weight.directives.saturating_add(directives.len());
        }
        weight.nesting += 1;
        self.check_totals(&weight)?;
        Ok(weight)
    }

    fn field(&mut self, field: &'d Positioned<Field>, level: usize) -> Result<Weight, Refusal> {
        let node = &field.node;
        let name = node.name.node.as_str();
        let is_introspection = matches!(name, "__schema" | "__type");
        if is_introspection && !self.settings.introspection {
            return Err(Refusal::Introspection(field.pos));
        }
        let mut weight = if node.selection_set.node.items.is_empty() {
            Weight::default()
        } else {
            self.selection_set(&node.selection_set.node, level + 1)?
        };
        if is_introspection {
            self.limits
                .check(Limit::IntrospectionLists, weight.introspection_lists)?;
        }
        if matches!(
            name,
            "fields" | "inputFields" | "interfaces" | "possibleTypes"
        ) {
            weight.introspection_lists += 1;
        }
        weight.root_fields = 1;
        weight.depth += 1;
        weight.aliases += usize::from(node.alias.is_some());
        weight.complexity = weight
            .complexity
            .saturating_mul(self.times(node, weight.is_page))
            .saturating_add(1);
        weight.is_page = matches!(name, "nodes" | "edges");
        Ok(weight)
    }

    fn fragment(&mut self, name: &'d str, level: usize, at: Pos) -> Result<Weight, Refusal> {
        match self.weighed.get(name) {
            Some(Some(weight)) => return Ok(*weight),
            Some(None) => {
                return Err(Refusal::Document("its fragments form a circle", vec![at]));
            }
            None => {}
        }
        let Some(fragment) = self.document.fragments.get(name) else {
            return Err(Refusal::Document(
                "it spreads a fragment that it does not define",
                vec![at],
            ));
        };
        self.weighed.insert(name, None);
        let mut weight = self.selection_set(&fragment.node.selection_set.node, level)?;
        weight.directives += fragment.node.directives.len();
        self.weighed.insert(name, Some(weight));
        Ok(weight)
    }

    fn check_totals(&self, weight: &Weight) -> Result<(), Refusal> {
        let limits = self.limits;
        limits.check(Limit::Nesting, weight.nesting)?;
        limits.check(Limit::Depth, weight.depth)?;
        limits.check(Limit::Aliases, weight.aliases)?;
        limits.check(Limit::Directives, weight.directives)?;
        limits.check(Limit::Selections, weight.selections)?;
        limits.check(Limit::Complexity, weight.complexity)?;
        Ok(())
    }

    /// How many times what lies below a field is fetched: what `first` or `last` asks for, for a page that is asked for
    /// without them what the schema gives by default, and for other lists a guess.
    fn times(&self, field: &Field, is_page: bool) -> usize {
        let asked = ["first", "last"]
            .into_iter()
            .filter_map(|name| self.size(field, name))
            .max();
        match asked {
            Some(size) => size.max(1),
            None if is_page => UNSTATED_PAGE,
            None if self.settings.vocabulary.is_plain_list(&field.name.node) => PLAIN_LIST,
            None => 1,
        }
    }

    /// What an argument asks for, by its value, its variable's value or the variable's default.
    fn size(&self, field: &Field, argument: &str) -> Option<usize> {
        let written = field.get_argument(argument)?.node.clone();
        let stated = written.into_const_with(|variable| {
            let supplied = self.variables.get(&variable).cloned();
            supplied.or_else(|| self.default_of(&variable)).ok_or(())
        });
        let Ok(Value::Number(number)) = stated else {
            return Some(UNSTATED_PAGE);
        };
        let size = number.as_u64().unwrap_or(0);
        Some(usize::try_from(size).unwrap_or(usize::MAX))
    }

    /// The largest default that any operation declares for a variable: a fragment is weighed once for all of them.
    fn default_of(&self, variable: &str) -> Option<Value> {
        let operations = self.document.operations.iter();
        operations
            .flat_map(|(_, operation)| &operation.node.variable_definitions)
            .filter(|definition| definition.node.name.node == variable)
            .filter_map(|definition| Some(&definition.node.default_value.as_ref()?.node))
            .max_by_key(|value| match value {
                Value::Number(number) => number.as_u64().unwrap_or(0),
                Value::Null
                | Value::String(_)
                | Value::Boolean(_)
                | Value::Binary(_)
                | Value::Enum(_)
                | Value::List(_)
                | Value::Object(_) => 0,
            })
            .cloned()
    }
}

/// Elements of a page when nobody says how many.
const UNSTATED_PAGE: usize = 25;

/// Elements of a list that is no page. What such lists hold is bounded by how clinics are, not by what is asked.
const PLAIN_LIST: usize = 10;
