# The group `gee`: marginal models by generalised estimating equations.
#
# R 4.2.2 with geepack 1.3.9 (Debian 12). Run in the folder `reference`: Rscript scripts/gee.R
#
# geepack has coefficients, moments, the robust, model-based and jackknife covariances. The corrections for
# few families, their degrees of freedom, the criteria and the score tests are written out below with dense
# matrices, straight from the papers; where geepack has a figure, both must agree before a case is written.
source("scripts/corpus.R")
suppressPackageStartupMessages(library(geepack))

# --- data --------------------------------------------------------------------------------------------

# Twelve families in six teams and two arms, up to five waves at uneven months, some missing in between:
# counts with an exposure, 0/1, meetings kept of those planned, a score and a length of stay. Simulated.
set.seed(20261122)
local({
  g <- 12
  d <- expand.grid(wave = 1:5, family = 1:g)
  d$month <- c(0, 3, 6, 12, 24)[d$wave]
  d$team <- (d$family - 1) %/% 2 + 1
  d$arm <- ifelse(d$family %in% c(1, 3, 4, 7, 8, 11), "EKC", "WT")
  age <- round(runif(g, 1, 17), 1)
  d$age <- age[d$family]
  u <- rnorm(g, 0, 0.6)[d$family] + rnorm(6, 0, 0.4)[d$team]
  n <- nrow(d)
  e <- as.numeric(stats::filter(rnorm(n), 0.5, "recursive"))
  d$exposure <- round(runif(n, 1, 6), 1)
  d$problems <- rpois(n, exp(0.3 - 0.3 * (d$arm == "EKC") - 0.02 * d$month + 0.7 * u) * d$exposure / 2)
  d$at_home <- rbinom(n, 1, plogis(0.2 + 0.5 * (d$arm == "EKC") + 0.9 * u))
  d$planned <- sample(2:7, n, TRUE)
  d$kept <- rbinom(n, d$planned, plogis(0.5 + u))
  d$missed <- d$planned - d$kept
  d$score <- round(10 + 1.5 * (d$arm == "EKC") - 0.1 * d$month + 2 * u + 1.5 * e, 2)
  d$days <- round(rgamma(n, 3, 3 / exp(2.5 + 0.3 * u)), 1) + 0.1
  d$weight <- round(runif(n, 0.4, 2.2), 2)
  d$root <- round(sqrt(d$month + 1), 4)
  # Out of the middle, at the end, and one family with a single wave.
  d <- d[!(paste(d$family, d$wave) %in% c("2 3", "3 2", "3 4", "5 5", "6 4", "6 5", "8 1", "9 2", "9 3", "9 4",
                                          "10 2", "10 3", "10 4", "10 5", "12 3")), ]
  write_data(d[c("team", "family", "wave", "month", "arm", "age", "exposure", "problems", "at_home", "planned",
                 "kept", "missed", "score", "days", "weight", "root")], "twelve-families")
})

# Sixty families with up to four waves, a quarter of the rows missing. Simulated.
local({
  g <- 60
  d <- expand.grid(wave = 1:4, family = 1:g)
  d$month <- c(0, 3, 6, 12)[d$wave]
  d$arm <- ifelse(d$family %% 2 == 0, "EKC", "WT")
  e <- c(t(chol(0.5^abs(outer(1:4, 1:4, "-")))) %*% matrix(rnorm(4 * g), 4))
  d$score <- round(10 + 1.2 * (d$arm == "EKC") - 0.1 * d$month + 2 * e, 2)
  d$at_home <- as.numeric(e + 0.3 * (d$arm == "EKC") + 0.2 > 0)
  d$weight <- round(runif(4 * g, 0.5, 2), 2)
  d <- d[runif(4 * g) > 0.25, ]
  write_data(d[c("family", "wave", "month", "arm", "score", "at_home", "weight")], "sixty-families")
})

levels12 <- list(arm = c("WT", "EKC"))
d <- read_data("twelve-families", levels12)

# --- the estimator, written out ------------------------------------------------------------------------

families <- list(
  gaussian = list(v = function(mu) 1 + 0 * mu, q = function(y, mu) -(y - mu)^2 / 2, link = "identity"),
  binomial = list(v = function(mu) mu * (1 - mu), link = "logit",
                  q = function(y, mu) ifelse(y == 0, 0, y * log(mu)) + ifelse(y == 1, 0, (1 - y) * log(1 - mu))),
  poisson = list(v = function(mu) mu, q = function(y, mu) y * log(mu) - mu, link = "log"),
  gamma = list(v = function(mu) mu^2, q = function(y, mu) -y / mu - log(mu), link = "log"),
  nbinom2 = list(v = function(mu, theta = 1.7) mu + mu^2 / theta, link = "log",
                 q = function(y, mu, theta = 1.7) y * log(mu / (mu + theta)) - theta * log(mu + theta)))

