# The group `power`: closed forms of power, each by a route of its own.
#
# Run in the folder `reference`: Rscript scripts/power.R
# R 4.2.2 with pwr 1.3.0 (Debian 12). Where no package of Debian has the method, it is written out here:
# by integration over what the closed form integrates away, by enumeration, or from the paper's formula.
source("scripts/corpus.R")
suppressPackageStartupMessages(library(pwr))

# One case: a design in this project's words, several questions, and R's answers in their order.
power_case <- function(id, r, design, options, solve, expected, relative = 1e-9, ...) {
  write_case(paste0("power/", id), list(kind = "power", plan = c(list(design = design), options), solve = I(solve)),
             r, lapply(expected, I), relative = relative, ...)
}
ask <- function(n, effect) list(power = list(n = n, effect = effect))
ask_n <- function(effect, power) list(n = list(effect = effect, power = power))
ask_effect <- function(n, power, direction = "increase") list(effect = list(n = n, power = power, direction = direction))
questions <- function(n, effect) unname(mapply(ask, n, effect, SIMPLIFY = FALSE))
# To the last digits, which uniroot() of power.t.test() does not reach. Of power by a parameter.
sharp <- function(f, target, low, high) uniroot(function(x) f(x) - target, c(low, high), tol = 1e-13, maxiter = 10000)$root
upper <- function(t, df, delta) pt(t, df, delta, lower.tail = FALSE)
quad <- function(f, low, high, tol = 1e-12) integrate(Vectorize(f), low, high, rel.tol = tol, abs.tol = 0, subdivisions = 2000)$value

# ---- means --------------------------------------------------------------------------------------------
student <- list(variance = "equal")
two <- function(n, d, ...) power.t.test(n = n, delta = d, ...)$power
power_case("student", "power.t.test: 2 in each arm, no effect, tiny and huge effects; the other tail is left out", "two_means", student,
  questions(c(2, 2, 20, 20, 55, 1000, 30), c(0.5, 0, 0, 0.8, 0.5, 1e-3, 5)),
  list(power = mapply(two, c(2, 2, 20, 20, 55, 1000, 30), c(0.5, 0, 0, 0.8, 0.5, 1e-3, 5))))
power_case("student-strict", "power.t.test(strict = TRUE)", "two_means", c(student, list(other_tail = "counted")),
  questions(c(2, 2, 20, 60), c(0.5, 0, 0.1, 0.3)),
  list(power = mapply(two, c(2, 2, 20, 60), c(0.5, 0, 0.1, 0.3), MoreArgs = list(strict = TRUE))))
one_sided <- function(n, d, sign) upper(qt(0.95, 2 * n - 2), 2 * n - 2, sign * d * sqrt(n / 2))
power_case("student-greater", "power.t.test(alternative = 'one.sided'), also on the wrong side", "two_means", c(student, list(alternative = "greater")),
  questions(c(10, 10, 40), c(0.7, -0.7, 0.4)), list(power = c(two(10, 0.7, alternative = "one.sided"), one_sided(10, -0.7, 1), two(40, 0.4, alternative = "one.sided"))))
power_case("student-less", "one_sided: P(T < -t) by the symmetry of the noncentral t", "two_means", c(student, list(alternative = "less", alpha = 0.05)),
  questions(c(10, 10), c(0.7, -0.7)), list(power = c(one_sided(10, 0.7, -1), one_sided(10, -0.7, -1))))
# n solved: R's figure rounded up, and its power; an n of two is enough where the effect is large.
solved <- function(d, target, alpha = 0.05) sharp(function(n) two(n, d, sig.level = alpha), target, 2, 1e8)
exact_n <- c(solved(0.5, 0.8), solved(0.2, 0.95), solved(1.2, 0.6), solved(0.01, 0.9), solved(1e-3, 0.8))
n <- ceiling(exact_n)
power_case("student-n", "power.t.test, its root sharpened: from four in each arm to fifteen million", "two_means", student,
  list(ask_n(0.5, 0.8), ask_n(0.2, 0.95), ask_n(1.2, 0.6), ask_n(0.01, 0.9), ask_n(1e-3, 0.8)),
  list(exact_n = exact_n, n = lapply(n, function(n) c(n, n)), power = mapply(two, n, c(0.5, 0.2, 1.2, 0.01, 1e-3))), relative = 1e-8)
power_case("student-n-of-two", "power.t.test(n = 2): no smaller study has a t test, so that there is no n that is just enough", "two_means", student,
  list(ask_n(20, 0.8)), list(exact_n = list(NULL), n = list(c(2, 2)), power = two(2, 20)))
effects <- c(sharp(function(d) two(30, d), 0.8, 0.01, 5), sharp(function(d) two(2, d), 0.9, 0.01, 50), -sharp(function(d) two(30, d), 0.8, 0.01, 5))
power_case("student-effect", "power.t.test, its root sharpened: the smallest effect, to either side", "two_means", student,
  list(ask_effect(30, 0.8), ask_effect(2, 0.9), ask_effect(30, 0.8, "decrease")), list(effect = effects))
# Unequal arms: the noncentral t written out.
uneven <- function(n1, n2, d) upper(qt(0.975, n1 + n2 - 2), n1 + n2 - 2, abs(d) / sqrt(1 / n1 + 1 / n2))
by_ratio <- function(ratio, d, target) sharp(function(n) uneven(n, ratio * n, d), target, 2, 1e6)
n <- by_ratio(2.5, 0.5, 0.8); n1 <- ceiling(n); n2 <- ceiling(2.5 * n1)
power_case("student-unequal", "1 - pt(qt(0.975, df), df, d / sqrt(1/n1 + 1/n2)); the second arm is 2.5 times the first, rounded up", "two_means",
  c(student, list(allocation = 2.5)), list(ask(11, 0.5), ask_n(0.5, 0.8)),
  list(power = c(uneven(11, 28, 0.5), uneven(n1, n2, 0.5)), n = list(c(11, 28), c(n1, n2)), exact_n = list(NULL, n)))

