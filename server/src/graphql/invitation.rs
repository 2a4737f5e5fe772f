//! Inviting patients into the portal, and accepting.

use async_graphql::{Context, Description, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::{PatientId, invitation};

use super::{
    context::ContextExt as _,
    error::{ApiError, ApiResult, UserError, UserErrorCode},
    id::read_id,
};
use crate::domain::{
    invitations::{self, AcceptError, Acceptance, InviteError, Offer},
    policy,
    secret::Secret,
};

/// What an invitation offers to whoever holds its link. It names no patient.
#[derive(Description)]
pub struct InvitationOffer(Offer);

#[Object(use_type_description)]
impl InvitationOffer {
    /// The clinic's name.
    async fn clinic_name(&self) -> &str {
        &self.0.clinic_name
    }

    /// The clinic's short name, for signing in later.
    async fn clinic_slug(&self) -> &str {
        &self.0.clinic_slug
    }

    /// From then on the invitation can no longer be accepted.
    async fn expires_at(&self) -> DateTime<Utc> {
        self.0.expires_at
    }

    /// The version of the wording; give it back when accepting.
    async fn wording_version(&self) -> i32 {
        self.0.wording_version
    }

    /// The language of the wording, as a BCP 47 tag; give it back when accepting.
    async fn language(&self) -> &str {
        &self.0.text.language
    }

    /// What the patient agrees to.
    async fn wording(&self) -> &str {
        &self.0.text.text
    }

    /// The languages that the wording can be read in.
    async fn languages(&self) -> &[String] {
        &self.0.languages
    }
}

/// An invitation that was sent to a patient.
#[derive(Description)]
pub struct Invitation(invitation::Model);

#[Object(use_type_description)]
impl Invitation {
    /// The id.
    async fn id(&self) -> ID {
        ID(self.0.id.to_public())
    }

    /// The patient's id.
    async fn patient_id(&self) -> ID {
        ID(self.0.patient_id.to_public())
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// From then on it can no longer be accepted.
    async fn expires_at(&self) -> DateTime<Utc> {
        self.0.expires_at
    }
}

/// Whom to invite.
#[derive(InputObject)]
pub struct InvitePatientInput {
    /// The patient.
    pub patient_id: ID,
}

/// An invitation.
#[derive(SimpleObject)]
pub struct InvitePatientPayload {
    /// The invitation, whose link is on its way to the patient; null when there was an error.
    pub invitation: Option<Invitation>,
    /// What went wrong: `NO_CONTACT_ON_FILE`, or `WRONG_STATE` for a patient who is enrolled already or is not allowed in
    /// the portal.
    pub errors: Vec<UserError>,
}

/// What a patient decided.
#[derive(InputObject)]
pub struct AcceptInvitationInput {
    /// The last part of the link that was sent.
    pub token: String,
    /// The version of the wording that the patient saw.
    pub wording_version: i32,
    /// The language of the wording that the patient saw.
    pub language: String,
    /// Whether the patient agrees. Without agreement nobody is enrolled.
    pub consent: bool,
}

/// An accepted invitation.
#[derive(SimpleObject)]
pub struct AcceptInvitationPayload {
    /// Whether the patient is enrolled now. It signs nobody in.
    pub accepted: bool,
    /// What went wrong: `CONSENT_REQUIRED`, `INVALID_LINK`, `OUTDATED_WORDING`, or `INVALID` for the language.
    pub errors: Vec<UserError>,
}

/// Invitations.
#[derive(Default)]
pub struct InvitationQuery;

#[Object]
impl InvitationQuery {
    /// What the invitation of a link offers, with the wording to agree to. Needs no sign-in and changes nothing.
    /// `NOT_FOUND` when the link is wrong or its invitation was accepted, replaced or has run out.
    async fn invitation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The last part of the link that was sent.")] token: String,
        #[graphql(
            desc = "The language that is wanted, as a BCP 47 tag. Otherwise, and when the wording does not have it, it is the \
                    patient's, the clinic's, or English."
        )]
        language: Option<String>,
    ) -> ApiResult<InvitationOffer> {
        let token = Secret::new(token);
        invitations::offer(ctx.core(), &token, language.as_deref())
            .await?
            .map(InvitationOffer)
            .ok_or(ApiError::NotFound)
    }
}

