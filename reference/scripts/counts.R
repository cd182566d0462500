# The groups `zeros` (zero-inflated and hurdle models), `ordinal` and `residuals`.
# pscl 1.5.5, glmmTMB 1.1.5, ordinal 2022.11-16, MASS 7.3-58.2, sandwich 3.0-2, numDeriv 2016.8-1.1.
#
# pscl stops early and differentiates its gradient numerically, so its figures have about five digits.
# Here its optimum is polished: Newton's method on the log-likelihood written below, which must first
# equal pscl's own at pscl's estimates.
source("scripts/corpus.R")
suppressPackageStartupMessages({
  library(pscl)
  library(glmmTMB)
  library(ordinal)
  library(MASS)
  library(sandwich)
  library(numDeriv)
})
options(warn = 1)

# ---- data ----

# Families with problems, many of them without any: visits of different length, two arms, teams.
set.seed(20261201)
n <- 240
visits <- data.frame(
  team = rep(1:16, each = 15), arm = sample(c("WT", "EKC"), n, replace = TRUE),
  months = round(runif(n, 1, 12), 1), age = sample(4:17, n, replace = TRUE)
)
mu <- exp(-1.1 + 0.07 * visits$age - 0.4 * (visits$arm == "EKC") + log(visits$months)  + rnorm(16, 0, 0.25)[visits$team])
never <- runif(n) < plogis(-1 + 0.9 * (visits$arm == "EKC"))
visits$problems <- ifelse(never, 0, rnbinom(n, size = 1.8, mu = mu))
visits$times <- sample(c(1, 1, 2, 3), n, replace = TRUE)
visits$precision <- round(runif(n, 0.3, 2), 2)
write_data(visits, "visits")

# Counts that vary less than Poisson counts do, beside zeros of their own.
set.seed(20261202)
calm <- data.frame(arm = rep(c("WT", "EKC"), each = 60))
calm$problems <- ifelse(runif(120) < 0.4, 0, 1 + rbinom(120, 6, ifelse(calm$arm == "EKC", 0.4, 0.6)))
write_data(calm, "calm-counts")

# One arm has no count above one: its rows above zero are all alike.
ones <- data.frame(arm = rep(c("WT", "EKC"), c(14, 10)),
                   problems = c(0, 0, 0, 1, 1, 2, 2, 3, 4, 4, 5, 6, 1, 0, 0, 0, 0, 0, 1, 1, 2, 1, 0, 3))
write_data(ones, "few-counts")

# ---- the likelihoods, written out ----

ln_f <- function(y, mu, family, dispersion) switch(family,
  poisson = dpois(y, mu, log = TRUE),
  geometric = dnbinom(y, size = 1, mu = mu, log = TRUE),
  nbinom1 = dnbinom(y, size = mu / dispersion, mu = mu, log = TRUE),
  nbinom2 = dnbinom(y, size = dispersion, mu = mu, log = TRUE)
)

# By row. `pieces` are y, X, Z, W and the offsets.
ell <- function(theta, pieces, kind, family) with(pieces, {
  p <- ncol(X); q <- ncol(Z)
  mu <- exp(drop(X %*% theta[seq_len(p)]) + offset_x)
  zeta <- drop(Z %*% theta[p + seq_len(q)]) + offset_z
  d <- if (family %in% c("nbinom1", "nbinom2")) exp(drop(W %*% theta[-seq_len(p + q)])) else 1
  f <- ln_f(y, mu, family, d); f0 <- ln_f(0 * y, mu, family, d)
  if (kind == "zero_inflated") {
    ifelse(y == 0, log(plogis(zeta) + plogis(-zeta) * exp(f0)), plogis(-zeta, log.p = TRUE) + f)
  } else {
    ifelse(y == 0, plogis(-zeta, log.p = TRUE), plogis(zeta, log.p = TRUE) + f - log1p(-exp(f0)))
  }
})

# The maximum by Newton's method from close by, with Richardson's derivatives.
polish <- function(start, value) {
  theta <- start
  for (i in 1:20) {
    g <- grad(value, theta); h <- hessian(value, theta)
    step <- solve(h, g)
    theta <- theta - step
    if (max(abs(step) * sqrt(diag(solve(-h)))^-1) < 1e-10) break
  }
  list(theta = theta, h = hessian(value, theta), value = value(theta))
}

