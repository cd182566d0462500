# The groups `tests` and `effect-size`: tables of counts, shares and rates, and their hard conditions.
#
# R 4.2.2 (stats) with metafor 3.8.1 and effectsize 0.8.3 (Debian 12). Where a package gives fewer digits
# than the corpus wants, or nothing at all, the definition is written out here with other means than the
# project's: sums over whole tables with dbinom and dhyper, optimize and uniroot at their last digits.
source("scripts/corpus.R")
suppressPackageStartupMessages(library(metafor))

# Ends of a ratio's interval that do not exist: 0 and infinity.
ratio_ends <- function(x) I(ifelse(is.finite(x) & x > 0, x, NA_real_))
# Ends on the open side of a one-sided interval.
open_ends <- function(x, alternative) {
  if (alternative == "less") x[1] <- NA_real_
  if (alternative == "greater") x[2] <- NA_real_
  I(x)
}
root <- function(f, low, high) uniroot(f, c(low, high), tol = 1e-15, maxiter = 10000)$root
tail_of <- function(level, alternative) if (alternative == "two.sided") (1 - level) / 2 else 1 - level
kring_alternative <- function(alternative) sub("two.sided", "two_sided", alternative, fixed = TRUE)
model_options <- function(alternative = "two.sided", null = NULL, level = NULL) {
  o <- list()
  if (alternative != "two.sided") o$alternative <- kring_alternative(alternative)
  if (!is.null(null)) o$null <- null
  if (!is.null(level)) o$level <- level
  o
}
p_of_z <- function(z, alternative) switch(alternative,
  two.sided = 2 * pnorm(-abs(z)), less = pnorm(z), greater = pnorm(z, lower.tail = FALSE))

# ---- Fisher's test, two by two: p by fisher.test, the estimate and its limits solved to the last digit.

exact_odds <- function(support, log_weights, x, alternative = "two.sided", level = 0.95) {
  chances <- function(theta) { l <- log_weights + theta * support; w <- exp(l - max(l)); w / sum(w) }
  low <- min(support); high <- max(support)
  estimate <- if (x == low || x == high) NA_real_ else
    exp(root(function(t) sum(support * chances(t)) - x, -50, 50))
  tail <- tail_of(level, alternative)
  lower <- if (alternative == "less" || x == low) NA_real_ else
    exp(root(function(t) log(sum(chances(t)[support >= x])) - log(tail), -50, 50))
  upper <- if (alternative == "greater" || x == high) NA_real_ else
    exp(root(function(t) log(sum(chances(t)[support <= x])) - log(tail), -50, 50))
  list(estimate = estimate, conf_int = I(c(lower, upper)))
}
fisher_2x2 <- function(m, alternative = "two.sided", null = 1, level = 0.95) {
  found <- fisher.test(m, alternative = alternative, or = null, conf.level = level)
  k <- sum(m[, 1]); support <- max(0, k - sum(m[2, ])):min(k, sum(m[1, ]))
  odds <- exact_odds(support, dhyper(support, sum(m[1, ]), sum(m[2, ]), k, log = TRUE), m[1, 1], alternative, level)
  # R stops early; it must still be near.
  near <- odds$conf_int; stopifnot(all(abs(found$conf.int / near - 1) < 0.02, na.rm = TRUE))
  c(list(p_value = found$p.value), odds)
}
fisher_case <- function(id, r, m, alternative = "two.sided", null = NULL, level = NULL, ...) {
  found <- fisher_2x2(m, alternative, c(null, 1)[1], c(level, 0.95)[1])
  write_case(paste0("tests/", id), c(list(kind = "table_test", test = "fisher_exact", table = m),
    model_options(alternative, null, level)), r, found, ...)
}
solved <- "fisher.test gives p; estimate and limits by uniroot to the last digit, since fisher.test stops at 1e-4; an end that is 0 or infinite is null"
fisher_case("fisher-tea", "fisher.test(m)", rbind(c(3, 1), c(1, 3)), note = solved)
fisher_case("fisher-empty-cell", "fisher.test(m): the odds ratio is infinite", rbind(c(7, 0), c(4, 6)), note = solved)
fisher_case("fisher-no-events-in-an-arm", "fisher.test(m): the odds ratio is zero", rbind(c(0, 12), c(3, 9)), note = solved)
fisher_case("fisher-two-persons", "fisher.test(m): one in each arm", rbind(c(1, 0), c(0, 1)), note = solved)
fisher_case("fisher-less", "fisher.test(m, alternative = 'less', or = 2, conf.level = 0.9)",
  rbind(c(5, 20), c(9, 14)), "less", 2, 0.9, note = solved)
fisher_case("fisher-greater", "fisher.test(m, alternative = 'greater', or = 0.5)",
  rbind(c(8, 3), c(5, 9)), "greater", 0.5, note = solved)
fisher_case("fisher-null-ratio", "fisher.test(m, or = 3)", rbind(c(8, 3), c(5, 9)), null = 3, note = solved)
fisher_case("fisher-tail", "fisher.test(m): compared relatively", rbind(c(180, 20), c(30, 170)), absolute = 0, note = solved)
fisher_case("fisher-thousands", "fisher.test(m): counts in the thousands", rbind(c(2040, 1815), c(1961, 2154)), note = solved)

# ---- Fisher's test, r x c.

