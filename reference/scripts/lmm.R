# The group `lmm`: linear mixed models, their degrees of freedom, covariances and joint tests.
#
# lme4 1.1.31, lmerTest 3.1.3, pbkrtest 0.5.2, nlme 3.1.162, performance 0.10.2. lmer's own search stops
# when it has about six digits of θ; here bobyqa goes on to 1e-10.
source("scripts/corpus.R")
RNGversion("4.2.0")
suppressPackageStartupMessages({
  library(lme4)
  library(lmerTest)
  library(pbkrtest)
})

fine <- lmerControl(optimizer = "bobyqa", calc.derivs = FALSE,
                    optCtrl = list(rhobeg = 0.05, rhoend = 1e-10, maxfun = 1e5),
                    check.conv.singular = "ignore", check.rankX = "silent.drop.cols", check.scaleX = "ignore")

# --- data -------------------------------------------------------------------------------------------

# Families in teams over four waves with gaps, teachers who see families of every team, weights, a year
# far from zero, and a column that another one contains.
set.seed(20261122)
d <- expand.grid(wave = 1:4, family = 1:30)
d$team <- c("noord", "zuid", "oost", "west", "haven")[1 + d$family %% 5]
d$arm <- c("WT", "EKC")[1 + d$family %% 2]
d$worker <- sprintf("w%d", sample(1:7, nrow(d), replace = TRUE))
u <- rnorm(30, 0, 1.2)[d$family]; s <- rnorm(30, 0, 0.5)[d$family]
t <- rnorm(5, 0, 0.8)[as.integer(factor(d$team))]; w <- rnorm(7, 0, 0.7)[as.integer(factor(d$worker))]
d$age <- round(rnorm(30, 9, 3), 1)[d$family]
d$problems <- round(7 + 0.1 * d$age - (0.4 + 0.3 * (d$arm == "EKC")) * d$wave + u + s * d$wave + t + w + rnorm(nrow(d)), 2)
d$alike <- round(5 - 0.3 * d$wave + rnorm(nrow(d)), 2)
d$year <- 2010 + d$wave + d$family %% 3
d$months <- round(d$age * 12)
d$half <- d$wave / 2
d$precision <- round(runif(nrow(d), 0.3, 4), 2)
d$copies <- sample(1:3, nrow(d), replace = TRUE)
d <- d[-sort(sample(nrow(d), 17)), ]
d$precision[c(4, 50)] <- 0
d$copies[c(7, 60)] <- 0
d$large <- d$problems * 1e7
d$small <- d$age * 1e-6
d$family <- sprintf("f%02d", d$family)
write_data(d, "teams-waves")

levels <- list(team = c("noord", "zuid", "oost", "west", "haven"), arm = c("WT", "EKC"),
               family = sprintf("f%02d", 1:30), worker = sprintf("w%d", 1:7))
four <- c(levels, list(wave = as.character(1:4)))

# --- figures ----------------------------------------------------------------------------------------

varcorr <- function(m) {
  v <- as.data.frame(VarCorr(m))
  # A family within its team has the team's name first here.
  v$grp <- sub("^family:team$", "team:family", v$grp)
  lapply(seq_len(nrow(v)), function(i) list(group = v$grp[i], term1 = v$var1[i], term2 = v$var2[i],
    covariance = v$vcov[i], sd_or_correlation = defined(v$sdcor[i])))
}

of_fit <- function(m) list(
  n_obs = nobs(m), log_likelihood = as.numeric(logLik(m)), aic = AIC(m), bic = BIC(m), sigma = sigma(m),
  varcorr = varcorr(m), singular = isSingular(m, tol = 1e-4),
  fixed = plain_table(m)
)

plain_table <- function(m) {
  s <- coef(summary(as(m, "lmerMod")))
  lapply(seq_len(nrow(s)), function(i) list(term = rownames(s)[i], estimate = s[i, 1], std_error = s[i, 2], statistic = s[i, 3]))
}

