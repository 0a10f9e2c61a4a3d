//! An invoice in JSON: amounts are integers in the smallest unit of the currency.

use serde::Serialize;
use settlement::money::{CarriedCredit, Invoice, Line};
use terms::{Currency, FeeKind, Lang};

use super::remark;

/// The invoice, ending in a line break. The same invoice has the same bytes.
///
/// # Errors
/// None that can happen: every value has a form in JSON.
pub fn json(invoice: &Invoice, lang: Lang) -> anyhow::Result<String> {
    let mut text = serde_json::to_string_pretty(&whole(invoice, lang))?;
    text.push('\n');
    Ok(text)
}

#[derive(Serialize)]
struct Whole<'a> {
    contract: &'a str,
    contract_title: &'a str,
    provider: &'a str,
    tax_number: Option<&'a str>,
    customer: &'a str,
    month: String,
    currency: &'static str,
    due: Option<String>,
    lines: Vec<LineOut<'a>>,
    fees: i64,
    credited: Vec<CreditOut>,
    tax_rate: String,
    tax: i64,
    late: Vec<LateOut>,
    total: i64,
    carried: Vec<CreditOut>,
    remarks: Vec<RemarkOut>,
}

#[derive(Serialize)]
struct LineOut<'a> {
    fee: &'a str,
    title: &'a str,
    kind: &'static str,
    price: i64,
    quantity: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    metered: Option<MeteredOut>,
    #[serde(skip_serializing_if = "Option::is_none")]
    days: Option<DaysOut>,
    amount: i64,
}

#[derive(Serialize)]
struct MeteredOut {
    used: u64,
    included: u64,
    by: u64,
}

#[derive(Serialize)]
struct DaysOut {
    charged: u16,
    of: u16,
}

#[derive(Serialize)]
struct CreditOut {
    month: String,
    amount: i64,
}

#[derive(Serialize)]
struct LateOut {
    amount: i64,
    due: String,
    paid: String,
    charge: i64,
}

#[derive(Serialize)]
struct RemarkOut {
    kind: &'static str,
    text: String,
}

fn whole(invoice: &Invoice, lang: Lang) -> Whole<'_> {
    let late = invoice.late.iter().map(|(payment, charge)| LateOut {
        amount: payment.amount,
        due: payment.due.to_string(),
        paid: payment.paid.to_string(),
        charge: *charge,
    });
    let remarks = invoice.remarks.iter().map(|it| RemarkOut {
        kind: remark::word(it),
        text: remark::text(it, invoice.currency, lang),
    });
    Whole {
        contract: invoice.contract.as_str(),
        contract_title: invoice.contract_title.in_lang(lang),
        provider: invoice.provider.in_lang(lang),
        tax_number: invoice.tax_number.as_deref(),
        customer: invoice.customer.in_lang(lang),
        month: invoice.month.to_string(),
        currency: match invoice.currency {
            Currency::Jpy => "JPY",
            Currency::Eur => "EUR",
        },
        due: invoice.due.map(|due| due.to_string()),
        lines: invoice.lines.iter().map(|it| line(it, lang)).collect(),
        fees: invoice.fees,
        credited: credits(&invoice.credited),
        tax_rate: invoice.tax_rate.to_string(),
        tax: invoice.tax,
        late: late.collect(),
        total: invoice.total,
        carried: credits(&invoice.carried),
        remarks: remarks.collect(),
    }
}

fn line(line: &Line, lang: Lang) -> LineOut<'_> {
    let metered =
        line.metered.map(|it| MeteredOut { used: it.used, included: it.included, by: it.by });
    LineOut {
        fee: line.fee.as_str(),
        title: line.title.in_lang(lang),
        kind: match line.kind {
            FeeKind::Initial => "initial",
            FeeKind::Monthly => "monthly",
            FeeKind::Metered => "metered",
            FeeKind::Option => "option",
            FeeKind::Work => "work",
        },
        price: line.price,
        quantity: line.quantity,
        metered,
        days: line.days.map(|(charged, of)| DaysOut { charged, of }),
        amount: line.amount,
    }
}

fn credits(credits: &[CarriedCredit]) -> Vec<CreditOut> {
    let out = |it: &CarriedCredit| CreditOut { month: it.month.to_string(), amount: it.amount };
    credits.iter().map(out).collect()
}
