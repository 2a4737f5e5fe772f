//! From "everyone who is to be told" to each person: the first half of the outbox.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    Channel, ConversationId, NotificationPurpose, OrganizationId, PersonKind, StaffId, notification,
};

use super::{
    batch::{Batch, Failed, Portions},
    facts::{People, staff_members},
    fan_out::{self, Course, Told},
    outbox::Claimed,
    recipient::{Reader, Thread, Unseen, patient_channel, staff_channel, unseen},
    settle::{Outcome, Settled, Skip},
};
use crate::domain::{
    conversations::{Follower, Followers, followers},
    core::Core,
    fault::Fault,
    organizations,
    settings::Settings,
};

/// The class of a failure for want of an address and a number.
pub(super) const NO_CONTACT: &str = "no_contact";

/// Finds out whom notifications of the addressing lane are for, and how it reaches them. One that stands for a
/// conversation's staff becomes one for each staff member who is to be told now; one for a single person gets its channel.
/// At most nine statements for each organization among them, and four in one transaction for all of them.
pub async fn address(core: &Core, claimed: Vec<Claimed>) -> Batch<(NotificationPurpose, Settled)> {
    let now = core.clock.now();
    let mut courses = Vec::with_capacity(claimed.len());
    let mut failed = Vec::new();
    let mut portions = Portions::of(claimed);
    while let Some((organization, portion)) = portions.next() {
        let rows: Vec<_> = portion.iter().map(|claimed| &claimed.row).collect();
        let on_file = match OnFile::read(core, organization, &rows).await {
            Ok(on_file) => on_file,
            Err(fault) => {
                failed.extend(portions.again(organization, portion, fault));
                continue;
            }
        };
        for claimed in portion {
            match on_file.course(&claimed.row, now) {
                Ok(course) => courses.push((claimed, course)),
                Err(fault) => failed.push(Failed::one(claimed, fault)),
            }
        }
    }
    let done = match fan_out::store(core, now, &courses).await {
        Ok(done) => done,
        Err(fault) => {
            let claimed = courses.into_iter().map(|(claimed, _)| claimed).collect();
            failed.push(Failed { claimed, fault });
            Vec::new()
        }
    };
    Batch { done, failed }
}

/// Whom notifications of one organization concern, as it is on file now.
struct OnFile {
    settings: Settings,
    people: People,
    followers: HashMap<ConversationId, Followers>,
    unseen: HashMap<(ConversationId, StaffId), Unseen>,
    channels: HashMap<StaffId, Channel>,
}

impl OnFile {
    /// At most nine statements.
    async fn read(
        core: &Core,
        organization: OrganizationId,
        rows: &[&notification::Model],
    ) -> Result<Self, Fault> {
        let connection = core.store.reader();
        let clinic = organizations::of(connection, organization).await?;
        let settings = Settings::from_stored(clinic.settings)?;
        let people = People::read(connection, organization, core.clock.now(), rows).await?;
        let threads: BTreeMap<_, _> = rows
            .iter()
            .filter(|row| person(row).is_none())
            .filter_map(|row| Thread::of(row).ok())
            .map(|thread| (thread.conversation, thread))
            .collect();
        let conversations: BTreeSet<_> = threads.keys().copied().collect();
        let followers = followers(connection, organization, &settings, &conversations).await?;
        let readers: Vec<_> = threads
            .values()
            .flat_map(|thread| readers(*thread, followers.get(&thread.conversation)))
            .collect();
        let unseen = unseen(connection, organization, &readers).await?;
        let staff: HashSet<_> = unseen.keys().map(|(_, staff)| *staff).collect();
        let members = staff_members(connection, organization, &staff).await?;
        let channels = members
            .values()
            .map(|member| (member.id, staff_channel(member)));
        Ok(Self {
            settings,
            people,
            followers,
            unseen,
            channels: channels.collect(),
        })
    }