big_case <- function(id, r, m, ...) {
  found <- fisher.test(m, workspace = 2e8)
  write_case(paste0("tests/", id), list(kind = "table_test", test = "fisher_exact", table = m), r,
    list(p_value = found$p.value), relative = 1e-6, ...)
}
big_case("fisher-job-satisfaction", "fisher.test(Job) of R's own example, Agresti (2002), page 57",
  rbind(c(1, 2, 1, 0), c(3, 3, 6, 1), c(10, 10, 14, 9), c(6, 7, 12, 11)))
big_case("fisher-five-by-seven", "fisher.test(MP6) of R's own example, Mehta & Patel (1986), table 6",
  rbind(c(1, 2, 2, 1, 1, 0, 1), c(2, 0, 0, 2, 3, 0, 0), c(0, 1, 1, 1, 2, 7, 3), c(1, 1, 2, 0, 0, 0, 1), c(0, 1, 1, 1, 1, 0, 0)))
big_case("fisher-three-by-two", "fisher.test(m): three rows, two columns", rbind(c(12, 3), c(7, 8), c(15, 2)))
big_case("fisher-large-counts", "fisher.test(m, workspace = 2e8): 380 persons", rbind(c(40, 55, 31), c(62, 38, 29), c(45, 50, 30)))
big_case("fisher-six-by-six", "fisher.test(m, workspace = 2e8)",
  rbind(c(3, 1, 0, 2, 1, 1), c(1, 4, 1, 0, 2, 0), c(0, 1, 5, 1, 0, 1), c(2, 0, 1, 3, 1, 1), c(1, 1, 0, 1, 4, 0), c(0, 2, 1, 1, 0, 3)))
big_case("fisher-strong-association", "fisher.test(m): compared relatively", rbind(c(20, 1, 0), c(2, 18, 3), c(0, 2, 21)), absolute = 0)
with_empty <- rbind(c(3, 0, 4, 1), c(0, 0, 0, 0), c(1, 0, 6, 5))
write_case("tests/fisher-empty-margins", list(kind = "table_test", test = "fisher_exact", table = with_empty),
  "fisher.test(m[c(1, 3), c(1, 3, 4)])", list(p_value = fisher.test(with_empty[c(1, 3), c(1, 3, 4)])$p.value), relative = 1e-6,
  note = "an empty row or column carries no information")

# ---- G test.

g_case <- function(id, r, m, test = "g_test", ...) {
  rows <- rowSums(m) > 0; columns <- colSums(m) > 0; k <- m[rows, columns]
  e <- outer(rowSums(k), colSums(k)) / sum(k)
  n <- sum(k); df <- (nrow(k) - 1) * (ncol(k) - 1)
  g <- 2 * sum(ifelse(k > 0, k * log(k / e), 0))
  # The same from the deviance of Poisson regressions.
  d <- data.frame(y = as.vector(k), a = factor(row(k)), b = factor(col(k)))
  stopifnot(abs(g - deviance(glm(y ~ a + b, poisson, d, epsilon = 1e-14))) < 1e-7)
  q <- if (test == "g_test") 1 else 1 + (n * sum(1 / rowSums(k)) - 1) * (n * sum(1 / colSums(k)) - 1) / (6 * n * df)
  write_case(paste0("tests/", id), list(kind = "table_test", test = test, table = m), r,
    list(statistic = g / q, p_value = pchisq(g / q, df, lower.tail = FALSE), df = df), ...)
}
g_case("g-test", "deviance(glm(y ~ row + column, poisson)), from the counts", rbind(c(12, 3, 9, 1), c(7, 8, 2, 4), c(15, 2, 11, 6)))
g_case("g-test-empty-cells", "the same with empty cells and an empty column", rbind(c(12, 0, 0, 9), c(0, 0, 8, 2)))
g_case("g-test-williams", "G / q, Williams (1976)", rbind(c(12, 3), c(7, 8)), "g_test_williams")

# ---- McNemar and Cochran.

mcnemar_case <- function(id, r, test, b, c, a = 20, d = 15, level = 0.95, ...) {
  m <- rbind(c(a, b), c(c, d)); n <- b + c
  exact <- binom.test(b, n, conf.level = level)
  half <- function(p, x) pbinom(x - 1, n, p) + dbinom(x, n, p) / 2
  found <- switch(test,
    mcnemar = , mcnemar_uncorrected = {
      t <- mcnemar.test(m, correct = test == "mcnemar")
      list(statistic = t$statistic[[1]], p_value = t$p.value, df = t$parameter[[1]])
    },
    mcnemar_exact = list(p_value = exact$p.value),
    mcnemar_mid_p = list(p_value = min(1, 2 * half(0.5, min(b, c)))))
  tail <- (1 - level) / 2
  ends <- if (test == "mcnemar_mid_p") c(
      if (b > 0) root(function(p) 1 - half(p, b) - tail, 1e-12, 1 - 1e-12) else 0,
      if (c > 0) root(function(p) half(p, b) - tail, 1e-12, 1 - 1e-12) else 1)
    else c(qbeta(tail, b, c + 1), qbeta(tail, b + 1, c, lower.tail = FALSE))
  found$odds_ratio <- list(estimate = defined(ifelse(b == 0, NA, b / c)), conf_int = ratio_ends(ends / (1 - ends)))
  write_case(paste0("tests/", id), list(kind = "table_test", test = test, table = m), r, found, ...)
}
mcnemar_case("mcnemar-uncorrected", "mcnemar.test(m, correct = FALSE); binom.test(b, b + c)", "mcnemar_uncorrected", 6, 17)
mcnemar_case("mcnemar-exact", "binom.test(b, b + c)", "mcnemar_exact", 9, 2)
mcnemar_case("mcnemar-exact-none-back", "binom.test(5, 5): the odds ratio is infinite", "mcnemar_exact", 5, 0)
mcnemar_case("mcnemar-exact-one-pair", "binom.test(0, 1): the odds ratio is zero", "mcnemar_exact", 0, 1)
mcnemar_case("mcnemar-mid-p", "pbinom less half of dbinom", "mcnemar_mid_p", 9, 2)
mcnemar_case("mcnemar-equal-corrected", "mcnemar.test(m): b = c, which is not corrected", "mcnemar", 7, 7)