# Solves the equations. `class(i, j)` numbers the pairs of rows that share one alpha (0: no correlation);
# `given` fixes the alphas; `time` makes it AR(1). `phi_class` numbers the rows that share one phi.
solve_gee <- function(y, x, id, family, class = NULL, given = NULL, time = NULL, w = rep(1, length(y)),
                      trials = rep(1, length(y)), offset = rep(0, length(y)), phi = NULL,
                      phi_class = rep(1, length(y)), start = NULL) {
  f <- families[[family]]
  link <- make.link(f$link)
  groups <- split(seq_along(y), factor(id, unique(id)))
  pairs <- do.call(rbind, lapply(groups, function(k) if (length(k) > 1) t(combn(k, 2))))
  cl <- if (!is.null(class)) apply(pairs, 1, function(p) class(p[1], p[2]))
  beta <- if (is.null(start)) coef(glm.fit(x, (if (family == "gaussian") y else y + 0.01 * (y == 0) - 0.01 * (y == 1 & family == "binomial")),
                 offset = offset, family = quasi(link = f$link, variance = "constant"),
                 start = if (f$link == "log") c(log(mean(y) + 0.1), rep(0, ncol(x) - 1)))) else start
  alpha <- NULL
  for (step in 1:2000) {
    eta <- drop(x %*% beta) + offset
    mu <- link$linkinv(eta)
    v <- f$v(mu) / trials
    r <- (y - mu) / sqrt(v)
    scale <- if (!is.null(phi)) rep(phi, length(y))
      else as.numeric((tapply(w * r^2, phi_class, sum) / tapply(w, phi_class, sum))[as.character(phi_class)])
    z <- (r / sqrt(scale))
    rho <- function(k) diag(length(k))
    if (step > 3) {
      zz <- z[pairs[, 1]] * z[pairs[, 2]]
      ww <- w[pairs[, 1]] * w[pairs[, 2]]
      if (!is.null(time)) {
        lag <- abs(time[pairs[, 1]] - time[pairs[, 2]])
        # The least squares of products on powers of alpha: its normal equation, to the last digit.
        slope <- function(a) sum(ww * lag * a^(lag - 1) * (zz - a^lag))
        loss <- function(a) sum(ww * (zz - a^lag)^2)
        near <- optimize(loss, c(0.001, 0.999))$minimum
        alpha <- uniroot(slope, near + c(-0.05, 0.05) * min(near, 1 - near), extendInt = "downX", tol = 1e-15)$root
        rho <- function(k) alpha^abs(outer(time[k], time[k], "-"))
      } else if (!is.null(class)) {
        alpha <- if (!is.null(given)) given else (tapply(zz * ww, cl, sum) / tapply(ww, cl, sum))
        if (is.null(given)) alpha <- setNames(as.numeric(alpha), names(alpha))
        rho <- function(k) {
          m <- diag(length(k))
          for (i in seq_along(k)) for (j in seq_along(k)) if (i != j) {
            c <- class(k[i], k[j])
            m[i, j] <- if (c == 0) 0 else alpha[[as.character(c)]]
          }
          m
        }
      }
    }
    parts <- lapply(groups, function(k) {
      s <- sqrt(scale[k] * v[k] / w[k])
      vi <- s * t(s * t(rho(k)))
      dm <- x[k, , drop = FALSE] * link$mu.eta(eta[k])
      list(k = k, d = dm, v = vi, e = y[k] - mu[k], s = s, r = rho(k))
    })
    h <- Reduce(`+`, lapply(parts, function(p) t(p$d) %*% solve(p$v, p$d)))
    u <- Reduce(`+`, lapply(parts, function(p) t(p$d) %*% solve(p$v, p$e)))
    delta <- drop(solve(h, u))
    if (step > 5 && sum(delta * u) < 1e-25) break
    beta <- beta + delta
  }
  stopifnot(step < 2000)
  list(beta = beta, alpha = if (is.null(time)) alpha[names(alpha) != "0"] else alpha, phi = unique(unname(scale)), scale = scale, parts = parts, h = h, u = u,
       mu = mu, y = y, x = x, w = w, trials = trials, family = f, groups = groups, pearson = sqrt(w) * r, eta = eta,
       rows = length(y))
}

power <- function(m, k) { e <- eigen(m); re <- e$vectors %*% diag(e$values^k, nrow(m)) %*% solve(e$vectors); Re(re) }

