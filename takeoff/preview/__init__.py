"""`takeoff preview`: what a deployment would do, in words that a reviewer can decide by."""
