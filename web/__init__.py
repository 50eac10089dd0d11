"""The live page, its stream of server-sent events, metrics and health."""
