"""The gates between a data set and a registered version: pure functions, and commands that run one gate alone."""
