//! French.

use super::{Text, Texts};

pub(super) const TEXTS: Texts = Texts {
    language: "fr",
    new_patient_message: Text {
        subject: "Nouveau message d’un patient",
        email: "Un patient a envoyé un message à {{ clinic_name }}.\n\nConnectez-vous pour le lire :\n{{ link }}\n\nVous recevez cet e-mail parce que l’alerte des nouveaux messages de patients est activée dans vos réglages.",
        sms: "{{ clinic_name }} : un patient a envoyé un message. Connectez-vous pour le lire : {{ link }}",
    },
    unread_reminder: Text {
        subject: "Un message de patient n’est toujours pas lu",
        email: "Un message de patient à {{ clinic_name }} n’est toujours pas lu.\n\nConnectez-vous pour le lire :\n{{ link }}\n\nVous recevez cet e-mail parce que le rappel des messages non lus est activé dans vos réglages.",
        sms: "{{ clinic_name }} : un message de patient n’est toujours pas lu. Connectez-vous pour le lire : {{ link }}",
    },
    urgent_patient_message: Text {
        subject: "Message urgent d’un patient",
        email: "Un patient a envoyé à {{ clinic_name }} un message qui peut être urgent.\n\nConnectez-vous maintenant pour le lire :\n{{ link }}\n\nVous recevez cet e-mail parce que le message contient des mots que votre clinique considère comme urgents, ou semble demander l’arrêt des SMS.",
        sms: "{{ clinic_name }} : URGENT, un patient a envoyé un message qui ne peut pas attendre. Connectez-vous pour le lire : {{ link }}",
    },
    texting_changed: Text {
        subject: "L’état des SMS d’un patient a changé",
        email: "L’état des SMS d’un patient de {{ clinic_name }} a changé.\n\nConnectez-vous pour le voir :\n{{ link }}\n\nVous recevez cet e-mail parce que l’alerte des SMS est activée dans vos réglages.",
        sms: "{{ clinic_name }} : l’état des SMS d’un patient a changé. Connectez-vous pour le voir : {{ link }}",
    },
    attention_needed: Text {
        subject: "Un patient attend",
        email: "Quelque chose demande votre attention à {{ clinic_name }} : un patient attend peut-être une réponse, ou écrirait sans que personne ne le voie.\n\nConnectez-vous maintenant pour vous en occuper :\n{{ link }}\n\nVous recevez cet e-mail parce que l’on vous signale ce dont personne d’autre ne s’est occupé.",
        sms: "{{ clinic_name }} : un patient attend, et personne ne s’en est encore occupé. Connectez-vous pour vous en occuper : {{ link }}",
    },
    scheduled_message_stopped: Text {
        subject: "Un message programmé n’est pas parti",
        email: "Un message programmé chez {{ clinic_name }} n’est pas parti.\n\nConnectez-vous pour voir pourquoi :\n{{ link }}\n\nVous recevez cet e-mail parce que vous avez programmé le message ou remplacez la personne qui l’a fait.",
        sms: "{{ clinic_name }} : un message programmé n’est pas parti. Connectez-vous pour voir pourquoi : {{ link }}",
    },
    case_assigned: Text {
        subject: "Une demande vous a été confiée",
        email: "Une demande adressée à {{ clinic_name }} vous a été confiée.\n\nConnectez-vous pour la voir :\n{{ link }}\n\nVous recevez cet e-mail parce qu'une personne de votre clinique vous a confié la demande.",
        sms: "{{ clinic_name }} : une demande vous a été confiée. Connectez-vous pour la voir : {{ link }}",
    },
    reminder_incomplete: Text {
        subject: "Un rappel n’est pas parvenu à tout le monde",
        email: "Un rappel envoyé par {{ clinic_name }} est terminé, et certains patients qui devaient le recevoir ne l’ont pas reçu.\n\nConnectez-vous pour voir lesquels et pourquoi :\n{{ link }}\n\nVous recevez cet e-mail parce que vous avez envoyé le rappel ou remplacez la personne qui l’a fait.",
        sms: "{{ clinic_name }} : un rappel n’est pas parvenu à tout le monde. Connectez-vous pour voir pourquoi : {{ link }}",
    },
    text_not_delivered: Text {
        subject: "Un message par SMS n’est pas arrivé",
        email: "Un message envoyé par SMS chez {{ clinic_name }} n’est pas arrivé.\n\nConnectez-vous pour voir pourquoi et comment l’envoyer autrement :\n{{ link }}\n\nVous recevez cet e-mail parce que vous avez écrit le message ou remplacez la personne qui l’a fait.",
        sms: "{{ clinic_name }} : un message envoyé par SMS n’est pas arrivé. Connectez-vous pour voir pourquoi : {{ link }}",
    },
    case_closed: "{{ clinic_name }} : votre demande est close, et il se peut que personne ne lise ce que vous écrivez maintenant à ce numéro. Contactez-nous autrement : {{ clinic_phone }}. En cas d’urgence, appelez le numéro d’urgence.",
    new_clinic_message: Text {
        subject: "{{ clinic_name }} vous a envoyé un message",
        email: "{{ clinic_name }} vous a envoyé un message.\n\nConnectez-vous pour le lire :\n{{ link }}\n\nPour protéger vos données, cet e-mail ne montre pas le message. Merci de ne pas y répondre.",
        sms: "{{ clinic_name }} vous a envoyé un message. Connectez-vous pour le lire : {{ link }}",
    },
    invitation: Text {
        subject: "{{ clinic_name }} vous invite sur son portail",
        email: "{{ clinic_name }} vous invite sur son portail, où vous pouvez échanger des messages avec la clinique.\n\nAccepter l’invitation :\n{{ link }}\n\nLe lien fonctionne pendant un temps limité. Si vous n’attendiez pas cette invitation, vous pouvez ignorer cet e-mail.",
        sms: "{{ clinic_name }} vous invite sur son portail : {{ link }}",
    },
    sign_in_code: Text {
        subject: "Votre code pour {{ clinic_name }}",
        email: "Votre code pour vous connecter à {{ clinic_name }} :\n\n{{ code }}\n\nIl fonctionne une seule fois, pendant quelques minutes. Personne de la clinique ne vous le demandera jamais. Si vous n’avez pas essayé de vous connecter, vous pouvez ignorer cet e-mail.",
        sms: "{{ clinic_name }} : votre code de connexion est {{ code }}. Ne le communiquez à personne.",
    },
    password_reset: Text {
        subject: "Nouveau mot de passe pour {{ clinic_name }}",
        email: "Un nouveau mot de passe a été demandé pour votre compte chez {{ clinic_name }}.\n\nDéfinir un nouveau mot de passe :\n{{ link }}\n\nLe lien fonctionne une seule fois, pendant une heure. Si vous n’avez rien demandé, vous pouvez ignorer cet e-mail : votre mot de passe reste le même.",
        sms: "{{ clinic_name }} : définissez un nouveau mot de passe : {{ link }}",
    },
};