# The robust covariances, each from its paper. m: families, p: coefficients, n: rows.
covariance <- function(fit, kind, wave = NULL, estimated = NULL) {
  hi <- solve(fit$h)
  p <- ncol(fit$x); m <- length(fit$parts); n <- fit$rows
  hat <- function(q) q$d %*% hi %*% t(q$d) %*% solve(q$v)
  score <- function(q) switch(kind,
    robust = , pan = , morel_bokossa_neerchal = , wang_long = t(q$d) %*% solve(q$v, q$e),
    mancl_derouen = , jackknife = t(q$d) %*% solve(q$v, solve(diag(nrow(q$v)) - hat(q), q$e)),
    # The principal root of I - H, which is not symmetric.
    kauermann_carroll = t(q$d) %*% solve(q$v, power(diag(nrow(q$v)) - hat(q), -0.5) %*% q$e),
    fay_graubard = {
      g <- t(q$d) %*% solve(q$v, q$d) %*% hi
      diag(1 / sqrt(1 - pmin(0.75, diag(g))), p) %*% t(q$d) %*% solve(q$v, q$e)
    })
  s <- sapply(fit$parts, score)
  s <- matrix(s, p)
  if (kind == "model_based") return(hi)
  if (kind == "morel_bokossa_neerchal") {
    centred <- s - rowMeans(s)
    meat <- (n - 1) / (n - p) * m / (m - 1) * centred %*% t(centred)
    # The paper's d = 2: p / (m - p) where m > 3 p, one half otherwise.
    d <- if (m > 3 * p) p / (m - p) else 0.5
    xi <- max(1, sum(diag(hi %*% meat)) / p)
    return(hi %*% meat %*% hi + d * xi * hi)
  }
  if (kind %in% c("pan", "wang_long")) {
    t <- length(unique(wave))
    at <- match(wave, sort(unique(wave)))
    total <- count <- matrix(0, t, t)
    for (q in fit$parts) {
      e <- if (kind == "pan") q$e else solve(diag(nrow(q$v)) - hat(q), q$e)
      z <- drop(e / q$s)
      j <- at[q$k]
      total[j, j] <- total[j, j] + z %*% t(z)
      count[j, j] <- count[j, j] + 1
    }
    pooled <- total / count
    meat <- Reduce(`+`, lapply(fit$parts, function(q) {
      j <- at[q$k]
      b <- solve(q$v, q$d)
      t(b) %*% (q$s * t(q$s * pooled[j, j, drop = FALSE])) %*% b
    }))
    return(hi %*% meat %*% hi)
  }
  v <- hi %*% (s %*% t(s)) %*% hi
  if (kind == "jackknife") v <- v * (m - p - estimated) / m
  v
}

# Satterthwaite's degrees of freedom of one coefficient, by brute force: the variance is a quadratic form in
# the residuals, which under the working model have the covariance V - D H^-1 D'.
satterthwaite <- function(fit, kind, j) {
  hi <- solve(fit$h)
  p <- ncol(fit$x); n <- fit$rows
  big_d <- matrix(0, n, p); big_v <- matrix(0, n, n)
  for (q in fit$parts) { big_d[q$k, ] <- q$d; big_v[q$k, q$k] <- q$v }
  omega <- big_v - big_d %*% hi %*% t(big_d)
  rows <- sapply(fit$parts, function(q) {
    h <- q$d %*% hi %*% t(q$d) %*% solve(q$v)
    unit <- diag(p)[j, ]
    a <- switch(kind,
      robust = hi %*% t(q$d) %*% solve(q$v),
      mancl_derouen = hi %*% t(q$d) %*% solve(q$v) %*% solve(diag(nrow(q$v)) - h),
      kauermann_carroll = hi %*% t(q$d) %*% solve(q$v) %*% power(diag(nrow(q$v)) - h, -0.5),
      fay_graubard = hi %*% diag(1 / sqrt(1 - pmin(0.75, diag(t(q$d) %*% solve(q$v, q$d) %*% hi))), p) %*% t(q$d) %*% solve(q$v))
    row <- numeric(n)
    row[q$k] <- unit %*% a
    row
  })
  m <- t(rows) %*% omega %*% rows
  sum(diag(m))^2 / sum(m^2)
}

pan_wall <- function(fit, j) {
  hi <- solve(fit$h)
  x <- sapply(fit$parts, function(q) (hi %*% t(q$d) %*% solve(q$v, q$e))[j]^2)
  m <- length(x)
  2 * sum(x)^2 / (m^2 * var(x) / m)
}

