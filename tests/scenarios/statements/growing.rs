//! A clinic whose every table grows.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    AttachmentId, AttachmentStatus, Channel, ConversationId, DownloadId, FileForm, FileName,
    MessageBody, MessageId, MessageKind, NotificationId, NotificationPurpose, NotificationStatus,
    PanelRole, PatientId, PersonId, PersonKind, ScheduledMessageId, ScheduledStatus, StaffId,
    UnscannedBecause, attachment, conversation, download, message, message_attachment,
    notification, panel_member, patient, read_cursor, scheduled_message,
};
use harness::clinic::{Claims, Clinic};
use harness::{canary, run};
use sea_orm::{
    ActiveModelBehavior, ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, Set,
};
use serde_json::{Value, json};

/// Rows of one statement; the databases limit its values.
const CHUNK: usize = 250;

/// A clinic whose every table grows.
pub(super) struct Growing<'a> {
    clinic: &'a Clinic,
    nurse: Claims,
    chat: ConversationId,
    template: patient::Model,
    /// What the nurse sends in place of her own words.
    words: Value,
}

impl<'a> Growing<'a> {
    pub(super) async fn start(clinic: &'a Clinic) -> Self {
        let nurse = clinic.staff("Nora", &["CLINICIAN", "ADMINISTRATOR"]).await;
        let team =
            json!({ "careTeamIds": [harness::clinic::public_id(nurse)], "portalAllowed": true });
        let id =
            PatientId::from_public(&clinic.patient(&canary::name("Paul"), team).await).unwrap();
        let organization = clinic.ours.organization;
        let reader = clinic.core.store.reader();
        let template = patient::Entity::find_by_id((organization, id))
            .one(reader)
            .await
            .unwrap()
            .unwrap();
        let mut row = template.clone().into_active_model();
        row.enrolled_at = Set(Some(template.created_at));
        row.update(clinic.core.store.writer()).await.unwrap();
        let found = conversation::Entity::find()
            .filter(conversation::Column::OrganizationId.eq(organization))
            .filter(conversation::Column::PatientId.eq(id));
        let chat = found.one(reader).await.unwrap().unwrap().id;
        let shown = json!({ "rules": [{ "kind": "CARE_TEAM_CHAT", "receipts": "STAFF" }] });
        clinic.set(shown).await;
        Self {
            clinic,
            nurse,
            chat,
            template,
            words: crate::reminders::template(clinic, &[("en", "Your results")]).await,
        }
    }

    fn nurse(&self) -> StaffId {
        match self.nurse.person {
            PersonId::Staff(id) => id,
            PersonId::Patient(_) => panic!("the nurse is of the staff"),
        }
    }

    fn uuid(&self) -> uuid::Uuid {
        self.clinic.core.entropy.uuid(self.clinic.core.clock.now())
    }

    async fn insert<M, A>(&self, rows: Vec<M>)
    where
        M: IntoActiveModel<A>,
        A: ActiveModelTrait + ActiveModelBehavior + Send,
    {
        let mut rows = rows
            .into_iter()
            .map(IntoActiveModel::into_active_model)
            .peekable();
        while rows.peek().is_some() {
            let some: Vec<A> = rows.by_ref().take(CHUNK).collect();
            let insert = A::Entity::insert_many(some)
                .exec_without_returning(self.clinic.core.store.writer());
            insert.await.unwrap();
        }
    }

    fn written(
        &self,
        conversation_id: ConversationId,
        author: PatientId,
        seq: i64,
    ) -> message::Model {
        message::Model {
            organization_id: self.clinic.ours.organization,
            id: MessageId(self.uuid()),
            conversation_id,
            seq,
            visible_seq: seq,
            author_kind: PersonKind::Patient,
            author_id: author.0,
            author_ordinal: seq,
            kind: MessageKind::Message,
            channel: Channel::Portal,
            title: None,
            html: None,
            template_id: None,
            template_language: None,
            template_version: None,
            urgent: false,
            opt_out_wish: false,
            after_close: false,
            attachment_count: 1,
            body: MessageBody::new(canary::message("again")),
            idempotency_key: run::unique_name(),
            position: 1,
            created_at: self.template.created_at,
        }
    }