table_of <- function(m, ddf) {
  s <- coef(summary(m, ddf = ddf))
  lapply(seq_len(nrow(s)), function(i) list(term = rownames(s)[i], estimate = s[i, 1], std_error = s[i, 2],
    df = s[i, 3], statistic = s[i, 4], p_value = s[i, 5]))
}

weights_of <- function(weights, terms) {
  full <- setNames(numeric(length(terms)), terms)
  stopifnot(names(weights) %in% terms)
  full[names(weights)] <- unlist(weights)
  full
}

joint_of <- function(m, joint, ddf) lapply(joint, function(one) {
  l <- t(sapply(one$rows, weights_of, terms = names(fixef(m))))
  f <- contestMD(m, l, ddf = ddf)
  list(label = one$label, statistic = f$`F value`, df = c(f$NumDF, f$DenDF), p_value = f$`Pr(>F)`)
})

contrasts_of <- function(m, contrasts, ddf) lapply(contrasts, function(one) {
  c <- weights_of(one$weights, names(fixef(m)))
  f <- contest1D(m, c, ddf = ddf)
  list(label = one$label, estimate = f$Estimate, std_error = f$`Std. Error`, statistic = f$`t value`, df = f$df, p_value = f$`Pr(>|t|)`)
})

modes_of <- function(m, most) {
  r <- as.data.frame(ranef(m, condVar = TRUE))[seq_len(most), ]
  lapply(seq_len(nrow(r)), function(i) list(group = as.character(r$grpvar[i]), level = as.character(r$grp[i]),
    term = as.character(r$term[i]), mode = r$condval[i], sd = r$condsd[i]))
}

# Fits by lmer and writes the case; `m` replaces the fit where R needs another way.
lmm_case <- function(id, formula, levels = NULL, reml = TRUE, ddf = character(), m = NULL, r = NULL, modes = 0,
                     contrasts = NULL, joint = NULL, options = list(), add = list(), drop = character(),
                     relative = 1e-6, note = NULL, data = "teams-waves", rows = NULL) {
  used <- read_data(data, levels)
  if (is.null(m)) m <- eval(bquote(lmerTest::lmer(.(as.formula(formula)), data = used, REML = .(reml), control = fine)))
  expected <- of_fit(m)
  expected <- expected[setdiff(names(expected), drop)]
  expected[names(add)] <- add
  # lmer names the parts of `||` in an order of its own.
  if (!is.null(rows)) {
    groups <- sapply(expected$varcorr, function(row) row$group)
    expected$varcorr <- expected$varcorr[rows]
    for (i in seq_along(rows)) expected$varcorr[[i]]$group <- groups[i]
  }
  if (modes > 0) expected$ranef_head <- modes_of(m, modes)
  short <- c(Satterthwaite = "satterthwaite", "Kenward-Roger" = "kenward_roger")
  for (one in ddf) {
    expected[[paste0("fixed_", short[one])]] <- table_of(m, one)
    if (!is.null(joint)) expected[[paste0("joint_", short[one])]] <- joint_of(m, joint, one)
    if (!is.null(contrasts)) expected[[paste0("contrasts_", short[one])]] <- contrasts_of(m, contrasts, one)
  }
  model <- c(list(kind = "lmm", formula = formula, reml = reml), options)
  if (!is.null(joint)) model$joint <- joint
  if (!is.null(contrasts)) model$contrasts <- contrasts
  if (is.null(r)) r <- paste0("lmerTest::lmer(", formula, ", REML = ", reml, "), bobyqa to 1e-10",
    if (length(ddf)) paste0("; summary, contestMD with ddf = ", paste(ddf, collapse = ", ")) else "")
  write_case(paste0("lmm/", id), model, r, expected, data, levels[intersect(names(levels), names(used))], relative = relative, note = note)
}

