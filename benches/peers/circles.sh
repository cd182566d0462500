#!/bin/sh
# Times a million circles of 15 persons in kring and 20,000 of them in igraph, one after the other on one
# thread. Run it from the root of the project on a machine that does nothing else; R names an Rscript that
# has igraph.
set -eu
folder=target/peers-circles
cargo bench --quiet --profile dev --package kring-network -- data "$folder"
cargo bench --quiet --profile dev --package kring-network
"${R:-Rscript}" benches/peers/circles.R "$folder"
