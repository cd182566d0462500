# What mmrm.R and mmrm_proof.R share: models for repeated measures written out with dense matrices, from
# the papers: the covariance of each structure, the (restricted) likelihood, Satterthwaite's and Kenward and
# Roger's formulas (1997; the linear variant without second derivatives), sandwiches by family. Derivatives
# are Richardson's (numDeriv 2016.8.1.1). All speak of the data `d`, with `family`, `wave` and `place`.
suppressPackageStartupMessages({
  library(numDeriv)
})

# Richardson's derivatives, with steps that do not vanish where a parameter does.
slope <- function(f, t) numDeriv::grad(f, t, method.args = list(d = 0.02, eps = 0.02, zero.tol = 0.2, r = 6))
curvature <- function(f, t) numDeriv::hessian(f, t, method.args = list(d = 0.05, eps = 0.02, zero.tol = 0.2, r = 6))

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
  for (step in 1:8) {
    h <- curvature(deviance, t)
    g <- slope(deviance, t)
    away <- sum(g * solve(h, g))
    if (abs(away) < 1e-12) break
    t <- t - solve(h, g)
  }
  stopifnot(abs(away) < 1e-11, deviance(t) <= best$value + 1e-8)
  s <- pieces(t)
  phi <- solve(s$a)
  beta <- drop(phi %*% s$b)
  list(x = x, y = y, w = w, rows = rows, t = t, phi = phi, beta = beta, terms = colnames(x), n = n, p = p, k = k,
       shape = shape, deviance = deviance, pieces = pieces, v_of = v_of, h = h,
       log_likelihood = -deviance(t) / 2)
}

# --- inference, dense -------------------------------------------------------------------------------

satterthwaite <- function(f) {
  a <- 2 * solve(f$h)
  function(l) {
    variance <- function(t) sum(l * solve(f$pieces(t)$a, l))
    g <- slope(variance, f$t)
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

fixed <- function(f, covariance, df) {
  lapply(seq_along(f$beta), function(j) {
    l <- as.numeric(seq_along(f$beta) == j)
    se <- sqrt(covariance[j, j]); own <- df(l); t <- f$beta[[j]] / se
    list(term = f$terms[j], estimate = f$beta[[j]], std_error = se, df = own, statistic = t,
         p_value = 2 * pt(-abs(t), own))
  })
}
