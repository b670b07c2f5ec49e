"""Taking a stack down as it must be done on AWS: refuse, drain, destroy, and say what stays."""
