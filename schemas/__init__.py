"""The Avro contracts: *.avsc, bytes to columns and back, the registry's client, compatibility rules."""
