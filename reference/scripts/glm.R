# The group `glm`: generalised linear models, their errors, tests, intervals and standardised means; and
# `robust/sampling-weights-by-cluster`.
#
# R 4.2.2 with MASS 7.3.58.2, sandwich 3.0.2, clubSandwich 0.5.8, glmmTMB 1.1.5, AER 1.2.10, survey 4.1.1
# (Debian 12). Run in the folder `reference` after data.R: Rscript scripts/glm.R
source("scripts/corpus.R")
suppressPackageStartupMessages({
  library(MASS)
  library(sandwich)
  library(clubSandwich)
  library(glmmTMB)
})

# R stops where the deviance changes by less than 1e-8 of itself; these figures are to hold more digits.
tight <- glm.control(epsilon = 1e-15, maxit = 1000)
# The same control makes R take every column for a new one; where some are not, this is as far as one can go.
with_aliases <- glm.control(epsilon = 1e-10, maxit = 1000)

# With a link that is not the family's own, the steps shrink by a constant share only: go on from where R stops.
refined <- function(formula, family, data, start = NULL) {
  m <- glm(formula, family, data, control = tight, start = start)
  for (i in 1:60) m <- glm(formula, family, data, control = tight, start = coef(m))
  environment(m$terms) <- environment()
  m
}

# --- data --------------------------------------------------------------------------------------------

# Families in twelve teams and two arms: counts with an exposure, 0/1, meetings kept out of those planned,
# and the length of the care. Simulated for this corpus.
set.seed(20260401)
local({
  n <- 84
  team <- rep(paste0("t", 1:12), c(3, 4, 5, 6, 7, 7, 7, 8, 9, 9, 9, 10))
  arm <- ifelse(team %in% paste0("t", c(1, 3, 5, 7, 9, 12)), "EKC", "WT")
  effect <- setNames(rnorm(12, 0, 0.3), paste0("t", 1:12))[team]
  age <- round(runif(n, 0, 17), 1)
  months <- round(runif(n, 3, 18), 1)
  kind <- sample(c("a", "b", "c"), n, TRUE)
  problems <- rnbinom(n, size = 1.6, mu = exp(0.2 - 0.4 * (arm == "EKC") + 0.03 * age + effect) * months / 9)
  at_home <- rbinom(n, 1, plogis(0.6 + 0.7 * (arm == "EKC") - 0.08 * age + effect))
  planned <- sample(1:9, n, TRUE)
  share <- rbeta(n, 3 * plogis(0.4 + effect), 3 * (1 - plogis(0.4 + effect)))
  kept <- rbinom(n, planned, share)
  days <- round(rgamma(n, 2.5, 2.5 / exp(3.5 - 0.3 * (arm == "EKC") + 0.02 * age)), 1) + 0.1
  write_data(data.frame(team, arm, age, months, kind, problems, at_home, planned, kept, missed = planned - kept,
                        days, copies = sample(0:3, n, TRUE, c(1, 5, 3, 1)), precision = round(runif(n, 0.3, 2.5), 2),
                        sampling = round(runif(n, 1, 6), 3)), "evaluation")
})

# All who were older than 12 came home, and nobody else did (complete separation by age); in one arm
# nobody had a report; counts that vary less than Poisson ones.
local({
  age <- c(3, 5, 6, 8, 9, 11, 12, 13, 14, 15, 16, 17, 4, 7, 10, 12.5)
  arm <- rep(c("WT", "EKC"), c(9, 7))
  write_data(data.frame(arm, age, home = as.numeric(age > 12), reports = c(2, 0, 1, 3, 1, 0, 2, 1, 4, 0, 0, 0, 0, 0, 0, 0),
                        visits = c(3, 4, 3, 4, 3, 4, 4, 3, 4, 3, 2, 3, 3, 2, 3, 3)), "sixteen")
})

arm <- list(arm = c("WT", "EKC"))
both <- c(arm, list(kind = c("a", "b", "c")))
d <- read_data("evaluation", both)

# --- what is compared --------------------------------------------------------------------------------

pad <- function(m, x) {
  all <- rep(NA_real_, length(coef(m)))
  all[!is.na(coef(m))] <- defined(unname(x))
  I(all)
}

has_scale <- function(m) !grepl("^(poisson|binomial|Negative)", family(m)$family)

# se, statistic, df, p and interval by term under one kind of errors.
errors_of <- function(m, errors, what, cluster = NULL, level = 0.95, target = NULL, hc = NULL) {
  b <- coef(m)[!is.na(coef(m))]
  clustered <- startsWith(errors, "cr")
  v <- if (errors == "classical") vcov(m, complete = FALSE)
    else if (clustered) vcovCR(m, cluster = cluster, type = toupper(errors), target = target, inverse_var = is.null(target))
    else vcovHC(m, type = toupper(errors))
  se <- sqrt(diag(v))
  df <- if (has_scale(m)) rep(df.residual(m), length(b)) else rep(Inf, length(b))
  if (clustered) df <- coef_test(m, vcov = v, test = "Satterthwaite")$df_Satt
  t <- b / se
  all <- list(se = pad(m, se), t = pad(m, t), df = pad(m, df), p = pad(m, 2 * pt(-abs(t), df)),
              low = pad(m, b - qt((1 + level) / 2, df) * se), high = pad(m, b + qt((1 + level) / 2, df) * se),
              vcov = rows_of(v))
  all <- all[what]
  names(all) <- paste0(what, "_", errors)
  all
}

