# The groups `effect-size`, `equivalence` and the ties of `tests/p-adjust`: effects of means.
#
# Run in the folder `reference`: Rscript scripts/means.R
# R 4.2.2 with effectsize 0.8.3, metafor 3.8.1 (Debian 12).
source("scripts/corpus.R")
suppressPackageStartupMessages({
  library(effectsize)
  library(metafor)
})

# effectsize finds noncentralities with a simplex, to some six digits; here they are found to the last.
ncp_limits <- function(t, df, level) {
  tail <- (1 - level) / 2
  root <- function(f) uniroot(f, t + c(-8, 8) * sqrt(1 + t^2 / (2 * df)), tol = 1e-14)$root
  c(root(function(d) pt(t, df, d, lower.tail = FALSE) - tail), root(function(d) pt(t, df, d) - tail))
}
J <- function(df) exp(lgamma(df / 2) - lgamma((df - 1) / 2)) / sqrt(df / 2)
near <- function(a, b, tolerance) stopifnot(all(abs(a - b) <= tolerance * pmax(1, abs(b))))

# What `of` (an object of effectsize) says, with its limits sharpened: √h times those of t.
sharp <- function(of, t, df, root_h, factor, level) {
  limits <- factor * root_h * ncp_limits(t, df, level)
  near(limits, c(of$CI_low, of$CI_high), 2e-4)
  list(estimate = of[[1]], conf_int = I(limits), p_value = 2 * pt(-abs(t), df))
}

two <- function(data, value, group, levels) {
  d <- read_data(data, setNames(list(levels), group))
  lapply(levels, function(l) { v <- d[[value]][which(d[[group]] == l)]; v[!is.na(v)] })
}
group_case <- function(id, r, standardizer, correction, f, level = 0.95, ...) {
  v <- two("two-arms", "score", "arm", c("EKC", "WT")); x <- v[[1]]; y <- v[[2]]
  n <- c(length(x), length(y)); e <- c(var(x), var(y)) / n
  s2 <- switch(standardizer, average = mean(c(var(x), var(y))), first = var(x), second = var(y),
               pooled = ((n[1] - 1) * var(x) + (n[2] - 1) * var(y)) / (sum(n) - 2))
  df <- switch(standardizer, average = sum(e)^2 / sum(e^2 / (n - 1)), first = n[1] - 1, second = n[2] - 1, pooled = sum(n) - 2)
  h <- if (standardizer == "pooled") sum(1 / n) else sum(e) / s2
  t <- (mean(x) - mean(y)) / sqrt(s2 * h)
  factor <- if (correction == "hedges") J(df) else 1
  expected <- sharp(f(x, y), t, df, sqrt(h), factor, level)
  model <- list(kind = "mean_effect", value = "score", group = "arm", standardizer = standardizer, correction = correction,
                limits = "noncentral_t", level = level)
  write_case(paste0("effect-size/", id), model, r, expected, "two-arms", list(arm = c("EKC", "WT")), relative = 1e-8, ...)
}
group_case("d-average", "effectsize::cohens_d(x, y, pooled_sd = FALSE): Welch's degrees of freedom", "average", "none",
  function(x, y) cohens_d(x, y, pooled_sd = FALSE))
group_case("g-average-level", "effectsize::hedges_g(x, y, pooled_sd = FALSE, ci = 0.8)", "average", "hedges",
  function(x, y) hedges_g(x, y, pooled_sd = FALSE, ci = 0.8), level = 0.8)
group_case("glass-first", "−effectsize::glass_delta(y, x): by the SD of the first group, of seven", "first", "none",
  function(x, y) { g <- glass_delta(y, x); data.frame(-g[[1]], CI_low = -g$CI_high, CI_high = -g$CI_low) })

