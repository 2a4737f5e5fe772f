//! Numbers of cases: what was copied from the patient's file follows the file from now on, and the cases of a patient are found.

use sea_orm_migration::prelude::*;

/// Numbers of cases: what was copied from the patient's file follows the file from now on, and the cases of a patient are found.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// Nobody can tell any more whether such a number was copied or dictated. To follow the file is right for the first, and for the
/// second as well as long as nobody says otherwise: it is the same number.
const FOLLOW: &str = "update contact_request set number = null where number = (select p.phone from patient p \
     where p.organization_id = contact_request.organization_id and p.id = contact_request.patient_id)";

const COPY: &str = "update contact_request set number = (select p.phone from patient p \
     where p.organization_id = contact_request.organization_id and p.id = contact_request.patient_id) where number is null";

/// Whoever has a number on file may have cases that are held by it.
const INDEX: &str = "create index contact_request_index_organization_id_patient_id on contact_request (organization_id, patient_id)";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for statement in [FOLLOW, INDEX] {
            manager
                .get_connection()
                .execute_unprepared(statement)
                .await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for statement in [
            "drop index contact_request_index_organization_id_patient_id",
            COPY,
        ] {
            manager
                .get_connection()
                .execute_unprepared(statement)
                .await?;
        }
        Ok(())
    }
}
