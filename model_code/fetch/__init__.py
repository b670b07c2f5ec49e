"""What SageMaker does before it starts a container, for a pod of Kubernetes: the artifact lies in /opt/ml/model."""
