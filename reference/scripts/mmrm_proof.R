# The proof behind explained.toml: mmrm 0.3.18 stops its search of some covariances of `fev` in the fifth or
# sixth digit of θ. Here each likelihood is written out with dense matrices (mmrm_dense.R) and made as large
# as possible by Newton's method; what is printed are the entries. Rscript scripts/mmrm_proof.R STRUCTURE…
source("scripts/corpus.R")
source("scripts/mmrm_dense.R")
levels <- list(USUBJID = paste0("PT", 1:200), AVISIT = paste0("VIS", 1:4), ARMCD = c("PBO", "TRT"),
               RACE = c("Asian", "Black or African American", "White"), SEX = c("Male", "Female"))
d <- read_data("fev", levels)
d <- d[!is.na(d$FEV1), ]
d$family <- droplevels(d$USUBJID)
d$wave <- d$AVISIT
d$place <- as.integer(d$wave)

text <- function(x) format(x, digits = 15, scientific = NA)
entry <- function(case, field, proven, f, theirs) cat(sprintf(paste0(
  '[[difference]]\ncase = "mmrm/%s"\nfield = "%s"\nproven = [\n%s\n]\n',
  'reason = "mmrm stops where its criterion no longer moves. Our log-likelihood is %.2g higher; at its own ',
  'covariance ours is its own."\nproof = "The likelihood written out with dense matrices, with Newton\'s method: ',
  '%s (scripts/mmrm_proof.R)."\n\n'), case, field, proven, f$log_likelihood - theirs, text(f$log_likelihood)))

proof <- function(structure, case, reml = TRUE, kr = FALSE, covariance = TRUE) {
  theirs <- fromJSON(file.path("cases/mmrm", paste0(case, ".json")), simplifyVector = FALSE)$expected
  k <- structure_of(structure, 4)$k
  sds <- if (structure == "us" || endsWith(structure, "h")) 4 else 1
  sd <- sqrt(sapply(1:4, function(i) theirs$covariance[[i]][[i]]))
  start <- c(log(if (sds == 4) sd else mean(sd)), rep(0.1, k - sds))
  f <- dense(FEV1 ~ RACE + SEX + ARMCD * AVISIT, structure, reml = reml, start = start)
  own <- satterthwaite(f)
  v <- f$phi
  if (kr) { k <- kenward_roger(f, FALSE); v <- k$covariance; own <- function(l) k$test(l)$df }
  rows <- sapply(fixed(f, v, own), function(x) sprintf(
    "    { term = \"%s\", estimate = %s, std_error = %s, df = %s, statistic = %s, p_value = %s },",
    x$term, text(x$estimate), text(x$std_error), text(x$df), text(x$statistic), text(x$p_value)))
  entry(case, "fixed", paste(rows, collapse = "\n"), f, theirs$log_likelihood)
  s <- f$shape$sigma(f$t)
  rows <- apply(s, 1, function(r) sprintf("    [%s],", paste(sapply(r, text), collapse = ", ")))
  if (covariance) entry(case, "covariance", paste(rows, collapse = "\n"), f, theirs$log_likelihood)
}

known <- list(
  adh = function() proof("adh", "fev-adh-satterthwaite"),
  ar1 = function() proof("ar1", "fev-ar1-satterthwaite", covariance = FALSE),
  ar1h = function() proof("ar1h", "fev-ar1h-satterthwaite"),
  toeph = function() proof("toeph", "fev-toeph-satterthwaite"),
  us = function() proof("us", "fev-us-satterthwaite"),
  ml = function() proof("us", "fev-us-ml", reml = FALSE),
  kr = function() proof("us", "fev-us-kenward-roger", kr = TRUE))
asked <- commandArgs(trailingOnly = TRUE)
for (one in if (length(asked)) asked else names(known)) known[[one]]()