set.seed(20261122)
answers <- matrix(rbinom(4 * 24, 1, rep(c(0.3, 0.45, 0.6, 0.65), each = 24)), 24)
answers[1, ] <- 1; answers[2, ] <- 0
q <- mantelhaen.test(table(rep(1:4, each = 24), factor(answers), rep(1:24, 4)))
write_case("tests/cochran-q", list(kind = "table_test", test = "cochran_q", table = answers),
  "mantelhaen.test(table(occasion, event, subject)): Cochran's Q is its generalised statistic",
  list(statistic = q$statistic[[1]], p_value = q$p.value, df = q$parameter[[1]]))
q <- mantelhaen.test(table(rep(1:2, each = 24), factor(answers[, c(1, 3)]), rep(1:24, 2)), correct = FALSE)
write_case("tests/cochran-q-two", list(kind = "table_test", test = "cochran_q", table = answers[, c(1, 3)]),
  "mantelhaen.test(..., correct = FALSE): of two occasions it is McNemar's",
  list(statistic = q$statistic[[1]], p_value = q$p.value, df = 1))

# ---- Unconditional tests, by summing over all tables at 20,000 nuisance shares and optimize at the best.

unconditional <- function(m, order, alternative) {
  n1 <- sum(m[1, ]); n2 <- sum(m[2, ])
  t <- outer(0:n1, 0:n2, Vectorize(function(x, y) {
    if (order == "boschloo") return(fisher.test(rbind(c(x, n1 - x), c(y, n2 - y)), alternative = alternative, conf.int = FALSE)$p.value)
    p <- (x + y) / (n1 + n2)
    if (p == 0 || p == 1) 0 else (x / n1 - y / n2) / sqrt(p * (1 - p) * (1 / n1 + 1 / n2))
  }))
  seen <- t[m[1, 1] + 1, m[2, 1] + 1]
  slack <- 1e-7 * abs(seen)
  extreme <- if (order == "boschloo") t <= seen + slack else switch(alternative,
    two.sided = abs(t) >= abs(seen) - slack, greater = t >= seen - slack, less = t <= seen + slack)
  f <- function(p) sum(outer(dbinom(0:n1, n1, p), dbinom(0:n2, n2, p))[extreme])
  grid <- seq(0, 1, length.out = 20001)
  values <- vapply(grid, f, 0)
  best <- grid[which.max(values)]
  found <- optimize(f, c(max(0, best - 1e-4), min(1, best + 1e-4)), maximum = TRUE, tol = 1e-12)
  list(statistic = seen, p_value = max(values, found$objective))
}
unconditional_case <- function(id, r, m, order, alternative = "two.sided", ...) {
  write_case(paste0("tests/", id), c(list(kind = "table_test", test = order, table = m), model_options(alternative)),
    r, unconditional(m, order, alternative), relative = 1e-8, ...)
}
vaccine <- rbind(c(7, 8), c(12, 3)); small <- rbind(c(7, 1), c(2, 6))
summed <- "sums of dbinom over all tables at least as extreme by fisher.test, the largest over the common share"
unconditional_case("boschloo", summed, small, "boschloo")
unconditional_case("boschloo-less", summed, vaccine, "boschloo", "less", note = "SciPy's boschloo_exact example: 0.03406")
unconditional_case("boschloo-no-events-in-an-arm", summed, rbind(c(0, 9), c(4, 7)), "boschloo")
unconditional_case("boschloo-unequal-arms", summed, rbind(c(3, 2), c(9, 31)), "boschloo", "greater")
unconditional_case("boschloo-two-persons", summed, rbind(c(1, 0), c(0, 1)), "boschloo")
scored <- "sums of dbinom over all tables with at least this score statistic, the largest over the common share"
unconditional_case("barnard", scored, vaccine, "barnard")
unconditional_case("barnard-less", scored, vaccine, "barnard", "less", note = "SciPy's barnard_exact example: 0.03407")
unconditional_case("barnard-no-events-in-an-arm", scored, rbind(c(0, 9), c(4, 7)), "barnard")

# ---- Trend.

