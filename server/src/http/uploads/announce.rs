//! Beginning an upload, with or without its first bytes.

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName, StatusCode},
};
use entity::{PatientId, attachment};

use super::{
    FileSite,
    answer::Answer,
    headers::{self, UPLOAD_LENGTH},
    refusal::Refusal,
    send,
};
use crate::{
    domain::{
        attachments::{self, Announcement},
        policy,
        viewer::Viewer,
    },
    http::bearer,
};

const UPLOAD_DEFER_LENGTH: HeaderName = HeaderName::from_static("upload-defer-length");
const UPLOAD_CONCAT: HeaderName = HeaderName::from_static("upload-concat");

pub(super) async fn announce(site: &FileSite, request: Request) -> Result<Answer, Refusal> {
    headers::check_version(request.headers())?;
    let viewer = bearer::viewer(&site.core, request.headers()).await?;
    let brings_bytes = headers::brings_bytes(request.headers());
    let checksum = headers::checksum(request.headers())?;
    let upload = begin(site, &viewer, request.headers()).await?;
    let upload = if brings_bytes {
        send::first_bytes(site, &viewer, upload, checksum, request).await?
    } else {
        upload
    };
    let answer = Answer::new(StatusCode::CREATED).location(&upload);
    Ok(answer.progress(&upload))
}

async fn begin(
    site: &FileSite,
    viewer: &Viewer,
    given: &HeaderMap,
) -> Result<attachment::Model, Refusal> {
    if given.contains_key(UPLOAD_DEFER_LENGTH) || given.contains_key(UPLOAD_CONCAT) {
        return Err(Refusal::Malformed(
            "The length must be known from the beginning, and the file come in one piece.",
        ));
    }
    let length = headers::number(given, &UPLOAD_LENGTH)
        .ok_or(Refusal::Malformed("Upload-Length is a number of bytes."))?;
    let mut metadata = headers::metadata(given)?;
    let patient = match (metadata.get("patientId"), viewer) {
        (Some(id), _) => PatientId::from_public(id).ok_or(Refusal::NotFound)?,
        (None, Viewer::Patient(patient)) => patient.id(),
        (None, Viewer::Staff(_)) => {
            return Err(Refusal::Malformed(
                "Upload-Metadata must name the patient as patientId.",
            ));
        }
    };
    let sha256 = match metadata.get("sha256") {
        None => None,
        Some(text) => Some(headers::sha256(text).ok_or(Refusal::Malformed(
            "The metadata's sha256 is 64 hexadecimal digits.",
        ))?),
    };
    let core = &site.core;
    let reader = core.store.reader();
    let can = policy::may_upload(reader, viewer, patient, core.files.rules()).await?;
    let announcement = Announcement {
        file_name: metadata.remove("filename").unwrap_or_default(),
        length,
        sha256,
    };
    Ok(attachments::announce(core, &can, announcement).await?)
}
