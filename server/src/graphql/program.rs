//! Care programs as the API shows them.

use async_graphql::{
    Context, Description, ID, InputObject, Object, SimpleObject, connection::Connection,
};
use entity::{ProgramId, program};

use super::{
    context::ContextExt as _,
    error::{ApiResult, UserError},
    id::read_id,
    page::{List, Opaque, PageArguments, connection},
    refusal::settle,
};
use crate::domain::{policy, programs};

/// A care program that patients are enrolled in and staff members can be restricted from.
#[derive(Clone, Description)]
pub struct Program(pub program::Model);

#[Object(use_type_description)]
impl Program {
    /// The id.
    pub(super) async fn id(&self) -> ID {
        ID(self.0.id.to_public())
    }

    /// The name, unique within the clinic.
    async fn name(&self) -> &str {
        &self.0.name
    }
}

/// A program to add.
#[derive(InputObject)]
pub struct CreateProgramInput {
    /// 1 to 200 characters, unique within the clinic.
    name: String,
}

/// Another name for a program.
#[derive(InputObject)]
pub struct RenameProgramInput {
    /// The program.
    program_id: ID,
    /// 1 to 200 characters, unique within the clinic.
    name: String,
}

/// A stored program, or what must be mended before it can be stored.
#[derive(SimpleObject)]
pub struct ProgramPayload {
    /// The program as it is stored; null when it was not.
    program: Option<Program>,
    /// What must be mended.
    errors: Vec<UserError>,
}

impl ProgramPayload {
    fn new((program, errors): (Option<program::Model>, Vec<UserError>)) -> Self {
        Self {
            program: program.map(Program),
            errors,
        }
    }
}

/// The program that narrows a list down, if one is given. One statement then.
///
/// # Errors
/// `NOT_FOUND` when it does not exist.
pub(super) async fn narrowing(
    ctx: &Context<'_>,
    viewer: &policy::AsStaff,
    id: Option<ID>,
) -> ApiResult<Option<ProgramId>> {
    let Some(id) = id else { return Ok(None) };
    let id = read_id(ProgramId::from_public, &id)?;
    Ok(Some(
        programs::open(ctx.core().store.reader(), viewer, id)
            .await?
            .id,
    ))
}

/// Queries of programs.
#[derive(Default)]
pub struct ProgramQuery;

#[Object]
impl ProgramQuery {
    /// The clinic's programs by name. For staff.
    async fn programs(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "How many from the beginning, at most 100. 25 when neither `first` nor `last` is given."
        )]
        first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> ApiResult<Connection<Opaque, Program>> {
        let viewer = policy::staff(&*ctx.viewer().await?)?;
        let list = List {
            name: "programs",
            owner: viewer.organization().0,
        };
        let slice = PageArguments::new(first, after, last, before).slice::<String>(list)?;
        let page = programs::page(ctx.core().store.reader(), &viewer, &slice).await?;
        Ok(connection(
            list,
            page,
            |program| program.name.clone(),
            Program,
        ))
    }
}

/// Changes of programs.
#[derive(Default)]
pub struct ProgramMutation;

#[Object]
impl ProgramMutation {
    /// Adds a care program. For administrators.
    async fn create_program(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The program.")] input: CreateProgramInput,
    ) -> ApiResult<ProgramPayload> {
        let administrator = policy::administrator(&*ctx.viewer().await?)?;
        let stored = programs::create(ctx.core(), &administrator, &input.name).await;
        Ok(ProgramPayload::new(settle(stored)?))
    }

    /// Gives a care program another name. For administrators.
    async fn rename_program(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The program and its new name.")] input: RenameProgramInput,
    ) -> ApiResult<ProgramPayload> {
        let administrator = policy::administrator(&*ctx.viewer().await?)?;
        let id = read_id(ProgramId::from_public, &input.program_id)?;
        let stored = programs::rename(ctx.core(), &administrator, id, &input.name).await;
        Ok(ProgramPayload::new(settle(stored)?))
    }
}
