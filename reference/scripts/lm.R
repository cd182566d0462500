# The group `robust`: linear models, their classical, row-robust and cluster-robust errors, and joint tests.
source("scripts/corpus.R")
suppressPackageStartupMessages({
  library(sandwich)
  library(clubSandwich)
  library(car)
})

# Every figure of a fit `m` under one covariance, by term; NULL for columns R does not estimate.
#
# `errors` is "classical", "hc0" … "hc3", or "cr0" to "cr3" with `cluster` (one entry a row used).
figures <- function(m, errors, what, cluster, level, contrasts, joint) {
  terms <- names(coef(m))
  kept <- !is.na(coef(m))
  spread <- function(x) I(replace(rep(NA_real_, length(terms)), kept, defined(unname(x))))
  clustered <- startsWith(errors, "cr")
  v <- if (errors == "classical") vcov(m, complete = FALSE)
    else if (clustered) vcovCR(m, cluster = cluster, type = toupper(errors), inverse_var = TRUE)
    else vcovHC(m, type = toupper(errors))
  if (clustered) {
    table <- coef_test(m, vcov = v, test = "Satterthwaite")
    se <- table$SE; df <- table$df_Satt; p <- table$p_Satt; t <- table$tstat
  } else {
    se <- sqrt(diag(v)); df <- rep(df.residual(m), length(se))
    t <- unname(coef(m)[kept] / se)
    p <- 2 * pt(-abs(t), df)
  }
  width <- if (all(df > 0)) qt((1 + level) / 2, df) * se else NA_real_
  all <- list(
    se = spread(se), t = spread(t), df = spread(df), p = spread(p),
    low = spread(coef(m)[kept] - width), high = spread(coef(m)[kept] + width),
    vcov = rows_of(v)
  )
  if ("overall" %in% what && errors == "classical") {
    f <- summary(m)$fstatistic
    all$overall <- list(statistic = f[[1]], df = unname(f[2:3]), p_value = pf(f[[1]], f[[2]], f[[3]], lower.tail = FALSE))
  } else if ("overall" %in% what) {
    tested <- setdiff(which(kept), which(terms == "(Intercept)"))
    all$overall <- joint_figures(m, v, clustered, diag(length(terms))[tested, kept, drop = FALSE], NULL)
  }
  if ("contrasts" %in% what) {
    all$contrasts <- lapply(contrasts, function(one) {
      c <- weights_of(one$weights, terms)[kept]
      if (clustered) {
        found <- linear_contrast(m, vcov = v, contrasts = rbind(c), level = level, test = "Satterthwaite", p_values = TRUE)
        df <- found$df; se <- found$SE
      } else {
        df <- df.residual(m); se <- as.numeric(sqrt(c %*% v %*% c))
      }
      value <- sum(c * coef(m)[kept])
      list(label = one$label, estimate = value, std_error = se, statistic = value / se, df = df,
           p_value = 2 * pt(-abs(value / se), df))
    })
  }
  if ("joint" %in% what) {
    all$joint <- lapply(joint, function(one) {
      l <- t(sapply(one$rows, weights_of, terms = terms))[, kept, drop = FALSE]
      joint_figures(m, v, clustered, l, one$label)
    })
  }
  all <- all[what]
  names(all) <- paste0(what, "_", errors)
  all
}

joint_figures <- function(m, v, clustered, l, label) {
  if (clustered) {
    found <- Wald_test(m, constraints = l, vcov = v, test = "HTZ")
    figures <- list(statistic = found$Fstat, df = c(found$df_num, found$df_denom), p_value = found$p_val)
  } else {
    found <- linearHypothesis(m, l, vcov. = v, singular.ok = TRUE)
    figures <- list(statistic = found$F[2], df = c(found$Df[2], found$Res.Df[2]), p_value = found$`Pr(>F)`[2])
  }
  c(if (!is.null(label)) list(label = label), figures)
}

weights_of <- function(weights, terms) {
  full <- setNames(numeric(length(terms)), terms)
  stopifnot(names(weights) %in% terms)
  full[names(weights)] <- unlist(weights)
  unname(full)
}

# The figures that do not depend on the errors.
of_the_fit <- function(m, what) {
  s <- summary(m)
  used <- if (is.null(weights(m))) rep(TRUE, nobs(m)) else weights(m) > 0
  all <- list(
    n_obs = sum(used), residual_df = df.residual(m), sigma = defined(s$sigma),
    r_squared = defined(s$r.squared), adjusted_r_squared = defined(s$adj.r.squared),
    log_likelihood = as.numeric(logLik(m)),
    fitted = I(unname(fitted(m)[used])), residuals = I(unname(residuals(m)[used])),
    leverage = I(unname(if (length(used) == length(hatvalues(m))) hatvalues(m)[used] else hatvalues(m)))
  )
  all[what]
}

