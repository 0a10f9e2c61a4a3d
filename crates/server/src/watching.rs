//! The watchers of an office: one for the checks of the configuration, one for those of the console,
//! which may look at less, one for those of customers, which may look at the public Internet alone. What
//! they report is recorded once a second.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use app::{Office, Source, checks};
use tokio::sync::{mpsc, watch as channel};
use tokio::task::JoinSet;
use watch::{Check, Policy, Range, Reach, Report, Roots, Watcher};

use crate::clock;
use crate::config::Config;
use crate::own_addresses;
use crate::signals;
use crate::timers::Trouble;

/// Between two recordings.
const RECORD_EVERY: Duration = Duration::from_secs(1);
/// Reports that wait for their recording in a watcher's line.
const REPORTS_MAX: usize = 20_000;
/// Reports that wait while the records fail; beyond, the oldest are given up, and that time is blind.
const UNRECORDED_MAX: usize = 200_000;
/// Between two foldings of looks into hours.
const FOLD_EVERY: Duration = Duration::from_secs(600);

/// Where the checks of the configuration may look: the provider wrote them.
///
/// # Errors
/// When the resolvers of the system cannot be read.
pub fn reach(config: &Config) -> anyhow::Result<Reach> {
    let resolvers = config.relay.resolvers.as_deref();
    let by = |roots| Reach::new(resolvers, roots, clock::now);
    // A small container has no roots of its own.
    by(&Roots::System).or_else(|_| by(&Roots::Mozilla)).context("cannot look at anything")
}

/// As [`reach`], where the checks of the console may look.
///
/// # Errors
/// As there.
pub fn console_reach(config: &Config) -> anyhow::Result<Reach> {
    let mut console = reach(config)?;
    console.policy = console_policy(config);
    Ok(console)
}

/// As [`reach`], where the checks of customers may look: the public Internet, and nothing of ours.
///
/// # Errors
/// As there.
fn customers_reach(config: &Config) -> anyhow::Result<Reach> {
    let mut customers = reach(config)?;
    customers.policy = Policy::Public(own_ranges(config, &own_addresses::of_this_machine()));
    Ok(customers)
}

/// What no check of a customer may reach, beside what is not public: where clouds keep what a machine
/// is, the addresses of this machine, those where we listen and send from, and what else is ours.
fn own_ranges(config: &Config, machine: &[IpAddr]) -> Vec<Range> {
    let relay = &config.relay;
    let servers = relay.compositions.iter().flat_map(|it| it.listen.iter().chain(&it.listen_tls));
    let listeners = servers.chain([&config.office.console]).chain(&config.metrics.listen);
    let listeners = listeners.map(|address| address.ip()).filter(|ip| !ip.is_unspecified());
    let single = listeners.chain(machine.iter().copied()).chain(relay.source_addresses.clone());
    let single = single.map(|ip| {
        let prefix = ip.to_canonical();
        Range { prefix, bits: if prefix.is_ipv4() { 32 } else { 128 } }
    });
    METADATA.into_iter().chain(config.watch.own_addresses.clone()).chain(single).collect()
}

/// Where the checks of the console may look: never at the metadata service of a cloud, and into private
/// networks only when the configuration says so.
fn console_policy(config: &Config) -> Policy {
    if config.watch.allow_private {
        Policy::Without(METADATA.to_vec())
    } else {
        Policy::Public(METADATA.to_vec())
    }
}

const fn v4(a: u8, b: u8, c: u8, d: u8, bits: u8) -> Range {
    Range { prefix: IpAddr::V4(Ipv4Addr::new(a, b, c, d)), bits }
}

const fn v6(s: [u16; 8], bits: u8) -> Range {
    Range {
        prefix: IpAddr::V6(Ipv6Addr::new(s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7])),
        bits,
    }
}

/// Where clouds keep what a machine is and may do, and the ways to IPv4 that could lead there.
const METADATA: [Range; 9] = [
    v4(169, 254, 0, 0, 16),
    v4(100, 100, 100, 200, 32),
    v4(168, 63, 129, 16, 32),
    v4(192, 0, 0, 192, 32),
    v6([0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x254], 128),
    v6([0xfd20, 0x00ce, 0, 0, 0, 0, 0, 0x254], 128),
    v6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10),
    // NAT64 (RFC 6052, RFC 8215) and 6to4 (RFC 3056) of the first.
    v6([0x0064, 0xff9b, 0, 0, 0, 0, 0, 0], 32),
    v6([0x2002, 0xa9fe, 0, 0, 0, 0, 0, 0], 32),
];