both <- c("Satterthwaite", "Kenward-Roger")
waves <- list(label = "wave", rows = list(list(wave2 = 1), list(wave3 = 1), list(wave4 = 1)))
product <- list(label = "arm:wave", rows = list(list("armEKC:wave2" = 1), list("armEKC:wave3" = 1), list("armEKC:wave4" = 1)))

lmm_case("families-in-teams", "problems ~ arm * wave + age + (1 | team/family)", four, ddf = both,
  joint = list(waves, product), relative = 2e-5,
  contrasts = list(list(label = "EKC − WT at wave 4", weights = list(armEKC = 1, "armEKC:wave4" = 1))))
lmm_case("slopes-in-teams", "problems ~ arm * wave + (wave | family) + (1 | team)", levels, ddf = both, modes = 8, relative = 5e-5)
lmm_case("slopes-in-teams-ml", "problems ~ arm * wave + (1 | team) + (wave || family)", levels, reml = FALSE,
  ddf = "Satterthwaite", relative = 2e-5, rows = c(2, 1, 3, 4))
lmm_case("crossed-slopes", "problems ~ wave + (wave | worker) + (1 | family)", levels, ddf = both, relative = 1e-4,
  # From its usual start bobyqa ends at a correlation of one, 6e-4 lower.
  m = local({ used <- read_data("teams-waves", levels)
              lmerTest::lmer(problems ~ wave + (wave | worker) + (1 | family), data = used, control = fine,
                             start = c(1, 0.4, 0.06, 0.1)) }),
  note = "the factor with slopes is the smaller one, so that it is the dense part of the root")
lmm_case("crossed-nested", "problems ~ arm + wave + (1 | worker) + (1 | team/family)", levels, ddf = both, relative = 2e-5)
# pbkrtest takes the residual variance as the same for all rows, whatever the weights: so its table is that
# of the rows times the root of their weight, which have no weights left.
lmm_case("precision-weights", "problems ~ arm * wave + (1 | family)", levels, ddf = "Satterthwaite", relative = 2e-5,
  add = local({
    positive <- subset(read_data("teams-waves", levels), precision > 0)
    root <- sqrt(positive$precision); x <- model.matrix(~ arm * wave, positive) * root
    positive$y <- positive$problems * root; positive$root <- root
    m <- lmerTest::lmer(y ~ 0 + x + (0 + root | family), data = positive, control = fine)
    found <- table_of(m, "Kenward-Roger")
    list(fixed_kenward_roger = lapply(found, function(row) { row$term <- sub("^x", "", row$term); row }))
  }),
  options = list(weights = list(column = "precision", kind = "precision")),
  m = local({ positive <- subset(read_data("teams-waves", levels), precision > 0)
              lmerTest::lmer(problems ~ arm * wave + (1 | family), data = positive, weights = precision, control = fine) }),
  r = "lmerTest::lmer(problems ~ arm * wave + (1 | family), weights = precision) of the rows whose weight is not zero")
lmm_case("frequency-weights", "problems ~ arm * wave + (wave | family)", levels,
  options = list(weights = list(column = "copies", kind = "frequency")), drop = c("n_obs"),
  m = local({ rows <- read_data("teams-waves", levels); rows <- rows[rep(seq_len(nrow(rows)), rows$copies), ]
              lmerTest::lmer(problems ~ arm * wave + (wave | family), data = rows, control = fine) }),
  r = "lmerTest::lmer(problems ~ arm * wave + (wave | family)) of as many copies of each row as it counts", relative = 1e-5)
lmm_case("families-alike", "alike ~ wave + (1 | family)", levels, ddf = both, relative = 2e-5,
  note = "the variance of the families is estimated as zero")
lmm_case("correlation-of-one", "alike ~ wave + (wave | family)", levels, reml = FALSE, relative = 1e-5,
  note = "singular, with a direction of the slopes that has no variance")
lmm_case("crossed-alike", "alike ~ wave + (1 | worker) + (1 | family)", levels, relative = 1e-5,
  note = "crossed factors, both or one without variance")
