# The group `reliability`: α, ω, intraclass correlations, κ, Fleiss's κ, Krippendorff's α.
#
# Run in the folder `reference`: Rscript scripts/reliability.R
# R 4.2.2 with psych 2.2.9 (with GPArotation), lavaan 0.6.14, vcd 1.4.11 (Debian 12).
source("scripts/corpus.R")
suppressPackageStartupMessages({
  library(psych)
  library(lavaan)
  library(vcd)
})

# One item of six turned the wrong way, and one that all but repeats another; simulated.
set.seed(20261122)
n <- 60
common <- rnorm(n)
score <- function(loading, noise = 1) pmin(5, pmax(1, round(3 + loading * common + rnorm(n, sd = noise))))
scale6 <- data.frame(i1 = score(1), i2 = score(0.8), i3 = score(1.2, 0.6), i4 = score(-0.7), i5 = score(0.3, 1.4), i6 = score(0.9))
write_data(scale6, "scale-six")

alpha_case <- function(id, r, data, columns = NULL, level = 0.95, ...) {
  d <- read_data(data); if (!is.null(columns)) d <- d[columns]
  a <- suppressWarnings(suppressMessages(psych::alpha(d, check.keys = FALSE)))
  limits <- psych::alpha.ci(a$total$raw_alpha, nrow(d), ncol(d), p.val = 1 - level)
  k <- ncol(d); n <- nrow(d)
  total <- rowSums(d)
  expected <- list(alpha_raw = a$total$raw_alpha, conf_int = I(c(limits$lower.ci, limits$upper.ci)),
    p_value = pf(1 / (1 - a$total$raw_alpha), n - 1, (n - 1) * (k - 1), lower.tail = FALSE),
    alpha_standardized = a$total$std.alpha, average_r = a$total$average_r, sem = sd(total) * sqrt(1 - a$total$raw_alpha),
    item_mean = I(a$item.stats$mean), item_sd = I(a$item.stats$sd),
    rest_correlation = I(sapply(1:k, function(i) cor(d[[i]], rowSums(d[-i])))),
    alpha_if_dropped = I(if (k > 2) a$alpha.drop$raw_alpha else c(NA, NA)))
  near <- sapply(1:k, function(i) abs(a$item.stats$r.drop[i] - expected$rest_correlation[i])); stopifnot(all(near < 1e-12))
  model <- c(list(kind = "alpha", level = level), if (!is.null(columns)) list(columns = I(columns)))
  write_case(paste0("reliability/", id), model, r, expected, data, relative = 1e-10, ...)
}
alpha_case("alpha-wrong-way", "psych::alpha, alpha.ci: an item turned the wrong way", "scale-six")
alpha_case("alpha-two-items", "psych::alpha of two items, 90 %", "scale-six", c("i1", "i3"), level = 0.9)
alpha_case("alpha-below-zero", "psych::alpha of two items against each other", "scale-six", c("i1", "i4"))

# ω by MinRes: the minimum of Σ(r_ij − λ_i λ_j)² by nlm to the last digits; psych stops earlier.
omega_minres <- function(id, r, data, columns) {
  d <- read_data(data)[columns]
  R <- cor(d); k <- ncol(d)
  f <- function(l) { e <- R - tcrossprod(l); sum(e[upper.tri(e)]^2) }
  g <- function(l) { e <- R - tcrossprod(l); diag(e) <- 0; -2 * drop(e %*% l) }
  best <- optim(rep(0.5, k), f, g, method = "BFGS", control = list(reltol = 1e-20, maxit = 5000))
  l <- best$par * sign(sum(best$par))
  # Newton's last steps.
  for (i in 1:5) { H <- 4 * tcrossprod(l) - 2 * R; diag(H) <- 2 * (sum(l^2) - l^2); l <- l - solve(H, g(l)) }
  stopifnot(max(abs(g(l))) < 1e-13)
  by_psych <- suppressWarnings(suppressMessages(psych::omega(d, nfactors = 1, plot = FALSE, flip = FALSE)))
  w <- 1 - sum(1 - l^2) / sum(R)
  stopifnot(abs(by_psych$omega.tot - w) < 1e-4)
  write_case(paste0("reliability/", id), list(kind = "omega", extraction = "min_res", columns = I(columns)), r,
    list(omega = w, loadings = I(l), uniquenesses = I(1 - l^2)), data, relative = 1e-9)
}
omega_minres("omega-minres", "psych::omega(nfactors = 1)$omega.tot, its minimum found to the last digits in scripts/reliability.R", "scale-six", c("i1", "i2", "i3", "i5", "i6"))

