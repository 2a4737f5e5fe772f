//! The malware scanner of the run, which knows one harmless test file.

use std::env;

/// Where the scanner listens, as the configuration takes it.
pub fn address() -> String {
    env::var("TIDINGS_TEST_CLAMD").unwrap_or_else(|_| {
        panic!("this test needs clamd (TIDINGS_TEST_CLAMD is not set): run the tests with ./tests/run, which starts what they need")
    })
}

/// The test file of EICAR, put together here so that no scanner takes this file for it.
pub fn eicar() -> Vec<u8> {
    let parts = [
        r"X5O!P%@AP[4\PZX54(P^)7CC)7}$",
        "EICAR-STANDARD-",
        "ANTIVIRUS-TEST-FILE!",
        "$H+H*",
    ];
    parts.concat().into_bytes()
}