criteria <- function(fit) {
  q <- sum(fit$w * fit$trials * fit$family$q(fit$y, fit$mu) / fit$scale)
  independent <- Reduce(`+`, lapply(fit$parts, function(p) t(p$d) %*% (p$d / p$s^2)))
  cic <- sum(diag(independent %*% covariance(fit, "robust")))
  list(quasi_likelihood = q, qic = -2 * q + 2 * cic, qicu = -2 * q + 2 * ncol(fit$x), cic = cic)
}

# The generalised score test that the coefficients `j` are zero: `null` is the fit without these columns.
score_test <- function(null, whole_x, j, link) {
  p <- ncol(whole_x)
  h <- matrix(0, p, p); m <- h; u <- numeric(p)
  for (q in null$parts) {
    dm <- whole_x[q$k, , drop = FALSE] * make.link(link)$mu.eta(null$eta[q$k])
    s <- drop(t(dm) %*% solve(q$v, q$e))
    h <- h + t(dm) %*% solve(q$v, dm); m <- m + s %*% t(s); u <- u + s
  }
  hi <- solve(h)
  b <- (hi %*% u)[j]
  v <- (hi %*% m %*% hi)[j, j]
  statistic <- drop(b %*% solve(v, b))
  list(statistic = statistic, df = I(length(j)), p_value = pchisq(statistic, length(j), lower.tail = FALSE))
}

same <- function(a, b, tolerance = 1e-7) stopifnot(max(abs(a - b) / pmax(abs(b), 1e-8)) < tolerance)
tight <- geese.control(epsilon = 1e-14, maxit = 1000)
se <- function(v) I(unname(sqrt(diag(v))))
fixed <- function(fit, names) mapply(function(t, b, s) list(term = t, estimate = b, robust_se = s), names, unname(fit$beta),
                                     unname(sqrt(diag(covariance(fit, "robust")))), SIMPLIFY = FALSE, USE.NAMES = FALSE)
plain <- function(fit, names, ...) list(n_obs = fit$rows, n_clusters = length(fit$parts), fixed = fixed(fit, names),
                                        naive_se = se(solve(fit$h)), scale = if (length(fit$phi) > 1) I(fit$phi) else fit$phi, ...)
cluster <- "family"
call_of <- "geepack 1.3.9 and scripts/gee.R"

# --- every correction ------------------------------------------------------------------------------------

x <- model.matrix(~ arm + month, d)
one <- function(i, j) 1
fit <- solve_gee(d$problems, x, d$family, "poisson", class = one)
m <- geeglm(problems ~ arm + month, poisson, d, id = family, corstr = "exchangeable", control = tight)
same(coef(m), fit$beta); same(m$geese$alpha, fit$alpha); same(m$geese$gamma, fit$phi)
same(m$geese$vbeta, covariance(fit, "robust")); same(m$geese$vbeta.naiv, solve(fit$h))
jack <- geeglm(problems ~ arm + month, poisson, d, id = family, corstr = "exchangeable", control = tight, std.err = "jack")
same(jack$geese$vbeta.ajs, covariance(fit, "jackknife", estimated = 2))
wave <- d$wave
base <- list(kind = "gee", formula = "problems ~ arm + month", cluster = cluster, time = "month", family = "poisson",
             correlation = "exchangeable")
corrections <- plain(fit, colnames(x), correlation = I(unname(fit$alpha)))
for (kind in c("robust", "jackknife", "mancl_derouen", "kauermann_carroll", "fay_graubard", "morel_bokossa_neerchal",
               "pan", "wang_long"))
  corrections[[paste0("se_", kind)]] <- se(covariance(fit, kind, wave, 2))
corrections$vcov_kauermann_carroll <- rows_of(covariance(fit, "kauermann_carroll"))
for (kind in c("robust", "mancl_derouen", "kauermann_carroll", "fay_graubard"))
  corrections[[paste0("df_", kind, "_by_satterthwaite")]] <- I(sapply(1:3, function(j) satterthwaite(fit, kind, j)))
corrections$df_robust_by_pan_wall <- I(sapply(1:3, function(j) pan_wall(fit, j)))
corrections$p_robust_by_normal <- I(unname(2 * pnorm(-abs(fit$beta / sqrt(diag(covariance(fit, "robust")))))))
corrections$p_morel_bokossa_neerchal_by_families <-
  I(unname(2 * pt(-abs(fit$beta / sqrt(diag(covariance(fit, "morel_bokossa_neerchal")))), 9)))
