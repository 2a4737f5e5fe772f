//! Staying signed in, and ending it.

use async_graphql::{Context, Description, ID, InputObject, Object, SimpleObject, Union};
use chrono::{DateTime, Utc};
use entity::{SessionId, session};

use super::{
    context::{Connection, ContextExt as _, RenewRefused},
    error::{ApiError, ApiResult, UserError, UserErrorCode},
    id::read_id,
    patient::Patient,
    sign_in::{Session, read_person},
    staff_member::StaffMember,
};
use crate::domain::{
    policy,
    secret::Secret,
    sessions::{self, Myself, RefreshError},
};

/// Whoever is signed in.
#[derive(Union)]
pub enum Me {
    /// A staff member.
    StaffMember(StaffMember),
    /// A patient.
    Patient(Patient),
}

/// A device on which the viewer is signed in.
#[derive(Description)]
pub struct Device {
    session: session::Model,
    current: SessionId,
}

#[Object(use_type_description)]
impl Device {
    /// The id of its session.
    async fn id(&self) -> ID {
        ID(self.session.id.to_public())
    }

    /// When it signed in.
    async fn signed_in_at(&self) -> DateTime<Utc> {
        self.session.created_at
    }

    /// When its session ends unless it is heard of before.
    async fn expires_at(&self) -> DateTime<Utc> {
        self.session.expires_at
    }

    /// Whether it is the one that asks.
    async fn current(&self) -> bool {
        self.session.id == self.current
    }
}

/// A refresh token.
#[derive(InputObject)]
pub struct RefreshSessionInput {
    /// The one that came with the newest access token.
    pub refresh_token: String,
}

/// The next pair of tokens.
#[derive(SimpleObject)]
pub struct RefreshSessionPayload {
    /// The same session with new tokens; null when there was an error.
    pub session: Option<Session>,
    /// What went wrong: `INVALID_REFRESH_TOKEN`; sign in again then.
    pub errors: Vec<UserError>,
}

/// A fresh access token for the connection.
#[derive(InputObject)]
pub struct RenewConnectionInput {
    /// An access token of the same session, from `refreshSession`.
    pub access_token: String,
}

/// Until when the connection lasts.
#[derive(SimpleObject)]
pub struct RenewConnectionPayload {
    /// When the connection's token expires now; null when there was an error.
    pub expires_at: Option<DateTime<Utc>>,
    /// What went wrong: `INVALID_CREDENTIALS`; the connection keeps its old token.
    pub errors: Vec<UserError>,
}

/// One of one's own sessions.
#[derive(InputObject)]
pub struct RevokeSessionInput {
    /// Its id, from `devices`.
    pub id: ID,
}

/// Whose sessions to end.
#[derive(InputObject)]
pub struct EndSessionsInput {
    /// The id of a staff member or patient.
    pub person_id: ID,
}

/// That sessions were ended.
#[derive(SimpleObject)]
pub struct SignOutPayload {
    /// True: the access tokens of what was ended are refused from now on, and its live connections are closed.
    pub signed_out: bool,
    /// What went wrong; always empty.
    pub errors: Vec<UserError>,
}

/// Sessions.
#[derive(Default)]
pub struct SessionQuery;

#[Object]
impl SessionQuery {
    /// Whoever is signed in.
    async fn me(&self, ctx: &Context<'_>) -> ApiResult<Me> {
        Ok(
            match sessions::myself(ctx.core(), &*ctx.viewer().await?).await? {
                Myself::Staff(staff) => Me::StaffMember(staff.into()),
                Myself::Patient(patient) => Me::Patient(patient.into()),
            },
        )
    }

    /// The devices on which the viewer is signed in, the newest first; at most twenty.
    async fn devices(&self, ctx: &Context<'_>) -> ApiResult<Vec<Device>> {
        let viewer = ctx.viewer().await?;
        let current = viewer.session();
        let sessions = sessions::open_sessions(ctx.core(), &viewer).await?;
        Ok(sessions
            .into_iter()
            .map(|session| Device { session, current })
            .collect())
    }
}

