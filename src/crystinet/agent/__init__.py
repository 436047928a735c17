"""Tools for language models that work in a laboratory (Model Context Protocol)."""
