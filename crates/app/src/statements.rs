//! Statements: one month of one service settled on the evidence in the records.

use calendar::{HolidayTable, Month, day_span};
use jiff::Timestamp;
use settlement::{Question, Statement, settle};
use terms::{Contract, Name, Service};

use crate::gathered::{evidence_of, whole_second};
use crate::{AppError, Office, Refusal};

/// A statement and its neighbours.
#[derive(Clone, Debug, PartialEq)]
pub struct Settled {
    /// The statement.
    pub statement: Statement,
    /// Every service of the month that there are statements of.
    pub services: Vec<Service>,
    /// The first month of the contract.
    pub first: Month,
    /// The month that is now, or the contract's last one.
    pub last: Month,
}

/// The statement of a month as it is known now. Without a service it is that of the one the contract
/// is mostly about.
///
/// # Errors
/// Refused when there is no such contract, service or month under contract; when the records fail.
pub async fn statement(
    office: &Office,
    contract: &str,
    service: Option<&str>,
    month: Month,
    now: Timestamp,
) -> Result<Settled, AppError> {
    let now = whole_second(now);
    let watched = office.contract(contract)?;
    let contract = &watched.contract;
    let (first, last) = months(contract, now);
    if month < first || month > last {
        return AppError::refused(Refusal::NoStatement { month: month.to_string() });
    }
    let services = services(contract, month);
    let service = match service {
        Some(asked) => services.iter().map(|s| &s.name).find(|name| name.as_str() == asked),
        None => Question::main_service(contract, month),
    };
    let Some(service) = service else {
        return AppError::refused(Refusal::NoStatement { month: month.to_string() });
    };
    let span = month.span(&contract.zone);
    let evidence = evidence_of(office, watched, span, now).await?;
    let holidays = HolidayTable::japan();
    let as_of = Some(now);
    let question = Question { contract, service, month, as_of, fees: None, holidays: &holidays };
    Ok(Settled { statement: settle(&question, &evidence), services, first, last })
}

/// The first and the last month that a contract has statements of.
#[must_use]
pub fn months(contract: &Contract, now: Timestamp) -> (Month, Month) {
    let first = Month::of_date(contract.start);
    let end = contract.end.map(|day| day_span(day, &contract.zone).from());
    let last = Month::of(end.map_or(now, |end| end.min(now)), &contract.zone);
    (first, last)
}

/// The services of a month that have functions.
fn services(contract: &Contract, month: Month) -> Vec<Service> {
    let terms = &contract.version_on(month.first()).terms;
    terms.services.iter().filter(|service| !service.functions.is_empty()).cloned().collect()
}

/// The service of an availability promise that a remedy or a claim hangs on.
pub(crate) fn service_of<'t>(terms: &'t terms::Terms, availability: &Name) -> Option<&'t Name> {
    match &terms.promise(availability)?.kind {
        terms::Kind::Availability(it) => Some(&it.service),
        _ => None,
    }
}
