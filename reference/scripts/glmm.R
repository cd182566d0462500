# Generalised linear mixed models: the drawn panel and the cases of `glmm/`.
#
# Run in the folder `reference`: Rscript scripts/glmm.R. R 4.2.2 with glmmTMB 1.1.5 and lme4 1.1.31 (Debian 12).
# glmmTMB's default optimiser stops at a relative change of 1.5e-8; here it goes on, so that the estimates have
# as many digits as the likelihood allows.

source("scripts/corpus.R")
suppressPackageStartupMessages({
  library(lme4)
  library(glmmTMB)
})

# 60 families in 6 teams, two to five waves: counts, counts with excess zeros, positive counts, yes or no,
# goals reached of those set, weeks until closing; months at risk, and a weight; euros, a column on
# another scale; again, a column that others contain; counts that no family differs in; huge counts.
set.seed(50511)
families <- 60
waves <- rep(2:5, length.out = families)
d <- data.frame(family = rep(seq_len(families), waves), wave = sequence(waves) - 1)
d$team <- paste0("T", (d$family - 1) %% 6 + 1)
d$arm <- ifelse(d$family %% 2 == 0, "EKC", "WT")
ekc <- d$arm == "EKC"
u0 <- rnorm(families, 0, 0.7)[d$family]
u1 <- rnorm(families, 0, 0.25)[d$family]
team <- c(0.9, -0.7, -0.9, 0.8, 0, 0.1)[as.integer(sub("T", "", d$team))]
d$season <- sample(1:4, nrow(d), replace = TRUE)
season <- c(-0.6, 0.1, 0.7, -0.3)[d$season]
n <- nrow(d)
eta <- 1.1 - 0.3 * ekc - 0.15 * d$wave + u0 + u1 * d$wave + team + 0.5 * season
d$months <- sample(2:8, n, replace = TRUE)
d$problems <- rnbinom(n, mu = exp(eta), size = 3)
d$visits <- rpois(n, exp(eta - 1) * d$months / 4)
d$incidents <- ifelse(runif(n) < plogis(-0.8 + 0.7 * ekc), 0, rnbinom(n, mu = exp(eta), size = 4))
d$contacts <- pmax(1, rnbinom(n, mu = exp(eta), size = 3))
d$involved <- rbinom(n, 1, plogis(-0.4 + 0.6 * ekc + 0.2 * d$wave + 1.2 * u0 + season))
d$set <- sample(3:9, n, replace = TRUE)
share <- plogis(-0.2 + 0.5 * ekc + u0)
d$reached <- rbinom(n, d$set, rbeta(n, 6 * share, 6 * (1 - share)))
d$missed <- d$set - d$reached
d$weeks <- signif(rgamma(n, shape = 2.5, scale = exp(1.5 - 0.2 * ekc + 0.6 * u0) / 2.5), 4)
d$copies <- sample(1:3, n, replace = TRUE)
d$euros <- 1e6 * round(runif(n), 4)
d$again <- 2 * d$wave + 1
d$alike <- c(3, 5, 2, 4, 6)[d$wave + 1]
d$whole <- rpois(n, exp(13.8 + 0.1 * u0 - 0.05 * ekc))
d$row <- seq_len(n)
write_data(d, "glmm-panel")

levels <- list(family = as.character(seq_len(families)),
               team = paste0("T", 1:6), arm = c("WT", "EKC"))
p <- read_data("glmm-panel")
for (column in names(levels)) p[[column]] <- factor(p[[column]], levels = levels[[column]])

# Beyond the default tolerance.
far <- glmmTMBControl(optCtrl = list(iter.max = 2000, eval.max = 4000, rel.tol = 1e-14, x.tol = 0))
tmb <- function(...) suppressWarnings(eval(substitute(glmmTMB(..., data = p, control = far)), globalenv()))
bobyqa <- glmerControl(optimizer = "bobyqa", calc.derivs = TRUE,
                       optCtrl = list(rhoend = 1e-9, maxfun = 1e5), check.conv.grad = "ignore")

coefficient_rows <- function(estimate, se) {
  Map(function(term, b, s) list(term = term, estimate = b, std_error = s),
      names(estimate), unname(estimate), unname(se)) |> unname()
}

