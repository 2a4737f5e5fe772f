//! Events that are rendered once for all subscribers who select the same and see the same.
//!
//! Only what every viewer of an event sees alike is shared: what [`alike`](super::alike) lists. What depends on the viewer is the number of
//! unread messages and on which side they are, and what may change later are names; all are part of the key. Whoever selects anything else is rendered for by themselves.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::Arc,
};

use async_graphql::{
    Context, ContextSelectionSet, OutputType, Positioned, ServerResult, Value,
    parser::types::Field, registry::Registry,
};
use entity::{PersonKind, patient};
use futures_util::future::BoxFuture;
use serde_json::value::{RawValue, to_raw_value};

use super::{
    super::{context::ContextExt as _, selection::Selection},
    alike::{Scope, describe},
};
use crate::{
    domain::{conversations::Unread, messages::MessageView, secret::sha256},
    realtime::{Occurrence, Outlet, Realtime, RenderingKey},
};

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
    pub fn of(ctx: &Context<'_>, union: &str, event: &'static str) -> Self {
        let mut canonical = format!("{}:{union}:{event}", ctx.item.node.response_key().node);
        let set = match ctx.data_opt::<Selection>() {
            Some(selection) => &selection.set().node,
            None => &ctx.item.node.selection_set.node,
        };
        let shared = describe(ctx, set, Scope::Member { union, event }, &mut canonical);
        Self {
            realtime: ctx.realtime().clone(),
            outlet: ctx.data_unchecked::<Outlet>().clone(),
            selection: shared.map(|()| sha256(canonical.as_bytes())),
        }
    }

    /// What others were given already, or what `make` makes for all of them.
    pub fn once<T>(
        &self,
        occurrence: &Occurrence,
        told: &Told<'_>,
        make: impl FnOnce() -> T,
    ) -> Once<T> {
        let Some(selection) = self.selection else {
            return Once::Alone(make());
        };
        let key = RenderingKey {
            organization: occurrence.event.organization,
            position: occurrence.event.position,
            message: told.view.message.id,
            selection,
            side: told.side,
            unread: told.unread.0,
            names: told.names(),
        };
        match self.realtime.renderings().get(&key) {
            Some(rendered) => Once::Again(rendered, self.outlet.clone()),
            None => Once::First(make(), key, self.clone()),
        }
    }
}

/// What an event tells besides its message: of the viewer, and what may have changed since it happened.
pub struct Told<'a> {
    /// Of which side the viewer is.
    pub side: PersonKind,
    /// How many messages of the conversation the viewer has not seen.
    pub unread: Unread,
    /// The message with its author.
    pub view: &'a MessageView,
    /// The patient, where they are told of.
    pub patient: Option<&'a patient::Model>,
}

impl Told<'_> {
    fn names(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        let author = &self.view.author;
        author.name.reveal().hash(&mut hasher);
        author.profession.hash(&mut hasher);
        let patient = self.patient.map(|patient| patient.name.reveal());
        patient.hash(&mut hasher);
        hasher.finish()
    }
}

/// An item of a subscription that is rendered once for all who see the same. It resolves what a [`Selection`] in the request's data says,
/// where there is one.
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
            Self::Alone(item) => selected(item, ctx, field).await,
            Self::First(item, key, place) => {
                let value = selected(item, ctx, field).await?;
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

/// Resolves what the subscription selects, wherever that stands. In a box: between two events it takes no room.
fn selected<'r, T: OutputType>(
    item: &'r T,
    ctx: &'r ContextSelectionSet<'r>,
    field: &'r Positioned<Field>,
) -> BoxFuture<'r, ServerResult<Value>> {
    Box::pin(async move {
        match ctx.data_opt::<Selection>() {
            Some(selection) => {
                let ctx = ctx.with_selection_set(selection.set());
                item.resolve(&ctx, field).await
            }
            None => item.resolve(ctx, field).await,
        }
    })
}

/// The `data` of a result that has one field.
fn render(field: &Field, value: &Value) -> serde_json::Result<Arc<RawValue>> {
    let data = BTreeMap::from([(field.response_key().node.as_str(), value)]);
    to_raw_value(&data).map(Arc::from)
}
