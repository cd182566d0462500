# Means, contrasts, slopes and joint tests of terms: the group `emmeans/`.
#
# Run in the folder `reference`: Rscript scripts/emmeans.R. R 4.2.2 with emmeans 1.8.4.1, mvtnorm 1.1.3,
# lme4 1.1.31, lmerTest 3.1.3, pbkrtest 0.5.2, glmmTMB 1.1.5, car 3.1.1 (Debian 12). The two cases
# `orthodont-by-wave` and `epil-nbinom2-by-wave` are older than this script and are not written by it.

source("scripts/corpus.R")
suppressPackageStartupMessages({
  library(emmeans)
  library(lme4)
  library(glmmTMB)
  library(mvtnorm)
})
# A number with two values stays a number at its mean, as every other.
emm_options(cov.keep = character(0), msg.nesting = FALSE, msg.interaction = FALSE)

`%|%` <- function(a, b) if (is.na(a)) b else unname(a)

# The rows of a summary: the columns of the grid, then the figures under the names of the corpus.
figures <- function(object, ...) {
  s <- as.data.frame(summary(object, infer = c(TRUE, TRUE), ...))
  named <- c("estimate", "emmean", "response", "rate", "prob", "odds.ratio", "ratio")
  own <- intersect(c(named, grep("\\.trend$", names(s), value = TRUE)), names(s))[1]
  ends <- c(lower = grep("LCL$|lower", names(s), value = TRUE)[1], upper = grep("UCL$|upper", names(s), value = TRUE)[1])
  t <- grep("^[tz]\\.ratio$", names(s), value = TRUE)[1]
  known <- c(own, "SE", "df", ends, t, "p.value", "null")
  keys <- setdiff(names(s), known)
  lapply(seq_len(nrow(s)), function(i) {
    row <- lapply(s[i, keys, drop = FALSE], as.character)
    c(row, list(estimate = defined(s[i, own]), std_error = defined(s$SE[i]), df = defined(s$df[i]),
                lower = defined(s[i, ends["lower"]]), upper = defined(s[i, ends["upper"]]),
                statistic = defined(s[i, t]), p_value = defined(s$p.value[i])))
  })
}

# Without the interval and the test.
short <- function(rows) lapply(rows, function(row) row[setdiff(names(row), c("lower", "upper", "statistic", "p_value"))])

# joint_tests gives F with three digits only, but p with all of them.
whole_f <- function(row) qf(row$p.value, row$df1, row$df2, lower.tail = FALSE)

joint <- function(tests) {
  # What the empty cells leave of terms that they confound is no term.
  tests <- tests[tests[["model term"]] != "(confounded)", ]
  lapply(seq_len(nrow(tests)), function(i) {
    list(term = as.character(tests[i, "model term"]), statistic = whole_f(tests[i, ]), df1 = tests$df1[i],
         df2 = defined(tests$df2[i]), p_value = tests$p.value[i])
  })
}

anova_rows <- function(a, terms, f, df1, df2, p) {
  lapply(seq_along(terms), function(i) list(term = terms[i], statistic = f[i], df1 = df1[i], df2 = df2[i], p_value = p[i]))
}

quine_levels <- list(Eth = c("A", "N"), Sex = c("F", "M"), Age = c("F0", "F1", "F2", "F3"), Lrn = c("AL", "SL"))
q <- read_data("quine", quine_levels)
eval_levels <- list(team = paste0("t", 1:12), arm = c("WT", "EKC"), kind = c("a", "b", "c"))
e <- read_data("evaluation", eval_levels)
print(table(e$arm, e$kind))

quine_case <- function(id, formula, spec, call, expected, extra = list(), ...) {
  used <- all.vars(as.formula(formula))
  write_case(paste0("emmeans/", id), c(list(kind = "lm", formula = formula, emmeans = spec), extra), call, expected,
             "quine", quine_levels[intersect(names(quine_levels), used)], ...)
}

# --- weights: what is averaged over counts alike, by its share, by the product of shares, by its rows.
f <- "Days ~ Eth + Age * Sex"
m <- lm(as.formula(f), q)
for (w in c("equal", "proportional", "outer", "cells", "flat")) {
  spec <- if (w %in% c("cells", "flat")) "~Sex" else "~Eth"
  quine_case(paste0("weights-", w), f, spec, sprintf("emmeans(lm(%s), %s, weights = \"%s\")", f, spec, w),
             list(means = figures(emmeans(m, as.formula(spec), weights = w))), list(weights = w))
}

