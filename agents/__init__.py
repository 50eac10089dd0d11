"""The Faust agents: chunk in, the engine's ``apply``, results out."""
