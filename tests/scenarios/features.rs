//! The page of features: no rule is missing or stands twice, and every test that it names exists.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

const RULES: [(&str, u32); 11] = [
    ("PEO", 9),
    ("CHAT", 5),
    ("LIVE", 8),
    ("SEC", 7),
    ("ANN", 7),
    ("TXT", 9),
    ("CASE", 6),
    ("OUT", 10),
    ("NOT", 5),
    ("PRV", 5),
    ("NEW", 8),
];

fn page() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/features.md")).unwrap()
}

/// Adds `module::function` for each function of a file and of the folders below.
fn add_tests(folder: &Path, known: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            add_tests(&path, known);
            continue;
        }
        let module = path.file_stem().unwrap().to_string_lossy().into_owned();
        for line in fs::read_to_string(&path).unwrap().lines() {
            if let Some((_, rest)) = line.split_once("fn ") {
                let name = rest.split(['(', '<']).next().unwrap_or_default();
                known.insert(format!("{module}::{name}"));
            }
        }
    }
}

#[test]
fn no_rule_is_missing() {
    let page = page();
    for (group, last) in RULES {
        for number in 1..=last {
            let alone = page.contains(&format!("| {group}-{number} "));
            let in_range = page.contains(&format!("{group}-1 to {group}-{last}"))
                || (2..=number)
                    .any(|first| page.contains(&format!("{group}-{first} to {group}-{last}")));
            assert!(
                alone || in_range,
                "docs/features.md has no line for {group}-{number}"
            );
        }
    }
}

#[test]
fn no_rule_stands_twice() {
    let mut seen = BTreeSet::new();
    for line in page().lines() {
        let Some((rule, _)) = line
            .strip_prefix("| ")
            .and_then(|row| row.split_once(' '))
            .filter(|(rule, _)| RULES.iter().any(|(group, _)| is_of(rule, group)))
        else {
            continue;
        };
        assert!(
            seen.insert(rule.to_owned()),
            "docs/features.md has {rule} twice"
        );
    }
    assert!(seen.len() > 20, "each rule has its row");
}

/// Whether a word such as `NOT-5` names a rule of a group.
fn is_of(word: &str, group: &str) -> bool {
    word.strip_prefix(group)
        .and_then(|rest| rest.strip_prefix('-'))
        .is_some_and(|number| number.parse::<u32>().is_ok())
}

#[test]
fn every_test_that_is_named_exists() {
    let mut known = BTreeSet::new();
    add_tests(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios"),
        &mut known,
    );
    let page = page();
    let named: Vec<_> = page
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|text| text.contains("::"))
        .collect();
    assert!(
        named.len() > 20,
        "the page names its tests as `module::function`"
    );
    for name in named {
        assert!(
            known.contains(name),
            "docs/features.md names {name}, which is no test"
        );
    }
}
