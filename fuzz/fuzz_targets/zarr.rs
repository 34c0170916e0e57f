#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| cryoet_fuzz::zarr(data));
