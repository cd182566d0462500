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
                       weights = NULL, cluster = NULL, errors = NULL, keep = character(), largest = NULL, edge = FALSE, note = NULL) {
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
  # A negative binomial at its edge has the Poisson model's figures and one parameter more.
  if (edge) all["theta"] <- list(NULL)
  all$log_likelihood <- best$value
  all$aic <- 2 * (length(start) + edge) - 2 * best$value
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
  model <- list(kind = kind, formula = paste(count, "|", right(zero)), family = if (edge) "nbinom2" else family)
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
  "calm-counts", "problems ~ arm", problems ~ arm, c(coef(hc, "count"), coef(hc, "zero")), as.numeric(logLik(hc)), arms, edge = TRUE,
  note = "Underdispersed: a negative binomial has its maximum at theta = infinity, which is this model.")

# ---- ordinal: cumulative link models ----

data(housing, package = "MASS")
write_data(setNames(housing, tolower(names(housing))), "housing")

# Grades from one to six in teams, a few of them at the ends; a year far from zero.
set.seed(20261203)
n <- 150
grades <- data.frame(team = rep(1:15, each = 10), arm = sample(c("WT", "EKC"), n, replace = TRUE),
                     year = sample(2009:2015, n, replace = TRUE), start = round(rnorm(n), 2))
latent <- 0.8 * (grades$arm == "EKC") + 0.2 * (grades$year - 2012) + 0.5 * grades$start + rnorm(15, 0, 0.5)[grades$team] + rlogis(n)
grades$grade <- as.integer(cut(latent, c(-Inf, -3, -1.5, 0, 1.2, 2.6, Inf)))
grades$precision <- round(runif(n, 0.3, 2), 2)
grades$half <- ifelse(grades$grade > 3, "high", "low")
write_data(grades, "grades")

housing_levels <- list(sat = c("Low", "Medium", "High"), infl = c("Low", "Medium", "High"),
                       type = c("Tower", "Apartment", "Atrium", "Terrace"), cont = c("Low", "High"))
housing <- read_data("housing", housing_levels)
grade_levels <- c(arms, list(grade = as.character(1:6)))
grades <- read_data("grades", c(grade_levels, list(half = c("low", "high"))))
exact <- clm.control(gradTol = 1e-9, maxIter = 200)

f_of <- list(logit = plogis, probit = pnorm, cloglog = function(x) -expm1(-exp(x)), loglog = function(x) exp(-exp(-x)))

# ln P of every level by row, with a slope for each threshold if `theta` is that long.
ln_levels <- function(theta, X, offset, link, cuts) {
  p <- ncol(X)
  F <- f_of[[link]]
  slopes <- if (length(theta) > cuts + p) matrix(theta[-seq_len(cuts)], p) else matrix(theta[-seq_len(cuts)], p, cuts)
  a <- rep(1, nrow(X)) %o% theta[seq_len(cuts)] - X %*% slopes - offset
  upper <- cbind(F(a), 1); lower <- cbind(0, F(a))
  log(upper - lower)
}

