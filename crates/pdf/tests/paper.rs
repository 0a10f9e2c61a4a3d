//! A document as a reader sees it. Needs the font of the system; where there is none, nothing is shown
//! but that we say so.

use pdf::{Block, Column, FontFiles, Fonts, Paper, Table};

fn fonts() -> Option<Fonts> {
    match FontFiles::find(&[]) {
        Ok(files) => Some(Fonts::open(&files).expect("the font of the system reads")),
        Err(error) => {
            eprintln!("not tested: {error}");
            None
        }
    }
}

fn report(rows: usize) -> Paper {
    let row = |n: usize| {
        vec![
            format!("11月22日 9:{:02}", n % 60),
            format!("項目 {n} 番。ウェブサーバー（nginx）を再起動した。髙橋・﨑山が確認、①。"),
        ]
    };
    Paper {
        title: "障害報告書 第 1 号".to_owned(),
        language: "ja".to_owned(),
        foot: "障害報告書 第 1 号".to_owned(),
        blocks: vec![
            Block::Title("障害報告書 第 1 号".to_owned()),
            Block::Facts(vec![
                ("件名".to_owned(), "ウェブの停止".to_owned()),
                ("契約者".to_owned(), "㈱アクメ".to_owned()),
            ]),
            Block::Heading("原因".to_owned()),
            Block::Text(
                "設定の誤りにより、ワーカーが起動しなかったため、接続をすべて拒否していました。"
                    .repeat(6),
            ),
            Block::Heading("経過".to_owned()),
            Block::Table(Table {
                columns: vec![Column { part: 1, right: false }, Column { part: 3, right: false }],
                head: vec!["時刻".to_owned(), "内容".to_owned()],
                rows: (0..rows).map(row).collect(),
            }),
        ],
    }
}

#[test]
fn everything_is_on_paper_once_and_pages_are_numbered() {
    let Some(fonts) = fonts() else { return };
    let pages = pdf::lines(&report(60), &fonts).expect("it fits");
    assert!(pages.len() > 1, "{} pages", pages.len());
    let text: String = pages.concat().concat();
    for n in 0..60 {
        // Behind a letter that is no digit, or 4 would also be found in 14.
        assert_eq!(text.matches(&format!("項目 {n} 番")).count(), 1, "{n}");
    }
    for (place, page) in pages.iter().enumerate() {
        assert_eq!(page.last().expect("a line"), &format!("{} / {}", place + 1, pages.len()));
        assert!(page.iter().any(|line| line == "時刻"), "the head of the table is on page {place}");
    }
}

#[test]
fn the_same_document_has_the_same_bytes() {
    let Some(fonts) = fonts() else { return };
    let one = pdf::write(&report(60), &fonts).expect("a file");
    let again = pdf::write(&report(60), &fonts).expect("a file");
    assert!(one.starts_with(b"%PDF-") && one == again);
    assert!(one.len() < 200_000, "only the letters that it needs: {}", one.len());
    if let Ok(file) = std::env::var("PDF_FILE") {
        std::fs::write(file, one).expect("written");
    }
}

#[test]
fn a_document_without_an_end_is_refused() {
    let Some(fonts) = fonts() else { return };
    assert!(matches!(pdf::write(&report(20_000), &fonts), Err(pdf::PdfError::TooLong)));
}
