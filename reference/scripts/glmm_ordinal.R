# Mixed models of ordered levels: the drawn grades and their cases of `glmm/`.
#
# Run in the folder `reference`: Rscript scripts/glmm_ordinal.R. R 4.2.2 with numDeriv 2016.8 and, for two levels,
# glmmTMB 1.1.5 (Debian 12, which has no ordinal::clmm). The marginal likelihood is written out below: the density of
# a level by the distribution functions of R, the mode of each family by Newton's method, then Laplace's approximation
# or Gauss and Hermite's nodes around it; with 25 nodes it is checked against `integrate`, family by family.

source("scripts/corpus.R")
suppressPackageStartupMessages({
  library(numDeriv)
  library(glmmTMB)
})

# 70 families, three to six waves: a grade of five, coarser ones of three and two; months at risk, a weight.
set.seed(51123)
families <- 70
waves <- rep(3:6, length.out = families)
d <- data.frame(family = rep(seq_len(families), waves), wave = sequence(waves) - 1)
d$arm <- ifelse(d$family %% 2 == 0, "EKC", "WT")
n <- nrow(d)
u <- rnorm(families, 0, 1.2)[d$family]
slope <- rnorm(families, 0, 0.35)[d$family]
eta <- 0.8 * (d$arm == "EKC") + 0.25 * d$wave + u + slope * d$wave
latent <- eta + rlogis(n)
d$grade <- c("far worse", "worse", "same", "better", "far better")[findInterval(latent, c(-1.6, -0.2, 1, 2.6)) + 1]
d$trend <- ifelse(latent < -0.4, "down", ifelse(latent < 1.3, "flat", "up"))
d$half <- ifelse(latent < 0.7, "low", "high")
d$shift <- round(runif(n, -1, 1), 2)
d$copies <- sample(1:3, n, replace = TRUE)
write_data(d, "glmm-grades")

levels <- list(family = as.character(seq_len(families)), arm = c("WT", "EKC"),
               grade = c("far worse", "worse", "same", "better", "far better"), trend = c("down", "flat", "up"),
               half = c("low", "high"))
p <- read_data("glmm-grades", levels)
g <- as.integer(p$family)

# F, f and f' of the three links; an end that is not there is infinite.
links <- list(
  logit = list(F = plogis, f = dlogis, df = function(x) ifelse(is.finite(x), dlogis(x) * (1 - 2 * plogis(x)), 0)),
  probit = list(F = pnorm, f = dnorm, df = function(x) ifelse(is.finite(x), -x * dnorm(x), 0)),
  cloglog = list(F = function(x) -expm1(-exp(x)), f = function(x) ifelse(is.finite(x), exp(x - exp(x)), 0),
                 df = function(x) ifelse(is.finite(x), exp(x - exp(x)) * (1 - exp(x)), 0)))

# ln P of each row at eta with the first two derivatives.
level <- function(link, y, alpha, eta) {
  ends <- c(-Inf, alpha, Inf)
  a <- ends[y + 1] - eta; b <- ends[y] - eta
  P <- pmax(link$F(a) - link$F(b), 1e-300)
  d1 <- -(link$f(a) - link$f(b)) / P
  list(ln = log(P), d1 = d1, d2 = (link$df(a) - link$df(b)) / P - d1^2)
}

# Nodes are the eigenvalues of the Jacobi matrix; one over the sum of squares of orthonormal polynomials is the weight.
rule <- function(m) {
  if (m == 1) return(list(x = 0, w = sqrt(pi)))
  x <- eigen(outer(1:m, 1:m, function(i, j) ifelse(abs(i - j) == 1, sqrt(pmin(i, j) / 2), 0)), symmetric = TRUE)$values
  before <- 0 * x; now <- 0 * x + pi^-0.25; sum <- now^2
  for (j in seq_len(m - 1)) {
    after <- (x * now - sqrt((j - 1) / 2) * before) / sqrt(j / 2)
    before <- now; now <- after; sum <- sum + now^2
  }
  list(x = x, w = 1 / sum)
}

