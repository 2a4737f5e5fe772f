//! How long a patient waits for an answer, and who was told of it.

use chrono::{DateTime, TimeDelta, Utc};
use entity::conversation;
use sea_orm::Value;

/// How long after a stretch has begun it is looked at once more: whoever leaves in the moment in which it begins does not see
/// it, and whoever stores the message does not see them leave.
const SETTLES: TimeDelta = TimeDelta::seconds(60);

/// How a conversation stands with regard to answers. By default nobody waits for one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::domain) struct Stretch {
    /// When the oldest message of the patient was stored that nobody has answered.
    pub(super) unanswered_since: Option<DateTime<Utc>>,
    /// Until when the patient was told to expect an answer.
    pub(super) answer_due_at: Option<DateTime<Utc>>,
    /// When staff were told that there had been none by then.
    pub(super) overdue_told_at: Option<DateTime<Utc>>,
    /// Since when nobody listens, and that was told.
    pub(super) unattended_since: Option<DateTime<Utc>>,
    /// When it is to be looked at.
    pub(super) look_at: Option<DateTime<Utc>>,
}

/// What is so around a conversation when it is looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Around {
    /// Whether what the patient writes would alert anybody.
    pub(super) listens: bool,
    /// Whether the patient may write at any time.
    pub(super) is_open: bool,
    /// Until when the clinic wants to have answered first, where it is a case that has no answer yet, and nobody was told.
    pub(super) first_answer_due: Option<DateTime<Utc>>,
}

/// What somebody is to be told of a conversation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Alarms {
    /// There was no answer in time.
    pub(super) overdue: bool,
    /// Nobody would be alerted of what the patient writes.
    pub(super) unattended: bool,
    /// The patient waits for an answer.
    pub(super) waits: bool,
}

impl Stretch {
    /// How a conversation stands.
    pub(in crate::domain) const fn of(conversation: &conversation::Model) -> Self {
        Self {
            unanswered_since: conversation.unanswered_since,
            answer_due_at: conversation.answer_due_at,
            overdue_told_at: conversation.overdue_told_at,
            unattended_since: conversation.unattended_since,
            look_at: conversation.look_at,
        }
    }

    /// Whether it begins with what the patient writes in a conversation.
    pub(in crate::domain) const fn begins(self) -> bool {
        self.unanswered_since.is_none()
    }

    /// The patient has written, and nobody had been asked before.
    pub(in crate::domain) fn begin(&mut self, now: DateTime<Utc>) {
        *self = Self {
            unanswered_since: Some(now),
            look_at: self.look_at.into_iter().chain([now + SETTLES]).min(),
            ..Self::default()
        };
    }

    /// When it began.
    pub(in crate::domain) const fn began(self) -> Option<DateTime<Utc>> {
        self.unanswered_since
    }

    /// The patient can expect an answer until then.
    pub(in crate::domain) fn promise(&mut self, due: Option<DateTime<Utc>>) {
        self.answer_due_at = due;
    }

    /// What was asked first needs no answer, and what was asked at a later moment still does. The patient goes on expecting what
    /// they were told, unless that was told as overdue: then it is as if they had begun with what still waits, until `due`.
    pub(super) fn begin_later(
        &mut self,
        since: DateTime<Utc>,
        now: DateTime<Utc>,
        due: Option<DateTime<Utc>>,
    ) {
        self.unanswered_since = Some(since);
        if self.overdue_told_at.take().is_some() {
            self.answer_due_at = due;
        }
        self.look_at = Some(now);
    }

    /// A staff member has answered. Who would be alerted of what the patient writes next is another question.
    pub(in crate::domain) fn end(&mut self) {
        *self = Self {
            unattended_since: self.unattended_since,
            look_at: self.look_at,
            ..Self::default()
        };
    }

    /// The patient's message has alerted somebody or nobody. That nobody listens is told by whoever looks next.
    pub(in crate::domain) fn heard(&mut self, now: DateTime<Utc>, by_anybody: bool) {
        let next = match (by_anybody, self.unattended_since) {
            (true, None) | (false, Some(_)) => self.next_due(),
            // Somebody has come to listen, or has gone.
            (true, Some(_)) | (false, None) => Some(now),
        };
        self.look_at = [self.look_at, next].into_iter().flatten().min();
    }

    /// Looks at it: gives what is to be told, and takes that as told. What was promised to the patient and until when a case is to
    /// be answered are one alarm, at the earlier of the two.
    pub(super) fn look(&mut self, now: DateTime<Utc>, around: Around) -> Alarms {
        let waits = self.unanswered_since.is_some();
        let is_past = |due: Option<DateTime<Utc>>| due.is_some_and(|due| due <= now);
        let overdue = is_past(self.next_due()) || is_past(around.first_answer_due);
        if overdue {
            self.overdue_told_at = Some(now);
        }
        let alone = !around.listens && (waits || around.is_open);
        let alarms = Alarms {
            overdue,
            unattended: alone && self.unattended_since.is_none(),
            waits,
        };
        self.unattended_since = alone.then(|| self.unattended_since.unwrap_or(now));
        let settled = self.unanswered_since.map(|since| since + SETTLES);
        let settled = settled.filter(|settled| *settled > now);
        let target = around.first_answer_due.filter(|_| !overdue);
        self.look_at = [settled, self.next_due(), target]
            .into_iter()
            .flatten()
            .min();
        alarms
    }

