//! What the reader of an invoice must know, in words.

use settlement::money::Remark;
use terms::{Currency, Lang, wording};

/// The word for it in JSON.
pub fn word(remark: &Remark) -> &'static str {
    match remark {
        Remark::UnknownFee(_) => "unknown_fee",
        Remark::NoPrice(_) => "no_price",
        Remark::NoQuantity(_) => "no_quantity",
        Remark::NotUnderContract => "not_under_contract",
        Remark::Lapsed(_) => "credit_lapsed",
        Remark::NoLateCharge => "no_late_charge",
    }
}

/// Whether something that should be on the invoice is not.
pub fn leaves_out(remark: &Remark) -> bool {
    match remark {
        Remark::UnknownFee(_) | Remark::NoPrice(_) | Remark::NoQuantity(_) => true,
        Remark::NotUnderContract | Remark::Lapsed(_) | Remark::NoLateCharge => false,
    }
}

/// A sentence that says what to do, without a full stop.
pub fn text(remark: &Remark, currency: Currency, lang: Lang) -> String {
    match (remark, lang) {
        (Remark::UnknownFee(name), Lang::Ja) => {
            format!("料金「{name}」は契約にありません。利用実績から除いてください")
        }
        (Remark::UnknownFee(name), Lang::En) => {
            format!("the contract has no fee `{name}`: take it out of the usage file")
        }
        (Remark::NoPrice(name), Lang::Ja) => format!(
            "料金「{name}」の単価が契約にも利用実績にもないため、請求に含めていません。利用実績に price を書いてください"
        ),
        (Remark::NoPrice(name), Lang::En) => format!(
            "the fee `{name}` has no price in the contract or the usage file and is not charged: add \
             `price` to the usage file"
        ),
        (Remark::NoQuantity(name), Lang::Ja) => format!(
            "従量料金「{name}」の数量がないため、請求に含めていません。利用実績に quantity を書いてください"
        ),
        (Remark::NoQuantity(name), Lang::En) => format!(
            "the metered fee `{name}` has no quantity and is not charged: add `quantity` to the usage \
             file"
        ),
        (Remark::NotUnderContract, Lang::Ja) => "この月は契約期間ではありません".to_owned(),
        (Remark::NotUnderContract, Lang::En) => {
            "the contract does not run in this month".to_owned()
        }
        (Remark::Lapsed(amount), Lang::Ja) => {
            let amount = wording::money(*amount, currency, lang);
            format!("請求額を超える減額 {amount} は繰り越されず、失効します")
        }
        (Remark::Lapsed(amount), Lang::En) => {
            let amount = wording::money(*amount, currency, lang);
            format!(
                "{amount} of credit exceeds this bill and lapses: the contract carries none over"
            )
        }
        (Remark::NoLateCharge, Lang::Ja) => {
            "支払いの遅れがありますが、契約に遅延損害金の定めはありません".to_owned()
        }
        (Remark::NoLateCharge, Lang::En) => {
            "payments came late, and the contract has no late charge".to_owned()
        }
    }
}
