//! The rules of the house that a compiler does not hold: which way its modules point, how long a file may be, and
//! words that have no place in it.

use std::fs;
use std::path::{Path, PathBuf};

/// What each module of the server may name of the others. A new module takes its place here first.
const MAY_NAME: &[(&str, &[&str])] = &[
    ("main", &["cli"]),
    ("lib", &[]),
    (
        "cli",
        &[
            "app",
            "config",
            "domain",
            "graphql",
            "telemetry",
            "thumbnail",
        ],
    ),
    (
        "app",
        &[
            "config",
            "delivery",
            "demo",
            "dispatch",
            "domain",
            "graphql",
            "http",
            "inspection",
            "realtime",
        ],
    ),
    ("config", &["domain", "http", "delivery"]),
    ("telemetry", &["config"]),
    ("demo", &["domain"]),
    ("http", &["demo", "domain", "graphql", "realtime"]),
    ("graphql", &["domain", "realtime"]),
    ("delivery", &["domain"]),
    ("dispatch", &["domain"]),
    ("inspection", &["domain", "thumbnail"]),
    ("thumbnail", &[]),
    ("realtime", &["domain"]),
    ("domain", &[]),
];

/// Libraries that belong to one side of the house, and who must not name them.
const FOREIGN: &[(&str, &[&str])] = &[
    (
        "domain",
        &["axum", "async_graphql", "lettre", "async_nats", "reqwest"],
    ),
    ("realtime", &["axum", "async_graphql", "lettre", "reqwest"]),
    ("delivery", &["axum", "async_graphql", "async_nats"]),
    (
        "dispatch",
        &["axum", "async_graphql", "lettre", "async_nats"],
    ),
    (
        "inspection",
        &["axum", "async_graphql", "lettre", "sea_orm", "image"],
    ),
    (
        "graphql",
        &["axum", "lettre", "async_nats", "sea_orm", "sqlx"],
    ),
    ("http", &["lettre", "async_nats", "sea_orm", "sqlx"]),
];

const LONGEST_FILE: usize = 300;

/// Files of the server that are longer for a reason, which stands beside them.
const LONGER_FILES: &[(&str, usize)] = &[];

const EMPTY_NAMES: &[&str] = &[
    "util", "utils", "helper", "helpers", "manager", "common", "misc", "service", "services",
];

const UNFINISHED: &[&str] = &["TODO", "FIXME", "XXX", "HACK", "todo!(", "unimplemented!("];

const FRAGILE: &[&str] = &[".unwrap()", ".unwrap_err()", ".expect("];

struct Source {
    /// The path from the root of the workspace.
    path: String,
    text: String,
}

impl Source {
    /// The sources below the named folders of the workspace.
    fn below(folders: &[&str]) -> Vec<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let mut paths = Vec::new();
        for folder in folders {
            collect(&root.join(folder), &mut paths);
        }
        assert!(!paths.is_empty(), "no sources below {folders:?}");
        let read = |path: PathBuf| Self {
            path: path
                .strip_prefix(root)
                .unwrap()
                .to_string_lossy()
                .into_owned(),
            text: fs::read_to_string(&path).unwrap(),
        };
        paths.into_iter().map(read).collect()
    }

    /// The module of the server directly below its root, `http` for `server/src/http/routes.rs`.
    fn area(&self) -> &str {
        let inside = self.path.strip_prefix("server/src/").unwrap();
        inside.split(['/', '.']).next().unwrap()
    }

    /// Whether `super` is the root of the crate here.
    fn is_area_root(&self) -> bool {
        let inside = self.path.strip_prefix("server/src/").unwrap();
        !inside.contains('/') || inside.ends_with("/mod.rs") && inside.matches('/').count() == 1
    }

    /// The code with its line numbers: without comments, and without the tests at its end.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let is_test_file = self.path.ends_with("/tests.rs") || self.path.contains("/tests/");
        let lines = self
            .text
            .lines()
            .take_while(move |line| !is_test_file && line.trim() != "#[cfg(test)]");
        lines
            .enumerate()
            .map(|(index, line)| (index + 1, line))
            .filter(|(_, line)| !line.trim_start().starts_with("//"))
    }

    /// The modules directly below the crate's root that this source names.
    fn named_areas(&self) -> Vec<(usize, String)> {
        let code: Vec<(usize, &str)> = self.code().collect();
        let joined: String = code.iter().map(|(_, line)| format!("{line}\n")).collect();
        let mut roots = vec!["crate::", "tidings::"];
        if self.is_area_root() {
            roots.push("super::");
        }
        let mut named = Vec::new();
        for root in roots {
            for (at, _) in joined
                .match_indices(root)
                .filter(|(at, _)| starts_word(&joined, *at))
            {
                let line = code[joined[..at].matches('\n').count()].0;
                named.extend(
                    heads(&joined[at + root.len()..])
                        .into_iter()
                        .map(|head| (line, head)),
                );
            }
        }
        named
    }
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            collect(&path, paths);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            paths.push(path);
        }
    }
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// Whether no path or longer word leads up to this place.
fn starts_word(text: &str, at: usize) -> bool {
    text[..at]
        .chars()
        .next_back()
        .is_none_or(|before| !is_word(before) && before != ':')
}

fn names(line: &str, word: &str) -> bool {
    let mut places = line.match_indices(word);
    places.any(|(at, _)| starts_word(line, at) && !line[at + word.len()..].starts_with(is_word))
}

