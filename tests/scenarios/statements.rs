//! What an operation asks of the database does not grow with what is stored: the statements of each, counted at ten rows
//! and at a thousand.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    AttachmentId, AttachmentStatus, Channel, ConversationId, DownloadId, FileForm, FileName,
    MessageBody, MessageId, MessageKind, NotificationId, NotificationPurpose, NotificationStatus,
    PanelRole, PatientId, PersonId, PersonKind, StaffId, UnscannedBecause, attachment,
    conversation, download, message, message_attachment, notification, panel_member, patient,
    read_cursor,
};
use harness::clinic::{Claims, Clinic};
use harness::{canary, on_both_databases, run};
use sea_orm::{
    ActiveModelBehavior, ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, Set,
};
use serde_json::{Value, json};

/// Rows of one statement; the databases limit its values.
const CHUNK: usize = 250;

/// The operations, and the statements that each takes, with `BEGIN` and `COMMIT` left out and with the one that asks who
/// the viewer is.
const OPERATIONS: [(&str, u64, &str); 10] = [
    (
        "a page of the inbox",
        7,
        "{ inbox(filter: ALL, first: 100) { counts { conversations messages } position nodes {
            unreadCount patient { name } lastMessage { body author { name profession } }
            messages(last: 3) { nodes { body attachments { fileName } } } } } }",
    ),
    (
        "a page of the inbox with receipts",
        5,
        "{ inbox(filter: ALL, first: 100) { nodes { receipts { personId sequence readAt } } } }",
    ),
    (
        "a page of downloads",
        6,
        "{ fileDownloads(first: 100) { nodes { fileName personName patientId downloadedAt } } }",
    ),
    (
        "a page of a conversation",
        8,
        "query ($chat: ID!) { conversation(id: $chat) { unreadCount position patient { name } lastMessage { id }
            messages(last: 100) { nodes { body author { name profession }
            attachments { fileName downloadUrl thumbnail { url } } } } } }",
    ),
    (
        "a page of patients with their panels",
        9,
        "{ patients(first: 100) { nodes { name onPanel programs { name } groups { name } consents { language }
            panel { alerted role staffMember { name roles restrictedFrom { name } groups { name } } } } } }",
    ),
    (
        "a page of dead letters",
        4,
        "{ deadLetters(first: 100) { nodes { purpose reason addressee { name } } } }",
    ),
    (
        "sending a message",
        9,
        "mutation ($send: SendMessageInput!) { sendMessage(input: $send) { message { id body author { name } } errors { code } } }",
    ),
    (
        "sending files",
        13,
        "mutation ($files: SendMessageInput!) { sendMessage(input: $files) {
            message { id body author { name } attachments { fileName downloadUrl } } errors { code } } }",
    ),
    (
        "sending a template",
        15,
        "mutation ($words: SendMessageInput!) { sendMessage(input: $words) {
            message { id body author { name } origin { language version } } errors { code } } }",
    ),
    (
        "reading on",
        7,
        "mutation ($read: MarkReadInput!) { markRead(input: $read) { unreadCount } }",
    ),
];

/// A clinic whose every table grows.
struct Growing<'a> {
    clinic: &'a Clinic,
    nurse: Claims,
    chat: ConversationId,
    template: patient::Model,
    /// What the nurse sends in place of her own words.
    words: Value,
}

impl<'a> Growing<'a> {
    async fn start(clinic: &'a Clinic) -> Self {
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
            attachment_count: 1,
            body: MessageBody::new(canary::message("again")),
            idempotency_key: run::unique_name(),
            position: 1,
            created_at: self.template.created_at,
        }
    }

    /// Adds patients with a chat of one message, a colleague's messages to the one chat, and dead letters: from so many of
    /// each to so many.
    async fn grow(&self, from: usize, to: usize) {
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
            form: FileForm::Original,
            reached_by: self.uuid(),
            person_kind: PersonKind::Patient,
            person_id: patient.0,
            session_id: self.nurse.session,
            source: "127.0.0.1".to_owned(),
            created_at: self.template.created_at,
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
    async fn count(&self) -> Vec<(&'static str, u64)> {
        let mut counts = Vec::new();
        for (what, _, document) in OPERATIONS {
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

on_both_databases! {
    async fn statements_do_not_grow_with_the_rows(clinic: &Clinic) {
        let growing = Growing::start(clinic).await;
        // Three messages are sent between.
        for (from, to) in [(0, 10), (13, 1000)] {
            growing.grow(from, to).await;
            for ((what, counted), (_, expected, _)) in growing.count().await.into_iter().zip(OPERATIONS) {
                // What the elements of a list need is gathered while they wait for each other; on a busy machine that may
                // take a round or two more, but never one for each of the hundred patients of the page.
                let spare = match what {
                    "a page of patients with their panels" => 10,
                    "a page of the inbox" | "a page of the inbox with receipts" | "a page of a conversation" => 2,
                    _ => 0,
                };
                assert!((expected..=expected + spare).contains(&counted), "{what} took {counted} at {to} rows");
            }
        }
    }
}
