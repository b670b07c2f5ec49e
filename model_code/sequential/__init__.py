"""Tests and intervals that hold however often somebody looks: standard library only, small states, no clock."""