# Welch: the test itself, integrated over both variances, each its own chi-squared variable.
welch_exact <- function(n, sd, d, tail = 0.025) {
  nu <- n - 1; se <- sqrt(sum(sd^2 / n))
  given <- function(s1, s2) { # s_j: the ratio of the estimated to the true variance
    e <- sd^2 * c(s1, s2) / n
    crit <- qt(tail, sum(e)^2 / sum(e^2 / nu), lower.tail = FALSE) * sqrt(sum(e)) / se
    pnorm(crit - d / se, lower.tail = FALSE)
  }
  # On the normal scale of the quantiles, so that the ends are smooth.
  v <- function(z, nu) ifelse(z < 0, qchisq(pnorm(z, log.p = TRUE), nu, log.p = TRUE),
                              qchisq(pnorm(z, lower.tail = FALSE, log.p = TRUE), nu, lower.tail = FALSE, log.p = TRUE)) / nu
  outer <- function(z1) dnorm(z1) * quad(function(z2) dnorm(z2) * given(v(z1, nu[1]), v(z2, nu[2])), -8.2, 8.2, 1e-10)
  quad(outer, -8.2, 8.2, 1e-10)
}
welch <- list(sd = c(5.5, 3.9), allocation = 60 / 55)
power_case("welch", "Welch's test integrated over both chi-squared variables (welch_exact in the script)", "two_means", welch,
  questions(c(55, 55), c(2, -1.3)), list(power = c(welch_exact(c(55, 60), c(5.5, 3.9), 2), welch_exact(c(55, 60), c(5.5, 3.9), 1.3)), n = list(c(55, 60), c(55, 60))), relative = 1e-8)
power_case("welch-small", "the same with 3 and 9, where the degrees of freedom are mostly chance", "two_means", list(sd = c(4, 1), allocation = 3),
  questions(c(3, 5), c(6, 5)), list(power = c(welch_exact(c(3, 9), c(4, 1), 6), welch_exact(c(5, 15), c(4, 1), 5))), relative = 1e-7)
welch_approx <- function(n, sd, d) { e <- sd^2 / n; df <- sum(e)^2 / sum(e^2 / (n - 1)); upper(qt(0.975, df), df, abs(d) / sqrt(sum(e))) }
n <- sharp(function(n) welch_approx(c(n, 60 / 55 * n), c(5.5, 3.9), 2), 0.9, 2, 1e5); n1 <- ceiling(n); n2 <- ceiling(n1 * 60 / 55 * (1 - 1e-12))
power_case("welch-satterthwaite", "one noncentral t with Satterthwaite's degrees of freedom of the true variances, as MESS::power_t_test", "two_means",
  c(welch, list(welch = "satterthwaite")), list(ask(55, 2), ask_n(2, 0.9)),
  list(power = c(welch_approx(c(55, 60), c(5.5, 3.9), 2), welch_approx(c(n1, n2), c(5.5, 3.9), 2)), n = list(c(55, 60), c(n1, n2)), exact_n = list(NULL, n)))

single <- function(n, d, ...) power.t.test(n = n, delta = d, type = "one.sample", ...)$power
n <- sharp(function(n) single(n, 1.5, sd = 4), 0.8, 2, 1e5)
power_case("one-mean", "power.t.test(type = 'one.sample', sd = 4)", "one_mean", list(sd = 4), list(ask(2, 3), ask(30, 2), ask_n(1.5, 0.8)),
  list(power = c(single(2, 3, sd = 4), single(30, 2, sd = 4), single(ceiling(n), 1.5, sd = 4)), exact_n = list(NULL, NULL, n), n = list(I(2), I(30), I(ceiling(n)))))
sd_change <- sqrt(4^2 + 5^2 - 2 * 0.6 * 4 * 5)
measurements <- list(spread = list(measurements = list(before = 4, after = 5, correlation = 0.6)))
power_case("paired-means", "power.t.test(type = 'paired', sd = sqrt(4^2 + 5^2 - 2 * 0.6 * 4 * 5))", "paired_means", measurements, list(ask(45, -1.2), ask_effect(45, 0.8, "decrease")),
  list(power = c(single(45, 1.2, sd = sd_change), 0.8), effect = c(-1.2, -sharp(function(d) single(45, d, sd = sd_change), 0.8, 0.01, 10))))
power_case("change-scores", "power.t.test(sd = sqrt(4^2 + 5^2 - 2 * 0.6 * 4 * 5)), strict", "change_scores", c(measurements, list(other_tail = "counted")), questions(c(2, 45), c(1, 2)),
  list(power = c(two(2, 1, sd = sd_change, strict = TRUE), two(45, 2, sd = sd_change, strict = TRUE))))

# ANCOVA: over the F variable of chance imbalance, with k and N - 1 - k degrees of freedom (Shieh 2020).
ancova <- function(n1, n2, d, r, k) {
  N <- n1 + n2; df <- N - 2 - k; delta <- d / sqrt((1 - r^2) * (1 / n1 + 1 / n2)); crit <- qt(0.975, df)
  g <- function(p) { f <- qf(p, k, N - 1 - k); upper(crit, df, delta / sqrt(1 + k * f / (N - 1 - k))) }
  quad(g, 0, 1, 1e-11)
}
n <- sharp(function(n) ancova(n, n, 0.5, 0.6, 1), 0.8, 10, 100)
power_case("ancova", "integrated over the F variable of chance imbalance (ancova in the script)", "ancova", list(correlation = 0.6), list(ask(2, 1), ask(20, 0.5), ask_n(0.5, 0.8)),
  list(power = c(ancova(2, 2, 1, 0.6, 1), ancova(20, 20, 0.5, 0.6, 1), ancova(ceiling(n), ceiling(n), 0.5, 0.6, 1)), exact_n = list(NULL, NULL, n)), relative = 1e-8)
