"""The agents, in whole workers on a real Kafka."""
