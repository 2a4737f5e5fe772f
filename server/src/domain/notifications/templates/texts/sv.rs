//! Swedish.

use super::{Text, Texts};

pub(super) const TEXTS: Texts = Texts {
    language: "sv",
    new_patient_message: Text {
        subject: "Nytt meddelande från en patient",
        email: "En patient har skickat ett meddelande till {{ clinic_name }}.\n\nLogga in för att läsa det:\n{{ link }}\n\nDu får det här mejlet eftersom avisering om nya patientmeddelanden är på i dina inställningar.",
        sms: "{{ clinic_name }}: en patient har skickat ett meddelande. Logga in för att läsa det: {{ link }}",
    },
    unread_reminder: Text {
        subject: "Ett patientmeddelande är fortfarande oläst",
        email: "Ett patientmeddelande till {{ clinic_name }} är fortfarande oläst.\n\nLogga in för att läsa det:\n{{ link }}\n\nDu får det här mejlet eftersom påminnelse om olästa meddelanden är på i dina inställningar.",
        sms: "{{ clinic_name }}: ett patientmeddelande är fortfarande oläst. Logga in för att läsa det: {{ link }}",
    },
    urgent_patient_message: Text {
        subject: "Brådskande meddelande från en patient",
        email: "En patient har skickat ett meddelande som kan vara brådskande till {{ clinic_name }}.\n\nLogga in nu för att läsa det:\n{{ link }}\n\nDu får det här mejlet eftersom meddelandet innehåller ord som din mottagning ser som brådskande, eller låter som om patienten inte ville ha fler sms.",
        sms: "{{ clinic_name }}: BRÅDSKANDE, en patient har skickat ett meddelande som inte kan vänta. Logga in för att läsa det: {{ link }}",
    },
    texting_changed: Text {
        subject: "En patients sms-status har ändrats",
        email: "En patients sms-status hos {{ clinic_name }} har ändrats.\n\nLogga in för att se den:\n{{ link }}\n\nDu får det här mejlet eftersom avisering om sms är på i dina inställningar.",
        sms: "{{ clinic_name }}: en patients sms-status har ändrats. Logga in för att se den: {{ link }}",
    },
    attention_needed: Text {
        subject: "En patient väntar",
        email: "Något hos {{ clinic_name }} behöver tas om hand: en patient väntar kanske på svar, eller skulle skriva utan att någon märkte det.\n\nLogga in nu för att ta hand om det:\n{{ link }}\n\nDu får det här mejlet eftersom du får veta vad ingen annan har tagit hand om.",
        sms: "{{ clinic_name }}: en patient väntar, och ingen har tagit hand om det än. Logga in för att se det: {{ link }}",
    },
    scheduled_message_stopped: Text {
        subject: "Ett schemalagt meddelande har inte skickats",
        email: "Ett meddelande som var schemalagt hos {{ clinic_name }} har inte skickats.\n\nLogga in för att se varför:\n{{ link }}\n\nDu får det här mejlet eftersom du har schemalagt meddelandet eller ersätter den som gjorde det.",
        sms: "{{ clinic_name }}: ett schemalagt meddelande har inte skickats. Logga in för att se varför: {{ link }}",
    },
    case_assigned: Text {
        subject: "Du har tilldelats ett ärende",
        email: "Ett ärende till {{ clinic_name }} har tilldelats dig.\n\nLogga in för att se det:\n{{ link }}\n\nDu får det här mejlet eftersom en kollega har lämnat över ärendet till dig.",
        sms: "{{ clinic_name }}: du har tilldelats ett ärende. Logga in för att se det: {{ link }}",
    },
    reminder_incomplete: Text {
        subject: "En påminnelse har inte nått alla",
        email: "En påminnelse som skickades från {{ clinic_name }} är klar, och alla som skulle få den har inte fått den.\n\nLogga in för att se vilka och varför:\n{{ link }}\n\nDu får det här mejlet eftersom du har skickat påminnelsen eller ersätter den som gjorde det.",
        sms: "{{ clinic_name }}: en påminnelse har inte nått alla. Logga in för att se varför: {{ link }}",
    },
    text_not_delivered: Text {
        subject: "Ett sms kom inte fram",
        email: "Ett meddelande som skickades som sms hos {{ clinic_name }} kom inte fram.\n\nLogga in för att se varför och hur det kan skickas på annat sätt:\n{{ link }}\n\nDu får det här mejlet eftersom du skrev meddelandet eller ersätter den som gjorde det.",
        sms: "{{ clinic_name }}: ett meddelande som skickades som sms kom inte fram. Logga in för att se varför: {{ link }}",
    },
    case_closed: "{{ clinic_name }}: ditt ärende är avslutat, och det är inte säkert att någon läser det du nu skriver till det här numret. Kontakta oss på annat sätt: {{ clinic_phone }}. Ring nödnumret vid en nödsituation.",
    new_clinic_message: Text {
        subject: "{{ clinic_name }} har skickat ett meddelande till dig",
        email: "{{ clinic_name }} har skickat ett meddelande till dig.\n\nLogga in för att läsa det:\n{{ link }}\n\nFör att skydda din integritet visas meddelandet inte i det här mejlet. Svara inte på det.",
        sms: "{{ clinic_name }} har skickat ett meddelande till dig. Logga in för att läsa det: {{ link }}",
    },
    invitation: Text {
        subject: "{{ clinic_name }} bjuder in dig till sin portal",
        email: "{{ clinic_name }} bjuder in dig till sin portal, där du kan utbyta meddelanden med mottagningen.\n\nTacka ja till inbjudan:\n{{ link }}\n\nLänken fungerar under en begränsad tid. Om du inte väntade dig den kan du bortse från det här mejlet.",
        sms: "{{ clinic_name }} bjuder in dig till sin portal: {{ link }}",
    },
    sign_in_code: Text {
        subject: "Din kod för {{ clinic_name }}",
        email: "Din kod för att logga in hos {{ clinic_name }}:\n\n{{ code }}\n\nDen fungerar en gång, i några minuter. Ingen på mottagningen kommer någonsin att be dig om den. Om du inte försökte logga in kan du bortse från det här mejlet.",
        sms: "{{ clinic_name }}: din inloggningskod är {{ code }}. Dela den inte med någon.",
    },
    password_reset: Text {
        subject: "Nytt lösenord för {{ clinic_name }}",
        email: "Någon har bett om ett nytt lösenord för ditt konto hos {{ clinic_name }}.\n\nVälj ett nytt lösenord:\n{{ link }}\n\nLänken fungerar en gång, i en timme. Om du inte bad om det kan du bortse från det här mejlet: ditt lösenord är oförändrat.",
        sms: "{{ clinic_name }}: välj ett nytt lösenord: {{ link }}",
    },
};
