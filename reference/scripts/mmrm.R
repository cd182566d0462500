# The group `mmrm`: mixed models for repeated measures beside those that the package mmrm fitted.
#
# nlme 3.1.162 (gls), numDeriv 2016.8.1.1. gls gives no degrees of freedom but n − p, and stops early. So
# each model is also written out here with dense matrices, from the papers: the covariance of each
# structure, the (restricted) likelihood, Satterthwaite's and Kenward and Roger's formulas (1997; the
# linear variant without second derivatives), sandwiches by family. Derivatives are Richardson's. Where gls
# has the structure its likelihood and estimates must agree with the dense ones, or this script stops.
source("scripts/corpus.R")
RNGversion("4.2.0")
suppressPackageStartupMessages({
  library(nlme)
  library(numDeriv)
})

# --- data -------------------------------------------------------------------------------------------

# Forty families, up to five waves with holes, measured at uneven months, the arms with spreads of their
# own, rows in no order, and precisions.
set.seed(20261122)
d <- expand.grid(wave = 1:5, family = 1:40)
d$arm <- c("WT", "EKC")[1 + d$family %% 2]
age <- round(rnorm(40, 9, 3), 1)
d$age <- age[d$family]
d$twice <- 2 * d$age - 1
root <- t(chol(outer(1:5, 1:5, function(i, j) 0.7^abs(i - j) * (1 + 0.15 * i) * (1 + 0.15 * j))))
e <- as.vector(sapply(1:40, function(f) root %*% rnorm(5) * (if (f %% 2) 1.3 else 0.8)))
d$problems <- round(9 + 0.1 * d$age - (0.5 + 0.3 * (d$arm == "EKC")) * d$wave + e, 2)
opposed <- as.vector(sapply(1:40, function(f) { z <- rnorm(5); z - 0.9 * mean(z) }))
d$opposed <- round(4 - 0.2 * d$wave + opposed, 2)
d$month <- round(c(0, 3, 6, 12, 18)[d$wave] + ifelse(d$wave > 1, runif(nrow(d), -1, 1.5), 0), 1)
d$precision <- round(runif(nrow(d), 0.4, 2.5), 2)
lost <- d$wave > 1 & runif(nrow(d)) < 0.06 * d$wave
d <- d[!lost, ]
d <- d[sample(nrow(d)), ]
d$family <- sprintf("f%02d", d$family)
write_data(d, "waves-uneven")

levels <- list(arm = c("WT", "EKC"), family = sprintf("f%02d", 1:40), wave = as.character(1:5))
d <- read_data("waves-uneven", levels)
d$place <- as.integer(d$wave)

# --- structures -------------------------------------------------------------------------------------

bounded <- function(t) t / sqrt(1 + t^2)
correlations <- list(
  cs = function(t, m) { a <- 1 / (m - 1); r <- plogis(t) * (1 + a) - a; ifelse(diag(m) == 1, 1, r) },
  ar1 = function(t, m) bounded(t)^abs(outer(1:m, 1:m, "-")),
  toep = function(t, m) toeplitz(c(1, bounded(t))),
  ad = function(t, m) {
    r <- diag(m)
    for (i in 2:m) for (j in 1:(i - 1)) r[i, j] <- r[j, i] <- prod(bounded(t)[j:(i - 1)])
    r
  })
counts <- list(cs = function(m) 1, ar1 = function(m) 1, toep = function(m) m - 1, ad = function(m) m - 1)

# Σ of a structure over m waves as a function of θ, and the number of parameters.
structure_of <- function(name, m) {
  if (name == "us") return(list(k = m * (m + 1) / 2, sigma = function(t) {
    l <- diag(m)
    at <- m
    for (i in 2:m) for (j in 1:(i - 1)) { at <- at + 1; l[i, j] <- t[at] }
    l <- exp(t[1:m]) * l
    l %*% t(l)
  }))
  each <- endsWith(name, "h")
  kind <- sub("h$", "", name)
  sds <- if (each) m else 1
  list(k = sds + counts[[kind]](m), sigma = function(t) {
    sd <- rep_len(exp(t[1:sds]), m)
    correlations[[kind]](t[-(1:sds)], m) * outer(sd, sd)
  })
}

