"""Reports: pages and trees of many customers over time, as a table, a spreadsheet or a page."""