lmm_case("collinear", "problems ~ wave + half + arm + (1 | family)", levels, ddf = both, relative = 2e-5,
  note = "half is wave / 2 and is left out, as lmer does")
lmm_case("cells-never-seen", "problems ~ arm * team + wave + (1 | family)", relative = 2e-5, ddf = "Satterthwaite",
  levels = levels, m = NULL,
  data = local({ write_data(subset(read_data("teams-waves"), !(team == "zuid" & arm == "EKC")), "teams-waves-cell"); "teams-waves-cell" }),
  note = "no family of team zuid is in the arm EKC, so that one product has no data")
lmm_case("years", "problems ~ year + (year | family)", levels, relative = 1e-4,
  m = NULL, drop = c("fixed", "varcorr", "singular"),
  r = "lmerTest::lmer(problems ~ I(year - 2013) + (I(year - 2013) | family)), whose likelihood is the same",
  add = local({
    m <- lmerTest::lmer(problems ~ I(year - 2013) + (I(year - 2013) | family), data = read_data("teams-waves", levels), control = fine)
    b <- matrix(c(1, 0, -2013, 1), 2)
    v <- b %*% VarCorr(m)$family[, ] %*% t(b)
    beta <- b %*% fixef(m); se <- sqrt(diag(b %*% as.matrix(vcov(m)) %*% t(b)))
    list(log_likelihood = as.numeric(logLik(m)), sigma = sigma(m), aic = AIC(m), bic = BIC(m),
      varcorr = list(
        list(group = "family", term1 = "(Intercept)", term2 = NULL, covariance = v[1, 1], sd_or_correlation = sqrt(v[1, 1])),
        list(group = "family", term1 = "year", term2 = NULL, covariance = v[2, 2], sd_or_correlation = sqrt(v[2, 2])),
        list(group = "family", term1 = "(Intercept)", term2 = "year", covariance = v[1, 2], sd_or_correlation = v[1, 2] / sqrt(v[1, 1] * v[2, 2])),
        list(group = "Residual", term1 = NULL, term2 = NULL, covariance = sigma(m)^2, sd_or_correlation = sigma(m))),
      fixed = lapply(1:2, function(i) list(term = c("(Intercept)", "year")[i], estimate = beta[i], std_error = se[i], statistic = beta[i] / se[i])))
  }), note = "a slope on a year far from zero")
lmm_case("scales", "large ~ small + wave + (wave | family)", levels, relative = 1e-4,
  m = NULL, drop = c("fixed", "varcorr", "singular", "log_likelihood", "aic", "bic", "sigma"),
  r = "lmerTest::lmer(problems ~ age + wave + (wave | family)), then to the other scale by hand",
  add = local({
    m <- lmerTest::lmer(problems ~ age + wave + (wave | family), data = read_data("teams-waves", levels), control = fine)
    s <- coef(summary(as(m, "lmerMod"))); k <- c(1e7, 1e13, 1e7); v <- VarCorr(m)$family[, ] * 1e14
    list(fixed = lapply(1:3, function(i) list(term = c("(Intercept)", "small", "wave")[i], estimate = s[i, 1] * k[i], std_error = s[i, 2] * k[i], statistic = s[i, 3])),
      sigma = sigma(m) * 1e7)
  }), note = "a response in tens of millions, a column in millionths")
lmm_case("offset", "problems ~ arm + wave + offset(age / 10) + (1 | family)", levels, relative = 1e-6)
lmm_case("shares-of-variance", "problems ~ arm * wave + age + (wave | family)", levels, relative = 1e-5,
  add = local({
    m <- lmer(problems ~ arm * wave + age + (wave | family), data = read_data("teams-waves", levels), control = fine)
    r2 <- performance::r2_nakagawa(m)
    list(icc = performance::icc(m)$ICC_adjusted, r_squared_marginal = unname(r2$R2_marginal), r_squared_conditional = unname(r2$R2_conditional))
  }))

