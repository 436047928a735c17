"""Row 7: pictures and pages; the only home of matplotlib and templates."""
