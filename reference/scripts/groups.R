# The groups `balance`, `bounds` and `funnel`: how alike groups are, what a difference can be when
# outcomes are missing, and which shares chance gives. By the formulas of the papers, with R's own
# var, solve, MASS::ginv and pbinom; R 4.2.2, MASS 7.3.58.2. Debian has neither tableone nor a package
# of Lee's bounds.
source("scripts/corpus.R")

# Yang & Dalton (2012): C' S^-1 C with the covariance matrices of all levels but the first.
mahalanobis_levels <- function(one, two, denominator) {
  keep <- one + two > 0
  p1 <- (one / sum(one))[keep][-1]; p2 <- (two / sum(two))[keep][-1]
  covariance <- function(p) diag(p, length(p)) - outer(p, p)
  S <- switch(denominator, pooled = (covariance(p1) + covariance(p2)) / 2,
              reference = covariance(p1), treated = covariance(p2))
  C <- p2 - p1
  sqrt(drop(t(C) %*% solve(S, C)))
}

with_interval <- function(d, n1, n2, level = 0.95, lowest = -Inf) {
  se <- sqrt((n1 + n2) / (n1 * n2) + d^2 / (2 * (n1 + n2)))
  z <- qnorm(1 - (1 - level) / 2)
  list(value = d, std_error = se, interval = I(c(max(d - z * se, lowest), d + z * se)))
}

numbers_case <- function(id, r, data, value, group, levels, denominator = "pooled", ...) {
  d <- read_data(data, setNames(list(levels), group))
  x <- na.omit(d[[value]][which(d[[group]] == levels[1])]); y <- na.omit(d[[value]][which(d[[group]] == levels[2])])
  s <- switch(denominator, pooled = sqrt((var(x) + var(y)) / 2), reference = sd(x), treated = sd(y))
  write_case(paste0("balance/", id), list(kind = "balance", variable = value, group = group, denominator = denominator),
    r, with_interval((mean(y) - mean(x)) / s, length(x), length(y)), data, setNames(list(levels), group), ...)
}

counts_case <- function(id, r, one, two, denominator = "pooled", expected = NULL, ...) {
  if (is.null(expected)) {
    d <- mahalanobis_levels(one, two, denominator)
    if (length(one) == 2) d <- d * sign(two[2] / sum(two) - one[2] / sum(one))
    expected <- with_interval(d, sum(one), sum(two), lowest = if (length(one) > 2) 0 else -Inf)
  }
  write_case(paste0("balance/", id), list(kind = "balance", counts = rbind(one, two, deparse.level = 0), denominator = denominator),
    r, expected, ...)
}

arms <- c("EKC", "WT")
numbers_case("numbers-pooled", "(mean(y) - mean(x)) / sqrt((var(x) + var(y)) / 2): 7 and 33, two values missing",
  "two-arms", "score", "arm", arms)
numbers_case("numbers-reference", "(mean(y) - mean(x)) / sd(x): the small group far wider",
  "two-arms", "score", "arm", arms, "reference")
numbers_case("numbers-treated", "(mean(y) - mean(x)) / sd(y)", "two-arms", "score", "arm", arms, "treated")
numbers_case("numbers-far-from-zero", "values near 1e9 that differ by a few units", "far-groups", "far", "arm", arms)
counts_case("two-levels", "(p2 - p1) / sqrt((p1 (1 - p1) + p2 (1 - p2)) / 2)", c(45, 10), c(45, 15))
counts_case("four-levels", "sqrt(t(C) %*% solve(S) %*% C), three levels besides the first", c(12, 3, 9, 1), c(7, 8, 2, 4))
counts_case("four-levels-treated", "the same with the second group's S", c(12, 3, 9, 1), c(7, 8, 2, 4), "treated")
counts_case("one-sided-level", "a level that only one group has: finite with both groups' variances", c(10, 5, 0), c(4, 4, 6))
counts_case("level-nobody-has", "a level that nobody has is left out before solve", c(10, 0, 5, 7), c(4, 0, 9, 6))
counts_case("equal-shares", "no difference: the interval is cut at zero", c(4, 6, 10), c(8, 12, 20))
counts_case("disjoint-levels", "no level in common: S is singular in the direction of C, so the distance has no end",
  c(6, 4, 0), c(0, 0, 9), expected = list(value = "infinite", std_error = NA, interval = NA))

# What they differ by is certified once more by the generalised inverse of all levels.
local({
  one <- c(12, 3, 9, 1); two <- c(7, 8, 2, 4)
  p1 <- one / sum(one); p2 <- two / sum(two)
  S <- (diag(p1) - outer(p1, p1) + diag(p2) - outer(p2, p2)) / 2
  d <- sqrt(drop(t(p2 - p1) %*% MASS::ginv(S) %*% (p2 - p1)))
  stopifnot(all.equal(d, mahalanobis_levels(one, two, "pooled"), tolerance = 1e-10))
})

