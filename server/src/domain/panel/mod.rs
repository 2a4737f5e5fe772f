//! A patient's care team panel: who stands in it, and who of them is being alerted (PEO-4).

mod change;

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use entity::{OrganizationId, PanelRole, PatientId, Roles, StaffId};
use sea_orm::{ConnectionTrait, QueryResult};

use super::{
    event_log::{Audience, Concerned},
    fault::Fault,
    policy::hidden_by_restriction,
    store::Sql,
};

pub use change::{
    PanelError, add_to_care_team, become_notification_user, remove_from_care_team,
    stop_notifications,
};
pub(crate) use change::{insert_care_team, record_access_changed};

/// Why a new message of the patient does not alert somebody who stands in the panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotAlerted {
    /// They may not sign in any more.
    Deactivated,
    /// They are not a clinician, so the patient's messages are not for them.
    NotClinician,
    /// They are restricted from every program that the patient is enrolled in (PEO-6).
    Restricted,
    /// They have "New patient message" off.
    NotificationsOff,
}

/// A line of a panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// The staff member.
    pub staff: StaffId,
    /// On the care team, or a notification user.
    pub role: PanelRole,
    /// Since when.
    pub joined_at: DateTime<Utc>,
    /// Whether a new message of the patient alerts them.
    pub alerted: bool,
    /// Why it does not.
    pub not_alerted: Option<NotAlerted>,
    /// Whether they are reminded of what stays unread.
    pub reminded: bool,
    /// Whether they may open the patient's conversations.
    pub in_reach: bool,
}

/// A patient's panel: the care team first, and each part in the order in which people joined it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Panel(pub Vec<Member>);

impl Panel {
    /// Whom of the panel an event concerns that alerts nobody.
    #[must_use]
    pub fn audience(&self) -> Audience {
        let in_reach = self.0.iter().filter(|member| member.in_reach);
        Audience(
            in_reach
                .map(|m| Concerned {
                    staff: m.staff,
                    alerted: false,
                })
                .collect(),
        )
    }

    /// Everybody who stands in the panel, reach or not: for events that may give reach or take it away.
    #[must_use]
    pub fn everybody(&self) -> Audience {
        let concerned = |member: &Member| Concerned {
            staff: member.staff,
            alerted: false,
        };
        Audience(self.0.iter().map(concerned).collect())
    }
}

/// What a staff member's own record says of being alerted for a patient.
pub(crate) struct Standing {
    not_alerted: Option<NotAlerted>,
    reminded: bool,
}

impl Standing {
    /// Whether they are alerted, where they are to be.
    pub(crate) fn alerted(&self) -> bool {
        self.not_alerted.is_none()
    }

    /// Whether they are reminded of what stays unread.
    pub(crate) fn reminded(&self) -> bool {
        self.alerted() && self.reminded
    }

    /// Whether they may open the conversations that concern them.
    pub(crate) fn in_reach(&self) -> bool {
        matches!(self.not_alerted, None | Some(NotAlerted::NotificationsOff))
    }
}

/// Reads `active`, `roles`, `hidden`, `notify_new_message` and `notify_unread`.
pub(crate) fn standing(row: &QueryResult) -> Result<Standing, Fault> {
    let not_alerted = if !row.try_get::<bool>("", "active")? {
        Some(NotAlerted::Deactivated)
    } else if !row.try_get::<Roles>("", "roles")?.hold(Roles::CLINICIAN) {
        Some(NotAlerted::NotClinician)
    } else if row.try_get::<bool>("", "hidden")? {
        Some(NotAlerted::Restricted)
    } else if !row.try_get::<bool>("", "notify_new_message")? {
        Some(NotAlerted::NotificationsOff)
    } else {
        None
    };
    Ok(Standing {
        not_alerted,
        reminded: row.try_get("", "notify_unread")?,
    })
}

/// The panels of several patients. Patients without one are left out. One statement.
///
/// # Errors
/// Any failure of the database.
pub(crate) async fn of_patients(
    connection: &impl ConnectionTrait,
    organization: OrganizationId,
    patients: &BTreeSet<PatientId>,
) -> Result<HashMap<PatientId, Panel>, Fault> {
    let mut panels: HashMap<PatientId, Panel> = HashMap::new();
    if patients.is_empty() {
        return Ok(panels);
    }
    let mut select = Sql::new(
        "select p.id as patient_id, pm.staff_id, pm.role, pm.joined_at, s.roles, s.status = 'ACTIVE' as active, s.notify_new_message, s.notify_unread, ",
    );
    select.push(&hidden_by_restriction("p", "pm.staff_id")).push(
        " as hidden from panel_member pm \
         join patient p on p.organization_id = pm.organization_id and p.id = pm.patient_id \
         join staff_member s on s.organization_id = pm.organization_id and s.id = pm.staff_id where pm.organization_id = ",
    );
    select
        .bind(organization)
        .push(" and pm.patient_id in ")
        .list(patients.iter().copied());
    select.push(" order by pm.role, pm.joined_at, pm.staff_id");
    for row in connection.query_all_raw(select.on(connection)).await? {
        panels
            .entry(row.try_get("", "patient_id")?)
            .or_default()
            .0
            .push(member(&row)?);
    }
    Ok(panels)
}

fn member(row: &QueryResult) -> Result<Member, Fault> {
    let standing = standing(row)?;
    Ok(Member {
        staff: row.try_get("", "staff_id")?,
        role: row.try_get("", "role")?,
        joined_at: row.try_get("", "joined_at")?,
        alerted: standing.alerted(),
        not_alerted: standing.not_alerted,
        reminded: standing.reminded(),
        in_reach: standing.in_reach(),
    })
}
