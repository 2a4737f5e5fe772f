use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use aho_corasick::AhoCorasick;

use super::{ADDRESS_MARK, MESSAGE_MARK, NAME_MARK, PASSWORD_MARK, Secret};
use crate::run::Folder;
use crate::smtp::Mail;

/// The folders that are searched.
const SEARCHED: [Folder; 4] = [Folder::Logs, Folder::Metrics, Folder::Mail, Folder::Texts];

const BIRTH_DATES: [&str; 12] = [
    "1947-03-29",
    "1947/03/29",
    "19470329",
    "03/29/1947",
    "3/29/1947",
    "03%2F29%2F1947",
    "03-29-1947",
    "29.03.1947",
    "29/03/1947",
    "29 March 1947",
    "March 29, 1947",
    "29 Mar 1947",
];

const PHONES: [&str; 4] = ["61491570", "0491 570", "491 570", "491-570"];

/// How every signed token begins, whether or not anybody handed it in.
const TOKENS: [&str; 2] = ["eyJ0eXAiOi", "eyJhbGciOi"];

/// Parts of a long secret are searched for, because a log may hold a shortened one.
const PART: usize = 20;

/// What a search has seen.
#[derive(Debug, Default)]
pub struct Report {
    /// The canaries that were found.
    pub findings: Vec<Finding>,
    /// How many files each folder held.
    pub files: BTreeMap<&'static str, usize>,
}

impl Report {
    /// The folders in which there was nothing to search, so that finding nothing there proves nothing.
    pub fn empty_folders(&self) -> Vec<&'static str> {
        self.files
            .iter()
            .filter(|(_, count)| **count == 0)
            .map(|(folder, _)| *folder)
            .collect()
    }
}

/// A canary where none belongs.
#[derive(Debug)]
pub struct Finding {
    what: String,
    file: PathBuf,
    line: usize,
    excerpt: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} in {}:{}: {}",
            self.what,
            self.file.display(),
            self.line,
            self.excerpt
        )
    }
}

/// Looks for canaries and secrets in everything that a run has left in `directory`.
///
/// # Errors
///
/// When something cannot be read; an unread file is never taken for a clean one.
pub fn search(directory: &Path) -> io::Result<Report> {
    let secrets = secrets(&directory.join(Folder::Secrets.name()))?;
    let mut report = Report::default();
    for folder in SEARCHED {
        let needles = Needles::forbidden_in(folder, &secrets);
        let files = files_below(&directory.join(folder.name()))?;
        for path in &files {
            let raw = fs::read(path)?;
            for text in readings(folder, &raw) {
                needles.look_through(&text, path, &mut report.findings);
            }
        }
        report.files.insert(folder.name(), files.len());
    }
    Ok(report)
}

/// A mail is also read decoded, because its encodings would hide a word. The recipients' addresses belong into it, so
/// they are no canary there.
fn readings(folder: Folder, raw: &[u8]) -> Vec<String> {
    let mut readings = vec![String::from_utf8_lossy(raw).into_owned()];
    if folder == Folder::Mail {
        readings.extend(
            Mail::parse(raw).map(|mail| format!("{}\n{}\n{}", mail.subject, mail.text, mail.html)),
        );
    }
    readings
}

struct Needles {
    names: Vec<String>,
    automaton: AhoCorasick,
}

impl Needles {
    fn forbidden_in(folder: Folder, secrets: &[(Secret, String)]) -> Self {
        let delivered = matches!(folder, Folder::Mail | Folder::Texts);
        let mut needles: BTreeMap<String, String> = BTreeMap::new();
        let mut add = |needle: &str, name: &str| {
            needles.insert(needle.to_ascii_lowercase(), name.to_owned());
        };
        add(MESSAGE_MARK, "a message's content");
        add(NAME_MARK, "a person's name");
        add(PASSWORD_MARK, "a password");
        BIRTH_DATES
            .iter()
            .for_each(|spelling| add(spelling, "a date of birth"));
        PHONES
            .iter()
            .for_each(|spelling| add(spelling, "a phone number"));
        TOKENS
            .iter()
            .for_each(|beginning| add(beginning, "a token"));
        if !delivered {
            add(ADDRESS_MARK, "an e-mail address");
        }
        for (kind, secret) in secrets {
            match kind {
                Secret::Link if delivered => {}
                Secret::Link | Secret::Token => {
                    let name = format!("a {}", kind.name());
                    parts(secret).for_each(|part| add(part, &name));
                }
            }
        }
        let (patterns, names): (Vec<_>, Vec<_>) = needles.into_iter().unzip();
        let automaton = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .build(patterns);
        Self {
            names,
            automaton: automaton.expect("a few thousand needles fit"),
        }
    }

