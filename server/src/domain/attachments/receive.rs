//! Taking in the bytes of an upload.
//!
//! Bytes gather in one segment in memory. The row's offset moves only after the segment is stored, under a lease that one
//! writer at a time has, so that whatever a client was told is here is here, whichever node it talks to next.

use std::time::Duration;

use aws_lc_rs::digest;
use bytes::{Bytes, BytesMut};
use chrono::TimeDelta;
use entity::attachment;
use futures_util::{Stream, StreamExt as _};
use tokio::time::Instant;
use uuid::Uuid;

use super::{
    BrokenOff, Checksum, FilesFault, Place, ReceiveError, SEGMENT_BYTES, UNFINISHED,
    files::locate,
    lease::{self, NotClaimed},
    media_type::{self, HEAD_BYTES},
};
use crate::domain::{core::Core, policy::UploadInHand, secret::same};

/// A slow sender's bytes are stored after this time at the latest, far within the lease.
const LONGEST_IN_MEMORY: Duration = Duration::from_secs(20);

/// An upload while a request brings bytes of it.
pub struct Receiving {
    core: Core,
    upload: attachment::Model,
    lease: Uuid,
    /// The segment at hand from its beginning on, as far as there are bytes.
    segment: BytesMut,
    /// How many bytes there are, in the store and in memory.
    at: u64,
    /// How many bytes are stored.
    stored: u64,
    stored_at: Instant,
    checksum: Option<(Checksum, digest::Context)>,
    /// Whether the file is whole wherever its bytes end, and was announced with the most that it may have.
    pub(super) ends_anywhere: bool,
}

/// Goes on with an upload at its offset, alone. One statement, two when it is refused, and the read of an unfinished segment.
///
/// # Errors
/// See [`ReceiveError`].
pub async fn resume(
    core: &Core,
    upload: &UploadInHand,
    offset: u64,
    checksum: Option<Checksum>,
) -> Result<Receiving, ReceiveError> {
    begin(core, upload.attachment(), (offset, UNFINISHED), checksum).await
}

/// Goes on with an upload at its offset, alone; from then on it may rest so long.
pub(super) async fn begin(
    core: &Core,
    upload: &attachment::Model,
    (offset, rest): (u64, TimeDelta),
    checksum: Option<Checksum>,
) -> Result<Receiving, ReceiveError> {
    let lease = core.entropy.uuid(core.clock.now());
    let upload = match lease::take(core, upload, lease, offset, rest).await? {
        Ok(upload) => upload,
        Err(NotClaimed::Ended) => return Err(ReceiveError::Ended),
        Err(NotClaimed::Busy) => return Err(ReceiveError::Busy),
        Err(NotClaimed::Elsewhere(offset)) => return Err(ReceiveError::Offset(offset)),
    };
    let mut receiving = Receiving {
        core: core.clone(),
        upload,
        lease,
        segment: BytesMut::new(),
        at: offset,
        stored: offset,
        stored_at: Instant::now(),
        checksum: checksum.map(|checksum| {
            let context = checksum.begin();
            (checksum, context)
        }),
        ends_anywhere: false,
    };
    match receiving.load().await {
        Ok(()) => Ok(receiving),
        Err(error) => Err(receiving.fail(error).await),
    }
}

impl Receiving {
    /// Clears what an earlier writer left unfinished, and reads what is stored of the segment that the next byte belongs to;
    /// there may be more, which was not acknowledged.
    async fn load(&mut self) -> Result<(), ReceiveError> {
        let (number, within) = locate(self.at);
        let place = Place::of(&self.upload);
        self.core.files.clear(place).await?;
        if within > 0 {
            let bytes = self.core.files.segment(place, number, within).await?;
            self.segment.extend_from_slice(&bytes);
        }
        Ok(())
    }

    /// How many bytes are still to come.
    #[must_use]
    pub fn left(&self) -> u64 {
        u64::try_from(self.upload.length)
            .unwrap_or(0)
            .saturating_sub(self.at)
    }

    /// Takes the next bytes. After an error the upload is over for this request, and stands where it was stored last.
    async fn take(&mut self, mut bytes: Bytes) -> Result<(), ReceiveError> {
        if bytes.len() as u64 > self.left() {
            return Err(ReceiveError::TooLong);
        }
        if let Some((_, context)) = &mut self.checksum {
            context.update(&bytes);
        }
        while !bytes.is_empty() {
            let room = SEGMENT_BYTES - self.segment.len() as u64;
            let taken = bytes.len().min(usize::try_from(room).unwrap_or(usize::MAX));
            if self.segment.capacity() - self.segment.len() < taken {
                self.grow(taken);
            }
            self.segment.extend_from_slice(&bytes.split_to(taken));
            self.at += taken as u64;
            // The last segment is stored together with the end of the upload.
            if self.segment.len() as u64 == SEGMENT_BYTES && self.left() > 0 {
                self.store().await?;
                self.segment = BytesMut::new();
            }
        }
        if self.left() > 0 && self.stored_at.elapsed() > LONGEST_IN_MEMORY {
            self.store().await?;
        }
        Ok(())
    }