power_case("ancova-covariates", "the same with four covariates and unequal arms", "ancova", list(correlation = 0.7, covariates = 4, allocation = 1.5, sd = 3), questions(c(4, 20), c(4, 2)),
  list(power = c(ancova(4, 6, 4 / 3, 0.7, 4), ancova(20, 30, 2 / 3, 0.7, 4))), relative = 1e-8)
power_case("ancova-deflated", "power.t.test(sd = sqrt(1 - 0.6^2)): Borm, Fransen & Lemmens (2007)", "ancova", list(correlation = 0.6, method = "deflated"), questions(c(20, 2), c(0.5, 0.5)),
  list(power = c(two(20, 0.5, sd = 0.8), two(2, 0.5, sd = 0.8))))

# ---- equivalence ----------------------------------------------------------------------------------------
# Both tests given the estimated variance, over that variance; the end where the interval is as wide as the margins.
tost <- function(n1, n2, low, high, d, sd, alpha = 0.05) {
  nu <- n1 + n2 - 2; se <- sd * sqrt(1 / n1 + 1 / n2); t <- qt(1 - alpha, nu)
  last <- ((high - low) / (2 * t * se))^2 * nu
  g <- function(p) { s <- sqrt(qchisq(p, nu) / nu); pnorm((high - d) / se - t * s) - pnorm((low - d) / se + t * s) }
  quad(g, 0, pchisq(last, nu), 1e-11)
}
equivalent <- list(low = -0.4, high = 0.6, sd = 1.1)
n <- sharp(function(n) tost(n, n, -0.4, 0.6, 0, 1.1), 0.8, 20, 500)
power_case("equivalent-means", "two one-sided t tests integrated over the variance (tost in the script): PowerTOST's 'exact'", "equivalent_means", equivalent,
  list(ask(80, 0.1), ask(80, 0.5), ask(5, 0), ask(2, 0), ask_n(0, 0.8), ask_effect(120, 0.8), ask_effect(120, 0.8, "decrease")),
  list(power = c(tost(80, 80, -0.4, 0.6, 0.1, 1.1), tost(80, 80, -0.4, 0.6, 0.5, 1.1), tost(5, 5, -0.4, 0.6, 0, 1.1), tost(2, 2, -0.4, 0.6, 0, 1.1), tost(ceiling(n), ceiling(n), -0.4, 0.6, 0, 1.1), 0.8, 0.8),
       exact_n = list(NULL, NULL, NULL, NULL, n, NULL, NULL),
       effect = c(0.1, 0.5, 0, 0, 0, sharp(function(d) tost(120, 120, -0.4, 0.6, d, 1.1), 0.8, 0.1, 0.6), sharp(function(d) tost(120, 120, -0.4, 0.6, d, 1.1), 0.8, -0.4, 0.1))), relative = 1e-8)
power_case("equivalent-means-unequal", "the same with one half more in the second arm and alpha of 2.5 %", "equivalent_means", list(low = -1, high = 1, allocation = 1.5, alpha = 0.025),
  questions(c(10, 40), c(0.2, -0.3)), list(power = c(tost(10, 15, -1, 1, 0.2, 1, 0.025), tost(40, 60, -1, 1, -0.3, 1, 0.025))), relative = 1e-8)
inferior <- function(n, d, margin, sd) upper(qt(0.975, 2 * n - 2), 2 * n - 2, (d + margin) / sd * sqrt(n / 2))
n <- sharp(function(n) inferior(n, -0.2, 1, 2), 0.9, 2, 1e4)
power_case("non-inferior-means", "power.t.test(delta = margin + effect, alternative = 'one.sided', sig.level = 0.025); smaller is better in the second", "non_inferior_means",
  list(margin = 1, sd = 2, alpha = 0.025), list(ask(64, 0), ask(64, 0.5), ask(64, -1), ask_n(-0.2, 0.9)),
  list(power = c(two(64, 1, sd = 2, sig.level = 0.025, alternative = "one.sided"), inferior(64, 0.5, 1, 2), inferior(64, -1, 1, 2), inferior(ceiling(n), -0.2, 1, 2)), exact_n = list(NULL, NULL, NULL, n)))
power_case("non-inferior-lower", "the mirror image: smaller is better", "non_inferior_means", list(margin = 1, sd = 2, alpha = 0.025, better = "lower"), questions(c(64, 64), c(0.2, -0.5)),
  list(power = c(inferior(64, -0.2, 1, 2), inferior(64, 0.5, 1, 2))))

# ---- shares ---------------------------------------------------------------------------------------------
prop <- function(n, p1, p2, ...) power.prop.test(n = n, p1 = p1, p2 = p2, ...)$power
n <- sharp(function(n) prop(n, 0.3, 0.45), 0.8, 2, 1e4)
p1 <- c(sharp(function(p) prop(55, p, 0.45), 0.8, 0.46, 0.99), sharp(function(p) prop(55, p, 0.45), 0.8, 0.01, 0.44))
power_case("proportions", "power.prop.test: rare events, no effect; n and both effects solved", "two_proportions", list(second = 0.45),
  list(ask(55, -0.27), ask(2, 0.5), ask(20, 0), ask(100, -0.449), ask_n(-0.15, 0.8), ask_effect(55, 0.8), ask_effect(55, 0.8, "decrease")),
  list(power = c(prop(55, 0.18, 0.45), prop(2, 0.95, 0.45), pnorm(-qnorm(0.975)), prop(100, 0.001, 0.45), prop(ceiling(n), 0.3, 0.45), 0.8, 0.8),
       exact_n = list(NULL, NULL, NULL, NULL, n, NULL, NULL), effect = c(-0.27, 0.5, 0, -0.449, -0.15, p1 - 0.45)))
