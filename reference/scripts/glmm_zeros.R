# Random effects on the zeros of counts: the drawn families and their cases of `glmm/`.
#
# Run in the folder `reference`: Rscript scripts/glmm_zeros.R. R 4.2.2 with glmmTMB 1.1.5 (Debian 12). Its default
# optimiser stops at a relative change of 1.5e-8; here it goes on, as in glmm.R.

source("scripts/corpus.R")
suppressPackageStartupMessages(library(glmmTMB))

# 90 families in 9 teams, three to six waves: incidents with excess zeros that some families have more than others;
# counts of visits, none or some, by another process each.
set.seed(51122)
families <- 90
waves <- rep(3:6, length.out = families)
d <- data.frame(family = rep(seq_len(families), waves), wave = sequence(waves) - 1)
d$team <- paste0("T", (d$family - 1) %% 9 + 1)
d$arm <- ifelse(d$family %% 2 == 0, "EKC", "WT")
ekc <- d$arm == "EKC"
n <- nrow(d)
u <- rnorm(families, 0, 0.6)[d$family]
slope <- rnorm(families, 0, 0.2)[d$family]
v <- rnorm(families, 0, 1.3)[d$family]
by_team <- rnorm(9, 0, 0.9)[as.integer(sub("T", "", d$team))]
mu <- exp(1.2 - 0.3 * ekc - 0.1 * d$wave + u + slope * d$wave)
d$incidents <- ifelse(runif(n) < plogis(-0.7 + 0.6 * ekc + v), 0, rpois(n, mu))
d$problems <- ifelse(runif(n) < plogis(-0.6 + by_team), 0, rnbinom(n, mu = mu, size = 3))
some <- runif(n) < plogis(0.3 + 0.7 * ekc + v)
d$visits <- ifelse(some, qpois(runif(n, dpois(0, mu), 1), mu), 0)
write_data(d, "glmm-zeros")

levels <- list(family = as.character(seq_len(families)), team = paste0("T", 1:9), arm = c("WT", "EKC"))
p <- read_data("glmm-zeros", levels)
far <- glmmTMBControl(optCtrl = list(iter.max = 2000, eval.max = 4000, rel.tol = 1e-14, x.tol = 0))

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
  I(lapply(out, function(r) { if (is.null(r$term2)) r["term2"] <- list(NULL); r }))
}

modes_head <- function(re, k = 4) I(lapply(seq_len(k), function(i)
  list(group = "family", level = rownames(re)[i], term = "(Intercept)", mode = re[i, 1])))

case <- function(name, model, family, zi, sign = 1, more = function(m) list(), relative = 1e-4, note = NULL) {
  f <- as.formula(model$formula)
  m <- suppressWarnings(glmmTMB(f, data = p, family = family, ziformula = zi, control = far))
  v <- vcov(m)
  expected <- list(
    n_obs = nobs(m), log_likelihood = as.numeric(logLik(m)), aic = AIC(m),
    fixed = coefficient_rows(fixef(m)$cond, sqrt(diag(v$cond))),
    zero_inflation = coefficient_rows(sign * fixef(m)$zi, sqrt(diag(v$zi))),
    varcorr = variance_rows(VarCorr(m)$cond), zero_varcorr = variance_rows(VarCorr(m)$zi))
  more <- more(m)
  expected[names(more)] <- more
  used <- unique(c(all.vars(f), all.vars(zi)))
  r <- sprintf("glmmTMB(%s, %s, ziformula = %s) 1.1.5", model$formula, if (is.function(family)) family()$family else family$family,
               paste(deparse(zi), collapse = ""))
  cat(name, expected$log_likelihood, m$fit$convergence, "\n")
  write_case(paste0("glmm/", name), c(list(kind = "glmm"), model), r, expected, "glmm-zeros",
             levels[names(levels) %in% used], relative = relative, note = note)
}

case("zeros-both",
     list(formula = "incidents ~ arm + wave + (1 | family)", family = "poisson", zero_inflation = "~ arm + (1 | family)"),
     poisson, ~ arm + (1 | family),
     more = function(m) list(ranef_head = modes_head(ranef(m)$cond$family), zero_ranef_head = modes_head(ranef(m)$zi$family),
                             fitted_head = I(unname(head(fitted(m), 6)))))

case("zeros-slopes",
     list(formula = "incidents ~ arm + wave + (1 + wave | family)", family = "poisson", zero_inflation = "~ arm + (1 | family)"),
     poisson, ~ arm + (1 | family), relative = 3e-4)

# Other groups bear on the zeros than on the mean, and tie families together; a shape beside.
case("zeros-by-team",
     list(formula = "problems ~ arm + wave + (1 | family)", family = "nbinom2", zero_inflation = "~ 1 + (1 | team)"),
     nbinom2, ~ 1 + (1 | team), more = function(m) list(dispersion = sigma(m)), relative = 3e-4)

case("zeros-alone",
     list(formula = "incidents ~ arm + wave", family = "nbinom2", zero_inflation = "~ arm + (1 | family)"),
     nbinom2, ~ arm + (1 | family), more = function(m) list(dispersion = sigma(m)), relative = 3e-4,
     note = "No random effect in the mean.")

case("zeros-hurdle",
     list(formula = "visits ~ arm + wave + (1 | family)", family = "poisson", zero_inflation = "~ arm + (1 | family)",
          zeros = "hurdle"),
     truncated_poisson, ~ arm + (1 | family), sign = -1,
     note = "The zero part is of not being zero: glmmTMB's with its sign turned.")
