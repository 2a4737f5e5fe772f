//! Listing and searching patients (PEO-5).

use std::sync::Arc;

use entity::{GroupId, PanelRole, PatientId, ProgramId, StaffId, patient};
use sea_orm::{ConnectionTrait, FromQueryResult as _};
use uuid::Uuid;

use crate::domain::{
    fault::Fault,
    page::{Direction, Page, Slice},
    people::search::push_name_matches,
    policy::{AsStaff, push_in_reach},
    settings::AccessPolicy,
    store::Sql,
};

/// How far a list of patients reaches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Reach {
    /// The patients on whose panel the staff member stands.
    Mine,
    /// As far as the organization's policy lets a list or a search reach.
    #[default]
    All,
}

/// Which patients a list shows, or an audience takes.
#[derive(Clone, Debug, Default)]
pub struct PatientFilter {
    /// The beginnings of words of the name.
    pub search: Option<String>,
    /// How far it reaches.
    pub reach: Reach,
    /// Only those enrolled in this program.
    pub program: Option<ProgramId>,
    /// Only those in this group.
    pub group: Option<GroupId>,
    /// Only those of whose care team this staff member is, whoever asks.
    pub care_team_of: Option<StaffId>,
}

impl PatientFilter {
    /// Whether a list shows only the viewer's own patients. Under the default policy it is the patients on whose panel one
    /// stands, and only a search finds the others.
    fn lists_own_only(&self, access: AccessPolicy) -> bool {
        match access {
            AccessPolicy::Team => true,
            AccessPolicy::TeamPlusSearch => self.reach == Reach::Mine || self.search.is_none(),
            AccessPolicy::Organization => self.reach == Reach::Mine,
        }
    }

    /// Whether an audience takes only the viewer's own patients. Whoever names a group, a program or a care team looks for
    /// its patients as by a search, so under the default policy that finds the others too.
    fn takes_own_only(&self, access: AccessPolicy) -> bool {
        let names_somebody =
            self.program.is_some() || self.group.is_some() || self.care_team_of.is_some();
        match access {
            AccessPolicy::TeamPlusSearch if names_somebody => self.reach == Reach::Mine,
            AccessPolicy::Team | AccessPolicy::TeamPlusSearch | AccessPolicy::Organization => {
                self.lists_own_only(access)
            }
        }
    }
}

/// A page of patients by name. A cursor is the id of a patient, so that it holds no name. One statement.
///
/// # Errors
/// Any failure of the database.
pub async fn page(
    connection: &impl ConnectionTrait,
    viewer: &AsStaff,
    filter: &PatientFilter,
    slice: &Slice<Uuid>,
) -> Result<Page<Arc<patient::Model>>, Fault> {
    let own_only = filter.lists_own_only(viewer.viewer().settings().access);
    let mut select = matching(viewer, filter, own_only);
    for (comparison, cursor) in [(">", slice.after), ("<", slice.before)] {
        if let Some(cursor) = cursor {
            select
                .push(" and (p.name, p.id) ")
                .push(comparison)
                .push(" (select k.name, k.id from patient k where k.organization_id = ")
                .bind(viewer.organization())
                .push(" and k.id = ")
                .bind(cursor)
                .push(")");
        }
    }
    select.push(match slice.direction {
        Direction::Forward => " order by p.name, p.id limit ",
        Direction::Backward => " order by p.name desc, p.id desc limit ",
    });
    select.bind(slice.fetch());
    let patients = records(connection, select).await?;
    Ok(slice.page(patients.into_iter().map(Arc::new).collect()))
}

/// The next patients of an audience by id, which stays where names change, so that nobody comes twice or is passed over. One
/// statement.
pub(in crate::domain) async fn audience(
    connection: &impl ConnectionTrait,
    viewer: &AsStaff,
    filter: &PatientFilter,
    after: Option<PatientId>,
    limit: u32,
) -> Result<Vec<patient::Model>, Fault> {
    let own_only = filter.takes_own_only(viewer.viewer().settings().access);
    let mut select = matching(viewer, filter, own_only);
    if let Some(after) = after {
        select.push(" and p.id > ").bind(after);
    }
    select.push(" order by p.id limit ").bind(i64::from(limit));
    records(connection, select).await
}

/// Selects the patients of a filter who exist for the viewer.
fn matching(viewer: &AsStaff, filter: &PatientFilter, own_only: bool) -> Sql {
    let mut select = Sql::new("select p.* from patient p where p.organization_id = ");
    select.bind(viewer.organization());
    push_in_reach(&mut select, viewer.viewer());
    if own_only {
        push_on_panel(&mut select, viewer.staff());
        select.push(")");
    }
    if let Some(staff) = filter.care_team_of {
        push_on_panel(&mut select, staff);
        select
            .push(" and pm.role = ")
            .bind(PanelRole::CareTeam)
            .push(")");
    }
    if let Some(search) = &filter.search {
        push_name_matches(&mut select, search);
    }
    if let Some(program) = filter.program {
        select
            .push(
                " and exists (select 1 from patient_program fp where fp.organization_id = p.organization_id and fp.patient_id = p.id \
                 and fp.program_id = ",
            )
            .bind(program)
            .push(")");
    }
    if let Some(group) = filter.group {
        select
            .push(
                " and exists (select 1 from group_member fg where fg.organization_id = p.organization_id and fg.member_id = p.id \
                 and fg.group_id = ",
            )
            .bind(group)
            .push(")");
    }
    select
}

/// Adds ` and exists (…`: only patients on whose panel the staff member stands. What else is asked of the line `pm` and the
/// closing bracket follow.
fn push_on_panel(select: &mut Sql, staff: StaffId) {
    select
        .push(
            " and exists (select 1 from panel_member pm where pm.organization_id = p.organization_id and pm.patient_id = p.id \
             and pm.staff_id = ",
        )
        .bind(staff);
}

async fn records(
    connection: &impl ConnectionTrait,
    select: Sql,
) -> Result<Vec<patient::Model>, Fault> {
    let rows = connection.query_all_raw(select.on(connection)).await?;
    rows.iter()
        .map(|row| Ok(patient::Model::from_query_result(row, "")?))
        .collect()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn filter(search: Option<&str>, reach: Reach) -> PatientFilter {
        PatientFilter {
            search: search.map(str::to_owned),
            reach,
            ..PatientFilter::default()
        }
    }

    #[test]
    fn only_a_search_reaches_past_the_own_patients_by_default() {
        let default = AccessPolicy::TeamPlusSearch;
        assert!(filter(None, Reach::All).lists_own_only(default));
        assert!(!filter(Some("ada"), Reach::All).lists_own_only(default));
        assert!(filter(Some("ada"), Reach::Mine).lists_own_only(default));
        assert!(!filter(None, Reach::All).lists_own_only(AccessPolicy::Organization));
        assert!(filter(Some("ada"), Reach::All).lists_own_only(AccessPolicy::Team));
    }

    #[test]
    fn an_audience_that_is_named_reaches_past_the_own_patients() {
        let of_group = |reach| PatientFilter {
            group: Some(GroupId(Uuid::nil())),
            ..filter(None, reach)
        };
        let default = AccessPolicy::TeamPlusSearch;
        assert!(!of_group(Reach::All).takes_own_only(default));
        assert!(of_group(Reach::All).lists_own_only(default));
        assert!(of_group(Reach::Mine).takes_own_only(default));
        assert!(of_group(Reach::All).takes_own_only(AccessPolicy::Team));
        assert!(filter(None, Reach::All).takes_own_only(default));
    }
}
