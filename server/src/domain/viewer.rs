//! Who asks. Only signing in makes a viewer.

use std::sync::Arc;

use entity::{OrganizationId, PatientId, PersonId, Roles, SessionId, StaffId};

use super::settings::Settings;

/// A signed-in staff member.
#[derive(Clone, Debug)]
pub struct StaffViewer {
    organization: OrganizationId,
    id: StaffId,
    roles: Roles,
    session: SessionId,
    settings: Arc<Settings>,
    time_zone: Arc<str>,
}

/// A signed-in patient.
#[derive(Clone, Debug)]
pub struct PatientViewer {
    organization: OrganizationId,
    id: PatientId,
    session: SessionId,
    settings: Arc<Settings>,
    time_zone: Arc<str>,
}

/// The person on whose behalf something is read or done: the first question of every domain function.
#[derive(Clone, Debug)]
pub enum Viewer {
    /// A staff member.
    Staff(StaffViewer),
    /// A patient.
    Patient(PatientViewer),
}

impl StaffViewer {
    pub(in crate::domain) fn new(
        organization: OrganizationId,
        id: StaffId,
        roles: Roles,
        session: SessionId,
        settings: Arc<Settings>,
        time_zone: Arc<str>,
    ) -> Self {
        Self {
            organization,
            id,
            roles,
            session,
            settings,
            time_zone,
        }
    }

    /// Where the staff member works.
    #[must_use]
    pub fn organization(&self) -> OrganizationId {
        self.organization
    }

    /// Who it is.
    #[must_use]
    pub fn id(&self) -> StaffId {
        self.id
    }

    /// What they may do.
    #[must_use]
    pub fn roles(&self) -> Roles {
        self.roles
    }

    /// The organization's settings when the request began.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The organization's time zone, by its IANA name.
    #[must_use]
    pub fn time_zone(&self) -> &str {
        &self.time_zone
    }
}

impl PatientViewer {
    pub(in crate::domain) fn new(
        organization: OrganizationId,
        id: PatientId,
        session: SessionId,
        settings: Arc<Settings>,
        time_zone: Arc<str>,
    ) -> Self {
        Self {
            organization,
            id,
            session,
            settings,
            time_zone,
        }
    }

    /// The clinic that cares for the patient.
    #[must_use]
    pub fn organization(&self) -> OrganizationId {
        self.organization
    }

    /// Who it is.
    #[must_use]
    pub fn id(&self) -> PatientId {
        self.id
    }

    /// The organization's settings when the request began.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }
}

impl Viewer {
    /// The organization that everything the viewer sees belongs to.
    #[must_use]
    pub fn organization(&self) -> OrganizationId {
        match self {
            Self::Staff(staff) => staff.organization,
            Self::Patient(patient) => patient.organization,
        }
    }

    /// Who it is.
    #[must_use]
    pub fn person(&self) -> PersonId {
        match self {
            Self::Staff(staff) => PersonId::Staff(staff.id),
            Self::Patient(patient) => PersonId::Patient(patient.id),
        }
    }

    /// The session through which they ask.
    #[must_use]
    pub fn session(&self) -> SessionId {
        match self {
            Self::Staff(staff) => staff.session,
            Self::Patient(patient) => patient.session,
        }
    }

    /// The organization's time zone, by its IANA name.
    #[must_use]
    pub fn time_zone(&self) -> &str {
        match self {
            Self::Staff(staff) => &staff.time_zone,
            Self::Patient(patient) => &patient.time_zone,
        }
    }

    /// The organization's settings when the request began.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        match self {
            Self::Staff(staff) => &staff.settings,
            Self::Patient(patient) => &patient.settings,
        }
    }
}