# From printed figures, with the normal interval of metafor::escalc.
figures <- function(n, mean, sd) list(n = n, mean = mean, sd = sd)
normal <- function(e, level = 0.95) {
  z <- qnorm((1 + level) / 2) * sqrt(e$vi)
  list(estimate = as.numeric(e$yi), std_error = sqrt(e$vi), conf_int = I(as.numeric(e$yi) + c(-z, z)),
       p_value = 2 * pnorm(-abs(e$yi) / sqrt(e$vi))[[1]])
}
figures_case <- function(id, r, standardizer, x, y, e, correction = "hedges", level = 0.95, ...) {
  model <- list(kind = "mean_effect", x = x, y = y, standardizer = standardizer, correction = correction, limits = "normal", level = level)
  write_case(paste0("effect-size/", id), model, r, if (is.null(e$estimate)) normal(e, level) else e, ...)
}
x <- figures(3, 5.1, 2.2); y <- figures(3, 4.4, 0.9)
of <- function(measure, x, y) escalc(measure, m1i = x$mean, sd1i = x$sd, n1i = x$n, m2i = y$mean, sd2i = y$sd, n2i = y$n)
figures_case("g-normal-three", "metafor::escalc('SMD'): three in each group", "pooled", x, y, of("SMD", x, y))
x <- figures(55, 6.02, 5.5); y <- figures(60, 4.7, 3.9)
figures_case("g-normal", "metafor::escalc('SMD'), 90 %", "pooled", x, y, of("SMD", x, y), level = 0.9)
figures_case("glass-normal", "metafor::escalc('SMD1H'): by the SD of the second group", "second", x, y, of("SMD1H", x, y))
# escalc corrects Bonett's d with n_x + n_y − 2; without a correction it is his equation 10.
bonett <- with(list(a = x$sd^2, b = y$sd^2, d = (x$mean - y$mean) / sqrt((x$sd^2 + y$sd^2) / 2)), {
  s2 <- (a + b) / 2
  list(yi = d, vi = d^2 * (a^2 / (x$n - 1) + b^2 / (y$n - 1)) / (8 * s2^2) + (a / (x$n - 1) + b / (y$n - 1)) / s2)
})
m <- x$n + y$n - 2
by_metafor <- of("SMDH", x, y)
near(J(m) * bonett$yi, by_metafor$yi, 1e-12)
figures_case("d-average-normal", "Bonett (2008), equation 10; metafor::escalc('SMDH') times 1/J is the same d", "average", x, y, bonett, "none")

# ---- pairs ----
paired_case <- function(id, r, standardizer, correction, limits, f, ...) {
  d <- na.omit(read_data("before-after")[c("before", "after")])
  a <- d$after; b <- d$before; n <- nrow(d); rho <- cor(a, b); df <- n - 1
  sd_c <- sd(a - b)
  k2 <- switch(standardizer, differences = 1, repeated_measures = 2 * (1 - rho), baseline = sd_c^2 / var(b), average = sd_c^2 / mean(c(var(a), var(b))))
  dz <- mean(a - b) / sd_c
  factor <- if (correction == "hedges") J(df) else 1
  expected <- if (limits == "normal") normal(f(a, b, n, rho, dz * sqrt(k2))) else {
    t <- dz * sqrt(n)
    list(estimate = factor * dz * sqrt(k2), conf_int = I(factor * sqrt(k2 / n) * ncp_limits(t, df, 0.95)), p_value = 2 * pt(-abs(t), df))
  }
  if (limits != "normal" && !is.null(f)) near(unlist(expected[1:2]), unlist(f(a, b)[c(1, 3, 4)]), 2e-4)
  model <- list(kind = "paired_effect", before = "before", after = "after", standardizer = standardizer, correction = correction, limits = limits)
  write_case(paste0("effect-size/", id), model, r, expected, "before-after", relative = 1e-8, ...)
}
e <- function(measure, a, b, n, rho) escalc(measure, m1i = mean(a), sd1i = if (measure == "SMCR") sd(b) else sd(a), m2i = mean(b), sd2i = sd(b), ri = rho, ni = n)
paired_case("paired-d-z", "effectsize::cohens_d(after, before, paired = TRUE); a pair with a missing value is no pair", "differences", "none", "noncentral_t",
  function(a, b) as.list(cohens_d(a, b, paired = TRUE)))
paired_case("paired-g-z", "effectsize::hedges_g(after, before, paired = TRUE)", "differences", "hedges", "noncentral_t",
  function(a, b) as.list(hedges_g(a, b, paired = TRUE)))
paired_case("paired-z-normal", "metafor::escalc('SMCC')", "differences", "hedges", "normal", function(a, b, n, rho, d) e("SMCC", a, b, n, rho))
paired_case("paired-baseline-normal", "metafor::escalc('SMCR'), the first measurement as the standard", "baseline", "hedges", "normal",
  function(a, b, n, rho, d) e("SMCR", a, b, n, rho))