# ω by likelihood: lavaan's loadings and errors.
omega_ml <- function(id, r, data, columns, level = 0.95) {
  d <- read_data(data)[columns]; k <- length(columns)
  model <- paste0("f =~ NA*", columns[1], " + ", paste(columns[-1], collapse = " + "), "; f ~~ 1*f")
  labels <- paste0("f =~ ", paste0("l", 1:k, "*", columns, collapse = " + "))
  spec <- paste0(labels, "\n", paste0(columns, " ~~ u", 1:k, "*", columns, collapse = "\n"), "\n",
    "w := (", paste0("l", 1:k, collapse = "+"), ")^2 / ((", paste0("l", 1:k, collapse = "+"), ")^2 + ", paste0("u", 1:k, collapse = "+"), ")")
  fit <- cfa(spec, d, std.lv = TRUE, control = list(rel.tol = 1e-10))
  e <- parameterEstimates(fit); w <- e[e$label == "w", ]
  logit <- qlogis(w$est) + c(-1, 1) * qnorm((1 + level) / 2) * w$se / (w$est * (1 - w$est))
  # lavaan divides by n, as likelihood has it; covariances divided by n − 1 have larger loadings and the same ω.
  scale <- nrow(d) / (nrow(d) - 1)
  m <- fitMeasures(fit, c("chisq", "df", "pvalue"))
  expected <- list(omega = w$est, std_error = w$se, conf_int = I(plogis(logit)),
    loadings = I(e$est[e$op == "=~"] * sqrt(scale)), uniquenesses = I(e$est[substr(e$label, 1, 1) == "u"] * scale))
  if (m[["df"]] > 0) expected <- c(expected, list(chi_squared = m[["chisq"]], df = m[["df"]], p_value = m[["pvalue"]]))
  write_case(paste0("reliability/", id), list(kind = "omega", extraction = "maximum_likelihood", columns = I(columns), level = level), r, expected, data, relative = 1e-5,
    note = "the interval is that of the logit, by the delta method from lavaan's error")
}
omega_ml("omega-likelihood", "lavaan::cfa, one factor, w := (Σλ)² / ((Σλ)² + Σψ)", "scale-six", c("i1", "i2", "i3", "i5", "i6"))
omega_ml("omega-three-items", "the same of three items, which fit exactly; 90 %", "scale-six", c("i1", "i2", "i6"), 0.9)
omega_ml("omega-wrong-way", "the same with an item turned the wrong way", "scale-six", c("i1", "i2", "i3", "i4"))

icc_case <- function(id, r, ratings, level = 0.95, ...) {
  f <- psych::ICC(ratings, lmer = FALSE, alpha = 1 - level)
  o <- f$results
  each <- lapply(1:6, function(i) list(type = o$type[i], icc = o$ICC[i], f = o$F[i], df = I(c(o$df1[i], o$df2[i])), p = o$p[i], lower = o$`lower bound`[i], upper = o$`upper bound`[i]))
  write_case(paste0("reliability/", id), list(kind = "icc", ratings = rows_of(as.matrix(ratings)), level = level), r, list(icc = each), relative = 1e-9, ...)
}
icc_case("icc-shrout-fleiss", "psych::ICC(lmer = FALSE): Shrout & Fleiss (1979), table 2",
  rbind(c(9, 2, 5, 8), c(6, 1, 3, 2), c(8, 4, 6, 8), c(7, 1, 2, 6), c(10, 5, 6, 9), c(6, 2, 4, 7)))
icc_case("icc-two-raters-level", "psych::ICC(lmer = FALSE), two raters, one of them far higher, 80 %",
  cbind(c(1, 4, 3, 5, 2, 6, 4), c(9, 13, 11, 13, 11, 14, 13)), level = 0.8)

