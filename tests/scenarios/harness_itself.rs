//! The pieces that every scenario rests on, tested by themselves.

mod databases;
mod mail;
mod sockets;
