//! Everybody a clinic has to do with, seen from one patient, Paul.

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Actor {
    Anonymous,
    Stranger,
    StrangeAdministrator,
    StrangePatient,
    WrongPatient,
    RightPatient,
    Restricted,
    OffTeamUnderTeam,
    OffTeam,
    OnTeam,
    Administrator,
}

impl Actor {
    /// In the order of the document's columns.
    pub(super) const ALL: [Self; 11] = [
        Self::Anonymous,
        Self::Stranger,
        Self::StrangeAdministrator,
        Self::StrangePatient,
        Self::WrongPatient,
        Self::RightPatient,
        Self::Restricted,
        Self::OffTeamUnderTeam,
        Self::OffTeam,
        Self::OnTeam,
        Self::Administrator,
    ];

    /// What the document calls them.
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Anonymous => "nobody signed in",
            Self::Stranger => "clinician of another clinic",
            Self::StrangeAdministrator => "administrator of another clinic",
            Self::StrangePatient => "patient of another clinic",
            Self::WrongPatient => "another patient",
            Self::RightPatient => "the patient",
            Self::Restricted => "restricted clinician",
            Self::OffTeamUnderTeam => "off the team, `TEAM`",
            Self::OffTeam => "off the team",
            Self::OnTeam => "on the team",
            Self::Administrator => "administrator",
        }
    }

    /// Whether it is a patient.
    pub(super) const fn is_patient(self) -> bool {
        matches!(
            self,
            Self::StrangePatient | Self::WrongPatient | Self::RightPatient
        )
    }

    /// Whether it is an administrator.
    pub(super) const fn is_administrator(self) -> bool {
        matches!(self, Self::StrangeAdministrator | Self::Administrator)
    }

    /// Whether they belong to another clinic.
    pub(super) const fn is_of_another_clinic(self) -> bool {
        matches!(
            self,
            Self::Stranger | Self::StrangeAdministrator | Self::StrangePatient
        )
    }

    /// Whether Paul exists for them.
    pub(super) const fn reaches_the_patient(self) -> bool {
        matches!(
            self,
            Self::RightPatient | Self::OffTeam | Self::OnTeam | Self::Administrator
        )
    }
}
