//! The contract, its versions, and the version in force.

use calendar::{BusinessCalendar, Closure, HolidayTable, Opening};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::sync::Arc;

use crate::fees::{Agreement, Billing, Fee};
use crate::promise::{Exclusion, Kind, Promise};
use crate::{Currency, Lang, Name, Text};

/// One agreement between a provider and a customer.
#[derive(Clone, Debug, PartialEq)]
pub struct Contract {
    /// Its name in commands, addresses of pages and records.
    pub name: Name,
    /// What the document is called.
    pub title: Text,
    /// Who promises and who is promised.
    pub parties: Parties,
    /// The language of its documents.
    pub language: Lang,
    /// Where its days and months are.
    pub zone: TimeZone,
    /// What its fees are in.
    pub currency: Currency,
    /// First day of the customer's contract.
    pub start: Date,
    /// Last day of the customer's contract, when it has ended.
    pub end: Option<Date>,
    /// At least one, oldest first, each complete. The first is also in force before its date, since
    /// nothing else is known of that time.
    pub versions: Vec<Version>,
}

/// Who promises and who is promised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parties {
    /// 提供者
    pub provider: Text,
    /// 契約者
    pub customer: Text,
    /// The provider's number for tax (登録番号, such as `T1234567890123`; a VAT number), printed on
    /// invoices.
    pub tax_number: Option<String>,
}

/// The terms from one day on.
#[derive(Clone, Debug, PartialEq)]
pub struct Version {
    /// First day in force, from 00:00 in the contract's zone.
    pub in_force: Date,
    /// What was revised.
    pub note: Option<Text>,
    /// Complete: what the version does not change is carried over.
    pub terms: Terms,
}

/// What is promised and paid while one version is in force.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Terms {
    /// In the order of the file, as everything here.
    pub calendars: Vec<CalendarRule>,
    /// What is provided.
    pub services: Vec<Service>,
    /// What does not count, and on which conditions.
    pub exclusions: Vec<Exclusion>,
    /// Every clause that can be kept or broken.
    pub promises: Vec<Promise>,
    /// What is paid for.
    pub fees: Vec<Fee>,
    /// How it is charged.
    pub billing: Billing,
    /// How long it runs and how it ends.
    pub agreement: Agreement,
}

/// Business hours: spans of each weekday, less holidays and closures.
#[derive(Clone, Debug, PartialEq)]
pub struct CalendarRule {
    /// Its name in the file.
    pub name: Name,
    /// What people call these hours.
    pub title: Text,
    /// Open spans, Monday first; a day off has none.
    pub weekly: [Vec<Opening>; 7],
    /// Whether Japan's public holidays are days off.
    pub japanese_holidays: bool,
    /// The company's own days off.
    pub closures: Vec<Closure>,
}

impl CalendarRule {
    /// The calendar to reckon with, in that zone and with that table of holidays.
    pub fn calendar(&self, zone: &TimeZone, holidays: &Arc<HolidayTable>) -> BusinessCalendar {
        BusinessCalendar {
            zone: zone.clone(),
            weekly: self.weekly.clone(),
            holidays: self.japanese_holidays.then(|| Arc::clone(holidays)),
            closures: self.closures.clone(),
        }
    }
}

/// Something promised as a whole.
#[derive(Clone, Debug, PartialEq)]
pub struct Service {
    /// Its name in the file and for `--service`.
    pub name: Name,
    /// What people call it.
    pub title: Text,
    /// First day of this service for the customer, when later than the contract's.
    pub start: Option<Date>,
    /// The parts of it that are watched.
    pub functions: Vec<Function>,
}

/// A part of a service that is up or down by itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Function {
    /// Its name in logs.
    pub name: Name,
    /// What people call it.
    pub title: Text,
    /// What a check must see to call it up.
    pub up_when: UpWhen,
    /// When it is watched from several sites: how many must see it down.
    pub sites: SitesQuorum,
}

/// What a check must see to call a function up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UpWhen {
    /// Any answer, a refusal too: a connection answered by 4xx or 503 is an answered connection (001).
    Answered,
    /// The answer that was asked for: a 4xx to the send check is a failed send (000).
    Succeeded,
}

/// How many of the sites that watch a function must see it down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SitesQuorum {
    /// One is enough.
    Any,
    /// All of them.
    All,
    /// At least so many, from 1.
    AtLeast(u8),
}

impl Contract {
    /// The version in force at that instant.
    pub fn version_at(&self, at: Timestamp) -> &Version {
        self.version_on(at.to_zoned(self.zone.clone()).date())
    }

    /// The version in force on that day.
    pub fn version_on(&self, day: Date) -> &Version {
        let later = self.versions.iter().skip(1).rfind(|version| version.in_force <= day);
        // `read` makes no contract without a version.
        later.unwrap_or(&self.versions[0])
    }

    /// The terms in force at that instant.
    pub fn terms_at(&self, at: Timestamp) -> &Terms {
        &self.version_at(at).terms
    }

    /// The terms of the newest version.
    pub fn newest(&self) -> &Terms {
        &self.versions[self.versions.len() - 1].terms
    }

    /// The same contract for a customer who began on another day.
    #[must_use]
    pub fn starting(mut self, start: Date) -> Contract {
        self.start = start;
        self
    }
}

impl Terms {
    /// The calendar of that name.
    pub fn calendar(&self, name: &Name) -> Option<&CalendarRule> {
        self.calendars.iter().find(|calendar| calendar.name == *name)
    }

    /// The service of that name.
    pub fn service(&self, name: &Name) -> Option<&Service> {
        self.services.iter().find(|service| service.name == *name)
    }

    /// The promise of that name.
    pub fn promise(&self, name: &Name) -> Option<&Promise> {
        self.promises.iter().find(|promise| promise.name == *name)
    }

    /// The exclusion of that name.
    pub fn exclusion(&self, name: &Name) -> Option<&Exclusion> {
        self.exclusions.iter().find(|exclusion| exclusion.name == *name)
    }

    /// The availability promise for that service, with its name and clause.
    pub fn availability_of(&self, service: &Name) -> Option<(&Promise, &crate::Availability)> {
        self.promises.iter().find_map(|promise| match &promise.kind {
            Kind::Availability(availability) if availability.service == *service => {
                Some((promise, availability))
            }
            _ => None,
        })
    }

    /// The remedy for missing that availability promise.
    pub fn remedy_for(&self, availability: &Name) -> Option<(&Promise, &crate::Remedy)> {
        self.promises.iter().find_map(|promise| match &promise.kind {
            Kind::Remedy(remedy) if remedy.of == *availability => Some((promise, remedy)),
            _ => None,
        })
    }
}
