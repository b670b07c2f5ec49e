"""Policy as code for Pulumi AWS stacks: AWS's AI security standard, its foundational one, and rules of our own."""