paired_case("paired-average", "Algina & Keselman (2003): noncentral limits of t times √(s²_d / (n s²_average))", "average", "none", "noncentral_t", NULL)
paired_case("paired-average-normal", "Bonett (2008), the variance for paired designs", "average", "none", "normal", function(a, b, n, rho, d) {
  s2 <- mean(c(var(a), var(b)))
  list(yi = d, vi = d^2 * (var(a)^2 + var(b)^2 + 2 * rho^2 * var(a) * var(b)) / (8 * (n - 1) * s2^2) + var(a - b) / ((n - 1) * s2))
})
paired_case("paired-repeated-measures", "noncentral limits of t times √(2(1 − r)/n)", "repeated_measures", "hedges", "noncentral_t", NULL)
paired_case("paired-repeated-measures-normal", "Borenstein et al. (2009), equation 4.28: (1/n + d²/2n) 2(1 − r)", "repeated_measures", "none", "normal",
  function(a, b, n, rho, d) list(yi = d, vi = (1 / n + d^2 / (2 * n)) * 2 * (1 - rho)))

# ---- pre–post–control ----
morris <- function(id, r, t, c, level = 0.95) {
  N <- t$n + c$n; df <- N - 2
  pre <- ((t$n - 1) * t$before_sd^2 + (c$n - 1) * c$before_sd^2) / df
  post <- ((t$n - 1) * t$after_sd^2 + (c$n - 1) * c$after_sd^2) / df
  rho <- ((t$n - 1) * t$correlation * t$before_sd * t$after_sd + (c$n - 1) * c$correlation * c$before_sd * c$after_sd) / df / sqrt(pre * post)
  cp <- 1 - 3 / (4 * df - 1)
  d <- cp * ((t$after - t$before) - (c$after - c$before)) / sqrt(pre)
  q <- (t$n + c$n) / (t$n * c$n)
  v <- 2 * cp^2 * (1 - rho) * q * (N - 2) / (N - 4) * (1 + d^2 / (2 * (1 - rho) * q)) - d^2
  write_case(paste0("effect-size/", id), list(kind = "change_effect", treated = t, control = c, level = level), r, normal(list(yi = d, vi = v), level))
}
arm <- function(n, before, before_sd, after, after_sd, correlation) as.list(environment())
morris("change-ppc2", "Morris (2008), equations 8 and 25, written out in scripts/means.R", arm(20, 30.6, 15.0, 38.5, 11.6, 0.47), arm(20, 23.5, 13.8, 26.8, 4.1, 0.64))
morris("change-ppc2-unequal", "the same with very unequal arms, a negative correlation in one, 99 %", arm(5, 6, 2, 2, 3, -0.2), arm(60, 5, 2.4, 4.5, 2.2, 0.8), 0.99)

# ---- conversions ----
d <- 0.42; v <- 0.061; n <- c(31, 12)
a <- sum(n)^2 / prod(n)
r <- 0.37; pairs <- 44
cor_e <- escalc("COR", ri = r, ni = pairs); z_e <- escalc("ZCOR", ri = r, ni = pairs)
near(d_to_oddsratio(d, log = TRUE), d * pi / sqrt(3), 1e-12)
near(d_to_r(d, n1 = n[1], n2 = n[2]), d / sqrt(d^2 + sum(n) * (sum(n) - 2) / prod(n)), 1e-12)
write_case("effect-size/conversions", list(kind = "effect_conversions", d = d, variance = v, n = n, r = r, pairs = pairs, t = 2.2),
  "metafor::escalc('COR'), escalc('ZCOR'), escalc('SMD', ti) without its correction; Borenstein et al. (2009), chapter 7", list(
    log_odds = c(d * pi / sqrt(3), v * pi^2 / 3),
    d_of_log_odds = c(0.8 * sqrt(3) / pi, 0.09 * 3 / pi^2),
    r_of_d = c(d / sqrt(d^2 + a), v * a^2 / (d^2 + a)^3),
    r_of_pairs = c(cor_e$yi, cor_e$vi),
    fisher_z_of_pairs = c(z_e$yi, z_e$vi),
    d_of_r = c(2 * r / sqrt(1 - r^2), 4 * cor_e$vi / (1 - r^2)^3),
    d_of_t = c(2.2 * sqrt(sum(1 / n)), sum(1 / n) + 2.2^2 * sum(1 / n) / (2 * sum(n)))
  ), relative = 1e-12, note = "each a value and its variance; log_odds and r_of_d are of d, d_of_log_odds of 0.8 with 0.09")

