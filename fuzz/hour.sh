#!/bin/sh
# Fuzzes every target in turn, so that together they have an hour of processor time, or as many seconds as are said: fuzz/hour.sh [SECONDS]
# The parsers with most to parse have three shares each. What fails is left in fuzz/artifacts; the exit code says whether anything did.
set -eu
cd "$(dirname "$0")"
seconds=${1:-3600}
programs=${CARGO_TARGET_DIR:-target}
cargo +nightly fuzz build -s none --target-dir "$programs"
./seed.sh
share() {
    case $1 in
    hdf5 | mrc | star | zarr) echo 3 ;;
    *) echo 1 ;;
    esac
}
targets=$(ls fuzz_targets | sed 's/\.rs$//')
shares=0
for target in $targets; do shares=$((shares + $(share "$target"))); done
failed=0
mkdir -p artifacts
for target in $targets; do
    limit=$((seconds * $(share "$target") / shares))
    mkdir -p "corpus/$target"
    # Who has used up its processor time is ended by the system: signal 24.
    code=0
    (ulimit -S -t "$limit" && exec "$programs/x86_64-unknown-linux-gnu/release/$target" -timeout=60 -rss_limit_mb=3000 \
        "-artifact_prefix=artifacts/$target-" "corpus/$target" > "artifacts/$target.log" 2>&1) || code=$?
    case $code in
    152) echo "$target: $limit s of processor time without a finding" ;;
    *) echo "$target: ended with $code, see fuzz/artifacts" && failed=1 ;;
    esac
done
exit $failed