# Imbens & Manski (2004).
covering <- function(low, high, level = 0.95) {
  largest <- max(low$se, high$se)
  f <- function(c) pnorm(c + (high$value - low$value) / largest) - pnorm(-c) - level
  c <- uniroot(f, c(qnorm(level) - 1e-6, qnorm(1 - (1 - level) / 2) + 1e-6), tol = 1e-14)$root
  I(c(low$value - c * low$se, high$value + c * high$se))
}
bounds_of <- function(low, high, known, level) {
  list(low = low$value, high = high$value, se_low = low$se, se_high = high$se,
       interval = covering(low, high, level), known = known)
}
mean_of <- function(y) list(value = mean(y), var = var(y) / length(y))
less <- function(a, b) list(value = a$value - b$value, se = sqrt(a$var + b$var))

worst <- function(x, y, m_x, m_y, a, b, level) {
  fill <- function(values, m, with) mean_of(c(values, rep(with, m)))
  bounds_of(less(fill(x, m_x, a), fill(y, m_y, b)), less(fill(x, m_x, b), fill(y, m_y, a)), mean(x) - mean(y), level)
}

# Lee (2009), proposition 3; a cut within one outcome keeps a fraction of it.
lee <- function(x, y, m_x, m_y, level) {
  n_x <- length(x) + m_x; n_y <- length(y) + m_y
  r_x <- length(x) / n_x; r_y <- length(y) / n_y
  swap <- r_x < r_y
  more <- if (swap) y else x; fewer <- if (swap) x else y
  k <- min(r_x, r_y) / max(r_x, r_y)
  n <- length(more)
  vk <- k^2 * ((1 - r_x) / (n_x * r_x) + (1 - r_y) / (n_y * r_y))
  part <- function(sorted) {
    if (k == 1) return(mean_of(sorted))
    w <- pmin(1, pmax(0, k * n - seq_len(n) + 1))
    mu <- sum(w * sorted) / sum(w)
    v <- sum(w * (sorted - mu)^2) / sum(w)
    cut <- sorted[ceiling(k * n - 1e-9)]
    list(value = mu, var = (v + (cut - mu)^2 * (1 - k)) / (n * k) + ((cut - mu) / k)^2 * vk)
  }
  low <- part(sort(more)); high <- part(sort(more, decreasing = TRUE)); other <- mean_of(fewer)
  if (swap) bounds_of(less(other, high), less(other, low), mean(x) - mean(y), level)
  else bounds_of(less(low, other), less(high, other), mean(x) - mean(y), level)
}

bounds_case <- function(id, r, x, y, missing, scale = NULL, level = 0.95, ...) {
  expected <- if (is.null(scale)) lee(x, y, missing[1], missing[2], level)
              else worst(x, y, missing[1], missing[2], scale[1], scale[2], level)
  assumption <- if (is.null(scale)) "monotone" else list(worst_case = list(lowest = scale[1], highest = scale[2]))
  write_case(paste0("bounds/", id), list(kind = "bounds", x = I(x), y = I(y), missing = I(missing), assumption = assumption, level = level),
    r, expected, ...)
}

set.seed(20261122)
x <- rpois(45, 3); y <- rpois(46, 4)
bounds_case("worst-case", "every missing outcome at either end of 0 to 23: 10 of 55 and 14 of 60", x, y, c(10, 14), c(0, 23))
bounds_case("worst-case-share", "the same of a share, scale 0 to 1, level 0.9", as.numeric(x > 2), as.numeric(y > 2), c(10, 14), c(0, 1), level = 0.9)
bounds_case("worst-case-nobody-missing", "the bounds meet, and the interval is the usual one", x, y, c(0, 0), c(0, 23))
bounds_case("worst-case-constant", "every known outcome the same: the error comes from the missing alone", c(5, 5, 5), c(5, 5, 5, 5), c(1, 2), c(0, 10))
bounds_case("monotone", "the arm with more known outcomes trimmed: ties everywhere", x, y, c(10, 14))
bounds_case("monotone-other-arm", "the second arm keeps more", x, y, c(30, 4), level = 0.8)
bounds_case("monotone-equal-shares", "nothing to trim", x[1:40], y[1:20], c(10, 5))
bounds_case("monotone-two-known", "two known in one arm: a fraction of the last outcome is kept", c(1, 7), c(2.5, 3, 4.25, 9), c(5, 1))

# Exact limits by adding up the probabilities.
funnel_case <- function(id, r, share, sizes, level) {
  tail <- (1 - level) / 2
  limit <- function(n) {
    low <- min(which(pbinom(0:n, n, share) > tail)) - 1
    high <- max(which(pbinom((0:n) - 1, n, share, lower.tail = FALSE) > tail)) - 1
    list(total = n, low = low / n, high = high / n)
  }
  write_case(paste0("funnel/", id), list(kind = "funnel", share = share, level = level), r, list(limits = lapply(sizes, limit)))
}
funnel_case("warning", "pbinom, both tails above 0.025", 0.7, c(1, 2, 3, 5, 10, 20, 50, 100, 1000), 0.95)
funnel_case("alarm", "pbinom, both tails above 0.001", 0.7, c(1, 2, 3, 5, 10, 20, 50, 100, 1000), 0.998)
funnel_case("rare", "a share of one in fifty: no lower limit for small units", 0.02, c(1, 5, 25, 125, 625, 100000), 0.95)
