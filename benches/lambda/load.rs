//! Other work on the same machine, the same each time, so that numbers under load can be had again.

use std::hint::black_box;
use std::thread;

/// More than a core's own caches hold, as a compiler uses.
const MEMORY: usize = 16 << 20;
/// One step a cache line.
const STEP: usize = 64;

/// So many threads that never rest, until the program ends.
pub fn start(threads: u32) {
    for _ in 0..threads {
        thread::spawn(|| {
            let mut memory = vec![0_u8; MEMORY];
            loop {
                for byte in memory.iter_mut().step_by(STEP) {
                    *byte = byte.wrapping_add(1);
                }
                black_box(&mut memory);
            }
        });
    }
}