variance_rows <- function(vc) {
  out <- list()
  row <- function(group, one, two, covariance, other)
    list(group = group, term1 = one, term2 = two, covariance = covariance, sd_or_correlation = other)
  for (group in names(vc)) {
    v <- vc[[group]]
    s <- unname(sqrt(diag(v)))
    for (i in seq_along(s)) out <- c(out, list(row(group, rownames(v)[i], NULL, v[i, i], s[i])))
    for (i in seq_along(s)) for (j in seq_along(s)) if (i < j)
      out <- c(out, list(row(group, rownames(v)[i], rownames(v)[j], v[i, j], v[i, j] / s[i] / s[j])))
  }
  lapply(out, function(r) { if (is.null(r$term2)) r["term2"] <- list(NULL); r })
}

# Log-likelihood, coefficients, variances; `more` adds or replaces fields.
of_tmb <- function(m, name, model, r, more = list(), relative = 1e-4, note = NULL) {
  v <- vcov(m)
  expected <- list(
    n_obs = nobs(m), log_likelihood = as.numeric(logLik(m)), aic = AIC(m),
    fixed = coefficient_rows(fixef(m)$cond, sqrt(diag(v$cond))),
    varcorr = variance_rows(VarCorr(m)$cond))
  if (length(fixef(m)$zi)) expected$zero_inflation <- coefficient_rows(fixef(m)$zi, sqrt(diag(v$zi)))
  expected[names(more)] <- more
  write_case(paste0("glmm/", name), c(list(kind = "glmm"), model), paste(r, "1.1.5"), expected,
             "glmm-panel", levels_of(model), relative = relative, note = note)
}

of_lme4 <- function(m, name, model, r, more = list(), relative = 1e-4, note = NULL) {
  expected <- list(
    n_obs = nobs(m), log_likelihood = as.numeric(logLik(m)), aic = AIC(m),
    fixed = coefficient_rows(fixef(m), sqrt(diag(as.matrix(vcov(m))))),
    varcorr = variance_rows(VarCorr(m)))
  expected[names(more)] <- more
  write_case(paste0("glmm/", name), c(list(kind = "glmm"), model), paste(r, "1.1.31"), expected,
             "glmm-panel", levels_of(model), relative = relative, note = note)
}

# Only the factors of a formula.
levels_of <- function(model) levels[names(levels) %in% all.vars(as.formula(model$formula))]

head_of <- function(x, k = 6) I(unname(head(x, k)))
shape <- function(m) sigma(m)

# --- counts ---------------------------------------------------------------------------------------------
f <- "problems ~ arm * wave + (1 + wave | family)"
m <- tmb(as.formula(f), family = poisson)
re <- ranef(m)$cond$family
of_tmb(m, "panel-poisson-slopes", list(formula = f, family = "poisson", n_agq = 1),
       paste0("glmmTMB(", f, ", poisson)"),
       list(ranef_head = I(lapply(1:4, function(i) list(
              group = "family", level = rownames(re)[i], term = "(Intercept)", mode = re[i, 1])))))

f <- "problems ~ arm + wave + (1 + wave || family)"
m <- tmb(problems ~ arm + wave + diag(1 + wave | family), family = poisson)
v <- diag(VarCorr(m)$cond$family)
of_tmb(m, "panel-poisson-uncorrelated", list(formula = f, family = "poisson"),
       "glmmTMB(problems ~ arm + wave + diag(1 + wave | family), poisson)",
       list(varcorr = Map(function(group, term, x) list(group = group, term1 = term, term2 = NULL, covariance = x,
                                                        sd_or_correlation = sqrt(x)),
                          c("family", "family.1"), names(v), unname(v)) |> unname() |>
              lapply(function(r) { r["term2"] <- list(NULL); r })))

f <- "problems ~ arm + wave + (1 | family)"
m <- suppressWarnings(glmer(as.formula(f), p, poisson, nAGQ = 9, control = bobyqa))
saturated <- sum(dpois(p$problems, p$problems, log = TRUE))
ll <- as.numeric(logLik(m)) + saturated
re <- ranef(m, condVar = TRUE)$family
of_lme4(m, "panel-poisson-agq9", list(formula = f, family = "poisson", n_agq = 9),
        paste0("lme4::glmer(", f, ", poisson, nAGQ = 9)"),
        list(log_likelihood = ll, aic = -2 * ll + 2 * 4,
             ranef_head = I(lapply(1:4, function(i) list(
               group = "family", level = rownames(re)[i], term = "(Intercept)", mode = re[i, 1],
               sd = sqrt(attr(re, "postVar")[1, 1, i]))))),
        note = "lme4's log-likelihood with the saturated model's constant put back.")