/// Inviting and accepting.
#[derive(Default)]
pub struct InvitationMutation;

#[Object]
impl InvitationMutation {
    /// Sends a patient a link with which they can enrol in the portal. It is good for fourteen days; links that were
    /// sent before are worth nothing from then on. Clinicians and administrators.
    async fn invite_patient(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whom to invite.")] input: InvitePatientInput,
    ) -> ApiResult<InvitePatientPayload> {
        let core = ctx.core();
        let viewer = ctx.viewer().await?;
        let keeper = policy::record_keeper(&viewer)?;
        let id = read_id(PatientId::from_public, &input.patient_id)?;
        let patient = policy::open_patient(core.store.reader(), &viewer, id).await?;
        let error = match invitations::invite(core, &keeper, &patient).await {
            Ok(invitation) => {
                return Ok(InvitePatientPayload {
                    invitation: Some(Invitation(invitation)),
                    errors: Vec::new(),
                });
            }
            Err(error) => invite_error(error)?,
        };
        Ok(InvitePatientPayload {
            invitation: None,
            errors: vec![error],
        })
    }

    /// Accepts an invitation: enrols the patient and records the consent. It can be done once. A link signs nobody in:
    /// the patient then asks for a code with `requestSignInCode`, and may set a password along with it.
    async fn accept_invitation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The link and what the patient decided.")] input: AcceptInvitationInput,
    ) -> ApiResult<AcceptInvitationPayload> {
        let refused = |error| AcceptInvitationPayload {
            accepted: false,
            errors: vec![error],
        };
        if !input.consent {
            return Ok(refused(UserError::at(
                "consent",
                UserErrorCode::ConsentRequired,
                "Nobody is enrolled without agreeing to the wording.",
            )));
        }
        let acceptance = Acceptance {
            token: Secret::new(input.token),
            wording_version: input.wording_version,
            language: input.language,
        };
        Ok(match invitations::accept(ctx.core(), &acceptance).await {
            Ok(()) => AcceptInvitationPayload {
                accepted: true,
                errors: Vec::new(),
            },
            Err(error) => refused(accept_error(error)?),
        })
    }
}

fn invite_error(error: InviteError) -> ApiResult<UserError> {
    let (code, message) = match error {
        InviteError::PortalNotAllowed => (
            UserErrorCode::WrongState,
            "The clinic does not let this patient into the portal; allow it first.",
        ),
        InviteError::AlreadyEnrolled => (
            UserErrorCode::WrongState,
            "The patient is enrolled already.",
        ),
        InviteError::NoContactOnFile => (
            UserErrorCode::NoContactOnFile,
            "The patient has no e-mail address or mobile number on file; add one first.",
        ),
        InviteError::Fault(fault) => return Err(fault.into()),
    };
    Ok(UserError::at("patientId", code, message))
}

fn accept_error(error: AcceptError) -> ApiResult<UserError> {
    match error {
        AcceptError::InvalidLink => Ok(UserError::at(
            "token",
            UserErrorCode::InvalidLink,
            "The invitation is wrong, was accepted or replaced, or has run out; ask the clinic for another.",
        )),
        AcceptError::OutdatedWording => Ok(UserError::at(
            "wordingVersion",
            UserErrorCode::OutdatedWording,
            "The clinic has published another wording; show that one and ask again.",
        )),
        AcceptError::UnknownLanguage => Ok(UserError::at(
            "language",
            UserErrorCode::Invalid,
            "The wording has no text in this language; give one of `languages`.",
        )),
        AcceptError::Fault(fault) => Err(fault.into()),
    }
}
