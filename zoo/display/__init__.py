"""What people see of work and its results in a terminal or a notebook: progress, tables, cells."""
