# The counts that flow.rs and studies.rs assert, with base R only.
# Rscript crates/kring-cohort/tests/cohort/flows.R, from the root of the repository.

seen <- function(data, variables, waves) {
  sapply(waves, function(wave) {
    columns <- intersect(paste0(variables, wave), names(data))
    rowSums(!is.na(data[, columns, drop = FALSE])) > 0
  })
}
show <- function(seen, arm) {
  print(rowsum(seen * 1, arm))                                    # present at each wave
  print(table(arm, apply(seen * 1, 1, paste, collapse = "")))     # patterns
  cat("rows of measurements:", sum(seen), "\n\n")
}

fdd <- read.csv("datasets/studies/deroos-2011/data/fdd.csv")
show(seen(fdd, c("cbcl", "prs", "yp", "yc"), 1:3), fdd$trt)
show(seen(fdd, c("prs", "yp", "yc"), 1:3), fdd$trt)
show(seen(fdd, "yc", 1:3), fdd$trt)

btheb <- read.csv("datasets/studies/beat-the-blues/data/btheb.csv")
show(seen(btheb, "bdi.", c("pre", "2m", "4m", "6m", "8m")), btheb$treatment)

epil <- read.csv("reference/data/epil-waves.csv")
print(table(epil$trt, epil$wave))
print(tapply(epil$y, epil$wave, sum))
