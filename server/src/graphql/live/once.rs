//! Events that are rendered once for all subscribers who select the same and see the same.
//!
//! Only what every viewer of an event sees alike is shared: the fields in [`child`]. What depends on the viewer is the
//! number of unread messages, and what may change later is the patient's name; both are part of the key. Whoever selects anything else is rendered for by themselves.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::Arc,
};

use async_graphql::{
    Context, ContextSelectionSet, OutputType, Positioned, ServerResult, Value,
    parser::types::{Field, Selection as Selected, SelectionSet},
    registry::Registry,
};
use entity::patient;
use serde_json::value::{RawValue, to_raw_value};

use super::super::context::ContextExt as _;
use crate::{
    domain::{conversations::Unread, secret::sha256},
    realtime::{Occurrence, Outlet, Realtime, RenderingKey},
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

/// Writes down all that the rendering depends on. Fragments for other types than `names` do not apply.
fn describe(
    ctx: &Context<'_>,
    set: &SelectionSet,
    names: &[&str],
    parent: &str,
    canonical: &mut String,
) -> Option<()> {
    canonical.push('{');
    for selected in &set.items {
        let (condition, directives, inner) = match &selected.node {
            Selected::Field(field) => {
                describe_field(ctx, &field.node, parent, canonical)?;
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
        let applies = condition.is_none_or(|on| names.contains(&on.node.on.node.as_str()));
        if applies {
            describe(ctx, &inner.node, names, parent, canonical)?;
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
        Child::Object(name) => describe(ctx, &field.selection_set.node, &[name], name, canonical),
    }
}

/// Where a subscription finds one type of event as others were given it, and leaves it for them.
#[derive(Clone)]
pub struct Place {
    realtime: Realtime,
    outlet: Outlet,
    /// What is selected, as a hash; none where that is more than all viewers see alike.
    selection: Option<[u8; 32]>,
}

impl Place {
    /// The place of the subscription that is being opened, for `event`, a member of the union `union`.
    pub fn of(ctx: &Context<'_>, union: &str, event: &str) -> Self {
        let mut canonical = ctx.item.node.response_key().node.to_string();
        let set = &ctx.item.node.selection_set.node;
        let shared = describe(ctx, set, &[union, event], event, &mut canonical);
        Self {
            realtime: ctx.realtime().clone(),
            outlet: ctx.data_unchecked::<Outlet>().clone(),
            selection: shared.map(|()| sha256(canonical.as_bytes())),
        }
    }

    /// What others were given already, or what `make` makes for all of them; `patient` where their name is told.
    pub fn once<T>(
        &self,
        occurrence: &Occurrence,
        unread: Unread,
        patient: Option<&patient::Model>,
        make: impl FnOnce() -> T,
    ) -> Once<T> {
        let Some(selection) = self.selection else {
            return Once::Alone(make());
        };
        let key = RenderingKey {
            organization: occurrence.event.organization,
            position: occurrence.event.position,
            selection,
            unread: unread.0,
            patient: patient.map_or(0, |patient| hash_of(patient.name.reveal())),
        };
        match self.realtime.renderings().get(&key) {
            Some(rendered) => Once::Again(rendered, self.outlet.clone()),
            None => Once::First(make(), key, self.clone()),
        }
    }
}

/// An item of a subscription that is rendered once for all who see the same.
pub enum Once<T> {
    /// For this subscriber only.
    Alone(T),
    /// For this subscriber, and for whoever comes after.
    First(T, RenderingKey, Place),
    /// Rendered before.
    Again(Arc<RawValue>, Outlet),
}

impl<T: OutputType> OutputType for Once<T> {
    fn type_name() -> Cow<'static, str> {
        T::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        T::create_type_info(registry)
    }

    async fn resolve(
        &self,
        ctx: &ContextSelectionSet<'_>,
        field: &Positioned<Field>,
    ) -> ServerResult<Value> {
        match self {
            Self::Alone(item) => item.resolve(ctx, field).await,
            Self::First(item, key, place) => {
                let value = item.resolve(ctx, field).await?;
                let flawless = ctx
                    .query_env
                    .errors
                    .lock()
                    .is_ok_and(|errors| errors.is_empty());
                if flawless && let Ok(rendered) = render(&field.node, &value) {
                    place.outlet.put(Arc::clone(&rendered));
                    place.realtime.renderings().keep(*key, rendered);
                    return Ok(Value::Null);
                }
                Ok(value)
            }
            Self::Again(rendered, outlet) => {
                outlet.put(Arc::clone(rendered));
                Ok(Value::Null)
            }
        }
    }
}

fn hash_of(name: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    hasher.finish()
}

/// The `data` of a result that has one field.
fn render(field: &Field, value: &Value) -> serde_json::Result<Arc<RawValue>> {
    let data = BTreeMap::from([(field.response_key().node.as_str(), value)]);
    to_raw_value(&data).map(Arc::from)
}
