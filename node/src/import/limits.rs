//! Every limit on a file that is imported: what it bounds, and why that number. Sizes are in bytes.
//!
//! What an item may hold is bounded by [`commonwheel_protocol::limits`].

/// One read from the file.
pub const CHUNK_BYTES: usize = 64 * 1024;
/// One line of JSONL. A body holds at most 1 MiB; the rest is what an export adds to the text.
pub const LINE_BYTES: usize = 16 << 20;
/// One element of a JSON array. Chats with pictures inside them can be this long.
pub const ELEMENT_BYTES: usize = 32 << 20;
/// Values in one item, of those that are read: some 60 MiB of memory. A chat of 4,096 messages has 50,000.
pub const VALUES: usize = 1 << 20;
/// Preference pairs of one item. The largest tree of OASST has some dozens.
pub const PAIRS: usize = 1024;
/// Text that they may hold together. Each repeats the messages before it, so that an item
/// of some MiB could make gigabytes of them.
pub const PAIRS_BYTES: usize = 16 << 20;
/// `conversations.json` once it is unpacked. Years of chats take some 100 MiB.
pub const UNPACKED_BYTES: u64 = 1 << 30;
/// How many times larger than its packed form `conversations.json` may be. Chats pack 5 to 20 times.
pub const UNPACKED_RATIO: u64 = 100;
/// What may be unpacked whatever the ratio, so that a tiny file is not called a bomb.
pub const UNPACKED_FREE_BYTES: u64 = 1 << 20;
/// Items that cannot be read before the first one that tells the format.
pub const UNREADABLE_ITEMS: u64 = 100;
/// Messages kept until the end of a file of single messages (OASST's largest has 161,443).
pub const FLAT_MESSAGES: usize = 500_000;
/// Their text, all together.
pub const FLAT_BYTES: usize = 256 << 20;

const _: () = assert!(LINE_BYTES <= ELEMENT_BYTES, "a line that holds one element fits");
const _: () = assert!(commonwheel_protocol::limits::BODY_BYTES <= LINE_BYTES, "every body fits on a line");
const _: () = assert!(ELEMENT_BYTES as u64 <= UNPACKED_BYTES, "an element fits in an unpacked file");
