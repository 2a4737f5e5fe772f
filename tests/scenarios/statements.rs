//! What an operation asks of the database does not grow with what is stored: the statements of each, counted at ten rows
//! and at a thousand.

mod growing;

use growing::Growing;
use harness::clinic::Clinic;
use harness::on_both_databases;

/// The operations, and the statements that each takes, with `BEGIN` and `COMMIT` left out and with the one that asks who
/// the viewer is.
const OPERATIONS: [(&str, u64, &str); 11] = [
    (
        "a page of the inbox",
        7,
        "{ inbox(filter: ALL, first: 100) { counts { conversations messages } position nodes {
            unreadCount patient { name } lastMessage { body author { name profession } }
            messages(last: 3) { nodes { body attachments { fileName } } } } } }",
    ),
    (
        "a page of the inbox with receipts",
        5,
        "{ inbox(filter: ALL, first: 100) { nodes { receipts { personId sequence readAt } } } }",
    ),
    (
        "a page of downloads",
        6,
        "{ fileDownloads(first: 100) { nodes { fileName personName patientId downloadedAt } } }",
    ),
    (
        "a page of a conversation",
        8,
        "query ($chat: ID!) { conversation(id: $chat) { unreadCount position patient { name } lastMessage { id }
            messages(last: 100) { nodes { body author { name profession }
            attachments { fileName downloadUrl thumbnail { url } } } } } }",
    ),
    (
        "a page of patients with their panels",
        9,
        "{ patients(first: 100) { nodes { name onPanel programs { name } groups { name } consents { language }
            panel { alerted role staffMember { name roles restrictedFrom { name } groups { name } } } } } }",
    ),
    (
        "a page of dead letters",
        4,
        "{ deadLetters(first: 100) { nodes { purpose reason addressee { name } } } }",
    ),
    (
        "a page of scheduled messages",
        7,
        "query ($chat: ID!) { scheduledMessages(conversationId: $chat, first: 100) { nodes {
            body author { name } patient { name } to { name } files { fileName } template { name } } } }",
    ),
    (
        "sending a message",
        9,
        "mutation ($send: SendMessageInput!) { sendMessage(input: $send) { message { id body author { name } } errors { code } } }",
    ),
    (
        "sending files",
        13,
        "mutation ($files: SendMessageInput!) { sendMessage(input: $files) {
            message { id body author { name } attachments { fileName downloadUrl } } errors { code } } }",
    ),
    (
        "sending a template",
        15,
        "mutation ($words: SendMessageInput!) { sendMessage(input: $words) {
            message { id body author { name } origin { language version } } errors { code } } }",
    ),
    (
        "reading on",
        7,
        "mutation ($read: MarkReadInput!) { markRead(input: $read) { unreadCount } }",
    ),
];

on_both_databases! {
    async fn statements_do_not_grow_with_the_rows(clinic: &Clinic) {
        let growing = Growing::start(clinic).await;
        // Three messages are sent between.
        for (from, to) in [(0, 10), (13, 1000)] {
            growing.grow(from, to).await;
            for ((what, counted), (_, expected, _)) in growing.count().await.into_iter().zip(OPERATIONS) {
                // What the elements of a list need is gathered while they wait for each other; on a busy machine that may
                // take a round or two more, but never one for each of the hundred patients of the page.
                let spare = match what {
                    "a page of patients with their panels" => 10,
                    "a page of the inbox" | "a page of the inbox with receipts" | "a page of a conversation"
                    | "a page of scheduled messages" => 2,
                    _ => 0,
                };
                assert!((expected..=expected + spare).contains(&counted), "{what} took {counted} at {to} rows");
            }
        }
    }
}
