//! However the network cuts a session into pieces, the same replies and messages come out.

use mail::smtp::server::AuthOffer;
use proptest::prelude::*;

use super::{Block, Script, settings};

/// What a session may hold, good and bad.
const FRAGMENTS: &[&[u8]] = &[
    b"EHLO c\r\n",
    b"HELO c\r\n",
    b"MAIL FROM:<a@example.jp>\r\n",
    b"MAIL FROM:<a@example.jp> SIZE=99999\r\n",
    b"RCPT TO:<b@example.jp>\r\n",
    b"RCPT TO:<c@example.jp> NOTIFY=NEVER\r\n",
    b"DATA\r\n",
    b"BDAT 7\r\n",
    b"BDAT 0\r\n",
    b"BDAT 3 LAST\r\n",
    b"BDAT x\r\n",
    b"AUTH PLAIN AHgAeQ==\r\n",
    b"AUTH LOGIN\r\n",
    b"YXBpQGV4YW1wbGUuanA=\r\n",
    b"c2VjcmV0\r\n",
    b"RSET\r\n",
    b"Subject: x\r\n",
    b"\r\n",
    b".\r\n",
    b"..\r\n",
    b".",
    b"\r",
    b"\n",
    b"\0",
    b"\xff",
    b"text",
    b"0123456789012345678901234567890123456789\r\n",
];

fn sessions() -> impl Strategy<Value = Vec<u8>> {
    let fragment = prop::sample::select(FRAGMENTS).prop_map(<[u8]>::to_vec);
    // Otherwise few sessions would come as far as content.
    let opening = b"EHLO c\r\nMAIL FROM:<a@example.jp>\r\nRCPT TO:<b@example.jp>\r\n".to_vec();
    (any::<bool>(), prop::collection::vec(fragment, 0..40)).prop_map(move |(open, fragments)| {
        let opening = if open { opening.clone() } else { Vec::new() };
        [opening, fragments.concat()].concat()
    })
}

fn play(sent: &[u8], piece: usize) -> Vec<Vec<String>> {
    let mut settings = settings();
    settings.auth = AuthOffer::Always;
    settings.limits.message_bytes = 120;
    settings.limits.commands = 30;
    let blocks = vec![Block::default(), Block { sent: sent.to_vec(), expected: Vec::new() }];
    Script { settings, spool_full: false, blocks }.play(piece)
}

proptest! {
    #[test]
    fn pieces_do_not_matter(sent in sessions(), piece in 1usize..40) {
        let whole = play(&sent, usize::MAX);
        prop_assert_eq!(&play(&sent, 1), &whole);
        prop_assert_eq!(&play(&sent, piece), &whole);
    }
}
