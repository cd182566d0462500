# Permutation tests, the bootstrap, and distributions: the cases of permutation.rs, bootstrap.rs and dist/.
# Needs coin 1.4.2, boot 1.3.28.1 and extraDistr 1.9.1 beside what corpus.R names.
source("scripts/corpus.R")
suppressPackageStartupMessages({ library(coin); library(boot) })
RNGversion("4.2.0")

# Fourteen families of one to three children in three teams; a family is in one team and one arm.
set.seed(20261124)
size <- c(1, 2, 3, 1, 2, 3, 2, 1, 3, 2, 1, 2, 3, 2)
family <- rep(seq_along(size), size)
n <- length(family)
team <- c("noord", "zuid", "oost")[1 + family %% 3]
arm <- c("EKC", "WT")[1 + (family %in% c(2, 3, 5, 8, 11, 13, 14))]
exchange <- data.frame(
  family = sprintf("f%02d", family), team, arm,
  score = round(rnorm(n, 20, 4) - 3 * (arm == "EKC") + rnorm(14, 0, 2)[family], 2),
  problems = rpois(n, 4 + 2 * (arm == "WT")),
  placed = rbinom(n, 1, 0.3 + 0.3 * (arm == "WT"))
)
write_data(exchange[sample(n), ], "exchange")

# Families of two children each.
set.seed(20261125)
twins <- data.frame(family = rep(1:12, each = 2), arm = rep(c("EKC", "WT")[1 + (1:12 %in% c(1, 4, 5, 9, 10, 12))], each = 2))
twins$strain <- round(rnorm(24, 10, 3) + rnorm(12)[twins$family] + 2 * (twins$arm == "WT"), 1)
write_data(twins, "twins")

# Many counts, and pairs of counts.
set.seed(20261126)
many <- data.frame(arm = rep(c("EKC", "WT"), c(140, 220)), problems = rnbinom(360, size = 2, mu = rep(c(4.2, 5), c(140, 220))))
write_data(many, "many-counts")
set.seed(20261127)
before <- rnbinom(90, size = 3, mu = 6)
pairs <- data.frame(before, after = pmax(0, before + sample(-4:3, 90, replace = TRUE)))
pairs$after[c(4, 50)] <- NA
write_data(pairs, "paired-counts")

arms <- list(arm = c("EKC", "WT"))
other <- c(two_sided = "two.sided", less = "less", greater = "greater")

perm_case <- function(id, r, data, options, expected, ...) {
  model <- c(list(kind = "permutation"), options)
  write_case(paste0("tests/permutation-", id), model, r, expected, data, arms, ...)
}

of_coin <- function(t) list(statistic = as.numeric(statistic(t)), p_value = as.numeric(pvalue(t)))
coin_case <- function(id, r, data, formula, options = list(), test = oneway_test, ...) {
  d <- read_data(data, arms)
  for (v in intersect("team", all.vars(formula))) d[[v]] <- factor(d[[v]])
  found <- test(formula, d, distribution = "exact", alternative = other[[c(options$alternative, "two_sided")[1]]])
  perm_case(id, r, data, c(list(value = all.vars(formula)[1], group = "arm"), options), of_coin(found), ...)
}

coin_case("decimals", "oneway_test(score ~ arm, distribution = 'exact'): 7 and 31, on a grid of 0.1", "two-arms", score ~ arm)
coin_case("less", "oneway_test(score ~ arm, distribution = 'exact', alternative = 'less')", "exchange", score ~ arm,
  list(alternative = "less"))
coin_case("greater", "oneway_test(problems ~ arm, distribution = 'exact', alternative = 'greater'): on the other side", "exchange",
  problems ~ arm, list(alternative = "greater"))
coin_case("many-counts", "oneway_test(problems ~ arm, distribution = 'exact'): 140 and 220", "many-counts", problems ~ arm)
coin_case("strata", "oneway_test(problems ~ arm | team, distribution = 'exact')", "exchange", problems ~ arm | team,
  list(strata = "team"))
coin_case("ranks", "wilcox_test(problems ~ arm, distribution = 'exact'): midranks of ties", "exchange", problems ~ arm,
  list(statistic = "mann_whitney"), test = wilcox_test)
coin_case("shares", "oneway_test(placed ~ arm, distribution = 'exact')", "exchange", placed ~ arm,
  list(statistic = "share_difference"))

