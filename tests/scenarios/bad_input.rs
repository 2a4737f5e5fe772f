//! What is wrong, or goes wrong: a clear answer with a code, nothing private in it, and nothing lost that was acknowledged.

mod long_answers;
mod places;
mod privacy;
mod storage;
mod values;
