//! What the test command has prepared for this run.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

const TEST_COMMAND: &str = "run the tests with ./tests/run, which starts what they need";

/// A folder of the run, searched for canaries at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Folder {
    /// What servers logged.
    Logs,
    /// What servers answered on `/metrics`.
    Metrics,
    /// The mail that the SMTP server took.
    Mail,
    /// The texts that would have gone out.
    Texts,
    /// The secrets that were given out, one a line, to be searched for.
    Secrets,
    /// Databases and data folders of single tests.
    Scratch,
}

impl Folder {
    /// The folder's name inside the run's directory.
    pub fn name(self) -> &'static str {
        match self {
            Self::Logs => "logs",
            Self::Metrics => "metrics",
            Self::Mail => "mail",
            Self::Texts => "texts",
            Self::Secrets => "secrets",
            Self::Scratch => "scratch",
        }
    }
}

/// The directory that everything of this run is written to.
pub fn directory() -> &'static Path {
    static DIRECTORY: LazyLock<PathBuf> = LazyLock::new(|| {
        env::var_os("TIDINGS_TEST_RUN_DIR").map_or_else(
            || env::temp_dir().join(format!("tidings-tests-{}", std::process::id())),
            PathBuf::from,
        )
    });
    &DIRECTORY
}

/// A folder of the run's directory, which exists afterwards.
pub fn folder(folder: Folder) -> PathBuf {
    let path = directory().join(folder.name());
    fs::create_dir_all(&path)
        .unwrap_or_else(|error| panic!("cannot create {}: {error}", path.display()));
    path
}

/// A name that nothing else in this run or an earlier one has.
pub fn unique_name() -> String {
    uuid::Uuid::now_v7().simple().to_string()
}

/// The PostgreSQL server, with the rights to create databases.
pub fn postgres_url() -> String {
    required("TIDINGS_TEST_POSTGRES_URL", "a PostgreSQL server")
}

/// The SMTP server that stores what it takes in [`maildir`].
pub fn smtp_url() -> String {
    required("TIDINGS_TEST_SMTP_URL", "an SMTP server")
}

/// The maildir of the SMTP server.
pub fn maildir() -> PathBuf {
    PathBuf::from(required("TIDINGS_TEST_MAILDIR", "an SMTP server's maildir"))
}

/// A Python that has the SMTP server aiosmtpd.
pub fn python() -> PathBuf {
    PathBuf::from(required("TIDINGS_TEST_PYTHON", "Python with aiosmtpd"))
}

/// The program under test.
pub fn server_binary() -> PathBuf {
    built_program().unwrap_or_else(|| panic!("this test needs the built program: {TEST_COMMAND}"))
}

/// The program under test, if it was built.
pub fn built_program() -> Option<PathBuf> {
    if let Some(path) = env::var_os("TIDINGS_TEST_BINARY") {
        return Some(PathBuf::from(path));
    }
    let this = env::current_exe().expect("a running test has a path");
    let beside = this
        .ancestors()
        .nth(2)
        .map(|profile| profile.join("tidings"));
    beside.filter(|path| path.is_file())
}

/// How often a scenario of crashes kills the server: `TIDINGS_TEST_KILLS`, or a few times.
pub fn kills() -> usize {
    env::var("TIDINGS_TEST_KILLS").map_or(5, |kills| {
        kills
            .parse()
            .unwrap_or_else(|_| panic!("TIDINGS_TEST_KILLS is no number: {kills}"))
    })
}

/// Whether scenarios that can last long shall: `TIDINGS_TEST_LONG` is set.
pub fn long() -> bool {
    env::var_os("TIDINGS_TEST_LONG").is_some()
}

pub(crate) fn required(variable: &str, what: &str) -> String {
    env::var(variable).unwrap_or_else(|_| {
        panic!("this test needs {what} ({variable} is not set): {TEST_COMMAND}")
    })
}
