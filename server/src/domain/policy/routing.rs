//! By which way a message reaches the patient: in the portal, or by text (TXT-7).

use entity::{Channel, ConversationKind, PersonId};
use sea_orm::QueryResult;

use super::{Denied, conversations::patient_may_take_part, posting::Intent};
use crate::domain::{
    conversations::{Rules, Texts},
    fault::Fault,
    settings::Settings,
    texting::whose::{NUMBER_OF_CASE, claimed_by_others},
};

/// What is known of a message before it is decided by which way it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// The patient writes in the portal.
    Portal,
    /// The patient texts.
    Text,
    /// Staff write.
    ToPatient {
        /// The way that the author has chosen.
        chosen: Option<Channel>,
        /// Whether it can be a text as it is: plain, short, without files.
        fits: bool,
    },
}

/// SQL that is true when a clinic has a number to text from.
const HAS_SENDER: &str = "exists (select 1 from text_number n join text_gateway g on g.organization_id = n.organization_id and g.id = n.gateway_id \
     where n.organization_id = c.organization_id and g.active)";

/// SQL that is true when the patient `p` of a conversation `c` can be texted: they are enrolled with the number that is on file,
/// nobody else lays claim to it, STOP has not come from it, and the clinic has a number to text from. `since` is the placeholder
/// of [`claims_since`](crate::domain::texting::whose::claims_since).
pub(super) fn texts(since: &str) -> String {
    let shared = claimed_by_others("c.organization_id", "p.phone", "c.patient_id", since);
    format!(
        "exists (select 1 from texting_enrolment e where e.organization_id = c.organization_id and e.patient_id = p.id \
         and e.status = 'ENABLED' and e.number = p.phone) and not {shared} \
         and not exists (select 1 from number_block b where b.organization_id = c.organization_id and b.number = p.phone) \
         and {HAS_SENDER}"
    )
}

/// SQL that is true when the case `cr` of a conversation `c` with the patient `p` can be texted: nobody else lays claim to its
/// number, nobody wants to get no texts there, and the clinic has a number to text from. `since` as for [`texts`].
pub(super) fn case_texts(since: &str) -> String {
    let number = NUMBER_OF_CASE;
    let shared = claimed_by_others("c.organization_id", number, "c.patient_id", since);
    format!(
        "{number} is not null and not {shared} \
         and not exists (select 1 from number_block b where b.organization_id = c.organization_id and b.number = {number}) \
         and not exists (select 1 from texting_enrolment e where e.organization_id = c.organization_id and e.patient_id = c.patient_id \
         and e.number = {number} and e.status = 'OPTED_OUT') and {HAS_SENDER}"
    )
}

/// SQL that is true when texts to the number of the case `cr` of a conversation `c` with the patient `p` are not wanted: STOP came
/// from it, or staff opted the patient out with it. False for what is no case.
pub(super) fn case_opted_out() -> String {
    let number = NUMBER_OF_CASE;
    format!(
        "cr.conversation_id is not null and (exists (select 1 from number_block b \
         where b.organization_id = c.organization_id and b.number = {number}) \
         or exists (select 1 from texting_enrolment e where e.organization_id = c.organization_id and e.patient_id = c.patient_id \
         and e.number = {number} and e.status = 'OPTED_OUT'))"
    )
}

/// Decides the way, or why there is none. What cannot be a text goes into the portal, and the patient gets a link.
pub(super) fn route(
    settings: &Settings,
    intent: &Intent,
    (kind, rules, last_used): (ConversationKind, &Rules, Option<Channel>),
    row: &QueryResult,
) -> Result<Result<Channel, Denied>, Fault> {
    let (enrolled, allowed) = (
        row.try_get("", "enrolled")?,
        row.try_get("", "portal_allowed")?,
    );
    let portal = patient_may_take_part(settings, kind, enrolled, allowed);
    let by_number = match rules.texts {
        Texts::Never => false,
        Texts::Enrolled => row.try_get("", "texts")?,
        Texts::GivenNumber => row.try_get("", "case_texts")?,
    };
    let can_be_texted = settings.texting && by_number;
    Ok(match (intent.author, intent.way) {
        // Whoever lets a text in has found out whose it is.
        (PersonId::Patient(_), Way::Text) if settings.texting && rules.texts != Texts::Never => {
            Ok(Channel::Sms)
        }
        (PersonId::Patient(_), Way::Text | Way::Portal | Way::ToPatient { .. })
        | (PersonId::Staff(_), Way::Portal | Way::Text) => portal.map(|()| Channel::Portal),
        (PersonId::Staff(_), Way::ToPatient { chosen, fits }) => {
            let usual = match rules.texts {
                Texts::Never | Texts::Enrolled => last_used,
                // Whoever gave a number waits for an answer there.
                Texts::GivenNumber => Some(Channel::Sms),
            };
            to_patient(chosen.or(usual), can_be_texted && fits, portal)
        }
    })
}

fn to_patient(
    wanted: Option<Channel>,
    by_text: bool,
    portal: Result<(), Denied>,
) -> Result<Channel, Denied> {
    match (wanted, portal) {
        (Some(Channel::Sms), _) if by_text => Ok(Channel::Sms),
        (_, Ok(())) => Ok(Channel::Portal),
        // In the portal nobody would read it.
        (_, Err(_)) if by_text => Ok(Channel::Sms),
        (_, Err(denied)) => Err(denied),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_goes_where_it_is_read() {
        let (sms, portal) = (Some(Channel::Sms), Some(Channel::Portal));
        let no_portal = || Err(Denied::NotEnrolled);
        let way = |wanted, by_text, portal| to_patient(wanted, by_text, portal).ok();
        assert_eq!(way(sms, true, Ok(())), sms);
        assert_eq!(way(sms, false, Ok(())), portal);
        assert_eq!(way(portal, true, Ok(())), portal);
        assert_eq!(way(None, true, Ok(())), portal);
        assert_eq!(way(portal, true, no_portal()), sms);
        assert_eq!(way(None, true, no_portal()), sms);
        assert_eq!(way(sms, false, no_portal()), None);
    }
}