# Profile intervals of the whole likelihood, at both levels of accuracy that lme4 offers for its roots; a lower
# end of a standard deviation that lme4 has no point for is zero.
profile_case <- function(id, formula, data, levels, level = 0.95, options = list(), note = NULL) {
  used <- read_data(data, levels)
  m <- eval(bquote(lmer(.(as.formula(formula)), data = used, REML = FALSE, control = fine)))
  p <- suppressWarnings(profile(m, signames = FALSE, delta = 0.05, delta.cutoff = 1 / 16))
  ci <- suppressWarnings(confint(p, level = level))
  v <- as.data.frame(VarCorr(m))
  sds <- v[is.na(v$var2), ]
  rows <- grep("^sd_|^sigma$", rownames(ci))
  stopifnot(length(rows) == nrow(sds))
  ends <- function(row) list(low = unname(defined(ci[row, 1])), high = unname(defined(ci[row, 2])))
  write_case(paste0("lmm/", id), c(list(kind = "lmm", formula = formula, reml = FALSE, level = level), options),
    paste0("confint(profile(lmer(", formula, ", REML = FALSE), delta = 0.05))"),
    list(
      profile_fixed = lapply(names(fixef(m)), function(term) c(list(term = term, estimate = unname(fixef(m)[term])), ends(term))),
      profile_sd = lapply(seq_along(rows), function(i) c(list(group = sds$grp[i], term = sds$var1[i], sd = sds$sdcor[i]), ends(rows[i])))
    ), data, levels[intersect(names(levels), names(used))], relative = 2e-4, note = note)
}
profile_case("profile-sleepstudy", "Reaction ~ Days + (Days | Subject)", "sleepstudy", list(Subject = as.character(unique(read_data("sleepstudy")$Subject))))
profile_case("profile-nested", "problems ~ arm + wave + (1 | team) + (1 | family)", "teams-waves", levels, level = 0.9,
  note = "the families' numbers differ between teams, so that they are nested whatever the formula says")
profile_case("profile-alike", "alike ~ wave + (1 | family)", "teams-waves", levels, note = "a standard deviation of zero has zero as its lower end")

# A test of one more random effect: half of chi squared with k and half with k + 1 degrees of freedom.
against_case <- function(id, small, large, reml, weights, note = NULL) {
  used <- read_data("teams-waves", levels)
  fit <- function(formula) eval(bquote(lmer(.(as.formula(formula)), data = used, REML = .(reml), control = fine)))
  a <- fit(small); b <- fit(large)
  x <- max(0, 2 * as.numeric(logLik(b) - logLik(a)))
  p <- sum(sapply(names(weights), function(df) weights[[df]] * (if (df == "0") as.numeric(x <= 0) else pchisq(x, as.numeric(df), lower.tail = FALSE))))
  write_case(paste0("lmm/", id), list(kind = "lmm", formula = large, reml = reml, against = small),
    paste0("2 * (logLik(lmer(", large, ")) - logLik(lmer(", small, "))), mixture of pchisq"),
    list(likelihood_ratio = list(statistic = x, p_value = p)), "teams-waves", levels, relative = 1e-5, note = note)
}
against_case("against-no-slope", "problems ~ wave + (1 | family)", "problems ~ wave + (wave | family)", TRUE, list("1" = 0.5, "2" = 0.5))
against_case("against-no-team", "problems ~ wave + (1 | family)", "problems ~ wave + (1 | family) + (1 | team)", TRUE, list("0" = 0.5, "1" = 0.5))
against_case("against-no-correlation", "problems ~ wave + (wave || family)", "problems ~ wave + (wave | family)", FALSE, list("1" = 1))
against_case("against-no-arm", "problems ~ wave + (1 | family)", "problems ~ wave * arm + (1 | family)", FALSE, list("2" = 1))

