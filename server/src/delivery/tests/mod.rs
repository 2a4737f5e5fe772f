//! The outbox from the message to the mail server, on a database of its own.

mod clinic;
mod failing;
mod links;
mod patients;
mod staff;
