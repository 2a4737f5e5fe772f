//! Finding templates and their texts.

use std::collections::{BTreeSet, HashMap};

use entity::{
    MessageTemplateId, OrganizationId, TemplateTextState, message_template, message_template_text,
};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DatabaseTransaction, EntityTrait as _, FromQueryResult as _,
    QueryFilter as _,
};

use crate::domain::{
    fault::Fault,
    page::{self, Direction, Page, Slice, Sorted},
    people::values,
    policy::{AsStaff, Denied},
    store::{Sql, sql},
};

/// Which templates are asked for.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only those of this category.
    pub category: Option<String>,
    /// Only those with an approved text in this language.
    pub language: Option<String>,
}

/// A language tag in its usual spelling, if it is one.
#[must_use]
pub fn language_tag(text: &str) -> Option<String> {
    values::language(text).ok()
}

/// A template of the viewer's organization. One statement.
///
/// # Errors
/// [`Denied::NotFound`].
pub async fn open(
    connection: &impl ConnectionTrait,
    viewer: &AsStaff,
    id: MessageTemplateId,
) -> Result<message_template::Model, Denied> {
    message_template::Entity::find_by_id((viewer.organization(), id))
        .one(connection)
        .await?
        .ok_or(Denied::NotFound)
}

/// Several templates. One statement.
///
/// # Errors
/// Any failure of the database.
pub async fn by_ids(
    connection: &impl ConnectionTrait,
    organization: OrganizationId,
    ids: impl IntoIterator<Item = MessageTemplateId>,
) -> Result<Vec<message_template::Model>, Fault> {
    let ids: BTreeSet<_> = ids.into_iter().collect();
    Ok(message_template::Entity::find()
        .filter(message_template::Column::OrganizationId.eq(organization))
        .filter(message_template::Column::Id.is_in(ids))
        .all(connection)
        .await?)
}

/// A page of the organization's templates by name, which is the cursor. One statement.
///
/// # Errors
/// Any failure of the database.
pub async fn page(
    connection: &impl ConnectionTrait,
    viewer: &AsStaff,
    filter: &Filter,
    slice: &Slice<String>,
) -> Result<Page<message_template::Model>, Fault> {
    let mut select = Sql::new("select m.* from message_template m where m.organization_id = ");
    select.bind(viewer.organization());
    if let Some(category) = &filter.category {
        select.push(" and m.category = ").bind(category.as_str());
    }
    if let Some(language) = &filter.language {
        select
            .push(
                " and exists (select 1 from message_template_text t where t.organization_id = m.organization_id \
                 and t.template_id = m.id and t.language = ",
            )
            .bind(language.as_str())
            .push(" and t.state = ")
            .bind(TemplateTextState::Approved)
            .push(")");
    }
    if let Some(after) = &slice.after {
        select.push(" and m.name > ").bind(after.as_str());
    }
    if let Some(before) = &slice.before {
        select.push(" and m.name < ").bind(before.as_str());
    }
    select.push(match slice.direction {
        Direction::Forward => " order by m.name limit ",
        Direction::Backward => " order by m.name desc limit ",
    });
    select.bind(slice.fetch());
    let rows = connection
        .query_all_raw(select.on(connection))
        .await?
        .iter()
        .map(|row| message_template::Model::from_query_result(row, ""))
        .collect::<Result<_, _>>()?;
    Ok(slice.page(rows))
}

/// Of each language of several templates the newest version and the approved one, by language and version. One statement.
///
/// # Errors
/// Any failure of the database.
pub async fn current_texts(
    connection: &impl ConnectionTrait,
    organization: OrganizationId,
    templates: impl IntoIterator<Item = MessageTemplateId>,
) -> Result<HashMap<MessageTemplateId, Vec<message_template_text::Model>>, Fault> {
    let mut select = Sql::new("select t.* from message_template_text t where t.organization_id = ");
    select
        .bind(organization)
        .push(" and t.template_id in ")
        .list(templates.into_iter().collect::<BTreeSet<_>>())
        .push(" and (t.state = ")
        .bind(TemplateTextState::Approved)
        .push(
            " or not exists (select 1 from message_template_text n where n.organization_id = t.organization_id \
             and n.template_id = t.template_id and n.language = t.language and n.version > t.version)) \
             order by t.language, t.version",
        );
    let mut texts: HashMap<MessageTemplateId, Vec<_>> = HashMap::new();
    for row in connection.query_all_raw(select.on(connection)).await? {
        let text = message_template_text::Model::from_query_result(&row, "")?;
        texts.entry(text.template_id).or_default().push(text);
    }
    Ok(texts)
}

/// The same of one template.
pub(super) async fn current_texts_of(
    connection: &impl ConnectionTrait,
    organization: OrganizationId,
    template: MessageTemplateId,
) -> Result<Vec<message_template_text::Model>, Fault> {
    let mut texts = current_texts(connection, organization, [template]).await?;
    Ok(texts.remove(&template).unwrap_or_default())
}

/// The versions of a template's text in one language, the newest first. One statement.
///
/// # Errors
/// Any failure of the database.
pub async fn history(
    connection: &impl ConnectionTrait,
    viewer: &AsStaff,
    template: MessageTemplateId,
    language: &str,
    slice: &Slice<i64>,
) -> Result<Page<message_template_text::Model>, Fault> {
    use message_template_text::Column;
    let select = message_template_text::Entity::find()
        .filter(Column::OrganizationId.eq(viewer.organization()))
        .filter(Column::TemplateId.eq(template))
        .filter(Column::Language.eq(language));
    let newest_first = (Column::Version, Sorted::Descending);
    page::by_column(connection, select, newest_first, slice).await
}

/// Holds a template's row until the commit, so that its texts change one after the other.
pub(super) async fn lock(
    tx: &DatabaseTransaction,
    organization: OrganizationId,
    id: MessageTemplateId,
) -> Result<message_template::Model, Denied> {
    let row = tx
        .query_one_raw(sql(
            tx,
            "update message_template set name = name where organization_id = $1 and id = $2 returning *",
            [organization.into(), id.into()],
        ))
        .await?
        .ok_or(Denied::NotFound)?;
    Ok(message_template::Model::from_query_result(&row, "")?)
}
