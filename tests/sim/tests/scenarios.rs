//! What the issue asks for, one scenario each.

use sim::{Plan, run};

#[test]
fn a_calm_network_accepts_everything_sound() {
    run(&Plan::calm(1)).unwrap();
}