    fn course(&self, row: &notification::Model, now: DateTime<Utc>) -> Result<Course, Fault> {
        let channel = match person(row) {
            None => return self.told(row, now),
            Some((PersonKind::Patient, id)) => {
                let patient = self.people.patients.get(&entity::PatientId(id));
                let Some(patient) = patient else {
                    return Ok(Course::ended(Outcome::Skipped(Skip::OutOfReach)));
                };
                if self.people.hears_by_case(&self.settings, patient, row) {
                    return Ok(Course::ended(Outcome::PassedOn(Channel::Sms)));
                }
                let opted_out = self.people.opted_out.contains(&patient.id);
                if opted_out && patient_channel(&self.settings, patient, true).is_none() {
                    return Ok(Course::ended(Outcome::Skipped(Skip::OptedOut)));
                }
                Some(patient_channel(&self.settings, patient, opted_out))
            }
            Some((PersonKind::Staff, id)) => {
                let staff = self.people.staff.get(&StaffId(id));
                staff.map(|staff| Some(staff_channel(staff)))
            }
        };
        Ok(Course::ended(match channel {
            None => Outcome::Skipped(Skip::OutOfReach),
            Some(None) => Outcome::Undeliverable(NO_CONTACT.to_owned()),
            Some(Some(channel)) => Outcome::PassedOn(channel),
        }))
    }

    fn told(&self, row: &notification::Model, now: DateTime<Utc>) -> Result<Course, Fault> {
        match row.purpose {
            NotificationPurpose::NewPatientMessage => self.to_alert(row, |member| member.alerted),
            NotificationPurpose::UrgentPatientMessage => self.to_alert(row, Follower::is_told),
            NotificationPurpose::UnreadReminder => self.to_remind(row, now),
            NotificationPurpose::NewClinicMessage
            | NotificationPurpose::Invitation
            | NotificationPurpose::SignInCode
            | NotificationPurpose::TextingChanged
            | NotificationPurpose::AttentionNeeded
            | NotificationPurpose::ScheduledMessageStopped
            | NotificationPurpose::CaseAssigned
            | NotificationPurpose::ReminderIncomplete
            | NotificationPurpose::TextNotDelivered
            | NotificationPurpose::CaseClosed
            | NotificationPurpose::PasswordReset => {
                Err(Fault::Corrupt("notification without recipient"))
            }
        }
    }

    /// Who of the followers is to be told and has not seen all that the patient wrote.
    fn to_alert(
        &self,
        row: &notification::Model,
        wanted: impl Fn(&Follower) -> bool,
    ) -> Result<Course, Fault> {
        let thread = Thread::of(row)?;
        let unseen = self.unseen_by(thread, wanted);
        Ok(Course {
            told: unseen.filter_map(|(staff, _)| self.via(staff)).collect(),
            ..Course::ended(Outcome::ToldOn)
        })
    }

    /// Who of the followers wants reminders and has left a message unread for too long, once for each stretch of unread
    /// (NOT-1). What is unread but not old enough sets the next reminder.
    fn to_remind(&self, row: &notification::Model, now: DateTime<Utc>) -> Result<Course, Fault> {
        let thread = Thread::of(row)?;
        let patience = TimeDelta::minutes(self.settings.unread_reminder_minutes.into());
        let (old, young): (Vec<_>, Vec<_>) = self
            .unseen_by(thread, |member| member.reminded)
            .filter(|(_, unseen)| !unseen.reminded)
            .partition(|(_, unseen)| unseen.since + patience <= now);
        let told = old.into_iter().filter_map(|(staff, _)| self.via(staff));
        Ok(Course {
            told: told.collect(),
            next_reminder: young
                .iter()
                .map(|(_, unseen)| unseen.since + patience)
                .min(),
            ..Course::ended(Outcome::ToldOn)
        })
    }

    fn unseen_by(
        &self,
        thread: Thread,
        wanted: impl Fn(&Follower) -> bool,
    ) -> impl Iterator<Item = (StaffId, Unseen)> {
        let followers = self.followers.get(&thread.conversation).into_iter();
        followers
            .flat_map(|followers| &followers.0)
            .filter(move |member| wanted(member))
            .filter_map(move |member| {
                let unseen = self.unseen.get(&(thread.conversation, member.staff))?;
                Some((member.staff, *unseen))
            })
    }

    fn via(&self, staff: StaffId) -> Option<Told> {
        let channel = *self.channels.get(&staff)?;
        Some(Told { staff, channel })
    }
}

/// Whom a notification is for, if that is one person.
fn person(row: &notification::Model) -> Option<(PersonKind, uuid::Uuid)> {
    row.recipient_kind.zip(row.recipient_id)
}

/// Whoever may have to be told what happens in a conversation.
fn readers(thread: Thread, followers: Option<&Followers>) -> Vec<Reader> {
    let members = followers.into_iter().flat_map(|followers| &followers.0);
    members
        .filter(|member| member.is_told())
        .map(|member| Reader {
            thread,
            staff: member.staff,
        })
        .collect()
}
