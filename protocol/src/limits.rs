//! Every limit on what is read from outside: what it bounds, and why that number.
//!
//! All sizes are in bytes unless the name says otherwise.

/// The largest magnitude of an integer: what JSON readers keep exact (2^53 − 1).
pub const INT_MAX: i64 = (1 << 53) - 1;
/// How deep lists and maps may nest. A body needs four levels; the rest is room for `ext`.
pub const DEPTH: usize = 16;
/// A signed header, signature included.
pub const HEADER_BYTES: usize = 1024;
/// A body. A long chat is some 100 KiB; a charter may set less, never more.
pub const BODY_BYTES: usize = 1 << 20;
/// A charter with all its signatures: 64 validators with names and addresses fit.
pub const CHARTER_BYTES: usize = 64 * 1024;
/// The text of a community's terms.
pub const TERMS_BYTES: usize = 64 * 1024;
/// Validators in one charter. A certificate grows with the quorum; 31 is the design's largest.
pub const VALIDATORS: usize = 64;
/// Releases and decisions that stay when a charter is succeeded. One release does, since it holds all
/// accepted records; the rest is for decisions made after it.
pub const CLOSING: usize = 512;
/// Successors in one answer, from the first charter on: what fits in a frame.
pub const SUCCESSORS: usize = 30;
/// A signed operation other than a record: the largest is a charter with signatures, which a gossip message carries.
pub const OPERATION_BYTES: usize = 60 * 1024;
/// Rows in one page of a release: some 110 bytes each, so that a page fits in a relayed connection's 128 KiB.
pub const PAGE_ROWS: usize = 1024;
/// Pages of a release: a million records. Their links take 40 KiB of the release.
pub const RELEASE_PAGES: usize = 1024;
/// Languages that a charter may list.
pub const LANGUAGES: usize = 64;
/// Communities that a charter lets copy its records.
pub const FEDERATED: usize = 32;
/// One gossip message: what gossipsub forwards whole.
pub const GOSSIP_BYTES: usize = 64 * 1024;
/// Headers, attestations or certificates in one gossip message.
pub const GOSSIP_ITEMS: usize = 256;
/// Patterns that a community may add to its ruleset. Each is looked for in every text.
pub const PATTERNS: usize = 16;
/// One such pattern: a form of number fits, a list of names does not.
pub const PATTERN_BYTES: usize = 256;
/// What such a pattern finds, in a word or two.
pub const PATTERN_LABEL_BYTES: usize = 32;
/// Verdicts under one signature. Depth 8 of the Merkle tree keeps a proof at 256 bytes.
pub const ATTESTATION_ENTRIES: usize = 256;
/// A page of what waits, asked of one peer. At least one record with the batches that hold its
/// verdicts, each of which covers many records: one full batch (16 KiB) of each validator.
pub const LIVE_PAGE_BYTES: usize = VALIDATORS * 16 * 1024;
/// A certificate: q proofs of at most 8 hashes, each with a signed root of about 400 bytes.
pub const CERTIFICATE_BYTES: usize = VALIDATORS * 1024;
/// One frame of the exchange protocol: one record with header, body and certificate, and room.
pub const FRAME_BYTES: usize = 2 << 20;
/// Ids asked for in one request.
pub const REQUEST_IDS: usize = 512;
/// A reconciliation message, so that it survives a relayed connection (128 KiB).
pub const RECONCILE_BYTES: usize = 64 * 1024;
/// Messages in a chat. OASST's longest thread has some dozens.
pub const MESSAGES: usize = 4096;
/// Tags on a record.
pub const TAGS: usize = 32;
/// One tag, a model's name, a title.
pub const SHORT_TEXT_BYTES: usize = 256;
/// A note.
pub const NOTE_BYTES: usize = 16 * 1024;
/// Criteria in a rubric, answers in a feedback form.
pub const ENTRIES: usize = 64;
/// Records that wait for a certificate, in all: what a validator keeps in its waiting room.
pub const WAITING_RECORDS: usize = 100_000;
/// Waiting records by one author key.
pub const WAITING_PER_AUTHOR: usize = 10_000;
/// Records that revise each other, as far as validators accept them.
pub const REVISIONS: usize = 256;
/// Open motions of one signer that are kept.
pub const MOTIONS_PER_SIGNER: usize = 256;
/// Flags, support and memberships of all members that are kept: keys cost nothing.
pub const SPREAD_OPERATIONS: usize = 20_000;
/// Flags, support and memberships of one member that are kept.
pub const SPREAD_PER_MEMBER: usize = 500;
/// Records that a validator compares new ones with: some 600 MB of memory. Those beyond are not compared.
pub const SIMILAR_RECORDS: usize = 1 << 20;
/// An index key.
pub const INDEX_KEY_BYTES: usize = 128;
/// An index value.
pub const INDEX_VALUE_BYTES: usize = 256;

const _: () = assert!(PATTERNS * (PATTERN_BYTES + PATTERN_LABEL_BYTES + 32) < CHARTER_BYTES / 8, "patterns leave room");
const _: () = assert!(SUCCESSORS * OPERATION_BYTES + TERMS_BYTES < FRAME_BYTES, "a succession fits in a frame");
const _: () = assert!(OPERATION_BYTES + 2048 < GOSSIP_BYTES, "a message carries any operation");
const _: () =
    assert!(RELEASE_PAGES * 42 + 1024 + VALIDATORS * 102 < OPERATION_BYTES, "a signed release is an operation");
const _: () = assert!(HEADER_BYTES * 32 < GOSSIP_BYTES, "a message carries many headers");
const _: () = assert!(BODY_BYTES + HEADER_BYTES + CERTIFICATE_BYTES < FRAME_BYTES, "a record fits in one frame");
const _: () = assert!(LIVE_PAGE_BYTES + 4096 < FRAME_BYTES, "a page fits in one frame");
const _: () = assert!(RECONCILE_BYTES <= 128 * 1024, "a relayed connection carries 128 KiB");
const _: () = assert!(ATTESTATION_ENTRIES.is_power_of_two(), "proof depth is log2");
const _: () = assert!(WAITING_PER_AUTHOR <= WAITING_RECORDS, "one author cannot be allowed more than all");
const _: () = assert!(WAITING_RECORDS < SIMILAR_RECORDS, "what waits leaves room for what is accepted");
