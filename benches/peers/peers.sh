#!/bin/sh
# Times the same work in kring, R and Python on the same data, one after the other on one thread,
# and prints the table of a record. Run it from the root of the project on a machine that does
# nothing else; PYTHON names an interpreter that has what peers.py needs.
set -eu

export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 RAYON_NUM_THREADS=1 POLARS_MAX_THREADS=1
folder=target/peers
cargo build --quiet --package kring-benches --bin peers
peers="${CARGO_TARGET_DIR:-target}/debug/peers"

"$peers" data "$folder"
{
    "$peers" time "$folder"
    Rscript benches/peers/peers.R "$folder"
    "${PYTHON:-python3}" benches/peers/peers.py "$folder"
} > "$folder/times.tsv"
"$peers" table "$folder/times.tsv"
