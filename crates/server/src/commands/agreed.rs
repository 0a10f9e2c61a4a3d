//! Which contract a command speaks of, and in which language it answers.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use jiff::civil::Date;
use terms::{Contract, Lang};

use crate::contract_file;

/// Flags of every command that computes something from one contract.
#[derive(Args)]
pub struct Agreed {
    /// Contract file
    #[arg(value_name = "CONTRACT")]
    pub file: PathBuf,
    /// The customer's first day [default: the file's]
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub start: Option<Date>,
}

impl Agreed {
    /// The contract for that customer.
    ///
    /// # Errors
    /// When the file cannot be read or is wrong; its findings are printed.
    pub fn contract(&self) -> anyhow::Result<Contract> {
        let contract = read_or_tell(&self.file)?;
        Ok(match self.start {
            Some(start) => contract.starting(start),
            None => contract,
        })
    }
}

/// The contract of a file.
///
/// # Errors
/// When the file cannot be read or is wrong; its findings are printed.
pub fn read_or_tell(file: &Path) -> anyhow::Result<Contract> {
    match contract_file::load(file).map_err(anyhow::Error::msg)? {
        Ok(read) => Ok(read.contract),
        Err(findings) => {
            for finding in findings {
                eprintln!("{finding}");
            }
            anyhow::bail!("the contract {} is wrong; see the lines above", file.display());
        }
    }
}

/// A language that answers are written in.
#[derive(Clone, Copy, ValueEnum)]
pub enum Language {
    /// 日本語
    Ja,
    /// English
    En,
}

impl Language {
    /// The one that was asked for, else the contract's.
    pub fn or_of(chosen: Option<Language>, contract: &Contract) -> Lang {
        match chosen {
            Some(Language::Ja) => Lang::Ja,
            Some(Language::En) => Lang::En,
            None => contract.language,
        }
    }
}

/// A day on the command line.
///
/// # Errors
/// Says how a day is written.
pub fn day(text: &str) -> Result<Date, String> {
    let plain = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    let day = text.parse().ok().filter(|_| plain);
    day.ok_or_else(|| "write a day as YYYY-MM-DD, as in 2026-11-20".to_owned())
}
