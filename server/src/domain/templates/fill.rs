//! From a template to what a patient gets: two statements for any number of patients, and all else in memory.

use std::collections::BTreeMap;

use entity::{
    MessageTemplateId, OrganizationId, PersonName, StaffId, message_template,
    message_template_text as text, patient,
};
use sea_orm::{ConnectionTrait, FromQueryResult as _};

use super::{
    choose::{Reason, Standing, choose, standings},
    placeholder::{Placeholder, Template},
    read::current_texts_of,
    save::parse_html,
};
use crate::domain::{
    core::Core,
    fault::Fault,
    placeholders::Placeholders as _,
    policy::{AsRecordKeeper, Denied, PatientInView},
    rich_text::{RichText, escape},
    settings::{Settings, TemplateFallback},
    store::sql,
};

/// Why a patient gets nothing of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsendable {
    /// There is no text in a language that could be taken.
    #[error("there is no translation")]
    NoTranslation,
    /// The text in the language that was to be taken is older than its source.
    #[error("the translation is stale")]
    Stale,
    /// There is a text in a language that could be taken, and it is not approved.
    #[error("the text is not approved")]
    NotApproved,
    /// The text names what the clinic has not said, such as its telephone number.
    #[error("nothing is on file for `{}`", .0.name())]
    ValueMissing(Placeholder),
}

/// What a patient gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filled {
    /// BCP 47 tag of the language that was taken.
    pub language: String,
    /// Why it was.
    pub reason: Reason,
    /// Of that language's text.
    pub version: i32,
    /// The title. It may hold the patient's name.
    pub title: PersonalLine,
    /// The body.
    pub body: RichText,
}

/// A line that may hold a person's name. It does not print.
#[derive(Clone, PartialEq, Eq)]
pub struct PersonalLine(String);

impl PersonalLine {
    /// The line itself, for its reader's eyes; never for logs, metrics, URLs or errors.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for PersonalLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PersonalLine(…)")
    }
}

/// A text, read.
#[derive(Debug)]
struct Text {
    version: i32,
    title: Template,
    html: Template,
    plain: Template,
}

/// A template with all that filling it in needs, for any number of patients.
#[derive(Debug)]
pub struct PreparedTemplate {
    template: message_template::Model,
    languages: BTreeMap<String, Standing<Text>>,
    clinic_name: String,
    clinic_language: String,
    clinic_phone: Option<String>,
    clinic_email: Option<String>,
    fallback: TemplateFallback,
    sender: PersonName,
}

/// Prepares a template for sending by a staff member; none where it does not exist in this organization. Two statements.
pub(crate) async fn prepare(
    connection: &impl ConnectionTrait,
    organization: OrganizationId,
    template: MessageTemplateId,
    sender: StaffId,
) -> Result<Option<PreparedTemplate>, Fault> {
    let Some(row) = connection
        .query_one_raw(sql(
            connection,
            "select m.*, o.name as clinic_name, o.default_language, o.settings, s.name as sender_name from message_template m \
             join organization o on o.id = m.organization_id \
             join staff_member s on s.organization_id = m.organization_id and s.id = $3 \
             where m.organization_id = $1 and m.id = $2",
            [organization.into(), template.into(), sender.into()],
        ))
        .await?
    else {
        return Ok(None);
    };
    let model = message_template::Model::from_query_result(&row, "")?;
    let settings = Settings::from_stored(row.try_get("", "settings")?)?;
    let texts = current_texts_of(connection, organization, template).await?;
    let languages = standings(&model.source_language, &texts)
        .into_iter()
        .map(|(language, standing)| Ok((language.to_owned(), read(standing)?)))
        .collect::<Result<_, Fault>>()?;
    Ok(Some(PreparedTemplate {
        template: model,
        languages,
        clinic_name: row.try_get("", "clinic_name")?,
        clinic_language: row.try_get("", "default_language")?,
        clinic_phone: settings.contact.phone,
        clinic_email: settings.contact.email,
        fallback: settings.template_fallback,
        sender: row.try_get("", "sender_name")?,
    }))
}