of_the_fit <- function(m, what) {
  all <- list(
    n_obs = length(fitted(m)), residual_df = df.residual(m), null_df = m$df.null,
    dispersion = if (has_scale(m)) summary(m)$dispersion else 1,
    deviance = deviance(m), null_deviance = m$null.deviance,
    log_likelihood = as.numeric(logLik(m)), aic = AIC(m),
    fitted = I(unname(fitted(m))), linear_predictor = I(unname(m$linear.predictors)),
    leverage = I(unname(hatvalues(m))), cooks_distance = I(unname(cooks.distance(m))),
    residuals_response = I(unname(residuals(m, "response"))), residuals_pearson = I(unname(residuals(m, "pearson"))),
    residuals_deviance = I(unname(residuals(m, "deviance"))), residuals_working = I(unname(residuals(m, "working")))
  )
  all[what]
}

# Likelihood-ratio and score tests of the terms `drop1` tests, with φ of the whole model by Pearson.
term_tests <- function(m, test) {
  terms <- drop.scope(m)
  lapply(terms, function(term) {
    small <- eval(update(m, as.formula(paste(". ~ . -", term)), start = NULL, evaluate = FALSE), environment(formula(m)))
    q <- small$df.residual - m$df.residual
    phi <- if (has_scale(m)) summary(m)$dispersion else 1
    statistic <- if (test == "score") anova(small, m, test = "Rao")$Rao[2] / phi
      else (small$deviance - m$deviance) / phi
    if (has_scale(m)) {
      if (test == "score") statistic <- anova(small, m, test = "Rao")$Rao[2] / phi
      f <- statistic / q
      list(label = term, statistic = f, df = c(q, m$df.residual), p_value = pf(f, q, m$df.residual, lower.tail = FALSE))
    } else list(label = term, statistic = statistic, df = I(q), p_value = pchisq(statistic, q, lower.tail = FALSE))
  })
}

wald_tests <- function(m, v, f_test = has_scale(m)) {
  terms <- drop.scope(m)
  assign <- attr(model.matrix(m), "assign"); labels <- attr(terms(m), "term.labels")
  lapply(terms, function(term) {
    j <- which(assign == match(term, labels))
    j <- j[!is.na(coef(m)[j])]
    w <- sum(coef(m)[j] * solve(v[names(coef(m))[j], names(coef(m))[j]], coef(m)[j])); q <- length(j)
    if (f_test) list(label = term, statistic = w / q, df = c(q, m$df.residual), p_value = pf(w / q, q, m$df.residual, lower.tail = FALSE))
    else list(label = term, statistic = w, df = I(q), p_value = pchisq(w, q, lower.tail = FALSE))
  })
}

# Profile intervals to the last digits: roots of the deviance of the model with the coefficient as an offset.
# `refit(rest, offset)` fits the other columns and gives minus twice the log-likelihood, over φ.
profiles <- function(b, se, x, refit, cut, columns = seq_along(b)) {
  best <- refit(x, rep(0, nrow(x)))
  each <- lapply(columns, function(j) {
    at <- function(value) refit(x[, -j, drop = FALSE], value * x[, j]) - best
    far <- function(side) {
      value <- b[[j]] + side * se[[j]]
      while (at(value) < cut) value <- value + side * se[[j]]
      uniroot(function(value) at(value) - cut, sort(c(b[[j]], value)), tol = 1e-13 * max(1, abs(value)))$root
    }
    c(low = far(-1), high = far(1), fall = at(0))
  })
  do.call(rbind, each)
}

profile_fields <- function(found, p_of) list(
  profile_low = I(unname(found[, "low"])), profile_high = I(unname(found[, "high"])), profile_p = I(unname(p_of(found[, "fall"]))))

glm_profile <- function(m, level = 0.95) {
  phi <- if (has_scale(m)) summary(m)$dispersion else 1
  x <- model.matrix(m)
  o <- if (is.null(m$offset)) 0 else m$offset
  refit <- function(rest, offset) glm.fit(rest, m$y, weights = m$prior.weights, offset = o + offset, family = m$family,
                                          control = tight, mustart = pmin(pmax(m$fitted.values, 1e-10), if (grepl("binomial", m$family$family)) 1 - 1e-10 else Inf))$deviance / phi
  cut <- if (has_scale(m)) qt((1 + level) / 2, df.residual(m))^2 else qchisq(level, 1)
  found <- profiles(coef(m), sqrt(diag(vcov(m))), x, refit, cut)
  profile_fields(found, function(fall) if (has_scale(m)) pf(pmax(fall, 0), 1, df.residual(m), lower.tail = FALSE)
                 else pchisq(pmax(fall, 0), 1, lower.tail = FALSE))
}

# Standardised means by the delta method, with numbers by the definition.
standardized <- function(m, v, a, b, weights = NULL, df = Inf) {
  kept <- !is.na(coef(m))
  mean_of <- function(set) {
    at <- model.frame(m, data = m$data); new <- m$data
    for (name in names(set)) new[[name]] <- if (is.factor(new[[name]])) factor(rep(set[[name]], nrow(new)), levels(new[[name]])) else set[[name]]
    x <- model.matrix(delete.response(terms(m)), new, xlev = m$xlevels)[, kept, drop = FALSE]
    o <- model.offset(model.frame(delete.response(terms(m)), new)); if (is.null(o)) o <- 0
    eta <- as.numeric(x %*% coef(m)[kept]) + o
    w <- if (is.null(weights)) rep(1, length(eta)) else weights
    list(mean = weighted.mean(m$family$linkinv(eta), w), g = colSums(w * m$family$mu.eta(eta) * x) / sum(w))
  }
  p <- mean_of(a); q <- mean_of(b)
  one <- function(value, g, test = TRUE) {
    se <- sqrt(as.numeric(g %*% v %*% g))
    list(estimate = value, std_error = se, p_value = if (test) 2 * pt(-abs(value / se), df))
  }
  c(list(
    mean_a = one(p$mean, p$g, FALSE), mean_b = one(q$mean, q$g, FALSE), difference = one(q$mean - p$mean, q$g - p$g),
    log_ratio = one(log(q$mean / p$mean), q$g / q$mean - p$g / p$mean)),
    if (grepl("binomial", m$family$family) && !grepl("Negative", m$family$family))
      list(log_odds_ratio = one(qlogis(q$mean) - qlogis(p$mean), q$g / (q$mean * (1 - q$mean)) - p$g / (p$mean * (1 - p$mean)))))
}

