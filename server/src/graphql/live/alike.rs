//! What all viewers of an event see alike, and whether a selection asks for nothing else.

use async_graphql::{
    Context,
    parser::types::{Field, Selection as Selected, SelectionSet},
    registry::MetaType,
};

/// What a field of a type leads to, where all viewers of an event see the same.
enum Child {
    Value,
    Object(&'static str),
}

fn child(parent: &str, field: &str) -> Option<Child> {
    Some(match (parent, field) {
        (_, "__typename")
        | ("MessageAlert", "position" | "preview" | "unreadCount")
        | ("MessagePosted", "position" | "unreadCount")
        | (
            "Message",
            "id" | "conversationId" | "sequence" | "kind" | "channel" | "title" | "body" | "html"
            | "createdAt" | "position",
        )
        | ("Author", "id" | "kind" | "name" | "profession")
        | ("Patient", "id" | "name")
        | ("Conversation", "id") => Child::Value,
        ("MessageAlert" | "MessagePosted", "message") => Child::Object("Message"),
        ("MessageAlert", "patient") => Child::Object("Patient"),
        ("MessageAlert", "conversation") => Child::Object("Conversation"),
        ("Message", "author") => Child::Object("Author"),
        _ => return None,
    })
}

/// Of which type things are selected.
#[derive(Clone, Copy)]
pub(super) enum Scope<'a> {
    /// A union, of which only one member is described.
    Member { union: &'a str, event: &'static str },
    /// An object.
    Object(&'static str),
}

impl Scope<'_> {
    const fn object(self) -> &'static str {
        match self {
            Self::Member { event, .. } => event,
            Self::Object(name) => name,
        }
    }
}

/// What a fragment with a condition selects here: what stands in the scope that is given, or nothing. None where that is not
/// certain, as with interfaces.
fn narrowed<'a>(ctx: &Context<'_>, scope: Scope<'a>, condition: &str) -> Option<Option<Scope<'a>>> {
    if condition == scope.object() {
        return Some(Some(Scope::Object(scope.object())));
    }
    let Scope::Member { union, .. } = scope else {
        return None;
    };
    if condition == union {
        return Some(Some(scope));
    }
    match ctx.schema_env.registry.types.get(union) {
        Some(MetaType::Union { possible_types, .. }) if possible_types.contains(condition) => {
            Some(None)
        }
        _ => None,
    }
}

/// Writes down all that the rendering depends on; none where that is more than all viewers see alike.
pub(super) fn describe(
    ctx: &Context<'_>,
    set: &SelectionSet,
    scope: Scope<'_>,
    canonical: &mut String,
) -> Option<()> {
    canonical.push('{');
    for selected in &set.items {
        let (condition, directives, inner) = match &selected.node {
            Selected::Field(field) => {
                describe_field(ctx, &field.node, scope.object(), canonical)?;
                continue;
            }
            Selected::InlineFragment(fragment) => {
                let fragment = &fragment.node;
                (
                    fragment.type_condition.as_ref(),
                    &fragment.directives,
                    &fragment.selection_set,
                )
            }
            Selected::FragmentSpread(spread) => {
                let name = &spread.node.fragment_name.node;
                let fragment = &ctx.query_env.fragments.get(name)?.node;
                if !spread.node.directives.is_empty() {
                    return None;
                }
                (
                    Some(&fragment.type_condition),
                    &fragment.directives,
                    &fragment.selection_set,
                )
            }
        };
        if !directives.is_empty() {
            return None;
        }
        let within = match condition {
            None => Some(scope),
            Some(on) => narrowed(ctx, scope, on.node.on.node.as_str())?,
        };
        if let Some(within) = within {
            describe(ctx, &inner.node, within, canonical)?;
        }
    }
    canonical.push('}');
    Some(())
}

fn describe_field(
    ctx: &Context<'_>,
    field: &Field,
    parent: &str,
    canonical: &mut String,
) -> Option<()> {
    if !field.directives.is_empty() || !field.arguments.is_empty() {
        return None;
    }
    canonical.push_str(field.response_key().node.as_str());
    canonical.push(':');
    canonical.push_str(field.name.node.as_str());
    canonical.push(',');
    match child(parent, field.name.node.as_str())? {
        Child::Value => Some(()),
        Child::Object(name) => {
            let scope = Scope::Object(name);
            describe(ctx, &field.selection_set.node, scope, canonical)
        }
    }
}