# ---- equivalence ----
conclusion <- function(p, p_zero, alpha) {
  alike <- p <= alpha; different <- p_zero <= alpha
  if (alike && different) "equivalent_though_different" else if (alike) "equivalent" else if (different) "different" else "inconclusive"
}
tost <- function(id, r, test, low, high, of, data, levels = NULL, model, alpha = 0.05, ...) {
  lower <- of(mu = low, alternative = "greater"); upper <- of(mu = high, alternative = "less"); zero <- of(conf.level = 1 - 2 * alpha)
  p <- max(lower$p.value, upper$p.value)
  expected <- list(low = low, high = high, t_low = lower$statistic[[1]], p_low = lower$p.value, t_high = upper$statistic[[1]], p_high = upper$p.value,
    p_value = p, conf_int = I(as.numeric(zero$conf.int)), conclusion = conclusion(p, zero$p.value, alpha))
  write_case(paste0("equivalence/", id), c(list(kind = "equivalence", test = test, alpha = alpha), model), r, expected, data, levels, ...)
}
levels <- list(group = c("EKC", "WT"))
v <- two("problems-baseline", "value", "group", levels$group)
tost("welch", "t.test(x, y, mu = ∓3), one-sided both", "welch", -3, 3, function(...) t.test(v[[1]], v[[2]], ...), "problems-baseline", levels,
  list(value = "value", group = "group", margin = list(raw = list(low = -3, high = 3))))
s <- sqrt(mean(c(var(v[[1]]), var(v[[2]]))))
tost("welch-standardized", "the same, margins of −0.2 and 0.5 average standard deviations", "welch", -0.2 * s, 0.5 * s, function(...) t.test(v[[1]], v[[2]], ...), "problems-baseline", levels,
  list(value = "value", group = "group", margin = list(standardized = list(low = -0.2, high = 0.5))))
s <- sd_pooled(v[[1]], v[[2]])
tost("student-standardized", "t.test(var.equal = TRUE), margins of ∓0.8 pooled standard deviations, α = 0.025", "student", -0.8 * s, 0.8 * s,
  function(...) t.test(v[[1]], v[[2]], var.equal = TRUE, ...), "problems-baseline", levels,
  list(value = "value", group = "group", margin = list(standardized = list(low = -0.8, high = 0.8))), alpha = 0.025)
b <- na.omit(read_data("before-after")[c("before", "after")])
tost("paired", "t.test(after, before, paired = TRUE), margins of −2 and 1", "paired", -2, 1, function(...) t.test(b$after, b$before, paired = TRUE, ...), "before-after", NULL,
  list(before = "before", after = "after", margin = list(raw = list(low = -2, high = 1))))

# Non-inferiority of a share, by its estimate: 40 of 55 against 46 of 60, margin 0.15.
p1 <- 40 / 55; p2 <- 46 / 60; rd <- p1 - p2; se <- sqrt(p1 * (1 - p1) / 55 + p2 * (1 - p2) / 60)
write_case("equivalence/non-inferiority-share", list(kind = "non_inferiority", estimate = rd, std_error = se, margin = 0.15, better = "higher"),
  "pnorm((rd + 0.15) / se, lower.tail = FALSE), Wald", list(statistic = (rd + 0.15) / se, p_value = pnorm((rd + 0.15) / se, lower.tail = FALSE),
  conf_int = I(rd + c(-1, 1) * qnorm(0.95) * se), conclusion = if (rd - qnorm(0.95) * se > -0.15) "non_inferior" else "inconclusive"))

# ---- p-values ----
p_case <- function(id, r, p) {
  methods <- c("holm", "hochberg", "hommel", "bonferroni", "BH", "BY")
  write_case(paste0("tests/", id), list(kind = "p_adjust", p = I(p)), r, setNames(lapply(methods, function(m) I(p.adjust(p, m))), methods), relative = 1e-12)
}
p_case("p-adjust-ties", "p.adjust: unsorted, with ties, a zero and a one", c(0.04, 0.01, 0.04, 1, 0.01, 0, 0.3, 0.04, 0.0499))
p_case("p-adjust-one", "p.adjust of a single p-value", 0.03)
p_case("p-adjust-many", "p.adjust of forty: (7i mod 41)^3 / 40^3", ((7 * (1:40)) %% 41 / 40)^3)
