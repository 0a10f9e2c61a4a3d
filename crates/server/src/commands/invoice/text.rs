//! An invoice in lines for people.

use settlement::money::{Invoice, Line};
use terms::{Lang, wording};

use super::remark;
use crate::table::Table;

/// The invoice, ending in a line break.
pub fn text(invoice: &Invoice, lang: Lang) -> String {
    format!("{}\n{}{}", head(invoice, lang), table(invoice, lang).show(), foot(invoice, lang))
}

/// One of two texts.
fn say(lang: Lang, ja: &'static str, en: &'static str) -> &'static str {
    if lang == Lang::Ja { ja } else { en }
}

/// What it is, for whom, from whom, until when.
fn head(invoice: &Invoice, lang: Lang) -> String {
    let month = wording::month(invoice.month, lang);
    let mut text = match lang {
        Lang::Ja => format!("請求書 {month}ご利用分\n"),
        Lang::En => format!("Invoice for {month}\n"),
    };
    let mut line = |what: &str, value: &str| text.push_str(&format!("{what}: {value}\n"));
    line(say(lang, "宛先", "to"), invoice.customer.in_lang(lang));
    line(say(lang, "発行", "from"), invoice.provider.in_lang(lang));
    if let Some(due) = invoice.due {
        line(say(lang, "支払期限", "to be paid by"), &wording::date(due, lang));
    }
    text
}

/// The lines and what they come to.
fn table(invoice: &Invoice, lang: Lang) -> Table {
    let money = |amount| wording::money(amount, invoice.currency, lang);
    let headings = [
        say(lang, "項目", "item"),
        say(lang, ">単価", ">price"),
        say(lang, ">数量", ">quantity"),
        say(lang, ">金額", ">amount"),
        "",
    ];
    let mut table = Table::new(&headings);
    for line in &invoice.lines {
        table.row([
            line.title.in_lang(lang).to_owned(),
            money(line.price),
            wording::count(line.quantity),
            money(line.amount),
            reckoning(line, lang),
        ]);
    }
    for (what, amount) in sums(invoice, lang) {
        table.row([what, String::new(), String::new(), money(amount), String::new()]);
    }
    table
}

/// From the sum of the lines to what is to be paid.
fn sums(invoice: &Invoice, lang: Lang) -> Vec<(String, i64)> {
    let money = |amount| wording::money(amount, invoice.currency, lang);
    let mut sums = vec![(say(lang, "小計", "fees").to_owned(), invoice.fees)];
    for credit in &invoice.credited {
        let of = wording::month(credit.month, lang);
        let what = match lang {
            Lang::Ja => format!("減額({of}分)"),
            Lang::En => format!("credit for {of}"),
        };
        sums.push((what, -credit.amount));
    }
    let rate = wording::percent(invoice.tax_rate);
    let tax = match lang {
        Lang::Ja => format!("消費税({rate})"),
        Lang::En => format!("tax ({rate})"),
    };
    sums.push((tax, invoice.tax));
    for (payment, charge) in &invoice.late {
        let (amount, due) = (money(payment.amount), wording::date(payment.due, lang));
        let what = match lang {
            Lang::Ja => format!("遅延損害金({due}期限の{amount})"),
            Lang::En => format!("late charge ({amount} due on {due})"),
        };
        sums.push((what, *charge));
    }
    sums.push((say(lang, "請求額", "total").to_owned(), invoice.total));
    sums
}

/// What goes on to the next bill, and what a reader must know.
fn foot(invoice: &Invoice, lang: Lang) -> String {
    let mut text = String::new();
    for credit in &invoice.carried {
        let of = wording::month(credit.month, lang);
        let amount = wording::money(credit.amount, invoice.currency, lang);
        text.push_str(&match lang {
            Lang::Ja => format!("\n次回へ繰り越す減額: {amount}({of}分)\n"),
            Lang::En => format!("\ncredit carried to the next bill: {amount} (for {of})\n"),
        });
    }
    for it in &invoice.remarks {
        let note = remark::text(it, invoice.currency, lang);
        text.push_str(&format!("\n{}: {note}\n", say(lang, "注記", "note")));
    }
    text
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