fit <- c("residual_df", "null_df", "deviance", "null_deviance", "log_likelihood", "aic")
quasi <- c("residual_df", "dispersion", "deviance", "null_deviance")
rows <- c("fitted", "linear_predictor", "leverage", "cooks_distance", "residuals_response", "residuals_pearson",
          "residuals_deviance", "residuals_working")
all_errors <- c("se", "t", "p", "low", "high")

glm_case <- function(id, r, formula, family, m, data = "evaluation", levels = arm, keep = NULL, covariances = list(), add = list(),
                     options = list(), cluster = NULL, target = NULL, relative = 1e-8, note = NULL) {
  level <- if (is.null(options$level)) 0.95 else options$level
  # clubSandwich takes roots and inverses by eigenvalues, which costs a digit.
  if (!is.null(cluster)) relative <- max(relative, 1e-7)
  expected <- c(list(terms = I(names(coef(m))), estimate = I(unname(coef(m)))), of_the_fit(m, keep), add,
    do.call(c, unname(lapply(names(covariances), function(e) errors_of(m, e, covariances[[e]], cluster, level, target)))))
  write_case(paste0("glm/", id), c(list(kind = "glm", formula = formula, family = family), options), r, expected,
             data, levels, relative = relative, note = note)
}

by_team <- list(cluster = "team")
hc <- list(classical = all_errors, hc0 = "se", hc1 = "se", hc2 = "se", hc3 = c("se", "p"))

# --- shares ------------------------------------------------------------------------------------------

m <- glm(at_home ~ arm * age + kind, binomial, d, control = tight)
glm_case("logistic", "glm(binomial), sandwich::vcovHC, residuals, hatvalues, cooks.distance", "at_home ~ arm * age + kind", "binomial", m,
         levels = both, keep = c(fit, rows), covariances = c(hc, list(classical = c(all_errors, "vcov"))[0]))

glm_case("logistic-tests", "anova(test = 'LRT'), anova(test = 'Rao') of the models without each term; Wald by vcov; profile limits by uniroot on the deviance",
         "at_home ~ arm + age + kind", "binomial", m <- glm(at_home ~ arm + age + kind, binomial, d, control = tight), levels = both,
         options = list(level = 0.9),
         add = c(list(likelihood_ratio = term_tests(m, "lr"), score = term_tests(m, "score"), wald = wald_tests(m, vcov(m))), glm_profile(m, 0.9)))

glm_case("logistic-by-cluster", "clubSandwich::vcovCR, coef_test(test = 'Satterthwaite'), Wald_test(test = 'HTZ')", "at_home ~ arm + age", "binomial",
         m <- glm(at_home ~ arm + age, binomial, d, control = tight), cluster = d$team,
         options = c(by_team, list(joint = list(list(label = "both", rows = list(list(armEKC = 1), list(age = 1)))))),
         covariances = list(cr0 = c("se", "df"), cr2 = c("se", "df", "p", "vcov"), cr3 = c("se", "df")),
         add = local({
           w <- Wald_test(m, constraints = rbind(c(0, 1, 0), c(0, 0, 1)), vcov = vcovCR(m, d$team, "CR2"), test = "HTZ")
           list(joint_cr2 = list(list(label = "both", statistic = w$Fstat, df = c(w$df_num, w$df_denom), p_value = w$p_val)))
         }))

for (link in c("probit", "cloglog")) glm_case(link, paste0("glm(binomial('", link, "')), sandwich::vcovHC, clubSandwich"), "at_home ~ arm + age", "binomial",
  refined(at_home ~ arm + age, binomial(link), d), options = c(list(link = link), by_team), cluster = d$team,
  keep = c(fit, "leverage", "residuals_working"), covariances = list(classical = all_errors, hc3 = "se", cr2 = c("se", "df")))

glm_case("risk-ratios", "glm(binomial('log')), sandwich::vcovHC", "at_home ~ arm + kind", "binomial", levels = both,
  refined(at_home ~ arm + kind, binomial("log"), d, start = c(log(0.4), 0, 0, 0)), options = list(link = "log"),
  keep = fit, covariances = list(classical = all_errors, hc3 = "se"))

glm_case("risk-differences", "glm(binomial('identity')), sandwich::vcovHC", "at_home ~ arm + age", "binomial",
  refined(at_home ~ arm + age, binomial("identity"), d, start = c(0.6, 0, 0)), options = list(link = "identity"),
  keep = fit, covariances = list(classical = all_errors, hc3 = "se"))

m <- glm(cbind(kept, missed) ~ arm + age, binomial, d, control = tight)
glm_case("proportions", "glm(cbind(kept, missed), binomial), clubSandwich; Pearson's X² against χ²", "cbind(kept, missed) ~ arm + age", "binomial", m,
  keep = c(fit, rows), covariances = list(classical = all_errors, hc2 = "se", cr2 = c("se", "df"), cr3 = "se"), options = by_team, cluster = d$team,
  add = local({ x2 <- sum(residuals(m, "pearson")^2)
    list(pearson_test = list(statistic = x2, df = I(df.residual(m)), p_value = pchisq(x2, df.residual(m), lower.tail = FALSE))) }))

