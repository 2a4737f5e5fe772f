//! By which way a message reaches the patient: in the portal, or by text (TXT-7).

use entity::{Channel, ConversationKind, PersonId};
use sea_orm::QueryResult;

use super::{Denied, conversations::patient_may_take_part, posting::Intent};
use crate::domain::{fault::Fault, settings::Settings};

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

/// SQL that is true when the patient `p` of a conversation can be texted: they are enrolled with the number that is on file,
/// nobody else has it, STOP has not come from it, and the clinic has a number to text from.
pub(super) const TEXTS: &str = "exists (select 1 from texting_enrolment e where e.organization_id = p.organization_id and e.patient_id = p.id \
     and e.status = 'ENABLED' and e.number = p.phone) \
     and not exists (select 1 from patient other where other.organization_id = p.organization_id and other.phone = p.phone and other.id <> p.id) \
     and not exists (select 1 from number_block b where b.organization_id = p.organization_id and b.number = p.phone) \
     and exists (select 1 from text_number n join text_gateway g on g.organization_id = n.organization_id and g.id = n.gateway_id \
     where n.organization_id = p.organization_id and g.active)";

/// Decides the way, or why there is none. What cannot be a text goes into the portal, and the patient gets a link.
pub(super) fn route(
    settings: &Settings,
    intent: &Intent,
    (kind, last_used): (ConversationKind, Option<Channel>),
    row: &QueryResult,
) -> Result<Result<Channel, Denied>, Fault> {
    let (enrolled, allowed) = (
        row.try_get("", "enrolled")?,
        row.try_get("", "portal_allowed")?,
    );
    let portal = patient_may_take_part(settings, kind, enrolled, allowed);
    let can_be_texted = settings.texting && carries_texts(kind) && row.try_get("", "texts")?;
    Ok(match (intent.author, intent.way) {
        // Whoever lets a text in has found out whose it is.
        (PersonId::Patient(_), Way::Text) if settings.texting && carries_texts(kind) => {
            Ok(Channel::Sms)
        }
        (PersonId::Patient(_), Way::Text | Way::Portal | Way::ToPatient { .. })
        | (PersonId::Staff(_), Way::Portal | Way::Text) => portal.map(|()| Channel::Portal),
        (PersonId::Staff(_), Way::ToPatient { chosen, fits }) => {
            to_patient(chosen.or(last_used), can_be_texted && fits, portal)
        }
    })
}

/// Which kinds of conversation are held by text as well.
const fn carries_texts(kind: ConversationKind) -> bool {
    match kind {
        ConversationKind::CareTeamChat => true,
        ConversationKind::SecureMessage
        | ConversationKind::Case
        | ConversationKind::Announcement => false,
    }
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