corrections$criteria <- criteria(fit)
null <- solve_gee(d$problems, x[, 1, drop = FALSE], d$family, "poisson", class = one)
corrections$score <- I(list(c(list(label = "arm and month"), score_test(null, x, 2:3, "log"))))
wald <- { v <- covariance(fit, "robust")[2:3, 2:3]; b <- fit$beta[2:3]; drop(b %*% solve(v, b)) }
corrections$joint_robust_by_normal <- I(list(list(label = "arm and month", statistic = wald, df = I(2),
                                                  p_value = pchisq(wald, 2, lower.tail = FALSE))))
corrections$pearson <- I(unname(fit$pearson)); corrections$fitted <- I(unname(fit$mu))
write_case("gee/corrections-of-twelve", c(base, list(joint = list(list(label = "arm and month",
  rows = list(list(armEKC = 1), list(month = 1)))))), call_of, corrections, "twelve-families", levels12,
  note = "Counts of twelve families, waves missing in between; the joint entry has the test that arm and month do nothing.")

# Each column alone has its own families that determine it: few families a column, one with a single row.
x <- model.matrix(~ arm * age, d)
fit <- solve_gee(d$score, x, d$family, "gaussian", class = one)
wide <- plain(fit, colnames(x), correlation = I(unname(fit$alpha)))
for (kind in c("mancl_derouen", "kauermann_carroll", "fay_graubard", "morel_bokossa_neerchal"))
  wide[[paste0("se_", kind)]] <- se(covariance(fit, kind))
wide$df_kauermann_carroll_by_satterthwaite <- I(sapply(1:4, function(j) satterthwaite(fit, "kauermann_carroll", j)))
write_case("gee/columns-between-families", list(kind = "gee", formula = "score ~ arm * age", cluster = cluster, time = "month",
  family = "gaussian", correlation = "exchangeable"), call_of, wide, "twelve-families", levels12,
  note = "Twelve families for four columns that do not vary within them: leverages of a half, and the bounds of d and of Fay and Graubard's factors are reached.")

# --- working correlations ----------------------------------------------------------------------------------

x <- model.matrix(~ arm + month, d)
names3 <- colnames(x)
# geepack counts waves by their rank, whatever their numbers: it can only check distances in waves.
fit <- solve_gee(d$problems, x, d$family, "poisson", time = d$wave)
m <- geeglm(problems ~ arm + month, poisson, d, id = family, waves = month, corstr = "ar1", control = tight)
same(coef(m), fit$beta); same(m$geese$alpha, fit$alpha); same(m$geese$vbeta, covariance(fit, "robust"))
fit <- solve_gee(d$problems, x, d$family, "poisson", time = d$month / 3)
write_case("gee/ar1-uneven-waves", list(kind = "gee", formula = "problems ~ arm + month", cluster = cluster, time = "month",
  family = "poisson", correlation = "ar1"), call_of, plain(fit, names3, correlation = I(unname(fit$alpha)),
  se_mancl_derouen = se(covariance(fit, "mancl_derouen")), criteria = criteria(fit)), "twelve-families", levels12,
  note = "Months 0, 3, 6, 12, 24; the correlation is that of three months.")

fit <- solve_gee(d$score, x, d$family, "gaussian", time = d$root)
write_case("gee/ar1-broken-distances", list(kind = "gee", formula = "score ~ arm + month", cluster = cluster, time = "root",
  family = "gaussian", correlation = "ar1"), call_of, plain(fit, names3, working = rows_of(fit$alpha^abs(outer(
  sort(unique(d$root)), sort(unique(d$root)), "-")))), "twelve-families", levels12,
  note = "Time is the root of the month plus one: no distance is a multiple of another.")

d60 <- read_data("sixty-families", levels12)
x60 <- model.matrix(~ arm + month, d60)
upper <- function(t) function(w) function(i, j) {
  a <- min(w[i], w[j]); b <- max(w[i], w[j]); (a - 1) * t - a * (a - 1) / 2 + b - a
}
# geepack 1.3.9 crashes on an unstructured correlation of waves with gaps: weights are checked without it.
fit <- solve_gee(d60$score, x60, d60$family, "gaussian", class = one, w = d60$weight)
m <- geeglm(score ~ arm + month, gaussian, d60, id = family, weights = weight, corstr = "exchangeable", control = tight)
same(coef(m), fit$beta); same(m$geese$gamma, fit$phi); same(m$geese$vbeta, covariance(fit, "robust")); same(m$geese$vbeta.naiv, solve(fit$h))
fit <- solve_gee(d60$score, x60, d60$family, "gaussian", class = upper(4)(d60$wave), w = d60$weight)
write_case("gee/unstructured-weights", list(kind = "gee", formula = "score ~ arm + month", cluster = cluster, time = "month",
  family = "gaussian", correlation = "unstructured", weights = list(column = "weight", kind = "precision")), call_of,
  plain(fit, names3, correlation = I(unname(fit$alpha[order(as.numeric(names(fit$alpha)))])),
        se_kauermann_carroll = se(covariance(fit, "kauermann_carroll")), se_pan = se(covariance(fit, "pan", d60$wave))),
  "sixty-families", levels12, note = "Weights a row, in the variance and in the moments; a quarter of the rows missing.")