/// Gives an office what its console needs to look. Nobody is kept from starting by what nobody asked for.
///
/// # Errors
/// As [`reach`], when the configuration has checks.
pub fn prepare(config: &Config, office: &mut Office) -> anyhow::Result<()> {
    match console_reach(config) {
        Ok(mut console) => {
            console.beats = Arc::clone(&office.watching.beats);
            office.watching.reach = Some(Arc::new(console));
            let mut customers = customers_reach(config)?;
            customers.beats = Arc::clone(&office.watching.beats);
            office.watching.customers_reach = Some(Arc::new(customers));
            office.watching.customer_checks = config.watch.customer_checks;
        }
        Err(error) if config.checks.is_empty() => {
            tracing::warn!(%error, "no check of the console will be looked at");
        }
        Err(error) => return Err(error),
    }
    Ok(())
}

/// Starts the watchers; they end when they are told to stop, and what they saw is recorded.
///
/// # Errors
/// When the records or the system's resolvers and roots cannot be read.
pub async fn start(
    tasks: &mut JoinSet<anyhow::Result<()>>,
    config: &Config,
    office: &Arc<Office>,
    stopped: &channel::Receiver<bool>,
) -> anyhow::Result<()> {
    checks::refresh(office, clock::now()).await?;
    if office.watching.reach.is_none() {
        return Ok(());
    }
    tell_unknown(office).await?;
    let mut provider = reach(config)?;
    provider.beats = Arc::clone(&office.watching.beats);
    let configured = office.watching.configured.iter();
    let ours = configured.filter(|it| it.settings.is_looked_at_from(checks::OFFICE));
    let configured: Vec<Check> = ours.filter_map(|it| it.settings.check(&it.name).ok()).collect();
    let (sink, reports) = mpsc::channel(REPORTS_MAX);
    // The sender stays with the task: a list that nobody can change any more is still a list.
    let (list, configured) = channel::channel(configured);
    let watcher = Watcher::new(Arc::new(provider), &config.node);
    let (told, its_sink) = (signals::told(stopped.clone()), sink.clone());
    tasks.spawn(async move {
        watcher.run(configured, its_sink, told).await;
        drop(list);
        Ok(())
    });
    let watching = &office.watching;
    let others =
        [(&watching.reach, watching.added()), (&watching.customers_reach, watching.of_customers())];
    for (reach, checks) in others {
        let Some(reach) = reach else { continue };
        let watcher = Watcher::new(Arc::clone(reach), &config.node);
        let (sink, told) = (sink.clone(), signals::told(stopped.clone()));
        tasks.spawn(async move {
            watcher.run(checks, sink, told).await;
            Ok(())
        });
    }
    drop(sink);
    let recording = Arc::clone(office);
    tasks.spawn(async move {
        record(&recording, reports).await;
        Ok(())
    });
    tasks.spawn(crate::timers::until(stopped.clone(), fold(Arc::clone(office))));
    Ok(())
}

/// Tells of checks that a contract names and nobody has: their functions are not measured. And of sites
/// that are no node: they are blind.
async fn tell_unknown(office: &Office) -> anyhow::Result<()> {
    let known = checks::list(office, clock::now()).await?;
    let stations = office.store.stations().await?;
    let is_node = |site: &str| {
        let mut nodes = stations.iter().filter(|it| it.kind == store::StationKind::Node);
        nodes.any(|it| it.name == site && it.revoked.is_none())
    };
    for check in &known {
        let sites = check.settings.looked_at_from();
        for site in sites.filter(|site| *site != checks::OFFICE && !is_node(site)) {
            tracing::warn!(check = check.name, site, "there is no such node: the site is blind");
        }
    }
    for measured in office.contracts().into_iter().flat_map(|watched| &watched.measured) {
        if let Source::Check(name) = &measured.source
            && !known.iter().any(|it| it.name == *name)
        {
            let function = measured.function.as_str();
            tracing::warn!(check = %name, function, "the console has no such check: not measured");
        }
    }
    Ok(())
}

