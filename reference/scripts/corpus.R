# What the other scripts share: they draw or load data, fit in R, and write cases.
#
# Run each in the folder `reference`: Rscript scripts/data.R, then lm.R, tests.R and summary.R.
# R 4.2.2 with sandwich 3.0.2, clubSandwich 0.5.8, car 3.1.1, survey 4.1.1, jsonlite 1.8.4 (Debian 12).

suppressPackageStartupMessages({
  library(jsonlite)
})

# Writes one case. `levels` are those of the factors, in order. Numbers have fifteen significant digits,
# undefined ones are null, and a list of one entry stays a list if it is wrapped in I().
write_case <- function(id, model, r, expected, data = NULL, levels = NULL,
                       relative = 1e-9, absolute = NULL, note = NULL) {
  case <- list(id = id, model = model, r = r)
  if (!is.null(data)) {
    case$data <- paste0(data, ".csv")
    if (length(levels)) case$levels <- lapply(levels, I)
    case$rows <- nrow(read_data(data))
  }
  case$expected <- expected
  case$relative_tolerance <- relative
  case$absolute_tolerance <- absolute
  case$note <- note
  path <- file.path("cases", paste0(id, ".json"))
  dir.create(dirname(path), showWarnings = FALSE, recursive = TRUE)
  text <- toJSON(case, pretty = TRUE, auto_unbox = TRUE, digits = I(15), null = "null", na = "null")
  writeLines(text, path)
}

# The figures are computed from the CSV, so that R and whoever reads the file see the same digits.
read_data <- function(name, levels = NULL) {
  d <- read.csv(file.path("data", paste0(name, ".csv")), check.names = FALSE, na.strings = "NA")
  for (column in names(levels)) d[[column]] <- factor(d[[column]], levels = levels[[column]])
  d
}

write_data <- function(d, name) {
  write.csv(d, file.path("data", paste0(name, ".csv")), row.names = FALSE, quote = FALSE)
}

# A matrix as a list of its rows.
rows_of <- function(m) unname(matrix(as.numeric(m), nrow(m)))

# What is not finite is undefined.
defined <- function(x) ifelse(is.finite(x), x, NA_real_)
