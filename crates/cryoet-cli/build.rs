//! Where the command looks for libtorch's CUDA part when it runs from a checkout or from `bin/` beside `lib/`.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "linux") {
        let folders = ["$ORIGIN/../../.libtorch/cuda", "$ORIGIN/../lib/cuda"];
        println!("cargo:rustc-link-arg-bins=-Wl,-rpath,{}", folders.join(":"));
    }
}