# ---- κ ----
kappa_case <- function(id, r, table, weights) {
  n <- sum(table); q <- nrow(table)
  k <- vcd::Kappa(table, weights = if (weights == "quadratic") "Fleiss-Cohen" else "Equal-Spacing")
  part <- if (weights == "unweighted") k$Unweighted else k$Weighted
  value <- part[["value"]]
  # psych's weights are quadratic, its errors those of Fleiss, Cohen and Everitt.
  w <- switch(weights, unweighted = diag(q), linear = 1 - abs(outer(1:q, 1:q, "-")) / (q - 1), quadratic = 1 - outer(1:q, 1:q, "-")^2 / (q - 1)^2)
  p <- table / n; a <- rowSums(p); b <- colSums(p)
  pe <- sum(w * outer(a, b))
  bars <- outer(drop(w %*% b), drop(t(w) %*% a), "+")
  se <- sqrt((sum(p * (w - bars * (1 - value))^2) - (value - pe * (1 - value))^2) / n) / (1 - pe)
  null <- sqrt((sum(outer(a, b) * (w - bars)^2) - pe^2) / n) / (1 - pe)
  # vcd's error is the same. psych's of weighted κ is not (0.0460 where the formula, vcd and, nearly, the
  # jackknife of scripts/reliability.R give 0.0516 for `four` with quadratic weights).
  by_psych <- psych::cohen.kappa(table)
  stopifnot(abs(part[["ASE"]] - se) < 1e-12)
  if (weights != "linear") stopifnot(abs(c(by_psych$kappa, by_psych$weighted.kappa)[1 + (weights == "quadratic")] - value) < 1e-12)
  f <- function(t) { p <- t / sum(t); pe <- sum(w * outer(rowSums(p), colSums(p))); (sum(w * p) - pe) / (1 - pe) }
  cells <- which(table > 0, arr.ind = TRUE); m <- table[cells]
  without <- apply(cells, 1, function(c) { u <- table; u[c[1], c[2]] <- u[c[1], c[2]] - 1; f(u) })
  stopifnot(abs(sqrt((n - 1) / n * sum(m * (without - sum(m * without) / n)^2)) / se - 1) < 0.1)
  expected <- list(agreement = sum(diag(p)), agreement_conf_int = I(as.numeric(prop.test(sum(diag(table)), n, correct = FALSE)$conf.int)),
    estimate = value, std_error = se, conf_int = I(pmax(-1, pmin(1, value + c(-1, 1) * qnorm(0.975) * se))), p_value = 2 * pnorm(-abs(value / null)))
  write_case(paste0("reliability/", id), list(kind = "cohens_kappa", table = table, weights = weights), r, expected, relative = 1e-9)
}
four <- rbind(c(22, 3, 0, 1), c(5, 14, 4, 0), c(1, 6, 17, 3), c(0, 0, 2, 12))
kappa_case("kappa-linear", "vcd::Kappa(weights = 'Equal-Spacing'); errors by the formula of Fleiss, Cohen and Everitt", four, "linear")
kappa_case("kappa-quadratic", "vcd::Kappa(weights = 'Fleiss-Cohen'), psych::cohen.kappa's value", four, "quadratic")
kappa_case("kappa-empty-category", "vcd::Kappa, psych::cohen.kappa: a category that nobody used, a rater who never used another",
  rbind(c(7, 2, 0, 1), c(4, 9, 0, 2), c(0, 0, 0, 0), c(0, 0, 0, 0)), "unweighted")
kappa_case("kappa-below-zero", "vcd::Kappa, psych::cohen.kappa: raters who disagree", rbind(c(1, 9), c(12, 2)), "unweighted")

