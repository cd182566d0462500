# Draws and exports the data of the cases that lm.R, tests.R and summary.R write.
source("scripts/corpus.R")
RNGversion("4.2.0")

# Families of very different size, their rows in no order: team and arm belong to the family, wave
# and the rest to the row.
set.seed(20261121)
size <- c(1, 1, 2, 2, 3, 3, 3, 4, 5, 6, 7, 9, 11, 13)
family <- rep(seq_along(size), size)[sample(sum(size))]
n <- length(family)
arm <- c("WT", "EKC")[1 + (family %% 2)]
team <- c("noord", "zuid", "oost", "west", "noord", "zuid", "oost")[1 + (family %% 7)]
wave <- sample(1:3, n, replace = TRUE)
age <- round(rnorm(n, 9, 3), 1)
months <- round(rexp(n, 1 / 4) + 0.5, 2)
base <- 5 + 0.2 * (age - 9) - 0.8 * (arm == "EKC") * (wave - 1) - 0.3 * wave + rnorm(length(size))[family]
problems <- round(base + rnorm(n) * (0.5 + 0.15 * abs(age - 9)), 2)
families <- data.frame(
  family = sprintf("f%02d", family), team, arm, wave, age, months, problems,
  # Three quarters of the weights differ within a family; one is zero.
  precision = replace(round(runif(n, 0.3, 4), 2), 17, 0),
  copies = replace(sample(1:3, n, replace = TRUE), c(5, 40), 0),
  sampling = round(1 / runif(n, 0.1, 0.9), 3)
)
write_data(families, "families")

# The same with gaps: in the response, in numbers, in factors and in the name of the family.
gaps <- families[c("family", "team", "arm", "wave", "age", "problems")]
gaps$problems[c(3, 30, 61)] <- NA
gaps$age[c(8, 30)] <- NA
gaps$arm[12] <- NA
gaps$wave[c(20, 44)] <- NA
gaps$family[c(51, 52)] <- NA
write_data(gaps, "families-gaps")

# No child of team zuid was in an EKC.
cell <- subset(families, !(team == "zuid" & arm == "EKC"), c("team", "arm", "problems"))
write_data(cell, "teams-by-arm")

# Twelve families of two or three children and a model of six columns: most clusters have fewer rows
# than the model has columns. One more family has a single child.
set.seed(20261122)
size <- c(2, 3, 2, 2, 3, 3, 2, 3, 2, 3, 2, 3, 1)
family <- rep(seq_along(size), size)
n <- length(family)
siblings <- data.frame(
  family, child = seq_len(n),
  girl = rbinom(n, 1, 0.5),
  age = round(runif(n, 4, 17), 1),
  score = round(rnorm(n, 100, 15)),
  ties = rpois(n, 5),
  arm = c("WT", "EKC")[1 + (family %% 2)]
)
siblings$strain <- round(
  20 + 0.4 * siblings$age - 2 * (siblings$arm == "EKC") + 2 * rnorm(length(size))[family] + rnorm(n, 0, 3), 1
)
write_data(siblings, "siblings")

# Teams with more rows than the model has columns, and more than ten columns.
set.seed(20261123)
n <- 160
team <- sample(letters[1:6], n, replace = TRUE, prob = c(6, 5, 4, 3, 2, 1))
x <- matrix(round(rnorm(n * 11), 3), n, dimnames = list(NULL, paste0("x", 1:11)))
wide <- data.frame(team, x, y = round(as.vector(x %*% (1:11) / 10) + rnorm(6)[match(team, letters)] + rnorm(n), 3))
write_data(wide, "teams-wide")

# Columns of very different size, and values far from zero with a small spread.
set.seed(20261124)
n <- 30
scales <- data.frame(
  cluster = rep(1:10, each = 3),
  income = round(rnorm(n, 3e8, 1e8)),
  dose = signif(rnorm(n, 3e-8, 1e-8), 6),
  share = round(runif(n), 4)
)
scales$y <- round(scales$income / 1e8 + scales$dose * 1e8 - scales$share + rnorm(n), 4)
scales$far <- 1e6 + round(scales$share * 3 + rnorm(n), 3)
scales$year <- 1990 + seq_len(n)
write_data(scales, "scales")

# Four rows for three columns; four columns use them up.
write_data(data.frame(
  x = c(1, 2, 4, 7), z = c(0.5, -1, 2, 0.25), u = c(1, 0, 0, 1), y = c(2.1, 2.9, 5.3, 8.2)
), "four-rows")

# Clusters in pairs of the hardest kinds: `lone` is a dummy that only its own cluster sets, so that
# the cluster determines it; `single` marks one row.
set.seed(20261125)
n <- 24
cluster <- rep(1:6, c(4, 2, 5, 6, 1, 6))
determined <- data.frame(
  cluster, x = round(rnorm(n), 2), lone = as.numeric(cluster == 3), single = as.numeric(seq_len(n) == 10)
)
determined$y <- round(1 + determined$x + determined$lone + rnorm(6)[cluster] + rnorm(n), 2)
write_data(determined, "determined")

# Whether a child lives at home: the response is a factor of two levels.
set.seed(20261126)
n <- 60
home <- data.frame(months = round(runif(n, 0, 24), 1), arm = sample(c("WT", "EKC"), n, replace = TRUE))
home$at_home <- ifelse(runif(n) < 0.3 + 0.02 * home$months, "yes", "no")
write_data(home, "home")

data(longley, mtcars, iris, package = "datasets")
names(longley) <- tolower(gsub("\\.", "_", names(longley)))
write_data(longley, "longley")
write_data(mtcars[c("mpg", "wt", "hp", "am", "cyl")], "mtcars")
two <- droplevels(subset(iris, Species != "versicolor"))
write_data(data.frame(length = two$Petal.Length, species = two$Species), "iris-two")

# Two arms of very different size and spread, with gaps; before and after of the same children.
set.seed(20261127)
arms <- data.frame(
  arm = sample(rep(c("EKC", "WT"), c(7, 33))),
  score = NA_real_
)
arms$score <- round(ifelse(arms$arm == "EKC", rnorm(40, 52, 14), rnorm(40, 45, 5)), 1)
arms$score[c(4, 19)] <- NA
write_data(arms, "two-arms")
before <- round(rnorm(25, 30, 6), 1)
after <- round(before - 2 + rnorm(25, 0, 4), 1)
before[c(2, 9)] <- NA
after[c(9, 14)] <- NA
write_data(data.frame(before, after), "before-after")

# One value against the rest, values far from zero in two arms, and columns of one and two values.
one <- subset(scales, cluster %in% c(1, 10))
one$cluster_one <- c(1, rep(10, nrow(one) - 1))
write_data(one[c("cluster_one", "y")], "one-against-five")
set.seed(20261128)
far <- data.frame(arm = rep(c("EKC", "WT"), c(9, 12)))
far$far <- 1e9 + round(rnorm(21, 2 * (far$arm == "EKC")), 3)
write_data(far, "far-groups")
write_data(data.frame(one = c(NA, 3.5, NA), two = c(2, NA, 7)), "few-values")

# NIST's NumAcc4: 1001 numbers with mean 10000000.2 and standard deviation 0.1.
write_data(data.frame(value = c(10000000.2, rep(c(10000000.1, 10000000.3), 500))), "numacc4")
