//! What staff do with a case: begin it, complete it, take it up again; say who works on it, and how soon.

use std::collections::BTreeSet;

use entity::{
    CasePriority, CaseStatus, ConversationId, EventKind, NotificationPurpose, PatientId, PersonId,
    StaffId,
};
use sea_orm::ConnectionTrait as _;

use super::{
    CaseError, conversation_status,
    hidden::unhide,
    history::{Moved, keep},
    may_move,
    moves::moving,
    notify::notify,
    target, tell,
};
use crate::domain::{
    answers::{Scope, look_again},
    conversations::{Follower, take_part},
    core::Core,
    event_log::Change,
    fault::Fault,
    people::values::{Check, mobile_number},
    policy::{self, AsClinician, CaseInHand, hold_case},
    settings::Settings,
    store::sql,
};

/// A case that a clinician is changing.
struct Desk {
    change: Change,
    held: CaseInHand,
}

impl Desk {
    /// One statement.
    async fn open(
        core: &Core,
        clinician: &AsClinician,
        id: ConversationId,
    ) -> Result<Self, CaseError> {
        let change = Change::begin(core, clinician.organization()).await?;
        let held = hold_case(change.tx(), clinician, id).await?;
        Ok(Self { change, held })
    }

    fn id(&self) -> ConversationId {
        self.held.in_view().id()
    }

    fn status(&self) -> Result<CaseStatus, Fault> {
        let conversation = self.held.in_view().conversation();
        conversation
            .case_status
            .ok_or(Fault::Corrupt("case status"))
    }

    /// A staff member works on it from now on, and finds it in their own lists again if they have hidden it. Two statements.
    async fn joins(&self, staff: StaffId) -> Result<(), Fault> {
        let change = &self.change;
        let (organization, id) = (change.organization(), self.id());
        take_part(change.tx(), organization, change.now, &[(id, staff)]).await?;
        unhide(change.tx(), organization, id, staff)
            .await
            .map(|_| ())
    }

    /// Four statements and the commit.
    async fn close(
        mut self,
        moved: &Moved,
        alerts: impl Fn(&Follower) -> bool,
    ) -> Result<(), CaseError> {
        let by = PersonId::Staff(self.held.by());
        let (id, patient) = (self.id(), self.held.in_view().patient());
        keep(&self.change, id, by, moved).await?;
        let (settings, _) = self.held.clinic();
        let kind = moved.event();
        tell::changed(
            &mut self.change,
            kind,
            settings,
            (id, patient),
            Some(by),
            alerts,
        )
        .await?;
        self.change.commit().await?;
        Ok(())
    }
}

/// Moves a case to another status; nothing changes when it is there already. Whoever says where they saw it is told when
/// somebody was faster. Nine statements at most.
///
/// # Errors
/// See [`CaseError`].
pub async fn change_status(
    core: &Core,
    clinician: &AsClinician,
    id: ConversationId,
    to: CaseStatus,
    seen: Option<CaseStatus>,
) -> Result<(), CaseError> {
    let desk = Desk::open(core, clinician, id).await?;
    let from = desk.status()?;
    if seen.is_some_and(|seen| seen != from) {
        return Err(CaseError::MovedOn);
    }
    if from == to {
        return Ok(());
    }
    if !may_move(from, to) {
        return Err(CaseError::NoSuchMove { from, to });
    }
    let tx = desk.change.tx();
    tx.execute_raw(sql(
        tx,
        &moving(conversation_status(from), conversation_status(to)),
        [
            clinician.organization().into(),
            id.into(),
            to.into(),
            conversation_status(to).into(),
            clinician.staff().into(),
            desk.change.now.into(),
        ],
    ))
    .await?;
    if to == CaseStatus::InProgress {
        desk.joins(clinician.staff()).await?;
    }
    desk.close(&Moved::Status(Some(from), to), tell::nobody)
        .await
}