# Everything else is enumerated here: each way to choose m of the units of each stratum.
assignments <- function(stratum, first) {
  parts <- lapply(split(seq_along(stratum), stratum), function(i) combn(length(i), sum(first[i]), function(k) i[k], simplify = FALSE))
  ways <- do.call(expand.grid, lapply(parts, seq_along))
  apply(ways, 1, function(w) unlist(Map(function(p, k) p[[k]], parts, w)), simplify = FALSE)
}
share <- function(values, observed, centre, alternative = "two_sided") {
  near <- 1e-9 * max(abs(values - centre))
  switch(alternative,
    doubled = min(1, 2 * mean(values <= observed + near), 2 * mean(values >= observed - near)),
    two_sided = mean(abs(values - centre) >= abs(observed - centre) - near),
    less = mean(values <= observed + near),
    greater = mean(values >= observed - near))
}
enumerated <- function(id, r, data, value, statistic, options = list(), unit = NULL, strata = NULL, sides = "two_sided", ...) {
  d <- read_data(data, arms)
  u <- if (is.null(unit)) seq_len(nrow(d)) else match(d[[unit]], unique(d[[unit]]))
  one <- match(seq_len(max(u)), u)
  stratum <- if (is.null(strata)) rep(1, max(u)) else d[[strata]][one]
  ways <- assignments(stratum, d$arm[one] == "EKC")
  values <- vapply(ways, function(chosen) statistic(d[[value]], u %in% chosen), 0)
  observed <- statistic(d[[value]], d$arm == "EKC")
  stopifnot(any(abs(values - observed) < 1e-9))
  p <- share(values, observed, 0, c(options$alternative, sides)[1])
  perm_case(id, r, data, c(list(value = value, group = "arm"), options), list(estimate = observed, p_value = p), ...)
}
difference <- function(y, first) mean(y[first]) - mean(y[!first])
welch <- function(y, first) {
  unname((mean(y[first]) - mean(y[!first])) / sqrt(var(y[first]) / sum(first) + var(y[!first]) / sum(!first)))
}

small <- read_data("exchange", arms)[1:16, ]
write_data(small, "exchange-16")
local({
  d <- small
  ways <- assignments(rep(1, 16), d$arm == "EKC")
  values <- vapply(ways, function(w) welch(d$score, seq_len(16) %in% w), 0)
  observed <- welch(d$score, d$arm == "EKC")
  perm_case("welch", "Welch's statistic of all assignments of 16 rows, by combn()", "exchange-16",
    list(value = "score", group = "arm", statistic = "welch"),
    list(statistic = observed, p_value = share(values, observed, 0)))
})
enumerated("whole-families", "difference of means of all assignments of whole families of one to three, by combn()", "exchange",
  "score", difference, list(clusters = "family"), unit = "family")
enumerated("families-within-teams", "the same within teams: twice the smaller tail", "exchange",
  "score", difference, list(clusters = "family", strata = "team"), unit = "family", strata = "team", sides = "doubled")
enumerated("twins", "difference of means of all assignments of whole families of two, by combn()", "twins",
  "strain", difference, list(clusters = "family", alternative = "less"), unit = "family")

write_data(data.frame(arm = c("EKC", "WT"), y = c(1.5, 4)), "one-each")
enumerated("one-each", "two rows have two assignments, both as extreme", "one-each", "y", difference)
write_data(data.frame(arm = rep(c("EKC", "WT"), 3), y = 7.1), "all-the-same")
enumerated("all-the-same", "ties everywhere: every assignment is as extreme as any", "all-the-same", "y", difference)

# Signs of differences: the distribution of their sum by convolution over a grid of `step`.
signs <- function(d, step, alternative = "two_sided") {
  k <- round(abs(d) / step); stopifnot(all(abs(k * step - abs(d)) < 1e-9))
  p <- 1
  for (w in k) p <- (c(p, rep(0, w)) + c(rep(0, w), p)) / 2
  values <- seq(-sum(k), sum(k), by = 2)
  observed <- sum(sign(d) * k)
  switch(alternative,
    two_sided = sum(p[abs(values) >= abs(observed)]),
    less = sum(p[values <= observed]),
    greater = sum(p[values >= observed]))
}
sign_case <- function(id, r, data, step, options = list(), ...) {
  d <- read_data(data)
  d <- (d$after - d$before)[!is.na(d$after - d$before)]
  found <- list(estimate = mean(d), p_value = signs(d, step, c(options$alternative, "two_sided")[1]))
  write_case(paste0("tests/signs-", id), c(list(kind = "sign_flips", before = "before", after = "after"), options), r, found, data, ...)
}
sign_case("decimals", "all signs of the differences, by convolution over tenths; pairs with a missing value left out", "before-after", 0.1)
sign_case("counts", "all signs of 88 differences, by convolution", "paired-counts", 1)
sign_case("less", "the same, alternative less", "paired-counts", 1, list(alternative = "less"), absolute = 0)

