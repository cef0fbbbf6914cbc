//! A small archive as a node's store and a bundle hold them: CARv1.

use super::records::contents;
use super::world::{RULESET, TERMS, World};
use commonwheel_protocol::bytes::{Cid, Codec, Node, encode};
use commonwheel_protocol::record::content::Content;
use commonwheel_protocol::record::{Header, SignedHeader};
use serde_json::{Value, json};

/// The archive, and what stands where in it.
pub fn sample(world: &World) -> (Vec<u8>, Value) {
    let mut archive = Archive::new();
    archive.put("terms", Codec::Raw, TERMS.as_bytes());
    archive.put("ruleset", Codec::Raw, RULESET.as_bytes());
    archive.put("founding", Codec::DagCbor, world.founding.bytes());
    let mut first = None;
    for (n, content) in contents(world).into_iter().take(3).enumerate() {
        let is_correction = matches!(content, Content::Correction(_));
        let body = world.body(n as u8 + 1, content).to_bytes().expect("a small body");
        let corrects = first.filter(|_| is_correction);
        let bytes = Header { corrects, ..world.header(&body) }.sign(&world.named());
        let header = SignedHeader::verify(&bytes).expect("the generator's own header");
        first = first.or(Some(header.id()));
        archive.put("header", Codec::DagCbor, &bytes);
        archive.put("body", Codec::DagCbor, &body);
        archive.put("certificate", Codec::DagCbor, world.certificate(&header).bytes());
    }
    archive.put("erased", Codec::Raw, &[0; 64]);
    let index = json!({
        "reads": "car",
        "file": "sample.car",
        "header_bytes": HEADER_BYTES,
        "community": world.community.to_string(),
        "sections": archive.sections,
    });
    (archive.bytes, index)
}

const HEADER_BYTES: usize = 18;

struct Archive {
    bytes: Vec<u8>,
    sections: Vec<Value>,
}

impl Archive {
    fn new() -> Archive {
        let header = encode(&Node::map([("roots", Some(Node::List(vec![]))), ("version", Some(Node::Int(1)))]));
        let bytes = [varint(header.len()), header].concat();
        assert_eq!(bytes.len(), HEADER_BYTES, "the header of every archive");
        Archive { bytes, sections: vec![] }
    }

    fn put(&mut self, what: &str, codec: Codec, block: &[u8]) {
        let cid = Cid::of(codec, block);
        let at = self.bytes.len();
        self.bytes.extend(varint(Cid::LEN + block.len()));
        self.bytes.extend(cid.to_bytes());
        self.bytes.extend(block);
        let section = json!({ "what": what, "cid": cid.to_string(), "offset": at, "block_bytes": block.len() });
        self.sections.push(section);
    }
}

/// Unsigned LEB128.
fn varint(mut value: usize) -> Vec<u8> {
    let mut out = Vec::new();
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
    out
}
