//! The closed sets of words that columns hold.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal,)+ })+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
        #[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))")]
        #[serde(rename_all = "SCREAMING_SNAKE_CASE")]
        pub enum $name {
            $($(#[$vdoc])* #[sea_orm(string_value = $text)] $variant,)+
        }

        impl $name {
            /// The word as the database holds it.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }
    )+};
}

words! {
    /// Which kind of person an id belongs to.
    PersonKind {
        /// A staff member.
        Staff = "STAFF",
        /// A patient.
        Patient = "PATIENT",
    }
    /// Whether a staff member may sign in.
    StaffStatus {
        /// May sign in and is alerted.
        Active = "ACTIVE",
        /// May not sign in; what they wrote stays.
        Deactivated = "DEACTIVATED",
    }
    /// Why a staff member stands in a patient's care team panel.
    PanelRole {
        /// Documented on the patient's chart as a member of the care team.
        CareTeam = "CARE_TEAM",
        /// Not on the care team, but asked to be alerted for this patient.
        NotificationUser = "NOTIFICATION_USER",
    }
    /// Who a group is made of.
    GroupKind {
        /// Patients.
        Patients = "PATIENTS",
        /// Staff members.
        Staff = "STAFF",
    }
    /// What a conversation is for.
    ConversationKind {
        /// The one chat that a patient has with their care team.
        CareTeamChat = "CARE_TEAM_CHAT",
        /// A titled message that the clinic begins.
        SecureMessage = "SECURE_MESSAGE",
        /// The chat inside a contact request.
        Case = "CASE",
        /// A reminder that cannot be answered.
        Announcement = "ANNOUNCEMENT",
    }
    /// Whether a conversation goes on.
    ConversationStatus {
        /// It goes on.
        Open = "OPEN",
        /// It has ended: nobody writes in it until it is opened again.
        Closed = "CLOSED",
    }
    /// Where a case stands.
    CaseStatus {
        /// Nobody works on it yet.
        New = "NEW",
        /// Somebody works on it: the clinic and the patient can write to each other.
        InProgress = "IN_PROGRESS",
        /// It is done, and stands in the archive.
        Complete = "COMPLETE",
    }
    /// How a case came to the clinic.
    CaseSource {
        /// The patient wrote it in the portal.
        Portal = "PORTAL",
        /// Another system brought what the patient wrote there.
        Integration = "INTEGRATION",
        /// A staff member wrote down what was said on the telephone.
        Telephone = "TELEPHONE",
        /// A staff member opened it.
        Staff = "STAFF",
    }
    /// How soon a case is to be worked on.
    CasePriority {
        /// When there is time.
        Low = "LOW",
        /// In its turn.
        Normal = "NORMAL",
        /// Before others.
        High = "HIGH",
        /// At once.
        Urgent = "URGENT",
    }
    /// What of a case was changed.
    CaseChangeKind {
        /// Where it stands.
        Status = "STATUS",
        /// Who works on it.
        Assignment = "ASSIGNMENT",
        /// How soon it is to be worked on.
        Priority = "PRIORITY",
        /// By which number it is held.
        Number = "NUMBER",
    }
    /// Whether the patient may answer in a conversation.
    Replies {
        /// Never.
        None = "NONE",
        /// One answer to what the clinic has written; the next one when the clinic has written again.
        Once = "ONCE",
        /// As often as they like, as long as the conversation is open.
        WhileOpen = "WHILE_OPEN",
    }
    /// What stands in a conversation.
    MessageKind {
        /// A message that patient and staff see.
        Message = "MESSAGE",
        /// An internal note that only staff see.
        Note = "NOTE",
    }
    /// The way that a message or a notification travels.
    Channel {
        /// The patient portal or the staff application.
        Portal = "PORTAL",
        /// A text message.
        Sms = "SMS",
        /// An e-mail: notifications only, never a message.
        Email = "EMAIL",
    }
    /// What happened in an organization.
    EventKind {
        /// A message was stored.
        MessagePosted = "MESSAGE_POSTED",
        /// An internal note was stored.
        NoteAdded = "NOTE_ADDED",
        /// A file of a message was inspected.
        AttachmentInspected = "ATTACHMENT_INSPECTED",
        /// Somebody read a conversation further.
        ReadCursorMoved = "READ_CURSOR_MOVED",
        /// A conversation was closed or opened again.
        ConversationChanged = "CONVERSATION_CHANGED",
        /// A case was opened, or something of it has changed that its patient sees too.
        CaseChanged = "CASE_CHANGED",
        /// The assignment or priority of a case has changed, or its first answer is overdue: nothing that its patient sees.
        CaseWorkChanged = "CASE_WORK_CHANGED",
        /// A message or note was stored in a case: for those who watch the list of cases.
        CaseWritten = "CASE_WRITTEN",
        /// A staff member has hidden a conversation from their own lists, or taken it back into them.
        ThreadHidden = "THREAD_HIDDEN",
        /// A staff member was added to a conversation's participants, or removed from them.
        ParticipantsChanged = "PARTICIPANTS_CHANGED",
        /// A patient's care team panel changed.
        PanelChanged = "PANEL_CHANGED",
        /// A patient's programs, enrolment or portal access changed.
        PatientAccessChanged = "PATIENT_ACCESS_CHANGED",
        /// A staff member's roles, restrictions or status changed.
        StaffAccessChanged = "STAFF_ACCESS_CHANGED",
        /// The organization's settings changed.
        SettingsChanged = "SETTINGS_CHANGED",
        /// A session, or every session of a person, was revoked.
        SessionRevoked = "SESSION_REVOKED",
        /// A message was scheduled in a conversation, cancelled, held back or released, or could not leave.
        ScheduledMessagesChanged = "SCHEDULED_MESSAGES_CHANGED",
        /// A reminder was queued or cancelled, or some more of its messages have left.
        ReminderProgressed = "REMINDER_PROGRESSED",
        /// A text of a message came a step further on its way.
        TextMoved = "TEXT_MOVED",
        /// A patient's enrolment in texting changed.
        TextingChanged = "TEXTING_CHANGED",
        /// A patient had no answer by when one could be expected.
        AnswerOverdue = "ANSWER_OVERDUE",
        /// A patient waits for an answer, and nobody would be alerted of what they write.
        ConversationUnattended = "CONVERSATION_UNATTENDED",
        /// An urgent message came, and it alerts nobody whose conversation it is.
        UrgentUnheard = "URGENT_UNHEARD",
        /// A text that could not be placed is urgent, or sounds as if its sender wanted no more texts.
        TextNeedsAttention = "TEXT_NEEDS_ATTENTION",
    }
    /// What a notification is for.
    NotificationPurpose {
        /// Tells a staff member that a patient wrote.
        NewPatientMessage = "NEW_PATIENT_MESSAGE",
        /// Reminds a staff member of a patient's message that stayed unread.
        UnreadReminder = "UNREAD_REMINDER",
        /// Tells a staff member that a patient wrote something urgent.
        UrgentPatientMessage = "URGENT_PATIENT_MESSAGE",
        /// Tells a staff member that a patient's enrolment in texting changed.
        TextingChanged = "TEXTING_CHANGED",
        /// Tells a staff member that something of a patient needs attention which nobody has given it.
        AttentionNeeded = "ATTENTION_NEEDED",
        /// Tells a staff member that a message that they set for a later time has not left.
        ScheduledMessageStopped = "SCHEDULED_MESSAGE_STOPPED",
        /// Tells a staff member that a colleague has assigned a case to them.
        CaseAssigned = "CASE_ASSIGNED",
        /// Tells a staff member that a reminder that they sent has ended, and not all who were to get it did.
        ReminderIncomplete = "REMINDER_INCOMPLETE",
        /// Tells a staff member that a message of theirs did not arrive as a text.
        TextNotDelivered = "TEXT_NOT_DELIVERED",
        /// What a patient is answered by text who writes after the end of a case. It is a text of its own, and never a
        /// notification.
        CaseClosed = "CASE_CLOSED",
        /// Tells a patient that the clinic wrote.
        NewClinicMessage = "NEW_CLINIC_MESSAGE",
        /// Invites a patient into the portal, or a staff member to set their first password.
        Invitation = "INVITATION",
        /// Carries a one-time code for signing in.
        SignInCode = "SIGN_IN_CODE",
        /// Carries a link for setting a new password.
        PasswordReset = "PASSWORD_RESET",
    }
    /// What carries an organization's texts.
    TextGatewayKind {
        /// Twilio, or what speaks its API.
        Twilio = "TWILIO",
        /// Kannel's sendsms interface.
        Kannel = "KANNEL",
        /// The development outbox: nothing leaves.
        Development = "DEVELOPMENT",
    }
    /// Which way a text went.
    TextDirection {
        /// To a person.
        Outbound = "OUTBOUND",
        /// From a person.
        Inbound = "INBOUND",
    }
    /// What a text is for.
    TextPurpose {
        /// It is a message of a conversation.
        Message = "MESSAGE",
        /// It tells of something and holds a link or code.
        Notification = "NOTIFICATION",
        /// It asks a patient to agree to texting, or answers what came of it.
        Enrolment = "ENROLMENT",
        /// It confirms that nothing more will come. It alone goes to a number that is blocked.
        StopConfirmation = "STOP_CONFIRMATION",
        /// It answers by itself: help, or how to reach the clinic by other means.
        AutomaticAnswer = "AUTOMATIC_ANSWER",
    }
    /// Where a text stands. It only moves forward.
    TextState {
        /// It waits to be handed to the gateway.
        Queued = "QUEUED",
        /// The gateway has taken it.
        Sent = "SENT",
        /// The gateway says that it has arrived.
        Delivered = "DELIVERED",
        /// It did not arrive, and will not.
        Failed = "FAILED",
        /// It came in.
        Received = "RECEIVED",
    }
    /// Why a text did not arrive.
    TextFailure {
        /// The number has opted out of texts from this clinic.
        OptedOut = "OPTED_OUT",
        /// The patient has another number by now.
        NumberChanged = "NUMBER_CHANGED",
        /// Another patient has the same number by now.
        NumberShared = "NUMBER_SHARED",
        /// The number is not one that can be texted.
        InvalidNumber = "INVALID_NUMBER",
        /// The number is a landline.
        Landline = "LANDLINE",
        /// The phone is off or out of reach.
        Unreachable = "UNREACHABLE",
        /// The network does not know the number, or it is not in use any more.
        UnknownSubscriber = "UNKNOWN_SUBSCRIBER",
        /// The carrier blocked or filtered the text.
        CarrierBlocked = "CARRIER_BLOCKED",
        /// The gateway does not let the clinic send, such as for wrong credentials, a wrong sender number or an empty account.
        GatewayRefused = "GATEWAY_REFUSED",
        /// The gateway could not be reached for too long.
        GatewayUnavailable = "GATEWAY_UNAVAILABLE",
        /// The clinic has no gateway any more.
        NoGateway = "NO_GATEWAY",
        /// The carrier said no more than that it did not arrive.
        Unknown = "UNKNOWN",
    }
    /// How the letters of a text are counted.
    TextEncoding {
        /// The letters of the GSM alphabet.
        Gsm7 = "GSM_7",
        /// Any letter, two bytes each.
        Ucs2 = "UCS_2",
    }
    /// Where a text that came in stands.
    InboundState {
        /// It was stored and waits for its turn.
        Pending = "PENDING",
        /// It has had its effect.
        Applied = "APPLIED",
        /// It could not be placed.
        Quarantined = "QUARANTINED",
    }
    /// Why a text could not be placed.
    QuarantineReason {
        /// No patient has the number that it came from.
        UnknownSender = "UNKNOWN_SENDER",
        /// Several patients have the number that it came from.
        SharedNumber = "SHARED_NUMBER",
        /// It did not come from a mobile number.
        ForeignSender = "FOREIGN_SENDER",
        /// It was sent to a number that is not one of the clinic's.
        UnknownReceiver = "UNKNOWN_RECEIVER",
        /// The clinic does not text with the patient, or not any more.
        NotEnrolled = "NOT_ENROLLED",
        /// It sounds as if its sender wanted no more texts, and nobody's chat could say so.
        OptOutWish = "OPT_OUT_WISH",
        /// It could not be handled again and again.
        NotHandled = "NOT_HANDLED",
    }
    /// What became of a text that could not be placed.
    QuarantineState {
        /// Nobody has looked after it.
        Open = "OPEN",
        /// A staff member said whose it is.
        Assigned = "ASSIGNED",
        /// A staff member put it away.
        Dismissed = "DISMISSED",
    }
    /// Where a patient's enrolment in texting stands.
    TextingStatus {
        /// Nobody has asked the patient.
        None = "NONE",
        /// The patient was asked for their date of birth.
        Pending = "PENDING",
        /// The patient and the clinic can text.
        Enabled = "ENABLED",
        /// The patient has not said their date of birth.
        Failed = "FAILED",
        /// The patient gets no texts.
        OptedOut = "OPTED_OUT",
    }
    /// Why an enrolment in texting failed.
    TextingFailure {
        /// Three answers were wrong.
        WrongAnswers = "WRONG_ANSWERS",
        /// Two weeks passed.
        TimePassed = "TIME_PASSED",
    }
    /// Who wanted a patient to get no more texts.
    OptedOutBy {
        /// Whoever has the phone.
        Patient = "PATIENT",
        /// A staff member.
        Staff = "STAFF",
    }
    /// Whether consent to texts was given or taken back.
    ConsentChange {
        /// Given.
        Granted = "GRANTED",
        /// Taken back.
        Revoked = "REVOKED",
    }
    /// How consent to texts was given or taken back.
    ConsentSource {
        /// The patient answered the clinic's question by text.
        TextAnswer = "TEXT_ANSWER",
        /// A keyword came by text: STOP or START.
        TextKeyword = "TEXT_KEYWORD",
        /// A staff member noted it.
        Staff = "STAFF",
        /// The number is not the patient's any more.
        NumberChanged = "NUMBER_CHANGED",
        /// The gateway sends nothing more to the number, as STOP came to it.
        Gateway = "GATEWAY",
    }
    /// Where a message that leaves at a later time stands.
    ScheduledStatus {
        /// It has not left.
        Waiting = "WAITING",
        /// It stands in the conversation.
        Sent = "SENT",
        /// It was cancelled before it left.
        Cancelled = "CANCELLED",
        /// It could not leave before it expired.
        Expired = "EXPIRED",
        /// Somebody has written since its author looked; it waits until somebody confirms it.
        Held = "HELD",
        /// It could not be stored when it was due.
        Refused = "REFUSED",
        /// The server failed to store it again and again.
        Failed = "FAILED",
    }
    /// Why a scheduled message could not be stored when it was due.
    ScheduledRefusal {
        /// Its author has left, writes no messages any more, or does not reach the patient any more.
        AuthorNotAllowed = "AUTHOR_NOT_ALLOWED",
        /// The clinic has switched portal chat off.
        PortalChatOff = "PORTAL_CHAT_OFF",
        /// The patient is not enrolled in the portal.
        NotEnrolled = "NOT_ENROLLED",
        /// The clinic has no patient portal.
        PortalDisabled = "PORTAL_DISABLED",
        /// The patient is not allowed into the portal.
        PatientPortalAccessMissing = "PATIENT_PORTAL_ACCESS_MISSING",
        /// Neither an address nor a mobile number of the patient is on file.
        NoContactOnFile = "NO_CONTACT_ON_FILE",
        /// Only texts would reach the patient, who has opted out of them.
        NumberOptedOut = "NUMBER_OPTED_OUT",
        /// The clinic does not offer conversations of this kind any more.
        KindNotOffered = "KIND_NOT_OFFERED",
        /// The patient has to write first.
        NotStarted = "NOT_STARTED",
        /// The conversation is closed.
        ConversationClosed = "CONVERSATION_CLOSED",
        /// Nobody has begun to work on the case.
        CaseNotInProgress = "CASE_NOT_IN_PROGRESS",
        /// Only approved templates can be sent here.
        TemplateRequired = "TEMPLATE_REQUIRED",
        /// The template has no text in a language that could be taken.
        NoTranslation = "NO_TRANSLATION",
        /// The text in the language that was to be taken is older than its source.
        TranslationStale = "TRANSLATION_STALE",
        /// No text of the template that could be taken is approved.
        TemplateNotApproved = "TEMPLATE_NOT_APPROVED",
        /// The template names what the clinic has not said, such as its telephone number.
        ValueMissing = "VALUE_MISSING",
        /// One of the staff members to whom it is addressed is no active clinician any more, or restricted from the patient.
        RecipientNotAllowed = "RECIPIENT_NOT_ALLOWED",
        /// The malware scanner has found something in a file.
        FileInfected = "FILE_INFECTED",
        /// A file still waits for its inspection or was not scanned, and the clinic sends only what was.
        FileNotInspected = "FILE_NOT_INSPECTED",
        /// A file is gone, or the clinic does not send so many or so long ones any more.
        FileNotUsable = "FILE_NOT_USABLE",
        /// The server failed to store it again and again.
        ServerFailed = "SERVER_FAILED",
    }
    /// Where a reminder stands.
    ReminderStatus {
        /// None of its messages has left.
        Queued = "QUEUED",
        /// Some have left, others have not.
        Running = "RUNNING",
        /// None is left to send.
        Done = "DONE",
        /// Cancelled: what had not left by then does not leave.
        Cancelled = "CANCELLED",
    }
    /// Where a reminder stands for one patient.
    RecipientStatus {
        /// The message has not left.
        Waiting = "WAITING",
        /// The message stands in the patient's announcements.
        Sent = "SENT",
        /// The patient gets none.
        Skipped = "SKIPPED",
        /// The server failed to let it leave again and again.
        Failed = "FAILED",
        /// It was cancelled before it left.
        Cancelled = "CANCELLED",
    }
    /// Why a patient gets no message of a reminder.
    SkipReason {
        /// Nothing is on file for any of the ways by which the clinic notifies patients.
        NoContactOnFile = "NO_CONTACT_ON_FILE",
        /// Only texts would reach the patient, who has opted out of them.
        NumberOptedOut = "NUMBER_OPTED_OUT",
        /// The clinic has no patient portal.
        PortalDisabled = "PORTAL_DISABLED",
        /// The patient is not allowed into the portal.
        PatientPortalAccessMissing = "PATIENT_PORTAL_ACCESS_MISSING",
        /// The clinic does not offer announcements.
        KindNotOffered = "KIND_NOT_OFFERED",
        /// The template has no text in a language that could be taken.
        NoTranslation = "NO_TRANSLATION",
        /// The text in the language that was to be taken is older than its source.
        TranslationStale = "TRANSLATION_STALE",
        /// There is a text in a language that could be taken, and it is not approved.
        TemplateNotApproved = "TEMPLATE_NOT_APPROVED",
        /// The text names what the clinic has not said, such as its telephone number.
        ValueMissing = "VALUE_MISSING",
        /// The patient has had as many reminders on that day as the clinic allows.
        LimitReached = "LIMIT_REACHED",
        /// The clocks of the patient's time zone leave this time out on that day.
        TimeDoesNotExist = "TIME_DOES_NOT_EXIST",
        /// The time has passed in the patient's time zone.
        TimePassed = "TIME_PASSED",
        /// It could not leave before it expired.
        Expired = "EXPIRED",
        /// The staff member who sent it has left, writes no messages any more, or does not reach the patient any more.
        SenderNotAllowed = "SENDER_NOT_ALLOWED",
        /// The server failed to let it leave again and again.
        ServerFailed = "SERVER_FAILED",
    }
    /// Where a version of a message template's text stands.
    TemplateTextState {
        /// Written, and not approved yet.
        Draft = "DRAFT",
        /// Approved, and sent from.
        Approved = "APPROVED",
        /// Was approved, and is sent no more.
        Retired = "RETIRED",
    }
    /// How far a file has come.
    AttachmentStatus {
        /// Its bytes are arriving.
        Uploading = "UPLOADING",
        /// It is here and waits for its inspection.
        Pending = "PENDING",
        /// The malware scanner found nothing.
        Clean = "CLEAN",
        /// It was inspected, and no malware scanner has seen all of it.
        Unscanned = "UNSCANNED",
        /// The malware scanner found something; its bytes are removed.
        Infected = "INFECTED",
        /// It is not what its sender announced; its bytes are removed.
        Refused = "REFUSED",
    }
    /// Why no malware scanner has seen all of a file.
    UnscannedBecause {
        /// There is none.
        NoScanner = "NO_SCANNER",
        /// It could not read all of it: the file is too long for it, or what it holds unpacks to too much, or is encrypted.
        NotWhole = "NOT_WHOLE",
    }
    /// What of a file is about to be removed.
    AttachmentDisposal {
        /// Its bytes; the row stays and says why.
        Bytes = "BYTES",
        /// Its bytes, and then its row.
        Whole = "WHOLE",
    }
    /// What a file of a patient's chart is.
    DocumentKind {
        /// A letter to or about the patient.
        Letter = "LETTER",
        /// A result of a laboratory.
        LabResult = "LAB_RESULT",
        /// A picture, such as of a wound or from radiology.
        Image = "IMAGE",
        /// A referral.
        Referral = "REFERRAL",
        /// A prescription.
        Prescription = "PRESCRIPTION",
        /// A form.
        Form = "FORM",
        /// A summary of a visit or stay.
        VisitSummary = "VISIT_SUMMARY",
        /// Anything else.
        Other = "OTHER",
    }
    /// Which form of a file was downloaded.
    FileForm {
        /// The file itself.
        Original = "ORIGINAL",
        /// The small picture made of it.
        Thumbnail = "THUMBNAIL",
    }
    /// Where a notification stands.
    NotificationStatus {
        /// Waits until it is due.
        Pending = "PENDING",
        /// Was handed to the mail server or gateway, which took it.
        Sent = "SENT",
        /// Was no longer needed when it came due.
        Skipped = "SKIPPED",
        /// Failed for good; an administrator can retry it.
        Dead = "DEAD",
    }
}