    fn next_due(self) -> Option<DateTime<Utc>> {
        self.answer_due_at
            .filter(|_| self.overdue_told_at.is_none())
    }

    /// The columns of a conversation, in the order of [`COLUMNS`].
    pub(in crate::domain) fn columns(self) -> [Value; 5] {
        [
            self.unanswered_since.into(),
            self.answer_due_at.into(),
            self.overdue_told_at.into(),
            self.unattended_since.into(),
            self.look_at.into(),
        ]
    }

    /// `set` for an update from values, of which those of the stretch begin with a column of this number.
    pub(in crate::domain) fn assignments(first: usize) -> String {
        let columns = COLUMNS.iter().zip(first..);
        let columns = columns.map(|(name, number)| format!("{name} = v.column{number}"));
        columns.collect::<Vec<_>>().join(", ")
    }
}

/// `set` for a conversation that ends: in it nobody waits for an answer.
pub(in crate::domain) const ENDED: &str = "unanswered_since = null, answer_due_at = null, overdue_told_at = null, \
                                           unattended_since = null, look_at = null";

/// `set` for a conversation that is opened again, at the moment of a placeholder: whoever had the last word waits again, and
/// whether anybody listens is found out.
pub(in crate::domain) fn resumed(now: &str) -> String {
    format!(
        "unanswered_since = (select min(m.created_at) from message m where m.organization_id = conversation.organization_id \
         and m.conversation_id = conversation.id and {UNANSWERED}), look_at = {now}"
    )
}

/// SQL that is true for a message `m` of a patient to which no staff member has written anything, and of which nobody has said
/// that it needs no answer.
pub(super) const UNANSWERED: &str = "m.kind = 'MESSAGE' and m.author_kind = 'PATIENT' \
     and m.seq > coalesce((select max(a.seq) from message a where a.organization_id = m.organization_id \
     and a.conversation_id = m.conversation_id and a.kind = 'MESSAGE' and a.author_kind = 'STAFF'), 0) \
     and m.seq > coalesce((select max(k.seq) from answer_mark k where k.organization_id = m.organization_id \
     and k.conversation_id = m.conversation_id), 0)";

const COLUMNS: [&str; 5] = [
    "unanswered_since",
    "answer_due_at",
    "overdue_told_at",
    "unattended_since",
    "look_at",
];

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Copy, Debug)]
    enum Step {
        Wrote,
        Answered,
        Came,
        Left,
        Waited(i64),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            Just(Step::Wrote),
            Just(Step::Answered),
            Just(Step::Came),
            Just(Step::Left),
            (1_i64..90).prop_map(Step::Waited),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        /// After each step whoever has to look does: each stretch is overdue at most once and exactly when it is, be it by what
        /// was promised or by the target of a case, and each time that nobody listens is told once, and again when the patient
        /// begins to wait.
        #[test]
        fn what_is_to_be_told_is_told_once(
            steps in prop::collection::vec(step(), 1..60), listens in any::<bool>(), target in prop::option::of(1_i64..200),
        ) {
            let patience = TimeDelta::minutes(60);
            let mut now = DateTime::<Utc>::UNIX_EPOCH;
            let mut target = target.map(|minutes| now + TimeDelta::minutes(minutes));
            let (mut stretch, mut listens) = (Stretch { look_at: Some(now), ..Stretch::default() }, listens);
            // The model: since when somebody waits, and what was told of it.
            let mut waits: Option<DateTime<Utc>> = None;
            let (mut overdue, mut unattended) = (false, false);
            for step in steps {
                match step {
                    Step::Wrote => {
                        if stretch.begins() {
                            stretch.begin(now);
                            stretch.promise(Some(now + patience));
                            (overdue, unattended) = (false, false);
                        }
                        stretch.heard(now, listens);
                        waits = waits.or(Some(now));
                    }
                    Step::Answered => {
                        stretch.end();
                        (waits, overdue, target) = (None, false, None);
                    }
                    Step::Came => listens = true,
                    Step::Left => listens = false,
                    Step::Waited(minutes) => now += TimeDelta::minutes(minutes),
                }
                if matches!(step, Step::Came | Step::Left) {
                    stretch.look_at = Some(now);
                }
                let around = Around { listens, is_open: true, first_answer_due: target };
                let due = stretch.look_at.is_some_and(|at| at <= now);
                let alarms = if due { stretch.look(now, around) } else { Alarms::default() };
                let late = waits.is_some_and(|since| since + patience <= now) && !overdue;
                let late_first = target.is_some_and(|target| target <= now);
                prop_assert_eq!(alarms.overdue, late || late_first);
                if alarms.overdue {
                    (overdue, target) = (true, None);
                }
                prop_assert_eq!(alarms.unattended, !listens && !unattended);
                unattended = !listens;
                prop_assert_eq!(stretch.unattended_since.is_some(), unattended);
            }
        }
    }
}
