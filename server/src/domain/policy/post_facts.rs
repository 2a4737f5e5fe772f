//! What is to be known before somebody may write: of the author, the conversation, its patient and the organization.

use chrono::{DateTime, Utc};
use entity::OrganizationId;
use sea_orm::{ConnectionTrait as _, DatabaseTransaction, DbBackend, Value};

use super::{
    hidden_by_restriction,
    posting::Intent,
    routing::{case_opted_out, case_texts, texts},
};
use crate::domain::{
    store::Sql,
    texting::{
        leaving::NUMBER_OPTED_OUT,
        whose::{NUMBER_OF_CASE, claims_since},
    },
};

const MESSAGE_COLUMNS: [&str; 23] = [
    "organization_id",
    "id",
    "conversation_id",
    "seq",
    "visible_seq",
    "author_kind",
    "author_id",
    "author_ordinal",
    "kind",
    "channel",
    "title",
    "body",
    "html",
    "template_id",
    "template_language",
    "template_version",
    "urgent",
    "opt_out_wish",
    "after_close",
    "attachment_count",
    "idempotency_key",
    "position",
    "created_at",
];

/// One statement for several posts, which locks their conversations until the commit.
pub(super) fn facts(
    tx: &DatabaseTransaction,
    organization: OrganizationId,
    now: DateTime<Utc>,
    intents: &[Intent],
) -> sea_orm::Statement {
    let mut select = Sql::new(
        "select v.column1 as n, c.*, p.portal_allowed, p.enrolled_at is not null as enrolled, \
         p.email is not null as has_email, p.phone is not null as has_phone, p.phone, o.settings, o.time_zone as clinic_zone, s.status as staff_status, \
         s.roles as staff_roles, s.name as staff_name, s.profession as staff_profession, p.name as patient_name, exists (select 1 from panel_member tm where tm.organization_id = c.organization_id \
         and tm.patient_id = c.patient_id and tm.staff_id = v.column4) as on_panel, \
         exists (select 1 from participant tp where tp.organization_id = c.organization_id \
         and tp.conversation_id = c.id and tp.staff_id = v.column4) as participates, ",
    );
    let since = select.placeholder(claims_since(now));
    let (texts, case_texts) = (texts(&since), case_texts(&since));
    select
        .push(&hidden_by_restriction("p", "v.column4"))
        .push(&format!(
            " as hidden, c.kind in ('SECURE_MESSAGE', 'ANNOUNCEMENT') and {NUMBER_OPTED_OUT} as opted_out, {texts} as texts, \
             {NUMBER_OF_CASE} as case_number, {case_texts} as case_texts, {} as case_opted_out",
            case_opted_out()
        ));
    for column in MESSAGE_COLUMNS {
        select.push(", m.").push(column).push(" as m_").push(column);
    }
    select
        .push(" from (values ")
        .rows(
            (0_i32..)
                .zip(intents)
                .map(|(number, intent)| -> [Value; 5] {
                    [
                        number.into(),
                        intent.conversation.into(),
                        intent.author.kind().into(),
                        intent.author.uuid().into(),
                        intent.idempotency_key.clone().into(),
                    ]
                }),
        );
    select.push(") as v join conversation c on c.id = v.column2 and c.organization_id = ");
    let organization = select.placeholder(organization);
    select.push(&organization).push(
        " join patient p on p.organization_id = c.organization_id and p.id = c.patient_id \
         join organization o on o.id = c.organization_id \
         left join contact_request cr on cr.organization_id = c.organization_id and cr.conversation_id = c.id \
         left join staff_member s on v.column3 = 'STAFF' and s.id = v.column4 and s.organization_id = ",
    );
    select.push(&organization).push(
        " left join message m on m.conversation_id = c.id and m.author_kind = v.column3 and m.idempotency_key = v.column5 \
         and m.organization_id = ",
    );
    select.push(&organization).push(" order by c.id");
    if tx.get_database_backend() == DbBackend::Postgres {
        // SQLite has one writer; here, two transactions that lock the same conversations do it in the same order.
        select.push(" for update of c");
    }
    select.on(tx)
}
