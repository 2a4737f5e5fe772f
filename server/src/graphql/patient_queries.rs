//! Looking up patients.

use async_graphql::{Context, Enum, ID, Object, connection::Connection};
use entity::PatientId;

use super::{
    context::ContextExt as _,
    error::ApiResult,
    group,
    id::read_id,
    page::{List, Opaque, PageArguments, connection},
    patient::Patient,
    program,
};
use crate::domain::{
    people::patients::{self, PatientFilter},
    policy,
};

/// How far a list of patients reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "patients::Reach")]
pub enum PatientReach {
    /// The patients on whose panel the viewer stands.
    Mine,
    /// As far as the clinic's policy lets a list or a search reach: under `ORGANIZATION` all patients; under
    /// `TEAM_PLUS_SEARCH` the viewer's own ones, and with a search all; under `TEAM` the viewer's own ones.
    All,
}

/// Queries of patients.
#[derive(Default)]
pub struct PatientQuery;

#[Object]
impl PatientQuery {
    /// A patient's record: for staff who may open it, and for the patient.
    async fn patient(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The patient's id.")] id: ID,
    ) -> ApiResult<Patient> {
        let viewer = ctx.viewer().await?;
        let id = read_id(PatientId::from_public, &id)?;
        let in_view = policy::open_patient(ctx.core().store.reader(), &viewer, id).await?;
        Ok(in_view.into_patient().into())
    }

    /// The clinic's patients by name, as far as the viewer reaches. For staff.
    async fn patients(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Only patients of whose name each of these words begins a word, without regard to case and accents."
        )]
        search: Option<String>,
        #[graphql(desc = "How far the list reaches; `ALL` when left out.")] reach: Option<
            PatientReach,
        >,
        #[graphql(desc = "Only patients who are enrolled in this program.")] program_id: Option<ID>,
        #[graphql(desc = "Only patients who are in this group.")] group_id: Option<ID>,
        #[graphql(
            desc = "How many from the beginning, at most 100. 25 when neither `first` nor `last` is given."
        )]
        first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> ApiResult<Connection<Opaque, Patient>> {
        let viewer = policy::staff(&*ctx.viewer().await?)?;
        let list = List {
            name: "patients",
            owner: viewer.staff().0,
        };
        let slice = PageArguments::new(first, after, last, before).slice(list)?;
        let reader = ctx.core().store.reader();
        let filter = PatientFilter {
            search,
            reach: reach.map(Into::into).unwrap_or_default(),
            program: program::narrowing(ctx, &viewer, program_id).await?,
            group: group::narrowing(ctx, &viewer, group_id).await?,
            care_team_of: None,
        };
        let page = patients::page(reader, &viewer, &filter, &slice).await?;
        Ok(connection(list, page, |patient| patient.id.0, Patient))
    }
}
