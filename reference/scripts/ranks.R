# The group `ranks`: rank tests, analysis of variance of one way and their effect sizes.
#
# R 4.2.2 with coin 1.4.2, car 3.1.1 and effectsize 0.8.3 (Debian 12). Run in the folder `reference`.
# A case carries its own small samples; each test has its options by the names of the library.
source("scripts/corpus.R")
suppressPackageStartupMessages({
  library(coin)
  library(car)
  library(effectsize)
})
options(es.use_symbols = FALSE)

bounds <- function(x) I(defined(as.numeric(x)))
case <- function(id, model, r, expected, ...) write_case(paste0("ranks/", id), model, r, expected, ...)
of <- function(x, y) data.frame(v = c(x, y), g = factor(rep(c("x", "y"), c(length(x), length(y)))))
alternative <- function(options) sub("_", ".", c(options$alternative, "two_sided")[1])
null <- function(options) c(options$null, 0)[1]
level <- function(options) c(options$level, 0.95)[1]
coins <- function(options) c(less = "less", greater = "greater", two.sided = "two.sided")[[alternative(options)]]

# ---- Mann-Whitney ------------------------------------------------------------------------------
# The distribution of the options as an argument of wilcox.test; the root finder is told to go on
# until the digits of the corpus are right.
mann_whitney <- function(id, r, x, y, options = list(), exact = NULL, correct = TRUE, ...) {
  t <- suppressWarnings(wilcox.test(x, y, exact = exact, correct = correct, conf.int = TRUE,
    alternative = alternative(options), mu = null(options), conf.level = level(options), tol.root = 1e-13))
  reached <- attr(t$conf.int, "conf.level")
  model <- c(list(kind = "test", test = "mann_whitney", samples = list(x = I(x), y = I(y))), options)
  case(id, model, r, list(statistic = t$statistic[[1]], p_value = t$p.value,
    conf_int = bounds(t$conf.int), estimate = t$estimate[[1]]), ...)
}

short_x <- c(7.1, 3.2, 9.8, 6.6, 8.4, 5.9, 12.3)
short_y <- c(2.5, 4.1, 6.0, 3.3, 5.2, 1.7)
mann_whitney("mw-exact", "wilcox.test(x, y, conf.int = TRUE): 7 and 6, no ties", short_x, short_y)
mann_whitney("mw-exact-less", "wilcox.test(x, y, alternative = 'less', mu = 5.5, conf.level = 0.9, conf.int = TRUE)",
  short_x, short_y, list(alternative = "less", null = 5.5, level = 0.9))
mann_whitney("mw-exact-two-and-two", "wilcox.test(x, y, conf.int = TRUE): no interval of two and two has level 0.95",
  c(3, 8), c(1, 5), note = "the interval runs over all differences and has level 2/3")
mann_whitney("mw-exact-one", "wilcox.test(x, y, conf.int = TRUE, conf.level = 0.8): one against nine",
  4.4, c(1.2, 3.3, 5.1, 2.2, 6.7, 9.1, 0.4, 7.3, 8.8), list(level = 0.8))
mann_whitney("mw-exact-apart", "wilcox.test(x, y): 2 / choose(40, 20), compared relatively",
  101:120, 1:20 + 0.5, absolute = 0)
set.seed(20261122)
mann_whitney("mw-exact-49", "wilcox.test(x, y, conf.int = TRUE): the most that are exact by R's rule",
  round(rnorm(49, 3, 4), 4), round(rnorm(37, 1, 3), 4))
many <- round(rnorm(155, rep(c(2.5, 1.5), c(80, 75)), 4), 6)
stopifnot(!anyDuplicated(many))
mann_whitney("mw-exact-asked-for", "wilcox.test(x, y, exact = TRUE, conf.int = TRUE): 80 and 75",
  many[1:80], many[81:155], list(distribution = "exact"), exact = TRUE)
mann_whitney("mw-normal-50", "wilcox.test(x, y, conf.int = TRUE): the fewest that are not exact by R's rule; an odd number of pairs",
  round(rnorm(51, 3, 4), 4), round(rnorm(23, 1, 3), 4))
