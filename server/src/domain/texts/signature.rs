//! Signatures of webhooks, as Twilio makes them: HMAC-SHA1 over the address and the sorted fields of the form.

use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::domain::secret::Secret;

/// Whether a webhook was signed with the account's token. `url` is the address as the gateway knows it. The comparison tells
/// nothing by its time.
#[must_use]
pub fn is_right(token: &Secret, url: &str, form: &[(String, String)], signature: &str) -> bool {
    let Ok(signature) = STANDARD.decode(signature) else {
        return false;
    };
    let key = key(token);
    hmac::verify(&key, signed(url, form).as_bytes(), &signature).is_ok()
}

/// The signature of a webhook.
#[must_use]
pub fn sign(token: &Secret, url: &str, form: &[(String, String)]) -> String {
    let tag = hmac::sign(&key(token), signed(url, form).as_bytes());
    STANDARD.encode(tag)
}

fn key(token: &Secret) -> hmac::Key {
    hmac::Key::new(
        hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        token.reveal().as_bytes(),
    )
}

fn signed(url: &str, form: &[(String, String)]) -> String {
    let mut form: Vec<_> = form.iter().collect();
    form.sort();
    let mut text = url.to_owned();
    for (name, value) in form {
        text.push_str(name);
        text.push_str(value);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of Twilio's documentation.
    #[test]
    fn a_signature_is_the_documented_one() {
        let token = Secret::new("12345");
        let url = "https://mycompany.com/myapp.php?foo=1&bar=2";
        let form = [
            ("CallSid", "CA1234567890ABCDE"),
            ("Caller", "+14158675310"),
            ("Digits", "1234"),
            ("From", "+14158675310"),
            ("To", "+18005551212"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(sign(&token, url, &form), "GvWf1cFY/Q7PnoempGyD5oXAezc=");
        assert!(is_right(&token, url, &form, "GvWf1cFY/Q7PnoempGyD5oXAezc="));
        for (token, url, signature) in [
            (Secret::new("12346"), url, "GvWf1cFY/Q7PnoempGyD5oXAezc="),
            (
                token.clone(),
                "http://mycompany.com/myapp.php?foo=1&bar=2",
                "GvWf1cFY/Q7PnoempGyD5oXAezc=",
            ),
            (token.clone(), url, "GvWf1cFY/Q7PnoempGyD5oXAezd="),
            (token.clone(), url, ""),
            (token, url, "0"),
        ] {
            assert!(!is_right(&token, url, &form, signature));
        }
    }
}
