//! Texts (TXT-8, TXT-9): how they leave, what is heard of them, and how they come in.

mod arriving;
mod crash;
mod development;
mod gateways;
mod kannel;
mod late;
mod leaving;
mod many;
mod office;
mod quarantine;
mod reports;
mod turns;
mod undelivered;
mod understanding;
mod webhooks;