# --- the model, dense -------------------------------------------------------------------------------

# V of the rows, in families, as a function of θ: of waves, of arms with a Σ of their own, or of times.
dense <- function(formula, structure, reml = TRUE, arm = NULL, time = NULL, weights = NULL, start = NULL) {
  frame <- model.frame(formula, d)
  x <- model.matrix(formula, d)
  keep <- qr(x)$pivot[seq_len(qr(x)$rank)]
  x <- x[, sort(keep), drop = FALSE]
  y <- model.response(frame)
  w <- if (is.null(weights)) rep(1, nrow(d)) else d[[weights]]
  rows <- split(seq_len(nrow(d)), d$family)
  rows <- lapply(rows, function(i) i[order(d$place[i])])
  m <- nlevels(d$wave)
  shape <- if (is.null(time)) structure_of(structure, m) else list(k = 2)
  blocks <- if (is.null(arm)) rep(1L, nrow(d)) else as.integer(d[[arm]])
  v_of <- function(t, i) {
    own <- t[(blocks[i[1]] - 1) * shape$k + seq_len(shape$k)]
    v <- if (is.null(time)) shape$sigma(own)[d$place[i], d$place[i], drop = FALSE]
         else exp(own[1]) * plogis(own[2])^abs(outer(d[[time]][i], d[[time]][i], "-"))
    v / sqrt(outer(w[i], w[i]))
  }
  n <- nrow(x); p <- ncol(x); k <- shape$k * max(blocks)
  pieces <- function(t) {
    a <- matrix(0, p, p); b <- numeric(p); c <- 0; ln <- 0
    for (i in rows) {
      l <- chol(v_of(t, i))
      z <- backsolve(l, cbind(x[i, , drop = FALSE], y[i]), transpose = TRUE)
      zz <- crossprod(z)
      a <- a + zz[1:p, 1:p]; b <- b + zz[1:p, p + 1]; c <- c + zz[p + 1, p + 1]
      ln <- ln + 2 * sum(log(diag(l)))
    }
    list(a = a, b = b, c = c, ln = ln)
  }
  deviance <- function(t) tryCatch({
    s <- pieces(t)
    out <- s$ln + s$c - sum(s$b * solve(s$a, s$b)) + n * log(2 * pi)
    if (reml) out <- out + determinant(s$a)$modulus[1] - p * log(2 * pi)
    out
  }, error = function(e) 1e10)
  if (is.null(start)) start <- rep(0, k)
  best <- optim(start, deviance, method = "BFGS", control = list(maxit = 2000, reltol = 1e-15))
  t <- best$par
  for (step in 1:4) t <- t - solve(hessian(deviance, t), grad(deviance, t))
  stopifnot(max(abs(grad(deviance, t))) < 1e-5, deviance(t) <= best$value + 1e-9)
  s <- pieces(t)
  phi <- solve(s$a)
  beta <- drop(phi %*% s$b)
  list(x = x, y = y, w = w, rows = rows, t = t, phi = phi, beta = beta, terms = colnames(x), n = n, p = p, k = k,
       shape = shape, deviance = deviance, pieces = pieces, v_of = v_of, h = hessian(deviance, t),
       log_likelihood = -deviance(t) / 2)
}

# --- inference, dense -------------------------------------------------------------------------------

satterthwaite <- function(f) {
  a <- 2 * solve(f$h)
  function(l) {
    variance <- function(t) sum(l * solve(f$pieces(t)$a, l))
    g <- grad(variance, f$t)
    2 * variance(f$t)^2 / sum(g * (a %*% g))
  }
}