m <- glm(cbind(kept, missed) ~ arm + age + kind, quasibinomial, d, control = tight)
glm_case("quasi-binomial", "glm(quasibinomial); F tests with Pearson's dispersion; profile limits by uniroot, F", "cbind(kept, missed) ~ arm + age + kind", "quasi_binomial", m,
  levels = both, keep = quasi, covariances = list(classical = all_errors, hc1 = c("se", "p")),
  add = c(list(likelihood_ratio = term_tests(m, "lr"), score = term_tests(m, "score"), wald = wald_tests(m, vcov(m))), glm_profile(m)))

# glmmTMB's errors come from a Hessian by finite differences of an exact gradient, good to about 1e-5.
tmb <- function(formula, family) glmmTMB(formula, d, family = family, control = glmmTMBControl(optCtrl = list(rel.tol = 1e-15, x.tol = 0, iter.max = 2000, eval.max = 2000)))
m <- tmb(cbind(kept, missed) ~ arm + age, betabinomial())
local({
  v <- vcov(m, full = TRUE); tau <- -m$fit$par[["betad"]]; rho <- plogis(tau); se <- sqrt(v[4, 4])
  write_case("glm/beta-binomial", list(kind = "glm", formula = "cbind(kept, missed) ~ arm + age", family = "beta_binomial"),
    "glmmTMB(family = betabinomial()); ρ = 1 / (1 + φ), its error by the delta method, interval on the logit scale",
    list(terms = I(names(fixef(m)$cond)), estimate = I(unname(fixef(m)$cond)), se_classical = I(unname(sqrt(diag(v))[1:3])),
         vcov_classical = rows_of(v[1:3, 1:3]), shape = rho, shape_se = rho * (1 - rho) * se,
         shape_low = plogis(tau - qnorm(0.975) * se), shape_high = plogis(tau + qnorm(0.975) * se),
         log_likelihood = as.numeric(logLik(m)), aic = AIC(m), fitted = I(unname(fitted(m))), deviance = NA),
    "evaluation", arm, relative = 2e-5)
})

# --- counts ------------------------------------------------------------------------------------------

m <- glm(problems ~ arm + age + kind + offset(log(months)), poisson, d, control = tight)
zeros_of <- function(m) {
  p <- exp(-fitted(m)); x <- model.matrix(m); mu <- fitted(m)
  s <- sum((m$y == 0) / p - 1)^2 / (sum(1 / p - 1) - as.numeric(crossprod(x, mu)[, 1] %*% solve(crossprod(x, x * mu), crossprod(x, mu)[, 1])))
  list(observed = sum(m$y == 0), expected = sum(p), statistic = s, p_value = pchisq(s, 1, lower.tail = FALSE))
}
over <- function(m, trafo = NULL) {
  t <- AER::dispersiontest(m, trafo)
  value <- unname(t$estimate) - is.null(trafo)
  list(estimate = value, std_error = value / unname(t$statistic), statistic = unname(t$statistic), p_value = unname(t$p.value))
}
glm_case("poisson-offset", "glm(poisson) with offset(log(months)); AER::dispersiontest; van den Broek's score by definition; sandwich, clubSandwich",
  "problems ~ arm + age + kind + offset(log(months))", "poisson", m, levels = both, keep = c(fit, rows), options = by_team, cluster = d$team,
  covariances = c(hc, list(cr0 = c("se", "df"), cr2 = c("se", "df", "p"), cr3 = c("se", "df"))),
  add = c(list(likelihood_ratio = term_tests(m, "lr"), score = term_tests(m, "score"), overdispersion_linear = over(m), overdispersion_quadratic = over(m, 2),
               zeros = zeros_of(m)), glm_profile(m)))

glm_case("poisson-identity", "glm(poisson('identity'))", "problems ~ arm + months", "poisson",
  refined(problems ~ arm + months, poisson("identity"), d, start = c(1.5, 0, 0)), options = list(link = "identity"), keep = fit,
  covariances = list(classical = all_errors, hc3 = "se"))
glm_case("poisson-sqrt", "glm(poisson('sqrt'))", "problems ~ arm + months", "poisson", refined(problems ~ arm + months, poisson("sqrt"), d),
  options = list(link = "sqrt"), keep = c(fit, "leverage"), covariances = list(classical = all_errors, hc3 = "se"))

m <- glm(problems ~ arm * age, quasipoisson, d, control = tight)
glm_case("quasi-poisson", "glm(quasipoisson); clubSandwich", "problems ~ arm * age", "quasi_poisson", m, keep = quasi, options = by_team, cluster = d$team,
  covariances = list(classical = all_errors, cr2 = c("se", "df")), add = list(likelihood_ratio = term_tests(m, "lr")))

glm_case("poisson-saturated", "glm(poisson): a mean for each of the six cells, one row a cell", "n ~ g", "poisson",
  local({ s <- data.frame(g = factor(paste0("g", 1:4)), n = c(3, 1, 7, 2)); write_data(s, "four-counts"); glm(n ~ g, poisson, s, control = tight) }),
  data = "four-counts", levels = list(g = paste0("g", 1:4)), keep = c("residual_df", "null_deviance", "log_likelihood", "aic"), covariances = list(classical = c("se", "p")),
  note = "no degrees of freedom are left, but the Poisson family needs none")