    fn look_through(&self, text: &str, path: &Path, findings: &mut Vec<Finding>) {
        for (index, line) in text.lines().enumerate() {
            if let Some(found) = self.automaton.find(line) {
                findings.push(Finding {
                    what: self.names[found.pattern().as_usize()].clone(),
                    file: path.to_owned(),
                    line: index + 1,
                    excerpt: around(line, found.start()),
                });
            }
        }
    }
}

/// The beginning and the end of a long secret, or the whole of a short one.
fn parts(secret: &str) -> impl Iterator<Item = &str> {
    let whole = secret.len() <= 2 * PART || !secret.is_ascii();
    let (head, tail) = if whole {
        (secret, None)
    } else {
        (&secret[..PART], Some(&secret[secret.len() - PART..]))
    };
    std::iter::once(head).chain(tail)
}

fn around(line: &str, at: usize) -> String {
    let before = line[..at].chars().rev().take(80).count();
    let skipped = line[..at].chars().count() - before;
    line.chars().skip(skipped).take(200).collect()
}

fn secrets(folder: &Path) -> io::Result<Vec<(Secret, String)>> {
    let mut secrets = Vec::new();
    for path in files_below(folder)? {
        for line in fs::read_to_string(&path)?.lines() {
            let (kind, secret) = line.split_once('\t').unwrap_or_default();
            let kind =
                Secret::named(kind).ok_or_else(|| io::Error::other("a secret of no known kind"))?;
            secrets.push((kind, secret.to_owned()));
        }
    }
    Ok(secrets)
}

/// All files, also of folders inside, but none that a mail server is still writing.
fn files_below(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        if !folder.exists() {
            continue;
        }
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            match path.is_dir() {
                true if path.file_name() == Some(OsStr::new("tmp")) => {}
                true => folders.push(path),
                false => files.push(path),
            }
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::super::{BIRTH_DATE, PASSWORD, address, message, name, phone};
    use super::*;
    use crate::run;

    fn run_with(folder: Folder, content: &str) -> PathBuf {
        let directory = run::folder(Folder::Scratch).join(run::unique_name());
        for (folder, content) in [
            (folder, content),
            (
                Folder::Secrets,
                "token\t0123456789abcdefghij\nlink\tabcdefghijklmnop\n",
            ),
        ] {
            fs::create_dir_all(directory.join(folder.name())).unwrap();
            fs::write(directory.join(folder.name()).join("file"), content).unwrap();
        }
        directory
    }

    fn found(folder: Folder, content: &str) -> Vec<String> {
        let report = search(&run_with(folder, content)).unwrap();
        report
            .findings
            .into_iter()
            .map(|finding| finding.what)
            .collect()
    }

    #[test]
    fn every_canary_is_found_in_every_folder() {
        let canaries = [
            message("My knee"),
            name("Ana").to_uppercase(),
            phone(7),
            BIRTH_DATE.to_owned(),
            PASSWORD.to_owned(),
            "x 0123456789abcdefghij x".to_owned(),
        ];
        for folder in SEARCHED {
            for canary in &canaries {
                assert_eq!(found(folder, canary).len(), 1, "{canary} in {folder:?}");
            }
        }
    }

    #[test]
    fn links_and_addresses_may_be_delivered_but_not_logged() {
        for content in ["https://clinic.example/l/abcdefghijklmnop", &address("ana")] {
            assert_eq!(found(Folder::Mail, content), Vec::<String>::new());
            assert_eq!(found(Folder::Logs, content).len(), 1);
            assert_eq!(found(Folder::Metrics, content).len(), 1);
        }
    }

    #[test]
    fn an_encoded_mail_is_read() {
        let mail = "To: ana@clinic.example\r\nSubject: News\r\nContent-Type: text/plain\r\n\
                    Content-Transfer-Encoding: base64\r\n\r\nTXkga25lZSB6eXhtZXNzYWdl\r\n";
        assert_eq!(found(Folder::Mail, mail), ["a message's content"]);
    }

    #[test]
    fn a_folder_without_files_is_named() {
        let report = search(&run_with(Folder::Logs, "all is well")).unwrap();
        assert!(report.findings.is_empty());
        assert_eq!(report.empty_folders(), ["mail", "metrics", "texts"]);
    }
}