# Q, P and R of Kenward and Roger by derivatives of V of each family.
kenward_roger <- function(f, linear) {
  w <- 2 * solve(f$h)
  p <- array(0, c(f$k, f$p, f$p))
  middle <- matrix(0, f$p, f$p)
  for (i in f$rows) {
    q <- length(i)
    found <- genD(function(t) as.vector(f$v_of(t, i)), f$t)$D
    first <- lapply(1:f$k, function(j) matrix(found[, j], q))
    inverse <- solve(f$v_of(f$t, i))
    x <- f$x[i, , drop = FALSE]
    half <- inverse %*% x
    at <- f$k
    for (a in 1:f$k) {
      p[a, , ] <- p[a, , ] - t(half) %*% first[[a]] %*% half
      for (b in 1:a) {
        at <- at + 1
        bend <- if (linear) 0 else matrix(found[, at], q)
        own <- first[[a]] %*% inverse %*% first[[b]] - bend / 4
        own <- t(half) %*% own %*% half
        middle <- middle + w[a, b] * (if (a == b) own else own + t(own))
      }
    }
  }
  for (a in 1:f$k) for (b in 1:f$k) middle <- middle - w[a, b] * p[a, , ] %*% f$phi %*% p[b, , ]
  covariance <- f$phi + 2 * f$phi %*% middle %*% f$phi
  test <- function(l) {
    l <- rbind(l)
    c <- nrow(l)
    theta <- t(l) %*% solve(l %*% f$phi %*% t(l)) %*% l
    each <- lapply(1:f$k, function(a) theta %*% f$phi %*% p[a, , ] %*% f$phi)
    trace <- function(m) sum(diag(m))
    a1 <- a2 <- 0
    for (a in 1:f$k) for (b in 1:f$k) {
      a1 <- a1 + w[a, b] * trace(each[[a]]) * trace(each[[b]])
      a2 <- a2 + w[a, b] * trace(each[[a]] %*% each[[b]])
    }
    big <- (a1 + 6 * a2) / (2 * c)
    g <- ((c + 1) * a1 - (c + 4) * a2) / ((c + 2) * a2)
    below <- 3 * c + 2 * (1 - g)
    mean <- 1 / (1 - a2 / c)
    variance <- 2 / c * (1 + g / below * big) /
      ((1 - (c - g) / below * big)^2 * (1 - (c + 2 - g) / below * big))
    rho <- variance / (2 * mean^2)
    df <- 4 + (c + 2) / (c * rho - 1)
    list(df = df, scale = df / (mean * (df - 2)))
  }
  list(covariance = covariance, test = test)
}

# Residuals of whole families: A = (I − H)^(−power) in coordinates in which V is the identity.
empirical <- function(f, power) {
  residual <- drop(f$y - f$x %*% f$beta)
  root <- function(m) {
    e <- eigen(m, symmetric = TRUE)
    e$vectors %*% diag(ifelse(e$values > 1e-12, e$values, Inf)^(-power), nrow(m)) %*% t(e$vectors)
  }
  z <- lapply(f$rows, function(i) backsolve(chol(f$v_of(f$t, i)), f$x[i, , drop = FALSE], transpose = TRUE))
  u <- mapply(function(i) list(backsolve(chol(f$v_of(f$t, i)), residual[i], transpose = TRUE)), f$rows)
  ax <- lapply(z, function(z) root(diag(nrow(z)) - z %*% f$phi %*% t(z)) %*% z)
  meat <- Reduce("+", mapply(function(ax, u) list(tcrossprod(crossprod(ax, u))), ax, u))
  whole <- do.call(rbind, z)
  left <- diag(nrow(whole)) - whole %*% f$phi %*% t(whole)
  ends <- cumsum(sapply(z, nrow))
  df <- function(l) {
    g <- sapply(seq_along(z), function(j) {
      own <- (ends[j] - nrow(z[[j]]) + 1):ends[j]
      left[, own, drop = FALSE] %*% ax[[j]] %*% f$phi %*% l
    })
    g <- crossprod(g)
    sum(diag(g))^2 / sum(g^2)
  }
  list(covariance = f$phi %*% meat %*% f$phi, df = df)
}