fit <- c("n_obs", "residual_df", "sigma", "r_squared", "adjusted_r_squared", "log_likelihood")
rows <- c("fitted", "residuals", "leverage")
errors <- c("se", "t", "df", "p", "low", "high")

# Fits `formula` by lm and writes the case. `covariances` names for each kind of errors what is kept.
#
# `m` and `cluster` replace the fit and the clusters where R needs another way than lm on the whole data;
# `add` are figures that were computed apart.
lm_case <- function(id, r, formula, data, levels = NULL, keep = NULL, covariances, options = list(),
                    m = NULL, cluster = NULL, add = list(), relative = 1e-9, note = NULL) {
  d <- read_data(data, levels)
  if (is.null(m)) m <- eval(bquote(lm(.(as.formula(formula)), data = d)))
  if (is.null(cluster) && !is.null(options$cluster)) cluster <- d[[options$cluster]]
  level <- if (is.null(options$level)) 0.95 else options$level
  expected <- c(
    list(terms = I(names(coef(m))), estimate = I(unname(coef(m)))), of_the_fit(m, keep), add,
    do.call(c, unname(lapply(names(covariances), function(errors) {
      figures(m, errors, covariances[[errors]], cluster, level, options$contrasts, options$joint)
    })))
  )
  write_case(paste0("robust/", id), c(list(kind = "lm", formula = formula), options), r, expected,
             data, levels, relative = relative, note = note)
}

factors <- list(arm = c("WT", "EKC"), wave = c("1", "2", "3"))
arm <- factors["arm"]
wave_by_arm <- list(label = "arm:wave", rows = list(list("armEKC:wave2" = 1), list("armEKC:wave3" = 1)))
waves <- list(label = "wave", rows = list(list(wave2 = 1), list(wave3 = 1)))

# --- errors of one variance for all rows -----------------------------------------------------------

lm_case("longley", "lm(employed ~ ., longley): summary, confint, logLik, hatvalues",
  "employed ~ gnp_deflator + gnp + unemployed + armed_forces + population + year", "longley",
  keep = c(fit, rows), covariances = list(classical = c(errors, "overall")),
  note = "columns that are almost collinear: NIST's certified values agree with R's to 13 digits")

lm_case("interaction", "lm, confint(level = 0.9), car::linearHypothesis",
  "problems ~ arm * wave + age", "families", factors,
  keep = fit, covariances = list(classical = c(errors, "vcov", "overall", "contrasts", "joint")),
  options = list(level = 0.9, contrasts = list(
    list(label = "EKC − WT at wave 2", weights = list("armEKC" = 1, "armEKC:wave2" = 1)),
    list(label = "half of age less the mean of the waves", weights = list(age = 0.5, wave2 = -0.5, wave3 = -0.5))
  ), joint = list(wave_by_arm, list(label = "age", rows = list(list(age = 1))))))

lm_case("no-intercept", "lm(problems ~ 0 + arm + age): R² about zero, F of all three",
  "problems ~ 0 + arm + age", "families", arm,
  keep = c(fit, rows), covariances = list(classical = c("se", "p", "overall")))

lm_case("intercept-only", "lm(problems ~ 1)", "problems ~ 1", "families",
  keep = fit, covariances = list(classical = errors))

lm_case("offset", "lm(problems ~ arm + offset(age) + offset(log(months)))",
  "problems ~ arm + offset(age) + offset(log(months))", "families", arm,
  keep = c(fit, rows), covariances = list(classical = c("se", "p", "overall")))

lm_case("response-of-two-levels", "lm((at_home == 'yes') ~ arm * months), sandwich::vcovHC(type = 'HC1')",
  "at_home ~ arm * months", "home", c(arm, list(at_home = c("no", "yes"))),
  keep = fit, covariances = list(classical = "se", hc1 = c("se", "p")),
  m = lm((at_home == "yes") ~ arm * months, read_data("home", arm)))

lm_case("one-degree-of-freedom", "lm, sandwich::vcovHC: four rows for three columns", "y ~ x + z", "four-rows",
  keep = c(fit, "leverage"),
  covariances = list(classical = c(errors, "overall"), hc0 = "se", hc1 = "se", hc2 = "se", hc3 = c("se", "p")))

