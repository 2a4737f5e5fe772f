//! Requests with files, by the GraphQL multipart request specification: `operations`, `map`, then the files.
//!
//! The operation begins as soon as the first two are read, and its resolvers read the files while they arrive. Browsers
//! send such bodies from any page without asking first, so a header is demanded that they do not send unasked.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, header},
};
use bytes::Bytes;
use futures_util::{FutureExt as _, StreamExt as _, TryStreamExt as _, stream};
use multer::{Constraints, Field, Multipart, SizeLimit};
use serde_json::Value;
use tokio::{
    sync::{Mutex, OwnedMutexGuard},
    time::timeout,
};

use super::{
    limits::{Limit, Limits},
    params::Params,
    refusal::Refusal,
};
use crate::domain::attachments::{BrokenOff, IncomingFile, IncomingFiles};

/// Headers that a browser sends to another origin only after asking.
const DELIBERATE: [HeaderName; 2] = [
    HeaderName::from_static("graphql-require-preflight"),
    HeaderName::from_static("apollo-require-preflight"),
];

/// What stands in a variable for the file of a number.
pub(crate) const FILE_MARK: &str = "upload:";

/// Whether a body is of this kind.
pub(super) fn is_multipart(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .and_then(|kind| kind.split(';').next())
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("multipart/form-data"))
}

/// Reads the operation; its files come with it.
pub(super) async fn read(
    headers: &HeaderMap,
    body: Body,
    limits: &Limits,
    silence: Duration,
) -> Result<(Params, IncomingFiles), Refusal> {
    if !DELIBERATE.iter().any(|name| headers.contains_key(name)) {
        return Err(Refusal::NotDeliberate);
    }
    let announced = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse().ok())
        .unwrap_or(0);
    limits.check(Limit::UploadBytes, announced)?;
    let mut multipart = open(headers, body, limits, silence)?;
    let operations = text(&mut multipart, "operations").await?;
    let map = text(&mut multipart, "map").await?;
    let (operations, names) = put_marks(&operations, &map, limits)?;
    let params = Params::from_value(operations)?;
    let files = Files {
        multipart,
        names,
        set_aside: HashMap::new(),
        taken: HashSet::new(),
    };
    Ok((params, files.share()))
}

fn open(
    headers: &HeaderMap,
    body: Body,
    limits: &Limits,
    silence: Duration,
) -> Result<Multipart<'static>, Refusal> {
    let boundary = headers
        .get(header::CONTENT_TYPE)
        .map(HeaderValue::to_str)
        .and_then(|kind| multer::parse_boundary(kind.ok()?).ok())
        .ok_or(Refusal::MalformedMultipart)?;
    let size = |bytes: usize| u64::try_from(bytes).unwrap_or(u64::MAX);
    let allowed = SizeLimit::new()
        .whole_stream(size(limits.upload_bytes))
        .for_field("operations", size(limits.body_bytes))
        .for_field("map", size(limits.body_bytes));
    let pieces = stream::unfold(body.into_data_stream(), move |mut body| async move {
        let piece = match timeout(silence, body.next()).await {
            Ok(piece) => piece?.map_err(|_| BodyBroke),
            Err(_) => Err(BodyBroke),
        };
        Some((piece, body))
    });
    Ok(Multipart::with_constraints(
        pieces,
        boundary,
        Constraints::new().size_limit(allowed),
    ))
}

#[derive(Debug, thiserror::Error)]
#[error("the body broke off")]
struct BodyBroke;

/// The text of the next part, which must have this name.
async fn text(multipart: &mut Multipart<'static>, name: &str) -> Result<String, Refusal> {
    let part = multipart
        .next_field()
        .await
        .map_err(|error| refusal(&error))?;
    let part = part
        .filter(|part| part.name() == Some(name))
        .ok_or(Refusal::MalformedMultipart)?;
    let bytes = part.bytes().await.map_err(|error| refusal(&error))?;
    String::from_utf8(bytes.to_vec()).map_err(|_| Refusal::MalformedMultipart)
}

fn refusal(error: &multer::Error) -> Refusal {
    use multer::Error;
    // The library may add reasons of its own.
    if matches!(
        error,
        Error::StreamSizeExceeded { .. } | Error::FieldSizeExceeded { .. }
    ) {
        Refusal::MultipartTooLong
    } else if matches!(error, Error::StreamReadFailed(_) | Error::IncompleteStream) {
        Refusal::BodyIncomplete
    } else {
        Refusal::MalformedMultipart
    }
}