fn read(standing: Standing<&text::Model>) -> Result<Standing<Text>, Fault> {
    let text = match standing {
        Standing::Ready(text) => text,
        Standing::Stale => return Ok(Standing::Stale),
        Standing::NotApproved => return Ok(Standing::NotApproved),
    };
    let parse = |source: &str| {
        Template::parse(source, |_| true).map_err(|_| Fault::Corrupt("message template text"))
    };
    Ok(Standing::Ready(Text {
        version: text.version,
        title: parse(&text.title)?,
        html: parse_html(&text.html).map_err(|_| Fault::Corrupt("message template text"))?,
        plain: parse(&text.text)?,
    }))
}

impl PreparedTemplate {
    /// The template.
    #[must_use]
    pub fn template(&self) -> &message_template::Model {
        &self.template
    }

    /// In which language a patient of the same organization gets it, and the version of that text.
    ///
    /// # Errors
    /// See [`Unsendable`].
    pub fn check(&self, patient: &patient::Model) -> Result<(&str, i32), Unsendable> {
        let (language, text, _) = self.chosen(patient)?;
        Ok((language, text.version))
    }

    fn chosen(&self, patient: &patient::Model) -> Result<(&str, &Text, Reason), Unsendable> {
        let chosen = choose(
            &self.languages,
            &patient.language,
            &self.clinic_language,
            &self.template.source_language,
            self.fallback,
        )?;
        let (_, text, _) = chosen;
        let missing = [&text.title, &text.html]
            .into_iter()
            .flat_map(Template::placeholders)
            .find(|placeholder| self.value(*placeholder, patient).is_empty());
        match missing {
            Some(placeholder) => Err(Unsendable::ValueMissing(placeholder)),
            None => Ok(chosen),
        }
    }

    /// What a patient of the same organization gets, in their language.
    ///
    /// # Errors
    /// See [`Unsendable`].
    pub fn fill(&self, patient: &patient::Model) -> Result<Filled, Unsendable> {
        let (language, text, reason) = self.chosen(patient)?;
        let escaped: BTreeMap<_, _> = Placeholder::ALL
            .iter()
            .map(|placeholder| (*placeholder, escape(self.value(*placeholder, patient))))
            .collect();
        let in_html = |placeholder| escaped.get(&placeholder).map_or("", String::as_str);
        let value = |placeholder| self.value(placeholder, patient);
        Ok(Filled {
            language: language.to_owned(),
            reason,
            version: text.version,
            title: PersonalLine(text.title.fill(value)),
            body: RichText::stored(text.html.fill(in_html), text.plain.fill(value)),
        })
    }

    fn value<'v>(&'v self, placeholder: Placeholder, patient: &'v patient::Model) -> &'v str {
        match placeholder {
            Placeholder::PatientName => patient.name.reveal(),
            Placeholder::ClinicName => &self.clinic_name,
            Placeholder::ClinicPhone => self.clinic_phone.as_deref().unwrap_or_default(),
            Placeholder::ClinicEmail => self.clinic_email.as_deref().unwrap_or_default(),
            Placeholder::SenderName => self.sender.reveal(),
        }
    }
}

/// Shows what a patient would get if the viewer sent it. Two statements.
///
/// # Errors
/// [`Denied::NotFound`].
pub async fn preview(
    core: &Core,
    viewer: &AsRecordKeeper,
    template: MessageTemplateId,
    patient: &PatientInView,
) -> Result<Result<Filled, Unsendable>, Denied> {
    let connection = core.store.reader();
    let prepared = prepare(connection, viewer.organization(), template, viewer.staff())
        .await?
        .ok_or(Denied::NotFound)?;
    Ok(prepared.fill(patient.patient()))
}
