//! What Tidings does, told as stories on both kinds of database, and the rules that its sources keep.

mod harness_itself;
mod tidy;