# --- figures ----------------------------------------------------------------------------------------

fixed <- function(f, covariance, df) {
  lapply(seq_along(f$beta), function(j) {
    l <- as.numeric(seq_along(f$beta) == j)
    se <- sqrt(covariance[j, j]); own <- df(l); t <- f$beta[[j]] / se
    list(term = f$terms[j], estimate = f$beta[[j]], std_error = se, df = own, statistic = t,
         p_value = 2 * pt(-abs(t), own))
  })
}

lines_of <- function(f, rows) t(sapply(rows, function(row) {
  l <- numeric(f$p); names(l) <- f$terms; l[names(row)] <- unlist(row); l
}))

joint <- function(f, label, rows, covariance, reference) {
  l <- lines_of(f, rows)
  b <- l %*% f$beta
  form <- drop(t(b) %*% solve(l %*% covariance %*% t(l), b)) / nrow(l)
  r <- reference(l)
  statistic <- form * r$scale
  list(statistic = statistic, df = c(nrow(l), r$df), p_value = pf(statistic, nrow(l), r$df, lower.tail = FALSE),
       label = label)
}

# Along the eigenvectors of the contrasts' covariance, as lmerTest.
several <- function(f, covariance, df) function(l) {
  e <- eigen(l %*% covariance %*% t(l), symmetric = TRUE)
  each <- apply(t(e$vectors) %*% l, 1, df)
  big <- sum(each / (each - 2))
  list(df = 2 * big / (big - nrow(l)), scale = 1)
}

covariances <- function(f) lapply(seq_len(f$k / f$shape$k), function(b)
  rows_of(f$shape$sigma(f$t[(b - 1) * f$shape$k + seq_len(f$shape$k)])))

of_fit <- function(f) list(n_obs = f$n, n_subjects = length(f$rows), log_likelihood = f$log_likelihood,
  aic = 2 * f$k - 2 * f$log_likelihood, bic = f$k * log(length(f$rows)) - 2 * f$log_likelihood)

# gls must have the same optimum: likelihood, coefficients and errors.
same <- function(f, g, reml = TRUE) {
  theirs <- as.numeric(logLik(g))
  errors <- sqrt(diag(vcov(g)))
  # Under ML gls divides by n − p for its errors.
  if (!reml) errors <- errors * sqrt((f$n - f$p) / f$n)
  cat(sprintf("gls %.6f, dense %.6f\n", theirs, f$log_likelihood))
  stopifnot(abs(theirs - f$log_likelihood) < 1e-4, all(abs(coef(g) - f$beta) < 1e-3),
            all(abs(errors / sqrt(diag(f$phi)) - 1) < 1e-3))
}
fine <- glsControl(tolerance = 1e-10, msTol = 1e-12, maxIter = 500, msMaxIter = 500)

means <- problems ~ age + arm * wave
waves <- list(list("wave2" = 1), list("wave3" = 1), list("wave4" = 1), list("wave5" = 1))
effect <- list(label = "all waves of the arm",
  rows = lapply(2:5, function(w) setNames(list(1), sprintf("armEKC:wave%d", w))))
last <- list(list(label = "EKC − WT at the last wave", weights = list("armEKC" = 1, "armEKC:wave5" = 1)))
write <- function(name, f, df, r, expected, formula = means, covariance = "us", reml = TRUE, relative = 1e-5, ...) {
  model <- c(list(kind = "mmrm", formula = deparse1(formula), subject = "family", visit = "wave",
                  covariance = covariance, df = df, reml = reml), list(...))
  note <- "Dense matrices and Richardson's derivatives in scripts/mmrm.R."
  write_case(paste0("mmrm/", name), model, r, expected, "waves-uneven", levels, relative, note = note)
}