f <- "visits ~ arm + wave + offset(log(months)) + (1 | family)"
m <- tmb(as.formula(f), family = poisson, weights = copies)
of_tmb(m, "panel-poisson-offset-weights",
       list(formula = f, family = "poisson", weights = list(column = "copies", kind = "precision")),
       paste0("glmmTMB(", f, ", poisson, weights = copies)"),
       list(fitted_head = head_of(fitted(m))))

f <- "problems ~ arm + wave + (1 + wave | family)"
m <- tmb(as.formula(f), family = nbinom2)
of_tmb(m, "panel-nbinom2-slopes", list(formula = f, family = "nbinom2"),
       paste0("glmmTMB(", f, ", nbinom2)"), list(dispersion = shape(m)))

f <- "problems ~ arm + wave + (1 | family)"
m <- tmb(as.formula(f), family = nbinom1, dispformula = ~ arm)
d1 <- fixef(m)$disp
of_tmb(m, "panel-nbinom1-dispersion",
       list(formula = f, family = "nbinom1", dispersion = "~ arm"),
       paste0("glmmTMB(", f, ", nbinom1, dispformula = ~ arm)"),
       list(dispersion_model = coefficient_rows(d1, sqrt(diag(vcov(m)$disp)))))

m <- tmb(as.formula(f), family = nbinom2, dispformula = ~ wave)
d2 <- fixef(m)$disp
of_tmb(m, "panel-nbinom2-dispersion",
       list(formula = f, family = "nbinom2", dispersion = "~ wave"),
       paste0("glmmTMB(", f, ", nbinom2, dispformula = ~ wave)"),
       list(dispersion_model = coefficient_rows(d2, sqrt(diag(vcov(m)$disp)))))

f <- "incidents ~ arm + wave + (1 | family)"
m <- tmb(as.formula(f), family = nbinom2, ziformula = ~ arm)
of_tmb(m, "panel-zinb2", list(formula = f, family = "nbinom2", zero_inflation = "~ arm"),
       paste0("glmmTMB(", f, ", nbinom2, ziformula = ~ arm)"),
       list(dispersion = shape(m), fitted_head = head_of(fitted(m))), relative = 3e-4)

# From its own start glmmTMB ends in a lower place, -354.8645.
m <- tmb(as.formula(f), family = nbinom1, ziformula = ~ 1,
         start = list(beta = c(1.063, -0.92, 0.035), betazi = -1.27, betad = 1.19, theta = -0.28))
of_tmb(m, "panel-zinb1", list(formula = f, family = "nbinom1", zero_inflation = "~ 1"),
       paste0("glmmTMB(", f, ", nbinom1, ziformula = ~ 1)"), list(dispersion = shape(m)), relative = 3e-4,
       note = "Started near the maximum; from its own start glmmTMB ends 0.005 lower.")

m <- tmb(as.formula(f), family = truncated_poisson, ziformula = ~ arm)
z <- fixef(m)$zi
of_tmb(m, "panel-hurdle-poisson",
       list(formula = f, family = "poisson", zero_inflation = "~ arm", zeros = "hurdle"),
       paste0("glmmTMB(", f, ", truncated_poisson, ziformula = ~ arm)"),
       list(zero_inflation = coefficient_rows(-z, sqrt(diag(vcov(m)$zi)))),
       note = "The zero part is of not being zero: glmmTMB's with its sign turned.")

f <- "contacts ~ arm + wave + (1 | family)"
m <- tmb(as.formula(f), family = truncated_poisson)
of_tmb(m, "panel-truncated-poisson", list(formula = f, family = "poisson", zeros = "truncated"),
       paste0("glmmTMB(", f, ", truncated_poisson)"))
m <- tmb(as.formula(f), family = truncated_nbinom2)
of_tmb(m, "panel-truncated-nbinom2", list(formula = f, family = "nbinom2", zeros = "truncated"),
       paste0("glmmTMB(", f, ", truncated_nbinom2)"), list(dispersion = shape(m)))

