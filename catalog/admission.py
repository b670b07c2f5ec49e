"""How Admission's function learns where it works: the environment variables that Pulumi sets and it reads."""

# The stack's name, and the CodeBuild project that deploys it; empty where the stack has none.
STACK, DEPLOYER = "TAKEOFF_STACK", "TAKEOFF_DEPLOYER"
