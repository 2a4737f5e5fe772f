//! How long a text is (TXT-9): in GSM-7 or UCS-2, in one part or in several that the phone joins.

use entity::TextEncoding;

/// The letters of the GSM 03.38 alphabet; each takes one septet.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// Its extension table; each takes an escape and a septet.
const EXTENDED: &str = "\u{c}^{}\\[~]|€";

/// How long a text is, and in how many parts it travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextLength {
    /// How its letters are counted.
    pub encoding: TextEncoding,
    /// Septets of GSM-7, or 16-bit units of UCS-2.
    pub units: u32,
    /// In how many parts it travels; none for an empty text.
    pub segments: u32,
    /// How many units more the last part could hold.
    pub remaining: u32,
}

/// Units of a part: where it is the only one, and where it is one of several and begins with a header that says so.
const fn room(encoding: TextEncoding) -> (u32, u32) {
    match encoding {
        TextEncoding::Gsm7 => (160, 153),
        TextEncoding::Ucs2 => (70, 67),
    }
}

/// Septets of a letter in GSM-7; none where the alphabet lacks it.
fn septets(letter: char) -> Option<u32> {
    if BASIC.contains(letter) {
        Some(1)
    } else if EXTENDED.contains(letter) {
        Some(2)
    } else {
        None
    }
}

/// Measures a text. A letter that takes two units is never divided between two parts.
#[must_use]
pub fn measure(text: &str) -> TextLength {
    let gsm: Option<Vec<u32>> = text.chars().map(septets).collect();
    let (encoding, letters) = match gsm {
        Some(letters) => (TextEncoding::Gsm7, letters),
        None => {
            let units = text.chars().map(|letter| letter.len_utf16() as u32);
            (TextEncoding::Ucs2, units.collect())
        }
    };
    let (single, part) = room(encoding);
    let units: u32 = letters.iter().sum();
    if units <= single {
        return TextLength {
            encoding,
            units,
            segments: u32::from(units > 0),
            remaining: single - units,
        };
    }
    let (mut segments, mut used) = (1, 0);
    for letter in letters {
        if used + letter > part {
            segments += 1;
            used = 0;
        }
        used += letter;
    }
    TextLength {
        encoding,
        units,
        segments,
        remaining: part - used,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> (TextEncoding, u32, u32, u32) {
        let length = measure(text);
        (
            length.encoding,
            length.units,
            length.segments,
            length.remaining,
        )
    }

    #[test]
    fn the_alphabet_is_whole() {
        // With the escape itself the basic table has 128 places.
        assert_eq!(BASIC.chars().count(), 127);
        assert_eq!(EXTENDED.chars().count(), 10);
    }

    #[test]
    fn gsm_letters_are_counted_in_septets() {
        assert_eq!(of(""), (TextEncoding::Gsm7, 0, 0, 160));
        assert_eq!(of("Grüße"), (TextEncoding::Gsm7, 5, 1, 155));
        assert_eq!(of(&"a".repeat(160)), (TextEncoding::Gsm7, 160, 1, 0));
        assert_eq!(of(&"a".repeat(161)), (TextEncoding::Gsm7, 161, 2, 145));
        assert_eq!(of(&"a".repeat(306)), (TextEncoding::Gsm7, 306, 2, 0));
        assert_eq!(of(&"a".repeat(307)), (TextEncoding::Gsm7, 307, 3, 152));
        assert_eq!(of(&"€".repeat(80)), (TextEncoding::Gsm7, 160, 1, 0));
    }

    #[test]
    fn an_escaped_letter_is_not_divided() {
        // 152 septets, then a letter of two: it moves to the next part and leaves one septet empty.
        let text = format!("{}€{}", "a".repeat(152), "a".repeat(151));
        assert_eq!(of(&text), (TextEncoding::Gsm7, 305, 2, 0));
        assert_eq!(of(&format!("{text}a")), (TextEncoding::Gsm7, 306, 3, 152));
    }

    #[test]
    fn other_letters_make_the_whole_text_wide() {
        assert_eq!(of("ł"), (TextEncoding::Ucs2, 1, 1, 69));
        assert_eq!(of(&"ł".repeat(70)), (TextEncoding::Ucs2, 70, 1, 0));
        assert_eq!(of(&"ł".repeat(71)), (TextEncoding::Ucs2, 71, 2, 63));
        assert_eq!(of("👋"), (TextEncoding::Ucs2, 2, 1, 68));
        // A pair of surrogates is not divided either: 33 of them fill a part of 67 units up to one.
        assert_eq!(of(&"👋".repeat(36)), (TextEncoding::Ucs2, 72, 2, 61));
    }
}
