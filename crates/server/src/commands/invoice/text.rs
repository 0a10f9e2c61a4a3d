//! An invoice in lines for people.

use settlement::money::{Invoice, Line};
use terms::{Lang, wording};

use super::remark;
use crate::table::Table;

/// The invoice, ending in a line break.
pub fn text(invoice: &Invoice, lang: Lang) -> String {
    let ja = lang == Lang::Ja;
    let say = |japanese: &'static str, english: &'static str| if ja { japanese } else { english };
    let (month, money) = (wording::month(invoice.month, lang), money(invoice, lang));
    let mut text = match lang {
        Lang::Ja => format!("請求書 {month}ご利用分\n"),
        Lang::En => format!("Invoice for {month}\n"),
    };
    text.push_str(&format!("{}: {}\n", say("宛先", "to"), invoice.customer.in_lang(lang)));
    text.push_str(&format!("{}: {}\n", say("発行", "from"), invoice.provider.in_lang(lang)));
    if let Some(due) = invoice.due {
        text.push_str(&format!(
            "{}: {}\n",
            say("支払期限", "to be paid by"),
            wording::date(due, lang)
        ));
    }
    let mut table = Table::new(&[
        say("項目", "item"),
        say(">単価", ">price"),
        say(">数量", ">quantity"),
        say(">金額", ">amount"),
        "",
    ]);
    for line in &invoice.lines {
        table.row([
            line.title.in_lang(lang).to_owned(),
            money(line.price),
            wording::count(line.quantity),
            money(line.amount),
            reckoning(line, lang),
        ]);
    }
    let mut sum = |what: String, amount: i64| {
        table.row([what, String::new(), String::new(), money(amount), String::new()]);
    };
    sum(say("小計", "fees").to_owned(), invoice.fees);
    for credit in &invoice.credited {
        let of = wording::month(credit.month, lang);
        let what = if ja { format!("減額({of}分)") } else { format!("credit for {of}") };
        sum(what, -credit.amount);
    }
    let rate = wording::percent(invoice.tax_rate);
    sum(if ja { format!("消費税({rate})") } else { format!("tax ({rate})") }, invoice.tax);
    for (payment, charge) in &invoice.late {
        let (amount, due) = (money(payment.amount), wording::date(payment.due, lang));
        let what = match lang {
            Lang::Ja => format!("遅延損害金({due}期限の{amount})"),
            Lang::En => format!("late charge ({amount} due on {due})"),
        };
        sum(what, *charge);
    }
    sum(say("請求額", "total").to_owned(), invoice.total);
    text.push('\n');
    text.push_str(&table.show());
    for credit in &invoice.carried {
        let (of, amount) = (wording::month(credit.month, lang), money(credit.amount));
        text.push_str(&match lang {
            Lang::Ja => format!("\n次回へ繰り越す減額: {amount}({of}分)\n"),
            Lang::En => format!("\ncredit carried to the next bill: {amount} (for {of})\n"),
        });
    }
    for it in &invoice.remarks {
        let note = remark::text(it, invoice.currency, lang);
        text.push_str(&format!("\n{}: {note}\n", say("注記", "note")));
    }
    text
}

fn money(invoice: &Invoice, lang: Lang) -> impl Fn(i64) -> String + use<> {
    let currency = invoice.currency;
    move |amount| wording::money(amount, currency, lang)
}

/// Where a quantity or an amount comes from.
fn reckoning(line: &Line, lang: Lang) -> String {
    let metered = line.metered.map(|it| {
        let [used, included, by] = [it.used, it.included, it.by].map(wording::count);
        match lang {
            Lang::Ja => format!("利用 {used}、込み {included}、{by} ごと"),
            Lang::En => format!("{used} used, {included} included, by {by}"),
        }
    });
    let days = line.days.filter(|(charged, of)| charged < of).map(|(charged, of)| match lang {
        Lang::Ja => format!("日割り {charged}/{of}"),
        Lang::En => format!("{charged}/{of} by the day"),
    });
    [metered, days].into_iter().flatten().collect::<Vec<_>>().join(" ")
}
