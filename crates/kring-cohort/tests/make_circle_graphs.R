# Writes tests/data/circles/igraph_1.graphml to igraph_4.graphml from the invented tables beside them.
#
# So GraphML is read as igraph writes it. The files are committed, and the tests need no R.
#
#   Rscript tests/make_circle_graphs.R    (from crates/kring-cohort, with R 4.2.2 and igraph 1.3.5)

library(igraph)
folder <- "tests/data/circles"
read <- function(name) read.csv(file.path(folder, name), colClasses = "character", na.strings = "")
families <- read("families.csv")
alters <- read("alters.csv")
ties <- read("ties.csv")

for (i in seq_len(nrow(families))) {
  here <- function(rows) rows[rows$family == families$family[i] & rows$wave == families$wave[i], ]
  persons <- here(alters)
  between <- here(ties)
  # The first column of the vertices is their name.
  further <- setdiff(names(persons), c("family", "wave", "person"))
  graph <- graph_from_data_frame(
    between[c("from", "to", "sign")],
    directed = FALSE,
    vertices = persons[c("person", further)]
  )
  for (name in names(families)) {
    if (!is.na(families[i, name])) graph <- set_graph_attr(graph, name, families[i, name])
  }
  write_graph(graph, file.path(folder, sprintf("igraph_%d.graphml", i)), format = "graphml")
}
