//! What stands in place of what a text cannot show: pictures, and other files that came with it.

/// The words for texts without words, and for pictures that came with some, by language.
const WORDS: [(&str, &str, &str); 6] = [
    (
        "en",
        "[A text without words came, such as a picture. It cannot be shown here.]",
        "[A picture or another file came with this text. It cannot be shown here.]",
    ),
    (
        "de",
        "[Eine SMS ohne Worte kam, etwa ein Bild. Sie kann hier nicht gezeigt werden.]",
        "[Mit dieser SMS kam ein Bild oder eine andere Datei. Sie kann hier nicht gezeigt werden.]",
    ),
    (
        "es",
        "[Ha llegado un mensaje sin palabras, por ejemplo una imagen. No se puede mostrar aquí.]",
        "[Con este mensaje ha llegado una imagen u otro archivo. No se puede mostrar aquí.]",
    ),
    (
        "fi",
        "[Tuli viesti ilman sanoja, esimerkiksi kuva. Sitä ei voi näyttää tässä.]",
        "[Viestin mukana tuli kuva tai muu tiedosto. Sitä ei voi näyttää tässä.]",
    ),
    (
        "fr",
        "[Un message sans texte est arrivé, par exemple une image. Il ne peut pas être affiché ici.]",
        "[Une image ou un autre fichier accompagnait ce message. Il ne peut pas être affiché ici.]",
    ),
    (
        "sv",
        "[Ett sms utan ord kom, till exempel en bild. Det kan inte visas här.]",
        "[En bild eller en annan fil kom med sms:et. Den kan inte visas här.]",
    ),
];

fn words(language: &str) -> (&'static str, &'static str) {
    let base = language.split('-').next().unwrap_or_default();
    let known = WORDS.iter().find(|(tag, ..)| *tag == base);
    let (_, without, beside) = known.unwrap_or(&WORDS[0]);
    (without, beside)
}

/// What stands in place of a text that has no words, in the language of the clinic.
pub(in crate::domain) fn without_words(language: &str) -> &'static str {
    words(language).0
}

/// The words of a text, and a hint where pictures came with them, in the language of the clinic.
pub(in crate::domain) fn with_pictures(body: &str, has_pictures: bool, language: &str) -> String {
    match (has_pictures, body.trim().is_empty()) {
        (false, _) => body.to_owned(),
        (true, true) => without_words(language).to_owned(),
        (true, false) => format!("{body}\n{}", words(language).1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_told_of_in_the_language_of_the_clinic() {
        assert_eq!(with_pictures("Hello", false, "en"), "Hello");
        let told = with_pictures("Hei", true, "fi-FI");
        assert!(told.starts_with("Hei\n[Viestin mukana"), "{told}");
        assert!(with_pictures(" ", true, "sv").contains("utan ord"));
        assert!(with_pictures("Hi", true, "tlh").contains("another file came"));
    }
}
