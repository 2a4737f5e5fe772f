//! From parameters to an operation that may be executed.

use std::collections::HashMap;

use async_graphql::{
    Name, Pos, Positioned, Request, Value, Variables,
    parser::{
        self, parse_query,
        types::{
            BaseType, DocumentOperations, ExecutableDocument, OperationDefinition, OperationType,
            Type,
        },
    },
};

use super::{
    Settings, cost,
    kept::{self, Kept},
    lexical,
    limits::Limit,
    params::Params,
    refusal::Refusal,
    retained,
};

/// A parsed request that keeps all limits.
pub(super) struct Operation {
    pub(super) request: Request,
    pub(super) kind: OperationType,
    /// What a subscription selects, where that was taken out of the request.
    pub(super) kept: Option<Box<Kept>>,
}

impl Operation {
    /// Parses a request once and holds it to the limits.
    pub(super) fn prepare(params: Params, settings: &Settings) -> Result<Self, Refusal> {
        let Params {
            query,
            operation_name,
            variables,
        } = params;
        let limits = &settings.limits;
        lexical::check(&query, limits)?;
        limits.check(Limit::Variables, variables.len())?;
        if variables.values().any(lexical::holds_nul) {
            return Err(Refusal::NulCharacter);
        }
        let mut document = parse_query(&query).map_err(|error| refusal(&error))?;
        cost::check(&document, &variables, settings)?;

        let definition = choose(&document, operation_name.as_deref())?;
        check_variables(&definition.node, &variables)?;
        let kind = definition.node.ty;
        let mut kept = None;
        if kind == OperationType::Subscription {
            let name = operation_name.as_deref();
            let taken = kept::take_out(&document, definition, name, &query, settings);
            kept = taken.map(|taken| taken.leave_small(&mut document));
            retained::reduce(&mut document, &settings.vocabulary);
        }

        // The executor takes a lone anonymous operation only without a name, and a document of
        // named ones as it is. The text stays behind: everything reads the parsed document.
        let mut request = Request::new(String::new()).variables(variables);
        request.operation_name = operation_name;
        request.set_parsed_query(document);
        if !settings.introspection {
            request = request.disable_introspection();
        }
        Ok(Self {
            request,
            kind,
            kept: kept.map(Box::new),
        })
    }
}

/// The label of a kind of operation in spans and metrics.
pub(super) fn kind_label(kind: OperationType) -> &'static str {
    match kind {
        OperationType::Query => "query",
        OperationType::Mutation => "mutation",
        OperationType::Subscription => "subscription",
    }
}

fn refusal(error: &parser::Error) -> Refusal {
    let positions: Vec<Pos> = error.positions().collect();
    if let parser::Error::Syntax { start, .. } = error {
        return Refusal::Syntax(*start);
    }
    let reason = match error {
        parser::Error::MultipleOperations { .. } => {
            "an operation without a name stands beside another"
        }
        parser::Error::OperationDuplicated { .. } => "two operations have the same name",
        parser::Error::FragmentDuplicated { .. } => "two fragments have the same name",
        parser::Error::MissingOperation => "it holds no operation",
        parser::Error::RecursionLimitExceeded => "it is nested too deeply",
        // The two about schemas do not come from a request.
        parser::Error::Syntax { .. }
        | parser::Error::MultipleRoots { .. }
        | parser::Error::MissingQueryRoot { .. }
        | _ => "it cannot be parsed",
    };
    Refusal::Document(reason, positions)
}

pub(super) fn choose<'d>(
    document: &'d ExecutableDocument,
    name: Option<&str>,
) -> Result<&'d Positioned<OperationDefinition>, Refusal> {
    match (&document.operations, name) {
        (DocumentOperations::Single(operation), None) => Some(operation),
        (DocumentOperations::Single(_), Some(_)) => None,
        (DocumentOperations::Multiple(operations), Some(name)) => operations.get(name),
        (DocumentOperations::Multiple(operations), None) => only_one(operations),
    }
    .ok_or(Refusal::UnknownOperation)
}

fn only_one(
    operations: &HashMap<Name, Positioned<OperationDefinition>>,
) -> Option<&Positioned<OperationDefinition>> {
    let mut values = operations.values();
    values.next().filter(|_| values.next().is_none())
}

/// Checks what can be told without the schema: that required variables are there, and that those
/// of a built-in scalar, or lists of one, fit. Enums, inputs and other scalars are the executor's.
fn check_variables(operation: &OperationDefinition, given: &Variables) -> Result<(), Refusal> {
    for definition in &operation.variable_definitions {
        let name = definition.node.name.node.as_str();
        let expected = &definition.node.var_type.node;
        let fits = match given.get(name) {
            Some(value) => fits(value, expected),
            None => expected.nullable || definition.node.default_value.is_some(),
        };
        if !fits {
            return Err(Refusal::Variable(definition.pos));
        }
    }
    Ok(())
}

fn fits(value: &Value, expected: &Type) -> bool {
    if matches!(value, Value::Null) {
        return expected.nullable;
    }
    match (&expected.base, value) {
        (BaseType::List(item), Value::List(values)) => values.iter().all(|value| fits(value, item)),
        (BaseType::List(item), _) => fits(value, item),
        (BaseType::Named(name), _) => fits_scalar(value, name),
    }
}

fn fits_scalar(value: &Value, name: &str) -> bool {
    match name {
        "Int" => matches!(value, Value::Number(number)
            if number.as_i64().is_some_and(|number| i32::try_from(number).is_ok())),
        "Float" => matches!(value, Value::Number(_)),
        "String" => matches!(value, Value::String(_)),
        "Boolean" => matches!(value, Value::Boolean(_)),
        "ID" => {
            matches!(value, Value::String(_))
                || matches!(value, Value::Number(number) if number.is_i64() || number.is_u64())
        }
        _ => true,
    }
}
