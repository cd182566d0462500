# Figures for the tests of baseline tables, attrition, programmes and inventories. R 4.2.2.
# Rscript crates/kring/tests/facade/groups.R
options(digits = 15)
for (xn in list(c(10, 55), c(0, 7), c(7, 7), c(1, 1)))
  print(suppressWarnings(prop.test(xn[1], xn[2], correct = FALSE))$conf.int[1:2])