# --- nothing kept, a covariate at its mean, and set to two values that are averaged over.
quine_case("one-mean", f, "~1", "emmeans(lm, ~ 1)", list(means = lapply(short(figures(emmeans(m, ~1))), function(r) r[c("estimate", "std_error", "df")])))
g <- "problems ~ arm * age + kind"
me <- lm(as.formula(g), e)
write_case("emmeans/at-values", list(kind = "lm", formula = g, emmeans = "~arm | age", at = list(age = I(c(2, 10, 16))), contrasts = "pairwise_reversed"),
  "emmeans(lm, ~ arm | age, at = list(age = c(2, 10, 16))), pairs by age",
  { em <- emmeans(me, ~arm | age, at = list(age = c(2, 10, 16)))
    fig <- function(rows) lapply(rows, function(r) { r$age <- NULL; r })
    list(means = fig(figures(em)), contrasts = fig(figures(pairs(em)))) },
  "evaluation", eval_levels[c("arm", "kind")], note = "Pairs as emmeans has them: the first less the second.")

# --- each family of contrasts, each adjustment, unequal groups.
fa <- "Days ~ Age + Eth"
ma <- lm(as.formula(fa), q)
em <- emmeans(ma, ~Age)
families <- list(
  list("pairs-tukey", "pairwise", "tukey", "pairwise_reversed", "tukey"),
  list("pairs-sidak", "revpairwise", "sidak", "pairwise", "sidak"),
  list("control-dunnett", "trt.vs.ctrl", "dunnettx", list(control = setNames(list(), character(0))), "dunnett"),
  list("control-second-bonferroni", "trt.vs.ctrl", "bonferroni", list(control = list(level = "F1")), "bonferroni"),
  list("consecutive-holm", "consec", "holm", "consecutive", "holm"),
  list("polynomial", "poly", "none", list(polynomial = setNames(list(), character(0))), "none"),
  list("from-mean-holm", "eff", "holm", "from_mean", "holm"),
  list("from-others-none", "del.eff", "none", "from_others", "none"))
for (one in families) {
  k <- if (one[[1]] == "control-second-bonferroni") contrast(em, one[[2]], ref = 2) else contrast(em, one[[2]])
  quine_case(one[[1]], fa, "~Age", sprintf("contrast(emmeans(lm(%s), ~ Age), \"%s\", adjust = \"%s\")", fa, one[[2]], one[[3]]),
             list(contrasts = figures(k, adjust = one[[3]])), list(contrasts = one[[4]], adjust = one[[5]]),
             # R's quantiles of Tukey's range have eight digits, those of its approximation for a control five.
             relative = c("pairs-tukey" = 2e-8, "control-dunnett" = 2e-5)[one[[1]]] %|% 1e-9)
}
own <- contrast(em, list(half = c(-0.5, -0.5, 0.5, 0.5), last = c(0, 0, -1, 1)))
quine_case("custom", fa, "~Age", "contrast(emmeans, list(half = c(-.5, -.5, .5, .5), last = c(0, 0, -1, 1)))",
  list(contrasts = figures(own)),
  list(adjust = "none", contrasts = list(custom = list(list(label = "half", weights = I(c(-0.5, -0.5, 0.5, 0.5))),
                                     list(label = "last", weights = I(c(0, 0, -1, 1)))))))

# The multivariate t with more points than emmeans takes: p-values and the common quantile to a few 1e-6.
exact_mvt <- function(k) {
  s <- as.data.frame(summary(k, infer = c(TRUE, TRUE), adjust = "none"))
  R <- cov2cor(vcov(k)); df <- s$df[1]
  inside <- function(c) {
    set.seed(1)
    as.numeric(pmvt(rep(-c, nrow(R)), rep(c, nrow(R)), df = df, corr = R,
                    algorithm = GenzBretz(maxpts = 5e5, abseps = 1e-6)))
  }
  t <- s$t.ratio
  crit <- uniroot(function(c) inside(c) - 0.95, c(1.9, 3.5), tol = 1e-5)$root
  lapply(seq_along(t), function(i) list(contrast = as.character(s$contrast[i]), estimate = s$estimate[i], std_error = s$SE[i],
    df = df, lower = s$estimate[i] - crit * s$SE[i], upper = s$estimate[i] + crit * s$SE[i], statistic = t[i],
    p_value = 1 - inside(abs(t[i]))))
}
qmc <- list(multivariate_t = list(seed = 20, error = 1e-5))
quine_case("control-multivariate-t", fa, "~Age", "pmvt of mvtnorm with the correlations of contrast(emmeans, \"trt.vs.ctrl\")",
  list(contrasts = exact_mvt(contrast(em, "trt.vs.ctrl"))),
  list(contrasts = list(control = setNames(list(), character(0))), adjust = qmc), relative = 1e-4, absolute = 2e-5,
  note = "Dunnett's own test. Both sides are integrals by quasi-Monte Carlo.")
