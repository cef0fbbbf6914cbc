//! Canonical bytes, content ids, keys as text.

use super::tools::{file, hex, invalid, valid};
use commonwheel_protocol::bytes::{Cid, Codec, Node, encode};
use commonwheel_protocol::limits::{DEPTH, INT_MAX};
use data_encoding::{BASE32_NOPAD, HEXLOWER};
use serde_json::{Value, json};

/// `cbor.json`
pub fn cbor() -> Value {
    let mut vectors: Vec<_> = [
        ("null", Node::Null),
        ("booleans", Node::List(vec![true.into(), false.into()])),
        ("the largest and the smallest integer", Node::List(vec![INT_MAX.into(), (-INT_MAX).into()])),
        (
            "integers at each change of length",
            Node::List([0, 23, 24, 255, 256, 65_535, 65_536, -1, -24, -25].map(Node::Int).to_vec()),
        ),
        ("text", Node::text("água")),
        ("bytes", Node::bytes([0, 255])),
        (
            "keys: shorter first, then by bytes",
            Node::map([("b", Some(1.into())), ("aa", Some(2.into())), ("a", Some(3.into()))]),
        ),
        ("a dag-cbor link", Cid::of_cbor(b"block").into()),
        ("a raw link", Cid::of(Codec::Raw, b"block").into()),
        ("nested as deep as allowed", (0..DEPTH).fold(Node::Null, |node, _| Node::List(vec![node]))),
    ]
    .map(|(name, node)| valid(name, &encode(&node)))
    .to_vec();
    let too_deep = encode(&(0..=DEPTH).fold(Node::Null, |node, _| Node::List(vec![node])));
    vectors.push(invalid("nested one deeper", &too_deep, "cbor-depth"));
    vectors.extend(REFUSED.map(|(name, text, reason)| invalid(name, &unhex(text), reason)));
    let link = encode(&Cid::of_cbor(b"block").into());
    for (name, at, byte) in [
        ("a link without the leading zero", 4, 1),
        ("a link of CID version 0", 5, 0),
        ("a link of codec dag-pb", 6, 0x70),
        ("a link of hash sha2-512", 7, 0x13),
    ] {
        let mut bytes = link.clone();
        bytes[at] = byte;
        vectors.push(invalid(name, &bytes, "cbor-link"));
    }
    file("cbor", Value::Null, vectors)
}

/// Name, bytes, reason.
const REFUSED: [(&str, &str, &str); 34] = [
    ("nothing", "", "cbor-truncated"),
    ("text that ends early", "6261", "cbor-truncated"),
    ("a length that ends early", "59", "cbor-truncated"),
    ("a list that ends early", "8200", "cbor-truncated"),
    ("a list longer than any input", "9affffffff", "cbor-truncated"),
    ("a second item", "0000", "cbor-trailing"),
    ("a reserved head", "1c", "cbor-malformed"),
    ("23 in two bytes", "1817", "cbor-non-shortest"),
    ("23 in three bytes", "190017", "cbor-non-shortest"),
    ("-1 in two bytes", "3800", "cbor-non-shortest"),
    ("a length in two bytes", "780161", "cbor-non-shortest"),
    ("a key's length in two bytes", "a178016100", "cbor-non-shortest"),
    ("true in two bytes", "f815", "cbor-non-shortest"),
    ("tag 42 in three bytes", "d9002a4100", "cbor-non-shortest"),
    ("a list of indefinite length", "9f00ff", "cbor-indefinite"),
    ("a map of indefinite length", "bf616100ff", "cbor-indefinite"),
    ("text of indefinite length", "7f6161ff", "cbor-indefinite"),
    ("a break", "ff", "cbor-indefinite"),
    ("a half float", "f93c00", "cbor-float"),
    ("a double float", "fb3ff0000000000000", "cbor-float"),
    ("undefined", "f7", "cbor-simple"),
    ("simple value 32", "f820", "cbor-simple"),
    ("2^53", "1b0020000000000000", "cbor-integer-range"),
    ("-2^53", "3b001fffffffffffff", "cbor-integer-range"),
    ("-2^63", "3b7fffffffffffffff", "cbor-integer-range"),
    ("2^64-1", "1bffffffffffffffff", "cbor-integer-range"),
    ("-2^64", "3bffffffffffffffff", "cbor-integer-range"),
    ("a date tag", "c100", "cbor-tag"),
    ("a big integer tag", "c24101", "cbor-tag"),
    ("a link that is a number", "d82a00", "cbor-link"),
    ("text that is not UTF-8", "61ff", "cbor-utf8"),
    ("a number as key", "a10000", "cbor-key-type"),
    ("keys by bytes alone", "a262616100616200", "cbor-key-order"),
    ("a key twice", "a2616100616100", "cbor-duplicate-key"),
];

/// `cid.json`
pub fn cid() -> Value {
    let cbor = Cid::of_cbor(&[0xa0]);
    let raw = Cid::of(Codec::Raw, b"terms");
    let text = cbor.to_string();
    let good = |name: &str, codec: &str, block: &[u8], cid: &Cid| {
        let facts = json!({ "codec": codec, "block": hex(block), "binary": hex(&cid.to_bytes()) });
        json!({ "name": name, "text": cid.to_string(), "valid": true, "facts": facts })
    };
    let bad = |name: &str, text: String, reason: &str| json!({ "name": name, "text": text, "valid": false, "reason": reason });
    let of = |bytes: &[u8]| format!("b{}", BASE32_NOPAD.encode(bytes).to_ascii_lowercase());
    let mut version_0 = cbor.to_bytes();
    version_0[0] = 0;
    let vectors = vec![
        good("the empty map", "dag-cbor", &[0xa0], &cbor),
        good("a raw block", "raw", b"terms", &raw),
        bad("a hash cut short", of(&cbor.to_bytes()[..35]), "cid-length"),
        bad("a hash too long", of(&[&cbor.to_bytes()[..], &[0]].concat()), "cid-length"),
        bad("another version", of(&version_0), "cid-prefix"),
        bad("upper case", text.to_uppercase(), "cid-text"),
        bad("base58", "zdpuAkBpTRMyQvTWm4EdRxmpDp8Vs5k1qJcVCq8yFwkWBcCGf".into(), "cid-text"),
        bad("bits left over that are not zero", format!("{}b", &text[..58]), "cid-text"),
        bad("no text", String::new(), "cid-text"),
    ];
    file("cid", Value::Null, vectors)
}

fn unhex(text: &str) -> Vec<u8> {
    HEXLOWER.decode(text.as_bytes()).expect("hex")
}
