//! Where values come from: defaults, then the file, then the environment, each over the one before.

use std::{collections::BTreeMap, fs, path::Path};

use super::{
    Problem,
    keys::{self, KEYS, Key, PREFIX},
};

/// Names the configuration file.
const FILE_VARIABLE: &str = "TIDINGS_CONFIG";
/// The file that is read when it is there and none was named.
const FILE_IN_PLACE: &str = "tidings.toml";

/// A value with where it was found.
#[derive(Clone)]
pub(super) struct Found {
    pub(super) text: String,
    pub(super) place: String,
}

/// What was set, by the names of the keys.
#[derive(Default)]
pub struct Source {
    pub(super) found: BTreeMap<&'static str, Found>,
    pub(super) problems: Vec<Problem>,
}

impl Source {
    /// Nothing but the defaults.
    #[must_use]
    pub fn defaults() -> Self {
        Self::default()
    }

    /// The file and the process's environment, as a command finds them.
    #[must_use]
    pub fn of_process(file: Option<&Path>) -> Self {
        // A variable that is not Unicode cannot be one of ours: names are ASCII, and a broken value reads as wrong.
        let variables: Vec<(String, String)> = std::env::vars_os()
            .filter_map(|(name, value)| {
                Some((
                    name.into_string().ok()?,
                    value.to_string_lossy().into_owned(),
                ))
            })
            .collect();
        let named = variables
            .iter()
            .find(|(name, value)| name == FILE_VARIABLE && !value.is_empty())
            .map(|(_, value)| Path::new(value));
        let mut source = Self::defaults();
        if let Some(path) = file.or(named) {
            source.read_file(path);
        } else if Path::new(FILE_IN_PLACE).exists() {
            source.read_file(Path::new(FILE_IN_PLACE));
        }
        source.read_environment(variables);
        source
    }

    /// Sets a key, over whatever was set before.
    #[must_use]
    pub fn with(mut self, name: &str, text: impl Into<String>) -> Self {
        self.set(name, text.into(), name.to_owned());
        self
    }

    /// Sets a key that nothing else has set: another default.
    #[must_use]
    pub fn with_default(self, name: &str, text: impl Into<String>) -> Self {
        let is_set = keys::find(name).is_some_and(|key| self.found.contains_key(key.name));
        if is_set { self } else { self.with(name, text) }
    }

    fn set(&mut self, name: &str, text: String, place: String) {
        if let Some(key) = keys::find(name) {
            self.found.insert(key.name, Found { text, place });
        } else {
            let names = KEYS.iter().map(|key| key.name.to_owned());
            self.unknown(place, keys::nearest(name, names));
        }
    }

    fn unknown(&mut self, place: String, meant: Option<String>) {
        let text = match meant {
            Some(name) => format!("there is no such key; did you mean `{name}`?"),
            None => "there is no such key; tidings.example.toml lists them all".to_owned(),
        };
        self.problems.push(Problem { place, text });
    }

    fn read_file(&mut self, path: &Path) {
        let shown = path.display().to_string();
        match fs::read_to_string(path) {
            Ok(text) => self.read_toml(&shown, &text),
            Err(error) => self.problems.push(Problem {
                place: shown,
                text: format!("the file cannot be read: {error}"),
            }),
        }
    }

    /// Takes the keys of a file.
    pub(super) fn read_toml(&mut self, file: &str, text: &str) {
        match text.parse::<toml::Table>() {
            Ok(table) => self.read_table(file, "", &table),
            Err(error) => {
                // The error's own text would quote the line, which may hold a password.
                let line = error
                    .span()
                    .map_or(1, |span| text[..span.start].lines().count().max(1));
                self.problems.push(Problem {
                    place: format!("{file}, line {line}"),
                    text: format!("this is not TOML: {}", error.message()),
                });
            }
        }
    }

    fn read_table(&mut self, file: &str, prefix: &str, table: &toml::Table) {
        for (key, value) in table {
            let name = format!("{prefix}{key}");
            let place = format!("{file}: {name}");
            match value {
                toml::Value::Table(inner) => self.read_table(file, &format!("{name}."), inner),
                toml::Value::Array(items) => {
                    match items.iter().map(plain).collect::<Option<Vec<_>>>() {
                        Some(items) => self.set(&name, items.join(","), place),
                        None => self.problems.push(Problem {
                            place,
                            text: "a list holds texts only".to_owned(),
                        }),
                    }
                }
                toml::Value::String(_)
                | toml::Value::Integer(_)
                | toml::Value::Float(_)
                | toml::Value::Boolean(_)
                | toml::Value::Datetime(_) => {
                    self.set(&name, plain(value).unwrap_or_default(), place);
                }
            }
        }
    }

    /// Takes the variables that begin with `TIDINGS_`.
    pub(super) fn read_environment(
        &mut self,
        variables: impl IntoIterator<Item = (String, String)>,
    ) {
        for (variable, value) in variables {
            if !variable.starts_with(PREFIX) || variable == FILE_VARIABLE || is_foreign(&variable) {
                continue;
            }
            match KEYS.iter().find(|key| key.variable() == variable) {
                Some(key) => self.set(key.name, value, variable),
                None => {
                    let meant = keys::nearest(&variable, KEYS.iter().map(Key::variable));
                    self.unknown(variable, meant);
                }
            }
        }
    }
}

/// A value that is not a list or table, as it would be written in the environment.
fn plain(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Float(number) => Some(number.to_string()),
        toml::Value::Boolean(yes) => Some(yes.to_string()),
        toml::Value::Datetime(time) => Some(time.to_string()),
        toml::Value::Array(_) | toml::Value::Table(_) => None,
    }
}

/// Kubernetes sets these for a service that is called `tidings`, and the tests of this repository theirs.
fn is_foreign(variable: &str) -> bool {
    ["TIDINGS_SERVICE_", "TIDINGS_PORT", "TIDINGS_TEST_"]
        .iter()
        .any(|prefix| variable.starts_with(prefix))
}
