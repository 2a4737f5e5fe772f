//! Finnish.

use super::{Text, Texts};

pub(super) const TEXTS: Texts = Texts {
    language: "fi",
    new_patient_message: Text {
        subject: "Uusi viesti potilaalta",
        email: "Potilas on lähettänyt viestin: {{ clinic_name }}.\n\nLue viesti kirjautumalla sisään:\n{{ link }}\n\nSaat tämän sähköpostin, koska ilmoitus uusista potilasviesteistä on käytössä asetuksissasi.",
        sms: "{{ clinic_name }}: potilas on lähettänyt viestin. Lue se kirjautumalla sisään: {{ link }}",
    },
    unread_reminder: Text {
        subject: "Potilaan viesti on yhä lukematta",
        email: "Potilaan viesti on yhä lukematta: {{ clinic_name }}.\n\nLue viesti kirjautumalla sisään:\n{{ link }}\n\nSaat tämän sähköpostin, koska muistutus lukemattomista viesteistä on käytössä asetuksissasi.",
        sms: "{{ clinic_name }}: potilaan viesti on yhä lukematta. Lue se kirjautumalla sisään: {{ link }}",
    },
    urgent_patient_message: Text {
        subject: "Kiireellinen viesti potilaalta",
        email: "Potilas on lähettänyt viestin, joka voi olla kiireellinen: {{ clinic_name }}.\n\nLue viesti heti kirjautumalla sisään:\n{{ link }}\n\nSaat tämän sähköpostin, koska viestissä on sanoja, joita klinikkasi pitää kiireellisinä, tai potilas ei ehkä halua enää tekstiviestejä.",
        sms: "{{ clinic_name }}: KIIREELLINEN, potilas on lähettänyt viestin, joka ei voi odottaa. Lue se kirjautumalla sisään: {{ link }}",
    },
    texting_changed: Text {
        subject: "Potilaan tekstiviestien tila on muuttunut",
        email: "Potilaan tekstiviestien tila on muuttunut: {{ clinic_name }}.\n\nKatso tila kirjautumalla sisään:\n{{ link }}\n\nSaat tämän sähköpostin, koska ilmoitus tekstiviesteistä on käytössä asetuksissasi.",
        sms: "{{ clinic_name }}: potilaan tekstiviestien tila on muuttunut. Katso se kirjautumalla sisään: {{ link }}",
    },
    attention_needed: Text {
        subject: "Potilas odottaa",
        email: "Jokin vaatii huomiota: {{ clinic_name }}. Potilas saattaa odottaa vastausta, tai kukaan ei huomaisi, jos hän kirjoittaisi.\n\nKirjaudu sisään ja katso heti:\n{{ link }}\n\nSaat tämän sähköpostin, koska sinulle kerrotaan siitä, mistä kukaan muu ei ole huolehtinut.",
        sms: "{{ clinic_name }}: potilas odottaa, eikä kukaan ole vielä huolehtinut asiasta. Katso se kirjautumalla sisään: {{ link }}",
    },
    scheduled_message_stopped: Text {
        subject: "Ajastettu viesti ei lähtenyt",
        email: "Ajastettu viesti ei lähtenyt: {{ clinic_name }}.\n\nKatso syy kirjautumalla sisään:\n{{ link }}\n\nSaat tämän sähköpostin, koska ajastit viestin tai toimit ajastajan sijasta.",
        sms: "{{ clinic_name }}: ajastettu viesti ei lähtenyt. Katso syy kirjautumalla sisään: {{ link }}",
    },
    case_assigned: Text {
        subject: "Sinulle on siirretty yhteydenotto",
        email: "Sinulle on siirretty yhteydenotto: {{ clinic_name }}.\n\nKatso se kirjautumalla sisään:\n{{ link }}\n\nSaat tämän sähköpostin, koska työtoverisi siirsi yhteydenoton sinulle.",
        sms: "{{ clinic_name }}: sinulle on siirretty yhteydenotto. Katso se kirjautumalla sisään: {{ link }}",
    },
    reminder_incomplete: Text {
        subject: "Muistutus ei tavoittanut kaikkia",
        email: "Muistutus on lähetetty loppuun, mutta kaikki vastaanottajat eivät saaneet sitä: {{ clinic_name }}.\n\nKatso kirjautumalla sisään, ketkä eivät saaneet sitä ja miksi:\n{{ link }}\n\nSaat tämän sähköpostin, koska lähetit muistutuksen tai toimit lähettäjän sijasta.",
        sms: "{{ clinic_name }}: muistutus ei tavoittanut kaikkia. Katso syy kirjautumalla sisään: {{ link }}",
    },
    text_not_delivered: Text {
        subject: "Tekstiviesti ei mennyt perille",
        email: "Tekstiviestinä lähetetty viesti ei mennyt perille: {{ clinic_name }}.\n\nKatso syy ja muut lähetystavat kirjautumalla sisään:\n{{ link }}\n\nSaat tämän sähköpostin, koska kirjoitit viestin tai toimit sen kirjoittajan sijasta.",
        sms: "{{ clinic_name }}: tekstiviestinä lähetetty viesti ei mennyt perille. Katso syy kirjautumalla sisään: {{ link }}",
    },
    case_closed: "{{ clinic_name }}: yhteydenottosi on käsitelty, eikä tähän numeroon nyt kirjoittamaasi ehkä lue kukaan. Ota meihin yhteyttä muulla tavalla: {{ clinic_phone }}. Hätätilanteessa soita hätänumeroon.",
    new_clinic_message: Text {
        subject: "Uusi viesti: {{ clinic_name }}",
        email: "Sinulle on uusi viesti. Lähettäjä: {{ clinic_name }}.\n\nLue viesti kirjautumalla sisään:\n{{ link }}\n\nYksityisyytesi suojaamiseksi viesti ei näy tässä sähköpostissa. Älä vastaa tähän sähköpostiin.",
        sms: "{{ clinic_name }}: sinulle on uusi viesti. Lue se kirjautumalla sisään: {{ link }}",
    },
    invitation: Text {
        subject: "Kutsu portaaliin: {{ clinic_name }}",
        email: "{{ clinic_name }} kutsuu sinut portaaliin, jossa voit vaihtaa viestejä vastaanoton kanssa.\n\nHyväksy kutsu:\n{{ link }}\n\nLinkki toimii rajoitetun ajan. Jos et odottanut kutsua, voit jättää tämän sähköpostin huomiotta.",
        sms: "{{ clinic_name }} kutsuu sinut portaaliin: {{ link }}",
    },
    sign_in_code: Text {
        subject: "Kirjautumiskoodisi: {{ clinic_name }}",
        email: "Kirjautumiskoodisi, {{ clinic_name }}:\n\n{{ code }}\n\nKoodi toimii kerran ja vain muutaman minuutin ajan. Henkilökunta ei koskaan kysy sitä sinulta. Jos et yrittänyt kirjautua, voit jättää tämän sähköpostin huomiotta.",
        sms: "{{ clinic_name }}: kirjautumiskoodisi on {{ code }}. Älä kerro sitä muille.",
    },
    password_reset: Text {
        subject: "Uusi salasana: {{ clinic_name }}",
        email: "Tilillesi on pyydetty uutta salasanaa: {{ clinic_name }}.\n\nAseta uusi salasana:\n{{ link }}\n\nLinkki toimii kerran ja vain tunnin ajan. Jos et pyytänyt sitä, voit jättää tämän sähköpostin huomiotta: salasanasi pysyy ennallaan.",
        sms: "{{ clinic_name }}: aseta uusi salasana: {{ link }}",
    },
};
