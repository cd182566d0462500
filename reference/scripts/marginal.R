# Bootstrap of standardised means: models fitted anew to rows that were drawn, here given in the case.
# Needs boot 1.3.28.1 beside what corpus.R names. Run after resample.R, which draws `exchange`.
source("scripts/corpus.R")
suppressPackageStartupMessages(library(boot))
RNGversion("4.2.0")

levels <- list(arm = c("WT", "EKC"), team = c("noord", "oost", "zuid"))
d <- read_data("exchange", levels)
tight <- glm.control(epsilon = 1e-15, maxit = 1000)

# The mean of the second arm less, and divided by, that of the first, over these rows and by a fit to them.
effects <- function(formula, family, rows) {
  some <- d[rows, ]
  m <- suppressWarnings(glm(formula, family, some, control = tight))
  mean_of <- function(arm) {
    some$arm <- factor(rep(arm, nrow(some)), levels$arm)
    mean(predict(m, some, type = "response"))
  }
  p <- mean_of("WT"); q <- mean_of("EKC")
  c(difference = q - p, log_ratio = log(q / p))
}

# `units` are lists of rows that are drawn as a whole, within `strata`.
marginal_case <- function(id, r, formula, family, name, units, strata, R, level) {
  draw <- function() {
    drawn <- unlist(lapply(split(seq_along(units), strata), function(u) u[sample.int(length(u), replace = TRUE)]))
    unlist(units[drawn])
  }
  draws <- lapply(seq_len(R), function(i) draw())
  t0 <- effects(formula, family, seq_len(nrow(d)))
  t <- t(vapply(draws, function(rows) effects(formula, family, rows), t0))
  without <- t(vapply(seq_along(units), function(i) effects(formula, family, unlist(units[-i])), t0))
  of <- function(k) {
    u <- numeric(length(units))
    for (s in split(seq_along(units), strata)) u[s] <- (length(s) - 1) / length(s) * (mean(without[s, k]) - without[s, k])
    # boot.ci asks for an object of boot, of which it uses the replicates given and their number.
    shell <- boot(seq_along(units), function(x, i) t0[k], R = R)
    ends <- function(x) I(as.numeric(utils::tail(as.numeric(x), 2)))
    ci <- boot.ci(shell, conf = level, type = c("perc", "bca"), t0 = t0[[k]], t = t[, k], L = u)
    list(estimate = t0[[k]], replicates = t[, k], influence = u, percentile = ends(ci$percent),
      bias_corrected_accelerated = ends(ci$bca))
  }
  write_case(paste0("bootstrap/", id),
    list(kind = "marginal_bootstrap", formula = deparse(formula), family = name, settings = list(list(arm = "WT"), list(arm = "EKC")),
      units = unname(lapply(units, function(u) I(u - 1))), of_stratum = unname(strata),
      draws = lapply(draws, function(rows) I(rows - 1)), level = level),
    r, list(difference = of(1), log_ratio = of(2)), "exchange", levels, relative = 1e-8)
}

set.seed(20261201)
family <- unname(split(seq_len(nrow(d)), d$family))
arm_of <- vapply(family, function(rows) as.character(d$arm[rows[1]]), "")
marginal_case("marginal-by-family", "glm(poisson) fitted to 59 draws of whole families within arms; means of the predictions; boot.ci with these replicates and the influence of each family",
  problems ~ arm + score, poisson(), "poisson", family, arm_of, 59, 0.8)
marginal_case("marginal-shares", "glm(binomial) fitted to 59 draws of rows; means of the predictions; boot.ci with these replicates and the influence of each row",
  placed ~ arm + score, binomial(), "binomial", as.list(seq_len(nrow(d))), rep("all", nrow(d)), 59, 0.8)