power_case("proportions-strict", "power.prop.test(strict = TRUE)", "two_proportions", list(second = 0.45, other_tail = "counted"), questions(c(10, 55), c(0.05, 0.1)),
  list(power = c(prop(10, 0.5, 0.45, strict = TRUE), prop(55, 0.55, 0.45, strict = TRUE))))
normal <- function(n1, n2, p1, p2, z = qnorm(0.975)) { p <- (n1 * p1 + n2 * p2) / (n1 + n2)
  pnorm((abs(p1 - p2) - z * sqrt(p * (1 - p) * (1 / n1 + 1 / n2))) / sqrt(p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2)) }
power_case("proportions-unequal", "Fleiss, Levin & Paik (2003), equation 4.19 solved for the power; one-sided on the right side", "two_proportions", list(second = 0.2, allocation = 2, alternative = "greater"),
  questions(c(30, 100), c(0.15, 0.1)), list(power = c(normal(30, 60, 0.35, 0.2, qnorm(0.95)), normal(100, 200, 0.3, 0.2, qnorm(0.95)))))
h <- ES.h(0.35, 0.2)
n <- sharp(function(n) pwr.2p.test(h = h, n = n)$power, 0.9, 2, 1e4)
power_case("proportions-arcsine", "pwr::pwr.2p.test", "two_proportions", list(second = 0.2, method = "arcsine", other_tail = "counted"), list(ask(60, 0.15), ask(60, 0.01), ask_n(0.15, 0.9)),
  list(power = c(pwr.2p.test(h = h, n = 60)$power, pwr.2p.test(h = ES.h(0.21, 0.2), n = 60)$power, pwr.2p.test(h = h, n = ceiling(n))$power), exact_n = list(NULL, NULL, n)))
power_case("proportions-arcsine-unequal", "pwr::pwr.2p2n.test(alternative = 'less')", "two_proportions", list(second = 0.4, method = "arcsine", allocation = 0.5, alternative = "less"), questions(c(80, 80), c(-0.2, 0.1)),
  list(power = c(pwr.2p2n.test(h = ES.h(0.2, 0.4), n1 = 80, n2 = 40, alternative = "less")$power, pwr.2p2n.test(h = ES.h(0.5, 0.4), n1 = 80, n2 = 40, alternative = "less")$power)))

# By enumeration with fisher.test itself; Boschloo's threshold by trying every one on a fine grid of p.
tables <- function(m, n, alternative = "two.sided") outer(0:m, 0:n, Vectorize(function(x, y) fisher.test(matrix(c(x, m - x, y, n - y), 2), alternative = alternative)$p.value))
chance <- function(p, m, n, p1, p2, reject) sum(outer(dbinom(0:m, m, p1), dbinom(0:n, n, p2))[reject])
side <- function(m, n, sign) sign * outer(0:m / m, 0:n / n, "-") > 0
slack <- 1 + 1e-7
fisher_power <- function(m, n, p1, p2, both = FALSE, alternative = "two.sided") {
  p <- tables(m, n, alternative); chance(p, m, n, p1, p2, p <= 0.05 * slack & (both | alternative != "two.sided" | side(m, n, sign(p1 - p2))))
}
power_case("fisher", "all tables that fisher.test rejects, on the side of the effect; 2 in each arm reject nothing", "two_proportions", list(second = 0.5, method = "fisher"),
  questions(c(2, 10, 23), c(0.3, -0.35, 0.3)), list(power = c(0, fisher_power(10, 10, 0.15, 0.5), fisher_power(23, 23, 0.8, 0.5))))
power_case("fisher-unequal", "the same with unequal arms and both tails", "two_proportions", list(second = 0.3, method = "fisher", allocation = 1.5, other_tail = "counted"),
  questions(c(8, 14), c(0.02, 0.4)), list(power = c(fisher_power(8, 12, 0.32, 0.3, TRUE), fisher_power(14, 21, 0.7, 0.3, TRUE))))
power_case("fisher-greater", "the same, one-sided", "two_proportions", list(second = 0.3, method = "fisher", alternative = "greater"),
  questions(c(12, 12), c(0.4, -0.1)), list(power = c(fisher_power(12, 12, 0.7, 0.3, alternative = "greater"), fisher_power(12, 12, 0.2, 0.3, alternative = "greater"))))
first_n <- Find(function(n) fisher_power(n, n, 0.9, 0.4) >= 0.8, 2:40)
power_case("fisher-n", "the first n whose enumerated power is 0.8", "two_proportions", list(second = 0.4, method = "fisher"), list(ask_n(0.5, 0.8)),
  list(n = list(c(first_n, first_n)), power = I(fisher_power(first_n, first_n, 0.9, 0.4)), exact_n = list(NULL)))
