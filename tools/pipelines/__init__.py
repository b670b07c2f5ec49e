"""The training pipelines: one definition, rendered to model_code/<code>/pipeline.json by the SageMaker SDK."""
