//! Getting in: with a password or with a one-time code.

use async_graphql::{Context, Description, Enum, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, SecondsFormat, Utc};
use entity::{PatientId, PersonId, PersonKind, StaffId};

use super::{
    context::ContextExt as _,
    error::{ApiError, ApiResult, UserError, UserErrorCode},
};
use crate::domain::{
    secret::Secret,
    sessions::{
        self, Account, CodeRequest, CodeSignIn, MAX_PASSWORD, MIN_PASSWORD, OpenedSession,
        PasswordRefused, PasswordSignIn, SignInError, SignedIn,
    },
    throttle::TooMany,
};

/// What a person is to the clinic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum AccountKind {
    /// Works there.
    StaffMember,
    /// Is cared for there.
    Patient,
}

impl From<PersonKind> for AccountKind {
    fn from(kind: PersonKind) -> Self {
        match kind {
            PersonKind::Staff => Self::StaffMember,
            PersonKind::Patient => Self::Patient,
        }
    }
}

/// A signed-in device and its tokens. Keep them as safe as a password.
#[derive(Description)]
pub struct Session(pub OpenedSession);

#[Object(use_type_description)]
impl Session {
    /// Who signed in.
    async fn person_id(&self) -> ID {
        public_person(self.0.person)
    }

    /// What they are to the clinic.
    async fn kind(&self) -> AccountKind {
        self.0.person.kind().into()
    }

    /// Send it with every request as `Authorization: Bearer …`, or as `authorization` in the payload of
    /// `connection_init`.
    async fn access_token(&self) -> &str {
        self.0.access_token.reveal()
    }

    /// From then on the access token is refused; get another with `refreshSession` before.
    async fn access_token_expires_at(&self) -> DateTime<Utc> {
        self.0.access_token_expires_at
    }

    /// Gets the next pair of tokens, once.
    async fn refresh_token(&self) -> &str {
        self.0.refresh_token.reveal()
    }

    /// From then on the refresh token is refused, and one has to sign in again.
    async fn refresh_token_expires_at(&self) -> DateTime<Utc> {
        self.0.refresh_token_expires_at
    }
}

/// One of several people whom the credentials are right for.
#[derive(Description)]
pub struct SignInChoice(Account);

#[Object(use_type_description)]
impl SignInChoice {
    /// Give it as `person`.
    async fn id(&self) -> ID {
        public_person(self.0.person)
    }

    /// What the person is to the clinic.
    async fn kind(&self) -> AccountKind {
        self.0.person.kind().into()
    }

    /// The full name.
    async fn name(&self) -> &str {
        self.0.name.reveal()
    }
}

/// An e-mail address and a password.
#[derive(InputObject)]
pub struct SignInInput {
    /// The clinic's short name.
    pub organization: String,
    /// The e-mail address, in capital or small letters.
    pub email: String,
    /// The password.
    pub password: String,
    /// Whose account it is, where an earlier attempt answered with `choices`.
    pub person: Option<ID>,
}

/// Where to send a code.
#[derive(InputObject)]
pub struct RequestSignInCodeInput {
    /// The clinic's short name.
    pub organization: String,
    /// The patient's e-mail address or mobile number, in any spelling.
    pub contact: String,
}

/// A code that was sent.
#[derive(InputObject)]
pub struct SignInWithCodeInput {
    /// The clinic's short name.
    pub organization: String,
    /// The e-mail address or mobile number that the code was asked for.
    pub contact: String,
    /// The six digits.
    pub code: String,
    /// Whose account it is, where an earlier attempt answered with `choices`; the code is still good then.
    pub person: Option<ID>,
    /// A password to set at the same time, of 12 to 128 characters, for those who forgot theirs. It ends their other
    /// sessions.
    pub new_password: Option<String>,
}

/// What signing in leads to: a session, choices, or errors.
#[derive(SimpleObject, Default)]
pub struct SignInPayload {
    /// The session; null unless somebody was signed in.
    pub session: Option<Session>,
    /// The people whom the credentials are right for, when they share them, such as a family with one address. Let the
    /// user choose one, and sign in again with their id as `person`.
    pub choices: Vec<SignInChoice>,
    /// What went wrong: `INVALID_CREDENTIALS`, `TOO_MANY_ATTEMPTS`, or what is wrong with the new password.
    pub errors: Vec<UserError>,
}

/// That the code was asked for.
#[derive(SimpleObject, Default)]
pub struct RequestSignInCodePayload {
    /// What went wrong: `TOO_MANY_ATTEMPTS`. Whether a patient has this contact is not told.
    pub errors: Vec<UserError>,
}

/// Getting in.
#[derive(Default)]
pub struct SignInMutation;

