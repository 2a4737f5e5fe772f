//! `tidings schema`.

use std::io::{self, Write as _};

use async_graphql::SDLExportOptions;

use super::Failure;
use crate::graphql::schema::builder;

/// Prints the schema, sorted, so that it changes only when the contract does.
pub(super) fn print() -> Result<(), Failure> {
    let options = SDLExportOptions::new()
        .sorted_fields()
        .sorted_arguments()
        .sorted_enum_items();
    let sdl = builder().finish().sdl_with_options(options);
    writeln!(io::stdout(), "{}", sdl.trim_end())?;
    Ok(())
}
