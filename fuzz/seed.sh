#!/bin/sh
# Fills fuzz/corpus with the goldens and, where CRYOET_DATA names the development data, with its samples of formats.
set -eu
cd "$(dirname "$0")"
goldens=../crates/cryoet-io/tests/goldens
samples=${CRYOET_DATA:-/nonexistent}/formats
seed() {
    target=$1
    shift
    mkdir -p "corpus/$target"
    for file in "$@"; do
        if [ -f "$file" ] && [ "$(wc -c < "$file")" -lt 65536 ]; then cp "$file" "corpus/$target/"; fi
    done
}
seed mrc $goldens/*.mrc $goldens/*.gz $goldens/*.bz2 "$samples"/mrc/*.mrc
seed npy $goldens/*.npy "$samples"/mrc/*.npy
seed npz $goldens/*.npz
seed hdf5 $goldens/*.h5
seed em $goldens/*.em seeds/*.em
seed em_motl $goldens/*.em seeds/motl.em
seed star $goldens/*.star seeds/*.star "$samples"/starfile/*.star
seed csv seeds/picks.csv
seed copick_csv seeds/copick.csv
seed copick_json $goldens/copick.json
seed portal_ndjson seeds/points.ndjson
seed deepfinder_xml seeds/objects.xml
seed shrec seeds/shrec.txt
seed headerless seeds/shrec.txt
seed dynamo $goldens/*.tbl "$samples"/dynamotable/*.tbl
seed imod $goldens/*.mod "$samples"/imodmodel/*.mod
seed tables seeds/classes.toml seeds/config.json seeds/tomograms.star
for volume in $goldens/zarr/*.zarr; do
    mkdir -p corpus/zarr
    # The group's metadata, the array's and the first chunk, parted as the target parts them.
    if [ -f "$volume/zarr.json" ]; then
        set -- "$volume/zarr.json" "$volume/0/zarr.json" "$volume/0/c/0/0/0"
    else
        set -- "$volume/.zattrs" "$volume/0/.zarray" "$volume/0/0/0/0"
    fi
    [ -f "$3" ] || set -- "$1" "$2" /dev/null
    { cat "$1"; printf '\036'; cat "$2"; printf '\036'; cat "$3"; } > "corpus/zarr/$(basename "$volume" .zarr)"
done