# Fleiss's κ over pairs of ratings, its error by Gwet's linearisation, its test by Fleiss, Nee and Landis.
fleiss_case <- function(id, r, counts) {
  n <- nrow(counts); m <- sum(counts[1, ])
  ratings <- t(apply(counts, 1, function(x) rep(seq_along(x), x)))
  pairs <- combn(m, 2)
  p <- apply(ratings, 1, function(v) mean(v[pairs[1, ]] == v[pairs[2, ]]))
  share <- colMeans(counts) / m
  pe <- sum(share^2); k <- (mean(p) - pe) / (1 - pe)
  star <- (p - pe) / (1 - pe) - 2 * (1 - k) * (drop(counts %*% share) / m - pe) / (1 - pe)
  se <- sqrt(sum((star - k)^2) / n / (n - 1))
  left <- share * (1 - share)
  null <- sqrt(2 * (sum(left)^2 - sum(left * (1 - 2 * share))) / (sum(left)^2 * n * m * (m - 1)))
  # The linearised error is the jackknife's but for terms of a higher order.
  jack <- sapply(1:n, function(i) { s <- colMeans(counts[-i, ]) / m; (mean(p[-i]) - sum(s^2)) / (1 - sum(s^2)) })
  stopifnot(abs(sqrt((n - 1) / n * sum((jack - mean(jack))^2)) / se - 1) < 0.1)
  write_case(paste0("reliability/", id), list(kind = "fleiss_kappa", counts = counts), r, list(estimate = k, std_error = se,
    conf_int = I(pmax(-1, pmin(1, k + c(-1, 1) * qt(0.975, n - 1) * se))), p_value = 2 * pnorm(-abs(k / null))), relative = 1e-9)
}
draws <- t(sapply(1:24, function(i) drop(rmultinom(1, 6, c(0.2, 0.3, 0.1, 0.4)^(1 + 2 * runif(4))))))
fleiss_case("fleiss", "Fleiss (1971) over all pairs of ratings, Gwet's (2008) error, the test of Fleiss, Nee and Landis (1979), written out in scripts/reliability.R", draws)
fleiss_case("fleiss-two-raters", "the same of two raters, one category rare", rbind(c(2, 0, 0), c(0, 2, 0), c(1, 1, 0), c(2, 0, 0), c(0, 1, 1), c(0, 2, 0), c(1, 1, 0)))

# Krippendorff's α by the matrix of coincidences, with the jackknife over units.
krippendorff <- function(units, level) {
  units <- Filter(function(u) length(u) > 1, units)
  v <- sort(unique(unlist(units)))
  if (length(v) < 2) return(NA)
  o <- matrix(0, length(v), length(v))
  for (u in units) for (i in seq_along(u)) for (j in seq_along(u)) if (i != j) {
    a <- match(u[i], v); b <- match(u[j], v); o[a, b] <- o[a, b] + 1 / (length(u) - 1)
  }
  m <- rowSums(o)
  delta <- outer(seq_along(v), seq_along(v), Vectorize(function(c, k) switch(level,
    nominal = as.numeric(c != k), interval = (v[c] - v[k])^2, ratio = if (c == k) 0 else ((v[c] - v[k]) / (v[c] + v[k]))^2,
    ordinal = (sum(m[min(c, k):max(c, k)]) - (m[c] + m[k]) / 2)^2)))
  1 - (sum(m) - 1) * sum(o * delta) / sum(outer(m, m) * delta)
}
krippendorff_case <- function(id, r, ratings, level) {
  units <- lapply(seq_len(nrow(ratings)), function(i) ratings[i, !is.na(ratings[i, ])])
  units <- Filter(function(u) length(u) > 1, units)
  n <- length(units)
  a <- krippendorff(units, level)
  jack <- sapply(1:n, function(i) krippendorff(units[-i], level))
  se <- sqrt((n - 1) / n * sum((jack - mean(jack))^2))
  write_case(paste0("reliability/", id), list(kind = "krippendorff", ratings = ratings, measurement = level), r,
    list(estimate = a, std_error = se, conf_int = I(pmax(-1, pmin(1, a + c(-1, 1) * qt(0.975, n - 1) * se))), units = n, omitted = nrow(ratings) - n), relative = 1e-9)
}
observers <- rbind(c(1, 2, 3, 3, 2, 1, 4, 1, 2, NA, NA, NA), c(1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NA, 3), c(NA, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NA), c(1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NA))
printed <- c(nominal = 0.743, ordinal = 0.815, interval = 0.849, ratio = 0.797)
for (level in names(printed)) {
  stopifnot(abs(krippendorff(apply(observers, 2, function(u) u[!is.na(u)], simplify = FALSE), level) - printed[[level]]) < 6e-4)
  krippendorff_case(paste0("krippendorff-", level), "Krippendorff (2011), example C, by its matrix of coincidences; jackknife over units", t(observers), level)
}
krippendorff_case("krippendorff-zeros", "the same by hand-written ratings with zeros, fractions and a lonely rater; ratio", 
  rbind(c(0, 0, NA), c(0, 1.5, 1), c(2, 2.5, NA), c(NA, NA, 7), c(3, 3, 3), c(10, 8, 12), c(0, 0.5, 0)), "ratio")