    /// Makes room for `more` bytes: little for a small file, and never more than a segment.
    fn grow(&mut self, more: usize) {
        let wanted = (self.segment.len() + more).next_power_of_two();
        let ceiling = usize::try_from(SEGMENT_BYTES).unwrap_or(usize::MAX);
        self.segment
            .reserve(wanted.min(ceiling).saturating_sub(self.segment.len()));
    }

    /// Stores the segment at hand, moves the offset, and renews the lease. Without a verified checksum the offset stays.
    async fn store(&mut self) -> Result<(), ReceiveError> {
        self.put().await?;
        if self.checksum.is_none() {
            self.stored = self.at;
        }
        self.stored_at = Instant::now();
        let has = lease::renew(&self.core, &self.upload, self.lease, self.stored).await?;
        if has {
            Ok(())
        } else {
            Err(ReceiveError::Ended)
        }
    }

    async fn put(&mut self) -> Result<(), ReceiveError> {
        if self.segment.is_empty() {
            return Ok(());
        }
        let (number, _) = locate(self.at - 1);
        let place = Place::of(&self.upload);
        let bytes = std::mem::take(&mut self.segment).freeze();
        self.core
            .files
            .put_segment(place, number, bytes.clone())
            .await?;
        // Alone again with the bytes, so nothing is copied.
        self.segment = bytes
            .try_into_mut()
            .unwrap_or_else(|bytes| BytesMut::from(&bytes[..]));
        Ok(())
    }

    /// Takes bytes until they end, and gives the file as it is then. Where they break off, what came is kept, for the
    /// client to go on from; bytes whose checksum nobody could check are not.
    ///
    /// # Errors
    /// See [`ReceiveError`].
    pub async fn fill(
        mut self,
        mut bytes: impl Stream<Item = Result<Bytes, BrokenOff>> + Unpin,
    ) -> Result<attachment::Model, ReceiveError> {
        while let Some(piece) = bytes.next().await {
            let Ok(piece) = piece else {
                self.break_off().await;
                return Err(ReceiveError::BrokenOff);
            };
            if let Err(error) = self.take(piece).await {
                return Err(self.fail(error).await);
            }
        }
        self.finish().await
    }

    /// The body has ended as it should: stores what came, and completes the file if that was the rest of it.
    async fn finish(mut self) -> Result<attachment::Model, ReceiveError> {
        match self.conclude().await {
            Ok(attachment) => Ok(attachment),
            Err(error) => Err(self.fail(error).await),
        }
    }

    async fn conclude(&mut self) -> Result<attachment::Model, ReceiveError> {
        if let Some((expected, context)) = self.checksum.take()
            && !same(context.finish().as_ref(), expected.bytes())
        {
            return Err(ReceiveError::Checksum);
        }
        if self.ends_anywhere {
            self.upload.length = i64::try_from(self.at).unwrap_or(i64::MAX);
        }
        if self.ends_anywhere && self.at == 0 {
            return Err(ReceiveError::Empty);
        }
        self.put().await?;
        self.stored = self.at;
        let ended = if self.left() > 0 {
            lease::release(&self.core, &self.upload, self.lease, self.stored).await?
        } else {
            let media_type = self.decide_type().await?.ok_or(ReceiveError::Type)?;
            lease::complete(&self.core, &self.upload, self.lease, media_type).await?
        };
        if self.left() == 0 && ended.is_some() {
            self.core.files.arrived().notify_one();
        }
        ended.ok_or(ReceiveError::Ended)
    }

    async fn decide_type(&self) -> Result<Option<&'static str>, ReceiveError> {
        let head_length = self.at.min(HEAD_BYTES);
        let loaded;
        let has_head = self.at <= SEGMENT_BYTES && self.segment.len() as u64 >= head_length;
        let head = if has_head {
            &self.segment[..usize::try_from(head_length).unwrap_or(0)]
        } else {
            let place = Place::of(&self.upload);
            loaded = self.core.files.segment(place, 0, head_length).await?;
            &loaded
        };
        let types = &self.core.files.rules().types;
        Ok(media_type::decide(head, self.at == head_length).filter(|found| types.contains(*found)))
    }

    async fn break_off(mut self) {
        if self.left() == 0 {
            // Nothing was missing but the end of the request, and nobody is there to be told how it went.
            let _ = self.finish().await;
            return;
        }
        if self.checksum.is_none() {
            match self.put().await {
                Ok(()) => self.stored = self.at,
                Err(error) => {
                    self.fail(error).await;
                    return;
                }
            }
        }
        self.let_go().await;
    }

    /// Lets others go on with the upload, and passes on why this request cannot.
    async fn fail(self, error: ReceiveError) -> ReceiveError {
        // What may still arrive must not replace what the next writer stores: nobody is that until the lease ends by itself.
        if matches!(error, ReceiveError::Files(FilesFault::Unsettled)) {
            return error;
        }
        if matches!(error, ReceiveError::Type)
            && let Err(fault) = lease::discard(&self.core, &self.upload, self.lease).await
        {
            return fault.into();
        }
        self.let_go().await;
        error
    }

    async fn let_go(&self) {
        let released = lease::release(&self.core, &self.upload, self.lease, self.stored).await;
        if let Err(fault) = released {
            // The lease ends by itself.
            tracing::warn!(
                attachment.id = %self.upload.id.0,
                error.class = fault.class(),
                "an upload could not be let go"
            );
        }
    }
}