# Two shares of the same people: the sign test of those who changed, binom.test's p.
set.seed(20261128)
shares <- data.frame(before = rbinom(40, 1, 0.6), after = rbinom(40, 1, 0.35))
write_data(shares, "paired-shares")
local({
  up <- sum(shares$after > shares$before); down <- sum(shares$after < shares$before)
  write_case("tests/signs-shares", list(kind = "sign_flips", before = "before", after = "after", statistic = "share_difference"),
    "binom.test(up, up + down): the exact test of McNemar", list(estimate = mean(shares$after - shares$before),
    p_value = binom.test(up, up + down)$p.value), "paired-shares")
})

# Intervals from given replicates, which boot.ci turns into intervals.
ends <- function(x) I(as.numeric(utils::tail(as.numeric(x), 2)))
boot_case <- function(id, r, x, statistic, error, R, level, ...) {
  u_of <- function(x) { n <- length(x); t <- vapply(seq_len(n), function(i) statistic(x[-i]), 0); (n - 1) / n * (mean(t) - t) }
  set.seed(20261129)
  b <- boot(x, function(d, i) c(statistic(d[i]), error(d[i])^2), R = R)
  t <- b$t[, 1]; v <- b$t[, 2]
  ci <- suppressWarnings(boot.ci(b, conf = level, type = c("basic", "stud", "perc", "bca"), t0 = b$t0[1], t = t,
    var.t0 = b$t0[2], var.t = v, L = u_of(x)))
  write_case(paste0("bootstrap/", id),
    list(kind = "bootstrap", estimate = b$t0[1], std_error = sqrt(b$t0[2]), values = t, std_errors = sqrt(v),
      influence = u_of(x), level = level), r,
    list(percentile = ends(ci$percent), basic = ends(ci$basic), bias_corrected_accelerated = ends(ci$bca),
      studentized = ends(ci$student)), ...)
}
set.seed(20261130)
waiting <- round(rexp(25, 1 / 8), 2)
se <- function(x) sd(x) / sqrt(length(x))
boot_case("mean", "boot.ci(R = 199) of a mean of 25 skewed values", waiting, mean, se, 199, 0.95)
boot_case("log-mean", "boot.ci(R = 499, conf = 0.9) of the log of a mean", waiting, function(x) log(mean(x)),
  function(x) se(x) / mean(x), 499, 0.9)
boot_case("outermost", "boot.ci(R = 99, conf = 0.999): the ends are the outermost replicates", waiting, mean, se, 99, 0.999)
boot_case("ties", "boot.ci(R = 199) of a mean of eight small counts: replicates repeat", c(0, 1, 1, 2, 2, 3, 5, 2), mean, se, 199, 0.95,
  note = "R counts the replicates below the estimate and none of those that equal it")

# Distributions, also where their tails are small.
call <- function(name, args, value) list(call = name, args = if (length(args) > 1) args else args, value = value)
rows <- list()
add <- function(name, args, value) rows[[length(rows) + 1]] <<- call(name, args, value)
for (y in c(0, 3, 40, 400)) {
  for (mean in c(0.2, 4.7, 250)) {
    add("ppois_upper", c(y, mean), ppois(y, mean, lower.tail = FALSE))
    add("dpois_log", c(y, mean), dpois(y, mean, log = TRUE))
    for (size in c(0.3, 8, 1e6)) {
      add("pnbinom_upper", c(y, size, mean), pnbinom(y, size = size, mu = mean, lower.tail = FALSE))
      add("dnbinom_log", c(y, size, mean), dnbinom(y, size = size, mu = mean, log = TRUE))
    }
  }
}
for (y in c(0, 2, 9)) for (chance in c(1e-6, 0.3, 0.97)) {
  add("pbinom_upper", c(y, 10, chance), pbinom(y, 10, chance, lower.tail = FALSE))
  add("dbinom_log", c(y, 10, chance), dbinom(y, 10, chance, log = TRUE))
  add("dbbinom_log", c(y, 10, 4 * chance, 4 - 4 * chance), extraDistr::dbbinom(y, 10, 4 * chance, 4 - 4 * chance, log = TRUE))
}
for (p in c(1e-10, 0.05, 0.6, 0.999)) {
  for (df in c(0.5, 4, 90)) {
    add("qchisq_upper", c(p, df), qchisq(p, df, lower.tail = FALSE))
    add("qf_upper", c(p, df, 12.5), qf(p, df, 12.5, lower.tail = FALSE))
    add("qgamma", c(p, df, 2), qgamma(p, df, scale = 2))
    add("qbeta", c(p, df, 3), qbeta(p, df, 3))
  }
}
write_case("distributions/counts-and-quantiles", list(kind = "distributions"), "R's own functions", rows, absolute = 0,
  note = "dnbinom and pnbinom by mu; dbbinom of extraDistr; _log is a natural logarithm")