trend_case <- function(id, r, x, n, w = NULL, alternative = "two.sided", exact = TRUE, ...) {
  score <- if (is.null(w)) seq_along(x) else w
  t <- prop.trend.test(x, n, score)
  z <- sign(cov.wt(cbind(x / n, score), n / sum(n))$cov[1, 2]) * sqrt(t$statistic[[1]])
  line <- lm(x / n ~ score, weights = n); p <- x / n
  m <- weighted.mean(score, n); s <- sum(n * (score - m)^2)
  se <- sqrt(sum((score - m)^2 * n * p * (1 - p))) / s
  slope <- coef(line)[[2]]
  expected <- list(statistic = t$statistic[[1]], p_value = p_of_z(z, alternative), df = 1,
    slope = list(estimate = slope, std_error = se, conf_int = I(slope + c(-1, 1) * qnorm(0.975) * se)))
  if (exact) {
    # All ways to share the events out, each with its multivariate hypergeometric chance.
    ways <- as.matrix(expand.grid(lapply(n, function(k) 0:min(k, sum(x)))))
    ways <- ways[rowSums(ways) == sum(x), , drop = FALSE]
    chance <- exp(rowSums(matrix(lchoose(rep(n, each = nrow(ways)), ways), nrow(ways))) - lchoose(sum(n), sum(x)))
    total <- as.vector(ways %*% score); seen <- sum(x * score); mean <- sum(x) * m
    expected$exact_p_value <- switch(alternative,
      two.sided = sum(chance[abs(total - mean) >= abs(seen - mean) - 1e-9]),
      greater = sum(chance[total >= seen]), less = sum(chance[total <= seen]))
  }
  write_case(paste0("tests/", id), c(list(kind = "trend", events = I(x), n = I(n)), if (!is.null(w)) list(scores = I(w)),
    model_options(alternative)), r, expected, ...)
}
trend_case("trend-smokers", "prop.trend.test(smokers, patients) of R's own example, Fleiss (1981), page 139; slope by lm",
  c(83, 90, 129, 70), c(86, 93, 136, 82), exact = FALSE)
trend_case("trend-scores", "prop.trend.test(x, n, c(0, 1, 4)); exact by listing all tables with these margins",
  c(1, 3, 6), c(8, 7, 9), c(0, 1, 4))
trend_case("trend-less", "the same, one-sided, with no event in a group", c(5, 2, 0), c(9, 8, 7), alternative = "less")

# ---- Strata.

strata_case <- function(id, r, strata, exact = TRUE, homogeneity = TRUE, rma = TRUE, alternative = "two.sided", ...) {
  a <- simplify2array(lapply(strata, function(m) m))
  of_test <- function(t) list(statistic = t$statistic[[1]], p_value = t$p.value, df = 1)
  expected <- list(cmh = of_test(mantelhaen.test(a, correct = FALSE)), cmh_corrected = of_test(mantelhaen.test(a, correct = TRUE)))
  ai <- a[1, 1, ]; bi <- a[1, 2, ]; ci <- a[2, 1, ]; di <- a[2, 2, ]
  if (rma) {
    of <- function(measure, back) {
      f <- rma.mh(ai = ai, bi = bi, ci = ci, di = di, measure = measure, correct = FALSE)
      list(estimate = back(f$beta[[1]]), std_error = f$se, conf_int = I(back(c(f$ci.lb, f$ci.ub))), p_value = f$pval)
    }
    expected$odds_ratio <- of("OR", exp); expected$risk_ratio <- of("RR", exp); expected$risk_difference <- of("RD", identity)
  }
  if (homogeneity) {
    f <- rma.mh(ai = ai, bi = bi, ci = ci, di = di, measure = "OR", correct = FALSE)
    k <- sum(ai + bi > 0 & ci + di > 0 & ai + ci > 0 & bi + di > 0)
    expected$breslow_day <- list(statistic = f$BD, p_value = f$BDp, df = k - 1)
    expected$tarone <- list(statistic = f$TA, p_value = f$TAp, df = k - 1)
  }
  if (exact) {
    weights <- 1; low <- 0
    for (i in seq_along(ai)) {
      m <- ai[i] + bi[i]; n <- ci[i] + di[i]; k <- ai[i] + ci[i]
      s <- max(0, k - n):min(m, k); d <- dhyper(s, m, n, k)
      # convolve() goes through the Fourier transform and loses the tails; this is the plain sum.
      product <- outer(weights, d); low <- low + s[1]
      weights <- as.vector(tapply(product, row(product) + col(product), sum))
    }
    support <- low + seq_along(weights) - 1
    x <- sum(ai)
    p <- switch(alternative,
      two.sided = sum(weights[weights <= weights[support == x] * (1 + 1e-7)]) / sum(weights),
      greater = sum(weights[support >= x]) / sum(weights), less = sum(weights[support <= x]) / sum(weights))
    own <- mantelhaen.test(a, exact = TRUE, alternative = alternative)$p.value
    stopifnot(abs(own / p - 1) < 1e-6)
    expected$exact <- c(list(p_value = p), exact_odds(support, log(weights), x, alternative))
  }
  write_case(paste0("tests/", id), c(list(kind = "strata", strata = unname(lapply(strata, unname))), model_options(alternative)), r, expected, ...)
}
admissions <- lapply(1:6, function(i) t(UCBAdmissions[, , i]) * 1)
strata_case("strata-admissions", "mantelhaen.test(UCBAdmissions); metafor::rma.mh",
  lapply(admissions, function(m) unname(rbind(m[1, ], m[2, ]))), note = "six strata, 4526 applicants; exact limits by uniroot")
