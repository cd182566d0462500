# The group `performance`: how well an estimator did on replicates with known truth. The formulas of
# Morris, White & Crowther (2019), Table 6, written out with R's own mean, sd, var and cor; R 4.2.2.
# (rsimsum is not in Debian.) Replicates are drawn and analysed here, with R's own tests.
source("scripts/corpus.R")
RNGversion("4.2.0")

# Twelve digits, so that R and whoever reads the case see the same numbers.
twelve <- function(d) { numbers <- sapply(d, is.double); d[numbers] <- signif(d[numbers], 12); d }

share <- function(x) list(value = mean(x), mcse = sqrt(mean(x) * (1 - mean(x)) / length(x)), n = length(x))

# Ends that are NA are open; an interval is there where `has` says so. Each figure is over the replicates
# that have what it needs.
table6 <- function(d, truth, null = 0, alpha = 0.05) {
  theta <- d$value[!is.na(d$value)]; n <- length(theta)
  se2 <- d$std_error[!is.na(d$value) & !is.na(d$std_error)]^2; m <- length(se2)
  emp <- sd(theta); mod <- sqrt(mean(se2))
  covers <- function(x) (is.na(d$low) | d$low <= x) & (is.na(d$high) | x <= d$high)
  p <- d$p_value[!is.na(d$p_value)]
  out <- list(
    bias = list(value = mean(theta) - truth, mcse = sd(theta) / sqrt(n), n = n),
    empirical_se = list(value = emp, mcse = emp / sqrt(2 * (n - 1)), n = n),
    mean_squared_error = list(value = mean((theta - truth)^2), mcse = sd((theta - truth)^2) / sqrt(n), n = n)
  )
  if (m > 0) {
    out$model_se <- list(value = mod, mcse = sqrt(var(se2) / (4 * m * mod^2)), n = m)
    out$relative_error <- list(value = 100 * (mod / emp - 1),
      mcse = 100 * (mod / emp) * sqrt(var(se2) / (4 * m * mod^4) + 1 / (2 * (n - 1))), n = m)
  }
  if (any(d$has)) {
    out$coverage <- share(covers(truth)[d$has])
    out$bias_eliminated_coverage <- share(covers(mean(theta))[d$has])
  }
  if (length(p)) out[[if (truth == null) "type_i_error" else "power"]] <- share(p <= alpha)
  out
}

performance_case <- function(id, r, d, truth, null = 0, alpha = 0.05, extra = NULL, ...) {
  write_case(paste0("performance/", id),
    c(list(kind = "performance", truth = truth, null = null, alpha = alpha, value = d$value,
      std_error = d$std_error, interval = d$has, low = d$low, high = d$high, p_value = d$p_value), extra),
    r, table6(d, truth, null, alpha), ...)
}

# Sixty t-tests of two groups of 12 without a difference.
set.seed(20261130)
one <- function(i, shift, n = 12) {
  t <- t.test(rnorm(n, 10 + shift, 3), rnorm(n, 10, 3))
  data.frame(value = unname(t$estimate[1] - t$estimate[2]), std_error = t$stderr, has = TRUE,
    low = t$conf.int[1], high = t$conf.int[2], p_value = t$p.value)
}
d <- do.call(rbind, lapply(1:60, one, shift = 0))
performance_case("welch-null", "sixty t.test of equal means", twelve(d), 0)

# The same with a difference, judged at another level.
d <- do.call(rbind, lapply(1:45, one, shift = 2.5))
performance_case("welch-shift", "45 t.test of means that differ by 2.5", twelve(d), 2.5, alpha = 0.1)

# Log odds ratios of small tables: some at the edge (no value, no error, an open interval, but a p-value),
# Fisher's interval, the null value that is true.
odds <- function(i) {
  x <- matrix(c(rbinom(1, 9, 0.75), 0, rbinom(1, 9, 0.4), 0), 2)
  x[2, ] <- 9 - x[1, ]
  f <- fisher.test(x)
  edge <- any(x == 0)
  ends <- log(f$conf.int)
  data.frame(value = if (edge) NA else log(x[1, 1] * x[2, 2] / (x[1, 2] * x[2, 1])),
    std_error = if (edge) NA else sqrt(sum(1 / x)), has = TRUE,
    low = defined(ends[1]), high = defined(ends[2]), p_value = f$p.value)
}
truth <- log((0.75 / 0.25) / (0.4 / 0.6))
d <- do.call(rbind, lapply(1:50, odds))
stopifnot(any(is.na(d$value)), any(is.na(d$high)))
performance_case("odds-edge", "fifty fisher.test of tables of nine and nine", twelve(d), signif(truth, 15),
  note = "Estimates at the edge have no value; their intervals and tests count.")

# Estimates alone: medians, biased and without an error.
d <- data.frame(value = signif(replicate(40, median(rexp(15))), 12), std_error = NA_real_, has = FALSE,
  low = NA_real_, high = NA_real_, p_value = NA_real_)
performance_case("medians", "forty medians of 15 exponential values against the mean of 1", d, 1)

# Two estimators on the same replicates: the mean and the median of 20 normal values.
pair <- t(replicate(30, { x <- rnorm(20); c(mean(x), median(x)) }))
a <- signif(pair[, 2], 12); b <- signif(pair[, 1], 12)
ratio <- (sd(a) / sd(b))^2
write_case("performance/precision", list(kind = "performance", versus = list(a = a, b = b)),
  "relative increase in precision of the mean over the median",
  list(relative_precision = list(value = 100 * (ratio - 1),
    mcse = 200 * ratio * sqrt((1 - cor(a, b)^2) / (length(a) - 1)), n = length(a))))