even_x <- c(5.1, 7.9, 6.4, 10.2, 8.8, 4.7, 9.5, 7.2, 11.6, 6.1)
even_y <- c(3.9, 5.6, 7.0, 2.8, 4.4, 6.9, 5.0, 8.1)
mann_whitney("mw-normal-even", "wilcox.test(x, y, exact = FALSE, conf.int = TRUE): an even number of pairs",
  even_x, even_y, list(distribution = "normal_corrected"), exact = FALSE)
cat("mw-normal-even: median(outer(x, y, '-')) =", format(median(outer(even_x, even_y, "-")), digits = 15), "\n")
mann_whitney("mw-normal-uncorrected", "wilcox.test(x, y, exact = FALSE, correct = FALSE, alternative = 'greater', mu = 1.5, conf.level = 0.9, conf.int = TRUE)",
  even_x[-1], even_y[-8], list(distribution = "normal", alternative = "greater", null = 1.5, level = 0.9), exact = FALSE, correct = FALSE)
mann_whitney("mw-normal-ties", "wilcox.test(x, y, alternative = 'less', conf.int = TRUE): grades of three levels",
  rep(c(1, 2, 3), c(5, 9, 11)), rep(c(1, 2, 3), c(12, 8, 3)), list(alternative = "less"),
  note = "limits lie at differences that many pairs have")
mann_whitney("mw-normal-two-values", "wilcox.test(x, y, conf.int = TRUE): nothing but 0 and 1",
  rep(0:1, c(4, 13)), rep(0:1, c(11, 4)))
mann_whitney("mw-normal-extreme", "wilcox.test(x, y, conf.int = TRUE): three and two with a tie, the interval runs over all differences",
  c(5, 7, 7.5), c(2, 7), list(distribution = "normal_corrected"), exact = FALSE)
mann_whitney("mw-huge", "wilcox.test(x, y, conf.int = TRUE): numbers of 1e150 and 1e-150",
  c(1e150, 3e150, -2e150, 1e-150), c(2e-150, -1e150, 5e149))

exact_ties <- function(id, r, x, y, options = list(), ...) {
  w <- wilcox_test(v ~ g, of(x, y), distribution = "exact", alternative = coins(options))
  model <- c(list(kind = "test", test = "mann_whitney", samples = list(x = I(x), y = I(y)), distribution = "exact"), options)
  case(id, model, r, list(z = statistic(w)[[1]], p_value = pvalue(w)[[1]]), ...)
}
tied_x <- c(3, 5, 5, 8, 9, 12, 7, 5)
tied_y <- c(1, 2, 5, 5, 4, 3)
exact_ties("mw-exact-ties", "coin::wilcox_test(v ~ g, distribution = 'exact'): the distribution given the ties is not symmetric", tied_x, tied_y)
exact_ties("mw-exact-ties-greater", "coin::wilcox_test(v ~ g, distribution = 'exact', alternative = 'greater')", tied_x, tied_y, list(alternative = "greater"))
exact_ties("mw-exact-ties-less", "coin::wilcox_test(v ~ g, distribution = 'exact', alternative = 'less')", tied_x, tied_y, list(alternative = "less"))
exact_ties("mw-exact-two-values", "coin::wilcox_test(v ~ g, distribution = 'exact'): Fisher's exact test", rep(0:1, c(4, 13)), rep(0:1, c(11, 4)))
exact_ties("mw-exact-ties-many", "coin::wilcox_test(v ~ g, distribution = 'exact'): 120 and 140 counts",
  rpois(120, 4), rpois(140, 3))
exact_ties("mw-exact-ties-unequal", "coin::wilcox_test(v ~ g, distribution = 'exact'): most are in the first group",
  c(2, 2, 3, 4, 4, 4, 5, 6, 7, 7), c(1, 2))