rabbits <- list(rbind(c(0, 6), c(0, 5)), rbind(c(3, 3), c(0, 6)), rbind(c(6, 0), c(2, 4)), rbind(c(5, 1), c(6, 0)), rbind(c(2, 0), c(5, 0)))
strata_case("strata-rabbits", "mantelhaen.test(Rabbits) of R's own example, Agresti (2002), with empty strata",
  rabbits, homogeneity = FALSE, rma = FALSE)
strata_case("strata-small", "mantelhaen.test, metafor::rma.mh: four small sites",
  list(rbind(c(8, 5), c(3, 9)), rbind(c(5, 6), c(4, 8)), rbind(c(10, 3), c(7, 5)), rbind(c(2, 7), c(3, 6))))
strata_case("strata-less", "mantelhaen.test(exact = TRUE, alternative = 'less')",
  list(rbind(c(2, 9), c(5, 7)), rbind(c(1, 10), c(4, 8))), homogeneity = FALSE, rma = FALSE, alternative = "less")
strata_case("strata-empty-cell", "mantelhaen.test: the odds ratio is infinite",
  list(rbind(c(4, 0), c(3, 5)), rbind(c(6, 0), c(2, 7))), homogeneity = FALSE, rma = FALSE)

# ---- Rates.

rate_case <- function(id, r, counts, exposure, alternative = "two.sided", null = NULL, level = NULL, ...) {
  ratio <- c(null, 1)[1]; conf <- c(level, 0.95)[1]; tail <- tail_of(conf, alternative); z <- qnorm(1 - tail)
  t <- poisson.test(counts, exposure, ratio, alternative, conf)
  x <- counts[1]; y <- counts[2]; n <- x + y; s <- exposure[1]; u <- exposure[2]
  half <- function(p) pbinom(x - 1, n, p) + dbinom(x, n, p) / 2
  p0 <- ratio * s / (ratio * s + u)
  mid <- c(half(p0), 1 - half(p0))
  to_ratio <- function(p) p / (1 - p) * u / s
  ends <- function(low, high) open_ends(ratio_ends(to_ratio(c(low, high))), alternative)
  mid_ends <- c(if (x > 0) root(function(p) log(1 - half(p)) - log(tail), 1e-9, 1 - 1e-9) else 0,
                if (y > 0) root(function(p) log(half(p)) - log(tail), 1e-9, 1 - 1e-9) else 1)
  score <- suppressWarnings(prop.test(x, n, p0, alternative, 2 * pnorm(z) - 1, correct = FALSE))
  two <- suppressWarnings(prop.test(x, n, p0, conf.level = 1 - 2 * tail, correct = FALSE))
  zs <- (x - n * p0) / sqrt(n * p0 * (1 - p0))
  estimate <- defined(ifelse(x == 0, NA, x / s / (y / u)))
  expected <- list(p_value = t$p.value, estimate = estimate, conf_int = open_ends(ratio_ends(as.numeric(t$conf.int)), alternative),
    mid_p = list(p_value = switch(alternative, two.sided = min(1, 2 * min(mid)), less = mid[1], greater = mid[2]),
      conf_int = ends(mid_ends[1], mid_ends[2])),
    score = list(p_value = p_of_z(zs, alternative), conf_int = ends(two$conf.int[1], two$conf.int[2])))
  if (x > 0 && y > 0) {
    se <- sqrt(1 / x + 1 / y)
    expected$wald <- list(std_error = se, p_value = p_of_z((log(estimate) - log(ratio)) / se, alternative),
      conf_int = open_ends(exp(log(estimate) + c(-z, z) * se), alternative))
  }
  # The limits of each rate where its score test would not reject, solved.
  limits <- function(k, e) c(if (k > 0) root(function(l) (k - l * e) / sqrt(l * e) - z, 1e-12, k / e) else 0,
    root(function(l) (k - l * e) / sqrt(l * e) + z, max(k / e, 1e-12), (k + 10 * sqrt(k) + 50) / e))
  a <- limits(x, s); b <- limits(y, u); d <- x / s - y / u
  mover <- c(d - sqrt((x / s - a[1])^2 + (b[2] - y / u)^2), d + sqrt((a[2] - x / s)^2 + (y / u - b[1])^2))
  pooled <- n / (s + u)
  expected$difference_mover <- list(estimate = d, conf_int = open_ends(mover, alternative),
    p_value = p_of_z(d / sqrt(pooled * (1 / s + 1 / u)), alternative))
  se <- sqrt(x / s^2 + y / u^2)
  expected$difference_wald <- list(estimate = d, std_error = se, conf_int = open_ends(d + c(-z, z) * se, alternative),
    p_value = p_of_z(d / se, alternative))
  write_case(paste0("tests/", id), c(list(kind = "rate_test", counts = I(counts), exposure = I(exposure)),
    model_options(alternative, null, level)), r, expected, ...)
}
rate_r <- "poisson.test(counts, exposure); mid-p from pbinom, score by prop.test, Wald and MOVER from their formulas"
rate_case("rate-ratio-all-methods", rate_r, c(11, 5), c(800, 783))
rate_case("rate-ratio-none-in-an-arm", rate_r, c(0, 4), c(12.5, 10))
rate_case("rate-ratio-greater", paste0(rate_r, "; alternative = 'greater', r = 1.5, conf.level = 0.9"), c(27, 9), c(40, 31), "greater", 1.5, 0.9)
rate_case("rate-ratio-thousands", rate_r, c(5210, 4875), c(1200, 1210))
one_rate <- function(id, r, x, s, null, alternative = "two.sided", level = 0.95, ...) {
  t <- poisson.test(x, s, null, alternative, level); tail <- tail_of(level, alternative); z <- qnorm(1 - tail)
  score <- c(if (x > 0) root(function(l) (x - l * s) / sqrt(l * s) - z, 1e-12, x / s) else 0,
    root(function(l) (x - l * s) / sqrt(l * s) + z, max(x / s, 1e-12), (x + 10 * sqrt(x) + 50) / s))
  # R writes 0 and infinity on the open side.
  write_case(paste0("tests/", id), c(list(kind = "rate_test", counts = I(x), exposure = I(s)), model_options(alternative, null, if (level == 0.95) NULL else level)), r,
    list(estimate = x / s, p_value = t$p.value, conf_int = open_ends(as.numeric(t$conf.int), alternative),
      score = list(p_value = p_of_z((x - null * s) / sqrt(null * s), alternative), conf_int = open_ends(score, alternative))), ...)
}
one_rate("rate-one", "poisson.test(137, 24.19893, r = 5) of R's own example; score limits by uniroot", 137, 24.19893, 5)
one_rate("rate-one-none", "poisson.test(0, 8, r = 0.2)", 0, 8, 0.2)
one_rate("rate-one-less", "poisson.test(3, 10, r = 0.7, 'less', 0.9)", 3, 10, 0.7, "less", 0.9)