lag_class <- function(i, j) { l <- abs(d60$wave[i] - d60$wave[j]); if (l <= 2) l else 0 }
fit <- solve_gee(d60$at_home, x60, d60$family, "binomial", class = lag_class)
write_case("gee/two-dependent", list(kind = "gee", formula = "at_home ~ arm + month", cluster = cluster, time = "month",
  family = "binomial", correlation = list(m_dependent = 2)), call_of,
  plain(fit, names3, correlation = I(unname(fit$alpha)), se_kauermann_carroll = se(covariance(fit, "kauermann_carroll")),
        criteria = criteria(fit)), "sixty-families", levels12,
  note = "Distances are counted in waves, also over those that are missing.")

given <- 0.7^abs(outer(1:5, 1:5, "-")) * 0.8
diag(given) <- 1
given_class <- upper(5)(d$wave)
values <- c(); for (b in 2:5) for (a in 1:(b - 1)) values[as.character(upper(5)(1:5)(a, b))] <- given[a, b]
fit <- solve_gee(d$days, x, d$family, "gamma", class = given_class, given = values)
write_case("gee/fixed-gamma", list(kind = "gee", formula = "days ~ arm + month", cluster = cluster, time = "month",
  family = "gamma", link = "log", correlation = list(fixed = rows_of(given))), call_of,
  plain(fit, names3, correlation = I(numeric(0)), se_mancl_derouen = se(covariance(fit, "mancl_derouen")), criteria = criteria(fit)),
  "twelve-families", levels12)

nest <- function(i, j) if (d$family[i] == d$family[j]) 2 else 1
fit <- solve_gee(d$score, x, d$team, "gaussian", class = nest)
write_case("gee/families-in-teams", list(kind = "gee", formula = "score ~ arm + month", cluster = I(c("team", "family")),
  family = "gaussian", correlation = "nested_exchangeable"), call_of,
  plain(fit, names3, correlation = I(unname(fit$alpha)), se_kauermann_carroll = se(covariance(fit, "kauermann_carroll")),
        df_kauermann_carroll_by_satterthwaite = I(sapply(1:3, function(j) satterthwaite(fit, "kauermann_carroll", j)))),
  "twelve-families", levels12, note = "Two families in each of six teams: the teams are independent.")

# --- offsets, scales, families ------------------------------------------------------------------------------

m <- geeglm(problems ~ arm + month + offset(log(exposure)), poisson, d, id = family, corstr = "exchangeable", control = tight)
fit <- solve_gee(d$problems, x, d$family, "poisson", class = one, offset = log(d$exposure))
same(coef(m), fit$beta); same(m$geese$alpha, fit$alpha); same(m$geese$vbeta, covariance(fit, "robust"))
write_case("gee/offset", list(kind = "gee", formula = "problems ~ arm + month + offset(log(exposure))",
  cluster = cluster, time = "month", family = "poisson", correlation = "exchangeable"), call_of,
  plain(fit, names3, correlation = I(unname(fit$alpha)), criteria = criteria(fit)), "twelve-families", levels12)

fit <- solve_gee(d60$at_home, x60, d60$family, "binomial", class = one, phi = 1)
write_case("gee/fixed-scale", list(kind = "gee", formula = "at_home ~ arm + month", cluster = cluster, time = "month",
  family = "binomial", correlation = "exchangeable", scale = list(fixed = 1)), call_of,
  plain(fit, names3, correlation = I(unname(fit$alpha)), se_jackknife = se(covariance(fit, "jackknife", estimated = 1)),
        criteria = criteria(fit)), "sixty-families", levels12)

fit <- solve_gee(d60$score, x60, d60$family, "gaussian", class = one, phi_class = d60$wave)
fit$phi <- unname(tapply(fit$scale, d60$wave, mean))
write_case("gee/scale-by-wave", list(kind = "gee", formula = "score ~ arm + month", cluster = cluster, time = "month",
  family = "gaussian", correlation = "exchangeable", scale = "by_wave"), call_of,
  plain(fit, names3, correlation = I(unname(fit$alpha)), criteria = criteria(fit)), "sixty-families", levels12)

