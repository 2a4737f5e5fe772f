//! What sounds like a wish to get no more texts, and what only uses its words.

use super::super::*;

/// What uses the words and asks for nothing.
const HARMLESS: &[&str] = &[
    "",
    "👍",
    "1",
    "The bus stop is closed",
    "endless",
    "Nonstop pain",
    "stopover",
    "my friend",
    "canceled",
    "quite well",
    "start now",
    "shop",
    "Top",
    "weekend",
    "informed",
    "helpless",
    "Thanks, I got your message",
    "The message said to come at 9",
    "I do not write well",
    "No more pain",
    "it will not stop",
    "I don't want to miss your messages",
    "I do not want the messages to get lost",
    "I don't want a message about it, please call",
    "I don't want to text you about this",
    "I do not want to message the doctor at night",
    "I don't need the message, I have seen it",
    "I don't get your messages",
    "I did not get any messages",
    "I did not send you any messages",
    "I didn't send those texts",
    "We do not send texts often",
    "If you don't send me the messages I cannot read them",
    "Why don't you send me texts?",
    "Don't send me the pills",
    "Don't send the message to my wife",
    "I don't want these pills any more",
    "I don't want to be late",
    "I no longer need the inhaler",
    "I never got the texts from the lab",
    "I don't like the new tablets",
    "No messages since Monday",
    "Sent from my iPhone",
    "I can't come tomorrow\nSent from my iPhone",
    "Cancel\nmy appointment on Monday",
    "End of the week\nis fine",
    "I want to stop what is sent from my pharmacy",
];

/// What staff are told of.
const NEAR_MISSES: &[&str] = &[
    "please stop texting me",
    "Stop texting",
    "STOP TEXTING ME!!!",
    "Stop sending me these messages",
    "stop please",
    "Please STOP",
    "pls stop",
    "stop it",
    "STOP NOW",
    "Reply STOP",
    "just stop",
    "I want to stop",
    "Stop. Thanks",
    "ok stop",
    "stopp",
    "STOOOOP",
    "stpo",
    "sotp",
    "Stoo",
    "unsubcribe",
    "Unsubscribe me",
    "please unsubscribe this number",
    "I want to opt out of this",
    "opting out",
    "Cancel these texts",
    "cancel my messages please",
    "end the texts",
    "I want these texts to stop",
    "make the messages stop",
    "quit texting me",
    "quit sending me messages",
    "I revoke my consent",
    "Don't text me",
    "do not text me again",
    "DONT TEXT ME",
    "Do not contact me",
    "never text this number",
    "don’t ever message me again",
    "No more texts",
    "no more messages please",
    "remove me",
    "Remove me from your list",
    "take me off your list",
    "Leave me alone",
    "wrong number",
    "You have the wrong person",
    "lose my number",
    "alto",
    "Arrêt",
    "basta",
    "No más mensajes",
    "cease contacting me",
    "ѕtор tехting me",
    "Do not send me texts",
    "Please do not send me texts",
    "Don't send me any more messages",
    "dont send me these messages anymore",
    "Don't keep sending me texts",
    "never send me texts again",
    "I asked you to not send me messages",
    "I don't want these messages",
    "I don't want your texts anymore",
    "I do not want to get any more text messages from you",
    "i dont need these texts",
    "I don't really want texts from you",
    "I don't like these texts",
    "I no longer want these messages",
    "I don't want to be contacted",
    "I do not wish to receive messages",
    "STOP\nJohn Smith",
    "Stop\nthank you for everything you did for me",
    "please stop\nSent from my iPhone",
];

/// Twenty frames around ten things that stop, end or are cancelled in a patient's life: 200 harmless sentences.
#[test]
fn words_like_stop_within_200_sentences_block_nothing() {
    let frames = [
        "Can I stop {}?",
        "When should I stop {}",
        "I had to stop {} last week",
        "Do I need to cancel {}?",
        "Please cancel {} on Monday",
        "{} will end on Friday",
        "At the end of {} I felt dizzy",
        "I want to quit {}",
        "I quit {} a year ago, is that good",
        "My insurance wants to revoke {}",
        "Should {} come to an end now?",
        "I cannot stop {}",
        "Did the doctor cancel {}?",
        "Where do I start {}?",
        "I will start {} tomorrow",
        "I need help with {}",
        "Do you have info about {}?",
        "The pain got worse at the end of {}",
        "Nurse said stop {} before surgery",
        "Is it bad to quit {} at once",
    ];
    let things = [
        "the pills",
        "smoking",
        "my appointment",
        "the blue inhaler",
        "physiotherapy",
        "the diet",
        "the iron tablets",
        "my walks",
        "the night shift",
        "insulin",
    ];
    let mut count = 0;
    for frame in frames {
        for thing in things {
            let text = frame.replace("{}", thing);
            assert_eq!(read(&text), Reading::Other, "{text}");
            count += 1;
        }
    }
    assert_eq!(count, 200);
    for text in HARMLESS {
        assert_eq!(read(text), Reading::Other, "{text}");
    }
}

#[test]
fn near_misses_are_told_to_staff_and_block_nothing() {
    for text in NEAR_MISSES {
        assert_eq!(read(text), Reading::NearMiss, "{text}");
    }
}
