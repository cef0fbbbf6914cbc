//! Keys and how they follow from a seed, signatures, preferences, licences.

use super::tools::{file, hex};
use super::world::World;
use commonwheel_protocol::identity::{Nonce, Seed};
use commonwheel_protocol::preference::Preference;
use commonwheel_protocol::sign::{Domain, PublicKey, SecretKey};
use curve25519_dalek::{edwards::EdwardsPoint, scalar::Scalar};
use serde_json::{Value, json};
use sha2::{Digest, Sha512};

/// `keys.json`
pub fn derivation(world: &World) -> Value {
    let seed = &world.author;
    let nonce = Nonce([0xa5; 16]);
    let community = &world.community;
    let of = |purpose: &str, key: SecretKey| {
        let public = key.public();
        json!({ "name": purpose, "purpose": purpose, "valid": true,
            "facts": { "public_key": hex(&public.0), "text": public.to_string() } })
    };
    let mut vectors = vec![
        of("author/named", seed.named(community)),
        of("author/pseudonym", seed.pseudonym(community)),
        of("author/anonymous", seed.anonymous(community, &nonce)),
        of("reader", seed.reader(community)),
        of("validator/signing", seed.validator()),
    ];
    let encryption = hex(&seed.encryption_public());
    vectors.push(json!({ "name": "validator/encryption", "purpose": "validator/encryption", "valid": true,
        "facts": { "public_key": encryption } }));
    let text = seed.validator().public().to_string();
    for (name, text) in [
        ("upper case", text.to_uppercase()),
        ("a character is missing", text[..55].to_owned()),
        ("a content id", community.to_string()),
        ("hex", hex(&seed.validator().public().0)),
    ] {
        vectors.push(json!({ "name": name, "text": text, "valid": false, "reason": "key-text" }));
    }
    let context = json!({ "seed": hex(seed.expose()), "community": community.to_string(), "nonce": hex(&nonce.0) });
    file("key", context, vectors)
}

/// `signatures.json`
pub fn signatures() -> Value {
    let key = Seed::new([1; 32]).validator();
    let (public, payload) = (key.public(), b"\xa0".as_slice());
    let good = key.sign(Domain::Record, payload);
    let case = |name: &str, key: &PublicKey, purpose: Domain, payload: &[u8], signature: &[u8; 64], valid: bool| {
        let mut vector = json!({ "name": name, "key": hex(&key.0), "purpose": purpose.name(), "payload": hex(payload),
            "signature": hex(signature), "message": hex(&purpose.message(payload)), "valid": valid });
        if !valid {
            vector["reason"] = json!("signature");
        }
        vector
    };
    let mut changed = good;
    changed[0] ^= 1;
    let other = Seed::new([2; 32]).validator().public();
    let mut identity = [0; 32];
    identity[0] = 1;
    let zero_under_identity = [identity, [0; 32]].concat().try_into().expect("64 bytes");
    let mut vectors = vec![
        case("good", &public, Domain::Record, payload, &good, true),
        case("for another purpose", &public, Domain::Receipt, payload, &good, false),
        case("over another payload", &public, Domain::Record, b"\xf6", &good, false),
        case("of another key", &other, Domain::Record, payload, &good, false),
        case("one bit changed", &public, Domain::Record, payload, &changed, false),
        case("S not reduced: S + L", &public, Domain::Record, payload, &plus_order(good), false),
        case(
            "a key of small order, under which anything verifies",
            &PublicKey(identity),
            Domain::Record,
            payload,
            &zero_under_identity,
            false,
        ),
        case("a key that is no point", &PublicKey(no_point()), Domain::Record, payload, &good, false),
    ];
    let (weak_key, weak) = small_order_r(payload);
    vectors.push(case(
        "R of small order, for which a lenient check holds",
        &weak_key,
        Domain::Record,
        payload,
        &weak,
        false,
    ));
    vectors.extend(DOMAINS.map(|domain| {
        let name = format!("good for the purpose {}", domain.name());
        case(&name, &public, domain, payload, &key.sign(domain, payload), true)
    }));
    file("signature", Value::Null, vectors)
}

const DOMAINS: [Domain; 6] =
    [Domain::Record, Domain::Charter, Domain::Attestation, Domain::Receipt, Domain::Session, Domain::Statement];

/// The order of the base point, little-endian.
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// The same signature with S + L for S: the other half of what RFC 8032 forbids.
fn plus_order(mut signature: [u8; 64]) -> [u8; 64] {
    let mut carry = 0;
    for (byte, order) in signature[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(order) + carry;
        *byte = sum as u8;
        carry = sum >> 8;
    }
    signature
}

/// Bytes that decode to no point of the curve.
fn no_point() -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[0] = 2;
    bytes
}