quine_case("pairs-multivariate-t", fa, "~Age", "pmvt of mvtnorm with the correlations of pairs(emmeans), of rank three",
  list(contrasts = exact_mvt(contrast(em, "pairwise"))), list(contrasts = "pairwise_reversed", adjust = qmc),
  relative = 5e-4, absolute = 2e-5)

# --- differences of differences, and simple effects with their joint tests.
fi <- "Days ~ Age * Sex + Eth"
mi <- lm(as.formula(fi), q)
ei <- emmeans(mi, ~Sex * Age)
quine_case("interaction", fi, "~Sex * Age", "contrast(emmeans, interaction = c(\"revpairwise\", \"consec\"), adjust = \"sidak\")",
  list(contrasts = lapply(figures(contrast(ei, interaction = c("revpairwise", "consec")), adjust = "sidak"),
       function(r) r[c("estimate", "std_error", "df", "lower", "upper", "statistic", "p_value")])),
  list(interaction = list(list(of = "Sex", family = "pairwise"), list(of = "Age", family = "consecutive")), adjust = "sidak"))
by <- joint_tests(mi, by = "Age")
by <- by[by[["model term"]] == "Sex", ]
quine_case("simple-effects", fi, "~Sex | Age", "pairs(emmeans, by Age); joint_tests(lm, by = \"Age\") for Sex",
  list(contrasts = figures(contrast(emmeans(mi, ~Sex | Age), "revpairwise")),
       joint = lapply(seq_len(nrow(by)), function(i) list(statistic = whole_f(by[i, ]), df1 = by$df1[i], df2 = by$df2[i], p_value = by$p.value[i]))),
  list(contrasts = "pairwise"))

# --- equivalence: two one-sided tests of each contrast.
pe <- contrast(em, "consec")
quine_case("equivalence", fa, "~Age", "summary(contrast(emmeans, \"consec\"), side = \"equivalence\", delta = 12, adjust = \"none\")",
  list(equivalence_p = I(summary(pe, side = "equivalence", delta = 12, adjust = "none")$p.value)),
  list(contrasts = "consecutive", adjust = "none", margin = 12))

# --- joint tests of terms: type III by means, type II by car and lmerTest.
quine_case("joint-tests", fi, "~Age", "joint_tests(lm)", list(joint_terms = joint(joint_tests(mi))))
write_case("emmeans/joint-tests-covariate", list(kind = "lm", formula = g, emmeans = "~arm"), "joint_tests(lm), a covariate among the terms",
  list(joint_terms = joint(joint_tests(me))), "evaluation", eval_levels[c("arm", "kind")])
a2 <- car::Anova(mi, type = 2)
terms <- setdiff(rownames(a2), "Residuals")
quine_case("type-two", fi, "~Age", "car::Anova(lm, type = 2)",
  list(type_two = anova_rows(a2, terms, a2[terms, "F value"], a2[terms, "Df"], rep(a2["Residuals", "Df"], length(terms)), a2[terms, "Pr(>F)"])))
orth_levels <- list(wave = c("8", "10", "12", "14"), Sex = c("Female", "Male"), Subject = c(sprintf("F%02d", 1:11), sprintf("M%02d", 1:16)))
o <- read_data("orthodont-waves", orth_levels)
fo <- "distance ~ wave * Sex + (1 | Subject)"
mo <- suppressPackageStartupMessages(lmerTest::lmer(as.formula(fo), o))
for (dof in c("Satterthwaite", "Kenward-Roger")) {
  a3 <- anova(mo, type = 3, ddf = dof); a2 <- anova(mo, type = 2, ddf = dof)
  rows <- function(a) anova_rows(a, rownames(a), a[["F value"]], a$NumDF, a$DenDF, a[["Pr(>F)"]])
  code <- gsub("-", "_", tolower(dof))
  em_o <- emmeans(mo, ~wave | Sex, lmer.df = tolower(dof))
  write_case(paste0("emmeans/mixed-", gsub("_", "-", code)),
    list(kind = "lmm", formula = fo, reml = TRUE, df = code, emmeans = "~wave | Sex", contrasts = "consecutive", adjust = "sidak"),
    paste0("lmerTest::anova(lmer, type 3 and 2, ", dof, "); contrast(emmeans, \"consec\", adjust = \"sidak\")"),
    list(contrasts = lapply(figures(contrast(em_o, "consec"), adjust = "sidak"), function(r) { r$contrast <- gsub("wave", "", r$contrast); r }), joint_terms = rows(a3), type_two = rows(a2)),
    "orthodont-waves", orth_levels, relative = 1e-5)
}

