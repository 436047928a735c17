"""The page of one answer or of many: one HTML file that opens anywhere and prints well."""
