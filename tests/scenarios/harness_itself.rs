//! The pieces that every scenario rests on, tested by themselves.

mod databases;
mod logging;
mod mail;
mod sockets;