boschloo_power <- function(m, n, p1, p2, both = FALSE, alternative = "two.sided") {
  p <- tables(m, n, alternative); grid <- seq(0.0005, 0.9995, by = 0.0005)
  size <- function(c) max(sapply(grid, function(g) chance(p, m, n, g, g, p <= c * slack)))
  c <- sort(unique(as.vector(p))); ok <- sapply(c, size) <= 0.05 * slack
  stopifnot(!is.unsorted(rev(ok)))
  chance(p, m, n, p1, p2, p <= max(c[ok]) * slack & (both | alternative != "two.sided" | side(m, n, sign(p1 - p2))))
}
power_case("boschloo", "all tables below the largest threshold on Fisher's p whose size, over a grid of 1999 shares, is 5 %", "two_proportions", list(second = 0.5, method = "boschloo"),
  questions(c(4, 10, 15), c(0.45, -0.35, 0.3)), list(power = c(boschloo_power(4, 4, 0.95, 0.5), boschloo_power(10, 10, 0.15, 0.5), boschloo_power(15, 15, 0.8, 0.5))))
power_case("boschloo-less", "the same, one-sided and with unequal arms", "two_proportions", list(second = 0.6, method = "boschloo", allocation = 1.5, alternative = "less"),
  questions(c(8, 10), c(-0.45, -0.1)), list(power = c(boschloo_power(8, 12, 0.15, 0.6, alternative = "less"), boschloo_power(10, 15, 0.5, 0.6, alternative = "less"))))

# ---- pairs of shares ------------------------------------------------------------------------------------
connor <- function(n, d, psi, z = qnorm(0.975)) pnorm((abs(d) * sqrt(n) - z * sqrt(psi)) / sqrt(psi - d^2))
n <- ((qnorm(0.975) * sqrt(0.3) + qnorm(0.9) * sqrt(0.3 - 0.15^2)) / 0.15)^2
power_case("mcnemar", "Connor (1987), equation for n and the power it is solved from", "paired_proportions", list(pairs = list(discordant = list(share = 0.3))),
  list(ask(60, 0.2), ask(10, -0.25), ask_n(0.15, 0.9)), list(power = c(connor(60, 0.2, 0.3), connor(10, 0.25, 0.3), connor(ceiling(n), 0.15, 0.3)), exact_n = list(NULL, NULL, n)))
cells <- function(p1, p2, phi) { c <- phi * sqrt(p1 * (1 - p1) * p2 * (1 - p2)); c(p1 * (1 - p2) - c, p2 * (1 - p1) - c) }
x <- cells(0.35, 0.5, 0.4); y <- cells(0.55, 0.5, 0.4)
power_case("mcnemar-correlated", "the same, the pairs that change from the second share and phi", "paired_proportions", list(pairs = list(correlated = list(second = 0.5, correlation = 0.4))),
  questions(c(60, 60), c(-0.15, 0.05)), list(power = c(connor(60, 0.15, sum(x)), connor(60, 0.05, sum(y)))))
# Every outcome of the multinomial, by binom.test; mid-p written out.
mcnemar_p <- function(b, c, mid) { k <- b + c; if (k == 0) return(1); lower <- min(b, c); p <- if (mid) 2 * (pbinom(lower, k, 0.5) - dbinom(lower, k, 0.5) / 2) else binom.test(b, k)$p.value; min(p, 1) }
mcnemar_exact <- function(n, p10, p01, mid = FALSE, both = FALSE, sign = 1) {
  sum <- 0
  for (b in 0:n) for (c in 0:(n - b)) if (mcnemar_p(b, c, mid) <= 0.05 && (both || sign * (b - c) > 0)) sum <- sum + dmultinom(c(b, c, n - b - c), prob = c(p10, p01, 1 - p10 - p01))
  sum
}
power_case("mcnemar-exact", "every outcome of the multinomial by binom.test; 2 pairs reject nothing", "paired_proportions", list(pairs = list(discordant = list(share = 0.4)), method = "exact"),
  questions(c(2, 20, 40), c(0.2, -0.3, 0.25)), list(power = c(0, mcnemar_exact(20, 0.05, 0.35, sign = -1), mcnemar_exact(40, 0.325, 0.075))))
power_case("mcnemar-mid-p", "every outcome of the multinomial by the mid-p value, both tails", "paired_proportions", list(pairs = list(discordant = list(share = 0.4)), method = "mid_p", other_tail = "counted"),
  questions(c(15, 30), c(0.1, 0.25)), list(power = c(mcnemar_exact(15, 0.25, 0.15, TRUE, TRUE), mcnemar_exact(30, 0.325, 0.075, TRUE, TRUE))))
first_n <- Find(function(n) mcnemar_exact(n, 0.35, 0.05) >= 0.8, 5:60)
power_case("mcnemar-exact-n", "the first n whose enumerated power is 0.8", "paired_proportions", list(pairs = list(discordant = list(share = 0.4)), method = "exact"), list(ask_n(0.3, 0.8)),
  list(n = list(I(first_n)), power = I(mcnemar_exact(first_n, 0.35, 0.05))))

