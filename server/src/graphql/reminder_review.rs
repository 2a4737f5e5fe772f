//! What the review before sending a reminder shows.

use std::collections::{BTreeMap, HashMap};

use async_graphql::{Context, Description, Enum, Object, SimpleObject, connection::Connection};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use entity::OrganizationId;
use uuid::Uuid;

use super::{
    context::ContextExt as _,
    error::{ApiResult, UserError},
    page::{List, Opaque, PageArguments, connection},
    patient::Patient,
    reminder::ReminderSkipReason,
    staff_member::NotificationChannel,
};
use crate::domain::{
    page::{Direction, Page, Slice},
    people::patients,
    policy::AsClinician,
    reminders::{self, Review, ReviewDigest, Skipped},
};

/// What keeps patients from hearing of a reminder. It is sent all the same, and stands in their announcements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "reminders::Warning")]
pub enum ReminderWarning {
    /// Some of them are to be told by e-mail, and no e-mail can leave now: the server has no mail server.
    EmailsCannotLeave,
    /// Some of them are to be told by text message, and none can leave now: the server has no gateway for text messages.
    TextsCannotLeave,
}

/// How many patients get a reminder in a language.
#[derive(SimpleObject)]
pub struct ReminderLanguageCount {
    /// The BCP 47 tag of the language.
    language: String,
    /// How many patients.
    count: usize,
}

/// How many patients are notified of a reminder by a channel.
#[derive(SimpleObject)]
pub struct ReminderChannelCount {
    /// The channel.
    channel: NotificationChannel,
    /// How many patients.
    count: usize,
}

/// A patient who would not get a reminder.
#[derive(SimpleObject)]
pub struct SkippedPatient {
    /// The patient.
    patient: Patient,
    /// Why.
    reason: ReminderSkipReason,
}

/// What would happen if a reminder were sent now.
#[derive(Description)]
pub struct ReminderPreview {
    review: Review,
    organization: OrganizationId,
    viewer: Uuid,
    errors: Vec<UserError>,
}

impl ReminderPreview {
    /// What a clinician is shown.
    pub(super) fn new(clinician: &AsClinician, review: Review, errors: Vec<UserError>) -> Self {
        Self {
            review,
            organization: clinician.organization(),
            viewer: clinician.staff().0,
            errors,
        }
    }
}

#[Object(use_type_description)]
impl ReminderPreview {
    /// How many patients would get it.
    async fn recipient_count(&self) -> usize {
        self.review.ready.len()
    }

    /// How many of them in which language.
    async fn languages(&self) -> Vec<ReminderLanguageCount> {
        let mut counts = BTreeMap::new();
        for ready in &self.review.ready {
            *counts.entry(ready.language.as_str()).or_insert(0) += 1;
        }
        counts
            .into_iter()
            .map(|(language, count)| ReminderLanguageCount {
                language: language.to_owned(),
                count,
            })
            .collect()
    }

    /// How many of them are notified by which channel.
    async fn channels(&self) -> Vec<ReminderChannelCount> {
        [NotificationChannel::Email, NotificationChannel::Sms]
            .into_iter()
            .map(|channel| {
                let through = |ready: &&reminders::Ready| ready.channel == channel.stored();
                ReminderChannelCount {
                    channel,
                    count: self.review.ready.iter().filter(through).count(),
                }
            })
            .filter(|channel| channel.count > 0)
            .collect()
    }

    /// All that this review has found, in short: who would get which text by which channel, and who would get none and why.
    /// Give it as `seenReview` when you send.
    async fn digest(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.review.digest.0)
    }

    /// What would keep patients from hearing of it.
    async fn warnings(&self) -> Vec<ReminderWarning> {
        let warnings = self.review.warnings.iter().copied();
        warnings.map(Into::into).collect()
    }

    /// How many patients would not get it.
    async fn skipped_count(&self) -> usize {
        self.review.skipped.len()
    }

    /// The patients who would not get it, and why, in no order that means anything.
    async fn skipped(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "How many from the beginning, at most 100. 25 when neither `first` nor `last` is given."
        )]
        first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> ApiResult<Connection<Opaque, SkippedPatient>> {
        let list = List {
            name: "skippedPatients",
            owner: self.viewer,
        };
        let slice = PageArguments::new(first, after, last, before).slice(list)?;
        let page = cut(&self.review.skipped, &slice);
        let ids = page.items.iter().map(|skipped| skipped.patient);
        let reader = ctx.core().store.reader();
        let records = patients::by_ids(reader, self.organization, ids).await?;
        let mut records: HashMap<_, _> = records
            .into_iter()
            .map(|patient| (patient.id, patient))
            .collect();
        // Records are never removed, so all of them are there.
        let named = page.filter_map(|skipped| Some((records.remove(&skipped.patient)?, skipped)));
        Ok(connection(
            list,
            named,
            |(_, skipped)| skipped.patient.0,
            |(patient, skipped)| SkippedPatient {
                patient: patient.into(),
                reason: skipped.reason.into(),
            },
        ))
    }

    /// What must be mended before it can be reviewed.
    async fn errors(&self) -> &[UserError] {
        &self.errors
    }
}

/// A part of a list that is in memory already.
fn cut(all: &[Skipped], slice: &Slice<Uuid>) -> Page<Skipped> {
    // In order of their ids, as the review finds them: a page goes on where the last one ended, also when the patient there is
    // not skipped any more.
    let from = slice.after.map_or(0, |after| {
        all.partition_point(|skipped| skipped.patient.0 <= after)
    });
    let to = slice.before.map_or(all.len(), |before| {
        all.partition_point(|skipped| skipped.patient.0 < before)
    });
    let between = all.iter().take(to).skip(from).copied();
    let fetched = slice.limit as usize + 1;
    let rows = match slice.direction {
        Direction::Forward => between.take(fetched).collect(),
        Direction::Backward => between.rev().take(fetched).collect(),
    };
    slice.page(rows)
}

/// Reads the digest that a client has from a review; none where it is none.
pub(super) fn read_digest(text: &str) -> Option<ReviewDigest> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    Some(ReviewDigest(bytes.try_into().ok()?))
}