# ---- Signed ranks ------------------------------------------------------------------------------
signed_rank <- function(id, r, d, options = list(), exact = NULL, correct = TRUE, ...) {
  t <- suppressWarnings(wilcox.test(d, exact = exact, correct = correct, conf.int = TRUE,
    alternative = alternative(options), mu = null(options), conf.level = level(options), tol.root = 1e-13))
  case(id, c(list(kind = "signed_rank", differences = I(d)), options), r,
    list(statistic = t$statistic[[1]], p_value = t$p.value, conf_int = bounds(t$conf.int), estimate = t$estimate[[1]]), ...)
}
changes <- c(1.5, -0.4, 2.2, 3.1, -1.1, 0.9, 4.6, 2.7, -0.2, 1.9, 3.8)
signed_rank("sr-exact", "wilcox.test(d, conf.int = TRUE): eleven differences, no ties", changes)
signed_rank("sr-exact-greater", "wilcox.test(d, alternative = 'greater', mu = 0.65, conf.level = 0.9, conf.int = TRUE)",
  changes, list(alternative = "greater", null = 0.65, level = 0.9))
signed_rank("sr-exact-one-sign", "wilcox.test(d, conf.int = TRUE): five of one sign, no interval of level 0.95", -c(1.2, 0.7, 3.4, 2.9, 5.5))
signed_rank("sr-exact-49", "wilcox.test(d, conf.int = TRUE): the most that are exact by R's rule", round(rnorm(49, 1, 3), 4))
signed_rank("sr-normal-50", "wilcox.test(d, conf.int = TRUE): the fewest that are not exact by R's rule, 1275 averages", round(rnorm(50, 1, 3), 4))
signed_rank("sr-normal-ties", "wilcox.test(d, conf.int = TRUE, conf.level = 0.9): ties of both signs",
  c(1, 1, 2, -1, 3, 2, -2, 4, 3, 1, 5, 2, -1), list(level = 0.9))
signed_rank("sr-normal-zeros", "wilcox.test(d, conf.int = TRUE): zeros left out of test and estimate",
  c(0, 2, 3, 0, -1, 4, 2, 6, 0, 3, 5, -2, 4, 1), note = "ten of fourteen are not zero, and one more is")
signed_rank("sr-normal-uncorrected", "wilcox.test(d, exact = FALSE, correct = FALSE, alternative = 'less', mu = 3, conf.int = TRUE)",
  c(changes, 2.4, 5.3), list(distribution = "normal", alternative = "less", null = 3), exact = FALSE, correct = FALSE)
even <- c(1.5, -0.4, 2.2, 3.1, -1.1, 0.9, 4.6)
signed_rank("sr-normal-even", "wilcox.test(d, exact = FALSE, conf.int = TRUE): an even number of averages, 28",
  even, list(distribution = "normal_corrected"), exact = FALSE)
walsh <- outer(even, even, "+") / 2
cat("sr-normal-even: median(walsh) =", format(median(walsh[!lower.tri(walsh)]), digits = 15), "\n")

coin_signed <- function(id, r, d, options, distribution, zeros, ...) {
  frame <- data.frame(after = d, before = 0)
  w <- wilcoxsign_test(after ~ before, frame, distribution = distribution, zero.method = zeros, alternative = coins(options))
  case(id, c(list(kind = "signed_rank", differences = I(d)), options), r, list(z = statistic(w)[[1]], p_value = pvalue(w)[[1]]), ...)
}
with_zeros <- c(0, 2, 3, 0, -1, 4, 2, 6, 0, 3, 5, -2, 4, 1)
coin_signed("sr-pratt", "coin::wilcoxsign_test(after ~ before, zero.method = 'Pratt')", with_zeros,
  list(distribution = "normal", zeros = "pratt"), asymptotic(), "Pratt")
coin_signed("sr-pratt-exact", "coin::wilcoxsign_test(after ~ before, zero.method = 'Pratt', distribution = 'exact', alternative = 'greater')", with_zeros,
  list(distribution = "exact", zeros = "pratt", alternative = "greater"), exact(), "Pratt")
coin_signed("sr-exact-ties", "coin::wilcoxsign_test(after ~ before, zero.method = 'Wilcoxon', distribution = 'exact')", with_zeros,
  list(distribution = "exact"), exact(), "Wilcoxon")