# ln of each family's integral with one effect: par is alpha, beta, sd.
one_effect <- function(par, s) {
  k <- s$cuts; q <- ncol(s$X)
  alpha <- par[1:k]; sd <- par[k + q + 1]
  eta <- drop(s$X %*% par[k + seq_len(q)]) + s$offset
  if (is.unsorted(alpha, strictly = TRUE)) return(rep(-1e10, max(g)))
  u <- rep(0, max(g))
  for (i in 1:100) {
    at <- level(s$link, s$y, alpha, eta + sd * u[g])
    step <- (rowsum(sd * s$w * at$d1, g) - u) / (1 - rowsum(sd^2 * s$w * at$d2, g))
    if (!all(is.finite(step))) return(rep(-1e10, max(g)))
    u <- u + pmin(pmax(drop(step), -1), 1)
    if (max(abs(step)) < 1e-13) break
  }
  h <- drop(1 - rowsum(sd^2 * s$w * level(s$link, s$y, alpha, eta + sd * u[g])$d2, g))
  r <- rule(s$nodes)
  each <- sapply(seq_along(r$x), function(j) {
    v <- u + sqrt(2 / h) * r$x[j]
    drop(rowsum(s$w * level(s$link, s$y, alpha, eta + sd * v[g])$ln, g)) - v^2 / 2 + log(r$w[j]) + r$x[j]^2
  })
  each <- matrix(each, nrow = max(g))
  top <- apply(each, 1, max)
  top + log(rowSums(exp(each - top))) - 0.5 * log(h) - 0.5 * log(pi)
}

# The same by `integrate`, family by family.
by_integrate <- function(par, s) {
  k <- s$cuts; q <- ncol(s$X)
  alpha <- par[1:k]; sd <- par[k + q + 1]
  eta <- drop(s$X %*% par[k + seq_len(q)]) + s$offset
  sapply(seq_len(max(g)), function(j) {
    own <- which(g == j)
    f <- function(u) sapply(u, function(u)
      exp(sum(s$w[own] * level(s$link, s$y[own], alpha, eta[own] + sd * u)$ln)) * dnorm(u))
    log(integrate(f, -9, 9, rel.tol = 1e-11, subdivisions = 1000)$value)
  })
}

# Laplace with an intercept and a slope: par is alpha, beta and the lower triangle of the root of the covariance.
two_effects <- function(par, s) {
  k <- s$cuts; q <- ncol(s$X)
  alpha <- par[1:k]; l <- par[k + q + 1:3]
  eta <- drop(s$X %*% par[k + seq_len(q)]) + s$offset
  if (is.unsorted(alpha, strictly = TRUE)) return(rep(-1e10, max(g)))
  a <- cbind(l[1] + l[2] * p$wave, l[3] * p$wave)
  u <- matrix(0, max(g), 2)
  bend <- function(at) cbind(1 - rowsum(s$w * at$d2 * a[, 1]^2, g), -rowsum(s$w * at$d2 * a[, 1] * a[, 2], g),
                             1 - rowsum(s$w * at$d2 * a[, 2]^2, g))
  for (i in 1:100) {
    at <- level(s$link, s$y, alpha, eta + rowSums(a * u[g, ]))
    slope <- rowsum(s$w * at$d1 * a, g) - u
    h <- bend(at)
    det <- h[, 1] * h[, 3] - h[, 2]^2
    step <- cbind(h[, 3] * slope[, 1] - h[, 2] * slope[, 2], h[, 1] * slope[, 2] - h[, 2] * slope[, 1]) / det
    if (!all(is.finite(step))) return(rep(-1e10, max(g)))
    u <- u + pmin(pmax(step, -1), 1)
    if (max(abs(step)) < 1e-13) break
  }
  at <- level(s$link, s$y, alpha, eta + rowSums(a * u[g, ]))
  h <- bend(at)
  drop(rowsum(s$w * at$ln, g)) - rowSums(u^2) / 2 - 0.5 * log(h[, 1] * h[, 3] - h[, 2]^2)
}

fit <- function(y, link, nodes = 1, each = one_effect, weights = rep(1, n), offset = rep(0, n), start = NULL) {
  s <- list(X = cbind(armEKC = as.numeric(p$arm == "EKC"), wave = p$wave), y = as.integer(y), link = links[[link]],
            cuts = nlevels(y) - 1, nodes = nodes, w = weights, offset = offset)
  f <- function(par) -sum(each(par, s))
  share <- cumsum(table(y))[seq_len(s$cuts)] / n
  roots <- if (identical(each, one_effect)) 0.8 else c(0.8, 0, 0.3)
  best <- optim(c(qlogis(share), 0, 0, roots), f, method = "BFGS", control = list(reltol = 1e-15, maxit = 1000))
  for (i in 1:4) best$par <- best$par - solve(hessian(f, best$par), grad(f, best$par))
  list(par = best$par, ll = -f(best$par), v = solve(hessian(f, best$par)), s = s)
}