# MASS's glm.nb stops early; its estimates are refined by alternating until nothing moves.
nb <- function(formula, data, weights = NULL) {
  data$w <- if (is.null(weights)) 1 else weights
  m <- glm.nb(formula, data, weights = w, control = tight)
  theta <- m$theta
  for (i in 1:200) {
    m <- glm(formula, negative.binomial(theta), data, weights = w, control = tight)
    new <- theta.ml(m$y, fitted(m), sum(data$w), weights = data$w, limit = 100, eps = 1e-14)
    if (abs(new - theta) < 1e-13 * theta) break
    theta <- as.numeric(new)
  }
  m$theta <- as.numeric(new); m$theta_se <- attr(new, "SE")
  m$two_log <- 2 * sum(data$w * dnbinom(m$y, size = theta, mu = fitted(m), log = TRUE))
  m
}
# As glm.nb's summary, φ is one; sandwich and clubSandwich do not depend on it.
nb_vcov <- function(m) summary(m, dispersion = 1)$cov.scaled
f <- problems ~ arm + age + offset(log(months))
m <- nb(f, d)
nb_profile <- function(m, formula, data, columns) {
  x <- model.matrix(m); o <- if (is.null(m$offset)) 0 else m$offset
  refit <- function(rest, offset) {
    theta <- m$theta
    for (i in 1:500) {
      s <- glm.fit(rest, m$y, offset = o + offset, family = negative.binomial(theta), control = tight, mustart = m$fitted.values)
      new <- as.numeric(theta.ml(m$y, s$fitted.values, nrow(x), limit = 100, eps = 1e-14))
      if (abs(new - theta) < 1e-12 * theta) break
      theta <- new
    }
    -2 * sum(dnbinom(m$y, size = theta, mu = s$fitted.values, log = TRUE))
  }
  found <- profiles(coef(m), sqrt(diag(nb_vcov(m))), x, refit, qchisq(0.95, 1), columns)
  best <- refit(x, rep(0, nrow(x)))
  at <- function(theta) -2 * sum(dnbinom(m$y, size = theta, mu = glm.fit(x, m$y, offset = o, family = negative.binomial(theta), control = tight)$fitted.values, log = TRUE)) - best
  cut <- qchisq(0.95, 1)
  shape <- c(uniroot(function(t) at(t) - cut, c(m$theta / 20, m$theta), tol = 1e-13)$root, uniroot(function(t) at(t) - cut, c(m$theta, m$theta * 50), tol = 1e-13)$root)
  c(profile_fields(found, function(fall) pchisq(pmax(fall, 0), 1, lower.tail = FALSE)), list(profile_shape = I(shape)))
}
nb_fields <- function(m, p = length(coef(m))) {
  width <- qnorm(0.975) * m$theta_se / m$theta
  list(shape = m$theta, shape_se = m$theta_se, shape_low = m$theta * exp(-width), shape_high = m$theta * exp(width),
       log_likelihood = m$two_log / 2, aic = -m$two_log + 2 * (p + 1))
}
robust_nb <- function(m, errors, cluster = NULL) {
  out <- list()
  for (e in errors) {
    if (startsWith(e, "cr")) {
      v <- vcovCR(m, cluster = cluster, type = toupper(e)); out[[paste0("df_", e)]] <- I(coef_test(m, vcov = v, test = "Satterthwaite")$df_Satt)
    } else v <- vcovHC(m, type = toupper(e))
    out[[paste0("se_", e)]] <- I(unname(sqrt(diag(v))))
  }
  out
}
lr_nb <- function(formula, data, without) {
  full <- nb(formula, data)
  lapply(without, function(term) {
    s <- full$two_log - nb(update(formula, as.formula(paste(". ~ . -", term))), data)$two_log
    list(label = term, statistic = s, df = I(1L), p_value = pchisq(s, 1, lower.tail = FALSE))
  })
}
glm_case("nbinom2-offset", "MASS::glm.nb, then glm(negative.binomial(theta)) and theta.ml by turns until nothing moves; sandwich; clubSandwich; profile limits by uniroot with θ estimated anew",
  "problems ~ arm + age + offset(log(months))", "nbinom2", m, keep = c("residual_df", "null_df", "deviance", "null_deviance", "leverage"), options = by_team,
  add = c(list(se_classical = I(unname(sqrt(diag(nb_vcov(m)))))), nb_fields(m), robust_nb(m, c("hc0", "hc1", "hc2", "hc3", "cr0", "cr2", "cr3"), d$team),
          list(likelihood_ratio = lr_nb(f, d, c("arm", "age"))), nb_profile(m, f, d, 1:3)),
  relative = 1e-7)

copies <- d[rep(seq_len(nrow(d)), d$copies), ]
m <- nb(problems ~ arm + age, copies)
glm_case("nbinom2-frequency-weights", "MASS and sandwich on the rows repeated `copies` times", "problems ~ arm + age", "nbinom2", m,
  keep = c("residual_df", "deviance", "null_deviance"), options = c(by_team, list(weights = list(column = "copies", kind = "frequency"))),
  add = c(list(se_classical = I(unname(sqrt(diag(nb_vcov(m)))))), nb_fields(m), robust_nb(m, c("hc3", "cr2"), copies$team)), relative = 1e-7)

# Counts that vary less than Poisson ones: the maximum lies at θ = ∞, which is the Poisson model.
s <- read_data("sixteen", arm)
m <- glm(visits ~ arm, poisson, s, control = tight)
glm_case("nbinom2-at-the-edge", "glm(poisson), the limit of glm.nb, which warns of its iteration limit", "visits ~ arm", "nbinom2", m, data = "sixteen",
  keep = c("residual_df", "deviance", "log_likelihood"), covariances = list(classical = all_errors), add = list(shape = NA, shape_se = NA),
  note = "the counts vary less than Poisson ones")

m <- tmb(problems ~ arm + age + offset(log(months)), nbinom1())
local({
  v <- vcov(m, full = TRUE); tau <- m$fit$par[["betad"]]; se <- sqrt(v[4, 4])
  write_case("glm/nbinom1", list(kind = "glm", formula = "problems ~ arm + age + offset(log(months))", family = "nbinom1"),
    "glmmTMB(family = nbinom1())",
    list(terms = I(names(fixef(m)$cond)), estimate = I(unname(fixef(m)$cond)), se_classical = I(unname(sqrt(diag(v))[1:3])),
         vcov_classical = rows_of(v[1:3, 1:3]), shape = exp(tau), shape_se = exp(tau) * se,
         shape_low = exp(tau - qnorm(0.975) * se), shape_high = exp(tau + qnorm(0.975) * se),
         log_likelihood = as.numeric(logLik(m)), aic = AIC(m), fitted = I(unname(fitted(m)))),
    "evaluation", arm, relative = 1e-4)
})

