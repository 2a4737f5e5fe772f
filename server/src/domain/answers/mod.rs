//! That patients are answered: until when they can expect it (NEW-4), and that somebody hears them at all (NEW-3).
//!
//! A *stretch* begins with a patient's message that nobody has answered, and ends with the next message of a staff member, or
//! when somebody says that what was written needs none, or when the conversation is closed. What a patient writes after the end begins one as well, of which nothing was promised; so
//! does opening a conversation again in which the patient had the last word. Notes do not end it, nor does what a machine says. It is kept in columns of the
//! conversation, which are written by the statement that writes the conversation anyway.
//!
//! Whatever may make a conversation remarkable sets the moment at which it is to be looked at: an answer is due then, to what the
//! patient wrote or to a case for the first time, or somebody has come or gone who may have been the last to listen, whether the
//! patient waits or not. A worker looks, under the conversation's lock.

mod contacts;
mod expected;
mod held;
mod look;
mod look_again;
mod mark;
mod settings;
mod stretch;
mod tell;
mod unattended;
mod unheard;

pub(in crate::domain) use contacts::{contacts, contacts_of_text};
pub use expected::{ExpectedAnswer, expected};
pub use look::look;
pub(in crate::domain) use look_again::{Scope, look_again};
pub use mark::{answer_marks, mark_answered};
pub use settings::{AnswerChanges, AnswerSettings, MAX_CONTACTS};
pub(in crate::domain) use settings::{check_answers, check_reached, require_contacts};
pub(in crate::domain) use stretch::{ENDED, Stretch, resumed};
pub(in crate::domain) use tell::{Call, notify};
pub use unattended::{Unattended, UnattendedCursor, unattended};
pub(in crate::domain) use unheard::call_for_unheard;
