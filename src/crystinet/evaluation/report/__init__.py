"""Every figure of an evaluation as numbers and pictures, in one page; needs the extra `report`."""
