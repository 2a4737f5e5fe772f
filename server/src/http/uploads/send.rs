//! Sending bytes of a file.

use std::time::Duration;

use axum::{
    body::Body,
    extract::Request,
    http::{StatusCode, header},
};
use bytes::Bytes;
use entity::attachment;
use futures_util::{Stream, StreamExt as _, stream};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::{
    FileSite,
    answer::Answer,
    headers::{self, UPLOAD_OFFSET},
    open,
    refusal::Refusal,
};
use crate::domain::{
    attachments::{self, BrokenOff, Checksum, IntakePlace, ReceiveError},
    policy::UploadInHand,
    viewer::Viewer,
};

/// How long a client may be silent in the middle of its bytes.
const SILENCE: Duration = Duration::from_secs(30);

pub(super) async fn send(site: &FileSite, id: &str, request: Request) -> Result<Answer, Refusal> {
    let (viewer, upload) = open(site, id, request.headers()).await?;
    if !headers::brings_bytes(request.headers()) {
        return Err(Refusal::MediaType);
    }
    let offset = headers::number(request.headers(), &UPLOAD_OFFSET)
        .ok_or(Refusal::Malformed("Upload-Offset is a number of bytes."))?;
    let checksum = headers::checksum(request.headers())?;
    let sent = Sent {
        offset,
        checksum,
        request,
    };
    let upload = receive(site, &viewer, upload, sent).await?;
    Ok(Answer::new(StatusCode::NO_CONTENT).progress(&upload))
}

/// The bytes that come together with the beginning of an upload.
pub(super) async fn first_bytes(
    site: &FileSite,
    viewer: &Viewer,
    upload: attachment::Model,
    checksum: Option<Checksum>,
    request: Request,
) -> Result<attachment::Model, Refusal> {
    let mine = attachments::upload(&site.core, viewer, upload.id).await?;
    let sent = Sent {
        offset: 0,
        checksum,
        request,
    };
    match receive(site, viewer, mine, sent).await {
        // The upload has begun all the same, and its client goes on from where it stands.
        Err(Refusal::BrokenOff | Refusal::NoPlace) => Ok(upload),
        Err(refusal) => {
            abandon(site, viewer, &upload).await;
            Err(refusal)
        }
        Ok(upload) => Ok(upload),
    }
}

/// Gives an upload up whose client is refused and so never learns where it is; what cannot be given up is swept later.
async fn abandon(site: &FileSite, viewer: &Viewer, upload: &attachment::Model) {
    let given_up = async {
        let mine = attachments::upload(&site.core, viewer, upload.id).await?;
        Ok::<_, Refusal>(attachments::terminate(&site.core, &mine).await?)
    };
    if let Err(Refusal::Fault(fault)) = given_up.await {
        tracing::warn!(
            error.class = fault.class(),
            "a refused upload could not be given up"
        );
    }
}

/// Bytes that are sent, and where they begin.
struct Sent {
    offset: u64,
    checksum: Option<Checksum>,
    request: Request,
}

/// Takes the bytes in a task of its own: it ends in order even when the client is gone.
async fn receive(
    site: &FileSite,
    viewer: &Viewer,
    upload: UploadInHand,
    sent: Sent,
) -> Result<attachment::Model, Refusal> {
    let Sent {
        offset,
        checksum,
        request,
    } = sent;
    let announced = headers::number(request.headers(), &header::CONTENT_LENGTH).unwrap_or(0);
    let intake = site.core.files.intake();
    let place = intake.place(viewer).ok_or(Refusal::NoPlace)?;
    let core = site.core.clone();
    let stop = intake.stopping();
    let task = async move {
        let length = u64::try_from(upload.attachment().length).unwrap_or(0);
        if offset.saturating_add(announced) > length {
            return Err(ReceiveError::TooLong);
        }
        let receiving = attachments::resume(&core, &upload, offset, checksum).await?;
        let body = Box::pin(pieces(request.into_body(), stop, place));
        receiving.fill(body).await
    };
    Ok(intake.run(task).await??)
}

/// The pieces of a body, until it ends, falls silent, or the server stops. The place is kept until then.
fn pieces(
    body: Body,
    stop: CancellationToken,
    place: IntakePlace,
) -> impl Stream<Item = Result<Bytes, BrokenOff>> + Send {
    let state = (body.into_data_stream(), stop, place);
    stream::unfold(state, async |(mut body, stop, place)| {
        let next = stop.run_until_cancelled(timeout(SILENCE, body.next()));
        let piece = match next.await {
            Some(Ok(None)) => return None,
            Some(Ok(Some(Ok(piece)))) => Ok(piece),
            None | Some(Err(_) | Ok(Some(Err(_)))) => Err(BrokenOff),
        };
        Some((piece, (body, stop, place)))
    })
}