# Unstructured, Satterthwaite: holes, a joint test, a contrast, residuals of each kind.
f <- dense(means, "us", start = c(rep(0.5, 5), rep(-0.3, 10)))
g <- gls(means, d, corSymm(form = ~place | family), varIdent(form = ~1 | wave), method = "REML", control = fine)
same(f, g)
own <- satterthwaite(f)
fitted <- drop(f$x %*% f$beta)
whitened <- numeric(nrow(d))
for (i in f$rows) whitened[i] <- backsolve(chol(f$v_of(f$t, i)), (f$y - fitted)[i], transpose = TRUE)
pearson <- (f$y - fitted) / sqrt(diag(f$shape$sigma(f$t)))[d$place]
l <- lines_of(f, list(last[[1]]$weights))[1, ]
se <- sqrt(sum(l * (f$phi %*% l)))
write("uneven-us-satterthwaite", f, "Satterthwaite", "gls(problems ~ age + arm * wave, corSymm, varIdent)",
  c(of_fit(f), list(fixed = fixed(f, f$phi, own), covariance = covariances(f)[[1]], vcov = rows_of(f$phi),
    contrasts = list(list(label = last[[1]]$label, estimate = sum(l * f$beta), std_error = se,
      statistic = sum(l * f$beta) / se, df = own(l), p_value = 2 * pt(-abs(sum(l * f$beta) / se), own(l)))),
    joint = list(joint(f, effect$label, effect$rows, f$phi, several(f, f$phi, own))),
    fitted = unname(fitted), residuals = unname(f$y - fitted), pearson = unname(pearson), normalised = whitened)),
  contrasts = last, joint = list(effect))

# Kenward and Roger without second derivatives, on the same fit: SAS's for an unstructured covariance.
k <- kenward_roger(f, TRUE)
write("uneven-us-kenward-roger-linear", f, "Kenward-Roger-Linear", "Kenward and Roger (1997), dense",
  list(fixed = fixed(f, k$covariance, function(l) k$test(l)$df), vcov = rows_of(k$covariance),
       joint = list(joint(f, effect$label, effect$rows, k$covariance, k$test))),
  joint = list(effect))

# With them, where they matter: the correlation of csh is not linear in its parameter.
f <- dense(means, "csh", start = c(rep(0.5, 5), 1))
same(f, gls(means, d, corCompSymm(form = ~1 | family), varIdent(form = ~1 | wave), method = "REML", control = fine))
k <- kenward_roger(f, FALSE)
write("uneven-csh-kenward-roger", f, "Kenward-Roger", "gls(corCompSymm, varIdent); Kenward and Roger (1997), dense",
  c(of_fit(f), list(fixed = fixed(f, k$covariance, function(l) k$test(l)$df), covariance = covariances(f)[[1]],
    vcov = rows_of(k$covariance), joint = list(joint(f, effect$label, effect$rows, k$covariance, k$test)))),
  covariance = "csh", joint = list(effect))

# Times instead of waves; a column that another one contains.
contained <- problems ~ age + twice + arm * month
f <- dense(contained, "sp_exp", time = "month", start = c(1, 2))
g <- gls(problems ~ age + arm * month, d, corExp(form = ~month | family), method = "REML", control = fine)
same(f, g)
k <- kenward_roger(f, FALSE)
write("uneven-times-kenward-roger", f, "Kenward-Roger", "gls(problems ~ age + arm * month, corExp(~month | family))",
  c(of_fit(f), list(fixed = fixed(f, k$covariance, function(l) k$test(l)$df),
                    decay = c(exp(f$t[1]), plogis(f$t[2])))),
  formula = contained, covariance = "sp_exp", time = "month")

# Weights, ML, autoregression with a variance a wave; n − p degrees of freedom.
f <- dense(means, "ar1h", reml = FALSE, weights = "precision", start = c(rep(0.5, 5), 0.8))
d$inverse <- 1 / d$precision
same(f, gls(means, d, corAR1(form = ~place | family),
  varComb(varIdent(form = ~1 | wave), varFixed(~inverse)), method = "ML", control = fine), FALSE)
