//! Passwords.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use entity::StaffId;

use super::{
    context::ContextExt as _,
    error::{ApiError, ApiResult, UserError, UserErrorCode},
    id::read_id,
    sign_in::{password_refused, too_many_attempts},
};
use crate::domain::{
    policy,
    secret::Secret,
    sessions::{self, SetPasswordError},
};

/// One's own password, and the next one.
#[derive(InputObject)]
pub struct ChangePasswordInput {
    /// The password that holds now.
    pub current_password: String,
    /// The next one, of 12 to 128 characters.
    pub new_password: String,
}

/// A new password by a link.
#[derive(InputObject)]
pub struct SetPasswordInput {
    /// The last part of the link that was sent.
    pub token: String,
    /// The password, of 12 to 128 characters.
    pub password: String,
}

/// That a password was set.
#[derive(SimpleObject)]
pub struct SetPasswordPayload {
    /// Whether it was set.
    pub password_set: bool,
    /// What went wrong: `INVALID_CREDENTIALS` for the current password, `INVALID_LINK`, `TOO_SHORT`, `TOO_LONG`,
    /// `TOO_COMMON` or `TOO_MANY_ATTEMPTS`.
    pub errors: Vec<UserError>,
}

/// A staff member who forgot their password.
#[derive(InputObject)]
pub struct RequestPasswordResetInput {
    /// The clinic's short name.
    pub organization: String,
    /// The staff member's e-mail address.
    pub email: String,
}

/// That a link was asked for.
#[derive(SimpleObject)]
pub struct RequestPasswordResetPayload {
    /// What went wrong: `TOO_MANY_ATTEMPTS`. Whether a staff member has this address is not told.
    pub errors: Vec<UserError>,
}

/// A staff member who is to set a password.
#[derive(InputObject)]
pub struct InviteStaffMemberInput {
    /// The staff member.
    pub staff_member_id: ID,
}

/// That a staff member was invited.
#[derive(SimpleObject)]
pub struct InviteStaffMemberPayload {
    /// True: an e-mail with a link is on its way.
    pub invited: bool,
    /// What went wrong; always empty.
    pub errors: Vec<UserError>,
}

/// Passwords.
#[derive(Default)]
pub struct PasswordMutation;

#[Object]
impl PasswordMutation {
    /// Changes the viewer's own password, which ends their other sessions.
    async fn change_password(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The password that holds and the next one.")] input: ChangePasswordInput,
    ) -> ApiResult<SetPasswordPayload> {
        let viewer = ctx.viewer().await?;
        let current = Secret::new(input.current_password);
        let new = Secret::new(input.new_password);
        let outcome = sessions::change_password(ctx.core(), &viewer, &current, &new).await;
        payload("newPassword", outcome)
    }

    /// Sets a staff member's password by the link of an invitation, which is good for fourteen days, or of a reset, which
    /// is good for one hour. A link works once. It ends their sessions and signs nobody in: sign in with the new
    /// password.
    async fn set_password(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The link and the password.")] input: SetPasswordInput,
    ) -> ApiResult<SetPasswordPayload> {
        let token = Secret::new(input.token);
        let new = Secret::new(input.password);
        let outcome = sessions::set_password_by_link(ctx.core(), &token, &new).await;
        payload("password", outcome)
    }

    /// Sends a staff member a link for setting a new password. The answer is the same whether or not one has this
    /// address. Patients who forgot their password sign in with a code and give a new one with it.
    async fn request_password_reset(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who forgot their password.")] input: RequestPasswordResetInput,
    ) -> ApiResult<RequestPasswordResetPayload> {
        let email = Secret::new(input.email);
        let outcome =
            sessions::request_password_reset(ctx.core(), &input.organization, &email, ctx.source())
                .await;
        let errors = match outcome {
            Ok(()) => Vec::new(),
            Err(error) => vec![user_error("email", error)?],
        };
        Ok(RequestPasswordResetPayload { errors })
    }

    /// Sends a staff member an e-mail with a link for setting their password. Administrators only.
    async fn invite_staff_member(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whom to invite.")] input: InviteStaffMemberInput,
    ) -> ApiResult<InviteStaffMemberPayload> {
        let administrator = policy::administrator(&*ctx.viewer().await?)?;
        let staff = read_id(StaffId::from_public, &input.staff_member_id)?;
        sessions::invite_staff_member(ctx.core(), &administrator, staff).await?;
        Ok(InviteStaffMemberPayload {
            invited: true,
            errors: Vec::new(),
        })
    }
}

fn payload(field: &str, outcome: Result<(), SetPasswordError>) -> ApiResult<SetPasswordPayload> {
    let errors = match outcome {
        Ok(()) => Vec::new(),
        Err(error) => vec![user_error(field, error)?],
    };
    Ok(SetPasswordPayload {
        password_set: errors.is_empty(),
        errors,
    })
}

fn user_error(field: &str, error: SetPasswordError) -> ApiResult<UserError> {
    match error {
        SetPasswordError::WrongPassword => Ok(UserError::at(
            "currentPassword",
            UserErrorCode::InvalidCredentials,
            "The current password is another.",
        )),
        SetPasswordError::InvalidLink => Ok(UserError::at(
            "token",
            UserErrorCode::InvalidLink,
            "The link is wrong, was used, or has run out; ask for another.",
        )),
        SetPasswordError::Password(refused) => Ok(password_refused(field, refused)),
        SetPasswordError::TooMany(too_many) => Ok(too_many_attempts(too_many)),
        SetPasswordError::Busy => Err(ApiError::RateLimited),
        SetPasswordError::Fault(fault) => Err(fault.into()),
    }
}