# ---- Shares.

share_case <- function(id, r, x, n, null, alternative = "two.sided", level = 0.95, ...) {
  tail <- tail_of(level, alternative)
  exact <- binom.test(x, n, null, alternative, level)
  wilson <- suppressWarnings(prop.test(x, n, null, conf.level = 1 - 2 * tail, correct = FALSE))
  half <- function(p) pbinom(x - 1, n, p) + dbinom(x, n, p) / 2
  mid <- c(half(null), 1 - half(null))
  mid_ends <- c(if (x > 0) root(function(p) log(1 - half(p)) - log(tail), 1e-12, 1 - 1e-12) else 0,
                if (x < n) root(function(p) log(half(p)) - log(tail), 1e-12, 1 - 1e-12) else 1)
  z <- (x - n * null) / sqrt(n * null * (1 - null))
  write_case(paste0("tests/", id), c(list(kind = "proportion", events = I(x), n = I(n)), model_options(alternative, null, if (level == 0.95) NULL else level)), r,
    list(wilson = list(estimate = x / n, conf_int = open_ends(as.numeric(wilson$conf.int), alternative), p_value = p_of_z(z, alternative)),
      clopper_pearson = list(conf_int = open_ends(as.numeric(exact$conf.int), alternative), p_value = exact$p.value),
      mid_p = list(conf_int = open_ends(mid_ends, alternative),
        p_value = switch(alternative, two.sided = min(1, 2 * min(mid)), less = mid[1], greater = mid[2]))), ...)
}
share_r <- "prop.test(x, n, p, correct = FALSE), binom.test(x, n, p), mid-p from pbinom"
share_case("share", share_r, 682, 925, 0.75)
share_case("share-none", share_r, 0, 12, 0.1)
share_case("share-all-of-one", share_r, 1, 1, 0.5)
share_case("share-greater", paste0(share_r, ", one-sided, level 0.9"), 7, 20, 0.2, "greater", 0.9)
share_case("share-rare", share_r, 3, 40000, 0.0002, relative = 1e-8)

# ---- Effect sizes of two shares.