lm_case("no-degrees-of-freedom", "lm: four rows for four columns", "y ~ x + z + u", "four-rows",
  keep = c("n_obs", "residual_df", "sigma"), covariances = list(classical = c("se", "t", "p", "low")),
  note = "R gives NaN for what cannot be estimated")

# clubSandwich inverts X'X by its eigenvalues and takes those below 1e-12 for zero, so it is given the
# columns divided by 1e8, 1e-8 and 1, and what it says of them is multiplied back.
local({
  d <- read_data("scales")
  d$income <- d$income / 1e8; d$dose <- d$dose * 1e8
  m <- lm(y ~ income + dose + share, d)
  size <- c(1, 1e8, 1e-8, 1)
  scaled <- figures(m, "cr2", c("se", "df", "joint"), d$cluster, 0.95, joint = list(
    list(label = "income and dose", rows = list(list(income = 1), list(dose = 1)))))
  scaled$se_cr2 <- I(scaled$se_cr2 / size)
  lm_case("columns-of-different-size", "lm, sandwich::vcovHC; clubSandwich::coef_test, Wald_test(test = 'HTZ') on columns divided by their size, the errors multiplied back",
    "y ~ income + dose + share", "scales", keep = fit,
    covariances = list(classical = c("se", "p", "overall"), hc3 = c("se", "vcov")), add = scaled,
    options = list(cluster = "cluster", joint = list(
      list(label = "income and dose", rows = list(list(income = 1), list(dose = 1))))), note = "columns of 1e8, 1e-8 and 1")
})

lm_case("far-from-zero", "lm: a response near 1e6 and a year near 2000, both with a spread of a few units", "far ~ year + share", "scales",
  keep = c(fit, "leverage"), covariances = list(classical = c("se", "p", "overall")), relative = 1e-8,
  note = "the data have nine digits of which three vary, so that R too has no more than nine digits of the slopes")

# --- columns that are not estimated ----------------------------------------------------------------

lm_case("aliased", "lm, sandwich::vcovHC, clubSandwich::coef_test: two columns that are sums of others",
  "problems ~ age + I(2 * age - 1) + arm + months + I(age + months)",
  "families", arm, keep = c(fit, "leverage"),
  covariances = list(classical = c("se", "overall", "contrasts"), hc3 = "se", cr2 = c("se", "df")),
  options = list(cluster = "family", contrasts = list(
    list(label = "one year older", weights = list(age = 1, "I(2 * age - 1)" = 2, "I(age + months)" = 1))
  )),
  note = "a contrast that all solutions agree on has the value of the estimated columns alone")

lm_case("empty-cell", "lm(problems ~ arm * team): one team has one arm only, so its cell is a column of zeros",
  "problems ~ arm * team", "teams-by-arm", c(arm, list(team = c("noord", "oost", "west", "zuid"))),
  keep = fit, covariances = list(classical = c("se", "overall", "joint"), hc3 = "se"),
  options = list(joint = list(list(label = "arm:team, the cells that are there", rows = list(
    list("armEKC:teamoost" = 1), list("armEKC:teamwest" = 1))))))

local({
  d <- read_data("families-gaps", factors)
  d <- d[!is.na(d$family), ]
  m <- lm(problems ~ arm * wave + age, d)
  used <- setdiff(seq_len(nrow(d)), m$na.action)
  lm_case("missing-values", "lm on the rows that have all of problems, arm, wave, age and family; car::linearHypothesis; clubSandwich::Wald_test(test = 'HTZ')",
    "problems ~ arm * wave + age", "families-gaps", factors,
    keep = fit, add = list(omitted = nrow(read_data("families-gaps")) - nobs(m)),
    covariances = list(classical = c("se", "joint"), cr2 = c("se", "df", "joint")),
    options = list(cluster = "family", joint = list(wave_by_arm)), m = m, cluster = d$family[used])
})

# --- errors by row ---------------------------------------------------------------------------------

lm_case("hc", "sandwich::vcovHC of types HC0 to HC3; lmtest::coeftest's t; car::linearHypothesis(vcov. = )",
  "mpg ~ wt + hp * am", "mtcars",
  covariances = list(hc0 = c("se", "joint"), hc1 = c("se", "t", "p"), hc2 = c("se", "vcov"),
                     hc3 = c(errors, "vcov", "overall", "contrasts", "joint")),
  options = list(contrasts = list(list(label = "hp at am 1", weights = list(hp = 1, "hp:am" = 1))),
                 joint = list(list(label = "am", rows = list(list(am = 1), list("hp:am" = 1))))))