ordinal_case <- function(id, r, m, data, formula, link, levels, weights = NULL, cluster = NULL, errors = NULL,
                         keep = character(), profile = FALSE, note = NULL) {
  d <- read_data(data, levels)
  frame <- model.frame(as.formula(formula), d)
  X <- model.matrix(as.formula(formula), d)[, -1, drop = FALSE]
  y <- as.integer(model.response(frame))
  offset <- if (is.null(model.offset(frame))) 0 else model.offset(frame)
  w <- if (is.null(weights)) rep(1, nrow(d)) else d[[weights$column]]
  cuts <- max(y) - 1
  rows <- function(theta) ln_levels(theta, X, offset, link, cuts)[cbind(seq_along(y), y)]
  value <- function(theta) sum(w * rows(theta))
  # Columns are centred before anything is differentiated numerically; the thresholds take the rest.
  centre <- colMeans(X)
  X <- sweep(X, 2, centre)
  to_centred <- diag(cuts + ncol(X))
  to_centred[seq_len(cuts), -seq_len(cuts)] <- rep(-centre, each = cuts)
  own <- unname(coef(m))
  theta <- drop(to_centred %*% own)
  stopifnot(abs(value(theta) - as.numeric(logLik(m))) < 1e-9 * abs(value(theta)))
  se <- unname(sqrt(diag(vcov(m))))
  slopes <- cuts + seq_len(ncol(X))
  all <- list(
    coefficients = of_terms(NULL, colnames(X), own[slopes], se[slopes]),
    thresholds = of_terms(NULL, names(coef(m))[seq_len(cuts)], own[seq_len(cuts)], se[seq_len(cuts)]),
    log_likelihood = as.numeric(logLik(m)), aic = AIC(m)
  )
  if (length(errors)) {
    s <- jacobian(rows, theta) %*% to_centred
    bread <- solve(to_centred, t(solve(to_centred, solve(-hessian(value, theta)))))
    for (error in errors) {
      meat <- if (error == "hc0") crossprod(s * w) else {
        sums <- rowsum(s * w, d[[cluster]])
        crossprod(sums) * (if (error == "cr1") nrow(sums) / (nrow(sums) - 1) else 1)
      }
      of <- sqrt(diag(bread %*% meat %*% bread))
      all[[paste0("coefficients_se_", error)]] <- I(of[slopes])
      all[[paste0("thresholds_se_", error)]] <- I(of[seq_len(cuts)])
    }
  }
  if ("probabilities" %in% keep) all$probabilities <- rows_of(exp(ln_levels(theta, X, offset, link, cuts)))
  if ("proportional" %in% keep) {
    wide <- c(theta[seq_len(cuts)], rep(theta[slopes], cuts))
    u <- grad(function(t) sum(w * ln_levels(t, X, offset, link, cuts)[cbind(seq_along(y), y)]), wide)
    by_level <- jacobian(function(t) as.numeric(ln_levels(t, X, offset, link, cuts)), wide)
    p <- as.numeric(exp(ln_levels(wide, X, offset, link, cuts)))
    information <- crossprod(by_level * sqrt(p * rep(w, cuts + 1)))
    # Only the columns `places` may have another slope at the thresholds after the first.
    score_test <- function(label, places) {
      k <- ncol(X)
      expand <- cbind(diag(nrow(information))[, seq_len(cuts)],
                      rbind(matrix(0, cuts, k), do.call(rbind, rep(list(diag(k)), cuts))))
      for (j in 2:cuts) for (s in places) {
        e <- rep(0, nrow(information)); e[cuts + (j - 1) * k + s] <- 1
        expand <- cbind(expand, e)
      }
      v <- crossprod(expand, u)
      statistic <- sum(v * solve(crossprod(expand, information %*% expand), v))
      df <- length(places) * (cuts - 1)
      list(label = label, statistic = statistic, df = df, p_value = pchisq(statistic, df, lower.tail = FALSE))
    }
    assign <- attr(model.matrix(as.formula(formula), d), "assign")[-1]
    names_of <- attr(terms(as.formula(formula)), "term.labels")
    all$proportional <- c(list(score_test("all coefficients", seq_len(ncol(X)))),
      lapply(seq_along(names_of), function(t) score_test(names_of[t], which(assign == t))))
  }
  if (profile) {
    # The ends by root finding on clm's own likelihood, each point a fit beside an offset.
    top <- as.numeric(logLik(m))
    end <- function(k, side) {
      along <- function(v) {
        others <- X[, -k, drop = FALSE]
        fit <- optim(theta[-(cuts + k)], function(t)
          -sum(w * ln_levels(t, others, offset + v * X[, k], link, cuts)[cbind(seq_along(y), y)]),
          method = "BFGS", control = list(reltol = 1e-15, maxit = 1000))
        theta_hat <- polish(fit$par, function(t) sum(w * ln_levels(t, others, offset + v * X[, k], link, cuts)[cbind(seq_along(y), y)]))
        sqrt(2 * (top - theta_hat$value)) - qnorm(0.975)
      }
      at <- theta[cuts + k]
      uniroot(along, sort(at + side * c(1, 3.5) * se[cuts + k]), tol = 1e-9)$root
    }
    all$profile_low <- I(sapply(seq_len(ncol(X)), end, side = -1))
    all$profile_high <- I(sapply(seq_len(ncol(X)), end, side = 1))
  }
  model <- c(list(kind = "ordinal", formula = formula, link = link),
             if (!is.null(weights)) list(weights = weights), if (!is.null(cluster)) list(cluster = cluster))
  write_case(paste0("ordinal/", id), model, r, all, data, levels, relative = 1e-6, absolute = 1e-9, note = note)
}

