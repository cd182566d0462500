# Profile-likelihood intervals of generalised linear mixed models: `glmm/profile-*`, on the panel that glmm.R draws.
#
# Run in the folder `reference`: Rscript scripts/glmm_profile.R. R 4.2.2 with glmmTMB 1.1.5 and lme4 1.1.31
# (Debian 12). glmmTMB finds the ends as roots (`method = "uniroot"`), of a standard deviation on its log scale,
# which has the same ends; lme4 gives those of a fit with nodes, from a profile with small steps.

source("scripts/corpus.R")
suppressPackageStartupMessages({
  library(lme4)
  library(glmmTMB)
})

levels <- list(family = as.character(1:60), arm = c("WT", "EKC"))
p <- read_data("glmm-panel", levels)
far <- glmmTMBControl(optCtrl = list(iter.max = 2000, eval.max = 4000, rel.tol = 1e-14, x.tol = 0))

write_profile <- function(name, model, r, m, fixed, beta, sds, deviations) {
  used <- levels[names(levels) %in% all.vars(as.formula(model$formula))]
  row <- function(ci, i) list(low = unname(defined(ci[i, 1])), high = unname(defined(ci[i, 2])))
  write_case(paste0("glmm/profile-", name), c(list(kind = "glmm"), model), r, list(
    profile_fixed = lapply(seq_along(beta), function(i) c(list(term = names(beta)[i], estimate = unname(beta[i])), row(fixed, i))),
    profile_sd = lapply(seq_along(sds), function(i) c(list(group = "family", term = names(sds)[i], sd = unname(sds[i])), row(deviations, i)))),
    "glmm-panel", used, relative = 1e-3)
}

of_tmb <- function(name, formula, family, word) {
  m <- eval(bquote(glmmTMB(.(as.formula(formula)), data = p, family = .(family), control = far)))
  sds <- attr(VarCorr(m)$cond$family, "stddev")
  beta <- fixef(m)$cond
  ends <- function(parm) suppressWarnings(confint(m, parm = parm, method = "uniroot"))
  fixed <- ends(seq_along(beta))
  # The first numbers of theta are the logs of the standard deviations.
  places <- which(names(m$fit$par) == "theta")[seq_along(sds)]
  write_profile(name, list(formula = formula, family = word),
    paste0("confint(glmmTMB(", formula, ", ", word, "), method = \"uniroot\") 1.1.5"),
    m, fixed, beta, sds, exp(ends(places)))
}
of_tmb("poisson", "problems ~ arm + wave + (1 | family)", poisson, "poisson")
of_tmb("nbinom2-slopes", "problems ~ arm + wave + (1 + wave | family)", nbinom2, "nbinom2")

formula <- "involved ~ arm + wave + (1 | family)"
m <- glmer(as.formula(formula), p, binomial, nAGQ = 9,
           control = glmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-9, maxfun = 1e5)))
pr <- suppressWarnings(profile(m, signames = FALSE, delta = 0.05, delta.cutoff = 1 / 16))
ci <- suppressWarnings(confint(pr))
of_sd <- grepl("^sd_", rownames(ci))
write_profile("bernoulli-agq9", list(formula = formula, family = "binomial", n_agq = 9),
  paste0("confint(profile(glmer(", formula, ", binomial, nAGQ = 9), delta = 0.05)) 1.1.31"),
  m, ci[!of_sd, , drop = FALSE], fixef(m), attr(VarCorr(m)$family, "stddev"), ci[of_sd, , drop = FALSE])
