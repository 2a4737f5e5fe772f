//! Lists of cases.

use std::sync::Arc;

use async_graphql::{
    ComplexObject, Context, Enum, ID, Object, OutputType, SimpleObject,
    connection::{Connection, ConnectionNameType, EmptyFields},
};
use entity::{PersonKind, StaffId};

use super::{
    case::{Case, CasePriority, CaseStatus},
    context::ContextExt as _,
    conversation::Conversation,
    error::ApiResult,
    id::{LogPosition, read_id},
    page::{List, Opaque, PageArguments, connection_with},
};
use crate::domain::{
    cases::{self, CaseAssignee, CaseFilter, CaseListEntry},
    event_log::{Position, bounds},
    messages::{self, MessageView},
    policy,
};

/// In which order cases are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "cases::CaseOrder")]
pub enum CaseOrder {
    /// Those in which something was written last first.
    Activity,
    /// Those whose first answer is due soonest first; at the end those that wait for none, the oldest first.
    FirstAnswerDue,
    /// The most urgent first, and of these the oldest.
    Priority,
    /// The oldest first.
    Opened,
}

impl CaseOrder {
    /// The list of each order has cursors of its own.
    const fn list(self) -> &'static str {
        match self {
            Self::Activity => "cases",
            Self::FirstAnswerDue => "cases by first answers",
            Self::Priority => "cases by priority",
            Self::Opened => "cases by opening",
        }
    }
}

/// What a list of cases has beside them.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct CaseFields {
    /// Where the log stood before the list was read. Subscribe to `caseChanges` with it as `after` and nothing is missed.
    position: LogPosition,
}

#[ComplexObject]
impl CaseFields {
    /// How many cases hold messages which the viewer has not seen, of those that are not complete and that the viewer has not hidden,
    /// whatever the list shows. At most 100 are counted. `caseChanges` tells when it changes.
    async fn new_messages(&self, ctx: &Context<'_>) -> ApiResult<i64> {
        let clinician = policy::clinician(&*ctx.viewer().await?)?;
        Ok(cases::count_new_messages(ctx.core().store.reader(), &clinician).await?)
    }
}

/// How the connection of cases is called.
pub struct CasesName;

impl ConnectionNameType for CasesName {
    fn type_name<T: OutputType>() -> String {
        "CaseConnection".to_owned()
    }
}

/// A page of cases.
pub type Cases = Connection<Opaque, Case, CaseFields, EmptyFields, CasesName>;

/// Queries of cases.
#[derive(Default)]
pub struct CaseQuery;

#[Object]
impl CaseQuery {
    /// The cases of all patients whom the viewer may open: those that are not complete, or with `status: COMPLETE` the archive.
    /// For clinicians.
    #[expect(
        clippy::too_many_arguments,
        reason = "each is an argument of the API by itself"
    )]
    async fn cases(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only cases that stand there; left out, those that are not complete.")]
        status: Option<CaseStatus>,
        #[graphql(desc = "Only cases that this staff member works on.")] assignee_id: Option<ID>,
        #[graphql(desc = "Only cases that nobody works on.", default)] unassigned: bool,
        #[graphql(desc = "Only cases of this priority.")] priority: Option<CasePriority>,
        #[graphql(
            desc = "Only cases where each of these words begins a word of the patient's name or of what the case began with."
        )]
        search: Option<String>,
        #[graphql(
            desc = "Only cases whose thread the viewer has hidden. Left out or false, only the others; but a `search`, and the archive, find those as well.",
            default
        )]
        hidden: bool,
        #[graphql(
            desc = "Only cases that hold messages which the viewer has not seen.",
            default
        )]
        new_messages: bool,
        #[graphql(
            desc = "Only cases whose first answer was due and has not been given.",
            default
        )]
        overdue: bool,
        #[graphql(desc = "In which order.", default_with = "CaseOrder::Activity")]
        order_by: CaseOrder,
        #[graphql(
            desc = "How many from the beginning, at most 100. 25 when neither `first` nor `last` is given."
        )]
        first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> ApiResult<Cases> {
        let clinician = policy::clinician(&*ctx.viewer().await?)?;
        let assignee = assignee_id.map(|id| read_id(StaffId::from_public, &id));
        let assignee = match (assignee.transpose()?, unassigned) {
            (_, true) => Some(CaseAssignee::Nobody),
            (staff, false) => staff.map(CaseAssignee::Staff),
        };
        let now = ctx.core().clock.now();
        let filter = CaseFilter {
            status: status.map(Into::into),
            assignee,
            priority: priority.map(Into::into),
            search,
            hidden,
            new_messages,
            overdue_at: overdue.then_some(now),
        };
        let organization = clinician.organization();
        let list = List {
            name: order_by.list(),
            owner: clinician.staff().0,
        };
        let slice = PageArguments::new(first, after, last, before).slice(list)?;
        let reader = ctx.core().store.reader();
        let position = bounds(reader, organization).await?.head;
        let page = cases::list(reader, now, &clinician, &filter, order_by.into(), &slice).await?;
        let ids: Vec<_> = page
            .items
            .iter()
            .map(|case| case.entry.in_view.id())
            .collect();
        let side = PersonKind::Staff;
        let latest = messages::latest(reader, organization, &ids, side, ctx.budget()).await?;
        let fields = CaseFields {
            position: LogPosition::new(position, organization),
        };
        let order = cases::CaseOrder::from(order_by);
        Ok(connection_with(
            list,
            page,
            fields,
            |case| order.place(case),
            |case| {
                let latest = latest.get(&case.entry.in_view.id()).cloned();
                listed(case, latest, position)
            },
        ))
    }
}

/// A case of a list.
pub fn listed(case: CaseListEntry, latest: Option<MessageView>, position: Position) -> Case {
    let in_view = case.entry.in_view.clone();
    let conversation = Conversation::listed(case.entry, latest, position);
    Case::new(in_view, Arc::new(case.case), conversation)
}
