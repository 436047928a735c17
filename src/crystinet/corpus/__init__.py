"""Row 3: tables of compounds, their split, and the data sets that networks are trained on."""