# Sandwiches of NB1 and of the beta-binomial, which no package here gives: gradients by row in β and τ by hand,
# the information by central differences of their sum, and a Newton search for the maximum.
by_gradients <- function(id, formula, family, x, gradient, start, cluster, levels = arm) {
  p <- start
  jacobian <- function(p) sapply(seq_along(p), function(j) {
    h <- 1e-5 * max(1, abs(p[j])); e <- replace(numeric(length(p)), j, h)
    (colSums(gradient(p + e)) - colSums(gradient(p - e))) / (2 * h)
  })
  for (i in 1:100) { step <- solve(jacobian(p), colSums(gradient(p))); p <- p - step; if (max(abs(step)) < 1e-14) break }
  bread <- solve(-jacobian(p)); g <- gradient(p); k <- ncol(x); n <- nrow(x)
  se <- function(meat) I(unname(sqrt(diag(bread %*% meat %*% bread)))[1:k])
  write_case(paste0("glm/", id), list(kind = "glm", formula = formula, family = family, cluster = "team"),
    "maximum likelihood by Newton's method with gradients by hand, in scripts/glm.R; sandwiches of these gradients; normal reference",
    list(terms = I(colnames(x)), estimate = I(unname(p[1:k])), se_classical = I(unname(sqrt(diag(bread)))[1:k]), se_hc0 = se(crossprod(g)),
         se_hc1 = se(crossprod(g) * n / (n - k)), se_cr0 = se(crossprod(rowsum(g, cluster))),
         p_cr0 = I(unname(2 * pnorm(-abs(p[1:k] / se(crossprod(rowsum(g, cluster))))))), df_cr0 = I(rep(NA_real_, k))),
    "evaluation", levels, relative = 1e-7)
}
local({
  x <- model.matrix(~ arm + age, d); y <- d$problems; o <- log(d$months)
  by_gradients("nbinom1-by-cluster", "problems ~ arm + age + offset(log(months))", "nbinom1", x, function(p) {
    phi <- exp(p[4]); s <- exp(as.numeric(x %*% p[1:3]) + o) / phi
    a <- digamma(y + s) - digamma(s) - log1p(phi)
    cbind(x * s * a, y - (s + y) * phi / (1 + phi) - s * a)
  }, c(-2, 0, 0, 0), d$team)
  s <- d$kept; m <- d$planned
  by_gradients("beta-binomial-by-cluster", "cbind(kept, missed) ~ arm + age", "beta_binomial", x, function(p) {
    mu <- plogis(as.numeric(x %*% p[1:3])); phi <- exp(-p[4])
    a <- digamma(mu * phi + s) - digamma(mu * phi); b <- digamma((1 - mu) * phi + m - s) - digamma((1 - mu) * phi)
    cbind(x * phi * (a - b) * mu * (1 - mu), -phi * (mu * a + (1 - mu) * b - digamma(phi + m) + digamma(phi)))
  }, c(0.3, 0, 0, -1), d$team)
})

# --- numbers -----------------------------------------------------------------------------------------

for (link in c("log", "inverse")) {
  m <- glm(days ~ arm + age, Gamma(link), d, control = tight)
  for (i in 1:60) m <- glm(days ~ arm + age, Gamma(link), d, control = tight, start = coef(m))
  glm_case(paste0("gamma-", link), paste0("glm(Gamma('", link, "')), sandwich::vcovHC; F tests with Pearson's dispersion; profile limits by uniroot, F"),
    "days ~ arm + age", "gamma", m, options = list(link = link), keep = c(fit, "dispersion", rows), covariances = list(classical = all_errors, hc0 = "se", hc3 = "se"),
    add = c(list(likelihood_ratio = term_tests(m, "lr"), score = term_tests(m, "score")), glm_profile(m)))
}
m <- refined(days ~ arm + age, gaussian("log"), d, start = c(3.5, 0, 0))
glm_case("gaussian-log", "glm(gaussian('log')), clubSandwich", "days ~ arm + age", "gaussian", m, options = c(list(link = "log"), by_team), cluster = d$team,
  keep = c(fit, "dispersion", "leverage"), covariances = list(classical = all_errors, cr2 = c("se", "df")))

# --- weights -----------------------------------------------------------------------------------------

m <- glm(days ~ arm + age, gaussian, d, weights = precision, control = tight)
glm_case("gaussian-precision-weights", "glm(gaussian, weights = precision); clubSandwich", "days ~ arm + age", "gaussian", m, cluster = d$team,
  options = c(by_team, list(weights = list(column = "precision", kind = "precision"))), keep = c(fit, "dispersion", rows),
  covariances = list(classical = all_errors, hc3 = "se", cr2 = c("se", "df")))
m <- glm(days ~ arm + age, Gamma("log"), d, weights = precision, control = tight)
for (i in 1:60) m <- glm(days ~ arm + age, Gamma("log"), d, weights = precision, control = tight, start = coef(m))
glm_case("gamma-precision-weights", "glm(Gamma('log'), weights = precision); clubSandwich", "days ~ arm + age", "gamma", m, cluster = d$team,
  options = c(by_team, list(link = "log", weights = list(column = "precision", kind = "precision"))), keep = c(fit, "dispersion", "leverage"),
  covariances = list(classical = all_errors, hc0 = "se", cr2 = c("se", "df")))

