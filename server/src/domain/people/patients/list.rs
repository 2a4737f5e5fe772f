//! Listing and searching patients (PEO-5).

use std::sync::Arc;

use entity::{GroupId, ProgramId, patient};
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

/// Which patients a list shows.
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
}

impl PatientFilter {
    /// Whether only the viewer's own patients are shown. Under the default policy the list is the patients on whose panel
    /// one stands, and only a search finds the others.
    fn keeps_to_own(&self, access: AccessPolicy) -> bool {
        match access {
            AccessPolicy::Team => true,
            AccessPolicy::TeamPlusSearch => self.reach == Reach::Mine || self.search.is_none(),
            AccessPolicy::Organization => self.reach == Reach::Mine,
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
    let staff = viewer.viewer();
    let mut select = Sql::new("select p.* from patient p where p.organization_id = ");
    select.bind(viewer.organization());
    push_in_reach(&mut select, staff);
    if filter.keeps_to_own(staff.settings().access) {
        select
            .push(
                " and exists (select 1 from panel_member pm where pm.organization_id = p.organization_id and pm.patient_id = p.id \
                 and pm.staff_id = ",
            )
            .bind(viewer.staff())
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
    let rows = connection.query_all_raw(select.on(connection)).await?;
    let patients = rows
        .iter()
        .map(|row| Ok(Arc::new(patient::Model::from_query_result(row, "")?)))
        .collect::<Result<_, Fault>>()?;
    Ok(slice.page(patients))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_search_reaches_past_the_own_patients_by_default() {
        let filter = |search: Option<&str>, reach| PatientFilter {
            search: search.map(str::to_owned),
            reach,
            ..PatientFilter::default()
        };
        let default = AccessPolicy::TeamPlusSearch;
        assert!(filter(None, Reach::All).keeps_to_own(default));
        assert!(!filter(Some("ada"), Reach::All).keeps_to_own(default));
        assert!(filter(Some("ada"), Reach::Mine).keeps_to_own(default));
        assert!(!filter(None, Reach::All).keeps_to_own(AccessPolicy::Organization));
        assert!(filter(Some("ada"), Reach::All).keeps_to_own(AccessPolicy::Team));
    }
}