# A row with a column of its own has leverage one and residual zero, and R's HC2 and HC3 are 0 / 0.
# Its meat is taken as zero, as that of a row which is fitted exactly must be.
hc_without <- function(m, type, row) {
  x <- model.matrix(m); e <- residuals(m); h <- hatvalues(m)
  omega <- replace(e^2 / (1 - h)^c(HC2 = 1, HC3 = 2)[[type]], row, 0)
  b <- solve(crossprod(x))
  b %*% crossprod(x * sqrt(omega)) %*% b
}
local({
  m <- lm(y ~ x + single, read_data("determined"))
  lm_case("row-of-full-leverage", "sandwich::vcovHC for HC0, HC1; HC2 and HC3 by definition with e²/(1 − h) = 0 where h = 1",
    "y ~ x + single", "determined", keep = "leverage",
    covariances = list(classical = "se", hc0 = "se", hc1 = "se"),
    add = list(se_hc2 = unname(sqrt(diag(hc_without(m, "HC2", 10)))), se_hc3 = unname(sqrt(diag(hc_without(m, "HC3", 10))))),
    note = "sandwich warns that HC2 and HC3 are unstable here and gives what 0 / 0 rounds to")
})

# --- weights ---------------------------------------------------------------------------------------

# A row of weight zero is no row: R's lm agrees, but sandwich still counts it.
local({
  d <- read_data("families", factors)
  d <- d[d$precision > 0, ]
  lm_case("precision-weights", "lm(weights = precision) without the row of weight zero; sandwich::vcovHC",
    "problems ~ arm * wave + age", "families", factors, keep = c(fit, rows),
    covariances = list(classical = c(errors, "overall"), hc0 = "se", hc1 = "se", hc2 = "se", hc3 = c("se", "joint")),
    options = list(weights = list(column = "precision", kind = "precision"), joint = list(wave_by_arm)),
    m = lm(problems ~ arm * wave + age, d, weights = precision))
})

local({
  d <- read_data("families", factors)
  d <- d[rep(seq_len(nrow(d)), d$copies), ]
  lm_case("frequency-weights", "lm on the rows repeated `copies` times; sandwich::vcovHC; clubSandwich::coef_test, Wald_test(test = 'HTZ')",
    "problems ~ arm * wave + age", "families", factors,
    keep = setdiff(fit, "n_obs"),
    covariances = list(classical = c(errors, "overall"), hc0 = "se", hc1 = "se", hc2 = "se", hc3 = "se",
                       cr0 = c("se", "df"), cr2 = c("se", "df", "joint"), cr3 = c("se", "df")),
    options = list(weights = list(column = "copies", kind = "frequency"), cluster = "family", joint = list(wave_by_arm)),
    m = lm(problems ~ arm * wave + age, d), cluster = d$family)
})

local({
  d <- read_data("families", factors)
  m <- lm(problems ~ arm * wave + age, d, weights = sampling)
  free <- survey::svyglm(problems ~ arm * wave + age, survey::svydesign(~1, weights = ~sampling, data = d))
  by_family <- survey::svyglm(problems ~ arm * wave + age, survey::svydesign(~family, weights = ~sampling, data = d))
  n <- nrow(d); g <- length(unique(d$family))
  lm_case("sampling-weights", "survey::svyglm, its errors times √((n − 1) / n) for HC0 and √((g − 1) / g) for CR0; sandwich::vcovHC for the rest",
    "problems ~ arm * wave + age", "families", factors,
    covariances = list(hc1 = "se", hc2 = "se", hc3 = "se"),
    add = list(se_hc0 = unname(survey::SE(free)) * sqrt((n - 1) / n), se_cr0 = unname(survey::SE(by_family)) * sqrt((g - 1) / g)),
    options = list(weights = list(column = "sampling", kind = "sampling"), cluster = "family"), m = m)
})

# --- errors by cluster -----------------------------------------------------------------------------

club <- "clubSandwich::coef_test(test = 'Satterthwaite')"

lm_case("clusters-unequal", paste0(club, ", linear_contrast, confint by the same df: families of 1 to 13 rows"),
  "problems ~ arm * wave + age", "families", factors,
  covariances = list(cr0 = c("se", "df", "p"), cr2 = c(errors, "vcov", "contrasts"), cr3 = c("se", "df", "p")),
  options = list(cluster = "family", level = 0.9, contrasts = list(
    list(label = "EKC − WT at wave 2", weights = list("armEKC" = 1, "armEKC:wave2" = 1)),
    list(label = "trend of the waves", weights = list(wave3 = 1, wave2 = -0.5)))))