    /// Adds patients with a chat of one message, a colleague's messages to the one chat, and dead letters: from so many of
    /// each to so many.
    pub(super) async fn grow(&self, from: usize, to: usize) {
        let organization_id = self.clinic.ours.organization;
        let now = self.template.created_at;
        let (mut patients, mut chats, mut panels) = (Vec::new(), Vec::new(), Vec::new());
        let (mut messages, mut letters, mut cursors) = (Vec::new(), Vec::new(), Vec::new());
        let mut downloads = Vec::new();
        let file = self.upload(None).await;
        for number in from..to {
            let (id, chat) = (PatientId(self.uuid()), ConversationId(self.uuid()));
            patients.push(patient::Model {
                id,
                email: None,
                email_key: None,
                ..self.template.clone()
            });
            chats.push(conversation::Model {
                seq: 1,
                visible_seq: 1,
                last_author_kind: Some(PersonKind::Patient),
                last_patient_channel: None,
                ..conversation::Model::care_team_chat(organization_id, chat, id, now)
            });
            panels.push(panel_member::Model {
                organization_id,
                patient_id: id,
                staff_id: self.nurse(),
                role: PanelRole::CareTeam,
                joined_at: now,
            });
            messages.push(self.written(chat, id, 1));
            messages.push(self.written(self.chat, self.template.id, number as i64 + 1));
            letters.push(self.dead_letter(id, chat));
            downloads.push(self.download(file, id));
            cursors.push(read_cursor::Model {
                organization_id,
                conversation_id: chat,
                person_kind: PersonKind::Patient,
                person_id: id.0,
                seq: 1,
                visible_seq: 1,
                own_total: 1,
                own_seen: 1,
                reminded_seq: 0,
                read_at: None,
            });
        }
        self.insert(patients).await;
        self.insert(chats).await;
        self.insert(panels).await;
        let files: Vec<_> = messages.iter().map(|message| held(message, file)).collect();
        self.insert(messages).await;
        self.insert(files).await;
        self.insert(letters).await;
        self.insert(downloads).await;
        let waiting: Vec<_> = (from..to).map(|_| self.scheduled()).collect();
        self.insert(waiting).await;
        self.insert(cursors).await;
        self.tell_the_chat(to as i64).await;
    }

    /// A file of the nurse's about the one patient, which waits to be used until then.
    async fn upload(&self, expires_at: Option<DateTime<Utc>>) -> AttachmentId {
        let now = self.clinic.core.clock.now();
        let id = AttachmentId(self.uuid());
        let row = attachment::Model {
            organization_id: self.clinic.ours.organization,
            id,
            uploaded_by_kind: PersonKind::Staff,
            uploaded_by_id: self.nurse().0,
            patient_id: self.template.id,
            file_name: FileName::new(canary::name("letter.txt")),
            length: 1,
            received: 1,
            media_type: Some("text/plain".to_owned()),
            expected_sha256: None,
            sha256: None,
            status: AttachmentStatus::Unscanned,
            unscanned_because: Some(UnscannedBecause::NoScanner),
            disposal: None,
            expires_at,
            due_at: now,
            attempts: 1,
            leased_until: None,
            leased_by: None,
            thumbnail_width: Some(1),
            thumbnail_height: Some(1),
            thumbnail_length: Some(1),
            created_at: now,
        };
        self.insert(vec![row]).await;
        id
    }

    fn download(&self, file: AttachmentId, patient: PatientId) -> download::Model {
        download::Model {
            organization_id: self.clinic.ours.organization,
            id: DownloadId(self.uuid()),
            attachment_id: file,
            patient_id: Some(patient),
            form: FileForm::Original,
            reached_by: self.uuid(),
            person_kind: PersonKind::Patient,
            person_id: patient.0,
            session_id: self.nurse.session,
            source: "127.0.0.1".to_owned(),
            created_at: self.template.created_at,
        }
    }

    /// A message of the nurse's that was scheduled in the one chat.
    fn scheduled(&self) -> scheduled_message::Model {
        let now = self.template.created_at;
        scheduled_message::Model {
            organization_id: self.clinic.ours.organization,
            id: ScheduledMessageId(self.uuid()),
            patient_id: self.template.id,
            conversation_id: Some(self.chat),
            author_id: self.nurse(),
            title: None,
            template_id: None,
            body: Some(MessageBody::new(canary::message("later"))),
            html: None,
            allow_reply: None,
            seen_seq: None,
            idempotency_key: run::unique_name(),
            request: Vec::new(),
            local_time: "2027-07-01T09:00:00".to_owned(),
            time_zone: "Europe/London".to_owned(),
            due_at: now,
            attempts: 0,
            rests_until: None,
            expires_at: None,
            status: ScheduledStatus::Cancelled,
            refusal: None,
            message_id: None,
            created_at: now,
            settled_at: Some(now),
        }
    }

