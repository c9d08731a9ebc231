"""The deployment on AWS, as constructs of CDK: a module a concern, each a stack.

`app` puts them together. What rights anybody has is in `principals` alone, and each alarm stands
beside what it watches. Nothing here imports the project: this is the only code of .venv/cdk.
"""