fit <- solve_gee(d$kept / d$planned, x, d$family, "binomial", class = one, trials = d$planned)
write_case("gee/kept-of-planned", list(kind = "gee", formula = "cbind(kept, missed) ~ arm + month", cluster = cluster,
  time = "month", family = "binomial", correlation = "exchangeable"), call_of,
  plain(fit, names3, correlation = I(unname(fit$alpha)), se_fay_graubard = se(covariance(fit, "fay_graubard")), criteria = criteria(fit)),
  "twelve-families", levels12, note = "Trials divide the variance; each row counts once for scale and correlation, while geepack takes trials for weights.")

fit <- solve_gee(d$problems, x, d$family, "nbinom2", class = one)
write_case("gee/negative-binomial", list(kind = "gee", formula = "problems ~ arm + month", cluster = cluster, time = "month",
  family = "nbinom2", shape = 1.7, correlation = "exchangeable"), call_of,
  plain(fit, names3, correlation = I(unname(fit$alpha)), criteria = criteria(fit)), "twelve-families", levels12,
  note = "θ is given.")

# One row a family: no pair, so that the working correlation is no matter; errors are those of HC0 and its like.
first <- d[!duplicated(d$family), ]
write_data(first, "twelve-first")
x1 <- model.matrix(~ arm, first)
fit <- solve_gee(first$problems, x1, first$family, "poisson", class = NULL)
write_case("gee/one-row-a-family", list(kind = "gee", formula = "problems ~ arm", cluster = cluster, family = "poisson",
  correlation = "exchangeable"), call_of, plain(fit, colnames(x1), correlation = I(numeric(0)),
  se_kauermann_carroll = se(covariance(fit, "kauermann_carroll"))), "twelve-first", levels12)

# --- several outcomes a child, stacked --------------------------------------------------------------------------

# Two outcomes of each child at each of three waves, two children in a family, two families in each of ten teams:
# a scale for each outcome, and a correlation for rows of one occasion, child, family and team. Simulated.
set.seed(20261123)
local({
  s <- expand.grid(outcome = 1:2, wave = 1:3, child = 1:2, family = 1:2, team = 1:10)
  s$family <- (s$team - 1) * 2 + s$family
  s$child <- (s$family - 1) * 2 + s$child
  s$occasion <- (s$child - 1) * 3 + s$wave
  s$arm <- ifelse(s$team %% 2 == 0, "EKC", "WT")
  s$month <- c(0, 6, 12)[s$wave]
  common <- rnorm(10, 0, 0.5)[s$team] + rnorm(20, 0, 0.6)[s$family] + rnorm(40, 0, 0.6)[s$child] +
    rnorm(120, 0, 0.4)[s$occasion]
  s$value <- round(ifelse(s$outcome == 1, 8 + 2 * common - 0.1 * s$month, 3 + common + 0.05 * s$month) +
                     ifelse(s$arm == "EKC", 0.5, 0) + rnorm(nrow(s)) * s$outcome / 1.5, 2)
  s <- s[runif(nrow(s)) > 0.1, ]
  s$kind <- c("problems", "strengths")[s$outcome]
  write_data(s[c("team", "family", "child", "occasion", "outcome", "kind", "month", "arm", "value")], "stacked-outcomes")
})
levels_s <- c(levels12, list(kind = c("problems", "strengths")))
s <- read_data("stacked-outcomes", levels_s)
xs <- model.matrix(~ kind * arm + kind * month, s)
shared <- function(i, j) if (s$occasion[i] == s$occasion[j]) 4 else if (s$child[i] == s$child[j]) 3 else
  if (s$family[i] == s$family[j]) 2 else 1
fit <- solve_gee(s$value, xs, s$team, "gaussian", class = shared, phi_class = s$outcome)
fit$phi <- unname(tapply(fit$scale, s$outcome, mean))
write_case("gee/stacked-outcomes", list(kind = "gee", formula = "value ~ kind * arm + kind * month",
  cluster = I(c("team", "family", "child", "occasion")), time = "outcome", family = "gaussian",
  correlation = "nested_exchangeable", scale = "by_wave"), call_of,
  plain(fit, colnames(xs), correlation = I(unname(fit$alpha))), "stacked-outcomes", levels_s,
  note = "Two outcomes a child and wave, in families in teams; `time` is the outcome, which gives each a scale of its own.")

# --- alternating logistic regressions --------------------------------------------------------------------------------

