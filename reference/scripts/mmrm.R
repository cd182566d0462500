# The group `mmrm`: mixed models for repeated measures beside those that the package mmrm fitted.
#
# nlme 3.1.162 (gls). gls gives no degrees of freedom but n − p, and stops early. So each model is also
# written out with dense matrices (mmrm_dense.R). Where gls has the structure its likelihood and estimates
# must agree with the dense ones, or this script stops.
source("scripts/corpus.R")
source("scripts/mmrm_dense.R")
RNGversion("4.2.0")
suppressPackageStartupMessages(library(nlme))

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

# --- figures ----------------------------------------------------------------------------------------

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
  covariance = "adh", arm = "arm", relative = 1e-4, joint = list(effect))

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
