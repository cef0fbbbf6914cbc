//! Writes the test vectors: `cargo run -p commonwheel-protocol --example vectors`.
//!
//! They are the same on every machine: seeds and times are fixed. `protocol/tests/vectors.rs`
//! checks that the committed files are these, and that the code says of each what it claims.

#[path = "mod.rs"]
mod vectors;

use std::path::Path;

fn main() -> std::io::Result<()> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors");
    std::fs::create_dir_all(&dir)?;
    for (name, bytes) in vectors::files() {
        std::fs::write(dir.join(&name), bytes)?;
        println!("{name}");
    }
    Ok(())
}