of_terms <- function(x, terms, values, se) lapply(seq_along(terms), function(i)
  list(term = terms[i], estimate = unname(values[i]), std_error = unname(se[i])))

# Fits by `start` (a named list of count, zero and dispersion coefficients from R's own fit), polishes,
# and writes the case. `own` is R's own log-likelihood, which must be the one written above.
zeros_case <- function(id, kind, family, r, data, count, zero, start, own, levels = NULL, dispersion = ~ 1,
                       weights = NULL, cluster = NULL, errors = NULL, keep = character(), largest = NULL, note = NULL) {
  d <- read_data(data, levels)
  x <- model.frame(as.formula(count), d); z <- model.frame(as.formula(zero), d)
  or_zero <- function(o) if (is.null(o)) rep(0, nrow(d)) else as.numeric(o)
  pieces <- list(
    y = model.response(x), X = model.matrix(as.formula(count), d), Z = model.matrix(as.formula(zero), d),
    W = model.matrix(dispersion, d), offset_x = or_zero(model.offset(x)), offset_z = or_zero(model.offset(z))
  )
  w <- if (is.null(weights)) rep(1, nrow(d)) else d[[weights$column]]
  value <- function(theta) sum(w * ell(theta, pieces, kind, family))
  stopifnot(abs(value(start) - own) < 1e-6 * abs(own))
  best <- polish(start, value)
  stopifnot(best$value > own - 1e-9, abs(best$value - own) < 1e-3)
  bread <- solve(-best$h)
  p <- ncol(pieces$X); q <- ncol(pieces$Z)
  parts <- list(count = seq_len(p), zero = p + seq_len(q))
  names_of <- list(count = colnames(pieces$X), zero = colnames(pieces$Z))
  if (length(start) > p + q) {
    parts$dispersion <- (p + q + 1):length(start); names_of$dispersion <- colnames(pieces$W)
  }
  all <- list()
  for (part in names(parts)) {
    at <- parts[[part]]
    all[[part]] <- of_terms(NULL, names_of[[part]], best$theta[at], sqrt(diag(bread))[at])
  }
  if (!is.null(parts$dispersion) && ncol(pieces$W) == 1) {
    all$theta <- exp(best$theta[length(start)])
    if (family == "nbinom1") { all$phi <- all$theta; all$theta <- NULL }
  }
  all$log_likelihood <- best$value
  all$aic <- 2 * length(start) - 2 * best$value
  s <- NULL
  for (error in errors) {
    if (is.null(s)) s <- jacobian(function(theta) ell(theta, pieces, kind, family), best$theta)
    meat <- if (error == "hc0") {
      copies <- !is.null(weights) && weights$kind == "frequency"
      crossprod(s * sqrt(if (copies) w else w^2))
    } else {
      sums <- rowsum(s * w, d[[cluster]])
      crossprod(sums) * (if (error == "cr1") nrow(sums) / (nrow(sums) - 1) else 1)
    }
    se <- sqrt(diag(bread %*% meat %*% bread))
    for (part in names(parts)) all[[paste0(part, "_se_", error)]] <- I(unname(se[parts[[part]]]))
  }
  theta <- best$theta
  mu <- exp(drop(pieces$X %*% theta[seq_len(p)]) + pieces$offset_x)
  zeta <- drop(pieces$Z %*% theta[p + seq_len(q)]) + pieces$offset_z
  dis <- if (is.null(parts$dispersion)) 1 else exp(drop(pieces$W %*% theta[parts$dispersion]))
  probability <- function(y) exp(ell(theta, modifyList(pieces, list(y = rep(y, nrow(d)))), kind, family))
  if ("fitted" %in% keep) {
    all$fitted <- if (kind == "zero_inflated") plogis(-zeta) * mu
      else plogis(zeta) * mu / -expm1(ln_f(0 * mu, mu, family, dis))
  }
  if ("zero_probability" %in% keep) all$zero_probability <- probability(0)
  if (!is.null(largest)) {
    counts <- if (!is.null(weights) && weights$kind == "frequency") w else rep(1, nrow(d))
    all$rootogram <- lapply(0:largest, function(y)
      list(count = y, observed = sum(counts[pieces$y == y]), expected = sum(counts * probability(y))))
  }
  right <- function(f) sub("^.*~ *", "", paste(deparse(as.formula(f), width.cutoff = 500), collapse = ""))
  model <- list(kind = kind, formula = paste(count, "|", right(zero)), family = family)
  if (ncol(pieces$W) > 1) model$dispersion <- paste("~", right(dispersion))
  model <- c(model, if (!is.null(weights)) list(weights = weights), if (!is.null(cluster)) list(cluster = cluster))
  write_case(paste0("zeros/", id), model, r, all, data, levels, relative = 1e-6, absolute = 1e-9, note = note)
}

