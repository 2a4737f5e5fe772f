//! From a template to what is sent.

use entity::organization;

use super::parse::{Placeholder, Template};
use crate::domain::{
    people::values::NotificationChannel, placeholders::Piece, rich_text::escape, secret::Secret,
    settings::ContactInformation,
};

/// What a notification can carry.
#[derive(Clone, Debug)]
enum Carried {
    Link(Secret),
    Code(Secret),
    /// How to reach the clinic otherwise.
    Contact(String),
}

/// All that a notification can say: the clinic's name, and a link, a code, or how to reach the clinic. It has no place for what somebody wrote, nor
/// for anybody's name (ANN-3).
#[derive(Clone, Debug)]
pub struct Notice {
    clinic_name: String,
    carried: Carried,
}

impl Notice {
    /// A notice that leads to signing in.
    #[must_use]
    pub fn with_link(clinic: &organization::Model, link: Secret) -> Self {
        Self {
            clinic_name: clinic.name.clone(),
            carried: Carried::Link(link),
        }
    }

    /// A notice that carries a code for signing in.
    #[must_use]
    pub fn with_code(clinic: &organization::Model, code: Secret) -> Self {
        Self {
            clinic_name: clinic.name.clone(),
            carried: Carried::Code(code),
        }
    }

    /// A notice that says how to reach the clinic: by its telephone, or by what else it tells patients; where it tells nothing,
    /// its name has to do.
    #[must_use]
    pub fn of_clinic(clinic: &organization::Model, contact: &ContactInformation) -> Self {
        let ways = [&contact.phone, &contact.email, &contact.text];
        let way = ways.into_iter().flatten().next();
        Self {
            clinic_name: clinic.name.clone(),
            carried: Carried::Contact(way.unwrap_or(&clinic.name).clone()),
        }
    }

    fn value(&self, placeholder: Placeholder) -> &str {
        match (placeholder, &self.carried) {
            (Placeholder::ClinicName, _) => &self.clinic_name,
            (Placeholder::ClinicPhone, Carried::Contact(way)) => way,
            (Placeholder::Link, Carried::Link(secret))
            | (Placeholder::Code, Carried::Code(secret)) => secret.reveal(),
            (Placeholder::Link | Placeholder::Code | Placeholder::ClinicPhone, _) => "",
        }
    }
}

/// What is handed to a mail server or gateway. It does not print.
#[derive(Clone, PartialEq, Eq)]
pub struct Rendered {
    /// Of an e-mail.
    pub subject: Option<String>,
    /// The text part of an e-mail, or the text message.
    pub text: String,
    /// The HTML part of an e-mail.
    pub html: Option<String>,
}

impl std::fmt::Debug for Rendered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Rendered(…)")
    }
}

/// A template for one purpose, channel and language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wording {
    pub(super) channel: NotificationChannel,
    pub(super) language: String,
    pub(super) subject: Option<Template>,
    pub(super) body: Template,
}

impl Wording {
    /// Puts the notice into words.
    #[must_use]
    pub fn render(&self, notice: &Notice) -> Rendered {
        let is_email = self.channel == NotificationChannel::Email;
        Rendered {
            subject: self
                .subject
                .as_ref()
                .map(|subject| one_line(&plain(subject, notice))),
            text: plain(&self.body, notice),
            html: is_email.then(|| html(&self.body, &self.language, notice)),
        }
    }
}

fn plain(template: &Template, notice: &Notice) -> String {
    template.fill(|placeholder| notice.value(placeholder))
}

/// A subject is one line, whatever the clinic's name holds.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The same words as HTML: blank lines part paragraphs, the link can be followed, and everything is escaped.
fn html(template: &Template, language: &str, notice: &Notice) -> String {
    let mut body = String::new();
    for piece in template.pieces() {
        match piece {
            Piece::Text(text) => body.push_str(&escape(text)),
            Piece::Placeholder(placeholder) => {
                let value = escape(notice.value(*placeholder));
                match placeholder {
                    Placeholder::ClinicName | Placeholder::ClinicPhone => body.push_str(&value),
                    Placeholder::Link => {
                        body.push_str(&format!("<a href=\"{value}\">{value}</a>"));
                    }
                    Placeholder::Code => body.push_str(&format!("<strong>{value}</strong>")),
                }
            }
        }
    }
    let paragraphs: String = body
        .replace("\r\n", "\n")
        .split("\n\n")
        .map(str::trim)
        .filter(|paragraph| !paragraph.is_empty())
        .map(|paragraph| format!("<p>{}</p>\n", paragraph.replace('\n', "<br>\n")))
        .collect();
    format!(
        "<!DOCTYPE html>\n<html lang=\"{}\">\n<head><meta charset=\"utf-8\"></head>\n<body>\n{paragraphs}</body>\n</html>\n",
        escape(language)
    )
}

#[cfg(test)]
mod tests {
    use entity::NotificationPurpose;

    use super::{super::parse::parse, *};

    fn notice(clinic_name: &str) -> Notice {
        Notice {
            clinic_name: clinic_name.to_owned(),
            carried: Carried::Link(Secret::new("https://clinic.example/l/abc")),
        }
    }

    fn email(subject: &str, body: &str) -> Wording {
        let parse = |text| parse(NotificationPurpose::NewClinicMessage, text).unwrap();
        Wording {
            channel: NotificationChannel::Email,
            language: "en".to_owned(),
            subject: Some(parse(subject)),
            body: parse(body),
        }
    }

    #[test]
    fn the_html_part_escapes_the_clinics_name_and_text() {
        let rendered = email(
            "{{ clinic_name }}",
            "<b>{{ clinic_name }}</b>\n\nSee {{ link }}",
        )
        .render(&notice("A & B <script>\"x\"</script>"));
        let html = rendered.html.unwrap();
        assert!(html.contains(
            "<p>&lt;b&gt;A &amp; B &lt;script&gt;&quot;x&quot;&lt;/script&gt;&lt;/b&gt;</p>"
        ));
        assert!(
            html.contains(
                "<a href=\"https://clinic.example/l/abc\">https://clinic.example/l/abc</a>"
            )
        );
        assert!(rendered.text.starts_with("<b>A & B"));
    }

    #[test]
    fn a_name_with_line_breaks_cannot_add_headers() {
        let rendered = email("From {{ clinic_name }}", "{{ link }}")
            .render(&notice("Clinic\r\nBcc: somebody@example.org"));
        assert_eq!(
            rendered.subject.unwrap(),
            "From Clinic Bcc: somebody@example.org"
        );
    }

    #[test]
    fn nothing_of_it_prints() {
        let notice = notice("Clinic");
        assert!(!format!("{notice:?}").contains("abc"));
        let rendered = email("s", "{{ link }}").render(&notice);
        assert!(!format!("{rendered:?}").contains("abc"));
    }
}
