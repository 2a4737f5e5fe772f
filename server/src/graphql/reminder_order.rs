//! What to send to whom: the input that the review and the sending share.

use async_graphql::{Context, ID, InputObject};
use chrono::{DateTime, Utc};
use entity::{MessageTemplateId, PatientId, SkipReason, StaffId};

use super::{
    context::ContextExt as _,
    error::{ApiError, ApiResult, UserError, UserErrorCode, sentence},
    group,
    id::{read_id, read_ids},
    local_time::LocalDateTime,
    patient_queries::PatientReach,
    program,
};
use crate::domain::{
    people::{access, patients::PatientFilter},
    policy::{self, AsClinician, AsStaff},
    reminders::{Order, ReminderError, Selection},
    viewer::Viewer,
};

/// Patients whom the viewer may reach. Those in a program or a group, or on somebody's care team, are found wherever they are,
/// as by a search; without any of them, it is the list as `patients` shows it.
#[derive(InputObject)]
pub struct ReminderFilterInput {
    /// `MINE` takes only patients on whose panel the viewer stands; `ALL` when left out.
    reach: Option<PatientReach>,
    /// Only patients who are enrolled in this program.
    program_id: Option<ID>,
    /// Only patients who are in this group.
    group_id: Option<ID>,
    /// Only patients on whose care team this staff member is, who need not be the viewer. Having asked to be alerted for a
    /// patient does not count.
    care_team_of: Option<ID>,
    /// Only patients of whose name each of these words begins a word.
    search: Option<String>,
}

/// What is sent to whom.
pub(super) struct Parts {
    pub(super) template_id: ID,
    pub(super) patient_ids: Option<Vec<ID>>,
    pub(super) filter: Option<ReminderFilterInput>,
    pub(super) local_time: Option<LocalDateTime>,
    pub(super) expires_at: Option<DateTime<Utc>>,
}

impl Parts {
    /// Reads what a client wants; the inner error is what must be mended.
    pub(super) async fn read(
        self,
        ctx: &Context<'_>,
        clinician: &AsClinician,
    ) -> ApiResult<Result<Order, UserError>> {
        let template = read_id(MessageTemplateId::from_public, &self.template_id)?;
        let selection = match (self.patient_ids, self.filter) {
            (Some(ids), None) => Selection::Patients(read_ids(PatientId::from_public, &ids)?),
            (None, Some(filter)) => Selection::Filter(read_filter(ctx, clinician, filter).await?),
            (Some(_), Some(_)) => {
                return Ok(Err(UserError::at(
                    "filter",
                    UserErrorCode::Invalid,
                    "Give either patients or a filter.",
                )));
            }
            (None, None) => return Ok(Err(nobody_chosen())),
        };
        Ok(Ok(Order {
            template,
            selection,
            local_time: self.local_time.and_then(|time| time.time()),
            expires_at: self.expires_at,
        }))
    }
}

fn nobody_chosen() -> UserError {
    UserError::at("patientIds", UserErrorCode::Blank, "No patient is chosen.")
}

async fn read_filter(
    ctx: &Context<'_>,
    clinician: &AsClinician,
    filter: ReminderFilterInput,
) -> ApiResult<PatientFilter> {
    let staff = policy::staff(&Viewer::Staff(clinician.viewer().clone()))?;
    Ok(PatientFilter {
        search: filter.search,
        reach: filter.reach.map(Into::into).unwrap_or_default(),
        program: program::narrowing(ctx, &staff, filter.program_id).await?,
        group: group::narrowing(ctx, &staff, filter.group_id).await?,
        care_team_of: care_team_of(ctx, &staff, filter.care_team_of).await?,
    })
}

/// Whose care team narrows an audience down, if somebody is named; also who does not work there any more. One statement then.
async fn care_team_of(
    ctx: &Context<'_>,
    viewer: &AsStaff,
    id: Option<ID>,
) -> ApiResult<Option<StaffId>> {
    let Some(id) = id else { return Ok(None) };
    let id = read_id(StaffId::from_public, &id)?;
    let member = access::open_staff_member(ctx.core().store.reader(), viewer, id).await?;
    Ok(Some(member.id))
}