/// Says who works on a case, or that nobody does; nothing changes when it is so already. Whoever is assigned takes part in its
/// conversation from then on, and is alerted and notified. Eleven statements at most.
///
/// # Errors
/// See [`CaseError`].
pub async fn assign(
    core: &Core,
    clinician: &AsClinician,
    id: ConversationId,
    assignee: Option<StaffId>,
) -> Result<(), CaseError> {
    let desk = Desk::open(core, clinician, id).await?;
    let before = desk.held.case().assignee_id;
    if before == assignee {
        return Ok(());
    }
    let tx = desk.change.tx();
    if let Some(staff) = assignee {
        let patient = desk.held.in_view().patient();
        let wanted = BTreeSet::from([staff]);
        policy::addressees(tx, clinician.organization(), patient, &wanted)
            .await?
            .ok_or(CaseError::NotClinician)?;
        desk.joins(staff).await?;
    }
    tx.execute_raw(sql(
        tx,
        "update contact_request set assignee_id = $3 where organization_id = $1 and conversation_id = $2",
        [
            clinician.organization().into(),
            id.into(),
            assignee.into(),
        ],
    ))
    .await?;
    let by = clinician.staff();
    // What somebody takes for themselves is no news to them.
    let told = assignee.filter(|staff| *staff != by);
    let told: Vec<_> = told
        .map(|staff| ((id, desk.held.in_view().patient()), staff))
        .into_iter()
        .collect();
    notify(core, &desk.change, NotificationPurpose::CaseAssigned, &told).await?;
    let alerts =
        move |follower: &Follower| Some(follower.staff) == assignee && follower.staff != by;
    desk.close(&Moved::Assignment(before, assignee), alerts)
        .await
}

/// Whoever is taken out of a case works on it no more, and its history says so. One statement, and three more where they did.
pub(in crate::domain) async fn unassign(
    change: &mut Change,
    settings: &Settings,
    (case, patient): (ConversationId, PatientId),
    by: StaffId,
    staff: StaffId,
) -> Result<(), Fault> {
    let tx = change.tx();
    let done = tx
        .execute_raw(sql(
            tx,
            "update contact_request set assignee_id = null where organization_id = $1 and conversation_id = $2 and assignee_id = $3",
            [change.organization().into(), case.into(), staff.into()],
        ))
        .await?;
    if done.rows_affected() == 0 {
        return Ok(());
    }
    let by = PersonId::Staff(by);
    keep(change, case, by, &Moved::Assignment(Some(staff), None)).await?;
    let kind = EventKind::CaseWorkChanged;
    tell::changed(
        change,
        kind,
        settings,
        (case, patient),
        Some(by),
        tell::nobody,
    )
    .await
}

/// Says how soon a case is to be worked on, which also says when its first answer is due; nothing changes when it is so already. Eight
/// statements at most.
///
/// # Errors
/// See [`CaseError`].
pub async fn set_priority(
    core: &Core,
    clinician: &AsClinician,
    id: ConversationId,
    priority: CasePriority,
) -> Result<(), CaseError> {
    let desk = Desk::open(core, clinician, id).await?;
    let before = desk.held.case().priority;
    if before == priority {
        return Ok(());
    }
    let (settings, zone) = desk.held.clinic();
    let due_at = target::due(settings, zone, desk.held.case().opened_at, priority)?;
    let tx = desk.change.tx();
    tx.execute_raw(sql(
        tx,
        "update contact_request set priority = $3, first_answer_due_at = $4, overdue_told_at = null \
         where organization_id = $1 and conversation_id = $2",
        [
            clinician.organization().into(),
            id.into(),
            priority.into(),
            due_at.into(),
        ],
    ))
    .await?;
    look_again(&desk.change, Scope::Conversation(id)).await?;
    desk.close(&Moved::Priority(before, priority), tell::nobody)
        .await
}

/// Says by which number a case is held from now on; none takes the one on file, and so does one that is the same. Texts that wait for
/// the number before do not leave any more. Nothing changes when it is so already. Seven statements at most.
///
/// # Errors
/// See [`CaseError`].
pub async fn set_number(
    core: &Core,
    clinician: &AsClinician,
    id: ConversationId,
    number: Option<&str>,
) -> Result<(), CaseError> {
    let desk = Desk::open(core, clinician, id).await?;
    let (settings, _) = desk.held.clinic();
    let mut check = Check::default();
    let number = check.given("phone", number, |number| {
        mobile_number(number, &settings.default_region)
    });
    if !check.is_right() {
        return Err(CaseError::Invalid(check.into_wrong()));
    }
    let number = number.filter(|number| Some(number) != desk.held.on_file());
    if desk.held.case().number == number {
        return Ok(());
    }
    let tx = desk.change.tx();
    tx.execute_raw(sql(
        tx,
        "update contact_request set number = $3 where organization_id = $1 and conversation_id = $2",
        [clinician.organization().into(), id.into(), number.into()],
    ))
    .await?;
    desk.close(&Moved::Number, tell::nobody).await
}
