# What single families do to a mixed model, and what a model expects of data drawn anew. Cases of `lmm/` and `glmm/`.
#
# Run in the folder `reference`: Rscript scripts/mixed_checks.R. R 4.2.2 with lme4 1.1.31 and glmmTMB 1.1.5 (Debian 12).

source("scripts/corpus.R")
suppressPackageStartupMessages({
  library(lme4)
  library(glmmTMB)
})

# A linear model without each subject, variances held: generalised least squares, written out.
local({
  s <- read_data("sleepstudy")
  s$Subject <- factor(s$Subject)
  m <- lmer(Reaction ~ Days + (Days | Subject), s,
            control = lmerControl(optimizer = "bobyqa", optCtrl = list(rhobeg = 0.05, rhoend = 1e-10, maxfun = 1e5)))
  G <- as.matrix(VarCorr(m)$Subject)[, ]
  C <- matrix(0, 2, 2); c <- numeric(2); parts <- list()
  for (j in levels(s$Subject)) {
    own <- s[s$Subject == j, ]
    X <- cbind(1, own$Days)
    W <- solve(X %*% G %*% t(X) + sigma(m)^2 * diag(nrow(own)))
    parts[[j]] <- list(C = t(X) %*% W %*% X, c = t(X) %*% W %*% own$Reaction)
    C <- C + parts[[j]]$C; c <- c + parts[[j]]$c
  }
  all <- solve(C, c)
  without <- lapply(levels(s$Subject), function(j) {
    b <- solve(C - parts[[j]]$C, c - parts[[j]]$c)
    list(level = j, coefficients = I(drop(b)), cooks_distance = drop(t(b - all) %*% C %*% (b - all)) / 2)
  })
  write_case("lmm/without-each-subject", list(kind = "lmm", formula = "Reaction ~ Days + (Days | Subject)", reml = TRUE),
             "the variances of lmer(Reaction ~ Days + (Days | Subject)) 1.1.31, then generalised least squares without each subject",
             list(without = I(without)), "sleepstudy", list(Subject = levels(s$Subject)), relative = 1e-5)
})

levels <- list(family = as.character(1:60), arm = c("WT", "EKC"))
p <- read_data("glmm-panel", levels)
far <- glmmTMBControl(optCtrl = list(iter.max = 2000, eval.max = 4000, rel.tol = 1e-14, x.tol = 0))
f <- "problems ~ arm + wave + (1 | family)"

# A generalised model fitted anew without a family. One step from the whole fit comes within a twentieth of a
# standard error of it, which is what the tolerance allows.
local({
  chosen <- c("1", "4", "19", "32", "47", "60")
  whole <- glmmTMB(as.formula(f), p, poisson, control = far)
  without <- lapply(chosen, function(j) {
    rest <- droplevels(p[p$family != j, ])
    m <- suppressWarnings(glmmTMB(as.formula(f), rest, poisson, control = far))
    list(level = j, coefficients = I(unname(fixef(m)$cond)))
  })
  errors <- sqrt(diag(vcov(whole)$cond))
  cat("errors", errors, "\n")
  write_case("glmm/without-a-family", list(kind = "glmm", formula = f, family = "poisson"),
             paste0("glmmTMB(", f, ", poisson) 1.1.5 without the rows of one family, six times"),
             list(without = I(without)), "glmm-panel", levels, relative = 0, absolute = min(errors) / 20,
             note = "Ours is one step of Newton's method from the whole fit, hence the tolerance: a twentieth of the smallest standard error.")
})

# What data drawn anew, new families included, are expected to have: zeros by integrating over the effect, the
# variance of a Poisson count whose mean is log-normal.
local({
  m <- glmmTMB(as.formula(f), p, poisson, control = far)
  s <- sqrt(VarCorr(m)$cond$family[1])
  eta <- predict(m, re.form = NA, type = "link")
  none <- sapply(eta, function(eta)
    integrate(function(u) exp(-exp(eta + s * u)) * dnorm(u), -Inf, Inf, rel.tol = 1e-10)$value)
  mean <- exp(eta + s^2 / 2)
  write_case("glmm/expected-of-draws", list(kind = "glmm", formula = f, family = "poisson",
                                            simulate = list(replicates = 4000, seed = 7)),
             paste0("glmmTMB(", f, ", poisson) 1.1.5, its distribution integrated over the effect"),
             list(zeros_observed = sum(p$problems == 0), zeros_expected = sum(none),
                  dispersion_expected = sum(mean + mean^2 * expm1(s^2))),
             "glmm-panel", levels, relative = 0.03,
             note = "4000 draws: their means are within 3 percent.")
})
