"""Checkov's judgement of a previewed stack, by way of a Terraform plan."""
