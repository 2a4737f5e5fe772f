//! Files that askings need.

use chrono::NaiveDate;
use entity::{
    AttachmentId, AttachmentStatus, ChartDocumentId, DocumentKind, DocumentTitle, FileName,
    PersonId, UnscannedBecause, attachment, chart_document,
};
use harness::canary;
use tidings::domain::attachments::UNUSED;
use tidings::domain::secret::Secret;
use tidings::domain::sessions;

use super::stage::Stage;

/// A file about Paul that whoever has this token has uploaded; that nobody has, where they are not of his clinic.
pub(super) async fn upload(stage: &Stage, token: Option<&str>) -> AttachmentId {
    let claims =
        token.map(|token| sessions::verify_access_token(&stage.core, &Secret::new(token)).unwrap());
    match claims.filter(|claims| claims.organization == stage.organization()) {
        Some(claims) => uploaded_by(stage, claims.person).await,
        None => uploaded_by(stage, PersonId::Patient(stage.petra)).await,
    }
}

/// A file about Paul of somebody of his clinic.
pub(super) async fn uploaded_by(stage: &Stage, person: PersonId) -> AttachmentId {
    let now = stage.core.clock.now();
    let id = AttachmentId(stage.core.entropy.uuid(now));
    stage
        .clinic
        .insert(attachment::Model {
            organization_id: stage.organization(),
            id,
            uploaded_by_kind: person.kind(),
            uploaded_by_id: person.uuid(),
            patient_id: stage.paul,
            file_name: FileName::new(canary::name("letter.txt")),
            length: 1,
            received: 1,
            media_type: Some("text/plain".to_owned()),
            expected_sha256: None,
            sha256: None,
            status: AttachmentStatus::Unscanned,
            unscanned_because: Some(UnscannedBecause::NoScanner),
            disposal: None,
            expires_at: Some(now + UNUSED),
            due_at: now,
            attempts: 1,
            leased_until: None,
            leased_by: None,
            thumbnail_width: None,
            thumbnail_height: None,
            thumbnail_length: None,
            created_at: now,
        })
        .await;
    id
}

/// A document of Paul's chart.
pub(super) async fn document(stage: &Stage) -> ChartDocumentId {
    let now = stage.core.clock.now();
    let id = ChartDocumentId(stage.core.entropy.uuid(now));
    let attachment = uploaded_by(stage, PersonId::Staff(stage.nora)).await;
    stage
        .clinic
        .insert(chart_document::Model {
            organization_id: stage.organization(),
            id,
            patient_id: stage.paul,
            attachment_id: attachment,
            kind: DocumentKind::Letter,
            dated: NaiveDate::from_ymd_opt(2026, 3, 1).unwrap(),
            title: DocumentTitle::new(canary::name("Letter")),
            created_by: stage.nora,
            created_at: now,
        })
        .await;
    id
}