satisfied <- "sat ~ infl + type + cont"
for (link in names(f_of)) {
  m <- clm(as.formula(satisfied), data = transform(housing, sat = ordered(sat)), weights = housing$freq, link = link, control = exact)
  ordinal_case(paste0("housing-", link),
    paste0("ordinal::clm(", satisfied, ", weights = freq, link = '", link, "'); the score test by numDeriv"),
    m, "housing", satisfied, link, housing_levels, weights = list(column = "freq", kind = "frequency"),
    keep = c("proportional", if (link == "logit") "probabilities"))
}
p <- polr(as.formula(satisfied), data = transform(housing, sat = ordered(sat)), weights = housing$freq, Hess = TRUE)
stopifnot(abs(as.numeric(logLik(p)) - as.numeric(logLik(clm(as.formula(satisfied), data = transform(housing, sat = ordered(sat)), weights = housing$freq)))) < 1e-6)
write_case("ordinal/housing-polr", list(kind = "ordinal", formula = satisfied, link = "logit", weights = list(column = "freq", kind = "frequency")),
  paste0("MASS::polr(", satisfied, ", weights = freq, Hess = TRUE)"),
  list(coefficients = of_terms(NULL, names(coef(p)), coef(p), sqrt(diag(vcov(p)))),
       thresholds = of_terms(NULL, names(p$zeta), p$zeta, sqrt(diag(vcov(p)))[-seq_along(coef(p))]),
       log_likelihood = as.numeric(logLik(p))),
  "housing", housing_levels, relative = 1e-3, note = "polr stops early and differentiates numerically.")

judged <- "grade ~ arm + year + start"
m <- clm(as.formula(judged), data = transform(grades, grade = ordered(grade)), control = clm.control(gradTol = 1e-8, maxIter = 200))
ordinal_case("grades-clusters", paste0("ordinal::clm(", judged, "); scores and the score test by numDeriv, profile ends by uniroot"), m,
  "grades", judged, "logit", grade_levels, cluster = "team", errors = c("hc0", "cr0", "cr1"), keep = "proportional", profile = TRUE)
given <- "grade ~ arm + offset(start / 2)"
m <- clm(as.formula(given), data = transform(grades, grade = ordered(grade)), weights = precision, link = "probit", control = exact)
ordinal_case("grades-offset-precision", paste0("ordinal::clm(", given, ", weights = precision, link = 'probit')"), m,
  "grades", given, "probit", grade_levels, weights = list(column = "precision", kind = "precision"), errors = "hc0", keep = "probabilities")

# Two levels: the logistic model with the other sign of the intercept.
two <- "half ~ arm + start"
g <- glm(half ~ arm + start, family = binomial, data = grades, epsilon = 1e-14, maxit = 100)
s <- sqrt(diag(vcov(g)))
write_case("ordinal/two-levels", list(kind = "ordinal", formula = two, link = "logit"), paste0("glm(", two, ", family = binomial); the threshold is the intercept with the other sign"),
  list(coefficients = of_terms(NULL, names(coef(g))[-1], coef(g)[-1], s[-1]),
       thresholds = of_terms(NULL, "low|high", -coef(g)[1], s[1]), log_likelihood = as.numeric(logLik(g))),
  "grades", c(arms, list(half = c("low", "high"))), relative = 1e-8)

