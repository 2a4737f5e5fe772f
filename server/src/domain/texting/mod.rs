//! Texting with patients: what texts mean (TXT-1 to TXT-7). How they travel is told in [`texts`](super::texts).

pub mod birth_date_answer;
pub mod blocks;
pub mod inbound;
pub mod keywords;
pub mod machine;
mod spelling;
