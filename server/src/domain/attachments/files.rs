//! The store of files: a local folder, or a bucket of an S3-compatible store. Only the server reads and writes it.

use std::{
    collections::BTreeSet, error::Error as _, io, ops::Range, path::PathBuf, sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, TryStreamExt as _, stream};
use object_store::{ObjectStore, ObjectStoreExt as _, PutPayload, memory::InMemory, path::Path};
use tokio::{sync::Notify, time::timeout};

use super::{
    folder::{Folder, is_full},
    intake::Intake,
    media_type::KNOWN_TYPES,
    place::{Place, SEGMENT_BYTES, parts},
};

/// How long the store may take for one segment, far less than a lease lasts.
const PATIENCE: Duration = Duration::from_secs(30);

/// What goes wrong with the store of files. The texts are classes, without any file's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FilesFault {
    /// The store has no room left.
    #[error("the store of files is full")]
    Full,
    /// The store does not answer, or refuses.
    #[error("the store of files is unavailable")]
    Unavailable,
    /// The store has not said in time whether it has taken bytes: they may still arrive.
    #[error("the store of files does not answer")]
    Unsettled,
    /// A file's bytes are not where its row says.
    #[error("bytes of a file are missing")]
    Missing,
}

impl From<object_store::Error> for FilesFault {
    fn from(error: object_store::Error) -> Self {
        if matches!(error, object_store::Error::NotFound { .. }) {
            return Self::Missing;
        }
        let mut cause = error.source();
        while let Some(inner) = cause {
            if let Some(fault) = inner.downcast_ref::<Self>() {
                return *fault;
            }
            if inner.downcast_ref::<io::Error>().is_some_and(is_full) {
                return Self::Full;
            }
            cause = inner.source();
        }
        Self::Unavailable
    }
}

/// What the operator lets people upload.
#[derive(Clone, Debug)]
pub struct FileRules {
    /// The most bytes of one file, whatever an organization allows.
    pub max_bytes: u64,
    /// The types that are taken, out of [`KNOWN_TYPES`](super::KNOWN_TYPES).
    pub types: BTreeSet<String>,
}

/// The store of files with its rules. Cheap to clone.
#[derive(Clone)]
pub struct Files {
    store: Arc<dyn ObjectStore>,
    /// Where the store is one.
    folder: Option<Arc<Folder>>,
    rules: Arc<FileRules>,
    arrived: Arc<Notify>,
    intake: Intake,
}

impl Files {
    /// Files in this store.
    #[must_use]
    pub fn new(store: Arc<dyn ObjectStore>, rules: FileRules) -> Self {
        Self {
            store,
            folder: None,
            rules: Arc::new(rules),
            arrived: Arc::default(),
            intake: Intake::default(),
        }
    }

    /// The same, with the folder that the store is: what a killed process left unfinished there is then removed too.
    #[must_use]
    pub fn in_folder(self, folder: PathBuf) -> Self {
        Self {
            folder: Some(Arc::new(Folder::new(folder))),
            ..self
        }
    }

    /// Files that are gone with their process, of every type and up to a mebibyte: for programs that need a domain and
    /// store no files.
    #[must_use]
    pub fn in_memory() -> Self {
        let rules = FileRules {
            max_bytes: 1 << 20,
            types: KNOWN_TYPES.iter().map(|&known| known.to_owned()).collect(),
        };
        Self::new(Arc::new(InMemory::new()), rules)
    }

    /// What the operator lets people upload.
    #[must_use]
    pub fn rules(&self) -> &FileRules {
        &self.rules
    }

    /// Rung when a file is there for its inspection; it may be missed.
    #[must_use]
    pub fn arrived(&self) -> &Notify {
        &self.arrived
    }

    /// The files that this node takes in.
    #[must_use]
    pub const fn intake(&self) -> &Intake {
        &self.intake
    }

    pub(super) async fn put_segment(
        &self,
        place: Place,
        number: u64,
        bytes: Bytes,
    ) -> Result<(), FilesFault> {
        self.put(&place.segment(number), bytes).await
    }

    /// The first `length` bytes of a segment.
    pub(super) async fn segment(
        &self,
        place: Place,
        number: u64,
        length: u64,
    ) -> Result<Bytes, FilesFault> {
        self.read(&place.segment(number), 0..length).await
    }

    /// Stores the small picture made of a file.
    ///
    /// # Errors
    /// See [`FilesFault`].
    pub async fn put_thumbnail(&self, place: Place, bytes: Bytes) -> Result<(), FilesFault> {
        self.put(&place.thumbnail(), bytes).await
    }

    /// The small picture made of a file.
    ///
    /// # Errors
    /// See [`FilesFault`].
    pub async fn thumbnail(&self, place: Place, length: u64) -> Result<Bytes, FilesFault> {
        self.read(&place.thumbnail(), 0..length).await
    }

    async fn put(&self, path: &Path, bytes: Bytes) -> Result<(), FilesFault> {
        let put = self.store.put(path, PutPayload::from_bytes(bytes));
        timeout(PATIENCE, put)
            .await
            .map_err(|_| FilesFault::Unsettled)??;
        Ok(())
    }

    async fn read(&self, path: &Path, range: Range<u64>) -> Result<Bytes, FilesFault> {
        let wanted = range.end - range.start;
        let bytes = timeout(PATIENCE, self.store.get_range(path, range))
            .await
            .map_err(|_| FilesFault::Unavailable)??;
        if bytes.len() as u64 == wanted {
            Ok(bytes)
        } else {
            Err(FilesFault::Missing)
        }
    }

    /// The bytes `range` of a file, as they come from the store: a slow reader holds no more than one piece.
    pub fn stream(
        &self,
        place: Place,
        range: Range<u64>,
    ) -> impl Stream<Item = Result<Bytes, FilesFault>> + Send + 'static {
        let store = Arc::clone(&self.store);
        stream::iter(parts(range))
            .then(move |part| {
                let store = Arc::clone(&store);
                async move {
                    let options = object_store::GetOptions::new().with_range(Some(part.within));
                    let path = place.segment(part.segment);
                    let got = timeout(PATIENCE, store.get_opts(&path, options))
                        .await
                        .map_err(|_| FilesFault::Unavailable)??;
                    Ok::<_, FilesFault>(got.into_stream().map_err(FilesFault::from))
                }
            })
            .try_flatten()
    }

    /// Removes what a writer that is gone has left unfinished of a file. For whoever has the file's lease.
    ///
    /// # Errors
    /// See [`FilesFault`].
    pub async fn clear(&self, place: Place) -> Result<(), FilesFault> {
        match &self.folder {
            Some(folder) => folder.clear(place).await,
            None => Ok(()),
        }
    }

    /// Removes all that belongs to a file. Nothing there is as good as removed.
    pub(super) async fn remove(&self, place: Place) -> Result<(), FilesFault> {
        if let Some(folder) = &self.folder {
            return folder.remove(place).await;
        }
        let found: Vec<Path> = self
            .store
            .list(Some(&place.folder()))
            .map_ok(|object| object.location)
            .try_collect()
            .await?;
        for path in found {
            match self.store.delete(&path).await.map_err(FilesFault::from) {
                Ok(()) | Err(FilesFault::Missing) => {}
                Err(fault) => return Err(fault),
            }
        }
        Ok(())
    }
}

/// The number of the segment that a byte lies in, and its place there.
pub(super) const fn locate(offset: u64) -> (u64, u64) {
    (offset / SEGMENT_BYTES, offset % SEGMENT_BYTES)
}
