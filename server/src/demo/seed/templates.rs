//! What the clinic sends again and again.

use super::super::{
    during::{During as _, SeedError},
    story::Template,
};
use crate::domain::{
    core::Core,
    policy::AsAdministrator,
    rich_text::Written,
    templates::{self, NewText},
};

/// Adds a template whose texts are approved.
pub(super) async fn add(
    core: &Core,
    administrator: &AsAdministrator,
    template: &Template,
) -> Result<(), SeedError> {
    let Some(source) = template.texts.first() else {
        return Ok(());
    };
    let category = Some(template.category);
    let added = templates::create(
        core,
        administrator,
        template.name,
        category,
        source.language,
    )
    .await
    .during("adding a template")?;
    for text in template.texts {
        let new = NewText {
            template: added.id,
            language: text.language.to_owned(),
            seen_version: 0,
            source_version: None,
            title: text.title.to_owned(),
            body: Written::Html(text.html.to_owned()),
        };
        let (_, written) = templates::save(core, administrator, new)
            .await
            .during("writing a template")?;
        templates::approve(
            core,
            administrator,
            added.id,
            text.language,
            written.version,
        )
        .await
        .during("approving a template")?;
    }
    Ok(())
}
