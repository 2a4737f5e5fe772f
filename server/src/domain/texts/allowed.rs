//! Which gateways administrators of clinics may name: the server calls no address that its operator has not allowed.

use std::sync::Arc;

/// The addresses of gateways that may be used, such as `https://api.twilio.com`. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedGateways(Arc<[String]>);

impl AllowedGateways {
    /// Twilio's address.
    pub const TWILIO: &str = "https://api.twilio.com";

    /// Takes addresses that were checked.
    #[must_use]
    pub fn new(urls: impl IntoIterator<Item = String>) -> Self {
        Self(urls.into_iter().map(|url| bare(&url)).collect())
    }

    /// The address in the form in which it is kept, where it is allowed.
    #[must_use]
    pub fn find(&self, url: &str) -> Option<&str> {
        let url = bare(url);
        let mut urls = self.0.iter();
        urls.find(|allowed| **allowed == url).map(String::as_str)
    }
}

impl Default for AllowedGateways {
    fn default() -> Self {
        Self::new([Self::TWILIO.to_owned()])
    }
}

fn bare(url: &str) -> String {
    url.trim().trim_end_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_operator_names_is_called() {
        let allowed = AllowedGateways::new(["http://sms.internal:13013/".to_owned()]);
        assert!(allowed.find("http://sms.internal:13013").is_some());
        for other in [
            "http://sms.internal",
            "http://sms.internal:13013/admin",
            "https://api.twilio.com",
            "",
        ] {
            assert!(allowed.find(other).is_none(), "{other}");
        }
    }
}