# ---- Several groups ----------------------------------------------------------------------------
groups_of <- function(samples) lapply(samples, I)
long <- function(samples) data.frame(v = unlist(samples, use.names = FALSE), g = factor(rep(names(samples), lengths(samples)), levels = names(samples)))

# The interval of a share as the library states it: lambda / (lambda + n) at the limits of the noncentrality.
share <- function(f, df1, df2, n, level = 0.95) {
  at <- function(p) {
    if (pf(f, df1, df2) <= p) return(0)
    high <- 1
    while (pf(f, df1, df2, high) > p) high <- 2 * high
    uniroot(function(l) pf(f, df1, df2, l) - p, c(0, high), tol = 1e-13)$root
  }
  lambda <- c(at((1 + level) / 2), at((1 - level) / 2))
  bounds(lambda / (lambda + n))
}

kruskal <- function(id, r, samples, ...) {
  d <- long(samples)
  t <- kruskal.test(v ~ g, d)
  h <- t$statistic[[1]]; n <- nrow(d); k <- length(samples)
  ranks <- aov(rank(v) ~ g, d)
  case(id, list(kind = "test", test = "kruskal_wallis", samples = groups_of(samples)), r,
    list(kruskal_wallis = list(statistic = h, p_value = t$p.value, df = t$parameter[[1]]),
         epsilon_squared = list(estimate = rank_epsilon_squared(v ~ g, data = d, ci = NULL)[[1]],
                                conf_int = share(summary(ranks)[[1]][1, 4], k - 1, n - k, n))), ..., relative = 1e-8)
}
kruskal("kw-ties", "kruskal.test(v ~ g); effectsize::rank_epsilon_squared; pf(f, ncp) of aov(rank(v) ~ g)",
  list(a = c(1, 2, 2, 3, 5), b = c(2, 4, 4, 6), c = c(5, 6, 6, 7, 8, 8)), note = "limits are lambda / (lambda + N)")
kruskal("kw-two-groups", "kruskal.test(v ~ g): two groups, no ties", list(x = short_x, y = short_y))
kruskal("kw-one-value-a-group", "kruskal.test(v ~ g): groups of one value beside one of four",
  list(a = 4, b = 9, c = c(1, 2, 3, 7), d = 5))
kruskal("kw-nothing", "kruskal.test(v ~ g): so little lies between that both limits are zero",
  list(a = c(1, 4, 5, 8, 9, 12), b = c(2, 3, 6, 7, 10, 11)))

friedman <- function(id, r, columns, ...) {
  m <- do.call(cbind, columns)
  t <- friedman.test(m)
  n <- nrow(m); k <- ncol(m)
  w <- suppressWarnings(kendalls_w(m, blocks_on_rows = TRUE, ci = NULL))[[1]]
  d1 <- k - 1 - 2 / n; d2 <- (n - 1) * d1
  case(id, list(kind = "friedman", measurements = groups_of(columns)), r,
    list(statistic = t$statistic[[1]], p_value = t$p.value, df = t$parameter[[1]], kendalls_w = w,
         kendalls_w_conf_int = share((n - 1) * w / (1 - w), d1, d2, d2)), ..., relative = 1e-8)
}
# Times to round first base, Hollander & Wolfe (1973), p. 140: the example of ?friedman.test.
rounding <- matrix(c(5.40, 5.50, 5.55, 5.85, 5.70, 5.75, 5.20, 5.60, 5.50, 5.55, 5.50, 5.40, 5.90, 5.85, 5.70,
  5.45, 5.55, 5.60, 5.40, 5.40, 5.35, 5.45, 5.50, 5.35, 5.25, 5.15, 5.00, 5.85, 5.80, 5.70, 5.25, 5.20, 5.10,
  5.65, 5.55, 5.45, 5.60, 5.35, 5.45, 5.05, 5.00, 4.95, 5.50, 5.50, 5.40, 5.45, 5.55, 5.50, 5.55, 5.55, 5.35,
  5.45, 5.50, 5.55, 5.50, 5.45, 5.25, 5.65, 5.60, 5.40, 5.70, 5.65, 5.55, 6.30, 6.30, 6.25), ncol = 3, byrow = TRUE)