# --- shares and positive numbers ------------------------------------------------------------------------
f <- "involved ~ arm + wave + (1 | family)"
for (link in c("probit", "cloglog")) {
  m <- tmb(as.formula(f), family = binomial(link))
  of_tmb(m, paste0("panel-bernoulli-", link), list(formula = f, family = "binomial", link = link),
         paste0("glmmTMB(", f, ", binomial('", link, "'))"))
}
f <- "cbind(reached, missed) ~ arm + wave + (1 | family)"
m <- tmb(as.formula(f), family = betabinomial)
of_tmb(m, "panel-betabinomial", list(formula = f, family = "beta_binomial"),
       paste0("glmmTMB(", f, ", betabinomial)"), list(dispersion = sigma(m)))

f <- "weeks ~ arm + wave + (1 | family)"
for (link in c("log", "inverse")) {
  m <- tmb(as.formula(f), family = Gamma(link))
  of_tmb(m, paste0("panel-gamma-", link), list(formula = f, family = "gamma", link = link),
         paste0("glmmTMB(", f, ", Gamma('", link, "'))"), list(dispersion = sigma(m)^2),
         note = "dispersion is the square of glmmTMB's sigma: variance dispersion times the squared mean.")
}

# --- several factors ------------------------------------------------------------------------------------
f <- "problems ~ arm + wave + (1 | team/family)"
m <- tmb(problems ~ arm + wave + (1 | team) + (1 | team:family), family = poisson)
vc <- variance_rows(VarCorr(m)$cond)
of_tmb(m, "panel-nested", list(formula = "problems ~ arm + wave + (1 | team) + (1 | family)", family = "poisson"),
       "glmmTMB(problems ~ arm + wave + (1 | team/family), poisson)",
       list(varcorr = lapply(vc, function(r) { r$group <- sub("team:family", "family", r$group); r })),
       note = "Families are named apart, so that (1 | team/family) and (1 | team) + (1 | family) are the same.")

m <- tmb(involved ~ arm + (1 | family) + (1 | season), family = binomial)
of_tmb(m, "panel-crossed", list(formula = "involved ~ arm + (1 | family) + (1 | season)", family = "binomial"),
       "glmmTMB(involved ~ arm + (1 | family) + (1 | season), binomial)")

# --- hard conditions ------------------------------------------------------------------------------------
f <- "alike ~ arm + wave + (1 | family)"
m <- tmb(as.formula(f), family = poisson)
none <- list(list(group = "family", term1 = "(Intercept)", term2 = NULL, covariance = 0, sd_or_correlation = 0))
none[[1]]["term2"] <- list(NULL)
of_tmb(m, "panel-all-alike", list(formula = f, family = "poisson"), paste0("glmmTMB(", f, ", poisson)"),
       list(singular = TRUE, varcorr = none),
       note = paste("Families have the same counts: the variance is zero. glmmTMB stops at", signif(VarCorr(m)$cond$family[1], 2)))

f <- "problems ~ arm * wave + again + (1 | family)"
m <- tmb(problems ~ arm * wave + (1 | family), family = poisson)
of_tmb(m, "panel-collinear", list(formula = f, family = "poisson"),
       "glmmTMB(problems ~ arm * wave + (1 | family), poisson)",
       note = "again is 2 wave + 1: it is left out.")

f <- "problems ~ arm + euros + (1 | family)"
m <- tmb(problems ~ arm + I(euros / 1e6) + (1 | family), family = poisson)
b <- fixef(m)$cond; s <- sqrt(diag(vcov(m)$cond))
names(b)[3] <- "euros"; b[3] <- b[3] / 1e6; s[3] <- s[3] / 1e6
of_tmb(m, "panel-scales", list(formula = f, family = "poisson"),
       "glmmTMB(problems ~ arm + I(euros / 1e6) + (1 | family), poisson), the coefficient divided by 1e6",
       list(fixed = coefficient_rows(b, s)))

# Each row an effect of its own: a log-normal Poisson model.
f <- "problems ~ arm + wave + (1 | row)"
m <- tmb(as.formula(f), family = poisson)
of_tmb(m, "panel-one-row-each", list(formula = f, family = "poisson"), paste0("glmmTMB(", f, ", poisson)"))

f <- "whole ~ arm + (1 | family)"
m <- tmb(as.formula(f), family = poisson)
of_tmb(m, "panel-huge-counts", list(formula = f, family = "poisson"), paste0("glmmTMB(", f, ", poisson)"))
