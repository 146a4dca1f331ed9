//! Stability's answers.
#![no_main]

use fourfold_clients::stability::{Account, Artifacts, Balance, Engine, Task};
use fourfold_clients_fuzz::{read, read_each};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    read_each!(data; Account, Balance, Vec<Engine>, Task);
    if let Some(artifacts) = read::<Artifacts>(data) {
        artifacts.artifacts.iter().for_each(|artifact| _ = artifact.bytes());
    }
});