friedman("friedman-ties", "friedman.test(m); effectsize::kendalls_w; pf(f, ncp)",
  list(round_out = rounding[, 1], narrow = rounding[, 2], wide = rounding[, 3]),
  note = "Hollander & Wolfe (1973), p. 140; limits are lambda / (lambda + d2)")
friedman("friedman-two", "friedman.test(m): two measurements, blocks of two equal values count",
  list(a = c(3, 5, 2, 6, 7, 4, 4), b = c(4, 5, 3, 5, 9, 6, 4)))
friedman("friedman-no-ties", "friedman.test(m): four measurements of three blocks",
  list(a = c(1, 2, 1), b = c(2, 1, 4), c = c(3, 4, 2), d = c(4, 3, 3)))

one_way <- function(id, r, samples, variance, ...) {
  t <- oneway.test(v ~ g, long(samples), var.equal = variance == "equal")
  case(id, list(kind = "test", test = "one_way", samples = groups_of(samples), variance = variance), r,
    list(statistic = t$statistic[[1]], p_value = t$p.value, df = unname(t$parameter)), ...)
}
unequal <- list(a = c(3.1, 2.8, 4.4), b = c(10, 2.5, 7.7, 5.9, 0.4, 12.8), c = c(4.4, 5.1), d = c(8.2, 8.9, 7.5, 9.3))
one_way("one-way-welch", "oneway.test(v ~ g): groups of 3, 6, 2 and 4 whose variances differ a hundredfold", unequal, "unequal")
one_way("one-way-equal", "oneway.test(v ~ g, var.equal = TRUE)", unequal, "equal")
# oneway.test refuses groups of one value, which anova takes.
lonely <- list(a = 2, b = 5, c = c(3, 4.5, 6))
table <- anova(lm(v ~ g, long(lonely)))
case("one-way-one-value", list(kind = "test", test = "one_way", samples = groups_of(lonely), variance = "equal"),
  "anova(lm(v ~ g)): two groups of one value", list(statistic = table[1, 4], p_value = table[1, 5], df = table[, 1]))
one_way("one-way-tail", "oneway.test(v ~ g): compared relatively",
  list(a = c(1, 1.1, 0.9, 1.05, 0.97), b = c(5, 5.2, 4.9, 5.1, 5.05), c = c(9, 9.1, 8.95, 9.05, 8.9)), "unequal", absolute = 0)
one_way("one-way-far-from-zero", "oneway.test(v ~ g, var.equal = TRUE): values near 1e9",
  list(a = 1e9 + c(0.25, 1.5, 2), b = 1e9 + c(3, 4.5, 2.25, 5), c = 1e9 + c(0, 0.5)), "equal")

levene <- function(id, r, samples, centre, ...) {
  d <- long(samples)
  t <- leveneTest(v ~ g, d, center = if (centre == "mean") mean else median)
  case(id, list(kind = "test", test = "levene", samples = groups_of(samples), centre = centre), r,
    list(statistic = t[1, 2], p_value = t[1, 3], df = as.numeric(t[, 1])), ...)
}
levene("levene-mean", "car::leveneTest(v ~ g, center = mean)", unequal, "mean")
levene("levene-median", "car::leveneTest(v ~ g, center = median): even groups, and one of two", unequal, "median")
levene("levene-one-value", "car::leveneTest(v ~ g, center = mean): a group of one value has no distance", list(a = 4, b = c(1, 5, 9), c = c(2, 3, 5, 7)), "mean")