# ---- rates ----------------------------------------------------------------------------------------------
# Zhu & Lakkis (2014): n of the reference group, theta the other's n beside it, r0 and r1 the rates, k the dispersion, u the exposure.
zhu_n <- function(method, r0, r1, k, theta, u, power) {
  V1 <- (1 / r0 + 1 / (theta * r1)) / u + (1 + theta) * k / theta
  r <- (r0 + theta * r1) / (1 + theta)
  V0 <- switch(method, reference = (1 + theta) / (u * theta * r0) + (1 + theta) * k / theta, true = V1,
               pooled = (1 + theta)^2 / (u * theta * (r0 + theta * r1)) + (1 + theta) * k / theta)
  (qnorm(0.975) * sqrt(V0) + qnorm(power) * sqrt(V1))^2 / log(r1 / r0)^2
}
zhu_power <- function(n, ...) sharp(function(p) zhu_n(..., power = p), n, 0.05, 1 - 1e-12)
for (method in c("reference", "true", "pooled")) {
  # Our first arm is the paper's other group: theta of the second arm.
  n <- 1.5 * zhu_n(method, 0.8, 0.85 * 0.8, 0.4, 1.5, 0.75, 0.8)
  n1 <- ceiling(n); n2 <- ceiling(n1 / 1.5 * (1 - 1e-12))
  power_case(paste0("rates-", method), "Zhu & Lakkis (2014), equation for n by the null variance of this name", "two_rates",
    list(second = 0.8, exposure = c(0.75, 0.75), dispersion = list(quadratic = list(alpha = 0.4)), null_rates = method, allocation = 1 / 1.5),
    list(ask_n(log(0.85), 0.8), ask(300, log(0.6))), list(exact_n = list(n, NULL), n = list(c(n1, n2), c(300, 200)),
      power = c({ d <- log(0.85); r <- 0.8 * c(exp(d), 1); at <- function(a, b) (1 / (0.75 * a) + 0.4) / n1 + (1 / (0.75 * b) + 0.4) / n2
        pool <- (n1 * r[1] + n2 * r[2]) / (n1 + n2)
        V0 <- switch(method, reference = at(r[2], r[2]), true = at(r[1], r[2]), pooled = at(pool, pool))
        pnorm((abs(d) - qnorm(0.975) * sqrt(V0)) / sqrt(at(r[1], r[2]))) }, zhu_power(200, method, 0.8, 0.48, 0.4, 1.5, 0.75))))
}
rate <- function(n, mu, v, d, z = qnorm(0.975)) pnorm(abs(d) / sqrt(sum(v(mu) / mu^2 / n)) - z)
power_case("rates-poisson", "Wald test of two Poisson rates with unequal exposure; few events and none of an effect", "two_rates", list(second = 2, exposure = c(1, 0.5)),
  questions(c(2, 20, 20), c(log(3), log(1.7), 0)), list(power = c(rate(2, c(6, 1), identity, log(3)), rate(20, c(3.4, 1), identity, log(1.7)), pnorm(-qnorm(0.975)))))
power_case("rates-linear", "the same with the variance mu (1 + phi), one-sided", "two_rates", list(second = 4.7, dispersion = list(linear = list(phi = 2.5)), alternative = "less"),
  list(ask(55, log(0.75)), ask_effect(55, 0.8)), list(power = c(rate(55, 4.7 * c(0.75, 1), function(m) 3.5 * m, log(0.75), qnorm(0.95)), 0.8),
    effect = c(log(0.75), log(sharp(function(r) rate(55, 4.7 * c(r, 1), function(m) 3.5 * m, log(r), qnorm(0.95)), 0.8, 0.2, 0.99)))))
# Two waves: the covariance of an arm's two counts by the delta method.
change <- function(n, before, ratios, v, rho) {
  arm <- function(ratio) { mu <- before * c(1, ratio); s <- sqrt(v(mu)); S <- diag(s) %*% matrix(c(1, rho, rho, 1), 2) %*% diag(s); g <- c(-1, 1) / mu; drop(t(g) %*% S %*% g) }
  pnorm(abs(log(ratios[1] / ratios[2])) / sqrt(arm(ratios[1]) / n[1] + arm(ratios[2]) / n[2]) - qnorm(0.975))
}
power_case("rate-change", "log ratio of two rate ratios, the delta method on the covariance matrix of an arm's counts", "rate_change",
  list(before = 6, second_ratio = 0.8, dispersion = list(quadratic = list(alpha = 0.5)), correlation = list(given = list(correlation = 0.4)), allocation = 60 / 55),
  questions(c(55, 2), c(log(0.6), log(0.1))), list(power = c(change(c(55, 60), 6, c(0.48, 0.8), function(m) m + 0.5 * m^2, 0.4), change(c(2, 3), 6, c(0.08, 0.8), function(m) m + 0.5 * m^2, 0.4))))
frailty <- function(n, before, ratios) { arm <- function(ratio) { mu <- before * c(1, ratio); S <- diag(mu) + 0.5 * mu %*% t(mu); g <- c(-1, 1) / mu; drop(t(g) %*% S %*% g) }
  pnorm(abs(log(ratios[1] / ratios[2])) / sqrt(sum(c(arm(ratios[1]), arm(ratios[2])) / n)) - qnorm(0.975)) }
power_case("rate-change-frailty", "the same with the covariance matrix of a shared gamma frailty, diag(mu) + alpha mu mu'", "rate_change",
  list(before = 6, second_ratio = 0.8, dispersion = list(quadratic = list(alpha = 0.5)), correlation = "shared_frailty"), questions(55, log(0.6)), list(power = I(frailty(55, 6, c(0.48, 0.8)))))

# ---- groups, tables, correlations -----------------------------------------------------------------------
means <- c(5, 6, 8, 6.5); within <- 9
f <- sqrt(mean((means - mean(means))^2) / within)
anova <- function(n) power.anova.test(groups = 4, n = n, between.var = var(means), within.var = within)$power
n <- sharp(anova, 0.9, 2, 1e4)
power_case("one-way", "power.anova.test; its f as pwr.anova.test's", "one_way", list(groups = 4), list(ask(2, f), ask(15, f), ask(15, 0), ask_n(f, 0.9)),
  list(power = c(anova(2), pwr.anova.test(k = 4, n = 15, f = f)$power, 0.05, anova(ceiling(n))), exact_n = list(NULL, NULL, NULL, n), n = list(rep(2, 4), rep(15, 4), rep(15, 4), rep(ceiling(n), 4))), relative = 1e-8,
  note = "R's pf stops its series at 1e-9")