write("uneven-ar1h-weighted-ml", f, "Residual", "gls(corAR1, varComb(varIdent, varFixed(1/precision)), method = 'ML')",
  c(of_fit(f), list(fixed = fixed(f, f$phi, function(l) f$n - f$p), covariance = covariances(f)[[1]],
    joint = list(joint(f, effect$label, effect$rows, f$phi, function(l) list(df = f$n - f$p, scale = 1))))),
  covariance = "ar1h", reml = FALSE, weights = list(column = "precision", kind = "precision"), joint = list(effect))

# Each arm a covariance of its own.
f <- dense(means, "adh", arm = "arm", start = rep(c(rep(0.5, 5), rep(0.8, 4)), 2))
own <- satterthwaite(f)
write("uneven-adh-by-arm", f, "Satterthwaite", "restricted likelihood of two covariances, dense",
  c(of_fit(f), list(fixed = fixed(f, f$phi, own), covariances = covariances(f))),
  covariance = "adh", arm = "arm")
k <- kenward_roger(f, FALSE)
write("uneven-adh-by-arm-kenward-roger", f, "Kenward-Roger", "Kenward and Roger (1997) of two covariances, dense",
  list(fixed = fixed(f, k$covariance, function(l) k$test(l)$df),
       joint = list(joint(f, effect$label, effect$rows, k$covariance, k$test))),
  covariance = "adh", arm = "arm", joint = list(effect))

# Between and within: age and arm between families, the waves within.
f <- dense(means, "toeph", start = c(rep(0.5, 5), 0.9, 0.6, 0.4, 0.3))
within <- sapply(seq_len(f$p), function(j) any(tapply(f$x[, j], d$family, function(v) length(unique(v)) > 1)))
inside <- f$n - length(f$rows) - sum(within)
between <- length(f$rows) - sum(!within)
each <- ifelse(within | f$terms == "(Intercept)", inside, between)
least <- function(l) min(each[colSums(abs(rbind(l))) > 0])
both <- list(label = "arm in all waves", rows = c(list(list("armEKC" = 1)), effect$rows))
write("uneven-toeph-between-within", f, "Between-Within", "Schluchter and Elashoff (1990), by count",
  c(of_fit(f), list(fixed = fixed(f, f$phi, least), covariance = covariances(f)[[1]],
    joint = list(joint(f, both$label, both$rows, f$phi, function(l) list(df = least(l), scale = 1))))),
  covariance = "toeph", joint = list(both))

# Sandwiches by family, with degrees of freedom.
f <- dense(means, "cs", start = c(0.5, 1))
for (kind in list(list("cr0", "Empirical", 0), list("cr2", "Empirical-Bias-Reduced", 0.5),
                  list("cr3", "Empirical-Jackknife", 1))) {
  e <- empirical(f, kind[[3]])
  write(paste0("uneven-cs-", kind[[1]]), f, "Satterthwaite", "Bell and McCaffrey (2002) with V⁻¹ as weights, dense",
    list(fixed = fixed(f, e$covariance, e$df), vcov = rows_of(e$covariance)), covariance = "cs", vcov = kind[[2]])
}

# A correlation below zero, which no random intercept has.
opposite <- opposed ~ arm + wave
f <- dense(opposite, "cs", start = c(0, -1))
stopifnot(f$shape$sigma(f$t)[1, 2] < -0.05)
write("uneven-cs-negative", f, "Satterthwaite", "gls(opposed ~ arm + wave, corCompSymm)",
  c(of_fit(f), list(fixed = fixed(f, f$phi, satterthwaite(f)), covariance = covariances(f)[[1]])),
  formula = opposite, covariance = "cs")
same(f, gls(opposite, d, corCompSymm(value = -0.1, form = ~1 | family), method = "REML", control = fine))