# Carey, Zeger and Diggle (1993) with the pairs in both orders (Kuk 2004), straight from the paper: slopes of the
# conditional means by complex steps, the probability of a pair by its quadratic equation.
alternating <- function(y, x, id, class) {
  groups <- split(seq_along(y), factor(id, unique(id)))
  both <- function(a, b, psi) {
    s <- 1 + (a + b) * (psi - 1)
    (s - sqrt(s^2 + 4 * psi * (1 - psi) * a * b)) / (2 * (psi - 1))
  }
  k <- ncol(x)
  mean_of <- function(beta, i) 1 / (1 + exp(-sum(x[i, ] * beta)))
  zeta <- function(theta, i, j, c) {
    a <- mean_of(theta[1:k], i); b <- mean_of(theta[1:k], j)
    m <- both(a, b, exp(theta[k + c]))
    if (y[j] == 1) m / b else (a - m) / (1 - b)
  }
  slopes <- function(f, theta) sapply(seq_along(theta), function(p) {
    moved <- as.complex(theta); moved[p] <- moved[p] + 1e-20i
    Im(f(moved)) / 1e-20
  })
  classes <- max(unlist(lapply(groups, function(g) if (length(g) > 1) apply(combn(g, 2), 2, function(p) class(p[1], p[2])))))
  at <- function(theta) {
    parts <- lapply(groups, function(g) {
      mu <- sapply(g, function(i) mean_of(theta[1:k], i))
      v <- diag(mu * (1 - mu), length(g))
      u_alpha <- numeric(classes); h_alpha <- matrix(0, classes, k + classes)
      for (p in seq_along(g)) for (q in seq_along(g)) if (p != q) {
        c <- class(g[p], g[q])
        v[p, q] <- both(mu[p], mu[q], exp(theta[k + c])) - mu[p] * mu[q]
        z <- zeta(theta, g[p], g[q], c)
        by <- slopes(function(t) zeta(t, g[p], g[q], c), theta)
        w <- by[k + c] / (z * (1 - z))
        u_alpha[c] <- u_alpha[c] + w * (y[g[p]] - z)
        h_alpha[c, ] <- h_alpha[c, ] + w * by
      }
      dm <- x[g, , drop = FALSE] * (mu * (1 - mu))
      vi <- solve(v)
      list(u = c(t(dm) %*% vi %*% (y[g] - mu), u_alpha),
           h = rbind(cbind(t(dm) %*% vi %*% dm, matrix(0, k, classes)), h_alpha))
    })
    list(u = sapply(parts, `[[`, "u"), h = Reduce(`+`, lapply(parts, `[[`, "h")))
  }
  theta <- c(coef(glm.fit(x, y, family = binomial())), rep(0.1, classes))
  for (step in 1:100) {
    now <- at(theta)
    delta <- solve(now$h, rowSums(now$u))
    theta <- theta + delta * min(1, 1 / max(abs(delta)))
    if (max(abs(delta)) < 1e-13) break
  }
  now <- at(theta)
  inverse <- solve(now$h)
  list(beta = theta[1:k], alpha = unname(theta[-(1:k)]), joint = inverse %*% now$u %*% t(now$u) %*% t(inverse),
       families = length(groups))
}
of_alternating <- function(fit, names) list(
  n_clusters = fit$families,
  fixed = mapply(function(t, b, s) list(term = t, estimate = b, robust_se = s), names, unname(fit$beta),
                 sqrt(diag(fit$joint))[seq_along(names)], SIMPLIFY = FALSE, USE.NAMES = FALSE),
  log_odds_ratios = I(fit$alpha), vcov = rows_of(fit$joint))

fit <- alternating(d60$at_home, x60, d60$family, one)
# geepack's odds ratios solve another equation, over the products of pairs: they are close by, not the same.
m <- ordgee(ordered(at_home) ~ arm + month, id = family, data = d60, corstr = "exchangeable")
message("log odds ratio: ", fit$alpha, ", ordgee ", m$alpha, "; of arm ", fit$beta[2], ", ordgee ", m$beta[2])
write_case("gee/alternating-sixty", list(kind = "alternating_logistic", formula = "at_home ~ arm + month", cluster = cluster,
  association = "exchangeable"), "scripts/gee.R, after Carey, Zeger and Diggle (1993) and Kuk (2004)",
  of_alternating(fit, names3), "sixty-families", levels12)

fit <- alternating(d$at_home, x, d$team, nest)
write_case("gee/alternating-in-teams", list(kind = "alternating_logistic", formula = "at_home ~ arm + month",
  cluster = I(c("team", "family")), association = "nested"), "scripts/gee.R, after Carey, Zeger and Diggle (1993) and Kuk (2004)",
  of_alternating(fit, names3), "twelve-families", levels12, note = "Two families in each of six teams: the teams are independent.")
