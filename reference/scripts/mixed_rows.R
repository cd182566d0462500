# Mixed models row by row: residual variances that differ, and predictions with their errors. Cases of `lmm/` and
# `glmm/` on the data of lmm.R and glmm.R.
#
# Run in the folder `reference`: Rscript scripts/mixed_rows.R. R 4.2.2 with nlme 3.1.162, lme4 1.1.31 and glmmTMB
# 1.1.5 (Debian 12). glmmTMB 1.1.5 models the variance of Gaussian residuals, so that its coefficients and errors are
# halved to be those of the standard deviation.

source("scripts/corpus.R")
suppressPackageStartupMessages({
  library(nlme)
  library(lme4)
  library(glmmTMB)
})

levels <- list(family = sprintf("f%02d", 1:99), team = NULL, arm = c("WT", "EKC"), worker = NULL)
used <- read.csv("data/teams-waves.csv")
for (column in c("family", "team", "worker")) levels[[column]] <- sort(unique(used[[column]]))
waves <- read_data("teams-waves", levels)
of <- function(formula) levels[names(levels) %in% all.vars(as.formula(formula))]
far <- glmmTMBControl(optCtrl = list(iter.max = 2000, eval.max = 4000, rel.tol = 1e-14, x.tol = 0))

rows_of_fixed <- function(b, se) lapply(seq_along(b), function(i)
  list(term = names(b)[i], estimate = unname(b[i]), std_error = unname(se[i])))
variance <- function(group, term, v) list(group = group, term1 = term, term2 = NULL, covariance = v, sd_or_correlation = sqrt(v))

# By nlme: one standard deviation an arm. Its ratio to the first arm's is exp of our coefficient.
local({
  f <- "problems ~ arm * wave + (wave | family)"
  m <- lme(problems ~ arm * wave, random = ~ wave | family, data = waves, weights = varIdent(form = ~ 1 | arm),
           control = lmeControl(msTol = 1e-13, tolerance = 1e-12, msMaxIter = 1000, maxIter = 500, niterEM = 50, opt = "nlminb"))
  v <- as.matrix(getVarCov(m))[, ]
  s <- summary(m)$tTable
  ratio <- coef(m$modelStruct$varStruct, unconstrained = FALSE)
  # The reference level of varIdent is the first that it meets.
  first <- as.character(waves$arm[1])
  sigma_wt <- sigma(m) * if (first == "WT") 1 else unname(ratio[["WT"]])
  ln_ratio <- if (first == "WT") log(ratio[["EKC"]]) else -log(ratio[["WT"]])
  write_case("lmm/residuals-by-arm", list(kind = "lmm", formula = f, reml = TRUE, dispersion = "~ arm"),
    "nlme::lme(problems ~ arm * wave, random = ~ wave | family, weights = varIdent(form = ~ 1 | arm)) 3.1.162",
    list(n_obs = nrow(waves), log_likelihood = as.numeric(logLik(m)), sigma = sigma_wt,
      fixed = rows_of_fixed(fixef(m), s[, 2]),
      dispersion_model = list(list(term = "(Intercept)", estimate = log(sigma_wt)), list(term = "armEKC", estimate = unname(ln_ratio))),
      varcorr = list(variance("family", "(Intercept)", v[1, 1]), variance("family", "wave", v[2, 2]),
        list(group = "family", term1 = "(Intercept)", term2 = "wave", covariance = v[1, 2], sd_or_correlation = v[1, 2] / sqrt(v[1, 1] * v[2, 2])),
        list(group = "Residual", term1 = NULL, term2 = NULL, covariance = sigma_wt^2, sd_or_correlation = sigma_wt))),
    "teams-waves", of(f), relative = 1e-3, note = "sigma is that of the first arm; nlme's search leaves four digits")
})