/// What the user can mend of a reminder; refusals and faults go to the errors of the response.
pub(super) fn reminder_error(error: ReminderError) -> ApiResult<UserError> {
    let sentence = sentence(&error);
    Ok(match error {
        ReminderError::NobodyChosen => nobody_chosen(),
        ReminderError::TooMany => UserError::at("patientIds", UserErrorCode::OutOfRange, sentence),
        ReminderError::NobodyLeft(Some(reason)) => nobody_left(reason),
        ReminderError::NobodyLeft(None) => {
            UserError::general(UserErrorCode::NoRecipients, sentence)
        }
        ReminderError::SchedulingOff => {
            UserError::at("localTime", UserErrorCode::SchedulingOff, sentence)
        }
        ReminderError::TooFarAhead => {
            UserError::at("localTime", UserErrorCode::OutOfRange, sentence)
        }
        ReminderError::ExpiresTooEarly => {
            UserError::at("expiresAt", UserErrorCode::TimePassed, sentence)
        }
        ReminderError::BadKey => UserError::at("idempotencyKey", UserErrorCode::Invalid, sentence),
        ReminderError::KeyReused => UserError::at(
            "idempotencyKey",
            UserErrorCode::IdempotencyKeyReused,
            sentence,
        ),
        ReminderError::ReviewOutdated => {
            UserError::at("seenReview", UserErrorCode::OutdatedReview, sentence)
        }
        ReminderError::NothingWaits => UserError::general(UserErrorCode::WrongState, sentence),
        ReminderError::Denied(denied) => return Err(ApiError::from(denied)),
    })
}

/// The reason for which none of the chosen patients gets it, at the field that would have to change.
fn nobody_left(reason: SkipReason) -> UserError {
    let (code, message) = refusal(reason);
    match field(reason) {
        Some(field) => UserError::at(field, code, message),
        None => UserError::general(code, message),
    }
}

const fn field(reason: SkipReason) -> Option<&'static str> {
    match reason {
        SkipReason::NoContactOnFile
        | SkipReason::NumberOptedOut
        | SkipReason::PatientPortalAccessMissing
        | SkipReason::LimitReached => Some("patientIds"),
        SkipReason::NoTranslation
        | SkipReason::TranslationStale
        | SkipReason::TemplateNotApproved
        | SkipReason::ValueMissing => Some("templateId"),
        SkipReason::TimeDoesNotExist | SkipReason::TimePassed => Some("localTime"),
        SkipReason::Expired => Some("expiresAt"),
        SkipReason::PortalDisabled
        | SkipReason::KindNotOffered
        | SkipReason::SenderNotAllowed
        | SkipReason::ServerFailed => None,
    }
}

const fn refusal(reason: SkipReason) -> (UserErrorCode, &'static str) {
    use UserErrorCode as Code;
    match reason {
        SkipReason::NoContactOnFile => (
            Code::NoContactOnFile,
            "No e-mail address or mobile number by which the clinic notifies patients is on file.",
        ),
        SkipReason::NumberOptedOut => (
            Code::NumberOptedOut,
            "Only text messages would reach the patient, who has opted out of them.",
        ),
        SkipReason::PortalDisabled => (Code::PortalDisabled, "The clinic has no patient portal."),
        SkipReason::PatientPortalAccessMissing => (
            Code::PatientPortalAccessMissing,
            "The patient is not allowed into the portal.",
        ),
        SkipReason::KindNotOffered => (
            Code::KindNotOffered,
            "The clinic does not offer announcements.",
        ),
        SkipReason::NoTranslation => (
            Code::NoTranslation,
            "The template has no text in a language that could be taken.",
        ),
        SkipReason::TranslationStale => (
            Code::TranslationStale,
            "The text in the patient's language is older than its source.",
        ),
        SkipReason::TemplateNotApproved => (
            Code::TemplateNotApproved,
            "No text of the template that could be taken is approved.",
        ),
        SkipReason::ValueMissing => (
            Code::ValueMissing,
            "The template names what the clinic has not said, such as its telephone number.",
        ),
        SkipReason::LimitReached => (
            Code::LimitReached,
            "The patient has had as many reminders on that day as the clinic allows.",
        ),
        SkipReason::TimeDoesNotExist => (
            Code::TimeDoesNotExist,
            "The clocks leave this time out on that day.",
        ),
        SkipReason::TimePassed => (Code::TimePassed, "This time has passed."),
        SkipReason::Expired => (Code::TimePassed, "It expires before it can leave."),
        // No review finds that.
        SkipReason::ServerFailed => (Code::WrongState, "The server failed to let it leave."),
        SkipReason::SenderNotAllowed => (
            Code::NoRecipients,
            "None of the chosen patients can get it.",
        ),
    }
}
