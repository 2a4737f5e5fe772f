//! Short-lived links to files. A link holds ids only, is worth something for its owner's session only, and is asked about
//! again when it is followed.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    AttachmentId, AttachmentStatus, ChartDocumentId, FileForm, MessageId, OrganizationId, PersonId,
    PersonKind, SessionId, attachment,
};
use uuid::Uuid;

use crate::domain::{
    core::Core,
    policy::FileInView,
    secret::{KeyPurpose, Secret, same},
    settings::AttachmentSettings,
    viewer::Viewer,
};

/// How long a link is worth something.
pub const LINK_LIFETIME: TimeDelta = TimeDelta::minutes(5);

/// Bytes of the authentication code of a link.
const CODE_BYTES: usize = 16;
/// Bytes of what a link says.
const CLAIM_BYTES: usize = 16 * 5 + 3 + 8;

/// What holds a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Holder {
    /// A message.
    Message(MessageId),
    /// A document of a chart.
    Document(ChartDocumentId),
    /// Nothing yet: its sender alone may see it.
    Upload(AttachmentId),
}

impl Holder {
    /// The bare id.
    #[must_use]
    pub fn uuid(self) -> Uuid {
        match self {
            Self::Message(id) => id.0,
            Self::Document(id) => id.0,
            Self::Upload(id) => id.0,
        }
    }
}

/// What a link says.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Claims {
    pub(super) organization: OrganizationId,
    pub(super) attachment: AttachmentId,
    pub(super) holder: Holder,
    pub(super) form: FileForm,
    pub(super) person: PersonId,
    pub(super) session: SessionId,
    pub(super) expires_at: DateTime<Utc>,
}

impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Claims(…)")
    }
}

/// Whether an organization lets a file be downloaded that has come so far.
#[must_use]
pub fn may_be_served(settings: &AttachmentSettings, file: &attachment::Model) -> bool {
    match file.status {
        AttachmentStatus::Clean => true,
        AttachmentStatus::Pending => settings.serve_pending,
        AttachmentStatus::Unscanned => settings.unscanned.admits(file.unscanned_because),
        AttachmentStatus::Uploading | AttachmentStatus::Infected | AttachmentStatus::Refused => {
            false
        }
    }
}

/// The token of a link to a file, for the viewer; none when the file cannot be downloaded now, or not in this form.
#[must_use]
pub fn link(core: &Core, viewer: &Viewer, file: &FileInView, form: FileForm) -> Option<Secret> {
    let attachment = file.attachment();
    let exists = match form {
        FileForm::Original => true,
        FileForm::Thumbnail => attachment.thumbnail_length.is_some(),
    };
    let served = may_be_served(&viewer.settings().attachments, attachment);
    (exists && served && attachment.disposal.is_none()).then(|| {
        sign(
            core,
            &Claims {
                organization: attachment.organization_id,
                attachment: attachment.id,
                holder: file.holder(),
                form,
                person: viewer.person(),
                session: viewer.session(),
                expires_at: core.clock.now() + LINK_LIFETIME,
            },
        )
    })
}

fn sign(core: &Core, claims: &Claims) -> Secret {
    let mut bytes = Vec::with_capacity(CLAIM_BYTES + CODE_BYTES);
    bytes.push(match claims.holder {
        Holder::Message(_) => 0,
        Holder::Document(_) => 1,
        Holder::Upload(_) => 2,
    });
    bytes.push(match claims.form {
        FileForm::Original => 0,
        FileForm::Thumbnail => 1,
    });
    bytes.push(match claims.person.kind() {
        PersonKind::Staff => 0,
        PersonKind::Patient => 1,
    });
    for id in [
        claims.organization.0,
        claims.attachment.0,
        claims.holder.uuid(),
        claims.person.uuid(),
        claims.session.0,
    ] {
        bytes.extend_from_slice(id.as_bytes());
    }
    bytes.extend_from_slice(&claims.expires_at.timestamp_micros().to_be_bytes());
    let code = core.secret.mac(KeyPurpose::Download, &bytes);
    bytes.extend_from_slice(&code[..CODE_BYTES]);
    Secret::new(URL_SAFE_NO_PAD.encode(bytes))
}

/// What a token says, if it is one of this server's and its time is not over.
pub(super) fn read(core: &Core, token: &Secret) -> Option<Claims> {
    let bytes = URL_SAFE_NO_PAD.decode(token.reveal()).ok()?;
    let (said, code) = bytes.split_at_checked(CLAIM_BYTES)?;
    let right = core.secret.mac(KeyPurpose::Download, said);
    if !same(&right[..CODE_BYTES], code) {
        return None;
    }
    let (words, rest) = said.split_at_checked(3)?;
    let id = |number: usize| Uuid::from_slice(rest.get(number * 16..(number + 1) * 16)?).ok();
    let expires_at = i64::from_be_bytes(rest.get(5 * 16..)?.try_into().ok()?);
    let claims = Claims {
        organization: OrganizationId(id(0)?),
        attachment: AttachmentId(id(1)?),
        holder: match words[0] {
            0 => Holder::Message(MessageId(id(2)?)),
            1 => Holder::Document(ChartDocumentId(id(2)?)),
            _ => Holder::Upload(AttachmentId(id(2)?)),
        },
        form: match words[1] {
            0 => FileForm::Original,
            _ => FileForm::Thumbnail,
        },
        person: PersonId::from_columns(
            match words[2] {
                0 => PersonKind::Staff,
                _ => PersonKind::Patient,
            },
            id(3)?,
        ),
        session: SessionId(id(4)?),
        expires_at: DateTime::from_timestamp_micros(expires_at)?,
    };
    (claims.expires_at > core.clock.now()).then_some(claims)
}