lm_case("clusters-smaller-than-the-columns", paste0(club, ": families of 2 and 3, one of 1, and six columns"),
  "strain ~ girl + age + score + ties + arm", "siblings", arm,
  covariances = list(cr0 = c("se", "df"), cr2 = c("se", "df", "vcov"), cr3 = c("se", "df")),
  options = list(cluster = "family"))

# CR1 is CR0 times a number, so that its degrees of freedom are those of CR0.
lm_case("clusters-cr1", paste0(club, " with type CR1, and Wald_test(test = 'HTZ')"),
  "strain ~ age + arm", "siblings", arm, covariances = list(cr1 = c("se", "df", "p", "joint")),
  options = list(cluster = "family", joint = list(list(label = "both", rows = list(list(age = 1), list(armEKC = 1))))))

lm_case("clusters-of-one-row", paste0(club, ", Wald_test(test = 'HTZ') with every row its own cluster"),
  "strain ~ age + arm", "siblings", arm,
  covariances = list(cr0 = c("se", "df"), cr2 = c("se", "df", "joint"), cr3 = c("se", "df")),
  options = list(cluster = "child", joint = list(list(label = "both", rows = list(list(age = 1), list(armEKC = 1))))), note = "CR0 is HC0, CR2 is HC2 and CR3 is HC3, each with its own degrees of freedom")

lm_case("two-clusters", paste0(club, ": a mean of two clusters"), "mpg ~ 1", "mtcars",
  covariances = list(cr0 = c("se", "df", "p"), cr2 = c("se", "df", "p"), cr3 = c("se", "df", "p")),
  options = list(cluster = "am"))

lm_case("clusters-of-many-columns", paste0(club, ", Wald_test(test = 'HTZ'): clusters with more rows than the twelve columns"),
  paste("y ~", paste0("x", 1:11, collapse = " + ")), "teams-wide",
  covariances = list(cr0 = "se", cr2 = c("se", "df", "joint"), cr3 = c("se", "df")),
  options = list(cluster = "team", joint = list(list(label = "x1 and x2", rows = list(list(x1 = 1), list(x2 = 1))))))

# CR3 by definition with a generalised inverse, where clubSandwich stops because there is no other.
cr3_by_definition <- function(m, cluster) {
  x <- model.matrix(m); b <- solve(crossprod(x))
  scores <- sapply(split(seq_along(cluster), cluster), function(g) {
    x_g <- x[g, , drop = FALSE]
    t(x_g) %*% MASS::ginv(diag(length(g)) - x_g %*% b %*% t(x_g)) %*% residuals(m)[g]
  })
  I(unname(sqrt(diag(b %*% tcrossprod(scores) %*% b))))
}
local({
  d <- read_data("determined")
  lm_case("cluster-that-determines-a-column", paste0(club, " for CR0 and CR2; CR3 by definition with MASS::ginv: `lone` is one in the third cluster only"),
    "y ~ x + lone", "determined", covariances = list(cr0 = c("se", "df"), cr2 = c("se", "df", "p")),
    options = list(cluster = "cluster"), add = list(se_cr3 = cr3_by_definition(lm(y ~ x + lone, d), d$cluster)),
    note = "the adjustment of that cluster is a generalised inverse")
})

local({
  d <- read_data("families", factors)
  d <- d[d$precision > 0, ]
  lm_case("clusters-weighted", paste0(club, ", Wald_test(test = 'HTZ'), vcovCR(inverse_var = TRUE) without the row of weight zero"),
    "problems ~ arm * wave + age", "families", factors,
    covariances = list(cr0 = c("se", "df"), cr2 = c("se", "df", "vcov", "joint"), cr3 = c("se", "df")),
    options = list(weights = list(column = "precision", kind = "precision"), cluster = "family", joint = list(wave_by_arm)),
    m = lm(problems ~ arm * wave + age, d, weights = precision), cluster = d$family,
    note = "weights differ within clusters, so the symmetric root of CR2 is that of Pustejovsky and Tipton (2018)")
})

lm_case("joint-by-cluster", "clubSandwich::Wald_test(test = 'HTZ') for one, two and four contrasts",
  "problems ~ arm * wave + age", "families", factors,
  covariances = list(cr0 = "joint", cr2 = c("joint", "overall"), cr3 = "joint"),
  options = list(cluster = "family", joint = list(
    list(label = "age", rows = list(list(age = 1))), waves, wave_by_arm,
    list(label = "arm at each wave, and age", rows = list(
      list(armEKC = 1), list(armEKC = 1, "armEKC:wave2" = 1), list(armEKC = 1, "armEKC:wave3" = 1), list(age = 1))))))
