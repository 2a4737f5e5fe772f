//! What a file is called. The name is a label for people: no path is made of it and nothing is decided by it.

use entity::FileName;
use unicode_normalization::UnicodeNormalization as _;

/// The most bytes of a name, so that every file system takes it.
const MAX_BYTES: usize = 180;
/// The longest ending that is kept when a name is cut.
const MAX_ENDING_BYTES: usize = 16;
/// What a file without a name is called.
const NAMELESS: &str = "file";
/// Names that one operating system gives to its devices, whatever their endings.
const DEVICES: [&str; 4] = ["CON", "PRN", "AUX", "NUL"];

/// Makes a label of whatever a client calls a file: the last part of a path, without what cannot be seen, turns the
/// reading direction, or means something to a file system.
pub(crate) fn label(text: &str) -> FileName {
    let last = text.rsplit(['/', '\\']).next().unwrap_or_default();
    let seen: String = last
        .nfc()
        .filter(|character| !is_invisible(*character))
        .map(|character| match character {
            '<' | '>' | ':' | '"' | '|' | '?' | '*' => '_',
            other if other.is_whitespace() => ' ',
            other => other,
        })
        .collect();
    let bare = seen.trim_matches(|character: char| character == '.' || character.is_whitespace());
    let short = shorten(bare);
    if short.is_empty() {
        FileName::new(NAMELESS)
    } else if is_device(&short) {
        FileName::new(format!("_{short}"))
    } else {
        FileName::new(short)
    }
}

/// Control characters, marks that turn the reading direction, and marks without width.
fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'
                ..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// Cuts a name in front of its ending.
fn shorten(name: &str) -> String {
    if name.len() <= MAX_BYTES {
        return name.to_owned();
    }
    let ending = name
        .rfind('.')
        .map(|at| &name[at..])
        .filter(|ending| ending.len() <= MAX_ENDING_BYTES)
        .unwrap_or_default();
    let stem = &name[..name.len() - ending.len()];
    let room = stem.floor_char_boundary(MAX_BYTES - ending.len());
    format!("{}{ending}", stem[..room].trim_end())
}

fn is_device(name: &str) -> bool {
    let stem = name
        .split('.')
        .next()
        .unwrap_or_default()
        .trim_end()
        .to_ascii_uppercase();
    let numbered = ["COM", "LPT"].iter().any(|device| {
        stem.strip_prefix(device)
            .is_some_and(|number| matches!(number.as_bytes(), [b'0'..=b'9']))
    });
    numbered || DEVICES.contains(&stem.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_label_and_no_path() {
        for (given, label_) in [
            ("report.pdf", "report.pdf"),
            ("../../etc/passwd", "passwd"),
            ("C:\\Windows\\win.ini", "win.ini"),
            ("..", "file"),
            ("", "file"),
            (" . ", "file"),
            ("a\0b\u{7}.png", "ab.png"),
            ("invoice\u{202e}fdp.exe", "invoicefdp.exe"),
            ("\u{200e}x\u{feff}.png", "x.png"),
            ("con.txt", "_con.txt"),
            ("Com1", "_Com1"),
            ("comet.txt", "comet.txt"),
            (".htaccess", "htaccess"),
            ("a:b*c?.txt", "a_b_c_.txt"),
            ("u\u{308}ber.pdf", "über.pdf"),
            ("line\nbreak.txt", "linebreak.txt"),
        ] {
            assert_eq!(label(given).reveal(), label_, "{given:?}");
        }
    }

    /// A client that shows a name as HTML by mistake, or within an attribute, still shows a name.
    #[test]
    fn a_name_opens_no_element_and_ends_no_attribute() {
        let hostile = include_str!("../rich_text/xss.txt");
        let names = hostile
            .lines()
            .filter(|line| !line.starts_with('#'))
            .map(label);
        for name in names {
            assert!(!name.reveal().contains(['<', '>', '"']));
        }
    }

    #[test]
    fn a_long_name_keeps_its_ending() {
        let long = label(&format!("{}.pdf", "ä".repeat(400)));
        assert!(long.reveal().len() <= MAX_BYTES && long.reveal().ends_with("ä.pdf"));
        let odd = label(&format!("a.{}", "b".repeat(400)));
        assert_eq!(odd.reveal().len(), MAX_BYTES);
    }
}