# What reference/explained.toml says of the two cases in which lmer's own search stops in the sixth digit.
# In balance the estimates have a closed form: with b_i the regression of family i by itself,
# sigma^2 = pooled residual mean square and G + sigma^2 (Z'Z)^-1 = mean product of the b_i around their means
# (over m for ML, over m less the number of means for REML).
local({
  digits <- function(x) print(toJSON(x, auto_unbox = TRUE, digits = I(15), null = "null"))
  balanced <- function(d, y, x, group, means, less) {
    each <- lapply(split(d, d[[group]]), function(one) lm(one[[y]] ~ one[[x]]))
    b <- t(sapply(each, coef)); z <- model.matrix(each[[1]])
    s2 <- sum(sapply(each, deviance)) / sum(sapply(each, df.residual))
    e <- residuals(lm(b ~ means)); g <- crossprod(e) / (nrow(b) - less) - s2 * solve(crossprod(z))
    list(g = g, s2 = s2, e = e, shrink = g %*% solve(g + s2 * solve(crossprod(z))))
  }
  sleep <- read_data("sleepstudy")
  ml <- balanced(sleep, "Reaction", "Days", "Subject", rep(1, 18), 0); g <- ml$g
  digits(list(c(g[1, 1], sqrt(g[1, 1])), c(g[2, 2], sqrt(g[2, 2])), c(g[1, 2], g[1, 2] / sqrt(g[1, 1] * g[2, 2])), c(ml$s2, sqrt(ml$s2))))
  growth <- read_data("orthodont")
  sex <- tapply(growth$Sex, growth$Subject, function(x) x[1])
  reml <- balanced(growth, "distance", "age", "Subject", sex, 2)
  z <- cbind(1, c(8, 10, 12, 14)); v <- reml$g - reml$shrink %*% reml$g
  digits(list(modes = (reml$e %*% t(reml$shrink))[1:6, 1], sd = sqrt(v[1, 1])))
})

# Compound symmetry by nlme: one variance and one correlation of the waves of a family.
local({
  used <- read_data("teams-waves", four)
  library(nlme)
  for (reml in c(TRUE, FALSE)) {
    m <- lme(problems ~ arm + wave, data = used, random = list(team = pdCompSymm(~ arm - 1)), method = if (reml) "REML" else "ML",
             control = lmeControl(msTol = 1e-12, tolerance = 1e-12, opt = "nlminb", niterEM = 100, msMaxIter = 500))
    v <- as.matrix(getVarCov(m)); s <- summary(m)$tTable
    corr <- v[1, 2] / v[1, 1]
    n <- nrow(used); k <- length(fixef(m)) + 3; ll <- as.numeric(logLik(m))
    write_case(paste0("lmm/compound-symmetry", if (reml) "" else "-ml"),
      list(kind = "lmm", formula = "problems ~ arm + wave + (arm - 1 | team)", reml = reml, structure = "compound_symmetry"),
      "nlme::lme(problems ~ arm + wave, random = list(team = pdCompSymm(~ arm - 1)))",
      list(n_obs = n, log_likelihood = ll, sigma = sigma(m),
        varcorr = list(
          list(group = "team", term1 = "armWT", term2 = NULL, covariance = v[1, 1], sd_or_correlation = sqrt(v[1, 1])),
          list(group = "team", term1 = "armEKC", term2 = NULL, covariance = v[2, 2], sd_or_correlation = sqrt(v[2, 2])),
          list(group = "team", term1 = "armWT", term2 = "armEKC", covariance = v[1, 2], sd_or_correlation = corr),
          list(group = "Residual", term1 = NULL, term2 = NULL, covariance = sigma(m)^2, sd_or_correlation = sigma(m))),
        fixed = lapply(seq_len(nrow(s)), function(i) list(term = rownames(s)[i], estimate = s[i, 1]))),
      "teams-waves", four, relative = 1e-4,
      note = "nlme's standard errors under ML have n/(n - p) in them, so that none are compared")
  }
})
