//! Spanish.

use super::{Text, Texts};

pub(super) const TEXTS: Texts = Texts {
    language: "es",
    new_patient_message: Text {
        subject: "Nuevo mensaje de un paciente",
        email: "Un paciente ha enviado un mensaje a {{ clinic_name }}.\n\nInicie sesión para leerlo:\n{{ link }}\n\nRecibe este correo porque tiene activado el aviso de mensajes nuevos de pacientes.",
        sms: "{{ clinic_name }}: un paciente ha enviado un mensaje. Inicie sesión para leerlo: {{ link }}",
    },
    unread_reminder: Text {
        subject: "Un mensaje de un paciente sigue sin leer",
        email: "Un mensaje de un paciente a {{ clinic_name }} sigue sin leer.\n\nInicie sesión para leerlo:\n{{ link }}\n\nRecibe este correo porque tiene activado el recordatorio de mensajes sin leer.",
        sms: "{{ clinic_name }}: un mensaje de un paciente sigue sin leer. Inicie sesión para leerlo: {{ link }}",
    },
    urgent_patient_message: Text {
        subject: "Mensaje urgente de un paciente",
        email: "Un paciente ha enviado a {{ clinic_name }} un mensaje que puede ser urgente.\n\nInicie sesión ahora para leerlo:\n{{ link }}\n\nRecibe este correo porque el mensaje contiene palabras que su clínica considera urgentes, o parece que el paciente no quiere recibir más mensajes de texto.",
        sms: "{{ clinic_name }}: URGENTE, un paciente ha enviado un mensaje que no puede esperar. Inicie sesión para leerlo: {{ link }}",
    },
    texting_changed: Text {
        subject: "Ha cambiado el estado de los mensajes de texto de un paciente",
        email: "Ha cambiado el estado de los mensajes de texto de un paciente de {{ clinic_name }}.\n\nInicie sesión para verlo:\n{{ link }}\n\nRecibe este correo porque tiene activado el aviso de mensajes de texto.",
        sms: "{{ clinic_name }}: ha cambiado el estado de los mensajes de texto de un paciente. Inicie sesión para verlo: {{ link }}",
    },
    attention_needed: Text {
        subject: "Un paciente necesita atención",
        email: "Algo en {{ clinic_name }} necesita atención: puede que un paciente espere una respuesta, o que escriba y nadie se entere.\n\nInicie sesión ahora para atenderlo:\n{{ link }}\n\nRecibe este correo porque se le avisa de lo que nadie más ha atendido.",
        sms: "{{ clinic_name }}: un paciente necesita atención y nadie se ha ocupado todavía. Inicie sesión para atenderlo: {{ link }}",
    },
    scheduled_message_stopped: Text {
        subject: "Un mensaje programado no ha salido",
        email: "Un mensaje programado en {{ clinic_name }} no ha salido.\n\nInicie sesión para ver el motivo:\n{{ link }}\n\nRecibe este correo porque usted programó el mensaje o sustituye a quien lo hizo.",
        sms: "{{ clinic_name }}: un mensaje programado no ha salido. Inicie sesión para ver el motivo: {{ link }}",
    },
    case_assigned: Text {
        subject: "Se le ha asignado una solicitud",
        email: "Se le ha asignado una solicitud de contacto a {{ clinic_name }}.\n\nInicie sesión para verla:\n{{ link }}\n\nRecibe este correo porque alguien de su clínica le ha pasado la solicitud.",
        sms: "{{ clinic_name }}: se le ha asignado una solicitud. Inicie sesión para verla: {{ link }}",
    },
    reminder_incomplete: Text {
        subject: "Un recordatorio no ha llegado a todos",
        email: "Un recordatorio enviado desde {{ clinic_name }} ha terminado, y no todos los pacientes que debían recibirlo lo han recibido.\n\nInicie sesión para ver quiénes no y por qué:\n{{ link }}\n\nRecibe este correo porque usted envió el recordatorio o sustituye a quien lo hizo.",
        sms: "{{ clinic_name }}: un recordatorio no ha llegado a todos. Inicie sesión para ver el motivo: {{ link }}",
    },
    text_not_delivered: Text {
        subject: "Un mensaje de texto no ha llegado",
        email: "Un mensaje enviado por SMS desde {{ clinic_name }} no ha llegado.\n\nInicie sesión para ver el motivo y cómo enviarlo de otra forma:\n{{ link }}\n\nRecibe este correo porque usted escribió el mensaje o sustituye a quien lo hizo.",
        sms: "{{ clinic_name }}: un mensaje enviado por SMS no ha llegado. Inicie sesión para ver el motivo: {{ link }}",
    },
    case_closed: "{{ clinic_name }}: su solicitud está cerrada y es posible que nadie lea lo que escriba ahora a este número. Póngase en contacto con nosotros de otra manera: {{ clinic_phone }}. En caso de emergencia, llame al número de emergencias.",
    new_clinic_message: Text {
        subject: "{{ clinic_name }} le ha enviado un mensaje",
        email: "{{ clinic_name }} le ha enviado un mensaje.\n\nInicie sesión para leerlo:\n{{ link }}\n\nPara proteger su privacidad, este correo no muestra el mensaje. Por favor, no responda a este correo.",
        sms: "{{ clinic_name }} le ha enviado un mensaje. Inicie sesión para leerlo: {{ link }}",
    },
    invitation: Text {
        subject: "{{ clinic_name }} le invita a su portal",
        email: "{{ clinic_name }} le invita a su portal, donde puede intercambiar mensajes con la clínica.\n\nAcepte la invitación:\n{{ link }}\n\nEl enlace funciona durante un tiempo limitado. Si no esperaba esta invitación, puede ignorar este correo.",
        sms: "{{ clinic_name }} le invita a su portal: {{ link }}",
    },
    sign_in_code: Text {
        subject: "Su código para {{ clinic_name }}",
        email: "Su código para iniciar sesión en {{ clinic_name }}:\n\n{{ code }}\n\nFunciona una sola vez, durante unos minutos. Nadie de la clínica se lo pedirá nunca. Si no intentó iniciar sesión, puede ignorar este correo.",
        sms: "{{ clinic_name }}: su código para iniciar sesión es {{ code }}. No lo comparta.",
    },
    password_reset: Text {
        subject: "Nueva contraseña para {{ clinic_name }}",
        email: "Alguien ha pedido una nueva contraseña para su cuenta en {{ clinic_name }}.\n\nEstablezca una nueva contraseña:\n{{ link }}\n\nEl enlace funciona una sola vez, durante una hora. Si no lo pidió usted, puede ignorar este correo: su contraseña no cambia.",
        sms: "{{ clinic_name }}: establezca una nueva contraseña: {{ link }}",
    },
};
