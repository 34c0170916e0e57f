//! Says what to do where libtorch is missing, before its bindings fail to compile with less to say.

use std::path::{Path, PathBuf};

fn main() {
    for name in ["LIBTORCH", "LIBTORCH_INCLUDE", "LIBTORCH_LIB", "LIBTORCH_USE_PYTORCH"] {
        println!("cargo::rerun-if-env-changed={name}");
    }
    println!("cargo::rerun-if-changed=build.rs");
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let elsewhere = ["CARGO_FEATURE_DOC_ONLY", "CARGO_FEATURE_DOWNLOAD_LIBTORCH", "LIBTORCH_USE_PYTORCH", "LIBTORCH_LIB"];
    if elsewhere.into_iter().any(|name| set(name).is_some()) {
        return;
    }
    let found = match set("LIBTORCH").map(PathBuf::from) {
        Some(folder) if holds_libtorch(&folder) => return,
        Some(folder) => format!("no libtorch in {} (LIBTORCH)", folder.display()),
        None if Path::new("/usr/lib/libtorch.so").exists() => return,
        None => "LIBTORCH is not set".to_owned(),
    };
    println!(
        "cargo::error={found}: cryoet-net needs libtorch 2.11.0. In a checkout of cryoet run `cargo xtask setup`; elsewhere set LIBTORCH to an \
         unpacked libtorch 2.11.0, or switch on the feature download-libtorch"
    );
}

fn holds_libtorch(folder: &Path) -> bool {
    ["libtorch_cpu.so", "libtorch_cpu.dylib", "torch_cpu.lib"].iter().any(|name| folder.join("lib").join(name).exists())
}
