//! German.

use super::{Text, Texts};

pub(super) const TEXTS: Texts = Texts {
    language: "de",
    new_patient_message: Text {
        subject: "Neue Nachricht einer Patientin oder eines Patienten",
        email: "Bei {{ clinic_name }} ist eine Nachricht einer Patientin oder eines Patienten eingegangen.\n\nZum Lesen bitte anmelden:\n{{ link }}\n\nSie erhalten diese E-Mail, weil in Ihren Einstellungen die Benachrichtigung über neue Nachrichten eingeschaltet ist.",
        sms: "{{ clinic_name }}: Eine neue Nachricht ist eingegangen. Zum Lesen anmelden: {{ link }}",
    },
    unread_reminder: Text {
        subject: "Eine Nachricht ist noch ungelesen",
        email: "Eine Nachricht an {{ clinic_name }} ist noch ungelesen.\n\nZum Lesen bitte anmelden:\n{{ link }}\n\nSie erhalten diese E-Mail, weil in Ihren Einstellungen die Erinnerung an ungelesene Nachrichten eingeschaltet ist.",
        sms: "{{ clinic_name }}: Eine Nachricht ist noch ungelesen. Zum Lesen anmelden: {{ link }}",
    },
    urgent_patient_message: Text {
        subject: "Dringende Nachricht",
        email: "Bei {{ clinic_name }} ist eine Nachricht eingegangen, die dringend sein kann.\n\nZum Lesen bitte jetzt anmelden:\n{{ link }}\n\nSie erhalten diese E-Mail, weil die Nachricht Wörter enthält, die Ihre Praxis als dringend behandelt, oder so klingt, als sollten keine SMS mehr kommen.",
        sms: "{{ clinic_name }}: DRINGEND, eine Nachricht ist eingegangen, die nicht warten kann. Zum Lesen anmelden: {{ link }}",
    },
    texting_changed: Text {
        subject: "Der SMS-Status hat sich geändert",
        email: "Bei {{ clinic_name }} hat sich der SMS-Status einer Patientin oder eines Patienten geändert.\n\nZum Ansehen bitte anmelden:\n{{ link }}\n\nSie erhalten diese E-Mail, weil in Ihren Einstellungen die Benachrichtigung über SMS eingeschaltet ist.",
        sms: "{{ clinic_name }}: Ein SMS-Status hat sich geändert. Zum Ansehen anmelden: {{ link }}",
    },
    attention_needed: Text {
        subject: "Jemand wartet",
        email: "Bei {{ clinic_name }} muss sich jemand um etwas kümmern: Jemand wartet vielleicht auf eine Antwort, oder würde schreiben, und niemand würde es merken.\n\nBitte jetzt anmelden und nachsehen:\n{{ link }}\n\nSie erhalten diese E-Mail, weil Sie erfahren, worum sich sonst niemand gekümmert hat.",
        sms: "{{ clinic_name }}: Etwas ist eingegangen, um das sich noch niemand gekümmert hat. Bitte anmelden: {{ link }}",
    },
    scheduled_message_stopped: Text {
        subject: "Eine geplante Nachricht ist nicht hinausgegangen",
        email: "Eine Nachricht, die bei {{ clinic_name }} für später geplant war, ist nicht hinausgegangen.\n\nDen Grund sehen Sie nach der Anmeldung:\n{{ link }}\n\nSie erhalten diese E-Mail, weil Sie die Nachricht geplant haben oder dafür einspringen.",
        sms: "{{ clinic_name }}: Eine geplante Nachricht ist nicht hinausgegangen. Grund nach Anmeldung: {{ link }}",
    },
    case_assigned: Text {
        subject: "Ihnen wurde eine Anfrage zugewiesen",
        email: "Eine Anfrage an {{ clinic_name }} wurde Ihnen zugewiesen.\n\nZum Ansehen bitte anmelden:\n{{ link }}\n\nSie erhalten diese E-Mail, weil jemand aus Ihrer Praxis Ihnen die Anfrage übergeben hat.",
        sms: "{{ clinic_name }}: Eine Anfrage wurde Ihnen zugewiesen. Zum Ansehen anmelden: {{ link }}",
    },
    reminder_incomplete: Text {
        subject: "Eine Erinnerung hat nicht alle erreicht",
        email: "Eine Erinnerung, die bei {{ clinic_name }} verschickt wurde, ist abgeschlossen, und nicht alle, die sie bekommen sollten, haben sie bekommen.\n\nWer sie nicht bekommen hat und warum, sehen Sie nach der Anmeldung:\n{{ link }}\n\nSie erhalten diese E-Mail, weil Sie die Erinnerung verschickt haben oder dafür einspringen.",
        sms: "{{ clinic_name }}: Eine Erinnerung hat nicht alle erreicht. Grund nach Anmeldung: {{ link }}",
    },
    text_not_delivered: Text {
        subject: "Eine SMS ist nicht angekommen",
        email: "Eine Nachricht, die bei {{ clinic_name }} als SMS gesendet wurde, ist nicht angekommen.\n\nMelden Sie sich an, um zu sehen, warum, und wie sie sonst gesendet werden kann:\n{{ link }}\n\nSie erhalten diese E-Mail, weil Sie die Nachricht geschrieben haben oder die Person vertreten, die es getan hat.",
        sms: "{{ clinic_name }}: Eine als SMS gesendete Nachricht ist nicht angekommen. Melden Sie sich an, um zu sehen, warum: {{ link }}",
    },
    case_closed: "{{ clinic_name }}: Ihre Anfrage ist abgeschlossen. Was Sie jetzt an diese Nummer schreiben, liest vielleicht niemand. Bitte wenden Sie sich auf anderem Weg an uns: {{ clinic_phone }}. Im Notfall wählen Sie den Notruf.",
    new_clinic_message: Text {
        subject: "{{ clinic_name }} hat Ihnen eine Nachricht gesendet",
        email: "{{ clinic_name }} hat Ihnen eine Nachricht gesendet.\n\nZum Lesen bitte anmelden:\n{{ link }}\n\nZum Schutz Ihrer Daten steht die Nachricht nicht in dieser E-Mail. Bitte antworten Sie nicht auf diese E-Mail.",
        sms: "{{ clinic_name }} hat Ihnen eine Nachricht gesendet. Zum Lesen anmelden: {{ link }}",
    },
    invitation: Text {
        subject: "{{ clinic_name }} lädt Sie in das Portal ein",
        email: "{{ clinic_name }} lädt Sie in das Portal ein, in dem Sie mit der Praxis Nachrichten austauschen können.\n\nEinladung annehmen:\n{{ link }}\n\nDer Link gilt nur für begrenzte Zeit. Wenn Sie keine Einladung erwartet haben, können Sie diese E-Mail ignorieren.",
        sms: "{{ clinic_name }} lädt Sie in das Portal ein: {{ link }}",
    },
    sign_in_code: Text {
        subject: "Ihr Code für {{ clinic_name }}",
        email: "Ihr Code für die Anmeldung bei {{ clinic_name }}:\n\n{{ code }}\n\nEr gilt einmal und nur wenige Minuten. Niemand aus der Praxis wird Sie jemals danach fragen. Wenn Sie sich nicht anmelden wollten, können Sie diese E-Mail ignorieren.",
        sms: "{{ clinic_name }}: Ihr Code für die Anmeldung ist {{ code }}. Geben Sie ihn nicht weiter.",
    },
    password_reset: Text {
        subject: "Neues Passwort für {{ clinic_name }}",
        email: "Für Ihr Konto bei {{ clinic_name }} wurde ein neues Passwort angefordert.\n\nNeues Passwort festlegen:\n{{ link }}\n\nDer Link gilt einmal und nur eine Stunde. Wenn Sie das nicht waren, können Sie diese E-Mail ignorieren: Ihr Passwort bleibt, wie es ist.",
        sms: "{{ clinic_name }}: Neues Passwort festlegen: {{ link }}",
    },
};