/// A key and a signature with R the neutral element: [S]B = R + [k]A holds, and strictness refuses.
fn small_order_r(payload: &[u8]) -> (PublicKey, [u8; 64]) {
    let secret = Scalar::from(424_242u64);
    let key = EdwardsPoint::mul_base(&secret).compress().to_bytes();
    let mut r = [0; 32];
    r[0] = 1;
    let hash = Sha512::new().chain_update(r).chain_update(key).chain_update(Domain::Record.message(payload)).finalize();
    let k = Scalar::from_bytes_mod_order_wide(&hash.into());
    (PublicKey(key), [r, (k * secret).to_bytes()].concat().try_into().expect("64 bytes"))
}

/// `preferences.json`
pub fn preferences() -> Value {
    let mut vectors: Vec<_> = READINGS
        .map(|(raw, canonical)| json!({ "name": raw, "text": raw, "valid": true, "facts": { "canonical": canonical } }))
        .to_vec();
    for (raw, version, canonical) in VERSIONS {
        let name = format!("by {version}: {raw}");
        vectors.push(json!({ "name": name, "text": raw, "vocabulary": version, "valid": true,
            "facts": { "canonical": canonical } }));
    }
    let refused = |name: &str, text: String, reason: &str| json!({ "name": name, "text": text, "valid": false, "reason": reason });
    vectors.extend(NOTHING.map(|raw| refused(raw, raw.to_owned(), "preference-nothing")));
    vectors.extend(SYNTAX.map(|raw| refused(raw, raw.to_owned(), "preference-syntax")));
    let long = format!("train-ai=n{}", ", x=y".repeat(60));
    vectors.push(refused("longer than a statement may be", long, "preference-length"));
    for raw in
        ["train-ai=y,search=y", "train-ai=y, search=y", " search=y", "search=y;q=1", "bots=n", "search=y, search=y"]
    {
        let read = Preference::read(raw).expect("a statement that is read");
        assert_ne!(read.to_string(), raw);
        let mut vector = refused(&format!("not canonical: {raw}"), raw.to_owned(), "preference-not-canonical");
        vector["canonical"] = json!(true);
        vectors.push(vector);
    }
    file("preference", Value::Null, vectors)
}

const READINGS: [(&str, &str); 21] = [
    ("train-ai=y", "train-ai=y"),
    ("train-ai=y, search=y", "search=y, train-ai=y"),
    ("train-ai=n,\tsearch=n,evaluate=y", "evaluate=y, search=n, train-ai=n"),
    ("train-ai=n;exceptions=cc-cr", "train-ai=n;exceptions=cc-cr"),
    ("train-ai=n;exceptions=cc-cr-dc", "train-ai=n;exceptions=cc-cr-dc"),
    ("train-ai=n;exceptions=cc-cr-ec", "train-ai=n;exceptions=cc-cr-ec"),
    ("train-ai=n;exceptions=cc-cr-op", "train-ai=n;exceptions=cc-cr-op"),
    ("train-ai=n;exceptions=other", "train-ai=n"),
    ("train-ai=n;exceptions=\"cc-cr\"", "train-ai=n"),
    ("train-ai=y;exceptions=cc-cr", "train-ai=y"),
    ("train-ai=y, train-ai=n", "train-ai=n"),
    ("train-ai=n, train-ai=y", "train-ai=y"),
    ("search=y, train-ai=y, train-ai=1", "search=y"),
    ("future=y, search=n", "search=n"),
    ("train-genai=n, search=y", "search=y, train-ai=n"),
    ("tdm=n, train-ai=n;exceptions=cc-cr", "search=n, train-ai=n"),
    ("ai=n, search=y", "search=y, train-ai=n"),
    ("ai-output=n, train-ai=y", "search=n, train-ai=y"),
    ("bots=n, train-ai=y", "search=n, train-ai=n"),
    ("all=n, evaluate=y", "evaluate=y, search=n, train-ai=n"),
    ("ai-use=y, search=n", "search=n"),
];
const VERSIONS: [(&str, &str, &str); 6] = [
    ("tdm=n", "ietf-aipref-01", "search=n, train-ai=n"),
    ("train-ai=n, search=y", "ietf-aipref-01", "search=y"),
    ("bots=n, search=y", "ietf-aipref-02", "search=y"),
    ("all=n, search=y", "ietf-aipref-02", "search=n, train-ai=n"),
    ("ai-output=n, train-ai=y", "ietf-aipref-03", "train-ai=y"),
    ("ai-use=n, search=y", "ietf-aipref-08", "search=y, train-ai=n"),
];
const NOTHING: [&str; 10] = [
    "",
    "inference=n",
    "train-ai",
    "train-ai=1",
    "train-ai=\"y\"",
    "train-ai=Y",
    "train-ai=(y)",
    "train-ai=?1",
    "ai-use=y",
    "yes=y",
];
const SYNTAX: [&str; 5] = ["train-ai=y;;", "Train=y", "train-ai=y search=y", "train-ai=y,", "é=y"];
