//! English.

use super::{Text, Texts};

pub(super) const TEXTS: Texts = Texts {
    language: "en",
    new_patient_message: Text {
        subject: "New patient message",
        email: "A patient has sent a message to {{ clinic_name }}.\n\nSign in to read it:\n{{ link }}\n\nYou get this e-mail because \"New patient message\" is on in your notification settings.",
        sms: "{{ clinic_name }}: a patient has sent a message. Sign in to read it: {{ link }}",
    },
    unread_reminder: Text {
        subject: "A patient message is still unread",
        email: "A patient's message to {{ clinic_name }} is still unread.\n\nSign in to read it:\n{{ link }}\n\nYou get this e-mail because \"Unread message reminder\" is on in your notification settings.",
        sms: "{{ clinic_name }}: a patient's message is still unread. Sign in to read it: {{ link }}",
    },
    urgent_patient_message: Text {
        subject: "Urgent patient message",
        email: "A patient has sent a message to {{ clinic_name }} that may be urgent.\n\nSign in to read it now:\n{{ link }}\n\nYou get this e-mail because the message holds words that your clinic treats as urgent, or sounds as if the patient wanted no more texts.",
        sms: "{{ clinic_name }}: URGENT, a patient has sent a message that cannot wait. Sign in to read it: {{ link }}",
    },
    texting_changed: Text {
        subject: "A patient's texting status has changed",
        email: "A patient's texting status at {{ clinic_name }} has changed.\n\nSign in to see it:\n{{ link }}\n\nYou get this e-mail because \"Two-way texting\" is on in your notification settings.",
        sms: "{{ clinic_name }}: a patient's texting status has changed. Sign in to see it: {{ link }}",
    },
    attention_needed: Text {
        subject: "A patient needs attention",
        email: "Something at {{ clinic_name }} needs attention: a patient may wait for an answer, or would write and nobody would notice.\n\nSign in to look after it now:\n{{ link }}\n\nYou get this e-mail because you are told of what nobody else has looked after.",
        sms: "{{ clinic_name }}: a patient needs attention, and nobody has given it yet. Sign in to look after it: {{ link }}",
    },
    scheduled_message_stopped: Text {
        subject: "A scheduled message has not left",
        email: "A message that was set for a later time at {{ clinic_name }} has not left.\n\nSign in to see why:\n{{ link }}\n\nYou get this e-mail because you scheduled the message, or stand in for who did.",
        sms: "{{ clinic_name }}: a scheduled message has not left. Sign in to see why: {{ link }}",
    },
    case_assigned: Text {
        subject: "A case was assigned to you",
        email: "A contact request to {{ clinic_name }} was assigned to you.\n\nSign in to see it:\n{{ link }}\n\nYou get this e-mail because a colleague has handed the case to you.",
        sms: "{{ clinic_name }}: a contact request was assigned to you. Sign in to see it: {{ link }}",
    },
    reminder_incomplete: Text {
        subject: "A reminder has not reached everybody",
        email: "A reminder that was sent from {{ clinic_name }} has ended, and not every patient who was to get it did.\n\nSign in to see who did not, and why:\n{{ link }}\n\nYou get this e-mail because you sent the reminder, or stand in for who did.",
        sms: "{{ clinic_name }}: a reminder has ended, and not everybody got it. Sign in to see why: {{ link }}",
    },
    text_not_delivered: Text {
        subject: "A text message did not arrive",
        email: "A message that was sent by text at {{ clinic_name }} did not arrive.\n\nSign in to see why, and how else to send it:\n{{ link }}\n\nYou get this e-mail because you wrote the message, or stand in for who did.",
        sms: "{{ clinic_name }}: a message that was sent by text did not arrive. Sign in to see why: {{ link }}",
    },
    case_closed: "{{ clinic_name }}: your request is closed, and nobody may be reading what you write to this number now. Please contact us another way: {{ clinic_phone }}. In an emergency, call the emergency number.",
    new_clinic_message: Text {
        subject: "{{ clinic_name }} has sent you a message",
        email: "{{ clinic_name }} has sent you a message.\n\nSign in to read it:\n{{ link }}\n\nFor your privacy, this e-mail does not show the message. Please do not reply to it.",
        sms: "{{ clinic_name }} has sent you a message. Sign in to read it: {{ link }}",
    },
    invitation: Text {
        subject: "{{ clinic_name }} invites you to its portal",
        email: "{{ clinic_name }} invites you to its portal, where you can exchange messages with the clinic.\n\nAccept the invitation:\n{{ link }}\n\nThe link works for a limited time. If you did not expect it, you can ignore this e-mail.",
        sms: "{{ clinic_name }} invites you to its portal: {{ link }}",
    },
    sign_in_code: Text {
        subject: "Your code for {{ clinic_name }}",
        email: "Your code for signing in at {{ clinic_name }}:\n\n{{ code }}\n\nIt works once, for a few minutes. Nobody from the clinic will ever ask you for it. If you did not try to sign in, you can ignore this e-mail.",
        sms: "{{ clinic_name }}: your sign-in code is {{ code }}. Do not share it.",
    },
    password_reset: Text {
        subject: "Set a new password for {{ clinic_name }}",
        email: "Somebody asked for a new password for your account at {{ clinic_name }}.\n\nSet a new password:\n{{ link }}\n\nThe link works once, for an hour. If you did not ask for it, you can ignore this e-mail: your password stays as it is.",
        sms: "{{ clinic_name }}: set a new password here: {{ link }}",
    },
};