m <- glm(at_home ~ arm + age, binomial, copies, control = tight)
glm_case("logistic-frequency-weights", "glm, sandwich and clubSandwich on the rows repeated `copies` times", "at_home ~ arm + age", "binomial", m, cluster = copies$team,
  options = c(by_team, list(weights = list(column = "copies", kind = "frequency"))), keep = fit,
  covariances = list(classical = all_errors, hc1 = "se", hc2 = "se", hc3 = "se", cr0 = c("se", "df"), cr2 = c("se", "df"), cr3 = c("se", "df")))

local({
  m <- suppressWarnings(glm(at_home ~ arm + age, binomial, d, weights = sampling, control = tight))
  options(survey.lonely.psu = "fail")
  free <- suppressWarnings(survey::svyglm(at_home ~ arm + age, survey::svydesign(~1, weights = ~sampling, data = d), family = binomial, control = tight, rescale = FALSE))
  by <- suppressWarnings(survey::svyglm(at_home ~ arm + age, survey::svydesign(~team, weights = ~sampling, data = d), family = binomial, control = tight, rescale = FALSE))
  n <- nrow(d); g <- length(unique(d$team)); mu <- fitted(m)
  v <- vcovCR(m, cluster = d$team, type = "CR2", target = mu * (1 - mu), inverse_var = FALSE)
  glm_case("logistic-sampling-weights", "survey::svyglm, its errors times √((n − 1) / n) for HC0 and √((g − 1) / g) for CR0; clubSandwich with target = μ(1 − μ) for CR2",
    "at_home ~ arm + age", "binomial", m, options = c(by_team, list(weights = list(column = "sampling", kind = "sampling"))),
    add = list(se_hc0 = unname(survey::SE(free)) * sqrt((n - 1) / n), se_cr0 = unname(survey::SE(by)) * sqrt((g - 1) / g),
               se_cr2 = unname(sqrt(diag(v))), df_cr2 = coef_test(m, vcov = v, test = "Satterthwaite")$df_Satt, log_likelihood = NA, aic = NA))
})

# Not of this group, but of the same mechanism: sampling weights of a linear model by cluster.
local({
  d <- read_data("families", list(arm = c("WT", "EKC"), wave = c("1", "2", "3")))
  m <- lm(problems ~ arm * wave + age, d, weights = sampling)
  of <- function(type) { v <- vcovCR(m, cluster = d$family, type = type)
    found <- coef_test(m, vcov = v, test = "Satterthwaite")
    setNames(list(found$SE, found$df_Satt), paste0(c("se_", "df_"), tolower(type))) }
  w <- Wald_test(m, constraints = rbind(c(0, 0, 0, 0, 0, 1, 0), c(0, 0, 0, 0, 0, 0, 1)), vcov = vcovCR(m, cluster = d$family, type = "CR2"), test = "HTZ")
  write_case("robust/sampling-weights-by-cluster", list(kind = "lm", formula = "problems ~ arm * wave + age", weights = list(column = "sampling", kind = "sampling"),
      cluster = "family", joint = list(list(label = "arm:wave", rows = list(list("armEKC:wave2" = 1), list("armEKC:wave3" = 1))))),
    "lm(weights = sampling); clubSandwich::vcovCR with its default, the identity as target; coef_test, Wald_test(test = 'HTZ')",
    c(of("CR0"), of("CR2"), of("CR3"), list(joint_cr2 = list(list(label = "arm:wave", statistic = w$Fstat, df = c(w$df_num, w$df_denom), p_value = w$p_val)))),
    "families", list(arm = c("WT", "EKC"), wave = c("1", "2", "3")))
})

# --- columns that are not estimated ------------------------------------------------------------------

m <- glm(problems ~ age + I(2 * age - 1) + months + I(age + months) + arm, poisson, d, control = with_aliases)
glm_case("aliased", "glm(poisson), sandwich, clubSandwich: two columns that are sums of others", "problems ~ age + I(2 * age - 1) + months + I(age + months) + arm", "poisson", m, relative = 1e-6,
  keep = c(fit, "leverage"), covariances = list(classical = c("se", "p")))
local({
  e <- d[!(d$arm == "EKC" & d$kind == "c"), ]
  write_data(e, "evaluation-cell")
  m <- glm(at_home ~ arm * kind, binomial, e, control = with_aliases)
  glm_case("empty-cell", "glm(binomial): one kind has one arm only", "at_home ~ arm * kind", "binomial", m, data = "evaluation-cell", levels = both, keep = fit, relative = 1e-6,
    covariances = list(classical = c("se", "p")), add = list(likelihood_ratio = term_tests(m, "lr")))
})

# --- Firth -------------------------------------------------------------------------------------------

