use std::path::Path;

use super::{keys::KEYS, *};

const EXAMPLE: &str = include_str!("../../../tidings.example.toml");

fn problems(source: Source) -> String {
    Config::read(source).unwrap_err().to_string()
}

#[test]
fn the_example_file_holds_every_key_with_its_default() {
    let mut example = Source::defaults();
    example.read_toml("tidings.example.toml", EXAMPLE);
    assert_eq!(example.problems, []);
    for key in KEYS {
        let found = example.found.get(key.name);
        assert_eq!(
            found.map(|found| found.text.as_str()),
            Some(key.default),
            "{}",
            key.name
        );
    }
    assert_eq!(example.found.len(), KEYS.len());
}

#[test]
fn the_example_names_no_key_without_a_word_about_it() {
    let mut explained = false;
    for line in EXAMPLE.lines() {
        if line.starts_with('#') {
            explained = true;
        } else if line.is_empty() {
            explained = false;
        } else if !line.starts_with('[') {
            assert!(explained, "{line}");
        }
    }
}

#[test]
fn the_defaults_are_valid_and_are_those_of_the_transports() {
    let config = Config::read(Source::defaults()).unwrap();
    assert_eq!(
        format!("{:?}", config.web.limits),
        format!("{:?}", Limits::default())
    );
    assert_eq!(
        config.database_url.path(),
        Some(Path::new("./tidings-data/tidings.db"))
    );
    assert_eq!(
        config.development_outbox,
        DevelopmentOutbox::InDemonstration
    );
}

#[test]
fn every_problem_is_named_at_once_with_what_is_allowed() {
    let mut source = Source::defaults();
    source.read_toml(
        "a.toml",
        "listen = \"8080\"\nlisten_on = 1\n[limits]\ndepth = 2\n[smtp]\nurl = \"smtp://mail.example\"\n",
    );
    source.read_environment([
        ("TIDINGS_LOG_FORMAT".to_owned(), "xml".to_owned()),
        ("TIDINGS_LISTN".to_owned(), "x".to_owned()),
        (
            "TIDINGS_PORT_8080_TCP".to_owned(),
            "tcp://10.0.0.1".to_owned(),
        ),
        ("PATH".to_owned(), "/bin".to_owned()),
    ]);
    let text = problems(source);
    for expected in [
        "a.toml: listen: `8080` is not allowed; it must be an address with a port",
        "a.toml: listen_on: there is no such key; did you mean `listen`?",
        "a.toml: limits.depth: `2` is not allowed; it must be a whole number from 3 to 64",
        "smtp.from: `` is not allowed",
        "TIDINGS_LOG_FORMAT: `xml` is not allowed; it must be text or json",
        "TIDINGS_LISTN: there is no such key; did you mean `TIDINGS_LISTEN`?",
    ] {
        assert!(text.contains(expected), "{expected} in {text}");
    }
    assert_eq!(text.lines().count(), 7, "{text}");
}

#[test]
fn a_misspelt_level_is_refused_instead_of_silencing_the_log() {
    let read = |value: &str| {
        let mut source = Source::defaults();
        source.read_environment([("TIDINGS_LOG".to_owned(), value.to_owned())]);
        Config::read(source)
    };
    for value in ["wran", "tidings", "info,sqlx", "tidings=loud"] {
        assert!(read(value).is_err(), "{value}");
    }
    for value in [
        "warn",
        "INFO",
        "off",
        "info,tidings=debug",
        "warn,[http]=debug",
    ] {
        assert!(read(value).is_ok(), "{value}");
    }
}

#[test]
fn the_environment_counts_more_than_the_file() {
    let mut source = Source::defaults();
    source.read_toml(
        "a.toml",
        "listen = \"127.0.0.1:1\"\ntrusted_proxies = [\"10.0.0.0/8\", \"::1\"]\n",
    );
    source.read_environment([("TIDINGS_LISTEN".to_owned(), "127.0.0.1:2".to_owned())]);
    let config = Config::read(source).unwrap();
    assert_eq!(config.listen.port(), 2);
    assert_eq!(config.web.trusted_proxies.len(), 2);
}

#[test]
fn secrets_stand_in_no_message_and_no_listing() {
    let canary = "kanarienvogel";
    let wrong = Source::defaults()
        .with("database_url", format!("mysql://u:{canary}@h/d"))
        .with("secret_key", canary)
        .with("smtp.url", format!("http://u:{canary}@h"));
    assert!(!problems(wrong).contains(canary));

    let right = Source::defaults()
        .with("database_url", format!("postgres://u:{canary}@h/d"))
        .with("secret_key", canary.repeat(3))
        .with("smtp.url", format!("smtp://u:{canary}@h"))
        .with("smtp.from", "a@b.example");
    let config = Config::read(right).unwrap();
    let listing: Vec<_> = config.effective().collect();
    assert!(!format!("{config:?} {listing:?}").contains(canary));

    let mut broken = Source::defaults();
    broken.read_toml("a.toml", &format!("secret_key = \"{canary}\n"));
    assert!(!problems(broken).contains(canary));
}

#[test]
fn a_mail_server_that_cannot_be_used_is_named_before_the_start() {
    let with = |url: &str| {
        Source::defaults()
            .with("smtp.from", "a@b.example")
            .with("smtp.url", url)
    };
    for bad in [
        "smtp://h?tls=maybe",
        "smtps://h?tls=none",
        "smtp://h?starttls=1",
        "smtp://",
        "http://h",
    ] {
        assert!(problems(with(bad)).contains("smtp.url"), "{bad}");
    }
    for bad in ["/no/such/file.pem", "Cargo.toml"] {
        let source = with("smtps://h").with("smtp.ca_file", bad);
        assert!(problems(source).contains("smtp.ca_file"), "{bad}");
    }
    assert!(Config::read(with("smtp://h?tls=required")).is_ok());
}

#[test]
fn keys_that_contradict_each_other_are_refused() {
    let both = Source::defaults()
        .with("secret_key", "x".repeat(32))
        .with("secret_key_file", "/run/secret");
    assert!(problems(both).contains("secret_key_file"));
}

#[test]
fn whoever_can_send_nothing_or_keeps_it_in_clear_is_warned() {
    let warnings = |source| Config::read(source).unwrap().warnings().join("\n");
    let bare = warnings(Source::defaults());
    assert!(bare.contains("smtp.url"));
    let kept = warnings(Source::defaults().with("development_outbox", "on"));
    assert!(kept.contains("in clear") && !kept.contains("smtp.url"));
    let mailing = || {
        Source::defaults()
            .with("smtp.url", "smtp://mail.example")
            .with("smtp.from", "a@b.example")
    };
    assert!(warnings(mailing()).contains("public_url"));
    let mailing = warnings(mailing().with("public_url", "https://tidings.example"));
    assert!(!mailing.contains("smtp.url") && !mailing.contains("public_url"));
}