# The score statistics, with the constrained shares found by optimize and uniroot on the likelihood.
loglik <- function(x, m, p) (if (x > 0) x * log(p) else 0) + (if (x < m) (m - x) * log1p(-p) else 0)
share_sizes <- function(m2, level = 0.95) {
  x <- m2[1, 1]; m <- sum(m2[1, ]); y <- m2[2, 1]; n <- sum(m2[2, ]); N <- m + n; widen <- sqrt((N - 1) / N); z <- qnorm((1 + level) / 2)
  # optimize on the logit scale finds the constrained share to about 1e-8, whose square enters: enough for 1e-7.
  best <- function(f, low, high) { o <- optimize(f, c(low, high), maximum = TRUE, tol = 1e-12); o$maximum }
  rd <- function(d) {
    low <- max(0, -d); high <- min(1, 1 - d)
    slope <- function(p) (if (x > 0) x / (p + d) else 0) - (if (x < m) (m - x) / (1 - p - d) else 0) +
      (if (y > 0) y / p else 0) - (if (y < n) (n - y) / (1 - p) else 0)
    e <- (high - low) * 1e-13
    p <- if (slope(low + e) <= 0) low else if (slope(high - e) >= 0) high else root(slope, low + e, high - e)
    (x / m - y / n - d) / sqrt((p + d) * (1 - p - d) / m + p * (1 - p) / n)
  }
  rr <- function(t) {
    k <- exp(t); high <- min(1, 1 / k)
    f <- function(l) { p <- high * plogis(l); loglik(x, m, k * p) + loglik(y, n, p) }
    p <- high * plogis(best(f, -40, 40))
    (x / m - k * y / n) / sqrt(k * p * (1 - k * p) / m + k^2 * p * (1 - p) / n)
  }
  or <- function(t) {
    f <- function(l) loglik(x, m, plogis(l + t)) + loglik(y, n, plogis(l))
    l <- root(function(l) x + y - m * plogis(l + t) - n * plogis(l), -60, 60)
    a <- plogis(l + t); b <- plogis(l)
    (x - m * a) * sqrt(1 / (m * a * (1 - a)) + 1 / (n * b * (1 - b)))
  }
  out <- list()
  # An end up to which the test keeps everything is the end of the scale.
  cross <- function(f, low, high, edge) if (f(low) * f(high) > 0) edge else root(f, low, high)
  ends <- function(f, low, high, w = 1, open = c(FALSE, FALSE)) c(
    if (open[1]) NA else cross(function(d) w * f(d) - z, low, high, round(low)),
    if (open[2]) NA else cross(function(d) w * f(d) + z, low, high, round(high)))
  wilson <- function(x, n) as.numeric(suppressWarnings(prop.test(x, n, correct = FALSE, conf.level = level))$conf.int)
  a <- wilson(x, m); b <- wilson(y, n); d <- x / m - y / n; pooled <- (x + y) / N
  z0 <- d / sqrt(pooled * (1 - pooled) * (1 / m + 1 / n))
  out$risk_difference <- list(estimate = d, p_value = defined(p_of_z(z0, "two.sided")),
    conf_int = I(c(d - sqrt((x / m - a[1])^2 + (b[2] - y / n)^2), d + sqrt((a[2] - x / m)^2 + (y / n - b[1])^2))))
  out$risk_difference_mn <- list(conf_int = I(ends(rd, -1 + 1e-12, 1 - 1e-12, widen)), p_value = defined(p_of_z(z0 * widen, "two.sided")))
  full <- x > 0 && y > 0
  out$risk_ratio_koopman <- list(estimate = if (full) x / m / (y / n) else NA_real_, conf_int = I(exp(ends(rr, -30, 30, 1, c(x == 0, y == 0)))))
  out$risk_ratio_mn <- list(conf_int = I(exp(ends(rr, -30, 30, widen, c(x == 0, y == 0)))))
  empty <- c(x == 0 || y == n, y == 0 || x == m)
  out$odds_ratio_score <- list(conf_int = I(exp(ends(or, -30, 30, 1, empty))))
  out$odds_ratio_mn <- list(conf_int = I(exp(ends(or, -30, 30, widen, empty))))
  h <- 2 * asin(sqrt(x / m)) - 2 * asin(sqrt(y / n)); se <- sqrt(1 / m + 1 / n)
  out$cohens_h <- list(estimate = h, std_error = se, conf_int = I(h + c(-z, z) * se))
  of <- function(measure, back) {
    e <- escalc(measure, ai = x, bi = m - x, ci = y, di = n - y, add = 0, to = "none")
    list(estimate = back(e$yi[[1]]), std_error = sqrt(e$vi), conf_int = I(back(e$yi[[1]] + c(-z, z) * sqrt(e$vi))),
      p_value = p_of_z(e$yi[[1]] / sqrt(e$vi), "two.sided"))
  }
  if (full && x < m && y < n) { out$odds_ratio <- of("OR", exp) }
  if (full) { out$risk_ratio <- of("RR", exp) }
  if (!(x %in% c(0, m) && y %in% c(0, n))) out$risk_difference_wald <- of("RD", identity)
  out
}
sizes_case <- function(id, r, m, level = NULL, extra = list(), ...) {
  write_case(paste0("effect-size/", id), c(list(kind = "effect_size", table = m), if (!is.null(level)) list(level = level)), r,
    c(share_sizes(m, c(level, 0.95)[1]), extra), relative = 1e-6, ...)
}
sizes_r <- "metafor::escalc for Wald, prop.test for Newcombe, uniroot on the score statistics with the constrained likelihood maximised numerically"
sizes_case("shares", sizes_r, rbind(c(56, 14), c(48, 32)), note = "Newcombe (1998), table II (a): 0.0524 to 0.3339 by the hybrid score method")
sizes_case("shares-none-in-an-arm", sizes_r, rbind(c(0, 12), c(4, 9)))
sizes_case("shares-none-in-the-other-arm", sizes_r, rbind(c(5, 5), c(0, 9)))
sizes_case("shares-all-against-none", sizes_r, rbind(c(8, 0), c(0, 9)))
sizes_case("shares-one-each", sizes_r, rbind(c(1, 0), c(0, 1)))
sizes_case("shares-level", sizes_r, rbind(c(15, 5), c(22, 38)), 0.8)

