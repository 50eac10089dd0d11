"""Workers under load on a real Kafka, while everything around them breaks; then a recount of all of it."""
