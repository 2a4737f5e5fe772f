//! `tidings demo`.

use std::io::{self, Write as _};

use super::{
    Failure,
    serve::{surroundings, until_asked_to_stop},
};
use crate::{
    app::{App, Purpose, Surroundings},
    config::{Config, Source},
};

/// What a demonstration sets unless somebody says otherwise.
pub(super) fn defaults(source: Source) -> Source {
    source
        .with_default("data_dir", "./tidings-data/demo")
        .with_default("graphiql", "true")
        .with_default("log", "warn")
}

pub(super) async fn serve(config: Config) -> Result<(), Failure> {
    if !config.listen.ip().is_loopback() {
        tracing::warn!(
            "the demonstration listens on an address that others can reach, and its passwords are known"
        );
    }
    let surroundings = Surroundings {
        purpose: Purpose::Demonstration,
        ..surroundings()
    };
    let app = App::start(config, surroundings).await?;
    introduce(&app)?;
    until_asked_to_stop().await?;
    app.shutdown().await;
    Ok(())
}

/// Says where to go and how to sign in.
fn introduce(app: &App) -> io::Result<()> {
    let Some(demonstration) = &app.demonstration else {
        return Ok(());
    };
    let url = app.public_url.as_str();
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "Tidings is running with a demonstration clinic, {}.\n",
        demonstration.clinic()
    )?;
    writeln!(out, "  Try it        {url}/")?;
    writeln!(out, "  API           {url}/graphql")?;
    writeln!(out, "  What is sent  {url}/outbox\n")?;
    for person in &demonstration.people {
        writeln!(
            out,
            "  {:<20} organization {}, e-mail {}, password {}",
            person.role, person.organization, person.email, person.password
        )?;
    }
    writeln!(out, "\nCtrl-C ends it; the data stays for the next time.")?;
    out.flush()
}