#[Object]
impl SignInMutation {
    /// Signs a staff member or an enrolled patient in with a password. After ten wrong attempts for one address or a
    /// hundred from one source within fifteen minutes, one has to wait.
    async fn sign_in(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who signs in.")] input: SignInInput,
    ) -> ApiResult<SignInPayload> {
        let request = PasswordSignIn {
            organization: input.organization,
            email: Secret::new(input.email),
            password: Secret::new(input.password),
            person: input.person.as_ref().map(read_person).transpose()?,
            source: ctx.source(),
        };
        payload(sessions::sign_in(ctx.core(), &request).await)
    }

    /// Sends a patient a code of six digits for signing in without a password. It is good for ten minutes and five
    /// tries, until another is asked for. The answer is the same whether or not a patient has this contact. Five codes can
    /// be asked for within an hour.
    async fn request_sign_in_code(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Where to send the code.")] input: RequestSignInCodeInput,
    ) -> ApiResult<RequestSignInCodePayload> {
        let request = CodeRequest {
            organization: input.organization,
            contact: Secret::new(input.contact),
            source: ctx.source(),
        };
        let errors = match sessions::request_code(ctx.core(), &request).await {
            Ok(()) => Vec::new(),
            Err(error) => vec![user_error(error)?],
        };
        Ok(RequestSignInCodePayload { errors })
    }

    /// Signs an enrolled patient in with a code, and sets a new password if one is given.
    async fn sign_in_with_code(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The code and whom it was sent to.")] input: SignInWithCodeInput,
    ) -> ApiResult<SignInPayload> {
        let request = CodeSignIn {
            organization: input.organization,
            contact: Secret::new(input.contact),
            code: Secret::new(input.code),
            person: input.person.as_ref().map(read_person).transpose()?,
            new_password: input.new_password.map(Secret::new),
            source: ctx.source(),
        };
        payload(sessions::sign_in_with_code(ctx.core(), &request).await)
    }
}

fn payload(outcome: Result<SignedIn, SignInError>) -> ApiResult<SignInPayload> {
    let mut payload = SignInPayload::default();
    match outcome {
        Ok(SignedIn::Opened(session)) => payload.session = Some(Session(session)),
        Ok(SignedIn::Choose(accounts)) => {
            payload.choices = accounts.into_iter().map(SignInChoice).collect();
        }
        Err(error) => payload.errors.push(user_error(error)?),
    }
    Ok(payload)
}

fn user_error(error: SignInError) -> ApiResult<UserError> {
    match error {
        SignInError::InvalidCredentials => Ok(UserError::general(
            UserErrorCode::InvalidCredentials,
            "The address, password or code is wrong, or the code was used or has run out.",
        )),
        SignInError::TooMany(too_many) => Ok(too_many_attempts(too_many)),
        SignInError::Password(refused) => Ok(password_refused("newPassword", refused)),
        SignInError::SharedByTooMany => Ok(UserError::at(
            "newPassword",
            UserErrorCode::SharedByTooMany,
            "Several others with this e-mail address have passwords; sign in with codes, without a new password.",
        )),
        SignInError::Busy => Err(ApiError::RateLimited),
        SignInError::Fault(fault) => Err(fault.into()),
    }
}

/// The error of used-up attempts.
pub(super) fn too_many_attempts(too_many: TooMany) -> UserError {
    let retry_at = too_many.retry_at.to_rfc3339_opts(SecondsFormat::Secs, true);
    UserError::general(
        UserErrorCode::TooManyAttempts,
        format!("Too many attempts; try again after {retry_at}."),
    )
}

/// The error of a password that is not taken.
pub(super) fn password_refused(field: &str, refused: PasswordRefused) -> UserError {
    match refused {
        PasswordRefused::TooShort => UserError::at(
            field,
            UserErrorCode::TooShort,
            format!("A password has at least {MIN_PASSWORD} characters."),
        ),
        PasswordRefused::TooLong => UserError::at(
            field,
            UserErrorCode::TooLong,
            format!("A password has at most {MAX_PASSWORD} characters."),
        ),
        PasswordRefused::TooCommon => UserError::at(
            field,
            UserErrorCode::TooCommon,
            "This password is one of the first that anybody would try; choose another.",
        ),
    }
}

/// The public form of a person's id.
pub(super) fn public_person(person: PersonId) -> ID {
    ID(match person {
        PersonId::Staff(id) => id.to_public(),
        PersonId::Patient(id) => id.to_public(),
    })
}

/// Reads the public id of a staff member or patient.
pub(super) fn read_person(id: &ID) -> ApiResult<PersonId> {
    StaffId::from_public(id)
        .map(PersonId::Staff)
        .or_else(|| PatientId::from_public(id).map(PersonId::Patient))
        .ok_or(ApiError::NotFound)
}