/// Records until the watchers have ended and everything is told.
async fn record(office: &Office, mut reports: mpsc::Receiver<Report>) {
    let mut trouble = Trouble::new("what checks saw could not be recorded");
    let mut waiting: Vec<Report> = Vec::new();
    let mut ticks = tokio::time::interval(RECORD_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let is_over = take(&mut reports, &mut waiting);
        if !waiting.is_empty() {
            let recorded = checks::record(office, &waiting).await;
            if recorded.is_ok() {
                waiting.clear();
            }
            trouble.note(recorded);
        }
        if is_over {
            return;
        }
        let surplus = waiting.len().saturating_sub(UNRECORDED_MAX);
        waiting.drain(..surplus);
    }
}

/// Takes what has come; whether nothing will come any more.
fn take(reports: &mut mpsc::Receiver<Report>, waiting: &mut Vec<Report>) -> bool {
    loop {
        match reports.try_recv() {
            Ok(report) => waiting.push(report),
            Err(mpsc::error::TryRecvError::Empty) => return false,
            Err(mpsc::error::TryRecvError::Disconnected) => return true,
        }
    }
}

async fn fold(office: Arc<Office>) {
    let mut trouble = Trouble::new("looks of checks could not be folded into hours");
    let mut old = Trouble::new("old looks of checks could not be forgotten");
    loop {
        trouble.note(checks::fold(&office, clock::now()).await.map(drop));
        old.note(checks::drop_expired(&office, clock::now()).await.map(drop));
        tokio::time::sleep(FOLD_EVERY).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_check_of_a_customer_reaches_what_is_ours() {
        let text = "hostname = \"mx\"\n[console]\nlisten = \"203.0.114.8:443\"\n[watch]\n\
                    allow_private = true\nown_addresses = [\"198.0.2.0/24\", \"203.0.114.9\"]\n\
                    [outbound]\nsource_addresses = [\"203.0.114.10\"]\n[[composition]]\n\
                    name = \"a\"\ndelivery = \"sandbox\"\nlisten = [\"203.0.114.11:25\", \"0.0.0.0:26\"]\n";
        let machine = crate::config::Machine::this();
        let config = crate::config::read(text, std::path::Path::new(""), machine);
        let config = config.expect("a sound configuration");
        let machine = ["203.0.114.12".parse().expect("ip"), "2001:470::7".parse().expect("ip")];
        let policy = Policy::Public(own_ranges(&config, &machine));
        for (address, allowed) in [
            ("203.0.114.8", false),
            ("203.0.114.9", false),
            ("203.0.114.10", false),
            ("203.0.114.11", false),
            ("203.0.114.12", false),
            ("203.0.114.13", true),
            ("::ffff:203.0.114.12", false),
            ("2001:470::7", false),
            ("2001:470::8", true),
            ("198.0.2.255", false),
            ("198.0.3.1", true),
            // Whatever `allow_private` says.
            ("10.0.0.1", false),
            ("127.0.0.1", false),
            ("169.254.169.254", false),
            ("100.100.100.200", false),
            ("168.63.129.16", false),
            ("fd00:ec2::254", false),
            ("::1", false),
            ("fe80::1", false),
            ("64:ff9b::a9fe:a9fe", false),
        ] {
            let address: IpAddr = address.parse().expect("an address");
            assert_eq!(policy.allows(address), allowed, "{address}");
        }
    }

    #[test]
    fn no_check_of_the_console_reaches_the_metadata() {
        let open = Policy::Without(METADATA.to_vec());
        let closed = Policy::Public(METADATA.to_vec());
        for (address, in_open, in_closed) in [
            ("169.254.169.254", false, false),
            ("::ffff:169.254.169.254", false, false),
            ("64:ff9b::a9fe:a9fe", false, false),
            ("2002:a9fe:a9fe::1", false, false),
            ("fd00:ec2::254", false, false),
            ("100.100.100.200", false, false),
            ("168.63.129.16", false, false),
            ("10.0.0.1", true, false),
            ("127.0.0.1", true, false),
            ("fd00::1", true, false),
            ("93.184.216.34", true, true),
        ] {
            let address: IpAddr = address.parse().expect("an address");
            assert_eq!(open.allows(address), in_open, "{address}");
            assert_eq!(closed.allows(address), in_closed, "{address}");
        }
    }
}
