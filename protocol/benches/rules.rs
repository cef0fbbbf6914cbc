//! What checking and signing cost, each as a ratio to a raw primitive measured in the same run:
//! `cargo bench -p commonwheel-protocol --bench rules`.
#![allow(clippy::unwrap_used)]

mod measure;
#[allow(dead_code)]
#[path = "../examples/vectors/world.rs"]
mod world;

use commonwheel_protocol::agreement::attestation::{Entry, Verdict};
use commonwheel_protocol::agreement::{Batch, Certificate};
use commonwheel_protocol::bytes::{Cid, Codec};
use commonwheel_protocol::record::content::{Chat, Content, Label, Message, Role};
use commonwheel_protocol::record::{Body, RecordId, SignedHeader, body};
use commonwheel_protocol::redact::{Redactor, Ruleset};
use commonwheel_protocol::sign::{self, Domain};
use commonwheel_protocol::text::{RawText, Redacted};
use ed25519_dalek::{Signature, Signer as _, SigningKey};
use measure::compare;
use sha2::{Digest, Sha256};
use std::hint::black_box;
use world::World;

const RULESET: &str = include_str!("../../config/rulesets/core-2.toml");
const CHATS: &str = include_str!("../../node/assets/sample/conversations.jsonl");

fn main() {
    let world = World::new();
    let ruleset = Ruleset::compile(toml::from_str(RULESET).unwrap(), Cid::of(Codec::Raw, RULESET.as_bytes())).unwrap();
    let mut redactor = Redactor::new(&ruleset);
    // Redacted, as what validators check always is.
    let text = redactor.redact(&RawText::new(CHATS)).text;
    signatures(&world);
    bodies(&world, &ruleset, &text);
    redaction(&ruleset, &text);
}

fn signatures(world: &World) {
    let (header, _) = world.record();
    let signed = SignedHeader::verify(&header).unwrap();
    let raw_key = SigningKey::from_bytes(&[9; 32]);
    let raw: Signature = raw_key.sign(&header);
    let key = raw_key.verifying_key();
    let mut raw_verify = || key.verify_strict(black_box(&header), &raw).unwrap();

    println!("One verify_strict of ed25519-dalek over {} bytes, the key already decoded, is 1:", header.len());
    let own = world.named();
    let signature = own.sign(Domain::Record, &header);
    let mut strict = || sign::verify(Domain::Record, &own.public(), black_box(&header), &signature).unwrap();
    compare("verify one signature (decoding the key included)", &mut strict, &mut raw_verify);
    compare("verify a header", &mut || drop(SignedHeader::verify(black_box(&header)).unwrap()), &mut raw_verify);

    let entries: Vec<_> = (0u32..256).map(accept).collect();
    let validator = world.validator(0);
    let sign = || Batch::sign(world.community, world.community, 1, black_box(&entries), &validator);
    compare("sign a batch of 256 verdicts", &mut || drop(sign()), &mut raw_verify);
    let batch = sign();
    compare("verify a batch of 256 verdicts", &mut || drop(Batch::verify(black_box(&batch)).unwrap()), &mut raw_verify);

    let certificate = world.certificate(&signed);
    let bytes = certificate.bytes();
    let mut verify = || drop(Certificate::verify(black_box(bytes), &world.charter).unwrap());
    compare("verify a certificate of 3 acceptances", &mut verify, &mut raw_verify);
}

fn accept(n: u32) -> Entry {
    Entry { record: RecordId(Cid::of_cbor(&n.to_be_bytes())), verdict: Verdict::Accept }
}

fn bodies(world: &World, ruleset: &Ruleset, text: &Redacted) {
    // A line of the sample is a chat of some KiB; ten of them make a long one.
    let lines: Vec<_> = text.as_str().lines().take(10).collect();
    let messages =
        lines.iter().map(|line| Message::new(Role::User, Redactor::new(ruleset).redact(&RawText::new(*line)).text));
    let chat = Content::Chat(Chat { messages: messages.collect(), label: Label::Good, note: None });
    let bytes = world.body(1, chat).to_bytes().unwrap();
    println!("\nOne SHA-256 of the same {} bytes is 1:", bytes.len());
    let mut hash = || {
        black_box(Sha256::digest(black_box(&bytes)));
    };
    compare("verify a body", &mut || drop(Body::<String>::verify(black_box(&bytes)).unwrap()), &mut hash);
    let mut second = || {
        let mut found = 0;
        body::every_text(black_box(&bytes), &mut |text| found += ruleset.second_pass(text)).unwrap();
        assert_eq!(found, 0, "redacted text is clean");
    };
    compare("second pass over a body", &mut second, &mut hash);
}

fn redaction(ruleset: &Ruleset, text: &Redacted) {
    let bytes = text.as_str().len();
    println!("\nOne SHA-256 of the same {bytes} bytes of text is 1 (MB/s: {bytes} bytes / time):");
    let mut hash = || {
        black_box(Sha256::digest(black_box(text.as_str().as_bytes())));
    };
    let mut second = || assert_eq!(ruleset.second_pass(black_box(text.as_str())), 0, "redacted text is clean");
    compare("second pass", &mut second, &mut hash);
    let raw = RawText::new(CHATS);
    let mut redact = || drop(Redactor::new(ruleset).redact(black_box(&raw)));
    compare("first pass: redact the original text", &mut redact, &mut hash);
}
