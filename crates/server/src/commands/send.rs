//! `yakusoku send`: writes one small message and hands it to a mail server.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use mail::Address;
use mail::compose::Draft;

use crate::clock;
use crate::config::Machine;
use crate::exit::{self, Misused, Status};
use crate::send::client::{self, Door, Tls};

/// What to write, and to whom to hand it.
#[derive(Args)]
#[command(after_help = exit::HELP)]
pub struct SendArgs {
    /// Server to hand it to
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:2525")]
    server: String,
    /// Sender, in the envelope and in From [default: the --user, else api@sandbox.example]
    #[arg(long, value_name = "ADDRESS")]
    from: Option<String>,
    /// Recipient; may be given several times
    #[arg(long, value_name = "ADDRESS", required = true)]
    to: Vec<String>,
    /// Subject
    #[arg(long, value_name = "TEXT", default_value = "Yakusoku 約束")]
    subject: String,
    /// Plain text
    #[arg(
        long,
        value_name = "TEXT",
        default_value = "A promise is a promise.\n約束は約束です。\n"
    )]
    text: String,
    /// The same as HTML
    #[arg(long, value_name = "HTML")]
    html: Option<String>,
    /// File to attach; may be given several times
    #[arg(long, value_name = "FILE")]
    attach: Vec<PathBuf>,
    /// API user to sign in as; the password comes from --password-file or YAKUSOKU_PASSWORD
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// File whose first line is the password
    #[arg(long, value_name = "FILE", requires = "user")]
    password_file: Option<PathBuf>,
    /// Password, from the environment so that it stays out of the list of processes
    #[arg(env = "YAKUSOKU_PASSWORD", long = "password", hide = true, hide_env_values = true)]
    password: Option<String>,
    /// How the connection is protected
    #[arg(long, value_enum, default_value_t = Tls::Auto)]
    tls: Tls,
    /// PEM file of certificates to trust; without it any is taken, and a password goes to
    /// loopback only
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
}

/// Who sends when nobody is named: the API user of a first start.
const FROM: &str = "api@sandbox.example";
/// Largest attachment that we read, in bytes.
const ATTACHMENT_MAX: u64 = 100 * 1024 * 1024;

/// Writes and sends.
pub fn run(args: &SendArgs) -> anyhow::Result<Status> {
    let machine = Machine::this();
    let password = args.read_password()?;
    let login = args.user.as_deref().zip(password.as_deref());
    if args.user.is_some() && login.is_none() {
        let text = "--user needs a password: set YAKUSOKU_PASSWORD or give --password-file";
        return Err(Misused(text.to_owned()).into());
    }
    if args.server.rsplit_once(':').is_none_or(|(_, port)| port.parse::<u16>().is_err()) {
        let text = format!("--server {:?} has no port: write HOST:PORT", args.server);
        return Err(Misused(text).into());
    }
    let draft = args.draft(&machine)?;
    let door = Door {
        server: &args.server,
        tls: args.tls,
        ca: args.ca.as_deref(),
        login,
        helo: &machine.hostname,
    };
    let outcome = client::deliver(&door, &draft.from, &draft.to, &draft.render())?;
    for (address, reply) in &outcome.refused {
        eprintln!("{address} was refused: {reply}");
    }
    if let Some(reply) = &outcome.accepted {
        outln!("{reply}");
    }
    Ok(if outcome.refused.is_empty() { Status::Done } else { Status::Failed })
}

impl SendArgs {
    fn draft(&self, machine: &Machine) -> anyhow::Result<Draft> {
        let attach = |path: &PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            Ok((name, read_file(path)?))
        };
        let unique: [u8; 12] = vault::random().context("cannot make a Message-ID")?;
        Ok(Draft {
            from: address("--from", self.from.as_ref().or(self.user.as_ref()).map_or(FROM, |f| f))?,
            to: self.to.iter().map(|text| address("--to", text)).collect::<Result<_, _>>()?,
            subject: self.subject.clone(),
            text: text_or_file(&self.text)?,
            html: self.html.as_deref().map(text_or_file).transpose()?,
            attachments: self.attach.iter().map(attach).collect::<anyhow::Result<_>>()?,
            date: clock::now().to_zoned(machine.time_zone.clone()),
            unique: unique.iter().map(|byte| format!("{byte:02x}")).collect(),
            automatic: false,
        })
    }

    fn read_password(&self) -> anyhow::Result<Option<String>> {
        let Some(path) = &self.password_file else { return Ok(self.password.clone()) };
        let text = String::from_utf8(read_file(path)?)
            .with_context(|| format!("{} is not UTF-8", path.display()))?;
        Ok(text.lines().next().map(str::to_owned))
    }
}

fn address(flag: &str, text: &str) -> Result<Address, Misused> {
    Address::parse(text).map_err(|error| Misused(format!("{flag}: {text:?}: {error}")))
}

fn text_or_file(text: &str) -> anyhow::Result<String> {
    let Some(path) = text.strip_prefix('@') else { return Ok(text.to_owned()) };
    String::from_utf8(read_file(Path::new(path))?).with_context(|| format!("{path} is not UTF-8"))
}

fn read_file(path: &Path) -> anyhow::Result<Vec<u8>> {
    let unreadable = || format!("cannot read {}", path.display());
    let size = fs::metadata(path).with_context(unreadable)?.len();
    if size > ATTACHMENT_MAX {
        return Err(Misused(format!("{} is larger than 100 MB", path.display())).into());
    }
    fs::read(path).with_context(unreadable)
}
