# The proof behind explained.toml: standard errors of lme4's fits from the curvature of the log-likelihood
# by all parameters, by two other ways.
#
# The corpus has lme4's errors at fixed variances of the random effects (its fallback, and its answer without
# calc.derivs): they leave out that these variances were estimated too. Run in the folder `reference`.
# R 4.2.2, glmmTMB 1.1.5 (Laplace: automatic differentiation), numDeriv 2016.8 (quadrature: the marginal
# likelihood written out below).

suppressPackageStartupMessages({
  library(glmmTMB)
  library(numDeriv)
})
far <- glmmTMBControl(optCtrl = list(iter.max = 2000, eval.max = 4000, rel.tol = 1e-15, x.tol = 0))
cbpp <- read.csv("data/cbpp.csv"); cbpp$period <- factor(cbpp$period)
epil <- read.csv("data/epil.csv"); epil$trt <- factor(epil$trt, levels = c("placebo", "progabide"))
ohio <- read.csv("data/ohio.csv")
show <- function(name, b, s) { cat(name, "\n"); print(cbind(b, s), digits = 12) }
laplace <- function(name, m) show(name, fixef(m)$cond, sqrt(diag(vcov(m)$cond)))
laplace("cbpp-binomial-laplace",
        glmmTMB(cbind(incidence, healthy) ~ period + (1 | herd), cbpp, binomial, control = far))
laplace("epil-poisson",
        glmmTMB(y ~ lbase4 * trt + lage + V4 + (1 | subject), epil, poisson, control = far))
laplace("ohio-bernoulli-laplace",
        glmmTMB(resp ~ age * smoke + (1 | id), ohio, binomial, control = far))

# Adaptive quadrature, written out: mode by Newton, nodes are the eigenvalues of the Jacobi matrix.
rule <- function(m) {
  x <- eigen(outer(1:m, 1:m, function(i, j) ifelse(abs(i - j) == 1, sqrt(pmin(i, j) / 2), 0)), symmetric = TRUE)$values
  # One over the sum of the squares of the orthonormal polynomials: small weights keep their digits.
  before <- 0 * x; p <- 0 * x + pi^-0.25; sum <- p^2
  for (j in seq_len(m - 1)) {
    after <- (x * p - sqrt((j - 1) / 2) * before) / sqrt(j / 2)
    before <- p; p <- after; sum <- sum + p^2
  }
  list(x = x, w = 1 / sum)
}
marginal <- function(par, X, s, n, g, r) {
  k <- ncol(X); sd <- par[k + 1]; eta <- drop(X %*% par[1:k])
  u <- rep(0, max(g))
  for (i in 1:50) {
    p <- plogis(eta + sd * u[g])
    step <- (rowsum(sd * (s - n * p), g) - u) / (1 + rowsum(sd^2 * n * p * (1 - p), g))
    u <- u + pmin(pmax(step, -0.5), 0.5)
  }
  p <- plogis(eta + sd * u[g])
  h <- drop(1 + rowsum(sd^2 * n * p * (1 - p), g))
  each <- sapply(seq_along(r$x), function(j) {
    v <- drop(u) + sqrt(2 / h) * r$x[j]
    drop(rowsum(dbinom(s, n, plogis(eta + sd * v[g]), log = TRUE), g)) - v^2 / 2 + log(r$w[j]) + r$x[j]^2
  })
  top <- apply(each, 1, max)
  sum(top + log(rowSums(exp(each - top))) - 0.5 * log(h) - 0.5 * log(pi))
}
nodes <- function(name, X, s, n, g, m, start) {
  f <- function(par) -marginal(par, X, s, n, g, rule(m))
  best <- optim(start, f, method = "BFGS", control = list(reltol = 1e-15, maxit = 500))
  for (i in 1:3) best$par <- best$par - solve(hessian(f, best$par), grad(f, best$par))
  k <- ncol(X)
  show(sprintf("%s: log-likelihood %.9f, sd %.9f", name, -f(best$par), best$par[k + 1]),
       best$par[1:k], sqrt(diag(solve(hessian(f, best$par))))[1:k])
}
nodes("cbpp-binomial-agq9", model.matrix(~ period, cbpp), cbpp$incidence, cbpp$incidence + cbpp$healthy,
      as.integer(factor(cbpp$herd)), 9, c(-1.4, -1, -1.1, -1.6, 0.6))
nodes("ohio-bernoulli-agq25", model.matrix(~ age * smoke, ohio), ohio$resp, rep(1, nrow(ohio)),
      as.integer(factor(ohio$id)), 25, c(-3.1, -0.2, 0.46, 0.1, 2.2))
