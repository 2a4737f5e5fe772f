//! Every key that can be set, with its default. `tidings.example.toml` shows the same, with what each is for.

/// One key of the configuration.
pub(super) struct Key {
    /// As it stands in the file, its table before a dot.
    pub(super) name: &'static str,
    /// As it would be written in the environment.
    pub(super) default: &'static str,
    /// Whether the value is kept out of messages and of `config check`.
    pub(super) secret: bool,
}

impl Key {
    /// The environment variable that sets this key.
    pub(super) fn variable(&self) -> String {
        format!(
            "{PREFIX}{}",
            self.name.replace('.', "_").to_ascii_uppercase()
        )
    }
}

/// What the environment variables begin with.
pub(super) const PREFIX: &str = "TIDINGS_";

const fn open(name: &'static str, default: &'static str) -> Key {
    Key {
        name,
        default,
        secret: false,
    }
}

const fn secret(name: &'static str) -> Key {
    Key {
        name,
        default: "",
        secret: true,
    }
}

/// All keys, in the order of the example file.
pub(super) const KEYS: &[Key] = &[
    open("listen", "127.0.0.1:8080"),
    open("public_url", ""),
    open("data_dir", "./tidings-data"),
    secret("database_url"),
    open("database_connections", "12"),
    open("migrate_on_start", "true"),
    secret("secret_key"),
    open("secret_key_file", ""),
    open("allowed_origins", ""),
    open("trusted_proxies", ""),
    open("graphiql", "false"),
    open("introspection", "true"),
    open("development_outbox", "auto"),
    open("event_retention_days", "30"),
    open("download_record_days", "2192"),
    open("request_timeout_seconds", "30"),
    open("shutdown_grace_seconds", "20"),
    open("log", "info"),
    open("log_format", "text"),
    secret("smtp.url"),
    open("smtp.from", ""),
    open("smtp.ca_file", ""),
    open("sms.gateways", "https://api.twilio.com"),
    open("attachments.store", "file"),
    open("attachments.s3_endpoint", ""),
    open("attachments.s3_region", "us-east-1"),
    secret("attachments.s3_access_key_id"),
    secret("attachments.s3_secret_access_key"),
    open("attachments.s3_allow_http", "false"),
    open("attachments.max_bytes", "26214400"),
    open("attachments.types", DEFAULT_TYPES),
    open("attachments.clamd", ""),
    open("limits.body_bytes", "1048576"),
    open("limits.query_bytes", "131072"),
    open("limits.tokens", "10000"),
    open("limits.nesting", "32"),
    open("limits.depth", "15"),
    open("limits.selections", "2000"),
    open("limits.complexity", "20000"),
    open("limits.aliases", "30"),
    open("limits.root_fields", "20"),
    open("limits.directives", "50"),
    open("limits.introspection_lists", "3"),
    open("limits.variables", "100"),
    open("limits.batch", "10"),
    open("limits.upload_bytes", "10485760"),
    open("limits.uploads", "10"),
    open("limits.connections", "20000"),
    open("limits.connections_per_source", "2000"),
    open("limits.operations_per_connection", "50"),
    open("limits.connections_per_person", "20"),
    open("limits.anonymous_connections_per_source", "100"),
    open("limits.opening_connections_per_source", "1000"),
    open("limits.answer_bytes", "8388608"),
];

/// What clinics and patients send each other as a rule.
const DEFAULT_TYPES: &str = "application/pdf,\
     application/dicom,\
     application/msword,\
     application/vnd.ms-excel,\
     application/vnd.oasis.opendocument.spreadsheet,\
     application/vnd.oasis.opendocument.text,\
     application/vnd.openxmlformats-officedocument.spreadsheetml.sheet,\
     application/vnd.openxmlformats-officedocument.wordprocessingml.document,\
     audio/m4a,\
     audio/mpeg,\
     audio/ogg,\
     image/gif,\
     image/heif,\
     image/jpeg,\
     image/png,\
     image/tiff,\
     image/webp,\
     text/plain,\
     video/mp4,\
     video/quicktime";

/// The key of this name.
pub(super) fn find(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

/// The name among `known` that somebody who wrote `written` most likely meant: at most a third of the longer word may
/// differ.
pub(super) fn nearest(written: &str, known: impl IntoIterator<Item = String>) -> Option<String> {
    known
        .into_iter()
        .map(|name| (strsim::levenshtein(written, &name), name))
        .filter(|(distance, name)| *distance <= name.len().max(written.len()) / 3)
        .min()
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_hand_finds_the_key() {
        let names = || KEYS.iter().map(|key| key.name.to_owned());
        assert_eq!(nearest("lisen", names()).as_deref(), Some("listen"));
        assert_eq!(
            nearest("limits.dept", names()).as_deref(),
            Some("limits.depth")
        );
        assert_eq!(nearest("colour", names()), None);
    }

    #[test]
    fn variables_follow_the_names() {
        let variables: Vec<_> = KEYS.iter().map(Key::variable).collect();
        for known in [
            "TIDINGS_LISTEN",
            "TIDINGS_DATABASE_URL",
            "TIDINGS_DATA_DIR",
            "TIDINGS_PUBLIC_URL",
            "TIDINGS_SMTP_URL",
            "TIDINGS_LOG",
        ] {
            assert!(variables.iter().any(|v| v == known), "{known}");
        }
    }
}