# By glmmTMB.
by_tmb <- function(id, formula, dispersion, reml, note = NULL) {
  m <- glmmTMB(as.formula(formula), waves, dispformula = as.formula(dispersion), REML = reml, control = far)
  d <- fixef(m)$disp
  v <- VarCorr(m)$cond
  sigma <- exp(d[[1]] / 2)
  all <- vcov(m)
  groups <- names(v)[order(-sapply(names(v), function(g) nlevels(waves[[g]])))]
  expected <- list(n_obs = nrow(waves), log_likelihood = as.numeric(logLik(m)), sigma = sigma, aic = AIC(m),
    fixed = rows_of_fixed(fixef(m)$cond, sqrt(diag(all$cond))),
    dispersion_model = rows_of_fixed(d / 2, sqrt(diag(all$disp)) / 2),
    varcorr = c(lapply(groups, function(g) variance(g, "(Intercept)", v[[g]][1, 1])),
                list(list(group = "Residual", term1 = NULL, term2 = NULL, covariance = sigma^2, sd_or_correlation = sigma))))
  # glmmTMB's errors of the fixed effects come from the observed curvature in all parameters; ours, lmer's and nlme's
  # from that in the fixed effects alone (checked with nlme above).
  expected$fixed <- lapply(expected$fixed, function(row) row[c("term", "estimate")])
  write_case(id, list(kind = "lmm", formula = formula, reml = reml, dispersion = dispersion),
    paste0("glmmTMB(", formula, ", dispformula = ", dispersion, ", REML = ", reml, ") 1.1.5"), expected, "teams-waves",
    of(formula)[unique(c(names(of(formula)), if (grepl("arm", dispersion)) "arm"))], relative = 1e-4, note = note)
}
by_tmb("lmm/residuals-by-wave-ml", "problems ~ arm * wave + (1 | family)", "~ wave", FALSE)
by_tmb("lmm/residuals-crossed", "problems ~ arm + wave + (1 | family) + (1 | worker)", "~ arm", TRUE,
  note = "errors of the dispersion by the restricted likelihood")

# Predictions of a linear mixed model at lmer's estimates by Henderson's equations, written out.
local({
  f <- "problems ~ arm * wave + (wave | family) + (1 | worker)"
  m <- lmer(as.formula(f), waves, control = lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10)))
  x <- getME(m, "X"); z <- as.matrix(getME(m, "Z")); l <- as.matrix(getME(m, "Lambda")); s2 <- sigma(m)^2
  g <- l %*% t(l)
  c <- s2 * solve(rbind(cbind(crossprod(x), crossprod(x, z)), cbind(crossprod(z, x), crossprod(z) + solve(g))))
  xz <- cbind(x, z)[1:8, ]
  se <- sqrt(rowSums((xz %*% c) * xz))
  v <- as.matrix(vcov(m))
  population <- sqrt(rowSums((x[1:8, ] %*% v) * x[1:8, ]))
  fixed <- as.numeric(x[1:8, ] %*% fixef(m))
  # A new observation: of a family that is known, and of a new one.
  new <- sqrt(population^2 + rowSums((z[1:8, ] %*% g) * z[1:8, ]) * s2 + s2)
  write_case("lmm/predictions", list(kind = "lmm", formula = f, reml = TRUE),
    "the inverse of Henderson's mixed model equations at the estimates of lme4::lmer 1.1.31",
    list(predicted_families = lapply(1:8, function(i) list(value = unname(fitted(m)[i]), std_error = unname(se[i]),
           new_low = unname(fitted(m)[i] - qnorm(.975) * sqrt(se[i]^2 + s2)))),
         predicted_population = lapply(1:8, function(i) list(value = fixed[i], std_error = unname(population[i])))),
    "teams-waves", of(f), relative = 1e-5)
})

# Predictions of generalised models: TMB's delta method through the random effects.
panel <- read_data("glmm-panel", list(family = as.character(1:60), team = paste0("T", 1:6), arm = c("WT", "EKC")))
predictions <- function(id, formula, family, name, zero = NULL, note = NULL) {
  m <- if (is.null(zero)) glmmTMB(as.formula(formula), panel, family, control = far)
    else glmmTMB(as.formula(formula), panel, family, ziformula = as.formula(zero), control = far)
  of <- function(type, population) {
    p <- predict(m, newdata = panel[1:8, ], type = type, se.fit = TRUE, re.form = if (population) NA else NULL)
    lapply(1:8, function(i) list(value = unname(p$fit[i]), std_error = unname(p$se.fit[i])))
  }
  model <- list(kind = "glmm", formula = formula, family = name)
  if (!is.null(zero)) model$zero_inflation <- zero
  write_case(id, model, paste0("predict(glmmTMB(", formula, ", ", name, "), se.fit = TRUE) 1.1.5"),
    list(predicted_families_link = of("link", FALSE), predicted_families_response = of("response", FALSE),
         predicted_population_link = of("link", TRUE), predicted_population_response = of("response", TRUE)),
    "glmm-panel", list(family = as.character(1:60), arm = c("WT", "EKC")), relative = 2e-4, note = note)
}
predictions("glmm/predictions-poisson", "problems ~ arm + wave + (wave | family)", poisson, "poisson")
predictions("glmm/predictions-zeros", "incidents ~ arm + wave + (1 | family)", nbinom2, "nbinom2", "~ arm",
  note = "the expected count, zeros counted, with errors through both parts")
