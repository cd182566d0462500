#!/bin/sh
# Times marginal models (GEE) and models for repeated measures (MMRM) in kring, R and Python on the same data, one
# after the other on one thread, kring again on two and on ten times the families, and prints a record in Markdown;
# stops where two threads give other bits, coefficients differ or a peer has a higher likelihood. Run it from the root
# of the project on a machine that does nothing else; R names an Rscript that has geepack and nlme, PYTHON an
# interpreter that has statsmodels. FAMILIES is 2,000 in a record, whatever the tasks are called; fewer try the script.
set -eu

export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 RAYON_NUM_THREADS=1 POLARS_MAX_THREADS=1
folder=target/peers-marginal
families="${FAMILIES:-2000}"
cargo build --quiet --package kring-benches --bin peers-mixed
peers="${CARGO_TARGET_DIR:-target}/debug/peers-mixed"
mkdir -p "$folder"

"$peers" marginal-data "$folder" "$families"
{
    "$peers" marginal "$families" kring
    RAYON_NUM_THREADS=2 "$peers" marginal "$families" "kring, 2 threads"
    "${R:-Rscript}" benches/peers/marginal.R "$folder"
    "${PYTHON:-python3}" benches/peers/marginal.py "$folder"
} > "$folder/times.tsv"
"$peers" table "$folder/times.tsv"
echo
echo "The package mmrm is not in Debian. Recorded elsewhere, on a machine of this kind and one thread: 1.5 s for the"
echo "unstructured model with Satterthwaite's degrees of freedom and 3.7 s with Kenward and Roger's."