# ---- residuals: where counts lie in their distribution, and the tests ----

# P(less), P(as much), P(more); the number of zeros by convolution; the fourth moments by summing.
residual_case <- function(id, model, r, data, levels, probability, y, tail, largest = 3000) {
  k <- 0:largest
  pmf <- sapply(k, probability)
  mean <- drop(pmf %*% k)
  variance <- rowSums(pmf * outer(mean, k, function(m, k) (k - m)^2))
  fourth <- rowSums(pmf * outer(mean, k, function(m, k) (k - m)^4))
  ratio <- mean((y - mean)^2 / variance)
  se <- sqrt(sum(fourth / variance^2 - 1)) / length(y)
  zeros <- 1
  for (p in pmf[, 1]) zeros <- c(zeros * (1 - p), 0) + c(0, zeros * p)
  seen <- sum(y == 0)
  both <- 2 * min(sum(zeros[seq_len(seen + 1)]), sum(zeros[(seen + 1):length(zeros)]))
  at <- pmf[cbind(seq_along(y), y + 1)]
  below <- rowSums(pmf * outer(y, k, ">"))
  write_case(paste0("residuals/", id), model, r, list(
    below = I(below), at = I(at), above = I(tail(y)),
    dispersion = list(estimate = ratio, std_error = se, p_value = 2 * pnorm(-abs((ratio - 1) / se))),
    zeros = list(observed = seen, expected = sum(pmf[, 1]), p_value = min(1, both))
  ), data, levels, relative = 1e-5, absolute = 1e-9)
}

ho <- hurdle(problems ~ arm + age | arm, data = visits, dist = "negbin", reltol = 1e-14)
mu <- exp(drop(model.matrix(~ arm + age, visits) %*% coef(ho, "count"))); size <- ho$theta[["count"]]
pass <- plogis(drop(model.matrix(~ arm, visits) %*% coef(ho, "zero")))
f0 <- dnbinom(0, size = size, mu = mu)
residual_case("hurdle-nbinom2", list(kind = "quantile_residual", of = "hurdle", formula = "problems ~ arm + age | arm", family = "nbinom2"),
  "pscl::hurdle(problems ~ arm + age | arm, dist = 'negbin'); dnbinom, pnbinom, sums and a convolution", "visits", arms,
  function(k) if (k == 0) 1 - pass else pass * dnbinom(k, size = size, mu = mu) / (1 - f0), visits$problems,
  function(y) pass * ifelse(y == 0, 1, pnbinom(y, size = size, mu = mu, lower.tail = FALSE) / (1 - f0)))

zi <- zeroinfl(problems ~ arm | arm, data = few, dist = "poisson", reltol = 1e-14)
mu <- exp(drop(model.matrix(~ arm, few) %*% coef(zi, "count"))); never <- plogis(drop(model.matrix(~ arm, few) %*% coef(zi, "zero")))
residual_case("inflated-poisson", list(kind = "quantile_residual", of = "zero_inflated", formula = "problems ~ arm | arm", family = "poisson"),
  "pscl::zeroinfl(problems ~ arm | arm); dpois, ppois, sums and a convolution", "few-counts", arms,
  function(k) (k == 0) * never + (1 - never) * dpois(k, mu), few$problems,
  function(y) (1 - never) * ppois(y, mu, lower.tail = FALSE), largest = 150)

set.seed(20261204)
for (one in list(list(id = "uniformity-few", u = runif(12)), list(id = "uniformity-far", u = runif(60)^2), list(id = "uniformity-many", u = runif(400)))) {
  u <- round(one$u, 6)
  test <- ks.test(u, "punif", exact = TRUE)
  write_case(paste0("residuals/", one$id), list(kind = "uniformity", uniform = u), "ks.test(u, 'punif', exact = TRUE)",
             list(statistic = unname(test$statistic), p_value = test$p.value), relative = 1e-8)
}