fs <- sharp(function(f) pwr.anova.test(k = 2, n = 30, f = f)$power, 0.8, 1e-3, 3)
power_case("one-way-effect", "pwr.anova.test: with two groups f is half of d", "one_way", list(groups = 2), list(ask_effect(30, 0.8)), list(effect = I(fs)))
chisq <- function(n, w, df) pchisq(qchisq(0.99, df), df, n * w^2, lower.tail = FALSE)
n <- sharp(function(n) chisq(n, 0.1, 6), 0.8, 10, 1e5)
power_case("chi-squared-w", "pwr.chisq.test(df = 6, sig.level = 0.01)", "chi_squared_w", list(df = 6, alpha = 0.01), list(ask(100, 0.3), ask(1, 0.01), ask_n(0.1, 0.8), ask_effect(115, 0.8)),
  list(power = c(pwr.chisq.test(w = 0.3, N = 100, df = 6, sig.level = 0.01)$power, chisq(1, 0.01, 6), chisq(ceiling(n), 0.1, 6), 0.8), exact_n = list(NULL, NULL, n, NULL),
       effect = c(0.3, 0.01, 0.1, sharp(function(w) chisq(115, w, 6), 0.8, 0.01, 2))))
r <- function(n, r, ...) pwr.r.test(n = n, r = r, ...)$power
n <- sharp(function(n) r(n, 0.3), 0.8, 4.1, 1e4)
power_case("correlation-fisher-z", "pwr::pwr.r.test", "correlation_r", list(method = "fisher_z", other_tail = "counted"), list(ask(4, 0.9), ask(50, -0.3), ask(50, 0), ask_n(0.3, 0.8)),
  list(power = c(pwr.r.test(n = 4 + 1e-12, r = 0.9)$power, r(50, 0.3), r(50, 0), r(ceiling(n), 0.3)), exact_n = list(NULL, NULL, NULL, n)))
power_case("correlation-fisher-z-less", "pwr::pwr.r.test(alternative = 'less')", "correlation_r", list(method = "fisher_z", alternative = "less"), questions(c(30, 30), c(-0.4, 0.1)),
  list(power = c(r(30, -0.4, alternative = "less"), r(30, 0.1, alternative = "less"))))
# Exact: over the sum of squares of x, given which the t test of a slope is noncentral t.
r_exact <- function(n, rho) { crit <- qt(0.975, n - 2); quad(function(p) upper(crit, n - 2, rho / sqrt(1 - rho^2) * sqrt(qchisq(p, n - 1))), 0, 1, 1e-11) }
n <- sharp(function(n) r_exact(n, 0.5), 0.9, 20, 60)
power_case("correlation-exact", "the t test of a slope, integrated over the sum of squares of x (r_exact in the script)", "correlation_r", list(method = "exact"), list(ask(4, 0.9), ask(50, 0.3), ask(3, -0.5), ask_n(0.5, 0.9)),
  list(power = c(r_exact(4, 0.9), r_exact(50, 0.3), r_exact(3, 0.5), r_exact(ceiling(n), 0.5)), exact_n = list(NULL, NULL, NULL, n)), relative = 1e-8)

# ---- waves ----------------------------------------------------------------------------------------------
# Frison & Pocock (1992), table of variances with p waves before and q after, and their normal power.
frison <- function(p, q, rho) c(mean = (1 + (q - 1) * rho) / q, change = (1 + (q - 1) * rho) / q + (1 + (p - 1) * rho) / p - 2 * rho,
                                ancova = (1 + (q - 1) * rho) / q - p * rho^2 / (1 + (p - 1) * rho))
gauss <- function(variance, n, d, z = qnorm(0.975)) pnorm(abs(d) / sqrt(sum(variance / n)) - z)
cs <- function(sd, rho) list(compound_symmetry = list(sd = sd, correlation = rho))
for (analysis in c("mean", "change", "ancova")) {
  v <- 16 * frison(2, 3, 0.65)[[analysis]]; n <- 2 * v * (qnorm(0.975) + qnorm(0.8))^2 / 1.5^2
  power_case(paste0("waves-", analysis), "Frison & Pocock (1992): two waves before, three after, compound symmetry, normal", "repeated_measures",
    list(times = 0:4, before = 2, structure = cs(4, 0.65), analysis = analysis, reference = "normal"), list(ask(30, 2), ask_n(1.5, 0.8)),
    list(power = c(gauss(v, c(30, 30), 2), gauss(v, rep(ceiling(n), 2), 1.5)), exact_n = list(NULL, n)))
}
# AR(1): the same figures from the covariance matrix, by Student's t.
times <- c(0, 1, 3, 6)
V <- 9 * 0.8^abs(outer(times, times, "-")); a <- c(0, 1, 1, 1) / 3; b <- c(1, 0, 0, 0)
v <- drop(t(a) %*% V %*% a - (t(a) %*% V %*% b)^2 / (t(b) %*% V %*% b))
student_waves <- function(v, n, d, lost) upper(qt(0.975, sum(n) - lost), sum(n) - lost, abs(d) / sqrt(sum(v / n)))
ar1 <- list(ar1 = list(sd = 3, correlation = 0.8))
power_case("waves-ar1", "adjusted mean of three unevenly spaced waves from the covariance matrix, noncentral t with n1 + n2 - 3", "repeated_measures",
  list(times = times, structure = ar1, allocation = 1.5), questions(c(20, 2), c(1.5, 4)), list(power = c(student_waves(v, c(20, 30), 1.5, 3), student_waves(v, c(2, 3), 4, 3))))