arms <- list(arm = c("WT", "EKC"))
people <- list(fem = c("Men", "Women"), mar = c("Married", "Single"))
biochemists <- read_data("biochemists", people)
visits <- read_data("visits", arms)
calm <- read_data("calm-counts", arms)
few <- read_data("few-counts", arms)
of_pscl <- function(m) c(coef(m, "count"), coef(m, "zero"), if (identical(m$dist, "negbin")) log(m$theta))
of_tmb <- function(m) c(fixef(m)$cond, fixef(m)$zi, fixef(m)$disp)

# ---- zero-inflated and hurdle models ----

zi <- zeroinfl(art ~ fem + mar + kid5 + phd + ment | ment + kid5, data = biochemists, dist = "negbin", reltol = 1e-12)
zeros_case("inflated-nbinom2", "zero_inflated", "nbinom2", "pscl::zeroinfl(art ~ fem + mar + kid5 + phd + ment | ment + kid5, dist = 'negbin'), polished",
  "biochemists", "art ~ fem + mar + kid5 + phd + ment", art ~ ment + kid5, of_pscl(zi), as.numeric(logLik(zi)), people, largest = 12)

hu <- hurdle(art ~ fem + mar + kid5 + phd + ment | fem + ment, data = biochemists, dist = "negbin", reltol = 1e-12)
zeros_case("hurdle-nbinom2", "hurdle", "nbinom2", "pscl::hurdle(art ~ fem + mar + kid5 + phd + ment | fem + ment, dist = 'negbin'), polished",
  "biochemists", "art ~ fem + mar + kid5 + phd + ment", art ~ fem + ment, c(coef(hu, "count"), coef(hu, "zero"), log(hu$theta[["count"]])), as.numeric(logLik(hu)), people, largest = 12)

zg <- zeroinfl(art ~ fem + ment | ment, data = biochemists, dist = "geometric", reltol = 1e-12)
zeros_case("inflated-geometric", "zero_inflated", "geometric", "pscl::zeroinfl(art ~ fem + ment | ment, dist = 'geometric'), polished",
  "biochemists", "art ~ fem + ment", art ~ ment, c(coef(zg, "count"), coef(zg, "zero")), as.numeric(logLik(zg)), people)

hg <- hurdle(art ~ fem + ment | ment, data = biochemists, dist = "geometric", reltol = 1e-12)
zeros_case("hurdle-geometric", "hurdle", "geometric", "pscl::hurdle(art ~ fem + ment | ment, dist = 'geometric'), polished",
  "biochemists", "art ~ fem + ment", art ~ ment, c(coef(hg, "count"), coef(hg, "zero")), as.numeric(logLik(hg)), people)

zo <- zeroinfl(problems ~ arm + age + offset(log(months)) | arm + offset(age / 10), data = visits, dist = "negbin", reltol = 1e-12)
zeros_case("inflated-offsets", "zero_inflated", "nbinom2", "pscl::zeroinfl(problems ~ arm + age + offset(log(months)) | arm + offset(age / 10), dist = 'negbin'), polished; the rows of the scores by numDeriv::jacobian",
  "visits", "problems ~ arm + age + offset(log(months))", problems ~ arm + offset(age / 10), c(coef(zo, "count"), coef(zo, "zero"), log(zo$theta)), as.numeric(logLik(zo)), arms,
  cluster = "team", errors = c("hc0", "cr0", "cr1"), keep = c("fitted", "zero_probability"))

