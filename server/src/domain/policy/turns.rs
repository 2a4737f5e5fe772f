//! What a reader of a conversation may do in it and see of the others, by its rules.

use entity::{CaseStatus, ConversationStatus, PersonKind, Replies, Roles};

use super::{ConversationInView, posting::CanPost};
use crate::domain::{
    conversations::{OnClosed, Starts},
    viewer::Viewer,
};

/// Whether a reader of a conversation may write in it now, as far as its rules say. Sending asks again, in its own
/// transaction.
#[must_use]
pub fn may_write(viewer: &Viewer, in_view: &ConversationInView) -> bool {
    let conversation = in_view.conversation();
    let rules = viewer.settings().rules(conversation.kind);
    let side = viewer.person().kind();
    let is_writer = match viewer {
        Viewer::Staff(staff) => staff.roles().hold(Roles::CLINICIAN),
        Viewer::Patient(_) => true,
    };
    let kept = side == PersonKind::Patient && rules.on_closed == OnClosed::AutoReply;
    let worked_on =
        side == PersonKind::Patient || conversation.case_status != Some(CaseStatus::New);
    let open = worked_on && (conversation.status == ConversationStatus::Open || kept);
    let can_post = CanPost::first(conversation.clone(), rules);
    is_writer && rules.offered && open && can_post.check_turn(side, can_post.so_far()).is_ok()
}

/// The right to see how far the other side has read a conversation.
#[derive(Debug)]
pub struct ReceiptsInView<'c> {
    conversation: &'c ConversationInView,
    side: PersonKind,
}

impl ReceiptsInView<'_> {
    /// Of which conversation.
    #[must_use]
    pub fn conversation(&self) -> &ConversationInView {
        self.conversation
    }

    /// Whose reading is shown.
    #[must_use]
    pub fn side(&self) -> PersonKind {
        self.side
    }
}

/// Whether the rules of a conversation show its reader how far the other side has read.
#[must_use]
pub fn receipts<'c>(
    viewer: &Viewer,
    in_view: &'c ConversationInView,
) -> Option<ReceiptsInView<'c>> {
    let rules = viewer.settings().rules(in_view.conversation().kind);
    let own = viewer.person().kind();
    rules.receipts.shown_to(own).then_some(ReceiptsInView {
        conversation: in_view,
        side: match own {
            PersonKind::Staff => PersonKind::Patient,
            PersonKind::Patient => PersonKind::Staff,
        },
    })
}

/// Whether a reader is told what others do in a conversation right now: that they type, or that they have it open. Patients
/// are told of typing only. Where only the clinic begins, a patient who has it open has read a letter, and staff are told of
/// that only where they see receipts (ANN-7); whoever types there answers.
#[must_use]
pub fn shows_activity(
    viewer: &Viewer,
    in_view: &ConversationInView,
    of: PersonKind,
    typing: bool,
) -> bool {
    match (viewer.person().kind(), of) {
        (PersonKind::Patient, _) => typing,
        (PersonKind::Staff, PersonKind::Staff) => true,
        (PersonKind::Staff, PersonKind::Patient) => {
            let conversation = in_view.conversation();
            let rules = viewer.settings().rules(conversation.kind);
            let answers = conversation.replies.unwrap_or(rules.replies) != Replies::None;
            rules.starts == Starts::Anyone
                || rules.receipts.shown_to(PersonKind::Staff)
                || (typing && answers)
        }
    }
}