# ---- Effect sizes ------------------------------------------------------------------------------
# Brunner and Munzel (2000) by the formulas of the paper, in which ranks stand instead of placements.
brunner_munzel <- function(x, y, level = 0.95) {
  m <- length(x); n <- length(y); r <- rank(c(x, y))
  rx <- r[1:m]; ry <- r[-(1:m)]
  s2 <- function(all, own) sum((all - own - mean(all) + (length(own) + 1) / 2)^2) / (length(own) - 1)
  sx <- s2(rx, rank(x)); sy <- s2(ry, rank(y))
  theta <- (mean(rx) - (m + 1) / 2) / n
  se <- sqrt(m * sx + n * sy) / (m * n)
  df <- (m * sx + n * sy)^2 / ((m * sx)^2 / (m - 1) + (n * sy)^2 / (n - 1))
  t <- (theta - 0.5) / se
  list(theta = theta, se = se, df = df, t = t, p = 2 * pt(-abs(t), df), q = qt((1 + level) / 2, df))
}
superiority <- function(id, r, x, y, ends, options = list(), ...) {
  b <- brunner_munzel(x, y, level(options))
  ends <- ends(b, length(x), length(y))
  case(id, c(list(kind = "superiority", samples = list(x = I(x), y = I(y))), options), r,
    list(statistic = b$t, df = b$df, p_value = b$p, std_error = b$se,
         probability = list(estimate = b$theta, conf_int = bounds(ends)),
         cliffs_delta = list(estimate = 2 * b$theta - 1, conf_int = bounds(2 * ends - 1))), ...)
}
# Pain scores of Hollander & Wolfe (1973): the example of Brunner & Munzel (2000), t = 3.1375, df = 17.683, p = 0.005786.
pain_y <- c(1, 2, 1, 1, 1, 1, 1, 1, 1, 1, 2, 4, 1, 1)
pain_n <- c(3, 3, 4, 3, 1, 2, 3, 1, 1, 5, 4)
stopifnot(abs(brunner_munzel(pain_n, pain_y)$t - 3.1375) < 5e-5, abs(brunner_munzel(pain_n, pain_y)$df - 17.683) < 5e-4)
plain <- function(b, m, n) pmin(pmax(b$theta + c(-1, 1) * b$q * b$se, 0), 1)
superiority("superiority-plain", "the formulas of Brunner & Munzel (2000)", pain_n, pain_y, plain,
  note = "Hollander & Wolfe (1973); published t = 3.1375, df = 17.683, p = 0.005786")
superiority("superiority-cut-off", "the formulas of Brunner & Munzel (2000): the upper limit is cut off at 1", short_x, short_y, plain)
superiority("superiority-logit", "the same error on the logit scale", short_x, short_y,
  function(b, m, n) plogis(qlogis(b$theta) + c(-1, 1) * b$q * b$se / (b$theta * (1 - b$theta))), list(interval = "logit"))
newcombe <- function(b, m, n) {
  v <- function(t) t * (1 - t) * (1 + ((m + n) / 2 - 1) * ((1 - t) / (2 - t) + t / (1 + t))) / (m * n)
  g <- function(t) (b$theta - t)^2 - qnorm(0.975)^2 * v(t)
  c(uniroot(g, c(1e-9, b$theta), tol = 1e-14)$root, uniroot(g, c(b$theta, 1 - 1e-9), tol = 1e-14)$root)
}
superiority("superiority-newcombe", "uniroot of (theta - t)^2 = z^2 V(t), Newcombe (2006), method 5", pain_n, pain_y, newcombe, list(interval = "newcombe"))
fisher <- function(x, y) function(b, m, n) {
  e <- cliffs_delta(x, y)
  stopifnot(abs(e[[1]] - (2 * b$theta - 1)) < 1e-12)
  (c(e$CI_low, e$CI_high) + 1) / 2
}
superiority("superiority-fisher", "effectsize::cliffs_delta(x, y)", pain_n, pain_y, fisher(pain_n, pain_y), list(interval = "fisher_z"))