/// Staying signed in, and ending it.
#[derive(Default)]
pub struct SessionMutation;

#[Object]
impl SessionMutation {
    /// Exchanges a refresh token for new tokens. Each can be exchanged once: one that comes back ends the whole session,
    /// because it may have been stolen. So let one place in the client refresh, and keep the new token before using it.
    async fn refresh_session(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The refresh token.")] input: RefreshSessionInput,
    ) -> ApiResult<RefreshSessionPayload> {
        match sessions::refresh(ctx.core(), &Secret::new(input.refresh_token)).await {
            Ok(session) => Ok(RefreshSessionPayload {
                session: Some(Session(session)),
                errors: Vec::new(),
            }),
            Err(RefreshError::Invalid) => Ok(RefreshSessionPayload {
                session: None,
                errors: vec![UserError::at(
                    "refreshToken",
                    UserErrorCode::InvalidRefreshToken,
                    "The refresh token is wrong, was used before, or its session has ended; sign in again.",
                )],
            }),
            Err(RefreshError::Fault(fault)) => Err(fault.into()),
        }
    }

    /// Gives the WebSocket connection over which it comes a fresh access token, so that it outlives the old one without
    /// being dropped. Operations that run go on. Over HTTP there is no connection to renew, and it is refused.
    async fn renew_connection(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The fresh token.")] input: RenewConnectionInput,
    ) -> ApiResult<RenewConnectionPayload> {
        ctx.viewer().await?;
        let connection = ctx
            .data_opt::<Connection>()
            .ok_or_else(|| ApiError::Forbidden("This needs a WebSocket connection.".to_owned()))?;
        let refused = |message: &str| {
            let error = UserError::at("accessToken", UserErrorCode::InvalidCredentials, message);
            RenewConnectionPayload {
                expires_at: None,
                errors: vec![error],
            }
        };
        match (connection.0)(Secret::new(input.access_token)).await {
            Ok(expires_at) => Ok(RenewConnectionPayload {
                expires_at: Some(expires_at),
                errors: Vec::new(),
            }),
            Err(RenewRefused::InvalidToken) => Ok(refused(
                "The access token is not valid; sign in or refresh first.",
            )),
            Err(RenewRefused::DifferentSession) => Ok(refused(
                "The access token belongs to another session; open a connection of its own for it.",
            )),
            Err(RenewRefused::Unavailable) => Err(ApiError::RateLimited),
        }
    }

    /// Ends the session that asks.
    async fn sign_out(&self, ctx: &Context<'_>) -> ApiResult<SignOutPayload> {
        sessions::sign_out(ctx.core(), &*ctx.viewer().await?).await?;
        Ok(SignOutPayload::done())
    }

    /// Ends all sessions of the viewer, this one too.
    async fn sign_out_everywhere(&self, ctx: &Context<'_>) -> ApiResult<SignOutPayload> {
        sessions::sign_out_everywhere(ctx.core(), &*ctx.viewer().await?).await?;
        Ok(SignOutPayload::done())
    }

    /// Ends one session of the viewer, such as that of a lost telephone.
    async fn revoke_session(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which session.")] input: RevokeSessionInput,
    ) -> ApiResult<SignOutPayload> {
        let viewer = ctx.viewer().await?;
        let session = read_id(SessionId::from_public, &input.id)?;
        sessions::revoke(ctx.core(), &viewer, session).await?;
        Ok(SignOutPayload::done())
    }

    /// Ends all sessions of a staff member or patient. Administrators only.
    async fn end_sessions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose sessions.")] input: EndSessionsInput,
    ) -> ApiResult<SignOutPayload> {
        let administrator = policy::administrator(&*ctx.viewer().await?)?;
        let person = read_person(&input.person_id)?;
        sessions::end_sessions_of(ctx.core(), &administrator, person).await?;
        Ok(SignOutPayload::done())
    }
}

impl SignOutPayload {
    fn done() -> Self {
        Self {
            signed_out: true,
            errors: Vec::new(),
        }
    }
}
