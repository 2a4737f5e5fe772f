//! Has a small picture made of a picture, by a process of its own.

use std::{path::PathBuf, process::Stdio, time::Duration};

use bytes::Bytes;
use futures_util::StreamExt as _;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    process::{ChildStdin, Command},
    time::timeout,
};

use crate::{
    domain::{
        attachments::{Inspection, PICTURES, ThumbnailFacts},
        core::Core,
    },
    thumbnail::MAX_INPUT,
};

/// For one picture, whatever the machine does meanwhile.
const PATIENCE: Duration = Duration::from_secs(20);
/// The most bytes of a small picture.
const MAX_OUTPUT: u64 = 512 * 1024;

/// Makes small pictures.
#[derive(Clone, Debug)]
pub struct ThumbnailMaker {
    program: PathBuf,
}

impl ThumbnailMaker {
    /// With this program, which is this one: `tidings thumbnail`.
    #[must_use]
    pub fn new(program: PathBuf) -> Self {
        Self { program }
    }

    /// Makes and stores a small picture, if the file is a picture that can be read; a failure only means that there is
    /// none.
    pub(super) async fn make(
        &self,
        core: &Core,
        inspection: &Inspection,
    ) -> Option<ThumbnailFacts> {
        let media_type = inspection.attachment().media_type.as_deref()?;
        if !PICTURES.contains(&media_type) || inspection.length() > MAX_INPUT {
            return None;
        }
        let made = timeout(PATIENCE, self.run(core, inspection)).await.ok()??;
        let facts = ThumbnailFacts {
            width: made.width,
            height: made.height,
            length: i32::try_from(made.jpeg.len()).ok()?,
        };
        let stored = core.files.put_thumbnail(inspection.place(), made.jpeg);
        stored.await.ok()?;
        Some(facts)
    }

    async fn run(&self, core: &Core, inspection: &Inspection) -> Option<Made> {
        let mut child = Command::new(&self.program)
            .arg("thumbnail")
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .inspect_err(|error| {
                tracing::warn!(error.kind = ?error.kind(), "no small pictures can be made");
            })
            .ok()?;
        let (stdin, stdout) = child.stdin.take().zip(child.stdout.take())?;
        let mut output = Vec::new();
        let mut stdout = stdout.take(MAX_OUTPUT + 1);
        let reading = stdout.read_to_end(&mut output);
        let ((), read) = tokio::join!(feed(stdin, core, inspection), reading);
        read.ok()?;
        let ended = child.wait().await.ok()?;
        if ended.success() && output.len() as u64 <= MAX_OUTPUT {
            Made::read(&output)
        } else {
            None
        }
    }
}

/// A process that has seen enough stops reading, which is its right.
async fn feed(mut stdin: ChildStdin, core: &Core, inspection: &Inspection) {
    let bytes = core
        .files
        .stream(inspection.place(), 0..inspection.length());
    let mut bytes = std::pin::pin!(bytes);
    while let Some(Ok(piece)) = bytes.next().await {
        if stdin.write_all(&piece).await.is_err() {
            return;
        }
    }
}

/// What the process gave back.
struct Made {
    width: i32,
    height: i32,
    jpeg: Bytes,
}

impl Made {
    fn read(output: &[u8]) -> Option<Self> {
        let (width, rest) = output.split_first_chunk::<4>()?;
        let (height, jpeg) = rest.split_first_chunk::<4>()?;
        let side = |bytes: &[u8; 4]| {
            i32::try_from(u32::from_be_bytes(*bytes))
                .ok()
                .filter(|side| *side > 0)
        };
        jpeg.starts_with(b"\xff\xd8").then_some(Self {
            width: side(width)?,
            height: side(height)?,
            jpeg: Bytes::copy_from_slice(jpeg),
        })
    }
}
