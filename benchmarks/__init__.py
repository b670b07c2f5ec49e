"""One command per figure that the README quotes: `make bench`."""