# --- slopes: of a line by group, and of a curve at two places.
write_case("emmeans/slopes", list(kind = "lm", formula = g, emmeans = "~arm", slopes = "age", contrasts = "pairwise"),
  "emtrends(lm, ~ arm, var = \"age\") and their difference",
  { tr <- emtrends(me, ~arm, var = "age"); list(means = figures(tr), contrasts = figures(contrast(tr, "revpairwise"))) },
  "evaluation", eval_levels[c("arm", "kind")], relative = 1e-8)
gc <- "problems ~ arm * poly(age, 2)"
precise <- glm.control(epsilon = 1e-15, maxit = 100)
mc <- glm(as.formula(gc), poisson, e, control = precise)
write_case("emmeans/slopes-of-a-curve", list(kind = "glm", family = "poisson", formula = gc, emmeans = "~arm | age", slopes = "age", at = list(age = I(c(3, 12)))),
  "emtrends(glm, ~ arm | age, var = \"age\", at = list(age = c(3, 12)), delta.var = 1e-5)",
  list(means = lapply(short(figures(emtrends(mc, ~arm | age, var = "age", at = list(age = c(3, 12)), delta.var = 1e-5))), function(r) { r$age <- NULL; r })),
  "evaluation", eval_levels["arm"], relative = 1e-4, note = "R takes a difference to one side.")

# --- the scale of the outcome.
gb <- "at_home ~ arm + kind + age"
mb <- glm(as.formula(gb), binomial, e, control = precise)
eb <- emmeans(mb, ~arm)
write_case("emmeans/response-logit", list(kind = "glm", family = "binomial", formula = gb, emmeans = "~arm", contrasts = "pairwise"),
  "summary(emmeans(glm, ~ arm), type = \"response\"); the odds ratio; pairs(regrid(emmeans))",
  { back <- figures(eb, type = "response"); back <- lapply(back, function(r) r[c("arm", "estimate", "std_error", "lower", "upper")])
    list(back_transformed = back, contrasts = figures(contrast(eb, "revpairwise")),
         regrid = short(figures(contrast(regrid(eb), "revpairwise")))) },
  "evaluation", eval_levels[c("arm", "kind")], relative = 1e-7)
gr <- "problems ~ arm + offset(log(months))"
mr <- glm(as.formula(gr), poisson, e, control = precise)
write_case("emmeans/offset", list(kind = "glm", family = "poisson", formula = gr, emmeans = "~arm"),
  "emmeans(glm, ~ arm) with an offset, which stands at its mean",
  list(means = short(figures(emmeans(mr, ~arm)))), "evaluation", eval_levels["arm"], relative = 1e-7)
p_levels <- list(family = as.character(1:60), arm = c("WT", "EKC"))
p <- read_data("glmm-panel", p_levels)
fp <- "problems ~ arm * wave + (1 | family)"
far <- glmmTMBControl(optCtrl = list(iter.max = 2000, eval.max = 4000, rel.tol = 1e-13))
mp <- glmmTMB(as.formula(fp), p, poisson, control = far)
v <- as.numeric(VarCorr(mp)$cond$family)
for (kind in c("adjusted", "plain")) {
  em_p <- summary(emmeans(mp, ~arm), type = "response", bias.adjust = kind == "adjusted", sigma = sqrt(v), infer = c(TRUE, FALSE))
  em_p <- as.data.frame(em_p)
  ends <- grep("LCL$|UCL$|lower|upper", names(em_p))
  own <- lapply(1:2, function(i) list(arm = as.character(em_p$arm[i]), estimate = em_p$rate[i], std_error = em_p$SE[i],
                                      lower = em_p[i, ends[1]], upper = em_p[i, ends[2]]))
  write_case(paste0("emmeans/response-bias-", kind),
    c(list(kind = "glmm", family = "poisson", formula = fp, emmeans = "~arm"), if (kind == "adjusted") list(variance = v)),
    paste0("summary(emmeans(glmmTMB, ~ arm), type = \"response\", bias.adjust = ", kind == "adjusted", ")"),
    list(back_transformed = own), "glmm-panel", p_levels, relative = 1e-4)
}
# The other links: bias adjustment where the third derivative is not the mean itself.
for (link in c("logit", "probit", "cloglog")) {
  ml <- glm(as.formula(gb), binomial(link), e, control = precise)
  s <- as.data.frame(summary(emmeans(ml, ~arm), type = "response", bias.adjust = TRUE, sigma = 0.7))
  ends <- grep("LCL$|UCL$|lower|upper", names(s)); own <- intersect(c("prob", "response"), names(s))
  write_case(paste0("emmeans/bias-", link), list(kind = "glm", family = "binomial", link = link, formula = gb, emmeans = "~arm", variance = 0.49),
    paste0("summary(emmeans(glm(binomial(", link, ")), ~ arm), type = \"response\", bias.adjust = TRUE, sigma = 0.7)"),
    list(back_transformed = lapply(1:2, function(i) list(arm = as.character(s$arm[i]), estimate = s[i, own], std_error = s$SE[i], lower = s[i, ends[1]], upper = s[i, ends[2]]))),
    "evaluation", eval_levels[c("arm", "kind")], relative = 1e-5, note = "R differentiates numerically.")
}