    fn dead_letter(&self, patient: PatientId, chat: ConversationId) -> notification::Model {
        let now = self.template.created_at;
        notification::Model {
            organization_id: self.clinic.ours.organization,
            id: NotificationId(self.uuid()),
            purpose: NotificationPurpose::NewPatientMessage,
            recipient_kind: Some(PersonKind::Staff),
            recipient_id: Some(self.nurse().0),
            channel: Some(Channel::Email),
            patient_id: Some(patient),
            conversation_id: Some(chat),
            seq: Some(1),
            subject_id: None,
            coalesce_key: None,
            status: NotificationStatus::Dead,
            due_at: now,
            attempts: 8,
            leased_until: None,
            leased_by: None,
            last_error: Some("smtp connection".to_owned()),
            created_at: now,
            settled_at: Some(now),
        }
    }

    /// Lets the one chat and its patient's cursor know of the messages that were put into it.
    async fn tell_the_chat(&self, seq: i64) {
        let writer = self.clinic.core.store.writer();
        let organization_id = self.clinic.ours.organization;
        let chat = conversation::ActiveModel {
            organization_id: Set(organization_id),
            id: Set(self.chat),
            seq: Set(seq),
            visible_seq: Set(seq),
            ..Default::default()
        };
        chat.update(writer).await.unwrap();
        let of_patient = read_cursor::Entity::delete_many()
            .filter(read_cursor::Column::ConversationId.eq(self.chat))
            .filter(read_cursor::Column::PersonKind.eq(PersonKind::Patient));
        of_patient.exec(writer).await.unwrap();
        self.insert(vec![read_cursor::Model {
            organization_id,
            conversation_id: self.chat,
            person_kind: PersonKind::Patient,
            person_id: self.template.id.0,
            seq,
            visible_seq: seq,
            own_total: seq,
            own_seen: seq,
            reminded_seq: 0,
            read_at: None,
        }])
        .await;
    }

    async fn newest(&self) -> MessageId {
        let found = message::Entity::find()
            .filter(message::Column::ConversationId.eq(self.chat))
            .order_by_desc(message::Column::Seq);
        found
            .one(self.clinic.core.store.reader())
            .await
            .unwrap()
            .unwrap()
            .id
    }

    async fn variables(&self) -> Value {
        let chat = self.chat.to_public();
        let soon = self.clinic.core.clock.now() + TimeDelta::hours(1);
        let files = [self.upload(Some(soon)).await, self.upload(Some(soon)).await];
        json!({
            "files": { "conversationId": chat, "attachmentIds": files.map(AttachmentId::to_public), "idempotencyKey": run::unique_name() },
            "words": { "conversationId": chat, "templateId": self.words, "idempotencyKey": run::unique_name() },
            "chat": chat,
            "send": { "conversationId": chat, "body": canary::message("counted"), "idempotencyKey": run::unique_name() },
            "read": { "conversationId": chat, "messageId": self.newest().await.to_public() },
        })
    }

    /// What each operation took.
    pub(super) async fn count(&self) -> Vec<(&'static str, u64)> {
        let mut counts = Vec::new();
        for (what, _, document) in super::OPERATIONS {
            let variables = self.variables().await;
            let before = self.clinic.core.store.statements();
            let data = self.clinic.ask(self.nurse, document, variables).await;
            counts.push((what, self.clinic.core.store.statements() - before));
            let payload = data.as_object().unwrap().values().next().unwrap();
            assert_eq!(
                payload.get("errors").unwrap_or(&json!([])),
                &json!([]),
                "{what}"
            );
        }
        counts
    }
}

/// What makes a file one of a message.
fn held(message: &message::Model, file: AttachmentId) -> message_attachment::Model {
    message_attachment::Model {
        organization_id: message.organization_id,
        message_id: message.id,
        ordinal: 0,
        attachment_id: file,
        document_id: None,
        conversation_id: message.conversation_id,
    }
}
