"""Runs the cells of a page, in the browser, by Python in a worker."""