pairs_case <- function(id, r, b, c, a, d, ...) {
  n <- a + b + c + d; wilson <- function(x) as.numeric(suppressWarnings(prop.test(x, n, correct = FALSE))$conf.int)
  p <- (a + b) / n; q <- (a + c) / n; l <- wilson(a + b); u <- wilson(a + c)
  excess <- a * d - b * c; if (excess > 0) excess <- max(excess - n / 2, 0)
  phi <- excess / sqrt((a + b) * (c + d) * (a + c) * (b + d)); if (!is.finite(phi)) phi <- 0
  e <- (b - c) / n
  ends <- c(e - sqrt((p - l[1])^2 - 2 * phi * (p - l[1]) * (u[2] - q) + (u[2] - q)^2),
            e + sqrt((l[2] - p)^2 - 2 * phi * (l[2] - p) * (q - u[1]) + (q - u[1])^2))
  se <- sqrt(b + c - (b - c)^2 / n) / n
  expected <- list(paired_difference = list(estimate = e, conf_int = I(ends),
    p_value = mcnemar.test(rbind(c(a, b), c(c, d)), correct = FALSE)$p.value))
  if (se > 0) expected$paired_difference_wald <- list(std_error = se, conf_int = I(e + c(-1, 1) * qnorm(0.975) * se))
  write_case(paste0("effect-size/", id), list(kind = "effect_size", table = rbind(c(a, b), c(c, d))), r, expected, ...)
}
pairs_r <- "prop.test and the correlation of the pairs, Newcombe (1998b), method 10"
pairs_case("pairs", pairs_r, 12, 2, 36, 0, note = "Newcombe (1998b), table II: 0.0569 to 0.3404")
pairs_case("pairs-correlated", pairs_r, 9, 3, 25, 13)
pairs_case("pairs-one-way", pairs_r, 4, 0, 0, 6)

needed_case <- function(id, r, m, ...) {
  s <- share_sizes(m)$risk_difference; e <- s$estimate; i <- s$conf_int
  kind <- if (i[1] < 0 && i[2] > 0) "through_infinity" else if (i[1] >= 0) "benefit" else "harm"
  ends <- switch(kind, through_infinity = c(1 / i[2], -1 / i[1]), benefit = 1 / rev(i), harm = -1 / i)
  write_case(paste0("effect-size/", id), list(kind = "effect_size", table = m), r,
    list(number_needed = list(direction = if (e > 0) "benefit" else if (e < 0) "harm" else "none",
      estimate = if (e == 0) NA_real_ else 1 / abs(e), interval = kind, conf_int = I(as.numeric(ends)))), ...)
}
needed_r <- "1 / Newcombe's limits of the difference of risks, Altman (1998)"
needed_case("number-needed-benefit", needed_r, rbind(c(56, 14), c(48, 32)))
needed_case("number-needed-harm", needed_r, rbind(c(12, 38), c(30, 20)))
needed_case("number-needed-through-infinity", needed_r, rbind(c(12, 28), c(8, 32)), note = "the fewest to benefit, then the fewest to harm; infinity lies between")
needed_case("number-needed-none", needed_r, rbind(c(5, 10), c(10, 20)), note = "equal shares: no number is enough")

# ---- phi and V. effectsize solves the noncentrality to about 1e-4 only; here uniroot solves it to the last digit.

v_case <- function(id, r, m, corrected = FALSE, alternative = "two.sided", level = 0.95, phi = FALSE, ...) {
  k <- m[rowSums(m) > 0, colSums(m) > 0]; t <- suppressWarnings(chisq.test(k, correct = FALSE)); x <- t$statistic[[1]]; df <- t$parameter[[1]]
  n <- sum(k); rows <- nrow(k); columns <- ncol(k)
  ncp <- function(tail) if (pchisq(x, df, lower.tail = FALSE) >= tail) 0 else
    root(function(l) pchisq(x, df, l, lower.tail = FALSE) - tail, 0, x + 20 * sqrt(x) + 50)
  v <- function(chi) if (!corrected) sqrt(chi / n / (min(rows, columns) - 1)) else {
    s <- max(0, chi / n - df / (n - 1)); sqrt(s / (min(rows - (rows - 1)^2 / (n - 1), columns - (columns - 1)^2 / (n - 1)) - 1)) }
  tail <- tail_of(level, alternative)
  ends <- c(v(ncp(tail)), if (alternative == "two.sided") v(ncp(1 - tail)) else NA)
  # Within the digits of effectsize it must be the same.
  if (alternative == "two.sided" && !phi) {
    e <- effectsize::cramers_v(k, ci = level, alternative = "two.sided", adjust = corrected)
    stopifnot(abs(e[[1]] - v(x)) < 1e-8, abs(e$CI_low - ends[1]) < 2e-3, abs(e$CI_high - min(1, ends[2])) < 2e-3)
  }
  field <- if (phi) "phi" else if (corrected) "cramers_v_corrected" else "cramers_v"
  write_case(paste0("effect-size/", id), c(list(kind = "effect_size", table = m), model_options(alternative, NULL, if (level == 0.95) NULL else level)), r,
    setNames(list(list(estimate = v(x), conf_int = I(pmin(1, ends)), p_value = t$p.value)), field), relative = 1e-7, ...)
}
v_r <- "chisq.test(m, correct = FALSE), pchisq with the noncentrality solved by uniroot; checked against effectsize"
v_case("cramers-v", v_r, rbind(c(12, 3, 9, 1), c(7, 8, 2, 4), c(15, 2, 11, 6)))
v_case("cramers-v-corrected", v_r, rbind(c(12, 3, 9, 1), c(7, 8, 2, 4), c(15, 2, 11, 6)), corrected = TRUE)
v_case("cramers-v-none", v_r, rbind(c(10, 11), c(12, 13)), note = "no association: the lower limit is zero")
v_case("cramers-v-greater", "the same, one-sided", rbind(c(30, 12), c(14, 25)), alternative = "greater", level = 0.9)
v_case("phi", v_r, rbind(c(49, 6), c(11, 49)), phi = TRUE)
