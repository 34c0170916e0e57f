#![no_main]

use cryoet_io::ParticleFormat::PortalNdjson;

libfuzzer_sys::fuzz_target!(|data: &[u8]| cryoet_fuzz::list(data, PortalNdjson));
