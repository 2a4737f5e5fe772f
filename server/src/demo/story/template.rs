//! What the demonstration clinic sends again and again.

use super::{Template, Text};

pub(in crate::demo) const TEMPLATE: Template = Template {
    name: "Diabetes check-up",
    category: "Reminders",
    texts: &[
        Text {
            language: "en",
            title: "Time for your diabetes check-up",
            html: "<p>Dear {{patient_name}},</p>\
                   <p>your check-up is due. Please call {{clinic_name}} at <strong>{{clinic_phone}}</strong> for an appointment.</p>\
                   <p>What to bring:</p><ul><li>your glucose diary</li><li>the list of your medicines</li></ul>",
        },
        Text {
            language: "es",
            title: "Es hora de su control de diabetes",
            html: "<p>Hola, {{patient_name}}:</p>\
                   <p>le toca su control. Llame a {{clinic_name}} al <strong>{{clinic_phone}}</strong> para pedir una cita.</p>\
                   <p>Por favor, traiga:</p><ul><li>su diario de glucosa</li><li>la lista de sus medicinas</li></ul>",
        },
    ],
};
