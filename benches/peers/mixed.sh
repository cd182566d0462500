#!/bin/sh
# Times mixed models in kring, R and Python on the same data, one after the other on one thread, kring again on
# two, and prints a record in Markdown; stops where a peer has a higher likelihood than kring. Run it from the
# root of the project on a machine that does nothing else; R names an Rscript that has lme4, lmerTest, pbkrtest
# and glmmTMB, PYTHON an interpreter that has what mixed.py needs.
set -eu

export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 RAYON_NUM_THREADS=1 POLARS_MAX_THREADS=1
folder=target/peers-mixed
cargo build --quiet --package kring-benches --bin peers-mixed
peers="${CARGO_TARGET_DIR:-target}/debug/peers-mixed"
mkdir -p "$folder"

"$peers" data "$folder"
"${R:-Rscript}" -e "data(InstEval, package = 'lme4'); write.csv(InstEval, '$folder/insteval.csv', row.names = FALSE)"
{
    "$peers" time "$folder" kring
    RAYON_NUM_THREADS=2 "$peers" time "$folder" "kring, 2 threads"
    "${R:-Rscript}" benches/peers/mixed.R "$folder"
    "${PYTHON:-python3}" benches/peers/mixed.py "$folder"
} > "$folder/times.tsv"
"$peers" table "$folder/times.tsv"
echo
"$peers" memory