# Slopes: generalised least squares; compound symmetry in Diggle's closed form, sigma^2 (1 - rho) / sum of squares of t.
slope <- function(V, times, r = rep(1, length(times))) { m <- length(times); X <- cbind(1, times); leave <- r - c(r[-1], 0); I <- 0
  for (k in which(leave > 0)) { Xk <- X[1:k, , drop = FALSE]; I <- I + leave[k] * t(Xk) %*% solve(V[1:k, 1:k, drop = FALSE]) %*% Xk }
  solve(I)[2, 2] }
v <- 16 * (1 - 0.5) / sum((times - mean(times))^2)
stopifnot(all.equal(v, slope(16 * (0.5 + 0.5 * diag(4)), times)))
power_case("slopes", "Diggle et al. (2002), p. 29, compound symmetry: longpower::diggle.linear.power and liu.liang.linear.power", "repeated_measures",
  list(times = times, structure = cs(4, 0.5), analysis = "slope", reference = "normal"), list(ask(40, 0.5), ask_n(0.3, 0.8)),
  list(exact_n = list(NULL, 2 * v * (qnorm(0.975) + qnorm(0.8))^2 / 0.09), power = c(gauss(v, c(40, 40), 0.5), gauss(v, rep(ceiling(2 * v * (qnorm(0.975) + qnorm(0.8))^2 / 0.09), 2), 0.3))))
# A random slope: Edland's variance of a slope, sigma_b^2 + sigma_e^2 / sum of squares of t.
v <- 0.7^2 + 2^2 / sum((times - mean(times))^2)
random <- list(random_slope = list(intercept_sd = 3, slope_sd = 0.7, correlation = 0.2, residual_sd = 2))
power_case("slopes-random", "Ard & Edland (2011): longpower::edland.linear.power and lmmpower; normal", "repeated_measures",
  list(times = times, structure = random, analysis = "slope", reference = "normal"), questions(c(30, 100), c(0.6, 0.3)), list(power = c(gauss(v, c(30, 30), 0.6), gauss(v, c(100, 100), 0.3))))
V <- 9 + 0.2 * 3 * 0.7 * outer(times, times, "+") + 0.49 * outer(times, times) + 4 * diag(4)
r1 <- c(1, 0.9, 0.8, 0.7); r2 <- c(1, 0.85, 0.85, 0.5)
both <- c(slope(V, times, r1), slope(V, times, r2))
each <- list(each = list(first = r1, second = r2))
power_case("slopes-dropout", "Lu, Luo & Chen (2008): the information of every pattern of dropout, each arm its own", "repeated_measures",
  list(times = times, structure = random, analysis = "slope", retention = each), questions(40, 0.6), list(power = I(student_waves(both, c(40, 40), 0.6, 2))))
saturated <- function(V, r) { m <- nrow(V); leave <- r - c(r[-1], 0); I <- matrix(0, m, m); for (k in which(leave > 0)) I[1:k, 1:k] <- I[1:k, 1:k] + leave[k] * solve(V[1:k, 1:k, drop = FALSE]); solve(I) }
D <- saturated(V, r1) / 40 + saturated(V, r2) / 60
v <- drop(t(a) %*% D %*% a - (t(a) %*% D %*% b)^2 / (t(b) %*% D %*% b))
power_case("waves-dropout", "the same for the adjusted mean: the inverse of the information about all means, by arm", "repeated_measures",
  list(times = times, structure = list(unstructured = list(covariance = V)), retention = each, allocation = 1.5), questions(40, 2),
  list(power = I(upper(qt(0.975, 97), 97, 2 / sqrt(v)))))

# ---- clusters -------------------------------------------------------------------------------------------
de <- function(m, cv, icc) 1 + ((1 + cv^2) * m - 1) * icc
clustered <- function(k, v, d) upper(qt(0.975, sum(k) - 2), sum(k) - 2, abs(d) / sqrt(sum(v / k)))
v <- 16 * de(12, 0.6, 0.08) / 12
n <- sharp(function(k) clustered(c(k, k), v, 2), 0.8, 2, 1e4)
power_case("clusters-means", "t test on clusters with Eldridge, Ashby & Kerry's (2006) design effect for unequal clusters; 2 in each arm", "clusters",
  list(outcome = list(mean = list(sd = 4, icc = 0.08)), size = 12, size_cv = 0.6), list(ask(2, 4), ask(8, 2), ask_n(2, 0.8)),
  list(power = c(clustered(c(2, 2), v, 4), clustered(c(8, 8), v, 2), clustered(rep(ceiling(n), 2), v, 2)), exact_n = list(NULL, NULL, n)))
power_case("clusters-of-one", "power.t.test: clusters of one subject are subjects", "clusters", list(outcome = list(mean = list(sd = 1, icc = 0.3)), size = 1), questions(30, 0.6), list(power = I(two(30, 0.6))))
p <- c(0.25, 0.4); v <- p * (1 - p) * de(20, 0, 0.03) / 20
power_case("clusters-shares", "the same of shares, unequal arms", "clusters", list(outcome = list(share = list(second = 0.4, icc = 0.03)), size = 20, allocation = 1.5), questions(6, -0.15),
  list(power = I(clustered(c(6, 9), v, 0.15))))
v <- (1 + 0.5^2) / (c(0.6, 1) * 4.7 * 0.5 * 15) + 0.3^2
power_case("clusters-rates", "Hayes & Bennett (1999) on the log scale, by t", "clusters", list(outcome = list(rate = list(second = 4.7, exposure = 0.5, between = 0.3)), size = 15, size_cv = 0.5), questions(10, log(0.6)),
  list(power = I(clustered(c(10, 10), v, log(0.6)))))