coefficient_rows <- function(names, estimate, v) lapply(seq_along(names), function(i)
  list(term = names[i], estimate = unname(estimate[i]), std_error = sqrt(v[i, i])))
row <- function(one, two, covariance, other) {
  r <- list(group = "family", term1 = one, term2 = two, covariance = covariance, sd_or_correlation = other)
  if (is.null(two)) r["term2"] <- list(NULL)
  r
}

case <- function(name, response, model, r, m, note = NULL) {
  k <- m$s$cuts
  l <- m$par[-seq_len(k + 2)]
  varcorr <- if (length(l) == 1) list(row("(Intercept)", NULL, l^2, abs(l))) else {
    v <- tcrossprod(matrix(c(l[1], l[2], 0, l[3]), 2))
    list(row("(Intercept)", NULL, v[1, 1], sqrt(v[1, 1])), row("wave", NULL, v[2, 2], sqrt(v[2, 2])),
         row("(Intercept)", "wave", v[1, 2], v[1, 2] / sqrt(v[1, 1] * v[2, 2])))
  }
  names <- levels[[response]]
  expected <- list(
    n_obs = n, log_likelihood = m$ll, aic = -2 * m$ll + 2 * length(m$par),
    fixed = coefficient_rows(colnames(m$s$X), m$par[k + 1:2], m$v[k + 1:2, k + 1:2]),
    thresholds = I(coefficient_rows(paste(head(names, -1), tail(names, -1), sep = "|"), m$par[1:k],
                                    m$v[1:k, 1:k, drop = FALSE])),
    varcorr = I(varcorr))
  cat(name, m$ll, m$par, "\n")
  write_case(paste0("glmm/", name), c(list(kind = "glmm"), model), r, expected, "glmm-grades",
             levels[c("family", "arm", response)], relative = 1e-4, note = note)
}
written <- "the marginal likelihood written out in scripts/glmm_ordinal.R"
random <- "arm + wave + (1 | family)"

m <- fit(p$grade, "logit", 25)
stopifnot(max(abs(one_effect(m$par, m$s) - by_integrate(m$par, m$s))) < 1e-7)
case("levels-logit-agq25", "grade", list(formula = paste("grade ~", random), family = "cumulative", n_agq = 25),
     paste(written, "with 25 nodes; integrate() agrees"), m)
case("levels-logit-laplace", "grade", list(formula = paste("grade ~", random), family = "cumulative"),
     paste(written, "by Laplace"), fit(p$grade, "logit"))
case("levels-probit", "trend", list(formula = paste("trend ~", random), family = "cumulative", link = "probit"),
     paste(written, "by Laplace"), fit(p$trend, "probit"))
case("levels-cloglog", "trend", list(formula = paste("trend ~", random), family = "cumulative", link = "cloglog", n_agq = 9),
     paste(written, "with 9 nodes"), fit(p$trend, "cloglog", 9))
case("levels-offset-weights", "trend",
     list(formula = paste("trend ~ arm + wave + offset(shift) + (1 | family)"), family = "cumulative",
          weights = list(column = "copies", kind = "precision")),
     paste(written, "by Laplace"), fit(p$trend, "logit", weights = p$copies, offset = p$shift))
case("levels-slopes", "grade", list(formula = "grade ~ arm + wave + (1 + wave | family)", family = "cumulative"),
     paste(written, "by Laplace, two effects"), fit(p$grade, "logit", each = two_effects))

# Two levels are yes or no: the threshold is the intercept with its sign turned.
b <- glmmTMB(half ~ arm + wave + (1 | family), p, binomial,
             control = glmmTMBControl(optCtrl = list(iter.max = 2000, eval.max = 4000, rel.tol = 1e-14, x.tol = 0)))
v <- vcov(b)$cond
m <- list(par = c(-fixef(b)$cond[1], fixef(b)$cond[2:3], sqrt(VarCorr(b)$cond$family[1])), ll = as.numeric(logLik(b)),
          v = v, s = list(cuts = 1, X = cbind(armEKC = 0, wave = p$wave)))
case("levels-two", "half", list(formula = paste("half ~", random), family = "cumulative"),
     "glmmTMB(half ~ arm + wave + (1 | family), binomial) 1.1.5; the threshold is the intercept with its sign turned", m)
