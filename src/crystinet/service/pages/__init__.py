"""The page: HTML of templates, assets that come with the package, nothing from elsewhere."""
