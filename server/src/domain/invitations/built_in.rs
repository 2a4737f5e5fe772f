//! What patients agree to as long as the clinic has not published a wording of its own.

/// By language. It becomes version 1 of a clinic's wordings with its first invitation, so that what was agreed to stays
/// on record whatever later versions of Tidings bring along.
pub(super) const TEXTS: &[(&str, &str)] = &[
    (
        "de",
        "Ich möchte das Patientenportal dieser Praxis nutzen und darüber mit ihr Nachrichten austauschen. Nachrichten \
         werden Teil meiner Akte, und meine Behandelnden können sie lesen. Benachrichtigungen per E-Mail oder SMS \
         enthalten keinen Inhalt, sondern nur einen Link. Das Portal ist nicht für Notfälle gedacht. Ich kann diese \
         Einwilligung jederzeit bei der Praxis widerrufen.",
    ),
    (
        "en",
        "I wish to use this clinic's patient portal and to exchange messages with the clinic through it. Messages become \
         part of my record, and the people who care for me can read them. Notices by e-mail or text message hold no \
         content, only a link. The portal is not for emergencies. I can withdraw this consent at any time by telling \
         the clinic.",
    ),
    (
        "es",
        "Deseo utilizar el portal de pacientes de esta clínica e intercambiar mensajes con ella por este medio. Los \
         mensajes pasan a formar parte de mi historia clínica y las personas que me atienden pueden leerlos. Los avisos \
         por correo electrónico o SMS no contienen información, solo un enlace. El portal no es para emergencias. Puedo \
         retirar este consentimiento en cualquier momento comunicándolo a la clínica.",
    ),
    (
        "fi",
        "Haluan käyttää tämän klinikan potilasportaalia ja vaihtaa sen kautta viestejä klinikan kanssa. Viestit liitetään \
         potilastietoihini, ja minua hoitavat henkilöt voivat lukea niitä. Sähköposti- ja tekstiviesti-ilmoituksissa ei \
         ole sisältöä, vain linkki. Portaalia ei ole tarkoitettu hätätilanteisiin. Voin perua tämän suostumuksen \
         milloin tahansa ilmoittamalla siitä klinikalle.",
    ),
    (
        "fr",
        "Je souhaite utiliser le portail patient de ce cabinet et échanger des messages avec lui par ce moyen. Les messages \
         font partie de mon dossier et les personnes qui me soignent peuvent les lire. Les avis par e-mail ou SMS ne \
         contiennent aucun détail, seulement un lien. Le portail n'est pas destiné aux urgences. Je peux retirer ce \
         consentement à tout moment en le signalant au cabinet.",
    ),
    (
        "sv",
        "Jag vill använda mottagningens patientportal och utbyta meddelanden med mottagningen genom den. Meddelandena blir \
         en del av min journal och de som vårdar mig kan läsa dem. Aviseringar via e-post eller sms har inget innehåll, \
         bara en länk. Portalen är inte avsedd för nödsituationer. Jag kan när som helst återkalla samtycket genom att \
         meddela mottagningen.",
    ),
];