paired_biserial <- function(id, r, after, before, options = list(), ...) {
  e <- rank_biserial(after, before, paired = TRUE)
  ends <- c(e$CI_low, e$CI_high)
  if (is.null(options$interval)) {
    d <- after - before
    nonzero <- d[d != 0]
    of_pairs <- function(d) { s <- sign(outer(d, d, "+")); sum(s[!lower.tri(s)]) / sum(!lower.tri(s)) }
    n <- length(nonzero); value <- of_pairs(nonzero)
    without <- sapply(seq_len(n), function(i) of_pairs(nonzero[-i]))
    se <- sqrt((n - 1) / n * sum((without - mean(without))^2))
    ends <- tanh(atanh(value) + c(-1, 1) * qt(0.975, n - 1) * se / (1 - value^2))
  }
  case(id, c(list(kind = "rank_biserial", after = I(after), before = I(before)), options), r,
    list(rank_biserial = list(estimate = e[[1]], conf_int = bounds(ends))), ...)
}
before <- c(4, 9, 3, 7, 6, 5, 8, 6, 2, 7, 5, 9, 4, 6)
paired_biserial("biserial-jackknife", "effectsize::rank_biserial(after, before, paired = TRUE); the jackknife by its definition", before + with_zeros, before)
paired_biserial("biserial-fisher", "effectsize::rank_biserial(after, before, paired = TRUE)", 10 + changes, rep(10, length(changes)), list(interval = "fisher_z"))
paired_biserial("biserial-fisher-zeros", "effectsize::rank_biserial(after, before, paired = TRUE): three of fourteen differences are zero", before + with_zeros, before, list(interval = "fisher_z"))
of_no_effect <- function(n) sqrt((2 * n^3 + 3 * n^2 + n) / 6) / ((n^2 + n) / 2)
r <- rank_biserial(before + with_zeros, before, paired = TRUE)[[1]]
cat("biserial-fisher-zeros with n = 11:", format(tanh(atanh(r) + c(-1, 1) * qnorm(0.975) * of_no_effect(11)), digits = 15), "\n")
cat("the same with after - before and 0:", format(unlist(rank_biserial(with_zeros, 0 * with_zeros, paired = TRUE)[c("CI_low", "CI_high")]), digits = 15), "\n")

explained <- function(id, r, samples, options = list(), ...) {
  d <- long(samples)
  m <- aov(v ~ g, d)
  s <- summary(m)[[1]]
  f <- s[1, 4]; k <- length(samples); n <- nrow(d)
  of_r <- function(measure, name) {
    e <- suppressMessages(measure(m, alternative = "two.sided"))
    ends <- if (is.null(options$interval)) share(f, k - 1, n - k, n) else bounds(c(e$CI_low, e$CI_high))
    list(estimate = e[[name]], conf_int = ends)
  }
  case(id, c(list(kind = "variance_explained", samples = groups_of(samples)), options), r,
    list(eta_squared = of_r(eta_squared, "Eta2"), omega_squared = of_r(omega_squared, "Omega2"),
         epsilon_squared = of_r(epsilon_squared, "Epsilon2")), relative = 1e-7, ...)
}
explained("explained-population", "effectsize::eta_squared(aov(v ~ g)), omega_squared, epsilon_squared; pf(f, ncp)", unequal,
  note = "limits are lambda / (lambda + N), the same for all three")
explained("explained-estimate", "effectsize::eta_squared(aov(v ~ g), alternative = 'two.sided'), omega_squared, epsilon_squared", unequal,
  list(interval = "estimate"))
explained("explained-much", "effectsize::eta_squared(aov(v ~ g)), omega_squared, epsilon_squared; pf(f, ncp): both limits are above zero",
  list(a = c(3, 4, 6, 5), b = c(7, 9, 8, 6, 7), c = c(2, 3, 3)))
none <- list(a = c(1, 2, 3, 4), b = c(1.2, 2.4, 3.1, 3.9), c = c(0.9, 2.2, 2.8, 4.4))
explained("explained-nothing", "effectsize::eta_squared(aov(v ~ g)), omega_squared, epsilon_squared: F is below one",
  none)
s <- summary(aov(v ~ g, long(none)))[[1]]
cat("explained-nothing: omega2 and epsilon2 =", format((s[1, 2] - 2 * s[2, 3]) / (sum(s[, 2]) + c(s[2, 3], 0)), digits = 15), "\n")
