//! Finding cases by the words that they began with, and by the names of their patients.

use std::collections::BTreeSet;

use entity::{ConversationId, OrganizationId};
use sea_orm::{ConnectionTrait as _, DatabaseTransaction, Value};

use crate::domain::{
    fault::Fault,
    people::search::{folded, words},
    store::Sql,
};

/// The most words of a case by which it is found.
const MAX_WORDS: usize = 200;
/// The most letters of a word that count.
const MAX_LETTERS: usize = 60;

/// Makes a case be found by the words of its reason. One statement.
pub(super) async fn write_words(
    tx: &DatabaseTransaction,
    organization: OrganizationId,
    case: ConversationId,
    reason: &str,
) -> Result<(), Fault> {
    let words: BTreeSet<String> = folded(reason)
        .into_iter()
        .map(|word| word.chars().take(MAX_LETTERS).collect())
        .take(MAX_WORDS)
        .collect();
    if words.is_empty() {
        return Ok(());
    }
    let mut insert = Sql::new(
        "insert into contact_request_word (organization_id, word, conversation_id) values ",
    );
    insert.rows(
        words
            .into_iter()
            .map(|word| -> [Value; 3] { [organization.into(), word.into(), case.into()] }),
    );
    tx.execute_raw(insert.on(tx)).await?;
    Ok(())
}

/// Adds ` and …`: only cases `c` of patients `p` where each word of the search begins a word of the patient's name or of what
/// the case began with. A search without a letter or digit finds nothing.
pub(super) fn push_matches(select: &mut Sql, search: &str) {
    let words = words(search);
    if words.is_empty() {
        select.push(" and 1 = 0");
    }
    for word in words {
        // A half-open range instead of `like` uses the indexes on both databases and needs no escaping.
        let end = select.placeholder(format!("{word}\u{10ffff}"));
        let word = select.placeholder(word);
        let within = format!("w.word >= {word} and w.word < {end}");
        select.push(&format!(
            " and (exists (select 1 from patient_name_word w where w.organization_id = p.organization_id and w.patient_id = p.id and {within}) \
             or exists (select 1 from contact_request_word w where w.organization_id = c.organization_id and w.conversation_id = c.id and {within}))"
        ));
    }
}
