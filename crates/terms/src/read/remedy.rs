//! Promises of kind `remedy`: refund tiers and free months.

use sections::{Choice, Number, Section, Truth};

use crate::read::values::{NAME, PERCENT, SHARE, read_text};
use crate::{FeeKind, NotBefore, Payment, Percent, Remedy, RemedyForm, Rounding, Tier};

/// Most free months for one month missed, and most months to wait for one.
const MONTHS_MAX: u64 = 12;

/// The words for kinds of fees.
pub const FEE_KINDS: [(&str, FeeKind); 5] = [
    ("initial", FeeKind::Initial),
    ("monthly", FeeKind::Monthly),
    ("metered", FeeKind::Metered),
    ("option", FeeKind::Option),
    ("work", FeeKind::Work),
];
/// The words for ways to round.
pub const ROUNDINGS: [(&str, Rounding); 3] =
    [("up", Rounding::Up), ("down", Rounding::Down), ("half-up", Rounding::HalfUp)];

#[derive(Clone, Copy)]
enum Form {
    Tiers,
    FreeMonths,
}

#[derive(Clone, Copy)]
enum Route {
    NextBill,
    FreePeriod,
}

/// Reads the keys of the kind.
pub fn read(section: &Section<'_>) -> Option<Remedy> {
    let of = section.need(("of", "the promise of kind availability"), &NAME);
    let form = section.by_key(
        &[("tiers", Form::Tiers), ("free_months", Form::FreeMonths)],
        |form, section| match form {
            Form::Tiers => {
                let tiers = read_tiers(section);
                let key = ("fees", "the fees of the month that it is a share of");
                let fees = section.need_list(key, &Choice(&FEE_KINDS));
                Some((RemedyForm::Tiers(tiers?), fees?))
            }
            Form::FreeMonths => {
                let key = ("free_months", "so many for each month missed");
                let months = section.need(key, &Number(1..=MONTHS_MAX));
                Some((RemedyForm::FreeMonths(months? as u8), Vec::new()))
            }
        },
    );
    let rounding = section.choice_or("rounding", &ROUNDINGS, Rounding::Up);
    let key = ("claim", "the promise of kind clock by which the customer must ask");
    let claim = section.value(key, &NAME);
    let evidence = read_text(section, "evidence");
    let routes = [("next-bill", Route::NextBill), ("free-period", Route::FreePeriod)];
    let payment = section.need_variant("payment", &routes, |route, section| match route {
        Route::NextBill => {
            let key = ("carry_over", "what exceeds a bill goes to the next; true when left out");
            Payment::NextBill { carry_over: section.value(key, &Truth).unwrap_or(true) }
        }
        Route::FreePeriod => {
            let key =
                ("free_from", "earliest free month, in months after acceptance; 1 when left out");
            let months = section.value(key, &Number(0..=MONTHS_MAX)).unwrap_or(1);
            Payment::FreePeriod(NotBefore { months_after: months as u8 })
        }
    });
    let (form, fees) = form??;
    Some(Remedy { of: of?, form, fees, rounding, claim, evidence, payment: payment? })
}

fn read_tiers(section: &Section<'_>) -> Option<Vec<Tier>> {
    let list = section.sections(("tiers", "best first, without gaps; the last has no floor"));
    let count = list.len();
    let mut tiers: Vec<Tier> = Vec::new();
    let mut sound = true;
    for (i, tier) in list.into_iter().enumerate() {
        let at_least = tier.value(("at_least", "left out in the last tier"), &PERCENT);
        let below = tier.need("below", &PERCENT);
        let percent = tier.need(("percent", "the share of the fees that is owed"), &SHARE);
        let is_last = i + 1 == count;
        match at_least {
            Some(_) if is_last => {
                tier.object("at_least", "the last tier has no floor: leave `at_least` out");
            }
            None if !is_last && !tier.has("at_least") => {
                tier.object_whole("needs `at_least`: only the last tier has no floor");
                sound = false;
            }
            _ => {}
        }
        if let (Some(below), Some(percent)) = (below, percent) {
            let read = Tier { at_least, below, percent };
            check_tier(&tier, tiers.last(), &read);
            tiers.push(read);
        }
        sound &= !tier.has("at_least") || at_least.is_some();
        tier.finish();
    }
    if count == 0 && section.has("tiers") {
        section.object("tiers", "needs at least one tier");
        return None;
    }
    (sound && tiers.len() == count).then_some(tiers)
}

/// Whether a tier goes on where the one above ended.
fn check_tier(section: &Section<'_>, above: Option<&Tier>, tier: &Tier) {
    if let Some(floor) = tier.at_least.filter(|floor| *floor >= tier.below) {
        let text =
            format!("the tier is empty: from {floor} up to but not including {}", tier.below);
        section.object("at_least", &text);
    }
    if tier.below > Percent::HUNDRED {
        section.object("below", "a tier cannot reach above 100%");
    }
    let Some(above) = above else { return };
    if let Some(floor) = above.at_least {
        let text = match tier.below.cmp(&floor) {
            std::cmp::Ordering::Equal => String::new(),
            std::cmp::Ordering::Less => {
                format!(
                    "a gap: between {} and {floor} no tier holds; begin `below` at {floor}",
                    tier.below
                )
            }
            std::cmp::Ordering::Greater => format!(
                "an overlap: the tier above holds from {floor}; best first, each `below` is the `at_least` above it"
            ),
        };
        if !text.is_empty() {
            section.object("below", &text);
        }
    }
    if tier.percent < above.percent {
        let text =
            format!("owes {} where the better tier above owes {}", tier.percent, above.percent);
        section.object("percent", &text);
    }
}
