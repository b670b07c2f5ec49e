"""What the engine's JSON has in the place of a value that only the deployment will bring about."""

# https://github.com/pulumi/pulumi, sdk/go/common/resource/plugin/rpc.go: UnknownStringValue, and computed in general
COMPUTED = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
