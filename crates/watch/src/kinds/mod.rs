//! The ways to look, each in its own file: a short conversation over a [`crate::wire::Wire`].

pub(crate) mod certificate;
pub(crate) mod database;
pub(crate) mod dns;
pub(crate) mod ftp;
pub(crate) mod hello;
pub(crate) mod http;
pub(crate) mod http_expect;
pub(crate) mod imap;
pub(crate) mod mysql;
pub(crate) mod ping;
pub(crate) mod plugin;
pub(crate) mod pop3;
pub(crate) mod postgres;
pub(crate) mod scram;
pub(crate) mod smtp;
pub(crate) mod tcp;
pub(crate) mod tls;
