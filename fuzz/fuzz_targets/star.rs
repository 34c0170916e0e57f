#![no_main]

use cryoet_io::ParticleFormat::Relion5;

libfuzzer_sys::fuzz_target!(|data: &[u8]| cryoet_fuzz::list(data, Relion5));