/// The first names of a path or of a braced list of paths.
fn heads(path: &str) -> Vec<String> {
    let word = |text: &str| {
        text.trim_start()
            .chars()
            .take_while(|&character| is_word(character))
            .collect::<String>()
    };
    let Some(list) = path.strip_prefix('{') else {
        return vec![word(path)];
    };
    let mut depth = 0_usize;
    let mut heads = vec![word(list)];
    for (at, character) in list.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => heads.push(word(&list[at + 1..])),
            _ => {}
        }
    }
    heads.retain(|head| !head.is_empty());
    heads
}

fn assert_none(rule: &str, offences: &[String]) {
    assert!(offences.is_empty(), "{rule}\n  {}", offences.join("\n  "));
}

#[test]
fn modules_point_one_way() {
    let mut offences = Vec::new();
    for source in Source::below(&["server/src"]) {
        let area = source.area();
        let Some((_, allowed)) = MAY_NAME.iter().find(|(name, _)| *name == area) else {
            offences.push(format!(
                "{}: the module {area} has no place yet",
                source.path
            ));
            continue;
        };
        for (line, named) in source.named_areas() {
            let is_area = MAY_NAME.iter().any(|(name, _)| *name == named);
            if is_area && named != area && !allowed.contains(&named.as_str()) {
                offences.push(format!("{}:{line}: {area} names {named}", source.path));
            }
        }
        for (line, text) in source
            .code()
            .filter(|(_, text)| text.contains("super::super::super"))
        {
            offences.push(format!(
                "{}:{line}: `{}` hides where it points",
                source.path,
                text.trim()
            ));
        }
    }
    assert_none(
        "main → app → {http → graphql, delivery} → domain → entity, with realtime beside domain",
        &offences,
    );
}

#[test]
fn libraries_stay_on_their_side() {
    let mut offences = Vec::new();
    for source in Source::below(&["server/src"]) {
        let banned = FOREIGN
            .iter()
            .filter(|(area, _)| *area == source.area())
            .flat_map(|(_, banned)| *banned);
        for library in banned {
            let lines = source.code().filter(|(_, line)| names(line, library));
            offences.extend(lines.map(|(line, _)| format!("{}:{line}: {library}", source.path)));
        }
    }
    for source in Source::below(&["entity/src"]) {
        let lines = source.code().filter(|(_, line)| {
            ["tidings", "axum", "async_graphql"]
                .iter()
                .any(|word| names(line, word))
        });
        offences
            .extend(lines.map(|(line, text)| format!("{}:{line}: {}", source.path, text.trim())));
    }
    assert_none("each library belongs to one side of the house", &offences);
}

#[test]
fn files_are_short() {
    let mut offences = Vec::new();
    for source in Source::below(&["server/src"]) {
        let lines = source.text.lines().count();
        let exception = LONGER_FILES.iter().find(|(path, _)| *path == source.path);
        if lines > exception.map_or(LONGEST_FILE, |(_, longest)| *longest) {
            offences.push(format!("{}: {lines} lines", source.path));
        }
    }
    assert_none("a file of the server has at most 300 lines", &offences);
}

#[test]
fn files_say_what_they_hold() {
    let mut offences = Vec::new();
    for source in Source::below(&[
        "server/src",
        "entity/src",
        "migration/src",
        "tests/src",
        "bench/src",
    ]) {
        if source
            .path
            .split(['/', '.'])
            .any(|part| EMPTY_NAMES.contains(&part))
        {
            offences.push(source.path);
        }
    }
    assert_none("a name such as `utils` says nothing", &offences);
}

#[test]
fn nothing_is_left_for_later() {
    let mut offences = Vec::new();
    for source in Source::below(&[
        "server/src",
        "entity/src",
        "migration/src",
        "tests",
        "bench/src",
    ]) {
        if source.path == "tests/scenarios/tidy.rs" {
            continue;
        }
        let lines = source
            .text
            .lines()
            .enumerate()
            .filter(|(_, line)| UNFINISHED.iter().any(|word| line.contains(word)));
        offences.extend(
            lines.map(|(index, line)| format!("{}:{}: {}", source.path, index + 1, line.trim())),
        );
    }
    assert_none("what is to be done is an issue, not a comment", &offences);
}

#[test]
fn the_server_does_not_panic_on_purpose() {
    let mut offences = Vec::new();
    for source in Source::below(&["server/src", "entity/src", "migration/src"]) {
        let lines = source
            .code()
            .filter(|(_, line)| FRAGILE.iter().any(|call| line.contains(call)));
        offences
            .extend(lines.map(|(line, text)| format!("{}:{line}: {}", source.path, text.trim())));
    }
    assert_none("errors are handled, outside of tests", &offences);
}

#[test]
fn paths_are_read_as_meant() {
    assert_eq!(heads("http::routes;"), ["http"]);
    assert_eq!(
        heads("{app::{App, Wiring}, domain, delivery::Outbox};\nuse x::{y, z};"),
        ["app", "domain", "delivery"]
    );
    assert_eq!(
        heads("{\n    http,\n    graphql::schema,\n};"),
        ["http", "graphql"]
    );
    assert!(names("use axum::Router;", "axum"));
    assert!(!names("let axumite = 1;", "axum"));
    assert!(!starts_word("mycrate::x", 2));
}