/// What is remarkable of a text. The higher the number, the sooner somebody should look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, DeriveValueType)]
pub struct TextRemarks(pub i16);

impl TextRemarks {
    /// It sounds as if its sender wanted no more texts.
    pub const OPT_OUT_WISH: Self = Self(1);
    /// It holds words that the clinic treats as urgent.
    pub const URGENT: Self = Self(2);

    /// Whether all of these are among them.
    #[must_use]
    pub const fn hold(self, remarks: Self) -> bool {
        self.0 & remarks.0 == remarks.0
    }

    /// These and those.
    #[must_use]
    pub const fn with(self, remarks: Self) -> Self {
        Self(self.0 | remarks.0)
    }
}

/// Roles of a staff member (PEO-2). A person can hold several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, DeriveValueType)]
pub struct Roles(pub i16);

impl Roles {
    /// Settings, staff, templates, audit.
    pub const ADMINISTRATOR: Self = Self(1);
    /// All messaging.
    pub const CLINICIAN: Self = Self(2);
    /// Campaigns and imports.
    pub const OUTREACH_MANAGER: Self = Self(4);

    /// Whether all of `roles` are held.
    #[must_use]
    pub const fn hold(self, roles: Self) -> bool {
        self.0 & roles.0 == roles.0
    }

    /// These roles and those.
    #[must_use]
    pub const fn with(self, roles: Self) -> Self {
        Self(self.0 | roles.0)
    }
}