# --- an empty cell: no child of the last form learns slowly.
fe <- "Days ~ Age * Lrn"
mm <- lm(as.formula(fe), q)
quine_case("empty-cell", fe, "~Age | Lrn", "emmeans(lm, ~ Age | Lrn) and their neighbours, nesting = NULL; joint_tests",
  { rg <- ref_grid(mm, nesting = NULL); ee <- emmeans(rg, ~Age | Lrn)
    list(means = figures(ee), contrasts = figures(contrast(ee, "consec"), adjust = "none"), joint_terms = joint(joint_tests(rg))) },
  list(contrasts = "consecutive", adjust = "none"))
# Averages over it: not estimable with equal weights, estimable where only cells with rows count.
quine_case("empty-cell-averaged", fe, "~Age", "emmeans(lm, ~ Age, weights = \"equal\"), nesting = NULL",
  list(means = figures(emmeans(ref_grid(mm, nesting = NULL), ~Age))))
quine_case("empty-cell-flat", fe, "~Age", "emmeans(lm, ~ Age, weights = \"flat\"), nesting = NULL",
  list(means = figures(emmeans(ref_grid(mm, nesting = NULL), ~Age, weights = "flat"))), list(weights = "flat"))

# --- averages over rows that are all set to an arm, written out.
by_hand <- function(m, data, arms, weights = rep(1, nrow(data))) {
  X <- lapply(arms, function(a) { d <- data; d$arm <- factor(a, levels = arms); d })
  w <- weights / sum(weights)
  V <- vcov(m)
  mu <- lapply(X, function(d) predict(m, d, type = "response"))
  slope <- lapply(X, function(d) m$family$mu.eta(predict(m, d, type = "link")))
  mat <- lapply(X, function(d) model.matrix(delete.response(terms(m)), d, xlev = m$xlevels))
  avg <- sapply(mu, function(x) sum(w * x))
  G <- t(sapply(seq_along(arms), function(i) colSums(w * slope[[i]] * mat[[i]])))
  se <- function(c) sqrt(drop(c %*% V %*% c))
  odds <- avg / (1 - avg)
  list(averages = lapply(1:2, function(i) list(estimate = avg[i], std_error = se(G[i, ]))),
       difference = list(estimate = avg[2] - avg[1], std_error = se(G[2, ] - G[1, ])),
       log_ratio = list(estimate = log(avg[2] / avg[1]), std_error = se(G[2, ] / avg[2] - G[1, ] / avg[1])),
       log_odds_ratio = if (all(avg < 1)) list(estimate = log(odds[2] / odds[1]), std_error = se(G[2, ] / (avg[2] * (1 - avg[2])) - G[1, ] / (avg[1] * (1 - avg[1])))))
}
write_case("emmeans/averages-binomial", list(kind = "glm", family = "binomial", formula = gb, emmeans = "~arm", weights = "rows", contrasts = "pairwise"),
  "glm(binomial), predictions with every row in each arm, delta method written out", by_hand(mb, e, c("WT", "EKC")),
  "evaluation", eval_levels[c("arm", "kind")], relative = 1e-7)
gp <- "problems ~ arm * kind + offset(log(months))"
mpo <- glm(as.formula(gp), poisson, e, control = precise)
write_case("emmeans/averages-poisson-offset", list(kind = "glm", family = "poisson", formula = gp, emmeans = "~arm", weights = "rows", contrasts = "pairwise"),
  "glm(poisson) with an offset, predictions with every row in each arm, delta method written out",
  by_hand(mpo, e, c("WT", "EKC"))[c("averages", "difference", "log_ratio")],
  "evaluation", eval_levels[c("arm", "kind")], relative = 1e-7)
