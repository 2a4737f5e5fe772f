//! The codes of what users can mend.

use async_graphql::Enum;

/// What went wrong, for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum UserErrorCode {
    /// A value is missing or empty.
    Blank,
    /// A value is longer than allowed.
    TooLong,
    /// A value is shorter than allowed.
    TooShort,
    /// The password is one of the first that anybody would try.
    TooCommon,
    /// A value is not of the form that is asked for.
    Invalid,
    /// Another record has this value already.
    Taken,
    /// The phone number is not a valid mobile number.
    NotAMobileNumber,
    /// The idempotency key was used before with different content.
    IdempotencyKeyReused,
    /// The clinic has not switched portal chat on.
    PortalChatOff,
    /// The patient is not enrolled in the portal.
    NotEnrolled,
    /// The clinic takes no files from patients, or not in this conversation.
    PatientUploadsOff,
    /// No e-mail address or phone number is on file.
    NoContactOnFile,
    /// The clinic has no patient portal.
    PortalDisabled,
    /// The patient is not allowed into the portal.
    PatientPortalAccessMissing,
    /// The clinic does not offer conversations of this kind.
    KindNotOffered,
    /// The other side has to write first.
    NotStarted,
    /// The clinic does not take answers in this conversation.
    RepliesNotAllowed,
    /// One answer is taken, until the clinic writes again.
    AlreadyReplied,
    /// The conversation is closed.
    ConversationClosed,
    /// Nobody has begun to work on the case: put it in progress first.
    CaseNotInProgress,
    /// Somebody has changed the status meanwhile; look at it first.
    OutdatedStatus,
    /// The patient has written meanwhile; look at it first.
    PatientWroteMeanwhile,
    /// Only approved templates can be sent here.
    TemplateRequired,
    /// A colleague has answered meanwhile. Show what was missed, and send again with its position to confirm.
    AnsweredMeanwhile,
    /// The e-mail address, password or code is wrong, or has been used or run out.
    InvalidCredentials,
    /// Several others with the e-mail address have passwords, so that one more could not be told from theirs.
    SharedByTooMany,
    /// The refresh token is wrong, has run out, or was used before.
    InvalidRefreshToken,
    /// Too many attempts; try again later.
    TooManyAttempts,
    /// The patient has to agree to the wording.
    ConsentRequired,
    /// The clinic has published another wording meanwhile; show that one and ask again.
    OutdatedWording,
    /// The link or invitation is wrong, was used, or has run out.
    InvalidLink,
    /// A template names a placeholder that does not exist.
    UnknownPlaceholder,
    /// A number is outside of its range, or a list has too many elements.
    OutOfRange,
    /// A template lacks the placeholder without which its notification is worth nothing.
    MissingPlaceholder,
    /// The change would leave nobody who could undo it.
    LastAdministrator,
    /// One setting needs another that is off.
    DependsOnOther,
    /// The file is empty.
    FileEmpty,
    /// The file, or all files of a message together, are longer than allowed.
    FileTooLong,
    /// Files of this type are not taken; the type is decided by the bytes.
    FileTypeNotAllowed,
    /// The file cannot be used: it does not exist, has not arrived as a whole, was refused or used before, or is about
    /// somebody else.
    FileNotUsable,
    /// The malware scanner found something in the file.
    FileInfected,
    /// The file waits for its inspection, and the clinic sends only what was inspected. Try again later.
    FileNotInspected,
    /// No malware scanner has seen all of the file, and the clinic does not send such files.
    FileNotScanned,
    /// Too many files wait to be used, or are sent with one message.
    TooManyFiles,
    /// There is no room for the file.
    StoreFull,
    /// The record is not in a state in which this can be done.
    WrongState,
    /// Somebody has saved another version meanwhile; look at it first.
    OutdatedVersion,
    /// Something has changed since the review; review it again.
    OutdatedReview,
    /// None of the chosen patients can get it, for several reasons.
    NoRecipients,
    /// The template has no text in a language that could be taken.
    NoTranslation,
    /// The text in the language that was to be taken is older than its source.
    TranslationStale,
    /// No text of the template that could be taken is approved.
    TemplateNotApproved,
    /// The template names what the clinic has not said, such as its telephone number.
    ValueMissing,
    /// The patient has had as many reminders on that day as the clinic allows.
    LimitReached,
    /// The clocks leave this time out on that day.
    TimeDoesNotExist,
    /// The time has passed.
    TimePassed,
    /// The clinic has not switched texting on.
    TextingOff,
    /// Another patient has the same number.
    NumberShared,
    /// The number was opted out of texts, by STOP or by staff.
    NumberOptedOut,
    /// The clinic has no number to text from.
    NoTextGateway,
    /// The clinic sends nothing at a later time.
    SchedulingOff,
}