/// Puts marks where the map says that files belong; gives the names of the parts in the order of their numbers.
fn put_marks(
    operations: &str,
    map: &str,
    limits: &Limits,
) -> Result<(Value, Vec<String>), Refusal> {
    let mut operations: Value =
        serde_json::from_str(operations).map_err(|_| Refusal::MalformedJson)?;
    let map: BTreeMap<String, Vec<String>> =
        serde_json::from_str(map).map_err(|_| Refusal::MalformedMultipart)?;
    limits.check(Limit::Uploads, map.values().map(Vec::len).sum())?;
    let mut names = Vec::with_capacity(map.len());
    for (number, (name, places)) in map.into_iter().enumerate() {
        for place in places {
            let mut steps = place.split('.');
            if steps.next() != Some("variables") {
                return Err(Refusal::MalformedMultipart);
            }
            let found = steps.try_fold(&mut operations["variables"], |value, step| match value {
                Value::Object(members) => members.get_mut(step),
                Value::Array(items) => items.get_mut(step.parse::<usize>().ok()?),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
            });
            match found {
                Some(value @ Value::Null) => *value = Value::from(format!("{FILE_MARK}{number}")),
                Some(_) | None => return Err(Refusal::MalformedMultipart),
            }
        }
        names.push(name);
    }
    Ok((operations, names))
}

/// The files that are still to come. Whoever reads one keeps the others waiting, because they come one after the other.
struct Files {
    multipart: Multipart<'static>,
    names: Vec<String>,
    /// Files that came before one that was asked for earlier; the limit of the whole body bounds them.
    set_aside: HashMap<usize, (String, Bytes)>,
    taken: HashSet<usize>,
}

impl Files {
    fn share(self) -> IncomingFiles {
        let files = Arc::new(Mutex::new(self));
        IncomingFiles::new(move |number| {
            let files = Arc::clone(&files);
            async move { Self::take(files.lock_owned().await, number).await }.boxed()
        })
    }

    async fn take(mut files: OwnedMutexGuard<Self>, number: usize) -> Option<IncomingFile> {
        if !files.taken.insert(number) {
            return None;
        }
        if let Some((file_name, bytes)) = files.set_aside.remove(&number) {
            let bytes = stream::iter([Ok(bytes)]).boxed();
            return Some(IncomingFile { file_name, bytes });
        }
        let wanted = files.names.get(number)?.clone();
        loop {
            let part = files.multipart.next_field().await.ok()??;
            let file_name = part.file_name().unwrap_or_default().to_owned();
            if part.name() == Some(wanted.as_str()) {
                return Some(IncomingFile {
                    file_name,
                    bytes: pieces(part, files),
                });
            }
            let name = part.name()?;
            let earlier = files.names.iter().position(|known| known == name)?;
            let bytes = part.bytes().await.ok()?;
            files.set_aside.insert(earlier, (file_name, bytes));
        }
    }
}

/// The next part cannot be read before this one, so the files are kept until its end.
fn pieces(
    part: Field<'static>,
    files: OwnedMutexGuard<Files>,
) -> futures_util::stream::BoxStream<'static, Result<Bytes, BrokenOff>> {
    part.map_err(|_| BrokenOff)
        .inspect(move |_| {
            let _kept_until_the_end = &files;
        })
        .boxed()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(operations: &str, map: &str) -> Result<(Value, Vec<String>), Refusal> {
        put_marks(operations, map, &Limits::default())
    }

    #[test]
    fn files_are_marked_where_the_map_says() {
        let (operations, names) = marked(
            r#"{"query": "q", "variables": {"a": {"b": [null, null]}}}"#,
            r#"{"x": ["variables.a.b.1"], "y": ["variables.a.b.0"]}"#,
        )
        .unwrap();
        assert_eq!(names, ["x", "y"]);
        assert_eq!(operations["variables"]["a"]["b"][1], "upload:0");
        assert_eq!(operations["variables"]["a"]["b"][0], "upload:1");
    }

    #[test]
    fn a_map_that_points_elsewhere_is_refused() {
        let operations = r#"{"query": "q", "variables": {"a": null, "b": 1}}"#;
        for map in [
            r#"{"x": ["query"]}"#,
            r#"{"x": ["variables.b"]}"#,
            r#"{"x": ["variables.c"]}"#,
            r#"{"x": ["variables"]}"#,
            r#"{"x": ["variables.a", "variables.a"]}"#,
            r#"{"x": "variables.a"}"#,
            "[]",
        ] {
            assert!(marked(operations, map).is_err(), "{map}");
        }
        let many: Vec<String> = (0..20).map(|n| format!("\"variables.a.{n}\"")).collect();
        let many = format!("{{\"x\": [{}]}}", many.join(","));
        assert!(matches!(marked(operations, &many), Err(Refusal::Limit(_))));
    }
}