# Newton's method on ℓ + ½ log |X'WX| by its definition (Heinze & Schemper 2002), the penalty always that of
# all columns, also where a coefficient is held.
firth <- function(x, y, family, held = NULL, value = 0, n = rep(1, length(y))) {
  b <- rep(0, ncol(x)); if (!is.null(held)) b[held] <- value
  free <- setdiff(seq_len(ncol(x)), held)
  star <- function(b) {
    eta <- as.numeric(x %*% b); mu <- family$linkinv(eta); w <- n * family$variance(mu)
    l <- if (family$family == "binomial") sum(n * (y * plogis(eta, log.p = TRUE) + (1 - y) * plogis(-eta, log.p = TRUE))) else sum(n * (y * eta - mu))
    list(star = l + 0.5 * as.numeric(determinant(crossprod(x, w * x))$modulus), l = l, mu = mu, w = w)
  }
  s <- star(b)
  for (i in 1:5000) {
    info <- crossprod(x, s$w * x)
    h <- s$w * rowSums((x %*% solve(info, tol = 0)) * x)
    u <- crossprod(x, n * (y - s$mu) + h * (if (family$family == "binomial") 0.5 - s$mu else 0.5))[free]
    if (length(free) == 0) break
    step <- solve(info[free, free, drop = FALSE], u, tol = 0); step <- step * min(1, 2 / max(abs(x[, free, drop = FALSE] %*% step)))
    t <- 1; repeat { new <- b; new[free] <- b[free] + t * step; s2 <- star(new); if (s2$star >= s$star - 1e-13 * abs(s$star) || t < 1e-6) break; t <- t / 2 }
    b <- new; s <- s2
    if (max(abs(t * step)) < 1e-14 * max(1, abs(b))) break
  }
  list(b = b, star = s$star, l = s$l, se = sqrt(diag(solve(crossprod(x, s$w * x), tol = 0))))
}
firth_case <- function(id, formula, family, name, data, levels, columns = NULL, add = list()) {
  e <- read_data(data, levels)
  frame <- model.frame(as.formula(formula), e); x <- model.matrix(as.formula(formula), e); y <- model.response(frame)
  m <- firth(x, y, family)
  constant <- if (name == "poisson") -sum(lfactorial(y)) else 0
  at <- function(j, value) 2 * (m$star - firth(x, y, family, j, value)$star)
  cut <- qchisq(0.95, 1)
  ends <- sapply(seq_len(ncol(x)), function(j) {
    far <- function(side) { value <- m$b[j] + side * m$se[j]; while (at(j, value) < cut) value <- value + side * m$se[j]
      uniroot(function(v) at(j, v) - cut, sort(c(m$b[j], value)), tol = 1e-12)$root }
    c(far(-1), far(1), pchisq(at(j, 0), 1, lower.tail = FALSE))
  })
  write_case(paste0("glm/", id), list(kind = "glm", formula = formula, family = name, bias_reduction = "firth"),
    "Newton's method on the penalised likelihood by its definition, in scripts/glm.R; profile limits by uniroot with the penalty of all columns, as logistf",
    c(list(terms = I(colnames(x)), estimate = I(m$b), se_classical = I(unname(m$se)), log_likelihood = m$l + constant, penalized_log_likelihood = m$star + constant,
           profile_low = I(ends[1, ]), profile_high = I(ends[2, ]), profile_p = I(ends[3, ])), add),
    data, levels, relative = 1e-7)
}
firth_case("firth-separated", "home ~ age", binomial(), "binomial", "sixteen", arm)
firth_case("firth-logistic", "at_home ~ arm + age + kind", binomial(), "binomial", "evaluation", both)
firth_case("firth-all-zeros-in-an-arm", "reports ~ arm + age", poisson(), "poisson", "sixteen", arm)

# --- standardised means ------------------------------------------------------------------------------

m <- glm(at_home ~ arm * age + kind, binomial, d, control = tight)
settings <- list(settings = list(list(arm = "WT"), list(arm = "EKC")))
glm_case("standardized-risks", "means of the predictions with all rows in one arm, by definition; delta method with vcov and sandwich::vcovHC(type = 'HC3'), z",
  "at_home ~ arm * age + kind", "binomial", m, levels = both, options = settings,
  add = list(standardized_classical = standardized(m, vcov(m), list(arm = "WT"), list(arm = "EKC")),
             standardized_hc3 = standardized(m, vcovHC(m, type = "HC3"), list(arm = "WT"), list(arm = "EKC"))))
m <- glm(problems ~ arm + age + offset(log(months)), poisson, d, control = tight)
glm_case("standardized-counts", "as standardized-risks, with the offset of each row", "problems ~ arm + age + offset(log(months))", "poisson", m, options = settings,
  add = list(standardized_classical = standardized(m, vcov(m), list(arm = "WT"), list(arm = "EKC"))))
m <- glm(days ~ arm + age, Gamma("log"), d, control = tight)
glm_case("standardized-unit", "one year more in every row: from age 8 to age 9; t on n − r degrees of freedom", "days ~ arm + age", "gamma", m,
  options = list(link = "log", settings = list(list(age = 8), list(age = 9))),
  add = list(standardized_classical = standardized(m, vcov(m), list(age = 8), list(age = 9), df = df.residual(m))))

# --- awkward designs ---------------------------------------------------------------------------------

local({
  e <- d; e$problems[c(3, 40)] <- NA; e$age[7] <- NA
  write_data(e, "evaluation-gaps")
  m <- glm(problems ~ arm + age, poisson, e, control = tight)
  glm_case("missing-values", "glm(poisson) on the rows that have all", "problems ~ arm + age", "poisson", m, data = "evaluation-gaps", keep = fit, relative = 1e-7,
    covariances = list(classical = "se"), add = list(omitted = nrow(e) - nobs(m), n_obs = nobs(m)))
})
local({
  # One team an arm: it determines the arm's mean, so that CR has no error to estimate.
  e <- d[d$team %in% c("t9", "t12", "t10", "t11"), ]
  write_data(e, "four-teams")
  m <- glm(problems ~ arm, poisson, e, control = tight)
  glm_case("two-teams-an-arm", "clubSandwich: two teams in each arm", "problems ~ arm", "poisson", m, data = "four-teams", options = by_team, cluster = e$team,
    covariances = list(cr0 = c("se", "df"), cr2 = c("se", "df", "p"), cr3 = c("se", "df")))
})
m <- glm(at_home ~ 0 + arm + age, binomial, d, control = tight)
glm_case("no-intercept", "glm(binomial): the null deviance is that of μ = ½", "at_home ~ 0 + arm + age", "binomial", m, keep = fit, covariances = list(classical = "se"))
m <- glm(problems ~ 1 + offset(log(months)), poisson, d, control = tight)
glm_case("intercept-only", "glm(poisson): null deviance and deviance are the same", "problems ~ 1 + offset(log(months))", "poisson", m, keep = fit, covariances = list(classical = all_errors))
