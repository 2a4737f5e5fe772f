//! Any history of claims, answers, reports and leases that end leads forward only.

use entity::{
    MessageId, OrganizationId, PhoneNumber, TextDirection, TextEncoding, TextGatewayId, TextPurpose,
};
use proptest::{collection::vec, prelude::*};
use uuid::Uuid;

use super::*;

/// What happens to a text.
#[derive(Clone, Debug)]
enum Step {
    /// Time goes by, and whoever looks for work takes it, if it is due and nobody has it.
    Claim,
    /// Whoever has claimed it last is told how handing it over ended.
    Settle(Answer),
    /// Whoever had it before is told, after their lease.
    SettleLate(Answer),
    /// The gateway reports.
    Report(Heard, Option<u8>),
}

#[derive(Clone, Copy, Debug)]
enum Answer {
    Taken(Option<u8>),
    Deferred(i64),
    LockedOut,
    Refused,
    KeptBack,
    Untried,
}

fn steps() -> impl Strategy<Value = Step> {
    let answer = || {
        prop_oneof![
            (0..4_u8).prop_map(|id| Answer::Taken(id.checked_sub(1))),
            (0..20_000_i64).prop_map(Answer::Deferred),
            Just(Answer::LockedOut),
            Just(Answer::Refused),
            Just(Answer::KeptBack),
            Just(Answer::Untried),
        ]
    };
    let heard = prop_oneof![
        Just(Heard::Accepted),
        Just(Heard::Delivered),
        Just(Heard::Failed(TextFailure::Unreachable)),
    ];
    prop_oneof![
        4 => Just(Step::Claim),
        4 => answer().prop_map(Step::Settle),
        1 => answer().prop_map(Step::SettleLate),
        1 => (heard, (0..4_u8).prop_map(|id| id.checked_sub(1))).prop_map(|(heard, id)| Step::Report(heard, id)),
    ]
}

fn provider(id: u8) -> ProviderMessageId {
    ProviderMessageId::new(format!("SM{id}"))
}

fn handed(answer: Answer) -> Handed {
    let class = "class".to_owned();
    match answer {
        Answer::Taken(id) => Handed::Taken(id.map(provider)),
        Answer::Deferred(seconds) => Handed::Deferred(class, Some(TimeDelta::seconds(seconds))),
        Answer::LockedOut => Handed::LockedOut(class),
        Answer::Refused => Handed::Refused(TextFailure::InvalidNumber, class),
        Answer::KeptBack => Handed::KeptBack(TextFailure::OptedOut, class),
        Answer::Untried => Handed::Untried,
    }
}

fn row() -> text::Model {
    let now = DateTime::UNIX_EPOCH;
    text::Model {
        organization_id: OrganizationId(Uuid::nil()),
        id: TextId(Uuid::nil()),
        direction: TextDirection::Outbound,
        purpose: TextPurpose::Message,
        gateway_id: TextGatewayId(Uuid::nil()),
        our_number: PhoneNumber::new("+1"),
        their_number: PhoneNumber::new("+2"),
        patient_id: None,
        message_id: Some(MessageId(Uuid::nil())),
        conversation_id: None,
        notification_id: None,
        provider_message_id: None,
        state: TextState::Queued,
        reason: None,
        error: None,
        encoding: TextEncoding::Gsm7,
        segments: 1,
        body: None,
        idempotency_key: String::new(),
        due_at: now,
        attempts: 0,
        leased_until: None,
        leased_by: None,
        created_at: now,
        changed_at: now,
    }
}

/// A text, its time, and who has it.
struct World {
    entropy: Entropy,
    row: text::Model,
    now: DateTime<Utc>,
    claims: u128,
    /// How often somebody was let try.
    tries: usize,
}

impl World {
    fn claim(&mut self) {
        self.now += TimeDelta::hours(6);
        let is_free = self.row.leased_until.is_none_or(|until| until <= self.now);
        if self.row.state == TextState::Queued && is_free && self.row.due_at <= self.now {
            self.claims += 1;
            self.row.attempts += 1;
            self.row.leased_by = Some(Uuid::from_u128(self.claims));
            self.row.leased_until = Some(self.now + TimeDelta::minutes(2));
        }
    }

    /// As `settle` does: whoever has lost the lease changes nothing.
    fn settle(&mut self, who: Uuid, answer: Answer) {
        if self.row.leased_by != Some(who) {
            return;
        }
        let handed = handed(answer);
        self.tries += usize::from(handed != Handed::Untried);
        let verdict = verdict(&self.entropy, self.now, &self.row, &handed);
        if verdict.standing.state == TextState::Queued && matches!(answer, Answer::Deferred(_)) {
            assert!(verdict.due_at > self.now, "it rests");
        }
        self.write(verdict);
    }

    fn write(&mut self, verdict: Verdict) {
        self.row.state = verdict.standing.state;
        self.row.reason = verdict.standing.reason;
        self.row.provider_message_id = self.row.provider_message_id.take().or(verdict.provider);
        self.row.due_at = verdict.due_at;
        self.row.attempts = verdict.attempts;
        self.row.leased_by = None;
        self.row.leased_until = None;
    }

    /// As `report` does: another name is another text.
    fn report(&mut self, heard: Heard, id: Option<u8>) {
        let provider = id.map(provider);
        let is_other = matches!((&self.row.provider_message_id, &provider), (Some(one), Some(two)) if one != two);
        let standing = Standing {
            state: self.row.state,
            reason: self.row.reason,
        };
        if let Some(next) = standing.after(heard).filter(|_| !is_other) {
            self.row.state = next.state;
            self.row.reason = next.reason;
            self.row.provider_message_id = self.row.provider_message_id.take().or(provider);
            self.row.leased_by = None;
            self.row.leased_until = None;
        }
    }
}

const fn rank(state: TextState) -> u8 {
    match state {
        TextState::Queued => 0,
        TextState::Sent => 1,
        TextState::Delivered | TextState::Failed | TextState::Received => 2,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn any_history_leads_forward_only(history in vec(steps(), 0..40)) {
        let mut world = World {
            entropy: Entropy::new(|bytes| bytes.fill(7)),
            row: row(),
            now: DateTime::UNIX_EPOCH,
            claims: 0,
            tries: 0,
        };
        for step in history {
            let before = world.row.clone();
            let holder = Uuid::from_u128(world.claims);
            match step {
                Step::Claim => world.claim(),
                Step::Settle(answer) => world.settle(holder, answer),
                Step::SettleLate(answer) => {
                    world.claim();
                    if world.claims > 1 {
                        world.settle(Uuid::from_u128(world.claims - 1), answer);
                    }
                }
                Step::Report(heard, id) => world.report(heard, id),
            }
            let after = &world.row;
            prop_assert!(rank(after.state) >= rank(before.state));
            if rank(before.state) == 2 {
                prop_assert_eq!((after.state, after.reason), (before.state, before.reason));
            }
            if before.state == TextState::Sent && after.state == TextState::Failed {
                // Only the gateway's own report says so of what it has taken.
                prop_assert_eq!(after.reason, Some(TextFailure::Unreachable));
            }
            prop_assert_eq!(after.reason.is_some(), after.state == TextState::Failed);
            if before.provider_message_id.is_some() {
                prop_assert_eq!(&after.provider_message_id, &before.provider_message_id);
            }
            prop_assert!(world.tries <= 7 && (0..=i32::try_from(world.claims).unwrap()).contains(&after.attempts));
        }
    }
}
