//! The cases of the story: opened, assigned, and moved from status to status.

use entity::{CasePriority, CaseSource, CaseStatus, ConversationId};

use super::{
    during::{During as _, SeedError},
    seed::{Chat, Clinic},
    story::Step,
};
use crate::domain::{
    cases::{self, NewContactRequest},
    core::Core,
    policy,
};

impl Clinic<'_> {
    /// Opens a case of the patient's: by themselves in the portal, or by a staff member at the telephone.
    pub(super) async fn open(
        &mut self,
        core: &Core,
        step: &Step,
        by: Option<&str>,
        reason: &str,
    ) -> Result<(), SeedError> {
        let chat = self.chats.get(step.patient).ok_or("there is none");
        let patient = chat.during("finding a patient")?.patient;
        let new = NewContactRequest {
            patient,
            source: by.map_or(CaseSource::Portal, |_| CaseSource::Telephone),
            reason: reason.to_owned(),
            number: None,
            priority: CasePriority::Normal,
            idempotency_key: core.entropy.uuid(core.clock.now()).to_string(),
        };
        let viewer = self.viewer(by.unwrap_or(step.patient))?;
        let opened = if by.is_some() {
            let clinician = policy::clinician(viewer).during("opening a case")?;
            cases::create(core, &clinician, new).await
        } else {
            let right = policy::patient(viewer).during("opening a case")?;
            cases::open(core, &right, new).await
        };
        let id = opened.during("opening a case")?.case;
        let chat = Chat {
            id,
            patient,
            last_for_staff: None,
            last_for_patient: None,
        };
        self.chats.insert(step.chat, chat);
        Ok(())
    }

    pub(super) async fn assign(
        &self,
        core: &Core,
        case: &str,
        by: &str,
        to: &str,
    ) -> Result<(), SeedError> {
        let clinician = policy::clinician(self.viewer(by)?).during("assigning a case")?;
        let assignee = self.staff.get(to).copied();
        cases::assign(core, &clinician, self.case(case)?, assignee)
            .await
            .during("assigning a case")
    }

    pub(super) async fn move_case(
        &self,
        core: &Core,
        case: &str,
        by: &str,
        to: CaseStatus,
    ) -> Result<(), SeedError> {
        let clinician = policy::clinician(self.viewer(by)?).during("moving a case")?;
        cases::change_status(core, &clinician, self.case(case)?, to, None)
            .await
            .during("moving a case")
    }

    fn case(&self, key: &str) -> Result<ConversationId, SeedError> {
        let chat = self.chats.get(key).ok_or("there is none");
        Ok(chat.during("finding a case")?.id)
    }
}