ho <- hurdle(problems ~ arm + age + offset(log(months)) | arm + age, data = visits, dist = "poisson", reltol = 1e-12)
zeros_case("hurdle-offset-clusters", "hurdle", "poisson", "pscl::hurdle(problems ~ arm + age + offset(log(months)) | arm + age, dist = 'poisson'), polished; the rows of the scores by numDeriv::jacobian",
  "visits", "problems ~ arm + age + offset(log(months))", problems ~ arm + age, c(coef(ho, "count"), coef(ho, "zero")), as.numeric(logLik(ho)), arms,
  cluster = "team", errors = c("hc0", "cr0"), keep = c("fitted", "zero_probability"))

zf <- zeroinfl(problems ~ arm + age | arm, data = visits, dist = "poisson", weights = times, reltol = 1e-12)
zeros_case("inflated-frequency-weights", "zero_inflated", "poisson", "pscl::zeroinfl(problems ~ arm + age | arm, weights = times), polished",
  "visits", "problems ~ arm + age", problems ~ arm, c(coef(zf, "count"), coef(zf, "zero")), as.numeric(logLik(zf)), arms,
  weights = list(column = "times", kind = "frequency"), errors = "hc0", largest = 6)

hp <- hurdle(problems ~ arm + age | age, data = visits, dist = "negbin", weights = precision, reltol = 1e-12)
zeros_case("hurdle-precision-weights", "hurdle", "nbinom2", "pscl::hurdle(problems ~ arm + age | age, dist = 'negbin', weights = precision), polished",
  "visits", "problems ~ arm + age", problems ~ age, c(coef(hp, "count"), coef(hp, "zero"), log(hp$theta[["count"]])), as.numeric(logLik(hp)), arms,
  weights = list(column = "precision", kind = "precision"), errors = "hc0")

t1 <- glmmTMB(problems ~ arm + age + offset(log(months)), ziformula = ~ arm, family = nbinom1, data = visits)
zeros_case("inflated-nbinom1", "zero_inflated", "nbinom1", "glmmTMB::glmmTMB(problems ~ arm + age + offset(log(months)), ziformula = ~ arm, family = nbinom1), polished",
  "visits", "problems ~ arm + age + offset(log(months))", problems ~ arm, of_tmb(t1), as.numeric(logLik(t1)), arms)

td <- glmmTMB(problems ~ arm + age + offset(log(months)), ziformula = ~ 1, dispformula = ~ arm, family = nbinom2, data = visits)
zeros_case("inflated-dispersion-by-arm", "zero_inflated", "nbinom2", "glmmTMB::glmmTMB(problems ~ arm + age + offset(log(months)), ziformula = ~ 1, dispformula = ~ arm, family = nbinom2), polished",
  "visits", "problems ~ arm + age + offset(log(months))", problems ~ 1, of_tmb(td), as.numeric(logLik(td)), arms, dispersion = ~ arm)

h1 <- glmmTMB(problems ~ arm + age, ziformula = ~ arm, family = truncated_nbinom1, data = visits)
zeros_case("hurdle-nbinom1", "hurdle", "nbinom1", "glmmTMB::glmmTMB(problems ~ arm + age, ziformula = ~ arm, family = truncated_nbinom1), the signs of the zero part turned, polished",
  "visits", "problems ~ arm + age", problems ~ arm, c(fixef(h1)$cond, -fixef(h1)$zi, fixef(h1)$disp), as.numeric(logLik(h1)), arms)

hf <- hurdle(problems ~ arm | arm, data = few, dist = "poisson", reltol = 1e-12)
zeros_case("hurdle-few-rows", "hurdle", "poisson", "pscl::hurdle(problems ~ arm | arm), polished",
  "few-counts", "problems ~ arm", problems ~ arm, c(coef(hf, "count"), coef(hf, "zero")), as.numeric(logLik(hf)), arms, keep = c("fitted", "zero_probability"))

# Counts that vary less than Poisson's: θ runs to infinity, and the Poisson model is what is left.
hc <- hurdle(problems ~ arm | arm, data = calm, dist = "poisson", reltol = 1e-12)
zeros_case("hurdle-theta-at-its-edge", "hurdle", "poisson", "pscl::hurdle(problems ~ arm | arm, dist = 'poisson'), polished",
  "calm-counts", "problems ~ arm", problems ~ arm, c(coef(hc, "count"), coef(hc, "zero")), as.numeric(logLik(hc)), arms,
  note = "Underdispersed: a negative binomial has its maximum at theta = infinity, which is this model.")
