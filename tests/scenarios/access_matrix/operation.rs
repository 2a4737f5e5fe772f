//! One operation of the table.

use entity::TextingStatus;
use serde_json::Value;

use super::rule::Rule;
use super::stage::Cell;
use crate::published_schema::input_type;

/// The roots of the schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Root {
    Query,
    Mutation,
    Subscription,
}

impl Root {
    pub(super) const ALL: [Self; 3] = [Self::Query, Self::Mutation, Self::Subscription];

    /// The type's name.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Query => "Query",
            Self::Mutation => "Mutation",
            Self::Subscription => "Subscription",
        }
    }

    /// What the document calls it.
    pub(super) const fn heading(self) -> &'static str {
        match self {
            Self::Query => "Reading",
            Self::Mutation => "Changing",
            Self::Subscription => "Watching",
        }
    }
}

/// What must be prepared for one asking, because it is used up by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Given {
    /// Nothing.
    Nothing,
    /// A password of somebody who shares nothing with the others.
    Password,
    /// A refresh token.
    RefreshToken,
    /// A one-time code.
    Code,
    /// The link of an invitation that was not accepted yet.
    Invitation,
    /// A patient in the same program and with the same nurses as Paul, who is not enrolled in the portal.
    Unenrolled,
    /// Such a patient with a number, whose enrolment in texting stands there, of a clinic that texts.
    Texting(TextingStatus),
    /// A staff member's link for setting a password.
    PasswordLink,
    /// The link of a notification to the patient.
    Link,
    /// A secure message from Nora to the patient.
    SecureMessage,
    /// A case of the patient that nobody works on yet.
    Case,
    /// Another session of the patient.
    Session,
    /// A message template with an approved text and a draft after it.
    Template,
    /// A reminder to the patient that leaves much later.
    Reminder,
    /// A message of Nora's in the patient's chat that leaves much later.
    Scheduled,
    Held,
    /// A notification that failed for good.
    DeadLetter,
    /// A gateway by which texts leave.
    Gateway,
    /// A text that came from a number that nobody has.
    Quarantined,
    /// A text to the patient in the development outbox.
    DevelopmentText,
    /// A file that whoever asks has uploaded.
    Upload,
    /// A file that the patient has uploaded.
    PatientsUpload,
    /// A document of the patient's chart.
    Document,
}

/// How one root field is asked, and for whom it is.
pub(super) struct Operation {
    pub(super) root: Root,
    pub(super) field: &'static str,
    pub(super) document: String,
    pub(super) given: Given,
    pub(super) variables: fn(&Cell) -> Value,
    pub(super) rule: Rule,
    /// Whether it needs a socket.
    pub(super) over_websocket: bool,
}

impl Operation {
    /// With something that is used up.
    pub(super) fn with(self, given: Given) -> Self {
        Self { given, ..self }
    }

    /// That is about the connection over which it comes.
    pub(super) fn over_websocket(self) -> Self {
        Self {
            over_websocket: true,
            ..self
        }
    }
}

/// A query. `selection` begins with the arguments.
pub(super) fn query(
    rule: Rule,
    field: &'static str,
    declared: &str,
    selection: &str,
    variables: fn(&Cell) -> Value,
) -> Operation {
    operation(Root::Query, rule, field, declared, selection, variables)
}

/// A subscription.
pub(super) fn subscription(
    rule: Rule,
    field: &'static str,
    declared: &str,
    selection: &str,
    variables: fn(&Cell) -> Value,
) -> Operation {
    operation(
        Root::Subscription,
        rule,
        field,
        declared,
        selection,
        variables,
    )
}

/// A mutation with the usual argument. `selection` is what is asked of the payload.
pub(super) fn mutation(
    rule: Rule,
    field: &'static str,
    selection: &str,
    variables: fn(&Cell) -> Value,
) -> Operation {
    let declared = format!("($input: {}!)", input_type(field));
    let selection = format!("(input: $input) {{ {selection} }}");
    operation(
        Root::Mutation,
        rule,
        field,
        &declared,
        &selection,
        variables,
    )
}

/// An operation in full.
pub(super) fn operation(
    root: Root,
    rule: Rule,
    field: &'static str,
    declared: &str,
    selection: &str,
    variables: fn(&Cell) -> Value,
) -> Operation {
    let kind = root.name().to_lowercase();
    Operation {
        root,
        field,
        document: format!("{kind} {declared} {{ {field}{selection} }}"),
        given: Given::Nothing,
        variables,
        rule,
        over_websocket: root == Root::Subscription,
    }
}
