"""The plan of a stack in Terraform's words, so that its judges can read it."""
