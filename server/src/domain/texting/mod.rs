//! What texts of patients mean: who may be texted, who they are, and what they say (TXT-1 to TXT-7).

pub mod birth_date_answer;
pub mod keywords;
pub mod machine;
mod spelling;
